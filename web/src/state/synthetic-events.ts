/**
 * Makes an event log by playing a small scheduler: for tests only, so that the index can be held against a plain record of what
 * was played. Same seed, same log.
 */
import { EventKind } from '../engine/types';
import { EVENT_BYTES, EventStore } from './events';
import { STOP } from './reasons';

export interface SyntheticOptions {
  procs: number;
  events: number;
  seed: number;
  /** Mean length of a slice, ns. */
  sliceNs: number;
}

export interface PlayedSlice {
  p: number;
  g: number;
  startNs: number;
  endNs: number;
  reason: number;
}

export interface SyntheticLog {
  bytes: Uint8Array;
  events: number;
  slices: PlayedSlice[];
  latenciesNs: number[];
  endNs: number;
}

interface Record {
  timeNs: number;
  kind: number;
  reason?: number;
  p?: number;
  g?: number;
  a?: number;
  b?: number;
}

/** Writes records of 32 bytes; `seq` counts up within a P. */
export class EventWriter {
  count = 0;
  private bytes = new Uint8Array(EVENT_BYTES * 1024);
  private readonly seq = new Map<number, number>();

  write(record: Record): void {
    if ((this.count + 1) * EVENT_BYTES > this.bytes.length) {
      const next = new Uint8Array(this.bytes.length * 2);
      next.set(this.bytes);
      this.bytes = next;
    }
    const p = record.p ?? 0xffff;
    const seq = (this.seq.get(p) ?? 0) + 1;
    this.seq.set(p, seq);
    const view = new DataView(this.bytes.buffer, this.count * EVENT_BYTES, EVENT_BYTES);
    view.setBigUint64(0, BigInt(Math.round(record.timeNs)), true);
    view.setUint32(8, seq, true);
    view.setUint8(12, record.kind);
    view.setUint8(13, record.reason ?? 0);
    view.setUint16(14, p, true);
    view.setUint32(16, record.g ?? 0, true);
    view.setUint32(20, record.a ?? 0, true);
    view.setBigUint64(24, BigInt(Math.round(record.b ?? 0)), true);
    this.count++;
  }

  take(): Uint8Array {
    return this.bytes.slice(0, this.count * EVENT_BYTES);
  }
}

/** A store that has taken in all that `write` writes. */
export function storeOf(write: (writer: EventWriter) => void): EventStore {
  const writer = new EventWriter();
  write(writer);
  const store = new EventStore();
  store.append(writer.take(), 0);
  while (!store.pump(1000));
  return store;
}

/** A generator of numbers in [0, 1): mulberry32. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const REASONS = [STOP.gosched, STOP.preempted, STOP.wait + 1, STOP.exit];

/** Ps take goroutines from one queue; each runs for a while and yields, is preempted, waits a while, or exits and is replaced. */
export function synthesize({ procs, events, seed, sliceNs }: SyntheticOptions): SyntheticLog {
  const writer = new EventWriter();
  const next = random(seed);
  const queue: { g: number; sinceNs: number }[] = [];
  const slices: PlayedSlice[] = [];
  const latenciesNs: number[] = [];
  const now = new Float64Array(procs);
  const running: (PlayedSlice | null)[] = Array.from({ length: procs }, () => null);
  let goroutines = 0;
  const create = (p: number): void => {
    goroutines++;
    queue.push({ g: goroutines, sinceNs: now[p]! });
    writer.write({ timeNs: now[p]!, kind: EventKind.GoCreate, p, g: goroutines, a: 0, b: goroutines % 3 });
  };
  for (let i = 0; i < procs * 3; i++) create(0);

  while (writer.count < events) {
    const p = now.indexOf(Math.min(...now));
    const was = running[p];
    let reason: number = STOP.none;
    if (was) {
      reason = REASONS[Math.floor(next() * REASONS.length)]!;
      was.endNs = now[p]!;
      was.reason = reason;
      slices.push(was);
      running[p] = null;
      if (reason === STOP.preempted) writer.write({ timeNs: now[p]!, kind: EventKind.Preempt, p, g: was.g, b: was.endNs - was.startNs });
      if (reason >= STOP.wait) writer.write({ timeNs: now[p]!, kind: EventKind.GoReady, p, g: was.g, b: 0 });
      if (reason === STOP.exit) create(p);
      else queue.push({ g: was.g, sinceNs: now[p]! });
    }
    const ready = queue.findIndex((entry) => entry.sinceNs <= now[p]!);
    if (ready < 0 || next() < 0.05) {
      writer.write({ timeNs: now[p]!, kind: EventKind.ProcIdle, p, reason, a: p });
      now[p]! += Math.round(next() * sliceNs);
      continue;
    }
    const [entry] = queue.splice(ready, 1);
    if (procs > 1 && next() < 0.05) {
      writer.write({ timeNs: now[p]!, kind: EventKind.Steal, p, a: (p + 1) % procs, b: 2, g: entry!.g });
    }
    writer.write({ timeNs: now[p]!, kind: EventKind.GoRun, p, g: entry!.g, reason, a: p, b: next() < 0.2 ? 1 : 0 });
    latenciesNs.push(now[p]! - entry!.sinceNs);
    running[p] = { p, g: entry!.g, startNs: now[p]!, endNs: Infinity, reason: 0 };
    now[p]! += Math.max(1, Math.round(next() * 2 * sliceNs));
  }
  return { bytes: writer.take(), events: writer.count, slices, latenciesNs, endNs: Math.max(...now) };
}
