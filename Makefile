# Lianfang: `make demo` and `make test` are all a newcomer needs. Debian 12, Python 3.11, make and git suffice.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
UV := .tools/bin/uv
RUN := .venv/bin
SYNC := UV_PYTHON_DOWNLOADS=never $(UV) sync --frozen --inexact --quiet --python $(PYTHON)
DEMO ?=
BENCH ?=
PYTEST ?=
# A file stays in one process, whose fixtures it shares; files come in the order that conftest.py gives them.
SPREAD := -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: help demo serve test test-sqlite test-pages test-postgres check bench golden pictures wheel try-wheel format clean

help:  ## Say what there is
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/ready front  ## A made-up county responds to an outbreak, served on http://127.0.0.1:8000 (DEMO="--people 500000" …)
	@$(RUN)/lianfang demo $(DEMO)

serve: .venv/ready front  ## Serve the web application on the data that is there
	@$(RUN)/lianfang serve

test: test-sqlite test-pages test-postgres  ## All tests, on SQLite, in Chromium and on PostgreSQL

test-sqlite: .venv/ready-dev front
	@$(RUN)/python tools/system.py java
	$(RUN)/pytest $(PYTEST) $(SPREAD) --ignore=tests/pages

# In a process of their own: Playwright's event loop and Django's database do not share a thread.
test-pages: .venv/ready-dev front
	@$(RUN)/python tools/system.py browser
	$(RUN)/pytest $(PYTEST) -n 2 --dist worksteal tests/pages

test-postgres: .venv/ready-dev front
	@if $(RUN)/python tools/system.py postgres; then \
	  DATABASE_URL="$$($(RUN)/python tools/system.py postgres-url)" $(RUN)/pytest $(PYTEST) $(SPREAD) -m database src/lianfang/*/tests/shell; \
	fi

check: .venv/ready-dev  ## Style, types, direction of imports and names, purity, the rooms, translations, migrations, made pages
	$(RUN)/ruff check src tests tools examples bench conftest.py
	$(RUN)/ruff format --check src tests tools examples bench conftest.py
	$(RUN)/ruff check --config tools/ruff-core.toml src/lianfang/kernel src/lianfang/playbook src/lianfang/*/core
	PYTHONPATH=. $(RUN)/lint-imports --no-cache
	$(RUN)/python tools/names.py
	$(RUN)/python tools/room.py check
	$(RUN)/mypy -p lianfang
	$(RUN)/python tools/messages.py check
	LIANFANG_DATA="$$(mktemp -d)" $(RUN)/lianfang manage makemigrations --check --dry-run
	$(RUN)/python tools/frontend.py check
	LIANFANG_DATA="$$(mktemp -d)" $(RUN)/python tools/api_doc.py check
	$(RUN)/python tools/access_doc.py check

bench: .venv/ready-dev  ## Measure against what a user would pick instead (long; writes docs/performance.md; BENCH="--scale 100" …)
	@$(SYNC) --extra dev --extra bench
	$(RUN)/python -m bench $(BENCH)

golden: .venv/ready-dev front  ## Renew the golden runs, after a change that means to change them
	$(RUN)/python tools/golden.py

pictures: .venv/ready-dev front  ## Renew the pictures of the READMEs from the page tests
	@$(RUN)/python tools/system.py browser
	$(RUN)/pytest -q $(foreach id,zh-command en-command zh-case en-case,"tests/pages/test_every_page.py::test_page[$(id)]")
	@mkdir -p docs/images
	@for lang in zh en; do for page in command case; do \
	  cp artifacts/screens/$$page-$$lang-1366.png docs/images/$$page-$$lang.png; done; done

wheel: .venv/ready-dev  ## Build the wheel, with the front end in it
	$(UV) build --wheel --out-dir dist

try-wheel: wheel  ## Install the wheel in an empty environment and start its demo there
	@$(RUN)/python tools/try_wheel.py

format: .venv/ready-dev
	$(RUN)/ruff check --fix src tests tools examples bench conftest.py
	$(RUN)/ruff format src tests tools examples bench conftest.py

front: .venv/ready
	@$(RUN)/python tools/messages.py compile
	@$(RUN)/python tools/frontend.py build

clean:
	rm -rf .venv .tools build dist frontend/node_modules src/lianfang/site/static/site/dist

.PHONY: front

$(UV):
	@$(PYTHON) tools/system.py uv

.venv/ready: pyproject.toml uv.lock | $(UV)
	@echo "Installing what Lianfang stands on …" >&2
	@$(SYNC) --extra build
	@touch $@

.venv/ready-dev: pyproject.toml uv.lock | $(UV)
	@$(SYNC) --extra dev
	@touch $@ .venv/ready
