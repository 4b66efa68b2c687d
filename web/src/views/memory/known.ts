/** Which of a run's collections are known one by one: of thousands the engine keeps the last, and events may have been lost. Pure. */
import type { RunResult } from '../../engine/types';
import type { EventStore } from '../../state/events';
import { type Collection, collectionsOf } from '../../state/gc-log';
import { count } from '../format';

/** `heapEnd`, live when marking ended, is told at the end of a run only. */
export type KnownCollection = Collection & { heapEnd?: number };

export interface Known {
  /** In the order of time. */
  collections: readonly KnownCollection[];
  /** All that there were, those of which only the number is known included. */
  total: number;
}

/** Those that the result tells, before them those that only the events do. */
export function knownCollections({ events, result }: { events: EventStore; result: RunResult | null }): Known {
  const { gc } = events;
  const last = gc.collections[gc.collections.length - 1];
  const total = result?.memory?.memory_stats.num_gc ?? Math.max(gc.begun, last?.cycle ?? 0);
  const cycles = result?.memory?.cycles;
  const first = cycles?.[0];
  if (!cycles || !first) return { collections: gc.collections, total };
  const told = collectionsOf(gc, result).map((collection, i) => ({ ...collection, heapEnd: cycles[i]!.heap_end }));
  return { collections: [...gc.collections.filter(({ cycle }) => cycle < first.cycle), ...told], total };
}

/** What is missing in a picture of them, with a space before it; "": nothing. */
export function missingSentence({ collections, total }: Known): string {
  return collections.length < total ? ` Only ${count(collections.length)} of the ${count(total)} collections are drawn: of the others no more is known than their number.` : '';
}
