# make demo   a federation of five agencies on this machine, from nothing      (DATA=folder for other lists;
#             SERVE=1 leaves it up, with the consoles of two agencies and officers to train as)
# make test   the whole test suite, from nothing, its longest parts first
# make check  types, style, generated code
# make peers  what the quality benchmarks compare with, in an environment of its own (needs libicu-dev and a C++ compiler)
# Everything is installed into .venv (peers: .venv-peers) beside this file; nothing else on the machine is touched.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
PEERS := .venv-peers
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Hundreds of processes are started: each reads what the first has compiled, also where the environment forbids that.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test check environment peers clean

demo: $(VENV)/runtime
	@$(BIN)/python -m deploy.demo $(if $(DATA),--data "$(DATA)") $(if $(KEEP),--keep "$(KEEP)") $(if $(SERVE),--serve)

# Thousands of small databases are written and thrown away: in memory, where there is enough.
IN_MEMORY = $(shell test -w /dev/shm && df --output=avail -k /dev/shm | awk 'NR == 2 && $$1 > 12000000 { print "/dev/shm" }')

test: $(VENV)/development
	@$(if $(IN_MEMORY),PYTEST_DEBUG_TEMPROOT=$(IN_MEMORY)) $(BIN)/python -m pytest -q -n 3 --dist loadscope --no-loadscope-reorder $(ARGS)

check: $(VENV)/development
	@$(BIN)/python proto/generate.py --check
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/buf lint proto

environment: $(VENV)/development

$(VENV)/runtime: pyproject.toml deploy/constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; name it with make PYTHON=..." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Symbolon into $(VENV) ..."
	@$(PIP) install --upgrade "pip>=25.1"
	@$(PIP) install --constraint deploy/constraints.txt --editable .
	@touch $@

$(VENV)/development: $(VENV)/runtime
	@echo "Installing what the tests need ..."
	@$(PIP) install --constraint deploy/constraints.txt --editable . --group dev
	@touch $@

peers: $(PEERS)/installed

$(PEERS)/installed: benchmarks/peers/requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; name it with make PYTHON=..." >&2; exit 1; }
	@pkg-config --exists icu-i18n || { echo "nomenklatura needs ICU: install libicu-dev, pkg-config and g++" >&2; exit 1; }
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@echo "Installing the peers into $(PEERS), some minutes ..."
	@nice $(PEERS)/bin/python -m pip --disable-pip-version-check --quiet install --requirement $<
	@touch $@

clean:
	@rm -rf $(VENV) $(PEERS) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
