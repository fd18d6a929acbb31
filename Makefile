# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export HF_HUB_OFFLINE ?= 1
export TRANSFORMERS_VERBOSITY ?= error
# The tests start a hundred processes, and each would compile our modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo demo-downstream test lint check bench format clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("tokbench needs Python 3.11 or newer; run make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/pip install --quiet torch==2.13.0
	$(BIN)/pip install --quiet --group dev
	touch $@

demo: $(VENV)/.installed
	$(BIN)/tokbench run recipes/demo.yaml recipes/bert.yaml recipes/t5.yaml

# This torch by its version: the one that the tests run with, whatever the extra would let in.
$(VENV)/.installed-downstream: $(VENV)/.installed
	$(BIN)/pip install --quiet torch==2.13.0
	$(BIN)/pip install --quiet --editable '.[downstream]'
	touch $@

demo-downstream: $(VENV)/.installed-downstream
	$(BIN)/tokbench run recipes/demo.yaml recipes/bert.yaml recipes/characters.yaml --no-downstream
	$(BIN)/tokbench finetune recipes/demo.yaml recipes/bert.yaml recipes/characters.yaml \
	  --task python_area --task python_signature --task python_tokens \
	  --model tiny --seeds 2 --learning-rate 1e-3 --epochs 1
	$(BIN)/tokbench predict recipes/bert.yaml --task python_area \
	  "Return the cosine of x, measured in radians."

test: $(VENV)/.installed-dev
	$(BIN)/pytest -n auto --dist loadgroup

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

# At once: mypy keeps one core busy and leaves the others idle.
check: $(VENV)/.installed-dev
	$(MAKE) --jobs 2 --no-print-directory lint test

$(VENV)/.installed-bench: $(VENV)/.installed
	$(BIN)/pip install --quiet torch==2.13.0
	$(BIN)/pip install --quiet --editable '.[bench,hub,downstream]'
	touch $@

bench: $(VENV)/.installed-bench
	$(BIN)/python benchmarks/training.py source --megabytes 20
	$(BIN)/python benchmarks/recipes.py source --megabytes 20
	$(BIN)/python benchmarks/corpus.py source --megabytes 20
	$(BIN)/python benchmarks/padding.py
	$(BIN)/python benchmarks/datasets_of_ids.py source --megabytes 20 --rounds 1

format: $(VENV)/.installed-dev
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

clean:
	rm -rf $(VENV) build dist
