/** What a run gave: its fields with units, what it cost, its metrics, and Go's words if it ended badly. */
import { useState } from 'preact/hooks';
import type { RunResult } from '../../engine/types';
import { eventsCsv } from '../../state/csv';
import type { EventStore } from '../../state/events';
import { CopyButton } from '../CopyButton';
import { DownloadButton } from '../DownloadButton';
import { MetricSearch, MetricTable } from '../Metrics';
import { BlocksTable } from './BlocksTable';
import { RowsTable } from './RowsTable';
import { type FieldText, costParts, fieldName, foundBlocks, memoryParts, metricTexts, resultFields, rowsOf, searchMetrics } from './fields';
import './lab.css';

export interface ResultPanelProps {
  result: RunResult | null;
  /** The run's event log, to be downloaded. */
  events: EventStore;
}

const TITLES: Readonly<Record<string, string>> = {
  done: 'Result', cancelled: 'Cancelled: the result so far', panicked: 'The run panicked', deadlocked: 'The run deadlocked', failed: 'The run failed',
};

export function ResultPanel({ result, events }: ResultPanelProps) {
  if (!result) return <p class="muted">No run has ended yet; its figures will stand here.</p>;
  const fields = resultFields(result);
  const lists = Object.entries(result.result).flatMap(([name, value]) => {
    const blocks = foundBlocks(value);
    return blocks ? [{ name: fieldName(name), blocks }] : [];
  });
  const tables = Object.entries(result.result).flatMap(([name, value]) => (foundBlocks(value) ? [] : (rowsOf(name, value) ?? [])));
  const { digest } = result.cost;
  const file = `samovar-${result.experiment}-${result.run}`;
  const json = (): string => JSON.stringify(result, null, 2);
  return (
    <section class="result" aria-label="Result">
      <div class="result-head">
        <h3>{TITLES[result.state] ?? 'Result'}</h3>
        <span class="result-files">
          <CopyButton text={json}>Copy JSON</CopyButton>
          <DownloadButton name={`${file}.json`} file={() => new Blob([json(), '\n'], { type: 'application/json' })}>Download result (JSON)</DownloadButton>
          <DownloadButton name={`${file}-events.csv`} file={() => eventsCsv(events)}>Download events (CSV)</DownloadButton>
        </span>
      </div>
      {result.message && <Message text={result.message} />}
      {lists.map(({ name, blocks }) => <BlocksTable key={name} name={name} blocks={blocks} />)}
      {tables.map((rows) => <RowsTable key={rows.name} rows={rows} />)}
      {fields.length > 0 ? (
        <dl class="result-fields">
          {fields.map((field) => <Field key={`${result.run} ${field.name}`} field={field} />)}
        </dl>
      ) : lists.length + tables.length === 0 ? (
        <p class="muted">This run gave no figures of its own.</p>
      ) : null}
      <p class="result-cost">
        {result.driver === 'virtual' ? 'Simulated threads in virtual time: ' : 'Real threads: '}
        {costParts(result).join(', ')}.
        {digest && <> Digest <code>{digest}</code>: the same parameters and seed give the same one everywhere.</>}
      </p>
      {result.memory && <p class="result-heap">Heap: {memoryParts(result.memory).join(', ')}. The Memory view has the rest.</p>}
      <Metrics metrics={result.metrics} />
    </section>
  );
}

/** Go's words, whole: the strip has their first sentence only. */
function Message({ text }: { text: string }) {
  return (
    <div class="result-message">
      <pre tabIndex={0} aria-label="What Go would have written">{text}</pre>
      <CopyButton text={() => `${text}\n`}>Copy text</CopyButton>
    </div>
  );
}

function Field({ field }: { field: FieldText }) {
  const [all, setAll] = useState(false);
  return (
    <>
      <dt>{field.name}</dt>
      <dd>
        {field.parts ? <Parts parts={field.parts} /> : all ? field.all : field.text}
        {field.all && <> <button type="button" onClick={() => setAll(!all)}>{all ? 'Show less' : 'Show all'}</button></>}
      </dd>
    </>
  );
}

/** An object's fields, small. */
function Parts({ parts }: { parts: FieldText[] }) {
  return (
    <dl class="result-parts">
      {parts.map((part) => <Field key={part.name} field={part} />)}
    </dl>
  );
}

function Metrics({ metrics }: { metrics: RunResult['metrics'] }) {
  const [words, setWords] = useState('');
  const texts = metricTexts(metrics);
  if (texts.length === 0) return null;
  const found = searchMetrics(texts, words);
  return (
    <details class="metrics">
      <summary>{texts.length} metrics, under the names of runtime/metrics</summary>
      <MetricSearch example="latencies" words={words} onWords={setWords} />
      <div class="metrics-scroll" tabIndex={0} role="region" aria-label="Metrics">
        {found.length === 0 ? (
          <p class="muted">No metric has “{words}” in its name.</p>
        ) : (
          <MetricTable head="metric" rows={found} />
        )}
      </div>
    </details>
  );
}
