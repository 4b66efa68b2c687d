/** Reads the live block of docs/engine-interface.md: lines of eight little-endian 64-bit words. */
import { RUN_STATES, type LiveHeap, type LiveM, type LiveP, type LiveSnapshot } from './types';

export const LIVE_VERSION = 2;
const HEADER_LINES = 2;
const MAX_PS = 64;
const MAX_MS = 96;
const HEAP_LINES = 3;
const LINE_WORDS = 16;
/** Its whole length, for whoever copies it. */
export const LIVE_BYTES = (HEADER_LINES + MAX_PS + MAX_MS + HEAP_LINES) * 64;

/** `words`: the block as 32-bit words. Null: its layout is another than this page knows. */
export function readLiveBlock(words: Uint32Array): LiveSnapshot | null {
  const low = (line: number, word: number): number => words[line * LINE_WORDS + word * 2] ?? 0;
  const high = (line: number, word: number): number => words[line * LINE_WORDS + word * 2 + 1] ?? 0;
  const whole = (line: number, word: number): number => low(line, word) + high(line, word) * 2 ** 32;
  if (low(0, 0) !== LIVE_VERSION) return null;

  const ps: LiveP[] = [];
  for (let id = 0; id < Math.min(MAX_PS, low(0, 5)); id++) {
    const line = HEADER_LINES + id;
    ps.push({
      id,
      status: low(line, 0),
      m: whole(line, 1) - 1,
      g: whole(line, 2),
      queue: low(line, 3),
      runnext: high(line, 3) !== 0,
      schedtick: whole(line, 4),
      stolenIn: low(line, 5),
      steals: high(line, 5),
      stolenOut: whole(line, 6),
      busyNs: whole(line, 7),
    });
  }
  const ms: LiveM[] = [];
  for (let id = 0; id < Math.min(MAX_MS, low(0, 6)); id++) {
    const line = HEADER_LINES + MAX_PS + id;
    ms.push({ id, state: low(line, 0), p: whole(line, 1) - 1, g: whole(line, 2) });
  }
  return {
    state: RUN_STATES[low(0, 1)] ?? 'failed',
    run: whole(0, 2),
    elapsedNs: whole(0, 3),
    heartbeat: whole(0, 4),
    globalQueue: whole(0, 7),
    progressDone: whole(1, 0),
    progressTotal: whole(1, 1),
    goroutines: whole(1, 2),
    goroutinesCreated: whole(1, 3),
    idlePs: whole(1, 4),
    spinningMs: whole(1, 5),
    workDone: whole(1, 6),
    eventsDropped: whole(1, 7),
    ps,
    ms,
    heap: readHeap(words.subarray((HEADER_LINES + MAX_PS + MAX_MS) * LINE_WORDS)),
  };
}

/** The three lines of the heap; null: this run has none. */
function readHeap(words: Uint32Array): LiveHeap | null {
  const at = (line: number, word: number): number => {
    const low = words[line * LINE_WORDS + word * 2] ?? 0;
    const high = words[line * LINE_WORDS + word * 2 + 1] ?? 0;
    return low === 0xffffffff && high === 0xffffffff ? Infinity : low + high * 2 ** 32;
  };
  const phase = at(0, 0);
  if (phase === 0) return null;
  return {
    phase, cycles: at(0, 1), live: at(0, 2), goal: at(0, 3), trigger: at(0, 4), inUse: at(0, 5), limit: at(0, 6), marked: at(0, 7),
    allocatedBytes: at(1, 0), allocatedObjects: at(1, 1), freedBytes: at(1, 2), freedObjects: at(1, 3),
    // Signed, and small: its low half is all of it.
    gogc: (words[LINE_WORDS + 8] ?? 0) | 0,
    budget: at(1, 5), objectBytes: at(1, 6), mapped: at(1, 7),
    assistNs: at(2, 0), markNs: at(2, 1), idleNs: at(2, 2), pausedNs: at(2, 3),
    waiting: at(2, 4), finalizersQueued: at(2, 5), finalizersRun: at(2, 6), forced: at(2, 7),
  };
}
