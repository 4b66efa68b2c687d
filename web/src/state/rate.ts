/** Work per second of the run's clock over a sliding window, from samples of counters. */
const WINDOW_NS = 1e9;

interface Sample {
  elapsedNs: number;
  work: number;
}

export class RateMeter {
  private samples: Sample[] = [];

  clear(): void {
    this.samples = [];
  }

  /** Null: nothing to tell yet. */
  push(elapsedNs: number, work: number): number | null {
    const samples = this.samples;
    samples.push({ elapsedNs, work });
    while (samples.length > 2 && samples[1]!.elapsedNs <= elapsedNs - WINDOW_NS) samples.shift();
    const first = samples[0]!;
    const time = elapsedNs - first.elapsedNs;
    return time > 0 ? ((work - first.work) / time) * 1e9 : null;
  }
}
