/**
 * A stand-in for the wasm module, for tests only: the same calls, a made-up scheduler. Time is handed in by `now`, so a test
 * decides how far a run has come; `frozen` stops its heart, `broken` makes every call throw.
 */
import type { EngineModule, Threads, ThreadWorker } from '../module';
import { LIVE_BYTES, LIVE_VERSION } from '../live-block';
import { FAKE_GCTRACE, fakeHeapLines, fakeHeapRecords, fakeHeapSpan } from './fake-heap';
import { EventKind, type EngineDescription, type FieldError, type ParameterSpec, type Parameters } from '../types';

const LIVE_AT = 1024;
const HEAP_AT = 32768;
const DRAIN_AT = 65536;
const LINE = 16;

const common: ParameterSpec[] = [
  { name: 'procs', type: 'integer', default: 2, min: 1, max: 64, unit: 'Ps', help: 'GOMAXPROCS: how many goroutines run at the same time', group: 'runtime' },
  { name: 'slice', type: 'duration', default: 10e6, min: 20e3, max: 1e9, help: 'how long a goroutine runs before it is preempted', group: 'runtime' },
  { name: 'schedtrace', type: 'boolean', default: false, help: 'print schedtrace lines', group: 'runtime' },
  { name: 'seed', type: 'integer', default: 1, min: 0, max: 2 ** 32, help: 'start of the random numbers', group: 'time' },
  {
    name: 'time', type: 'choice', default: 'real', help: 'which clock the run lives by', group: 'time',
    choices: [{ value: 'real', help: 'real threads, real time' }, { value: 'virtual', help: 'simulated threads, a clock that is computed' }],
  },
];

export const fakeDescription: EngineDescription = {
  version: '0.0.0-fake', threads: true, max_procs: 64,
  experiments: [
    {
      name: 'mine', title: 'Mine blocks', verb: 'Mine', group: 'chain', question: 'Why is it not twice as fast?',
      shows: 'Goroutines search for a nonce; how they share the work decides what more Ps are worth.',
      charts: ['hash_rate', 'goroutines', 'queues', 'steals', 'latency'], work_unit: 'H',
      parameters: [
        { name: 'blocks', type: 'integer', default: 4, min: 1, max: 1000, unit: 'blocks', help: 'how many blocks to mine', group: 'experiment' },
        { name: 'goroutines', type: 'integer', default: 8, min: 1, max: 10000, unit: 'goroutines', help: 'how many goroutines mine', group: 'experiment' },
        { name: 'difficulty', type: 'integer', default: 16, min: 0, max: 40, unit: 'bits', help: 'leading zero bits a hash must have', group: 'experiment' },
        {
          name: 'strategy', type: 'choice', default: 'partition', help: 'how the goroutines share the work', group: 'experiment',
          choices: [{ value: 'partition', help: 'one block, its nonces shared out' }, { value: 'locked', help: 'each adds its own block under a lock' }],
        },
        { name: 'data', type: 'text', default: 'block', max: 256, help: 'what stands in each block', group: 'experiment' },
        ...common,
      ],
    },
    {
      name: 'yield-order', title: 'Who runs first?', verb: 'Run', group: 'scheduler', question: 'Who runs first after a yield?', shows: 'The order in which goroutines run on one P.',
      charts: ['goroutines', 'queues'],
      parameters: [{ name: 'rounds', type: 'integer', default: 3, min: 1, max: 100, unit: 'rounds', help: 'how often it is repeated', group: 'experiment' }, ...common],
    },
  ],
};

export class FakeModule implements EngineModule {
  readonly HEAPU32 = new Uint32Array((1 << 21) / 4);
  frozen = false;
  /** The run is still being made: the live block tells of the one before, and what is asked of it is dropped. */
  making = false;
  broken = false;
  runNs = 2e9;
  procs = 2;
  gogc = 100;
  limitMib = 0;
  calls: string[] = [];
  readonly workers: ThreadWorker[] = [{ onerror: null }, { onerror: null }];
  readonly PThread: Threads = {
    terminateRuntime: () => void this.calls.push('terminateRuntime'), unusedWorkers: this.workers.slice(1), pthreads: { 4096: this.workers[0]! },
  };

  private state = 0;
  private run = 0;
  private startedAt = 0;
  private endedNs = 0;
  private drainedNs = 0;
  private beat = 0;
  private parameters: Parameters = {};
  private experiment = '';
  private seq = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  private note(call: string): void {
    this.calls.push(call);
    if (this.broken) throw new WebAssembly.RuntimeError('unreachable');
  }

  describe(): string {
    return JSON.stringify(fakeDescription);
  }

  validate(experiment: string, parameters: string): string {
    const spec = fakeDescription.experiments.find((e) => e.name === experiment);
    const given = JSON.parse(parameters) as Parameters;
    const errors: FieldError[] = [];
    const complete: Parameters = {};
    for (const p of spec?.parameters ?? []) {
      const value = given[p.name] ?? p.default;
      const bad = typeof value !== typeof p.default || (typeof value === 'number' && (value < (p.min ?? value) || value > (p.max ?? value)));
      if (bad) {
        const allowed = `a whole number from ${p.min} to ${p.max}`;
        errors.push({ field: p.name, value: String(value), allowed, used: String(p.default), message: `${p.name} is “${value}”; allowed is ${allowed}. ${p.default} is used.` });
      }
      complete[p.name] = bad ? p.default : value;
    }
    return JSON.stringify({ parameters: complete, errors });
  }

  start(experiment: string, parameters: string): string {
    this.note('start');
    this.experiment = experiment;
    this.parameters = JSON.parse(parameters) as Parameters;
    this.procs = Number(this.parameters.procs ?? 2);
    this.state = 1;
    this.run++;
    this.startedAt = this.now();
    this.drainedNs = 0;
    if (this.parameters.time === 'virtual') this.startedAt -= this.runNs / 1e6;
    return JSON.stringify({ ok: true, run: this.run, errors: [] });
  }

  cancel(): void {
    this.note('cancel');
    if (this.frozen || this.state !== 1) return;
    this.endedNs = this.elapsed();
    this.state = 3;
  }

  set_procs(n: number): void {
    this.procs = n;
  }

  set_gogc(percent: number): void {
    this.note('set_gogc');
    if (!this.making) this.gogc = percent;
  }

  set_memory_limit(mebibytes: number): void {
    this.note('set_memory_limit');
    if (!this.making) this.limitMib = mebibytes;
  }

  private get hasHeap(): boolean {
    return this.run > 0 && this.experiment === 'trees';
  }

  sample_heap(): number {
    if (!this.hasHeap) return 0;
    const words = fakeHeapRecords();
    this.HEAPU32.set(words, HEAP_AT / 4);
    return words.length / 4 - 1;
  }

  heap_map_address(): number {
    return HEAP_AT;
  }

  heap_span(page: number): string {
    return this.hasHeap ? fakeHeapSpan(page) : '';
  }

  gctrace(level: number): string {
    return this.hasHeap ? FAKE_GCTRACE + (level > 1 ? 'scan: total 1+2+3=6 objs, 1+1=2 spans\n' : '') : '';
  }

  status(): number {
    this.advance();
    return this.state;
  }

  private elapsed(): number {
    return Math.min(this.runNs, Math.max(0, this.now() - this.startedAt) * 1e6);
  }

  private advance(): void {
    if (this.state !== 1 || this.frozen) return;
    this.beat++;
    if (this.elapsed() >= this.runNs) {
      this.endedNs = this.runNs;
      this.state = 2;
    }
  }

  /** Infinity and -1 are all ones. */
  private put(line: number, word: number, value: number): void {
    const at = LIVE_AT / 4 + line * LINE + word * 2;
    const ones = value === Infinity || value < 0;
    this.HEAPU32[at] = ones ? 0xffffffff : value % 2 ** 32;
    this.HEAPU32[at + 1] = ones ? 0xffffffff : Math.floor(value / 2 ** 32);
  }

  poll(): void {
    if (this.broken) throw new WebAssembly.RuntimeError('unreachable');
    this.advance();
    if (this.making) return [LIVE_VERSION, this.state, this.run].forEach((value, word) => this.put(0, word, value));
    const ns = this.state === 1 ? this.elapsed() : this.endedNs;
    const header = [LIVE_VERSION, this.state, this.run, ns, this.beat, this.procs, this.procs + 2, 3];
    header.forEach((value, word) => this.put(0, word, value));
    const share = ns / this.runNs;
    [Math.floor(share * 8), 8, 9, 40, 0, 1, ns * 0.0418, 0].forEach((value, word) => this.put(1, word, value));
    for (let p = 0; p < this.procs; p++) {
      const words = [1, p + 1, 17 + p, ((ns / 1e8 + p) % 7 | 0) + (p % 2) * 2 ** 32, ns / 1e5, p === 0 ? 0 : 3 + 2 ** 32, p === 0 ? 3 : 0, ns * 0.96];
      words.forEach((value, word) => this.put(2 + p, word, Math.floor(value)));
      [1, p + 1, 17 + p].forEach((value, word) => this.put(66 + p, word, value));
    }
    [3, 0, 0].forEach((value, word) => this.put(66 + this.procs, word, value));
    const heap = this.hasHeap ? fakeHeapLines(share, this.gogc, this.limitMib) : [[0]];
    heap.forEach((line, i) => line.forEach((value, word) => this.put(162 + i, word, value)));
  }

  drain(): number {
    const until = this.state === 1 ? this.elapsed() : this.endedNs;
    let count = 0;
    for (; this.drainedNs + 2e6 <= until && count < 16384; this.drainedNs += 2e6) {
      for (let p = 0; p < this.procs; p++) {
        const at = DRAIN_AT / 4 + count * 8;
        const kind = this.seq % 23 === 22 ? EventKind.ProcIdle : EventKind.GoRun;
        const words = [this.drainedNs % 2 ** 32, Math.floor(this.drainedNs / 2 ** 32), this.seq++, kind | (2 << 8) | (p << 16), 17 + (this.seq % 8), p, 0, 0];
        this.HEAPU32.set(words, at);
        count++;
      }
    }
    return count;
  }

  live_address(): number {
    return LIVE_AT;
  }

  drain_address(): number {
    return DRAIN_AT;
  }

  names(): string {
    return JSON.stringify(['main', 'miner']);
  }

  result(): string {
    if (this.run === 0) return '';
    const virtual = this.parameters.time === 'virtual';
    return JSON.stringify({
      experiment: this.experiment, run: this.run, state: this.state === 3 ? 'cancelled' : 'done', driver: virtual ? 'virtual' : 'threads', message: '',
      parameters: this.parameters, result: { hashes: 83600000, hashes_per_second: 41800000 }, units: { hashes_per_second: 'H/s', hashes: 'hashes' },
      metrics: { '/sched/goroutines:goroutines': 1 },
      cost: { wall_ns: this.endedNs, ...(virtual ? { virtual_ns: this.endedNs, digest: '0123456789abcdef' } : {}), events_recorded: this.seq, events_dropped: 0, clock_resolution_ns: 5000 },
    });
  }

  schedtrace(): string {
    return 'SCHED 0ms: gomaxprocs=2';
  }

  step(): boolean {
    this.note('step');
    this.advance();
    return this.state === 1;
  }
}

export { LIVE_BYTES };
