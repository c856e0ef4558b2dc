# The linter is built from source at this version, apart from go.mod: its own
# dependencies must not become those of the library.
GOLANGCI_LINT := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.12.2

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-10s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: test
test: ## Run all tests on SQLite and PostgreSQL, with the race detector
	go test -race -timeout 10m ./...

.PHONY: test-long
test-long: ## The same with the full numbers of races and random operations, which takes hours
	CHAT_TEST_LONG=1 go test -race -timeout 12h ./...

.PHONY: lint
lint: ## Check the formatting, go vet and golangci-lint
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "gofmt -w:" $$unformatted; exit 1; }
	go vet ./...
	$(GOLANGCI_LINT) run ./...
