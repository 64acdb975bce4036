// The output of wrk, and how it is read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseWrk } from '../../bench/wrk.ts';

function output({ p99 = '342.00us', requests = '642641', problem = '' } = {}): string {
  return `Running 3s test @ http://127.0.0.1:40001/small
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   146.98us   62.47us   2.77ms   79.28%
    Req/Sec   208.42k     6.92k  221.79k    70.97%
  Latency Distribution
     50%  139.00us
     75%  173.00us
     90%  216.00us
     99%  ${p99}
  ${requests} requests in 3.10s, 105.41MB read
${problem}Requests/sec: 207308.50
Transfer/sec:     34.01MB
`;
}

test('the output gives the requests, their rate and the 99th percentile in milliseconds', () => {
  assert.deepEqual(parseWrk(output()), { requests: 642641, requestsPerSecond: 207308.5, p99Ms: 0.342 });
  assert.equal(parseWrk(output({ p99: '1.97ms' })).p99Ms, 1.97);
  assert.equal(parseWrk(output({ p99: '1.50s' })).p99Ms, 1500);
  assert.equal(parseWrk(output({ p99: '0.50m' })).p99Ms, 30_000);
});

for (const problem of ['Non-2xx or 3xx responses: 5', 'Socket errors: connect 0, read 3, write 0, timeout 0']) {
  test(`a run with failed requests is refused: ${problem.split(':')[0]}`, () => {
    assert.throws(() => parseWrk(output({ problem: `  ${problem}\n` })), { message: `requests failed: ${problem}` });
  });
}

test('a run without requests, and a text that wrk did not write, are refused', () => {
  for (const text of [output({ requests: '0' }), output({ p99: '-nan' }), '']) {
    assert.throws(() => parseWrk(text), /^Error: the output of wrk has another form than expected: /);
  }
});
