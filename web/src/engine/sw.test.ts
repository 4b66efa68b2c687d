/** Runs public/sw.js, as the build would write it, in a made-up service worker. */
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { beforeEach, describe, expect, test } from 'vitest';

const SCOPE = 'https://host.example/sub/path/';
const source = readFileSync(new URL('../../public/sw.js', import.meta.url), 'utf8')
  .replace("'__BUILD__'", '"b2"')
  .replace("'__FILES__'", '["index.html","assets/app-1.js","icon.svg"]')
  .replace("'__CSP__'", `"default-src 'none'"`);

class FakeCache {
  readonly entries = new Map<string, Response>();
  match = (url: string) => Promise.resolve(this.entries.get(url)?.clone());
  put = (url: string, response: Response) => {
    this.entries.set(url, response);
    return Promise.resolve();
  };
}

type Handler = (event: unknown) => void;

let handlers: Map<string, Handler>;
let stores: Map<string, FakeCache>;
let network: (url: string) => Promise<Response>;
let asked: string[];

function response(body: string | null, init: ResponseInit & { type?: string } = {}): Response {
  const made = new Response(body, init);
  Object.defineProperty(made, 'type', { value: init.type ?? 'basic' });
  return made;
}

beforeEach(() => {
  handlers = new Map();
  stores = new Map([['samovar-b0', new FakeCache()], ['samovar-b1', new FakeCache()], ['another-app', new FakeCache()]]);
  asked = [];
  network = () => Promise.resolve(response('text', { headers: { 'Content-Type': 'text/javascript' } }));
  const caches = {
    open: (name: string) => {
      const store = stores.get(name) ?? new FakeCache();
      stores.set(name, store);
      return Promise.resolve(store);
    },
    match: async (url: string) => {
      for (const store of stores.values()) {
        const hit = await store.match(url);
        if (hit) return hit;
      }
      return undefined;
    },
    keys: () => Promise.resolve([...stores.keys()]),
    delete: (name: string) => Promise.resolve(stores.delete(name)),
  };
  const self = {
    registration: { scope: SCOPE },
    addEventListener: (name: string, handler: Handler) => handlers.set(name, handler),
    skipWaiting: () => Promise.resolve(),
    clients: { claim: () => Promise.resolve() },
  };
  const fetch = (request: string | { url: string }): Promise<Response> => {
    const url = typeof request === 'string' ? request : request.url;
    asked.push(url);
    return network(url);
  };
  // Time in the worker runs a thousand times faster, so that a test need not wait three seconds.
  const quick = (f: () => void, ms: number): unknown => setTimeout(f, ms / 1000);
  runInNewContext(source, { self, caches, fetch, URL, Response, Headers, setTimeout: quick, Set, Array, Promise });
});

async function get(path: string, more: object = {}): Promise<Response | undefined> {
  let answer: Promise<Response> | undefined;
  const waits: Promise<unknown>[] = [];
  handlers.get('fetch')?.({
    request: { url: new URL(path, SCOPE).href, method: 'GET', mode: 'no-cors', ...more },
    respondWith: (value: Promise<Response>) => (answer = value),
    waitUntil: (value: Promise<unknown>) => waits.push(value),
  });
  const got = await answer;
  await Promise.all(waits);
  return got;
}

describe('isolation', () => {
  test('every answer of our own origin gets the headers, scripts the policy too', async () => {
    for (const path of ['assets/app-1.js', 'assets/other.js', 'engine.wasm', './']) {
      const headers = (await get(path))?.headers;
      expect(headers?.get('Cross-Origin-Opener-Policy'), path).toBe('same-origin');
      expect(headers?.get('Cross-Origin-Embedder-Policy'), path).toBe('require-corp');
      expect(headers?.get('Cross-Origin-Resource-Policy'), path).toBe('same-origin');
      expect(headers?.get('Document-Isolation-Policy'), path).toBe('isolate-and-require-corp');
      expect(headers?.get('Content-Security-Policy'), path).toBe("default-src 'none'");
    }
  });

  test.each([[204], [304], [404]])('an answer with status %d is passed on as it came', async (status) => {
    const came = response(null, { status });
    network = () => Promise.resolve(came);
    expect(await get('assets/other.js')).toBe(came);
  });

  test('opaque and redirected answers are passed on as they came', async () => {
    const opaque = response('x', { type: 'opaqueredirect' });
    network = () => Promise.resolve(opaque);
    expect(await get('assets/other.js')).toBe(opaque);
  });

  test('other origins and other methods are none of its business', async () => {
    expect(await get('https://elsewhere.example/x.js')).toBeUndefined();
    expect(await get('assets/app-1.js', { method: 'POST' })).toBeUndefined();
    expect(asked).toEqual([]);
  });
});

describe('offline', () => {
  test('a file of this build is fetched once', async () => {
    await get('assets/app-1.js');
    await get('assets/app-1.js');
    expect(asked).toEqual([SCOPE + 'assets/app-1.js']);
  });

  test('a bad answer is not kept', async () => {
    network = () => Promise.resolve(response('no', { status: 503 }));
    await get('assets/app-1.js');
    await get('assets/app-1.js');
    expect(asked).toHaveLength(2);
  });

  const cachePage = async (): Promise<void> => {
    const waits: Promise<unknown>[] = [];
    handlers.get('message')?.({ data: 'precache', waitUntil: (value: Promise<unknown>) => waits.push(value) });
    await Promise.all(waits);
    expect([...(stores.get('samovar-b2')?.entries.keys() ?? [])].sort()).toEqual([SCOPE, SCOPE + 'assets/app-1.js', SCOPE + 'icon.svg']);
  };

  test('the page comes from the network while that answers', async () => {
    await cachePage();
    network = () => Promise.resolve(response('new'));
    expect(await (await get('./', { mode: 'navigate' }))?.text()).toBe('new');
  });

  test('the page comes from the cache when the network fails or takes three seconds', async () => {
    network = () => Promise.resolve(response('old'));
    await cachePage();
    for (const dead of [() => Promise.reject(new TypeError('offline')), () => new Promise<Response>(() => {})]) {
      network = dead;
      for (const path of ['./', 'index.html', './?debug']) expect(await (await get(path, { mode: 'navigate' }))?.text()).toBe('old');
    }
  });

  test('without either, the failure is the network’s own', async () => {
    network = () => Promise.reject(new TypeError('offline'));
    await expect(get('./', { mode: 'navigate' })).rejects.toThrow('offline');
  });

  test('of older builds only the last is kept, and other caches are left alone', async () => {
    const waits: Promise<unknown>[] = [];
    handlers.get('activate')?.({ waitUntil: (value: Promise<unknown>) => waits.push(value) });
    await Promise.all(waits);
    expect([...stores.keys()]).toEqual(['samovar-b1', 'another-app']);
  });
});
