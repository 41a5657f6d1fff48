# Everything a person types. Only Python 3.11+ and make are assumed.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PORT   ?= 8000
HOST   ?= 127.0.0.1
ARGS   ?=
export PYTHONUNBUFFERED = 1

.DEFAULT_GOAL := help
.PHONY: help run test ad lint types bench samples contact-sheet lock secrets clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/base.stamp ## start the whole site: database, Redis, web, worker (PORT=8000 HOST=127.0.0.1)
	@$(BIN)/python -m nanococoa.supervisor --host "$(HOST)" --port "$(PORT)" $(ARGS)

test: $(VENV)/dev.stamp ## run the whole test suite (ARGS="-k word" narrows it)
	@$(BIN)/python -m pytest $(ARGS)

# The copy and the paths are the merchant's words: they travel in the environment, not through sh.
ad: export AD_PHOTO = $(value PHOTO)
ad: export AD_COPY = $(value COPY)
ad: export AD_BACKGROUND = $(value BACKGROUND)
ad: export AD_TEXT = $(value TEXT)
ad: export AD_FORMAT = $(value FORMAT)
ad: export AD_FONT = $(value FONT)
ad: export AD_SUBTEXT = $(value SUBTEXT)
ad: export AD_PALETTE = $(value PALETTE)
ad: export AD_OUT = $(value OUT)
ad: $(VENV)/base.stamp ## one ad: PHOTO=… COPY="…" [BACKGROUND=market TEXT=gold_balloon FORMAT=1:1 FONT=jua PALETTE=warm SUBTEXT="…" OUT=…]
	@$(BIN)/python manage.py generate_ad $(ARGS)

lint: $(VENV)/dev.stamp ## ruff check and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/dev.stamp ## mypy, strict
	@$(BIN)/mypy .

bench: $(VENV)/dev.stamp ## print how fast it is (tables; nothing is asserted)
	@$(BIN)/python -m bench $(ARGS)

samples: $(VENV)/base.stamp ## render the style pictures of the form with the real engine
	@$(BIN)/python manage.py samples $(ARGS)

contact-sheet: $(VENV)/base.stamp ## render every set, format and material small into docs/contact-sheet*.webp
	@$(BIN)/python manage.py contact_sheet $(ARGS)

lock: $(VENV)/dev.stamp ## pin every package again (needs uv)
	uv pip compile -q --universal --no-header pyproject.toml -o requirements/base.txt
	uv pip compile -q --universal --no-header --extra dev pyproject.toml -o requirements/dev.txt

# Readable for the containers' users; the folder is closed to everybody else on this machine.
secrets: ## make the secret files of a deployment in secrets/ (those that are there are kept)
	@mkdir -p secrets && chmod 700 secrets
	@for name in secret_key postgres_password redis_password; do \
		[ -s secrets/$$name ] || $(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(50))' > secrets/$$name; \
	done
	@touch secrets/openai_api_key secrets/email_url && chmod 644 secrets/*

clean: ## remove the virtual environment and caches; data/ is kept
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 이상이 필요해요: make PYTHON=python3.11 …")'
	@echo "가상 환경을 만드는 중이에요 ($(VENV))…"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/base.stamp: requirements/base.txt | $(VENV)/bin/python
	@echo "패키지를 설치하는 중이에요 (처음 한 번)…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/base.stamp
	@echo "개발용 패키지를 설치하는 중이에요 (처음 한 번)…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@
