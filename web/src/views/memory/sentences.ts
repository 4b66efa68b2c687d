/** The heap in short sentences, in Go's terms. Pure. */
import { countObjects, type HeapMap, type HeapSpan, SPAN, scannedOf, spanAt } from '../../engine/heap-map';
import { CLASS_BYTES, PAGE_BYTES } from '../../engine/size-classes';
import type { LiveHeap } from '../../engine/types';
import type { Collection } from '../../state/gc-log';
import { bytes, count, duration, percent, plural } from '../format';

const marking = (map: HeapMap): boolean => map.phase >= 2;

/** What lies at a page of the map. */
export function pageSentence(map: HeapMap, page: number): string {
  if (page < 0) return '';
  if (page >= map.grown) return `Page ${count(page)} is not part of the arena yet.`;
  const i = spanAt(map, page);
  if (i < 0) return `Page ${count(page)} is free.`;
  const [first, pages, room, allocated] = [map.firstPage[i]!, map.pages[i]!, map.room[i]!, map.allocated[i]!];
  const flags = map.flags[i]!;
  const where = pages > 1 ? `Pages ${count(first)} to ${count(first + pages - 1)}` : `Page ${count(first)}`;
  const what =
    map.sizeClass[i] === 0
      ? `one large object in ${bytes(pages * PAGE_BYTES)}${allocated > 0 ? '' : ', free'}`
      : `${count(allocated)} of ${plural(room, 'object')} of ${bytes(CLASS_BYTES[map.sizeClass[i]!])}, ${percent(room > 0 ? allocated / room : 0)} full`;
  const refs = flags & SPAN.noRefs ? 'without references' : 'with references';
  const marks = marking(map) ? `, ${count(map.marked[i])} marked${map.knowsScanned ? `, ${count(scannedOf(map, i))} scanned` : ''}` : '';
  const state = [flags & SPAN.queued ? 'waits in a queue to be scanned' : '', flags & SPAN.unswept ? 'not swept yet' : ''].filter(Boolean);
  return `${where}: ${what}, ${refs}${marks}${state.length > 0 ? `; ${state.join(', ')}` : ''}.`;
}

/** Without `greys` nobody keeps what was scanned, and what is marked may be either. */
export function spanSentence(span: HeapSpan, greys: boolean): string {
  const { free, white, grey, black } = countObjects(span.objects);
  const size = `${plural(span.objects.length, 'object')} of ${bytes(span.object_bytes)} ${span.references ? 'with' : 'without'} references`;
  const state = [span.queued ? 'It waits in a queue to be scanned.' : '', span.swept ? '' : 'It has not been swept since the last collection.'].filter(Boolean);
  const marked = greys ? `${count(grey)} grey, ${count(black)} black` : `${count(grey + black)} marked`;
  return `${size}: ${count(free)} free, ${count(white)} white, ${marked}. ${state.join(' ')}`.trim();
}

/** The map in one sentence, for those who do not see it. */
export function mapSentence(map: HeapMap): string {
  let [pages, unswept, queued] = [0, 0, 0];
  for (let i = 0; i < map.spans; i++) {
    pages += map.pages[i]!;
    if (map.flags[i]! & SPAN.unswept) unswept++;
    if (map.flags[i]! & SPAN.queued) queued++;
  }
  const parts = [`${plural(map.spans, 'span')} on ${count(pages)} of ${plural(map.grown, 'page')}`];
  if (queued > 0) parts.push(`${count(queued)} wait to be scanned`);
  if (unswept > 0) parts.push(`${count(unswept)} not swept yet`);
  return `${parts.join(', ')}.`;
}

/** What brings a collection where growth does not; "": it does. Even without a limit the heap ends somewhere, and is collected before that. */
function offSentence({ gogc, limit, budget, trigger }: LiveHeap): string {
  if (gogc >= 0) return '';
  if (limit < budget) return 'GOGC is off: only the limit brings a collection.';
  const without = limit < Infinity ? 'GOGC is off and the limit lies beyond the heap’s end' : 'GOGC is off and there is no limit';
  return `${without}: a collection comes when the ${bytes(budget)} that the heap can have are nearly used up, at ${bytes(trigger)}.`;
}

export function phaseSentence(heap: LiveHeap, live: boolean): string {
  const number = heap.cycles > 0 ? ` ${count(heap.cycles)}` : '';
  if (live && heap.phase === 2) return `Collection${number} is marking, beside the program.`;
  if (live && heap.phase === 3) return `Collection${number} ends its marking.`;
  const off = offSentence(heap);
  if (heap.cycles === 0) return off || `No collection yet: the first begins at ${bytes(heap.trigger)} of live heap.`;
  if (!live) return off || `The run is over; the next collection would have begun at ${bytes(heap.trigger)}.`;
  return off || `${plural(heap.cycles, 'collection')} so far; the next begins at ${bytes(heap.trigger)}.`;
}

const WHY = { heap: 'trigger', time: 'two minutes', forced: 'forced' } as const;

export function whyWords(collection: Collection): string {
  return WHY[collection.why];
}

/** A time that may not have come yet. */
export function finished(ns: number): string {
  return Number.isFinite(ns) ? duration(ns) : '–';
}
