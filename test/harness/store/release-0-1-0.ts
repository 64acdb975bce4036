// A database as release 0.1.0 wrote it, with rows in every table, made by the SQL of that release.
import { DatabaseSync } from 'node:sqlite';

const TABLES = [
  'create table if not exists meta (name text primary key, value text not null) strict',
  `create table if not exists objects (kind text not null, id text not null, owner text, incarnation text not null,
     version integer not null, properties text not null, state text not null, primary key (kind, id)) strict`,
  `create table if not exists health (listener_id text not null, key text not null, health text not null,
     primary key (listener_id, key)) strict`,
  `create table if not exists tokens (id text primary key, name text not null, secret_hash text not null,
     statements text not null, created_at text not null, expires_at text) strict`,
];

const OWNER = 'urn:pulumi:dev::shop::type::name';
const STATEMENTS = [{ actions: ['slb:*'], resources: ['*'] }];

const ROWS: readonly (readonly [table: string, ...values: (string | number | null)[]])[] = [
  ['meta', 'runtimeId', 'runtime-1'],
  ['meta', 'schemaVersion', '1'],
  ['meta', 'version', '7'],
  ['meta', 'healthAtMs', '1000'],
  ['objects', 'load-balancers', 'lb', OWNER, 'i-1', 6, '{"type":"application"}', '{"vip":"127.77.0.1"}'],
  ['objects', 'listeners', 'web', null, 'i-2', 7, '{"loadBalancerId":"lb"}', '{"servesSince":7}'],
  [
    'objects',
    'attachments',
    'app',
    OWNER,
    'i-3',
    7,
    '{"listenerId":"web"}',
    '{"claims":{"10.0.0.1:80":6,"[::1]:80":7}}',
  ],
  ['objects', 'group-attachments', 'workers', OWNER, 'i-4', 7, '{"listenerId":"web"}', '{"claims":{}}'],
  ['health', 'web', '10.0.0.1:80', 'healthy'],
  ['health', 'web/rule', '[::1]:80', 'unhealthy'],
  ['tokens', 'one', 'ci', 'abc', JSON.stringify(STATEMENTS), '2026-11-21T00:00:00.000Z', null],
  ['tokens', 'two', 'ci', 'def', JSON.stringify(STATEMENTS), '2026-11-22T00:00:00.000Z', '2027-01-31T00:00:00Z'],
];

/** The content of the database of 0.1.0 as a current store loads it. */
export const LOADED = {
  runtimeId: 'runtime-1',
  version: 7,
  objects: [
    {
      ...{ kind: 'load-balancers', id: 'lb', owner: OWNER, incarnation: 'i-1', version: 6 },
      properties: { type: 'application' },
      state: { vip: '127.77.0.1' },
    },
    {
      ...{ kind: 'listeners', id: 'web', owner: undefined, incarnation: 'i-2', version: 7 },
      properties: { loadBalancerId: 'lb' },
      state: { servesSince: 7 },
    },
    {
      ...{ kind: 'attachments', id: 'app', owner: OWNER, incarnation: 'i-3', version: 7 },
      properties: { listenerId: 'web' },
      state: { boundSince: { '10.0.0.1:80': 6, '[::1]:80': 7 } },
    },
    {
      ...{ kind: 'group-attachments', id: 'workers', owner: OWNER, incarnation: 'i-4', version: 7 },
      properties: { listenerId: 'web' },
      state: { boundSince: {} },
    },
  ],
  healthAtMs: 1000,
  healthBoot: undefined,
  health: [
    { targetGroupId: 'web', key: '10.0.0.1:80', health: 'healthy' },
    { targetGroupId: 'web/rule', key: '[::1]:80', health: 'unhealthy' },
  ],
  tokens: [
    { id: 'one', name: 'ci', secretHash: 'abc', statements: STATEMENTS, createdAt: '2026-11-21T00:00:00.000Z' },
    {
      ...{ id: 'two', name: 'ci', secretHash: 'def', statements: STATEMENTS },
      ...{ createdAt: '2026-11-22T00:00:00.000Z', expiresAt: '2027-01-31T00:00:00Z' },
    },
  ],
};

export function writeDatabase(file: string): void {
  const database = new DatabaseSync(file);
  database.exec('pragma journal_mode = wal; pragma synchronous = full');
  for (const table of TABLES) database.exec(table);
  for (const [table, ...values] of ROWS) {
    database.prepare(`insert into ${table} values (${values.map(() => '?').join(', ')})`).run(...values);
  }
  database.close();
}
