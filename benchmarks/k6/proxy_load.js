// The chat path of a gateway under users who never rest: 100 for two minutes, then a ramp of 50 and 100.
//
// What counts is what the gateway adds: the time of each request less the mock's own, which the mock stamps on its answer
// (X-Mock-Received-Ns and -Sent-Ns, carried through by the gateway). The mock must be its provider:
//
//   gossamer mock --port 9101 --ttft 50 --stamp
//   k6 run -e BASE_URL=http://127.0.0.1:8080/v1 -e TOKEN=gsm_... -e MODEL=gpt-4o-mini benchmarks/k6/proxy_load.js
//
// -e SHORT=1 takes seconds instead of minutes. An answer without stamps is a failure: then nothing can be told.

import http from 'k6/http';
import { check } from 'k6';
import exec from 'k6/execution';
import { Rate, Trend } from 'k6/metrics';

const BASE_URL = __ENV.BASE_URL || 'http://127.0.0.1:8080/v1';
const MODEL = __ENV.MODEL || 'mock';
const P99_MS = Number(__ENV.P99_MS || 20); // the hard limit; docs/adr/0011-what-overhead-is.md says what it means
const SHORT = Boolean(__ENV.SHORT);

const overhead = new Trend('gateway_overhead', true);
const said = new Trend('gateway_says', true);
const failed = new Rate('failed_requests');

export const options = {
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max', 'count'],
  scenarios: {
    steady: { executor: 'constant-vus', vus: 100, duration: SHORT ? '3s' : '2m' },
    ramp: {
      executor: 'ramping-vus',
      startTime: SHORT ? '4s' : '2m10s',
      startVUs: 0,
      stages: [
        { duration: SHORT ? '1s' : '30s', target: 50 },
        { duration: SHORT ? '1s' : '1m', target: 50 },
        { duration: SHORT ? '1s' : '30s', target: 100 },
        { duration: SHORT ? '1s' : '1m', target: 100 },
        { duration: SHORT ? '1s' : '10s', target: 0 },
      ],
    },
  },
  thresholds: {
    'gateway_overhead{scenario:steady}': [`p(99)<${P99_MS}`],
    failed_requests: ['rate<0.001'],
  },
};

const headers = {
  'Content-Type': 'application/json',
  Authorization: `Bearer ${__ENV.TOKEN || ''}`,
  'X-Mock-Stamp': '1',
};

function ask(words) {
  const body = JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: words }] });
  return http.post(`${BASE_URL}/chat/completions`, body, { headers });
}

// One question before all others: what refuses it would refuse a hundred thousand.
export function setup() {
  const answer = ask('Hello?');
  if (answer.status !== 200) exec.test.abort(`${BASE_URL} says ${answer.status}: ${answer.body || answer.error}`);
}

export default function () {
  const answer = ask(`Hello, this is request ${exec.scenario.iterationInTest}.`);
  const received = answer.headers['X-Mock-Received-Ns'];
  const sent = answer.headers['X-Mock-Sent-Ns'];
  const good = check(answer, {
    'is 200': (r) => r.status === 200,
    'has words': (r) => r.status === 200 && Boolean(r.json('choices.0.message.content')),
    'has the stamps of the mock': () => Boolean(received && sent),
  });
  failed.add(!good);
  if (!good) return;
  // Nanoseconds since boot lie beyond what a double holds exactly only after 104 days; the last digits do not matter.
  overhead.add(answer.timings.duration - (Number(sent) - Number(received)) / 1e6);
  const own = answer.headers['X-Gossamer-Overhead-Ms'];
  if (own !== undefined) said.add(Number(own));
}
