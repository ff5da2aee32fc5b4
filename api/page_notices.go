package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"nrm/api/ui"
	"nrm/domain"
	"nrm/projections"
)

// noticeView lets in who can be told that a consent is over by which they have data:
// those who see a case only while they have to do with it.
var noticeView = policy{"is told of consents", func(a domain.Actor) bool { return seesCases(a) && !a.Role.SeesEveryCase() }}

// homeNotices is how many notices the first page shows.
const homeNotices = 10

type (
	noticesJSON struct {
		Total   int          `json:"total"`
		Notices []noticeJSON `json:"notices" doc:"the oldest first; stop using what you have by such a consent alone, and delete it as the consent says"`
	}
	noticeJSON struct {
		Case     string `json:"case" doc:"its reference; it need not be open to you any more"`
		Purpose  string `json:"purpose" doc:"code list consent_purpose"`
		Service  string `json:"service,omitempty" doc:"code list service, for the purpose service"`
		Day      string `json:"day" format:"date" doc:"the last day of the consent, or the day on which it was taken back"`
		Deletion string `json:"deletion" doc:"code list consent_deletion: what the consent says becomes of the data"`
	}
)

func (s *Server) readNotices(ctx context.Context, by domain.Actor, in *Paging) (noticesJSON, error) {
	list, total, err := s.Views.Notices(ctx, by, s.Now(), in.Limit, in.Offset)
	return noticesJSON{total, each(list, func(n projections.Notice) noticeJSON {
		return noticeJSON{string(n.Ref), n.Purpose, n.Service, n.Day.String(), n.Deletion}
	})}, err
}

// getNotices lists the consents that are over by which the reader's organisation has
// data.
func (s *Server) getNotices(c echo.Context) error {
	r := s.reader(c)
	list, total, err := s.Views.Notices(c.Request().Context(), r.by, r.now, casesPerPage, (pageNumber(c)-1)*casesPerPage)
	if err != nil {
		return err
	}
	title := r.T("notices.title")
	parts := append([]templ.Component{ui.Heading(1, title)}, r.noticeParts(list)...)
	return s.show(c, http.StatusOK, s.frame(c, r, title), append(parts, ui.Pagination(r.pagination(c, total, casesPerPage)))...)
}

// fillNotices reads what the reader's organisation is told now.
func (s *Server) fillNotices(c echo.Context, p *homePage) (err error) {
	if noticeView.may(p.by) {
		p.notices, p.noticed, err = s.Views.Notices(c.Request().Context(), p.by, p.now, homeNotices, 0)
	}
	return err
}

// overConsents are the notices on the first page, which has none while there are none.
func (p homePage) overConsents() []templ.Component {
	if len(p.notices) == 0 {
		return nil
	}
	parts := p.noticeParts(p.notices)
	if p.noticed > len(p.notices) {
		parts = append(parts, ui.Links([]ui.Link{{Text: p.T("notices.all", "Total", p.number(int64(p.noticed))), Href: "/notices"}}))
	}
	return parts
}

// noticeParts say what to do and for which data. They lead to no case.
func (r reader) noticeParts(list []projections.Notice) []templ.Component {
	t := ui.TableView{T: r.T, Stacks: true, Caption: r.T("notices.title"), Empty: r.T("notices.empty"), Heads: []ui.Head{
		{Text: r.T("cases.reference")}, {Text: r.T("field.purpose")}, {Text: r.T("notices.day")}, {Text: r.T("field.deletion")},
	}}
	for _, n := range list {
		purpose := ui.Cell{Text: r.code("consent_purpose", n.Purpose)}
		if n.Service != "" {
			purpose.Hint = r.code("service", n.Service)
		}
		deletion := ui.Cell{Text: r.T("value.none")}
		if n.Deletion != "" {
			deletion.Text = r.code("consent_deletion", n.Deletion)
		}
		t.Rows = append(t.Rows, ui.TableRow{State: ui.Critical, Cells: []ui.Cell{{Text: string(n.Ref)}, purpose, {Text: r.day(n.Day)}, deletion}})
	}
	parts := []templ.Component{ui.Paragraph(r.T("notices.lead"))}
	if days, ok := domain.ParameterOn("consent_notice", domain.DayOf(r.now)); ok {
		until := r.T("notices.until", "Days", strconv.Itoa(days.Value))
		if days.Confidence == "assumed" {
			until += " (" + r.T("confidence.assumed") + ")"
		}
		parts = append(parts, ui.Paragraph(until))
	}
	return append(parts, ui.Table(t))
}
