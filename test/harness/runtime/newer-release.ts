// Loaded into a runtime: it has one migration of the database more than this release.
import { MIGRATIONS } from '../../../provider/runtime/store/sqlite/migrations.ts';

(MIGRATIONS as string[]).push('create table later (name text) strict');
