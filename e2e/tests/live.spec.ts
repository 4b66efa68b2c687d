/** While a run goes on. */
import { readFileSync } from 'node:fs';
import { expect, note, test } from '../support/test';
import { link } from '../support/samovar';

const LONG = link('mine', { difficulty: 40, blocks: 8, procs: 2 });

test('lanes, figures and charts move while a long run goes on', async ({ page, samovar }) => {
  await samovar.open(LONG);
  await samovar.mineButton.click();
  await samovar.running();
  const canvas = page.locator('.lanes-canvas');
  const picture = (): Promise<string> => canvas.evaluate((node) => (node as HTMLCanvasElement).toDataURL());
  const first = await picture();
  await expect.poll(picture, { message: 'the lanes change' }).not.toBe(first);
  await expect.poll(async () => (await samovar.figureTexts()).join(' ')).toMatch(/(?!0 )\d[\d.]* [kMG]?H\/s/);
  const rate = (await samovar.figureTexts()).find((text) => text.endsWith('H/s')) ?? '';
  note('hash rate', rate);

  const lanes = page.getByRole('region', { name: 'Lanes' });
  await expect(lanes.getByRole('row')).toHaveCount(3);
  await expect(lanes.getByRole('rowheader')).toHaveText(['P0', 'P1']);
  await expect(lanes).toContainText(/Ms: \d+ running/);
  const time = async (): Promise<string> => (await samovar.figureTexts())[0] ?? '';
  const before = await time();
  await expect.poll(time, { message: 'the time goes on' }).not.toBe(before);
  for (const chart of await page.locator('.charts canvas').all()) {
    const drawn = (): Promise<string> => chart.evaluate((node) => (node as HTMLCanvasElement).toDataURL());
    const now = await drawn();
    await expect.poll(drawn, { message: 'the charts change' }).not.toBe(now);
    break;
  }
  await samovar.cancelButton.click();
  expect(await samovar.ended('mine')).toBe('CANCELLED');
});

test('the lanes are drawn some twelve times a second, and not where nobody sees them', async ({ page, samovar }) => {
  await page.addInitScript(() => {
    const counts = { lanes: 0 };
    const clear = CanvasRenderingContext2D.prototype.clearRect;
    CanvasRenderingContext2D.prototype.clearRect = function (...box) {
      if (this.canvas.className === 'lanes-canvas') counts.lanes++;
      clear.apply(this, box);
    };
    Object.assign(globalThis, { e2eCounts: counts });
  });
  const drawn = (): Promise<number> => page.evaluate(() => (globalThis as unknown as { e2eCounts: { lanes: number } }).e2eCounts.lanes);
  /** By the clock of the page: on a busy machine two seconds may take longer. */
  const aSecond = async (): Promise<number> => {
    const [before, from] = [await drawn(), await page.evaluate(() => performance.now())];
    await page.waitForTimeout(2000);
    const [after, to] = [await drawn(), await page.evaluate(() => performance.now())];
    return ((after - before) * 1000) / (to - from);
  };
  await samovar.open(LONG);
  await samovar.mineButton.click();
  await samovar.running();
  const inView = await aSecond();
  note('lanes drawn', `${inView.toFixed(1)} times a second`);
  expect(inView).toBeGreaterThanOrEqual(9);
  expect(inView).toBeLessThanOrEqual(15);
  await page.setViewportSize({ width: 1440, height: 400 });
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  await expect(page.locator('.lanes-canvas')).not.toBeInViewport();
  expect(await aSecond()).toBeLessThanOrEqual(0.5);
  await samovar.cancelButton.click();
  expect(await samovar.ended('mine')).toBe('CANCELLED');
});

test('the number of Ps can be changed while a run goes on', async ({ page, samovar }) => {
  await samovar.open(LONG);
  await samovar.mineButton.click();
  await samovar.running();
  const lanes = page.getByRole('region', { name: 'Lanes' });
  await expect(lanes.getByRole('rowheader')).toHaveText(['P0', 'P1']);
  const stepper = samovar.status.getByRole('group', { name: 'GOMAXPROCS of this run' });
  await expect(stepper.getByRole('status')).toHaveText('2');
  await stepper.getByRole('button', { name: 'One P less' }).click();
  await expect(lanes.getByRole('rowheader')).toHaveText(['P0']);
  await expect(stepper.getByRole('button', { name: 'One P less' })).toBeDisabled();
  await stepper.getByRole('button', { name: 'One P more' }).click();
  await expect(lanes.getByRole('rowheader')).toHaveText(['P0', 'P1']);
  await stepper.getByRole('button', { name: 'One P more' }).click();
  await expect(lanes.getByRole('rowheader')).toHaveText(['P0', 'P1', 'P2']);
  await samovar.running();
  await samovar.cancelButton.click();
  expect(await samovar.ended('mine')).toBe('CANCELLED');
});

test('the Scheduler tab shows the whole run as a timeline that zooms, names its slices, and has a table', async ({ page, samovar }) => {
  await samovar.open(link('mine', { blocks: 3, difficulty: 10, time: 'virtual', procs: 4 }));
  await samovar.mineButton.click();
  await samovar.ended('mine');
  await samovar.tab('Scheduler');
  const timeline = page.getByRole('region', { name: 'Timeline' });
  const span = timeline.locator('.timeline-span');
  await expect(span).toHaveText(/^(.+) of \1$/);
  const whole = await span.textContent();
  await timeline.getByRole('button', { name: 'Zoom in' }).click();
  await expect(span).not.toHaveText(whole ?? '');
  await timeline.getByRole('button', { name: 'Whole run' }).click();
  await expect(span).toHaveText(whole ?? '');

  const canvas = timeline.locator('canvas');
  await canvas.focus();
  await page.keyboard.press('ArrowDown');
  await expect(timeline.locator('.timeline-sentence')).toContainText(/P0/);
  await page.keyboard.press('ArrowDown');
  await expect(timeline.locator('.timeline-sentence')).toContainText(/P1/);
  const box = (await canvas.boundingBox())!;
  await page.keyboard.press('Escape');
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await expect(timeline.locator('.timeline-sentence')).toContainText(/P\d/);
  await timeline.getByRole('button', { name: 'Show table' }).click();
  await expect(timeline.getByRole('table').getByRole('row').nth(1)).toBeVisible();
});

test('the Scheduler tab has the schedtrace lines of the run', async ({ page, samovar }) => {
  await samovar.open(LONG);
  await samovar.mineButton.click();
  await samovar.running();
  await page.waitForTimeout(700);
  await samovar.cancelButton.click();
  await expect(samovar.stateWord).toHaveText('CANCELLED');
  await expect(page.getByRole('region', { name: 'Lanes' }).locator('.lanes-ms')).toHaveText(/^Ms: all \d+ parked/);
  await samovar.tab('Scheduler');
  await page.locator('.schedtrace summary').click();
  await expect(page.locator('.schedtrace-lines')).toHaveText(/SCHED \d+ms: gomaxprocs=2 /);
});

test('a result and its events can be downloaded', async ({ page, samovar }) => {
  await samovar.open(link('mine', { blocks: 2, difficulty: 8, time: 'virtual' }));
  await samovar.mineButton.click();
  await samovar.ended('mine');
  const saved = async (name: string): Promise<{ file: string; text: string }> => {
    const [download] = await Promise.all([page.waitForEvent('download'), samovar.result.getByRole('button', { name }).click()]);
    return { file: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
  };
  const result = await saved('Download result (JSON)');
  expect(result.file).toMatch(/^samovar-mine-\d+\.json$/);
  expect(JSON.parse(result.text)).toEqual(await samovar.resultJson());
  const events = await saved('Download events (CSV)');
  expect(events.file).toMatch(/^samovar-mine-\d+-events\.csv$/);
  const lines = events.text.trimEnd().split('\n');
  expect(lines[0]).toBe('time_ns,seq,kind,reason,p,g,a,b');
  expect(lines.length - 1).toBe((await samovar.resultJson()).cost.events_recorded);
});
