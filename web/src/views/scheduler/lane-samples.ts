/**
 * What the lanes show beside the newest sample: how busy each P was over about the last second, what it stole just now, and the
 * strip of samples behind it. Fed one snapshot at a time; a snapshot of another run starts afresh.
 */
import type { LiveP, LiveSnapshot } from '../../engine/types';

/** As many samples as a strip holds. */
export const STRIP = 96;
/** With fewer than this a run that is over is shown from its events. */
const TOO_FEW = STRIP / 4;
const WINDOW_NS = 1e9;
const FLASH_NS = 0.4e9;

export interface LaneSample {
  status: number;
  g: number;
}

export interface LaneFigures {
  /** Share of the last second (of the whole run once it has ended) that the P was busy; NaN: not measured. */
  busy: number;
  stoleJustNow: boolean;
  lostJustNow: boolean;
}

interface Kept {
  elapsedNs: number;
  ps: LiveP[];
}

export class LaneSamples {
  /** Newest last. */
  strip: LaneSample[][] = [];
  /** The strip shows the whole run from its beginning to its end, made from its events. */
  whole = false;
  private kept: Kept[] = [];
  private run = -1;

  add(snapshot: LiveSnapshot): void {
    const last = this.kept[this.kept.length - 1];
    if (snapshot.run !== this.run || (last && snapshot.elapsedNs < last.elapsedNs)) {
      this.kept = [];
      this.strip = [];
      this.whole = false;
      this.run = snapshot.run;
    } else if (last?.elapsedNs === snapshot.elapsedNs) {
      return;
    }
    this.kept.push({ elapsedNs: snapshot.elapsedNs, ps: snapshot.ps });
    while (this.kept.length > 2 && this.kept[1]!.elapsedNs <= snapshot.elapsedNs - WINDOW_NS) this.kept.shift();
    this.strip.push(snapshot.ps.map(({ status, g }) => ({ status, g })));
    if (this.strip.length > STRIP) this.strip.shift();
  }

  /** A run that is over and could hardly be sampled: `strip` gives the whole of it. */
  complete(snapshot: LiveSnapshot, strip: () => LaneSample[][]): boolean {
    if (snapshot.state === 'running' || this.whole || this.strip.length >= TOO_FEW) return false;
    this.strip = strip();
    this.whole = true;
    return true;
  }

  figures(snapshot: LiveSnapshot, p: number): LaneFigures {
    const now = snapshot.ps[p];
    const running = snapshot.state === 'running';
    const from = running ? this.kept[0] : undefined;
    const before = from?.elapsedNs === snapshot.elapsedNs ? undefined : from?.ps[p];
    const span = snapshot.elapsedNs - (before ? from!.elapsedNs : 0);
    const busy = now && span > 0 ? Math.min(1, (now.busyNs - (before?.busyNs ?? 0)) / span) : NaN;
    const flash = running ? this.kept.find((kept) => kept.elapsedNs >= snapshot.elapsedNs - FLASH_NS)?.ps[p] : undefined;
    return {
      busy,
      stoleJustNow: !!now && !!flash && now.steals > flash.steals,
      lostJustNow: !!now && !!flash && now.stolenOut > flash.stolenOut,
    };
  }
}
