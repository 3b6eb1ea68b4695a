import { stateOf } from './alerts.ts';
import { Bars } from './bars.ts';
import { card, Stat, stats } from './card.ts';
import { h } from './dom.ts';
import * as format from './format.ts';
import { LatencyHistogram } from './latency.ts';
import type { Panel } from './panels.ts';
import { Plot } from './plot.ts';
import { Workers } from './workers.ts';

/** The queue, the proofs and the workers that make them. */
export function provingPanel(): Panel {
  const [queued, leased, oldest, rate] = [
    new Stat('waiting'),
    new Stat('proving'),
    new Stat('oldest wait', 'how long the oldest waiting job has existed'),
    new Stat('proofs'),
  ];
  const queue = new Plot(
    'Proof jobs',
    [
      { label: 'waiting', color: '--c1', area: true, value: (look) => look.queued },
      { label: 'proving', color: '--c2', value: (look) => look.leased },
    ],
    format.count,
    4,
  );
  const [p50, p95, p99] = [new Stat('p50'), new Stat('p95'), new Stat('p99')];
  const latency = new Plot(
    'Time of a proof',
    [
      { label: 'p50', color: '--c1', value: (look) => look.proofP50 },
      { label: 'p95', color: '--c3', value: (look) => look.proofP95 },
      { label: 'p99', color: '--c4', value: (look) => look.proofP99 },
    ],
    format.seconds,
    0.25,
  );
  const histogram = new LatencyHistogram('Proofs of 15 minutes by their time');
  const outcomes = new Bars('no proof was attempted');
  const workers = new Workers();
  const swaps = new Bars('no worker was replaced');
  const failures = new Bars('no worker failed');
  const failed = new Stat('standbys that failed');
  return {
    element: h(
      'section',
      { class: 'group', 'aria-label': 'Proving' },
      h('h2', {}, 'Proving'),
      card('Queue', 'wide', stats(queued, leased, oldest, rate), queue.element),
      card('Time of a proof, last 5 min', 'wide', stats(p50, p95, p99), latency.element),
      card('Proofs by their time, 15 min', 'wide', histogram.element),
      card('Workers against their limit', 'wide', workers.element),
      card('Attempts, 15 min', 'small', outcomes.element),
      card('Swaps by reason, 15 min', 'small', swaps.element, stats(failed)),
      card('Failures of workers, 15 min', 'small', failures.element),
    ),
    plots: [queue, latency],
    show({ view: { proving }, findings, times, values }) {
      const judged = (rule: string) => stateOf(findings, rule);
      queued.show(format.count(proving.queued));
      leased.show(format.count(proving.leased));
      oldest.show(format.seconds(proving.oldest), judged('VeilpassQueueOld'));
      rate.show(format.rate(proving.rate));
      p50.show(format.seconds(proving.recent.p50));
      p95.show(format.seconds(proving.recent.p95), judged('VeilpassProofSlow'));
      p99.show(format.seconds(proving.recent.p99));
      queue.show(times, values);
      latency.show(times, values);
      histogram.show(proving.buckets);
      outcomes.show(proving.outcomes);
      workers.show(proving.workers);
      swaps.show(proving.swaps);
      failures.show(proving.failures);
      failed.show(format.count(proving.failedSwaps), judged('VeilpassWorkerSwapsFailing'));
    },
  };
}
