/** The heap at this moment: what the collector is at, the figures, and the two settings that a run may be given while it goes on. */
import type { ReadonlySignal } from '@preact/signals';
import type { LiveHeap, LiveSnapshot, RunResult } from '../../engine/types';
import { bytes, count, duration } from '../format';
import { StepField } from './StepField';
import { phaseSentence } from './sentences';

export interface HeapActions {
  onGogc: (percent: number) => void;
  onLimit: (mebibytes: number) => void;
}

interface Props extends HeapActions {
  snapshot: ReadonlySignal<LiveSnapshot | null>;
  result: RunResult | null;
  /** The run can be told something: it is on, and in real time. */
  steerable: boolean;
  live: boolean;
}

const MIB = 2 ** 20;
const GOGC_STEPS = [-1, 10, 25, 50, 75, 100, 150, 200, 400, 800];
const LIMIT_STEPS = [4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512, 0];

/** "off", or a whole number from 0 on. */
function readGogc(text: string): number | null {
  const words = text.trim().toLowerCase();
  if (words === 'off' || words === '-1' || words === '−1') return -1;
  return /^\d{1,5}$/.test(words) ? Number(words) : null;
}

/** "none", or MiB. */
function readLimit(text: string): number | null {
  const words = text.trim().toLowerCase().replace(/\s*mib$/, '');
  if (words === 'none' || words === '0') return 0;
  return /^\d{1,5}$/.test(words) ? Number(words) : null;
}

function Settings({ heap, onGogc, onLimit }: HeapActions & { heap: LiveHeap }) {
  const limit = heap.limit < Infinity ? Math.round(heap.limit / MIB) : 0;
  return (
    <div class="heap-settings">
      <StepField
        id="heap-gogc" label="GOGC" value={heap.gogc} steps={GOGC_STEPS} text={(n) => (n < 0 ? 'off' : String(n))} read={readGogc} onChange={onGogc}
        help="% it may grow until it is collected, or “off”"
      />
      <StepField
        id="heap-limit" label="memory limit" value={limit} steps={LIMIT_STEPS} text={(n) => (n === 0 ? 'none' : String(n))} read={readLimit} onChange={onLimit}
        help="MiB it should stay below, or “none”"
      />
    </div>
  );
}

export function HeapNow({ snapshot, result, steerable, live, onGogc, onLimit }: Props) {
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
    ['finalizers', heap ? `${count(heap.finalizersRun)} of ${count(heap.finalizersQueued)} run` : '–'],
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
      {heap && steerable && <Settings heap={heap} onGogc={onGogc} onLimit={onLimit} />}
      {heap && !steerable && <p class="muted">GOGC {heap.gogc < 0 ? 'off' : count(heap.gogc)}, memory limit {sizeOr(heap.limit, 'none')}. {live ? 'A run in virtual time takes them from its form only.' : 'Both can be changed while a run goes on.'}</p>}
    </section>
  );
}

function sizeOr(value: number | undefined, otherwise: string): string {
  return value === Infinity ? otherwise : bytes(value);
}
