import type { View } from './view.ts';

/** What is kept of a look for the plots, by name. Null is what was not known. */
export type Values = ReturnType<typeof valuesOf>;

/** Takes from a view what is kept. */
export function valuesOf({ proving, chain, api }: View) {
  return {
    queued: proving.queued,
    leased: proving.leased,
    oldest: proving.oldest,
    proofP50: proving.latest.p50,
    proofP95: proving.latest.p95,
    proofP99: proving.latest.p99,
    proofRate: proving.rate,
    workerMax: proving.workers.length === 0 ? null : Math.max(...proving.workers.map((worker) => worker.resident)),
    workerPrepare: proving.limit === null ? null : proving.limit * 0.7,
    workerSwap: proving.limit === null ? null : proving.limit * 0.9,
    lag: chain.lag,
    rootOverdue: chain.rootOverdue,
    settlePending: chain.settlePending,
    publishPending: chain.publishPending,
    settleP50: chain.settle.p50,
    settleP95: chain.settle.p95,
    balance: chain.balance,
    floor: chain.floor,
    apiP50: api.latest.p50,
    apiP95: api.latest.p95,
    apiP99: api.latest.p99,
    apiRate: api.rate,
    refusalRate: api.refusalRate,
    rateLimitedRate: api.rateLimitedRate,
    apiResident: api.resident,
    connections: api.connections,
  };
}
