/** GOMAXPROCS of a run in real time, to be changed while it goes on. */
import { mostProcs, setProcs } from '../state/actions';
import * as store from '../state/store';

export function ProcsStepper() {
  const live = store.phase.value === 'running' && store.engineKind.value === 'threads' && store.shown.value?.parameters.time !== 'virtual';
  const procs = store.slow.value?.ps.length ?? 0;
  if (!live || procs === 0) return null;
  // The newest sample, not the one on the page: two quick clicks are two steps.
  const step = (by: number): void => setProcs((store.snapshot.peek()?.ps.length ?? procs) + by);
  const most = mostProcs();
  return (
    <span class="stepper" role="group" aria-label="GOMAXPROCS of this run">
      <span class="stepper-name">GOMAXPROCS</span>
      <button type="button" aria-label="One P less" disabled={procs <= 1} onClick={() => step(-1)}>
        −
      </button>
      <output class="figure stepper-value">{procs}</output>
      <button type="button" aria-label="One P more" title={`At most ${most} in this run: an engine’s threads are made at its start. A run that asks for more procs gets an engine with more.`} disabled={procs >= most} onClick={() => step(1)}>
        +
      </button>
    </span>
  );
}
