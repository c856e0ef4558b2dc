// Package bench measures the library against the databases that it runs on, and
// writes docs/benchmarks.md. Its programs are tests, so that they use the tests'
// databases:
//
//	make bench        # the whole report, on a quiet machine
//	make bench-huge   # docs/benchmarks-huge.md, see TestHuge; an hour
//	make bench-quick  # all of it with small numbers, in some minutes
//
// Every figure is a ratio within one run, against a bare INSERT per commit or
// against another size of the same tables. No figure makes a test fail.
//
// The Go benchmarks count what a send and a row of history allocate. Compare two
// versions with benchstat (golang.org/x/perf/cmd/benchstat):
//
//	go test ./bench -run '^$' -bench . -benchmem -count 10 > old.txt
//	go test ./bench -run '^$' -bench . -benchmem -count 10 > new.txt
//	benchstat old.txt new.txt
package bench
