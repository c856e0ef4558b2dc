# The tools are built from source at the versions of tools/go.mod, a module of its
# own: their dependencies must not become those of the library. So is the S3 server of the
# tests, versitygw, in tools/versitygw/go.mod, which internal/s3server builds.
GOLANGCI_LINT := go tool -modfile=$(CURDIR)/tools/go.mod golangci-lint
GOVULNCHECK := go tool -modfile=$(CURDIR)/tools/go.mod govulncheck

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "%-15s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

PICTURES := /internal/(picture|jpegscale|pngrows|vp8l)$$

.PHONY: test
test: ## Run all tests on SQLite and one throwaway PostgreSQL server, with the race detector
	go run ./internal/dbtest/withpostgres go test -race -parallel 8 -timeout 10m $$(go list ./... | grep -vE '$(PICTURES)')
	go test $$(go list ./... | grep -E '$(PICTURES)') # one goroutine each, and minutes under the race detector
	go test ./httpadapter -run WhatPhonesSend
	cd examples/routers && go test -race -timeout 10m ./... # a module of its own
	cd natsbus && go run ../internal/dbtest/withpostgres go test -race -timeout 10m ./... # and another
	cd storage/s3 && go run ../../internal/dbtest/withpostgres go test -race -timeout 10m ./... # against versitygw
	cd examples/webchat/s3 && go test -race -timeout 10m ./...
	cd heicpreview && go vet ./... && go test -tags nodynamic -timeout 10m ./... # without the race detector, under which compiling takes minutes

.PHONY: webui
webui: ## Build webui/dist, which is committed, from webui/src; needs Node 20 and npm
	cd webui/src && npm ci --ignore-scripts && npm run build

.PHONY: check-webui
check-webui: ## Fail when webui/dist is not what its sources make
	cd webui/src && npm ci --ignore-scripts && npm run check && node build.mjs --check

.PHONY: test-browser
test-browser: ## Drive the component in Chromium: two users in two windows
	cd tests/browser && go vet . && go test -count 1 -parallel 2 -timeout 30m .

.PHONY: screenshots
screenshots: ## Take the pictures of the README anew
	cd tests/browser && CHAT_README=$(CURDIR)/docs go test -count 1 -run ReadmeScreenshots .
.PHONY: client
client: ## Make the TypeScript client's types and calls from openapi.json
	go run ./clients/typescript/gen

clients/typescript/node_modules: clients/typescript/package-lock.json
	cd clients/typescript && npm ci --no-audit --no-fund
	@touch $@

.PHONY: test-client
test-client: clients/typescript/node_modules ## Check and test the TypeScript client against a server; needs Node 20 and npm
	go test ./clients/typescript/gen
	cd clients/typescript && npm run check && npm run build && npm test

.PHONY: test-pgbouncer
test-pgbouncer: ## Run the tests that go through a real PgBouncer, which must be there
	CI=1 go run ./internal/dbtest/withpostgres go test -race -count 1 -run PgBouncer ./tests/databases

.PHONY: test-generators
test-generators: ## Generate Go clients of openapi.json with oapi-codegen and ogen, and call every operation
	cd tests/generators && mkdir -p oapi && go tool oapi-codegen -generate types,client -package oapi -o oapi/oapi.gen.go ../../httpadapter/openapi.json
	cd tests/generators && go tool ogen --loglevel error --target ogen --package ogen --clean ../../httpadapter/openapi.json
	cd tests/generators && go vet ./oapi ./ogen . && go test -count 1 -timeout 5m .

.PHONY: test-long
test-long: ## Run all tests with the full numbers of races and random operations, which takes hours
	CHAT_TEST_LONG=1 go test -race -timeout 12h ./...

.PHONY: test-faults
test-faults: ## Kill, hold, cut and fill for some minutes, and print what docs/reliability.md keeps
	go test ./tests/faults -count 1 -v -timeout 30m -faults.long
	go test ./examples/webchat/host -count 1 -v -run 'Stop'

.PHONY: test-events
test-events: ## The long forms of the proofs about subscriptions, see docs/reliability.md; an hour
	CHAT_TEST_LONG=1 go run ./internal/dbtest/withpostgres go test -count 1 -v -timeout 3h ./tests/events
	CHAT_TEST_LONG=1 go run ./internal/dbtest/withpostgres go test -count 1 -v -timeout 1h -run 'Cuts' ./httpadapter

FUZZTIME ?= 30s
.PHONY: fuzz
fuzz: ## Let each fuzzer look for FUZZTIME, 30 seconds
	@for package in $$(grep -rl '^func Fuzz' --include '*_test.go' . | xargs -n 1 dirname | sort -u); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package || exit 1; done; done

.PHONY: bench
bench: ## Measure everything and write docs/benchmarks.md; some minutes, on a quiet machine
	go test ./bench -v -count 1 -run 'Report$$' -timeout 2h -report full -docs $(CURDIR)/docs

.PHONY: bench-quick
bench-quick: ## Measure with small numbers and print the report; some minutes
	go test ./bench -v -count 1 -run '(Report|Huge)$$' -timeout 20m -report quick

HUGE ?= /var/tmp/chat-huge
HUGE_MESSAGES ?= 50000000
.PHONY: bench-huge
bench-huge: ## Compare 50,000,000 messages with 5,000,000 and write docs/benchmarks-huge.md; an hour, and 24 GB that stay in HUGE
	go test ./bench -v -count 1 -run 'Huge$$' -timeout 6h -huge $(HUGE) -huge.messages $(HUGE_MESSAGES) -docs $(CURDIR)/docs

.PHONY: bench-s3
bench-s3: ## Print how fast storage/s3 stores, against the client's own PutObject; a minute
	cd storage/s3 && go test -run '^$$' -bench '^BenchmarkPut$$' -benchtime 20x .

.PHONY: lint
lint: ## Check the formatting, go vet and golangci-lint
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "gofmt -w:" $$unformatted; exit 1; }
	go vet ./...
	GOOS=linux GOARCH=arm CGO_ENABLED=0 go build . ./storage ./httpadapter ./pgbus
	GOOS=windows CGO_ENABLED=0 go build . ./storage ./httpadapter ./pgbus
	$(GOLANGCI_LINT) run ./...
	cd examples/routers && go vet ./... && $(GOLANGCI_LINT) run ./...
	cd natsbus && go vet ./... && $(GOLANGCI_LINT) run ./...
	cd tests/browser && go vet ./... && $(GOLANGCI_LINT) run ./...
	cd storage/s3 && go vet ./... && $(GOLANGCI_LINT) run ./...
	cd examples/webchat/s3 && go vet ./... && $(GOLANGCI_LINT) run ./...
	cd heicpreview && go vet -tags nodynamic ./... && $(GOLANGCI_LINT) run --build-tags nodynamic ./...

.PHONY: vulncheck
vulncheck: ## Look for known vulnerabilities in what the code calls; asks vuln.go.dev
	$(GOVULNCHECK) ./...
	cd examples/routers && $(GOVULNCHECK) ./...
	cd natsbus && $(GOVULNCHECK) ./...
	cd storage/s3 && $(GOVULNCHECK) ./...
	cd examples/webchat/s3 && $(GOVULNCHECK) ./...
	cd heicpreview && $(GOVULNCHECK) -tags nodynamic ./...
