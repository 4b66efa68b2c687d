import { defineConfig } from '@playwright/test';
import { chromium, DIST, ISOLATED, PLAIN, SERVER } from './support/places';

const serve = (...options: string[]): string => ['node', SERVER, '--root', DIST, ...options].map((word) => `'${word}'`).join(' ');

export default defineConfig({
  testDir: './tests',
  outputDir: './test-results',
  // One at a time: the page itself uses every core there is, and half of the tests look at how fast something is.
  workers: 1,
  fullyParallel: false,
  retries: process.env.CI ? 1 : 0,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  forbidOnly: !!process.env.CI,
  reporter: [['list', { printSteps: false }]],
  use: {
    baseURL: ISOLATED.url,
    viewport: { width: 1440, height: 900 },
    deviceScaleFactor: 1,
    locale: 'en-GB',
    permissions: ['clipboard-read', 'clipboard-write'],
    launchOptions: { executablePath: chromium(), args: ['--disable-gpu', '--disable-quic'] },
    actionTimeout: 15_000,
    navigationTimeout: 30_000,
    // Recording takes a third of the whole time, so a test is recorded when it is tried again; by hand: --trace on.
    trace: 'on-first-retry',
  },
  webServer: [
    { command: serve('--port', String(ISOLATED.port), '--isolate'), url: ISOLATED.url, reuseExistingServer: false },
    { command: serve('--port', String(PLAIN.port), '--base', PLAIN.base), url: PLAIN.url, reuseExistingServer: false },
  ],
});
