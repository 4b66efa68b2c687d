/** A chart as a figure: its question, its legend with patterns, one sentence of what it shows, and its numbers as a table. */
import { useState } from 'preact/hooks';
import type { Mark } from './canvas-marks';
import type { Bands } from './chart-bands';
import type { Axis, Point } from './chart-config';
import { DASHES, Picture } from './chart-picture';
import './chart.css';

export type { Axis, Point } from './chart-config';

/** Colours of lines with a meaning. */
export type Tone = 'heapLive' | 'heapGoal' | 'heapLimit' | 'gc' | 'assist' | 'stw' | 'textMuted';

export interface Series {
  label: string;
  points: Point[];
  /** A state's mark: colour and pattern filled to the axis. Otherwise `line` is a place in the palette's series. */
  mark?: Mark;
  line?: number;
  /** A line with a meaning of its own: its colour; `line` then only says its dashes. */
  tone?: Tone;
  filled?: boolean;
  /** Steps instead of slopes: each value holds until the next point. */
  stepped?: boolean;
  /** A dot at each point: they are few, and each stands for itself. */
  dots?: boolean;
}

export interface ChartProps {
  title: string;
  x: Axis;
  y: Axis;
  series: Series[];
  /** One sentence; also what a screen reader is told of the picture. */
  summary: string;
  stacked?: boolean;
  /** Stretches of time behind the lines, with what they are called. */
  bands?: Bands;
  /** Shown instead of the picture while there is nothing to draw. */
  empty?: string;
}

export function Chart({ title, x, y, series, summary, stacked = false, bands, empty }: ChartProps) {
  const [table, setTable] = useState(false);
  const bare = series.every((one) => one.points.length === 0);
  return (
    <figure class="chart">
      <div class="chart-head">
        <h3>{title}</h3>
        {!bare && <button type="button" aria-expanded={table} onClick={() => setTable(!table)}>{table ? 'Hide table' : 'Show table'}</button>}
      </div>
      {bare ? (
        <p class="chart-empty">{empty ?? 'Nothing has been measured yet.'}</p>
      ) : (
        <>
          {(series.length > 1 || bands) && <Legend series={series} bands={bands} />}
          <Picture x={x} y={y} series={series} stacked={stacked} bands={bands} summary={`${title}. ${summary}`} />
        </>
      )}
      <figcaption>{bare ? '' : summary}</figcaption>
      {table && !bare && <Table title={title} x={x} y={y} series={series} />}
    </figure>
  );
}

function Legend({ series, bands }: { series: Series[]; bands: Bands | undefined }) {
  return (
    <ul class="chart-legend">
      {series.map((one, i) => (
        <li key={one.label}>
          {one.mark ? (
            <i class={`mark mark-${one.mark}`} />
          ) : (
            <svg class={`chart-line chart-line-${one.tone ?? ((one.line ?? i) % 8) + 1}`} width="24" height="8" aria-hidden="true">
              <line x1="0" y1="4" x2="24" y2="4" stroke-dasharray={DASHES[(one.line ?? i) % DASHES.length]!.join(' ')} />
            </svg>
          )}{' '}
          {one.label}
        </li>
      ))}
      {bands?.legend.map(({ mark, label }) => (
        <li key={label}>
          <i class={`mark mark-${mark}`} /> {label}
        </li>
      ))}
    </ul>
  );
}

const ROWS = 60;

/** At most sixty rows, evenly taken, the last always among them. */
function Table({ title, x, y, series }: Pick<ChartProps, 'title' | 'x' | 'y' | 'series'>) {
  const points = series.reduce((longest, one) => (one.points.length > longest.length ? one.points : longest), [] as Point[]);
  const step = Math.max(1, Math.ceil(points.length / ROWS));
  const rows = points.map((_, i) => i).filter((i) => (points.length - 1 - i) % step === 0);
  return (
    <div class="chart-table" tabIndex={0} role="region" aria-label={`${title}: table`}>
      <table class="figures">
        <thead>
          <tr>
            <th scope="col">{x.title}</th>
            {series.map((one) => <th key={one.label} scope="col">{one.label}</th>)}
          </tr>
        </thead>
        <tbody>
          {rows.map((i) => (
            <tr key={i}>
              <td>{x.format(points[i]!.x)}</td>
              {series.map((one) => <td key={one.label}>{valueAt(one.points, i, points[i]!.x, y)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A series that is sampled at other times gives its latest value by then. */
function valueAt(points: Point[], i: number, at: number, y: Axis): string {
  if (points[i]?.x === at) return y.format(points[i].y);
  const point = points.findLast(({ x }) => x <= at);
  return point ? y.format(point.y) : '–';
}
