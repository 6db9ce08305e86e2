// Wheel, touch and mouse over a plot, told to a view as pans and zooms.

/**
 * @param {HTMLElement} over the plot's area
 * @param {object} view  get range(): {from, to}; pan(seconds); zoom(factor, about); show(from, to); reset();
 *                       active(): does the plain wheel zoom?; hint()
 */
export function gestures(over, view) {
  const timeAt = (x, range = view.range) => {
    const box = over.getBoundingClientRect();
    return range.from + ((x - box.left) / box.width) * (range.to - range.from);
  };
  const perPixel = () => (view.range.to - view.range.from) / over.getBoundingClientRect().width;

  over.addEventListener('wheel', (event) => {
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      view.pan(event.deltaX * perPixel());
    } else if (event.ctrlKey || event.metaKey || view.active()) {
      event.preventDefault();
      const delta = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
      view.zoom(Math.exp(Math.max(-80, Math.min(80, delta)) * (event.ctrlKey ? 0.008 : 0.0025)), timeAt(event.clientX));
    } else {
      view.hint();
    }
  }, { passive: false });

  over.addEventListener('dblclick', () => view.reset());

  // Fingers: one moves the record, two hold two moments and stretch it between them. Mouse with shift: moves.
  const fingers = new Map();
  let held = null;
  const hold = () => {
    held = { range: { ...view.range }, at: [...fingers.values()].map((x) => ({ x, t: timeAt(x) })) };
  };
  over.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'mouse' && !event.shiftKey) return;
    over.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, event.clientX);
    hold();
  });
  over.addEventListener('pointermove', (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, event.clientX);
    const { width, left } = over.getBoundingClientRect();
    const now = [...fingers.values()].map((x) => (x - left) / width);
    const [a, b] = held.at;
    const span = held.range.to - held.range.from;
    if (now.length === 1) {
      const from = a.t - now[0] * span;
      if (Math.abs(event.clientX - a.x) > 3) view.show(from, from + span);
    } else if (b && Math.abs(now[1] - now[0]) > 0.02) {
      const stretched = Math.abs((b.t - a.t) / (now[1] - now[0]));
      const from = a.t - now[0] * stretched;
      view.show(from, from + stretched);
    }
  });
  for (const end of ['pointerup', 'pointercancel']) {
    over.addEventListener(end, (event) => {
      if (fingers.delete(event.pointerId) && fingers.size) hold();
    });
  }
}
