/** Every experiment the page offers, as its own picker lists them. */
import { expect, note, test } from '../support/test';
import { short, seeded } from '../support/sizes';
import { link, type RunResult } from '../support/samovar';

/** Experiments whose end is not "done", and Go's words for it. */
const ENDINGS: Readonly<Record<string, { word: string; words: RegExp }>> = {
  deadlock: { word: 'DEADLOCKED', words: /^fatal error: all goroutines are asleep - deadlock!/ },
};

/** Numbers that have no unit because they are no measure of anything. */
const PURE = new Set(['final_value', 'gc_cpu_fraction']);

function numbersOf(result: RunResult): string[] {
  return Object.entries(result.result).filter(([, value]) => typeof value === 'number').map(([name]) => name);
}

for (const time of ['real', 'virtual'] as const) {
  test(`each runs to its end in ${time} time, says how it ended, and gives its numbers with units`, async ({ page, samovar }) => {
    test.setTimeout(420_000);
    await samovar.open();
    const names = await samovar.experiments();
    expect(names).toEqual(expect.arrayContaining(['mine', 'add-block', 'spawn-order', 'yield-order', 'round-robin', 'close-order']));
    note('experiments', names.join(' '));
    const bare = new Set<string>();
    for (const name of names) {
      await test.step(name, async () => {
        await samovar.follow(link(name, { ...short(name), time }));
        await expect(samovar.notices, `${name}: the link is taken without complaint`).toHaveCount(0);
        await expect(page.locator('.picker-question')).toHaveText(/\?$/);
        await expect(page.locator('.picker-shows')).not.toBeEmpty();
        const word = await samovar.runToEnd(60_000);
        await expect.soft(samovar.shownName).toHaveText(name);
        const ending = ENDINGS[name];
        expect.soft(word, `${name}: the word it ends with (${await samovar.sentence.textContent()})`).toBe(ending?.word ?? 'DONE');
        if (ending) await expect.soft(samovar.result.locator('.result-message')).toHaveText(ending.words);

        const result = await samovar.resultJson();
        expect.soft(result.experiment).toBe(name);
        expect.soft(result.driver, name).toBe(time === 'real' ? 'threads' : 'virtual');
        await expect.soft(samovar.result.locator('.result-cost')).toContainText(/\d\s?(ns|µs|ms|s) of wall time/);
        await expect.soft(samovar.result.locator('.result-cost')).toContainText(/\d events recorded/);
        for (const field of numbersOf(result)) if (!(field in result.units) && !PURE.has(field)) bare.add(`${name}.${field}`);
      });
    }
    expect.soft([...bare], 'numbers without a unit').toEqual([]);
  });
}

test('after a deadlock, and another, the engine still mines', async ({ samovar }) => {
  await samovar.open();
  test.skip(!(await samovar.experiments()).includes('deadlock'), 'this build has no deadlock');
  await samovar.choose('deadlock');
  for (let i = 0; i < 2; i++) {
    await samovar.runButton().click();
    expect(await samovar.ended('deadlock')).toBe('DEADLOCKED');
  }
  await samovar.choose('mine');
  await samovar.set('difficulty', 8);
  await samovar.runButton().click();
  expect(await samovar.ended('mine')).toBe('DONE');
});

test('spawn-order shows Go’s 9 0 1 2 3 4 5 6 7 8 on one P', async ({ page, samovar }) => {
  await samovar.open(link('spawn-order', { goroutines: 10, procs: 1, time: 'virtual' }));
  await samovar.runButton().click();
  await samovar.ended('spawn-order');
  await expect(page.getByRole('list', { name: 'Order of running' }).getByRole('listitem')).toHaveText(['9', '0', '1', '2', '3', '4', '5', '6', '7', '8']);
  await expect(page.getByText('The last one created, 9, ran first, because it stood in runnext')).toBeVisible();
});

test('the picker shows what was chosen before, and keeps what both experiments know', async ({ samovar }) => {
  await samovar.open(link('mine', seeded('mine')));
  await samovar.choose('round-robin');
  await expect(samovar.field('seed')).toHaveValue('7');
  await expect(samovar.field('time')).toHaveValue('virtual');
  await expect(samovar.stateWord).toHaveText('IDLE');
});
