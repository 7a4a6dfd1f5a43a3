.DEFAULT_GOAL := help
.PHONY: help run install test thorough coverage check screenshots browser strace translations lock clean

# Debian's own first: one compiled by hand is seldom made for speed, and then a third slower.
PYTHON := $(shell command -v /usr/bin/python3.11 || command -v python3.11 || command -v python3)
BIN := .venv/bin
# Images often switch compiled modules off: every process of a test run would compile them anew.
unexport PYTHONDONTWRITEBYTECODE
# The host's own settings say where packages come from; nothing here names a registry.
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
TESTS := $(BIN)/python -m pytest --numprocesses 3 --dist worksteal
CATALOGUES := $(wildcard app/translations/*/LC_MESSAGES/messages.po)
EXTRACT := $(BIN)/pybabel --quiet extract --mapping-file pyproject.toml --output build/messages.pot \
	--keywords "_l lazy_gettext lazy_ngettext:1,2" --sort-output --add-location file --width 100 \
	--omit-header .
UPDATE := $(BIN)/pybabel --quiet update --input-file build/messages.pot --output-dir app/translations \
	--locale zh --width 100 --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
COMPILE := build/lock/bin/uv pip compile --quiet --system-certs --universal --python-version 3.11 \
	--generate-hashes --no-strip-extras --no-emit-index-url --no-annotate --custom-compile-command "make lock"

help: ## List these targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 14

run: install ## Set everything up and serve the demo city at http://127.0.0.1:8000
	$(BIN)/ringround demo --if-empty
	$(BIN)/ringround serve

install: .venv/.app .venv/.translations build/fonts/.made ## Make the environment in .venv

test: check browser strace ## Run the checks, then the tests
	$(TESTS)

thorough: check browser strace ## Run the tests at length: more kills, longer storms, axe in each size
	THOROUGH=1 $(TESTS)

coverage: check browser strace ## Run the tests and see which lines they leave out
	$(TESTS) --cov --cov-report term

check: install .venv/.dev ## Format, lint, types, import contracts, translations up to date
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet
	$(BIN)/python -m mypy --no-error-summary
	$(BIN)/lint-imports
	@mkdir -p build
	$(EXTRACT)
	@$(UPDATE) --check 2>build/messages.log || \
		{ tail -n 1 build/messages.log; echo "Run make translations."; exit 1; } >&2

screenshots: install .venv/.dev browser ## Take pictures of every page into build/screenshots
	rm -rf build/screenshots
	RINGROUND_SCREENSHOTS=build/screenshots $(BIN)/python -m pytest -q tests/journeys/test_every_page.py
	@echo "The pictures are in build/screenshots: person, page, size, language, scheme."

browser: ## Install Chromium and a Chinese font from Debian where they are missing
	@{ command -v chromium-headless-shell && fc-list :lang=zh | grep -q .; } >/dev/null \
		|| tools/apt-install chromium-headless-shell fontconfig fonts-wqy-zenhei

strace: ## Install strace from Debian where it is missing: it sees whether the disk was asked
	@command -v strace >/dev/null || tools/apt-install strace

translations: .venv/.dev ## Put new and changed messages into the catalogue, to be translated there
	@mkdir -p build
	$(EXTRACT)
	$(UPDATE) --init-missing

lock: build/lock/.made ## Pin requirements*.in, with hashes, into requirements*.txt
	$(COMPILE) --output-file requirements.txt requirements.in
	$(COMPILE) --constraints requirements.txt --output-file requirements-dev.txt requirements-dev.in

clean: ## Remove what make made, but never instance/
	rm -rf .venv build *.egg-info .coverage .mypy_cache .ruff_cache .pytest_cache \
		.import_linter_cache .hypothesis

# Each stamp is newer than what it was made from; a second run finds nothing to do.

.venv/.made:
	@$(PYTHON) -c "import ensurepip" 2>/dev/null || tools/apt-install python3.11-venv
	$(PYTHON) -m venv .venv
	@touch $@

.venv/.requirements: requirements.txt | .venv/.made
	$(PIP) install --require-hashes --requirement requirements.txt
	@touch $@

.venv/.dev: requirements-dev.txt | .venv/.requirements
	$(PIP) install --require-hashes --requirement requirements-dev.txt
	@touch $@

.venv/.app: setup.cfg pyproject.toml | .venv/.requirements
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.translations: $(CATALOGUES) | .venv/.requirements
	$(BIN)/pybabel --quiet compile --directory app/translations
	@touch $@

build/fonts/.made: requirements.txt app/reports/fonts.py | .venv/.app
	$(BIN)/python -m app.reports.fonts
	@touch $@

build/lock/.made:
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip --quiet --disable-pip-version-check install uv
	@touch $@
