/** What both clients share: who listens, and that an engine which is lost says so once, after it has been disposed of. */
import { Listeners, type EngineFailure, type Unsubscribe } from './client';
import { readFailure } from './failure';
import type { LiveSnapshot, RunResult } from './types';

export abstract class BaseClient {
  protected readonly snapshots = new Listeners<[LiveSnapshot]>();
  protected readonly events = new Listeners<[Uint8Array, number]>();
  protected readonly done = new Listeners<[RunResult | null]>();
  protected disposed = false;
  private readonly failures = new Listeners<[EngineFailure]>();

  onSnapshot(listener: (snapshot: LiveSnapshot) => void): Unsubscribe {
    return this.snapshots.add(listener);
  }

  onEvents(listener: (bytes: Uint8Array, dropped: number) => void): Unsubscribe {
    return this.events.add(listener);
  }

  onDone(listener: (result: RunResult | null) => void): Unsubscribe {
    return this.done.add(listener);
  }

  onFailure(listener: (failure: EngineFailure) => void): Unsubscribe {
    return this.failures.add(listener);
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.end();
    for (const list of [this.snapshots, this.events, this.done, this.failures]) list.clear();
  }

  /** A trap in a thread also reaches the window as an error; whoever listens there tells us. */
  fail(failure: EngineFailure): void {
    if (this.disposed) return;
    const listeners = this.failures.copy();
    this.dispose();
    listeners.emit(readFailure(failure));
  }

  /** Ends whatever runs the engine. Called once. */
  protected abstract end(): void;
}
