/**
 * Chart.js, with only what the page uses registered, and the options every chart shares: no animation, no parsing, axes with
 * titles, figures in tabular type, the y axis as wide in one chart as in the next so that charts above one another line up.
 */
import {
  Chart, type ChartOptions, Filler, LineController, LineElement, LinearScale, LogarithmicScale, PointElement, Tooltip,
} from 'chart.js';
import { bandsPlugin } from './chart-bands';
import type { Palette } from './theme';

Chart.register(LineController, LineElement, PointElement, LinearScale, LogarithmicScale, Filler, Tooltip, bandsPlugin);

export { Chart };
export type { ChartOptions };

export interface Axis {
  /** What is measured, with its unit: "hash rate, H/s". */
  title: string;
  /** A figure of this axis, for ticks, tooltip and table. */
  format: (value: number) => string;
  /** For ticks alone, where the title already says the unit. */
  tick?: (value: number) => string;
  log?: boolean;
  min?: number;
  max?: number;
  /** Only whole numbers mean something: goroutines, steals. */
  whole?: boolean;
}

export interface Point {
  x: number;
  y: number;
}

/** Room for the title and six characters: "12.5 k". */
const Y_WIDTH = 76;

export function chartOptions(palette: Palette, x: Axis, y: Axis, stacked: boolean): ChartOptions<'line'> {
  const font = { family: palette.mono, size: 12 };
  const title = (text: string): object => ({ display: true, text, color: palette.textMuted, font: { family: palette.sans, size: 12, weight: 'normal' } });
  const ticks = (axis: Axis): object => ({
    color: palette.textMuted, font, maxRotation: 0, autoSkipPadding: 16, includeBounds: !axis.whole, precision: axis.whole ? 0 : undefined,
    callback: (value: string | number) => tickText(axis, Number(value)),
  });
  return {
    animation: false, parsing: false, normalized: true, responsive: false, maintainAspectRatio: false, events: ['mousemove', 'mouseout', 'touchstart'],
    interaction: { mode: 'index', intersect: false, axis: 'x' },
    elements: { point: { radius: 0, hoverRadius: 3, hitRadius: 6 }, line: { borderWidth: 1.5 } },
    scales: {
      x: {
        type: x.log ? 'logarithmic' : 'linear', min: x.min, max: x.max, title: title(x.title), ticks: ticks(x), bounds: 'data',
        grid: { color: palette.grid, tickLength: 4 }, border: { color: palette.lineStrong },
      },
      y: {
        type: y.log ? 'logarithmic' : 'linear', min: y.min, max: y.max, beginAtZero: true, stacked, title: title(y.title), ticks: { ...ticks(y), maxTicksLimit: 6 },
        suggestedMax: y.whole ? 1 : undefined, grid: { color: palette.grid, tickLength: 4 }, border: { color: palette.lineStrong },
        afterFit: (scale) => {
          scale.width = Y_WIDTH;
        },
      },
    },
    plugins: {
      tooltip: {
        animation: false, backgroundColor: palette.panel, borderColor: palette.lineStrong, borderWidth: 1, cornerRadius: 3, caretSize: 0,
        titleColor: palette.text, bodyColor: palette.text, titleFont: font, bodyFont: font, usePointStyle: true, boxWidth: 8,
        callbacks: {
          title: ([item]) => (item ? x.format(item.parsed.x ?? 0) : ''),
          label: (item) => `${item.dataset.label ?? ''} ${y.format(item.parsed.y ?? 0)}`,
        },
      },
    },
  };
}

/** On a logarithmic axis only 1, 10, 100 … are written; on a short one, where there may be none of them, 2 and 5 as well. */
export function tickText(axis: Axis, value: number): string | null {
  const text = (): string => trimmed((axis.tick ?? axis.format)(value));
  if (!axis.log) return text();
  const digit = value / 10 ** Math.floor(Math.log10(value) + 1e-9);
  const short = (axis.max ?? Infinity) / (axis.min ?? 0) < 200;
  return (short ? [1, 2, 5] : [1]).some((written) => Math.abs(digit - written) < 1e-6) ? text() : null;
}

/** 1.50 k as 1.5 k, 2.00 s as 2 s: on an axis, zeros at the end say nothing. */
function trimmed(text: string): string {
  return text.replace(/(\.\d*?)0+(?=\D|$)/, '$1').replace(/\.(?=\D|$)/, '');
}
