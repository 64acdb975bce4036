// The measurement of concurrent writers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countIn } from '../../../bench/measures/writers.ts';

test('the syncs are counted in the output of perf and in that of strace', () => {
  assert.equal(
    countIn('12,,syscalls:sys_enter_fsync,1000,100.00,,\n30,,syscalls:sys_enter_fdatasync,1000,100.00,,\n'),
    42,
  );
  const strace = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 98.00    0.100000         100        40           fdatasync
  2.00    0.002000         100         2         1 fsync
------ ----------- ----------- --------- --------- ----------------
100.00    0.102000                    42           total
`;
  assert.equal(countIn(strace), 42);
});

test('an output without counts gives none', () => {
  assert.equal(countIn('<not supported>,,syscalls:sys_enter_fsync,0,100.00,,\n'), undefined);
  assert.equal(countIn('strace: attach: ptrace(PTRACE_SEIZE, 1): Operation not permitted'), undefined);
});
