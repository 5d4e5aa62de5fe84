# Targets for people and for CI; `make help` says what each does. The work is done by the scripts in tools/.
SHELL := /bin/bash
PYTEST_ARGS ?=
ENGINES ?=
SEEDS ?= 10000
SEED ?= 1
DIST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help up down test check accept sdk-matrix parity chaos simulate bench dist setup clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

up: ## deploy stacks/todo to an engine of its own, or with SWARM=current to the current docker context's swarm
	@tools/up.sh

down: ## remove what `make up` made
	@tools/down.sh

test: ## the whole test suite on private engines; PYTEST_ARGS="-k secret" chooses
	@tools/test.sh $(PYTEST_ARGS)

check: ## lint, types and import contracts alone
	@tools/check.sh

accept: ## `make check` and all tests, the long forms too; ENGINES="20.10 26.1 28.5 go" runs what needs an engine on each
	@ENGINES="$(ENGINES)" tools/accept.sh $(PYTEST_ARGS)

sdk-matrix: ## the tests without an engine, with the oldest and the newest Pulumi SDK and docker-py that are allowed
	@tools/setup.sh dev
	@.venv/bin/python tools/sdk_matrix.py

parity: ## compare every case of tests/data/compose with `docker stack deploy` 28 on two engines, and with 29
	@tools/test.sh --long $(PYTEST_ARGS) tests/compose/parity
	@tools/test.sh --long --cli 29 $(PYTEST_ARGS) tests/compose/parity
	@tools/test.sh --long --engine 26.1 $(PYTEST_ARGS) tests/compose/parity

chaos: ## kill deploys at every call and at random moments; CHAOS_SEED=2 for others, CHAOS_KILLS=10 for fewer
	@TEST_WORKERS=1 tools/test.sh --long -rA tests/e2e/test_chaos.py $(PYTEST_ARGS)

simulate: ## play histories on a simulated swarm, from SEED on; SEEDS=1 SEED=4711 tells one
	@tools/setup.sh dev
	@.venv/bin/python -m tests.simulation --seeds $(SEEDS) --seed $(SEED)

bench: ## measure speed beside docker, a bare API loop and a provider that does nothing; BENCH_ARGS="--sizes 10"
	@tools/setup.sh engine dev cli
	@.venv/bin/python -m bench $(BENCH_ARGS)

dist: ## make dist/: wheel, npm package, Go module, plugin archive, bill of materials, checksums; DIST_ARGS="wheel" for a part
	@python3 -m tools.release $(DIST_ARGS)

setup: ## install what is missing for all of this, and nothing else
	@tools/setup.sh engine database testing dev cli

clean: down ## remove the virtualenv and the tools' caches too
	rm -rf .venv policy/venv .sdk-matrix .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info build dist
