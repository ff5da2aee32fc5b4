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
