/** Where things are: the built page, the two servers, the browser, the command line. Each can be set from outside. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const top = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export const DIST = process.env.SAMOVAR_DIST ?? top('web/dist');
export const SERVER = top('scripts/serve.mjs');
export const CLI = process.env.SAMOVAR_CLI ?? top('build/native/samovar');
/** Ignored by git; kept by the workflow. */
export const SCREENSHOTS = top('e2e/screenshots');

const port = Number(process.env.SAMOVAR_E2E_PORT ?? 4780);
/** As a static host serves a project's page: below a path, and without headers of its own. */
export const PLAIN = { port, base: '/samovar/', url: `http://127.0.0.1:${port}/samovar/` };
/** As a host with headers serves it: isolated from the first load on. */
export const ISOLATED = { port: port + 1, url: `http://127.0.0.1:${port + 1}/` };

export function chromium(): string {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const given = process.env.CHROMIUM ?? process.env.SAMOVAR_CHROMIUM;
  const found = given ?? names.map((name) => `/usr/bin/${name}`).find((path) => existsSync(path));
  if (!found) throw new Error('There is no Chromium. Install it, or name it in CHROMIUM.');
  return found;
}
