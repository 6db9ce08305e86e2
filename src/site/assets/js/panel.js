// One plot: the columns that share a unit, over time. A panel draws what it is given; its chart decides the range.
import { number } from './format.js';
import { gestures } from './gestures.js';

const FONT = '11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const NULLS = 3;  // series of a column: its average (or value), low and high

// Axis labels, 24 hours and the day before the month. Columns: step, label, and what is added under the label
// when the year, month, day, … changes (see uPlot's axis.values).
const DAY = 86400;
const AXIS_LABELS = [
  [365 * DAY, '{YYYY}', null, null, null, null, null, null, 1],
  [28 * DAY, '{MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [DAY, '{D} {MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [60, '{HH}:{mm}', '\n{D} {MMM} {YYYY}', null, '\n{D} {MMM}', null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', '\n{D} {MMM} {YYYY}', null, '\n{D} {MMM}', null, null, null, 1],
];

export class Panel {
  /**
   * @param {object} chart   owner: range, clock, view (for gestures), slug
   * @param {HTMLElement} parent
   * @param {Array<{name, label, unit, swatch, scale}>} columns sharing one unit
   * @param {{top: boolean, bottom: boolean}} axis  where the time axis is written
   */
  constructor(chart, parent, columns, axis) {
    this.chart = chart;
    this.columns = columns;
    this.axis = axis;
    this.log = columns.some((c) => c.scale === 'log');
    this.data = null;

    this.root = document.createElement('div');
    this.root.className = 'panel';
    const head = document.createElement('div');
    head.className = 'panel-head';
    for (const column of columns) {
      const name = document.createElement('span');
      name.className = 'name';
      name.style.setProperty('--swatch', `var(${column.swatch})`);
      name.textContent = column.label;
      head.append(name);
    }
    const unit = document.createElement('span');
    unit.className = 'unit';
    unit.textContent = columns[0].unit;
    this.readout = document.createElement('span');
    this.readout.className = 'readout';
    const scale = document.createElement('button');
    scale.type = 'button';
    scale.className = 'scale';
    scale.textContent = 'log';
    scale.title = 'Logarithmic scale';
    scale.setAttribute('aria-pressed', String(this.log));
    scale.setAttribute('aria-label', `Logarithmic scale for ${columns.map((c) => c.label).join(', ')}`);
    scale.addEventListener('click', () => {
      this.log = !this.log;
      scale.setAttribute('aria-pressed', String(this.log));
      this.rebuild();
    });
    head.append(unit, this.readout, scale);
    this.box = document.createElement('div');
    this.box.className = 'panel-plot';
    this.box.style.setProperty('--axes', axis.top + axis.bottom);
    this.when = document.createElement('div');
    this.when.className = 'when';
    this.when.hidden = true;
    this.root.append(head, this.box);
    parent.append(this.root);
    this.rebuild();
  }

  /** Makes the plot anew: its scale's kind, the colours or the clock have changed. */
  rebuild() {
    this.plot?.destroy();
    this.plot = new uPlot(this.options(), this.logSafe(), this.box);
    this.plot.over.append(this.when);
    const { over } = this.plot;
    gestures(over, this.chart.view);
    over.addEventListener('pointerenter', () => { this.hovered = true; });
    over.addEventListener('pointerleave', () => { this.hovered = false; this.when.hidden = true; });
  }

  options() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const axis = { stroke: colour('--soft'), font: FONT, ticks: { show: false }, grid: { stroke: colour('--grid'), width: 1 } };
    const narrow = this.box.clientWidth < 520;
    const times = { ...axis, space: narrow ? 58 : 76, gap: 4 };
    const series = [{}];
    const bands = [];
    for (const column of this.columns) {
      const ink = colour(column.swatch);
      // The band's edges are drawn faintly, or a peak of one bucket would be too thin to see.
      const edge = { scale: 'y', stroke: `${ink}70`, width: 0.75, points: { show: false } };
      series.push({ scale: 'y', stroke: ink, width: 1.5, points: { size: 4, fill: ink, width: 0, filter: loners } }, edge, { ...edge });
      bands.push({ series: [series.length - 1, series.length - 2], fill: `${ink}30` });
    }
    return {
      width: Math.max(this.box.clientWidth, 120),
      height: Math.max(this.box.clientHeight, 60),
      padding: [this.axis.top ? 0 : 6, 0, this.axis.bottom ? 0 : 4, 0],
      legend: { show: false },
      tzDate: (t) => this.chart.clock.date(t),
      scales: {
        x: { time: true, auto: false, range: () => [this.chart.range.from, this.chart.range.to] },
        y: { distr: this.log ? 3 : 1, range: this.log ? logRange : range },
      },
      axes: [
        { ...times, size: this.axis.bottom ? 40 : 0, values: this.axis.bottom ? AXIS_LABELS : () => [] },
        { ...axis, size: narrow ? 40 : 54, gap: 6, space: 30, values: (_, ticks) => ticks.map((v) => (v == null ? null : number(v))) },
        ...(this.axis.top ? [{ ...times, scale: 'x', side: 0, size: 40, values: AXIS_LABELS, grid: { show: false } }] : []),
      ],
      series,
      bands,
      cursor: {
        y: false,
        points: { size: 7, width: 2 },
        drag: { x: true, y: false, setScale: false, dist: 4 },
        sync: { key: this.chart.slug, scales: ['x', null], setSeries: false },
        bind: {
          dblclick: () => null,
          mousedown: (u, target, handler) => (event) => { if (event.button === 0 && !event.shiftKey) handler(event); },
        },
      },
      hooks: {
        setCursor: [(u) => this.read(u)],
        setSelect: [(u) => {
          const { left, width } = u.select;
          u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
          if (width > 4 && this.hovered) this.chart.view.show(u.posToVal(left, 'x'), u.posToVal(left + width, 'x'));
        }],
      },
    };
  }

  /** @param {Array<{x, value, low, high}>} points one for each column */
  setPoints(points) {
    const tables = points.map((p) => [p.x, p.value, p.low, p.high]);
    this.data = tables.length === 1 ? tables[0] : uPlot.join(tables);
    this.plot.setData(this.logSafe(), false);
    this.moved();
  }

  /** A logarithmic axis has no place for zero: such values lie on the smallest positive one. */
  logSafe() {
    const data = this.data ?? [[], ...this.columns.flatMap(() => [[], [], []])];
    if (!this.log) return data;
    let least = Infinity;
    for (const values of data.slice(1)) for (const v of values) if (v > 0 && v < least) least = v;
    return data.map((values, i) => (i === 0 ? values : values.map((v) => (v != null && v <= 0 ? least : v))));
  }

  /** The chart's range has changed. */
  moved() {
    const { from, to } = this.chart.range;
    this.plot.setScale('x', { min: from, max: to });
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.box;
    if (width && (width !== this.plot.width || height !== this.plot.height)) this.plot.setSize({ width, height });
  }

  /** Whether any point lies in view. */
  hasPoints() {
    const { from, to } = this.chart.range;
    return Boolean(this.data?.[0].some((x, i) => x >= from && x <= to && this.data[1][i] != null));
  }

  /** Shows the values under the cursor, and the moment in the panel that the pointer is over. */
  read(u) {
    const { idx, left } = u.cursor;
    this.readout.replaceChildren();
    if (idx == null || !this.data || left < 0) {
      this.when.hidden = true;
      return;
    }
    this.columns.forEach((_, c) => {
      const [value, low, high] = [0, 1, 2].map((k) => this.data[1 + NULLS * c + k][idx]);
      if (c) this.readout.append('   ');
      const strong = document.createElement('b');
      strong.textContent = number(value);
      this.readout.append(strong);
      if (low != null && high != null) this.readout.append(`  (${number(low)} to ${number(high)})`);
    });
    if (this.hovered) {
      this.when.textContent = this.chart.momentText(this.data[0][idx]);
      this.when.hidden = false;
      const half = this.when.offsetWidth / 2 + 2;
      this.when.style.left = `${Math.max(half, Math.min(u.over.clientWidth - half, left))}px`;
    }
  }
}

/** Points with a gap on either side would not be drawn by a line alone. */
function loners(u, index, show, gaps) {
  if (show) return null;
  const y = u.data[index];
  const [first, last] = u.series[0].idxs;
  const alone = [];
  for (let i = first; i <= last; i++) if (y[i] != null && y[i - 1] == null && y[i + 1] == null) alone.push(i);
  return alone.length ? alone : null;
}

function range(u, low, high) {
  if (low == null || !Number.isFinite(low)) return [0, 1];
  const pad = (high - low) * 0.08 || Math.abs(high) * 0.05 || 1;
  return [low >= 0 && low - pad < 0 ? 0 : low - pad, high + pad];
}

function logRange(u, low, high) {
  if (low == null || !(low > 0)) return [1, 10];
  return [low / 1.15, Math.max(high * 1.15, low * 2)];
}
