package blind

import (
	"bytes"
	"errors"
	"slices"
	"testing"
)

func TestBoxRoundTrip(t *testing.T) {
	x := New(bytes.Repeat([]byte{7}, 32))
	l := x.label("ali", 3)
	sizes := map[int]bool{}
	for _, count := range []int{0, 1, 2, 7, 8, 31, 32, 127, 128, 129, 1000, perPage - 1, perPage} {
		for _, from := range []int{0, perPage - count} {
			var places []uint16
			for i := range count {
				places = append(places, uint16(from+i))
			}
			box := x.seal(l, places)
			sizes[len(box)] = true
			if got, err := x.places(l, box); err != nil || !slices.Equal(got, places) {
				t.Errorf("%d from %d: got %d, %v", count, from, len(got), err)
			}
		}
	}
	if len(sizes) != len(lengths) {
		t.Errorf("boxes have the lengths %v: want %d different ones", sizes, len(lengths))
	}
}

func TestBoxOfAnother(t *testing.T) {
	x, other := New(bytes.Repeat([]byte{7}, 32)), New(bytes.Repeat([]byte{8}, 32))
	l := x.label("ali", 3)
	box := x.seal(l, []uint16{1, 2})
	damaged := bytes.Clone(box)
	damaged[20] ^= 1
	for _, test := range []struct {
		what string
		by   *Index
		l    label
		box  []byte
	}{
		{"another key", other, l, box},
		{"another trigram's row", x, x.label("lia", 3), box},
		{"another page's row", x, x.label("ali", 4), box},
		{"a bit turned", x, l, damaged},
		{"cut", x, l, box[:len(box)-1]},
		{"empty", x, l, nil},
	} {
		if _, err := test.by.places(test.l, test.box); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v, want ErrDamaged", test.what, err)
		}
	}
}

func TestContentThatNobodyWrites(t *testing.T) {
	for _, content := range [][]byte{
		nil,
		make([]byte, 15),
		append([]byte{0, 8}, make([]byte, 14)...),
		append([]byte{0, 1, 0x10, 0}, make([]byte, 12)...), // place 4096
	} {
		if err := each(content, func(uint16) {}); !errors.Is(err, ErrDamaged) {
			t.Errorf("%v: %v, want ErrDamaged", content, err)
		}
	}
}

func TestLabels(t *testing.T) {
	x := New(make([]byte, 32))
	seen := map[label]string{x.mark(): "mark"}
	for _, trigram := range []string{"ali", "lia", "_a_"} {
		for _, p := range []int64{0, 1, 256, 1 << 40} {
			l := x.label(trigram, p)
			if before, there := seen[l]; there {
				t.Errorf("%s of page %d has the label of %s", trigram, p, before)
			}
			seen[l] = trigram
		}
	}
}

func TestNewRefusesShortKeys(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a key of 16 bytes is taken")
		}
	}()
	New(make([]byte, 16))
}
