// A browser that has never been anywhere, and what its pages take.
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

/** CHROMIUM: another browser than Debian's. */
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/**
 * Opens the page in a browser with a profile of its own: nothing cached. Every host but this machine is unresolvable.
 * @param {string} room
 * @param {(page: import('playwright-core').Page, memory: () => Promise<{ now: number, peak: number }>, trouble: string[],
 *   version: string) => Promise<void>} work
 */
export async function inBrowser(room, work) {
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1'],
  });
  try {
    const page = await browser.newPage();
    const trouble = [];
    page.on('pageerror', (error) => trouble.push(String(error)));
    page.on('console', (message) => {
      // The refusal that the test asks for is a 409, which Chromium writes to the console.
      if (message.type() === 'error' && !message.text().includes('409')) trouble.push(message.text());
    });
    await page.goto(room);
    await page.waitForFunction(() => typeof globalThis.veilpassTest === 'function');
    const session = await browser.newBrowserCDPSession();
    await work(page, () => rendererMemory(session), trouble, browser.version());
  } finally {
    await browser.close();
  }
}

/** Of the largest renderer, in MB: now, and at most. */
async function rendererMemory(session) {
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const sizes = processInfo
    .filter(({ type }) => type === 'renderer')
    .map(({ id }) => {
      const status = readFileSync(`/proc/${id}/status`, 'utf8');
      const megabytes = (name) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
      return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
    });
  return sizes.toSorted((a, b) => b.peak - a.peak)[0];
}

/** Of numbers, the nearest rank: a value that was measured. */
export function percentile(values, percent) {
  return values.toSorted((a, b) => a - b)[Math.max(Math.ceil((percent / 100) * values.length), 1) - 1];
}
