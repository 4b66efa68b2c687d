/** That each kind of result is told in a form that fits it. */
import { link } from '../support/samovar';
import { expect, note, test } from '../support/test';

test('round-robin shows its turns, and that each round went the same way', async ({ page, samovar }) => {
  await samovar.open(link('round-robin', { goroutines: 3, rounds: 3, time: 'virtual' }));
  await samovar.start();
  await samovar.ended('round-robin');
  await expect(page.getByRole('list', { name: 'Order of running' }).getByRole('listitem')).toHaveText(['C0', 'A0', 'B0', 'C1', 'A1', 'B1', 'C2', 'A2', 'B2']);
  await expect(page.getByText('In each of 3 rounds the 3 came in the same order: C, A, B.')).toBeVisible();
});

test('wake-order shows who ran, and says who they are', async ({ page, samovar }) => {
  await samovar.open(link('wake-order', { way: 'send', goroutines: 2, time: 'virtual' }));
  await samovar.start();
  await samovar.ended('wake-order');
  await expect(page.getByRole('list', { name: 'Order of running' }).getByRole('listitem')).toHaveText(['M', 'R', 'X0', 'X1']);
  await expect(page.getByText('R the one that waited for it')).toBeVisible();
});

test('yield-order shows how many ran in each round, and no order', async ({ page, samovar }) => {
  await samovar.open(link('yield-order', { rounds: 8, time: 'virtual' }));
  await expect(page.getByText('Press Yield to see how many goroutines run while another has given its turn away.')).toBeVisible();
  await samovar.start();
  await samovar.ended('yield-order');
  await expect(page.getByRole('heading', { name: 'How many ran before it was back?' })).toBeVisible();
  await expect(page.getByText(/^Between \d+ and \d+ goroutines in 8 rounds\.$/)).toBeVisible();
  await expect(page.getByText('In which order did they run?')).toHaveCount(0);
});

test('steal shows what each P did as a table', async ({ samovar }) => {
  await samovar.open(link('steal', { procs: 2, time: 'virtual' }));
  await samovar.start();
  await samovar.ended('steal');
  await expect(samovar.result.getByRole('region', { name: 'Ps' }).getByRole('row')).toHaveCount(3);
});

test('a deadlock is one sentence in the strip, and whole in the result, to be copied', async ({ page, samovar }) => {
  await samovar.open(link('deadlock', { kind: 'channel', time: 'virtual' }));
  await samovar.start();
  await samovar.ended('deadlock');
  await expect(samovar.sentence).toContainText('All goroutines are asleep: a deadlock.');
  await expect(samovar.sentence).not.toContainText('goroutine 1');
  await expect(samovar.result.locator('pre').first()).toContainText('goroutine 1 [chan receive]:');
  await samovar.result.getByRole('button', { name: 'Copy text' }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toMatch(/^fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 \[chan receive\]:\n/);
});

test('while a run is on, no chart asks to press the button', async ({ page, samovar }) => {
  await page.setViewportSize({ width: 390, height: 500 });
  await samovar.open(link('mine', { difficulty: 40 }));
  await samovar.start();
  await samovar.running();
  await expect(page.locator('.chart-place')).not.toHaveCount(0);
  await expect(page.getByText(/^Press Mine/)).toHaveCount(0);
  await samovar.cancelButton.click();
  await samovar.ended('mine');
});

test('200 000 goroutines wait at once in the memory the page has', async ({ samovar }) => {
  await samovar.open(link('million', { goroutines: 200_000 }));
  await samovar.start();
  expect(await samovar.ended('million', 50_000)).toBe('DONE');
  const { cost, result } = await samovar.resultJson();
  expect(result['alive_at_once']).toBeGreaterThanOrEqual(200_000);
  note('200 000 goroutines', `${Math.round(cost.wall_ns / 1e6)} ms, ${Math.round(Number(result['bytes_per_goroutine']))} B each`);
});
