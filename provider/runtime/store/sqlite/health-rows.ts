// The stored health of targets as rows: thousands that change together cost one statement.
import { sql, type Transaction } from 'kysely';
import type { HealthSave, StoredModel } from '../../stored/object.ts';

/** Rows of the table `meta` with the time of the last save. Releases up to 0.1.0 know only the first one. */
const AT = 'healthAtMs';
const BOOT = 'healthBoot';

export async function writeHealth<T>(tx: Transaction<T>, { atMs, boot, put, removed }: HealthSave): Promise<void> {
  if (removed.length > 0) {
    const keys = JSON.stringify(removed.map(({ targetGroupId, key }) => [targetGroupId, key]));
    await sql`delete from health where (target_group_id, key) in
      (select value ->> 0, value ->> 1 from json_each(${keys}))`.execute(tx);
  }
  if (put.length > 0) {
    const rows = JSON.stringify(put.map(({ targetGroupId, key, health }) => [targetGroupId, key, health]));
    await sql`replace into health (target_group_id, key, health)
      select value ->> 0, value ->> 1, value ->> 2 from json_each(${rows})`.execute(tx);
  }
  const monotonic = boot === undefined ? '' : `${boot.bootId} ${boot.monotonicMs}`;
  await sql`replace into meta (name, value) values (${AT}, ${String(atMs)}), (${BOOT}, ${monotonic})`.execute(tx);
}

/** The time of the last save, from the rows of the table `meta`. */
export function healthTime(meta: ReadonlyMap<string, string>): Pick<StoredModel, 'healthAtMs' | 'healthBoot'> {
  const [bootId = '', monotonic = ''] = (meta.get(BOOT) ?? '').split(' ');
  return {
    healthAtMs: Number(meta.get(AT) ?? 0),
    healthBoot: bootId === '' ? undefined : { bootId, monotonicMs: Number(monotonic) },
  };
}
