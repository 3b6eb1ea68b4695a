/**
 * Drives the listening room of a running `./veilpass demo` in headless Chromium.
 * node web/e2e/run.mjs --url http://localhost:PORT --out DIR [--only NAME]
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { keyboardCases } from './cases/keyboard.mjs';
import { looksCases } from './cases/looks.mjs';
import { refusalCases } from './cases/refusals.mjs';
import { reloadCases } from './cases/reload.mjs';
import { unlockCases } from './cases/unlock.mjs';
import { Visitor } from './lib/browser.mjs';
import { Checks } from './lib/checks.mjs';

const CASES = [...unlockCases, ...reloadCases, ...refusalCases, ...looksCases, ...keyboardCases];
const options = { url: { type: 'string' }, out: { type: 'string' }, only: { type: 'string' } };
const { url, out, only } = parseArgs({ options }).values;
if (!url || !out) {
  console.error('usage: node web/e2e/run.mjs --url http://localhost:PORT --out DIR [--only NAME]');
  process.exit(2);
}
mkdirSync(out, { recursive: true });

const checks = new Checks();
const config = await (await fetch(new URL('/config.json', url))).json();
const origins = [config.audience, config.api, config.rpc].map((text) => new URL(text).origin);
const chosen = CASES.filter(({ name }) => !only || name.includes(only));
if (chosen.length === 0)
  throw new Error(`no case is called ${only}; there are ${CASES.map(({ name }) => name).join(', ')}`);

for (const { name, run } of chosen) {
  const visitors = [];
  const visit = async (look) => {
    const visitor = await Visitor.open({ url, origins, ...look });
    visitors.push(visitor);
    return visitor;
  };
  const shot = async ({ page }, picture) => {
    const path = join(out, `${picture}.png`);
    await page.screenshot({ path, fullPage: (await page.locator('dialog[open]').count()) === 0 });
    checks.note({ picture: path });
  };
  try {
    await run({ checks, config, visit, shot, out });
  } catch (error) {
    checks.check(
      `${name}: runs to its end`,
      false,
      String(error.message ?? error)
        .split('\n')
        .slice(0, 4)
        .join(' '),
    );
    if (visitors.length) await shot(visitors.at(-1), `${name}-failed`).catch(() => {});
  }
  for (const visitor of visitors) {
    checks.check(
      `${name}: no errors, violations or foreign requests`,
      visitor.complaints.length === 0,
      visitor.complaints,
    );
    await visitor.close();
  }
}
console.log(
  checks.failed === 0
    ? `E2E OK ${checks.passed} checks`
    : `E2E FAILED ${checks.failed} of ${checks.passed + checks.failed} checks`,
);
process.exit(checks.failed === 0 ? 0 : 1);
