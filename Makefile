# make demo      see it work: four tasks, four agents, no key and no network
# make test      install what is missing, build, and run the tests
# make install   install the suite: PREFIX=/usr/local, DESTDIR= for packagers
# make dist      write a tarball and a Debian package to dist/; make try-dist tries them in a clean Debian, as root
#
# Also: deps, build, check, bench, bench-smoke, fuzz, soak, sanitize, snapshots, test-agents, test-claude, test-release,
# test-report, test-slurm, test-ssh, uninstall, clean.
# make test FILTER=NAME runs the tests of that name.
# make fuzz SECONDS=N SEED=TEXT TARGET=NAME NUMBER=N feeds spoiled input to all that reads what others wrote.
# make soak KILLS=N SEED=TEXT kills runs and what they start at random, and counts what was lost or left behind.

SWIFT = swift
PREFIX = /usr/local
FILTER =
SECONDS = 600
SEED = $(shell date +%s)
TARGET =
NUMBER =
KILLS = 60
DESTDIR =

.PHONY: all deps build demo test snapshots test-agents test-claude test-release test-report test-slurm test-ssh check bench bench-smoke fuzz soak sanitize install uninstall dist try-dist clean

all: build

deps:
	@Tools/install-dependencies

build: deps
	$(SWIFT) build $$(Tools/release-flags)
	@Tools/link-commands .build/release

# The debug build: on a fresh machine it takes half the time.
demo: deps
	$(SWIFT) build
	@Tools/link-commands "$$($(SWIFT) build --show-bin-path)"
	@PATH="$$($(SWIFT) build --show-bin-path):$$PATH" Examples/demo.sh

# The flag lets the compiler refuse imports that Package.swift does not name. 20 seconds of the fuzz are a part of the
# tests, always with the same inputs; it runs beside them, as they wait now and then.
test: deps
	$(SWIFT) build --build-tests --explicit-target-dependency-import-check error
	@folder=$$($(SWIFT) build --show-bin-path); status=0; \
	$(if $(FILTER),:,nice -n 10 "$$folder/fuzz" --seconds 20 --seed tests) >.build/fuzz.log 2>&1 & fuzz=$$!; \
	SWIFT='$(SWIFT)' Tools/run-tests --parallel --experimental-maximum-parallelization-width 16 \
	  $(if $(FILTER),--filter '$(FILTER)') || status=$$?; \
	wait $$fuzz || { status=1; cat .build/fuzz.log; }; exit $$status

# The commands once more, each as a process of the program that is installed: the optimizer has had its own faults.
test-release: build
	$(SWIFT) build --build-tests
	GIT_ORCH_TEST_PROGRAMS="$(CURDIR)/.build/release" SWIFT='$(SWIFT)' Tools/run-tests --parallel \
	  --experimental-maximum-parallelization-width 12 --filter '^CommandTests'

# As long as one likes, on one processor. The same SEED gives the same inputs; NUMBER takes one of them.
fuzz: deps
	$(SWIFT) build --product fuzz
	"$$($(SWIFT) build --show-bin-path)/fuzz" --seconds $(SECONDS) --seed '$(SEED)' $(if $(TARGET),--target '$(TARGET)') $(if $(NUMBER),--number '$(NUMBER)')

# Kills, signals, full disks and stopped processes against runs of the debug build. Without KILLS as in .ci/run.
soak: deps
	$(SWIFT) build
	"$$($(SWIFT) build --show-bin-path)/soak" --kills $(KILLS) --seed '$(SEED)'

# The rooms below the commands under both sanitizers. Each builds everything for itself, which takes its time.
SANITIZED = AgentsTests|BasicsTests|DiscoveryTests|ForgesTests|GitTests|HTTPClientTests|JournalTests|LaunchersTests|MCPServersTests
SANITIZED := $(SANITIZED)|PlansTests|ProcessesTests|ReportsTests|SettingsTests|TerminalUITests|YAMLDocumentsTests
sanitize: deps
	Tools/sanitize address '$(if $(FILTER),$(FILTER),$(SANITIZED))'
	Tools/sanitize thread '$(if $(FILTER),$(FILTER),$(SANITIZED))'

# The first run records and therefore fails; the second compares.
snapshots: deps
	$(SWIFT) build --build-tests
	@UPDATE_SNAPSHOTS=1 $(SWIFT) test --skip-build --filter SnapshotTests >/dev/null 2>&1 || true
	$(SWIFT) test --skip-build --filter SnapshotTests
	@git status --short -- 'Tests/*/Snapshots'

# Exit status 3 of fetch-client: the client is not available here. This is reported, and is not a failure.
test-claude: deps
	@status=0; client=$$(Tools/fetch-client claude) || status=$$?; \
	case $$status in \
	  0) $(SWIFT) build --build-tests && \
	     GIT_ORCH_REAL_CLAUDE="$$client" SWIFT='$(SWIFT)' Tools/run-tests --filter RealClientTests ;; \
	  3) echo "test-claude: skipped, because the real client is not available here" ;; \
	  *) exit $$status ;; \
	esac

# Other agents' real clients, cut off from the network; those that cannot be had here are skipped.
test-agents: deps
	@codex=$$(Tools/fetch-client codex) || [ $$? -eq 3 ] || exit 1; \
	acp=$$(Tools/fetch-client acp) || [ $$? -eq 3 ] || exit 1; \
	if [ -n "$$codex" ]; then \
	  home=$$(mktemp -d "$${codex%/bin/codex}/trial.XXXXXX"); \
	  CODEX_HOME=$$home "$$codex" sandbox -- true >/dev/null 2>&1 || { \
	    echo "test-agents: the tests of Codex are skipped, because its sandbox does not work here"; codex=; }; \
	  rm -rf "$$home"; \
	fi; \
	if [ -z "$$codex$$acp" ]; then echo "test-agents: skipped, because no real client is available here"; exit 0; fi; \
	$(SWIFT) build --build-tests || exit 1; status=0; \
	GIT_ORCH_REAL_CODEX="$$codex" GIT_ORCH_ACP_PYTHON="$$acp" SWIFT='$(SWIFT)' \
	  Tools/without-network Tools/run-tests --filter 'RealCodexTests|RealACPTests' || status=$$?; \
	if [ "$$status" -eq 3 ]; then echo "test-agents: skipped, because the network cannot be cut here"; \
	else exit "$$status"; fi

# Exit status 3 of slurm-cluster: Slurm is not available here. This is reported, and is not a failure.
test-slurm: deps
	@status=0; scratch=$$(mktemp -d); folder=$$scratch/cluster; chmod 755 "$$scratch"; \
	Tools/slurm-cluster start "$$folder" >/dev/null || status=$$?; \
	if [ "$$status" -eq 0 ]; then \
	  hosts=$$scratch/hosts; \
	  { Tools/ssh-hosts start "$$hosts" 0 && Tools/ssh-hosts login "$$hosts"; } >/dev/null || hosts=; \
	  [ -z "$$hosts" ] || echo "SLURM_CONF=$$folder/slurm.conf" >"$$hosts/variables"; \
	  { $(SWIFT) build --build-tests && GIT_ORCH_SLURM="$$folder" GIT_ORCH_SLURM_LOGIN="$$hosts" SWIFT='$(SWIFT)' \
	      Tools/run-tests --filter '$(if $(FILTER),$(FILTER),SlurmTests|SlurmBySSHTests)'; } || status=1; \
	elif [ "$$status" -eq 3 ]; then echo "test-slurm: skipped, because Slurm is not available here"; status=0; fi; \
	if [ -d "$$scratch/hosts" ]; then Tools/ssh-hosts stop "$$scratch/hosts"; fi; \
	if [ -d "$$folder" ]; then Tools/slurm-cluster stop "$$folder"; fi; rm -rf "$$scratch"; exit $$status

# Exit status 3 of ssh-hosts: they cannot be had here. This is reported, and is not a failure.
test-ssh: deps
	@status=0; scratch=$$(mktemp -d); folder=$$scratch/hosts; \
	Tools/ssh-hosts start "$$folder" 2 >/dev/null || status=$$?; \
	if [ "$$status" -eq 0 ]; then \
	  Tools/ssh-hosts units "$$folder" || echo "test-ssh: without systemd, which is not available here"; \
	  { $(SWIFT) build --build-tests && GIT_ORCH_SSH_HOSTS="$$folder" SWIFT='$(SWIFT)' \
	      Tools/run-tests --filter '$(if $(FILTER),$(FILTER),SSHTests|SSHUnitTests)'; } || status=1; \
	elif [ "$$status" -eq 3 ]; then echo "test-ssh: skipped, because hosts of ssh are not available here"; status=0; fi; \
	if [ -d "$$folder" ]; then Tools/ssh-hosts stop "$$folder"; fi; rm -rf "$$scratch"; exit $$status

# The page of `git orch report` in a real browser, which is too large to be installed for it.
test-report: deps
	@for name in chromium chromium-browser google-chrome; do \
	  browser=$$(command -v $$name) && break; \
	done; \
	if [ -n "$$browser" ]; then \
	  $(SWIFT) build --build-tests && \
	  GIT_ORCH_CHROMIUM="$$browser" SWIFT='$(SWIFT)' Tools/run-tests --filter 'ReportsTests.BrowserTests'; \
	else \
	  echo "test-report: skipped, because chromium is not installed"; \
	fi

check:
	$(SWIFT) format lint --strict --recursive Benchmarks Sources Tests Package.swift
	@Tools/update-rooms --check
	@Tools/check-imports
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

# Under sudo, swift may not be on PATH: then install what was built before.
install:
	@if command -v $(SWIFT) >/dev/null 2>&1; then $(MAKE) build; \
	elif ! test -x .build/release/git-orch; then echo "install: run 'make build' first" >&2; exit 1; fi
	@Tools/install "$(PREFIX)" "$(DESTDIR)"

uninstall:
	@Tools/install --remove "$(PREFIX)" "$(DESTDIR)"

dist: build
	@Tools/dist

# Not `dist` again: root may not have swift on PATH.
try-dist:
	@Tools/try-dist

clean:
	rm -rf .build dist
