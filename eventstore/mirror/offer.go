package mirror

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"nrm/eventstore"
	"nrm/eventstore/role"
)

// Offer lets the follower with this public NKey copy the streams that nc
// reaches: it makes one consumer of each, which delivers to the follower and to
// nobody else. The follower itself could not: whoever may make consumers can
// have what is stored sent to any subject. Offering again changes nothing.
func Offer(ctx context.Context, nc *nats.Conn, key string) error {
	for _, s := range streams() {
		body, err := json.Marshal(map[string]any{
			"stream_name": s.Name,
			"config": map[string]any{
				"name": eventstore.CopyConsumer(key), "durable_name": eventstore.CopyConsumer(key),
				"description":     "delivers to a follower",
				"deliver_subject": deliver(key, s.Name),
				"deliver_policy":  "all", "replay_policy": "instant",
				"ack_policy": "flow_control", "flow_control": true, "idle_heartbeat": time.Second, "max_ack_pending": 5000,
			},
		})
		if err == nil {
			err = request(ctx, nc, "$JS.API.CONSUMER.CREATE."+s.Name+"."+eventstore.CopyConsumer(key), body)
		}
		if err != nil {
			return fmt.Errorf("mirror: offer %s: %w", s.Name, err)
		}
	}
	return nil
}

// Followers lists the public NKeys of all followers that may copy the log.
func Followers(ctx context.Context, nc *nats.Conn) (keys []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("mirror: followers: %w", err)
	}
	s, err := js.Stream(ctx, eventstore.Settings(1).Name)
	if err != nil {
		return nil, fmt.Errorf("mirror: followers: %w", err)
	}
	names := s.ConsumerNames(ctx)
	for name := range names.Name() {
		if key, ok := strings.CutPrefix(name, eventstore.CopyConsumer("")); ok {
			keys = append(keys, key)
		}
	}
	if err := names.Err(); err != nil {
		return nil, fmt.Errorf("mirror: followers: %w", err)
	}
	slices.Sort(keys)
	return keys, nil
}

func deliver(key, stream string) string { return eventstore.CopySubject(key, "deliver."+stream) }

// request asks the JetStream API something that the client library cannot.
func request(ctx context.Context, nc *nats.Conn, subject string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	m, err := nc.RequestWithContext(ctx, subject, body)
	if err != nil {
		return denied(nc, subject, err)
	}
	var failed struct {
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(m.Data, &failed); err != nil {
		return err
	}
	if failed.Error != nil {
		return failed.Error
	}
	return nil
}

// denied explains why a question had no answer, if that is because it was not let
// through: nobody says so to who waits for the answer. The connection keeps the
// last error for as long as it lives, so it must be one about this subject.
func denied(nc *nats.Conn, subject string, err error) error {
	if why := nc.LastError(); errors.Is(why, nats.ErrPermissionViolation) && strings.Contains(why.Error(), `"`+subject+`"`) {
		return fmt.Errorf("%w: %w", ErrDenied, why)
	}
	return err
}

// HandOver closes the register for good, so that it can go on in a copy: from
// then on nothing can be appended, by whomever, and only followers and those who
// look can use it. Whoever writes to it should have stopped before. It returns
// the last position. Doing it again changes nothing.
func HandOver(ctx context.Context, nc *nats.Conn) (last uint64, err error) {
	err = change(ctx, nc, func(c, _ jetstream.StreamConfig) (jetstream.StreamConfig, error) {
		if c.Mirror != nil {
			return c, role.ErrCopy
		}
		return role.Closed(c), nil
	})
	if err != nil {
		return 0, fmt.Errorf("mirror: hand over: %w", err)
	}
	i, err := local(nc).Info(ctx, eventstore.Settings(1).Name)
	return i.State.LastSeq, err
}

// TakeBack opens a register again that was handed over, if the copy has not
// taken over and never will: nothing here can know that.
func TakeBack(ctx context.Context, nc *nats.Conn) error {
	err := change(ctx, nc, func(c, want jetstream.StreamConfig) (jetstream.StreamConfig, error) {
		if c.Mirror != nil {
			return c, role.ErrCopy
		}
		return role.Writable(c, want), nil
	})
	if err != nil {
		return fmt.Errorf("mirror: take back: %w", err)
	}
	return nil
}

// Progress tells how far the follower with this key has confirmed the streams,
// and whether that is all of them.
func Progress(ctx context.Context, nc *nats.Conn, key string) (position uint64, complete bool, err error) {
	complete = true
	for _, s := range streams() {
		var i jetstream.ConsumerInfo
		if err := local(nc).ask(ctx, "CONSUMER.INFO."+s.Name+"."+eventstore.CopyConsumer(key), nil, &i); err != nil {
			return 0, false, err
		}
		if isLog(s.Name) {
			position = i.AckFloor.Stream
		}
		complete = complete && i.NumPending == 0 && i.NumAckPending == 0
	}
	return position, complete, nil
}

// Promote makes writable streams of the copies that nc reaches, with the same
// positions. Who calls it has made sure that the register is not written
// elsewhere any more. It fails, and changes nothing, if a position of the log is
// missing. What was promoted stays as it is.
func Promote(ctx context.Context, nc *nats.Conn) error {
	i, err := local(nc).Info(ctx, eventstore.Settings(1).Name)
	if err == nil {
		if err = contiguous(i.State); err != nil {
			return err
		}
		err = change(ctx, nc, func(c, want jetstream.StreamConfig) (jetstream.StreamConfig, error) {
			return role.Writable(c, want), nil
		})
	}
	if err != nil {
		return fmt.Errorf("mirror: promote: %w", err)
	}
	return nil
}

func contiguous(s jetstream.StreamState) error {
	if s.LastSeq > 0 && (s.FirstSeq != 1 || s.Msgs != s.LastSeq) {
		return fmt.Errorf("mirror: %w: the copy of the log starts at position %d, ends at %d and holds %d messages: some are missing", eventstore.ErrDamaged, s.FirstSeq, s.LastSeq, s.Msgs)
	}
	return nil
}

// change changes the settings of both streams, the log first.
func change(ctx context.Context, nc *nats.Conn, to func(c, want jetstream.StreamConfig) (jetstream.StreamConfig, error)) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	for _, want := range streams() {
		ctx, cancel := context.WithTimeout(ctx, 2*askTimeout)
		defer cancel()
		s, err := js.Stream(ctx, want.Name)
		if err != nil {
			return fmt.Errorf("%s: %w", want.Name, err)
		}
		config, err := to(s.CachedInfo().Config, want)
		if err == nil {
			_, err = js.UpdateStream(ctx, config)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", want.Name, err)
		}
	}
	return nil
}
