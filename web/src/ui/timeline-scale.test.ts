import { describe, expect, it } from 'vitest';
import { pan, reveal, ticks, zoom } from './timeline-scale';

describe('the window', () => {
  it('zooms about the time under the cursor', () => {
    const view = zoom({ t0: 0, t1: 1000 }, 250, 0.5, 1000);
    expect(view).toEqual({ t0: 125, t1: 625 });
  });

  it('never leaves the run, nor goes closer than the clock', () => {
    expect(zoom({ t0: 0, t1: 1000 }, 900, 4, 1000)).toEqual({ t0: 0, t1: 1000 });
    const close = zoom({ t0: 0, t1: 1000 }, 500, 1e-9, 1000);
    expect(close.t1 - close.t0).toBeCloseTo(50);
    expect(pan({ t0: 800, t1: 900 }, 500, 1000)).toEqual({ t0: 900, t1: 1000 });
    expect(pan({ t0: 800, t1: 900 }, -5000, 1000)).toEqual({ t0: 0, t1: 100 });
  });

  it('shows a time asked for', () => {
    expect(reveal({ t0: 0, t1: 100 }, 50, 1000)).toEqual({ t0: 0, t1: 100 });
    expect(reveal({ t0: 0, t1: 100 }, 500, 1000)).toEqual({ t0: 450, t1: 550 });
  });
});

describe('ticks', () => {
  it('are round, and labelled with one unit', () => {
    const { times, label } = ticks({ t0: 0, t1: 3.2e9 }, 8);
    expect(times.map(label)).toEqual(['0', '0.5\u202fs', '1.0\u202fs', '1.5\u202fs', '2.0\u202fs', '2.5\u202fs', '3.0\u202fs']);
  });

  it('tell times apart however close one looks', () => {
    for (let span = 100; span < 1e11; span *= 7) {
      const { times, label } = ticks({ t0: 1.23e9, t1: 1.23e9 + span }, 10);
      expect(times.length).toBeGreaterThan(2);
      expect(times.length).toBeLessThanOrEqual(11);
      expect(new Set(times.map(label)).size).toBe(times.length);
    }
  });
});
