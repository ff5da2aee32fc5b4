package board

import (
	"context"
	"fmt"
	"time"
)

// watchEvery is how often Watch asks. It asks, and does not wait to be told,
// because a subscription that has died without a word looks like a value that
// does not change.
const watchEvery = 250 * time.Millisecond

// Watch calls f with the value as it is now, also if there is none, and with
// each newer one, until ctx ends, whose error it returns, or f fails. Of several
// changes within a quarter of a second it may see only the last. While nobody
// answers it goes on asking.
func (b *Board) Watch(ctx context.Context, key string, f func(Value) error) error {
	if err := checkKey(key); err != nil {
		return fmt.Errorf("board: watch: %w", err)
	}
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	var seen Value
	silent, first := false, true
	for {
		v, err := b.Get(ctx, key)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !silent:
			b.opts.Logger.Warn("the board does not answer", "key", key, "error", err)
		case err == nil && silent:
			b.opts.Logger.Info("the board answers again", "key", key)
		}
		silent = err != nil
		// A smaller revision is what a leader says that does not know yet that it
		// is none any more.
		if newer := v.Revision > seen.Revision || v.Revision == 0 && seen.Revision != 0; err == nil && (first || newer) {
			if err := f(v); err != nil {
				return err
			}
			seen, first = v, false
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
