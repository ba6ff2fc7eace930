# Everything runs in .venv, which is made or renewed when the project's needs change.
.PHONY: help install demo test test-all test-shapes check bench clean

VENV := .venv
INSTALLED := $(VENV)/.installed
PEERS := .venv-peers
CHECKER := unfreeze,beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))

help:
	@echo "make demo         the eight steps on real images; only installing needs a network"
	@echo "make test         the fast tests, with coverage"
	@echo "make test-all     every test that this machine can run"
	@echo "make test-shapes  the fast tests with every annotated array shape checked"
	@echo "make check        format, lint, types, floors"
	@echo "make bench        speed beside others: make bench DATA=photos WEIGHTS=resnet18.safetensors"
	@echo "make install      only prepare $(VENV)"
	@echo "make clean        remove what make has made; runs of your own stay"

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

# DATA and WEIGHTS come from the command line or the environment; BENCH takes options.
bench: $(PEERS)/.installed
	$(VENV)/bin/python -m benchmarks.run $(BENCH)

$(PEERS)/.installed: benchmarks/install_peers benchmarks/peers.txt $(INSTALLED)
	benchmarks/install_peers $(PEERS)
	touch $@

clean:
	rm -rf $(VENV) $(PEERS) runs/demo runs/bench .coverage htmlcov .pytest_cache .mypy_cache .ruff_cache
