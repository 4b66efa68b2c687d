/** Without a mouse, and without motion. */
import { expect, test } from '../support/test';
import { link } from '../support/samovar';

test('Ctrl+Enter runs from anywhere and Escape cancels', async ({ page, samovar }) => {
  await samovar.open(link('mine', { difficulty: 40 }));
  await page.keyboard.press('Control+Enter');
  await samovar.running();
  await page.keyboard.press('Escape');
  expect(await samovar.ended('mine')).toBe('CANCELLED');

  await samovar.field('difficulty').fill('8');
  await page.keyboard.press('Control+Enter');
  await expect(samovar.stateWord).toHaveText('DONE');
});

test('Enter in a field runs what the field says', async ({ page, samovar }) => {
  await samovar.open(link('mine', { difficulty: 8 }));
  await samovar.field('blocks').fill('3');
  await page.keyboard.press('Enter');
  expect(await samovar.ended('mine')).toBe('DONE');
  expect((await samovar.resultJson()).result['blocks']).toHaveLength(3);
});

test('digits choose tabs, ? opens the help and Escape closes it, and typing in a field does neither', async ({ page, samovar }) => {
  await samovar.open();
  await samovar.ended('mine');
  for (const [key, name] of [['2', 'Scheduler'], ['3', 'Memory'], ['4', 'Chain'], ['5', 'Learn'], ['1', 'Lab']] as const) {
    await page.keyboard.press(key);
    await expect(page.getByRole('button', { name, exact: true })).toHaveAttribute('aria-current', 'page');
  }
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toBeVisible();
  await expect(page.getByRole('dialog').getByText('run the experiment')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await samovar.field('data').fill('');
  await page.keyboard.type('2?t');
  await expect(samovar.field('data')).toHaveValue('2?t');
  await expect(page.getByRole('button', { name: 'Lab', exact: true })).toHaveAttribute('aria-current', 'page');
});

for (const tab of ['Lab', 'Scheduler', 'Chain', 'Learn']) {
  test(`Tab reaches every control of ${tab} in the order they stand, with a visible focus`, async ({ page, samovar }) => {
    await samovar.open();
    await samovar.ended('mine');
    await samovar.tab(tab);
    await samovar.unfold();
    await page.evaluate(() => {
      const usable = 'a[href], button, input, select, textarea, summary, [tabindex]';
      const all = [...document.querySelectorAll<HTMLElement>(usable)].filter(
        (node) => node.tabIndex >= 0 && !(node as HTMLButtonElement).disabled && node.checkVisibility({ visibilityProperty: true }) && !node.closest('dialog:not([open])'),
      );
      all.forEach((node, i) => (node.dataset['e2e'] = String(i)));
      (document.activeElement as HTMLElement | null)?.blur();
      document.getSelection()?.removeAllRanges();
      window.scrollTo(0, 0);
    });
    const wanted = await page.locator('[data-e2e]').count();
    expect(wanted).toBeGreaterThan(tab === 'Learn' ? 7 : 15);
    // From the top of the page, wherever the last click was.
    await page.locator('body').evaluate((body) => {
      body.tabIndex = -1;
      body.focus();
    });
    const reached: string[] = [];
    const unseen: string[] = [];
    for (let i = 0; i < wanted; i++) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => {
        const node = document.activeElement as HTMLElement;
        const style = getComputedStyle(node);
        const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
        return { mark: node.dataset['e2e'] ?? 'none', seen: outlined || style.boxShadow !== 'none', name: node.outerHTML.slice(0, 80) };
      });
      reached.push(at.mark);
      if (!at.seen) unseen.push(at.name);
    }
    expect(reached).toEqual(Array.from({ length: wanted }, (_, i) => String(i)));
    expect(unseen, 'without a visible focus').toEqual([]);
  });
}

test.describe('with reduced motion', () => {
  test.use({ contextOptions: { reducedMotion: 'reduce' } });

  test('nothing is animated, not even during a run', async ({ page, samovar }) => {
    await samovar.open(link('mine', { difficulty: 40 }));
    await samovar.mineButton.click();
    await samovar.running();
    const moving = await page.evaluate(() => document.getAnimations().filter((a) => a.playState === 'running' && Number(a.effect?.getComputedTiming().duration) > 1).length);
    expect(moving).toBe(0);
    const slow = await page.evaluate(() => [...document.querySelectorAll('*')].filter((node) => getComputedStyle(node).transitionDuration.split(',').some((text) => parseFloat(text) > 0.001)).length);
    expect(slow, 'elements with a transition').toBe(0);
    await samovar.cancelButton.click();
    await samovar.ended('mine');
  });
});
