/** The heap at this moment: what the collector is at, the figures, and the two settings that a run may be given while it goes on. */
import type { ReadonlySignal } from '@preact/signals';
import type { ExperimentSpec, LiveHeap, LiveSnapshot, RunResult } from '../../engine/types';
import { bytes, count, duration } from '../format';
import { StepField } from './StepField';
import { phaseSentence } from './sentences';

export interface HeapActions {
  onGogc: (percent: number) => void;
  onLimit: (mebibytes: number) => void;
}

interface Props extends HeapActions {
  /** The experiment whose run is on: its table says what the settings may be. */
  spec: ExperimentSpec | null;
  snapshot: ReadonlySignal<LiveSnapshot | null>;
  result: RunResult | null;
  /** The run can be told something: it is on, and in real time. */
  steerable: boolean;
  live: boolean;
}

const MIB = 2 ** 20;
const GOGC_STEPS = [-1, 10, 25, 50, 75, 100, 150, 200, 400, 800];
const LIMIT_STEPS = [4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512, 0];

/** What the engine's table lets a parameter be. An engine without it takes any whole number from 0 on. */
function mostOf(spec: ExperimentSpec | null, name: string): number {
  return spec?.parameters.find((one) => one.name === name)?.max ?? Infinity;
}

/** A whole number up to `most`, or the word that stands for `none`; null: neither. */
function readWhole(text: string, most: number, word: string, none: number): number | null {
  const words = text.trim().toLowerCase().replace('−', '-');
  if (words === word || words === String(none)) return none;
  return /^\d{1,15}$/.test(words) && Number(words) <= most ? Number(words) : null;
}

const allowed = (most: number, word: string, unit: string): string => `a whole number ${most < Infinity ? `from 0 to ${count(most)}` : 'from 0 on'} (${unit}), or “${word}”`;

function Settings({ heap, spec, onGogc, onLimit }: HeapActions & { heap: LiveHeap; spec: ExperimentSpec | null }) {
  const [gogcMost, limitMost] = [mostOf(spec, 'gogc'), mostOf(spec, 'memory_limit')];
  const limit = heap.limit < Infinity ? Math.round(heap.limit / MIB) : 0;
  return (
    <div class="heap-settings">
      <StepField
        id="heap-gogc" label="GOGC" value={heap.gogc} steps={GOGC_STEPS} text={(n) => (n < 0 ? 'off' : String(n))} read={(typed) => readWhole(typed, gogcMost, 'off', -1)} onChange={onGogc}
        help="% it may grow until it is collected, or “off”" allowed={allowed(gogcMost, 'off', 'percent')}
      />
      <StepField
        id="heap-limit" label="memory limit" value={limit} steps={LIMIT_STEPS} text={(n) => (n === 0 ? 'none' : String(n))} read={(typed) => readWhole(typed.replace(/\s*mib\s*$/i, ''), limitMost, 'none', 0)} onChange={onLimit}
        help="MiB it should stay below, or “none”" allowed={allowed(limitMost, 'none', 'MiB')}
      />
    </div>
  );
}

export function HeapNow({ spec, snapshot, result, steerable, live, onGogc, onLimit }: Props) {
  const heap = snapshot.value?.heap ?? null;
  const memory = result?.memory;
  const figures: [name: string, value: string, mark?: string][] = [
    ['live', bytes(heap?.live ?? (memory?.memory_stats.heap_alloc_mb ?? NaN) * MIB), 'heap-live'],
    ['goal', sizeOr(heap?.goal, 'none'), 'heap-goal'],
    ['in use', bytes(heap?.inUse ?? (memory?.memory_stats.heap_in_use_mb ?? NaN) * MIB)],
    ['limit', sizeOr(heap?.limit, 'none'), 'heap-limit'],
    ['collections', count(memory?.memory_stats.num_gc ?? heap?.cycles)],
    ['world stopped', duration(memory?.gc_stats.pause_total_ns ?? heap?.pausedNs)],
    ['wait for credit', count(heap?.waiting)],
    ['finalizers and cleanups', heap ? `${count(heap.finalizersRun)} of ${count(heap.finalizersQueued)} run` : '–'],
  ];
  return (
    <section class="heap-now" aria-label="The heap now">
      <p class="heap-phase">
        {heap && <i class={`mark ${live && heap.phase >= 2 ? 'mark-gc' : 'mark-waiting'}`} />} {heap ? phaseSentence(heap, live) : 'The first sample of the heap is on its way.'}
        {memory && <span class="muted"> Marker: {memory.marker}.</span>}
      </p>
      <dl class="heap-figures">
        {figures.map(([name, value, mark]) => (
          <div key={name}>
            <dt>{mark && <i class={`mark mark-${mark}`} />} {name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {heap && steerable && <Settings heap={heap} spec={spec} onGogc={onGogc} onLimit={onLimit} />}
      {heap && !steerable && <p class="muted">GOGC {heap.gogc < 0 ? 'off' : count(heap.gogc)}, memory limit {sizeOr(heap.limit, 'none')}. {live ? 'A run in virtual time takes them from its form only.' : 'Both can be changed while a run goes on.'}</p>}
    </section>
  );
}

function sizeOr(value: number | undefined, otherwise: string): string {
  return value === Infinity ? otherwise : bytes(value);
}
