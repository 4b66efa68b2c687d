/** Which of an experiment's charts a run has something for. Apart from the charts themselves, which are loaded later. */

/** Charts of the heap, which a run of the same experiment may have or not. */
const OF_THE_HEAP = new Set(['heap', 'pauses_gc', 'alloc_rate', 'gc_cpu', 'size_classes']);

export function chartsOf(ids: readonly string[], hasHeap: boolean): readonly string[] {
  return hasHeap ? ids : ids.filter((id) => !OF_THE_HEAP.has(id));
}
