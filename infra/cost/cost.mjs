#!/usr/bin/env node
// Prints what a month costs, as a table in markdown: from the measured figures of the README and the assumptions of
// inputs.json (or another file: cost.mjs FILE).
import { readFileSync } from 'node:fs';
import { argv } from 'node:process';

const here = new URL('.', import.meta.url);
const inputs = JSON.parse(readFileSync(argv[2] ?? new URL('inputs.json', here), 'utf8'));
const measured = readFileSync(new URL('../../README.md', here), 'utf8');
/** The numbers of a row of the README's table, which is what keeps this table from growing old by itself. */
const row = (name) => {
  const line = measured.split('\n').find((text) => text.startsWith(`| ${name}`));
  if (!line) throw new Error(`the README measures no "${name}"`);
  return line
    .split('|')[2]
    .match(/[0-9][0-9.,]*/g)
    .map((text) => Number(text.replaceAll(',', '')));
};
const [oneWorker, twoWorkers] = row('proofs a minute through the API');
const [feeLamports, rentLamports] = row('what that takes: fees / rent');

const MINUTES = 30 * 24 * 60;
const SOL = 1e9;
const format = (value) =>
  value < 10 ? String(Number(value.toPrecision(2))) : Math.round(value).toLocaleString('en-US');

/** What one line of the table says. */
export function month(proofs) {
  const phase = proofs <= inputs.one_of_each_up_to_proofs_a_month ? 'small' : 'medium';
  const peak = (proofs / MINUTES) * inputs.peak_to_mean;
  // The second worker of a machine brings less than the first: Postgres, API and clients were on the same two cores.
  const perWorker = (twoWorkers / 2) * inputs.busiest_a_worker_may_be;
  const workers = Math.max(1, Math.ceil(peak / perWorker));
  const replicas = { ...inputs.phases[phase] };
  replicas.prover = Math.max(replicas.prover, Math.ceil(workers / inputs.workers_a_prover));
  let services = inputs.usd_postgres_and_redis_month[phase];
  for (const [name, { vcpu, mib }] of Object.entries(inputs.requests)) {
    services += replicas[name] * (vcpu * inputs.usd_a_vcpu_month + (mib / 1024) * inputs.usd_a_gb_month);
  }
  const rpcUsd = (requests) => (requests / 1e6) * inputs.usd_a_million_rpc_requests;
  const fees = (proofs * feeLamports) / SOL;
  return {
    phase,
    peak,
    workers,
    provers: replicas.prover,
    services,
    rpc: rpcUsd(inputs.rpc_requests_a_month_idle + proofs * inputs.rpc_requests_a_settlement),
    rpcIdle: rpcUsd(inputs.rpc_requests_a_month_idle),
    fees,
    feesUsd: fees * inputs.usd_a_sol,
    // Locked until the epoch after next, so the most at once is that of two epochs' settlements.
    locked: (proofs * ((2 * inputs.epoch_days) / 30) * rentLamports) / SOL,
  };
}

/** The table, and what it was computed from. */
export function table() {
  const lines = [
    '| proofs a month | peak, a minute | busy workers at the peak | provers | services, USD | off chain: all, USD | ' +
      'RPC, USD | fees, SOL (USD) | on chain: all, USD | rent locked at most, SOL |',
    `|${' ---: |'.repeat(10)}`,
  ];
  for (const proofs of inputs.proofs_a_month) {
    const it = month(proofs);
    const cells = [
      format(proofs),
      format(it.peak),
      it.workers,
      `${it.provers} (${it.phase})`,
      format(it.services),
      format(it.services + it.rpcIdle),
      format(it.rpc),
      `${format(it.fees)} (${format(it.feesUsd)})`,
      format(it.services + it.rpc + it.feesUsd),
      format(it.locked),
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  const { usd_postgres_and_redis_month: data, busiest_a_worker_may_be: busiest } = inputs;
  lines.push(
    '',
    `- Measured: ${oneWorker} and ${twoWorkers} proofs a minute by 1 and 2 workers; a settlement takes`,
    `  ${format(feeLamports)} lamports of fees and ${format(rentLamports)} of rent.`,
    `- Load assumed: peaks of ${inputs.peak_to_mean} times the mean, in which workers are at most`,
    `  ${busiest * 100} % busy; epochs of ${inputs.epoch_days} days.`,
    `- Prices assumed: ${inputs.usd_a_vcpu_month} USD a vCPU and ${inputs.usd_a_gb_month} USD a GB each month;`,
    `  Postgres and Redis ${data.small} (small) or ${data.medium} USD (medium); ${inputs.usd_a_sol} USD a SOL;`,
    `  ${inputs.usd_a_million_rpc_requests} USD a million RPC requests, of which`,
    `  ${format(inputs.rpc_requests_a_month_idle)} a month follow the chain and`,
    `  ${inputs.rpc_requests_a_settlement} belong to each settlement.`,
  );
  return lines.join('\n');
}

if (argv[1]?.endsWith('cost.mjs')) console.log(table());
