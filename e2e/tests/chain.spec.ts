/** The chain: blocks one can check, tamper with, and recompute outside of the page. */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import type { Page } from '@playwright/test';
import { expect, test } from '../support/test';
import { link, type Samovar } from '../support/samovar';

const HOLDS = '✓ holds';
const BROKEN = '✗ does not hold';
const RESTS = '△ rests on a broken block';

async function chainOfFour(page: Page, samovar: Samovar): Promise<void> {
  await samovar.open(link('mine', { blocks: 4, difficulty: 10, seed: 3 }));
  await samovar.mineButton.click();
  expect(await samovar.ended('mine')).toBe('DONE');
  await samovar.tab('Chain');
  await expect(page.locator('.block-mark')).toHaveText(Array(5).fill(HOLDS));
}

test('the blocks of a run stand in Chain, can be tampered with, and are what the page says they are', async ({ page, samovar }) => {
  await chainOfFour(page, samovar);
  await test.step('genesis first, and each is checked', () => standThere(page));
  await test.step('the copied sha256sum command gives the block’s hash in a shell', () => checkInShell(page));
  await test.step('tampering with a block breaks it and what rests on it, and can be undone', () => tamper(page));
  await test.step('recomputed here', () => recompute(samovar));
});

async function standThere(page: Page): Promise<void> {
  await expect(page.locator('.block h3').first()).toHaveText('Block 0, genesis');
  await expect(page.locator('.chain-head')).toContainText('5 blocks checked: each hash is right, each names the one before it, each mined one begins with at least 10 zero bits.');
}

async function tamper(page: Page): Promise<void> {
  const block = page.locator('.block').nth(2);
  const before = await block.getByLabel('data').inputValue();
  await block.getByLabel('data').fill('stolen');
  await expect(page.locator('.block-mark')).toHaveText([HOLDS, HOLDS, BROKEN, BROKEN, RESTS]);
  await expect(page.locator('.chain-head')).toContainText('The chain breaks at block 2');
  await expect(block.locator('.block-reasons li').first()).toBeVisible();
  await expect(page.locator('.block').nth(3).locator('.block-reasons')).toContainText(/previous|follow|before/);

  await block.getByRole('button', { name: 'Undo' }).click();
  await expect(page.locator('.block-mark')).toHaveText(Array(5).fill(HOLDS));
  await expect(block.getByLabel('data')).toHaveValue(before);

  await page.locator('.block').nth(4).getByLabel('nonce').fill('1');
  await expect(page.locator('.block-mark')).toHaveText([HOLDS, HOLDS, HOLDS, HOLDS, BROKEN]);
  await page.locator('.block').nth(0).getByLabel('data').fill('another beginning');
  await expect(page.locator('.block-mark').first()).toHaveText(BROKEN);
  await page.getByRole('button', { name: 'Undo all changes' }).click();
  await expect(page.locator('.block-mark')).toHaveText(Array(5).fill(HOLDS));
}

async function checkInShell(page: Page): Promise<void> {
  const block = page.locator('.block').nth(1);
  await block.getByRole('button', { name: 'Copy sha256sum command' }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain('sha256sum');
  const command = await page.evaluate(() => navigator.clipboard.readText());
  const shown = (await block.locator('dd').last().textContent()) ?? '';
  expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' }).slice(0, 64)).toBe(shown.trim());
}

async function recompute(samovar: Samovar): Promise<void> {
  await samovar.tab('Lab');
  const { result } = await samovar.resultJson();
  type Block = { index: number; timestamp: string; data: string; previous_hash: string; nonce: number; hash: string };
  const chain = [result['genesis'], ...(result['blocks'] as Block[])] as Block[];
  for (const [i, block] of chain.entries()) {
    const text = [block.index, block.timestamp, block.data, block.previous_hash, block.nonce].join('\n');
    expect(createHash('sha256').update(text).digest('hex')).toBe(block.hash);
    if (i > 0) expect(block.previous_hash).toBe(chain[i - 1]!.hash);
    if (i > 0) expect(BigInt(`0x${block.hash}`) >> 246n).toBe(0n);
  }
}
