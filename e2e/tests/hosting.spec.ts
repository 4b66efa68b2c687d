/** A static host below a path that sends no headers: the page's own service worker isolates it, and keeps it for offline use. */
import { readdirSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, note, test } from '../support/test';
import { DIST, PLAIN, SERVER } from '../support/places';
import { link, VIEWS } from '../support/samovar';

test.use({ baseURL: PLAIN.url });

/** Counts documents, not addresses: writing to the hash is no navigation. */
function documents(page: Page): () => number {
  let count = 0;
  page.on('domcontentloaded', () => count++);
  return () => count;
}

test('becomes isolated with at most one reload, keeps the hash, and needs none on the second visit', async ({ page, samovar }) => {
  const loads = documents(page);
  const hash = link('mine', { blocks: 3, seed: 9 });
  await page.goto(`./${hash}`);
  await expect.poll(() => page.evaluate(() => globalThis.crossOriginIsolated).catch(() => false)).toBe(true);
  await samovar.ready();
  expect(loads()).toBe(2);
  expect(new URL(page.url()).pathname).toBe(PLAIN.base);
  await expect(samovar.field('blocks')).toHaveValue('3');
  await expect(samovar.field('seed')).toHaveValue('9');
  await expect(samovar.status.getByText('simulated threads')).toHaveCount(0);
  await expect(samovar.stateWord).toHaveText('IDLE');

  await samovar.open(hash);
  expect(loads() - 2, 'about:blank, then the page').toBe(2);
  expect(await page.evaluate(() => globalThis.crossOriginIsolated)).toBe(true);
  await samovar.set('difficulty', 8);
  await samovar.mineButton.click();
  expect(await samovar.ended('mine')).toBe('DONE');
  expect((await samovar.resultJson()).driver).toBe('threads');
  expect(loads() - 2, 'no reload during a run').toBe(2);
});

// Session storage of an isolated page is another than that of the page before it (the browsing context group changes): the mark "tried"
// is not wiped by success, it wears off after ten seconds, by which the clock of the pages to come is ahead.
test('a reload that goes round the service worker recovers', async ({ page, context, samovar }) => {
  await samovar.open();
  await page.addInitScript(() => {
    const now = Date.now;
    Date.now = () => now() + 10_500;
  });
  const loads = documents(page);
  const cdp = await context.newCDPSession(page);
  await cdp.send('Page.reload', { ignoreCache: true });
  await expect.poll(loads).toBeGreaterThan(0);
  await samovar.ready();
  expect(await page.evaluate(() => globalThis.crossOriginIsolated)).toBe(true);
  expect(loads()).toBeLessThanOrEqual(2);
});

test('works after a reload with no network and no server', async ({ page, context, samovar }) => {
  const { startServer } = (await import(SERVER)) as {
    startServer(options: object): Promise<{ url: string; close(): Promise<void> }>;
  };
  const server = await startServer({ root: DIST, port: PLAIN.port + 10, base: '/offline/' });
  try {
    await page.goto(server.url);
    await samovar.ready();
    const files = readdirSync(DIST, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && entry.name !== 'sw.js' && entry.name !== 'index.html');
    await expect
      .poll(() => page.evaluate(async () => {
        const names = await caches.keys();
        const all = await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).length));
        return all.reduce((sum, n) => sum + n, 0);
      }), { message: 'the whole build is kept', timeout: 30_000 })
      .toBeGreaterThan(files.length);
    await server.close();
    await context.setOffline(true);
    await page.reload();
    await samovar.ready();
    await samovar.set('difficulty', 8);
    await samovar.mineButton.click();
    await expect(samovar.sentence).toContainText('This is run');
    expect((await samovar.resultJson()).driver).toBe('threads');
    for (const view of VIEWS) await samovar.tab(view);
    await samovar.tab('Lab');
    note('files kept for offline use', String(files.length + 1));
  } finally {
    await context.setOffline(false);
    await server.close().catch(() => {});
  }
});
