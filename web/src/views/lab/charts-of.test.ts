import { describe, expect, it } from 'vitest';
import { chartsOf } from './charts-of';

const IDS = ['hash_rate', 'latency', 'heap', 'pauses_gc'];

describe('the charts of a run', () => {
  it('leave out the heap when it has none', () => expect(chartsOf(IDS, false)).toEqual(['hash_rate', 'latency']));
  it('have the heap when it has one', () => expect(chartsOf(IDS, true)).toEqual(IDS));
});
