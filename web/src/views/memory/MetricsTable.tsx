/** Every metric under its name in runtime/metrics, with unit and a line of help; while a run goes on those that its samples tell. */
import type { ReadonlySignal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import type { LiveHeap, LiveSnapshot, RunResult } from '../../engine/types';
import { type MetricRow, MetricSearch, MetricTable } from '../Metrics';
import { plural } from '../format';
import { metricTexts, searchMetrics } from '../lab/fields';
import { METRIC_HELP } from './metric-help';

interface Props {
  result: RunResult | null;
  snapshot: ReadonlySignal<LiveSnapshot | null>;
}

const RENEW_MS = 1000;

/** What a sample tells of the metrics. Of finalizers and cleanups it has the sum only, which is no metric. */
export function liveMetrics(heap: LiveHeap): RunResult['metrics'] {
  return {
    '/gc/gogc:percent': heap.gogc, '/gc/gomemlimit:bytes': heap.limit,
    '/gc/heap/allocs:bytes': heap.allocatedBytes, '/gc/heap/allocs:objects': heap.allocatedObjects,
    '/gc/heap/frees:bytes': heap.freedBytes, '/gc/heap/frees:objects': heap.freedObjects,
    '/gc/heap/goal:bytes': heap.goal, '/gc/heap/live:bytes': heap.marked, '/gc/heap/objects:objects': heap.allocatedObjects - heap.freedObjects,
    '/memory/classes/heap/objects:bytes': heap.objectBytes, '/memory/classes/heap/unused:bytes': Math.max(0, heap.inUse - heap.objectBytes),
  };
}

/** All that are known, those without a figure too. */
export function metricRows(metrics: RunResult['metrics']): MetricRow[] {
  const known = Object.fromEntries(Object.keys(METRIC_HELP).map((name) => [name, NaN]));
  return metricTexts({ ...known, ...metrics }).map((row) => ({ ...row, help: METRIC_HELP[`${row.name}:${row.unit}`] ?? '' }));
}

export function MetricsTable({ result, snapshot }: Props) {
  const [words, setWords] = useState('');
  const [, renew] = useState(0);
  useEffect(() => {
    if (result) return;
    const timer = setInterval(() => renew((n) => n + 1), RENEW_MS);
    return () => clearInterval(timer);
  }, [result]);
  // Read without following it: once a second is enough for a table.
  const heap = snapshot.peek()?.heap;
  const rows = metricRows(result?.metrics ?? (heap ? liveMetrics(heap) : {}));
  const found = searchMetrics(rows, words);
  return (
    <section class="memory-metrics" aria-label="Metrics">
      <div class="memory-head">
        <h3>Metrics, under the names of runtime/metrics</h3>
        <MetricSearch example="pauses" words={words} onWords={setWords} />
        <span class="muted" role="status">{words === '' ? '' : plural(found.length, 'metric')}</span>
      </div>
      {!result && <p class="muted">While a run goes on, those that are sampled; all of them at its end.</p>}
      {found.length === 0 ? (
        <p class="muted">No metric has “{words}” in its name or its help.</p>
      ) : (
        <div class="memory-scroll" tabIndex={0} role="region" aria-label="Metrics: table">
          <MetricTable head="metric, and what it is" rows={found} />
        </div>
      )}
    </section>
  );
}
