# Every target sets up what it needs by itself and is quick when nothing changed.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
# A distribution's own Python was built with its profile in hand, as those of published images are; one that somebody built for himself often was
# not, and takes an eighth more instructions for the same work.
OPERATOR_PYTHON ?= $(shell /usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo /usr/bin/python3 || echo $(PYTHON))
# The tests of one file run in one process, and each process has clusters of its own; the third has what mostly waits (tests/support/scheduling.py).
WORKERS ?= 3
VENV := .venv
OPERATOR_VENV := .venv-operator
BIN := $(VENV)/bin
export CITYCLOUD_OPERATOR_PYTHON := $(CURDIR)/$(OPERATOR_VENV)/bin/python

help:  ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

$(VENV)/.ready: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "python3 cannot make virtual environments: install the package python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

# What the operator's image holds, and nothing else: the demo and the benchmark run the operator with it.
$(OPERATOR_VENV)/.ready: requirements/operator.txt $(VENV)/.ready
	@$(OPERATOR_PYTHON) -m venv --clear --without-pip $(OPERATOR_VENV)
	$(BIN)/python -m pip --python $(OPERATOR_VENV)/bin/python install --quiet --require-hashes -r requirements/operator.txt
	@echo '$(CURDIR)/operator' > "$$($(OPERATOR_VENV)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/citycloud.pth"
	@touch $@

.PHONY: help setup assets packets routers pulumi-tools openstack-lab prometheus browser dashboards screenshots monitoring-report infra-plan bench-infra demo demo-down test test-unit test-infra test-infra-scale test-browser lint generate check-generated bench bench-admission bench-neighbours lab-scale clean

setup: $(VENV)/.ready $(OPERATOR_VENV)/.ready

assets: setup  ## build the control plane, kwok and Helm (once per machine)
	@$(BIN)/python -m citycloud_dev.assets

demo: assets prometheus  ## from nothing to the city of Hanoi; ONESHOT=1 ends after the table
	@$(BIN)/python -m citycloud_dev.demo $(if $(ONESHOT),--oneshot)

demo-down: setup  ## stop the demo and remove its data
	@$(BIN)/citycloud-dev down --name demo --remove

packets: assets  ## get what tests with real packets need (as root on Debian); says what is missing
	@$(BIN)/python -m citycloud_dev.packet_needs

routers: setup  ## get what tests with routing daemons need (as root on Debian); says what is missing
	@$(BIN)/python -m citycloud_dev.router_needs

pulumi-tools: setup  ## build the Pulumi command, its language host and the OpenStack plugin (once per machine); say how a shell uses them
	@$(BIN)/python -m citycloud_lab.engine.tools

openstack-lab: setup  ## install OpenStack's services into the cache and make the laboratory's databases (once per machine)
	@$(BIN)/python -m citycloud_lab.openstack.templates

prometheus: setup  ## get Debian's Prometheus and its tools into the cache; says why where that cannot be
	@$(BIN)/python -m citycloud_dev.prometheus

browser: setup  ## get Chromium with letters for Vietnamese (as root on Debian) and build the dashboards' page; says what is missing
	@$(BIN)/python -m citycloud_dev.browser
	@$(BIN)/python -m citycloud_dev.perses

dashboards: setup  ## show the dashboards over the demo's Prometheus, or over PROMETHEUS=http://...
	@$(BIN)/python -m citycloud_dev.dashboards

screenshots: browser  ## keep a picture of each dashboard over the demo's Prometheus, or over PROMETHEUS=http://...
	@$(BIN)/python -m citycloud_dev.drawing docs/images/dashboards

monitoring-report: setup  ## list each alert and panel with what proves it; fails where something is missing
	@$(BIN)/python -m citycloud_monitoring.report

infra-plan: setup  ## show Hanoi's wide area network and compute: no cloud, no Pulumi command, no root
	@$(BIN)/python -m citycloud_infra plan $(or $(INVENTORY),examples/hanoi-2026/inventory.yaml) $(ARGS)

test: assets packets routers pulumi-tools openstack-lab prometheus browser  ## every test
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

test-unit: setup  ## the tests that need no server
	$(BIN)/python -m pytest tests/unit $(ARGS)

test-infra: assets packets routers pulumi-tools openstack-lab prometheus browser  ## the infrastructure on real parts: engine, cloud, network, a tenant's cluster; as root
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile tests/infra tests/lab $(ARGS)

test-infra-scale: pulumi-tools openstack-lab  ## 126 sites through the engine into the cloud and out again, with the seconds that it takes
	@$(BIN)/python -m bench.openstack $(ARGS)

test-browser: assets prometheus browser  ## the tests that look at the dashboards in Chromium
	$(BIN)/python -m pytest tests/monitoring/eventful/test_views.py $(ARGS)

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
	@$(BIN)/python -m citycloud.policies.outputs policies/admission charts/citycloud/files/policies.yaml docs/policies.md \
		operator/citycloud/evidence/shipped.yaml policies/control-plane/static/citycloud.yaml
	@$(BIN)/python -m citycloud.doctor.outputs charts/citycloud operator/citycloud/doctor/shipped.yaml
	@$(BIN)/python -m citycloud.telemetry.reference docs/metrics.md
	@$(BIN)/python -m citycloud.facts.schema infra/citycloud_infra/facts.schema.json
	@$(BIN)/python -m citycloud_monitoring.outputs charts/citycloud/files/rules.yaml docs/runbooks charts/citycloud/files/dashboards operator/citycloud/dashboards
	@$(BIN)/python examples/generate.py
	@$(BIN)/python -m citycloud_infra.outputs .

check-generated: setup
	@$(BIN)/python tools/generated.py

bench: assets  ## speed against a bare apply loop, on the real API server
	@$(BIN)/python -m bench $(ARGS)

bench-admission: assets  ## what the policies cost the creation of a pod, two clusters side by side
	@$(BIN)/python -m bench.admission $(ARGS)

bench-neighbours: assets  ## what one tenant's flood costs another: p95 of plain calls without and with it
	@$(BIN)/python -m bench.neighbours $(ARGS)

bench-infra: setup  ## seconds that the infrastructure's commands and its graph of the whole city take
	@$(BIN)/python -m bench.infra $(ARGS)

lab-scale: routers  ## the network laboratory with 4 and with 126 sites, as root: seconds to come up, loss of a hub, memory, voice
	@$(BIN)/python -m bench.wan --sites 4 --voice $(ARGS)
	@$(BIN)/python -m bench.wan --sites 126 --segment office $(ARGS)

clean:  ## remove what this checkout made; builds of the control plane stay in the cache
	rm -rf $(VENV) $(OPERATOR_VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
