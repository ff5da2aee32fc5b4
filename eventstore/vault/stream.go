package vault

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"nrm/eventstore/role"
	"nrm/eventstore/wanted"
)

const (
	streamName = "NRMKEYS"
	prefix     = "nrmkeys." // of every subject; an owner follows

	// blankSubject is of messages without a meaning, see Rotate. No owner has a
	// name like this.
	blankSubject = prefix + "~blank"
)

// wants is a stream that keeps everything until it is told not to, and keeps
// nothing of what it is told to forget.
var wants = wanted.Stream{
	Settings: jetstream.StreamConfig{
		Name:               streamName,
		Description:        "wrapped keys of persons; deleting this stream erases everybody",
		Subjects:           []string{prefix + "*"},
		Storage:            jetstream.FileStorage,
		Retention:          jetstream.LimitsPolicy,
		Discard:            jetstream.DiscardNew, // at a limit the server refuses; it never drops
		MaxMsgs:            -1,
		MaxBytes:           -1,
		MaxMsgsPerSubject:  -1, // the server would drop old rows without erasing them
		MaxMsgSize:         -1,
		MaxConsumers:       -1,
		Replicas:           1,
		Duplicates:         2 * time.Minute,
		AllowAtomicPublish: true,
		AllowDirect:        false, // only the leader answers: a follower may not know of an erasure yet
	},
	Free:   []string{"Duplicates"},
	Unsafe: ErrUnsafe, Exists: ErrExists,
}

// Init creates the key stream, empty, with 1, 3 or 5 replicas (0 is 1). It fails
// with ErrExists if there is one, and is the only place that ever creates it.
func Init(ctx context.Context, nc *nats.Conn, replicas int) error {
	if err := wants.Init(ctx, nc, max(replicas, 1)); err != nil {
		return fmt.Errorf("vault: init: %w", err)
	}
	return nil
}

// checkRole refuses a stream that is not to be written. To look at it is no
// matter of its role.
func checkRole(got jetstream.StreamConfig, lookOnly bool) (jetstream.StreamConfig, error) {
	if lookOnly {
		return role.Writable(got, wants.Settings), nil
	}
	if err := role.Check(got); err != nil {
		return got, fmt.Errorf("the key stream is not to be written: %w", err)
	}
	return got, nil
}

// A link speaks with the key stream.
type link struct {
	nc       *nats.Conn
	js       jetstream.JetStream
	stream   jetstream.Stream
	timeout  time.Duration // of each exchange
	patience time.Duration // with one attempt at it
}

// last reads an owner's last message, nil if there is none.
func (l *link) last(ctx context.Context, owner string) (*jetstream.RawStreamMsg, error) {
	return l.get(ctx, func(ctx context.Context) (*jetstream.RawStreamMsg, error) {
		return l.stream.GetLastMsgForSubject(ctx, prefix+owner)
	})
}

// next reads an owner's, or with "*" anybody's, first message at seq or later, nil if there is none.
func (l *link) next(ctx context.Context, owner string, seq uint64) (*jetstream.RawStreamMsg, error) {
	return l.get(ctx, func(ctx context.Context) (*jetstream.RawStreamMsg, error) {
		return l.stream.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(prefix+owner))
	})
}

func (l *link) get(ctx context.Context, ask func(context.Context) (*jetstream.RawStreamMsg, error)) (m *jetstream.RawStreamMsg, err error) {
	err = l.again(ctx, func(ctx context.Context) (err error) {
		m, err = ask(ctx)
		return err
	})
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	return m, err
}

// again does an exchange that can be repeated, until it is answered or timeout is
// over: what is asked while servers elect a leader is never answered.
func (l *link) again(ctx context.Context, exchange func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	for {
		attempt, end := context.WithTimeout(ctx, l.patience)
		err := exchange(attempt)
		end()
		if !l.unanswered(err) || pause(ctx, 10) != nil {
			return err
		}
	}
}

// unanswered tells an exchange that nobody answered from one that failed, where
// it is worth asking again: of one server alone it is not.
func (l *link) unanswered(err error) bool {
	var api *jetstream.APIError
	return err != nil && l.patience < l.timeout &&
		(!errors.As(err, &api) || api.Code == 503 || api.ErrorCode == codeInProcess) && !errors.Is(err, nats.ErrMaxPayload) && !errors.Is(err, nats.ErrConnectionClosed)
}

const codeInProcess = 10158 // an attempt with the same id is under way in a cluster

// publish stores an owner's row if the last one is still that of seq, 0 if
// there must be none; if seq is nil, in any case. Unless ok, somebody was first.
func (l *link) publish(ctx context.Context, owner string, body []byte, seq *uint64) (stored uint64, ok bool, err error) {
	id := rand.Text()
	unclear := false // an attempt may have been stored
	err = l.again(ctx, func(ctx context.Context) error {
		opts := []jetstream.PublishOpt{jetstream.WithExpectStream(streamName), jetstream.WithMsgID(id)}
		if seq != nil {
			opts = append(opts, jetstream.WithExpectLastSequencePerSubject(*seq))
		}
		ack, err := l.js.Publish(ctx, prefix+owner, body, opts...)
		if err == nil {
			stored, ok = ack.Sequence, true
			return nil
		}
		if !isConflict(err) {
			unclear = true
			return err
		}
		if unclear { // was it ourselves?
			m, err := l.stream.GetLastMsgForSubject(ctx, prefix+owner)
			if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
				return err
			}
			if err == nil && m.Header.Get(jetstream.MsgIDHeader) == id {
				stored, ok = m.Sequence, true
			}
		}
		return nil
	})
	return stored, ok, err
}

// isConflict knows both answers to a wrong expectation: that of one server and
// that of a cluster with another write under way.
func isConflict(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// pause waits a little before another attempt.
func pause(ctx context.Context, attempt int) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Duration(attempt) * 5 * time.Millisecond):
		return nil
	}
}
