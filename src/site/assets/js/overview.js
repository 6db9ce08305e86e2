// The strip above the plots: the whole record, coarsely, and the window of it that is shown.

export class Overview {
  /**
   * @param {HTMLElement} root
   * @param {object} view  as for gestures; `bounds` is the whole record {from, to}
   * @param {string} swatch  name of the line's colour
   */
  constructor(root, view, swatch) {
    this.root = root;
    this.view = view;
    this.swatch = swatch;
    this.canvas = document.createElement('canvas');
    this.window = document.createElement('div');
    this.window.className = 'window';
    root.replaceChildren(this.canvas, this.window);
    root.addEventListener('pointerdown', (event) => this.grab(event));
    root.addEventListener('dblclick', () => view.reset());
  }

  grab(event) {
    event.preventDefault();
    const { bounds } = this.view;
    const box = this.root.getBoundingClientRect();
    const perPixel = (bounds.to - bounds.from) / box.width;
    const start = { ...this.view.range };
    const at = bounds.from + (event.clientX - box.left) * perPixel;
    const shown = this.window.getBoundingClientRect();
    const inside = event.target === this.window;
    let edge = null;
    if (inside && shown.width > 24) {
      if (event.clientX - shown.left < 9) edge = 'from';
      else if (shown.right - event.clientX < 9) edge = 'to';
    }
    const whole = start.to - start.from > 0.98 * (bounds.to - bounds.from);
    this.root.setPointerCapture(event.pointerId);
    const move = (e) => {
      const t = bounds.from + (e.clientX - box.left) * perPixel;
      if (edge === 'from') this.view.show(Math.min(t, start.to - perPixel), start.to);
      else if (edge === 'to') this.view.show(start.from, Math.max(t, start.from + perPixel));
      else if (inside && !whole) this.view.show(start.from + t - at, start.to + t - at);
      else if (Math.abs(t - at) > 3 * perPixel) this.view.show(Math.min(t, at), Math.max(t, at));
    };
    const done = (e) => {
      this.root.removeEventListener('pointermove', move);
      // A click beside the window brings it there.
      if (!inside && Math.abs(e.clientX - event.clientX) < 3) {
        const half = (start.to - start.from) / 2;
        this.view.show(at - half, at + half);
      }
    };
    this.root.addEventListener('pointermove', move);
    this.root.addEventListener('pointerup', done, { once: true });
    this.root.addEventListener('pointercancel', () => this.root.removeEventListener('pointermove', move), { once: true });
  }

  /** The window is where the shown range lies. */
  moved() {
    const { bounds, range } = this.view;
    const at = (t) => Math.max(0, Math.min(100, ((t - bounds.from) / (bounds.to - bounds.from)) * 100));
    this.window.style.left = `${at(range.from)}%`;
    this.window.classList.toggle('whole', at(range.from) === 0 && at(range.to) === 100);
    this.window.style.width = `${at(range.to) - at(range.from)}%`;
  }

  /** @param {{x: number[], value: Array<number|null>}} points */
  draw(points = this.points) {
    this.points = points;
    const { clientWidth: width, clientHeight: height } = this.root;
    const ratio = devicePixelRatio || 1;
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    const values = points?.value.filter((v) => v != null) ?? [];
    if (!values.length) return;
    const low = Math.min(...values);
    const high = Math.max(...values);
    const { bounds } = this.view;
    const ink = this.canvas.getContext('2d');
    ink.scale(ratio, ratio);
    ink.lineWidth = 1;
    ink.lineJoin = 'round';
    ink.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue(this.swatch).trim();
    ink.globalAlpha = 0.75;
    ink.beginPath();
    let down = false;
    points.x.forEach((t, i) => {
      const v = points.value[i];
      const x = ((t - bounds.from) / (bounds.to - bounds.from)) * width;
      const y = height - 5 - ((v - low) / (high - low || 1)) * (height - 10);
      if (v == null) down = false;
      else if (down) ink.lineTo(x, y);
      else ink.moveTo(x, y), (down = true);
    });
    ink.stroke();
  }
}
