import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

/** What the built page may do. The service worker sends the same words as a header, so that workers obey them too. */
export const CSP =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; " +
  "img-src 'self' data:; manifest-src 'self'; base-uri 'none'; form-action 'none'";

/** With these the dev and preview servers isolate the page, so that it needs no service worker there. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** Only in the built page: the dev server puts styles into the page as it goes, which the policy forbids. */
function contentSecurityPolicy(): Plugin {
  return {
    name: 'samovar-csp',
    apply: 'build',
    transformIndexHtml: () => [
      { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: CSP }, injectTo: 'head-prepend' },
    ],
  };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/** Writes the list of files and the hash of them all into the built sw.js: a new build is a new cache. */
function serviceWorker(): Plugin {
  let out = 'dist';
  return {
    name: 'samovar-sw',
    apply: 'build',
    configResolved: (config) => {
      out = resolve(config.root, config.build.outDir);
    },
    // Not closeBundle: that one is called after a failed build too, and would hide its error.
    writeBundle: () => {
      const files = filesBelow(out).filter((name) => name !== 'sw.js');
      const hash = createHash('sha256');
      for (const name of files) hash.update(name).update(readFileSync(join(out, name)));
      const path = join(out, 'sw.js');
      const text = readFileSync(path, 'utf8')
        .replace("'__BUILD__'", JSON.stringify(hash.digest('hex').slice(0, 12)))
        .replace("'__FILES__'", JSON.stringify(files))
        .replace("'__CSP__'", JSON.stringify(CSP));
      writeFileSync(path, text);
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [contentSecurityPolicy(), serviceWorker()],
  server: { headers: isolation },
  preview: { headers: isolation },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox121', 'safari18.2'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // Some tests push millions of events through the store; a busy machine needs time for that.
  test: { include: ['src/**/*.test.{ts,tsx}'], testTimeout: 30_000 },
} as Parameters<typeof defineConfig>[0]);
