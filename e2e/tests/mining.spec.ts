/** Mining as a person does it: start, watch, cancel, and look at the blocks. */
import { expect, note, test } from '../support/test';
import { link } from '../support/samovar';

test('Mine does the sensible thing at once: blocks are found on real threads', async ({ page, samovar }) => {
  await samovar.open();
  await samovar.ended('mine');
  await samovar.set('difficulty', 12);
  await samovar.mineButton.click();
  await expect(samovar.sentence).toContainText('This is run', { timeout: 30_000 });
  expect(await samovar.ended('mine')).toBe('DONE');
  await expect(samovar.status.getByText('virtual time', { exact: true })).toHaveCount(0);
  const result = await samovar.resultJson();
  expect(result.driver).toBe('threads');
  expect(result.result['blocks']).toHaveLength(Number(result.parameters['blocks']));
  expect(result.result['hashes_per_second']).toBeGreaterThan(0);
  await expect(page.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '100');
});

test('a long run shows progress, is cancelled within a second, and leaves the page usable', async ({ page, samovar }) => {
  await samovar.open(link('mine', { difficulty: 40, blocks: 2 }));
  await expect(samovar.cancelButton).toBeDisabled();
  await samovar.mineButton.click();
  await samovar.running();
  await expect(samovar.mineButton).toBeDisabled();
  await expect.poll(async () => (await samovar.figureTexts()).join(' '), { message: 'time, rate and blocks' }).toMatch(/\d m?s .*H\/s .*0 of 2/);

  // Measured in the page, so that the test's own way to the browser is not part of it.
  await page.evaluate(() => {
    const word = document.querySelector('.strip-word')!;
    document.querySelector('.strip-cancel')!.addEventListener('click', () => performance.mark('e2e-cancel'), { capture: true });
    new MutationObserver((_, observer) => {
      if (word.textContent !== 'CANCELLED') return;
      performance.mark('e2e-cancelled');
      observer.disconnect();
    }).observe(word, { childList: true, characterData: true, subtree: true });
  });
  await samovar.cancelButton.click();
  expect(await samovar.ended('mine')).toBe('CANCELLED');
  const took = await page.evaluate(() => performance.measure('cancel', 'e2e-cancel', 'e2e-cancelled').duration);
  note('cancelled after', `${Math.round(took)} ms`);
  expect(took).toBeLessThan(1000);
  await expect(samovar.result.getByRole('heading', { name: 'Cancelled: the result so far' })).toBeVisible();

  await samovar.set('difficulty', 8);
  await samovar.mineButton.click();
  await expect(samovar.stateWord).toHaveText('DONE', { timeout: 30_000 });
});

test('a value out of range is refused where it stands, in a sentence with the range, and nothing runs', async ({ page, samovar }) => {
  await samovar.open();
  await samovar.ended('mine');
  await samovar.field('difficulty').fill('41');
  await expect(samovar.field('difficulty')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.locator('#about-difficulty')).toHaveText(/difficulty.*41.*0.*40/);
  await samovar.mineButton.click();
  await expect(samovar.field('difficulty')).toBeFocused();
  await expect(samovar.sentence).toContainText('A small run made just now');
  await samovar.field('difficulty').fill('8');
  await expect(samovar.field('difficulty')).not.toHaveAttribute('aria-invalid', 'true');
});

test('reset to defaults can be undone', async ({ page, samovar }) => {
  await samovar.open();
  const defaults = await samovar.form();
  await samovar.set('blocks', 17);
  await page.getByRole('button', { name: 'reset to defaults' }).click();
  expect(await samovar.form()).toEqual(defaults);
  await page.getByRole('button', { name: 'undo reset' }).click();
  await expect(samovar.field('blocks')).toHaveValue('17');
});
