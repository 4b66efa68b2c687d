/**
 * The page's half of public/sw.js. A window may only have shared memory when it is isolated; on a host that sends no headers our
 * service worker adds them, and the page must be loaded once more to come through it. That reload happens before anything is
 * started and at most once in ten seconds: the session keeps the time at which it was tried, so that a worker that does not help
 * cannot make the page reload for ever, and yet a later hard reload, which goes round the worker, recovers.
 */
const TRIED = 'samovar.isolation-tried';
const TRIED_HOLDS_MS = 10_000;
const ACTIVE_TIMEOUT_MS = 5000;

export type Isolation = 'isolated' | 'reloading' | 'unavailable';

/** The parts of the browser this needs; tests hand in their own. */
export interface IsolationEnvironment {
  isolated: boolean;
  /** Undefined: none here (private windows, plain http, switched off). */
  serviceWorker: Pick<ServiceWorkerContainer, 'register'> | undefined;
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  reload: () => void;
  /** Milliseconds since the epoch: it must go on through a reload. */
  now: () => number;
}

/** A stand-in when storage is forbidden: without a memory of having tried, nothing may be reloaded. */
const noStorage = { getItem: () => null, setItem: () => {}, removeItem: () => {} };

export function browserEnvironment(): IsolationEnvironment {
  let storage: IsolationEnvironment['storage'] = noStorage;
  try {
    storage = sessionStorage;
  } catch {
    // see noStorage
  }
  return {
    isolated: globalThis.crossOriginIsolated === true,
    serviceWorker: 'serviceWorker' in navigator ? navigator.serviceWorker : undefined,
    storage,
    reload: () => location.reload(),
    now: () => Date.now(),
  };
}

/** A time in the future is nobody's: the clock was set, or the mark is not ours. */
function triedJustNow(mark: string | null, now: number): boolean {
  const ago = now - Number(mark ?? NaN);
  return ago >= 0 && ago < TRIED_HOLDS_MS;
}

function active(registration: ServiceWorkerRegistration): Promise<boolean> {
  const worker = registration.installing ?? registration.waiting ?? registration.active;
  if (!worker) return Promise.resolve(false);
  if (worker.state === 'activated') return Promise.resolve(true);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ACTIVE_TIMEOUT_MS);
    worker.addEventListener('statechange', () => {
      if (worker.state !== 'activated' && worker.state !== 'redundant') return;
      clearTimeout(timer);
      resolve(worker.state === 'activated');
    });
  });
}

/** To be awaited before the engine is started. On `reloading` the page is about to go: do nothing more. */
export async function ensureIsolation(environment: IsolationEnvironment): Promise<Isolation> {
  const { isolated, serviceWorker, storage, reload, now } = environment;
  if (isolated) {
    storage.removeItem(TRIED);
    return 'isolated';
  }
  if (!serviceWorker || triedJustNow(storage.getItem(TRIED), now())) return 'unavailable';
  try {
    // Relative: the page may lie under any path.
    const registration = await serviceWorker.register('./sw.js', { scope: './' });
    if (!(await active(registration))) return 'unavailable';
  } catch {
    return 'unavailable';
  }
  const mark = String(now());
  storage.setItem(TRIED, mark);
  if (storage.getItem(TRIED) !== mark) return 'unavailable';
  reload();
  return 'reloading';
}

/** Registers the worker where it is not needed for isolation, and has it fetch the whole build for offline use. */
export async function keepForOffline(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  try {
    const registration = await navigator.serviceWorker.register('./sw.js', { scope: './' });
    if (await active(registration)) registration.active?.postMessage('precache');
  } catch {
    // Without a service worker the page works online only.
  }
}
