package eventstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Follow calls f with each run of consecutive decisions after position after,
// in log order, until ctx ends, whose error it returns, or f fails. A run is
// as long as what is waiting, at most Options.Batch: a reader that catches up
// gets long ones, one that is up to date gets each decision at once. The slice
// is f's own.
//
// Follow never skips: it survives restarts of the server and lost connections,
// and stops with ErrDamaged at a position that is missing or cannot be read. It
// also does so if the log ends before position after.
func (s *Store[D]) Follow(ctx context.Context, after uint64, f func([]D) error) error {
	return s.follow(ctx, &feed[D]{after: after}, f)
}

// Replay is Follow that ends with the decision at position through. It fails
// if the log does not go that far.
func (s *Store[D]) Replay(ctx context.Context, after, through uint64, f func([]D) error) error {
	return s.replay(ctx, &feed[D]{after: after, through: through}, f)
}

// Verify is a Replay from the beginning that also checks the chain of every
// stream: each message must carry the hash of the one before it. It fails with
// ErrDamaged at the first position where the chain is broken.
func (s *Store[D]) Verify(ctx context.Context, through uint64, f func([]D) error) error {
	hashes := map[string]string{} // by stream, of its last message
	return s.replay(ctx, &feed[D]{through: through, check: func(m Message) error {
		if m.Prev != hashes[m.Stream] {
			return fmt.Errorf("%w: position %d does not continue the history of %s", ErrDamaged, m.Seq, m.Stream)
		}
		hashes[m.Stream] = m.Hash
		return nil
	}}, f)
}

func (s *Store[D]) replay(ctx context.Context, fd *feed[D], f func([]D) error) error {
	if fd.through <= fd.after {
		return nil
	}
	last, err := s.Last(ctx)
	if err != nil {
		return err
	}
	if last < fd.through {
		return fmt.Errorf("eventstore: replay to %d: the log ends at %d", fd.through, last)
	}
	return s.follow(ctx, fd, f)
}

// A feed is a reader on its way.
type feed[D any] struct {
	after   uint64              // the last position handed over
	through uint64              // where to end, 0 for never
	check   func(Message) error // what must be true of each message; may be nil
}

var (
	errBroken = errors.New("reading was interrupted") // start again after the last position
	errEnd    = errors.New("read to the end")
)

func (s *Store[D]) follow(ctx context.Context, fd *feed[D], f func([]D) error) error {
	wait := 10 * time.Millisecond
	for {
		before := fd.after
		err := s.read(ctx, fd, f)
		switch {
		case errors.Is(err, errEnd):
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !errors.Is(err, errBroken):
			return fmt.Errorf("eventstore: after position %d: %w", fd.after, err)
		case s.link.wire.nc.IsClosed():
			return fmt.Errorf("eventstore: after position %d: %w", fd.after, nats.ErrConnectionClosed)
		}
		s.opts.Logger.Warn("reading the log again", "after", fd.after, "error", err)
		if fd.after > before {
			wait = 10 * time.Millisecond
		}
		pause(ctx, wait)
		wait = min(2*wait, time.Second)
	}
}

// read follows with one consumer, as long as that works.
func (s *Store[D]) read(ctx context.Context, fd *feed[D], f func([]D) error) error {
	last, err := s.link.last(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	if last < fd.after {
		if s.link.replicated {
			return fmt.Errorf("%w: the log ends at %d", errBroken, last)
		}
		return fmt.Errorf("%w: it ends at %d", ErrDamaged, last)
	}
	waiting, stop, err := s.consume(ctx, fd.after)
	if err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	defer stop()
	idle := time.NewTicker(s.opts.Timeout)
	defer idle.Stop()
	quiet := true // nothing has come since the last tick
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m := <-waiting:
			quiet = false
			if err := s.handOver(ctx, fd, m, waiting, f); err != nil {
				return err
			}
		case <-idle.C:
			// A consumer that has died without a word looks like a quiet log.
			if quiet {
				last, err := s.link.last(ctx)
				if err != nil {
					return fmt.Errorf("%w: %w", errBroken, err)
				}
				if last > fd.after && len(waiting) == 0 {
					return fmt.Errorf("%w: silent before position %d", errBroken, last)
				}
			}
			quiet = true
		}
	}
}

// consume starts a consumer that fills a channel, and a function that ends it.
func (s *Store[D]) consume(ctx context.Context, after uint64) (<-chan jetstream.Msg, func(), error) {
	startCtx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	c, err := s.link.js.OrderedConsumer(startCtx, streamName, jetstream.OrderedConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       after + 1,
		InactiveThreshold: time.Minute,
	})
	if err != nil {
		return nil, nil, err
	}
	waiting := make(chan jetstream.Msg, s.opts.Batch)
	ended := make(chan struct{})
	cc, err := c.Consume(func(m jetstream.Msg) {
		select {
		case waiting <- m:
		case <-ended:
		}
	},
		// As much is asked for as two runs, but not more bytes than a connection
		// may hold back.
		jetstream.PullMaxMessagesWithBytesLimit(2*s.opts.Batch, 16<<20),
		jetstream.PullHeartbeat(min(max(s.opts.Timeout, 500*time.Millisecond), 5*time.Second)),
	)
	if err != nil {
		return nil, nil, err
	}
	return waiting, func() {
		close(ended)
		cc.Stop()
		<-cc.Closed()
		if info := c.CachedInfo(); info != nil {
			ctx, cancel := context.WithTimeout(context.Background(), s.opts.Timeout)
			defer cancel()
			_ = s.link.js.DeleteConsumer(ctx, streamName, info.Name) // else it expires
		}
	}, nil
}

// handOver gives first and what waits behind it to f.
func (s *Store[D]) handOver(ctx context.Context, fd *feed[D], first jetstream.Msg, waiting <-chan jetstream.Msg, f func([]D) error) error {
	run := make([]D, 0, min(len(waiting)+1, s.opts.Batch))
	next := fd.after + 1
	var stopped error
	for m := first; m != nil; {
		d, err := s.decode(ctx, fd, m, next)
		if err != nil {
			stopped = err
			break
		}
		if d != nil {
			run = append(run, *d)
			next++
		}
		if next-1 == fd.through {
			stopped = errEnd
			break
		}
		m = nil
		if len(run) < s.opts.Batch {
			select {
			case m = <-waiting:
			default:
			}
		}
	}
	if len(run) > 0 {
		if err := f(run); err != nil {
			return err
		}
		fd.after = next - 1
	}
	return stopped
}

// decode reads the message at position want. It returns nil for one that was
// handed over before.
func (s *Store[D]) decode(ctx context.Context, fd *feed[D], m jetstream.Msg, want uint64) (*D, error) {
	md, err := m.Metadata()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	switch seq := md.Sequence.Stream; {
	case seq < want:
		return nil, nil
	case seq > want:
		// Did the consumer jump, or is there nothing?
		found, err := s.link.at(ctx, want)
		if err == nil && found.Seq == 0 {
			return nil, fmt.Errorf("%w: position %d is missing", ErrDamaged, want)
		}
		return nil, fmt.Errorf("%w: position %d came instead of %d", errBroken, seq, want)
	}
	msg, err := unseal(m.Subject(), want, md.Timestamp, m.Data())
	if err != nil {
		return nil, err
	}
	if fd.check != nil {
		if err := fd.check(msg); err != nil {
			return nil, err
		}
	}
	d, err := s.codec.Decode(msg)
	if err != nil {
		return nil, fmt.Errorf("decode position %d: %w", want, err)
	}
	return &d, nil
}
