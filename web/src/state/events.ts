/**
 * The event log of the run on the page: the raw records, and what is read off them for drawing.
 *
 * Records are kept as they come, 32 bytes each, in chunks; nothing is decoded into objects but what is drawn. The index (slices of
 * each P, steals, stops of the world, populations, latencies) grows by a few milliseconds of work at a time, so that a burst of a
 * million events never holds up the page. Rings are drained one after another, so all that came since the last turn is merged
 * into the order of time first; what still comes late is only ever wrong by one latency sample, never by a slice.
 */
import { EventKind, type Histogram, type RunEvent } from '../engine/types';
import { Columns } from './columns';
import { addMoment, addStop, MOMENT, type MomentTable, STEAL, type StealTable, STW, type StwTable } from './event-tables';
import { GcLog } from './gc-log';
import { Lane, type Range, type Slice } from './lanes';
import { LatencySampler } from './latency';
import { Merge } from './merge';
import { GState, Population, type PopulationSeries } from './population';
import { STOP, STW_GC, isRunnableStop } from './reasons';
import { RateBuckets, type RateSeries } from './rates';

export const EVENT_BYTES = 32;
const CHUNK_EVENTS = 1 << 16;
const MAX_EVENTS = 1 << 22;
const WORDS = EVENT_BYTES / 4;
const NO_P = 0xffff;
/** The reason of GoCreate: the goroutine waits from the start, as those of the runtime's own do. */
const CREATED_WAITING = 1;
const MAX_PS = 256;
/** How long one turn of indexing may take. */
const TURN_MS = 8;

export class EventStore {
  /** Goes up whenever the index has grown or was cleared: a view redraws when it sees a new one. */
  version = 0;
  /** Goes up when the log is cleared for another run. */
  generation = 0;
  /** Events the engine lost before they reached the page. */
  dropped = 0;
  /** Events forgotten here, the oldest first, because there were more than four million. */
  forgotten = 0;
  /** Time of the latest event indexed. */
  lastTimeNs = 0;
  fatal: RunEvent | null = null;

  lanes: Lane[] = [];
  steals: StealTable = new Columns(STEAL);
  /** `value`: how long it had run, ns. */
  preempts: MomentTable = new Columns(MOMENT);
  handoffs: MomentTable = new Columns(MOMENT);
  /** User marks: `kind` and `value` as the experiment says. */
  marks: MomentTable = new Columns(MOMENT);
  stops: StwTable = new Columns(STW, 16);
  /** `time`: when the help with marking ended; `value`: how long it took, ns; `kind`: KiB scanned. */
  assists: MomentTable = new Columns(MOMENT);
  /** Collections, pauses, and who helped. */
  readonly gc = new GcLog();
  readonly latency = new LatencySampler();

  private chunks: Uint32Array[] = [];
  private firstChunk = 0;
  private appended = 0;
  private readonly merge = new Merge();
  /** The P whose lane shows the blocking call of a goroutine. */
  private readonly callOn = new Map<number, number>();
  private readonly population = new Population();
  private readonly rates = new RateBuckets();
  private nameOf = new Uint32Array(1024);
  private turn: ReturnType<typeof setTimeout> | undefined;

  /** Events held. */
  get count(): number {
    return this.appended - this.firstChunk * CHUNK_EVENTS;
  }

  /** Events seen, the forgotten included. */
  get total(): number {
    return this.appended;
  }

  /** Whether every event appended has been indexed. */
  get settled(): boolean {
    return this.merge.pending === 0;
  }

  /** Takes records over (the bytes are copied). `dropped` is the engine's count so far. */
  append(bytes: Uint8Array, dropped: number): void {
    this.dropped = Math.max(this.dropped, dropped);
    let read = 0;
    const end = bytes.length - (bytes.length % EVENT_BYTES);
    while (read < end) {
      const slot = this.appended % CHUNK_EVENTS;
      if (slot === 0) this.addChunk();
      const take = Math.min((CHUNK_EVENTS - slot) * EVENT_BYTES, end - read);
      const chunk = this.chunks[this.chunks.length - 1]!;
      new Uint8Array(chunk.buffer).set(bytes.subarray(read, read + take), slot * EVENT_BYTES);
      const events = take / EVENT_BYTES;
      for (let i = 0; i < events; i++) this.merge.add(chunk[(slot + i) * WORDS + 3]! >>> 16, this.appended + i);
      this.appended += events;
      read += take;
    }
    this.schedule();
  }

  /** Indexes for about `budgetMs`; says whether all is done, and goes on by itself in a later turn if not. */
  pump(budgetMs: number = TURN_MS): boolean {
    const until = performance.now() + budgetMs;
    this.indexWhile(() => performance.now() < until);
    this.version++;
    this.schedule();
    return this.settled;
  }

  /** The i-th event held, the oldest first, in the order they arrived. */
  eventAt(i: number): RunEvent {
    if (i < 0 || i >= this.count) throw new RangeError(`event ${i} of ${this.count}`);
    return this.decode(this.firstChunk * CHUNK_EVENTS + i);
  }

  /** The slices of P `p` that touch the time from `t0` to `t1`, as rows of `lanes[p].slices`. */
  slicesIn(p: number, t0: number, t1: number): Range {
    return this.lanes[p]?.slicesIn(t0, t1) ?? { from: 0, to: 0 };
  }

  slice(p: number, row: number): Slice {
    return this.lanes[p]!.slice(p, row);
  }

  /** Index of the goroutine's name in the engine's list, -1: not known. */
  nameIndex(g: number): number {
    return g < this.nameOf.length ? this.nameOf[g]! - 1 : -1;
  }

  /** Goroutines in each state over the run. */
  states(): PopulationSeries {
    return this.population.series(this.lastTimeNs);
  }

  /** Steals and preemptions per second over the run. */
  ratesOverTime(): RateSeries {
    return this.rates.series(this.lastTimeNs);
  }

  latencies(): Histogram {
    return this.latency.histogram();
  }

  clear(): void {
    if (this.turn !== undefined) clearTimeout(this.turn);
    this.turn = undefined;
    this.chunks = [];
    this.firstChunk = this.appended = 0;
    this.merge.clear();
    this.callOn.clear();
    this.dropped = this.forgotten = this.lastTimeNs = 0;
    this.fatal = null;
    this.lanes = [];
    this.steals = new Columns(STEAL);
    this.preempts = new Columns(MOMENT);
    this.handoffs = new Columns(MOMENT);
    this.marks = new Columns(MOMENT);
    this.stops = new Columns(STW, 16);
    this.assists = new Columns(MOMENT);
    this.gc.clear();
    this.latency.clear();
    this.population.clear();
    this.rates.clear();
    this.nameOf.fill(0);
    this.generation++;
    this.version++;
  }

  private schedule(): void {
    if (this.settled || this.turn !== undefined) return;
    this.turn = setTimeout(() => {
      this.turn = undefined;
      this.pump();
    }, 0);
  }

  private addChunk(): void {
    if (this.count + CHUNK_EVENTS > MAX_EVENTS) {
      this.indexWhile(() => true);
      const lastTimeNs = this.decode((this.firstChunk + 1) * CHUNK_EVENTS - 1).timeNs;
      this.chunks.shift();
      this.firstChunk++;
      this.forgotten += CHUNK_EVENTS;
      for (const lane of this.lanes) lane.dropBefore(lastTimeNs);
      for (const table of [this.preempts, this.handoffs, this.marks, this.assists]) table.dropBefore(table.upperBound('time', lastTimeNs));
      this.steals.dropBefore(this.steals.upperBound('time', lastTimeNs));
    }
    this.chunks.push(new Uint32Array(CHUNK_EVENTS * WORDS));
  }

  private indexWhile(goOn: () => boolean): void {
    this.merge.take(
      (i) => this.timeOf(i),
      (i, timeNs) => this.index(i, timeNs),
      () => !goOn(),
    );
  }

  private index(i: number, timeNs: number): void {
    const words = this.chunkOf(i);
    const at = (i % CHUNK_EVENTS) * WORDS;
    const head = words[at + 3]!;
    const kind = head & 0xff;
    const reason = (head >>> 8) & 0xff;
    const p = head >>> 16;
    const g = words[at + 4]!;
    const a = words[at + 5]!;
    const b = words[at + 6]! + words[at + 7]! * 2 ** 32;
    if (timeNs > this.lastTimeNs) this.lastTimeNs = timeNs;
    switch (kind) {
      case EventKind.GoCreate:
        this.setName(g, b);
        if (reason === CREATED_WAITING) this.population.add(timeNs, GState.Waiting, 1);
        else this.becomeRunnable(timeNs, g);
        break;
      case EventKind.GoReady:
        this.population.add(timeNs, GState.Waiting, -1);
        this.becomeRunnable(timeNs, g);
        break;
      case EventKind.GoRun:
        this.run(timeNs, p, g, a, reason, (b & 1) === 1);
        break;
      case EventKind.ProcIdle:
        this.stop(p, timeNs, reason);
        break;
      case EventKind.SyscallEnter:
        this.lane(p)?.beginCall(timeNs, g, a);
        this.callOn.set(g, p);
        this.population.add(timeNs, GState.Running, -1);
        this.population.add(timeNs, GState.InCall, 1);
        break;
      case EventKind.SyscallExit:
        this.leaveCall(timeNs, p, g, reason);
        break;
      case EventKind.Steal:
        this.addSteal(timeNs, p, a, b, g);
        break;
      case EventKind.Preempt:
        this.rates.add(timeNs, 1);
        // Written by sysmon, which has no P: `a` is the P then.
        addMoment(this.preempts, timeNs, p === NO_P ? a : p, g, b, 0);
        break;
      case EventKind.Handoff:
        this.loseP(timeNs, g);
        addMoment(this.handoffs, timeNs, p === NO_P ? a : p, g, 0, 0);
        break;
      case EventKind.User:
        addMoment(this.marks, timeNs, p, g, b, a);
        break;
      case EventKind.StwBegin:
      case EventKind.StwStopped:
      case EventKind.StwEnd:
        this.stopTheWorld(kind, timeNs, g, reason);
        break;
      case EventKind.GcAssist:
        addMoment(this.assists, timeNs, p, g, b, a);
        this.gc.take(kind, timeNs, reason, g, a, b);
        break;
      case EventKind.GcBegin:
      case EventKind.GcMark:
      case EventKind.GcMarked:
      case EventKind.GcSwept:
      case EventKind.GcAssistWait:
        this.gc.take(kind, timeNs, reason, g, a, b);
        break;
      case EventKind.Fatal:
        this.fatal = this.decode(i);
        break;
    }
  }

  private becomeRunnable(timeNs: number, g: number): void {
    this.population.add(timeNs, GState.Runnable, 1);
    this.latency.runnable(g, timeNs);
  }

  private run(timeNs: number, p: number, g: number, m: number, reason: number, inherited: boolean): void {
    const lane = this.lane(p);
    // It was about to park, but what it would have waited for was there already: it never left the P.
    if (lane?.current === g && reason >= STOP.wait && !this.latency.isRunnable(g)) {
      lane.end(timeNs, reason);
    } else {
      this.stop(p, timeNs, reason);
      this.latency.ran(g, timeNs);
      this.population.add(timeNs, GState.Runnable, -1);
      this.population.add(timeNs, GState.Running, 1);
    }
    lane?.begin(timeNs, g, m, inherited);
  }

  /** Ends what runs on `p`, and counts its goroutine where the reason puts it. */
  private stop(p: number, timeNs: number, reason: number): void {
    const lane = this.lane(p);
    if (!lane || lane.current === 0) return;
    const g = lane.current;
    if (lane.inCall) return this.loseP(timeNs, g);
    lane.end(timeNs, reason);
    this.population.add(timeNs, GState.Running, -1);
    if (reason === STOP.syscall) this.population.add(timeNs, GState.InCall, 1);
    else if (isRunnableStop(reason)) this.becomeRunnable(timeNs, g);
    else {
      this.latency.stopped(g);
      if (reason !== STOP.exit) this.population.add(timeNs, GState.Waiting, 1);
    }
  }

  /** `g` stays in its call, but the P that it had goes on without it. */
  private loseP(timeNs: number, g: number): void {
    const p = this.callOn.get(g);
    if (p === undefined) return;
    this.callOn.delete(g);
    const lane = this.lane(p);
    if (lane?.inCall && lane.current === g) lane.end(timeNs, STOP.syscall);
  }

  private leaveCall(timeNs: number, p: number, g: number, reason: number): void {
    this.population.add(timeNs, GState.InCall, -1);
    if (reason === 0) {
      this.callOn.delete(g);
      this.population.add(timeNs, GState.Running, 1);
      this.lane(p)?.endCall(timeNs);
    } else {
      this.loseP(timeNs, g);
      this.becomeRunnable(timeNs, g);
    }
  }

  private addSteal(timeNs: number, thief: number, victim: number, taken: number, g: number): void {
    this.rates.add(timeNs, 0);
    const row = this.steals.push();
    const { at } = this.steals;
    // One that comes late is told at the time of the one before: out by less than a batch, and the search stays binary.
    at.time[row] = Math.max(timeNs, row > this.steals.from ? at.time[row - 1]! : 0);
    at.thief[row] = thief;
    at.victim[row] = victim;
    at.taken[row] = taken;
    at.g[row] = g;
  }

  private stopTheWorld(kind: number, timeNs: number, g: number, reason: number): void {
    const { at } = this.stops;
    const row = addStop(this.stops, kind, timeNs, g, reason);
    if (row < 0 || this.stops.at.reason[row] !== STW_GC) return;
    if (kind === EventKind.StwBegin) this.gc.stopping(timeNs);
    else if (kind === EventKind.StwEnd) this.gc.running(at.start[row]!, timeNs);
  }

  private lane(p: number): Lane | undefined {
    if (p >= MAX_PS) return undefined;
    while (this.lanes.length <= p) this.lanes.push(new Lane());
    return this.lanes[p];
  }

  private setName(g: number, name: number): void {
    if (g >= 1 << 22) return;
    if (g >= this.nameOf.length) {
      const next = new Uint32Array(2 ** Math.ceil(Math.log2(g + 1)));
      next.set(this.nameOf);
      this.nameOf = next;
    }
    this.nameOf[g] = name + 1;
  }

  private chunkOf(i: number): Uint32Array {
    return this.chunks[Math.floor(i / CHUNK_EVENTS) - this.firstChunk]!;
  }

  private timeOf(i: number): number {
    const words = this.chunkOf(i);
    const at = (i % CHUNK_EVENTS) * WORDS;
    return words[at]! + words[at + 1]! * 2 ** 32;
  }

  private decode(i: number): RunEvent {
    const words = this.chunkOf(i);
    const at = (i % CHUNK_EVENTS) * WORDS;
    const head = words[at + 3]!;
    return {
      timeNs: words[at]! + words[at + 1]! * 2 ** 32,
      seq: words[at + 2]!,
      kind: head & 0xff,
      reason: (head >>> 8) & 0xff,
      p: head >>> 16 === NO_P ? -1 : head >>> 16,
      g: words[at + 4]!,
      a: words[at + 5]!,
      b: words[at + 6]! + words[at + 7]! * 2 ** 32,
    };
  }
}
