/** Links: the same form elsewhere, never a run by itself, and a clear sentence for whatever is wrong with one. */
import { expect, test } from '../support/test';
import { link, Samovar } from '../support/samovar';

test('a copied link opens the same form in another browser, and starts nothing', async ({ page, samovar, browser }) => {
  await samovar.open();
  await samovar.ended('mine');
  await samovar.set('blocks', 3);
  await samovar.set('difficulty', 11);
  await samovar.set('strategy', 'locked');
  await samovar.set('data', 'tea & <b>100 %</b> “ü”');
  await samovar.set('seed', 42);
  const form = await samovar.form();
  const copy = page.getByRole('banner').getByRole('button', { name: 'Copy link' });
  await copy.click();
  await expect(copy).toHaveText(/copied/);
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toMatch(/#v=1&x=mine&.*blocks=3/);
  expect(copied).toMatch(/[0-9a-z]$/i);

  const context = await browser.newContext();
  const other = new Samovar(await context.newPage());
  await other.page.goto(copied);
  await other.ready();
  expect(await other.form()).toEqual(form);
  await expect(other.stateWord).toHaveText('IDLE');
  await expect(other.sentence).toContainText('Nothing has been run');
  await expect(other.notices).toHaveCount(0);
  await expect(other.result).toHaveCount(0);
  await context.close();
});

test('a reload keeps the form and the tab', async ({ page, samovar }) => {
  await samovar.open();
  await samovar.ended('mine');
  await samovar.set('blocks', 9);
  await samovar.set('seed', 5);
  await expect(page).toHaveURL(/blocks=9&.*seed=5|seed=5&.*blocks=9/);
  await samovar.tab('Chain');
  const form = await samovar.form();
  await page.reload();
  await samovar.ready();
  expect(await samovar.form()).toEqual(form);
  await expect(page.getByRole('button', { name: 'Chain', exact: true })).toHaveAttribute('aria-current', 'page');
  await expect(samovar.stateWord).toHaveText('IDLE');
});

test('Back goes to the run before', async ({ page, samovar }) => {
  await samovar.open(link('mine', { blocks: 1, difficulty: 4 }));
  await samovar.mineButton.click();
  await samovar.ended('mine');
  await samovar.set('blocks', 2);
  await samovar.mineButton.click();
  await expect(samovar.sentence).toContainText('run 2 of');
  await page.goBack();
  await expect(samovar.field('blocks')).toHaveValue('1');
  await page.goForward();
  await expect(samovar.field('blocks')).toHaveValue('2');
  await expect(samovar.stateWord).toHaveText('DONE');
});

interface Bad {
  hash: () => Promise<string> | string;
  says: RegExp;
  field?: [name: string, value: string];
}

const BAD: Readonly<Record<string, Bad>> = {
  'an unknown key': { hash: () => link('mine', { blocks: 3, flavour: 'earl-grey' }), says: /“flavour” in the link is no parameter of mine/, field: ['blocks', '3'] },
  'a value out of range': { hash: () => link('mine', { difficulty: 99 }), says: /difficulty.*99.*0.*40/ },
  'a value of another type': { hash: () => link('mine', { blocks: 'many' }), says: /blocks.*many.*1000/ },
  'an unknown experiment': { hash: () => link('brew', { blocks: 3 }), says: /There is no experiment “brew” here/ },
  'no experiment': { hash: () => '#v=1&blocks=3', says: /names no experiment/, field: ['blocks', '3'] },
  'a newer version': { hash: () => '#v=99&x=mine&blocks=3', says: /made by a newer version of Samovar/, field: ['blocks', '3'] },
  'the name of an object’s own parts': { hash: () => '#v=1&x=mine&__proto__=1&constructor=2&toString=3', says: /“__proto__”.*left out/ },
  'an experiment named like an object’s part': { hash: () => '#v=1&x=__proto__', says: /There is no experiment “__proto__” here/ },
  'a million characters': { hash: () => `#v=1&x=mine&data=${'A'.repeat(1 << 20)}`, says: /The link is \d+ characters long/ },
  'broken percent signs': { hash: () => '#v=1&x=mine&data=%E0%A4%A&blocks=3', says: /cannot be read/, field: ['blocks', '3'] },
  'something else altogether': { hash: () => '#section-2', says: /names no experiment/ },
  'markup': { hash: () => link('mine', { '<img src=x onerror=alert(1)>': '1' }), says: /“<img src=x onerror=alert\(1\)>” in the link is no parameter/ },
};

test('a link that is wrong in any way gets a clear sentence, and the page works', async ({ page, samovar }) => {
  test.setTimeout(120_000);
  let runs = 0;
  for (const [what, bad] of Object.entries(BAD)) {
    await test.step(what, async () => {
      const hash = await bad.hash();
      // The first as a visit begins, the others as one puts another link into the address bar.
      if (runs === 0) await samovar.open(hash);
      else await samovar.follow(hash);
      const told = page.locator('.notice p, .field-error').filter({ visible: true });
      await expect(told.filter({ hasText: bad.says }), what).toHaveCount(1);
      for (const text of await told.allTextContents()) expect(text.length, `${what}: a sentence, not a wall`).toBeLessThan(400);
      await expect(page.locator('.notice img')).toHaveCount(0);
      if (bad.field) await expect(samovar.field(bad.field[0])).toHaveValue(bad.field[1]);
      await expect(samovar.stateWord, `${what}: nothing starts by itself`).toHaveText(runs === 0 ? 'IDLE' : 'DONE');
      if (runs > 0) expect((await samovar.resultJson()).run, `${what}: nothing was started`).toBe(runs);
      for (const field of ['difficulty', 'blocks']) await samovar.set(field, 4);
      expect(await samovar.runToEnd(), what).toBe('DONE');
      runs++;
    });
  }
  expect((await samovar.resultJson()).run).toBe(runs);
});

test('a link that was cut says so, and one encoded over and over is read all the same', async ({ page, samovar }) => {
  await samovar.open();
  await samovar.ended('mine');
  await samovar.set('blocks', 12);
  await samovar.set('data', 'a b');
  await expect(page).toHaveURL(/data=/);
  const good = new URL(page.url()).hash;
  for (const cut of [good.replace('blocks=12', 'blocks=1'), good.slice(0, good.indexOf('data=') + 4)]) {
    await samovar.open(cut);
    await expect(samovar.notices).toHaveCount(1);
  }
  let encoded = good.slice(1);
  for (let i = 0; i < 3; i++) {
    encoded = encodeURIComponent(encoded);
    await samovar.open(`#${encoded}`);
    await expect(samovar.field('blocks')).toHaveValue('12');
    await expect(samovar.field('data')).toHaveValue('a b');
    await expect(samovar.notices).toHaveCount(0);
  }
});

test('on a telephone a number that cannot be taken is unfolded and told, and the button leads to it', async ({ page, samovar }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await samovar.open(link('mine', { difficulty: 99 }));
  await expect(page.locator('.question-toggle')).toHaveAttribute('aria-expanded', 'true');
  await expect(samovar.sentence).toContainText(/difficulty is 99.*Nothing can be run before that is mended/);
  await samovar.start();
  await expect(samovar.field('difficulty')).toBeFocused();
  await expect(samovar.stateWord).toHaveText('IDLE');
  await samovar.field('difficulty').fill('8');
  await expect(samovar.sentence).toContainText('Nothing has been run');
});
