# The handful of commands that work on this project; `make help` lists them.
.PHONY: help setup check test proofs fix cases docs bench
PYTHON ?= python3

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: ## a virtual environment in .venv with everything that working here needs
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --editable '.[dev,sdk]'
	.venv/bin/pre-commit install

check: ## what a reviewer expects to be clean, as .ci/run checks it
	.ci/checks

test: ## the tests alone, without the proofs
	pytest

proofs: ## the proofs alone: rows, kills at every step, mutants, documents
	pytest tests/proofs

fix: ## format, and repair what a tool can repair
	ruff format
	ruff check --fix
	codespell --write-changes

cases: ## rewrite the expected texts under tests/cases, to be reviewed as a diff
	pytest tests --update-cases

docs: ## rewrite what is generated under docs/: the tables of map.md, the picture of architecture.md
	$(PYTHON) docs/make/pages.py

bench: ## a million accounts from one table into another, beside plain statements
	$(PYTHON) benchmarks/accounts.py
