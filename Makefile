# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# A fresh machine needs Python 3.11 or newer, git and make; all else comes from here.
PYTHON ?= python3
VENV := .venv
NOX := $(VENV)/bin/nox --reuse-venv=yes

.PHONY: help venv demo test rest static docs dist extras tarball matrix pictures translations bench mutants ci clean

help: ## Show the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 10

venv: $(VENV)/.ready ## Make .venv with nox in it, for single stages

demo: $(VENV)/.ready ## Scale a simulated cluster out, with live lines
	@$(NOX) -s demo

test: $(VENV)/.ready ## Run what must pass before each commit
	@$(NOX) -s test

rest: $(VENV)/.ready ## Run what CI runs after test: the oldest, the newest, docs, dist, extras, coverage
	@$(NOX) -s rest

static: $(VENV)/.ready ## Run the formatters, linters and type checks alone
	@$(NOX) -s static

docs: $(VENV)/.ready ## Lint the documentation, build the site, try every example
	@$(NOX) -s docs

dist: $(VENV)/.ready ## Build the tarball, and take it as Galaxy, Automation Hub and users do
	@$(NOX) -s dist

tarball: $(VENV)/.ready ## Build what is published; TAG=1.0.0 is the tag, which must fit
	@$(NOX) -s tarball

extras: $(VENV)/.ready ## Check what needs Node.js and the like; what is missing is named
	@$(NOX) -s extras

matrix: $(VENV)/.ready ## Test on every supported ansible-core and Python
	@$(NOX) -s matrix

pictures: $(VENV)/.ready ## Make the picture of the README anew
	@$(NOX) -s pictures

translations: ## Tell which translated page is older than its source
	@$(PYTHON) -m tests.nox.translated

bench: $(VENV)/.ready ## Measure what it costs; BENCH_FULL=1 takes its time
	@$(NOX) -s bench

mutants: $(VENV)/.ready ## Put faults into what decides, for hours; MUTANTS=50 draws that many
	@$(NOX) -s mutants

ci: ## Run test and then the rest as CI does, with one table at the end
	@.ci/run

clean: ## Remove everything that the targets made
	rm -rf .nox $(VENV) .ansible collections tests/output

# sys.executable: python3 itself may be a shim that depends on the folder it is called in.
$(VENV)/.ready: Makefile
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else \
	    "Python 3.11 or newer is needed; name one: make PYTHON=/path/to/python3 ...")'
	@echo "Making $(VENV) with nox in it, once"
	@rm -rf $(VENV)
	@"$$($(PYTHON) -c 'import sys; print(sys.executable)')" -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check 'nox>=2025.2.9'
	@touch $@
