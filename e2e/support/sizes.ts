/** Parameters that make a run short: those an experiment does not have are left to their defaults, for the page would complain. */
import type { Values } from './samovar';

const SHORT: Readonly<Record<string, Values>> = {
  mine: { blocks: 2, difficulty: 10 },
  'add-block': { difficulty: 10 },
  million: { goroutines: 20_000 },
  trees: { depth: 10, collections: 1 },
  graph: { nodes: 10_000, collections: 2 },
  list: { nodes: 10_000, collections: 2 },
  cache: { operations: 20_000, capacity: 2000 },
  server: { requests: 2000, core: 1000 },
  'memory-limit': { allocate: 150 },
  fragmentation: { fill: 4 },
  'gc-benchmark': { allocations: 3000 },
};

export function short(experiment: string): Values {
  return SHORT[experiment] ?? {};
}

/** A run that must be the same wherever it is made. */
export function seeded(experiment: string): Values {
  return { ...short(experiment), procs: 3, seed: 7, time: 'virtual' };
}
