/** The first seconds of a visit. */
import { expect, note, test } from '../support/test';
import { CATEGORIES, longTasks, mainThreadTasks } from '../support/trace';

test('says in one sentence what it is, shows a finished small run, and offers to mine', async ({ page, samovar }) => {
  await samovar.open();
  await expect(page).toHaveTitle(/Samovar/);
  await expect(page.getByRole('heading', { name: 'Samovar', level: 1 })).toBeVisible();
  await expect(page.getByText('A goroutine scheduler and a garbage collector with Go’s rules, on real threads, running in this tab.').filter({ visible: true })).toHaveCount(1);
  await expect(samovar.mineButton).toBeEnabled();

  expect(await samovar.ended('mine')).toBe('DONE');
  await expect(samovar.status.getByText('virtual time', { exact: true })).toBeVisible();
  await expect(samovar.sentence).toContainText('A small run made just now in virtual time');
  expect((await samovar.figureTexts()).join('  ')).toMatch(/in \d.*s {2}.*H\/s/);
  await expect(samovar.result).toBeVisible();
  await expect(page.locator('canvas').first()).toBeVisible();
});

test('is there in under a second on a warm cache, and never takes the main thread for long', async ({ page, samovar, browser }) => {
  await page.addInitScript(() => {
    const look = (): void => {
      const button = [...document.querySelectorAll('button')].find((b) => b.textContent === 'Mine' && b.checkVisibility());
      if (button) performance.mark(button.disabled ? 'e2e-seen' : 'e2e-usable');
      if (!button || button.disabled) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await samovar.open();
  await samovar.ended('mine');
  await samovar.open();
  await samovar.ended('mine');
  const marks = await page.evaluate(() => performance.getEntriesByType('mark').map((mark) => [mark.name, mark.startTime] as const));
  const at = (name: string): number => marks.find(([mark]) => mark === name)?.[1] ?? Infinity;
  note('form seen', `${Math.round(Math.min(at('e2e-seen'), at('e2e-usable')))} ms`);
  note('Mine usable', `${Math.round(at('e2e-usable'))} ms`);
  // A second is the promise on an idle machine; a shared one with two cores gets three.
  expect(at('e2e-usable')).toBeLessThan(3000);

  await browser.startTracing(page, { categories: CATEGORIES });
  await samovar.open();
  await samovar.ended('mine');
  await expect(page.locator('.charts canvas').last()).toBeVisible();
  const tasks = mainThreadTasks(await browser.stopTracing());
  note('tasks over 50 ms', longTasks(tasks.map((task) => task.tdur ?? 0)));
  // None over 50 ms is the promise; as above, twice that where many share a core.
  expect(tasks.filter((task) => (task.tdur ?? 0) > 100_000)).toEqual([]);
});

test('starts from nothing but its own origin', async ({ page, samovar }) => {
  const elsewhere: string[] = [];
  page.on('request', (request) => {
    if (!/^(blob|data):/.test(request.url()) && new URL(request.url()).origin !== new URL(page.url()).origin && page.url() !== 'about:blank') elsewhere.push(request.url());
  });
  await samovar.open();
  await samovar.ended('mine');
  expect(elsewhere).toEqual([]);
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain("'unsafe-inline'");
  expect(policy).not.toContain("'unsafe-eval'");
});
