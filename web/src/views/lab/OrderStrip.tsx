/** The order in which goroutines ran, as cells, told from left to right: their numbers in the order of creation, or their names. */
import { useState } from 'preact/hooks';
import type { RunResult } from '../../engine/types';
import { grouped } from '../format';
import { type Entry, orderOf, orderSentence } from './order';

const SHOWN = 200;

interface Props {
  result: RunResult | null;
  /** A run is on. */
  live?: boolean;
  verb?: string;
}

/** Instead of the cells, while there are none. */
function emptyText({ result, live, verb }: Props): string {
  if (result) return result.state === 'done' ? 'This run told no order.' : 'The run ended before its order could be told.';
  return live ? 'The order is told when the run has ended.' : `Press ${verb ?? 'Run'} to see the goroutines in the order in which they ran.`;
}

export function OrderStrip(props: Props) {
  const { result } = props;
  const [all, setAll] = useState(false);
  const order = orderOf(result);
  const shown = all ? order : order.slice(0, SHOWN);
  return (
    <figure class="chart">
      <div class="chart-head">
        <h3>In which order did they run?</h3>
        {order.length > SHOWN && <button type="button" onClick={() => setAll(!all)}>{all ? `Show the first ${SHOWN}` : `Show all ${grouped(order.length)}`}</button>}
      </div>
      {order.length === 0 ? (
        <p class="chart-empty">{emptyText(props)}</p>
      ) : (
        <ol class="order" tabIndex={0} aria-label="Order of running, first to last">
          {shown.map((n, i) => (
            <li key={i} class={stepsBack(order, i) ? 'order-back' : undefined}>{n}</li>
          ))}
        </ol>
      )}
      <figcaption>{orderSentence(order)}</figcaption>
    </figure>
  );
}

/** Whether it was created before the one that ran before it. */
function stepsBack(order: readonly Entry[], i: number): boolean {
  const [before, n] = [order[i - 1], order[i]];
  return typeof before === 'number' && typeof n === 'number' && n < before;
}
