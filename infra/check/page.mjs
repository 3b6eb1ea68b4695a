// The listening room's server, started: its headers are those of web/headers.json, its files the compressed ones.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { check, notRun } from './report.mjs';
import { root, text } from './settings.mjs';

const API = 'https://api.listen.example';
const RPC = 'https://rpc.listen.example wss://rpc.listen.example:8900';
const path = (name) => fileURLToPath(new URL(name, root));
const headers = JSON.parse(text('web/headers.json'));

/** The headers that a page is due from these origins. */
export const due = (kind) =>
  Object.fromEntries(
    Object.entries(headers[kind]).map(([k, v]) => [k, v.replaceAll('{api}', API).replaceAll('{rpc}', RPC)]),
  );

export async function checkHeaders() {
  await check('headers: isolated, and no script but our own', (assert) => {
    for (const kind of ['page', 'worker']) {
      const policy = headers[kind]['content-security-policy'];
      assert.match(policy, /^default-src 'none';/);
      for (const hole of ["'unsafe-inline'", "'unsafe-eval'", 'blob:', 'data:', '*'])
        assert.ok(!policy.includes(hole), hole);
      assert.equal(policy.includes("'wasm-unsafe-eval'"), kind === 'worker');
      for (const last of ['base-uri', 'form-action', 'frame-ancestors'])
        assert.ok(policy.includes(`${last} 'none'`), last);
      assert.equal(headers[kind]['cross-origin-opener-policy'], 'same-origin');
      assert.equal(headers[kind]['cross-origin-embedder-policy'], 'require-corp');
      assert.equal(headers[kind]['x-content-type-options'], 'nosniff');
    }
    assert.ok(!headers.worker['content-security-policy'].includes('{rpc}'), 'workers have no business with the RPC');
  });
}

export async function checkPage(nginx) {
  if (!nginx) return notRun('the page, served by nginx', 'no nginx');
  const work = mkdtempSync(join(tmpdir(), 'veilpass-page-'));
  chmodSync(work, 0o755);
  let server;
  try {
    const port = await freePort();
    const script = 'export const answer = 42;\n'.repeat(200);
    lay(work, port, script);
    await check('page: nginx takes its configuration', () => {
      execFileSync(nginx, ['-t', '-q', '-p', work, '-c', join(work, 'nginx.conf')], { stdio: 'pipe' });
    });
    server = spawn(nginx, ['-p', work, '-c', join(work, 'nginx.conf'), '-g', 'daemon off;'], { stdio: 'ignore' });
    await answering(port);
    await check('page: every answer has the headers of web/headers.json', async (assert) => {
      const wanted = {
        '/': 'page',
        '/index.html': 'page',
        '/assets/a-1.js': 'page',
        '/config.json': 'page',
        '/none': 'page',
      };
      for (const [name, kind] of Object.entries({
        ...wanted,
        '/assets/prover.worker-1.js': 'worker',
        '/assets/none.worker.js': 'worker',
      })) {
        const answer = await request(port, name);
        assert.equal(answer.status, /none/.test(name) ? 404 : 200, name);
        for (const [header, value] of Object.entries(due(kind)))
          assert.equal(answer.headers[header], value, `${name} ${header}`);
        assert.equal(answer.headers.server, 'nginx');
        assert.deepEqual(answer.repeated, [], name);
      }
    });
    await check('page: files come compressed as the client wants, with their own types', async (assert) => {
      for (const [accepted, encoding] of [
        ['gzip, deflate, br, zstd', 'br'],
        ['gzip', 'gzip'],
        ['br;q=0, gzip;q=0.5', 'gzip'],
        ['identity', undefined],
      ]) {
        const answer = await request(port, '/assets/a-1.js', accepted);
        assert.equal(answer.headers['content-encoding'], encoding, accepted);
        assert.equal(answer.headers['content-type'], 'text/javascript; charset=utf-8');
        assert.equal(answer.headers['cache-control'], 'public, max-age=31536000, immutable');
        assert.equal(answer.headers.vary, 'accept-encoding');
        const plain = Buffer.from(script);
        const expected = { br: brotliCompressSync(plain), gzip: gzipSync(plain) }[encoding] ?? plain;
        assert.ok(answer.body.equals(expected), accepted);
      }
      assert.equal((await request(port, '/')).headers['content-type'], 'text/html; charset=utf-8');
      assert.equal((await request(port, '/')).headers['cache-control'], 'no-cache');
      assert.equal((await request(port, '/assets/b-1.wasm')).headers['content-type'], 'application/wasm');
      assert.equal((await request(port, '/assets/a-1.js.br')).status, 404);
      assert.equal((await request(port, '/config.json')).body.toString(), '{"demo":false}');
    });
    await check('healthcheck: says what the port says', (assert) => {
      const asks = (path_) =>
        execFileSync('bash', [path('infra/docker/healthcheck.sh'), String(port), path_], { stdio: 'pipe' });
      asks('/healthz');
      assert.throws(() => asks('/none'));
    });
    await check('page: what is no origin does not get into the policy', (assert) => {
      for (const bad of ["https://a.example; script-src 'unsafe-inline'", 'https://a.example/path', '*', '']) {
        assert.throws(() => page(work, { api: bad }), bad);
      }
    });
  } finally {
    if (server) {
      server.kill('SIGQUIT');
      await new Promise((resolve) => server.once('exit', resolve));
    }
    rmSync(work, { recursive: true });
  }
}

/** What the image's entry point does before nginx starts. */
function page(work, { api = API } = {}) {
  const config = join(work, 'mounted.json');
  writeFileSync(config, '{"demo":false}');
  const env = { PATH: process.env.PATH, TMPDIR: work, VEILPASS_API_ORIGIN: api, VEILPASS_RPC_ORIGIN: RPC };
  execFileSync('sh', [path('infra/docker/web/15-page.sh'), config], { env, stdio: 'pipe' });
  for (const name of readdirSync(join(work, 'templates'))) {
    const template = readFileSync(join(work, 'templates', name), 'utf8');
    writeFileSync(
      join(work, name.replace('.template', '')),
      template.replace(/\$\{(\w+)\}/g, (_, variable) => env[variable]),
    );
  }
}

function lay(work, port, script) {
  const room = join(work, 'room');
  mkdirSync(join(room, 'assets'), { recursive: true });
  writeFileSync(join(room, 'index.html'), '<!doctype html><title>x</title>');
  for (const name of ['a-1.js', 'prover.worker-1.js']) {
    writeFileSync(join(room, 'assets', name), script);
    writeFileSync(join(room, 'assets', `${name}.br`), brotliCompressSync(script));
    writeFileSync(join(room, 'assets', `${name}.gz`), gzipSync(script));
  }
  writeFileSync(join(room, 'assets', 'b-1.wasm'), '\0asm');
  execFileSync(process.execPath, [
    path('infra/docker/web/headers.mjs'),
    path('web/headers.json'),
    join(work, 'templates'),
  ]);
  page(work);
  const conf = text('infra/docker/web/nginx.conf');
  const moved = conf
    .replaceAll('/tmp/', `${work}/`)
    .replace('/srv/room', room)
    .replace('listen 8080', `listen 127.0.0.1:${port}`);
  writeFileSync(join(work, 'nginx.conf'), moved);
}

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

function request(port, name, accepted = 'identity') {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: name, headers: { 'accept-encoding': accepted } }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => {
        const { statusCode: status, headers, rawHeaders } = answer;
        resolve({ status, headers, repeated: repeated(rawHeaders), body: Buffer.concat(chunks) });
      });
    }).on('error', reject);
  });
}

/** Names that a response has more than once. */
const repeated = (raw) => {
  const names = raw.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  return names.filter((name, index) => names.indexOf(name) !== index);
};

async function answering(port) {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answer = await request(port, '/healthz').catch(() => undefined);
    if (answer?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('nginx does not answer');
}
