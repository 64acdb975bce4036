// Imported before the program of a runtime: its worker 0 hangs for as long as the file WEIR_TEST_HANG exists.
import { existsSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

const LOOK_MS = 50;
const CELL = new Int32Array(new SharedArrayBuffer(4));
const file = process.env.WEIR_TEST_HANG ?? '';

if (workerData?.workerId === 0)
  setInterval(() => {
    while (existsSync(file)) Atomics.wait(CELL, 0, 0, LOOK_MS);
  }, LOOK_MS).unref();
