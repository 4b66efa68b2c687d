/**
 * A chart's canvas. Chart.js resolves its options anew whenever they are replaced, which costs more than drawing: they are
 * set when the chart is made and when the theme changes, and otherwise only the points and the ends of the axes are renewed.
 */
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { markFills } from './canvas-marks';
import { setBands } from './chart-bands';
import type { ChartProps } from './chart';
import { Chart as ChartJs, type Axis, type Point, chartOptions } from './chart-config';
import { type Palette, palette } from './theme';

/** One dash pattern a line, so that lines are told apart without colour. */
export const DASHES: readonly number[][] = [[], [6, 3], [2, 3], [8, 3, 2, 3], [12, 4], [4, 4], [1, 3], [10, 3, 2, 3, 2, 3]];

type Made = ChartJs<'line', Point[]>;
type Props = Required<Pick<ChartProps, 'x' | 'y' | 'series' | 'stacked' | 'summary'>> & { bands: ChartProps['bands'] };

export function Picture({ x, y, series, stacked, bands, summary }: Props) {
  const ref = useRef<HTMLCanvasElement>(null);
  const chart = useRef<{ made: Made; look: string; palette: Palette } | null>(null);
  const colours = palette.value;
  useBoxSize(ref, chart);
  useLayoutEffect(() => () => {
    chart.current?.made.destroy();
    chart.current = null;
  }, []);
  useLayoutEffect(() => {
    const canvas = ref.current;
    const ctx = canvas?.getContext('2d');
    if (!canvas || !ctx) return;
    // What the options are made of, but for the ends of the axes and the two functions that write figures, which go by the titles.
    const look = JSON.stringify([x.title, x.log, y.title, y.log, y.whole, stacked, series.map(({ label, mark, line, dots, tone }) => [label, mark, line, dots, tone])]);
    const behind = bands && { spans: bands.spans, palette: colours, fills: markFills(ctx, colours, window.devicePixelRatio || 1) };
    const before = chart.current;
    if (before?.look === look && before.palette === colours) {
      series.forEach((one, i) => (before.made.data.datasets[i]!.data = one.points));
      setEnds(before.made, 'x', x);
      setEnds(before.made, 'y', y);
    } else {
      const options = chartOptions(colours, x, y, stacked);
      const data = { datasets: datasets(series, stacked, colours, ctx) };
      if (!before) {
        const made = create(canvas, options, data);
        chart.current = { made, look, palette: colours };
        setBands(made, behind);
        if (behind) made.draw();
        return;
      }
      Object.assign(before.made, { options });
      before.made.data.datasets = data.datasets;
      chart.current = { made: before.made, look, palette: colours };
    }
    const { made } = chart.current!;
    setBands(made, behind);
    made.update('none');
  }, [series, colours, x, y, stacked, bands]);
  return (
    <div class="chart-picture">
      <canvas ref={ref} role="img" aria-label={summary} />
    </div>
  );
}

/** Makes the chart with all that it shows, in the size of its box: so it is laid out and drawn once. */
function create(canvas: HTMLCanvasElement, options: Made['options'], data: Made['data']): Made {
  const { clientWidth, clientHeight } = canvas.parentElement!;
  canvas.width = clientWidth;
  canvas.height = clientHeight;
  return new ChartJs<'line', Point[]>(canvas, { type: 'line', options, data });
}

/** Chart.js's own way of following its box lays a chart out three times when it is made, which takes longer than a task may. */
function useBoxSize(canvas: RefObject<HTMLCanvasElement | null>, chart: RefObject<{ made: Made } | null>): void {
  useLayoutEffect(() => {
    const box = canvas.current!.parentElement!;
    const observer = new ResizeObserver(() => {
      const made = chart.current?.made;
      if (made && (made.width !== box.clientWidth || made.height !== box.clientHeight)) made.resize(box.clientWidth, box.clientHeight);
    });
    observer.observe(box);
    return () => observer.disconnect();
  }, []);
}

function setEnds(made: Made, name: 'x' | 'y', { min, max }: Axis): void {
  Object.assign(made.options.scales![name]!, { min, max });
}

function datasets(series: Props['series'], stacked: boolean, colours: Palette, ctx: CanvasRenderingContext2D): Made['data']['datasets'] {
  const fills = markFills(ctx, colours, window.devicePixelRatio || 1);
  return series.map((one, i) => {
    const colour = one.mark ? colours[one.mark] : one.tone ? colours[one.tone] : (colours.series[(one.line ?? i) % colours.series.length] ?? colours.text);
    return {
      label: one.label, data: one.points, borderColor: colour, pointBackgroundColor: colour, pointStyle: 'circle' as const,
      borderDash: one.mark ? [] : DASHES[(one.line ?? i) % DASHES.length]!,
      borderWidth: one.mark && stacked ? 1 : 1.5,
      backgroundColor: one.mark ? fills[one.mark] : `${colour}40`,
      fill: stacked ? (i === 0 ? 'origin' : '-1') : one.filled ? 'origin' : false,
      stepped: one.stepped ? ('before' as const) : false, pointRadius: one.dots ? 3 : 0,
    };
  });
}
