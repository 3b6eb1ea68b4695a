// Every variable that a deployment sets is one that the service reads, and every value is one that it takes.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { check, notRun } from './report.mjs';
import { awaited, isKnown, secrets, services, text } from './settings.mjs';
import { environments } from './sources.mjs';

/** The Dockerfile's values are defaults of the others. */
const STAND_INS = {
  DATABASE_URL: 'postgres://veilpass:x@postgres/veilpass',
  REDIS_URL: 'redis://:x@redis/0',
  VEILPASS_MASTER_KEY: '00'.repeat(32),
  VEILPASS_RPC_URLS: 'https://rpc.example',
  VEILPASS_RPC_URL: 'https://rpc.example',
  VEILPASS_WS_URL: 'wss://rpc.example',
  VEILPASS_OPERATOR_KEYS: `ann:${'0'.repeat(64)}`,
};
const filled = (value) => value.replace(/\$\{\{\s*\w+\.RAILWAY_PUBLIC_DOMAIN\s*\}\}/g, 'listen.example');

export async function checkEnvironment(folder) {
  const all = environments(folder);
  for (const where of new Set(all.map(([source]) => source))) {
    await check(`${where}: every variable is a setting of its service`, (assert) => {
      const platform = where === 'railway' ? ['SERVICE', 'PORT', 'PROVER_KEY'] : [];
      const found = all.filter(([source]) => source === where);
      const unknown = found.flatMap(([, component, variables]) =>
        Object.keys(variables)
          .filter((name) => !isKnown(component, name) && !platform.includes(name))
          .map((name) => `${component} ${name}`),
      );
      assert.deepEqual(unknown, []);
      assert.ok(found.length > 0);
    });
    await check(`${where}: no secret has a value`, (assert) => {
      const given = all
        .filter(([source]) => source === where)
        .flatMap(([, component, variables]) =>
          Object.entries(variables)
            .filter(([name, value]) => (secrets.has(name) || name === 'PROVER_KEY') && value !== null)
            .filter(([, value]) => !/^(a sealed variable|\$\{\{\w+\.\w+\}\})$/.test(value))
            .map(([name]) => `${component} ${name}`),
        );
      assert.deepEqual(given, []);
    });
  }
  await check('with-secrets knows every secret, and nothing else', (assert) => {
    const names = text('infra/docker/with-secrets.sh')
      .match(/for name in ([^;]*); do/)[1]
      .match(/[A-Z_]+/g);
    assert.deepEqual(names.sort(), [...secrets].sort());
  });
  for (const setting of awaited()) notRun(`setting ${setting}`, 'config/veilpass.toml does not have it yet');
  await checkValues(all);
}

/** The services' own parsers, where they are built. */
async function checkValues(all) {
  const folder = binaries();
  if (!folder) return notRun('values of settings', 'the services are not built here');
  const run = all.filter(([where, component]) => where !== 'Dockerfile' && services.includes(component));
  await check(`the services take these values (${run.length} sets, --print-config)`, (assert) => {
    assert.ok(run.length >= services.length);
    for (const [where, component, variables] of run) {
      const set = Object.entries(variables).filter(([name, value]) => value !== null || STAND_INS[name]);
      const env = Object.fromEntries(set.map(([name, value]) => [name, STAND_INS[name] ?? filled(String(value))]));
      try {
        execFileSync(join(folder, `veilpass-${component}`), ['--print-config'], { env, stdio: 'pipe' });
      } catch (error) {
        assert.fail(`${where}, ${component}: ${error.stderr}`);
      }
    }
  });
}

function binaries() {
  const cache = process.env.VEILPASS_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'veilpass');
  const targets = existsSync(cache) ? readdirSync(cache).filter((name) => /^target-[0-9.]+$/.test(name)) : [];
  return [
    process.env.CARGO_TARGET_DIR,
    ...targets
      .sort()
      .reverse()
      .map((name) => join(cache, name)),
  ]
    .filter(Boolean)
    .map((target) => join(target, 'release'))
    .find((release) => services.every((service) => existsSync(join(release, `veilpass-${service}`))));
}
