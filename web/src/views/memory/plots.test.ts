import { describe, expect, it } from 'vitest';
import type { LiveHeap, LiveSnapshot, RunResult } from '../../engine/types';
import { EventStore } from '../../state/events';
import { History } from '../../state/history';
import { EventWriter } from '../../state/synthetic-events';
import { writeCollection } from '../../state/synthetic-gc';
import type { Recorded } from '../lab/plots';
import { allocRatePlot, gcCpuPlot, heapPlot, pausesPlot } from './plots';
import { sharesOfCollections, sharesOfSamples } from './shares';

const MIB = 2 ** 20;
const plain = (text: string): string => text.replaceAll('\u202f', ' ');

function recorded(over: Partial<Recorded> = {}): Recorded {
  return { history: new History(), events: new EventStore(), result: null, live: false, workUnit: 'trees', verb: 'Grow', ...over };
}

function sampled(samples: number, over: Partial<LiveHeap> = {}): History {
  const history = new History();
  for (let i = 0; i <= samples; i++) {
    const heap = {
      live: (i % 5) * MIB, goal: 6 * MIB, trigger: 5 * MIB, inUse: 7 * MIB, limit: Infinity, allocatedBytes: i * MIB, allocatedObjects: i * 100, freedBytes: i * MIB * 0.5,
      assistNs: 0, markNs: Math.floor(i / 5) * 1e8, idleNs: 0, pausedNs: Math.floor(i / 5) * 1e6, ...over,
    } as LiveHeap;
    history.push({ run: 1, elapsedNs: i * 1e8, ps: [{}, {}], heap } as unknown as LiveSnapshot);
  }
  return history;
}

function collected(): EventStore {
  const writer = new EventWriter();
  for (let i = 1; i <= 5; i++) writeCollection(writer, i, i * 100_000);
  const events = new EventStore();
  events.append(writer.take(), 0);
  while (!events.pump(1000));
  return events;
}

describe('plots of nothing', () => {
  it('say what to press, and of a run without a heap that it has none', () => {
    const history = new History();
    history.push({ run: 1, elapsedNs: 1, ps: [], heap: null } as unknown as LiveSnapshot);
    for (const plot of [heapPlot, pausesPlot, allocRatePlot, gcCpuPlot]) {
      const { series, empty } = plot(recorded());
      expect(series.every((one) => one.points.length === 0)).toBe(true);
      expect(empty).toMatch(/^Press Grow to see /);
      expect(plot(recorded({ live: true, history })).empty).toBe('This run does not use the collected heap.');
      expect(plot(recorded({ result: { metrics: {}, cost: { wall_ns: 1 } } as unknown as RunResult })).empty).toBe('This run does not use the collected heap.');
    }
  });
});

describe('the heap', () => {
  it('is drawn in MiB with goal, trigger and spans in use, collections as bands', () => {
    const { series, bands, summary } = heapPlot(recorded({ history: sampled(20), events: collected(), live: true }));
    expect(series.map((one) => one.label)).toEqual(['live', 'goal', 'trigger', 'spans in use']);
    expect(Math.max(...series[0]!.points.map(({ y }) => y))).toBe(4);
    expect(bands?.spans.filter(({ mark }) => mark === 'gc')).toHaveLength(5);
    expect(bands?.spans.filter(({ mark }) => mark === 'assist')).toHaveLength(5);
    expect(bands?.spans.filter(({ mark }) => mark === 'stw')).toHaveLength(10);
    expect(plain(summary)).toBe('At most 4.00 MiB live; 5 collections, world stopped for 700 ns in all.');
  });

  it('shows a limit that is near, and tells one that is far', () => {
    expect(heapPlot(recorded({ history: sampled(20, { limit: 8 * MIB }) })).series.map((one) => one.label)).toContain('memory limit');
    const far = heapPlot(recorded({ history: sampled(20, { limit: 1024 * MIB }) }));
    expect(far.series.map((one) => one.label)).not.toContain('memory limit');
    expect(plain(far.summary)).toContain('The limit, 1.00 GiB, lies above the chart.');
  });

  it('is drawn as far down and up as its collections went, not as the samples met it', () => {
    const few = heapPlot(recorded({ history: sampled(4, { live: 3 * MIB }), events: collected() })).series[0]!.points;
    expect(few.filter(({ y }) => y === 4e6 / MIB)).toHaveLength(10);
    expect(few.filter(({ y }) => y === 2e6 / MIB)).toHaveLength(5);
  });

  it('shows a limit while it is near, and tells that it was far for a time', () => {
    const history = sampled(20, { limit: 8 * MIB });
    for (const point of history.points.slice(5, 10)) point.heap!.limit = 2048 * MIB;
    const { series, summary } = heapPlot(recorded({ history }));
    const limits = series.find(({ label }) => label === 'memory limit')!.points.map(({ y }) => y);
    expect(limits.slice(4, 11)).toEqual([8, NaN, NaN, NaN, NaN, NaN, 8]);
    expect(plain(summary)).toContain('For a time the limit, 2.00 GiB, lay above the chart.');
  });

  it('has no band to the end for a collection whose end was lost', () => {
    const events = collected();
    Object.assign(events.gc.collections[1]!, { markedNs: Infinity, endNs: Infinity });
    Object.assign(events.gc.collections[4]!, { markedNs: Infinity, endNs: Infinity });
    const of = (mark: string): number[] => heapPlot(recorded({ events, live: true })).bands!.spans.filter((span) => span.mark === mark).map(({ to }) => Math.round(to * 1e9));
    expect(of('gc')).toEqual([101_100, 200_040, 301_100, 401_100, Infinity]);
    expect(Math.max(...of('assist').slice(0, 4))).toBeLessThan(401_100);
  });

  it('says of how many collections no more is known than their number', () => {
    const cycle = (n: number): object => ({ cycle: n, why: 'heap', start_ns: n * 100_000, mark_ns: n * 100_000, marked_ns: n * 100_000 + 10, end_ns: n * 100_000 + 20, heap_start: MIB, heap_end: 9 * MIB, heap_marked: MIB, goal: MIB });
    const told = (first: number): RunResult => ({ metrics: {}, memory: { memory_stats: { num_gc: 10 }, gc_stats: { pause_total_ns: 5 }, cycles: [first, 9, 10].map(cycle) }, cost: { wall_ns: 1 } }) as unknown as RunResult;
    // The events tell the first five.
    const { bands, summary } = heapPlot(recorded({ events: collected(), result: told(8) }));
    expect(bands?.spans.filter(({ mark }) => mark === 'gc')).toHaveLength(8);
    expect(plain(summary)).toBe('At most 9.00 MiB live; 10 collections, world stopped for 5.00 ns in all. Only 8 of the 10 collections are drawn: of the others no more is known than their number.');
    expect(heapPlot(recorded({ events: collected(), live: true })).summary).not.toContain('Only');
  });

  it('of a run too short to sample comes from its collections', () => {
    const { series } = heapPlot(recorded({ events: collected() }));
    expect(series.map((one) => [one.label, one.points.length])).toEqual([['live', 16], ['goal', 16]]);
  });
});

it('pauses come from the events while a run goes on, and from its metric at the end', () => {
  expect(plain(pausesPlot(recorded({ events: collected(), live: true })).summary)).toContain('Half of 10 pauses took');
  const metrics = { '/sched/pauses/total/gc:seconds': { buckets: [0, 1e-6, 2e-6], counts: [0, 3, 0, 0] } };
  expect(plain(pausesPlot(recorded({ result: { metrics } as unknown as RunResult })).summary)).toContain('Half of 3 pauses took 1.00 µs or less');
});

it('the rates are MiB a second', () => {
  const { series, summary } = allocRatePlot(recorded({ history: sampled(20) }));
  expect(series.map((one) => Math.round(one.points.at(-1)!.y * 10) / 10)).toEqual([10, 5]);
  expect(plain(summary)).toBe('10.0 MiB/s over the whole run, in 1 000 objects/s; 10.0 MiB/s at most.'.replace('1 000', '1000'));
});

it('the rate up to the first sample is one, too', () => {
  const history = new History();
  for (const [ms, MiB] of [[50, 10], [100, 10], [150, 10]] as const) {
    history.push({ run: 1, elapsedNs: ms * 1e6, ps: [], heap: { allocatedBytes: MiB * MIB, freedBytes: 0, allocatedObjects: 10 } } as unknown as LiveSnapshot);
  }
  const { series, summary } = allocRatePlot(recorded({ history }));
  expect(series[0]!.points).toEqual([{ x: 0.05, y: 200 }, { x: 0.1, y: 0 }, { x: 0.15, y: 0 }]);
  expect(plain(summary)).toContain('200 MiB/s at most.');
});

describe('the collector’s share', () => {
  it('while a run goes on is the mean from one finished collection to the next', () => {
    const shares = sharesOfSamples(sampled(20));
    expect(shares.t).toEqual([0.5, 1, 1.5, 2]);
    for (const share of shares.workers) expect(share).toBeCloseTo(0.1);
    for (const share of shares.paused) expect(share).toBeCloseTo(0.002);
  });

  it('is drawn over the time that it is the share of', () => {
    const [workers] = gcCpuPlot(recorded({ history: sampled(20), live: true })).series;
    expect(workers!.points.map(({ x }) => x)).toEqual([0, 0.5, 1, 1.5, 2]);
    const one = { cycle: 1, why: 'heap', procs: 1, start_ns: 0, mark_ns: 0, marked_ns: 5e8, end_ns: 5e8, heap_start: 0, heap_end: 0, heap_marked: 0, goal: 0, assist_ns: 0, dedicated_ns: 5e8, fractional_ns: 0, idle_ns: 0 };
    const result = { metrics: {}, memory: { memory_stats: {}, gc_stats: {}, cycles: [one] }, cost: { wall_ns: 1e9 } } as unknown as RunResult;
    const { points } = gcCpuPlot(recorded({ result })).series[0]!;
    expect(points.find(({ y }) => y > 99)!.x).toBe(0);
    expect(points.findLast(({ y }) => y > 99)!.x).toBeLessThan(0.5);
    expect(points.at(-1)!.x).toBe(1);
  });

  it('has an axis that never goes beyond the whole', () => {
    const highest = (markNs: number): number | undefined => {
      const history = sampled(20);
      for (const [i, point] of history.points.entries()) point.heap!.markNs = Math.floor(i / 5) * markNs;
      return gcCpuPlot(recorded({ history, live: true })).y.max;
    };
    expect(highest(9.5e8)).toBe(100);
    expect(highest(1e8)).toBeUndefined();
  });

  it('at the end is spread over the time in which the work was done', () => {
    const one = { cycle: 1, why: 'heap' as const, procs: 2, startNs: 0, markNs: 0, markedNs: 6e8, endNs: 6e8, heapStart: 0, goal: 0, marked: 0, assistNs: 0, workerNs: 6e8, idleNs: 0, pagesFreed: 0 };
    const { workers, paused } = sharesOfCollections([one], 12e8);
    expect(workers).toHaveLength(120);
    for (const share of workers.slice(0, 59)) expect(share).toBeCloseTo(0.5);
    for (const share of workers.slice(61)) expect(share).toBe(0);
    expect(Math.max(...paused)).toBe(0);
  });

  it('is told by kind from the metrics of a finished run', () => {
    const cpu = { 'total': 4, 'gc/total': 1, 'gc/mark/dedicated': 0.5, 'gc/mark/assist': 0.25, 'gc/mark/idle': 0.2, 'gc/pause': 0.05 };
    const metrics = Object.fromEntries(Object.entries(cpu).map(([name, value]) => [`/cpu/classes/${name}:cpu-seconds`, value]));
    const { summary } = gcCpuPlot(recorded({ result: { metrics, cost: { wall_ns: 1 } } as unknown as RunResult }));
    expect(plain(summary)).toBe('25.0 % of all Ps’ time: 12.5 % mark workers, 6.25 % assists, 5.00 % otherwise idle time, 1.25 % with the world stopped.');
  });
});
