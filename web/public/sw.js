/*
 * The page's service worker. Two duties, because a scope has only one worker:
 *
 * 1. Isolation. Static hosts send no COOP and COEP, and without them there is no shared memory and so no threads. Every same-origin
 *    response gets the headers here, whatever it is: the engine's threads are started from ordinary scripts. Nothing that
 *    is not an ordinary 200 is wrapped (a 304 wrapped anew would have an empty body).
 * 2. Offline. Files of a build carry their hash in their names and are served from the cache, whose name is the build's hash.
 *    The page itself comes from the network first, for three seconds, then from the cache.
 *
 * The build writes the three constants. It never reloads a page: src/engine/isolation.ts does, and at most once.
 */
'use strict';

const BUILD = '__BUILD__';
const FILES = '__FILES__';
const CSP = '__CSP__';

const CACHE = `samovar-${BUILD}`;
const PAGE_TIMEOUT_MS = 3000;
const scope = new URL(self.registration.scope);
const page = scope.href;
const versioned = new Set(Array.from(FILES, (name) => new URL(name, scope).href).filter((url) => !url.endsWith('.html')));

function isolated(response) {
  if (response.status !== 200 || response.redirected || response.type === 'opaque' || response.type === 'opaqueredirect') return response;
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  headers.set('Document-Isolation-Policy', 'isolate-and-require-corp');
  if (/html|javascript/.test(headers.get('Content-Type') ?? '')) headers.set('Content-Security-Policy', CSP);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

async function keep(url, response) {
  const cache = await caches.open(CACHE);
  await cache.put(url, response);
}

async function fromCacheFirst(event) {
  const url = event.request.url;
  const cached = await caches.match(url);
  if (cached) return isolated(cached);
  const response = await fetch(event.request);
  if (response.status === 200 && response.type === 'basic') event.waitUntil(keep(url, response.clone()));
  return isolated(response);
}

function after(milliseconds, value) {
  return new Promise((resolve) => setTimeout(() => resolve(value), milliseconds));
}

async function pageFromNetworkFirst(event) {
  const network = fetch(event.request).then(isolated);
  network.catch(() => {}); // a late failure is no news once the cache has answered
  const first = await Promise.race([network.catch(() => null), after(PAGE_TIMEOUT_MS, null)]);
  if (first) return first;
  const cached = await (await caches.open(CACHE)).match(page);
  return cached ? isolated(cached) : network;
}

function isPage(url) {
  return url.origin === scope.origin && (url.pathname === scope.pathname || url.pathname === scope.pathname + 'index.html');
}

/** Fetches what of this build is not yet cached. Asked for by the page when it has nothing better to do. */
async function precache() {
  const cache = await caches.open(CACHE);
  for (const url of [page, ...versioned]) {
    if (await cache.match(url)) continue;
    const response = await fetch(url, { cache: 'no-cache' });
    if (response.status === 200) await cache.put(url, response);
  }
}

self.addEventListener('install', () => {
  void self.skipWaiting();
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      // The build before this one stays: a page of it may still be open and ask for its files.
      const ours = (await caches.keys()).filter((name) => name.startsWith('samovar-') && name !== CACHE);
      await Promise.all(ours.slice(0, -1).map((name) => caches.delete(name)));
      await self.clients.claim();
    })(),
  );
});

self.addEventListener('message', (event) => {
  if (event.data === 'precache') event.waitUntil(precache().catch(() => {}));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== scope.origin || request.method !== 'GET') return;
  if (request.cache === 'only-if-cached' && request.mode !== 'same-origin') return;
  if (request.mode === 'navigate' && isPage(url)) event.respondWith(pageFromNetworkFirst(event));
  else if (versioned.has(url.href)) event.respondWith(fromCacheFirst(event));
  else event.respondWith(fetch(request).then(isolated));
});
