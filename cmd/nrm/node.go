package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"nrm/domain"
	"nrm/eventstore"
	"nrm/projections"
)

type store = eventstore.Store[domain.Decision]

// codec joins the log, which knows no event, and the domain, which knows no
// log.
func codec() eventstore.Codec[domain.Decision] {
	return eventstore.Codec[domain.Decision]{
		Encode: func(d domain.Decision) (eventstore.Message, error) {
			m := eventstore.Message{Stream: d.Stream.String(), ID: d.ID, Meta: d.Meta()}
			for _, e := range d.Events {
				typ, data, err := domain.EncodeEvent(e)
				if err != nil {
					return m, err
				}
				m.Events = append(m.Events, eventstore.Entry{Type: typ, Data: data})
			}
			return m, nil
		},
		Decode: func(m eventstore.Message) (domain.Decision, error) {
			types, data := make([]string, len(m.Events)), make([][]byte, len(m.Events))
			for i, e := range m.Events {
				types[i], data[i] = e.Type, e.Data
			}
			return domain.DecisionFrom(m.Seq, m.Stream, m.ID, m.Meta, types, data)
		},
	}
}

// A node is the data folder in use by this process. Only one process can have
// it.
type node struct {
	dir    string
	server *eventstore.Server
	log    *store
}

// openNode takes the data folder and opens its log. It creates nothing: see
// initCommand.
func openNode(ctx context.Context, dir string, logger *slog.Logger) (*node, error) {
	if _, err := os.Stat(filepath.Join(dir, "jetstream")); errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no log in %s: create one with nrm init, or name the folder with --data", dir)
	}
	server, err := eventstore.Start(ctx, dir, logger)
	if errors.Is(err, eventstore.ErrLocked) {
		return nil, fmt.Errorf("%w: a running nrm has the folder %s; stop it first", err, dir)
	}
	if err != nil {
		return nil, err
	}
	log, err := eventstore.Open(ctx, server.Conn(), codec(), eventstore.Options{
		HighWater: filepath.Join(dir, "highwater.json"), Logger: logger,
	})
	if err != nil {
		return nil, errors.Join(err, server.Close())
	}
	return &node{dir: dir, server: server, log: log}, nil
}

func (n *node) close() error {
	n.log.Close()
	return n.server.Close()
}

// views opens the views and builds them if need be, with a progress bar.
func (n *node) views(ctx context.Context, s *screen) (*projections.Views, error) {
	bar := newBar(s.errs)
	v, err := projections.Open(ctx, n.dir, n.log, func(done, total uint64) { bar.show("building views", int(done), int(total)) })
	bar.end()
	return v, err
}

func (s *settings) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(s.Log)) // kong admits only levels
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
}
