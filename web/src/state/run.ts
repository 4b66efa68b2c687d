/** One run from the page's side: its beginning, its samples and events, its end. */
import { batch } from '@preact/signals';
import { BEAT_MS } from '../beat';
import { type LiveSnapshot, type Parameters, type RunResult, refusalOf } from '../engine/types';
import { failureSentence } from '../frame/status';
import { duration } from '../views/format';
import { beginHeap, endHeap, sampleHeap } from './heap-session';
import { host } from './host';
import { announce, notice } from './notices';
import { RateMeter } from './rate';
import * as store from './store';

/** Words and numbers are renewed at every other beat: a timer may be early. */
const SLOW_MS = 1.5 * BEAT_MS;
const rate = new RateMeter();
let slowAt = 0;
/** Called when the run that is on has ended; a run asked for during the introduction waits for it. */
let ended: (() => void)[] = [];

export async function beginRun(experiment: string, parameters: Parameters, intro: boolean): Promise<void> {
  if (store.busy.value) {
    const over = new Promise<void>((resolve) => ended.push(resolve));
    host.client?.cancel();
    await over;
  }
  rate.clear();
  slowAt = 0;
  store.events.clear();
  store.history.clear();
  batch(() => {
    beginHeap();
    store.phase.value = 'starting';
    store.result.value = null;
    store.names.value = [];
    store.schedtrace.value = null;
    store.snapshot.value = null;
    store.slow.value = null;
    store.workRate.value = null;
    store.shown.value = { experiment, parameters, run: 0, intro };
  });
  try {
    const answer = await host.run(experiment, parameters);
    if (!answer.ok) {
      for (const error of answer.errors) notice('error', refusalOf(error), 'run');
      store.fieldErrors.value = answer.errors;
      return endRun('idle');
    }
    batch(() => {
      store.shown.value = { experiment, parameters, run: answer.run, intro };
      if (store.phase.value === 'starting') store.phase.value = 'running';
    });
    if (!intro) announce('Running.');
  } catch (error) {
    // With its engine it was lost already, which has been told.
    if (!store.busy.value) return;
    notice('error', `The run could not start: ${error instanceof Error ? error.message : String(error)}`, 'run');
    endRun('idle');
  }
}

export function takeSnapshot(snapshot: LiveSnapshot): void {
  const now = performance.now();
  const isSlow = now - slowAt >= SLOW_MS || snapshot.state !== 'running';
  batch(() => {
    store.snapshot.value = snapshot;
    store.history.push(snapshot);
    if (!isSlow) return;
    slowAt = now;
    store.slow.value = snapshot;
    store.workRate.value = rate.push(snapshot.elapsedNs, snapshot.workDone) ?? store.workRate.value;
  });
  if (isSlow) sampleHeap(snapshot);
}

export function takeEvents(bytes: Uint8Array, dropped: number): void {
  store.events.append(bytes, dropped);
}

export async function takeResult(result: RunResult | null): Promise<void> {
  const [names, schedtrace] = await Promise.all([host.client?.names().catch(() => []), host.client?.schedtrace().catch(() => '')]);
  batch(() => {
    store.names.value = names ?? [];
    store.schedtrace.value = schedtrace ?? '';
    store.result.value = result;
    endRun('ended');
  });
  endHeap();
  if (!result || store.shown.value?.intro) return;
  const time = duration(result.cost.virtual_ns ?? result.cost.wall_ns);
  announce(`Run ${result.run} ${result.state} after ${time}. ${failureSentence(result)}`);
}

/** The engine went away in the middle of whatever was on: what was seen of the run stays, and nothing of it runs any more. */
export function runLost(): void {
  if (!store.busy.value) return;
  batch(() => {
    const last = store.snapshot.value && lastSample(store.snapshot.value);
    store.snapshot.value = last;
    store.slow.value = last;
    store.workRate.value = null;
    endRun('lost');
  });
}

/** The figures of a run that was lost, as far as it came, without what stood on its Ps and in its queues at that moment. */
export function lastSample(snapshot: LiveSnapshot): LiveSnapshot {
  const ps = snapshot.ps.map((p) => ({ ...p, status: 0, m: -1, g: 0, queue: 0, runnext: false }));
  return { ...snapshot, state: 'failed', globalQueue: 0, idlePs: ps.length, spinningMs: 0, ps, ms: [] };
}

function endRun(phase: store.Phase): void {
  store.phase.value = phase;
  const waiting = ended;
  ended = [];
  for (const resolve of waiting) resolve();
}
