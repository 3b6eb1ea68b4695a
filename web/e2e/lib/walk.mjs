/** What a listener does, with a pointer. Every step is found by its role and name, as assistive software finds it. */

export const button = (page, name) => page.getByRole('button', { name, exact: typeof name === 'string' });

export async function arrive(visitor) {
  await visitor.page.goto(visitor.url);
  await visitor.page.getByRole('heading', { level: 1 }).waitFor();
}

export async function connect({ page }) {
  await button(page, 'Connect a wallet').click();
  await button(page, /^Demo wallet/).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

export async function makeIdentity({ page }) {
  await button(page, 'Make or restore one').click();
  await button(page, 'Make my identity').click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

export async function openTrack({ page }, title) {
  await page.getByRole('link', { name: title }).click();
  await page.getByRole('heading', { level: 1, name: title }).waitFor();
}

/** Waits for a panel that says why not. @returns its code */
export async function refusalCode({ page }) {
  const panel = page.locator('.refusal');
  await panel.waitFor();
  return panel.getAttribute('data-code');
}

export async function visitDesk({ page }) {
  await button(page, 'Get a token from the demo desk').click();
  await button(page, 'Prove and listen').waitFor();
}

export async function choose({ page }, method, settle) {
  await page.getByRole('radio', { name: method === 'device' ? 'On this device' : 'By the prover' }).check();
  await page.getByRole('radio', { name: settle === 'onchain' ? 'On Solana' : 'By the service' }).check();
}

export async function prove({ page }) {
  await button(page, 'Prove and listen').click();
}

export async function sign({ page }) {
  await button(page, 'Sign').click();
}

/** Waits for the player, or for a refusal, whose code is thrown. */
export async function opened({ page }) {
  const stage = page.locator('.track[data-stage="open"], .track[data-stage^="refused"]');
  await stage.waitFor({ timeout: 180_000 });
  const name = await stage.getAttribute('data-stage');
  if (name !== 'open') throw new Error(`the track was not unlocked: ${name}`);
}

/** The steps that the page shows, with the milliseconds that each took. */
export async function steps({ page }) {
  const rows = await page
    .locator('.ledger-row')
    .evaluateAll((all) => all.map(({ dataset }) => [dataset.step, Number(dataset.ms)]));
  return rows;
}

/** The loudest signal that the analyser measured within these milliseconds. */
export async function loudness({ page }, milliseconds = 2500) {
  return page.locator('canvas.waveform').evaluate(
    (canvas, length) =>
      new Promise((resolve) => {
        let most = 0;
        const end = performance.now() + length;
        const look = () => {
          most = Math.max(most, Number(canvas.dataset.rms));
          if (performance.now() < end) requestAnimationFrame(look);
          else resolve(most);
        };
        look();
      }),
    milliseconds,
  );
}

/** All the way to the player of a track, as a new listener. */
export async function unlock(visitor, title, method, settle) {
  await arrive(visitor);
  await connect(visitor);
  await makeIdentity(visitor);
  await openTrack(visitor, title);
  await visitDesk(visitor);
  await choose(visitor, method, settle);
  await prove(visitor);
  await sign(visitor);
  await opened(visitor);
}
