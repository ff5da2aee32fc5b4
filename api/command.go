package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"nrm/domain"
)

// viewsWait is how long an answer waits for the views, so that people see what
// they have just done.
const viewsWait = 5 * time.Second

// give is how every command is given, from JSON and from forms alike: it reads
// the command's data, has the command judged and recorded and waits for the
// views to show it. A stream without an id asks for a new one:
// [domain.CaseKind] opens a case, [domain.FacilityKind] a facility,
// [domain.CallKind] enters a call.
//
// A key makes a repeated request harmless: the same account, command, stream
// and key are recorded once and answered the same, also after a restart.
// Another request under a used key is refused as "key_reused". Without a key
// the domain's own rule holds: what is already so is not recorded again.
//
// A zero happened means now. Once recorded, give does not fail: views that are
// slow are logged, and whoever reads with Nrm-Position waits for them. In a drill
// every command is refused as "drill".
func (s *Server) give(ctx context.Context, by domain.Actor, stream domain.Stream, spec domain.CommandSpec, data []byte, happened domain.When, key string) (domain.Outcome, error) {
	if s.Drill {
		return domain.Outcome{}, &domain.Refusal{Kind: domain.Conflict, Code: "drill"}
	}
	cmd, err := spec.Parse(data)
	if err != nil {
		return domain.Outcome{}, err
	}
	req := domain.Request{ID: domain.NewID(), By: by, Happened: happened, Now: s.Now()}
	log, asked := &keyedLog{Log: s.Log}, time.Now()
	if key != "" {
		if req.ID, err = keyedID(by, stream, spec, key); err != nil {
			return domain.Outcome{}, err
		}
		log.id = req.ID
	}
	out, err := execute(ctx, log, req, stream, cmd)
	if r, ok := domain.AsRefusal(err); ok && r.Code == "in_future" && key != "" {
		out, err = log.despiteClock(ctx, req, stream, cmd, err)
	}
	if err == nil && log.first != nil {
		out, err = log.again(ctx, out, req, cmd)
	}
	if r, ok := domain.AsRefusal(err); ok && (r.Code == "role_not_allowed" || r.Code == "no_such_case") && stream.Kind == domain.CaseKind {
		s.looks.denied(ctx, by, "case", stream.Ref(), r.Code)
	}
	if err != nil {
		return domain.Outcome{}, err
	}
	s.showUpTo(ctx, out.Position)
	s.meter().Command(time.Since(asked))
	return out, nil
}

// showUpTo waits for the views to include a position.
func (s *Server) showUpTo(ctx context.Context, position uint64) {
	ctx, cancel := context.WithTimeout(ctx, viewsWait)
	defer cancel()
	if err := s.Views.WaitFor(ctx, position); err != nil && !errors.Is(err, context.Canceled) {
		s.Logger.LogAttrs(ctx, slog.LevelWarn, "views behind", slog.String("request", requestIn(ctx)),
			slog.Uint64("position", position), slog.Any("error", err))
	}
}

// execute gives a command to a stream, or to a new one.
func execute(ctx context.Context, log domain.Log, req domain.Request, stream domain.Stream, cmd domain.Asked) (domain.Outcome, error) {
	if stream.ID != "" {
		return domain.Execute(ctx, log, req, stream, cmd)
	}
	if referral, ok := cmd.(domain.RegisterReferral); ok {
		return domain.Open(ctx, log, req, referral)
	}
	for n := range 16 {
		spec, ok := domain.SpecOf(cmd)
		if !ok || !spec.Opens() {
			break
		}
		ref := domain.NewRef(fmt.Sprintf("%s/%d", req.ID, n))
		out, err := domain.Execute(ctx, log, req, domain.Stream{Kind: spec.Kind, ID: string(ref)}, cmd)
		if r, ok := domain.AsRefusal(err); ok && r.Code == "already_registered" {
			continue // another stream of the kind has this reference
		}
		return out, err
	}
	return domain.Outcome{}, fmt.Errorf("api: no new stream for %T", cmd)
}

// keyspace is the namespace of ids made from keys. It must never change.
var keyspace = uuid.MustParse("6f0f6f0e-5a0d-4a63-9d0a-1c8a2c0f7b11")

// keyedID makes a decision's id from what the asker calls the same request.
func keyedID(by domain.Actor, stream domain.Stream, spec domain.CommandSpec, key string) (string, error) {
	if !validKey(key) {
		return "", refuse(http.StatusUnprocessableEntity, "bad_key", "")
	}
	return uuid.NewSHA1(keyspace, fmt.Appendf(nil, "%q %q %q %q", by.User, stream.Path(), spec.Name, key)).String(), nil
}

// validKey takes visible ASCII characters, at least one and at most longestKey.
func validKey(key string) bool {
	return key != "" && len(key) <= longestKey && !slices.ContainsFunc([]byte(key), func(b byte) bool { return b < '!' || b > '~' })
}

// keyedLog notices whether the log already has the decision with an id.
type keyedLog struct {
	domain.Log
	id       string              // empty: none is looked for
	first    *domain.Decision    // what was recorded under the id, if anything was
	position uint64              // the position that includes all of it
	before   [][]domain.Decision // the histories it was judged on
}

func (l *keyedLog) Update(ctx context.Context, streams []string, decide func([][]domain.Decision) ([]domain.Decision, error)) (uint64, error) {
	return l.Log.Update(ctx, streams, func(histories [][]domain.Decision) ([]domain.Decision, error) {
		if l.id != "" {
			l.look(histories)
		}
		return decide(histories)
	})
}

// look finds the decision. On several streams it has one id and a position on
// each.
func (l *keyedLog) look(histories [][]domain.Decision) {
	l.first, l.position, l.before = nil, 0, nil
	begin := uint64(math.MaxUint64)
	for i, h := range histories {
		for n, d := range h {
			if d.ID != l.id {
				continue
			}
			begin, l.position = min(begin, d.Seq), max(l.position, d.Seq)
			if i == 0 {
				l.first = &h[n]
			}
		}
	}
	for _, h := range histories {
		n := slices.IndexFunc(h, func(d domain.Decision) bool { return d.Seq >= begin })
		if n < 0 {
			n = len(h)
		}
		l.before = append(l.before, h[:n:n])
	}
}

// errNotThere says that nothing was recorded under an id.
var errNotThere = errors.New("api: not recorded")

// despiteClock looks for what was recorded under the id when the request is now
// refused because it speaks of the future: the clock was set back in between, and
// a repeated request must be answered as the first time. If there is nothing the
// refusal stands.
func (l *keyedLog) despiteClock(ctx context.Context, req domain.Request, stream domain.Stream, cmd domain.Asked, refusal error) (domain.Outcome, error) {
	req.Now = req.Happened.At // nothing is decided now, so it does not matter when
	out, err := execute(ctx, &onlyThere{l}, req, stream, cmd)
	if errors.Is(err, errNotThere) {
		return domain.Outcome{}, refusal
	}
	return out, err
}

// onlyThere is a keyedLog that decides nothing new.
type onlyThere struct{ *keyedLog }

func (l *onlyThere) Update(ctx context.Context, streams []string, _ func([][]domain.Decision) ([]domain.Decision, error)) (uint64, error) {
	return l.Log.Update(ctx, streams, func(histories [][]domain.Decision) ([]domain.Decision, error) {
		if l.look(histories); l.first == nil {
			return nil, errNotThere
		}
		return make([]domain.Decision, len(streams)), nil
	})
}

// again answers a repeated request as the first time. It judges the command
// anew on the history of that time: if that does not give what was recorded,
// the key was used for something else. Only what the asker recorded is looked
// at; an account that has another role or organisation since is another asker.
func (l *keyedLog) again(ctx context.Context, out domain.Outcome, req domain.Request, cmd domain.Asked) (domain.Outcome, error) {
	reused := refuse(http.StatusUnprocessableEntity, "key_reused", "")
	if l.first.By != req.By { // nothing is compared: the answer would tell them what another recorded
		return domain.Outcome{}, reused
	}
	req.Now = l.first.Recorded
	if req.Happened.IsZero() {
		req.Happened = l.first.Happened
	}
	replay := past{histories: l.before}
	if _, err := domain.Execute(ctx, &replay, req, out.Stream, cmd); err != nil {
		if _, refused := domain.AsRefusal(err); refused {
			return domain.Outcome{}, reused
		}
		return domain.Outcome{}, err
	}
	same, err := sameFacts(replay.answer[0], *l.first)
	if err != nil {
		return domain.Outcome{}, err
	}
	if !same {
		return domain.Outcome{}, reused
	}
	return domain.Outcome{Stream: out.Stream, Position: l.position, Recorded: true}, nil
}

// sameFacts compares a decision with one that stands in the log. What was
// sealed there is opened for it, so it can fail like every question to the
// store of keys. Of what was erased, or whose keys are damaged, nobody can tell
// any more whether it was the same; it counts as the same, so that it is not
// recorded again.
func sameFacts(a, first domain.Decision) (bool, error) {
	if !a.Happened.Equal(first.Happened) || len(a.Events) != len(first.Events) {
		return false, nil
	}
	for i, e := range first.Events {
		if e.EventType() != a.Events[i].EventType() {
			return false, nil
		}
		_, then, err := domain.EncodeEvent(e)
		if errors.Is(err, domain.ErrErased) || errors.Is(err, domain.ErrUnreadable) {
			continue
		}
		if err != nil {
			return false, err
		}
		if _, now, err := domain.EncodeEvent(a.Events[i]); err != nil || !bytes.Equal(now, then) {
			return false, err
		}
	}
	return true, nil
}

// past is a log that stands still: it shows histories and keeps the answer.
type past struct {
	histories [][]domain.Decision
	answer    []domain.Decision
}

func (p *past) Update(_ context.Context, _ []string, decide func([][]domain.Decision) ([]domain.Decision, error)) (_ uint64, err error) {
	p.answer, err = decide(p.histories)
	return 0, err
}
