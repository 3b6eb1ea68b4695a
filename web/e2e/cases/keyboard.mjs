import { loudness, opened } from '../lib/walk.mjs';

const MOST_TABS = 60;

/** The main way without a pointer: every focus is seen, and lands where it is expected. */
export const keyboardCases = [{ name: 'keyboard', run: keyboard }];

async function keyboard({ checks, config, visit, shot }) {
  const visitor = await visit();
  const { page } = visitor;
  const press = (key) => page.keyboard.press(key);
  const unseen = [];
  const tabTo = async (name) => {
    for (let tabs = 0; tabs < MOST_TABS; tabs++) {
      await press('Tab');
      const { label, isSeen } = await page.evaluate(focused);
      if (!isSeen && label) unseen.push(label);
      if (name.test(label)) return;
    }
    throw new Error(`the keyboard does not reach ${name}`);
  };
  await page.goto(visitor.url);
  await tabTo(/^Skip to the recordings/);
  await press('Enter');
  checks.check(
    'keyboard: the first stop skips to the recordings',
    await page.evaluate(() => document.activeElement?.id === 'main'),
  );
  await tabTo(/^Connect a wallet/);
  await press('Enter');
  checks.check(
    'keyboard: a dialog takes the focus',
    await page.evaluate(() => Boolean(document.activeElement?.closest('dialog'))),
  );
  await tabTo(/^Demo wallet|^D\s*Demo wallet/);
  await press('Enter');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await tabTo(/^Make or restore one/);
  await press('Enter');
  await tabTo(/^Make my identity/);
  await press('Enter');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await tabTo(new RegExp(config.tracks[0].title));
  await press('Enter');
  await page.getByRole('heading', { level: 1, name: config.tracks[0].title }).waitFor();
  checks.check(
    'keyboard: a page’s heading takes the focus',
    await page.evaluate(() => document.activeElement?.tagName === 'H1'),
  );
  await tabTo(/^Get a token/);
  await press('Enter');
  await page.getByRole('button', { name: 'Prove and listen' }).waitFor();
  await tabTo(/^By the service|^On Solana/).catch(() => page.keyboard.press('Shift+Tab'));
  await tabTo(/^Prove and listen/);
  await press('Enter');
  await page.getByRole('dialog').waitFor();
  await tabTo(/^Sign$/);
  await press('Enter');
  await opened(visitor);
  await page.waitForFunction(() => document.activeElement?.classList.contains('play'));
  checks.check('keyboard: the player takes the focus', true);
  await press('Space');
  checks.check('keyboard: the analyser measures sound', (await loudness(visitor, 1500)) > 0.005);
  await tabTo(/^Position/);
  await press('ArrowRight');
  await shot(visitor, 'keyboard-position');
  checks.check('keyboard: every focus is seen', unseen.length === 0, unseen);
}

/** In the page: what has the focus, and whether it shows. */
function focused() {
  const element = document.activeElement;
  if (!element || element === document.body) return { label: '', isSeen: true };
  const labels = element.labels?.[0]?.textContent;
  const label = (element.getAttribute('aria-label') ?? labels ?? element.textContent ?? '').trim();
  // A radio button shows its focus on its label.
  const shown = element.type === 'radio' ? element.nextElementSibling : element;
  const { outlineStyle, outlineWidth } = getComputedStyle(shown);
  return { label, isSeen: element.id === 'main' || (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0) };
}
