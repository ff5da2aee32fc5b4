# The two commands of the README: `make demo` and `make test`. From a fresh
# clone each brings what it needs, from lock files, and does its job.
.POSIX:
.DELETE_ON_ERROR:
.PHONY: demo test check bench invariants torture assets assets-if-possible browser-if-possible mount-if-possible generate lint lint-tools fmt-check generate-check clean

WEB    = api/web
TEMPL  = go tool -modfile=tools/go.mod templ
LINT   = go tool -modfile=tools/lint/go.mod golangci-lint
GODIRS = api cmd deploy domain eventstore projections

# Flags of the demonstration, as in: make demo DEMO="--listen 127.0.0.1:9000"
DEMO      =
BENCHTIME = 1s

demo: assets-if-possible
	go run ./cmd/nrm demo $(DEMO)

test: assets-if-possible browser-if-possible mount-if-possible
	go vet ./...
	go test -timeout 25m ./...

# Everything a change must pass. A browser is part of it; where there is none,
# `NRM_BROWSER= make check` checks the rest.
check: fmt-check assets-if-possible
	go vet ./...
	$(LINT) run
	$(MAKE) generate-check
	NRM_BROWSER=$${NRM_BROWSER-required} go test -timeout 60m -race ./...

bench:
	go test -timeout 30m -run '^$$' -bench . -benchtime=$(BENCHTIME) ./...

# What must always be true, held after every step of ten thousand random
# histories; some minutes. Fewer or more: make invariants HISTORIES=100. They are
# others each time, unless a seed is given, as in: make invariants SEED=7. What is
# printed first tells the same histories again.
HISTORIES = 10000
SEED      =

invariants:
	@seed='$(SEED)'; test -n "$$seed" || seed=$$(od -An -N4 -tu4 /dev/urandom | tr -d ' '); \
	echo "make invariants HISTORIES=$(HISTORIES) SEED=$$seed"; \
	go test -count=1 -timeout 30m -run 'TestRandomHistories' ./domain -rapid.checks=$(HISTORIES) -rapid.seed=$$seed

# The faults that the register must survive, for long: what is killed, cut, filled
# and damaged, and what clients were told meanwhile. Bounded in time.
TORTURE = Killed|Linearizable|LogDiskFull|DiskFull|SlowDisk|Damaged|StoppedUnderLoad|TwoServers|TooLarge|Clock|Unknown|Frozen|ClusterFaults|ComposeCutOff|BlockDamage|Locked|ManyTurns|TestCluster$$|SecondMachine|TestLost

torture:
	@NRM_TORTURE=1 go test -count=1 -p 2 -timeout 75m -v -run '$(TORTURE)' ./cmd/nrm ./eventstore/... ./projections ./api 2>&1 | awk -f tools/torture.awk

# The style sheet and scripts of the pages, built into api/web/dist.
assets: $(WEB)/dist/app.css

$(WEB)/dist/app.css: $(WEB)/node_modules/.package-lock.json $(WEB)/build.mjs $(WEB)/src/*
	cd $(WEB) && npm run build

$(WEB)/node_modules/.package-lock.json: $(WEB)/package.json $(WEB)/package-lock.json
	cd $(WEB) && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# Without Node.js the program still builds, runs and passes its tests; the
# pages are plain, and the tests that need a browser say that they did not run.
assets-if-possible:
	@$(MAKE) assets || echo 'WARNING: the pages have no style and no scripts, and browser tests will not run: building them needs Node.js 20 with npm.' >&2

# go test says nothing of tests it skipped, so this does.
browser-if-possible:
	@command -v "$${NRM_CHROMIUM:-chromium}" >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	echo 'WARNING: browser tests will not run: there is no Chromium (Debian: apt-get install chromium fonts-noto-core).' >&2

mount-if-possible:
	@test "$$(id -u)" = 0 || echo 'WARNING: tests that fill a disk will not run: to mount a small one they need root.' >&2

# Go code from the .templ files; it is committed.
generate:
	$(TEMPL) fmt api
	$(TEMPL) generate -path api

generate-check: generate
	git diff --exit-code -- '*.templ' '*_templ.go'

fmt-check:
	@out=$$(gofmt -l $(GODIRS)) && test -z "$$out" || { echo "gofmt: $$out" >&2; exit 1; }

lint:
	$(LINT) run

# Builds the tools once, so that later runs need no network.
lint-tools:
	$(TEMPL) version
	$(LINT) version

clean:
	find $(WEB)/dist -mindepth 1 ! -name .keep -delete
	rm -rf $(WEB)/node_modules
