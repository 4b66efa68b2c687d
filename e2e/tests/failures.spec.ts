/** The engine lost, hung or short of memory: the page says so, starts another, and keeps the form. */
import type { Page } from '@playwright/test';
import { expect, test } from '../support/test';
import { PLAIN } from '../support/places';
import { link, type Samovar } from '../support/samovar';

/** Keeps every worker that the page makes, so that a test can end them under it. */
async function keepWorkers(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const all: Worker[] = [];
    const Real = globalThis.Worker;
    globalThis.Worker = class extends Real {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        all.push(this);
      }
    };
    Object.assign(globalThis, { e2eWorkers: all });
  });
}

const endWorkers = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const all = (globalThis as unknown as { e2eWorkers: Worker[] }).e2eWorkers.splice(0);
    for (const worker of all) worker.terminate();
    return all.length;
  });

/** As a trap in a thread tells the page of itself. */
const breakWorker = (page: Page): Promise<unknown> =>
  page.evaluate(() => {
    const worker = (globalThis as unknown as { e2eWorkers: Worker[] }).e2eWorkers.at(-1)!;
    worker.dispatchEvent(new ErrorEvent('error', { message: 'RuntimeError: unreachable', filename: 'engine.wasm', lineno: 1, cancelable: true }));
  });

/** A browser that gives a WebAssembly memory at most so many pages of 64 KiB. */
const giveAtMost = (page: Page, pages: number): Promise<unknown> =>
  page.addInitScript((most) => {
    const Real = WebAssembly.Memory;
    WebAssembly.Memory = class extends Real {
      constructor(descriptor: WebAssembly.MemoryDescriptor) {
        if (descriptor.initial > most) throw new RangeError('could not allocate memory');
        super(descriptor);
      }
    } as typeof Real;
  }, pages);

async function startLongRun(samovar: Samovar): Promise<Record<string, unknown>> {
  await samovar.open(link('mine', { difficulty: 40, blocks: 5, seed: 11 }));
  const form = await samovar.form();
  await samovar.mineButton.click();
  await samovar.running();
  await expect.poll(async () => (await samovar.figureTexts()).join(' ')).toMatch(/H\/s/);
  return form;
}

async function recovers(samovar: Samovar, form: Record<string, unknown>, says: RegExp): Promise<void> {
  const told = samovar.page.getByRole('alert').filter({ hasText: says });
  await expect(told).toHaveCount(1);
  await expect(told).toContainText('The run was ended; its result is lost.');
  await expect(told).toContainText('A new engine starts by itself; the form is as it was.');
  await samovar.ready();
  await expect(samovar.stateWord).toHaveText('FAILED');
  await expect(samovar.sentence).toContainText('This run was lost with its engine');
  expect(await samovar.form()).toEqual(form);
  await samovar.set('difficulty', 8);
  expect(await samovar.runToEnd()).toBe('DONE');
  await expect(told).toHaveCount(0);
}

test('threads that end in mid-run are noticed; the page says so, starts a new engine, and runs again', async ({ page, samovar }) => {
  await keepWorkers(page);
  const form = await startLongRun(samovar);
  expect(await endWorkers(page)).toBeGreaterThan(2);
  await recovers(samovar, form, /The engine hung: its heartbeat stood still/);
});

test('a trap in a thread is told at once', async ({ page, samovar }) => {
  await keepWorkers(page);
  const form = await startLongRun(samovar);
  await breakWorker(page).catch(() => {});
  await recovers(samovar, form, /A thread of the engine crashed/);
});

test('after two losses in a row the page goes on with the build without threads', async ({ page, samovar }) => {
  await keepWorkers(page);
  await startLongRun(samovar);
  await breakWorker(page).catch(() => {});
  await samovar.ready();
  await samovar.mineButton.click();
  await samovar.running();
  await breakWorker(page).catch(() => {});
  await samovar.ready();
  await expect(samovar.notices.filter({ hasText: 'The engine with threads failed twice in a row' })).toHaveCount(1);
  await expect(samovar.status.getByText('simulated threads')).toBeVisible();
  await samovar.set('difficulty', 8);
  expect(await samovar.runToEnd()).toBe('DONE');
});

test('a browser that refuses 128 MiB gets a smaller engine, and the page says how small', async ({ page, samovar }) => {
  await giveAtMost(page, 1024);
  await samovar.open();
  await expect(samovar.notices).toHaveText([/The browser refused 128 MiB of shared memory; the engine has 64 MiB\./]);
  expect(await samovar.ended('mine')).toBe('DONE');
  await samovar.set('difficulty', 8);
  await samovar.mineButton.click();
  await expect(samovar.sentence).toContainText('This is run');
});

test('a run that uses up the memory ends in Go’s words, and its engine lives on', async ({ page, samovar }) => {
  await giveAtMost(page, 512);
  await samovar.open(link('million', { goroutines: 300_000 }));
  expect(await samovar.runToEnd()).toBe('PANICKED');
  await expect(samovar.sentence).toContainText('Out of memory: cannot allocate another goroutine.');
  await samovar.set('goroutines', 1000);
  expect(await samovar.runToEnd()).toBe('DONE');
  await expect(samovar.sentence).toContainText('This is run 2 of this page.');
});

test('a browser that gives no shared memory at all gets the build without threads', async ({ page, samovar }) => {
  await page.addInitScript(() => {
    const Real = WebAssembly.Memory;
    WebAssembly.Memory = class extends Real {
      constructor(descriptor: WebAssembly.MemoryDescriptor & { shared?: boolean }) {
        if (descriptor.shared) throw new RangeError('could not allocate memory');
        super(descriptor);
      }
    } as typeof Real;
  });
  await samovar.open();
  await expect(samovar.status.getByText('simulated threads')).toBeVisible();
  await expect(samovar.notices).toHaveText([/The engine with threads did not start .*The one without threads runs instead\./]);
  expect(await samovar.ended('mine')).toBe('DONE');
});

test('an engine that cannot be fetched is told in one sentence, with a button to try again', async ({ page, samovar, watch }) => {
  watch.expected = [/ERR_FAILED/];
  await page.route('**/*.wasm', (route) => route.abort());
  await page.goto('.');
  await expect(samovar.stateWord).toHaveText('NO ENGINE');
  await expect(samovar.notices).toHaveText([/The engine could not be fetched from the server of this page\. Check the connection, then reload the page\./]);
  await page.unroute('**/*.wasm');
  await samovar.notices.getByRole('button', { name: 'Reload' }).click();
  expect(await samovar.ended('mine')).toBe('DONE');
});

test.describe('without threads', () => {
  test.use({ baseURL: PLAIN.url, serviceWorkers: 'block' });

  test('a worker that ends in mid-run is noticed, and a new one runs', async ({ page, samovar }) => {
    await keepWorkers(page);
    const form = await startLongRun(samovar);
    expect(await endWorkers(page)).toBe(1);
    await recovers(samovar, form, /The engine hung: it sent nothing/);
  });
});
