/** The one engine host of the page. Made by engine-session.ts; everybody else only uses it. */
import { EngineHost, type HostListener } from '../engine/host';

export let host: EngineHost;

export function createHost(listener: HostListener): EngineHost {
  host = new EngineHost(listener);
  return host;
}
