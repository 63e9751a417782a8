# make demo      see it work: four tasks, four agents, no key and no network
# make test      have what is missing, build, and pass the tests
# make install   put the suite on PATH: PREFIX=/usr/local, DESTDIR= for packagers
#
# Also: deps, build, check, test-claude, bench, bench-smoke, uninstall, clean.

SWIFT = swift
PREFIX = /usr/local
DESTDIR =

# The Swift runtime goes into the programs, so that they run where Swift is not installed. macOS brings its own.
RELEASE = -c release $$(test "$$(uname)" = Linux && echo --static-swift-stdlib)

.PHONY: all deps build demo test test-claude check bench bench-smoke install uninstall clean

all: build

deps:
	@Tools/install-dependencies

build: deps
	$(SWIFT) build $(RELEASE)

# The debug build: on a fresh machine it is there in half the time.
demo: deps
	$(SWIFT) build
	@PATH="$$($(SWIFT) build --show-bin-path):$$PATH" Examples/demo.sh

test: deps
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --parallel

# Exit status 3 of fetch-claude: the client cannot be had here. That is said, and is no failure.
test-claude: deps
	@status=0; client=$$(Tools/fetch-claude) || status=$$?; \
	case $$status in \
	  0) $(SWIFT) build --build-tests && \
	     GIT_ORCH_REAL_CLAUDE="$$client" $(SWIFT) test --skip-build --filter RealClientTests ;; \
	  3) echo "test-claude: skipped, as the real client cannot be had here" ;; \
	  *) exit $$status ;; \
	esac

check:
	$(SWIFT) format lint --strict --recursive Benchmarks Sources Tests Package.swift
	@Tools/check-scripts
	@Tools/check-docs
	@Tools/check-completions

# Up to ten minutes, best on a machine that does nothing else. Options of the program: make bench BENCH="--only start-up"
bench: build
	.build/release/bench --output Benchmarks/RESULTS.md $(BENCH)

# That everything can still be measured; the figures of a debug build say nothing.
bench-smoke: deps
	$(SWIFT) build
	@"$$($(SWIFT) build --show-bin-path)/bench" --smoke

# Under sudo, swift may not be on PATH: then what was built before is installed.
install:
	@if command -v $(SWIFT) >/dev/null 2>&1; then $(MAKE) build; \
	elif ! test -x .build/release/git-orch; then echo "install: call 'make build' first" >&2; exit 1; fi
	@Tools/install "$(PREFIX)" "$(DESTDIR)"

uninstall:
	@Tools/install --remove "$(PREFIX)" "$(DESTDIR)"

clean:
	rm -rf .build
