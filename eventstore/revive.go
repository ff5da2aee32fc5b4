package eventstore

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/sys/unix"
)

// After a failed write to a file nats-server stores nothing more in that stream
// until it is started again, and answers no write; what is stored can still be
// read. So the server is watched, and started anew in this process, through the
// same checks as at first. What it has confirmed is on disk; what it has not,
// is there or is not, and whoever asks with the same id finds out.

const (
	watchEvery = 250 * time.Millisecond
	// While less than this is free on its disk, in bytes, a frozen server is
	// left as it is: it would only freeze again, and now it can still be read.
	room = 8 << 20
	// Attempts are this far apart, at first and at the most. The pause is back
	// to the first when the server has run without trouble for calmAfter.
	firstPause   = 500 * time.Millisecond
	longestPause = 10 * time.Second
	calmAfter    = time.Minute
)

// OnRevival has accept look at every server that is started in the place of
// another, before anybody else can reach it. If accept fails the server is
// stopped again and tried later, and until then nothing is stored.
func (s *Server) OnRevival(accept func(ctx context.Context, nc *nats.Conn) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accept = accept
}

// Down tells why nothing can be stored now, if there is a reason that is known.
// It is always ErrUnavailable, and cheap to ask.
func (s *Server) Down() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.down
}

// watch looks after the server until ctx ends.
func (s *Server) watch(ctx context.Context) {
	defer close(s.ended)
	var next, revived time.Time // not before; since when it runs again
	wait := firstPause
	sick := 0
	for {
		pause(ctx, watchEvery)
		if ctx.Err() != nil {
			return
		}
		ns := s.current()
		err := health(ns)
		switch {
		case err == nil:
			sick = 0
			s.report(nil)
			if time.Since(revived) > calmAfter {
				wait = firstPause
			}
			continue
		case ns != nil:
			// A stream that is just being made is not recovered either, for a moment.
			if sick++; sick < 2 {
				continue
			}
			s.report(s.cramped(err))
		}
		if time.Now().Before(next) || s.cramped(nil) != nil {
			continue
		}
		err = s.revive(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			s.report(fmt.Errorf("%w: it cannot be started anew: %w", ErrUnavailable, err))
		} else {
			revived, sick = time.Now(), 0
			s.report(nil)
		}
		next = time.Now().Add(wait)
		wait = min(2*wait, longestPause)
	}
}

// revive stops the server and starts it anew.
func (s *Server) revive(ctx context.Context) error {
	s.opts.Logger.Warn("the server is being started anew", "dir", s.dir)
	s.mu.Lock()
	old, accept := s.ns, s.accept
	s.ns = nil
	s.mu.Unlock()
	stop(old)
	ns, err := launch(ctx, s.dir, s.opts, accept)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ns = ns
	return nil
}

// cramped adds to err that the disk is full, if it is.
func (s *Server) cramped(err error) error {
	var disk unix.Statfs_t
	if statErr := unix.Statfs(filepath.Join(s.dir, "jetstream"), &disk); statErr != nil {
		return err // then it does not stand in the way
	}
	if free := int64(disk.Bavail) * disk.Bsize; free < room {
		return errors.Join(err, fmt.Errorf("%w: the disk is full: %d bytes are free, %d are needed to go on", ErrUnavailable, free, int64(room)))
	}
	return err
}

// report takes note of trouble, or with nil of its end, and logs changes.
func (s *Server) report(err error) {
	s.mu.Lock()
	before := s.down
	s.down = err
	s.mu.Unlock()
	switch {
	case err == nil && before != nil:
		s.opts.Logger.Info("the log stores again")
	case err != nil && before == nil:
		s.opts.Logger.Error("the log stores nothing; it goes on by itself when that can be mended", "error", err)
	}
}
