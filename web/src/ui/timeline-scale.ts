/** The window of time that a timeline shows, and the ticks of its axis. Pure. */

export interface View {
  t0: number;
  t1: number;
}

/** No closer than this: the clock has no finer steps to show. */
const MIN_SPAN_NS = 50;

/** Zooms by `factor` (below 1: closer) and keeps the time `at` where it is; never beyond the run. */
export function zoom(view: View, at: number, factor: number, end: number): View {
  const span = Math.min(Math.max((view.t1 - view.t0) * factor, MIN_SPAN_NS), Math.max(end, MIN_SPAN_NS));
  const share = (at - view.t0) / (view.t1 - view.t0);
  return within({ t0: at - share * span, t1: at + (1 - share) * span }, end);
}

export function pan(view: View, byNs: number, end: number): View {
  return within({ t0: view.t0 + byNs, t1: view.t1 + byNs }, end);
}

/** Moves the window so that the time `at` lies in it. */
export function reveal(view: View, at: number, end: number): View {
  if (at >= view.t0 && at <= view.t1) return view;
  const half = (view.t1 - view.t0) / 2;
  return within({ t0: at - half, t1: at + half }, end);
}

function within(view: View, end: number): View {
  const span = view.t1 - view.t0;
  if (span >= end) return { t0: 0, t1: Math.max(end, MIN_SPAN_NS) };
  const t0 = Math.min(Math.max(0, view.t0), end - span);
  return { t0, t1: t0 + span };
}

export interface Ticks {
  stepNs: number;
  times: number[];
  label: (timeNs: number) => string;
}

const UNITS: readonly [string, number][] = [['s', 1e9], ['ms', 1e6], ['µs', 1e3], ['ns', 1]];

/** Round times in the window, at most `most` of them, labelled in one unit with just the decimals they need. */
export function ticks(view: View, most: number): Ticks {
  const rough = (view.t1 - view.t0) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
  const stepNs = [1, 2, 5, 10].map((m) => m * power).find((step) => step >= rough) ?? 10 * power;
  const times: number[] = [];
  const first = Math.ceil(view.t0 / stepNs);
  for (let i = first; i * stepNs <= view.t1; i++) times.push(i * stepNs);
  const [unit, size] = UNITS.find(([, ns]) => view.t1 >= ns) ?? UNITS[UNITS.length - 1]!;
  const decimals = Math.max(0, -Math.floor(Math.log10(stepNs / size) + 1e-9));
  return { stepNs, times, label: (timeNs) => (timeNs === 0 ? '0' : `${(timeNs / size).toFixed(decimals)}\u202f${unit}`) };
}
