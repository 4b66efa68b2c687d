/** The heap of the run on the page: its size over time, where everything lies, what the collector did and took, in figures and text. */
import { type ReadonlySignal, useComputed } from '@preact/signals';
import type { HeapMap, HeapSpan } from '../../engine/heap-map';
import type { ExperimentSpec, LiveSnapshot, RunResult } from '../../engine/types';
import { heapCsv } from '../../state/csv';
import type { EventStore } from '../../state/events';
import type { History } from '../../state/history';
import type { SizeHistory } from '../../state/size-history';
import { DownloadButton } from '../DownloadButton';
import { Charts } from '../lab/Charts';
import { Gctrace } from './Gctrace';
import { HeapMapView } from './HeapMapView';
import { type HeapActions, HeapNow } from './HeapNow';
import { MemoryEmpty } from './MemoryEmpty';
import { MetricsTable } from './MetricsTable';
import { SpanObjects } from './SpanObjects';
import { Assists, Collections } from './Tables';
import './memory.css';

export interface MemoryProps extends HeapActions {
  /** The experiment whose run is on the page; null: nothing has run. */
  shown: ExperimentSpec | null;
  experiments: readonly ExperimentSpec[];
  history: History;
  events: EventStore;
  sizes: SizeHistory;
  result: RunResult | null;
  live: boolean;
  steerable: boolean;
  names: readonly string[];
  snapshot: ReadonlySignal<LiveSnapshot | null>;
  heapMap: ReadonlySignal<HeapMap | null>;
  heapSpan: ReadonlySignal<HeapSpan | null>;
  chosenPage: ReadonlySignal<number>;
  gctrace: ReadonlySignal<string>;
  gctraceLevel: ReadonlySignal<1 | 2>;
  onChooseSpan: (page: number) => void;
  onLevel: (level: 1 | 2) => void;
  onSelect: (experiment: string) => void;
}

const FIRST = ['heap'];
const OTHERS = ['gc_cpu', 'pauses_gc', 'alloc_rate', 'size_classes'];

export function MemoryView(props: MemoryProps) {
  const { shown, experiments, history, events, sizes, result, live, names, snapshot, chosenPage, onChooseSpan, onSelect } = props;
  // Only whether there is a heap is followed here; what changes ten times a second is followed where it is drawn.
  const heapless = useComputed(() => snapshot.value !== null && snapshot.value.heap === null);
  const begun = shown !== null && (live || result !== null || snapshot.peek() !== null);
  if (!result?.memory && (!begun || heapless.value)) {
    return <MemoryEmpty title={begun ? shown.title : null} experiments={experiments} onSelect={onSelect} />;
  }
  const charts = { history, events, sizes, result, live, verb: shown?.verb ?? 'Run' };
  return (
    <div class="memory">
      <HeapNow spec={shown} snapshot={snapshot} result={result} steerable={props.steerable} live={live} onGogc={props.onGogc} onLimit={props.onLimit} />
      <Charts ids={FIRST} {...charts} />
      <div class="memory-heap">
        <HeapMapView heapMap={props.heapMap} chosen={chosenPage} live={live} onChoose={onChooseSpan} />
        <SpanObjects heapSpan={props.heapSpan} heapMap={props.heapMap} chosen={chosenPage} live={live} onChoose={onChooseSpan} />
      </div>
      <Charts ids={OTHERS} {...charts} />
      <Assists events={events} result={result} names={names} live={live} />
      <Collections events={events} result={result} names={names} live={live} />
      <Gctrace text={props.gctrace} level={props.gctraceLevel} live={live} onLevel={props.onLevel} />
      <MetricsTable result={result} snapshot={snapshot} />
      <p class="memory-files">
        <DownloadButton name={`samovar-${shown?.name ?? 'run'}-heap.csv`} file={() => heapCsv(history)}>Download heap samples (CSV)</DownloadButton>
      </p>
    </div>
  );
}
