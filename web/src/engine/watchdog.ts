/**
 * Tells a slow engine from a dead one. While a run is on, the heartbeat must change; when it has not for three seconds the
 * run is asked to stop, and when half a second later it still has not, the engine is given up. Time is handed in.
 */
export const STALL_MS = 3000;
export const GRACE_MS = 500;

export type Verdict = 'fine' | 'cancel' | 'dead';

export class Watchdog {
  private heartbeat = -1;
  private since = 0;
  private cancelledAt: number | null = null;

  /** To be called when a run starts, and when the page was hidden or asleep meanwhile. */
  reset(now: number): void {
    this.heartbeat = -1;
    this.since = now;
    this.cancelledAt = null;
  }

  /** To be called a few times a second while a run is on. */
  look(heartbeat: number, now: number): Verdict {
    if (heartbeat !== this.heartbeat) {
      this.heartbeat = heartbeat;
      this.since = now;
      this.cancelledAt = null;
      return 'fine';
    }
    if (this.cancelledAt !== null) return now - this.cancelledAt >= GRACE_MS ? 'dead' : 'fine';
    if (now - this.since < STALL_MS) return 'fine';
    this.cancelledAt = now;
    return 'cancel';
  }
}
