# A thin front for CMake. On a bare Debian 12 (root or sudo) targets first install what they lack.
#   make          the command, at build/likely, and the library
#   make test     all tests
#   make python-test  builds the Python package, and tests it in an empty environment (needs PyPI)
#   make notebooks  executes examples/notebooks, to build/notebooks (needs PyPI)
#   make asan     all tests under the address and undefined-behaviour sanitizers
#   make fuzz     every fuzz target for FUZZ_SECONDS (20)
#   make demo     train, sample, compress and detect on real digits, in about two minutes
#   make bench    the benchmarks
#   make bench-peers  against PyTorch and JAX of today, fetched from PyPI (4 GB): bench/README.md
#   make install  to PREFIX (/usr/local), below DESTDIR
#   make format   clang-format in place
#   make clean    removes the build folders
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 20
PEERS_VENV ?= build/peers/venv
JOBS ?= $(shell nproc)
MAKEFLAGS += --no-print-directory

all: build
setup:
	@tools/setup.sh
setup-ci:
	@tools/setup.sh --ci

# Configured when there is nothing yet, or by an older version; the build itself sees changed and
# new files. Only what is installed: tests and examples are most of the work.
build: setup
	@grep -qs '^installed:' build/Makefile || cmake --preset release
	@cmake --build build --parallel $(JOBS) --target installed

test: build
	@cmake --build build --parallel $(JOBS)
	@cd build && ctest --output-on-failure --parallel $(JOBS)

python-test: setup
	@CMAKE_BUILD_PARALLEL_LEVEL=$(JOBS) tools/python_test.sh

notebooks: setup
	@CMAKE_BUILD_PARALLEL_LEVEL=$(JOBS) tools/notebooks.sh

demo: build
	@demo/run.sh

bench: build
	@cmake --build build --parallel $(JOBS) --target bench

bench-peers: build
	@bench/peers/run.sh build $(PEERS_VENV)

asan: setup
	@cmake --preset asan
	@cmake --build --preset asan --parallel $(JOBS)
	@ctest --preset asan --parallel $(JOBS)

fuzz: setup-ci
	@cmake --preset fuzz
	@cmake --build --preset fuzz --parallel $(JOBS)
	@tools/fuzz.sh build-fuzz $(FUZZ_SECONDS)

install: build
	@cmake --install build --prefix $(PREFIX)

format: setup-ci
	@git ls-files '*.c' '*.h' | xargs clang-format -i

clean:
	rm -rf build build-*

.PHONY: all setup setup-ci build test python-test notebooks demo bench bench-peers asan fuzz \
    install format clean
