package vault

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

func benchPersons(b *testing.B) int {
	n, err := strconv.Atoi(os.Getenv("NRM_BENCH_PERSONS"))
	if err != nil {
		return 100_000
	}
	return n
}

// BenchmarkRotate changes the KEK of many persons with all compartments that
// the register has, on a server that encrypts and syncs every write.
// NRM_BENCH_PERSONS says how many.
func BenchmarkRotate(b *testing.B) {
	persons := benchPersons(b)
	compartments := []string{"identity", "documents", "contacts", "narrative", "medical", "testimony", "whereabouts"}
	p := newPlaceWith(b, strings.Repeat("k", 32))
	v := full(p.open(b))
	fillWith(b, v, persons, compartments...)
	for b.Loop() {
		must(b, p.ring.BeginKEK())
		r, err := v.Rotate(b.Context(), nil)
		must(b, err)
		must(b, p.ring.EndKEK())
		if r.Rewrapped != persons || r.Keys != len(compartments)*persons {
			b.Fatalf("%+v", r)
		}
	}
	took := b.Elapsed() / time.Duration(b.N)
	raw := rawPublish(b, p.key, v, persons)
	b.ReportMetric(float64(len(compartments)*persons)/took.Seconds(), "keys/s")
	b.ReportMetric(took.Seconds(), "s/rotation")
	b.ReportMetric(took.Seconds()/raw.Seconds(), "x-raw-publishing")
}

// rawPublish stores as many messages of the same size in atomic batches, on a
// server of its own with the same kind of files.
func rawPublish(b *testing.B, key string, like *Vault, n int) time.Duration {
	b.Helper()
	r, _ := wrapped(b, like, "F0000000")
	body, err := json.Marshal(r)
	must(b, err)
	v := newPlaceWith(b, key).open(b)
	batch := make([]write, 0, maxBatch)
	began := time.Now()
	for i := range n {
		batch = append(batch, write{owner: fmt.Sprintf("F%07d", i), body: body})
		if len(batch) == maxBatch || i == n-1 {
			_, err := v.publishAll(b.Context(), batch)
			must(b, err)
			batch = batch[:0]
		}
	}
	return time.Since(began)
}

// BenchmarkSeal seals 400 bytes under a key in memory.
func BenchmarkSeal(b *testing.B) {
	v, plain, ad := newPlace(b).open(b), bytes.Repeat([]byte("x"), 400), bytes.Repeat([]byte("a"), 80)
	seal(b, v, "A/identity")
	n := 0
	for b.Loop() {
		n++
		if _, err := v.Seal(b.Context(), "A/identity", ad, plain); err != nil {
			b.Fatal(err)
		}
	}
	aead, err := newAEAD(newKey())
	must(b, err)
	b.ReportMetric(ratio(b, n, func() { _ = encrypt(aead, plain, ad) }), "x-plain-AES-GCM")
}

// BenchmarkUnseal opens 400 bytes with a key in memory.
func BenchmarkUnseal(b *testing.B) {
	v, plain, ad := newPlace(b).open(b), bytes.Repeat([]byte("x"), 400), bytes.Repeat([]byte("a"), 80)
	box, err := v.Seal(b.Context(), "A/identity", ad, plain)
	must(b, err)
	n := 0
	for b.Loop() {
		n++
		if _, err := v.Unseal(b.Context(), "A/identity", ad, box); err != nil {
			b.Fatal(err)
		}
	}
	aead, err := newAEAD(newKey())
	must(b, err)
	same := encrypt(aead, plain, ad)
	b.ReportMetric(ratio(b, n, func() {
		if _, err := aead.Open(nil, nil, same, ad); err != nil {
			b.Fatal(err)
		}
	}), "x-plain-AES-GCM")
}

// ratio compares what the benchmark took with n times f.
func ratio(b *testing.B, n int, f func()) float64 {
	took := b.Elapsed()
	began := time.Now()
	for range n {
		f()
	}
	return took.Seconds() / time.Since(began).Seconds()
}

// BenchmarkUnsealCold reads the key from the stream each time.
func BenchmarkUnsealCold(b *testing.B) {
	v := newPlace(b).open(b)
	s := seal(b, v, "A/identity")
	for b.Loop() {
		v.Forget("A")
		must(b, s.open(v))
	}
}

// BenchmarkSealNewPerson makes and stores a key for each.
func BenchmarkSealNewPerson(b *testing.B) {
	v := newPlace(b).open(b)
	n := 0
	for b.Loop() {
		n++
		seal(b, v, fmt.Sprintf("N%d/identity", n))
	}
}
