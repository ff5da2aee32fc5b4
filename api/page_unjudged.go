package api

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"nrm/api/ui"
	"nrm/domain"
	"nrm/projections"
)

type (
	unjudgedJSON struct {
		Total   int        `json:"total"`
		Earlier bool       `json:"earlier" doc:"there are open cases, named earlier than those that were compared"`
		Pairs   []pairJSON `json:"pairs" doc:"the likeliest first"`
	}
	pairJSON struct {
		Case  string        `json:"case"`
		Stage string        `json:"stage" doc:"code list stage"`
		Other candidateJSON `json:"other"`
	}
	foundJSON struct {
		Unjudged *int   `json:"unjudged,omitempty" doc:"how many other cases may be of the same person, of which nobody has said whether they are; missing if they cannot be sought now"`
		List     string `json:"list" doc:"where they are told"`
		Page     string `json:"page" doc:"where a person judges them"`
	}
)

func (s *Server) readUnjudged(ctx context.Context, by domain.Actor, in *Paging) (unjudgedJSON, error) {
	list, total, earlier, err := s.Views.Unjudged(ctx, by, s.Now(), in.Limit, in.Offset)
	return unjudgedJSON{total, earlier, each(list, func(u projections.Unjudged) pairJSON {
		return pairJSON{string(u.Ref), u.Stage, candidateOf(u.Other)}
	})}, err
}

// getUnjudged lists the possible duplicates that nobody has judged.
func (s *Server) getUnjudged(c echo.Context) error {
	r := s.reader(c)
	list, total, earlier, err := s.Views.Unjudged(c.Request().Context(), r.by, r.now, casesPerPage, (pageNumber(c)-1)*casesPerPage)
	if err != nil {
		return err
	}
	title := r.T("nav.duplicates")
	t := ui.TableView{T: r.T, Stacks: true, Caption: r.T("duplicates.unjudged"), Empty: r.T("duplicates.none_unjudged"), Heads: []ui.Head{
		{Text: r.T("cases.reference")}, {Text: r.T("field.other")}, {Text: r.T("duplicates.agrees")}, {Text: r.T("duplicates.differs")}, {Text: r.T("field.verdict")},
	}}
	for _, u := range list {
		ref, other, agrees := string(u.Ref), string(u.Other.Ref), r.traits(u.Other.Agrees)
		agrees.Tags = []ui.Tag{r.strength(u.Other)}
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{
			{Text: ref, Href: "/cases/" + ref, Hint: r.code("stage", u.Stage)},
			{Text: other, Href: "/cases/" + other, Hint: r.code("stage", u.Other.Stage)}, agrees, r.traits(u.Other.Differs),
			{Text: r.T("duplicates.answer_two", "Ref", ref, "Other", other), Href: "/cases/" + ref + "/judge-duplicate?other=" + other},
		}})
	}
	lead := r.T("duplicates.latest")
	if r.by.Role == domain.CaseOfficer {
		lead += " " + r.T("duplicates.not_others")
	}
	if earlier {
		lead += " " + r.T("duplicates.earlier")
	}
	return s.show(c, http.StatusOK, s.frame(c, r, title), ui.Heading(1, title), ui.Paragraph(r.T("duplicates.lead")), ui.Paragraph(lead),
		ui.Table(t), ui.Pagination(r.pagination(c, total, casesPerPage)))
}

// unjudged counts those of whom nobody has said whether they are the same.
func unjudged(all []projections.Candidate) (n int) {
	for _, one := range all {
		if one.Verdict == "" {
			n++
		}
	}
	return n
}

// sayWho are the commands that tell the register who a person is.
var sayWho = []string{"register-referral", "record-identity", "record-document"}

// found tells who has said who a person is how many may be the same, and where to
// judge them: nil if that is not theirs to know.
func (s *Server) found(ctx context.Context, by domain.Actor, spec domain.CommandSpec, out domain.Outcome) *foundJSON {
	if !slices.Contains(sayWho, spec.Name) || !duplicateView.may(by) {
		return nil
	}
	n, err := s.like(ctx, by, out.Stream.Ref())
	if _, refused := domain.AsRefusal(err); refused {
		return nil
	}
	found := &foundJSON{List: root + "/cases/" + out.Stream.ID + "/duplicates", Page: "/cases/" + out.Stream.ID + "/duplicates"}
	if err == nil {
		found.Unjudged = &n
	}
	return found
}

// Whoever told the register something waits no longer than this for the count of
// those who are like the person: for others who compare, and for the comparing.
const (
	turnWait    = 200 * time.Millisecond
	compareWait = time.Second
)

// turns lets few answers compare at once: a comparison unseals a hundred persons,
// and under load recording comes first.
type turns chan struct{}

func (t turns) take(ctx context.Context) error {
	timer := time.NewTimer(turnWait)
	defer timer.Stop()
	select {
	case t <- struct{}{}:
		return nil
	case <-timer.C:
		return context.DeadlineExceeded
	case <-ctx.Done():
		return ctx.Err()
	}
}

// like counts who may be the person of a case and was not judged. That somebody is
// there is told only once it is recorded; that nobody is tells of nobody.
func (s *Server) like(ctx context.Context, by domain.Actor, ref domain.Ref) (n int, err error) {
	if err := s.comparing.take(ctx); err != nil {
		return 0, err
	}
	defer func() { <-s.comparing }()
	ctx, cancel := context.WithTimeout(ctx, compareWait)
	defer cancel()
	all, err := s.unshown.Candidates(ctx, by, s.Now(), ref)
	if err == nil && unjudged(all) > 0 && s.looks != nil {
		err = s.looks.atCandidates(ctx, by, ref, all)
	}
	if _, refused := domain.AsRefusal(err); err != nil && !refused {
		s.Logger.LogAttrs(ctx, slog.LevelWarn, "no candidates", slog.String("request", requestIn(ctx)), slog.Any("error", err))
	}
	return unjudged(all), err
}

// afterNaming is where somebody goes who has recorded who a person is: to those who
// may be the same person, if they are to judge and have not yet, otherwise to the
// case. That nobody can be sought now keeps nobody from the case.
func (s *Server) afterNaming(c echo.Context, r reader, about domain.Stream) string {
	page := "/cases/" + about.ID
	if !duplicateView.may(r.by) {
		return page
	}
	if n, err := s.like(c.Request().Context(), r.by, about.Ref()); err == nil && n > 0 {
		return page + "/duplicates"
	}
	return page
}
