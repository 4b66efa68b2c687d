/**
 * The engine without threads, in one plain worker (single-worker.ts). Calls are numbered and answered; samples and events come
 * as bytes. When the worker does not answer, it is ended and a new one started by whoever owns this client.
 */
import { BOOT_TIMEOUT_MS, withDeadline } from './builds';
import { BaseClient } from './base-client';
import { parseResult, type EngineClient, type EngineFailure, type StartAnswer, type Validation } from './client';
import { startFailureWords } from './failure';
import { decodeHeapMap, parseHeapSpan, type HeapMap, type HeapSpan } from './heap-map';
import { readLiveBlock } from './live-block';
import type { Call, FromWorker, ToWorker } from './single-protocol';
import type { EngineDescription, Parameters, RunResult } from './types';
import { Watchdog } from './watchdog';

const LOOK_MS = 250;

interface Waiting {
  /** Its answer may begin a run. */
  starts: boolean;
  resolve: (value: string | ArrayBuffer) => void;
  reject: (error: Error) => void;
}

/** What of a Worker is used here; a test hands in its own. */
export type WorkerLike = Pick<Worker, 'postMessage' | 'terminate'> & {
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
};

function startSingleWorker(): WorkerLike {
  return new Worker(new URL('./single-worker.ts', import.meta.url), { type: 'module', name: 'samovar-single' });
}

export class WorkerClient extends BaseClient implements EngineClient {
  readonly kind = 'single';
  readonly notes: readonly string[] = [];
  readonly threads = 0;
  readonly memory = 0;

  private readonly worker: WorkerLike;
  private readonly waiting = new Map<number, Waiting>();
  private readonly watchdog = new Watchdog();
  /** Counts messages of the run: the worker's own sign of life. */
  private heartbeat = 0;
  private calls = 0;
  private running = false;
  private visible = true;
  private timer: ReturnType<typeof setInterval> | undefined;
  private ready: Omit<Waiting, 'starts'> | null = null;

  private constructor(worker: WorkerLike) {
    super();
    this.worker = worker;
    worker.onmessage = ({ data }) => this.receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.fail({ kind: 'trap', message: event.message || 'The engine’s worker could not be loaded' });
    };
  }

  static async boot(start: () => WorkerLike = startSingleWorker): Promise<WorkerClient> {
    const client = new WorkerClient(start());
    const ready = new Promise<unknown>((resolve, reject) => (client.ready = { resolve, reject }));
    try {
      await withDeadline(ready, BOOT_TIMEOUT_MS, 'The engine’s worker did not start within 15 s.');
    } catch (error) {
      client.dispose();
      throw error;
    }
    return client;
  }

  async describe(): Promise<EngineDescription> {
    return JSON.parse(await this.call({ call: 'describe' })) as EngineDescription;
  }

  async validate(experiment: string, parameters: Parameters): Promise<Validation> {
    return JSON.parse(await this.call({ call: 'validate', experiment, parameters })) as Validation;
  }

  async start(experiment: string, parameters: Parameters): Promise<StartAnswer> {
    return JSON.parse(await this.call({ call: 'start', experiment, parameters })) as StartAnswer;
  }

  cancel(): void {
    this.tell({ tell: 'cancel' });
  }

  setProcs(n: number): void {
    this.tell({ tell: 'set_procs', n });
  }

  async names(): Promise<string[]> {
    return JSON.parse(await this.call({ call: 'names' })) as string[];
  }

  async result(): Promise<RunResult | null> {
    return parseResult(await this.call({ call: 'result' }));
  }

  schedtrace(): Promise<string> {
    return this.call({ call: 'schedtrace' });
  }

  gctrace(level: number): Promise<string> {
    return this.call({ call: 'gctrace', level });
  }

  setGogc(percent: number): void {
    this.tell({ tell: 'set_gogc', percent });
  }

  setMemoryLimit(mebibytes: number): void {
    this.tell({ tell: 'set_memory_limit', mebibytes });
  }

  async heapMap(): Promise<HeapMap | null> {
    const bytes = await this.ask({ call: 'heap_map' });
    return bytes instanceof ArrayBuffer && bytes.byteLength > 0 ? decodeHeapMap(new Uint32Array(bytes)) : null;
  }

  async heapSpan(page: number): Promise<HeapSpan | null> {
    return parseHeapSpan(await this.call({ call: 'heap_span', page }));
  }

  setVisible(visible: boolean): void {
    this.visible = visible;
    this.watchdog.reset(performance.now());
    this.tell({ tell: 'visible', visible });
  }

  override fail(failure: EngineFailure): void {
    this.ready?.reject(new Error(startFailureWords(failure)));
    super.fail(failure);
  }

  protected end(): void {
    this.stopWatching();
    this.worker.terminate();
    for (const { reject } of this.waiting.values()) reject(new Error('The engine was ended.'));
    this.waiting.clear();
  }

  /** A call that is answered in text. */
  private async call(call: Call): Promise<string> {
    const answer = await this.ask(call);
    return typeof answer === 'string' ? answer : '';
  }

  private ask(call: Call): Promise<string | ArrayBuffer> {
    if (this.disposed) return Promise.reject(new Error('The engine was ended.'));
    const id = ++this.calls;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { starts: call.call === 'start', resolve, reject });
      this.tell({ id, ...call });
    });
  }

  private tell(message: ToWorker): void {
    if (!this.disposed) this.worker.postMessage(message);
  }

  private receive(message: FromWorker): void {
    if (this.disposed) return;
    this.heartbeat++;
    if ('id' in message) this.settle(message);
    else if ('live' in message) this.takeSample(message.live);
    else if ('events' in message) this.events.emit(new Uint8Array(message.events), message.dropped);
    else if ('done' in message) {
      this.stopWatching();
      this.done.emit(parseResult(message.done));
    } else if ('failed' in message) this.fail({ kind: 'abort', message: message.failed });
    else this.ready?.resolve('');
  }

  private settle(message: Extract<FromWorker, { id: number }>): void {
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if ('error' in message) return void waiting?.reject(new Error(message.error));
    if ('bytes' in message) return void waiting?.resolve(message.bytes);
    // Watching begins here and not in start(), because the run's end may be the very next message.
    if (waiting?.starts && (JSON.parse(message.value) as StartAnswer).ok) this.watch();
    waiting?.resolve(message.value);
  }

  private takeSample(bytes: ArrayBuffer): void {
    const snapshot = readLiveBlock(new Uint32Array(bytes));
    if (!snapshot) return this.fail({ kind: 'abort', message: 'its live block has a layout this page does not know' });
    this.snapshots.emit(snapshot);
    this.tell({ tell: 'seen' });
  }

  private watch(): void {
    this.running = true;
    this.watchdog.reset(performance.now());
    this.timer = setInterval(() => {
      if (!this.running || !this.visible) return;
      const verdict = this.watchdog.look(this.heartbeat, performance.now());
      if (verdict === 'cancel') this.cancel();
      if (verdict === 'dead') this.fail({ kind: 'hang', message: 'it sent nothing for 3.5 s' });
    }, LOOK_MS);
  }

  private stopWatching(): void {
    this.running = false;
    clearInterval(this.timer);
  }
}
