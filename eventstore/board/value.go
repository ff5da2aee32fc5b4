package board

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A deleted value leaves a mark for a while, so that who is late with a change
// of it, having read it before, meets the deletion and not nothing.
const (
	headerMark = "Nrm-Board"
	markText   = "deleted"
	markLasts  = 10 * time.Minute
)

// Get reads a value, as the leader of the stream has it: after a Put has
// returned, anywhere, no Get answers what was before. One case is different: a
// leader that is cut off from the other servers takes up to ten seconds to
// notice, and whoever reaches only that one is answered what it still knows. A
// change is never accepted there.
//
// It fails with ErrUnavailable if nobody answers within Options.Timeout.
func (b *Board) Get(ctx context.Context, key string) (Value, error) {
	if err := checkKey(key); err != nil {
		return Value{}, fmt.Errorf("board: get: %w", err)
	}
	m, err := b.last(ctx, key)
	if err != nil {
		return Value{}, fmt.Errorf("board: get %s: %w", key, err)
	}
	return valueOf(m), nil
}

// Put replaces the value of the given revision, 0 if there must be none, and
// returns the new one's. It fails with ErrConflict unless that is the latest
// revision. When it returns, the value is on disk, on most of the servers. The
// value lasts for ever, or with lasts above 0 so long, rounded up to seconds; a
// value that has lasted its time is no longer there.
//
// A Put that is not answered is repeated until it is known what has become of
// it, for as long as Options.Timeout; then it fails with ErrUnavailable.
func (b *Board) Put(ctx context.Context, key string, data []byte, revision uint64, lasts time.Duration) (uint64, error) {
	if err := checkKey(key); err != nil {
		return 0, fmt.Errorf("board: put: %w", err)
	}
	stored, err := b.put(ctx, key, &nats.Msg{Data: data}, revision, lasts)
	if revision == 0 && errors.Is(err, ErrConflict) { // perhaps with a mark, which is as good as nothing
		m, failed := b.last(ctx, key)
		if failed != nil {
			err = failed
		} else if isMark(m) {
			stored, err = b.put(ctx, key, &nats.Msg{Data: data}, m.Sequence, lasts)
		}
	}
	if err != nil {
		return 0, fmt.Errorf("board: put %s: %w", key, err)
	}
	return stored, nil
}

// Delete removes the value of the given revision, with ErrConflict unless that
// is the latest. Otherwise it is as Put.
func (b *Board) Delete(ctx context.Context, key string, revision uint64) error {
	if err := checkKey(key); err != nil {
		return fmt.Errorf("board: delete: %w", err)
	}
	if _, err := b.mark(ctx, key, revision); err != nil {
		return fmt.Errorf("board: delete %s: %w", key, err)
	}
	return nil
}

// mark puts the mark of a deletion.
func (b *Board) mark(ctx context.Context, key string, revision uint64) (uint64, error) {
	return b.put(ctx, key, &nats.Msg{Header: nats.Header{headerMark: {markText}}}, revision, markLasts)
}

func isMark(m *jetstream.RawStreamMsg) bool { return m != nil && m.Header.Get(headerMark) == markText }

func valueOf(m *jetstream.RawStreamMsg) Value {
	if m == nil || isMark(m) {
		return Value{}
	}
	return Value{m.Data, m.Sequence}
}

// last reads the last message of a key, nil if there is none. It asks again
// until Options.Timeout is over.
func (b *Board) last(ctx context.Context, key string) (*jetstream.RawStreamMsg, error) {
	ctx, cancel := context.WithTimeout(ctx, b.opts.Timeout)
	defer cancel()
	for attempt := 1; ; attempt++ {
		m, err := b.ask(ctx, key)
		if err == nil {
			return m, nil
		}
		if pause(ctx, attempt) != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
	}
}

func (b *Board) ask(ctx context.Context, key string) (*jetstream.RawStreamMsg, error) {
	ctx, cancel := context.WithTimeout(ctx, b.patience())
	defer cancel()
	m, err := b.stream.GetLastMsgForSubject(ctx, prefix+key)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	return m, err
}

// patience is the time that one attempt is given: a question that was asked
// while the servers had no leader is never answered.
func (b *Board) patience() time.Duration { return max(b.opts.Timeout/4, 100*time.Millisecond) }

// put stores m as the last message of a key, if the one before has the given
// sequence. The message carries an id, by which it is found if it was stored and
// the answer lost: the server knows the ids of the last minutes, and the message
// itself shows it for as long as it is the last.
func (b *Board) put(ctx context.Context, key string, m *nats.Msg, revision uint64, lasts time.Duration) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, b.opts.Timeout)
	defer cancel()
	m.Subject = prefix + key
	id := rand.Text()
	var unclear error // of an attempt that may have been stored
	for attempt := 1; ; attempt++ {
		seq, err := b.publish(ctx, m, id, revision, lasts)
		if err == nil {
			return seq, nil
		}
		if isRefusal(err) {
			return 0, err
		}
		if isConflict(err) {
			if unclear == nil {
				return 0, ErrConflict
			}
			last, gone := b.last(ctx, key)
			switch {
			case gone != nil:
				err = gone
			case last != nil && last.Header.Get(jetstream.MsgIDHeader) == id:
				return last.Sequence, nil
			default:
				return 0, ErrConflict
			}
		} else {
			unclear = err
		}
		if pause(ctx, attempt) != nil {
			return 0, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
	}
}

func (b *Board) publish(ctx context.Context, m *nats.Msg, id string, revision uint64, lasts time.Duration) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, b.patience())
	defer cancel()
	opts := []jetstream.PublishOpt{
		jetstream.WithExpectStream(streamName), jetstream.WithMsgID(id), jetstream.WithExpectLastSequencePerSubject(revision),
	}
	if lasts > 0 {
		opts = append(opts, jetstream.WithMsgTTL((lasts + time.Second - 1).Truncate(time.Second)))
	}
	attempt := *m // PublishMsg writes headers into it
	attempt.Header = nats.Header{}
	for name, values := range m.Header {
		attempt.Header[name] = values
	}
	ack, err := b.js.PublishMsg(ctx, &attempt, opts...)
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

// isConflict knows both answers to a wrong expectation: that of one server and
// that of a cluster with another write under way.
func isConflict(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// isRefusal knows what no repetition makes better.
func isRefusal(err error) bool {
	var api *jetstream.APIError
	return errors.Is(err, nats.ErrMaxPayload) || errors.As(err, &api) && api.Code == 400 && !isConflict(err)
}

// pause waits a little before another attempt.
func pause(ctx context.Context, attempt int) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(min(time.Duration(attempt)*10*time.Millisecond, 100*time.Millisecond)):
		return nil
	}
}
