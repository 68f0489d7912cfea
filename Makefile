# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DOCS_STAMP := $(VENV)/.docs-installed

.PHONY: demo test test-all check format lock docs pictures mutants clean help

help:
	@echo "make demo    train a small network, export every precision, verify each in every runtime"
	@echo "make test    run the tests, but for those that take minutes each"
	@echo "make test-all  run all tests, every command of the README too"
	@echo "make check   formatter, linter, strict types"
	@echo "make format  let the formatter and the linter mend what they can"
	@echo "make docs    build the site in docs/_build, with its pictures; a warning or a broken link is an error"
	@echo "make pictures  draw the pictures of the documents again whose report has changed (needs a browser)"
	@echo "make mutants test the tests: change what decides verdicts, one operator at a time (an hour)"
	@echo "make lock    pin the newest versions that pyproject.toml allows"
	@echo "make clean   remove the environment and the demo's files"

# Installs the pinned versions once; a second call finds the stamp and installs nothing.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "edgekit needs Python 3.11, 3.12 or 3.13; '$(PYTHON)' is" `$(PYTHON) --version`". Name another: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP)
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh demo.sh

# One process a processor, at most four: each trains the network that many tests share, and takes some 2 GB. A file's
# tests stay in one process, so that what they share is made once.
test: $(STAMP)
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile -m "not minutes"

test-all: $(STAMP)
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The pins of docs/requirements.lock agree with those of requirements.lock, so this adds Sphinx and changes nothing.
$(DOCS_STAMP): $(STAMP) docs/requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement docs/requirements.lock
	@touch $@

docs: $(DOCS_STAMP) pictures
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --nitpicky --quiet --jobs auto docs docs/_build

pictures: $(STAMP)
	$(BIN)/python docs/pictures.py

lock:
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra train --extra dev --output-file requirements.lock pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra docs --constraint requirements.lock --output-file docs/requirements.lock pyproject.toml

# cosmic-ray and coverage come after the pinned libraries on the path, so that none of these is another one.
mutants: $(STAMP)
	@test -d .mutants/cosmic_ray || $(BIN)/python -m pip install --quiet --target .mutants 'cosmic-ray==8.7.0' 'coverage==7.17.5'
	$(BIN)/python tests/mutants $(MODULES)

clean:
	rm -rf $(VENV) .mutants docs/_build exported/demo
