import { render } from 'preact';
import { App } from './app';
import { boot } from './state/actions';
import { host } from './state/host';
import * as store from './state/store';
import { startTheme } from './ui/theme';

startTheme();
const root = document.getElementById('app');
if (root) render(<App />, root);
// For looking under the lid by hand and from tests; a visitor's page has no such name.
if (import.meta.env.DEV || new URLSearchParams(location.search).has('debug')) {
  Object.assign(globalThis, { __samovar: { store, host } });
}

void boot();
