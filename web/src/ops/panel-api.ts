import { stateOf } from './alerts.ts';
import { Bars } from './bars.ts';
import { card, Stat, stats } from './card.ts';
import { h } from './dom.ts';
import * as format from './format.ts';
import type { Panel } from './panels.ts';
import { Plot } from './plot.ts';

/** What clients see. */
export function apiPanel(): Panel {
  const [rate, p99, failing, inFlight] = [
    new Stat('requests'),
    new Stat('p99, 5 min', 'without requests that wait for a proof, and streams'),
    new Stat('failed (5xx)'),
    new Stat('in flight'),
  ];
  const latency = new Plot(
    'Time of an answer',
    [
      { label: 'p50', color: '--c1', value: (look) => look.apiP50 },
      { label: 'p95', color: '--c3', value: (look) => look.apiP95 },
      { label: 'p99', color: '--c4', value: (look) => look.apiP99 },
    ],
    format.seconds,
    0.01,
  );
  const requests = new Plot(
    'Requests in a second',
    [
      { label: 'requests', color: '--c2', area: true, value: (look) => look.apiRate },
      { label: 'refused', color: '--c4', value: (look) => look.refusalRate },
      { label: 'rate-limited', color: '--c3', value: (look) => look.rateLimitedRate },
    ],
    format.rate,
    1,
  );
  const [refused, limited, connections] = [
    new Stat('refused'),
    new Stat('rate limit hits, 15 min'),
    new Stat('connections'),
  ];
  const refusals = new Bars('nothing was refused');
  const [resident, redis] = [new Stat('resident'), new Stat('Redis', 'what replicas share')];
  const memory = new Plot(
    'Memory of the API',
    [{ label: 'resident', color: '--c1', area: true, value: (look) => look.apiResident }],
    format.bytes,
    40e6,
  );
  return {
    element: h(
      'section',
      { class: 'group', 'aria-label': 'API' },
      h('h2', {}, 'API'),
      card('Time of an answer', 'wide', stats(rate, p99, failing, inFlight), latency.element),
      card('Requests', 'wide', stats(refused, limited, connections), requests.element),
      card('Refusals by reason, 15 min', 'wide', refusals.element),
      card('Memory', 'wide', stats(resident, redis), memory.element),
    ),
    plots: [latency, requests, memory],
    show({ view: { api }, findings, times, values }) {
      const judged = (rule: string) => stateOf(findings, rule);
      rate.show(format.rate(api.rate));
      p99.show(format.seconds(api.recent.p99), judged('VeilpassApiSlow'));
      failing.show(format.percent(api.failing), judged('VeilpassApiErrors'));
      inFlight.show(format.count(api.inFlight));
      refused.show(format.rate(api.refusalRate));
      limited.show(format.count(api.rateLimited));
      connections.show(format.count(api.connections));
      resident.show(format.bytes(api.resident));
      redis.show(api.redis === null ? 'not used' : api.redis === 1 ? 'answers' : 'away', judged('VeilpassRedisDown'));
      refusals.show(api.refusals, 10);
      for (const plot of [latency, requests, memory]) plot.show(times, values);
    },
  };
}
