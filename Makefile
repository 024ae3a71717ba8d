# What can be done here: `make` lists it. Needs Python 3.11+; everything goes into .venv.
#
# All paths are relative, and programs are called as modules, so the directory may have any name and any depth.

PYTHON ?= $(shell for it in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$it" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$it"; break; }; done)
TYPESCRIPT := 7.0.2
RUN := .venv/bin/python -m
PIP := $(RUN) pip --quiet --disable-pip-version-check --no-input
UV := $(shell command -v uv 2>/dev/null)
ARGS ?=

# An environment that was made elsewhere, or whose Python is gone, is made anew.
ifneq ($(shell cat .venv/.here 2>/dev/null),$(shell pwd -P))
_ := $(shell rm -f .venv/.run .venv/.dev .venv/.here)
else ifneq ($(shell .venv/bin/python -c 'print("runs")' 2>/dev/null),runs)
_ := $(shell rm -f .venv/.run .venv/.dev .venv/.here)
endif

.PHONY: help run install test load chaos check lint browser format lock clean

help: ## list what can be done
	@echo 'make TARGET, where TARGET is one of:'; \
	sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 12

run: .venv/.run ## install what is needed and start a server (ARGS="--port 9000 --open" for its flags)
	@exec $(RUN) server serve $(ARGS)

install: .venv/.run ## only install: afterwards .venv/bin/fourfold is there
	@echo "Installed: .venv/bin/fourfold"

test: .venv/.dev browser ## run all tests, those in a browser included (ARGS="tests/domain -x" for some)
	@$(RUN) pytest $(ARGS)

load: .venv/.dev ## play as many games as asked, check all promises and measure (ARGS="games --help" for how)
	@$(RUN) tests.load $(or $(ARGS),games)

chaos: .venv/.dev ## play under every fault there is, and print a verdict (ARGS="--minutes 60 --seed 1")
	@$(RUN) tests.faults.chaos $(ARGS)

check: lint browser ## everything that CI checks: format, lint, types, layers, then all tests with coverage
	@$(RUN) pytest --cov --cov-report=term $(ARGS)

lint: .venv/.dev .venv/.typescript
	@echo 'ruff format'; $(RUN) ruff format --check server tests
	@echo 'ruff'; $(RUN) ruff check server tests
	@echo 'mypy'; $(RUN) mypy
	@echo 'tsc'; if [ -e .venv/typescript ]; then node .venv/typescript/node_modules/typescript/bin/tsc -p static/jsconfig.json; \
	else echo 'SKIPPED: the types of static/ were not checked, npm is missing (Debian: apt install npm)'; fi
	@echo 'layers'; .venv/bin/python -c 'from importlinter.cli import lint_imports; raise SystemExit(lint_imports())'

# A browser of the system, or else Playwright's own; without any, its tests explain themselves and are skipped.
browser: .venv/.dev
	@command -v chromium chromium-browser google-chrome >/dev/null || $(RUN) playwright install chromium || { \
	echo 'There is no browser, and none could be installed (Debian: apt install chromium).'; test -z "$$CI"; }

format: .venv/.dev ## put the code in its format, and mend what can be mended mechanically
	@$(RUN) ruff check --fix --quiet server tests; $(RUN) ruff format server tests

lock: ## choose the newest versions of all packages that pyproject.toml allows (needs uv)
	uv pip compile --upgrade $(LOCK) -o .requirements/run.txt pyproject.toml
	uv pip compile --upgrade $(LOCK) --group dev -c .requirements/run.txt -o .requirements/dev.txt pyproject.toml
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url \
	--extra embedded --group build

clean: ## delete everything that was installed or made here; games are kept (they lie in the data directory)
	rm -rf .venv .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find server tests -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.run: pyproject.toml .requirements/run.txt
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or later is needed and was not found; name one: make PYTHON=/path/to/python3'; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	echo 'Python 3.11 or later is needed, but $(PYTHON) is:'; "$(PYTHON)" --version; exit 1; }
	@echo 'Installing into .venv …'
	@.venv/bin/python -c '' 2>/dev/null || $(VENV)
	@$(INSTALL) --require-hashes --no-deps -r .requirements/run.txt
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@pwd -P > .venv/.here; touch $@

.venv/.dev: .venv/.run .requirements/dev.txt
	@echo 'Installing the tools for tests and checks …'
	@$(INSTALL) --require-hashes --no-deps -r .requirements/dev.txt
	@touch $@

.venv/.typescript: Makefile | .venv/.dev
	@if command -v npm >/dev/null; then npm install --silent --no-save --no-audit --no-fund --prefix .venv/typescript \
	typescript@$(TYPESCRIPT) && touch $@; else test -z "$$CI" || { echo 'npm is missing'; exit 1; }; fi

ifneq ($(UV),)
VENV = uv venv --quiet --clear --python "$(PYTHON)" .venv
INSTALL = uv pip install --quiet --python .venv/bin/python
else
# Debian keeps the part of venv that brings pip in a package of its own; a pip of the system can bring it too.
VENV = "$(PYTHON)" -m venv --clear .venv 2>/dev/null >&2 || { "$(PYTHON)" -m venv --clear --without-pip .venv && \
	"$(PYTHON)" -m pip --quiet --python .venv/bin/python install pip; } 2>/dev/null >&2 || { rm -rf .venv; \
	echo '$(PYTHON) cannot make a virtual environment. Debian: apt install python3-venv; or install uv.'; exit 1; }
INSTALL = $(PIP) install
endif
