/**
 * The first chart of a page costs three times what the next one does: the browser compiles Chart.js as it is used, and looks up
 * the fonts. Here small ones that nobody sees are made beforehand, each with a little more than the one before and in a task
 * of its own, so that no task is long.
 */
import { Chart as ChartJs, type ChartOptions, type Point, chartOptions } from './chart-config';
import { palette } from './theme';

const AXIS = { title: 'time, s', format: String, min: 0, max: 1 };
const POINTS: Point[] = [{ x: 0, y: 0 }, { x: 0.5, y: 1 }, { x: 1, y: 0 }];

function make(options: ChartOptions<'line'>, points: Point[]): void {
  const canvas = document.createElement('canvas');
  canvas.width = 160;
  canvas.height = 120;
  new ChartJs<'line', Point[]>(canvas, { type: 'line', options, data: { datasets: [{ data: points, fill: 'origin' }] } }).destroy();
}

function steps(): (() => void)[] {
  const colours = palette.peek();
  const full = chartOptions(colours, AXIS, AXIS, false);
  const log = chartOptions(colours, { ...AXIS, min: 0.01, log: true }, { ...AXIS, whole: true }, true);
  const bare = { ...full, scales: { x: { ...full.scales!.x, display: false }, y: { ...full.scales!.y, display: false } } } as ChartOptions<'line'>;
  // Without a callback Chart.js would have the browser load its tables of languages, which no chart here ever needs.
  const axis = { type: 'linear', display: false, ticks: { callback: () => '' } } as const;
  const least: ChartOptions<'line'> = { responsive: false, animation: false, events: [], scales: { x: axis, y: axis } };
  return [() => make(least, []), () => make(bare, []), () => make(full, []), () => make(full, POINTS), () => make(log, POINTS)];
}

/** Calls back when the first real chart can be made quickly. */
export function warmCharts(): Promise<void> {
  const left = steps();
  return new Promise((resolve) => {
    const next = (): void => {
      const step = left.shift();
      if (!step) return resolve();
      try {
        step();
      } finally {
        // One that fails costs time later, and nothing else.
        setTimeout(next, 0);
      }
    };
    setTimeout(next, 0);
  });
}
