/**
 * OKLCH to sRGB and back to text. Canvases and Chart.js get `#rrggbb`: not everything that takes a colour knows oklch().
 * The matrices are those of Björn Ottosson's OKLab (https://bottosson.github.io/posts/oklab/).
 */

/** Lightness 0..1, chroma 0..0.4, hue in degrees. */
export type Oklch = [l: number, c: number, h: number];
/** Linear-light sRGB, each 0..1 (outside: not in the gamut). */
export type LinearRgb = [r: number, g: number, b: number];

export function oklchToLinear([l, c, h]: Oklch): LinearRgb {
  const angle = (h * Math.PI) / 180;
  const a = c * Math.cos(angle);
  const b = c * Math.sin(angle);
  const l3 = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m3 = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s3 = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l3 - 3.3077115913 * m3 + 0.2309699292 * s3,
    -1.2684380046 * l3 + 2.6097574011 * m3 - 0.3413193965 * s3,
    -0.0041960863 * l3 - 0.7034186147 * m3 + 1.707614701 * s3,
  ];
}

export function linearToOklab([r, g, b]: LinearRgb): [number, number, number] {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** Relative luminance as WCAG has it. */
function luminance(rgb: LinearRgb): number {
  const [r, g, b] = rgb.map((v) => Math.min(1, Math.max(0, v))) as LinearRgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(one: LinearRgb, other: LinearRgb): number {
  const [p, q] = [luminance(one), luminance(other)];
  return (Math.max(p, q) + 0.05) / (Math.min(p, q) + 0.05);
}

function channel(linear: number): string {
  const v = Math.min(1, Math.max(0, linear));
  const gamma = v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055;
  return Math.round(gamma * 255).toString(16).padStart(2, '0');
}

export function toHex(rgb: LinearRgb): string {
  return '#' + rgb.map(channel).join('');
}

/** Reads `oklch(0.5 0.1 250)`; null for anything else. */
export function parseOklch(text: string): Oklch | null {
  const match = /^oklch\(\s*([\d.]+)(%?)\s+([\d.]+)\s+(none|[-\d.]+)(?:deg)?\s*\)$/.exec(text.trim());
  if (!match) return null;
  const l = Number(match[1]) / (match[2] ? 100 : 1);
  return [l, Number(match[3]), match[4] === 'none' ? 0 : Number(match[4])];
}

/** A computed CSS colour as `#rrggbb`; what cannot be read is passed on as it is. */
export function cssToHex(text: string): string {
  const oklch = parseOklch(text);
  if (oklch) return toHex(oklchToLinear(oklch));
  const rgb = /^rgba?\(\s*(\d+)[,\s]+(\d+)[,\s]+(\d+)\s*\)$/.exec(text.trim());
  if (rgb) return '#' + rgb.slice(1, 4).map((v) => Number(v).toString(16).padStart(2, '0')).join('');
  return text;
}
