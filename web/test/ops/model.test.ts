import { expect, test } from 'vitest';
import { Model, type Report } from '../../src/ops/model.ts';
import { viewOf } from '../../src/ops/view.ts';

function report(service: string, metrics: string, more: Partial<Report> = {}): Report {
  return { service, instance: 'a-1', at: '2026-11-21T00:00:00Z', age_seconds: 1, metrics, ...more };
}

test('growth is counted over processes, restarts and what is new, and never from nothing', () => {
  const model = new Model();
  const one = (proved: number) => report('prover', `veilpass_proofs_total{outcome="proved"} ${proved}`);
  const two = (proved: number) => ({ ...one(proved), instance: 'b-2' });
  model.push([one(1000)], 0);
  expect(model.increase('veilpass_proofs_total', 60)).toBeNull();
  model.push([one(1010), two(500)], 10);
  expect(model.increase('veilpass_proofs_total', 60)).toBe(10);
  model.push([one(4), two(505)], 20);
  expect(model.increase('veilpass_proofs_total', 60)).toBe(19);
  expect(model.rate('veilpass_proofs_total', 60)).toBeCloseTo(19 / 20);
  expect(model.increase('veilpass_proofs_total', 12)).toBe(9);
});

test('a series that appears in a process that was there before has grown from zero', () => {
  const model = new Model();
  model.push([report('api', 'veilpass_refusals_total{reason="a"} 3')], 0);
  model.push([report('api', 'veilpass_refusals_total{reason="a"} 3\nveilpass_refusals_total{reason="b"} 2')], 5);
  expect(model.increaseBy('reason', 'veilpass_refusals_total', 60)).toEqual([['b', 2]]);
});

test('figures of a process that does not report any more are no figures', () => {
  const model = new Model();
  const text = 'veilpass_queue_jobs{state="queued"} 7\nveilpass_queue_jobs{state="leased"} 1';
  model.push([report('prover', text)], 0);
  expect(viewOf(model).proving.queued).toBe(7);
  model.push([report('prover', text, { age_seconds: 16 })], 3);
  const view = viewOf(model);
  expect([view.proving.queued, view.proving.worstShare, view.chain.lag]).toEqual([null, null, null]);
  expect(view.missing).toContain('prover');
});

test('what is older than a quarter of an hour is forgotten', () => {
  const model = new Model();
  for (let time = 0; time <= 2000; time += 100) model.push([report('api', `x_total ${time}`)], time);
  expect(model.frames.length).toBe(10);
  expect(model.increase('x_total', 10_000)).toBe(900);
});

test('quantiles come from the growth of buckets', () => {
  const model = new Model();
  const text = (small: number, all: number) =>
    report(
      'prover',
      `veilpass_proof_seconds_bucket{le="0.2"} ${small}\nveilpass_proof_seconds_bucket{le="+Inf"} ${all}`,
    );
  model.push([text(100, 200)], 0);
  model.push([text(150, 250)], 5);
  const { buckets, latest } = viewOf(model).proving;
  expect(buckets).toEqual([
    { le: 0.2, count: 50 },
    { le: Number.POSITIVE_INFINITY, count: 0 },
  ]);
  expect(latest.p50).toBeCloseTo(0.1);
});

test('an endpoint fails by its own requests, and is idle without any', () => {
  const model = new Model();
  const text = (answered: number, failed: number) =>
    [
      `veilpass_rpc_requests_total{endpoint="0",outcome="answered"} ${answered}`,
      `veilpass_rpc_requests_total{endpoint="0",outcome="failed"} ${failed}`,
      'veilpass_rpc_requests_total{endpoint="1",outcome="answered"} 5',
      'veilpass_rpc_endpoint_in_use{endpoint="0"} 1',
      'veilpass_rpc_endpoint_in_use{endpoint="1"} 0',
    ].join('\n');
  model.push([report('relayer', text(0, 0))], 0);
  model.push([report('relayer', text(95, 5)), report('indexer', text(100, 0))], 60);
  const [indexer, , ours, idle] = viewOf(model).chain.rpc.sort((one, other) =>
    one.service.localeCompare(other.service),
  );
  expect(indexer?.failing).toBeNull();
  expect([ours?.failing, ours?.inUse, ours?.perMinute]).toEqual([0.05, true, 100]);
  expect([idle?.failing, idle?.inUse]).toEqual([null, false]);
});
