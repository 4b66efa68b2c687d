/** A result's fields and metrics in words and figures. Pure. */
import type { Histogram, MemoryResult, RunResult } from '../../engine/types';
import { count, duration, isCountUnit, metricUnit, plural, singular, withUnit } from '../format';
import { closed, quantile } from './plots';

/** Items of a list that are shown before "show all". */
const ELIDED = 12;

export interface FieldText {
  name: string;
  text: string;
  /** The whole of a list of which `text` shows the beginning. */
  all?: string;
  /** The fields of an object. */
  parts?: FieldText[];
}

/** What is shown of a block in the table of a result. */
export interface FoundBlock {
  index: number;
  /** The zero digits that the hash begins with, and the rest of its head. */
  zeros: string;
  head: string;
  nonce: number;
  /** Absent: the genesis, or not told. */
  found_by?: number;
  p?: number;
}

const HEAD_DIGITS = 16;

/** The blocks of a list, if it is one of blocks. */
export function foundBlocks(value: unknown): FoundBlock[] | null {
  if (!Array.isArray(value) || value.length === 0) return null;
  const blocks = value.map((item: unknown) => {
    const { index, hash, nonce, found_by, p } = (item ?? {}) as Record<string, unknown>;
    if (typeof index !== 'number' || typeof hash !== 'string' || typeof nonce !== 'number') return null;
    const zeros = /^0*/.exec(hash)![0];
    const block: FoundBlock = { index, zeros, head: hash.slice(zeros.length, Math.max(HEAD_DIGITS, zeros.length + 4)), nonce };
    if (typeof found_by === 'number') block.found_by = found_by;
    if (typeof p === 'number') block.p = p;
    return block;
  });
  return blocks.includes(null) ? null : (blocks as FoundBlock[]);
}

/** hashes_per_second as "hashes per second"; a unit at an end goes, because the figure carries one, and not always that. */
export function fieldName(name: string, unit?: string): string {
  return (unit ? name.replace(/_(ns|us|ms|seconds|bytes)$/, '').replace(/^ns_per_/, 'time_per_') : name).replaceAll('_', ' ');
}

/** A list of objects is told as its length; blocks have a table of their own. */
export function fieldText(name: string, value: unknown, unit: string | undefined): FieldText {
  const shown = fieldName(name, unit);
  if (value === null || value === undefined) return { name: shown, text: '–' };
  if (typeof value === 'number') return { name: shown, text: withUnit(value, unit) };
  if (typeof value === 'boolean') return { name: shown, text: value ? 'yes' : 'no' };
  if (typeof value === 'string') return { name: shown, text: value === '' ? '(empty)' : value };
  if (typeof value === 'object' && !Array.isArray(value)) {
    return { name: shown, text: '', parts: Object.entries(value).map(([part, inner]) => fieldText(part, inner, unit)) };
  }
  if (!Array.isArray(value)) return { name: shown, text: '–' };
  if (value.length === 0) return { name: shown, text: 'none' };
  if (value.some((item) => typeof item === 'object')) return { name: shown, text: withUnit(value.length, shown) };
  // Of counts the unit is said once, behind the last.
  const behind = unit && isCountUnit(unit) ? ` ${value.length === 1 && value[0] === 1 ? singular(unit) : unit}` : '';
  const items = value.map((item: unknown) => (typeof item === 'number' ? withUnit(item, behind ? undefined : unit) : String(item)));
  if (items.length <= ELIDED) return { name: shown, text: `${items.join(', ')}${behind}` };
  return { name: shown, text: `${items.slice(0, ELIDED).join(', ')}, …${behind}`, all: `${items.join(', ')}${behind}` };
}

export function resultFields({ result, units }: RunResult): FieldText[] {
  return Object.entries(result).filter(([, value]) => !foundBlocks(value) && !rowsOf('', value)).map(([name, value]) => fieldText(name, value, units[name]));
}

/** A list of objects that have the same fields, as a table. */
export interface Rows {
  name: string;
  columns: string[];
  rows: string[][];
}

/** The table of a list of flat objects, such as those of the Ps; null: it is none. */
export function rowsOf(name: string, value: unknown): Rows | null {
  if (!Array.isArray(value) || value.length === 0) return null;
  const objects = value as unknown[];
  if (!objects.every((item) => typeof item === 'object' && item !== null && !Array.isArray(item))) return null;
  const columns = Object.keys(objects[0] as object);
  const rows = objects.map((item) => columns.map((column) => cellText(column, (item as Record<string, unknown>)[column])));
  return { name: name === 'ps' ? 'Ps' : fieldName(name), columns: columns.map((column) => (column === 'p' ? 'P' : fieldName(column))), rows };
}

function cellText(column: string, value: unknown): string {
  return column === 'p' && typeof value === 'number' ? `P${value}` : fieldText(column, value, undefined).text;
}

/** What the run took, in one line of parts. */
export function costParts({ cost, driver }: RunResult): string[] {
  const parts = [`${duration(cost.wall_ns)} of wall time`];
  if (cost.virtual_ns !== undefined) parts.push(`${duration(cost.virtual_ns)} of virtual time`);
  parts.push(`${plural(cost.events_recorded, 'event')} recorded`);
  parts.push(cost.events_dropped > 0 ? `${plural(cost.events_dropped, 'event')} dropped` : 'none dropped');
  if (driver === 'threads') parts.push(`times exact to ${duration(cost.clock_resolution_ns)}`);
  if (cost.goroutine_bytes !== undefined) parts.push(`${withUnit(cost.goroutine_bytes, 'B')} of goroutines’ memory`);
  return parts;
}

/** The heap of a run in a few parts. */
export function memoryParts({ memory_stats, gc_stats, cycles }: MemoryResult): string[] {
  const collections = memory_stats.num_gc ?? cycles.length;
  const peak = cycles.reduce((most, cycle) => Math.max(most, cycle.heap_start, cycle.heap_end), (memory_stats.heap_alloc_mb ?? 0) * 2 ** 20);
  const parts = [collections === 1 ? '1 collection' : `${count(collections)} collections`];
  if (collections > 0) parts.push(`world stopped for ${withUnit(gc_stats.pause_total_ns, 'ns')} in all`);
  // Of those before the last that are kept nobody has told how large the heap was.
  parts.push(`at most ${withUnit(peak, 'B')} live${cycles.length < collections ? ` in the last ${plural(cycles.length, 'collection')}` : ''}`);
  return parts;
}

export interface MetricText {
  name: string;
  value: string;
  unit: string;
}

export function metricTexts(metrics: RunResult['metrics']): MetricText[] {
  return Object.entries(metrics)
    .map(([name, value]) => ({ name: name.slice(0, name.lastIndexOf(':')), value: metricValue(value, metricUnit(name)), unit: metricUnit(name) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The engine gives "no limit" and "off" as Go does: as the largest number there is. */
const NO_LIMIT = 2 ** 62;

function numberOf(value: number, unit: string): string {
  if (unit === 'percent') return value < 0 || value >= NO_LIMIT ? 'off' : count(value);
  if (unit === 'bytes') return value >= NO_LIMIT ? 'no limit' : withUnit(value, unit);
  return unit === 'seconds' || unit === 'cpu-seconds' ? withUnit(value, 'seconds') : count(value);
}

function metricValue(value: number | Histogram, unit: string): string {
  if (typeof value === 'number') return numberOf(value, unit);
  const samples = value.counts.reduce((sum, n) => sum + n, 0);
  if (samples === 0) return 'no samples';
  const at = (q: number): string => withUnit(quantile(closed(value), q), unit);
  return `p50 ${at(0.5)} · p99 ${at(0.99)} · ${plural(samples, 'sample')}`;
}

/** Those that have all the words in their name, unit or line of help. */
export function searchMetrics<T extends MetricText & { help?: string }>(metrics: readonly T[], words: string): T[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return metrics.filter(({ name, unit, help = '' }) => {
    const text = `${name}:${unit} ${help}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}
