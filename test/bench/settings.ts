// The settings in which the data planes are started: each is shared by the scenarios that need nothing else.
import type { BenchProtocol, BenchScenario } from './scenarios.ts';

export interface Setting {
  readonly protocol: BenchProtocol;
  readonly threads: 1 | 2;
  readonly isPost: boolean;
  /** Whether HAProxy opens a connection to the backend for each request, as Weir does for POSTs. */
  readonly isServerClosing: boolean;
}

export function settingOf({ protocol, threads = 1, isPost = false, isServerClosing = false }: BenchScenario): Setting {
  return { protocol, threads, isPost, isServerClosing };
}

/** Returns a text that is equal for equal settings. */
export function settingKey({ protocol, threads, isPost, isServerClosing }: Setting): string {
  return `${protocol}, ${threads} thread(s)${isPost ? ', POST' : ''}${isServerClosing ? ', closing' : ''}`;
}

/** Returns the different settings of scenarios, in the order of their first scenario. */
export function differentSettings(scenarios: readonly BenchScenario[]): readonly Setting[] {
  const settings = scenarios.map(settingOf);
  return [...new Map(settings.map((setting) => [settingKey(setting), setting])).values()];
}
