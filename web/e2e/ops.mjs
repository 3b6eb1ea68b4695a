// Opens the operators' page of a running stack in Chromium, compares what it shows with /metrics, and takes pictures.
//   node web/e2e/ops.mjs --url http://127.0.0.1:PORT/ops/ --key KEY|--key-file FILE --out DIR [--seconds 60] [--services N] [--idle]
// The stack should be at work meanwhile. Ends with an error if a number differs, or if the console has an error.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { accessibilityFaults } from './lib/axe.mjs';

const { values: options } = parseArgs({
  options: {
    url: { type: 'string' },
    key: { type: 'string' },
    'key-file': { type: 'string' },
    out: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    services: { type: 'string', default: '4' },
    idle: { type: 'boolean', default: false },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
  },
});
const { url, out } = options;
const key = options.key ?? (options['key-file'] && readFileSync(options['key-file'], 'utf8').trim());
assert(url && key && out, 'give --url, --key or --key-file, and --out');
mkdirSync(out, { recursive: true });

const browser = await chromium.launch({ executablePath: options.chromium, args: ['--no-sandbox'] });
const context = await browser.newContext({ viewport: { width: 1560, height: 1000 }, colorScheme: 'light' });
const page = await context.newPage();
const troubles = [];
const expected = [];
page.on('console', (message) => {
  if (['error', 'warning'].includes(message.type())) troubles.push(`${message.type()}: ${message.text()}`);
});
page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
page.on('request', (request) => {
  if (new URL(request.url()).origin !== new URL(url).origin && !request.url().startsWith('data:')) {
    troubles.push(`a request to ${request.url()}`);
  }
  if (request.url().includes(key)) troubles.push('the key is in a URL');
});

const response = await page.goto(url);
assert.equal(response.status(), 200);
assert.match(response.headers()['content-security-policy'], /^default-src 'none'; script-src 'self'/);
await page.screenshot({ path: join(out, 'key.png') });

// A wrong key is refused, in words; the browser itself notes the 401.
await page.getByLabel('Key', { exact: true }).fill('vpo_not-a-key');
await page.getByRole('button', { name: 'Show' }).click();
await page.getByText('This key is not one of this listener.').waitFor();
expected.push(...troubles.splice(0));
assert(
  expected.every((text) => text.includes('401')),
  `only the 401 is noted: ${expected}`,
);

await page.getByLabel('Key', { exact: true }).fill(key);
await page.getByRole('button', { name: 'Show' }).click();
await page.locator('#page').waitFor({ state: 'visible' });
assert.equal(await page.evaluate(() => sessionStorage.length + localStorage.length), 0, 'the key is in memory only');
await page
  .locator('.services li.up')
  .nth(Number(options.services) - 1)
  .waitFor({ timeout: 30_000 });

/** The figure under a label of a card. */
const figure = (card, label) =>
  page
    .getByRole('region', { name: card, exact: true })
    .locator('.stat', { has: page.getByText(label, { exact: true }) })
    .locator('dd')
    .textContent();

/** The samples that the page got last, asked for at the same time. */
async function samples() {
  const answer = await fetch(new URL('v1/metrics', url), { headers: { authorization: `Bearer ${key}` } });
  const reports = await answer.json();
  return (service, name, label = '') => {
    const lines = reports
      .filter((report) => report.service === service && report.age_seconds <= 15)
      .flatMap((report) => report.metrics.split('\n'))
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .filter((line) => line.includes(label))
      .map((line) => Number(line.split(' ').at(-1)));
    return lines.length === 0 ? null : Math.max(...lines);
  };
}

/** Tries until a reading of the page falls between two readings of the services: both change while one looks. */
async function agrees(what, shown, told, tolerance = 0) {
  let last = '';
  for (let attempt = 0; attempt < 12; attempt++) {
    const before = told(await samples());
    const text = await shown();
    const after = told(await samples());
    const number = Number(text.replaceAll(',', '').replace(/[^\d.-].*$/, ''));
    const [low, high] = [Math.min(before, after), Math.max(before, after)];
    last = `${what}: the page says ${text}, the services ${low} to ${high}`;
    if (before === null && text === 'no data') return console.log(`  ${last}`);
    if (number >= low * (1 - tolerance) - tolerance && number <= high * (1 + tolerance) + tolerance) {
      return console.log(`  ${last}`);
    }
    await page.waitForTimeout(1500);
  }
  assert.fail(last);
}

console.log(`under load for ${options.seconds} s`);
await page.waitForTimeout(Number(options.seconds) * 1000);
const chain = Number(options.services) === 4;
await agrees(
  'jobs that wait',
  () => figure('Queue', 'waiting'),
  (of) => of('prover', 'veilpass_queue_jobs', 'queued'),
);
await agrees(
  'API memory, MB',
  () => figure('Memory', 'resident'),
  (of) => of('api', 'veilpass_process_resident_bytes') / 1e6,
  0.01,
);
if (chain) {
  await agrees(
    'slots behind',
    () => figure('Indexer', 'slots behind'),
    (of) => of('indexer', 'veilpass_indexer_slot_lag'),
    1,
  );
  await agrees(
    'balance, SOL',
    () => figure('Fee payer', 'balance'),
    (of) => of('relayer', 'veilpass_relayer_balance_lamports') / 1e9,
    0.01,
  );
  await agrees(
    'to settle',
    () => figure('Settlement, 15 min', 'to settle'),
    (of) => of('relayer', 'veilpass_outbox_pending', 'settle'),
  );
}
const meters = await page.getByRole('meter').count();
assert(meters > 0, 'a worker is shown against its limit');
await agrees(
  'worker memory, MB',
  () => page.locator('.workers .number').first().textContent(),
  (of) => of('prover', 'veilpass_worker_resident_bytes', 'slot="0"') / 1e6,
  0.01,
);
// The columns of the histogram are the proofs since the page was opened: at work there are some.
const columns = await page.locator('.histogram .number').allInnerTexts();
const proofs = columns.reduce((sum, text) => sum + Number(text.replaceAll(',', '') || 0), 0);
assert(proofs > 0 || options.idle, 'a stack at work makes proofs');

for (const [name, colorScheme, width, height] of [
  ['light', 'light', 1560, 1000],
  ['dark', 'dark', 1560, 1000],
  ['phone', 'dark', 390, 844],
]) {
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme });
  await page.waitForTimeout(3500);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.equal(overflow, 0, `${name}: the page is wider than the window`);
  assert.deepEqual(await accessibilityFaults(page), [], `${name}: axe-core finds something`);
  await page.screenshot({ path: join(out, `${name}.png`), fullPage: true });
}

// Paused, it does not ask.
await page.getByRole('button', { name: 'Pause' }).click();
await page.waitForTimeout(500);
let asked = 0;
page.on('request', () => asked++);
await page.waitForTimeout(7000);
assert.equal(asked, 0, 'a paused page asks for nothing');
await page.getByRole('button', { name: 'Go on' }).click();
await page.waitForRequest(/v1\/metrics$/);

await browser.close();
assert.deepEqual(troubles, []);
console.log(`OPS OK proofs=${proofs}`);
