// The stored health of targets as rows: thousands that change together cost one statement.
import type { HealthSave, StoredModel } from '../../stored/object.ts';
import type { Statements } from './database.ts';

/** Rows of the table `meta` with the time of the last save. Releases up to 0.1.0 know only the first one. */
const AT = 'healthAtMs';
const BOOT = 'healthBoot';

export function writeHealth(statements: Statements, { atMs, boot, put, removed }: HealthSave): void {
  if (removed.length > 0) {
    const keys = JSON.stringify(removed.map(({ targetGroupId, key }) => [targetGroupId, key]));
    statements.run(
      `delete from health where (target_group_id, key) in (select value ->> 0, value ->> 1 from json_each(?))`,
      keys,
    );
  }
  if (put.length > 0) {
    const rows = JSON.stringify(put.map(({ targetGroupId, key, health }) => [targetGroupId, key, health]));
    statements.run(
      `replace into health (target_group_id, key, health)
        select value ->> 0, value ->> 1, value ->> 2 from json_each(?)`,
      rows,
    );
  }
  const monotonic = boot === undefined ? '' : `${boot.bootId} ${boot.monotonicMs}`;
  statements.run(`replace into meta (name, value) values (?, ?), (?, ?)`, AT, String(atMs), BOOT, monotonic);
}

/** The time of the last save, from the rows of the table `meta`. */
export function healthTime(meta: ReadonlyMap<string, string>): Pick<StoredModel, 'healthAtMs' | 'healthBoot'> {
  const [bootId = '', monotonic = ''] = (meta.get(BOOT) ?? '').split(' ');
  return {
    healthAtMs: Number(meta.get(AT) ?? 0),
    healthBoot: bootId === '' ? undefined : { bootId, monotonicMs: Number(monotonic) },
  };
}
