# make run and make test set up everything themselves; all they need is Python 3.11 or newer with pip.
#   make run ARGS="--help"      make test ARGS="tests/policy -k leave"      PYTHON=python3.13 make run

.DEFAULT_GOAL := help
.PHONY: help run test check lock bench

ifndef PYTHON
PYTHON := $(shell for python in .venv/bin/python python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
endif
set_up = $(if $(PYTHON),"$(PYTHON)" .ci/setup.py,$(error Python 3.11 or newer is needed and none was found; PYTHON=/path/to/python names one))
WORKERS ?= 2

# Compiled once, not by each process (two seconds each), even where the environment says otherwise.
export PYTHONDONTWRITEBYTECODE =

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /make \1: /p' Makefile

run:  ## start the bot; with no token, on a messenger of its own at http://127.0.0.1:8080
	@$(set_up) run
	@exec .venv/bin/python -m bot run $(ARGS)

test:  ## all tests, on SQLite and PostgreSQL
	@$(set_up) test
	@.venv/bin/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check:  ## format, lint, types, import contracts, catalogues complete
	@$(set_up) test
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/python -m mypy
	.venv/bin/lint-imports
	.venv/bin/python -m locales check

lock:  ## requirements/*.lock from pyproject.toml; ARGS=--upgrade for the newest versions
	@$(set_up) lock $(ARGS)

bench:  ## measure
	@$(set_up) test
	@.venv/bin/python -m bench $(ARGS)
