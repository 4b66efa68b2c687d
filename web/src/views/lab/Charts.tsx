/** The charts that answer an experiment's question. While a run is on only those in view are redrawn, in turns (ui/rota.ts). */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { RunResult } from '../../engine/types';
import type { EventStore } from '../../state/events';
import type { History } from '../../state/history';
import type { SizeHistory } from '../../state/size-history';
import { Chart, type ChartProps } from '../../ui/chart';
import { warmCharts } from '../../ui/chart-warm';
import { takeTurns } from '../../ui/rota';
import { SizeClasses } from '../memory/SizeClasses';
import { allocRatePlot, gcCpuPlot, heapPlot, pausesPlot } from '../memory/plots';
import { OrderStrip } from './OrderStrip';
import { type Recorded, goroutinesPlot, hashRatePlot, latencyPlot, queuesPlot, returnsPlot, stealsPlot, workRatePlot } from './plots';
import './lab.css';

export interface ChartsProps {
  /** Names of charts, from the experiment's description; one that is not known here is left out. */
  ids: readonly string[];
  history: History;
  events: EventStore;
  /** Objects by size class, for `size_classes`. */
  sizes?: SizeHistory;
  /** The finished run, null while one is going. */
  result: RunResult | null;
  /** A run is on: charts out of view can wait for its end. */
  live?: boolean;
  /** What one unit of work is called, for `work_rate`. */
  workUnit?: string;
  /** The button that starts a run, for charts that have nothing to show yet. */
  verb?: string;
}

let warm = false;
void warmCharts().then(() => (warm = true));

type Plot = (recorded: Recorded) => ChartProps;

const PLOTS: Readonly<Record<string, Plot>> = {
  hash_rate: hashRatePlot,
  goroutines: goroutinesPlot,
  queues: queuesPlot,
  steals: stealsPlot,
  latency: latencyPlot,
  work_rate: workRatePlot,
  returns: returnsPlot,
  heap: heapPlot,
  pauses_gc: pausesPlot,
  alloc_rate: allocRatePlot,
  gc_cpu: gcCpuPlot,
};

export function Charts({ ids, history, events, sizes, result, live = false, workUnit = 'units', verb = 'Run' }: ChartsProps) {
  const recorded = useMemo(() => ({ history, events, result, live, workUnit, verb }), [history, events, result, live, workUnit, verb]);
  return (
    <div class="charts">
      {ids.map((id) => {
        const plot = PLOTS[id];
        if (plot) return <LiveChart key={id} plot={plot} recorded={recorded} />;
        if (id === 'order') return <OrderStrip key={id} result={result} live={live} verb={verb} />;
        if (id === 'size_classes' && sizes) return <SizeClasses key={id} sizes={sizes} live={live} over={result !== null} verb={verb} />;
        return null;
      })}
    </div>
  );
}

/** What a picture was made of; another object or number: it is to be made anew. */
interface Seen {
  recorded: Recorded;
  history: number;
  events: number;
  /** There was nothing to draw, or a point that makes no line. */
  bare: boolean;
}

function LiveChart({ plot, recorded }: { plot: Plot; recorded: Recorded }) {
  const box = useRef<HTMLDivElement>(null);
  const now = useRef(recorded);
  now.current = recorded;
  const [drawn, setDrawn] = useState<ChartProps | null>(null);
  useEffect(() => {
    let seen: Seen | null = null;
    let inView = true;
    const observer = new IntersectionObserver((entries) => (inView = entries.at(-1)?.isIntersecting ?? true), { rootMargin: '100px' });
    observer.observe(box.current!);
    const leave = takeTurns({
      due: (rested) => {
        if (!warm) return false;
        const { history, events, live } = now.current;
        // Also out of view: that a run has begun, or ended, changes what it says while it has nothing to draw.
        if (seen?.recorded !== now.current) return true;
        return rested && (!live || inView || seen.bare) && (seen.history !== history.version || seen.events !== events.version);
      },
      draw: () => {
        const { history, events } = now.current;
        const picture = plot(now.current);
        seen = { recorded: now.current, history: history.version, events: events.version, bare: picture.series.every((one) => one.points.length < 2) };
        setDrawn(picture);
      },
    });
    return () => {
      leave();
      observer.disconnect();
    };
  }, [plot]);
  return (
    <div ref={box} class="chart-place">
      {drawn && <Chart {...drawn} />}
    </div>
  );
}
