# Every target says what it does when it runs; `make help` lists them. Downloads and builds are cached under .cache/.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
export CARGO_TARGET_DIR := $(CURDIR)/.cache/target
# Node 24 comes from npm: the system's Node only has to be good enough to run `npm ci`.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

STAMPS := .cache/stamps
DAEMON := .cache/target/release/chaosgated

.PHONY: help app-form try demo test test-full check format bench-daemon bench-file-io bench-impact bench-queue bench-lint bench-load bench-cold-start e2e function build setup daemon image packages clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

try: $(STAMPS)/npm $(STAMPS)/generated $(STAMPS)/schemas ## two pull requests, reviewed, on pages of this machine until Ctrl-C; needs Node alone (ONCE=1 ends by itself)
	@node scripts/try.ts $(if $(ONCE),--once) $(if $(PORT),--port $(PORT))

demo: setup packages daemon ## play the whole story on this machine and write .demo/report.json (KEEP=1 leaves the page up)
	@node scripts/demo.ts $(if $(KEEP),--keep)

test: setup packages daemon ## everything that must hold, on a real kernel (25 minutes or less on two cores)
	@node scripts/run-tests.ts test

test-full: setup packages daemon ## the long matrices and outages as well (85 minutes are meant)
	@node scripts/run-tests.ts test-full

check: setup ## the quick loop: format, lint, types, unit tests, architecture
	@node scripts/run-tests.ts check

# A cluster is hit only where the command line names it: make's own variable, not the environment's.
e2e: setup packages daemon ## the pull request's story on a Kubernetes node that is made here (as root), or in a cluster: KUBECONFIG=FILE
	@scripts/cluster/e2e.sh $(if $(filter command,$(firstword $(origin KUBECONFIG))),"$(KUBECONFIG)")

bench-daemon: setup packages daemon ## the daemon's memory and CPU, idle and with 100 faults, and their end, into .bench/daemon.json (needs root)
	@node scripts/bench/daemon.ts

bench-impact: setup packages daemon ## predictions of the impact model, then measurements on two real wires, into .bench/impact.json
	@cargo fetch --locked --quiet
	@scripts/sandbox.sh node scripts/bench/impact.ts

bench-file-io: daemon ## throughput of a volume under a file fault against the bare file system, into .bench/file-io.json
	@mkdir -p .bench && cargo fetch --locked --quiet
	@CHAOSGATE_BENCH=$(CURDIR)/.bench/file-io.json scripts/sandbox.sh cargo test --release --locked --test file_io -- --ignored --nocapture --test-threads=1 speed::

bench-queue: daemon ## throughput ceiling and cost of the packet queue, printed
	@cargo fetch --locked --quiet
	@scripts/sandbox.sh cargo test --release --locked --test network_throughput -- --ignored --nocapture --test-threads=1

bench-lint: build .cache/bin/kubeconform ## the time of linting 1,600 manifests against kubeconform's, into .bench/lint.json
	@node scripts/bench/lint.ts

bench-load: setup ## 200 pull requests of 20 manifests each at once, against a GitHub that enforces its limits, into .bench/load.json
	@node scripts/bench/load.ts

bench-cold-start: setup ## the Lambda function from a cold start to its answer, beside a bare Probot app, into .bench/cold-start.json
	@node scripts/bench/cold-start.ts

function: setup ## bundle the Lambda function into dist/lambda/
	@node scripts/bundle.ts lambda.ts dist/lambda/lambda.mjs

build: setup ## bundle the command line into dist/cli.js and its parts
	@node scripts/bundle.ts cli.ts dist/cli.js

bench-selection: setup ## 500 experiments over 50,000 pods: time and memory, into .bench/selection.json
	@node --expose-gc scripts/bench/selection.ts

format: setup ## format and fix what can be fixed without judgement
	@biome check --write .
	@cargo fmt

app-form: $(STAMPS)/npm ## the page that registers the GitHub App: make app-form BOT=https://bot.example.com [ORG=acme] [GITHUB=https://github.com]
	@node scripts/app-form.ts "$(BOT)" "$(ORG)" "$(GITHUB)"

setup: $(STAMPS)/npm $(STAMPS)/generated $(STAMPS)/schemas .cache/sarif-2.1.0.json ## install the npm packages and generate the code of proto/ and of the shapes

packages: ## install or unpack the Debian packages that are absent
	@scripts/packages.sh

daemon: ## build the node daemon
	@echo "building the node daemon (cached in .cache/target)"
	@cargo build --release --locked --quiet

image: setup packages ## the daemon's container image from nothing, with the list of its parts, in .cache/image
	@cargo fetch --locked --quiet
	@node scripts/image/build.ts .cache/image

clean: ## remove everything that was built or cached
	@rm -rf .cache .demo .bench .test target node_modules src/daemon/generated src/manifest/generated

$(STAMPS)/npm: package.json package-lock.json
	@echo "installing npm packages"
	@npm ci --no-progress --loglevel=error
	@mkdir -p $(STAMPS) && touch $@

.cache/bin/kubeconform:
	@echo "building kubeconform, the peer of bench-lint"
	@GOBIN=$(CURDIR)/.cache/bin go install github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0

.cache/sarif-2.1.0.json: scripts/sarif-schema.sh
	@scripts/sarif-schema.sh

$(STAMPS)/generated: $(STAMPS)/npm buf.gen.yaml $(shell find proto -name '*.proto')
	@echo "generating the daemon's client from proto/"
	@buf generate
	@mkdir -p $(STAMPS) && touch $@

# The shapes reach into the rules and the grammars of single texts, which the generated code imports and does not repeat.
$(STAMPS)/schemas: $(STAMPS)/npm $(shell find src/manifest/kinds src/manifest/schema src/manifest/shape scripts/schemas -name '*.ts')
	@echo "generating validators and types from the shapes of src/manifest/kinds"
	@node scripts/schemas/generate.ts
	@mkdir -p $(STAMPS) && touch $@
