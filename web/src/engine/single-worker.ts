/**
 * The single-thread engine in one plain worker. It runs the experiment eight milliseconds at a time and looks at its mail in
 * between, so that Cancel reaches it; samples and events are posted as bytes. The page answers a sample before it gets the
 * next, so a busy page is never flooded.
 */
import { BEAT_MS } from '../beat';
import type { CreateEngine, EngineModule } from './module';
import { heapMapWords } from './heap-map';
import { LIVE_BYTES } from './live-block';
import type { FromWorker, ToWorker } from './single-protocol';

const builds = import.meta.glob<{ default: CreateEngine }>('./wasm/single/engine.mjs');

const STEP_MS = 8;
/** A little less than the page's beat: a sample is there when it comes. */
const SAMPLE_MS = BEAT_MS - 5;
const EVENT_BYTES = 32;
const DRAIN_EVENTS = 16384;
const POST_MS = 100;
/** Events are posted sooner when this many bytes have come together. */
const POST_BYTES = 1 << 20;
const LAYOUT_DROPPED_WORD = 1 * 16 + 7 * 2;

let engine: EngineModule | null = null;
let running = false;
let visible = true;
let pageIsReady = true;
let sampledAt = 0;
let postedAt = 0;
let pending: Uint8Array[] = [];
let pendingBytes = 0;

const post = (message: FromWorker, transfer: Transferable[] = []): void => (self as unknown as Worker).postMessage(message, transfer);

// A message to oneself comes round faster than a timer, and lets the page's messages in between.
const next = new MessageChannel();
next.port1.onmessage = () => turn();

function copyLive(module: EngineModule): ArrayBuffer {
  module.poll();
  const at = module.live_address() / 4;
  return module.HEAPU32.slice(at, at + LIVE_BYTES / 4).buffer;
}

function sample(module: EngineModule, now: number): void {
  if (!visible || !pageIsReady || now - sampledAt < SAMPLE_MS) return;
  sampledAt = now;
  pageIsReady = false;
  const live = copyLive(module);
  post({ live }, [live]);
}

function drain(module: EngineModule): void {
  for (;;) {
    const count = module.drain();
    if (count > 0) {
      const at = module.drain_address() / 4;
      const words = module.HEAPU32.slice(at, at + (count * EVENT_BYTES) / 4);
      pending.push(new Uint8Array(words.buffer));
      pendingBytes += words.byteLength;
    }
    if (count < DRAIN_EVENTS) return;
  }
}

function postEvents(module: EngineModule): void {
  if (pendingBytes === 0) return;
  const all = new Uint8Array(pendingBytes);
  let at = 0;
  for (const piece of pending) {
    all.set(piece, at);
    at += piece.length;
  }
  pending = [];
  pendingBytes = 0;
  postedAt = performance.now();
  const dropped = module.HEAPU32[module.live_address() / 4 + LAYOUT_DROPPED_WORD] ?? 0;
  post({ events: all.buffer, dropped }, [all.buffer]);
}

function turn(): void {
  const module = engine;
  if (!module || !running) return;
  try {
    const more = module.step(STEP_MS);
    const now = performance.now();
    // A hidden page takes no events; the rings then keep the latest and count the rest as dropped.
    if (visible) drain(module);
    if (more) {
      sample(module, now);
      if (now - postedAt >= POST_MS || pendingBytes >= POST_BYTES) postEvents(module);
      next.port2.postMessage(0);
      return;
    }
    running = false;
    drain(module);
    postEvents(module);
    const live = copyLive(module);
    post({ live }, [live]);
    post({ done: module.result() });
  } catch (error) {
    running = false;
    post({ failed: String(error) });
  }
}

function answer(module: EngineModule, message: Extract<ToWorker, { id: number }>): string | ArrayBuffer {
  switch (message.call) {
    case 'validate':
      return module.validate(message.experiment, JSON.stringify(message.parameters));
    case 'start': {
      const text = module.start(message.experiment, JSON.stringify(message.parameters));
      if ((JSON.parse(text) as { ok: boolean }).ok) {
        running = true;
        pageIsReady = true;
        postedAt = performance.now();
        next.port2.postMessage(0);
      }
      return text;
    }
    case 'describe':
      return module.describe();
    case 'names':
      return module.names();
    case 'result':
      return module.result();
    case 'schedtrace':
      return module.schedtrace();
    case 'gctrace':
      return module.gctrace(message.level);
    case 'heap_map':
      return heapMapWords(module)?.slice().buffer ?? new ArrayBuffer(0);
    case 'heap_span':
      return module.heap_span(message.page);
  }
}

self.onmessage = ({ data }: MessageEvent<ToWorker>): void => {
  const module = engine;
  if (!module) return;
  if ('id' in data) {
    try {
      const value = answer(module, data);
      if (typeof value === 'string') post({ id: data.id, value });
      else post({ id: data.id, bytes: value }, [value]);
    } catch (error) {
      post({ id: data.id, error: String(error) });
    }
    return;
  }
  if (data.tell === 'cancel') module.cancel();
  else if (data.tell === 'set_procs') module.set_procs(data.n);
  else if (data.tell === 'set_gogc') module.set_gogc(data.percent);
  else if (data.tell === 'set_memory_limit') module.set_memory_limit(data.mebibytes);
  else if (data.tell === 'seen') pageIsReady = true;
  else visible = data.visible;
};

async function boot(): Promise<void> {
  const load = builds['./wasm/single/engine.mjs'];
  if (!load) return post({ failed: 'This page was built without its engine. Build it with ./play and reload.' });
  try {
    const create = (await load()).default;
    engine = await create({
      print: () => {},
      printErr: () => {},
      onAbort: (what) => post({ failed: String(what) }),
    });
    post({ ready: true });
  } catch (error) {
    post({ failed: String(error) });
  }
}

void boot();
