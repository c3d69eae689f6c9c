# Every target sets up what it needs by itself and is quick when nothing changed.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
OPERATOR_VENV := .venv-operator
BIN := $(VENV)/bin
export CITYCLOUD_OPERATOR_PYTHON := $(CURDIR)/$(OPERATOR_VENV)/bin/python

help:  ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/.ready: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "python3 cannot make virtual environments: install the package python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

# What the operator's image holds, and nothing else: the demo and the benchmark run the operator with it.
$(OPERATOR_VENV)/.ready: requirements/operator.txt
	@$(PYTHON) -m venv $(OPERATOR_VENV)
	$(OPERATOR_VENV)/bin/python -m pip install --quiet --require-hashes -r requirements/operator.txt
	@echo '$(CURDIR)/operator' > "$$($(OPERATOR_VENV)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/citycloud.pth"
	@touch $@

.PHONY: help setup assets demo demo-down test test-unit lint generate check-generated bench clean

setup: $(VENV)/.ready $(OPERATOR_VENV)/.ready

assets: setup  ## build the control plane, kwok and Helm (once per machine)
	@$(BIN)/python -m citycloud_dev.assets

demo: assets  ## from nothing to the city of Hanoi; ONESHOT=1 ends after the table
	@$(BIN)/python -m citycloud_dev.demo $(if $(ONESHOT),--oneshot)

demo-down: setup  ## stop the demo and remove its data
	@$(BIN)/citycloud-dev down --name demo --remove

test: assets  ## every test
	$(BIN)/python -m pytest $(ARGS)

test-unit: setup  ## the tests that need no server
	$(BIN)/python -m pytest tests/unit $(ARGS)

lint: setup check-generated  ## style, types, layers, spelling, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/python tools/house.py

generate: setup  ## write the generated files anew
	@$(BIN)/python -m citycloud.api.crds charts/citycloud-crds/templates
	@$(BIN)/python -m citycloud.rbac charts/citycloud/templates/operator-roles.yaml
	@rm -rf charts/citycloud/files && mkdir -p charts/citycloud/files && cp -r policies/profiles policies/sizes charts/citycloud/files/
	@$(BIN)/python examples/generate.py

check-generated: setup
	@$(BIN)/python tools/generated.py

bench: assets  ## speed against a bare apply loop, on the real API server
	@$(BIN)/python -m bench $(ARGS)

clean:  ## remove what this checkout made; builds of the control plane stay in the cache
	rm -rf $(VENV) $(OPERATOR_VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
