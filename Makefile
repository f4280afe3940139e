# `make` alone lists the targets. Set PYTHON to choose the interpreter of a new environment.

MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
BIN := .venv/bin
READY := .venv/.ready

# What `make test` leaves out: whole commands as a user would run them, and cameras watched for
# minutes. `make test MARKERS=` runs all.
MARKERS ?= not e2e and not soak
TESTS ?= tests

.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint types contracts fmt bench lock clean distclean

help:  ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY)  ## Make .venv with everything pinned in it; quick when it is up to date
	@echo "Ready: make demo, make test, or $(BIN)/genesis --help"

$(READY): requirements-setup.txt requirements-dev.txt pyproject.toml scripts/setup scripts/uv
	@scripts/setup
	@touch $@

demo: $(READY)  ## Watch the whole system work on real pictures (90 s)
	@$(BIN)/genesis demo

test: $(READY)  ## Run the tests; all there are with MARKERS=
	@$(BIN)/python -m pytest $(TESTS) -m "$(MARKERS)" --durations=20 --durations-min=5

check: lint types contracts  ## Everything CI runs, the end-to-end tests included
	@$(MAKE) test MARKERS=

lint: $(READY)  ## Style, format and spelling
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/typos

types: $(READY)  ## mypy --strict
	@$(BIN)/mypy

contracts: $(READY)  ## Who may import whom
	@$(BIN)/lint-imports --no-logo

fmt: $(READY)  ## Put the code into its format and mend what can be mended
	@$(BIN)/ruff check --fix-only
	@$(BIN)/ruff format

bench: $(READY)  ## Measure the pipeline on VIDEO=FILE on this machine, one JSON line a result
	@$(BIN)/python benchmarks/bench_pipeline.py $(VIDEO)

lock: $(READY)  ## Resolve the pinned files again; LOCK=--upgrade takes newer versions of what others need
	@scripts/lock $(LOCK)

clean:  ## Remove caches; runs, data and .venv stay
	@rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist
	@find . -path ./.venv -prune -o -name __pycache__ -type d -exec rm -rf {} +

distclean: clean  ## Remove .venv as well
	@rm -rf .venv
