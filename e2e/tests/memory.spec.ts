/** The heap and the collector, as a person watches them: the Memory view, the marker, GOGC and the limit in mid-run. */
import type { Locator, Page } from '@playwright/test';
import { expect, note, test } from '../support/test';
import { link, type RunResult } from '../support/samovar';

/** Runs that collect again and again and do not end by themselves within a test: large slices, and many small objects that refer to each other. */
const SLICES = link('stress', { allocations: 100_000, goroutines: 2, heap: 128 });
const TREES = link('trees', { depth: 20, goroutines: 2, collections: 0, heap: 256 });
const SHORT = { depth: 12, collections: 1, procs: 2 };

const plain = (text: string | null): string => (text ?? '').replace(/[\u2009\u202f\u00a0]/g, ' ');

function figure(page: Page, name: string): Locator {
  return page.getByRole('region', { name: 'The heap now' }).locator('dl > div').filter({ has: page.locator('dt', { hasText: new RegExp(`^\\s*${name}$`) }) }).locator('dd');
}

/** "4.00 MiB" in bytes. */
function bytesOf(text: string): number {
  const match = /^([\d. ]+) (B|KiB|MiB|GiB)$/.exec(text);
  expect(match, `“${text}” is a size with its unit`).not.toBeNull();
  return Number(match![1]!.replaceAll(' ', '')) * { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }[match![2] as 'B' | 'KiB' | 'MiB' | 'GiB'];
}

async function collections(page: Page): Promise<number> {
  return Number(plain(await figure(page, 'collections').textContent()).replaceAll(' ', ''));
}

const memoryOf = (result: RunResult): { marker: string; memory_stats: Record<string, number> } =>
  (result as unknown as { memory: { marker: string; memory_stats: Record<string, number> } }).memory;

test('the goal that the page shows is the metric, and the metrics can be searched', async ({ page, samovar }) => {
  await samovar.open(link('trees', { ...SHORT, time: 'virtual' }));
  await samovar.start();
  expect(await samovar.ended('trees')).toBe('DONE');
  const result = await samovar.resultJson();
  const goal = Number(result.metrics['/gc/heap/goal:bytes']);
  expect(goal).toBeGreaterThanOrEqual(4 * 2 ** 20);
  expect(memoryOf(result).memory_stats.num_gc).toBe(result.metrics['/gc/cycles/total:gc-cycles']);

  await samovar.tab('Memory');
  const shown = bytesOf(plain(await figure(page, 'goal').textContent()));
  expect(Math.abs(shown - goal) / goal, `the page shows ${shown}, the metric says ${goal}`).toBeLessThan(0.005);
  expect(await collections(page)).toBe(memoryOf(result).memory_stats.num_gc);

  const metrics = page.getByRole('region', { name: 'Metrics', exact: true });
  await metrics.getByRole('searchbox', { name: 'Search metrics' }).fill('heap goal');
  await expect(metrics.getByRole('row').filter({ hasText: '/gc/heap/goal' })).toHaveCount(1);
  await metrics.getByRole('searchbox').fill('no such metric');
  await expect(metrics).toContainText('No metric has “no such metric”');
});

test('the marker can be chosen, and gctrace tells how each scanned', async ({ page, samovar }) => {
  const scanned: Record<string, string> = {};
  for (const marker of ['green-tea', 'classic']) {
    await samovar.open(link('trees', { ...SHORT, time: 'virtual', marker }));
    await samovar.start();
    expect(await samovar.ended('trees')).toBe('DONE');
    await samovar.tab('Lab');
    expect(memoryOf(await samovar.resultJson()).marker).toBe(marker);
    await samovar.tab('Memory');
    const gctrace = page.getByRole('region', { name: 'gctrace', exact: true });
    await gctrace.getByRole('button', { name: 'Level 2' }).click();
    await expect(gctrace.getByLabel('gctrace lines')).toContainText(/gc 1 @\d+\.\d{3}s \d+%: [\d.]+\+[\d.]+\+[\d.]+ ms clock/);
    await expect(gctrace.getByLabel('gctrace lines')).toContainText('scan: class 16B');
    await gctrace.getByRole('button', { name: 'Copy lines' }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain('scan: total');
    const lines = await page.evaluate(() => navigator.clipboard.readText());
    scanned[marker] = [...lines.matchAll(/scan: total (\S+) objs, (\S+) spans/g)].at(-1)?.[0] ?? '';
  }
  note('scans', JSON.stringify(scanned));
  // Green Tea scans objects together by the page (the second column), the classic marker never does.
  expect(scanned['green-tea']).toMatch(/total \d+\+[1-9]\d*\+0=/);
  expect(scanned.classic).toMatch(/total \d+\+0\+0=\d+ objs, 0\+0=0 spans/);
});

test('GOGC and the memory limit can be changed in mid-run, and the run cancelled', async ({ page, samovar }) => {
  await samovar.open(SLICES);
  await samovar.start();
  await samovar.running();
  await samovar.tab('Memory');
  await expect.poll(() => collections(page), { message: 'collections come' }).toBeGreaterThan(1);
  const gogc = page.locator('#heap-gogc');
  await expect(gogc).toHaveValue('100');
  await page.getByRole('button', { name: 'GOGC: more' }).click();
  await expect(gogc, 'the engine has taken it').toHaveValue('150');
  await gogc.fill('800');
  await gogc.press('Enter');
  const goalNow = async (): Promise<number> => bytesOf(plain(await figure(page, 'goal').textContent()));
  await expect.poll(goalNow, { message: 'the goal follows GOGC: at least 4 MiB × 800 / 100' }).toBeGreaterThanOrEqual(32 * 2 ** 20);
  await gogc.fill('much');
  await gogc.press('Enter');
  await expect(gogc).toHaveAttribute('aria-invalid', 'true');

  const limit = page.locator('#heap-limit');
  await limit.fill('32');
  await limit.press('Enter');
  await expect(figure(page, 'limit')).toHaveText(/32(\.0)?\sMiB/);
  await expect.poll(goalNow, { message: 'the goal stays below the limit' }).toBeLessThan(32 * 2 ** 20);
  await samovar.cancelButton.click();
  expect(await samovar.ended('stress')).toBe('CANCELLED');
});

test('the heap map shows every span, and one of them object by object while marking goes on', async ({ page, samovar }) => {
  await samovar.open(TREES);
  await samovar.start();
  await samovar.running();
  await samovar.tab('Memory');
  const map = page.getByRole('region', { name: 'Heap map' });
  const canvas = map.locator('canvas');
  const picture = (): Promise<string> => canvas.evaluate((node) => (node as HTMLCanvasElement).toDataURL());
  await expect.poll(() => collections(page)).toBeGreaterThan(0);
  const first = await picture();
  await expect.poll(picture, { message: 'the map goes on' }).not.toBe(first);
  await map.getByRole('button', { name: 'Marking' }).click();
  await canvas.focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: 'Objects of the chosen span' })).toContainText(/\d+\sobjects?\sof\s\d+\s(B|KiB)/);
  await map.getByRole('button', { name: 'Show table' }).click();
  await expect(map.getByRole('table').getByRole('row').nth(1)).toBeVisible();
  await samovar.cancelButton.click();
  expect(await samovar.ended('trees')).toBe('CANCELLED');
});

test('an experiment without a heap says so, and leads to one that has one', async ({ page, samovar }) => {
  await samovar.open(link('spawn-order', { time: 'virtual' }));
  await samovar.start();
  await samovar.ended('spawn-order');
  await samovar.tab('Memory');
  await expect(page.getByText('does not use the collected heap')).toBeVisible();
  await page.getByRole('button', { name: 'Choose trees' }).click();
  await expect(samovar.picker).toHaveValue('trees');
  await expect(samovar.stateWord, 'nothing starts by itself').not.toHaveText('RUNNING');
});

test('a heap larger than the engine’s memory brings a larger engine; one that is used up ends in words, and the next run works', async ({ page, samovar }) => {
  test.setTimeout(90_000);
  await samovar.open(link('trees', { depth: 12, collections: 0, heap: 256 }));
  await samovar.start();
  expect(await samovar.ended('trees')).toBe('DONE');
  await samovar.open(link('trees', { depth: 18, collections: 0, heap: 4 }));
  await samovar.start();
  expect(await samovar.ended('trees', 60_000)).toBe('PANICKED');
  await expect(samovar.result.locator('.result-message')).toContainText('out of memory');
  await samovar.set('depth', 8);
  await samovar.start();
  expect(await samovar.ended('trees')).toBe('DONE');
  await expect(page.locator('.notice-error')).toHaveCount(0);
});

test('finalizers: 100 of 100 run, and of tiny objects Go’s 99', async ({ samovar }) => {
  for (const [object, executed] of [['small', 100], ['tiny', 99]] as const) {
    await samovar.open(link('finalizers', { object, procs: 1, time: 'virtual' }));
    await samovar.start();
    expect(await samovar.ended('finalizers')).toBe('DONE');
    const { result } = await samovar.resultJson();
    expect(result.objects_created).toBe(100);
    expect(result.finalizers_executed, object).toBe(executed);
  }
});
