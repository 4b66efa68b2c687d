/** What the engine and the page say to each other. The words and layouts are those of docs/engine-interface.md. */

export type ParameterValue = number | string | boolean;
export type Parameters = Record<string, ParameterValue>;

export interface ParameterSpec {
  name: string;
  type: 'integer' | 'duration' | 'boolean' | 'text' | 'choice';
  default: ParameterValue;
  min?: number;
  max?: number;
  unit?: string;
  help: string;
  group: 'experiment' | 'runtime' | 'time';
  choices?: { value: string; help: string }[];
}

export interface ExperimentSpec {
  name: string;
  title: string;
  verb: string;
  group: string;
  question: string;
  /** What the live block's work units are; absent where it counts none. */
  work_unit?: string;
  /** What the progress counts; absent where that is several things. */
  progress_unit?: string;
  shows: string;
  charts: string[];
  parameters: ParameterSpec[];
}

export interface EngineDescription {
  version: string;
  threads: boolean;
  max_procs: number;
  experiments: ExperimentSpec[];
}

export interface FieldError {
  field: string;
  value: string;
  allowed: string;
  used: string;
  message: string;
  /** The same without what was used instead, for those who use nothing instead. */
  refusal?: string;
}

/** What is wrong with a value in the form: nothing is used instead there, the run is refused. */
export function refusalOf({ refusal, message }: FieldError): string {
  return refusal ?? message;
}

export type RunState = 'idle' | 'running' | 'done' | 'cancelled' | 'panicked' | 'deadlocked' | 'failed';

/** In the order of the numbers that `status()` gives. */
export const RUN_STATES: readonly RunState[] = ['idle', 'running', 'done', 'cancelled', 'panicked', 'deadlocked', 'failed'];

export interface Histogram {
  buckets: number[];
  counts: number[];
}

export interface RunResult {
  experiment: string;
  run: number;
  state: RunState;
  driver: 'threads' | 'virtual';
  message: string;
  parameters: Parameters;
  result: Record<string, unknown>;
  units: Record<string, string>;
  metrics: Record<string, number | Histogram>;
  /** Runs with a heap only. */
  memory?: MemoryResult;
  cost: {
    wall_ns: number;
    virtual_ns?: number;
    events_recorded: number;
    events_dropped: number;
    digest?: string;
    clock_resolution_ns: number;
    goroutine_bytes?: number;
  };
}

/** One finished collection. Times in ns since the run began, sizes in bytes. */
export interface GcCycle {
  cycle: number;
  why: 'heap' | 'time' | 'forced';
  procs: number;
  /** From `start_ns` to `mark_ns` and from `marked_ns` to `end_ns` the world stood still. */
  start_ns: number;
  mark_ns: number;
  marked_ns: number;
  end_ns: number;
  heap_start: number;
  heap_end: number;
  heap_marked: number;
  goal: number;
  assist_ns: number;
  dedicated_ns: number;
  fractional_ns: number;
  idle_ns: number;
  scan_work: number;
  objects_single: number;
  objects_sparse: number;
  objects_dense: number;
  spans_sparse: number;
  spans_dense: number;
}

/** Under the names of runtime.MemStats; what was not or cannot be measured is absent. */
export interface MemoryResult {
  marker: string;
  memory_stats: Partial<
    Record<
      'alloc_mb' | 'total_alloc_mb' | 'sys_mb' | 'num_gc' | 'heap_alloc_mb' | 'heap_objects' | 'heap_idle_mb' | 'heap_in_use_mb' | 'heap_released_mb', number
    >
  >;
  gc_stats: Partial<Record<'last_gc_ns' | 'next_gc_mb' | 'pause_total_ns' | 'num_forced_gc' | 'gc_cpu_fraction', number>>;
  cycles_kept: number;
  /** Of a run with more than `cycles_kept`, the last. */
  cycles: GcCycle[];
}

export interface LiveP {
  id: number;
  /** 0 idle, 1 running, 2 in a blocking call, 3 stopped, 4 dead */
  status: number;
  /** -1: none */
  m: number;
  /** 0: none */
  g: number;
  queue: number;
  runnext: boolean;
  schedtick: number;
  steals: number;
  stolenIn: number;
  stolenOut: number;
  busyNs: number;
}

export interface LiveM {
  id: number;
  /** 0 unused, 1 running, 2 spinning, 3 parked, 4 in a blocking call, 5 stopping the world */
  state: number;
  p: number;
  g: number;
}

/** The heap at one moment. Sizes in bytes; Infinity: no limit. Allocated and freed count up from the start of the run. */
export interface LiveHeap {
  /** 1 no collection is on, 2 marking, 3 mark termination */
  phase: number;
  /** Collections begun. */
  cycles: number;
  live: number;
  goal: number;
  trigger: number;
  /** Bytes of the spans in use. */
  inUse: number;
  limit: number;
  /** What the last collection marked. */
  marked: number;
  allocatedBytes: number;
  allocatedObjects: number;
  freedBytes: number;
  freedObjects: number;
  /** GOGC; -1: off. */
  gogc: number;
  budget: number;
  objectBytes: number;
  mapped: number;
  /** Times of finished collections: assists, dedicated and fractional workers, marking in idle time, and the world stopped. */
  assistNs: number;
  markNs: number;
  idleNs: number;
  pausedNs: number;
  /** Goroutines that wait for credit. */
  waiting: number;
  finalizersQueued: number;
  finalizersRun: number;
  forced: number;
}

/** One sample of the running engine. */
export interface LiveSnapshot {
  state: RunState;
  run: number;
  elapsedNs: number;
  heartbeat: number;
  globalQueue: number;
  progressDone: number;
  progressTotal: number;
  goroutines: number;
  goroutinesCreated: number;
  idlePs: number;
  spinningMs: number;
  workDone: number;
  eventsDropped: number;
  ps: LiveP[];
  ms: LiveM[];
  /** Null: the run does not use the collected heap. */
  heap: LiveHeap | null;
}

/** The numbers of core/observe/event.h's EventKind. */
export const EventKind = {
  GoCreate: 1, GoRun: 2, ProcIdle: 3, GoReady: 4, Steal: 5, Overflow: 6, GlobalTake: 7, ProcStart: 8, Handoff: 9, Preempt: 10,
  SyscallEnter: 11, SyscallExit: 12, MPark: 13, MWake: 14, TimerFire: 15, StwBegin: 16, StwStopped: 17, StwEnd: 18,
  Gomaxprocs: 19, User: 20, Fatal: 21, GcBegin: 22, GcMark: 23, GcMarked: 24, GcSwept: 25, GcAssist: 26, GcAssistWait: 27,
} as const;

/** One event, decoded. Runs hold up to millions: keep them in columns or as the raw bytes, decode what is drawn. */
export interface RunEvent {
  timeNs: number;
  seq: number;
  kind: number;
  reason: number;
  p: number;
  g: number;
  a: number;
  b: number;
}
