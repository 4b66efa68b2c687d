/**
 * Who draws at this beat. Charts are costly to draw and nobody reads one at every beat, so they take turns: at most one a
 * beat, the one that has waited longest, and none more often than twice a second; on a machine where that takes long less often still,
 * so that each has less than a hundredth of the time. What cannot wait, such as the end of a run, is drawn at the next
 * frames, one after another. Nothing is asked while the page is hidden.
 */
import { onBeat } from '../beat';

const PERIOD_MS = 500;
const SHARE = 150;
const LONGEST_MS = 1000;

export interface Member {
  /** Whether there is something new that is worth drawing now. `rested`: it has not drawn for as long as it should wait. */
  due(rested: boolean): boolean;
  draw(): void;
}

interface Place {
  member: Member;
  drawnAt: number;
  /** How long drawing took the last time. */
  costMs: number;
}

const places = new Set<Place>();
let stop: (() => void) | null = null;
let frame = 0;

/** The member whose turn it is, if any is due. */
export function nextOf(all: Iterable<Place>, now: number): Place | null {
  let next: Place | null = null;
  for (const place of all) {
    if (next && place.drawnAt >= next.drawnAt) continue;
    const period = Math.min(LONGEST_MS, Math.max(PERIOD_MS, place.costMs * SHARE));
    if (place.member.due(now - place.drawnAt >= period)) next = place;
  }
  return next;
}

function turn(): void {
  if (document.hidden) return;
  const began = performance.now();
  const next = nextOf(places, began);
  if (!next) return;
  next.drawnAt = began;
  next.member.draw();
  // Preact draws in a microtask, and this one stands behind it.
  queueMicrotask(() => (next.costMs = performance.now() - began));
  if ([...places].some(({ member }) => member.due(false))) soon();
}

function soon(): void {
  if (frame !== 0) return;
  frame = requestAnimationFrame(() => {
    frame = 0;
    turn();
  });
}

/** Takes part until the function it gives is called. */
export function takeTurns(member: Member): () => void {
  const place = { member, drawnAt: -Infinity, costMs: 0 };
  places.add(place);
  stop ??= onBeat(turn);
  soon();
  return () => {
    places.delete(place);
    if (places.size > 0) return;
    stop?.();
    stop = null;
  };
}
