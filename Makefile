# latentlab. The two commands: `make run` opens the window, `make test` checks everything.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV ?= .venv
PY := $(VENV)/bin/python
BENCH_VENV ?= build/bench-venv
# Qt's minimum (offscreen), what a window on X needs, and what the end-to-end test needs.
QT_PACKAGES := libglib2.0-0 libgl1 libegl1 libxkbcommon0 libdbus-1-3 libfontconfig1
X_PACKAGES := libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxkbcommon-x11-0
FONT_PACKAGES := fonts-dejavu-core
TEST_PACKAGES := xvfb xauth xdotool

.PHONY: help run test install install-dev system-run system-test lint types imports unit e2e
.PHONY: test-gpu test-long bench assets clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | column -t -s "$$(printf '\t')"

run: system-run install ## open the window (or, without a display, run the tour)
	@if $(PY) -c 'import sys; from latentlab.app import display_works; sys.exit(not display_works())'; then \
	  $(VENV)/bin/latentlab; \
	else \
	  echo "There is no display that a window could open on: running the tour instead (build/tour)."; \
	  $(VENV)/bin/latentlab tour --out build/tour; \
	fi

test: system-test install-dev ## lint, types, import rules and the whole test suite
	@$(PY) tests/run_parts.py

system-run:
	@bash .ci/system-packages $(QT_PACKAGES) $(X_PACKAGES) $(FONT_PACKAGES)

system-test:
	@bash .ci/system-packages $(QT_PACKAGES) $(X_PACKAGES) $(FONT_PACKAGES) $(TEST_PACKAGES)

$(PY):
	@bash .ci/make-venv $(VENV)

install: $(VENV)/.installed

install-dev: $(VENV)/.installed-dev

$(VENV)/.installed: pyproject.toml constraints.txt | $(PY)
	@echo "Installing latentlab and the tested versions of its libraries into $(VENV) ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(PY)
	@echo "Installing latentlab and its development tools into $(VENV) ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.installed

lint: install-dev ## ruff: lint and format
	$(PY) tests/run_parts.py lint
types: install-dev ## mypy, strict
	$(PY) tests/run_parts.py types
imports: install-dev ## the arrows between the rooms
	$(PY) tests/run_parts.py imports
unit: install-dev ## the test suite without the end-to-end part
	$(PY) tests/run_parts.py unit
e2e: system-test install-dev ## the installed program, by mouse and keyboard, under Xvfb
	$(PY) tests/run_parts.py e2e

test-gpu: ## the CUDA path, on a machine with a GPU and its own torch
	PYTHONPATH=. python3 -m pytest -c tests/gpu/pytest.ini --rootdir=. -q -m gpu tests/gpu
test-long: system-test install-dev ## the long versions: kills, mutants, soaks
	LATENTLAB_KILLS=2000 LATENTLAB_MUTANTS=10000 LATENTLAB_LONG=1 LATENTLAB_MONKEY=1000000 $(PY) -m pytest -q tests --timeout 7200
bench: install-dev ## the figures of the README, on this machine
	$(PY) tests/benchmarks/run_all.py
assets: system-run install ## the README's pictures, from the real window
	@rm -rf build/assets && mkdir -p build/assets
	XDG_CONFIG_HOME=build/assets XDG_DATA_HOME=build/assets XDG_STATE_HOME=build/assets QT_QPA_PLATFORM=offscreen $(PY) assets/make.py
clean: ## remove what was built
	rm -rf build dist $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
