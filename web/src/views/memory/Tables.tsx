/** Who helped the collector, and the collections one by one. */
import { useEffect, useState } from 'preact/hooks';
import type { RunResult } from '../../engine/types';
import type { EventStore } from '../../state/events';
import { type Collection, pausedNsOf } from '../../state/gc-log';
import { bytes, count, duration, moment, percent, plural } from '../format';
import { lost } from '../lab/plots';
import { labelOf } from '../scheduler/sentences';
import { knownCollections } from './known';
import { finished, whyWords } from './sentences';

const ROWS = 50;
const RENEW_MS = 500;

interface Props {
  events: EventStore;
  result: RunResult | null;
  names: readonly string[];
  live: boolean;
}

/** Draws again twice a second while the log grows, and once more at the end. */
function useLog(events: EventStore, live: boolean): void {
  const [, renew] = useState(0);
  useEffect(() => {
    let seen = -1;
    const look = (): void => {
      if (events.version === seen) return;
      seen = events.version;
      renew(seen);
    };
    look();
    const timer = setInterval(look, RENEW_MS);
    return () => clearInterval(timer);
  }, [events, live]);
}

/** Of help that found nothing to scan no event tells; the result has its time. */
function noneSentence(events: EventStore, result: RunResult | null, live: boolean): string {
  const spent = (result?.memory?.cycles ?? []).reduce((sum, { assist_ns }) => sum + assist_ns, 0);
  if (events.dropped > 0) return `The events tell of none.${spent > 0 ? ` Together they helped for ${duration(spent)}.` : ''}${lost(events)}`;
  if (spent > 0) return `None found anything to scan; looking for it took ${duration(spent)} in all.`;
  return `${live ? 'None so far' : 'None'}: the background workers kept up with what was allocated.`;
}

export function Assists({ events, result, names, live }: Props) {
  useLog(events, live);
  const { gc } = events;
  const helpers = gc.byGoroutine();
  const helped = helpers.filter(({ times }) => times > 0).length; // the others only waited
  const label = labelOf(events, names);
  return (
    <section class="memory-table" aria-label="Assists">
      <h3>Which goroutines had to help with marking?</h3>
      {helpers.length === 0 ? (
        <p class="muted">{noneSentence(events, result, live)}</p>
      ) : (
        <div class="memory-scroll" tabIndex={0} role="region" aria-label="Assist time per goroutine">
          <table class="figures">
            <thead>
              <tr><th scope="col" class="words">goroutine</th><th scope="col">assist time</th><th scope="col">of all</th><th scope="col">times</th><th scope="col">scanned</th><th scope="col">waits for credit</th></tr>
            </thead>
            <tbody>
              {helpers.slice(0, ROWS).map((one) => (
                <tr key={one.g}>
                  <td class="words">{label(one.g)}</td>
                  <td>{duration(one.ns)}</td>
                  <td>{percent(gc.assistNs > 0 ? one.ns / gc.assistNs : NaN)}</td>
                  <td>{count(one.times)}</td>
                  <td>{bytes(one.kib * 1024)}</td>
                  <td>{count(one.waits)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p class="muted">{helped > 0 ? `${duration(gc.assistNs)} by ${plural(helped, 'goroutine')}` : 'There was nothing left to scan, so they only waited'}{helpers.length > ROWS ? `; the first ${ROWS} are shown` : ''}{gc.others.times > 0 ? `; ${duration(gc.others.ns)} by others that are not followed one by one` : ''}.</p>
        </div>
      )}
    </section>
  );
}

export function Collections({ events, result, live }: Props) {
  useLog(events, live);
  const { collections, total } = knownCollections({ events, result });
  const shown = collections.slice(-ROWS).reverse();
  const kept = result?.memory?.cycles.length ?? 0;
  return (
    <section class="memory-table" aria-label="Collections">
      <h3>What did each collection do?</h3>
      {shown.length === 0 ? (
        <p class="muted">{live ? 'The heap has not been collected yet.' : 'The heap was not collected in this run.'}</p>
      ) : (
        <div class="memory-scroll" tabIndex={0} role="region" aria-label="Collections, the latest first">
          <table class="figures">
            <thead>
              <tr>{['gc', 'from', 'marked for', 'stopped', 'heap', 'live after', 'goal', 'assists', 'workers', 'pages freed'].map((name) => <th key={name} scope="col">{name}</th>)}<th scope="col" class="words">why</th></tr>
            </thead>
            <tbody>{shown.map((one) => <Row key={one.cycle} one={one} />)}</tbody>
          </table>
          {total > shown.length && <p class="muted">The last {count(shown.length)} of {count(total)} are shown{kept > shown.length ? `; the downloaded result has ${kept < total ? `the last ${count(kept)}` : 'all'}` : ''}.</p>}
        </div>
      )}
    </section>
  );
}

function Row({ one }: { one: Collection }) {
  return (
    <tr>
      <td>{count(one.cycle)}</td>
      <td>{moment(one.startNs)}</td>
      <td>{finished(one.markedNs - one.markNs)}</td>
      <td>{duration(pausedNsOf(one))}</td>
      <td>{bytes(one.heapStart)}</td>
      <td>{bytes(one.marked)}</td>
      <td>{Number.isFinite(one.goal) ? bytes(one.goal) : '–'}</td>
      <td>{duration(one.assistNs)}</td>
      <td>{duration(one.workerNs)}</td>
      <td>{count(one.pagesFreed)}</td>
      <td class="words">{whyWords(one)}</td>
    </tr>
  );
}
