/**
 * Keeps an engine alive. Picks the build, starts it, starts it anew with more threads or memory when a run needs them, and replaces it when it
 * is lost; after two losses in a row it falls back to the single-thread build. One start at a time, whoever asks.
 */
import { EngineMissing, threadsPossible } from './builds';
import type { EngineClient, EngineFailure, StartAnswer } from './client';
import { failureWords, startFailureWords } from './failure';
import { DEFAULT_MEMORY, defaultThreads, needsOf, Room } from './needs';
import { ThreadsClient } from './threads-client';
import type { LiveSnapshot, Parameters, RunResult } from './types';
import { WorkerClient } from './worker-client';

const FAILURES_BEFORE_SINGLE = 2;
const FAILURES_BEFORE_GIVING_UP = 5;

export interface HostListener {
  snapshot(snapshot: LiveSnapshot): void;
  events(bytes: Uint8Array, dropped: number): void;
  done(result: RunResult | null): void;
  /** The engine was lost; a new one is being started. */
  failure(failure: EngineFailure): void;
  /** A new engine answers. */
  ready(client: EngineClient): void;
  /** No engine can be had. */
  lost(sentence: string): void;
  /** Something about the engine that a reader of its numbers should know. */
  note(sentence: string): void;
}

export interface Boots {
  threadsPossible(): boolean;
  threads(count: number, memory: number): Promise<EngineClient>;
  single(): Promise<EngineClient>;
}

const realBoots: Boots = {
  threadsPossible,
  threads: (count, memory) => ThreadsClient.boot(count, undefined, memory),
  single: () => WorkerClient.boot(),
};

export class EngineHost {
  client: EngineClient | null = null;

  private readonly listener: HostListener;
  private readonly boots: Boots;
  private work: Promise<void> = Promise.resolve();
  private failuresInARow = 0;
  private singleOnly: boolean;
  private threads: number;
  private memory = DEFAULT_MEMORY;
  private room = new Room();
  private visible = true;

  constructor(listener: HostListener, boots: Boots = realBoots, hardware: number | undefined = globalThis.navigator?.hardwareConcurrency) {
    this.listener = listener;
    this.boots = boots;
    this.threads = defaultThreads(hardware);
    this.singleOnly = !boots.threadsPossible();
  }

  /** Starts the first engine. Never rejects: `ready` or `lost` tells how it went. */
  start(): Promise<void> {
    return this.serialise(() => this.boot());
  }

  /**
   * Starts a run; first an engine with more threads or more memory when this run needs them. An engine that refuses a run for a reason that is no
   * parameter's (its threads are not yet back from the run before) is replaced, once.
   */
  async run(experiment: string, parameters: Parameters): Promise<StartAnswer> {
    await this.serialise(() => this.makeRoom(experiment, parameters));
    if (!this.client) throw new Error('There is no engine.');
    const answer = await this.client.start(experiment, parameters);
    if (answer.ok || answer.errors.some((error) => error.field !== '')) return answer;
    await this.serialise(() => this.renew());
    this.room.take(needsOf(experiment, parameters), this.memory);
    return this.client ? this.client.start(experiment, parameters) : answer;
  }

  setVisible(visible: boolean): void {
    this.visible = visible;
    this.client?.setVisible(visible);
  }

  dispose(): void {
    this.client?.dispose();
    this.client = null;
  }

  /** A trap in a thread reaches the window as an error, sometimes without any other sign. */
  reportTrap(message: string): void {
    if (this.client instanceof ThreadsClient) this.client.fail({ kind: 'trap', message });
  }

  private serialise(task: () => Promise<void>): Promise<void> {
    this.work = this.work.then(task, task);
    return this.work;
  }

  private async makeRoom(experiment: string, parameters: Parameters): Promise<void> {
    if (this.client?.kind !== 'threads') return;
    const needs = needsOf(experiment, parameters);
    const { threads, memory } = needs;
    // Compared with what was asked for: what the browser refused once it is not asked for before every run.
    if (threads <= this.client.threads && memory <= this.client.memory && this.room.take(needs, this.client.memory)) return;
    this.threads = Math.max(this.threads, threads);
    this.memory = Math.max(this.memory, memory);
    await this.renew();
    this.room.take(needs, this.memory);
  }

  private async renew(): Promise<void> {
    this.client?.dispose();
    this.client = null;
    await this.boot();
  }

  private async boot(): Promise<void> {
    try {
      this.adopt(await this.bootOne());
    } catch (error) {
      this.listener.lost(why(error));
    }
  }

  private async bootOne(): Promise<EngineClient> {
    if (this.singleOnly) return this.boots.single();
    try {
      return await this.boots.threads(this.threads, this.memory);
    } catch (error) {
      if (error instanceof EngineMissing) throw error;
      this.singleOnly = true;
      // Told when there is another that runs instead: where neither starts, one sentence says so.
      const single = await this.boots.single();
      this.listener.note(`The engine with threads did not start (${why(error).replace(/\.$/, '')}). The one without threads runs instead.`);
      return single;
    }
  }

  private adopt(client: EngineClient): void {
    this.room = new Room();
    this.client = client;
    client.onSnapshot((snapshot) => this.listener.snapshot(snapshot));
    client.onEvents((bytes, dropped) => this.listener.events(bytes, dropped));
    client.onDone((result) => {
      this.failuresInARow = 0;
      this.listener.done(result);
    });
    client.onFailure((failure) => this.replace(failure));
    if (!this.visible) client.setVisible(false);
    for (const note of client.notes) this.listener.note(note);
    this.listener.ready(client);
  }

  private replace(failure: EngineFailure): void {
    this.client = null;
    this.failuresInARow++;
    this.listener.failure(failure);
    if (this.failuresInARow >= FAILURES_BEFORE_GIVING_UP) {
      this.listener.lost(`The engine failed ${this.failuresInARow} times in a row. ${failureWords(failure)} Reload the page to try again.`);
      return;
    }
    if (!this.singleOnly && this.failuresInARow >= FAILURES_BEFORE_SINGLE) {
      this.singleOnly = true;
      this.listener.note('The engine with threads failed twice in a row. The one without threads runs from now on.');
    }
    void this.serialise(() => this.boot());
  }
}

/** What a start failed for, as a sentence. */
function why(error: unknown): string {
  return startFailureWords({ kind: 'abort', message: error instanceof Error ? error.message : String(error) });
}
