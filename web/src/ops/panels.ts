import type { Finding } from './alerts.ts';
import { apiPanel } from './panel-api.ts';
import { chainPanel } from './panel-chain.ts';
import { provingPanel } from './panel-proving.ts';
import { statusPanel } from './panel-status.ts';
import type { Plot } from './plot.ts';
import type { Values } from './values.ts';
import type { View } from './view.ts';

/** What a part of the page is shown. */
export interface Look {
  readonly view: View;
  readonly findings: readonly Finding[];
  /** Seconds since the Unix epoch. */
  readonly time: number;
  /** Looks so far, for plots. */
  readonly times: readonly number[];
  readonly values: readonly Values[];
}

/** A part of the page. */
export interface Panel {
  readonly element: HTMLElement;
  readonly plots: readonly Plot[];
  show(look: Look): void;
}

/** All of the page, from top to bottom. */
export function panels(): Panel[] {
  return [statusPanel(), provingPanel(), chainPanel(), apiPanel()];
}
