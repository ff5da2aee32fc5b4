package projections

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/sync/errgroup"

	"nrm/domain"
)

// Keys are what the views need of what is secret. They keep personal events as
// sealed as the log does: a box is opened for one reader's page, or in memory
// for the search index, and what comes out is written nowhere.
type Keys interface {
	// Box makes a box again of what its Stored gave.
	Box(slot domain.Slot, stored []byte) domain.Box
	// Search is the key of the search index, 32 bytes.
	Search() []byte
}

// A kept box is a box as a row of the facts holds it: nothing at all once its
// person was erased. It asks for no keys before it is opened, so facts can be
// folded without them.
type kept struct {
	keys   Keys
	slot   domain.Slot
	stored string
}

func (k kept) Open() ([]byte, error) {
	if k.stored == "" {
		return nil, domain.ErrErased
	}
	return k.keys.Box(k.slot, []byte(k.stored)).Open()
}

func (k kept) Stored() []byte { return []byte(k.stored) }

// emptied reports whether an event was personal and its box has been emptied.
func emptied(e domain.AnyEvent) bool {
	s, sealed := e.(domain.Sealed)
	return sealed && len(s.Box.Stored()) == 0
}

// abreast is how many boxes are opened at the same time: each may have to ask
// for the keys of a person.
const abreast = 8

// openAll opens personal events in place, those that are nil and those that are
// open already left as they are. What was erased becomes nil, and what nobody can
// read because its keys are damaged stays sealed: who asked must not take it for
// nothing. Any other box that does not open fails all of them: a page that left
// it out would be wrong and not look it.
func openAll(ctx context.Context, events []domain.AnyEvent) error {
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(abreast)
	for i, e := range events {
		s, sealed := e.(domain.Sealed)
		if !sealed {
			continue
		}
		all.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			open, err := s.Open()
			switch {
			case errors.Is(err, domain.ErrErased):
				open, err = nil, nil
			case errors.Is(err, domain.ErrUnreadable):
				open, err = s, nil
			}
			events[i] = open
			return err
		})
	}
	return all.Wait()
}

// openFor opens events for one reader, who is told of them what the role may know.
func openFor(ctx context.Context, role domain.Role, events []domain.AnyEvent) error {
	if err := openAll(ctx, events); err != nil {
		return err
	}
	for i, e := range events {
		events[i] = role.Told(e)
	}
	return nil
}

// personalTypes are the types of personal events as a list in SQL.
func personalTypes() string {
	var types []string
	for _, spec := range domain.EventSpecs() {
		if spec.Personal {
			types = append(types, `'`+spec.Type+`'`)
		}
	}
	return strings.Join(types, `, `)
}
