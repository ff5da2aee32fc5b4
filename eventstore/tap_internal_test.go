package eventstore

import (
	"slices"
	"testing"
)

func TestTap(t *testing.T) {
	var all taps[uint64]
	own := all.open(false)
	run := func(after uint64, batch int) []uint64 {
		select {
		case first := <-own.drops:
			return own.run(first, after, batch)
		default:
			t.Fatal("nothing has come")
			return nil
		}
	}
	give := func(seqs ...uint64) {
		for _, seq := range seqs {
			all.stored(seq, seq)
		}
	}
	check := func(got []uint64, want ...uint64) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	give(3, 1, 2, 5)
	check(run(0, 10), 1, 2, 3) // 5 waits for 4
	give(4)
	check(run(3, 10), 4, 5)
	give(2, 6)
	check(run(5, 10), 6) // 2 was handed over long ago
	give(9)
	check(run(6, 10)) // the log has brought nothing of 7 and 8 yet
	give(10)
	check(run(8, 10), 9, 10) // and now it has
	give(11, 12, 13)
	check(run(10, 2), 11, 12)
	give(14)
	check(run(12, 2), 13, 14)

	for seq := range uint64(10_000) { // nobody reads: it must neither wait nor grow
		give(1000 + seq)
	}
	check(run(14, 10))
	for seq := range uint64(10_000) {
		give(100 + seq)
		if run(14, 10); len(own.waiting) > 2*tapLength {
			t.Fatalf("%d decisions are kept", len(own.waiting))
		}
	}
	all.close(own)
	give(15)
	if len(own.drops) > 0 || len(all.all) > 0 {
		t.Error("a closed tap still drips")
	}
}
