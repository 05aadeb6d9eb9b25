#!/usr/bin/env bash
# ApacheBench on the chat path: `benchmarks/ab.sh [BASE_URL]`, with TOKEN, MODEL, REQUESTS and USERS in the environment.
# Ends with 1 if any request failed or was answered with anything but 2xx.
set -euo pipefail
base=${1:-http://127.0.0.1:8080/v1}
requests=${REQUESTS:-5000} users=${USERS:-50} model=${MODEL:-mock} token=${TOKEN:-}

command -v ab >/dev/null || { echo "ab is missing: apt-get install apache2-utils" >&2; exit 2; }
body=$(mktemp) && trap 'rm -f "$body"' EXIT
printf '{"model":"%s","messages":[{"role":"user","content":"Hello"}]}' "$model" >"$body"

# -l: answers may differ in length. ab tells percentiles of whole milliseconds: for finer ones take wrk or `gossamer bench run`.
report=$(ab -q -k -l -n "$requests" -c "$users" -p "$body" -T application/json \
  -H "Authorization: Bearer $token" "$base/chat/completions")
echo "$report"
failed=$(awk '/^Failed requests:/ {print $3}' <<<"$report")
other=$(awk '/^Non-2xx responses:/ {print $3}' <<<"$report")
if [ "${failed:-0}" != 0 ] || [ "${other:-0}" != 0 ]; then
  echo "FAIL: ${failed:-0} requests failed, ${other:-0} were answered with something else than 2xx" >&2
  exit 1
fi
echo "PASS: $requests requests, none failed"
