package eventstore

import (
	"slices"
	"time"
)

// mixed tells whether a unit of the round needs an atomic batch anyway: the
// others may then as well travel with it.
func mixed(round []*unit) bool {
	return slices.ContainsFunc(round, func(u *unit) bool { return len(u.writes) > 1 && len(u.guards) == 0 })
}

// A welcome is how long a round is kept open for units that are not in line yet.
// Those who were answered together come back together, and a batch that waits a
// little for them is larger: what a batch costs, it costs once for all in it.
type welcome struct {
	want  int           // units in the round that make further waiting pointless
	pause time.Duration // without anybody coming
	limit time.Duration // in all
}

var hurry = welcome{} // takes only those in line

// after is the welcome for want units after a batch that the server took so long
// to store.
func after(took time.Duration, want int) welcome {
	return welcome{
		want:  want,
		pause: min(max(took/16, 200*time.Microsecond), 2*time.Millisecond),
		limit: min(max(took/2, 2*time.Millisecond), 20*time.Millisecond),
	}
}

// gather adds those who wait in line to a round, within the limits of a batch,
// and calls each, if given, with every unit it adds. A unit with guards is a
// round of its own.
func (c *committer) gather(round []*unit, w welcome, each func(*unit)) []*unit {
	count, bytes := 0, 0
	for _, u := range round {
		count, bytes = count+len(u.writes), bytes+u.size()
	}
	end := time.Now().Add(w.limit)
	for {
		u := c.held
		c.held = nil
		if u == nil {
			select {
			case u = <-c.queue:
			default:
			}
		}
		if u == nil && len(round) < w.want {
			if left := min(w.pause, time.Until(end)); left > 0 {
				t := time.NewTimer(left)
				select {
				case u = <-c.queue:
				case <-t.C:
				}
				t.Stop()
			}
		}
		if u == nil {
			return round
		}
		count, bytes = count+len(u.writes), bytes+u.size()
		if len(round) > 0 && (len(u.guards) > 0 || count > groupLimit || bytes > groupBytes) {
			c.held = u
			return round
		}
		select {
		case <-c.closing:
			if u.withdraw() {
				u.end(refused, 0, ErrClosed)
			}
			continue
		default:
		}
		if !u.state.CompareAndSwap(waiting, sent) {
			continue // withdrawn
		}
		round = append(round, u)
		if each != nil {
			each(u)
		}
		if len(u.guards) > 0 {
			return round
		}
	}
}

// together stores a round as one atomic batch, with those who come while it is on
// its way to the server. If that fails for whatever reason, each unit must find
// its own outcome. It returns the beginning of the next round.
func (c *committer) together(round []*unit) (next []*unit) {
	if len(round) == 1 {
		c.alone(round)
		return c.gather(nil, hurry, nil)
	}
	b := batch{link: c.link}
	add := func(u *unit) {
		for _, w := range u.writes {
			b.add(w)
		}
	}
	for _, u := range round {
		add(u)
	}
	round = c.gather(round, after(c.took, c.before), add)

	var o outcome
	var seq uint64
	done, began := make(chan struct{}), time.Now()
	b.commit(func(o2 outcome, seq2 uint64, _ error) {
		o, seq = o2, seq2
		close(done)
	})
	<-done
	c.took, c.before = time.Since(began), len(round)
	switch o {
	case stored:
		c.count.batches.Add(1)
		c.count.batched.Add(uint64(len(round)))
		seq -= uint64(b.size)
		for _, u := range round {
			seq += uint64(len(u.writes))
			c.stored(u, seq)
		}
	case unknown:
		for _, u := range round {
			u.unclear = true
		}
		fallthrough
	default:
		c.alone(round)
	}
	return c.gather(nil, after(c.took, min(c.before, groupFrom)), nil)
}
