package api

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"nrm/api/ui"
	"nrm/domain"
)

// getAttestations lists the measured actions of the plan for those who do not see
// how each stands and yet answer for a part of it: that their body did nothing in a
// year only they can say.
func (s *Server) getAttestations(c echo.Context) error {
	r, spec := s.reader(c), mustSpec("attest-period")
	title := r.T("command." + spec.Name)
	t := ui.TableView{T: r.T, Stacks: true, Caption: r.T("plan.actions"), CaptionHidden: true, Heads: r.heads("plan.number", "attestations.action", "plan.term")}
	for _, a := range domain.CurrentPlan().Actions {
		if a.Rule == nil {
			continue
		}
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{
			{Text: a.Number, Href: "/plan/" + a.Number + "/" + spec.Name}, {Text: a.Title.In(r.lang)}, {Text: r.term(a.Term)},
		}})
	}
	frame := s.frame(c, r, title)
	frame.Notice = s.notice(c, r, "", nil)
	return s.show(c, http.StatusOK, frame, ui.Heading(1, title), ui.Paragraph(r.T("attestations.lead")), ui.Table(t))
}

// attesting leads to [Server.getAttestations] those who cannot come to it from the
// plan.
func (r reader) attesting() []templ.Component {
	if spec := mustSpec("attest-period"); spec.MayGive(r.by.Role) && !r.by.Role.SeesPlan() {
		return []templ.Component{ui.Links([]ui.Link{{Text: r.T("command." + spec.Name), Href: "/attestations"}})}
	}
	return nil
}

// actionPath is the page from which a command about an action was opened.
func (f *commandForm) actionPath() string {
	if !f.by.Role.SeesPlan() {
		return "/attestations"
	}
	return "/plan/" + f.about.ID
}
