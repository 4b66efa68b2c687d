/** The page as a person uses it: what is on it, and what one can do. Locators only; what must be true is said in the tests. */
import { expect, type Locator, type Page } from '@playwright/test';

export type Values = Record<string, string | number | boolean>;

export interface RunResult {
  experiment: string;
  run: number;
  state: string;
  driver: string;
  message: string;
  parameters: Values;
  result: Record<string, unknown>;
  units: Record<string, string>;
  metrics: Record<string, unknown>;
  cost: { wall_ns: number; virtual_ns?: number; events_recorded: number; events_dropped: number; digest?: string };
}

/** The views, in the order of their tabs and of the keys 1 to 5. */
export const VIEWS = ['Lab', 'Scheduler', 'Memory', 'Chain', 'Learn'] as const;
export type View = (typeof VIEWS)[number];

/** The hash of a link as somebody writes it by hand: no checksum. */
export function link(experiment: string, values: Values = {}): string {
  const pairs = Object.entries(values).map(([name, value]) => `&${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  return `#v=1&x=${experiment}${pairs.join('')}`;
}

export class Samovar {
  readonly status: Locator;
  readonly stateWord: Locator;
  readonly shownName: Locator;
  readonly figures: Locator;
  readonly sentence: Locator;
  readonly notices: Locator;
  readonly picker: Locator;
  readonly result: Locator;
  readonly cancelButton: Locator;
  readonly mineButton: Locator;

  constructor(readonly page: Page) {
    this.status = page.getByRole('region', { name: 'Status', exact: true });
    this.stateWord = this.status.locator('.strip-word');
    this.shownName = this.status.locator('.strip-name');
    this.figures = this.status.locator('.figure');
    this.sentence = this.status.locator('.strip-words');
    this.notices = page.locator('.notice');
    this.picker = page.getByLabel('experiment', { exact: true });
    this.result = page.getByRole('region', { name: 'Result', exact: true });
    this.cancelButton = this.status.getByRole('button', { name: 'Cancel' });
    this.mineButton = page.getByRole('button', { name: 'Mine', exact: true });
  }

  /** Opens the page (below `at` if given) and waits until its engine answers. */
  async open(hash = '', at = './'): Promise<void> {
    // Going to an address that differs only in its hash would load nothing.
    if (this.page.url() !== 'about:blank') await this.page.goto('about:blank');
    await this.page.goto(at + hash);
    await this.ready();
  }

  /** Goes to another link while the page stays, as one does who pastes it into the address bar. */
  async follow(hash: string): Promise<void> {
    await this.page.evaluate((wanted) => {
      if (location.hash === wanted) return Promise.resolve();
      const followed = new Promise<void>((resolve) => addEventListener('popstate', () => resolve(), { once: true }));
      location.hash = wanted;
      return followed;
    }, hash);
    await this.ready();
  }

  /** The engine answers: the form is there and its button can be pressed. */
  async ready(): Promise<void> {
    await expect(this.runButton()).toBeEnabled({ timeout: 30_000 });
  }

  /** The button that starts a run, whatever its verb is; on a narrow screen with the form unfolded there are two of it. */
  runButton(): Locator {
    return this.page.locator('.button-primary:visible').first();
  }

  field(name: string): Locator {
    return this.page.locator(`#field-${name}`);
  }

  /** Writes into a field, unfolding its group if need be. */
  async set(name: string, value: string | number): Promise<void> {
    const field = this.field(name);
    if (!(await field.isVisible())) await this.page.locator('details.group', { has: field }).locator('summary').click();
    if ((await field.evaluate((node) => node.tagName)) === 'SELECT') await field.selectOption(String(value));
    else {
      await field.fill(String(value));
      await field.blur();
    }
    await expect(field).toHaveValue(String(value));
  }

  /** Opens everything that folds and is in view. */
  async unfold(what = 'details'): Promise<void> {
    // What is still being loaded may fold as well.
    await expect(this.page.locator('.loading')).toHaveCount(0);
    const folded = this.page.locator(`${what}:not([open]) > summary`).filter({ visible: true });
    for (let left = await folded.count(); left > 0; left--) {
      await folded.first().click();
      await expect(folded).toHaveCount(left - 1);
    }
  }

  /** All fields of the form with what they hold. */
  async form(): Promise<Values> {
    return this.page.locator('[id^="field-"]').evaluateAll((fields) =>
      Object.fromEntries(
        fields.map((field) => {
          const input = field as HTMLInputElement;
          return [input.id.slice('field-'.length), input.type === 'checkbox' ? input.checked : input.value];
        }),
      ),
    );
  }

  async experiments(): Promise<string[]> {
    return this.picker.locator('option').evaluateAll((options) => options.map((option) => (option as HTMLOptionElement).value));
  }

  async choose(experiment: string): Promise<void> {
    await this.picker.selectOption(experiment);
    await expect(this.picker).toHaveValue(experiment);
  }

  async tab(name: View): Promise<void> {
    const button = this.page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name, exact: true });
    await button.click();
    await expect(button).toHaveAttribute('aria-current', 'page');
    await expect(this.page.locator('.loading')).toHaveCount(0);
  }

  /** Leaves a run on whose heap grows and is collected, in the Memory view, with a span of it chosen. Cancel ends it. */
  async growHeap(): Promise<void> {
    await this.open(link('trees', { depth: 20, procs: 1, collections: 0, heap: 256 }));
    await this.start();
    await this.running();
    await this.tab('Memory');
    await expect(this.page.locator('#heap-gogc')).toBeVisible();
    const map = this.page.getByRole('region', { name: 'Heap map' }).locator('canvas');
    await expect(map).toHaveAccessibleName(/span/);
    const objects = this.page.getByRole('region', { name: 'Objects of the chosen span' });
    // A span may be freed between the two keys.
    await expect(async () => {
      await map.press('Home');
      await map.press('Enter');
      await expect(objects.getByRole('heading')).toHaveText(/^Span at page/, { timeout: 1000 });
    }).toPass();
    await expect(objects.getByRole('button', { name: 'Show letters' })).toBeVisible();
  }

  async start(): Promise<void> {
    await this.runButton().click();
  }

  /** Until the run of this experiment is over; gives the word it ended with. */
  async ended(experiment: string, timeout = 30_000): Promise<string> {
    await expect(this.shownName).toHaveText(experiment, { timeout });
    await expect(this.stateWord).toHaveText(/^(DONE|CANCELLED|PANICKED|DEADLOCKED|FAILED)$/, { timeout });
    return (await this.stateWord.textContent()) ?? '';
  }

  /** Starts a run from the Lab and waits for its result, which is another than the one that stands there; gives the word it ended with. */
  async runToEnd(timeout = 30_000): Promise<string> {
    await this.page.locator('section.result').evaluateAll((sections) => sections.forEach((section) => section.setAttribute('data-e2e-before', '')));
    await this.start();
    await expect(this.page.locator('section.result:not([data-e2e-before])')).toBeVisible({ timeout });
    return (await this.stateWord.textContent()) ?? '';
  }

  async running(): Promise<void> {
    await expect(this.stateWord).toHaveText('RUNNING');
  }

  /** The whole result, as "Copy JSON" gives it. */
  async resultJson(): Promise<RunResult> {
    await this.page.evaluate(() => navigator.clipboard.writeText(''));
    await this.result.getByRole('button', { name: 'Copy JSON' }).click();
    let text = '';
    await expect.poll(async () => (text = await this.page.evaluate(() => navigator.clipboard.readText()))).not.toBe('');
    return JSON.parse(text) as RunResult;
  }

  async digest(): Promise<string> {
    return (await this.result.locator('.result-cost code').textContent()) ?? '';
  }

  /** The text of the strip's figures, thin spaces made plain. */
  async figureTexts(): Promise<string[]> {
    return (await this.figures.allTextContents()).map((text) => text.replace(/[\u2009\u202f\u00a0]/g, ' '));
  }
}
