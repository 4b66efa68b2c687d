import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../engine/types';
import { EventStore } from '../../state/events';
import { History } from '../../state/history';
import { synthesize } from '../../state/synthetic-events';
import { type Recorded, closed, goroutinesPlot, hashRatePlot, histogramPoints, latencyPlot, quantile, queuesPlot, ratePoints, returnsPlot, stealsPlot } from './plots';

function recorded(over: Partial<Recorded> = {}): Recorded {
  return { history: new History(), events: new EventStore(), result: null, live: false, workUnit: 'messages', verb: 'Mine', ...over };
}

function played(): EventStore {
  const events = new EventStore();
  events.append(synthesize({ procs: 4, events: 4000, seed: 2, sliceNs: 5000 }).bytes, 0);
  while (!events.pump(1000));
  return events;
}

describe('plots of nothing', () => {
  it('are empty and say what to press', () => {
    for (const plot of [hashRatePlot, goroutinesPlot, queuesPlot, stealsPlot, latencyPlot]) {
      const { series, empty } = plot(recorded());
      expect(series.every((one) => one.points.length === 0)).toBe(true);
      expect(empty).toMatch(/^Press Mine to see /);
      expect(plot(recorded({ live: true })).empty).not.toContain('Press');
    }
  });
});

describe('plots of a run too short to sample', () => {
  it('come from its events', () => {
    const events = played();
    for (const plot of [goroutinesPlot, queuesPlot, stealsPlot, latencyPlot]) {
      expect(plot(recorded({ events })).series[0]!.points.length).toBeGreaterThan(4);
    }
  });

  it('give the rate over the whole run as a flat line, and say so', () => {
    const result = { result: { hashes_per_second: 41_800_000 }, metrics: {}, cost: { wall_ns: 1e6 } } as unknown as RunResult;
    const { series, summary } = hashRatePlot(recorded({ result }));
    expect(series[0]!.points).toEqual([{ x: 0, y: 41_800_000 }, { x: 1e-3, y: 41_800_000 }]);
    expect(summary).toMatch(/^41\.8\u202fMH\/s over the whole run, drawn as its mean/);
  });
});

describe('how many ran before it was back', () => {
  const told = (counts: number[]): Recorded => recorded({ result: { result: { ran_before_return: counts } } as unknown as RunResult });

  it('is a dot a round, and a sentence of the least and the most', () => {
    const { series, summary, x } = returnsPlot(told([60, 17, 34]));
    expect(series[0]!.points).toEqual([{ x: 1, y: 60 }, { x: 2, y: 17 }, { x: 3, y: 34 }]);
    expect(series[0]!.dots).toBe(true);
    expect([0.5, 1, 3].map((round) => x.tick!(round))).toEqual(['', '1', '3']);
    expect(summary).toBe('Between 17 and 60 goroutines in 3 rounds.');
    expect(returnsPlot(told([1])).summary).toBe('1 goroutine in 1 round.');
  });

  it('waits for the end of the run', () => {
    expect(returnsPlot(recorded({ live: true })).empty).toBe('The counts are told when the run has ended.');
    expect(returnsPlot(recorded()).empty).toMatch(/^Press Mine to see /);
  });
});

describe('points', () => {
  it('rise in time and stay few', () => {
    for (const plot of [goroutinesPlot, stealsPlot, latencyPlot]) {
      for (const { points } of plot(recorded({ events: played() })).series) {
        expect(points.length).toBeLessThan(700);
        points.slice(1).forEach((point, i) => expect(point.x).toBeGreaterThanOrEqual(points[i]!.x));
      }
    }
  });
});

describe('a histogram', () => {
  const histogram = { buckets: [-Infinity, 0, 64e-9, 128e-9, 256e-9, Infinity], counts: [0, 0, 98, 1, 1] };

  it('has the quantiles of its buckets', () => {
    expect(quantile(histogram, 0.5)).toBe(128e-9);
    expect(quantile(histogram, 0.99)).toBe(256e-9);
    expect(quantile(histogram, 1)).toBe(256e-9);
    expect(quantile({ buckets: [0, 1], counts: [0] }, 0.5)).toBeNaN();
  });

  it('without its infinite edges, as the engine sends it, is the same', () => {
    const sent = { buckets: histogram.buckets.slice(1, -1), counts: histogram.counts };
    expect(closed(sent)).toEqual(histogram);
    expect(closed(histogram)).toBe(histogram);
  });

  it('is drawn with each count from the lower edge of its bucket to the upper', () => {
    const drawn = histogramPoints({ buckets: [-Infinity, 0, 64e-9, 128e-9, 256e-9, 512e-9, Infinity], counts: [0, 0, 98, 0, 1, 0] });
    expect(drawn).toEqual([{ x: 32e-9, y: 0 }, { x: 64e-9, y: 98 }, { x: 128e-9, y: 0 }, { x: 256e-9, y: 1 }, { x: 512e-9, y: 0 }, { x: 2 ** 48 / 1e9, y: 0 }]);
  });

  it('is drawn between finite edges, also when JSON made null of the infinite ones', () => {
    const read = JSON.parse(JSON.stringify(histogram)) as typeof histogram;
    for (const { x, y } of histogramPoints(read)) {
      expect(Number.isFinite(x) && x > 0).toBe(true);
      expect(y).toBeLessThanOrEqual(98);
    }
  });
});

describe('a rate', () => {
  it('is as high in a piece that has just begun as in one that is full', () => {
    // One event each 10 ms, in buckets of 1 ms; the last began 10 µs ago, with an event in it.
    const perSecond = Array.from<unknown, number>({ length: 201 }, (_, i) => (i % 10 === 0 ? 1000 : 0));
    perSecond[200] = 100_000;
    const points = ratePoints(perSecond, 1e6, 200.01e6);
    expect(points.length).toBeLessThan(70);
    expect(Math.max(...points.map(({ y }) => y))).toBeLessThan(600);
    expect(points.at(-1)!.x).toBeCloseTo(0.20001);
  });

  it('ends with the events, though samples go on', () => {
    const events = played();
    const history = new History();
    history.points.push({ elapsedNs: 1.3 * events.lastTimeNs } as (typeof history.points)[number]);
    expect(stealsPlot(recorded({ events, history, live: true })).series).toEqual(stealsPlot(recorded({ events })).series);
  });

  it('of nothing has no points', () => expect(ratePoints([], 1e6, 5e6)).toEqual([]));
});
