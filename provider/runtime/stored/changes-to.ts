// The changes that bring a model in memory to a stored one.
import { KINDS } from '../../model/base/kinds.ts';
import type { Model } from './model.ts';
import type { ObjectChange, StoredModel } from './object.ts';

export function changesTo(model: Model, { objects }: Pick<StoredModel, 'objects'>): ObjectChange[] {
  const changed = objects.filter(({ kind, id, version }) => model.get(kind, id)?.version !== version);
  const names = new Set(objects.map(({ kind, id }) => `${kind}/${id}`));
  const gone = KINDS.flatMap((kind) => [...model.list(kind)]).filter(({ kind, id }) => !names.has(`${kind}/${id}`));
  return [...gone.map(({ kind, id }) => ({ delete: { kind, id } })), ...changed.map((put) => ({ put }))];
}
