/**
 * Playwright's `test` with two additions. Each page is watched for console errors, uncaught errors, violations of the content
 * security policy and failed requests, and a test that saw one fails, whatever it was about; a test that provokes some says which in
 * `expected`. And `samovar` is the page in a person's words (support/samovar.ts).
 */
import { test as base, expect, type Page } from '@playwright/test';
import { Samovar } from './samovar';

export interface Watch {
  /** What was seen and should not have been. */
  readonly troubles: string[];
  /** Troubles this test provokes. */
  expected: RegExp[];
}

function watchPage(page: Page, troubles: string[]): void {
  page.on('console', (message) => {
    if (message.type() === 'error') troubles.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => troubles.push(`uncaught: ${error.message} ${(error.stack ?? '').split('\n').slice(1, 4).map((line) => line.trim()).join(' ')}`));
  page.on('response', (response) => {
    if (response.status() >= 400) troubles.push(`${response.status()} for ${response.url()}`);
  });
}

export const test = base.extend<{ watch: Watch; samovar: Samovar }>({
  watch: [
    async ({ context }, use) => {
      const watch: Watch = { troubles: [], expected: [] };
      await context.exposeBinding('__samovarViolation', (_source, text: string) => void watch.troubles.push(`policy: ${text}`));
      await context.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', (event) => {
          const tell = (globalThis as unknown as { __samovarViolation(text: string): void }).__samovarViolation;
          tell(`${event.violatedDirective} ${event.blockedURI}`);
        });
      });
      context.on('page', (page) => watchPage(page, watch.troubles));
      await use(watch);
      const unexpected = new Set(watch.troubles.filter((text) => !watch.expected.some((pattern) => pattern.test(text))));
      expect([...unexpected], 'errors that the page made meanwhile').toEqual([]);
    },
    { auto: true },
  ],
  samovar: async ({ page }, use) => use(new Samovar(page)),
});

/** A number that a reader of the report may want: kept with the test, and printed. */
export function note(type: string, description: string): void {
  test.info().annotations.push({ type, description });
  console.log(`        ${type}: ${description}`);
}

export { expect };
