// @vitest-environment happy-dom
import { describe, expect, it, vi } from 'vitest';
import type { RunResult } from '../../engine/types';

vi.mock('../../ui/chart-warm', () => ({ warmCharts: () => Promise.resolve() }));
const { chartsOf } = await import('./Charts');

const IDS = ['hash_rate', 'latency', 'heap', 'pauses_gc'];

describe('the charts of a run', () => {
  it('are all of its experiment’s while nothing is known of it', () => expect(chartsOf(IDS, null)).toEqual(IDS));
  it('leave out the heap when it has none', () => expect(chartsOf(IDS, {} as RunResult)).toEqual(['hash_rate', 'latency']));
  it('have the heap when it has one', () => expect(chartsOf(IDS, { memory: {} } as RunResult)).toEqual(IDS));
});
