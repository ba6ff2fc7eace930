# Everything runs in .venv, which is made or renewed when the project's needs change.
.PHONY: help install demo test test-all test-shapes check clean

VENV := .venv
INSTALLED := $(VENV)/.installed
CHECKER := unfreeze,beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))

help:
	@echo "make demo         the eight steps on real images, no network needed"
	@echo "make test         the fast tests, with coverage"
	@echo "make test-all     every test that this machine can run"
	@echo "make test-shapes  the fast tests with every annotated array shape checked"
	@echo "make check        format, lint, types, floors"
	@echo "make install      only prepare $(VENV)"

install: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt scripts/install
	scripts/install $(VENV)
	touch $@

demo: $(INSTALLED)
	$(VENV)/bin/unfreeze demo --out runs/demo

test: $(INSTALLED)
	scripts/test

test-all: $(INSTALLED)
	scripts/test -m ""

test-shapes: $(INSTALLED)
	$(VENV)/bin/python -m pytest --jaxtyping-packages='$(CHECKER)'

check: $(INSTALLED)
	scripts/check

clean:
	rm -rf $(VENV) runs .coverage htmlcov .pytest_cache .mypy_cache .ruff_cache
