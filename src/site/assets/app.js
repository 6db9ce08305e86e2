// The page: reads data/manifest.json, makes the charts, and keeps what is shown in the address.
//
// The address's hash: `<slug>=week` or `<slug>=<from>/<to>` for a chart, `range=…` for all charts as one, and
// `time=utc|local`.
import { Chart, PRESETS } from './js/chart.js';
import { Clock } from './js/format.js';

const REFRESH_MS = 60e3;

const remembered = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
const remember = (key, value) => { try { localStorage.setItem(key, value); } catch { /* private mode */ } };

const stamp = (seconds) => new Date(seconds * 1e3).toISOString().replace(/(:00)?\.000Z$/, 'Z');

/** "week" or "2018-03-01T00:00Z/2018-03-02T00:00Z"; null for anything else. */
function readState(text) {
  if (text in PRESETS) return { preset: text };
  const [from, to] = (text ?? '').split('/').map((t) => Date.parse(t) / 1e3);
  return to > from ? { from, to } : null;
}

const writeState = (state) => state.preset ?? `${stamp(state.from)}/${stamp(state.to)}`;

async function readManifest() {
  // A browser may keep what a server gives no age for; this asks each time whether there is a newer one.
  const answer = await fetch('data/manifest.json', { cache: 'no-cache' });
  if (!answer.ok) throw new Error(`the server answered ${answer.status} for data/manifest.json`);
  return answer.json();
}

const page = {
  charts: [],
  clock: new Clock(false),
  linked: false,

  /** The reader moved a chart. */
  changed(chart) {
    if (this.linked) for (const other of this.charts) if (other !== chart) other.setState(chart.state);
    clearTimeout(this.writing);
    this.writing = setTimeout(() => this.writeHash(), 250);
  },

  writeHash() {
    const hash = [];
    if (this.linked) {
      hash.push(`range=${writeState(this.charts[0].state)}`);
    } else {
      for (const { slug, state } of this.charts) if (state.preset !== 'all') hash.push(`${slug}=${writeState(state)}`);
    }
    if (this.zoneInHash) hash.push(`time=${this.clock.utc ? 'utc' : 'local'}`);
    history.replaceState(null, '', hash.length ? `#${hash.join('&')}` : location.pathname + location.search);
  },

  /** @returns {Chart|null} the chart that the address is about, if it is about one */
  readHash() {
    const words = new Map(location.hash.slice(1).split('&').filter(Boolean).map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? [pair, ''] : [pair.slice(0, at), decodeURIComponent(pair.slice(at + 1))];
    }));
    const common = readState(words.get('range'));
    if (words.has('range') && this.charts.length > 1) this.link(true, false);
    this.zoneInHash = words.has('time');
    this.setZone(this.zoneInHash ? words.get('time') === 'utc' : remembered('time') === 'utc');
    const named = [];
    for (const chart of this.charts) {
      chart.setState(common ?? readState(words.get(chart.slug)) ?? { preset: 'all' });
      if (words.has(chart.slug)) named.push(chart);
    }
    return named.length === 1 ? named[0] : null;
  },

  link(on, spread = true) {
    this.linked = on;
    document.getElementById('linked').checked = on;
    if (on && spread) this.changed(this.charts.find((c) => c.visible) ?? this.charts[0]);
    if (!on) this.writeHash();
  },

  setZone(utc) {
    for (const made of document.querySelectorAll('[data-zone]')) {
      made.setAttribute('aria-pressed', String((made.dataset.zone === 'utc') === utc));
    }
    if (utc === this.clock.utc) return;
    this.clock = new Clock(utc);
    for (const chart of this.charts) chart.restyle();
  },

  async refresh() {
    try {
      const manifest = await readManifest();
      for (const chart of this.charts) {
        const meta = manifest.charts.find((c) => c.slug === chart.slug);
        if (meta) chart.update(meta);
      }
    } catch { /* offline for a while: what is shown stays */ }
    for (const chart of this.charts) chart.showLatest();
  },

  async start() {
    const manifest = await readManifest();
    for (const meta of manifest.charts) {
      const root = document.getElementById(meta.slug);
      if (!root) continue;
      if (meta.resolutions.length) {
        this.charts.push(new Chart(root, meta, this));
      } else {
        root.classList.remove('loading');
        root.querySelector('.age').textContent = 'No data yet';
      }
    }
    const several = this.charts.length > 1;
    document.querySelector('.link-charts').hidden = !several;
    document.getElementById('linked').addEventListener('change', (event) => this.link(event.target.checked));
    for (const made of document.querySelectorAll('[data-zone]')) {
      made.addEventListener('click', () => {
        remember('time', made.dataset.zone);
        this.setZone(made.dataset.zone === 'utc');
        if (this.zoneInHash) this.writeHash();
      });
    }
    for (const jump of document.querySelectorAll('.jump a')) {
      jump.addEventListener('click', (event) => {
        event.preventDefault();
        document.getElementById(jump.hash.slice(1))?.scrollIntoView();
      });
    }
    const about = this.readHash();
    if (about && about !== this.charts[0]) about.root.scrollIntoView({ behavior: 'instant' });
    addEventListener('hashchange', () => this.readHash());
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.charts.forEach((c) => c.restyle()));
    setInterval(() => document.hidden || this.refresh(), REFRESH_MS);
  },
};

page.start().catch((problem) => {
  const notice = document.getElementById('notice');
  notice.hidden = false;
  notice.textContent = `The charts could not be loaded: ${problem.message}. The site may be being built, or the ` +
    'server may be out of reach; reload to try again.';
  for (const chart of document.querySelectorAll('.chart')) chart.classList.remove('loading');
});
