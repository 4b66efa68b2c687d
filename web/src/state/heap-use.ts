/** Whether a run has a heap to show. The engine says so with its first sample; before that its parameters do. */
import type { LiveSnapshot, Parameters, RunResult } from '../engine/types';

/** `hasher` is the one parameter by which an experiment takes a heap or leaves it: `mine` needs one for strings only. */
export function usesHeap(result: RunResult | null, sample: LiveSnapshot | null, parameters: Parameters): boolean {
  if (result) return !!result.memory;
  if (sample) return sample.heap !== null;
  return parameters.hasher === undefined || parameters.hasher === 'strings';
}
