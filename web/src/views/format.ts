/**
 * Numbers as the page writes them: three significant digits, always a unit, a thin space between thousands, "–" for what was
 * not measured. Rates are SI, sizes IEC, times ns, µs, ms, s.
 */

const NOT_MEASURED = '–';
/** U+2009 and U+202F would both do; the narrow no-break one does not break lines. */
const THIN = '\u202f';

function missing(value: number | null | undefined): value is null | undefined {
  return value === null || value === undefined || Number.isNaN(value);
}

/** Groups the digits of a whole number by three, from five digits on as is the custom. */
export function grouped(value: number): string {
  const digits = Math.abs(Math.round(value)).toFixed(0);
  const text = digits.length < 5 ? digits : digits.replace(/\B(?=(\d{3})+$)/g, THIN);
  return value < 0 && digits !== '0' ? `−${text}` : text;
}

/** Three significant digits, without an exponent where one can do without. */
export function significant(value: number, digits = 3): string {
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (magnitude < 1e-4 || magnitude >= 1e15) return value.toExponential(digits - 1).replace('-', '−').replace('+', '');
  const rounded = Number(magnitude.toPrecision(digits));
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(rounded)));
  const [whole, part] = rounded.toFixed(Math.min(decimals, 20)).split('.');
  const text = `${grouped(Number(whole))}${part ? `.${part}` : ''}`;
  return value < 0 ? `−${text}` : text;
}

/** A count: exact, never abbreviated. */
export function count(value: number | null | undefined): string {
  if (missing(value)) return NOT_MEASURED;
  return Number.isInteger(value) ? grouped(value) : significant(value);
}

/** Picks the largest unit, each a thousand of the one before, in which the rounded figure is at least 1. */
function scaled(value: number, units: readonly string[]): string {
  let step = 0;
  let rest = Math.abs(value);
  while (step < units.length - 1 && Number(rest.toPrecision(3)) >= 1000) {
    rest /= 1000;
    step++;
  }
  return `${value < 0 ? '−' : ''}${significant(rest)}${THIN}${units[step]!}`;
}

const SI = ['', 'k', 'M', 'G', 'T', 'P'];

/** A figure with an SI prefix before its unit: 41.8 MH/s. */
export function si(value: number | null | undefined, unit: string): string {
  if (missing(value)) return NOT_MEASURED;
  if (value !== 0 && Math.abs(value) < 0.1) return `${significant(value)}${THIN}${unit}`;
  return scaled(value, SI.map((prefix) => prefix + unit)).trimEnd();
}

/** A size: 2.25 KiB. */
export function bytes(value: number | null | undefined): string {
  if (missing(value)) return NOT_MEASURED;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let step = 0;
  let rest = Math.abs(value);
  while (step < units.length - 1 && Math.round(rest) >= 1024) {
    rest /= 1024;
    step++;
  }
  const whole = step === 0 && Number.isInteger(rest);
  return `${value < 0 ? '−' : ''}${whole ? grouped(rest) : significant(rest, rest >= 999.5 ? 4 : 3)}${THIN}${units[step]!}`;
}

/** A time given in nanoseconds: 214 µs. */
export function duration(ns: number | null | undefined): string {
  if (missing(ns)) return NOT_MEASURED;
  if (ns === 0) return `0${THIN}s`;
  if (!Number.isFinite(ns)) return ns > 0 ? '∞' : '−∞';
  if (Math.abs(ns) >= 99.95e9) {
    const seconds = Math.round(Math.abs(ns) / 1e9);
    return `${ns < 0 ? '−' : ''}${Math.floor(seconds / 60)}${THIN}min ${String(seconds % 60).padStart(2, '0')}${THIN}s`;
  }
  return scaled(ns, ['ns', 'µs', 'ms', 's']);
}

const MOMENT_UNITS: readonly [unit: string, ns: number, decimals: number][] = [['s', 1e9, 6], ['ms', 1e6, 3], ['µs', 1e3, 2], ['ns', 1, 0]];

/** A place in time rather than a length: fine enough to tell two moments apart, 21.734 ms. */
export function moment(ns: number): string {
  if (!Number.isFinite(ns)) return duration(ns);
  if (ns === 0) return `0${THIN}s`;
  const [unit, size, decimals] = MOMENT_UNITS.find(([, least]) => ns >= least) ?? MOMENT_UNITS[MOMENT_UNITS.length - 1]!;
  return `${(ns / size).toFixed(decimals)}${THIN}${unit}`;
}

export function percent(share: number | null | undefined): string {
  if (missing(share)) return NOT_MEASURED;
  return `${significant(share * 100)}${THIN}%`;
}

const TIME_UNITS: Record<string, number> = { ns: 1, µs: 1e3, us: 1e3, ms: 1e6, s: 1e9, seconds: 1e9, nanoseconds: 1 };
const BYTE_UNITS: Record<string, number> = { B: 1, bytes: 1, byte: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** A figure in the unit that the engine gives for it. */
export function withUnit(value: number | null | undefined, unit: string | undefined): string {
  if (missing(value)) return NOT_MEASURED;
  if (!unit) return count(value);
  if (unit in TIME_UNITS) return duration(value * TIME_UNITS[unit]!);
  if (unit in BYTE_UNITS) return bytes(value * BYTE_UNITS[unit]!);
  if (unit === '%') return `${significant(value)}${THIN}%`;
  if (unit === '1' || unit === 'ratio') return significant(value);
  if (unit.startsWith('B/') || unit.startsWith('bytes/')) return `${bytes(value)}/${unit.split('/')[1]!}`;
  if (unit.endsWith('/s')) return rate(value, unit);
  return `${count(value)}${THIN}${value === 1 ? singular(unit) : unit}`;
}

/** Whether a figure of this unit is a count with a word behind it, and no prefix chosen by its size. */
export function isCountUnit(unit: string): boolean {
  return !(unit in TIME_UNITS || unit in BYTE_UNITS || unit === '%' || unit === '1' || unit === 'ratio' || unit.includes('/'));
}

/** One of what a unit counts: "goroutines" as "goroutine", "Ps" as "P". The engine's units are plural nouns or symbols. */
export function singular(unit: string): string {
  return /(?:sh|ch|ss|x)es$/.test(unit) ? unit.slice(0, -2) : /[^s]s$/.test(unit) ? unit.slice(0, -1) : unit;
}

/** 41.8 MH/s, but 1.2 million messages/s as 1 200 000 messages/s: a prefix belongs before a symbol, not before a word. Bytes are sizes: 18.4 GiB/s. */
export function rate(value: number | null | undefined, unit: string): string {
  if (missing(value)) return NOT_MEASURED;
  const [head = '', per = ''] = unit.split('/');
  if (head === 'B') return `${bytes(value)}/${per}`;
  if (head.length <= 2) return si(value, unit);
  return `${significant(value)}${THIN}${unit}`;
}

/** Splits a metric's name, `/sched/latencies:seconds`, at its unit. */
export function metricUnit(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1);
}

/** "1 goroutine", "6 goroutines". */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${grouped(n)} ${n === 1 ? one : many}`;
}
