# Every target makes .venv ready by itself; a second run finds it ready. Give more arguments as ARGS="...".
#
#   make demo     the whole story on the simulator     make demo ARGS=--json
#   make test     all tests                            make test ARGS="tests/unit -x"
#   make serve    web and worker, in one process
#   make check    ruff, mypy --strict, import contracts
#   make bench    all benchmarks                       make bench ONLY=B1,B2
#
# Needs: Python 3.11 or newer with the venv module, and make. PYTHON=/path/to/python3 chooses another Python.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: demo serve test check bench venv-simulator venv-test venv-dev

ARGS ?=
ONLY ?=
PYTHON ?=
RUN := .venv/bin/python
PYTHON_OLDEST := 3.11

# Quiet by default; REQUESTS and pip settings of the machine stay as they are.
export PIP_DISABLE_PIP_VERSION_CHECK := 1

demo: venv-simulator
	@.venv/bin/pomost demo $(ARGS)

serve: venv-simulator
	@.venv/bin/pomost serve $(ARGS)

# What was compiled is kept whatever the machine says: the tests start many programs.
test: venv-test
	@PYTHONDONTWRITEBYTECODE= $(RUN) -m pytest $(ARGS)

check: venv-dev
	@$(RUN) -m ruff check adapter tests setup.py
	@$(RUN) -m ruff format --check adapter tests setup.py
	@$(RUN) -m mypy --strict
	@.venv/bin/lint-imports

bench: venv-test
	@$(RUN) tests/benchmarks $(if $(ONLY),--only $(ONLY)) $(ARGS)

venv-simulator:
	@$(call prepare,simulator)
venv-test:
	@$(call prepare,simulator$(comma)test)
venv-dev:
	@$(call prepare,simulator$(comma)test$(comma)dev)

comma := ,

# prepare(extras): a .venv of this checkout, at this path, with these extras at the pinned versions.
#
# A venv holds absolute paths, so one that was made elsewhere (the checkout was moved or copied) is made again.
# The stamp of a set of extras holds the sum of the files that say what to install. All talk goes to stderr:
# `make demo ARGS=--json` prints one JSON object and nothing else.
define prepare
say() { echo "$$@" >&2; }; \
fits() { "$$1" -c 'import sys; sys.exit(sys.version_info < tuple(map(int, "$(PYTHON_OLDEST)".split("."))))' 2>/dev/null; }; \
stamp=.venv/.ready-$(subst $(comma),-,$(1)); \
sum=$$(cat setup.cfg setup.py pyproject.toml constraints.txt | cksum); \
if ! fits .venv/bin/python || ! grep -qsF "$(CURDIR)/.venv/bin/" .venv/bin/pip; then \
  found=; \
  for candidate in $(PYTHON) python3.11 python3.12 python3 python3.13 python; do \
    if fits "$$candidate"; then found=$$candidate; break; fi; \
  done; \
  if [ -z "$$found" ]; then \
    say "Pomost needs Python $(PYTHON_OLDEST) or newer and found none."; \
    say "Debian 12, Ubuntu: apt-get install python3 python3-venv. Elsewhere: https://www.python.org/downloads/"; \
    say "If it is installed under another name: make PYTHON=/path/to/python3 ..."; \
    exit 3; \
  fi; \
  if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
    say "$$found has no venv module with pip, so .venv cannot be made."; \
    say "Debian 12, Ubuntu: apt-get install python3-venv"; \
    exit 3; \
  fi; \
  say "Making .venv with $$("$$found" -c 'import sys; print(sys.executable, sys.version.split()[0])')"; \
  rm -rf .venv; \
  "$$found" -m venv .venv; \
fi; \
if [ "$$(cat $$stamp 2>/dev/null)" != "$$sum" ]; then \
  printf 'Installing what [$(1)] needs; about a minute, once ' >&2; \
  { $(RUN) -m pip install -c constraints.txt setuptools wheel \
    && $(RUN) -m pip install -c constraints.txt --no-build-isolation -e '.[$(1)]'; } \
    | while read -r word rest; do case "$$word" in Collecting) printf . >&2 ;; esac; done; \
  say ' done'; \
  printf '%s\n' "$$sum" > $$stamp; \
fi
endef
