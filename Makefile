# circle15: `make map` sets up and draws a city, `make test` sets up and runs the tests.
#
# CITY may hold anything a shell can pass, also "$(shell ...)". It is therefore never expanded here:
# its raw text goes into an exported variable of another name, and the program only compares it with the names
# of the city packs it finds.
CITY ?= suzhou
unexport CITY
override CIRCLE15_CITY := $(value CITY)
export CIRCLE15_CITY
# So may PLAN, the file of a scenario.
PLAN ?= plan.json
unexport PLAN
override CIRCLE15_PLAN := $(value PLAN)
export CIRCLE15_PLAN

PYTHON ?= python3
VENV ?= .venv

ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
RUN := $(BIN)/python
READY := $(VENV)/.circle15-ready
NPM ?= npm
NODE_READY := node_modules/.circle15-ready

# A folder of shared layers beside the checkout is used when it is there; a set CIRCLE15_DATA always wins.
ifneq ($(wildcard ../shared/data),)
CIRCLE15_DATA ?= $(abspath ../shared/data)
export CIRCLE15_DATA
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup map report scenario test lint bench notebooks docs clean

help: ## 列出命令 / show this list
	@echo 'make <target>    (make map CITY=suzhou)'
	@sed -n 's/^\([a-z]*\):.*## /  \1	/p' Makefile

setup: $(READY) ## 安装到 .venv / install into .venv

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "circle15 needs Python 3.11 or newer; try: make setup PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

# Only `make lint` needs these; the page itself and its tests take nothing from npm.
$(NODE_READY): package.json package-lock.json .npmrc
	@command -v node >/dev/null && command -v $(NPM) >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' || { \
		echo '检查页面代码需要 Node.js（18 或更新）和 npm，请先安装，例如：apt install nodejs npm'; \
		echo 'checking the page'"'"'s code needs Node.js (18 or newer) and npm; install them first: apt install nodejs npm'; \
		exit 1; } >&2
	$(NPM) ci --no-audit --no-fund
	@touch $@

map: $(READY) ## 生成离线地图 build/<city>/map.html / the main job (CITY=suzhou)
	@$(RUN) -m circle15 map -- "$$CIRCLE15_CITY"

report: $(READY) ## 生成报告 build/<city>/report.docx、report.pdf / a report to hand over (CITY=suzhou)
	@$(RUN) -m circle15 report -- "$$CIRCLE15_CITY"

scenario: $(READY) ## 计算方案并与现状比较 / what a scenario changes (CITY=suzhou PLAN=plan.json)
	@$(RUN) -m circle15 scenario -- "$$CIRCLE15_CITY" "$$CIRCLE15_PLAN"

test: $(READY) ## 运行全部测试（离线）/ all tests, offline
	$(RUN) -m pytest -n auto --maxprocesses 8 --dist worksteal

lint: $(READY) $(NODE_READY) ## ruff、mypy、导入方向与页面代码 / ruff, mypy, imports that run one way, the page's code
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(BIN)/lint-imports --no-logo
	node_modules/.bin/biome check
	node_modules/.bin/tsc --project tsconfig.json

bench: $(READY) ## 与同类库比较速度 / speed against peers, in one run
	$(RUN) benchmarks/reach.py
	$(RUN) benchmarks/draws.py
	$(RUN) benchmarks/tables.py

notebooks: $(READY) ## 执行示例笔记本 / execute the notebooks
	$(RUN) -m pytest --nbmake notebooks

docs: $(READY) ## 生成文档 build/docs（离线，警告即错误）/ the documentation, offline, warnings are errors
	rm -rf build/docs docs/api/modules
	$(RUN) -m sphinx -W --keep-going -n -q -E -j auto -c docs -d build/doctrees . build/docs

clean: ## 删除生成的文件，保留 .venv 与 data / remove what was built, keep .venv and data
	rm -rf build dist docs/api/modules .pytest_cache .mypy_cache .ruff_cache .hypothesis .cache
	find circle15 tests benchmarks notebooks -type d -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
