/**
 * How many goroutines were in each state over time, from the changes that events tell. Only differences are stored, so it does
 * not matter in which order the Ps' events arrive. A bucket gives the exact mean over its time, not a sample at its end: beside
 * the change itself it keeps the change times what was left of the bucket. When the run outgrows the buckets, pairs are merged
 * and the width doubles.
 */

export const GState = { Running: 0, Runnable: 1, Waiting: 2, InCall: 3 } as const;
const G_STATES = 4;
const BUCKETS = 1024;
const FIRST_WIDTH_NS = 1000;

export interface PopulationSeries {
  /** Width of a bucket; bucket i covers i × width to (i + 1) × width. */
  widthNs: number;
  /** One array a state, in the order of GState: mean number of goroutines. */
  states: Float64Array[];
}

export class Population {
  private widthNs = FIRST_WIDTH_NS;
  private used = 0;
  private readonly change = Array.from({ length: G_STATES }, () => new Float64Array(BUCKETS));
  private readonly area = Array.from({ length: G_STATES }, () => new Float64Array(BUCKETS));

  add(timeNs: number, state: number, change: number): void {
    while (timeNs >= this.widthNs * BUCKETS) this.widen();
    const bucket = Math.floor(timeNs / this.widthNs);
    this.change[state]![bucket]! += change;
    this.area[state]![bucket]! += change * ((bucket + 1) * this.widthNs - timeNs);
    if (bucket >= this.used) this.used = bucket + 1;
  }

  /** The series up to `endNs`. */
  series(endNs: number): PopulationSeries {
    const length = Math.max(this.used, Math.min(BUCKETS, Math.ceil(endNs / this.widthNs)));
    const states = this.change.map((change, state) => {
      const out = new Float64Array(length);
      let before = 0;
      for (let i = 0; i < length; i++) {
        out[i] = Math.max(0, before + this.area[state]![i]! / this.widthNs);
        before += change[i]!;
      }
      return out;
    });
    return { widthNs: this.widthNs, states };
  }

  clear(): void {
    this.widthNs = FIRST_WIDTH_NS;
    this.used = 0;
    for (const column of [...this.change, ...this.area]) column.fill(0);
  }

  private widen(): void {
    for (let state = 0; state < G_STATES; state++) {
      const change = this.change[state]!;
      const area = this.area[state]!;
      for (let i = 0; i < BUCKETS / 2; i++) {
        area[i] = area[2 * i]! + change[2 * i]! * this.widthNs + area[2 * i + 1]!;
        change[i] = change[2 * i]! + change[2 * i + 1]!;
      }
      change.fill(0, BUCKETS / 2);
      area.fill(0, BUCKETS / 2);
    }
    this.widthNs *= 2;
    this.used = Math.ceil(this.used / 2);
  }
}
