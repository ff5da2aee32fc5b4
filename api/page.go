package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"nrm/api/ui"
	"nrm/api/web"
	"nrm/domain"
	"nrm/projections"
)

// harmless is where the button leads that leaves the register at once: a page
// that anybody may be looking at, the weather.
const harmless = "https://www.meteo.az/"

// A reader is who looks at a page, in which language and when.
type reader struct {
	words
	by     domain.Actor
	now    time.Time
	proofs bool // there is a witness: entries can be proved
}

func (s *Server) reader(c echo.Context) reader {
	by, _ := s.actor(c)
	return reader{wordsOf(c.Request()), by, s.Now(), s.Witness != nil}
}

// frame is what every page has around its content. section is the first part of
// the path, by which the menu knows where the reader is.
func (s *Server) frame(c echo.Context, r reader, title string) ui.Page {
	p := ui.Page{Lang: r.lang, Title: title, T: r.T, AssetsMissing: !web.Built()}
	if s.Drill {
		p.Standing = r.T("drill.banner")
	}
	path := c.Request().URL
	for _, l := range languages {
		link := ui.LangLink{Lang: l.Code, Text: l.Name, Current: l.Code == r.lang}
		link.Href = "/lang/" + l.Code + "?next=" + url.QueryEscape(path.RequestURI())
		p.Languages = append(p.Languages, link)
	}
	if r.by.Role == "" {
		return p
	}
	p.User = &ui.UserBar{Name: r.by.User, Role: r.T("role." + string(r.by.Role)), Organisation: r.code("organisation", r.by.Organisation), SignOut: "/sign-out"}
	p.Nav = r.menu(path.Path)
	if r.by.Role == domain.Shelter || r.by.Role == domain.AssistanceCentre {
		p.Exit = harmless // residents may see these screens
	}
	return p
}

// menu leads to what the reader's role sees.
func (r reader) menu(path string) []ui.NavItem {
	entries := []struct {
		key, href string
		shown     bool
	}{
		{"nav.home", "/", true},
		{"nav.cases", "/cases", r.seesCases()},
		{"nav.search", "/search", nameView.may(r.by)},
		{"nav.overdue", "/overdue", r.seesCases() && r.by.Role.Sees(domain.Flow)},
		{"nav.duplicates", "/duplicates", duplicateView.may(r.by)},
		{"nav.calls", "/calls", r.by.Role.SeesCalls()},
		{"nav.facilities", "/facilities", r.by.Role.SeesOccupancy()},
		{"nav.plan", "/plan", r.by.Role.SeesPlan()},
		{"nav.years", "/years/" + strconv.Itoa(r.year()), r.by.Role.SeesPlan()},
		{"nav.erasures", "/erasures", erasureView.may(r.by)},
		{accessKey(r.by), "/accesses", glassView.may(r.by)},
		{"nav.policy", "/policy", true},
	}
	var items []ui.NavItem
	for _, e := range entries {
		if !e.shown {
			continue
		}
		section, _, _ := strings.Cut(strings.TrimPrefix(e.href, "/"), "/")
		here, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
		items = append(items, ui.NavItem{Text: r.T(e.key), Href: e.href, Current: section == here})
	}
	return items
}

// seesCases reports whether there can be any case that the reader may know of.
func (r reader) seesCases() bool {
	return domain.MaySee(r.by, []domain.Access{{Organisation: r.by.Organisation}}, r.now)
}

// year is the year that pages of years open with: this one, or the last of the
// plan once it is over.
func (r reader) year() int {
	first, last := domain.CurrentPlan().Years()
	return min(max(domain.DayOf(r.now).Year(), first), last)
}

// show renders a page into memory first: a fault becomes a clean error page,
// never half of this one.
func (s *Server) show(c echo.Context, status int, p ui.Page, parts ...templ.Component) error {
	var b bytes.Buffer
	ctx := context.WithoutCancel(c.Request().Context()) // an error page comes after the request's time
	if err := ui.Document(p, parts...).Render(ctx, &b); err != nil {
		return fmt.Errorf("api: render: %w", err)
	}
	c.Response().Header().Set("Content-Language", p.Lang)
	return c.HTMLBlob(status, b.Bytes())
}

// pageNumber reads ?page=, from 1.
func pageNumber(c echo.Context) int {
	n, err := strconv.Atoi(c.QueryParam("page"))
	if err != nil || n < 1 || n > 100_000 {
		return 1
	}
	return n
}

// pagination leads through a list of total rows with perPage on each page.
func (r reader) pagination(c echo.Context, total, perPage int) ui.PaginationView {
	page := pageNumber(c)
	first, last := (page-1)*perPage+1, min(page*perPage, total)
	v := ui.PaginationView{T: r.T, Page: page, Pages: (total + perPage - 1) / perPage, Href: func(n int) string {
		q := c.Request().URL.Query()
		q.Set("page", strconv.Itoa(n))
		return c.Request().URL.Path + "?" + q.Encode()
	}}
	if total > perPage && first <= total {
		v.Range = r.T("list.range", "First", r.number(int64(first)), "Last", r.number(int64(last)), "Total", r.number(int64(total)))
	}
	return v
}

// noticeKey is where a session keeps what has just been done, until the next
// page tells it.
const noticeKey = "notice"

// done goes to the page of what a command was about, which says what was
// recorded.
func (s *Server) done(c echo.Context, to string, spec domain.CommandSpec, out domain.Outcome) error {
	note := spec.Name
	if out.Recorded {
		note += " " + strconv.FormatUint(out.Position, 10)
	}
	if _, program := bearerToken(c); !program { // which has no session
		s.sessions.Put(c.Request().Context(), noticeKey, note)
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// told is what has just been recorded, if anything has: the command, and the
// log position that includes it, 0 if it stood there already.
func (s *Server) told(c echo.Context) (command string, position uint64) {
	if _, program := bearerToken(c); program {
		return "", 0
	}
	command, seq, _ := strings.Cut(s.sessions.PopString(c.Request().Context(), noticeKey), " ")
	position, _ = strconv.ParseUint(seq, 10, 64)
	return command, position
}

// notice says what has just been recorded about ref, naming it as the timeline
// does.
func (s *Server) notice(c echo.Context, r reader, ref string, timeline []projections.Entry) *ui.Notice {
	command, position := s.told(c)
	switch {
	case command == "":
		return nil
	case position == 0:
		return &ui.Notice{Title: r.T("notice.title"), Text: r.T("notice.already")}
	}
	var lines []string
	if command == "register-referral" {
		lines = []string{r.T("notice.reference", "Ref", ref)}
	}
	n := &ui.Notice{Lines: lines, Success: true, Title: r.T("notice.done"), Text: r.T("notice.recorded", "What", r.eventTitle(firstEvent(command)))}
	var seq uint64 // a decision over two streams ends beyond its part here
	for _, e := range timeline {
		if e.Seq <= position {
			seq = max(seq, e.Seq)
		}
	}
	var titles []string
	for _, e := range timeline {
		if e.Seq == seq && slices.Contains(eventsOf(command), e.Type) {
			titles = append(titles, r.T("event."+e.Type))
			for _, d := range e.Deviation {
				n.Lines = append(n.Lines, r.T("notice.deviation", "What", r.code("deviation", d)))
			}
		}
	}
	if len(titles) > 0 {
		n.Text = r.T("notice.recorded", "What", strings.Join(titles, "; "))
	}
	return n
}
