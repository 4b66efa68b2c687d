/**
 * Puts the events of many rings into one order of time. Each ring is in order by itself, and the rings are drained one
 * after another, so what came in one drain is merged, never sorted: the earliest head goes first, at equal times that of
 * the lower P.
 */

class Stream {
  head = 0;
  length = 0;
  time = Infinity;
  private items = new Uint32Array(256);

  constructor(readonly p: number) {}

  push(item: number): void {
    if (this.length === this.items.length) {
      const next = new Uint32Array(this.items.length * 2);
      next.set(this.items);
      this.items = next;
    }
    this.items[this.length++] = item;
  }

  get first(): number {
    return this.items[this.head]!;
  }

  /** Steps to the next; says whether there is one. */
  next(): boolean {
    if (++this.head < this.length) return true;
    this.head = this.length = 0;
    return false;
  }
}

export class Merge {
  pending = 0;
  private readonly streams: Stream[] = [];
  private readonly byP = new Map<number, Stream>();
  /** Where the event before went: a drain brings many of one ring. */
  private last: Stream | null = null;

  /** Adds an event, by its number; those of one `p` must come in order. */
  add(p: number, item: number): void {
    let stream = this.last?.p === p ? this.last : this.byP.get(p);
    if (!stream) {
      stream = new Stream(p);
      this.byP.set(p, stream);
      this.streams.push(stream);
      this.streams.sort((a, b) => a.p - b.p);
    }
    this.last = stream;
    stream.push(item);
    this.pending++;
  }

  /** Takes out the events in order until none is left or `stop()`, which is asked now and then, says so. */
  take(timeOf: (item: number) => number, visit: (item: number, timeNs: number) => void, stop: () => boolean): void {
    const active = this.streams.filter((stream) => stream.length > 0);
    for (const stream of active) stream.time = timeOf(stream.first);
    let sinceAsked = 0;
    while (active.length > 0) {
      let best = 0;
      let limit = Infinity;
      for (let i = 1; i < active.length; i++) {
        const { time } = active[i]!;
        if (time < active[best]!.time) {
          limit = active[best]!.time;
          best = i;
        } else if (time < limit) limit = time;
      }
      const stream = active[best]!;
      let more: boolean;
      // As long as no other stream can be earlier, it is this one's turn.
      do {
        visit(stream.first, stream.time);
        this.pending--;
        sinceAsked++;
        more = stream.next();
        if (more) stream.time = timeOf(stream.first);
      } while (more && stream.time < limit && sinceAsked < 512);
      if (!more) active.splice(best, 1);
      if (sinceAsked >= 512) {
        if (stop()) return;
        sinceAsked = 0;
      }
    }
  }

  clear(): void {
    this.pending = 0;
    this.streams.length = 0;
    this.byP.clear();
    this.last = null;
  }
}
