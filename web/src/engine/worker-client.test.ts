import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { heapMapWords } from './heap-map';
import { LIVE_BYTES } from './live-block';
import type { FromWorker, ToWorker } from './single-protocol';
import { FakeModule } from './testing/fake-module';
import { WorkerClient, type WorkerLike } from './worker-client';

/** A worker that answers in the way of single-worker.ts, as far as the test lets it. */
class ScriptedWorker implements WorkerLike {
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  told: ToWorker[] = [];
  ended = false;
  private readonly module = new FakeModule();

  say(message: FromWorker): void {
    this.onmessage?.({ data: message } as MessageEvent<FromWorker>);
  }

  postMessage(message: ToWorker): void {
    this.told.push(message);
    if (!('id' in message)) return;
    const { module } = this;
    const value =
      message.call === 'validate' ? module.validate(message.experiment, JSON.stringify(message.parameters))
      : message.call === 'start' ? module.start(message.experiment, JSON.stringify(message.parameters))
      : message.call === 'gctrace' ? module.gctrace(message.level)
      : message.call === 'heap_span' ? module.heap_span(message.page)
      : message.call === 'heap_map' ? ''
      : module[message.call]();
    const bytes = message.call === 'heap_map' ? heapMapWords(module)?.slice().buffer ?? new ArrayBuffer(0) : null;
    queueMicrotask(() => this.say(bytes ? { id: message.id, bytes } : { id: message.id, value }));
  }

  live(): ArrayBuffer {
    this.module.poll();
    const at = this.module.live_address() / 4;
    return this.module.HEAPU32.slice(at, at + LIVE_BYTES / 4).buffer;
  }

  terminate(): void {
    this.ended = true;
  }
}

let worker: ScriptedWorker;

async function boot(): Promise<WorkerClient> {
  const booting = WorkerClient.boot(() => worker);
  worker.say({ ready: true });
  return booting;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
  worker = new ScriptedWorker();
});
afterEach(() => void vi.useRealTimers());

test('calls are answered in whatever order', async () => {
  const client = await boot();
  const [about, names] = await Promise.all([client.describe(), client.names()]);
  expect(about.experiments[0]?.name).toBe('mine');
  expect(names).toEqual(['main', 'miner']);
});

test('the heap is asked for as bytes and as text, and set without an answer', async () => {
  const client = await boot();
  expect(await client.heapMap()).toBeNull();
  await client.start('trees', {});
  expect((await client.heapMap())?.spans).toBe(4);
  expect((await client.heapSpan(2))?.objects).toBe('bgw.');
  expect(await client.heapSpan(900)).toBeNull();
  expect(await client.gctrace(2)).toContain('gc 1 @');
  client.setGogc(-1);
  client.setMemoryLimit(32);
  expect(worker.told.slice(-2)).toEqual([{ tell: 'set_gogc', percent: -1 }, { tell: 'set_memory_limit', mebibytes: 32 }]);
});

test('a sample is acknowledged, so that the next may come', async () => {
  const client = await boot();
  const runs: number[] = [];
  client.onSnapshot((s) => runs.push(s.run));
  await client.start('mine', {});
  worker.say({ live: worker.live() });
  expect(runs).toEqual([1]);
  expect(worker.told.at(-1)).toEqual({ tell: 'seen' });
});

test('events and the result reach the page in the order they were sent', async () => {
  const client = await boot();
  const heard: string[] = [];
  client.onEvents((bytes, dropped) => heard.push(`events ${bytes.length} ${dropped}`));
  client.onDone((result) => heard.push(`done ${result?.experiment}`));
  await client.start('mine', {});
  worker.say({ events: new ArrayBuffer(64), dropped: 3 });
  worker.say({ done: JSON.stringify({ experiment: 'mine' }) });
  expect(heard).toEqual(['events 64 3', 'done mine']);
});

describe('a worker that is lost', () => {
  test('because it fell silent in a run is told to stop, then ended', async () => {
    const client = await boot();
    const failures: string[] = [];
    client.onFailure((f) => failures.push(f.kind));
    await client.start('mine', {});
    await vi.advanceTimersByTimeAsync(3300);
    expect(worker.told).toContainEqual({ tell: 'cancel' });
    await vi.advanceTimersByTimeAsync(1000);
    expect(failures).toEqual(['hang']);
    expect(worker.ended).toBe(true);
  });

  test('between runs may be silent as long as it likes', async () => {
    const client = await boot();
    const failures: string[] = [];
    client.onFailure((f) => failures.push(f.kind));
    await client.start('mine', {});
    worker.say({ done: '' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(failures).toEqual([]);
  });

  test('because it failed rejects what was still asked of it', async () => {
    const client = await boot();
    const failures: string[] = [];
    client.onFailure((f) => failures.push(f.message));
    const asked = expect(client.describe()).rejects.toThrow('ended');
    worker.say({ failed: 'RuntimeError: unreachable' });
    await asked;
    expect(failures).toEqual(['unreachable']);
  });

  test('because it could not be loaded fails the start', async () => {
    const booting = expect(WorkerClient.boot(() => worker)).rejects.toThrow('The engine could not be fetched');
    worker.onerror?.({ message: '', preventDefault: () => {} } as ErrorEvent);
    await booting;
    expect(worker.ended).toBe(true);
  });
});
