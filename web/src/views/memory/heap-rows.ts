/**
 * The heap over time from both that tell of it: samples, about ten a second, and collections, whose beginning and end are known exactly.
 * Samples alone would draw a saw of a hundred teeth as whatever few of its points they met. Pure.
 */
import type { LiveHeap } from '../../engine/types';
import type { HistoryPoint } from '../../state/history';
import type { KnownCollection } from './known';

/** At most so many pieces of time, with the least and the most of each: more rows than a chart has pixels say nothing more. */
const PIECES = 300;

/** What is known at one moment. NaN: the run had no such thing then, or nobody has told it. */
export interface HeapRow {
  /** Seconds since the run began. */
  t: number;
  live: number;
  goal: number;
  trigger: number;
  inUse: number;
  limit: number;
}

/** Undefined: not told at this moment, unlike Infinity, which is none. */
type Told = Partial<Record<HeapSize, number | undefined>> & { t: number };

export type HeapSize = Exclude<keyof HeapRow, 't'>;

const SIZES: readonly HeapSize[] = ['live', 'goal', 'trigger', 'inUse', 'limit'];

function ofSample(elapsedNs: number, { live, goal, trigger, inUse, limit }: LiveHeap): Told {
  return { t: elapsedNs / 1e9, live, goal, trigger, inUse, limit };
}

/** Live is what it was at the beginning, grows until marking ends, and falls to what was marked. The goal after it is told by whatever comes next. */
function ofCollection({ startNs, markedNs, endNs, heapStart, heapEnd, marked, goal }: KnownCollection): Told[] {
  const goalNow = Number.isNaN(goal) ? undefined : goal;
  const rows: Told[] = [{ t: startNs / 1e9, live: heapStart, goal: goalNow }];
  if (endNs === Infinity || Number.isNaN(marked)) return rows;
  rows.push({ t: Math.min(markedNs, endNs) / 1e9, live: heapEnd, goal: goalNow }, { t: endNs / 1e9, live: marked });
  return rows;
}

/** Between two that are told, on the line from one to the other: held from one sample to the next, spans in use would lie below what lives in them. */
function slope(values: (number | undefined)[], rows: readonly { t: number }[]): void {
  let last = -1;
  values.forEach((value, i) => {
    if (value === undefined) return;
    for (let j = last + 1; last >= 0 && j < i; j++) values[j] = values[last]! + ((value - values[last]!) * (rows[j]!.t - rows[last]!.t)) / (rows[i]!.t - rows[last]!.t || 1);
    last = i;
  });
}

/** What is not told: of the goal as it was next, of spans in use what lies between, of all else as it was last. What is not told by anyone, or is none, is NaN. */
function filled(told: readonly Told[]): HeapRow[] {
  const rows = told.map(({ t }) => ({ t, live: NaN, goal: NaN, trigger: NaN, inUse: NaN, limit: NaN }));
  for (const size of SIZES) {
    const values = told.map((row) => row[size]);
    const forward = (): void => values.forEach((value, i) => (values[i] = value ?? values[i - 1]));
    const backward = (): void => {
      for (let i = values.length - 2; i >= 0; i--) values[i] ??= values[i + 1];
    };
    if (size === 'goal') backward();
    if (size === 'inUse') slope(values, rows);
    forward();
    if (size === 'limit') backward();
    values.forEach((value, i) => (rows[i]![size] = Number.isFinite(value) ? value! : NaN));
  }
  return rows;
}

interface Extent<T> {
  at: (one: T) => number;
  least: (one: T) => number;
  most: (one: T) => number;
}

/** The one with the least and the one with the most of each piece of time, and the ends. */
function thinned<T>(all: readonly T[], { at, least, most }: Extent<T>): readonly T[] {
  if (all.length <= 2 * PIECES) return all;
  const from = at(all[0]!);
  const width = (at(all[all.length - 1]!) - from) / PIECES;
  const kept: T[] = [all[0]!];
  let i = 1;
  for (let piece = 1; piece <= PIECES; piece++) {
    let [low, high] = [-1, -1];
    for (; i < all.length - 1 && (piece === PIECES || at(all[i]!) < from + piece * width); i++) {
      if (low < 0 || least(all[i]!) < least(all[low]!)) low = i;
      if (high < 0 || most(all[i]!) > most(all[high]!)) high = i;
    }
    if (low < 0) continue;
    kept.push(all[Math.min(low, high)]!);
    if (low !== high) kept.push(all[Math.max(low, high)]!);
  }
  kept.push(all[all.length - 1]!);
  return kept;
}

const ROWS: Extent<HeapRow> = { at: ({ t }) => t, least: ({ live }) => live, most: ({ live }) => live };
/** Of thousands not each is made into rows, twice a second, to be dropped again. */
const COLLECTIONS: Extent<KnownCollection> = {
  at: ({ startNs }) => startNs, least: ({ marked, heapStart }) => (Number.isNaN(marked) ? heapStart : marked), most: ({ heapStart, heapEnd }) => heapEnd ?? heapStart,
};

/** In the order of time. */
export function heapRows(points: readonly HistoryPoint[], collections: readonly KnownCollection[]): readonly HeapRow[] {
  const told = points.flatMap(({ elapsedNs, heap }) => (heap ? [ofSample(elapsedNs, heap)] : []));
  for (const collection of thinned(collections, COLLECTIONS)) told.push(...ofCollection(collection));
  told.sort((one, other) => one.t - other.t);
  // A run begins with nothing on its heap.
  if (told[0] && told[0].t > 0) told.unshift({ t: 0, live: 0 });
  return thinned(filled(told), ROWS);
}
