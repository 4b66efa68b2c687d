import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { EngineFailure } from './client';
import type { EngineOptions } from './module';
import { FakeModule } from './testing/fake-module';
import { ThreadsClient } from './threads-client';
import type { LiveSnapshot, RunResult } from './types';

let options: EngineOptions = {};
let module: FakeModule;

function boot(threads = 8): Promise<ThreadsClient> {
  return ThreadsClient.boot(threads, () =>
    Promise.resolve((given) => {
      options = given;
      return Promise.resolve(module);
    }),
  );
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
  module = new FakeModule();
});

afterEach(() => {
  vi.useRealTimers();
});

interface Heard {
  snapshots: LiveSnapshot[];
  bytes: number;
  results: (RunResult | null)[];
  failures: EngineFailure[];
}

function listen(client: ThreadsClient): Heard {
  const heard: Heard = { snapshots: [], bytes: 0, results: [], failures: [] };
  client.onSnapshot((s) => heard.snapshots.push(s));
  client.onEvents((b) => (heard.bytes += b.length));
  client.onDone((r) => heard.results.push(r));
  client.onFailure((f) => heard.failures.push(f));
  return heard;
}

test('the engine is given memory of a fixed size and the number of its threads', async () => {
  await boot(12);
  expect(options.samovarThreads).toBe(12);
  expect(options.wasmMemory?.buffer.byteLength).toBe(128 << 20);
});

test('an engine for a large heap says so where the browser gives less', async () => {
  const asked: number[] = [];
  const create = (given: EngineOptions) => {
    options = given;
    return Promise.resolve(module);
  };
  const client = await ThreadsClient.boot(8, () => Promise.resolve(create), 320 << 20, (bytes) => {
    asked.push(bytes!);
    return { memory: {} as WebAssembly.Memory, bytes: 128 << 20 };
  });
  expect(asked).toEqual([320 << 20]);
  expect(client.memory).toBe(320 << 20);
  expect(client.notes).toEqual(['The browser refused 320 MiB of shared memory; the engine has 128 MiB.']);
});

test('the heap is read from the engine, and its settings reach it', async () => {
  const client = await boot();
  expect(await client.heapMap()).toBeNull();
  expect(await client.gctrace(1)).toBe('');
  await client.start('trees', {});
  await vi.advanceTimersByTimeAsync(100);
  expect([...(await client.heapMap())!.firstPage]).toEqual([0, 2, 3, 10]);
  expect((await client.heapSpan(2))?.object_bytes).toBe(2048);
  expect(await client.heapSpan(1)).toBeNull();
  expect((await client.gctrace(2)).split('\n')).toHaveLength(3);
  client.setGogc(50);
  client.setMemoryLimit(32);
  expect([module.gogc, module.limitMib]).toEqual([50, 32]);
  client.dispose();
  client.setGogc(75);
  expect(module.gogc).toBe(50);
  expect(await client.heapMap()).toBeNull();
});

describe('a run that is still being made', () => {
  test('is told what was asked of it as soon as it is there, the last of each kind', async () => {
    const client = await boot();
    module.making = true;
    await client.start('trees', {});
    client.setGogc(50);
    client.setMemoryLimit(32);
    client.setGogc(75);
    await vi.advanceTimersByTimeAsync(200);
    expect([module.gogc, module.limitMib]).toEqual([100, 0]);
    module.making = false;
    await vi.advanceTimersByTimeAsync(100);
    expect([module.gogc, module.limitMib]).toEqual([75, 32]);
    expect(module.calls.filter((call) => call === 'set_gogc')).toHaveLength(1);
  });

  test('is not taken for the one before, whose figures stand in the live block', async () => {
    const client = await boot();
    const heard = listen(client);
    await client.start('trees', {});
    await vi.advanceTimersByTimeAsync(2500);
    heard.snapshots.length = 0;
    module.making = true;
    await client.start('mine', {});
    await vi.advanceTimersByTimeAsync(200);
    expect(heard.snapshots).toEqual([]);
    module.making = false;
    await vi.advanceTimersByTimeAsync(100);
    expect(heard.snapshots[0]).toMatchObject({ run: 2, heap: null });
  });

  test('gets nothing that was asked of the one before', async () => {
    const client = await boot();
    module.making = true;
    await client.start('trees', {});
    client.setGogc(50);
    await client.start('trees', {});
    module.making = false;
    await vi.advanceTimersByTimeAsync(100);
    expect(module.gogc).toBe(100);
  });
});

describe('a run', () => {
  test('is sampled at each beat, drained ten times a second, and ends with a result', async () => {
    const client = await boot();
    const heard = listen(client);
    expect(await client.start('mine', { procs: 2 })).toMatchObject({ ok: true, run: 1 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(heard.snapshots.length).toBeGreaterThanOrEqual(11);
    expect(heard.snapshots.length).toBeLessThanOrEqual(12);
    expect(heard.bytes).toBeGreaterThan(0);
    expect(heard.bytes % 32).toBe(0);
    await vi.advanceTimersByTimeAsync(1500);
    expect(heard.results).toHaveLength(1);
    expect(heard.snapshots.at(-1)?.state).toBe('done');
    const calls = module.calls.length;
    await vi.advanceTimersByTimeAsync(1000);
    expect(heard.results).toHaveLength(1);
    expect(module.calls.length).toBe(calls);
  });

  test('can be cancelled, and tells so', async () => {
    const client = await boot();
    const heard = listen(client);
    await client.start('mine', {});
    await vi.advanceTimersByTimeAsync(300);
    client.cancel();
    await vi.advanceTimersByTimeAsync(300);
    expect(heard.results[0]?.state).toBe('cancelled');
  });

  test('of a hidden page is not sampled, but its end is noticed', async () => {
    const client = await boot();
    const heard = listen(client);
    await client.start('mine', {});
    client.setVisible(false);
    const before = heard.snapshots.length;
    await vi.advanceTimersByTimeAsync(1500);
    expect(heard.snapshots.length).toBe(before);
    expect(heard.bytes).toBe(0);
    await vi.advanceTimersByTimeAsync(1500);
    expect(heard.results).toHaveLength(1);
  });
});

describe('an engine that is lost', () => {
  test('because its heart stopped is cancelled first, then ended, and said once', async () => {
    const client = await boot();
    const heard = listen(client);
    await client.start('mine', {});
    await vi.advanceTimersByTimeAsync(200);
    module.frozen = true;
    await vi.advanceTimersByTimeAsync(3200);
    expect(module.calls).toContain('cancel');
    expect(module.calls).not.toContain('terminateRuntime');
    await vi.advanceTimersByTimeAsync(5000);
    expect(heard.failures).toEqual([{ kind: 'hang', message: expect.stringContaining('heartbeat') as string }]);
    expect(module.calls.filter((c) => c === 'terminateRuntime')).toHaveLength(1);
  });

  test('because it aborted, or a thread of it crashed, is ended and said once', async () => {
    const client = await boot();
    const heard = listen(client);
    options.printErr?.('worker sent an error! engine.mjs:1: unreachable');
    options.onAbort?.('OOM');
    expect(heard.failures).toEqual([{ kind: 'trap', message: expect.stringContaining('unreachable') as string }]);
    expect(module.calls).toEqual(['terminateRuntime']);
    client.cancel();
    expect(module.calls).toEqual(['terminateRuntime']);
  });

  test('says why in its own words, and throws nothing at the window', async () => {
    const client = await boot();
    const heard = listen(client);
    const events = module.workers.map((worker) => {
      const event = new Event('error', { cancelable: true });
      Object.assign(event, { message: 'Uncaught RuntimeError: Aborted(). Build with -sASSERTIONS for more info.' });
      worker.onerror!.call(worker as Worker, event as ErrorEvent);
      return event;
    });
    expect(events.map((event) => event.defaultPrevented)).toEqual([true, true]);
    expect(heard.failures).toEqual([{ kind: 'abort', message: '' }]);
  });

  test('while hidden for long is not taken for hung', async () => {
    const client = await boot();
    const heard = listen(client);
    module.runNs = 60e9;
    await client.start('mine', {});
    client.setVisible(false);
    module.frozen = true;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(heard.failures).toEqual([]);
  });
});

test('an engine that does not start in time is given up', async () => {
  const starting = ThreadsClient.boot(8, () => Promise.resolve(() => new Promise(() => {})));
  const failed = expect(starting).rejects.toThrow('15 s');
  await vi.advanceTimersByTimeAsync(15_000);
  await failed;
});
