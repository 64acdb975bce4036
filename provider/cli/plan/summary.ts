// The summary of a plan: how many targets and resources change, and in which way.
import { counted } from '../../model/base/counted.ts';
import type { TargetOperation } from './changes.ts';
import type { PlannedChange } from './objects.ts';
import type { Plan } from './plan.ts';
import { NOT_KNOWN } from './target-groups.ts';

export const VERBS: Readonly<Record<PlannedChange['verb'], string>> = {
  create: 'created',
  adopt: 'adopted',
  update: 'changed',
  replace: 'replaced',
  delete: 'deleted',
  release: 'released',
};

/** The words of the summary for each operation on targets, by their number. */
const OPERATIONS: Readonly<Record<TargetOperation['operation'] | 'unread', (count: number) => string>> = {
  bind: (count) => `${counted(count, 'target')} bound`,
  unbind: (count) => `${counted(count, 'target')} unbound`,
  open: (count) => `${counted(count, 'target')} ${NOT_KNOWN}`,
  unread: (count) => `targets of ${counted(count, 'attachment')} ${NOT_KNOWN}`,
  move: (count) => `${counted(count, 'target')} moved`,
  rename: (count) => `${counted(count, 'target')} renamed`,
  weight: (count) => `${counted(count, 'weight')} changed`,
  port: (count) => `${counted(count, 'port')} changed`,
  address: (count) => `${counted(count, 'address')} changed`,
};

/** What `pulumi up` does to the traffic and to the resources, in one line. */
export function summaryOf({ changes, targetGroups, moves }: Plan): string {
  if (changes.length + targetGroups.length + moves.length === 0) return 'Nothing changes.';
  const operations = targetGroups.flatMap(({ rows, after }) => [
    ...rows.flatMap((row) => row.operations).map(({ operation }) => operation),
    ...(rows.length === 0 ? (after?.unread ?? []).map(() => 'unread' as const) : []),
  ]);
  const traffic = countsOf(operations, (operation, count) => OPERATIONS[operation](count));
  const resources = countsOf(
    changes.map(({ verb }) => verb),
    (verb, count) => `${count} ${VERBS[verb]}`,
  );
  return [
    `Traffic: ${targetGroups.length === 0 ? 'no change' : operations.length === 0 ? 'other shares' : traffic}.`,
    `Resources: ${changes.length === 0 ? 'no change' : resources}.`,
  ].join(' ');
}

/** The distinct words with their counts: "3 targets bound, 1 target unbound". */
function countsOf<W>(words: readonly W[], text: (word: W, count: number) => string): string {
  return [...Map.groupBy(words, (word) => word)].map(([word, all]) => text(word, all.length)).join(', ');
}
