/** Without a mouse, and without motion. */
import type { Page } from '@playwright/test';
import { expect, test } from '../support/test';
import { link, VIEWS } from '../support/samovar';

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
  for (const name of [...VIEWS.slice(1), VIEWS[0]]) {
    await page.keyboard.press(String(VIEWS.indexOf(name) + 1));
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

/** Presses Tab from the top of the page until each control in view must have had the focus, and compares with where they stand. */
async function tabThrough(page: Page): Promise<{ wanted: number; reached: number[]; unseen: string[] }> {
  const wanted = await page.evaluate(() => {
    const usable = 'a[href], button, input, select, textarea, summary, [tabindex]';
    const all = [...document.querySelectorAll<HTMLElement>(usable)].filter(
      (node) => node.tabIndex >= 0 && !(node as HTMLButtonElement).disabled && node.checkVisibility({ visibilityProperty: true }) && !node.closest('dialog:not([open])'),
    );
    const reached: number[] = [];
    const unseen: string[] = [];
    Object.assign(globalThis, { e2eFocus: { reached, unseen } });
    const look = (): void => {
      const node = document.activeElement as HTMLElement;
      const style = getComputedStyle(node);
      const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
      reached.push(all.indexOf(node));
      if (!outlined && style.boxShadow === 'none') unseen.push(node.outerHTML.slice(0, 80));
    };
    document.getSelection()?.removeAllRanges();
    window.scrollTo(0, 0);
    // From the top of the page, wherever the last click was.
    document.body.tabIndex = -1;
    document.body.focus();
    document.addEventListener('keyup', (event) => event.key === 'Tab' && look());
    return all.length;
  });
  for (let i = 0; i < wanted; i++) await page.keyboard.press('Tab');
  return page.evaluate((count) => ({ wanted: count, ...(globalThis as unknown as { e2eFocus: { reached: number[]; unseen: string[] } }).e2eFocus }), wanted);
}

test.describe('Tab reaches every control in the order they stand, with a visible focus', () => {
  const check = async (page: Page, view: string): Promise<void> => {
    const { wanted, reached, unseen } = await tabThrough(page);
    expect(wanted, view).toBeGreaterThan(view === 'Learn' ? 7 : 15);
    expect(reached, view).toEqual(Array.from({ length: wanted }, (_, i) => i));
    expect(unseen, `${view}: without a visible focus`).toEqual([]);
  };

  for (const tab of VIEWS) {
    test(tab, async ({ page, samovar }) => {
      await samovar.open();
      await samovar.ended('mine');
      await samovar.tab(tab);
      await samovar.unfold();
      await check(page, tab);
    });
  }

  test('Memory of a run', async ({ page, samovar }) => {
    await samovar.growHeap();
    await samovar.cancelButton.click();
    await samovar.ended('trees');
    await page.waitForTimeout(1000); // its tables are renewed twice a second: one may still be a sentence, which is no control
    await check(page, 'Memory of a run');
  });
});

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
