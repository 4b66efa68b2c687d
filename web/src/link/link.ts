/**
 * The experiment link: `#v=1&x=mine&blocks=8&c=1x9k2m`.
 *
 * Version first, then the experiment, then the parameters that differ from their defaults under their full names in the order of
 * the table, then a checksum of all that stands before it. So the same state always gives the same text, it can be read and written by
 * hand, and it ends in a letter or digit, which chat programs do not cut off. A missing checksum is no fault (links written by hand);
 * a wrong one is a warning. Names are read as the command line reads them, with hyphens or underscores, and written as the table has
 * them. Reading keeps whatever is good and says what it left out. Nothing here touches the DOM.
 */
import type { EngineDescription, ExperimentSpec, Parameters } from '../engine/types';
import { checksum } from './crc32';
import { readValue, shortened, writeValue } from './values';

export const LINK_VERSION = 1;
/** Longer hashes are not read: no table of parameters needs as much, and a browser tab should not choke on one. */
export const MAX_LINK_LENGTH = 32768;
const MAX_DECODES = 3;

export interface LinkContent {
  experiment: string;
  /** Only what the link says, converted by the table's types; unreadable values as their text. */
  parameters: Parameters;
  /** One sentence each, to be shown in the page. */
  notices: string[];
  /** False: there was no link at all (an empty hash). */
  present: boolean;
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/[!'()*]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase());
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** The hash of an experiment and its parameters, the `#` included. */
export function writeLink(spec: ExperimentSpec, parameters: Parameters): string {
  let text = `v=${LINK_VERSION}&x=${encode(spec.name)}`;
  for (const parameter of spec.parameters) {
    if (!Object.hasOwn(parameters, parameter.name)) continue;
    const value = parameters[parameter.name];
    if (value === undefined || value === parameter.default) continue;
    text += `&${encode(parameter.name)}=${encode(writeValue(value))}`;
  }
  return `#${text}&c=${checksum(text)}`;
}

interface Split {
  text: string;
  sum: string | null;
}

function split(text: string): Split {
  const at = text.lastIndexOf('&c=');
  if (at < 0) return { text, sum: null };
  // What mail and chat programs glue to the end of a link is not part of it.
  return { text: text.slice(0, at), sum: text.slice(at + 3).replace(/[^0-9a-z]+$/i, '') };
}

/** A name as it is compared: written by hand, a hyphen and an underscore are the same. */
const fold = (name: string): string => name.replaceAll('-', '_');

const looksLikeOurs = (text: string): boolean => /(^|&)(v|x)=/.test(text);
const sumFits = (text: string): boolean => {
  const { text: body, sum } = split(text);
  return sum !== null && sum === checksum(body);
};

/** Undoes encoding by well-meaning programs: the first reading whose checksum fits, else the first that looks like a link. */
function unwrap(text: string): string {
  const readings = [text];
  for (let i = 0; i < MAX_DECODES; i++) {
    const next = decode(readings.at(-1)!);
    if (next === null || next === readings.at(-1)) break;
    readings.push(next);
  }
  return readings.find(sumFits) ?? readings.find(looksLikeOurs) ?? text;
}

function quote(text: string): string {
  return `“${shortened(text)}”`;
}

/** Up to five names, and how many more. */
function listed(names: string[], limit = 5): string {
  const rest = names.length - limit;
  return names.slice(0, limit).map(quote).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

interface Pairs {
  values: Map<string, string>;
  notices: string[];
}

function readPairs(text: string): Pairs {
  const values = new Map<string, string>();
  const unreadable: string[] = [];
  const twice: string[] = [];
  for (const piece of text.split('&')) {
    if (piece === '') continue;
    const at = piece.indexOf('=');
    const key = decode(at < 0 ? piece : piece.slice(0, at));
    const value = at < 0 ? null : decode(piece.slice(at + 1));
    if (key === null || key === '' || value === null) unreadable.push(piece);
    else if (values.has(key)) twice.push(key);
    else values.set(key, value);
  }
  const notices: string[] = [];
  if (unreadable.length > 0) notices.push(`The link holds ${listed(unreadable)}, which cannot be read; left out.`);
  if (twice.length > 0) notices.push(twiceNotice(twice));
  return { values, notices };
}

function twiceNotice(names: string[]): string {
  return `The link says ${listed(names)} twice; the first counts.`;
}

function versionNotice(version: string | undefined): string | null {
  if (version === undefined || version === String(LINK_VERSION)) return null;
  if (/^\d{1,9}$/.test(version) && Number(version) > LINK_VERSION) {
    return `This link was made by a newer version of Samovar (link version ${version}, this page knows ${LINK_VERSION}). What it understands is in the form; reload to get the newer page.`;
  }
  return `The link's version is ${quote(version)}; this page knows ${LINK_VERSION}. It was read as version ${LINK_VERSION}.`;
}

/** Reads a hash (with or without `#`). Never throws; the first experiment of the table is the default. */
export function readLink(hash: string, description: Pick<EngineDescription, 'experiments'>): LinkContent {
  const fallback = description.experiments[0]?.name ?? '';
  const raw = hash.replace(/^#/, '');
  if (raw === '') return { experiment: fallback, parameters: {}, notices: [], present: false };
  if (raw.length > MAX_LINK_LENGTH) {
    const notice = `The link is ${raw.length} characters long; at most ${MAX_LINK_LENGTH} are read. The form holds the defaults.`;
    return { experiment: fallback, parameters: {}, notices: [notice], present: true };
  }
  const whole = unwrap(raw);
  const { text, sum } = split(whole);
  const { values, notices } = readPairs(text);
  if (sum !== null && sum !== checksum(text)) {
    notices.unshift('The link’s checksum does not fit: it was cut or changed on its way. Compare the form with what you expect.');
  }
  const newer = versionNotice(values.get('v'));
  if (newer) notices.unshift(newer);

  const wanted = values.get('x');
  const found = wanted === undefined ? undefined : description.experiments.find((e) => fold(e.name) === fold(wanted));
  const spec = found ?? description.experiments[0];
  if (wanted === undefined) notices.push(`The link names no experiment; the form holds ${quote(fallback)}.`);
  else if (!found) notices.push(`There is no experiment ${quote(wanted)} here; the form holds ${quote(fallback)}.`);

  const parameters: Parameters = {};
  const unknown: string[] = [];
  const twice: string[] = [];
  const specs = new Map(spec?.parameters.map((p) => [fold(p.name), p]));
  for (const [key, value] of values) {
    if (key === 'v' || key === 'x') continue;
    const parameter = specs.get(fold(key));
    if (!parameter) unknown.push(key);
    else if (Object.hasOwn(parameters, parameter.name)) twice.push(key);
    else parameters[parameter.name] = readValue(parameter, value);
  }
  if (twice.length > 0) notices.push(twiceNotice(twice));
  if (unknown.length > 0) {
    notices.push(`${listed(unknown)} in the link ${unknown.length > 1 ? 'are no parameters' : 'is no parameter'} of ${spec?.name ?? 'any experiment'}; left out.`);
  }
  return { experiment: spec?.name ?? fallback, parameters, notices, present: true };
}
