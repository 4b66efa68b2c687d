/**
 * The engine with threads, instantiated in the window: workers that start workers hang in Firefox. No call here ever waits: a call
 * enqueues a command, which the engine's supervisor thread carries out, and what happens is read from shared memory: a
 * sample at each beat, the events ten times a second. A hidden page samples nothing and only looks once a second
 * whether the run is over.
 */
import { onBeat } from '../beat';
import { allocateMemory, BOOT_TIMEOUT_MS, loadThreadsBuild, withDeadline } from './builds';
import { BaseClient } from './base-client';
import { parseResult, type EngineClient, type EngineFailure, type StartAnswer, type Validation } from './client';
import { decodeHeapMap, heapMapWords, parseHeapSpan, type HeapMap, type HeapSpan } from './heap-map';
import { startFailureWords } from './failure';
import type { CreateEngine, EngineModule } from './module';
import { LIVE_BYTES, readLiveBlock } from './live-block';
import { DEFAULT_MEMORY } from './needs';
import { nextTask } from './next-task';
import { RUN_STATES, type EngineDescription, type LiveSnapshot, type Parameters, type RunResult } from './types';
import { Watchdog } from './watchdog';

const EVENT_BYTES = 32;
const DRAIN_EVENTS = 16384;
/** How long one turn of draining may take, so that with what the page does of its own a frame is not missed. */
const DRAIN_TURN_MS = 4;
/** At the end of a run all that is left is fetched, but never for ever: eight million events. */
const LAST_DRAINS = 512;
const DRAIN_MS = 100;
const HIDDEN_MS = 1000;
const LOG_LINES = 200;

interface Boot {
  module: EngineModule;
  notes: string[];
  threads: number;
  memory: number;
  log: string[];
}

export class ThreadsClient extends BaseClient implements EngineClient {
  readonly kind = 'threads';
  readonly notes: readonly string[];
  readonly threads: number;
  readonly memory: number;
  /** The last lines the engine printed, for a report of what went wrong. */
  readonly log: readonly string[];

  private readonly module: EngineModule;
  private readonly live: Uint32Array;
  private readonly watchdog = new Watchdog();
  private running = 0;
  /**
   * The live block as it was when the run was ordered. Until it moves on from there the engine is still making the run (which frees the heap of the
   * one before), tells of that one, and would drop what is asked of the new one. Null: the run is there.
   */
  private before: Pick<LiveSnapshot, 'elapsedNs' | 'heartbeat'> | null = null;
  /** What was asked of a run that is still being made: the last of each kind. */
  private readonly orders = new Map<string, () => void>();
  private visible = true;
  private stopBeat: (() => void) | null = null;
  private sampledAt = 0;
  private timer: ReturnType<typeof setInterval> | undefined;

  private constructor(boot: Boot) {
    super();
    this.module = boot.module;
    this.notes = boot.notes;
    this.threads = boot.threads;
    this.memory = boot.memory;
    this.log = boot.log;
    this.live = this.words(boot.module.live_address(), LIVE_BYTES);
  }

  static async boot(threads: number, load: () => Promise<CreateEngine> = loadThreadsBuild, wanted = DEFAULT_MEMORY, allocate = allocateMemory): Promise<ThreadsClient> {
    const { memory, bytes } = allocate(wanted);
    const notes = bytes < wanted ? [`The browser refused ${mib(wanted)} of shared memory; the engine has ${mib(bytes)}.`] : [];
    const log: string[] = [];
    // A failure may come before there is a client to tell it to: it is kept until there is one.
    let client: ThreadsClient | null = null;
    let early: EngineFailure | null = null;
    const fail = (failure: EngineFailure): void => {
      if (client) client.fail(failure);
      else early ??= failure;
    };
    const print = (line: string): void => {
      log.push(line);
      if (log.length > LOG_LINES) log.shift();
      // While the module starts this is how a trap in a thread is told; later the workers are heard themselves.
      if (line.startsWith('worker sent an error')) fail({ kind: 'trap', message: line });
    };
    const create = await load();
    const starting = create({
      wasmMemory: memory,
      samovarThreads: threads,
      print,
      printErr: print,
      onAbort: (what) => fail({ kind: 'abort', message: String(what) }),
    });
    const module = await withDeadline(starting, BOOT_TIMEOUT_MS, 'The engine’s threads did not start within 15 s.');
    if (early) {
      module.PThread?.terminateRuntime();
      throw new Error(startFailureWords(early));
    }
    hearWorkers(module, fail);
    client = new ThreadsClient({ module, notes, threads, memory: wanted, log });
    return client;
  }

  describe(): Promise<EngineDescription> {
    return Promise.resolve(JSON.parse(this.module.describe()) as EngineDescription);
  }

  validate(experiment: string, parameters: Parameters): Promise<Validation> {
    return Promise.resolve(JSON.parse(this.module.validate(experiment, JSON.stringify(parameters))) as Validation);
  }

  start(experiment: string, parameters: Parameters): Promise<StartAnswer> {
    const before = readLiveBlock(this.live) ?? { elapsedNs: 0, heartbeat: 0 };
    const answer = JSON.parse(this.module.start(experiment, JSON.stringify(parameters))) as StartAnswer;
    if (answer.ok) {
      this.running = answer.run;
      this.before = before;
      this.orders.clear();
      this.watchdog.reset(performance.now());
      this.schedule();
    }
    return Promise.resolve(answer);
  }

  cancel(): void {
    if (!this.disposed) this.module.cancel();
  }

  setProcs(n: number): void {
    this.order('procs', () => this.module.set_procs(n));
  }

  names(): Promise<string[]> {
    return Promise.resolve(JSON.parse(this.module.names()) as string[]);
  }

  result(): Promise<RunResult | null> {
    return Promise.resolve(parseResult(this.module.result()));
  }

  schedtrace(): Promise<string> {
    return Promise.resolve(this.module.schedtrace());
  }

  gctrace(level: number): Promise<string> {
    return Promise.resolve(this.module.gctrace(level));
  }

  setGogc(percent: number): void {
    this.order('gogc', () => this.module.set_gogc(percent));
  }

  setMemoryLimit(mebibytes: number): void {
    this.order('limit', () => this.module.set_memory_limit(mebibytes));
  }

  heapMap(): Promise<HeapMap | null> {
    const words = this.disposed ? null : heapMapWords(this.module);
    return Promise.resolve(words && decodeHeapMap(words));
  }

  heapSpan(page: number): Promise<HeapSpan | null> {
    return Promise.resolve(this.disposed ? null : parseHeapSpan(this.module.heap_span(page)));
  }

  setVisible(visible: boolean): void {
    if (visible === this.visible) return;
    this.visible = visible;
    this.watchdog.reset(performance.now());
    if (this.running) this.schedule();
  }

  protected end(): void {
    this.unschedule();
    // Only this frees the memory; ending the threads alone would keep it until the page is left.
    this.module.PThread?.terminateRuntime();
  }

  /** Asks it of the run at once, or as soon as there is one. */
  private order(kind: string, ask: () => void): void {
    if (this.disposed) return;
    if (this.before) this.orders.set(kind, ask);
    else ask();
  }

  /** Whether this sample is of the run that was ordered last; with the first that is, the run gets what was asked of it meanwhile. */
  private isThere(snapshot: LiveSnapshot): boolean {
    if (!this.before) return true;
    if (snapshot.elapsedNs === this.before.elapsedNs && snapshot.heartbeat === this.before.heartbeat) return false;
    this.before = null;
    for (const ask of this.orders.values()) ask();
    this.orders.clear();
    return true;
  }

  private words(address: number, bytes: number): Uint32Array {
    return new Uint32Array(this.module.HEAPU32.buffer, address, bytes / 4);
  }

  private schedule(): void {
    this.unschedule();
    this.timer = setInterval(() => this.turn(), this.visible ? DRAIN_MS : HIDDEN_MS);
    if (this.visible) this.stopBeat = onBeat(() => this.sample());
  }

  private unschedule(): void {
    clearInterval(this.timer);
    this.stopBeat?.();
    this.stopBeat = null;
  }

  private sample(): void {
    if (!this.running || this.disposed) return;
    this.sampledAt = performance.now();
    const snapshot = this.snapshot();
    if (snapshot && snapshot.run === this.running && this.isThere(snapshot)) this.snapshots.emit(snapshot);
  }

  private snapshot(): LiveSnapshot | null {
    this.module.poll();
    return readLiveBlock(this.live);
  }

  private turn(): void {
    // Each beat asks for a sample; only where none comes is it asked for here.
    const fresh = performance.now() - this.sampledAt < 2 * DRAIN_MS;
    const snapshot = fresh ? readLiveBlock(this.live) : this.snapshot();
    if (!snapshot) return this.fail({ kind: 'abort', message: 'its live block has a layout this page does not know' });
    const state = RUN_STATES[this.module.status()];
    if (snapshot.run === this.running && state !== 'running' && state !== 'idle') return void this.finish();
    if (!this.visible) return;
    this.drain(snapshot.eventsDropped);
    const verdict = this.watchdog.look(snapshot.heartbeat, performance.now());
    if (verdict === 'cancel') this.module.cancel();
    if (verdict === 'dead') this.fail({ kind: 'hang', message: 'its heartbeat stood still for 3.5 s' });
  }

  /** Hands out what is there, for some milliseconds; says whether there may be more. */
  private drain(dropped: number): boolean {
    const until = performance.now() + DRAIN_TURN_MS;
    do if (!this.drainOnce(dropped)) return false;
    while (performance.now() < until);
    return true;
  }

  private drainOnce(dropped: number): boolean {
    const count = this.module.drain();
    if (count === 0) return false;
    const words = this.words(this.module.drain_address(), count * EVENT_BYTES);
    this.events.emit(new Uint8Array(words.buffer, words.byteOffset, words.byteLength), dropped);
    return count === DRAIN_EVENTS;
  }

  private async finish(): Promise<void> {
    const run = this.running;
    this.running = 0;
    this.before = null;
    this.unschedule();
    const snapshot = this.snapshot();
    for (let i = 0; i < LAST_DRAINS && this.drainOnce(snapshot?.eventsDropped ?? 0); i++) await nextTask();
    // Meanwhile the engine may have been disposed of, or (not by this page's form) another run begun.
    if (this.disposed || snapshot?.run !== run) return;
    this.snapshots.emit(snapshot);
    this.done.emit(parseResult(this.module.result()));
  }
}

/** An error in a worker is a trap in a thread, and told here. The module's own handler would throw it once more, at the window. */
function hearWorkers({ PThread }: EngineModule, fail: (failure: EngineFailure) => void): void {
  for (const worker of [...(PThread?.unusedWorkers ?? []), ...Object.values(PThread?.pthreads ?? {})]) {
    worker.onerror = (event) => {
      event.preventDefault();
      fail({ kind: 'trap', message: event.message ?? '' });
    };
  }
}

function mib(bytes: number): string {
  return `${bytes / 2 ** 20} MiB`;
}
