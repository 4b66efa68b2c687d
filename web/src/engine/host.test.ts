import { describe, expect, test } from 'vitest';
import { EngineMissing } from './builds';
import { Listeners, type EngineClient, type EngineFailure } from './client';
import { EngineHost, type Boots, type HostListener } from './host';
import type { FieldError } from './types';

class FakeClient implements EngineClient {
  readonly notes: string[] = [];
  disposed = false;
  started: unknown[] = [];
  private readonly failures = new Listeners<[EngineFailure]>();
  private readonly dones = new Listeners<[null]>();

  constructor(readonly kind: 'threads' | 'single', readonly threads = 0, readonly memory = 0) {}
  describe = () => Promise.reject(new Error('not asked here'));
  validate = () => Promise.reject(new Error('not asked here'));
  refuses: FieldError[] = [];
  start = (experiment: string) => {
    this.started.push(experiment);
    return Promise.resolve({ ok: this.refuses.length === 0, run: 1, errors: this.refuses });
  };
  cancel = () => {};
  setProcs = () => {};
  names = () => Promise.resolve([]);
  result = () => Promise.resolve(null);
  schedtrace = () => Promise.resolve('');
  gctrace = () => Promise.resolve('');
  setGogc = () => {};
  setMemoryLimit = () => {};
  heapMap = () => Promise.resolve(null);
  heapSpan = () => Promise.resolve(null);
  onSnapshot = () => () => {};
  onEvents = () => () => {};
  onDone = (listener: (result: null) => void) => this.dones.add(listener);
  onFailure = (listener: (failure: EngineFailure) => void) => this.failures.add(listener);
  setVisible = () => {};
  dispose = () => void (this.disposed = true);
  fail = () => this.failures.emit({ kind: 'abort', message: 'OOM' });
  finish = () => this.dones.emit(null);
}

interface Bench {
  host: EngineHost;
  heard: string[];
  clients: FakeClient[];
  last: () => FakeClient;
}

function bench(boots: Partial<Boots> = {}): Bench {
  const heard: string[] = [];
  const clients: FakeClient[] = [];
  const make = (client: FakeClient): Promise<FakeClient> => {
    clients.push(client);
    return Promise.resolve(client);
  };
  const listener: HostListener = {
    snapshot: () => {},
    events: () => {},
    done: () => void heard.push('done'),
    failure: (f) => void heard.push(`failure ${f.kind}`),
    ready: (c) => void heard.push(`ready ${c.kind} ${c.threads}`),
    lost: (s) => void heard.push(`lost ${s}`),
    note: (s) => void heard.push(`note ${s}`),
  };
  const all: Boots = { threadsPossible: () => true, threads: (n, memory) => make(new FakeClient('threads', n, memory)), single: () => make(new FakeClient('single')), ...boots };
  return { host: new EngineHost(listener, all, 2), heard, clients, last: () => clients.at(-1)! };
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe('which build', () => {
  test('threads where they are possible, with a pool for the machine', async () => {
    const { host, heard } = bench();
    await host.start();
    expect(heard).toEqual(['ready threads 8']);
  });

  test('single where they are not', async () => {
    const { host, heard } = bench({ threadsPossible: () => false });
    await host.start();
    expect(heard).toEqual(['ready single 0']);
  });

  test('single with a sentence when the threads do not start', async () => {
    const { host, heard } = bench({ threads: () => Promise.reject(new Error('The engine’s threads did not start within 15 s.')) });
    await host.start();
    expect(heard[0]).toContain('within 15 s');
    expect(heard[1]).toBe('ready single 0');
  });

  test('none, with one sentence for a reader, when neither can be fetched', async () => {
    const { host, heard } = bench({
      threads: () => Promise.reject(new WebAssembly.RuntimeError('Aborted(both async and sync fetching of the wasm failed). Build with -sASSERTIONS for more info.')),
      single: () => Promise.reject(new Error("NetworkError: Failed to execute 'send' on 'XMLHttpRequest'")),
    });
    await host.start();
    expect(heard).toEqual(['lost The engine could not be fetched from the server of this page. Check the connection, then reload the page.']);
  });

  test('none, with a sentence, when the page was built without one', async () => {
    const { host, heard } = bench({ threads: () => Promise.reject(new EngineMissing('no engine')) });
    await host.start();
    expect(heard).toEqual(['lost no engine.']);
  });
});

describe('a run', () => {
  test('that fits the pool uses the engine as it is', async () => {
    const { host, clients } = bench();
    await host.start();
    await host.run('mine', { procs: 2, time: 'real' });
    expect(clients).toHaveLength(1);
  });

  test('with more Ps than the pool has threads for gets an engine with more', async () => {
    const { host, clients, heard } = bench();
    await host.start();
    await host.run('mine', { procs: 32, time: 'real' });
    expect(heard).toEqual(['ready threads 8', 'ready threads 38']);
    expect(clients[0]?.disposed).toBe(true);
    expect(clients[1]?.started).toEqual(['mine']);
  });

  test('that makes blocking calls gets an engine with a thread for each', async () => {
    const { host, clients } = bench();
    await host.start();
    await host.run('blocking-calls', { procs: 1, goroutines: 20, time: 'real' });
    expect(clients.map((c) => c.threads)).toEqual([8, 24]);
  });

  test('with a larger heap than the one before gets a new engine where there may be no room beside that', async () => {
    const { host, clients } = bench();
    await host.start();
    for (const heap of [68, 68, 100, 68, 100]) await host.run('trees', { heap, time: 'virtual' });
    expect(clients.map((c) => c.memory >> 20)).toEqual([128, 192, 192]);
    expect(clients.map((c) => c.started.length)).toEqual([0, 2, 3]);
  });

  test('of a million goroutines gets an engine with the memory for them', async () => {
    const { host, clients } = bench();
    await host.start();
    await host.run('million', { goroutines: 1_000_000, time: 'real' });
    expect(clients.map((c) => c.memory >> 20)).toEqual([128, 384]);
  });

  test('in virtual time needs no more threads, whatever its Ps', async () => {
    const { host, clients } = bench();
    await host.start();
    await host.run('mine', { procs: 64, time: 'virtual' });
    expect(clients).toHaveLength(1);
  });

  test('with a heap that does not fit beside the rest gets an engine with more memory, once', async () => {
    const { host, clients } = bench();
    await host.start();
    await host.run('trees', { heap: 64, time: 'virtual' });
    expect(clients.map((c) => c.memory)).toEqual([128 << 20]);
    for (let i = 0; i < 2; i++) await host.run('trees', { heap: 200, time: 'virtual' });
    expect(clients.map((c) => [c.threads, c.memory >> 20])).toEqual([[8, 128], [8, 320]]);
    await host.run('trees', { heap: 32, procs: 16, time: 'real' });
    expect(clients.slice(2).map((c) => [c.threads, c.memory >> 20])).toEqual([[22, 320]]);
  });

  test('refused because of a parameter is told so, refused for another reason gets a new engine', async () => {
    const { host, clients } = bench();
    await host.start();
    const error = { value: '', allowed: '', used: '', message: 'no' };
    clients[0]!.refuses = [{ ...error, field: 'blocks' }];
    expect((await host.run('mine', {})).ok).toBe(false);
    expect(clients).toHaveLength(1);
    clients[0]!.refuses = [{ ...error, field: '' }];
    expect((await host.run('mine', {})).ok).toBe(true);
    expect(clients).toHaveLength(2);
  });

  test('without an engine is refused', async () => {
    const { host } = bench({ threads: () => Promise.reject(new EngineMissing('no engine')) });
    await host.start();
    await expect(host.run('mine', {})).rejects.toThrow('no engine');
  });
});

describe('a lost engine', () => {
  test('is replaced by one like it', async () => {
    const { host, heard, last } = bench();
    await host.start();
    last().fail();
    await settle();
    expect(heard).toEqual(['ready threads 8', 'failure abort', 'ready threads 8']);
  });

  test('twice in a row is replaced by the single-thread build, and that is said', async () => {
    const { host, heard, last } = bench();
    await host.start();
    for (let i = 0; i < 2; i++) {
      last().fail();
      await settle();
    }
    expect(heard.slice(-3)).toEqual(['failure abort', 'note The engine with threads failed twice in a row. The one without threads runs from now on.', 'ready single 0']);
  });

  test('with a finished run between two losses is not held against the threads', async () => {
    const { host, heard, last } = bench();
    await host.start();
    for (let i = 0; i < 4; i++) {
      last().fail();
      await settle();
      last().finish();
    }
    expect(heard.filter((h) => h.startsWith('ready'))).toEqual(Array(5).fill('ready threads 8'));
  });

  test('again and again is given up in the end', async () => {
    const { host, heard, last, clients } = bench();
    await host.start();
    for (let i = 0; i < 5; i++) {
      last().fail();
      await settle();
    }
    expect(heard.at(-1)).toContain('lost The engine failed 5 times in a row');
    expect(clients).toHaveLength(5);
  });
});
