package blind

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// perPage is how many persons share a row of a trigram. Larger pages are searched
// faster, smaller ones are faster to change.
const perPage = 4096

// page and place are where a person's number is kept.
func page(n int64) int64   { return n / perPage }
func place(n int64) uint16 { return uint16(n % perPage) }

// The content of a box has one of these lengths in bytes. The last is a bit for
// each place; the others are a list: how many, then the places in order, two
// bytes each, then zeros.
var lengths = [...]int{16, 64, 256, perPage / 8}

const bitmap = perPage / 8

// encode writes a sorted set of places.
func encode(places []uint16) []byte {
	need := 2 + 2*len(places)
	size := bitmap
	for _, l := range lengths[:len(lengths)-1] {
		if need <= l {
			size = l
			break
		}
	}
	content := make([]byte, size)
	if size == bitmap {
		for _, p := range places {
			content[p/8] |= 1 << (p % 8)
		}
		return content
	}
	binary.BigEndian.PutUint16(content, uint16(len(places)))
	for i, p := range places {
		binary.BigEndian.PutUint16(content[2+2*i:], p)
	}
	return content
}

// each gives f every place of a content, in order.
func each(content []byte, f func(place uint16)) error {
	if len(content) == bitmap {
		for at := 0; at < bitmap; at += 8 {
			for word := binary.LittleEndian.Uint64(content[at:]); word != 0; word &= word - 1 {
				f(uint16(8*at + bits.TrailingZeros64(word)))
			}
		}
		return nil
	}
	if !slices.Contains(lengths[:], len(content)) {
		return ErrDamaged
	}
	count := int(binary.BigEndian.Uint16(content))
	if 2+2*count > len(content) {
		return ErrDamaged
	}
	for i := range count {
		p := binary.BigEndian.Uint16(content[2+2*i:])
		if p >= perPage {
			return ErrDamaged
		}
		f(p)
	}
	return nil
}

// seal makes the box of a row.
func (x *Index) seal(l label, places []uint16) []byte {
	return x.boxes.Seal(nil, nil, encode(places), l[:]) //nolint:gosec // G407: this AEAD makes the nonce itself and takes none
}

// open returns the content of a box, in buf if it is large enough.
func (x *Index) open(buf []byte, l label, box []byte) ([]byte, error) {
	content, err := x.boxes.Open(buf[:0], nil, box, l[:])
	if err != nil {
		return nil, ErrDamaged
	}
	return content, nil
}

// places opens a box and reads what is in it.
func (x *Index) places(l label, box []byte) ([]uint16, error) {
	content, err := x.open(nil, l, box)
	if err != nil {
		return nil, err
	}
	var all []uint16
	err = each(content, func(p uint16) { all = append(all, p) })
	return all, err
}
