package bench_test

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const s3Goal = 0.8

// s3Results are what the benchmark of storage/s3 printed, which is in a module of its own.
type s3Results struct{ rate, single, parts float64 }

func measureS3(t *testing.T, p plan) (r s3Results) {
	rounds := strconv.Itoa(min(p.samples/20, 25)) + "x"
	command := exec.CommandContext(t.Context(), "go", "test", "-run", "^$", "-bench", "^BenchmarkPut$", "-benchtime", rounds, ".")
	command.Dir = "../storage/s3"
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for unit, to := range map[string]*float64{"MiB/s": &r.rate, "x-single": &r.single, "x-parts": &r.parts} {
		found := regexp.MustCompile(`([0-9.]+) ` + unit).FindSubmatch(output)
		if found == nil {
			t.Fatalf("the benchmark does not say %s\n%s", unit, output)
		}
		if *to, err = strconv.ParseFloat(string(found[1]), 64); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func (r s3Results) markdown(b *strings.Builder) {
	fmt.Fprintf(b, `Files of %d MiB into a bucket of versitygw on this machine, by storage/s3, which does not know
how long they will be, against PutObject of the same client, which does (`+"`make bench-s3`"+`).

`, fileBytes>>20)
	against := func(ratio float64) string {
		if ratio >= s3Goal {
			return fmt.Sprintf("%.2f ×", ratio)
		}
		return fmt.Sprintf("%.2f ×, **missed**", ratio)
	}
	goal := fmt.Sprintf("≥ %.1f ×", s3Goal)
	table(b, []string{"what", "goal", "reached", "measured"}, [][]string{
		{"against PutObject in the client's parts of 16 MiB", goal, against(r.parts), fmt.Sprintf("%.0f MiB/s", r.rate)},
		{"against PutObject in one request", goal, against(r.single), ""},
	})
}
