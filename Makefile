# The same few lines that CI runs. Needs only Python and make; everything else is installed into .venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Tests wait more than they work, so two at a time cost nothing. A file's tests stay together and share its servers.
TEST_PROCESSES ?= 2
.DEFAULT_GOAL := help
.PHONY: help run test check bench bench-gate bench-baseline bench-peers load-tools e2e-smoke clean

help:            ## what can be made
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 14

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

run: $(VENV)/ready       ## start the gateway; the first start prints a key and a curl line
	$(BIN)/gossamer serve

test: $(VENV)/ready      ## all tests, real servers included
	$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist loadfile

check: $(VENV)/ready     ## lint, types, floors
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/ready     ## CPU per request beside nginx, in a minute
	$(BIN)/gossamer bench gate --only request-cpu

bench-gate: $(VENV)/ready  ## the budgets, as ratios to nginx in one run
	$(BIN)/gossamer bench gate

bench-baseline: $(VENV)/ready  ## take benchmarks/baseline.json anew; in a quiet hour
	$(BIN)/gossamer bench run --profile short --rounds 20 --out /tmp/gossamer-baseline.json
	$(BIN)/gossamer bench report /tmp/gossamer-baseline.json --figures benchmarks/baseline.json

bench-peers: $(VENV)/ready  ## other gateways beside this one, into benchmarks/PEERS.md; in a quiet hour
	$(BIN)/gossamer bench peers --out /tmp/gossamer-peers.json --table benchmarks/PEERS.md

load-tools:      ## Locust, in an environment of its own: its scripts are then tested too
	test -x .venv-bench/bin/locust || $(PYTHON) -m venv .venv-bench
	test -x .venv-bench/bin/locust || .venv-bench/bin/python -m pip install --quiet --disable-pip-version-check locust==2.47.0

e2e-smoke: $(VENV)/ready  ## gateway and provider as separate processes, the main uses end to end
	E2E_SMOKE=1 $(BIN)/python -m pytest -q -s tests/system/test_smoke.py

clean:           ## forget what was built
	rm -rf $(VENV) .venv-bench build *.egg-info src/*.egg-info .mypy_cache .ruff_cache .pytest_cache
