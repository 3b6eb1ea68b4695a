#!/usr/bin/env node
// Whether what is deployed fits what is written: check.mjs [--rendered DIR] [--nginx FILE]. Needs no network, and
// nothing but Node; check.sh gives it what other tools rendered, and says so when it could not.
import { parseArgs } from 'node:util';
import { checkEnvironment } from './check/environment.mjs';
import { checkMemory, checkPins } from './check/figures.mjs';
import { checkPinned } from './check/pinned.mjs';
import { checkStack } from './check/init.mjs';
import { checkChart, checkCompose, checkImages } from './check/manifests.mjs';
import { checkHeaders, checkPage } from './check/page.mjs';
import { finish, notRun } from './check/report.mjs';

const { values } = parseArgs({ options: { rendered: { type: 'string' }, nginx: { type: 'string' } } });

await checkHeaders();
await checkPins();
await checkPinned();
await checkImages();
await checkStack();
await checkEnvironment(values.rendered);
if (values.rendered) {
  await checkCompose(values.rendered);
  await checkChart(values.rendered);
  await checkMemory(values.rendered);
} else {
  notRun('compose and chart', 'helm and docker-compose are not installed');
}
await checkPage(values.nginx);
finish();
