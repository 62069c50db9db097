# Everything from a fresh checkout: needs Python >= 3.11, make and the package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# the vehicle and station stack of `make interop` pins older libraries than ours
STACK := .venv-interop

# where compiled files are forbidden, every process of a test compiles all of evtrust anew: a second
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check bench interop lock clean

run: $(VENV)/.runtime
	@$(BIN)/python -m server.quickstart

# three for two processors: a sixth of the time, tests wait for servers that they started
test: $(VENV)/.dev
	@$(BIN)/pytest -n 3 --dist loadgroup

check: $(VENV)/.dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy .
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/deptry --no-ansi .
	@$(BIN)/python -m tests.repository
	@$(BIN)/python -m pip check

bench: $(VENV)/.dev
	@$(BIN)/python -m benchmarks

interop: $(VENV)/.dev $(STACK)/.ready
	@$(BIN)/python -m tests.interop $(CURDIR)/$(STACK)/bin/python

# hashed pins for every platform, without the address of any index
lock: $(VENV)/.dev
	@$(BIN)/pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --no-header --no-emit-index-url --no-emit-find-links --group dev --group build \
	  pyproject.toml -o requirements-dev.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --no-header --no-emit-index-url --no-emit-find-links --group build -c requirements-dev.lock \
	  pyproject.toml -o requirements.lock
	@for pins in requirements requirements-jvm; do $(BIN)/uv pip compile --quiet --universal \
	  --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url \
	  --no-emit-find-links tests/interop/$$pins.in -o tests/interop/$$pins.txt; done

$(VENV)/bin/python:
	@echo "Making the virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the locked dependencies ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the locked dependencies and the tools ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.runtime

$(STACK)/.ready: tests/interop/requirements.txt tests/interop/requirements-jvm.txt
	@echo "Installing a vehicle and station stack in $(STACK) ..."
	@$(PYTHON) -m venv $(STACK)
	@$(STACK)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	  -r tests/interop/requirements.txt
	@command -v java >/dev/null || $(STACK)/bin/python -m pip install --quiet \
	  --disable-pip-version-check --require-hashes -r tests/interop/requirements-jvm.txt
	@touch $@

clean:
	@rm -rf $(VENV) $(STACK) var build *.egg-info
