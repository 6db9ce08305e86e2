# `make` builds the program, `make help` lists the rest. Everything goes through CMake presets and scripts/bootstrap,
# which installs what lacks; CMAKE_BUILD_PARALLEL_LEVEL and CTEST_PARALLEL_LEVEL bound the processes.
.DEFAULT_GOAL := build
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

BUILD := build/release
SOURCES = git ls-files -co --exclude-standard -- 'include/*.h' 'src/*.h' 'src/*.cc' 'tests/*.h' 'tests/*.cc' 'bench/*.h' 'bench/*.cc'

.PHONY: help build test demo bench soak fuzz lint format asan install clean bootstrap

help:
	@echo 'make            bootstrap, configure and build build/release/pond'
	@echo 'make test       bootstrap, build, run every test'
	@echo 'make demo       build, then show a station from nothing to its page'
	@echo 'make bench      build, measure, and write bench/RESULTS.md'
	@echo 'make soak       build, then hours of crash tests (POND_CRASH_STATES=200000 POND_KILLS=5000)'
	@echo 'make fuzz       each fuzz target under libFuzzer and the sanitizers (SECONDS_EACH=60, FUZZ="url csv" for some)'
	@echo 'make asan       every test under the address and undefined-behaviour sanitizers'
	@echo 'make lint       clang-format and clang-tidy (TIDY="file..." for some files only)'
	@echo 'make format     apply clang-format'
	@echo 'make install    install below PREFIX (default /usr/local)'
	@echo 'make clean      remove build/ (.deps/ stays)'

bootstrap:
	@command -v python3 >/dev/null || { echo 'make: Python 3 is needed (apt-get install python3)' >&2; exit 1; }
	@scripts/bootstrap

build: bootstrap
	@cmake --preset release >build/.configure.log 2>&1 || { cat build/.configure.log >&2; exit 1; }
	@cmake --build --preset release

# Configuring writes its log into build/.
bootstrap: | build-folder
.PHONY: build-folder
build-folder:
	@mkdir -p build

test:
	@echo 'make test: installs what lacks, builds build/release, runs every C++ and Python test (ctest)'
	@$(MAKE) --no-print-directory build
	@ctest --preset release -j $${CTEST_PARALLEL_LEVEL:-$$(nproc)}

demo: build
	@POND_BIN=$(CURDIR)/$(BUILD)/pond HYDROVU_SERVER=$(CURDIR)/$(BUILD)/tests/hydrovu-server .deps/venv/bin/python scripts/demo

bench: build
	@cmake --preset bench >build/.configure.log 2>&1 || { cat build/.configure.log >&2; exit 1; }
	@cmake --build --preset bench --target bench_grow bench_duck
	@POND_BIN=$(CURDIR)/$(BUILD)/pond .deps/venv/bin/python bench/run.py --write

soak: build
	@POND_CRASH_STATES=$${POND_CRASH_STATES:-200000} $(BUILD)/tests/crash_test
	@POND_BIN=$(CURDIR)/$(BUILD)/pond POND_KILLS=$${POND_KILLS:-5000} POND_CONCURRENT_SECONDS=$${POND_CONCURRENT_SECONDS:-600} .deps/venv/bin/python -m pytest -q -s -p no:cacheprovider tests/crash

# What libFuzzer finds interesting gathers in build/fuzz/corpus, what fails in build/fuzz/found.
fuzz: | build-folder
	@scripts/bootstrap --fuzz
	@cmake --preset fuzz >build/.configure.log 2>&1 || { cat build/.configure.log >&2; exit 1; }
	@cmake --build --preset fuzz
	@scripts/fuzz

asan: bootstrap
	@cmake --preset asan >build/.configure.log 2>&1 || { cat build/.configure.log >&2; exit 1; }
	@cmake --build --preset asan
	@ctest --preset asan -j $${CTEST_PARALLEL_LEVEL:-$$(nproc)}

lint: | build-folder
	@scripts/bootstrap --lint
	@cmake --preset release >build/.configure.log 2>&1 || { cat build/.configure.log >&2; exit 1; }
	@$(SOURCES) | xargs -r clang-format --dry-run --Werror
	@{ if [ -n "$${TIDY:-}" ]; then printf '%s\n' $$TIDY; else git ls-files -co --exclude-standard -- 'src/*.cc'; fi; } \
	  | xargs -r -n 1 -P $$(nproc) clang-tidy -quiet -p $(BUILD)

format: | build-folder
	@scripts/bootstrap --lint
	@$(SOURCES) | xargs -r clang-format -i

install: build
	@cmake --install $(BUILD) --strip --prefix $${PREFIX:-/usr/local}

clean:
	rm -rf build
