// The chat path of a gateway under users who never rest: 100 for two minutes, then a ramp of 50 and 100.
//
// What counts is what the gateway adds: the time of each request less the mock's own, which the mock stamps on its answer
// (X-Mock-Received-Ns and -Sent-Ns, carried through by the gateway). The mock must be its provider:
//
//   gossamer mock --port 9101 --ttft 50 --stamp
//   k6 run -e BASE_URL=http://127.0.0.1:8080/v1 -e TOKEN=gsm_... -e MODEL=gpt-4o-mini benchmarks/k6/proxy_load.js
//
// k6 and the machine take time too: 100 busy users on two cores wait for each other. With the mock's own address every
// tenth request goes straight to it, and `without_gateway` tells what is there without one:
//
//   -e DIRECT_URL=http://127.0.0.1:9101/v1
//
// -e SHORT=1 takes seconds instead of minutes. An answer without stamps is a failure: then nothing can be told.

import http from 'k6/http';
import { check } from 'k6';
import exec from 'k6/execution';
import { Rate, Trend } from 'k6/metrics';

const BASE_URL = __ENV.BASE_URL || 'http://127.0.0.1:8080/v1';
const DIRECT_URL = __ENV.DIRECT_URL;
const DIRECT_EVERY = 10;
const MODEL = __ENV.MODEL || 'mock';
const P99_MS = Number(__ENV.P99_MS || 20); // the hard limit; docs/adr/0011-what-overhead-is.md says what it means
const SHORT = Boolean(__ENV.SHORT);

const overhead = new Trend('gateway_overhead', true);
const without = new Trend('without_gateway', true);
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
    ...(DIRECT_URL && { 'without_gateway{scenario:steady}': [] }), // no limit: named here, it is shown
  },
};

const headers = {
  'Content-Type': 'application/json',
  Authorization: `Bearer ${__ENV.TOKEN || ''}`,
  'X-Mock-Stamp': '1',
};

function ask(url, words) {
  const body = JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: words }] });
  return http.post(`${url}/chat/completions`, body, { headers });
}

// One question before all others: what refuses it would refuse a hundred thousand.
export function setup() {
  const answer = ask(BASE_URL, 'Hello?');
  if (answer.status !== 200) exec.test.abort(`${BASE_URL} says ${answer.status}: ${answer.body || answer.error}`);
}

export default function () {
  const number = exec.scenario.iterationInTest;
  const isDirect = DIRECT_URL && number % DIRECT_EVERY === 0;
  const answer = ask(isDirect ? DIRECT_URL : BASE_URL, `Hello, this is request ${number}.`);
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
  (isDirect ? without : overhead).add(answer.timings.duration - (Number(sent) - Number(received)) / 1e6);
  const own = answer.headers['X-Gossamer-Overhead-Ms'];
  if (own !== undefined) said.add(Number(own));
}
