import { describe, expect, it } from 'vitest';
import { EventKind, type GcCycle, type RunResult } from '../engine/types';
import { collectionsOf, pausedNsOf } from './gc-log';
import { latencyBucket } from './latency';
import { storeOf } from './synthetic-events';
import { writeCollection } from './synthetic-gc';

describe('collections', () => {
  it('are read from their events, phase by phase', () => {
    const { gc } = storeOf((w) => {
      writeCollection(w, 1, 10_000);
      writeCollection(w, 2, 20_000);
    });
    expect(gc.begun).toBe(2);
    expect(gc.collections[0]).toEqual({
      cycle: 1, why: 'heap', procs: NaN, startNs: 10_000, markNs: 10_040, markedNs: 11_000, endNs: 11_100, heapStart: 4e6, goal: 8e6, marked: 2e6,
      assistNs: 100, workerNs: NaN, idleNs: NaN, pagesFreed: 33,
    });
    expect(gc.collections[1]).toMatchObject({ cycle: 2, why: 'forced', endNs: 21_100 });
  });

  it('that goes on has no end yet', () => {
    const { gc } = storeOf((w) => w.write({ timeNs: 5, kind: EventKind.GcBegin, p: 0, g: 1, a: 1, b: 9 }));
    expect(gc.collections[0]).toMatchObject({ startNs: 5, markNs: Infinity, endNs: Infinity });
    expect(pausedNsOf(gc.collections[0]!)).toBeNaN();
  });

  it('are many, and the latest of them are kept', () => {
    const { gc } = storeOf((w) => {
      for (let i = 1; i <= 5000; i++) w.write({ timeNs: i, kind: EventKind.GcBegin, p: 0, g: 1, a: i, b: 9 });
    });
    expect(gc.begun).toBe(5000);
    expect(gc.collections.length).toBeLessThanOrEqual(4096);
    expect(gc.collections.at(-1)!.cycle).toBe(5000);
  });

  it('of a run that has ended are those of its result, with the pages that the events knew', () => {
    const { gc } = storeOf((w) => writeCollection(w, 1, 10_000));
    const told: Partial<GcCycle> = { cycle: 1, why: 'heap', start_ns: 1, mark_ns: 2, marked_ns: 3, end_ns: 5, dedicated_ns: 30, fractional_ns: 4, idle_ns: 6, assist_ns: 7 };
    const [one] = collectionsOf(gc, { memory: { cycles: [told] } } as unknown as RunResult);
    expect(one).toMatchObject({ startNs: 1, endNs: 5, workerNs: 34, idleNs: 6, assistNs: 7, pagesFreed: 33 });
    expect(pausedNsOf(one!)).toBe(3);
    expect(collectionsOf(gc, null)).toBe(gc.collections);
  });
});

describe('pauses', () => {
  it('of the collector are counted in Go’s buckets, others are not', () => {
    const { gc } = storeOf((w) => {
      writeCollection(w, 1, 10_000);
      w.write({ timeNs: 30_000, kind: EventKind.StwBegin, p: 0, g: 1, reason: 1 });
      w.write({ timeNs: 39_000, kind: EventKind.StwEnd, p: 0, g: 1 });
    });
    expect([gc.pauses, gc.pausedNs, gc.longestPauseNs]).toEqual([2, 140, 100]);
    const { counts } = gc.pauseHistogram();
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(2);
    expect([counts[latencyBucket(40)], counts[latencyBucket(100)]]).toEqual([1, 1]);
  });
});

describe('assists', () => {
  it('are summed up by goroutine, those that gave most first', () => {
    const { gc, assists } = storeOf((w) => {
      writeCollection(w, 1, 10_000);
      writeCollection(w, 2, 20_000);
      w.write({ timeNs: 30_000, kind: EventKind.GcAssist, p: 1, g: 9, a: 1, b: 1000 });
    });
    expect(gc.byGoroutine()).toEqual([
      { g: 9, ns: 1000, kib: 1, times: 1, waits: 0 }, { g: 7, ns: 200, kib: 24, times: 2, waits: 0 }, { g: 8, ns: 0, kib: 0, times: 0, waits: 2 },
    ]);
    expect(gc.assistNs).toBe(1200);
    expect(assists.length).toBe(3);
  });

  it('of more goroutines than are followed are summed up together', () => {
    const { gc } = storeOf((w) => {
      for (let g = 1; g <= 4100; g++) w.write({ timeNs: g, kind: EventKind.GcAssist, p: 0, g, a: 2, b: 10 });
    });
    expect(gc.byGoroutine()).toHaveLength(4096);
    expect(gc.others).toMatchObject({ ns: 40, kib: 8, times: 4 });
  });
});

it('a cleared log knows of no collection', () => {
  const store = storeOf((w) => writeCollection(w, 1, 10_000));
  store.clear();
  expect([store.gc.begun, store.gc.pauses, store.gc.collections.length, store.gc.byGoroutine().length, store.assists.length]).toEqual([0, 0, 0, 0, 0]);
});
