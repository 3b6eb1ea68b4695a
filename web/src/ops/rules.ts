import type { View } from './view.ts';

/** How bad it is: `page` wakes somebody, `ticket` waits for the morning. */
export type Severity = 'page' | 'ticket';

/** A rule, the same as the one of this name in infra/prometheus/alerts.yml; a test compares their thresholds. */
export interface Rule {
  readonly name: string;
  readonly severity: Severity;
  /** What it means, in a few words. */
  readonly summary: string;
  readonly threshold: number;
  /** Fires when the value is on this side of the threshold. */
  readonly side: 'above' | 'below';
  /** For how long it must have been so, in seconds. */
  readonly hold: number;
  readonly format: keyof typeof import('./format.ts');
  /** Null: not known, so it does not fire. That reports are missing is a rule of its own. */
  readonly value: (view: View) => number | null;
  /** What exactly, where the value does not tell. */
  readonly names?: (view: View) => readonly string[];
}

const above = { side: 'above' } as const;
const below = { side: 'below' } as const;

/** All rules, the most urgent first. */
export const RULES: readonly Rule[] = [
  {
    ...above,
    name: 'VeilpassReportMissing',
    severity: 'page',
    summary: 'A service does not report',
    threshold: 0,
    hold: 60,
    format: 'count',
    value: (view) => view.missing.length,
    names: (view) => view.missing,
  },
  {
    ...above,
    name: 'VeilpassProofSlow',
    severity: 'page',
    summary: 'Proofs take too long (p95)',
    threshold: 5,
    hold: 120,
    format: 'seconds',
    value: (view) => view.proving.recent.p95,
  },
  {
    ...above,
    name: 'VeilpassQueueOld',
    severity: 'page',
    summary: 'A proof job has waited too long',
    threshold: 10,
    hold: 60,
    format: 'seconds',
    value: (view) => view.proving.oldest,
  },
  {
    ...below,
    name: 'VeilpassProverClosed',
    severity: 'page',
    summary: 'A prover takes no jobs: memory is short',
    threshold: 1,
    hold: 60,
    format: 'count',
    value: (view) => view.proving.accepts,
  },
  {
    ...above,
    name: 'VeilpassProverMemory',
    severity: 'ticket',
    summary: 'A worker stays near its memory limit',
    threshold: 0.8,
    hold: 300,
    format: 'percent',
    value: (view) => view.proving.worstShare,
  },
  {
    ...above,
    name: 'VeilpassWorkerSwapsFailing',
    severity: 'ticket',
    summary: 'Standbys do not start',
    threshold: 2,
    hold: 0,
    format: 'count',
    value: (view) => view.proving.failedSwaps,
  },
  {
    ...above,
    name: 'VeilpassApiSlow',
    severity: 'page',
    summary: 'The API answers slowly (p99)',
    threshold: 0.2,
    hold: 300,
    format: 'seconds',
    value: (view) => view.api.recent.p99,
  },
  {
    ...above,
    name: 'VeilpassApiErrors',
    severity: 'page',
    summary: 'The API fails requests (5xx)',
    threshold: 0.01,
    hold: 300,
    format: 'percent',
    value: (view) => view.api.failing,
  },
  {
    ...below,
    name: 'VeilpassRedisDown',
    severity: 'page',
    summary: 'Redis does not answer',
    threshold: 1,
    hold: 30,
    format: 'count',
    value: (view) => view.api.redis,
  },
  {
    ...above,
    name: 'VeilpassRefusalSurge',
    severity: 'ticket',
    summary: 'Many proofs are refused',
    threshold: 1,
    hold: 300,
    format: 'rate',
    value: (view) => view.api.suspicious,
  },
  {
    ...below,
    name: 'VeilpassTransactionsFailing',
    severity: 'page',
    summary: 'Transactions do not succeed',
    threshold: 0.99,
    hold: 300,
    format: 'percent',
    value: (view) => view.chain.success,
  },
  {
    ...above,
    name: 'VeilpassSettlementOld',
    severity: 'page',
    summary: 'A settlement has waited too long',
    threshold: 60,
    hold: 120,
    format: 'seconds',
    value: (view) => view.chain.settleOldest,
  },
  {
    ...above,
    name: 'VeilpassRootOverdue',
    severity: 'page',
    summary: 'Changes wait for a root',
    threshold: 60,
    hold: 60,
    format: 'seconds',
    value: (view) => view.chain.rootOverdue,
  },
  {
    ...below,
    name: 'VeilpassRootEnding',
    severity: 'page',
    summary: 'The newest root is about to expire',
    threshold: 0.2,
    hold: 60,
    format: 'percent',
    value: (view) => view.chain.rootRemaining,
  },
  {
    ...below,
    name: 'VeilpassBalanceLow',
    severity: 'page',
    summary: 'The fee payer runs out of money (of its floor)',
    threshold: 1,
    hold: 60,
    format: 'percent',
    value: (view) => view.chain.balanceShare,
  },
  {
    ...above,
    name: 'VeilpassSpendingHigh',
    severity: 'ticket',
    summary: 'The spending limit of a day is near',
    threshold: 0.8,
    hold: 60,
    format: 'percent',
    value: (view) => view.chain.spentShare,
  },
  {
    ...above,
    name: 'VeilpassIndexerLag',
    severity: 'page',
    summary: 'The indexer is behind the chain (slots)',
    threshold: 150,
    hold: 60,
    format: 'count',
    value: (view) => view.chain.lag,
  },
  {
    ...above,
    name: 'VeilpassIndexerSilent',
    severity: 'page',
    summary: 'The indexer does not see the chain',
    threshold: 60,
    hold: 0,
    format: 'seconds',
    value: (view) => view.chain.lookAge,
  },
  {
    ...above,
    name: 'VeilpassTransactionsSkipped',
    severity: 'ticket',
    summary: 'The indexer cannot read a transaction',
    threshold: 0,
    hold: 0,
    format: 'count',
    value: (view) => view.chain.skipped,
  },
  {
    ...above,
    name: 'VeilpassRpcErrors',
    severity: 'page',
    summary: 'An RPC endpoint fails',
    threshold: 0.01,
    hold: 300,
    format: 'percent',
    value: (view) => view.chain.worstRpc,
  },
  {
    ...above,
    name: 'VeilpassAlertRaised',
    severity: 'page',
    summary: 'A service raised an alert',
    threshold: 0,
    hold: 0,
    format: 'count',
    value: (view) => (view.raised === null ? null : view.raised.reduce((sum, [, times]) => sum + times, 0)),
    names: (view) => (view.raised ?? []).map(([name]) => name),
  },
];
