# Every target works alone on a fresh machine with Python 3.11+, make and the package registry.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
PY := $(VENV)/bin/python
# The locks are complete, therefore --no-deps: requirements/overrides.txt says why a resolver would refuse.
INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes
PACKAGES := accounts audit cases cli config documents files flows notifications operations programme states store web wiring

.PHONY: help install dev run sample demo check docs words shots test test-slow judges peers scanners scan coverage bench bench-peers browser office templates mutants lock clean

help:  ## Show what there is to make
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

$(VENV)/.made:
	@bash scripts/venv.sh $(VENV)
	@touch $@

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml $(VENV)/.made
	$(INSTALL) -r requirements/runtime.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --no-index -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	$(INSTALL) -r requirements/dev.txt
	@touch $@

SETS := $(VENV)-docs $(VENV)-judges $(VENV)-mutants $(VENV)-peers $(VENV)-scan $(VENV)-scanners
$(SETS:=/.made): $(VENV)-%/.made: requirements/%.txt $(VENV)/.made
	@bash scripts/venv.sh $(VENV)-$*
	$(VENV)-$*/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/$*.txt
	@touch $@

install: $(VENV)/.runtime  ## Make .venv with the locked dependencies and the duban command

dev: $(VENV)/.dev  ## The same, with what checks and tests need

run: install  ## Start everything: web, Prefect, flows (Ctrl-C stops it)
	$(VENV)/bin/duban migrate
	exec $(VENV)/bin/duban up

sample: export DUBAN_HOME ?= var-sample
sample: install  ## The same on a home that is filled with a sample office; prints each role's login
	$(VENV)/bin/duban sample --once
	exec $(VENV)/bin/duban up

judges: $(VENV)-judges/.made  ## Programs of others that judge our proofs and exports, in an environment of their own

peers: $(VENV)-peers/.made  ## Engines of others that `make bench-peers` runs beside ours

scanners: $(VENV)-scanners/.made  ## A scanner of web applications

words: dev  ## Read the words of the pages from their templates; say what the English catalogue lacks
	$(PY) scripts/words.py

shots: dev browser  ## Pictures of every page, wide and narrow, light and dark, into artifacts/shots
	$(PY) -m scripts.shots

scan: $(VENV)-scan/.made  ## Known weaknesses of the locked packages, and the release's bill of materials
	$(VENV)-scan/bin/python scripts/scan.py

demo: dev  ## The year 2026 in under a minute: ledger in, time passes, mails out, one case replayed
	$(PY) scripts/demo.py

check: dev docs  ## Format, lint, types, import contracts, the documentation built strictly
	$(VENV)/bin/ruff format --check --quiet .
	$(VENV)/bin/ruff check --quiet .
	$(VENV)/bin/mypy $(PACKAGES) tests scripts benchmarks
	$(VENV)/bin/lint-imports --no-cache > $(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }

docs: $(VENV)-docs/.made  ## The documentation as a site, in artifacts/docs/; a broken link stops it
	@$(VENV)-docs/bin/zensical build --strict --clean > $(VENV)-docs/build.log 2>&1 || { cat $(VENV)-docs/build.log; exit 1; }

# Python keeps what it has compiled: the tests start hundreds of processes, and each would compile the product anew.
test test-slow coverage: export PYTHONDONTWRITEBYTECODE =

# Checks and tests run side by side, because types are checked on one processor; what the checks said comes at the end.
test: dev $(VENV)-docs/.made judges browser office  ## Every check and test, on SQLite and on a real PostgreSQL, and that no branch of the rules or the desk is left out
	@make --no-print-directory check > $(VENV)/check.log 2>&1 & checks=$$!; \
	$(PY) -m pytest -n 3 --dist loadgroup -m "not slow" --durations=25 --branches left; tests=$$?; \
	$(PY) -m pytest -n 3 --dist loadgroup -m "not slow" --branches watched; rules=$$?; \
	wait $$checks; checks=$$?; cat $(VENV)/check.log; exit $$((checks | tests | rules))

test-slow: dev judges scanners browser office $(VENV)-mutants/.made  ## The long proofs in full
	bash scripts/mutants/run.sh --share 10 states plan memory
	DUBAN_PROOF=full $(PY) -m pytest -n 2 --dist loadgroup -o timeout=0

mutants: dev $(VENV)-mutants/.made  ## Small changes in the rules, which the tests must notice; minutes
	bash scripts/mutants/run.sh

coverage: dev  ## Which lines and branches of the rules and the desk their own tests do not reach
	$(PY) -m pytest -n 3 --dist loadgroup -m "not slow" --branches watched

bench: dev  ## The benchmarks, as ratios in one run; writes benchmarks/results.json
	$(PY) benchmarks/run.py

bench-peers: dev peers  ## The same life of a case on DBOS, SpiffWorkflow, Prefect and Duban; under four minutes
	$(PY) benchmarks/peers/run.py

# Chinese letters are only seen in pictures where there is a font that has them. Without root or Debian's packages the
# tests of pages in a browser are skipped, and say so.
browser:  ## Bring a real browser for the tests of pages (Debian and Ubuntu, as root)
	@command -v chromium >/dev/null && fc-list 2>/dev/null | grep -q "Noto Sans CJK" \
	|| { [ "$$(id -u)" = 0 ] && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
	     --no-install-recommends chromium fontconfig fonts-noto-cjk default-jre-headless >/dev/null; } \
	|| echo "No Chromium: the tests of pages in a browser will be skipped."

# Documents become PDF where LibreOffice is. Without root or Debian's packages those tests are skipped, and say so.
office:  ## Bring LibreOffice for the tests of documents as PDF (Debian and Ubuntu, as root)
	@{ command -v soffice && command -v pdftotext; } >/dev/null \
	|| { [ "$$(id -u)" = 0 ] && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
	     --no-install-recommends libreoffice-writer-nogui poppler-utils fontconfig fonts-noto-cjk >/dev/null; } \
	|| echo "No LibreOffice: the tests of documents as PDF will be skipped."

templates: dev  ## Build the shipped templates of official documents anew
	$(PY) -m scripts.document_templates

# Keeps what is locked already. `make lock UPGRADE=1` takes newer versions, but none younger than a week: a poisoned
# release is usually found within days.
LOCK := $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header --override requirements/overrides.txt $(if $(UPGRADE),--upgrade --exclude-newer "1 week")

lock: dev  ## Compile the locked requirements anew
	$(LOCK) requirements/runtime.in -o requirements/runtime.txt
	$(LOCK) -c requirements/runtime.txt requirements/dev.in -o requirements/dev.txt
	for set in docs judges mutants peers scan scanners; do $(LOCK) requirements/$$set.in -o requirements/$$set.txt || exit 1; done

clean:  ## Remove what can be made again (not var/)
	rm -rf $(VENV) $(SETS) .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
