/** Four widths, two themes, every tab: nothing reaches out of the window, no button is cut. Pictures of all are kept. */
import { mkdirSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, test } from '../support/test';
import { SCREENSHOTS } from '../support/places';
import { link, VIEWS } from '../support/samovar';

const SIZES = [
  { width: 390, height: 844 },
  { width: 768, height: 1024 },
  { width: 1440, height: 900 },
  { width: 2560, height: 1440 },
];

/** What is wrong with where things lie: words, to be read in a failure. */
function faults(): string[] {
  const found: string[] = [];
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) {
    const widest = [...document.querySelectorAll('body *')].filter((node) => node.getBoundingClientRect().right > innerWidth + 1).map((node) => `${node.tagName}.${node.className}`);
    found.push(`the page is ${root.scrollWidth} px wide in a window of ${innerWidth}: ${widest.slice(0, 5).join(', ')}`);
  }
  const buttons = [...document.querySelectorAll<HTMLElement>('button, select, .badge, summary')].filter((node) => node.checkVisibility({ visibilityProperty: true }) && !node.closest('dialog'));
  const boxes = buttons.map((node) => ({ node, box: node.getBoundingClientRect(), name: `${node.tagName} "${(node.textContent || node.ariaLabel || '').trim().slice(0, 30)}"` }));
  for (const { node, box, name } of boxes) {
    // The line that a folded form becomes is cut on purpose, with an ellipsis.
    if (node.matches('.question-toggle, select, summary')) continue;
    if (node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 2) found.push(`${name} is cut: ${node.scrollWidth}×${node.scrollHeight} in ${node.clientWidth}×${node.clientHeight}`);
    const scrolls = node.closest('[tabindex="0"], .question, .tabs');
    if (!scrolls && (box.left < -1 || box.right > innerWidth + 1)) found.push(`${name} reaches out of the window: ${Math.round(box.left)} to ${Math.round(box.right)}`);
  }
  for (const [i, a] of boxes.entries()) {
    for (const b of boxes.slice(i + 1)) {
      if (a.node.contains(b.node) || b.node.contains(a.node)) continue;
      // What is fixed on top of what scrolls below it does not overlap in the sense meant here.
      if (['.head', '.strip', '.question'].some((part) => !!a.node.closest(part) !== !!b.node.closest(part))) continue;
      const x = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const y = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      if (x > 1 && y > 1) found.push(`${a.name} and ${b.name} overlap by ${Math.round(x)}×${Math.round(y)} px`);
    }
  }
  return found;
}

async function look(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true, animations: 'disabled' });
  expect.soft(await page.evaluate(faults), name).toEqual([]);
}

test.beforeAll(() => void mkdirSync(SCREENSHOTS, { recursive: true }));

/** At each of these sizes, in both themes: neither is a reason to open the page again. */
async function lookAt(page: Page, name: string, sizes = SIZES): Promise<void> {
  for (const size of sizes) {
    await page.setViewportSize(size);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await look(page, `${name}-${size.width}-${colorScheme}`);
    }
  }
}

const sized = (...widths: number[]): typeof SIZES => SIZES.filter(({ width }) => widths.includes(width));

test.beforeEach(() => test.setTimeout(180_000));

test.describe('nothing is cut or reaches out of the window', () => {
  test('on any tab', async ({ page, samovar }) => {
    await samovar.open();
    await samovar.ended('mine');
    for (const tab of VIEWS) {
      await samovar.tab(tab);
      if (tab === 'Chain') await page.locator('.block').nth(2).getByLabel('data').fill('stolen');
      if (tab === 'Chain') await expect(page.locator('.block-broken').first()).toBeVisible();
      if (tab === 'Lab') await expect(page.locator('.charts canvas').first()).toBeVisible();
      await lookAt(page, tab.toLowerCase());
    }
  });

  test('in the help, the unfolded metrics, and the form where it folds', async ({ page, samovar }) => {
    await page.setViewportSize(SIZES[0]!);
    await samovar.open();
    await samovar.ended('mine');
    await samovar.unfold('details.metrics');
    await lookAt(page, 'metrics', sized(390));
    await page.keyboard.press('?');
    await lookAt(page, 'help');
    await page.keyboard.press('Escape');
    await page.setViewportSize(SIZES[0]!);
    await page.locator('.question-toggle').click();
    await samovar.unfold('details.group');
    await lookAt(page, 'form', sized(390, 768));
  });

  test('while a run is on that a bad link described', async ({ page, samovar }) => {
    await samovar.open(`${link('mine', { difficulty: 40, procs: 4, flavour: 'earl-grey' })}&c=1`);
    await samovar.runButton().click();
    await samovar.running();
    await expect.poll(async () => (await samovar.figureTexts()).join(' ')).toMatch(/H\/s/);
    await lookAt(page, 'running', sized(390, 1440));
    await samovar.cancelButton.click();
    await samovar.ended('mine');
  });

  test('in the Memory view, while a heap grows and afterwards', async ({ page, samovar }) => {
    await samovar.growHeap();
    await lookAt(page, 'growing', sized(390, 1440));
    await samovar.cancelButton.click();
    await samovar.ended('trees');
    await lookAt(page, 'heap');
  });
});
