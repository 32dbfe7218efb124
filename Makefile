# Two commands matter: `make demo` shows the bot, `make test` proves it. Each sets itself up.
PYTHON ?= python3
PORT ?= 8123
BIN := .venv/bin

.PHONY: demo test check audit fix messages bench soak clean
.DEFAULT_GOAL := test

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

demo: .venv/installed
	$(BIN)/python -m bot demo --port $(PORT)

test: .venv/installed
	OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 3

check: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

audit: .venv/installed
	$(BIN)/python -m pip install --quiet --editable '.[audit]'
	$(BIN)/pip-audit --local --skip-editable

fix: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

messages: .venv/installed
	$(BIN)/python -m tests.messages

soak: .venv/installed
	$(BIN)/python -m tests.crash.soak

bench: .venv/installed
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv
