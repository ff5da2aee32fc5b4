package vault

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Watch drops from memory the keys of whoever another process erases, as soon as
// that is stored, until ctx ends, whose error it returns. After an interruption
// it drops everything, since nobody knows what it has missed. Then is told of
// each owner that was dropped, and "" for all; it must not block.
func (v *Vault) Watch(ctx context.Context, then func(owner string)) error {
	for wait := 100 * time.Millisecond; ; {
		began := time.Now()
		err := v.watch(ctx, then)
		if ctx.Err() != nil {
			return fmt.Errorf("vault: watch: %w", ctx.Err())
		}
		v.cache.dropAll()
		then("")
		v.log.Warn("erasures by others are watched anew", "error", err)
		if time.Since(began) > time.Minute {
			wait = 100 * time.Millisecond
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, 5*time.Second)
	}
}

// watch ends when the rows cannot be followed any further.
func (v *Vault) watch(ctx context.Context, then func(owner string)) error {
	state, err := v.info(ctx)
	if err != nil {
		return err
	}
	start, cancel := context.WithTimeout(ctx, v.timeout)
	defer cancel()
	consumer, err := v.js.OrderedConsumer(start, streamName, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: state.LastSeq + 1,
		InactiveThreshold: time.Minute, MaxResetAttempts: 3,
	})
	if err != nil {
		return err
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(1000), jetstream.PullHeartbeat(time.Second))
	if err != nil {
		return err
	}
	defer messages.Stop()
	v.cache.dropAll() // what came before the first row that will be seen
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		if m.Subject() == blankSubject {
			continue
		}
		owner := strings.TrimPrefix(m.Subject(), prefix)
		// A row that makes no sense may be anything.
		if r, err := parseRow(owner, m.Data()); err != nil || r.Erased {
			v.Forget(owner)
			then(owner)
		}
	}
}
