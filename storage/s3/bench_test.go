package s3_test

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/go-df/chat/storage/s3"
)

// BenchmarkPut stores 25 MiB of unknown length, and beside it the same bytes by the client's
// own PutObject, which is told how many there are: whole, in one request, and in the client's
// parts. It prints the rate, and the ratios to the two: more than 1 is faster.
//
//	go test -run '^$' -bench Put -benchtime 20x
func BenchmarkPut(b *testing.B) {
	const size = 25 << 20
	_, client := start(b)
	s, data := s3.New(client, bucket, s3.Options{}), content(size)
	plain := func(name string, options minio.PutObjectOptions) {
		_, err := client.PutObject(b.Context(), bucket, name, bytes.NewReader(data), size, options)
		noError(b, err)
	}
	puts := []func(name string){
		func(name string) { noError(b, s.Put(b.Context(), name, struct{ io.Reader }{bytes.NewReader(data)})) },
		func(name string) { plain(name, minio.PutObjectOptions{DisableMultipart: true}) },
		func(name string) { plain(name, minio.PutObjectOptions{}) },
	}
	times := make([][]time.Duration, len(puts))
	b.SetBytes(size)
	for i := range b.N {
		for j := range puts { // in turn, so that what else the machine does hits all alike
			name := strconv.Itoa(i) + "-" + strconv.Itoa(j)
			began := time.Now()
			puts[j](name)
			times[j] = append(times[j], time.Since(began))
			noError(b, client.RemoveObject(b.Context(), bucket, name, minio.RemoveObjectOptions{}))
		}
	}
	median := func(j int) float64 {
		slices.Sort(times[j])
		return times[j][len(times[j])/2].Seconds()
	}
	b.ReportMetric(size/median(0)/(1<<20), "MiB/s")
	b.ReportMetric(median(1)/median(0), "x-single")
	b.ReportMetric(median(2)/median(0), "x-parts")
}
