/**
 * Who draws in this frame. Charts are costly to draw and nobody reads one sixty times a second, so they take turns: at most one a
 * frame, the one that has waited longest, and none more often than ten times a second; on a machine where that takes long less often
 * still, so that each has a twentieth of the time and no more. Nothing is asked while the page is hidden.
 */

const PERIOD_MS = 100;
const SHARE = 20;
const LONGEST_MS = 1000;

export interface Member {
  /** Whether there is something new that is worth drawing now. */
  due(): boolean;
  draw(): void;
}

interface Place {
  member: Member;
  drawnAt: number;
  /** How long drawing took the last time. */
  costMs: number;
}

const places = new Set<Place>();
let frame = 0;

/** The member whose turn it is, if any is due. */
export function nextOf(all: Iterable<Place>, now: number): Place | null {
  let next: Place | null = null;
  for (const place of all) {
    const period = Math.min(LONGEST_MS, Math.max(PERIOD_MS, place.costMs * SHARE));
    if (now - place.drawnAt < period || (next && place.drawnAt >= next.drawnAt)) continue;
    if (place.member.due()) next = place;
  }
  return next;
}

function turn(now: number): void {
  frame = places.size > 0 ? requestAnimationFrame(turn) : 0;
  const next = nextOf(places, now);
  if (!next) return;
  next.drawnAt = now;
  const began = performance.now();
  next.member.draw();
  // Preact draws in a microtask, and this one stands behind it.
  queueMicrotask(() => (next.costMs = performance.now() - began));
}

/** Takes part until the function it gives is called. */
export function takeTurns(member: Member): () => void {
  const place = { member, drawnAt: -Infinity, costMs: 0 };
  places.add(place);
  if (frame === 0) frame = requestAnimationFrame(turn);
  return () => void places.delete(place);
}
