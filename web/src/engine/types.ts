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
}

/** The numbers of core/observe/event.h's EventKind. */
export const EventKind = {
  GoCreate: 1, GoRun: 2, ProcIdle: 3, GoReady: 4, Steal: 5, Overflow: 6, GlobalTake: 7, ProcStart: 8, Handoff: 9, Preempt: 10,
  SyscallEnter: 11, SyscallExit: 12, MPark: 13, MWake: 14, TimerFire: 15, StwBegin: 16, StwStopped: 17, StwEnd: 18,
  Gomaxprocs: 19, User: 20, Fatal: 21,
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
