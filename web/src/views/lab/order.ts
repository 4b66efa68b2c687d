/** The order that an experiment's result tells, and what is striking about it in one sentence. Pure. */
import type { RunResult } from '../../engine/types';
import { grouped, plural } from '../format';

/** A goroutine's number in the order of creation, or the name that the experiment gave to it ("main", "A0"). */
export type Entry = number | string;

export function orderOf(result: RunResult | null): Entry[] {
  const list = result?.result['order'];
  if (!Array.isArray(list) || !list.every((entry) => typeof entry === 'number' || typeof entry === 'string')) return [];
  // Where names are possible, numbers are written as texts too.
  return list.every((entry) => /^\d+$/.test(String(entry))) ? list.map(Number) : list;
}

export function orderSentence(order: readonly Entry[]): string {
  if (order.length === 0) return '';
  if (order.length === 1) return `Only ${order[0]!} ran.`;
  if (order.every((entry): entry is number => typeof entry === 'number')) return numbersSentence(order);
  return turnsSentence(order) ?? `${who(order)}${order[0]!} came first and ${order[order.length - 1]!} last of ${grouped(order.length)}.`;
}

function numbersSentence(order: readonly number[]): string {
  const rising = (from: number): boolean => order.every((n, i) => i <= from || n > order[i - 1]!);
  const last = Math.max(...order);
  const told = 'A bar before a cell marks a step back.';
  if (rising(0)) return 'They ran in the order in which they were created.';
  if (order[0] === last && rising(1)) return `The last one created, ${last}, ran first, because it stood in runnext; the others followed in the order of their creation. ${told}`;
  if (order.every((n, i) => i === 0 || n < order[i - 1]!)) return 'They ran in the reverse of the order in which they were created.';
  return `${order[0]!} ran first and ${order[order.length - 1]!} last of ${grouped(order.length)}. ${told}`;
}

/** Of entries such as C0, a letter for the goroutine and a number for its turn. */
function turnsSentence(order: readonly Entry[]): string | null {
  const turns = order.map((entry) => /^([A-Z]+)(\d+)$/.exec(String(entry)));
  if (turns.some((turn) => turn === null)) return null;
  const rounds: string[] = [];
  for (const turn of turns) rounds[Number(turn![2])] = `${rounds[Number(turn![2])] ?? ''} ${turn![1]!}`;
  const goroutines = new Set(turns.map((turn) => turn![1])).size;
  if (goroutines === 1) return 'The number is the turn, from 0: there was nobody to share them with.';
  const first = rounds[0]?.trim() ?? '';
  const said = goroutines <= 8 ? `: ${first.replaceAll(' ', ', ')}` : '';
  const each = 'The letter is the goroutine, the number its turn, from 0.';
  if (rounds.every((round) => round === rounds[0])) return `${each} In each of ${plural(rounds.length, 'round')} the ${grouped(goroutines)} came in the same order${said}.`;
  return `${each} ${order[0]!} came first and ${order[order.length - 1]!} last; the order was not the same in each round.`;
}

/** What the names mean, where they are not numbers. */
function who(order: readonly Entry[]): string {
  if (order.includes('R')) return 'M is the goroutine that sends, R the one that waited for it, X those that stood in the queue. ';
  return order.includes('main') ? 'main is the goroutine that yields, the others are those it started. ' : '';
}
