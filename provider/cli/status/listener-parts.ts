// The lines of a status that name a listener or a rule: their parts, and which of them go first on a narrow terminal.
import type { StatusResponse } from '../../model/api/status.ts';
import { inOneLine } from '../../model/base/one-line.ts';
import type { Part } from '../text/columns.ts';
import { perSecondText, shareText } from './figures.ts';
import { countsOfListener, isHttpEndpoint, type Rate, type Rates } from './rates.ts';

type Listener = StatusResponse['listeners'][number];
export type RuleOfListener = NonNullable<Listener['rules']>[number];

/** The line of a listener. Its endpoint, whose end is the port, and its counts are never cut before other parts. */
export function listenerParts(listener: Listener, rates: Rates | undefined): Part[] {
  const { id, endpoint, stack = '', loadBalancer, isWaiting, lastError = '' } = listener;
  const isOfAnother = loadBalancer?.stack !== undefined && loadBalancer.stack !== stack;
  const counts = rates === undefined ? totalText(listener) : rateText(listener, rates.ofListener(listener));
  const parts: Part[] = [
    { text: id },
    { text: endpoint, min: endpoint.length },
    { text: stack, rank: 2 },
    { text: isOfAnother ? `on ${loadBalancer.id} of ${loadBalancer.stack}` : '', rank: 3 },
    { text: counts, min: counts.length, rank: 1 },
    { text: isWaiting ? 'waits: another listener serves this endpoint' : '' },
    { text: lastError },
  ];
  return parts.map(inOneLinePart);
}

function unitsOf({ endpoint }: Listener): readonly [of: string, errors: string] {
  if (isHttpEndpoint(endpoint)) return ['requests', 'errors'];
  return [/^udp:/i.test(endpoint) ? 'sessions' : 'connections', 'rejected'];
}

function totalText(listener: Listener): string {
  const counts = countsOfListener(listener);
  const [units, errors] = unitsOf(listener);
  const { denied = 0 } = listener.traffic ?? {};
  const texts = [`${counts?.total} ${units}`, `${counts?.errors} ${errors}`, denied === 0 ? '' : `${denied} denied`];
  return counts === undefined ? '' : texts.filter(Boolean).join(', ');
}

function rateText(listener: Listener, rate: Rate | undefined): string {
  const [units, errors] = unitsOf(listener);
  if (rate === undefined) return '';
  const share = rate.errorShare === undefined ? '' : `, ${shareText(rate.errorShare)} ${errors}`;
  return `${perSecondText(rate.perSecond)} ${units}/s${share}`;
}

/** The listener's rules, with those that the status names only at targets. */
export function rulesToShow({ rules = [] }: Listener, ids: Iterable<string | undefined>): RuleOfListener[] {
  const known = new Set(rules.map(({ id }) => id));
  const others = [...ids].filter((id) => id !== undefined).filter((id) => !known.has(id));
  return [...rules, ...others.map((id) => ({ id, pathMatch: 'prefix' as const, isAttached: true }))];
}

/** The line of a rule. `hasTargets`: whether it has targets, also if the filters leave them out. */
export function ruleParts(
  { id, host = '', path = '', pathMatch, action, stack, isAttached }: RuleOfListener,
  listener: Listener,
  hasTargets: boolean,
): Part[] {
  const match = `${host}${path}${pathMatch === 'exact' ? ' (exact)' : ''}`;
  const parts: Part[] = [
    { text: `rule ${id}` },
    { text: match },
    { text: stack === listener.stack ? '' : (stack ?? ''), rank: 1 },
    { text: action === undefined ? '' : `responds by its ${action}` },
    { text: isAttached || action !== undefined ? '' : 'takes no requests: it has no attachment' },
    { text: isAttached && !hasTargets ? 'no targets' : '' },
  ];
  return parts.map(inOneLinePart);
}

function inOneLinePart(part: Part): Part {
  return { ...part, text: inOneLine(part.text) };
}
