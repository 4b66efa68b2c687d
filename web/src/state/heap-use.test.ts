import { describe, expect, it } from 'vitest';
import type { LiveHeap, LiveSnapshot, MemoryResult, RunResult } from '../engine/types';
import { usesHeap } from './heap-use';

const sample = (heap: LiveHeap | null): LiveSnapshot => ({ heap }) as LiveSnapshot;
const HEAP = { phase: 1 } as LiveHeap;

describe('whether a run has a heap', () => {
  it('is told by its parameters while nothing was sampled', () => {
    expect(usesHeap(null, null, { depth: 12 })).toBe(true);
    expect(usesHeap(null, null, { hasher: 'midstate' })).toBe(false);
    expect(usesHeap(null, null, { hasher: 'strings' })).toBe(true);
  });

  it('is told by its samples while it goes on', () => {
    expect(usesHeap(null, sample(null), { hasher: 'strings' })).toBe(false);
    expect(usesHeap(null, sample(HEAP), { hasher: 'midstate' })).toBe(true);
  });

  it('is told by its result in the end', () => {
    expect(usesHeap({} as RunResult, sample(HEAP), {})).toBe(false);
    expect(usesHeap({ memory: {} as MemoryResult } as RunResult, null, { hasher: 'midstate' })).toBe(true);
  });
});
