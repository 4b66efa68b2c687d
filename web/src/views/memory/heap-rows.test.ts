import { describe, expect, it } from 'vitest';
import type { LiveHeap } from '../../engine/types';
import type { HistoryPoint } from '../../state/history';
import { heapRows } from './heap-rows';
import type { KnownCollection } from './known';

const MIB = 2 ** 20;

/** The n-th tooth of a saw: from 60 MiB down to 1, a collection each 3 ms. */
function tooth(n: number, over: Partial<KnownCollection> = {}): KnownCollection {
  const startNs = (n + 1) * 3e6;
  return {
    cycle: n + 1, why: 'heap', procs: 2, startNs, markNs: startNs + 1e4, markedNs: startNs + 9e4, endNs: startNs + 1e5, heapStart: 60 * MIB, heapEnd: 61 * MIB, goal: 62 * MIB,
    marked: MIB, assistNs: 0, workerNs: 0, idleNs: 0, pagesFreed: 0, ...over,
  };
}

const saw = (teeth: number): KnownCollection[] => Array.from({ length: teeth }, (_, n) => tooth(n));

function sample(ms: number, over: Partial<LiveHeap> = {}): HistoryPoint {
  return { elapsedNs: ms * 1e6, heap: { live: 30 * MIB, goal: 62 * MIB, trigger: 58 * MIB, inUse: 64 * MIB, limit: Infinity, ...over } } as unknown as HistoryPoint;
}

describe('the heap over time', () => {
  it('has each tooth of a saw of which there are few samples', () => {
    const rows = heapRows([100, 200, 300, 400].map((ms) => sample(ms)), saw(155));
    expect(rows.filter(({ live }) => live === 61 * MIB)).toHaveLength(155);
    expect(rows.filter(({ live }) => live === MIB)).toHaveLength(155);
    expect(rows.filter(({ live }) => live === 30 * MIB)).toHaveLength(4);
    rows.slice(1).forEach(({ t }, i) => expect(t).toBeGreaterThanOrEqual(rows[i]!.t));
  });

  it('holds what lived at the beginning of a collection until its end, where no more is told', () => {
    const one = tooth(0);
    delete one.heapEnd;
    expect(heapRows([], [one]).map(({ live }) => live / MIB)).toEqual([0, 60, 60, 1]);
    expect(heapRows([], [tooth(0, { markedNs: Infinity, endNs: Infinity, marked: NaN })])).toHaveLength(2);
    expect(heapRows([], [])).toEqual([]);
  });

  it('has the next goal from the end of a collection on, whether a sample tells it or the next collection', () => {
    const goals = (points: HistoryPoint[]): number[] => heapRows(points, [tooth(0), tooth(1, { goal: 40 * MIB })]).map(({ goal }) => goal / MIB);
    expect(goals([])).toEqual([62, 62, 62, 40, 40, 40, 40]);
    expect(goals([sample(4, { goal: 50 * MIB })])).toEqual([62, 62, 62, 50, 50, 40, 40, 40]);
  });

  it('has spans in use on the line between two samples, the trigger as it was last', () => {
    const rows = heapRows([sample(2), sample(4, { inUse: 74 * MIB, trigger: 48 * MIB })], [tooth(0), tooth(1)]);
    expect(rows.map(({ inUse }) => Math.round(inUse / MIB))).toEqual([NaN, 64, 69, 69, 70, 74, 74, 74, 74]);
    expect(rows.map(({ trigger }) => trigger / MIB)).toEqual([NaN, 58, 58, 58, 58, 48, 48, 48, 48]);
  });

  it('leaves a gap where there is none', () => {
    const rows = heapRows([sample(1), sample(2, { goal: Infinity, limit: 64 * MIB }), sample(4)], [tooth(0)]);
    expect(rows.map(({ goal }) => goal / MIB)).toEqual([62, 62, NaN, 62, 62, 62, 62]);
    expect(rows.map(({ limit }) => limit / MIB)).toEqual([NaN, NaN, 64, 64, 64, 64, NaN]);
  });

  it('stays short, and keeps its highest and lowest', () => {
    const samples = Array.from({ length: 600 }, (_, i) => sample(i * 20));
    const rows = heapRows(samples, saw(4096).map((one, n) => (n === 1234 ? { ...one, heapEnd: 90 * MIB } : one)));
    expect(rows.length).toBeLessThan(610);
    expect(Math.max(...rows.map(({ live }) => live))).toBe(90 * MIB);
    expect(rows.filter(({ live }) => live === MIB).length).toBeGreaterThan(290);
    expect(rows.at(-1)!.t).toBe(tooth(4095).endNs / 1e9);
  });
});
