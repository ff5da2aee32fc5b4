package country

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"nrm/domain"
)

// dice are the chance of one part of the country. Every part has its own, so
// that a change in one leaves the others as they were. The part of a year is its
// number.
type dice struct{ *rand.Rand }

const (
	idPart          = 1
	institutionPart = 2
	presentPart     = 3
	manyPart        = 4
	namePart        = 5
	nameIDPart      = 6
	talePart        = 7
	taleIDPart      = 8
)

func newDice(seed, part uint64) dice {
	return dice{rand.New(rand.NewPCG(seed, part))} //nolint:gosec // no secret: the same seed has to give the same country
}

func (d dice) chance(p float64) bool { return d.Float64() < p }

// between includes both ends.
func (d dice) between(lo, hi int) int { return lo + d.IntN(hi-lo+1) }

func (d dice) span(lo, hi time.Duration) time.Duration {
	if hi <= lo {
		return lo
	}
	return lo + time.Duration(d.Int64N(int64(hi-lo)))
}

// sometime is a time from one to another, in working hours if there are any in
// between on the day it falls on.
func (d dice) sometime(from, to time.Time) time.Time {
	t := from.Add(d.span(0, to.Sub(from)))
	local := t.In(domain.Baku)
	at := time.Date(local.Year(), local.Month(), local.Day(), 9, d.IntN(9*60), 0, 0, domain.Baku)
	switch at.Weekday() {
	case time.Saturday:
		at = at.Add(-day)
	case time.Sunday:
		at = at.Add(day)
	}
	if at.Before(from) || at.After(to) {
		return t
	}
	return at
}

func pick[T any](d dice, from ...T) T { return from[d.IntN(len(from))] }

// some gives n different ones, in their order.
func some[T any](d dice, n int, from ...T) []T {
	at := d.Perm(len(from))[:min(n, len(from))]
	slices.Sort(at)
	chosen := make([]T, 0, n)
	for _, i := range at {
		chosen = append(chosen, from[i])
	}
	return chosen
}

// odds is one row of a table of chances; weights need not add up to anything.
type odds[T any] struct {
	weight int
	value  T
}

func draw[T any](d dice, table []odds[T]) T {
	sum := 0
	for _, o := range table {
		sum += o.weight
	}
	n := d.IntN(sum)
	for _, o := range table {
		if n -= o.weight; n < 0 {
			return o.value
		}
	}
	panic("country: an empty table") // IntN has refused it already
}

// id makes a UUID of version 7: the time of recording, then chance.
func (d dice) id(recorded time.Time) string {
	var u uuid.UUID
	binary.BigEndian.PutUint64(u[:8], uint64(recorded.UnixMilli())<<16|d.Uint64()&0x0fff|0x7000)
	binary.BigEndian.PutUint64(u[8:], d.Uint64()&0x3fff_ffff_ffff_ffff|0x8000_0000_0000_0000)
	return u.String()
}

func (c *country) newID(recorded time.Time) string { return c.ids.id(recorded) }

// newRef makes the id of the line that opens a stream, and the stream's
// reference, which follows from it.
func (c *country) newRef(recorded time.Time) (id string, ref domain.Ref) {
	return c.newRefFrom(c.ids, recorded)
}

func (c *country) newRefFrom(ids dice, recorded time.Time) (id string, ref domain.Ref) {
	for {
		id = ids.id(recorded)
		if ref = domain.NewRef(id); !c.refs[ref] {
			c.refs[ref] = true
			return id, ref
		}
	}
}
