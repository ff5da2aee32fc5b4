package vault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// info asks for the state of the stream.
func (l *link) info(ctx context.Context) (jetstream.StreamState, error) {
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	i, err := l.stream.Info(ctx)
	if err != nil {
		return jetstream.StreamState{}, err
	}
	return i.State, nil
}

// scan passes every message from one position through another to f, in the
// order of the stream. Owner is empty for a blank. What has been deleted does
// not come, nor does what the server cannot read: it does not tell.
//
// It does not ask for the last message of each subject only: nats-server
// 2.15.2 then stops at the first one that was deleted meanwhile.
func (l *link) scan(ctx context.Context, from, through uint64, f func(owner string, seq uint64, body []byte) error) error {
	from = max(from, 1)
	if from > through {
		return nil
	}
	start, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	consumer, err := l.js.OrderedConsumer(start, streamName, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: from, InactiveThreshold: 30 * time.Second,
	})
	if err != nil {
		return err
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(1000))
	if err != nil {
		return err
	}
	defer messages.Stop()
	for at := from; at <= through; at++ {
		m, err := l.await(ctx, messages, at, through)
		if err != nil {
			return fmt.Errorf("reading the key stream: %w", err)
		}
		if m == nil {
			return nil
		}
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		if at = meta.Sequence.Stream; at > through {
			return nil
		}
		owner := strings.TrimPrefix(m.Subject(), prefix)
		if m.Subject() == blankSubject {
			owner = ""
		}
		if err := f(owner, at, m.Data()); err != nil {
			return err
		}
	}
	return nil
}

const idle = 200 * time.Millisecond

// await gives the next message, or nil if there is none from one position
// through another: the last ones may have been deleted.
func (l *link) await(ctx context.Context, messages jetstream.MessagesContext, from, through uint64) (jetstream.Msg, error) {
	for end := time.Now().Add(l.timeout); ; {
		wait, cancel := context.WithTimeout(ctx, idle)
		m, err := messages.Next(jetstream.NextContext(wait))
		cancel()
		if err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			return m, err
		}
		next, err := l.next(ctx, "*", from)
		if err != nil || next == nil || next.Sequence > through {
			return nil, err
		}
		if time.Now().After(end) {
			return nil, fmt.Errorf("nothing comes after position %d: %w", from-1, context.DeadlineExceeded)
		}
	}
}

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
	first   uint64   // the lowest position of a last row
	through uint64   // up to where everything was looked at
	missing []string // owners that the server knows but cannot read
}

// survey looks at all owners that there are when it is called, and at some who
// come later.
func (v *Vault) survey(ctx context.Context) (*survey, error) {
	for attempt := 1; ; attempt++ {
		s, counted, err := v.look(ctx)
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
func (v *Vault) look(ctx context.Context) (_ *survey, counted uint64, err error) {
	before, err := v.info(ctx)
	if err != nil || before.Msgs == 0 {
		return &survey{}, 0, err
	}
	counted = before.NumSubjects
	s := &survey{owners: make(map[string]last, counted)}
	names := map[string]string{} // so that equal names share memory
	share := func(name string) string {
		if _, ok := names[name]; !ok {
			names[name] = name
		}
		return names[name]
	}
	blank := false
	note := func(owner string, seq uint64, body []byte) error {
		if owner == "" {
			blank = true
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
	for _, l := range s.owners {
		if s.first == 0 || l.seq < s.first {
			s.first = l.seq
		}
	}
	if blank {
		counted-- // it may have come later, which does no harm
	}
	return s, counted, nil
}

// count tells how many messages of an owner the server knows, readable or not.
func (l *link) count(ctx context.Context, owner string) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	i, err := l.stream.Info(ctx, jetstream.WithSubjectFilter(prefix+owner))
	if err != nil {
		return 0, err
	}
	return i.State.Subjects[prefix+owner], nil
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

// damage is the error of a survey that misses somebody.
func (s *survey) damage() error {
	if len(s.missing) == 0 {
		return nil
	}
	return fmt.Errorf("%w: the server cannot read the keys of %d owners any more (%s); restore it from a backup, or, if there is none, erase them",
		ErrDamaged, len(s.missing), strings.Join(s.missing[:min(len(s.missing), maxNamed)], ", "))
}

const maxNamed = 10 // owners in an error
