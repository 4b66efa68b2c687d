/**
 * The heap map of docs/engine-interface.md: every span in use, one record of 16 bytes each, and one span object by object. A
 * map has thousands of spans and comes ten times a second: it is decoded into columns, never into an object a span.
 */
import type { EngineModule } from './module';

const RECORD_WORDS = 4;
const KNOWN_LIMIT = 0xffff;

/** Bits of a span's flags. */
export const SPAN = { noRefs: 1, unswept: 2, queued: 4 } as const;

/** In the order of addresses; a page that no span covers is free. */
export interface HeapMap {
  /** Pages that the arena has grown to, and that it can have. */
  grown: number;
  most: number;
  /** Number of the collection, and its phase as in the live block. */
  cycle: number;
  phase: number;
  spans: number;
  firstPage: Uint32Array;
  pages: Uint32Array;
  sizeClass: Uint8Array;
  flags: Uint8Array;
  room: Uint16Array;
  allocated: Uint16Array;
  marked: Uint16Array;
  /** KNOWN_LIMIT: the marker keeps no such bits; see `knowsScanned`. */
  scanned: Uint16Array;
  /** Whether `scanned` means something. */
  knowsScanned: boolean;
}

export interface HeapSpan {
  first_page: number;
  pages: number;
  size_class: number;
  object_bytes: number;
  references: boolean;
  swept: boolean;
  queued: boolean;
  /** A letter an object: `.` free, `w` white, `g` grey, `b` black. */
  objects: string;
}

/** Has the engine sample its heap and gives the words of the map, in the engine's memory; null without a heap. */
export function heapMapWords(module: Pick<EngineModule, 'sample_heap' | 'heap_map_address' | 'HEAPU32'>): Uint32Array | null {
  const spans = module.sample_heap();
  if (spans === 0) return null;
  const at = module.heap_map_address() / 4;
  return module.HEAPU32.subarray(at, at + (spans + 1) * RECORD_WORDS);
}

/** `words`: the header and the records. Nothing of it is kept. */
export function decodeHeapMap(words: Uint32Array): HeapMap {
  const spans = Math.max(0, Math.floor(words.length / RECORD_WORDS) - 1);
  const map: HeapMap = {
    grown: words[0] ?? 0, most: words[1] ?? 0, cycle: words[2] ?? 0, phase: words[3] ?? 0, spans,
    firstPage: new Uint32Array(spans), pages: new Uint32Array(spans), sizeClass: new Uint8Array(spans), flags: new Uint8Array(spans),
    room: new Uint16Array(spans), allocated: new Uint16Array(spans), marked: new Uint16Array(spans), scanned: new Uint16Array(spans),
    knowsScanned: false,
  };
  for (let i = 0, at = RECORD_WORDS; i < spans; i++, at += RECORD_WORDS) {
    const kind = words[at + 1]!;
    const counts = words[at + 2]!;
    const bits = words[at + 3]!;
    map.firstPage[i] = words[at]!;
    map.pages[i] = kind & 0xffff;
    map.sizeClass[i] = (kind >>> 16) & 0xff;
    map.flags[i] = kind >>> 24;
    map.room[i] = counts & 0xffff;
    map.allocated[i] = counts >>> 16;
    map.marked[i] = bits & 0xffff;
    map.scanned[i] = bits >>> 16;
    if (bits >>> 16 !== KNOWN_LIMIT) map.knowsScanned = true;
  }
  // 65535 pages stands for that many or more: such a span reaches to the next, or to the end of the arena.
  for (let i = 0; i < spans; i++) {
    if (map.pages[i] === KNOWN_LIMIT) map.pages[i] = (i + 1 < spans ? map.firstPage[i + 1]! : Math.max(map.grown, map.firstPage[i]! + KNOWN_LIMIT)) - map.firstPage[i]!;
  }
  return map;
}

/** The index of the span that covers a page, -1: the page is free. */
export function spanAt(map: HeapMap, page: number): number {
  let low = 0;
  let high = map.spans;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (map.firstPage[middle]! > page) high = middle;
    else low = middle + 1;
  }
  const span = low - 1;
  return span >= 0 && page < map.firstPage[span]! + map.pages[span]! ? span : -1;
}

/** How many of a span's marked objects have been scanned; as many as are marked where the marker does not tell. */
export function scannedOf(map: HeapMap, span: number): number {
  const scanned = map.scanned[span]!;
  return scanned === KNOWN_LIMIT ? map.marked[span]! : Math.min(scanned, map.marked[span]!);
}

export function parseHeapSpan(text: string): HeapSpan | null {
  return text === '' ? null : (JSON.parse(text) as HeapSpan);
}

/** Objects of a span by letter. */
export function countObjects(objects: string): { free: number; white: number; grey: number; black: number } {
  const counts = { free: 0, white: 0, grey: 0, black: 0 };
  for (let i = 0; i < objects.length; i++) {
    const letter = objects.charCodeAt(i);
    if (letter === 0x77) counts.white++;
    else if (letter === 0x67) counts.grey++;
    else if (letter === 0x62) counts.black++;
    else counts.free++;
  }
  return counts;
}
