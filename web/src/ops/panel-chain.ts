import { stateOf } from './alerts.ts';
import { Bars } from './bars.ts';
import { card, Stat, stats } from './card.ts';
import { h } from './dom.ts';
import { Endpoints } from './endpoints.ts';
import * as format from './format.ts';
import type { Panel } from './panels.ts';
import { Plot } from './plot.ts';

/** The indexer, the relayer, and the endpoints by which they see the chain. */
export function chainPanel(): Panel {
  const [lag, slot, seen, hints] = [
    new Stat('slots behind'),
    new Stat('confirmed slot'),
    new Stat('last look'),
    new Stat('WebSocket', 'it only says when to look'),
  ];
  const behind = new Plot(
    'Slots behind the chain',
    [{ label: 'slots', color: '--c1', area: true, value: (look) => look.lag }],
    format.count,
    4,
  );
  const [age, left, overdue, publishing] = [
    new Stat('newest root', 'age of the newest root on the chain'),
    new Stat('life left', 'share of its lifetime; a new one is published at a third'),
    new Stat('oldest wait', 'how long the oldest change has waited for a root on the chain'),
    new Stat('to publish'),
  ];
  const roots = new Plot(
    'Wait of the oldest change',
    [{ label: 'oldest change waits', color: '--c3', area: true, value: (look) => look.rootOverdue }],
    format.seconds,
    5,
  );
  const [success, p50, p95, pending] = [
    new Stat('landed', 'share of the transactions whose end was seen in 15 minutes'),
    new Stat('settled, p50'),
    new Stat('settled, p95'),
    new Stat('to settle'),
  ];
  const settling = new Plot(
    'Settlement: from accepted to confirmed, 15 min',
    [
      { label: 'p50', color: '--c1', value: (look) => look.settleP50 },
      { label: 'p95', color: '--c3', value: (look) => look.settleP95 },
    ],
    format.seconds,
    2,
  );
  const [balance, floor, spent] = [new Stat('balance'), new Stat('floor'), new Stat('of the limit, 24 h')];
  const money = new Plot(
    "The fee payer's balance",
    [
      { label: 'balance', color: '--c2', value: (look) => look.balance },
      { label: 'floor', color: '--c4', dashed: true, value: (look) => look.floor },
    ],
    format.sol,
    1e9,
  );
  const transactions = new Bars('no transaction ended');
  const events = new Bars('no event');
  const [rollbacks, skipped] = [new Stat('taken back'), new Stat('unreadable')];
  const endpoints = new Endpoints();
  return {
    element: h(
      'section',
      { class: 'group', 'aria-label': 'Chain' },
      h('h2', {}, 'Chain'),
      card('Indexer', 'wide', stats(lag, slot, seen, hints), behind.element),
      card('Roots', 'wide', stats(age, left, overdue, publishing), roots.element),
      card('Settlement, 15 min', 'wide', stats(success, p50, p95, pending), settling.element),
      card('Fee payer', 'wide', stats(balance, floor, spent), money.element),
      card('RPC endpoints, 5 min', 'small', endpoints.element),
      card('Transactions by step, 15 min', 'small', transactions.element),
      card('Events, 15 min', 'small', events.element, stats(rollbacks, skipped)),
    ),
    plots: [behind, roots, settling, money],
    show({ view: { chain }, findings, times, values }) {
      const judged = (rule: string) => stateOf(findings, rule);
      lag.show(format.count(chain.lag), judged('VeilpassIndexerLag'));
      slot.show(format.count(chain.slot));
      seen.show(chain.lookAge === null ? format.NO_DATA : `${format.seconds(chain.lookAge)} ago`);
      hints.show(chain.websocket === null ? format.NO_DATA : chain.websocket === 1 ? 'on' : 'cut');
      age.show(format.seconds(chain.rootAge));
      left.show(format.percent(chain.rootRemaining), judged('VeilpassRootEnding'));
      overdue.show(format.seconds(chain.rootOverdue), judged('VeilpassRootOverdue'));
      publishing.show(format.count(chain.publishPending));
      success.show(
        chain.ended === 0 ? 'none sent' : format.percent(chain.success),
        judged('VeilpassTransactionsFailing'),
      );
      p50.show(format.seconds(chain.settle.p50));
      p95.show(format.seconds(chain.settle.p95));
      pending.show(format.count(chain.settlePending));
      balance.show(format.sol(chain.balance), judged('VeilpassBalanceLow'));
      floor.show(format.sol(chain.floor));
      spent.show(format.percent(chain.spentShare), judged('VeilpassSpendingHigh'));
      rollbacks.show(format.count(chain.rollbacks));
      skipped.show(format.count(chain.skipped), judged('VeilpassTransactionsSkipped'));
      transactions.show(chain.transactions);
      events.show(chain.events);
      endpoints.show(chain.rpc);
      for (const plot of [behind, roots, settling, money]) plot.show(times, values);
    },
  };
}
