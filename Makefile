# Everything happens in .venv; the system's Python is only used to create it.
PYTHON ?= python3
UV := .venv/bin/uv
RUN := $(UV) run --frozen --all-extras
STAMP := .venv/.installed

.PHONY: setup run test lint bench docs clean
.DEFAULT_GOAL := help

help:
	@printf 'make setup   install everything into .venv\nmake run     the demo: a real model answers through Sealmark\nmake test    the tests\nmake lint    style, types, floors\nmake bench   the benchmarks, beside their peers\nmake docs    the documentation, into site/\n'

setup: $(STAMP)

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Sealmark needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 …'; exit 1; }
	@$(PYTHON) -m venv .venv || { echo 'Python has no venv module. On Debian: apt-get install python3-venv'; exit 1; }
	.venv/bin/python -m pip install --quiet --disable-pip-version-check 'uv==0.13.9'

$(STAMP): $(UV) uv.lock pyproject.toml
	$(UV) sync --frozen --all-extras --inexact
	@touch $@

run: setup
	$(RUN) sealmark demo

test: setup
	$(RUN) python tools/browser.py
	$(RUN) python -m pytest -n 2 --dist loadscope

lint: setup
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(RUN) lint-imports

bench: setup
	$(RUN) python -m benchmarks

docs: setup
	$(RUN) zensical build

clean:
	rm -rf .venv site demo-out
