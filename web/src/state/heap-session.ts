/**
 * What the page asks of the heap of the run that is on: its map with each renewal of the words while it is looked at and twice a second otherwise,
 * the chosen span and the gctrace lines only while they are looked at. One question at a time: an answer that takes long is waited for.
 */
import { batch } from '@preact/signals';
import { spanAt } from '../engine/heap-map';
import type { LiveSnapshot } from '../engine/types';
import { host } from './host';
import { GC_WORKER } from './reasons';
import * as store from './store';

/** Of the samples that words are made of, while nobody looks at the map. */
const UNWATCHED_EVERY = 3;
/** Lines and names are renewed every so many samples. */
const TEXT_EVERY = 6;

let asking = false;
let samples = 0;
/** Counts runs: an answer about the run before is dropped. */
let generation = 0;
/** The level of the lines that are shown. */
let linesOf = 0;

/** Nothing is known of the heap of the run that begins. */
export function beginHeap(): void {
  generation++;
  asking = false;
  samples = 0;
  store.sizes.clear();
  store.heapMap.value = null;
  store.heapSpan.value = null;
  store.chosenPage.value = -1;
  store.gctrace.value = '';
}

/** With each sample that the page's words are made of. */
export function sampleHeap(snapshot: LiveSnapshot): void {
  if (!snapshot.heap) return;
  const watched = store.tab.value === 'memory';
  const turn = samples++;
  const over = snapshot.state !== 'running';
  if (!over && (asking || (!watched && turn % UNWATCHED_EVERY !== 0))) return;
  void sampleMap(snapshot.elapsedNs, watched || over);
  if (!over && turn % TEXT_EVERY === 0) {
    if (watched) void renewGctrace();
    void learnNames(snapshot.heap.cycles);
  }
}

/** The run is over: the lines are complete. The map stays as it was last seen. */
export function endHeap(): void {
  if (store.result.value?.memory) void renewGctrace();
}

async function sampleMap(timeNs: number, withSpan: boolean): Promise<void> {
  const mine = generation;
  asking = true;
  const map = await host.client?.heapMap().catch(() => null);
  if (mine !== generation) return;
  if (map) {
    store.sizes.push(timeNs, map);
    store.heapMap.value = map;
  }
  if (withSpan) await lookAtSpan();
  if (mine === generation) asking = false;
}

/** Asks for the objects of the chosen span. When the engine no longer tells, what was last seen of it stays. */
export async function lookAtSpan(): Promise<void> {
  const page = store.chosenPage.value;
  const mine = generation;
  if (page < 0) return void (store.heapSpan.value = null);
  const span = await host.client?.heapSpan(page).catch(() => null);
  if (mine !== generation || page !== store.chosenPage.value) return;
  const map = store.heapMap.value;
  batch(() => {
    if (span) store.heapSpan.value = span;
    // The page was freed, or the run is over and this span was never looked at.
    else if (store.heapSpan.value?.first_page !== page || (map && store.busy.value && spanAt(map, page) < 0)) store.heapSpan.value = null;
  });
}

export async function renewGctrace(): Promise<void> {
  const mine = generation;
  const level = store.gctraceLevel.value;
  const text = await host.client?.gctrace(level).catch(() => '');
  if (mine !== generation || level !== store.gctraceLevel.value) return;
  // The engine gives nothing while it is busy with the run: what was there stays, unless it is of another level.
  if (text || level !== linesOf) store.gctrace.value = text ?? '';
  linesOf = level;
}

/** So that the collector's workers are told from other goroutines before the run is over. */
async function learnNames(cycles: number): Promise<void> {
  if (cycles === 0 || store.names.value.includes(GC_WORKER)) return;
  const mine = generation;
  const names = await host.client?.names().catch(() => []);
  if (mine === generation && names && names.length > store.names.value.length) store.names.value = names;
}
