/**
 * The theme: which one is chosen, and the palette that canvases and charts draw with. styles/tokens.css is the table;
 * this file only reads it, so DOM and canvas never disagree. `palette` changes whenever the theme does.
 */
import { computed, signal, type ReadonlySignal } from '@preact/signals';
import { cssToHex } from './color';

export type ThemeChoice = 'system' | 'light' | 'dark';

/** Colours as `#rrggbb`. */
export interface Palette {
  bg: string;
  panel: string;
  field: string;
  hover: string;
  line: string;
  lineStrong: string;
  text: string;
  textMuted: string;
  accent: string;
  onAccent: string;
  focus: string;
  danger: string;
  warn: string;
  running: string;
  runnable: string;
  waiting: string;
  syscall: string;
  gc: string;
  assist: string;
  stw: string;
  heapLive: string;
  heapGoal: string;
  heapLimit: string;
  grid: string;
  /** For things without a meaning of their own, in this order. */
  series: string[];
  /** Font families, for `ctx.font` and Chart.js. */
  sans: string;
  mono: string;
  dark: boolean;
}

const STORAGE_KEY = 'samovar.theme';
const SERIES = 8;

/** Resolves custom properties to colours by asking the browser what an element with that colour would look like. */
function readPalette(): Palette {
  const root = document.documentElement;
  const probe = document.createElement('span');
  probe.hidden = true;
  root.append(probe);
  const computed = getComputedStyle(probe);
  const color = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return cssToHex(computed.color);
  };
  const text = (name: string): string => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
  const palette: Palette = {
    bg: color('bg'), panel: color('panel'), field: color('field'), hover: color('hover'),
    line: color('line'), lineStrong: color('line-strong'),
    text: color('text'), textMuted: color('text-muted'),
    accent: color('accent'), onAccent: color('on-accent'), focus: color('focus'),
    danger: color('danger'), warn: color('warn'),
    running: color('running'), runnable: color('runnable'), waiting: color('waiting'), syscall: color('syscall'),
    gc: color('gc'), assist: color('assist'), stw: color('stw'),
    heapLive: color('heap-live'), heapGoal: color('heap-goal'), heapLimit: color('heap-limit'),
    grid: color('grid'),
    series: Array.from({ length: SERIES }, (_, i) => color(`series-${i + 1}`)),
    sans: text('sans'), mono: text('mono'),
    dark: isDark(),
  };
  probe.remove();
  return palette;
}

const darkQuery = (): MediaQueryList => matchMedia('(prefers-color-scheme: dark)');

function isDark(): boolean {
  return theme.peek() === 'system' ? darkQuery().matches : theme.peek() === 'dark';
}

function stored(): ThemeChoice {
  try {
    const value = localStorage.getItem(STORAGE_KEY);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system'; // storage may be forbidden; the theme is then that of the system
  }
}

const theme = signal<ThemeChoice>('system');
const current = signal<Palette | null>(null);

/** The chosen theme. */
export const themeChoice: ReadonlySignal<ThemeChoice> = theme;

/** The palette in use. Read `palette.value` while drawing a component or in an effect, and it is drawn again when the theme changes. */
export const palette: ReadonlySignal<Palette> = computed(() => current.value ?? readPalette());

function apply(): void {
  const root = document.documentElement;
  if (theme.peek() === 'system') delete root.dataset.theme;
  else root.dataset.theme = theme.peek();
  current.value = readPalette();
}

function setTheme(choice: ThemeChoice): void {
  theme.value = choice;
  try {
    if (choice === 'system') localStorage.removeItem(STORAGE_KEY);
    else localStorage.setItem(STORAGE_KEY, choice);
  } catch {
    // not kept, then
  }
  apply();
}

/** The next theme of the switch. The first click always changes what one sees. */
function nextTheme(choice: ThemeChoice, systemIsDark: boolean): ThemeChoice {
  const cycle: ThemeChoice[] = systemIsDark ? ['system', 'light', 'dark'] : ['system', 'dark', 'light'];
  return cycle[(cycle.indexOf(choice) + 1) % cycle.length] ?? 'system';
}

export function cycleTheme(): void {
  setTheme(nextTheme(theme.peek(), darkQuery().matches));
}

/** To be called once, before the first component is drawn. */
export function startTheme(): void {
  theme.value = stored();
  apply();
  darkQuery().addEventListener('change', apply);
}
