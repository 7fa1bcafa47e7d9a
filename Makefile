# Zuhyo: `make run` and `make test` do all the set-up; `make help` lists the commands.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# what is installed: for running; with an extra of pyproject.toml as well
READY := $(VENV)/.ready
DEV := $(VENV)/.with_dev
PRO := $(VENV)/.with_pro
BENCH := $(VENV)/.with_bench
# uv sets the environment up in a quarter of pip's time; pinned so that a set-up is repeatable
UV := uv==0.13.9
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python
# matplotlib-fontja asks for matplotlib, but only the file of its font is used
EXCLUDED := matplotlib
LOCKED = echo $(EXCLUDED) | $(INSTALL) --require-hashes --constraint requirements.lock --excludes - --requirements pyproject.toml

ifdef SESSION
export ZUHYO_SESSION := $(SESSION)
endif
ifdef PROFILE
export ZUHYO_PROFILE := $(PROFILE)
endif
ifdef DROP
export ZUHYO_DROP := $(DROP)
endif
ifdef STYLE
export ZUHYO_STYLE := $(STYLE)
endif
ifdef KNOWN_AT
export ZUHYO_KNOWN_AT := $(KNOWN_AT)
endif
export RENDER BY BECAUSE STUDY REVISION
export DAGSTER_DISABLE_TELEMETRY := true
# byte code is written for what is imported, when it is: a third of what is installed
export PYTHONDONTWRITEBYTECODE :=

# tests on several cores: short ones one by one, runs of the pipeline file by file, because a file's tests share a run
CORES := -n auto --maxprocesses=4
SHORT := $(CORES) --dist worksteal
LONG := $(CORES) --dist loadfile

# what is measured by itself; measure.py and one_figure.py serve the others, screens.py wants a warehouse
MEASURED := $(filter-out bench/measure.py bench/one_figure.py bench/screens.py,$(wildcard bench/*.py))

.DEFAULT_GOAL := run
.PHONY: run note backfill render dev status approve verify rebuild funds replay test quick crash fuzz lint format lock docs \
  example pro bench clean help

run: $(READY)  ## the newest closed session, or SESSION=…; PROFILE=…, DROP=folder; KNOWN_AT=time: as known then
	@$(BIN)/python -m pipelines run

note: $(READY)  ## the same for the reference case, session 2026-03-11
	@$(BIN)/python -m pipelines run --session 2026-03-11

backfill: $(READY)  ## a range of sessions in one run: FROM=… TO=…, with pictures when RENDER=1
	@$(BIN)/python -m pipelines run --session "$(FROM)" --to "$(TO)"

render: $(READY)  ## pictures, note and page for a release of data only, as its next revision: SESSION=… [STUDY=…]
	@$(BIN)/python -m pipelines render --study="$$STUDY"

dev: $(READY)  ## the Dagster UI on http://127.0.0.1:3000, with schedule and sensor
	@DAGSTER_HOME="$$($(BIN)/python -m pipelines home)" $(BIN)/dagster dev -w workspace.yaml -h 127.0.0.1 -p $(or $(PORT),3000)

status: $(READY)  ## what is published, how fresh, what fails; fails where something is missing, stale or orphaned
	@$(BIN)/python -m pipelines status

approve: $(READY)  ## a person stands up for a release: SESSION=… BY=… [STUDY=…] [REVISION=…] [BECAUSE=…]
	@$(BIN)/python -m pipelines approve --by="$$BY" --study="$$STUDY" --revision="$$REVISION" --because="$$BECAUSE"

verify: $(READY)  ## rehashes every release against its descriptor
	@$(BIN)/python -m pipelines verify

rebuild: $(READY)  ## throws the warehouse away and makes it again from landing and releases
	@$(BIN)/python -m pipelines rebuild

funds: $(READY)  ## proposes funds for the reviewed list of figure 5
	@$(BIN)/python -m pipelines funds

replay: $(DEV)  ## vendors replayed on loopback from real files: DATA=folder [SESSION=…] [PORT=…] [FAULT="name=vendor …"]
	@$(BIN)/python -m tests.support.replay $(if $(DATA),--data "$(DATA)") $(if $(SESSION),--session "$(SESSION)") --port "$(or $(PORT),8765)" $(foreach fault,$(FAULT),--fault "$(fault)")

test: $(DEV)  ## every test, tier by tier; older DuckDB clients come from the package index
	$(BIN)/pytest $(SHORT) tests/unit tests/component
	$(BIN)/pytest $(LONG) tests/pipeline tests/replay tests/readers
	$(BIN)/pytest tests/browser tests/crash

crash: $(DEV)  ## commands broken at every operation on their files, or at each EVERY-th: takes hours, EVERY=40 half an hour
	EVERY=$(or $(EVERY),1) $(BIN)/pytest -s tests/crash

fuzz: $(DEV) $(VENV)/.with_fuzz  ## parsers under atheris: RUNS=inputs a specimen [FORMAT=…]
	$(BIN)/python -m tests.support.fuzz --runs $(or $(RUNS),20000) $(if $(FORMAT),--format $(FORMAT))

quick: $(DEV)  ## the tests of parts, and one whole run
	$(BIN)/pytest $(SHORT) tests/unit tests/component
	$(BIN)/pytest tests/pipeline/test_home_guard.py

lint: $(DEV)  ## ruff, mypy, who imports whom, the code location and the lock
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/dg check defs
	@! grep -nE '^(--|.*https?://)' requirements.lock || { echo "requirements.lock names a package host"; exit 1; }

format: $(DEV)  ## what ruff can mend by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(VENV)/.$(UV)  ## newest compatible versions into requirements.lock, with hashes, naming no package host
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --upgrade --all-extras pyproject.toml --output-file requirements.lock

docs: $(READY)  ## the data dictionary from the contracts
	$(BIN)/python -m warehouse.dictionary

example: $(READY)  ## the committed sample release from what `make note` makes
	$(BIN)/python -m pipelines example docs/example

pro: $(PRO)  ## adds what profile pro and workbooks need: FactSet's own client, openpyxl

bench: $(BENCH)  ## what each part costs, beside other libraries, as Markdown tables: SIZE=small (the default), medium or full
	@for part in $(MEASURED); do $(BIN)/python $$part || exit 1; done

clean:  ## removes the environment and caches; never the home folder
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info

help:  ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 12

$(VENV)/.$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Zuhyo needs Python 3.11 or later; name it: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$(UV)"
	@touch $@

$(READY): requirements.lock pyproject.toml $(VENV)/.$(UV)
	$(LOCKED)
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(BENCH): EXCLUDED :=
$(VENV)/.with_%: $(READY)
	$(LOCKED) --extra $*
	@touch $@
