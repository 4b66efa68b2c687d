/**
 * What ran on each P, made from its `run` and `idle` events alone: one row a slice, in the order of time. The slice a P is
 * in has an `end` of Infinity until the event that ends it arrives. `busyBefore` is the running sum of the slices before a row, so
 * that the use of a P over any stretch of time is two binary searches and a subtraction.
 */
import { Columns } from './columns';

const SLICE = { start: 'f64', end: 'f64', busyBefore: 'f64', g: 'u32', m: 'u16', reason: 'u8', inherited: 'u8' } as const;
const CALL = { start: 'f64', end: 'f64', g: 'u32', m: 'u16' } as const;

export interface Slice {
  p: number;
  g: number;
  startNs: number;
  /** Infinity while it is still running. */
  endNs: number;
  inherited: boolean;
  /** StopReason of core/observe/event.h; 0 while it is still running. */
  stopReason: number;
  m: number;
}

/** Rows `from` to `to - 1` of a table. */
export interface Range {
  from: number;
  to: number;
}

export class Lane {
  readonly slices = new Columns(SLICE);
  /** While a goroutine of this P is in a blocking call and the P has not been taken from it. */
  readonly calls = new Columns(CALL, 16);
  private openSlice = false;
  private openCall = false;

  /** The goroutine running here, 0: none. */
  get current(): number {
    return this.openSlice ? this.slices.at.g[this.slices.to - 1]! : 0;
  }

  get inCall(): boolean {
    return this.openCall;
  }

  begin(timeNs: number, g: number, m: number, inherited: boolean): void {
    const { slices } = this;
    const busy = this.busyAtEnd();
    const row = slices.push();
    slices.at.start[row] = timeNs;
    slices.at.end[row] = Infinity;
    slices.at.busyBefore[row] = busy;
    slices.at.g[row] = g;
    slices.at.m[row] = m;
    slices.at.reason[row] = 0;
    slices.at.inherited[row] = inherited ? 1 : 0;
    this.openSlice = true;
  }

  end(timeNs: number, reason: number): void {
    if (this.openCall) this.endCall(timeNs);
    if (!this.openSlice) return;
    const row = this.slices.to - 1;
    this.slices.at.end[row] = Math.max(timeNs, this.slices.at.start[row]!);
    this.slices.at.reason[row] = reason;
    this.openSlice = false;
  }

  beginCall(timeNs: number, g: number, m: number): void {
    if (this.openCall) this.endCall(timeNs);
    const row = this.calls.push();
    this.calls.at.start[row] = timeNs;
    this.calls.at.end[row] = Infinity;
    this.calls.at.g[row] = g;
    this.calls.at.m[row] = m;
    this.openCall = true;
  }

  endCall(timeNs: number): void {
    if (!this.openCall) return;
    this.calls.at.end[this.calls.to - 1] = timeNs;
    this.openCall = false;
  }

  /** The slices that touch the time from `t0` to `t1`. */
  slicesIn(t0: number, t1: number): Range {
    const from = this.slices.upperBound('end', t0);
    return { from, to: Math.max(from, this.slices.upperBound('start', t1)) };
  }

  callsIn(t0: number, t1: number): Range {
    const from = this.calls.upperBound('end', t0);
    return { from, to: Math.max(from, this.calls.upperBound('start', t1)) };
  }

  slice(p: number, row: number): Slice {
    const { at } = this.slices;
    return {
      p,
      g: at.g[row]!,
      startNs: at.start[row]!,
      endNs: at.end[row]!,
      inherited: at.inherited[row] === 1,
      stopReason: at.reason[row]!,
      m: at.m[row]!,
    };
  }

  /** The first row from `hint` on whose end is after `timeNs`: the step of a sweep over rising times. */
  seek(timeNs: number, hint: number): number {
    const { end } = this.slices.at;
    const { to } = this.slices;
    let low = Math.max(hint, this.slices.from);
    if (low >= to || end[low]! > timeNs) return low;
    let step = 1;
    while (low + step < to && end[low + step]! <= timeNs) {
      low += step;
      step *= 2;
    }
    let high = Math.min(low + step, to);
    low++;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (end[middle]! > timeNs) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Nanoseconds of work done on this P before `timeNs`, given `row` = seek(timeNs). */
  busyUntil(timeNs: number, row: number): number {
    const { at, from, to } = this.slices;
    if (row >= to) return to > from ? this.busyAtEnd() : 0;
    return at.busyBefore[row]! + Math.max(0, timeNs - at.start[row]!);
  }

  /** Forgets the slices that ended by `timeNs`. */
  dropBefore(timeNs: number): void {
    this.slices.dropBefore(this.slices.upperBound('end', timeNs));
    this.calls.dropBefore(this.calls.upperBound('end', timeNs));
  }

  private busyAtEnd(): number {
    const { at, from, to } = this.slices;
    if (to === from) return 0;
    const row = to - 1;
    const end = at.end[row]!;
    return at.busyBefore[row]! + (end === Infinity ? 0 : end - at.start[row]!);
  }
}
