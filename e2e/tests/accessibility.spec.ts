/** What axe finds by machine: nothing serious, in either theme, on any tab, in any state a visitor comes to. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, note, test } from '../support/test';
import { link, VIEWS } from '../support/samovar';

/** Found, told, and not mended yet: each entry is to go with its cause. */
const KNOWN: RegExp[] = [];

async function analyse(page: Page, where: string): Promise<void> {
  // There are no frames here, for which alone the other mode opens a page of its own each time.
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ['violations'] });
  const { violations } = await axe.analyze();
  const told = (v: (typeof violations)[number]): string => `${where}: ${v.id} (${v.help}) at ${v.nodes.slice(0, 4).map((node) => node.target.join(' ')).join(', ')}`;
  const bad = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical');
  for (const v of violations) if (!bad.includes(v)) note(`axe, ${v.impact ?? 'minor'}`, told(v));
  const found = bad.map(told);
  for (const text of found) if (KNOWN.some((known) => known.test(text))) note('axe, known', text);
  expect.soft(found.filter((text) => !KNOWN.some((known) => known.test(text)))).toEqual([]);
}

/** One visit serves both themes. */
async function check(page: Page, where: string): Promise<void> {
  await analyse(page, `${where}, light`);
  await page.emulateMedia({ colorScheme: 'dark' });
  await analyse(page, `${where}, dark`);
  await page.emulateMedia({ colorScheme: 'light' });
}

test.beforeEach(() => test.setTimeout(120_000));

test('axe finds nothing serious on any tab, in the help, or in a broken chain', async ({ page, samovar }) => {
  await samovar.open();
  await samovar.ended('mine');
  await samovar.unfold();
  for (const tab of VIEWS) {
    await samovar.tab(tab);
    if (tab === 'Scheduler') await page.getByRole('button', { name: 'Show table' }).click();
    if (tab === 'Chain') await page.locator('.block').nth(1).getByLabel('data').fill('stolen');
    if (tab === 'Chain') await expect(page.locator('.block-broken').first()).toBeVisible();
    await check(page, tab);
  }
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toBeVisible();
  await check(page, 'help');
});

test('axe finds nothing serious in the Memory view of a heap, while it grows and afterwards', async ({ page, samovar }) => {
  await samovar.growHeap();
  await check(page, 'Memory during a run');
  await samovar.cancelButton.click();
  await samovar.ended('trees');
  for (const name of ['Level 2', 'Marking', 'Show letters']) await page.getByRole('button', { name }).click();
  const tables = page.locator('.memory').getByRole('button', { name: 'Show table' });
  for (let left = await tables.count(); left > 0; left--) {
    await tables.first().click();
    await expect(tables).toHaveCount(left - 1);
  }
  await check(page, 'Memory of a run');
});

test('axe finds nothing serious during a run, with a bad link, and on a phone', async ({ page, samovar }) => {
  await samovar.open(link('mine', { difficulty: 99, flavour: 1 }));
  await expect(samovar.notices).toHaveCount(1);
  await check(page, 'bad link');
  await samovar.set('difficulty', 40);
  await samovar.mineButton.click();
  await samovar.running();
  await check(page, 'running');
  await samovar.cancelButton.click();
  await samovar.ended('mine');
  await page.setViewportSize({ width: 390, height: 844 });
  const toggle = page.locator('.question-toggle');
  await expect(toggle).toHaveAttribute('aria-expanded', 'true');
  await check(page, '390 px');
  await toggle.click();
  await check(page, '390 px, the form folded');
});
