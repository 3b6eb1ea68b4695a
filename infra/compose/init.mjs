#!/usr/bin/env node
// Draws the secrets of a stack, once, and writes .env for docker compose. What is there already is kept.
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const USAGE = `node infra/compose/init.mjs --local | --rpc URL --ws URL --cluster NAME --page-rpc ORIGIN ...
  --local            a chain of this machine: its fee payer and authority are drawn here, and are worth nothing elsewhere
  --rpc URL[,URL]    RPC endpoints of the services; they may have keys in them
  --ws URL           WebSocket of the first
  --cluster NAME     mainnet-beta, testnet or devnet
  --page-rpc ORIGIN  RPC that the page asks, which everybody sees: an origin without a key
  --fee-payer FILE   key of the relayer, as solana-keygen writes it (not with --local)
  --authority FILE   key of the registries' authority, for 'tools' only (not with --local)
  --audience ORIGIN  where the listening room is [http://localhost:8081]
  --api ORIGIN       where the API is [http://127.0.0.1:8080]
  --dir FOLDER       where to write [this file's folder]`;

const { values: options } = parseArgs({
  options: {
    local: { type: 'boolean', default: false },
    rpc: { type: 'string' },
    ws: { type: 'string' },
    cluster: { type: 'string' },
    'page-rpc': { type: 'string' },
    'fee-payer': { type: 'string' },
    authority: { type: 'string' },
    audience: { type: 'string', default: 'http://localhost:8081' },
    api: { type: 'string', default: 'http://127.0.0.1:8080' },
    dir: { type: 'string', default: dirname(fileURLToPath(import.meta.url)) },
    help: { type: 'boolean', default: false },
  },
});
const outside = ['rpc', 'ws', 'cluster', 'page-rpc', 'fee-payer', 'authority'];
const missing = options.local ? outside.filter((name) => options[name]) : outside.filter((name) => !options[name]);
if (options.help || missing.length > 0) {
  const why = options.local ? 'not with --local' : 'missing';
  console.error(options.help ? USAGE : `${why}: ${missing.map((name) => `--${name}`).join(', ')}\n\n${USAGE}`);
  process.exit(options.help ? 0 : 64);
}

const PROGRAM_ID = '85LygQCuWeDg7mLnVBoXtNfU3CSkvGiGZYDWRns2Mwrp';
// Files belong to whoever runs the containers: this user, or 10001 if this is root.
const root = process.getuid() === 0;
const [uid, gid] = root ? [10001, 10001] : [process.getuid(), process.getgid()];
const own = (path, mode) => {
  chmodSync(path, mode);
  if (root) chownSync(path, uid, gid);
};
for (const folder of ['secrets', 'state', 'state/prover', 'state/prometheus', 'state/grafana']) {
  mkdirSync(join(options.dir, folder), { recursive: true });
  own(join(options.dir, folder), 0o700);
}
/** What a file holds; made first if there is none. */
const once = (path, make, mode = 0o400) => {
  const file = join(options.dir, path);
  if (!existsSync(file)) {
    writeFileSync(file, make(), { mode: 0o600, flag: 'wx' });
    own(file, mode);
    console.error(`wrote ${path}`);
  }
  return readFileSync(file, 'utf8');
};
const drawn = () => randomBytes(32).toString('hex');

const password = once('secrets/postgres-password', drawn);
once('secrets/database-url', () => `postgres://veilpass:${password}@postgres/veilpass`);
const conf = once('secrets/redis.conf', () =>
  [
    'bind * -::*',
    'port 6379',
    'save ""',
    'appendonly no',
    'maxmemory 128mb',
    'maxmemory-policy noeviction',
    `requirepass ${drawn()}`,
    '',
  ].join('\n'),
);
once('secrets/redis-url', () => `redis://:${conf.match(/^requirepass (\S+)$/m)[1]}@redis/0`);
once('secrets/master-key', drawn);
once('secrets/grafana-password', drawn);
once('state/prover/prover.key', drawn, 0o600);
once('secrets/rpc-urls', () => (options.local ? 'http://local-chain:8899' : options.rpc));
once('secrets/rpc-url', () => (options.local ? 'http://local-chain:8899' : options.rpc.split(',')[0]));
once('secrets/ws-url', () => (options.local ? 'ws://local-chain:8900' : options.ws));
const payer = once('secrets/fee-payer.json', () => (options.local ? keypair() : checked(options['fee-payer'])));
once('secrets/authority.json', () => (options.local ? payer : checked(options.authority)), 0o600);
once('secrets/operator-keys', () => {
  const key = `vpo_${randomBytes(32).toString('base64url')}`;
  console.error(`operator's key, shown once: ${key}`);
  return `admin:${createHash('sha256').update(key).digest('hex')}`;
});

const address = base58(JSON.parse(payer).slice(32));
const pageRpc = options.local ? 'http://127.0.0.1:8899' : options['page-rpc'];
once(
  '.env',
  () =>
    [
      `VEILPASS_UID=${uid}`,
      `VEILPASS_GID=${gid}`,
      `VEILPASS_AUDIENCES=${options.audience}`,
      `VEILPASS_API_ORIGIN=${options.api}`,
      `VEILPASS_RPC_ORIGIN=${pageRpc}`,
      `VEILPASS_FEE_PAYER_ADDRESS=${address}`,
      '',
    ].join('\n'),
  0o600,
);
once(
  'state/config.json',
  () =>
    `${JSON.stringify(
      {
        api: options.api,
        registry_id: null,
        audience: options.audience,
        cluster: options.local ? 'localnet' : options.cluster,
        program_id: PROGRAM_ID,
        rpc: pageRpc,
        explorer: null,
        demo: false,
        tracks: [],
      },
      null,
      2,
    )}\n`,
  0o644,
);
console.error(`the relayer's fee payer, and the publisher of registries: ${address}`);

/** A new key, as solana-keygen writes it: the seed, then the public key. */
function keypair() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const seed = privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(-32);
  return JSON.stringify([...seed, ...publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)]);
}

function checked(file) {
  const bytes = JSON.parse(readFileSync(file, 'utf8'));
  if (!Array.isArray(bytes) || bytes.length !== 64) throw new Error(`${file} is no key of solana-keygen`);
  return JSON.stringify(bytes);
}

function base58(bytes) {
  const digits = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
  let [number, text] = [BigInt(`0x${Buffer.from(bytes).toString('hex')}`), ''];
  for (; number > 0n; number /= 58n) text = digits[Number(number % 58n)] + text;
  return '1'.repeat(bytes.findIndex((byte) => byte !== 0)) + text;
}
