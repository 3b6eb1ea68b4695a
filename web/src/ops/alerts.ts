import { RULES, type Rule } from './rules.ts';
import type { View } from './view.ts';

/** A rule whose condition holds. */
export interface Finding {
  readonly rule: Rule;
  readonly value: number;
  readonly names: readonly string[];
  /** Since when, in seconds since the Unix epoch. */
  readonly since: number;
  /** Whether it has held for long enough. */
  readonly isFiring: boolean;
}

/** Judges one look after the other. */
export class Alerts {
  readonly #since = new Map<string, number>();

  /** Rules whose condition holds now. */
  judge(view: View, time: number): Finding[] {
    const findings: Finding[] = [];
    for (const rule of RULES) {
      const value = rule.value(view);
      const holds = value !== null && (rule.side === 'above' ? value > rule.threshold : value < rule.threshold);
      if (!holds) {
        this.#since.delete(rule.name);
        continue;
      }
      const since = this.#since.get(rule.name) ?? time;
      this.#since.set(rule.name, since);
      findings.push({ rule, value, names: rule.names?.(view) ?? [], since, isFiring: time - since >= rule.hold });
    }
    return findings;
  }
}

/** How a figure is shown that a rule judges: as the rule finds it, whether or not it has held for long enough. */
export function stateOf(findings: readonly Finding[], rule: string): '' | 'warn' | 'bad' {
  const finding = findings.find((finding) => finding.rule.name === rule);
  if (finding === undefined) return '';
  return finding.rule.severity === 'page' ? 'bad' : 'warn';
}
