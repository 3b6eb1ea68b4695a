import { accessibilityFaults } from '../lib/axe.mjs';
import { arrive, button, connect, makeIdentity, opened, openTrack, prove, sign, visitDesk } from '../lib/walk.mjs';

const PHONE = { width: 390, height: 844 };
const WIDTHS = [360, 390, 768, 1360];

/** On a phone and on a desk, light and dark: nothing is cut off, and axe-core finds nothing. */
export const looksCases = [
  { name: 'phone-light', run: (room) => walk(room, 'phone-light', { viewport: PHONE, colorScheme: 'light' }) },
  { name: 'phone-dark', run: (room) => walk(room, 'phone-dark', { viewport: PHONE, colorScheme: 'dark' }) },
  { name: 'wide-dark', run: (room) => walk(room, 'wide-dark', { colorScheme: 'dark', reducedMotion: 'reduce' }) },
  { name: 'theme', run: theme },
];

async function walk(room, name, look) {
  const visitor = await room.visit(look);
  const { page } = visitor;
  const see = async (step) => {
    await room.shot(visitor, `${name}-${step}`);
    await inspect(room, visitor, `${name}-${step}`);
  };
  await arrive(visitor);
  await page
    .getByText(/For its [\d,]+ holders/)
    .first()
    .waitFor();
  await see('1-arrive');
  await button(page, 'Connect a wallet').click();
  await see('2-wallets');
  await page.keyboard.press('Escape');
  await connect(visitor);
  await button(page, 'Make or restore one').click();
  await see('3-identity');
  await page.keyboard.press('Escape');
  await makeIdentity(visitor);
  await button(page, /^Identity/).click();
  await see('4-backup');
  await page.keyboard.press('Escape');
  await openTrack(visitor, room.config.tracks[1].title);
  await button(page, 'Get a token from the demo desk').waitFor();
  await see('5-no-token');
  await visitDesk(visitor);
  await see('6-ready');
  await prove(visitor);
  await button(page, 'Sign').waitFor();
  await see('7-sign');
  await sign(visitor);
  await opened(visitor);
  await page.locator('.steps-taken summary').click();
  await see('8-open');
}

async function inspect({ checks }, { page }, name) {
  const faults = await accessibilityFaults(page);
  checks.check(`${name}: axe-core finds nothing`, faults.length === 0, faults);
  const size = page.viewportSize();
  for (const width of size.width < 500 ? WIDTHS.slice(0, 2) : WIDTHS.slice(2)) {
    await page.setViewportSize({ width, height: size.height });
    const wider = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    checks.check(`${name}: nothing is cut off at ${width} px`, wider <= 0, wider);
  }
  await page.setViewportSize(size);
}

async function theme({ checks, visit }) {
  const visitor = await visit({ colorScheme: 'light' });
  const { page } = visitor;
  await arrive(visitor);
  const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await paper();
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
  const dark = await paper();
  checks.check('theme: follows the system', light !== dark, [light, dark]);
  await button(page, 'Light colours').click();
  checks.check('theme: a choice wins', (await paper()) === light);
  await page.reload();
  checks.check('theme: and stays', (await paper()) === light);
}
