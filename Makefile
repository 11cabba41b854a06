# One list of commands for people and for CI. `make help` explains them.
BIN := .venv/bin
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help run setup setup-dev test lint types science bench docs openapi contact-sheet clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

run: setup ## Install what is missing, then start the API, a worker and inference on 127.0.0.1:8000
	@exec $(BIN)/taskatlas up

setup: ## Make .venv with the pinned dependencies
	@.ci/setup run

setup-dev: ## The same with the tools for tests and checks
	@.ci/setup dev

# A crashed process ends the run: xdist can wait for ever for the one that replaces it.
test: setup-dev ## Run every test on two processes (under 15 minutes on two cores)
	$(PYTEST) -n 2 --dist loadfile --max-worker-restart 0

lint: setup-dev ## Check format, style, import directions and spelling
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/codespell

types: setup-dev ## Check types
	$(BIN)/basedpyright

science: setup-dev ## Run only the tests that reproduce figures of the papers
	$(PYTEST) tests/science

bench: setup-dev ## Run every script of bench/ and write docs/results/
	@set -e; for script in bench/*.py; do echo "== $$script"; $(BIN)/python "$$script"; done

docs: openapi contact-sheet ## Regenerate what docs/ holds of the code

openapi: setup-dev ## Regenerate docs/openapi.json
	$(BIN)/taskatlas openapi --out docs/openapi.json

contact-sheet: setup-dev ## Draw rendered views with all their labels
	$(BIN)/python -m models.data.rooms.contact_sheet

clean: ## Remove the environment and caches; data/ stays
	rm -rf .venv build dist *.egg-info client/*.egg-info .hypothesis .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
