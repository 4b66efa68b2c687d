// A small static server for the built page:  node scripts/serve.mjs [--help]
// Like GitHub Pages it sends no special headers, unless --isolate asks for them. Tests may import startServer.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const HELP = `usage: node scripts/serve.mjs [options]
  --root FOLDER   what to serve (web/dist)
  --port N        port to try first; the next free one is taken (8080)
  --host NAME     address to listen on (127.0.0.1)
  --base /PATH    serve below a sub-path, as GitHub Pages does (/)
  --isolate       send COOP and COEP, which give shared memory without the page's service worker`;

const DEFAULT_ROOT = fileURLToPath(new URL('../web/dist', import.meta.url));

const MIME_TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

const ISOLATION_HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** Starts a server; resolves to { url, port, close } once it listens. */
export async function startServer({
  root = DEFAULT_ROOT,
  port = 8080,
  host = '127.0.0.1',
  base = '/',
  isolate = false,
} = {}) {
  const folder = resolve(root);
  const prefix = normalizeBase(base);
  const headers = isolate ? ISOLATION_HEADERS : {};
  const server = createServer((request, response) => {
    answer(request, response, { folder, prefix, headers }).catch((error) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(`${error.message}\n`);
    });
  });
  const takenPort = await listenOnFreePort(server, port, host);
  return {
    port: takenPort,
    url: `http://${host === '127.0.0.1' ? 'localhost' : host}:${takenPort}${prefix}`,
    close: () =>
      new Promise((done) => {
        server.close(done);
        server.closeAllConnections();
      }),
  };
}

function normalizeBase(base) {
  const trimmed = base.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? '/' : `/${trimmed}/`;
}

async function listenOnFreePort(server, firstPort, host) {
  for (let port = firstPort; port < firstPort + 100; port++) {
    const error = await new Promise((done) => {
      server.once('error', done);
      server.listen(port, host, () => {
        server.off('error', done);
        done(undefined);
      });
    });
    if (error === undefined) return server.address().port;
    if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') throw error;
  }
  throw new Error(`no free port from ${firstPort} to ${firstPort + 99}`);
}

async function answer(request, response, { folder, prefix, headers }) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return finish(response, 405, { ...headers, Allow: 'GET, HEAD' }, 'only GET and HEAD\n');
  }
  const path = requestedPath(request.url);
  if (path === undefined) return finish(response, 400, headers, 'bad address\n');
  if (`${path}/` === prefix) return finish(response, 301, { ...headers, Location: prefix }, '');
  if (!path.startsWith(prefix)) return finish(response, 404, headers, `not found; the page is at ${prefix}\n`);

  const file = normalize(join(folder, path.slice(prefix.length)));
  if (file !== folder && !file.startsWith(folder + sep)) return finish(response, 404, headers, 'not found\n');
  const found = await findFile(file, path);
  if (found === undefined) return finish(response, 404, headers, 'not found\n');
  if (found.redirect !== undefined) return finish(response, 301, { ...headers, Location: found.redirect }, '');
  return sendFile(request, response, found, headers);
}

function requestedPath(url) {
  try {
    const path = decodeURIComponent(url.replace(/[?#].*$/, ''));
    return path.includes('\0') ? undefined : path;
  } catch {
    return undefined;
  }
}

async function findFile(file, path) {
  const status = await stat(file).catch(() => undefined);
  if (status === undefined) return undefined;
  if (!status.isDirectory()) return { file, status };
  if (!path.endsWith('/')) return { redirect: encodeURI(`${path}/`) };
  return findFile(join(file, 'index.html'), `${path}index.html`);
}

function sendFile(request, response, { file, status }, headers) {
  const tag = `"${status.size.toString(36)}-${Math.round(status.mtimeMs).toString(36)}"`;
  const all = {
    ...headers,
    'Content-Type': MIME_TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream',
    'Cache-Control': 'no-cache',
    'X-Content-Type-Options': 'nosniff',
    ETag: tag,
  };
  if (request.headers['if-none-match'] === tag) return finish(response, 304, all, '');
  response.writeHead(200, { ...all, 'Content-Length': status.size });
  if (request.method === 'HEAD') return response.end();
  createReadStream(file)
    .on('error', () => response.destroy())
    .pipe(response);
}

function finish(response, status, headers, body) {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers });
  response.end(body);
}

async function main() {
  const { values } = parseArgs({
    options: {
      root: { type: 'string', default: DEFAULT_ROOT },
      port: { type: 'string', default: '8080' },
      host: { type: 'string', default: '127.0.0.1' },
      base: { type: 'string', default: '/' },
      isolate: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`--port wants 0 to 65535, not ${values.port}`);
  const server = await startServer({ ...values, port });
  console.log(`Samovar is at ${server.url}   (Ctrl-C stops it)`);
  const stop = () => server.close().then(() => process.exit(0));
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().catch((error) => {
    console.error(`serve: ${error.message}`);
    process.exit(2);
  });
}
