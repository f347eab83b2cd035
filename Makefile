# SPDX-License-Identifier: MIT
# The front door. `make help` lists the targets. Meson and Ninja do the work.
.SUFFIXES:

BUILD   = build
PREFIX  = /usr/local
DESTDIR =
SECONDS = 10
FUZZ_SECONDS = 1800
SOAK_SECONDS = 600
MESON_ARGS =
NINJA   = ninja -C $(BUILD)
FUZZ    = $(BUILD)-fuzz

all: configured ## build the command and the library into build/
	@$(NINJA) product

configured:
	@tools/setup build
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD) --prefix=$(PREFIX) $(MESON_ARGS)

demo: all ## Python programs and C programs talk to one onggi, in under a minute
	@$(NINJA) examples
	@ONGGI=$(BUILD)/onggi ONGGI_BUILD=$(BUILD) tools/demo

test: configured ## run every test (the long runs are in `make soak`)
	@tools/setup test
	@tools/configure $(BUILD) tests=enabled
	@$(NINJA) product examples
	@meson test -C $(BUILD) --print-errorlogs --num-processes $$((2 * $$(nproc))) # half of them wait for others

soak: configured ## the long runs: hours (ten minutes of a busy server, twice FUZZ_SECONDS=1800 for each fuzz target)
	@tools/setup test ci
	@tools/configure $(BUILD) tests=enabled
	@$(NINJA) product examples
	@meson test -C $(BUILD) --setup soak --suite soak --verbose
	@for kind in address,undefined thread; do \
		dir=build-soak-$${kind%,*}; \
		test -f $$dir/build.ninja || CC=clang meson setup $$dir -Db_sanitize=$$kind -Db_lundef=false -Doptimization=1 || exit 1; \
		ninja -C $$dir onggi && tools/soak $$dir $(SOAK_SECONDS) || exit 1; \
	done
	@tools/fuzz $(FUZZ) $(FUZZ_SECONDS) --fresh

bench: configured ## measure, beside other libraries and Python
	@tools/setup bench
	@tools/configure $(BUILD) bench=true
	@$(NINJA) bench
	@if test -x bench/run; then ONGGI_BUILD=$(BUILD) bench/run; else echo "no benchmarks yet"; fi

fuzz: ## fuzz each reader for SECONDS=10
	@tools/setup build ci
	@tools/fuzz $(FUZZ) $(SECONDS)

cross: ## build the library and its C tests for aarch64, armhf, i386 and s390x, and run them under qemu
	@tools/setup build cross
	@tools/cross

doc: configured ## the reference of the C interface, in build/html and build/man3
	@$(NINJA) html man3
	@echo "$(BUILD)/html/index.html"

install: configured ## install into PREFIX=/usr/local, below DESTDIR
	@tools/configure $(BUILD) prefix=$(PREFIX)
	@$(NINJA) product
	@DESTDIR="$(abspath $(DESTDIR))" meson install -C $(BUILD) --no-rebuild --quiet
	@if test -z "$(DESTDIR)" && test "`id -u`" -eq 0; then ldconfig; fi

uninstall: configured ## remove what `make install` installed, with the same PREFIX and DESTDIR
	@tools/configure $(BUILD) prefix=$(PREFIX)
	@tools/uninstall $(BUILD) "$(abspath $(DESTDIR))"

package: ## build the Debian packages in build-packages/
	@tools/setup build package
	@tools/package build-packages

check: all ## style, layers, symbols, wording, clang-tidy
	@tools/setup ci
	@tools/check-style
	@tools/check-layers $(BUILD)
	@tools/check-words
	@tools/check-symbols $(BUILD)
	@tools/tidy

format: ## put every C file into the committed style
	@tools/setup ci
	@tools/check-style --fix

clean: ## remove everything built
	rm -rf build build-*

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

.PHONY: all configured demo test soak bench fuzz cross doc install uninstall package check format clean help
