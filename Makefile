# auditkit: `make demo` and `make test` are all that a fresh machine needs (Python >= 3.11, pip, make).
.DEFAULT_GOAL := help

# The first of these that is new enough; `make demo PYTHON=...` names another one.
ifndef PYTHON
PYTHON := $(shell for name in python3 python3.13 python3.12 python3.11 python; do \
  if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo "$$name"; exit; fi; \
  done; echo python3)
endif
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.auditkit-installed
STAMP_DEV := $(VENV)/.auditkit-installed-dev
PEERS := build/peers/.installed
PEERS_TABLES := build/peers-tables/.installed
BENCHMARKS := startup run neighbourhood manifold copying frechet kernel_distance vendi tables_quality tables_accuracy tables_attacks tables_privacy group_rates slices filter_speed ablation generators_tabular generators_image generators_text generators_audio generators_series filter_recall report_page
ALARMS := compas oulad adult
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 "$(BIN)/python" -m pip install --quiet --no-compile --constraint constraints.txt
# On all cores, while pip would use one, and without the tests that packages ship; what fails is compiled when imported.
BYTECODE := "$(BIN)/python" -m compileall -qq -j 0 -x '/tests?/' "$(VENV)/lib" || true

.PHONY: help demo test check bench alarms docs clean

help: ## say what each target does
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(STAMP) ## set up, run the whole loop on bundled data, print the report's path
	@"$(BIN)/auditkit" demo

# The many processes that tests start find byte code, also where the environment asks for none to be kept.
test: $(STAMP_DEV) ## set up, run the whole test suite, on up to four cores
	PYTHONDONTWRITEBYTECODE= "$(BIN)/python" -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

check: $(STAMP_DEV) ## lint, format and types
	"$(BIN)/ruff" check .
	"$(BIN)/ruff" format --check .
	"$(BIN)/mypy"

bench: $(STAMP_DEV) $(PEERS) $(PEERS_TABLES) ## run the benchmarks, a claim each, beside the peers
	@missed=; for name in $(BENCHMARKS); do echo; echo "== $$name"; "$(BIN)/python" "benchmarks/$$name.py" || missed="$$missed $$name"; done; \
	if [ -n "$$missed" ]; then echo; echo "not met:$$missed"; exit 1; fi

alarms: $(STAMP_DEV) ## run what must hold of groups and of false alarms on real data (hours)
	"$(BIN)/python" benchmarks/bias_pairs.py
	@for name in $(ALARMS); do "$(BIN)/python" benchmarks/false_alarms.py --table $$name --kind honest --seeds 100 || exit 1; done

docs: $(STAMP_DEV) ## build site/ from docs/, strictly; run the examples in the documents and the docstrings
	"$(BIN)/python" docs/build.py
	NO_MKDOCS_2_WARNING=1 "$(BIN)/python" -m mkdocs build --quiet
	"$(BIN)/python" -m pytest auditkit tests/test_docs.py tests/test_tutorials.py tests/test_documented.py
	@echo 'The site: site/index.html'

clean: ## remove the environment and what tools left behind
	rm -rf "$(VENV)" build dist site .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage

# Paths are relative and the recipes run in the checkout, so spaces in its own path never reach make.
$(BIN)/python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'auditkit needs Python 3.11 or newer, and $(PYTHON) is not: name one, as in make demo PYTHON=python3.12' >&2; \
	  exit 2; }
	@"$(PYTHON)" -m venv "$(VENV)" || { \
	  echo 'Could not create $(VENV): on Debian or Ubuntu, install python3-venv first.' >&2; rm -rf "$(VENV)"; exit 2; }

$(STAMP): $(BIN)/python pyproject.toml constraints.txt
	@echo 'Installing auditkit into $(VENV) (some minutes the first time) ...' >&2
	$(PIP) --editable .
	@$(BYTECODE)
	@touch "$@"

# By its short name, as `make build/peers-tables`; the stamp says which versions are in it.
.PHONY: build/peers-tables
build/peers-tables: $(PEERS_TABLES) ## set up the peers of the tabular benchmarks in an environment of their own

# These need pandas below 3, so they never share an environment with auditkit: benchmarks run them as another process.
$(PEERS_TABLES): benchmarks/peers-tables.txt
	@"$(PYTHON)" -m venv build/peers-tables
	PIP_DISABLE_PIP_VERSION_CHECK=1 build/peers-tables/bin/python -m pip install --quiet --upgrade -r $<
	@touch "$@"

# Beside the environment, not in it: these packages name others, torch and torchvision among them, that must not move.
$(PEERS): benchmarks/peers.txt $(STAMP_DEV)
	PIP_DISABLE_PIP_VERSION_CHECK=1 "$(BIN)/python" -m pip install --quiet --no-deps --upgrade --target build/peers -r $<
	@touch "$@"

$(STAMP_DEV): $(BIN)/python pyproject.toml constraints.txt
	@echo 'Installing auditkit and its test tools into $(VENV) (some minutes the first time) ...' >&2
	$(PIP) --editable '.[dev]'
	@$(BYTECODE)
	@touch "$@" "$(STAMP)"
