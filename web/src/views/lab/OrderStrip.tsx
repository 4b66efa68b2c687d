/** The order in which goroutines ran, as cells: spawned 0 to n − 1, told from left to right. */
import { useState } from 'preact/hooks';
import type { RunResult } from '../../engine/types';
import { grouped } from '../format';

const SHOWN = 200;

/** The order that a result tells: its `order`, or else its first list of numbers. */
export function orderOf(result: RunResult | null): number[] {
  if (!result) return [];
  const lists = [result.result['order'], ...Object.values(result.result)];
  const list = lists.find((value): value is number[] => Array.isArray(value) && value.length > 0 && value.every((n) => typeof n === 'number'));
  return list ?? [];
}

/** The order in one sentence: what is striking about it. */
export function orderSentence(order: readonly number[]): string {
  if (order.length === 0) return '';
  if (order.length === 1) return `Only ${order[0]!} ran.`;
  const rising = (from: number): boolean => order.every((n, i) => i <= from || n > order[i - 1]!);
  const last = Math.max(...order);
  if (rising(0)) return 'They ran in the order in which they were created.';
  if (order[0] === last && rising(1)) return `The last one created, ${last}, ran first, because it stood in runnext; the others followed in the order of their creation.`;
  if (order.every((n, i) => i === 0 || n < order[i - 1]!)) return 'They ran in the reverse of the order in which they were created.';
  return `${order[0]!} ran first and ${order[order.length - 1]!} last of ${grouped(order.length)}.`;
}

export function OrderStrip({ result, verb = 'Run' }: { result: RunResult | null; verb?: string }) {
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
        <p class="chart-empty">{result ? 'This run told no order.' : `Press ${verb} to see the goroutines in the order in which they ran; it is told when the run has ended.`}</p>
      ) : (
        <ol class="order" tabIndex={0} aria-label="Order of running, first to last">
          {shown.map((n, i) => (
            <li key={i} class={i > 0 && n < order[i - 1]! ? 'order-back' : undefined}>{n}</li>
          ))}
        </ol>
      )}
      <figcaption>{orderSentence(order)}{order.length > 1 ? ' A bar before a cell marks a step back.' : ''}</figcaption>
    </figure>
  );
}
