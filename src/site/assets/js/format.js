// Numbers, times and sizes as people read them.
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const digits = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });

/** @param {number|null|undefined} v */
export function number(v) {
  if (v == null || !Number.isFinite(v)) return '–';
  const size = Math.abs(v);
  if (size >= 1e9 || (size > 0 && size < 1e-4)) return v.toExponential(2);
  return (size >= 1000 ? whole : digits).format(v).replace('-', '−');
}

export function bytes(n) {
  return n < 1e6 ? `${Math.max(1, Math.round(n / 1e3))} kB` : `${(n / 1e6).toFixed(1)} MB`;
}

/** "3 days ago" for a time in seconds. */
export function age(seconds, now = Date.now() / 1e3) {
  const past = now - seconds;
  const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always' });
  for (const [unit, length] of [['year', 31557600], ['month', 2629800], ['day', 86400], ['hour', 3600], ['minute', 60]]) {
    if (Math.abs(past) >= length * (unit === 'month' ? 2 : 1)) return relative.format(-Math.round(past / length), unit);
  }
  return 'just now';
}

/** "5 min", "hourly", "daily": the spacing of points, in seconds. */
export function spacing(seconds) {
  const names = { 60: '1-minute', 3600: 'hourly', 86400: 'daily' };
  if (names[seconds]) return names[seconds];
  if (seconds % 86400 === 0) return `${seconds / 86400}-day`;
  if (seconds % 3600 === 0) return `${seconds / 3600}-hour`;
  if (seconds % 60 === 0) return `${seconds / 60}-minute`;
  return `${digits.format(seconds)}-second`;
}

/** Writes times in UTC or in the reader's own zone. All times are seconds. */
export class Clock {
  constructor(utc) {
    this.utc = utc;
    const timeZone = utc ? 'UTC' : undefined;
    const make = (options) => new Intl.DateTimeFormat('en-GB', { timeZone, ...options });
    this.day = make({ day: 'numeric', month: 'short', year: 'numeric' });
    this.minute = make({ day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' });
    this.second = make({ hour: '2-digit', minute: '2-digit', second: '2-digit', day: 'numeric', month: 'short' });
    this.zone = make({ timeZoneName: 'short' });
  }

  zoneName(t) {
    return this.zone.formatToParts(t * 1e3).find((p) => p.type === 'timeZoneName').value;
  }

  /** A moment, as exactly as points of this spacing deserve. */
  moment(t, every) {
    return (every >= 86400 ? this.day : every >= 30 ? this.minute : this.second).format(t * 1e3);
  }

  range(from, to) {
    const form = to - from > 4 * 86400 ? this.day : this.minute;
    return form.formatRange(from * 1e3, to * 1e3);
  }

  /** uPlot wants a Date whose local fields are the ones to show. */
  date(t) {
    const date = new Date(t * 1e3);
    return this.utc ? uPlot.tzDate(date, 'Etc/UTC') : date;
  }
}
