package eventstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
// What this store writes itself comes as soon as the server has acknowledged it,
// the rest when the server sends it; both in the order of the log, each once.
//
// Follow never skips: it survives restarts of the server and lost connections,
// and stops with ErrDamaged at a position that is missing or cannot be read. It
// also does so if the log ends before position after.
func (s *Store[D]) Follow(ctx context.Context, after uint64, f func([]D) error) error {
	return s.tapped(ctx, newFeed(s, after, 0, s.decision, f))
}

// FollowEarly is Follow that tells beforehand what will probably come next: early
// is called with a decision that this store has sent to the server, and that is
// not known to be stored. If it gets stored soon, f is called with the very same
// value next, as the first of a run. If it does not, early is called with nil, or
// with another decision, or f with others. All calls come one after the other.
func (s *Store[D]) FollowEarly(ctx context.Context, after uint64, early func(*D), f func([]D) error) error {
	fd := newFeed(s, after, 0, s.decision, f)
	fd.early = early
	return s.tapped(ctx, fd)
}

func (s *Store[D]) tapped(ctx context.Context, fd *feed[D]) error {
	fd.tap = s.taps.open(fd.early != nil)
	defer s.taps.close(fd.tap)
	return fd.follow(ctx)
}

// Replay is Follow that ends with the decision at position through. It fails
// if the log does not go that far.
func (s *Store[D]) Replay(ctx context.Context, after, through uint64, f func([]D) error) error {
	return newFeed(s, after, through, s.decision, f).replay(ctx)
}

// Verify is a Replay from the beginning that also checks the chain of every
// stream: each message must carry the hash of the one before it. It fails with
// ErrDamaged at the first position where the chain is broken.
//
// If each is not nil it is called once with every leaf, in log order, before
// anything is made of the message: it can compare the log with what is known
// of it from elsewhere. An error of it ends Verify at that position, after f
// was given what comes before.
func (s *Store[D]) Verify(ctx context.Context, through uint64, each func(Leaf) error, f func([]D) error) error {
	hashes := map[string]string{} // by stream, of its last message
	return newFeed(s, 0, through, func(r received) (d D, err error) {
		l, err := leaf(r)
		if err != nil {
			return d, err
		}
		if each != nil {
			if err := each(l); err != nil {
				return d, err
			}
		}
		m, err := readBody(r)
		if err != nil {
			return d, err
		}
		if m.Prev != hashes[m.Stream] {
			return d, fmt.Errorf("%w: position %d does not continue the history of %s", ErrDamaged, m.Seq, m.Stream)
		}
		hashes[m.Stream] = m.Hash
		return s.decode(m)
	}, f).replay(ctx)
}

func (s *Store[D]) decision(r received) (d D, err error) {
	m, err := readBody(r)
	if err != nil {
		return d, err
	}
	return s.decode(m)
}

func (s *Store[D]) decode(m Message) (D, error) {
	d, err := s.codec.Decode(m)
	if err != nil {
		return d, fmt.Errorf("decode position %d: %w", m.Seq, err)
	}
	return d, nil
}

// A feed is a reader of the log on its way. T is what it makes of a message.
type feed[T any] struct {
	link    *link
	batch   int
	logger  *slog.Logger
	after   uint64                    // the last position handed over
	through uint64                    // where to end, 0 for never
	read    func(received) (T, error) // called once for each position, in order
	f       func([]T) error
	tap     *tap[T]  // of what this store writes itself; nil if everything is read from the log
	early   func(*T) // see FollowEarly; nil if nobody wants to know
	told    drop[T]  // what early was called with last
}

func newFeed[D, T any](s *Store[D], after, through uint64, read func(received) (T, error), f func([]T) error) *feed[T] {
	return &feed[T]{link: s.link, batch: s.opts.Batch, logger: s.opts.Logger, after: after, through: through, read: read, f: f}
}

func (fd *feed[T]) replay(ctx context.Context) error {
	if fd.through <= fd.after {
		return nil
	}
	last, err := fd.link.last(ctx)
	if err != nil {
		return fmt.Errorf("eventstore: last position: %w", err)
	}
	if last < fd.through {
		return fmt.Errorf("eventstore: replay to %d: the log ends at %d", fd.through, last)
	}
	return fd.follow(ctx)
}

var (
	errBroken = errors.New("reading was interrupted") // start again after the last position
	errEnd    = errors.New("read to the end")
)

func (fd *feed[T]) follow(ctx context.Context) error {
	wait := 10 * time.Millisecond
	for {
		before := fd.after
		err := fd.consumeOnce(ctx)
		switch {
		case errors.Is(err, errEnd):
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !errors.Is(err, errBroken):
			return fmt.Errorf("eventstore: after position %d: %w", fd.after, err)
		case fd.link.wire.nc.IsClosed():
			return fmt.Errorf("eventstore: after position %d: %w", fd.after, nats.ErrConnectionClosed)
		}
		fd.logger.Warn("reading the log again", "after", fd.after, "error", err)
		if fd.after > before {
			wait = 10 * time.Millisecond
		}
		pause(ctx, wait)
		wait = min(2*wait, time.Second)
	}
}

// consumeOnce follows with one consumer, as long as that works.
func (fd *feed[T]) consumeOnce(ctx context.Context) error {
	last, err := fd.link.last(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	if last < fd.after {
		if fd.link.replicated {
			return fmt.Errorf("%w: the log ends at %d", errBroken, last)
		}
		return fmt.Errorf("%w: it ends at %d", ErrDamaged, last)
	}
	waiting, stop, err := fd.consume(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	defer stop()
	idle := time.NewTicker(fd.link.timeout)
	defer idle.Stop()
	quiet := true // nothing has come since the last tick
	late := time.NewTimer(0)
	defer late.Stop()
	defer fd.tooLate()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m := <-waiting:
			quiet = false
			if err := fd.handOver(ctx, m, waiting); err != nil {
				return err
			}
		case <-late.C:
			fd.tooLate()
		case d := <-fd.drops():
			if d.early {
				if d.seq == fd.after+1 {
					fd.told = d
					fd.early(&d.d)
					late.Reset(earlyFor)
				}
				continue
			}
			run := fd.tap.run(d, fd.after, fd.batch)
			if len(run) == 0 {
				continue
			}
			quiet = false
			if err := fd.f(run); err != nil {
				return err
			}
			fd.after += uint64(len(run))
		case <-idle.C:
			// A consumer that has died without a word looks like a quiet log, or,
			// with a tap, like one that nobody else writes to.
			if quiet {
				last, err := fd.link.last(ctx)
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

// earlyFor is how long a decision that came early may not be known to be stored.
const earlyFor = 250 * time.Millisecond

// tooLate gives up what came early and did not come then.
func (fd *feed[T]) tooLate() {
	if fd.told.seq > fd.after {
		fd.told = drop[T]{}
		fd.early(nil)
	}
}

// decoded is what a message is, the same value as before if it has come early.
func (fd *feed[T]) decoded(r received) (T, error) {
	if fd.told.is(r) {
		return fd.told.d, nil
	}
	return fd.read(r)
}

// drops are what the tap gives, if there is one. The consumer brings all of it
// again, and it is passed over then: see receive.
func (fd *feed[T]) drops() <-chan drop[T] {
	if fd.tap == nil {
		return nil
	}
	return fd.tap.drops
}

// consume starts a consumer that fills a channel, and a function that ends it.
func (fd *feed[T]) consume(ctx context.Context) (<-chan jetstream.Msg, func(), error) {
	startCtx, cancel := context.WithTimeout(ctx, fd.link.timeout)
	defer cancel()
	c, err := fd.link.js.OrderedConsumer(startCtx, streamName, jetstream.OrderedConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       fd.after + 1,
		InactiveThreshold: time.Minute,
	})
	if err != nil {
		return nil, nil, err
	}
	heartbeat := min(max(fd.link.timeout, 500*time.Millisecond), 5*time.Second)
	if fd.link.replicated { // the server that the consumer lives on may go while the others stay
		heartbeat = min(heartbeat, time.Second)
	}
	waiting := make(chan jetstream.Msg, fd.batch)
	ended := make(chan struct{})
	cc, err := c.Consume(func(m jetstream.Msg) {
		select {
		case waiting <- m:
		case <-ended:
		}
	},
		// As much is asked for as two runs, but not more bytes than a connection
		// may hold back.
		jetstream.PullMaxMessagesWithBytesLimit(2*fd.batch, 16<<20),
		jetstream.PullHeartbeat(heartbeat),
	)
	if err != nil {
		return nil, nil, err
	}
	return waiting, func() {
		close(ended)
		cc.Stop()
		<-cc.Closed()
		if info := c.CachedInfo(); info != nil {
			ctx, cancel := context.WithTimeout(context.Background(), fd.link.timeout)
			defer cancel()
			_ = fd.link.js.DeleteConsumer(ctx, streamName, info.Name) // else it expires
		}
	}, nil
}

// handOver gives first and what waits behind it to f.
func (fd *feed[T]) handOver(ctx context.Context, first jetstream.Msg, waiting <-chan jetstream.Msg) error {
	run := make([]T, 0, min(len(waiting)+1, fd.batch))
	next := fd.after + 1
	var stopped error
	for m := first; m != nil; {
		r, again, err := fd.receive(ctx, m, next)
		if err == nil && !again {
			var one T
			if one, err = fd.decoded(r); err == nil {
				run = append(run, one)
				next++
			}
		}
		if err != nil {
			stopped = err
			break
		}
		if next-1 == fd.through {
			stopped = errEnd
			break
		}
		m = nil
		if len(run) < fd.batch {
			select {
			case m = <-waiting:
			default:
			}
		}
	}
	if len(run) > 0 {
		if err := fd.f(run); err != nil {
			return err
		}
		fd.after = next - 1
	}
	return stopped
}

// receive takes the message at position want. It tells of one that was handed
// over before.
func (fd *feed[T]) receive(ctx context.Context, m jetstream.Msg, want uint64) (r received, again bool, err error) {
	md, err := m.Metadata()
	if err != nil {
		return r, false, fmt.Errorf("%w: %w", errBroken, err)
	}
	switch seq := md.Sequence.Stream; {
	case seq < want:
		return r, true, nil
	case seq > want:
		// Did the consumer jump, or is there nothing?
		found, err := fd.link.at(ctx, want)
		if err == nil && found.Seq == 0 && fd.link.replicated {
			// A leader that was cut off and does not know it yet lags behind the
			// copy that the consumer reads.
			var last uint64
			if last, err = fd.link.last(ctx); err == nil && last < seq {
				err = errBroken
			}
		}
		if err == nil && found.Seq == 0 {
			return r, false, fmt.Errorf("%w: position %d is missing", ErrDamaged, want)
		}
		return r, false, fmt.Errorf("%w: position %d came instead of %d", errBroken, seq, want)
	}
	return received{m.Subject(), want, md.Timestamp, m.Data()}, false, nil
}
