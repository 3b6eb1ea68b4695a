import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Alerts } from '../../src/ops/alerts.ts';
import { Model } from '../../src/ops/model.ts';
import { RULES } from '../../src/ops/rules.ts';
import { SUSPICIOUS, viewOf } from '../../src/ops/view.ts';

const yaml = readFileSync(new URL('../../../infra/prometheus/alerts.yml', import.meta.url), 'utf8');

/** The rules of alerts.yml, by what the page has of them too. */
function rulesOfPrometheus() {
  return yaml
    .split('- alert: ')
    .slice(1)
    .map((text) => {
      const of = (pattern: RegExp) => pattern.exec(text)?.[1];
      const hold = /for: (\d+)([sm])/.exec(text);
      return {
        name: of(/^(\w+)/),
        severity: of(/severity: (\w+)/),
        summary: of(/summary: "(.*)"/),
        threshold: Number(of(/threshold: "(.*)"/)),
        hold: hold === null ? 0 : Number(hold[1]) * (hold[2] === 'm' ? 60 : 1),
        compared: [...(text.split('annotations:')[0]?.matchAll(/([<>]) ([\d.]+)\s/g) ?? [])].map(([, side, bound]) => [
          side === '>' ? 'above' : 'below',
          Number(bound),
        ]),
      };
    });
}

test('the page judges as alerts.yml does', () => {
  const ours = new Map(RULES.map((rule) => [rule.name, rule]));
  const theirs = rulesOfPrometheus();
  expect(theirs.map(({ name }) => name).sort()).toEqual([...ours.keys()].sort());
  for (const { compared, ...rule } of theirs) {
    const { side, format: _, value: __, names: ___, ...own } = ours.get(rule.name ?? '') ?? RULES[0] ?? expect.fail();
    expect(own).toEqual(rule);
    expect(compared).toEqual([[side, rule.threshold]]);
  }
  expect(yaml).toContain(`reason=~"${SUSPICIOUS.join('|')}"`);
});

test('a rule is pending until it has held for long enough, and begins anew after a pause', () => {
  const [model, alerts] = [new Model(), new Alerts()];
  const at = (time: number, oldest: number) => {
    const metrics = `veilpass_queue_oldest_seconds ${oldest}`;
    model.push([{ service: 'prover', instance: 'a', at: '', age_seconds: 0, metrics }], time);
    const finding = alerts.judge(viewOf(model), time).find(({ rule }) => rule.name === 'VeilpassQueueOld');
    return finding === undefined ? 'quiet' : finding.isFiring ? 'firing' : 'pending';
  };
  expect([at(0, 10), at(3, 11), at(62, 12), at(63, 12), at(66, 9), at(69, 11)]).toEqual([
    'quiet',
    'pending',
    'pending',
    'firing',
    'quiet',
    'pending',
  ]);
});

test('what nobody tells fires nothing, but that nobody tells it', () => {
  const model = new Model();
  model.push([], 0);
  model.push([], 60);
  const alerts = new Alerts();
  alerts.judge(viewOf(model), 0);
  expect(alerts.judge(viewOf(model), 60).map(({ rule, value }) => [rule.name, value])).toEqual([
    ['VeilpassReportMissing', 4],
  ]);
});
