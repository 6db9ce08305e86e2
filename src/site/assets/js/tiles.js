// Which tiles of a chart a view needs, and their rows.
import { decode } from './parquet.js';

const POINTS_PER_PIXEL = 3;  // more than this, and a coarser resolution tells as much
const KEPT_TILES = 80;       // decoded tiles kept in memory, over all charts

/** Decoded tiles by address, least recently used first. @type {Map<string, Promise<object>>} */
const cache = new Map();

function load(tile) {
  // The version in the address makes a rewritten tile another one for every cache on the way.
  const address = `data/${tile.file}?v=${tile.v}`;
  let rows = cache.get(address);
  if (rows) {
    cache.delete(address);
  } else {
    rows = fetch(address).then((answer) => {
      if (!answer.ok) throw new Error(`${tile.file}: the server answered ${answer.status}`);
      return answer.arrayBuffer();
    }).then(decode);
    rows.catch(() => cache.delete(address));
    while (cache.size >= KEPT_TILES) cache.delete(cache.keys().next().value);
  }
  cache.set(address, rows);
  return rows;
}

const overlap = (tile, from, to, margin) => tile.to / 1e3 >= from - margin && tile.from / 1e3 <= to + margin;

/** The tiles of one chart, at every resolution. */
export class TileSet {
  /** @param {Array} resolutions of the manifest, finest first */
  constructor(resolutions) {
    this.resolutions = resolutions;
  }

  /** About how many points a resolution has in a range. */
  static count(resolution, from, to) {
    let points = 0;
    for (const tile of resolution.tiles) {
      const length = Math.max(tile.to - tile.from, 1) / 1e3;
      const shared = Math.min(to, tile.to / 1e3) - Math.max(from, tile.from / 1e3);
      if (shared > 0) points += tile.rows * Math.min(1, shared / length);
    }
    return points;
  }

  /** The finest resolution with at most a few points for each of `pixels`. */
  choose(from, to, pixels) {
    return this.resolutions.find((r) => TileSet.count(r, from, to) <= pixels * POINTS_PER_PIXEL) ?? this.resolutions.at(-1);
  }

  /** The coarsest resolution that still has a shape to it. */
  coarsest() {
    const rows = (r) => r.tiles.reduce((n, t) => n + t.rows, 0);
    return this.resolutions.findLast((r) => rows(r) >= 200) ?? this.resolutions[0];
  }

  /** Tiles in view, and a little beside it so that lines run to the edge. */
  inView(resolution, from, to) {
    return resolution.tiles.filter((t) => overlap(t, from, to, 2 * resolution.interval));
  }

  /** @returns {Promise<{rows: number, columns: Map<string, Array<number|null>>}>} the tiles' rows, end to end */
  async rows(tiles) {
    const parts = await Promise.all(tiles.map(load));
    if (parts.length === 1) return parts[0];
    const columns = new Map();
    for (const name of new Set(parts.flatMap((p) => [...p.columns.keys()]))) {
      const all = [];
      for (const part of parts) {
        const values = part.columns.get(name);
        for (let i = 0; i < part.rows; i++) all.push(values ? values[i] : null);
      }
      columns.set(name, all);
    }
    return { rows: parts.reduce((n, p) => n + p.rows, 0), columns };
  }

  /** Fetches the tiles next to the view, so that moving on shows them at once. */
  prefetch(resolution, tiles) {
    const first = resolution.tiles.indexOf(tiles[0]);
    const last = resolution.tiles.indexOf(tiles.at(-1));
    for (const i of [first - 1, last + 1]) {
      if (first >= 0 && resolution.tiles[i]) load(resolution.tiles[i]).catch(() => {});
    }
  }
}

/**
 * One column's points: rows without a value left out, and a null put where the record pauses, so that the line
 * breaks there. A pause is a step of more than twice the usual one; "usual" is what nine steps of ten keep to.
 * @returns {{x: number[], value: Array, low: Array, high: Array}}
 */
export function points({ rows, columns }, time, column, resolution) {
  const times = columns.get(time);
  const reduced = resolution.interval > 0 && resolution.reduced;
  const value = columns.get(reduced ? `${column}.avg` : column) ?? [];
  const low = reduced ? columns.get(`${column}.min`) : null;
  const high = reduced ? columns.get(`${column}.max`) : null;
  const middle = reduced ? resolution.interval / 2 : 0;  // a bucket's average belongs to its middle
  const kept = [];
  for (let i = 0; i < rows; i++) if (value[i] != null && !Number.isNaN(value[i])) kept.push(i);

  const steps = [];
  const stride = Math.max(1, Math.floor(kept.length / 4000));
  for (let k = 1; k < kept.length; k += stride) steps.push(times[kept[k]] - times[kept[k - 1]]);
  steps.sort((a, b) => a - b);
  const usual = Math.max(steps[Math.floor((steps.length - 1) * 0.9)] ?? Infinity, reduced ? resolution.interval : 0);

  const out = { x: [], value: [], low: [], high: [], usual };
  let before = NaN;
  for (const i of kept) {
    const t = times[i] + middle;
    if (t - before > 2.001 * usual) {
      out.x.push((t + before) / 2);
      out.value.push(null);
      out.low.push(null);
      out.high.push(null);
    }
    out.x.push(t);
    out.value.push(value[i]);
    out.low.push(low ? low[i] : null);
    out.high.push(high ? high[i] : null);
    before = t;
  }
  return out;
}
