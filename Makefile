# The two commands on a bare machine: make demo, make test. They need Python 3.11 or newer, make, and the
# package registries.

VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PYTHON ?=
ARGS   ?=
OPENIMIS := tests/real/openimis/backend

.PHONY: install demo test test-real openimis lint bench soak matrix lock clean

install: $(READY)

demo: $(READY)
	@$(BIN)/payerbot browser
	$(BIN)/payerbot demo

test: $(READY)
	@$(BIN)/payerbot browser
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist worksteal $(ARGS)

# Against software nobody here wrote: the first time, it is installed, which takes some minutes.
test-real: $(READY)
	@$(BIN)/payerbot browser
	$(BIN)/pytest -m real tests/real $(ARGS)

openimis: $(READY)
	@$(BIN)/python -m tests.real.openimis $(ARGS)

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)
	@$(BIN)/payerbot browser
	$(BIN)/python -m tests.bench $(ARGS)

# The first Python that is new enough makes the environment; --no-deps, because the lock has them all.
$(READY): requirements.lock pyproject.toml
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	    $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	    if ! $$python -c 'import venv, ensurepip' 2>/dev/null; then \
	        echo "$$python lacks venv: install it (Debian, Ubuntu: apt-get install python3-venv)." >&2; exit 1; \
	    fi; \
	    test -x $(BIN)/pip || $$python -m venv $(VENV); \
	    exit; \
	done; \
	echo "payerbot needs Python 3.11 or newer: install it, or name it: make PYTHON=/path/to/python." >&2; exit 1
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Every fault at every mock portal; what passes it whole has that written beside its adapter (payerbot payers list).
matrix: $(READY)
	@$(BIN)/payerbot browser
	$(BIN)/pytest tests/faults/test_matrix.py --record-matrix --numprocesses auto --maxprocesses 4 $(ARGS)

soak: $(READY)
	@$(BIN)/payerbot browser
	$(BIN)/python -m tests.faults.soak $(ARGS)

# uv, because pip-compile locks for the system it runs on alone.
lock:
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --group dev --extra postgres --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-emit-index-url --no-emit-find-links --quiet --output-file requirements.lock $(ARGS)
	$(BIN)/uv pip compile $(OPENIMIS)/requirements.in --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --no-header --no-emit-index-url --no-emit-find-links --quiet --output-file $(OPENIMIS)/requirements.lock $(ARGS)

clean:
	rm -rf $(VENV) .demo dist build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find bot payers fixtures tests -name __pycache__ -type d -prune -exec rm -rf {} +
