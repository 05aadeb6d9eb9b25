#!/usr/bin/env bash
# k6 from its Go module, where it is not installed: `benchmarks/k6/run.sh -e TOKEN=... -e SHORT=1` and all else that k6 run takes.
# The first time compiles it, which takes some minutes.
set -euo pipefail
script=$(cd "$(dirname "$0")" && pwd)/proxy_load.js
version=v1.8.1
if command -v k6 >/dev/null; then exec k6 run "$@" "$script"; fi
command -v go >/dev/null || { echo "neither k6 nor go is here: install one of them" >&2; exit 2; }
exec go run "go.k6.io/k6@$version" run "$@" "$script"
