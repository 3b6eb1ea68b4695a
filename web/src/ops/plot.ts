import uPlot from 'uplot';
import { h, write } from './dom.ts';
import { NO_DATA } from './format.ts';
import type { Values } from './values.ts';

type Known = number | null;

/** A line of a plot. */
export interface Line {
  readonly label: string;
  /** A custom property of the style sheet. */
  readonly color: string;
  readonly value: (values: Values) => Known;
  /** Filled down to zero. */
  readonly area?: boolean;
  readonly dashed?: boolean;
}

const HEIGHT = 118;

function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Lines over the last quarter of an hour. What is not known is a gap, never a zero. */
export class Plot {
  readonly element: HTMLElement;
  readonly #lines: readonly Line[];
  readonly #format: (value: Known) => string;
  readonly #legend: HTMLElement[];
  readonly #plot: uPlot;
  readonly #nothing = h('p', { class: 'none' }, NO_DATA);
  readonly #label: string;
  #data: uPlot.AlignedData = [[]];

  constructor(label: string, lines: readonly Line[], format: (value: Known) => string, least = 1) {
    this.#label = label;
    this.#lines = lines;
    this.#format = format;
    this.#legend = lines.map(() => h('b', {}, NO_DATA));
    const canvas = h('div', { class: 'canvas', role: 'img' });
    const legend = lines.map((line, index) => {
      const key = h('i', { class: line.dashed ? 'key dashed' : 'key', 'aria-hidden': 'true' });
      key.style.setProperty('--key', `var(${line.color})`);
      return h('li', {}, key, line.label, ' ', this.#legend[index] ?? '');
    });
    this.element = h('div', { class: 'plot' }, h('ul', { class: 'legend' }, ...legend), canvas);
    canvas.append(this.#nothing);
    this.#plot = new uPlot(this.#options(least), [[]], canvas);
    const fit = new ResizeObserver(() => this.#plot.setSize({ width: canvas.clientWidth, height: HEIGHT }));
    fit.observe(canvas);
  }

  #options(least: number): uPlot.Options {
    const font = '10px ui-sans-serif, system-ui, sans-serif';
    const axis: uPlot.Axis = {
      font,
      stroke: () => color('--dim'),
      grid: { stroke: () => color('--line'), width: 1 },
      ticks: { show: false },
    };
    return {
      width: 300,
      height: HEIGHT,
      padding: [8, 6, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { size: 5 }, drag: { x: false, y: false }, sync: { key: 'ops', setSeries: false } },
      scales: { x: { time: true }, y: { range: (_, __, max) => [0, Math.max((max ?? 0) * 1.08, least)] } },
      axes: [
        { ...axis, size: 20, gap: 2, space: 78, values: (_, ticks) => clocks(ticks) },
        {
          ...axis,
          size: 54,
          gap: 4,
          space: 30,
          values: (_, ticks) => ticks.map((tick) => this.#format(tick)),
        },
      ],
      series: [
        {},
        ...this.#lines.map(
          (line): uPlot.Series => ({
            label: line.label,
            stroke: () => color(line.color),
            width: line.dashed ? 1 : 1.5,
            ...(line.dashed ? { dash: [4, 4] } : {}),
            ...(line.area ? { fill: () => `${color(line.color)}22` } : {}),
            points: { show: false },
            spanGaps: false,
          }),
        ),
      ],
      hooks: { setCursor: [() => this.#tell()] },
    };
  }

  /** Draws these looks. */
  show(times: readonly number[], values: readonly Values[]): void {
    const columns = this.#lines.map((line) => values.map((look) => line.value(look)));
    this.#data = [times as number[], ...columns];
    const end = times.at(-1) ?? 0;
    this.#plot.setData(this.#data, false);
    this.#plot.setScale('x', { min: Math.min(times[0] ?? end, end - 60), max: end });
    this.#nothing.hidden = columns.some((column) => column.some((value) => value !== null));
    this.#tell();
    const newest = this.#lines.map((line, index) => `${line.label} ${this.#format(columns[index]?.at(-1) ?? null)}`);
    this.element.querySelector('.canvas')?.setAttribute('aria-label', `${this.#label}, now: ${newest.join(', ')}`);
  }

  /** Draws the same in other colours. */
  repaint(): void {
    this.#plot.redraw(false, true);
  }

  /** The values under the pointer, or else the newest. */
  #tell(): void {
    const index = this.#plot?.cursor?.idx ?? (this.#data[0]?.length ?? 0) - 1;
    this.#legend.forEach((element, line) => {
      const value = (this.#data[line + 1] as Known[] | undefined)?.[index] ?? null;
      write(element, this.#format(value));
      element.classList.toggle('none', value === null);
    });
  }
}

/** Times of day, with seconds where minutes would not tell them apart. */
function clocks(times: readonly number[]): string[] {
  const apart = (times[1] ?? 0) - (times[0] ?? 0);
  const style = apart > 0 && apart < 60 ? 'medium' : 'short';
  return times.map((time) => new Date(time * 1000).toLocaleTimeString('en-GB', { timeStyle: style }));
}
