/** Counts of steals and preemptions over the run, in buckets whose width doubles as the run grows. */

const BUCKETS = 256;
const FIRST_WIDTH_NS = 10_000;
const KINDS = 2;

export interface RateSeries {
  /** Bucket i covers i × width to (i + 1) × width. */
  widthNs: number;
  stealsPerSecond: Float64Array;
  preemptionsPerSecond: Float64Array;
}

export class RateBuckets {
  private widthNs = FIRST_WIDTH_NS;
  private readonly counts = Array.from({ length: KINDS }, () => new Float64Array(BUCKETS));

  /** `kind`: 0 a steal, 1 a preemption. */
  add(timeNs: number, kind: number): void {
    this.reach(timeNs);
    this.counts[kind]![Math.floor(timeNs / this.widthNs)]! += 1;
  }

  series(endNs: number): RateSeries {
    this.reach(endNs);
    const length = Math.min(BUCKETS, Math.ceil(endNs / this.widthNs));
    const [steals, preemptions] = this.counts.map((counts) => {
      const out = new Float64Array(length);
      for (let i = 0; i < length; i++) {
        const width = Math.min(this.widthNs, endNs - i * this.widthNs);
        out[i] = width > 0 ? (counts[i]! * 1e9) / width : 0;
      }
      return out;
    });
    return { widthNs: this.widthNs, stealsPerSecond: steals!, preemptionsPerSecond: preemptions! };
  }

  clear(): void {
    this.widthNs = FIRST_WIDTH_NS;
    for (const counts of this.counts) counts.fill(0);
  }

  private reach(timeNs: number): void {
    while (timeNs >= this.widthNs * BUCKETS) {
      for (const counts of this.counts) {
        for (let i = 0; i < BUCKETS / 2; i++) counts[i] = counts[2 * i]! + counts[2 * i + 1]!;
        counts.fill(0, BUCKETS / 2);
      }
      this.widthNs *= 2;
    }
  }
}
