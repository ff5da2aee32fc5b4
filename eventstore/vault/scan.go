package vault

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// info asks for the state of the stream.
func (l *link) info(ctx context.Context) (jetstream.StreamState, error) {
	i, err := l.state(ctx)
	if err != nil {
		return jetstream.StreamState{}, err
	}
	return i.State, nil
}

func (l *link) state(ctx context.Context, opts ...jetstream.StreamInfoOpt) (i *jetstream.StreamInfo, err error) {
	err = l.again(ctx, func(ctx context.Context) (err error) {
		i, err = l.stream.Info(ctx, opts...)
		return err
	})
	return i, err
}

// scan passes every message from one position through another to f, in the
// order of the stream. Owner is empty for a blank. What has been deleted does
// not come, nor does what the server cannot read: it does not tell.
//
// It does not ask for the last message of each subject only: nats-server
// 2.15.2 then stops at the first one that was deleted meanwhile.
func (l *link) scan(ctx context.Context, from, through uint64, f func(owner string, seq uint64, body []byte) error) error {
	from = max(from, 1)
	for began, before := time.Now(), from; from <= through; {
		next, err := l.scanOnce(ctx, from, through, f)
		if !errors.Is(err, errStalled) {
			return err
		}
		if from = next; from > before {
			began, before = time.Now(), from
		}
		if time.Since(began) > l.timeout {
			return fmt.Errorf("reading the key stream: %w after position %d: %w", err, from-1, context.DeadlineExceeded)
		}
	}
	return nil
}

var errStalled = errors.New("nothing comes")

// scanOnce reads with one consumer, as long as that works, and tells where to go
// on from.
func (l *link) scanOnce(ctx context.Context, from, through uint64, f func(owner string, seq uint64, body []byte) error) (next uint64, err error) {
	start, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	consumer, err := l.js.OrderedConsumer(start, streamName, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: from, InactiveThreshold: 30 * time.Second,
	})
	if err != nil {
		return from, err
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(1000))
	if err != nil {
		return from, err
	}
	defer messages.Stop()
	for at := from; at <= through; at++ {
		m, err := l.await(ctx, messages, at, through)
		if errors.Is(err, errStalled) {
			return at, err
		}
		if err != nil {
			return at, fmt.Errorf("reading the key stream: %w", err)
		}
		if m == nil {
			return at, nil
		}
		meta, err := m.Metadata()
		if err != nil {
			return at, err
		}
		if at = meta.Sequence.Stream; at > through {
			return at, nil
		}
		owner := strings.TrimPrefix(m.Subject(), prefix)
		if m.Subject() == blankSubject {
			owner = ""
		}
		if err := f(owner, at, m.Data()); err != nil {
			return at, err
		}
	}
	return through + 1, nil
}

const idle = 200 * time.Millisecond

// await gives the next message, or nil if there is none from one position
// through another: the last ones may have been deleted. What was asked of a
// consumer that the cluster had not yet told of everywhere is never answered:
// then it fails with errStalled.
func (l *link) await(ctx context.Context, messages jetstream.MessagesContext, from, through uint64) (jetstream.Msg, error) {
	for end := time.Now().Add(l.patience); ; {
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
			return nil, errStalled
		}
	}
}

// count tells how many messages of an owner the server knows, readable or not.
func (l *link) count(ctx context.Context, owner string) (uint64, error) {
	i, err := l.state(ctx, jetstream.WithSubjectFilter(prefix+owner))
	if err != nil {
		return 0, err
	}
	return i.State.Subjects[prefix+owner], nil
}
