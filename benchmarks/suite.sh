#!/usr/bin/env bash
# Cache latency, provider latency, throughput and overhead of a running gateway in one table:
#   benchmarks/suite.sh [BASE_URL]        with TOKEN, MODEL, REQUESTS and SECONDS in the environment
# The figures of single requests are the gateway's own word (Server-Timing, X-Gossamer-Overhead-Ms, X-Gossamer-Cache), beside
# what curl measured; the measurement from outside, with intervals, is `gossamer bench run`. Ends with 1 if anything failed.
set -euo pipefail
base=${1:-http://127.0.0.1:8080/v1}
model=${MODEL:-mock} token=${TOKEN:-} requests=${REQUESTS:-200} seconds=${SECONDS_OF_LOAD:-5}
here=$(cd "$(dirname "$0")" && pwd)
for tool in curl wrk awk; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install curl wrk gawk" >&2; exit 2; }
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
failed=0

# One connection, $2 requests, the heads into $1.heads and the milliseconds of each into $1.times; $3 is the prompt.
ask() {
  printf '{"model":"%s","messages":[{"role":"user","content":"%s"}]}' "$model" "$3" >"$work/body"
  curl -s -o /dev/null -D "$work/$1.heads" -w '%{http_code} %{time_total}\n' -X POST \
    -H "Authorization: Bearer $token" -H 'Content-Type: application/json' --data-binary "@$work/body" \
    "$base/chat/completions#[1-$2]" >"$work/$1.answers" || failed=1
  if [ "$(awk '$1 != 200' "$work/$1.answers" | wc -l)" != 0 ]; then
    echo "$1: $(awk '$1 != 200 {print $1}' "$work/$1.answers" | sort | uniq -c | head -3 | xargs) instead of 200" >&2
    failed=1
  fi
  awk '{print $2 * 1000}' "$work/$1.answers" >"$work/$1.times"
}

# A row of the table from one number a line on stdin: $1 is its name.
row() {
  sort -n | awk -v name="$1" '{ v[NR] = $1 } END {
    if (!NR) { printf "| %-34s | %9s | %9s | %9s | %6s |\n", name, "-", "-", "-", 0; exit }
    printf "| %-34s | %9.3f | %9.3f | %9.3f | %6d |\n", name, v[rank(.50)], v[rank(.95)], v[rank(.99)], NR }
    function rank(q) { return int(q * NR) < q * NR ? int(q * NR) + 1 : int(q * NR) }'
}

header() { tr -d '\r' <"$work/$1.heads" | awk -F': ' -v name="$2" 'tolower($1) == name {print $2}'; }
stage() { header "$1" server-timing | grep -oE "(^|[ ,])$2;dur=[0-9.]+" | sed 's/.*=//' || true; }

ask warm 20 "warm"
ask plain "$requests" "Hello"
hits=$(header plain x-gossamer-cache | grep -c '^hit' || true)

printf '| %-34s | %9s | %9s | %9s | %6s |\n' "milliseconds" p50 p95 p99 count
echo "| ---------------------------------- | --------: | --------: | --------: | -----: |"
if [ "${hits:-0}" -gt 0 ]; then
  row "cache: answers that were hits" <"$work/plain.times"
else
  printf '| %-34s | %9s | %9s | %9s | %6s |\n' "cache: no answer came from one" - - - 0
fi
stage plain provider | row "provider, as the gateway saw it"
header plain x-gossamer-overhead-ms | row "overhead, as the gateway says"
row "whole request, as curl measured it" <"$work/plain.times"
echo

TOKEN=$token MODEL=$model wrk -t1 -c"${USERS:-50}" -d"${seconds}s" -s "$here/wrk.lua" "$base/chat/completions" >"$work/wrk" || failed=1
grep -q '^verdict PASS' "$work/wrk" || failed=1
awk '/^Requests\/sec/ {printf "throughput: %s requests a second\n", $2}' "$work/wrk"
grep -E '^(microseconds|requests [0-9])' "$work/wrk"
[ "$failed" = 0 ] && echo "PASS" || { echo "FAIL"; exit 1; }
