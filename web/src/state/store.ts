/**
 * The page's state: what is true now. Only state/actions.ts writes here; components read. Derived values are derived.
 * Samples arrive at each beat in `snapshot`; `slow` is every other one, for words and numbers.
 */
import { computed, signal } from '@preact/signals';
import type { HeapMap, HeapSpan } from '../engine/heap-map';
import type { EngineDescription, ExperimentSpec, FieldError, LiveSnapshot, ParameterSpec, Parameters, RunResult } from '../engine/types';
import { EventStore } from './events';
import { usesHeap } from './heap-use';
import { History } from './history';
import { SizeHistory } from './size-history';

export type Tab = 'lab' | 'scheduler' | 'memory' | 'chain' | 'learn';
export const TABS: readonly { id: Tab; label: string }[] = [
  { id: 'lab', label: 'Lab' },
  { id: 'scheduler', label: 'Scheduler' },
  { id: 'memory', label: 'Memory' },
  { id: 'chain', label: 'Chain' },
  { id: 'learn', label: 'Learn' },
];

export interface Notice {
  id: number;
  kind: 'info' | 'warn' | 'error';
  text: string;
  /** From a link: replaced when another link is read. */
  source: 'link' | 'engine' | 'run';
}

/**
 * What is going on. `starting`: a run was asked for and the engine is being made ready for it. `lost`: it went with its engine, and has no result.
 */
export type Phase = 'idle' | 'starting' | 'running' | 'cancelling' | 'ended' | 'lost';

export interface ShownRun {
  experiment: string;
  parameters: Parameters;
  run: number;
  /** Made by the page on a first visit, not asked for. */
  intro: boolean;
}

export const tab = signal<Tab>('lab');
export const engine = signal<'preparing' | 'starting' | 'ready' | 'lost'>('preparing');
export const engineSentence = signal('');
export const engineKind = signal<'threads' | 'single' | null>(null);
export const engineThreads = signal(0);
export const description = signal<EngineDescription | null>(null);

export const experimentName = signal('');
/** What the form holds: complete, but a value may be a text that its parameter cannot take (see `fieldErrors`). */
export const values = signal<Parameters>({});
export const fieldErrors = signal<readonly FieldError[]>([]);
/** The values before "Reset to defaults", until something is edited. */
export const undoValues = signal<Parameters | null>(null);

export const notices = signal<readonly Notice[]>([]);
export const phase = signal<Phase>('idle');
export const shown = signal<ShownRun | null>(null);
export const snapshot = signal<LiveSnapshot | null>(null);
export const slow = signal<LiveSnapshot | null>(null);
/** Work units a second, over about the last second of the run's clock. */
export const workRate = signal<number | null>(null);
export const result = signal<RunResult | null>(null);
export const names = signal<readonly string[]>([]);
/** schedtrace lines of the run on the page; null until it has ended. */
export const schedtrace = signal<string | null>(null);
/** The newest heap map, null: the run on the page has no heap, or none was sampled yet. */
export const heapMap = signal<HeapMap | null>(null);
/** First page of the span that was chosen in the map, -1: none; and what it held when it was last looked at. */
export const chosenPage = signal(-1);
export const heapSpan = signal<HeapSpan | null>(null);
export const gctraceLevel = signal<1 | 2>(1);
/** gctrace lines of the run on the page, as far as it has come. */
export const gctrace = signal('');
/** A sentence for screen readers. */
export const announcement = signal('');
/** The form holds what a link said, and nothing has been run since. */
export const fromLink = signal(false);
export const helpOpen = signal(false);

export const events = new EventStore();
export const history = new History();
export const sizes = new SizeHistory();

export function experimentNamed(name: string): ExperimentSpec | undefined {
  return description.value?.experiments.find((e) => e.name === name);
}

export const experiment = computed<ExperimentSpec | undefined>(() => experimentNamed(experimentName.value));
/** The experiment whose run is on the page, or else the one in the form. */
export const shownExperiment = computed<ExperimentSpec | undefined>(() => (shown.value && experimentNamed(shown.value.experiment)) ?? experiment.value);
/** Whether the run on the page has a heap, or the one in the form would have. */
export const hasHeap = computed(() => usesHeap(result.value, slow.value, shown.value?.parameters ?? values.value));
export const busy = computed(() => phase.value === 'starting' || phase.value === 'running' || phase.value === 'cancelling');

export function defaultsOf(spec: ExperimentSpec): Parameters {
  return Object.fromEntries(spec.parameters.map((p) => [p.name, p.default]));
}

/** The parameters that are not at their defaults. */
export function changedOf(spec: ExperimentSpec, values: Parameters): ParameterSpec[] {
  return spec.parameters.filter((p) => values[p.name] !== undefined && values[p.name] !== p.default);
}
