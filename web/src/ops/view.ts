import { type Bucket, ownCounts, quantile } from './histogram.ts';
import type { Model, Process, Where } from './model.ts';
import { M } from './names.ts';

type Known = number | null;

/** Services that a deployment has. */
export const SERVICES = ['api', 'prover', 'indexer', 'relayer'] as const;
/** Over how long the newest rates and quantiles are taken, in seconds. */
const RECENT = 60;
/** The windows of the rules in alerts.yml. */
const MINUTES_5 = 300;
const MINUTES_15 = 900;

/** Quantiles of a histogram. */
export interface Quantiles {
  readonly p50: Known;
  readonly p95: Known;
  readonly p99: Known;
}

/** A worker against its limit. */
export interface Worker {
  readonly instance: string;
  readonly slot: string;
  readonly resident: number;
  readonly limit: Known;
  readonly proofs: Known;
  readonly age: Known;
}

/** One RPC endpoint of one service. */
export interface Endpoint {
  readonly service: string;
  readonly endpoint: string;
  readonly inUse: boolean;
  readonly perMinute: Known;
  /** Share of requests that failed. Null without requests. */
  readonly failing: Known;
  readonly p95: Known;
}

/** All that the page shows, from one model. Null is what is not known. */
export interface View {
  readonly processes: readonly Process[];
  /** Services without a process that is up. */
  readonly missing: readonly string[];
  readonly raised: [string, number][] | null;
  readonly proving: ReturnType<typeof proving>;
  readonly chain: ReturnType<typeof chain>;
  readonly api: ReturnType<typeof api>;
}

/** Requests whose time is not the API's own: those that wait for a proof, and streams. */
export const isOwnTime: Where = (labels) => labels.path !== '/v1/proofs' && labels.path !== '/v1/proofs/{id}/events';
/** Refusals that mean that somebody tries what must not work. */
export const SUSPICIOUS = [
  'context-mismatch',
  'invalid-proof',
  'nullifier-used',
  'signature-used',
  'unknown-nonce',
  'wrong-signature',
];

/** Derives what is shown. */
export function viewOf(model: Model): View {
  const up = new Set(model.processes.filter(({ isUp }) => isUp).map(({ service }) => service));
  return {
    processes: model.processes,
    missing: SERVICES.filter((service) => !up.has(service)),
    raised: model.increaseBy('alert', M.alerts, MINUTES_15),
    proving: proving(model),
    chain: chain(model),
    api: api(model),
  };
}

function quantiles(buckets: readonly Bucket[] | null): Quantiles {
  const at = (share: number) => (buckets === null ? null : quantile(share, buckets));
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** A part of a whole; null without a whole. */
function share(part: Known, whole: Known): Known {
  return part === null || whole === null || whole === 0 ? null : part / whole;
}

function is(label: string, ...values: string[]): Where {
  return (labels) => values.includes(labels[label] ?? '');
}

function proving(model: Model) {
  const limit = model.min(M.workerLimit);
  const workers = model.values(M.workerResident).map(({ process, sample }): Worker => {
    const slot = sample.labels.slot ?? '';
    const of = (name: string): Known =>
      process.samples.find((other) => other.name === name && other.labels.slot === slot)?.value ?? null;
    const own = process.samples.find((other) => other.name === M.workerLimit)?.value ?? null;
    return {
      instance: process.instance,
      slot,
      resident: sample.value,
      limit: own,
      proofs: of(M.workerProofs),
      age: of(M.workerAge),
    };
  });
  workers.sort((one, other) =>
    `${one.instance} ${one.slot}`.localeCompare(`${other.instance} ${other.slot}`, 'en', { numeric: true }),
  );
  const shares = workers.map((worker) => share(worker.resident, worker.limit)).filter((value) => value !== null);
  return {
    queued: model.max(M.queueJobs, is('state', 'queued')),
    leased: model.max(M.queueJobs, is('state', 'leased')),
    oldest: model.max(M.queueOldest),
    accepts: model.min(M.acceptsJobs),
    ready: model.sum(M.workersReady),
    rate: model.rate(M.proofs, RECENT, is('outcome', 'proved')),
    outcomes: model.increaseBy('outcome', M.proofs, MINUTES_15),
    buckets: model.buckets(M.proofSeconds, MINUTES_15),
    latest: quantiles(model.buckets(M.proofSeconds, RECENT)),
    recent: quantiles(model.buckets(M.proofSeconds, MINUTES_5)),
    limit,
    workers,
    worstShare: shares.length === 0 ? null : Math.max(...shares),
    swaps: model.increaseBy('reason', M.swaps, MINUTES_15, is('outcome', 'swapped')),
    failedSwaps: model.increase(M.swaps, MINUTES_15, is('outcome', 'standby_failed')),
    failures: model.increaseBy('kind', M.workerFailures, MINUTES_15),
  };
}

function endpoints(model: Model): Endpoint[] {
  return model.values(M.rpcInUse).map(({ process, sample }) => {
    const endpoint = sample.labels.endpoint ?? '';
    const grown = (outcomes: string[] | null): Known => {
      if (model.span(MINUTES_5) === null) return null;
      let sum = 0;
      for (const [series, by] of model.grown(M.rpcRequests, MINUTES_5, is('endpoint', endpoint))) {
        const counts = outcomes === null || outcomes.includes(series.labels.outcome ?? '');
        if (series.service === process.service && counts) sum += by;
      }
      return sum;
    };
    const [all, span] = [grown(null), model.span(MINUTES_5)];
    return {
      service: process.service,
      endpoint,
      inUse: sample.value === 1,
      perMinute: all === null || span === null ? null : (all / span) * 60,
      failing: share(grown(['failed', 'behind']), all),
      p95: quantiles(rpcBuckets(model, process.service, endpoint)).p95,
    };
  });
}

function rpcBuckets(model: Model, service: string, endpoint: string): Bucket[] | null {
  const byBound = new Map<number, number>();
  for (const [series, by] of model.grown(`${M.rpcSeconds}_bucket`, MINUTES_5, is('endpoint', endpoint))) {
    if (series.service !== service) continue;
    const le = series.labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(series.labels.le);
    byBound.set(le, (byBound.get(le) ?? 0) + by);
  }
  return ownCounts(byBound);
}

function chain(model: Model) {
  const [balance, floor] = [model.min(M.balance), model.max(M.balanceFloor)];
  const rpc = endpoints(model);
  const failing = rpc.map((endpoint) => endpoint.failing).filter((value) => value !== null);
  const ended = model.increase(M.transactions, MINUTES_15);
  return {
    lag: model.max(M.slotLag),
    slot: model.max(M.chainSlot, is('commitment', 'confirmed')),
    finalSlot: model.max(M.chainSlot, is('commitment', 'finalized')),
    lookAge: model.max(M.lookAge),
    websocket: model.min(M.websocket),
    events: model.increaseBy('kind', M.events, MINUTES_15),
    rollbacks: model.increase(M.rollbacks, MINUTES_15),
    skipped: model.increase(M.skipped, MINUTES_15),
    rootAge: model.max(M.rootAge),
    rootRemaining: model.min(M.rootRemaining),
    rootOverdue: model.max(M.rootOverdue),
    balance,
    floor,
    balanceShare: share(balance, floor),
    spent: model.max(M.spentDay),
    spentShare: share(model.max(M.spentDay), model.max(M.dailyLimit)),
    transactions: model.increaseBy('step', M.transactions, MINUTES_15),
    ended,
    success: share(model.increase(M.transactions, MINUTES_15, is('outcome', 'landed')), ended),
    settle: quantiles(model.buckets(M.confirmedSeconds, MINUTES_15, is('kind', 'settle'))),
    settlePending: model.max(M.outboxPending, is('kind', 'settle')),
    settleOldest: model.max(M.outboxOldest, is('kind', 'settle')),
    publishPending: model.max(M.outboxPending, is('kind', 'publish')),
    rpc,
    worstRpc: failing.length === 0 ? null : Math.max(...failing),
  };
}

function api(model: Model) {
  const requests = model.increase(M.apiRequests, MINUTES_5);
  return {
    rate: model.rate(M.apiRequests, RECENT),
    inFlight: model.sum(M.apiInFlight),
    connections: model.sum(M.connections, is('listener', 'api')),
    latest: quantiles(model.buckets(M.apiSeconds, RECENT, isOwnTime)),
    recent: quantiles(model.buckets(M.apiSeconds, MINUTES_5, isOwnTime)),
    // A status that never was has no series: nothing has failed then.
    failing: share(model.increase(M.apiRequests, MINUTES_5, is('status', '5xx')) ?? 0, requests),
    refusals: model.increaseBy('reason', M.refusals, MINUTES_15),
    refusalRate: model.rate(M.refusals, RECENT),
    suspicious: model.rate(M.refusals, MINUTES_5, is('reason', ...SUSPICIOUS)),
    rateLimited: model.increase(M.rateLimited, MINUTES_15),
    rateLimitedRate: model.rate(M.rateLimited, RECENT),
    redis: model.min(M.redisUp),
    resident: residentOf(model, 'api'),
  };
}

/** Memory of the largest process of a service. */
export function residentOf(model: Model, service: string): Known {
  const values = model.values(M.resident).filter(({ process }) => process.service === service);
  return values.length === 0 ? null : Math.max(...values.map(({ sample }) => sample.value));
}
