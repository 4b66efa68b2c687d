/**
 * The beat by which everything that is watched is renewed. A frame in which anything changed costs the page's main thread and the
 * compositor some milliseconds, whatever it was; on a machine where every core runs the program that is watched, the program pays for
 * it. So nothing is renewed at the screen's rate: twelve times a second looks live as well, and because all beats fall on the same
 * moments of one clock, what different parts of the page draw falls into the same frame.
 */
export const BEAT_MS = 80;

/** Until the next beat. A timer may come a little early; the beat it was meant for is not counted twice. */
export function untilBeat(now: number): number {
  const left = BEAT_MS - (now % BEAT_MS);
  return left < BEAT_MS / 4 ? left + BEAT_MS : left;
}

/** Calls at each beat until the function it gives is called. */
export function onBeat(listener: () => void): () => void {
  const wait = (): ReturnType<typeof setTimeout> => setTimeout(beat, untilBeat(performance.now()));
  const beat = (): void => {
    timer = wait();
    listener();
  };
  let timer = wait();
  return () => clearTimeout(timer);
}
