/** The right side: the views of one tab, fed from the store. */
import { computed } from '@preact/signals';
import { chooseSpan, selectExperiment, setGogc, setMemoryLimit, showGctrace, showTab } from '../state/actions';
import type { Parameters } from '../engine/types';
import * as store from '../state/store';
import { chartsOf } from '../views/lab/charts-of';
import { gcOf } from '../views/scheduler/sentences';
import { lazy } from './view';

const LiveLanes = lazy(async () => (await import('../views/scheduler/LiveLanes')).LiveLanes);
const Timeline = lazy(async () => (await import('../views/scheduler/Timeline')).Timeline);
const Schedtrace = lazy(async () => (await import('../views/scheduler/Schedtrace')).Schedtrace);
const Charts = lazy(async () => (await import('../views/lab/Charts')).Charts);
const ResultPanel = lazy(async () => (await import('../views/lab/ResultPanel')).ResultPanel);
const MemoryView = lazy(async () => (await import('../views/memory/MemoryView')).MemoryView);
const ChainView = lazy(async () => (await import('../views/chain/ChainView')).ChainView);
const Learn = lazy(async () => (await import('../views/learn/Learn')).Learn);

const isGc = computed(() => gcOf(store.events, store.names.value));

/** Ps of the run on the page, or else as many as the form asks for. */
const procs = computed(() => store.slow.value?.ps.length ?? procsIn(store.shown.value?.parameters ?? store.values.value));

function procsIn({ procs }: Parameters): number {
  const n = Number(procs);
  return n >= 1 && n <= 64 ? Math.floor(n) : 1;
}

function Lanes() {
  return <LiveLanes snapshot={store.snapshot} slow={store.slow} procs={procs.value} events={store.events} isGc={isGc.value} />;
}

function Lab() {
  const spec = store.shownExperiment.value;
  const result = store.result.value;
  return (
    <>
      <Lanes />
      {spec && (
        <Charts
          ids={chartsOf(spec.charts, store.hasHeap.value)} history={store.history} events={store.events} sizes={store.sizes} result={result} live={store.busy.value} workUnit={spec.work_unit} verb={spec.verb}
        />
      )}
      {result && <ResultPanel result={result} events={store.events} />}
    </>
  );
}

function Scheduler() {
  return (
    <>
      <Lanes />
      <Timeline events={store.events} procs={procs.value} names={[...store.names.value]} />
      <Schedtrace text={store.schedtrace.value} />
    </>
  );
}

function Memory() {
  const virtual = store.shown.value?.parameters.time === 'virtual';
  return (
    <MemoryView
      shown={(store.shown.value && store.shownExperiment.value) ?? null} experiments={store.description.value?.experiments ?? []} history={store.history} events={store.events}
      sizes={store.sizes} result={store.result.value} live={store.busy.value} steerable={store.phase.value === 'running' && !virtual} names={store.names.value}
      snapshot={store.slow} heapMap={store.heapMap} heapSpan={store.heapSpan} chosenPage={store.chosenPage} gctrace={store.gctrace} gctraceLevel={store.gctraceLevel}
      onGogc={setGogc} onLimit={setMemoryLimit} onChooseSpan={chooseSpan} onLevel={showGctrace} onSelect={openInLab}
    />
  );
}

function openInLab(name: string): void {
  selectExperiment(name);
  showTab('lab');
}

function View() {
  switch (store.tab.value) {
    case 'lab':
      return <Lab />;
    case 'scheduler':
      return <Scheduler />;
    case 'memory':
      return <Memory />;
    case 'chain':
      return <ChainView result={store.result.value} />;
    case 'learn':
      return <Learn experiments={store.description.value?.experiments} onOpen={openInLab} />;
  }
}

export function Answer() {
  return (
    <div class="views">
      <h2 class="visually-hidden">{store.TABS.find(({ id }) => id === store.tab.value)?.label}</h2>
      <View />
    </div>
  );
}
