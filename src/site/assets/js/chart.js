// One chart of the page: its latest values, its toolbar, and its panels over one shared range.
import { age, bytes, number, spacing } from './format.js';
import { Overview } from './overview.js';
import { Panel } from './panel.js';
import { points, TileSet } from './tiles.js';

const DAY = 86400;
export const PRESETS = { day: DAY, week: 7 * DAY, month: 30 * DAY, year: 365 * DAY, all: Infinity };
const PANEL_COLOURS = 8;
const FILES_LISTED = 24;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text != null) made.textContent = text;
  return made;
}

function button(text, label, act) {
  const made = element('button', '', text);
  made.type = 'button';
  if (label) made.setAttribute('aria-label', label);
  made.addEventListener('click', act);
  return made;
}

export class Chart {
  /**
   * @param {HTMLElement} root its section of the page
   * @param {object} meta of the manifest
   * @param {object} page  clock; changed(chart): the reader moved this chart; refresh(): the manifest may be old
   */
  constructor(root, meta, page) {
    this.root = root;
    this.page = page;
    this.slug = meta.slug;
    this.state = { preset: 'all' };
    this.visible = false;
    this.adopt(meta);
    this.columns = meta.columns.map((c, i) => ({ ...c, swatch: `--series-${(i % PANEL_COLOURS) + 1}` }));
    this.view = this.makeView();
    this.range = this.resolve();
    this.buildToolbar();
    this.buildPlots();
    this.buildFoot();
    this.showLatest();
    new IntersectionObserver((entries) => {
      this.visible = entries.at(-1).isIntersecting;
      if (this.visible) this.load();
    }, { rootMargin: '200px' }).observe(root);
    new ResizeObserver(() => this.resized()).observe(this.plots);
  }

  get clock() { return this.page.clock; }

  /** Takes a (newer) manifest entry. */
  adopt(meta) {
    this.meta = meta;
    this.tiles = new TileSet(meta.resolutions);
    // A record of a single moment still needs a width.
    const pad = meta.to > meta.from ? 0 : 1800e3;
    this.bounds = { from: (meta.from - pad) / 1e3, to: (meta.to + pad) / 1e3 };
    this.shownKey = null;
  }

  update(meta) {
    if (JSON.stringify(meta) === JSON.stringify(this.meta)) return;
    this.adopt(meta);
    this.overviewDrawn = false;
    this.showLatest();
    this.setState(this.state);
    this.load();
  }

  /** What the gestures and the overview see of this chart. */
  makeView() {
    const chart = this;
    return {
      get range() { return chart.range; },
      get bounds() { return chart.bounds; },
      pan: (seconds) => chart.show(chart.range.from + seconds, chart.range.to + seconds),
      zoom: (factor, about) => chart.zoom(factor, about),
      show: (from, to) => chart.show(from, to),
      reset: () => chart.choose({ preset: 'all' }),
      active: () => chart.plots.contains(document.activeElement),
      hint: () => chart.hint(),
    };
  }

  /** The range, in seconds, that the state means now. */
  resolve() {
    const { bounds, state } = this;
    if (!state.preset) return { from: state.from, to: state.to };
    const length = PRESETS[state.preset];
    return { from: Number.isFinite(length) ? bounds.to - length : bounds.from, to: bounds.to };
  }

  /** @param {{preset: string} | {from: number, to: number}} state */
  setState(state) {
    this.state = state;
    this.range = this.resolve();
    if (!this.frame) {
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        for (const panel of this.panels) panel.moved();
        this.overview.moved();
        this.showRange();
      });
    }
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.load(), 60);
  }

  /** The reader chose. */
  choose(state) {
    this.setState(state);
    this.page.changed(this);
  }

  /** Shows a range, kept within reach of the record and no narrower than a few points. */
  show(from, to) {
    const { bounds } = this;
    const finest = this.tiles.resolutions[0].interval;
    const least = Math.max(1, 4 * finest);
    const most = (bounds.to - bounds.from) * 1.1 + least;
    let span = Math.min(Math.max(to - from, least), most);
    let start = (from + to - span) / 2;
    start = Math.min(Math.max(start, bounds.from - span / 2), bounds.to - span / 2);
    this.choose({ from: Math.round(start), to: Math.round(start + span) });
  }

  zoom(factor, about = (this.range.from + this.range.to) / 2) {
    const { from, to } = this.range;
    this.show(about - (about - from) * factor, about + (to - about) * factor);
  }

  buildToolbar() {
    const bar = this.root.querySelector('.toolbar');
    const ranges = element('div', 'segmented ranges');
    ranges.setAttribute('role', 'group');
    ranges.setAttribute('aria-label', 'Range');
    this.presetButtons = Object.keys(PRESETS).map((preset) => {
      const made = button(preset[0].toUpperCase() + preset.slice(1), '', () => this.choose({ preset }));
      made.dataset.preset = preset;
      return made;
    });
    ranges.append(...this.presetButtons);
    const steps = element('div', 'segmented steps');
    const step = (by) => this.view.pan(by * (this.range.to - this.range.from));
    steps.append(button('‹', 'Earlier', () => step(-0.8)), button('›', 'Later', () => step(0.8)),
      button('−', 'Zoom out', () => this.zoom(2)), button('+', 'Zoom in', () => this.zoom(0.5)));
    this.shown = element('div', 'shown');
    this.shown.setAttribute('role', 'status');
    bar.append(ranges, steps, this.shown);
  }

  buildPlots() {
    this.plots = this.root.querySelector('.plots');
    this.plots.tabIndex = 0;
    this.plots.setAttribute('role', 'application');
    this.plots.setAttribute('aria-roledescription', 'zoomable chart');
    this.plots.setAttribute('aria-label', `${this.meta.title}: ${this.columns.map((c) => c.label).join(', ')}`);
    this.plots.addEventListener('keydown', (event) => this.key(event));
    this.plots.addEventListener('mousedown', () => this.plots.focus({ preventScroll: true }));

    const units = new Map();  // columns that share a unit share a panel; without a unit nothing is shared
    this.columns.forEach((column, i) => {
      const key = column.unit || ` ${i}`;
      units.set(key, [...(units.get(key) ?? []), column]);
    });
    const groups = [...units.values()];
    this.panels = groups.map((columns, i) => new Panel(this, this.plots, columns, {
      top: i === 0 && groups.length > 2,
      bottom: i === groups.length - 1,
    }));
    this.emptyNote = element('div', 'empty', 'No values in this range');
    this.emptyNote.hidden = true;
    this.hintNote = element('div', 'hint', 'Click the chart, or hold Ctrl, to zoom with the wheel');
    this.plots.append(this.emptyNote, this.hintNote);
    this.overview = new Overview(this.root.querySelector('.overview'), this.view, this.columns[0].swatch);
    this.overview.moved();
    this.root.querySelectorAll('.value').forEach((value, i) => {
      value.style.setProperty('--swatch', `var(${this.columns[i]?.swatch})`);
    });
  }

  buildFoot() {
    const foot = this.root.querySelector('.chart-foot');
    this.files = element('details');
    this.files.append(element('summary', '', 'Download'));
    this.files.addEventListener('toggle', () => this.listFiles());
    this.detail = element('span', 'detail');
    foot.append(this.files, this.detail);
  }

  /** The latest value of each column, and how old it is. */
  showLatest() {
    const { latest, columns } = this.meta;
    this.root.querySelectorAll('.value b').forEach((b, i) => {
      const value = latest.values[columns[i]?.name];
      b.textContent = number(value?.[1]);
      b.parentElement.title = value ? this.clock.moment(value[0] / 1e3, 60) : '';
    });
    const seconds = latest.time / 1e3;
    this.root.querySelector('.age').textContent =
      `Latest ${this.clock.moment(seconds, 60)} ${this.clock.zoneName(seconds)} · ${age(seconds)}`;
  }

  showRange() {
    const { from, to } = this.range;
    this.shown.replaceChildren(element('b', '', this.clock.range(from, to)));
    for (const made of this.presetButtons) {
      made.setAttribute('aria-pressed', String(made.dataset.preset === this.state.preset));
    }
  }

  /** What a point's time reads as under the cursor. */
  momentText(t) {
    const { resolution } = this;
    if (!resolution) return '';
    const start = resolution.reduced ? t - resolution.interval / 2 : t;
    return this.clock.moment(start, resolution.interval || 1);
  }

  /** Brings what the range needs, and draws it. What is drawn stays until the finer or wider rows are here. */
  async load() {
    if (!this.visible) return;
    const width = this.panels[0].plot.over.clientWidth || 600;
    const { from, to } = this.range;
    // Before anything is drawn the coarsest tiles come first: they are small and fill the overview too.
    if (!this.overviewDrawn) await this.loadOverview();
    const resolution = this.tiles.choose(from, to, width);
    const tiles = this.tiles.inView(resolution, from, to);
    const key = `${resolution.name} ${tiles.map((t) => `${t.file}?${t.v}`).join()}`;
    if (key === this.shownKey) {
      this.wanted = null;
      this.root.classList.remove('loading');
      this.settle();
      return;
    }
    if (key === this.wanted) return;
    this.wanted = key;
    this.root.classList.add('loading');
    try {
      const rows = await this.tiles.rows(tiles);
      if (this.wanted !== key) return;  // the reader has moved on
      this.draw(resolution, rows);
      this.shownKey = key;
      this.failed = false;
      this.tiles.prefetch(resolution, tiles);
    } catch (problem) {
      if (this.wanted !== key) return;
      // A tile may have been replaced or removed by a newer build: look at the manifest once, then say so.
      if (!this.failed) this.page.refresh();
      this.failed = true;
      this.emptyNote.textContent = `The data could not be read: ${problem.message}`;
      this.emptyNote.hidden = false;
    }
    this.wanted = null;
    this.root.classList.remove('loading');
  }

  async loadOverview() {
    const resolution = this.tiles.coarsest();
    try {
      const rows = await this.tiles.rows(resolution.tiles);
      if (this.overviewDrawn) return;
      this.overviewDrawn = true;
      this.overview.draw(points(rows, this.meta.time, this.columns[0].name, resolution));
      this.overview.moved();
      if (!this.shownKey) this.draw(resolution, rows);
    } catch { /* load() meets the same problem and tells it */ }
  }

  draw(resolution, rows) {
    this.resolution = resolution;
    this.rows = rows;
    for (const panel of this.panels) {
      panel.setPoints(panel.columns.map((c) => points(rows, this.meta.time, c.name, resolution)));
    }
    this.root.dataset.resolution = resolution.name;
    this.root.dataset.rows = rows.rows;
    this.showRange();
    this.settle();
  }

  /** Words that go with what is drawn. */
  settle() {
    const { resolution } = this;
    if (!resolution) return;
    this.detail.textContent = resolution.reduced
      ? `${spacing(resolution.interval)} averages, shaded from lowest to highest` : 'every reading';
    this.emptyNote.textContent = 'No values in this range';
    this.emptyNote.hidden = this.panels.some((p) => p.hasPoints());
    if (this.files.open) this.listFiles();
  }

  /** Links to the files behind the view: CSV of what is drawn, and the Parquet tiles of every reading. */
  listFiles() {
    if (!this.files.open || !this.resolution) return;
    const list = element('ul');
    const csv = element('li');
    csv.append(button(`CSV of this view (${this.resolution.reduced ? spacing(this.resolution.interval) : 'every reading'})`, '',
      () => this.saveCsv()));
    list.append(csv);
    const { from, to } = this.range;
    const finest = this.tiles.resolutions[0];
    const files = this.tiles.inView(finest, from, to);
    for (const tile of files.slice(0, FILES_LISTED)) {
      const item = element('li');
      const link = element('a', '', `${tile.file.split('/').at(-1)} (${bytes(tile.bytes)})`);
      link.href = `data/${tile.file}`;
      link.download = tile.file.replaceAll('/', '-');
      item.append(link);
      list.append(item);
    }
    if (files.length > FILES_LISTED) list.append(element('li', '', `and ${files.length - FILES_LISTED} more: zoom in`));
    this.files.querySelector('ul')?.remove();
    this.files.append(list);
  }

  saveCsv() {
    const { from, to } = this.range;
    const times = this.rows.columns.get(this.meta.time);
    const names = [...this.rows.columns.keys()].filter((n) => n !== this.meta.time);
    const quote = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const lines = [[this.meta.time, ...names].map(quote).join()];
    for (let i = 0; i < this.rows.rows; i++) {
      if (times[i] < from || times[i] > to) continue;
      lines.push([new Date(times[i] * 1e3).toISOString(), ...names.map((n) => this.rows.columns.get(n)[i] ?? '')].join());
    }
    const link = element('a');
    link.href = URL.createObjectURL(new Blob([`${lines.join('\n')}\n`], { type: 'text/csv' }));
    link.download = `${this.slug}-${this.resolution.name}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1e4);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== this.plots) return;
    const span = this.range.to - this.range.from;
    const acts = {
      ArrowLeft: () => (event.shiftKey ? this.readNext(-1) : this.view.pan(-span / 5)),
      ArrowRight: () => (event.shiftKey ? this.readNext(1) : this.view.pan(span / 5)),
      '+': () => this.zoom(0.5),
      '=': () => this.zoom(0.5),
      '-': () => this.zoom(2),
      0: () => this.view.reset(),
      Home: () => this.show(this.bounds.from, this.bounds.from + span),
      End: () => this.show(this.bounds.to - span, this.bounds.to),
      Escape: () => this.plots.blur(),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  }

  /** Moves the cursor to the next point, for reading values by keyboard; the status line speaks them. */
  readNext(by) {
    const { plot, data } = this.panels[0];
    if (!data?.[0].length) return;
    const [first, last] = plot.series[0].idxs;
    const now = plot.cursor.idx ?? (by > 0 ? first - 1 : last + 1);
    const i = Math.max(first, Math.min(last, now + by));
    plot.setCursor({ left: plot.valToPos(data[0][i], 'x'), top: 10 });
    const words = this.panels.map((p) => `${p.columns[0].label} ${p.readout.textContent} ${p.columns[0].unit}`).join(', ');
    this.shown.replaceChildren(element('b', '', this.momentText(data[0][i])));
    this.plots.setAttribute('aria-description', words);
  }

  hint() {
    this.hintNote.classList.add('on');
    clearTimeout(this.hintOff);
    this.hintOff = setTimeout(() => this.hintNote.classList.remove('on'), 1400);
  }

  resized() {
    for (const panel of this.panels) panel.resize();
    this.overview.draw();
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.load(), 120);
  }

  /** The clock or the colours have changed. */
  restyle() {
    for (const panel of this.panels) panel.rebuild();
    this.overview.draw();
    this.showLatest();
    this.showRange();
  }
}
