import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

/** No host but this machine can be reached, and nothing is asked of anybody in the background. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
];

/**
 * A browser with a profile of its own, which watches over what must never happen: errors on the console, violations of the content
 * security policy, requests of other origins.
 */
export class Visitor {
  /** @type {string[]} */
  complaints = [];
  /** Whether a refusal is expected, which the browser reports on the console by itself. */
  isRefused = false;

  static async open({
    url,
    origins,
    viewport = { width: 1360, height: 900 },
    colorScheme = 'light',
    reducedMotion = 'no-preference',
  }) {
    const visitor = new Visitor();
    visitor.url = url;
    visitor.profile = mkdtempSync(join(tmpdir(), 'veilpass-e2e-'));
    visitor.start = () => visitor.#start(origins, { viewport, colorScheme, reducedMotion });
    await visitor.start();
    return visitor;
  }

  /** Closes the browser and opens it again, with the same profile. */
  async restart() {
    await this.context.close();
    await this.start();
  }

  async #start(origins, look) {
    this.context = await chromium.launchPersistentContext(this.profile, {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      headless: true,
      args: FLAGS,
      ...look,
      acceptDownloads: true,
    });
    this.context.setDefaultTimeout(60_000);
    this.page = this.context.pages()[0] ?? (await this.context.newPage());
    await this.#watch(origins);
  }

  async #watch(origins) {
    const { context, page, complaints } = this;
    await context.exposeBinding('e2eViolation', (_source, text) => complaints.push(`CSP: ${text}`));
    await context.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => {
        window.e2eViolation(`${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    context.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol.startsWith('http') && !origins.includes(origin))
        complaints.push(`foreign request: ${request.url()}`);
    });
    page.on('console', (message) => {
      if (!['error', 'warning'].includes(message.type())) return;
      // The browser itself reports answers that are refusals, and servers that are away.
      if (this.isRefused && message.text().startsWith('Failed to load resource')) return;
      complaints.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`));
  }

  async close() {
    await this.context.close();
    rmSync(this.profile, { recursive: true, force: true });
  }
}
