/** The slices of one P in the window of the timeline, as a table: for screen readers, and for reading off exact figures. */
import { useState } from 'preact/hooks';
import type { EventStore } from '../../state/events';
import { stopWords } from '../../state/reasons';
import type { View } from '../../ui/timeline-scale';
import { duration, moment, plural } from '../format';
import type { Label } from './sentences';

const ROWS = 100;

interface Props {
  events: EventStore;
  view: View;
  endNs: number;
  lane: number | null;
  lanes: number;
  label: Label;
}

export function TimelineTable({ events, view, endNs, lane, lanes, label }: Props) {
  const [own, setOwn] = useState<number | null>(null);
  const p = own ?? lane ?? 0;
  const { from, to } = events.slicesIn(p, view.t0, view.t1);
  const shown = Math.min(to - from, ROWS);
  const slices = Array.from({ length: shown }, (_, i) => events.slice(p, from + i));
  return (
    <div class="timeline-table">
      <label>
        P{' '}
        <select value={String(p)} onChange={(event) => setOwn(Number(event.currentTarget.value))}>
          {Array.from({ length: lanes }, (_, i) => <option key={i} value={String(i)}>{i}</option>)}
        </select>
      </label>{' '}
      <span class="muted">
        {plural(to - from, 'slice')} between {moment(view.t0)} and {moment(view.t1)}{to - from > shown ? `; the first ${shown}` : ''}
      </span>
      <div class="scroll" tabIndex={0} role="region" aria-label={`Slices of P${p}`}>
        <table class="figures">
          <thead>
            <tr><th scope="col">from</th><th scope="col">for</th><th scope="col" class="words">goroutine</th><th scope="col">M</th><th scope="col" class="words">then</th></tr>
          </thead>
          <tbody>
            {slices.map((slice, i) => (
              <tr key={from + i}>
                <td>{moment(slice.startNs)}</td>
                <td>{duration(Math.min(slice.endNs, endNs) - slice.startNs)}</td>
                <td class="words">{label(slice.g)}{slice.inherited ? ' (inherited slice)' : ''}</td>
                <td>{slice.m}</td>
                <td class="words">{slice.endNs === Infinity ? 'still running' : stopWords(slice.stopReason)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
