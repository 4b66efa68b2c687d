/** Ties the engine's host to the store: what the engine says becomes state, and failures become sentences. */
import { browserEnvironment, ensureIsolation, keepForOffline } from '../engine/isolation';
import type { EngineClient, EngineFailure } from '../engine/client';
import { failureWords, isShortOfMemory } from '../engine/failure';
import { nextTask } from '../engine/next-task';
import { createHost } from './host';
import { announce, notice } from './notices';
import { runLost, takeEvents, takeResult, takeSnapshot } from './run';
import * as store from './store';

let firstReady: ((ok: boolean) => void) | null = null;

const host = createHost({
  snapshot: takeSnapshot,
  events: takeEvents,
  done: (result) => void takeResult(result),
  failure: tellFailure,
  ready: (client) => void ready(client),
  lost: (sentence) => {
    store.engine.value = 'lost';
    store.engineSentence.value = sentence;
    runLost();
    announce(sentence);
    firstReady?.(false);
  },
  note: (sentence) => notice('info', sentence, 'engine'),
});

function tellFailure(failure: EngineFailure): void {
  store.engine.value = 'starting';
  store.engineSentence.value = 'Starting a new engine…';
  const inRun = store.busy.value ? ' The run was ended; its result is lost.' : '';
  const advice = isShortOfMemory(failure) ? ` Try fewer goroutines${store.shown.value?.parameters.heap === undefined ? '' : ', or a smaller heap'}.` : '';
  const text = `${failureWords(failure)}${inRun} A new engine starts by itself; the form is as it was.${advice}`;
  notice('error', text, 'run');
  announce(text);
  runLost();
}

/** Each step takes the main thread for long enough: in a task of its own none of them keeps the page from drawing and answering. */
async function ready(client: EngineClient): Promise<void> {
  try {
    await nextTask();
    const description = store.description.value ?? (await client.describe());
    await nextTask();
    if (host.client !== client) return;
    store.description.value = description;
    store.engineKind.value = client.kind;
    store.engineThreads.value = client.threads;
    store.engine.value = 'ready';
    store.engineSentence.value = '';
    firstReady?.(true);
  } catch {
    // The engine was lost again before it could answer; its host tells.
  }
}

/** False: the page is about to reload, or there is no engine. */
export async function startEngine(): Promise<boolean> {
  // With the development server there is no worker to keep anything, and it isolates the page itself.
  const isolation = import.meta.env.DEV ? 'isolated' : await ensureIsolation(browserEnvironment());
  if (isolation === 'reloading') return false;
  store.engine.value = 'starting';
  document.addEventListener('visibilitychange', () => host.setVisible(!document.hidden));
  addEventListener('error', (event) => {
    // A call of the window's own into the engine: told on the page, and not once more in the console.
    if (!(event.error instanceof WebAssembly.RuntimeError)) return;
    event.preventDefault();
    host.reportTrap(event.message);
  });
  const first = new Promise<boolean>((resolve) => (firstReady = resolve));
  host.setVisible(!document.hidden);
  await host.start();
  const ok = await first;
  firstReady = null;
  if (!import.meta.env.DEV && isolation === 'isolated') setTimeout(() => void keepForOffline(), 2000);
  return ok;
}
