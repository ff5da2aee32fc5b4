package vault

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// A last is an owner's last row, in short.
type last struct {
	seq   uint64
	keys  int
	kek   string
	under string // of an erased owner
	state state
}

type state byte

const (
	live state = iota
	erased
	unreadable
)

// A survey is what there was of everybody.
type survey struct {
	owners  map[string]last
	first   uint64           // the lowest position of a last row
	through uint64           // up to where everything was looked at
	missing []string         // owners that the server knows but cannot read
	bad     map[string]error // owners whose keys cannot be unwrapped, if asked for

	blanks []blank
	latest map[string]uint64 // by KEK: the position of its last row, of anybody
	gap    uint64            // the last position from which a message was deleted
}

type blank struct {
	seq  uint64
	size int
}

// survey looks at all owners that there are when it is called, and at some who
// come later. If unwrap is true it tries to unwrap their keys.
func (v *Vault) survey(ctx context.Context, unwrap bool) (*survey, error) {
	for attempt := 1; ; attempt++ {
		s, counted, err := v.look(ctx, unwrap)
		if err != nil || uint64(len(s.owners)) >= counted {
			return s, err
		}
		// Another process may be rotating. If not, names are needed.
		if attempt < 3 {
			if err := pause(ctx, attempt); err != nil {
				return nil, err
			}
			continue
		}
		s.missing, err = v.missing(ctx, s)
		return s, err
	}
}

// look reads the stream once. Counted is how many owners the server knows of.
func (v *Vault) look(ctx context.Context, unwrap bool) (_ *survey, counted uint64, err error) {
	before, err := v.info(ctx)
	if err != nil || before.Msgs == 0 {
		return &survey{}, 0, err
	}
	counted = before.NumSubjects
	s := &survey{owners: make(map[string]last, counted), bad: map[string]error{}, latest: map[string]uint64{}}
	names := map[string]string{} // so that equal names share memory
	share := func(name string) string {
		if _, ok := names[name]; !ok {
			names[name] = name
		}
		return names[name]
	}
	unknown := map[string]error{} // KEKs: the key file is not to be read again for every row
	at := before.FirstSeq - 1
	note := func(owner string, seq uint64, body []byte) error {
		if seq != at+1 {
			s.gap = seq - 1
		}
		at = seq
		if owner == "" {
			s.blanks = append(s.blanks, blank{seq, len(body)})
			return nil
		}
		r, err := parseRow(owner, body)
		l := last{seq: seq, keys: len(r.Keys), kek: share(r.KEK), under: share(r.Under)}
		switch {
		case err != nil:
			l.state = unreadable
		case r.Erased:
			l.state = erased
		}
		s.owners[owner] = l
		s.latest[l.kek] = seq
		if unwrap {
			if err == nil {
				if err = unknown[r.KEK]; err == nil {
					err = v.canUnwrap(r)
				}
				if errors.Is(err, ErrNoKEK) {
					unknown[l.kek] = err
				}
			}
			if delete(s.bad, owner); err != nil {
				s.bad[owner] = err
			}
		}
		return nil
	}
	if err := v.step("look"); err != nil {
		return nil, 0, err
	}
	if err := v.scan(ctx, before.FirstSeq, before.LastSeq, note); err != nil {
		return nil, 0, err
	}
	// Rows that were deleted before they came belong to owners whose erasure
	// was stored in the meantime.
	after, err := v.info(ctx)
	if err != nil {
		return nil, 0, err
	}
	s.through = after.LastSeq
	if err := v.scan(ctx, before.LastSeq+1, after.LastSeq, note); err != nil {
		return nil, 0, err
	}
	if at != after.LastSeq {
		s.gap = after.LastSeq
	}
	for _, l := range s.owners {
		if s.first == 0 || l.seq < s.first {
			s.first = l.seq
		}
	}
	if len(s.blanks) > 0 {
		counted-- // it may have come later, which does no harm
	}
	return s, counted, nil
}

// missing names the owners that the server counts and s does not have.
func (v *Vault) missing(ctx context.Context, s *survey) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*v.timeout)
	defer cancel()
	i, err := v.stream.Info(ctx, jetstream.WithSubjectFilter(prefix+"*"))
	if err != nil {
		return nil, err
	}
	var names []string
	for subject := range i.State.Subjects {
		owner := strings.TrimPrefix(subject, prefix)
		if _, ok := s.owners[owner]; !ok && subject != blankSubject {
			names = append(names, owner)
		}
	}
	slices.Sort(names)
	return names, nil
}

// canUnwrap tells why the keys of a row cannot be unwrapped.
func (v *Vault) canUnwrap(r row) error {
	if r.Erased {
		return nil
	}
	plain, err := v.unwrap(r)
	wipe(plain)
	return err
}

// filled tells how much of the blanks that there are can serve a Rotate to kek
// that was cut short, in bytes, and where enough bytes have been reached, 0 if
// they have not. Only blanks serve that come after everything that another KEK
// has wrapped, and what was deleted may have been that.
func (s *survey) filled(kek string, enough int) (bytes int, boundary uint64) {
	from := s.gap
	for id, seq := range s.latest {
		if id != kek {
			from = max(from, seq)
		}
	}
	for _, b := range s.blanks {
		if b.seq <= from {
			continue
		}
		if bytes += b.size; bytes >= enough {
			return bytes, b.seq
		}
	}
	return bytes, 0
}

// outdated counts the rows that are not under kek or lie before boundary.
func (s *survey) outdated(kek string, boundary uint64) (n int) {
	for _, l := range s.owners {
		if l.outdated(kek, boundary) {
			n++
		}
	}
	return n
}

func (l last) outdated(kek string, boundary uint64) bool {
	return l.kek != kek || l.seq <= boundary || l.state == unreadable
}

func (s *survey) totals() (owners, keys, gone int) {
	for _, l := range s.owners {
		if l.state == erased {
			gone++
			continue
		}
		owners++
		keys += l.keys
	}
	return owners, keys, gone
}

// damage is the error of a survey that misses somebody.
func (s *survey) damage() error {
	if len(s.missing) == 0 {
		return nil
	}
	return unusable([]trouble{s.lost()})
}

func (s *survey) lost() trouble {
	return trouble{fmt.Errorf("%w: the server has rows that it cannot read", ErrDamaged), s.missing}
}

// blocked is the error of a survey that misses somebody, or has found keys that
// would have to be wrapped anew and cannot be.
func (s *survey) blocked(kek string, boundary uint64) error {
	found := map[string]*trouble{} // by text
	for owner, err := range s.bad {
		if !s.owners[owner].outdated(kek, boundary) {
			continue
		}
		if found[err.Error()] == nil {
			found[err.Error()] = &trouble{reason: err}
		}
		found[err.Error()].owners = append(found[err.Error()].owners, owner)
	}
	var all []trouble
	if len(s.missing) > 0 {
		all = append(all, s.lost())
	}
	for _, text := range slices.Sorted(maps.Keys(found)) {
		slices.Sort(found[text].owners)
		all = append(all, *found[text])
	}
	if len(all) == 0 {
		return nil
	}
	return unusable(all)
}

// A trouble is why the keys of some owners cannot be used.
type trouble struct {
	reason error
	owners []string
}

const maxNamed = 10 // owners in an error, for each reason

func unusable(all []trouble) error {
	n := 0
	for _, t := range all {
		n += len(t.owners)
	}
	err := fmt.Errorf("the keys of %d %s cannot be used", n, []string{"person", "persons"}[min(n-1, 1)])
	for i, t := range all {
		names := strings.Join(t.owners[:min(len(t.owners), maxNamed)], ", ")
		if more := len(t.owners) - maxNamed; more > 0 {
			names += fmt.Sprintf(" and %d more", more)
		}
		err = fmt.Errorf("%w%s %w (%s)", err, []string{":", ";"}[min(i, 1)], t.reason, names)
	}
	return fmt.Errorf("%w; restore the keys from a backup, or have the data of these persons erased: it cannot be read any more", err)
}
