/** No service worker and no headers: no shared memory. The build without threads runs instead, and the page says so. */
import { expect, test } from '../support/test';
import { PLAIN } from '../support/places';
import { link } from '../support/samovar';

test.use({ baseURL: PLAIN.url, serviceWorkers: 'block' });

test('says "simulated threads" beside the numbers, and opens as always', async ({ page, samovar }) => {
  await samovar.open();
  expect(await page.evaluate(() => globalThis.crossOriginIsolated)).toBe(false);
  await expect(samovar.status.getByText('simulated threads', { exact: true })).toBeVisible();
  await expect(page.getByText(/here on simulated threads/).filter({ visible: true })).toHaveCount(1);
  expect(await samovar.ended('mine')).toBe('DONE');
});

test('Mine works, and its result says that the threads were simulated', async ({ samovar }) => {
  await samovar.open(link('mine', { blocks: 2, difficulty: 12 }));
  await samovar.mineButton.click();
  expect(await samovar.ended('mine')).toBe('DONE');
  const result = await samovar.resultJson();
  expect(result.driver).toBe('virtual');
  expect(result.result['blocks']).toHaveLength(2);
  await expect(samovar.result.locator('.result-cost')).toContainText('Simulated threads');
});

test('a long run moves, shows its rate, and is cancelled within a second', async ({ page, samovar }) => {
  await samovar.open(link('mine', { difficulty: 40 }));
  await samovar.mineButton.click();
  await samovar.running();
  await expect.poll(async () => (await samovar.figureTexts()).join(' ')).toMatch(/\d (ns|µs|ms|s) .*H\/s/);
  await page.evaluate(() => {
    const word = document.querySelector('.strip-word')!;
    document.querySelector('.strip-cancel')!.addEventListener('click', () => performance.mark('e2e-cancel'), { capture: true });
    new MutationObserver(() => word.textContent === 'CANCELLED' && performance.mark('e2e-cancelled')).observe(word, { childList: true, characterData: true, subtree: true });
  });
  await samovar.cancelButton.click();
  expect(await samovar.ended('mine')).toBe('CANCELLED');
  expect(await page.evaluate(() => performance.measure('cancel', 'e2e-cancel', 'e2e-cancelled').duration)).toBeLessThan(1000);
});
