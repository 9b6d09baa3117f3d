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
.PHONY: test-gpu test-long bench assets sample clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | column -t -s "$$(printf '\t')"

run: system-run install ## open the window (or, without a display, run the tour)
	@$(PY) -m latentlab.launch

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
