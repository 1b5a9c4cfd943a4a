# make book | test | lab | bench: each makes .venv from requirements.lock first if it is missing.
# make lock: resolve pyproject.toml anew. On Linux torch's CPU build must be found, or the lock
# names CUDA packages (a test refuses that): UV_TORCH_BACKEND=cpu make lock
PYTHON ?= python3
REPEAT ?= 5
WORDS ?= 1000000
JOBS ?= 2
BIN := .venv/bin
UV := _build/uv/bin/uv
ENGINE := $(wildcard src/replicate/engine/build.py src/replicate/engine/c/*)

.PHONY: book test lab bench lock

book: .venv/installed
	$(BIN)/replicate book

test: .venv/installed
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

lab: .venv/installed
	$(BIN)/jupyter lab chapters

bench: .venv/installed
	$(BIN)/python benchmarks/adding.py --repeat $(REPEAT)
	$(BIN)/python benchmarks/language.py --repeat $(REPEAT)
	$(BIN)/python benchmarks/epoch.py --words $(WORDS)

# The stamps are written last, so that an interrupted install is never taken for a finished one.
.venv/locked: requirements.lock
	@git --version >/dev/null 2>&1 || { echo "Error: git is missing" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	  || { echo "Error: $(PYTHON) is not Python 3.11, 3.12 or 3.13;" \
	  "name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Error: $(PYTHON) cannot make" \
	  "virtual environments; Debian has that in the package python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install -qq --disable-pip-version-check -r requirements.lock
	@touch $@

.venv/installed: .venv/locked pyproject.toml hatch_build.py $(ENGINE)
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps \
	  --no-build-isolation --editable .
	@touch $@

lock: $(UV)
	$(UV) pip compile pyproject.toml --all-extras --python-version 3.11 -P torch --quiet \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links -o requirements.lock
	sed 's/+cpu//' requirements.lock >_build/requirements.lock
	mv _build/requirements.lock requirements.lock

$(UV):
	$(PYTHON) -m venv --clear _build/uv
	_build/uv/bin/python -m pip install -qq --disable-pip-version-check uv
