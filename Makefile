# The handful of commands that work on this project; `make help` lists them.
.PHONY: help setup check test fix cases bench
PYTHON ?= python3

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: ## a virtual environment in .venv with everything that working here needs
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --editable '.[dev]'
	.venv/bin/pre-commit install

check: ## what a reviewer expects to be clean: format, lint, types, floors, spelling, our own specs, tests
	ruff format --check
	ruff check
	mypy
	cd engine/cli/shared/templates/code && mypy --cache-dir=/dev/null src tests
	lint-imports
	codespell
	engine validate specs/ mappings/
	pytest

test: ## the tests alone
	pytest

fix: ## format, and repair what a tool can repair
	ruff format
	ruff check --fix
	codespell --write-changes

cases: ## rewrite the expected texts under tests/cases, to be reviewed as a diff
	pytest --update-cases

bench: ## a million accounts from one table into another, beside plain statements
	$(PYTHON) benchmarks/accounts.py
