package mirror

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"nrm/eventstore"
)

// A Renewal is what a folder remembers of a copy that was thrown away to be made
// anew, until the new one is as far.
type Renewal struct {
	Since time.Time         `json:"since"` // when the first was thrown away
	Times int               `json:"times"` // how many were since
	Had   map[string]uint64 `json:"had"`   // position that they had reached, by stream
}

// mostRenewals is how many copies are thrown away in a row, without one that gets
// as far as they were.
const mostRenewals = 10

// over tells whether the new copies are as far as the old ones were. What the
// register has deleted at the end never comes.
func (r *Renewal) over(ctx context.Context, copied, origin *Origin) (bool, error) {
	if r == nil {
		return false, nil
	}
	for stream, had := range r.Had {
		i, err := copied.Info(ctx, stream)
		if err != nil {
			return false, err
		}
		if i.State.LastSeq >= had {
			continue
		}
		if next, err := origin.after(ctx, stream, i.State.LastSeq); err != nil || next != nil {
			return false, err
		}
	}
	return true, nil
}

// renew throws away what has passed over something, for the reason given, if the
// register has all of it; Begin makes it anew. Before that the folder says so: a
// copy that is being made is not promoted. It fails with eventstore.ErrDamaged if
// that was done too often.
func (f *Follower) renew(ctx context.Context, reason error) error {
	f.renewing.Lock()
	defer f.renewing.Unlock()
	lack, err := lacking(ctx, local(f.server.Conn()), f.origin)
	if err != nil {
		if text := err.Error(); text != f.kept {
			f.kept = text
			f.logger.Warn("the copy has passed over something, and is kept as it is", "reason", reason, "error", err)
		}
		return err
	}
	f.kept = ""
	if len(lack) == 0 {
		return nil
	}
	times, err := f.remember(lack, reason)
	if err != nil {
		return err
	}
	f.logger.Warn("the copy has passed over what the register has: it is thrown away and made anew",
		"reason", reason, "streams", slices.Sorted(maps.Keys(lack)), "times", times, "at most", mostRenewals)
	return discard(ctx, f.server.Conn(), lack)
}

// remember writes down, on disk, that copies with these positions are to be made
// anew, and gives how often that was so in a row.
func (f *Follower) remember(lack map[string]uint64, reason error) (times int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	next := Renewal{Since: time.Now().UTC(), Had: lack}
	if before := f.state.Anew; before != nil {
		if before.Times >= mostRenewals {
			return before.Times, fmt.Errorf("mirror: the copy was made anew %d times since %s, and none was whole: %w; find out what breaks the line or the disk of this machine", before.Times, before.Since.Format(time.RFC3339), reason)
		}
		next.Since, next.Times, next.Had = before.Since, before.Times, maps.Clone(before.Had)
		for stream, had := range lack {
			next.Had[stream] = max(had, next.Had[stream])
		}
	}
	next.Times++
	s := f.state
	s.Anew, s.Complete = &next, false
	if err := s.write(f.dir); err != nil {
		return 0, err
	}
	f.state = s
	return next.Times, nil
}

// Discard deletes those copies that nc reaches which miss what the register has,
// so that Begin makes them anew. It changes nothing, and fails, where a stream is
// none that follows, where the register does not answer, is another one or has
// less than the copy, or is not whole itself.
func Discard(ctx context.Context, nc *nats.Conn, origin *Origin) error {
	lack, err := lacking(ctx, local(nc), origin)
	if err != nil {
		return err
	}
	return discard(ctx, nc, lack)
}

func discard(ctx context.Context, nc *nats.Conn, lack map[string]uint64) error {
	for stream := range lack {
		if err := request(ctx, nc, "$JS.API.STREAM.DELETE."+stream, nil); err != nil {
			return fmt.Errorf("mirror: discard the copy of %s: %w", stream, err)
		}
	}
	return nil
}

// lacking gives the copies that miss what the register has, with the positions
// that they reach. It fails if anything speaks against throwing them away: both
// streams are looked at first, because they are of use only together.
func lacking(ctx context.Context, copied, origin *Origin) (map[string]uint64, error) {
	lack, held, common := map[string]uint64{}, false, false
	for _, s := range streams() {
		i, err := copied.Info(ctx, s.Name)
		switch {
		case isAbsent(err):
			continue
		case err != nil:
			return nil, err
		case i.Config.Mirror == nil:
			return nil, fmt.Errorf("mirror: discard the copy of %s: %w", s.Name, ErrRegister)
		}
		_, _, err = compare(ctx, copied, origin, s.Name)
		switch {
		case errors.Is(err, eventstore.ErrDamaged):
			lack[s.Name] = i.State.LastSeq
		case err != nil:
			return nil, err
		}
		held = held || i.State.Msgs > 0
		for _, seq := range []uint64{i.State.FirstSeq, i.State.LastSeq} {
			is, err := origin.hold(ctx, copied, s.Name, seq)
			if err != nil {
				return nil, err
			}
			common = common || is == same
		}
		if err := origin.hasAll(ctx, s.Name, i.State); err != nil {
			return nil, err
		}
	}
	if len(lack) > 0 && held && !common {
		return nil, fmt.Errorf("mirror: %w: nothing that the copy begins or ends with is in the register", ErrDiverged)
	}
	return lack, nil
}

// hasAll fails with errOrigin if the register may have lost what the copy has:
// of the log nothing is ever deleted, and of the keys of a person one row stays.
func (o *Origin) hasAll(ctx context.Context, stream string, copied jetstream.StreamState) error {
	i, err := o.Info(ctx, stream)
	if err != nil {
		return err
	}
	if isLog(stream) {
		if err := contiguous(i.State); err != nil {
			return fmt.Errorf("mirror: %w: its log starts at position %d, ends at %d and holds %d messages", errOrigin, i.State.FirstSeq, i.State.LastSeq, i.State.Msgs)
		}
		return nil
	}
	if i.State.NumSubjects < copied.NumSubjects {
		return fmt.Errorf("mirror: %w: it has the keys of %d people, the copy those of %d", errOrigin, i.State.NumSubjects, copied.NumSubjects)
	}
	return nil
}
