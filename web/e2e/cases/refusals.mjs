import { join } from 'node:path';
import {
  arrive,
  button,
  choose,
  connect,
  makeIdentity,
  opened,
  openTrack,
  prove,
  refusalCode,
  sign,
  steps,
  unlock,
  visitDesk,
} from '../lib/walk.mjs';

const PASSPHRASE = 'correct horse battery';

/** What must be refused, politely. */
export const refusalCases = [
  { name: 'not-a-holder', run: notAHolder },
  { name: 'not-signed', run: notSigned },
  { name: 'nullifier-used', run: nullifierUsed },
  { name: 'set-too-small', run: setTooSmall },
  { name: 'service-away', run: serviceAway },
  { name: 'stopped', run: stopped },
];

async function newcomer(visitor, title) {
  await arrive(visitor);
  await connect(visitor);
  await makeIdentity(visitor);
  await openTrack(visitor, title);
}

/** The refusal is shown, has the focus, and is announced. */
async function expectRefusal({ checks, shot }, visitor, name, code) {
  checks.check(`${name}: refused as ${code}`, (await refusalCode(visitor)) === code, await refusalCode(visitor));
  const { page } = visitor;
  const heading = await page.locator('.refusal h2').textContent();
  checks.check(`${name}: it is announced`, (await page.locator('#announcer').textContent()) === heading);
  await shot(visitor, name);
}

async function notAHolder(room) {
  const visitor = await room.visit();
  await newcomer(visitor, room.config.tracks[2].title);
  await expectRefusal(room, visitor, 'not-a-holder', 'no-token');
  const { page } = visitor;
  visitor.isRefused = true;
  const response = await page.evaluate(async (media) => (await fetch(media)).status, room.config.tracks[2].media);
  room.checks.check('not-a-holder: the recording wants a grant', response === 401, response);
}

async function notSigned(room) {
  const visitor = await room.visit();
  await newcomer(visitor, room.config.tracks[2].title);
  await visitDesk(visitor);
  await prove(visitor);
  await button(visitor.page, 'Do not sign').click();
  await expectRefusal(room, visitor, 'not-signed', 'wallet-rejected');
  await button(visitor.page, 'Try again').click();
  await button(visitor.page, 'Prove and listen').waitFor();
  room.checks.check('not-signed: one can try again', true);
}

async function nullifierUsed(room) {
  const { checks, config, out } = room;
  const { title } = config.tracks[2];
  const first = await room.visit();
  await unlock(first, title, 'device', 'offchain');
  await button(first.page, /^Identity/).click();
  await first.page.getByLabel(/^Passphrase/).fill(PASSPHRASE);
  const [download] = await Promise.all([
    first.page.waitForEvent('download'),
    button(first.page, 'Download the backup').click(),
  ]);
  const file = join(out, 'identity-backup.txt');
  await download.saveAs(file);
  await room.shot(first, 'nullifier-used-1-backup');

  // The same identity in another browser, whose wallet holds a token of its own: still the same listener.
  const second = await room.visit();
  await arrive(second);
  await connect(second);
  await button(second.page, 'Make or restore one').click();
  await second.page.getByLabel('Backup file').setInputFiles(file);
  await second.page.getByLabel(/^Passphrase/).fill('another passphrase');
  await button(second.page, 'Restore').click();
  await second.page.getByText('The passphrase does not open this file.').waitFor();
  checks.check('nullifier-used: another passphrase does not open the backup', true);
  await second.page.getByLabel(/^Passphrase/).fill(PASSPHRASE);
  await button(second.page, 'Restore').click();
  await second.page.getByRole('dialog').waitFor({ state: 'detached' });
  await openTrack(second, title);
  await visitDesk(second);
  await choose(second, 'device', 'offchain');
  await prove(second);
  await sign(second);
  second.isRefused = true;
  await expectRefusal(room, second, 'nullifier-used', 'nullifier-used');

  // A reload keeps the identity and the wallet, and makes nobody another listener.
  await second.page.reload();
  await button(second.page, 'Prove and listen').waitFor();
  checks.check('nullifier-used: identity and wallet survive a reload', true);
  await prove(second);
  await expectRefusal(room, second, 'nullifier-used-2-after-reload', 'nullifier-used');
  const taken = (await steps(second)).map(([step]) => step);

  // Where it was unlocked it still is.
  await first.page.reload();
  await opened(first);
  checks.check('nullifier-used: the first goes on after a reload', true);
  await anotherListener(room, second);
  checks.check('nullifier-used: the wallet is asked once only', !taken.includes('wallet:wallet'), taken);
}

/** What the demo's panel advises: another identity is another listener. */
async function anotherListener({ checks, shot }, visitor) {
  const { page } = visitor;
  await button(page, 'Your identity').click();
  await button(page, 'Forget it on this device').click();
  await button(page, 'Really forget it').click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await button(page, 'Make or restore one').click();
  await button(page, 'Make my identity').click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await prove(visitor);
  await sign(visitor);
  await opened(visitor);
  await shot(visitor, 'nullifier-used-3-another-listener');
  checks.check('nullifier-used: another identity is another listener', true);
}

async function setTooSmall(room) {
  const visitor = await room.visit();
  visitor.isRefused = true;
  await newcomer(visitor, room.config.tracks[3].title);
  await visitDesk(visitor);
  await prove(visitor);
  await sign(visitor);
  await expectRefusal(room, visitor, 'set-too-small', 'anonymity-set-too-small');
  const taken = (await steps(visitor)).map(([step]) => step);
  room.checks.check('set-too-small: the service refused a proof', taken.includes('api:submitting'), taken);

  // On chain nobody else would refuse it, and what is written there stays.
  await visitor.page.reload();
  await button(visitor.page, 'Prove and listen').waitFor();
  await choose(visitor, 'device', 'onchain');
  await prove(visitor);
  await expectRefusal(room, visitor, 'set-too-small-2-on-chain', 'anonymity-set-too-small');
  const proved = (await steps(visitor)).map(([step]) => step);
  room.checks.check('set-too-small: nothing was sent', !proved.includes('api:submitting'), proved);
}

async function serviceAway(room) {
  const visitor = await room.visit();
  visitor.isRefused = true;
  await visitor.context.route(`${room.config.api}/**`, (route) => route.abort('connectionrefused'));
  await arrive(visitor);
  await expectRefusal(room, visitor, 'service-away', 'connection');
  await visitor.context.unroute(`${room.config.api}/**`);
  await button(visitor.page, 'Try again').click();
  await visitor.page.locator('.refusal').waitFor({ state: 'detached' });
  await visitor.page
    .getByText(/For its [\d,]+ holders/)
    .first()
    .waitFor();
  room.checks.check('service-away: it goes on when the service is back', true);
}

async function stopped(room) {
  const visitor = await room.visit();
  await newcomer(visitor, room.config.tracks[0].title);
  await visitDesk(visitor);
  await prove(visitor);
  await sign(visitor);
  await button(visitor.page, 'Stop').click();
  await expectRefusal(room, visitor, 'stopped', 'aborted');
  await button(visitor.page, 'Try again').click();
  await choose(visitor, 'device', 'offchain');
  await prove(visitor);
  await Promise.race([opened(visitor), sign(visitor).then(() => opened(visitor))]);
  room.checks.check('stopped: and goes on when it is begun again', true);
}
