/**
 * The address bar. While one edits, the current entry shows the form's link; a run commits it: the entry gets back the link it was entered
 * with, and the form's link becomes a new entry. So Back goes from run to run, not from keystroke to keystroke.
 */
export interface AddressBar {
  hash(): string;
  replace(hash: string, state: unknown): void;
  push(hash: string, state: unknown): void;
  state(): unknown;
}

/** An empty hash must be written as the address without one. */
const url = (hash: string): string => hash || location.pathname + location.search;

const browserAddress: AddressBar = {
  hash: () => location.hash,
  replace: (hash, state) => history.replaceState(state, '', url(hash)),
  push: (hash, state) => history.pushState(state, '', url(hash)),
  state: () => history.state as unknown,
};

export class Address {
  private entered: string;

  constructor(private readonly bar: AddressBar = browserAddress) {
    this.entered = bar.hash();
  }

  edit(link: string): void {
    if (link !== this.bar.hash()) this.bar.replace(link, this.bar.state());
  }

  commit(link: string): void {
    if (link === this.entered) return this.edit(link);
    const state = this.bar.state();
    this.bar.replace(this.entered, state);
    this.bar.push(link, state);
    this.entered = link;
  }

  /** Back, Forward, or a link typed into the bar. */
  moved(): string {
    this.entered = this.bar.hash();
    return this.entered;
  }
}
