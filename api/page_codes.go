package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"nrm/api/ui"
	"nrm/api/view"
	"nrm/domain"
)

// codesPage shows the code lists with where they come from and how their codes
// are written in the standards of others.
type codesPage struct{ reader }

func (s *Server) getCodeLists(c echo.Context) error {
	p := codesPage{s.reader(c)}
	title := p.T("codes.title")
	return s.show(c, http.StatusOK, s.frame(c, p.reader, title),
		ui.Heading(1, title), ui.Paragraph(p.T("codes.lead")),
		view.Section("standards", p.T("codes.standards"), ui.Table(p.standards())),
		view.Section("lists", p.T("codes.lists"), ui.Table(p.lists())))
}

func (s *Server) getCodeList(c echo.Context) error {
	p := codesPage{s.reader(c)}
	list := c.Param("list")
	if !slices.Contains(domain.Lists(), list) {
		return &domain.Refusal{Kind: domain.NotFound, Code: "no_such_list"}
	}
	frame := s.frame(c, p.reader, p.listTitle(list))
	frame.Back = &ui.Link{Text: p.T("codes.title"), Href: "/codes"}
	return s.show(c, http.StatusOK, frame, p.parts(list)...)
}

func (p codesPage) parts(list string) []templ.Component {
	parts := []templ.Component{view.Heading(list, p.listTitle(list)), ui.Paragraph(p.source(list))}
	for _, s := range standardsOf(list) {
		parts = append(parts, ui.Paragraph(p.standardName(s)+" "+s.Version+": "+p.code("standard_confidence", s.Confidence)+"."))
	}
	return append(parts, ui.Table(p.codesTable(list)))
}

// standards are the code systems of others.
func (p codesPage) standards() ui.TableView {
	t := ui.TableView{T: p.T, Stacks: true, Caption: p.T("codes.standards"), CaptionHidden: true, Heads: p.heads("codes.standard", "codes.version", "codes.confidence", "codes.note")}
	for _, s := range domain.Standards() {
		t.Rows = append(t.Rows, line(s.Name, s.Version, p.code("standard_confidence", s.Confidence), s.Note.In(p.lang)))
	}
	return t
}

// lists are the code lists by the words with which forms ask for them.
func (p codesPage) lists() ui.TableView {
	t := ui.TableView{T: p.T, Stacks: true, Caption: p.T("codes.lists"), CaptionHidden: true, Heads: p.heads("codes.list", "codes.number", "codes.source", "codes.standards")}
	all, titles := domain.Lists(), map[string]string{}
	for _, list := range all {
		titles[list] = p.listTitle(list)
	}
	slices.SortStableFunc(all, func(a, b string) int { return p.before(titles[a], titles[b]) })
	for _, list := range all {
		var mapped []string
		for _, s := range standardsOf(list) {
			mapped = append(mapped, p.standardName(s))
		}
		row := line(titles[list], p.number(int64(len(domain.Codes(list)))), p.source(list), strings.Join(mapped, ", "))
		row.Cells[0].Href, row.Cells[0].Hint = "/codes/"+list, list
		t.Rows = append(t.Rows, row)
	}
	return t
}

// codesTable has a line for each code: its words in all three languages, when it
// is valid, and what it is in each standard.
func (p codesPage) codesTable(list string) ui.TableView {
	t := ui.TableView{T: p.T, Stacks: true, Caption: p.listTitle(list), CaptionHidden: true, Small: true, Heads: p.heads("codes.label", "codes.code", "codes.validity")}
	standards := standardsOf(list)
	for _, s := range standards {
		t.Heads = append(t.Heads, ui.Head{Text: p.standardName(s)})
	}
	for _, c := range p.sorted(list, domain.Codes(list)) {
		row := ui.TableRow{Cells: []ui.Cell{{Text: c.In(p.lang), Hint: p.otherWords(c)}, {Text: c.Code, Hint: strings.Join(some(c.ISO, c.Group), ", ")}, {Text: p.validity(c), Hint: c.Source}}}
		for _, s := range standards {
			m, _ := s.Of(list, c)
			cell := ui.Cell{Text: strings.Join(m.To, "; ")}
			if m.Note != "" {
				cell.Hint = p.code("crosswalk_note", m.Note)
			}
			row.Cells = append(row.Cells, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// sorted puts long lists of names into the order of the alphabet; what stands
// for all others stays last. Other lists are shown in their own order.
func (w words) sorted(list string, codes []domain.Code) []domain.Code {
	if list != "country" && list != "nationality" && list != "language" {
		return codes
	}
	codes = slices.Clone(codes)
	rest := func(c domain.Code) int {
		if c.Code == "XX" || c.Code == "other" {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(codes, func(a, b domain.Code) int {
		if d := rest(a) - rest(b); d != 0 {
			return d
		}
		return w.before(a.In(w.lang), b.In(w.lang))
	})
	return codes
}

// otherWords are a code's words in the two other languages.
func (w words) otherWords(c domain.Code) string {
	var all []string
	for _, l := range languages {
		if text := c.In(l.Code); l.Code != w.lang && text != c.In(w.lang) {
			all = append(all, text)
		}
	}
	return strings.Join(all, " · ")
}

func (p codesPage) validity(c domain.Code) string {
	var parts []string
	if !c.From.IsZero() {
		parts = append(parts, p.T("codes.from", "Day", p.day(c.From)))
	}
	if !c.To.IsZero() {
		parts = append(parts, p.T("codes.to", "Day", p.day(c.To)))
	}
	if c.Confidence != "" {
		parts = append(parts, p.T("confidence."+c.Confidence))
	}
	return strings.Join(parts, "; ")
}

// source says whose words the codes of a list are.
func (p codesPage) source(list string) string {
	s, ok := domain.SourceOf(list)
	if !ok {
		return p.T("codes.own")
	}
	parts := p.codes("legal_act", s.Acts)
	if s.Standard != "" {
		parts = append(parts, s.Standard)
	}
	return strings.Join(parts, "; ") + " (" + p.T("confidence."+s.Confidence) + ")"
}

// listTitle is what forms call the answers of a list, or else its name.
func (w words) listTitle(list string) string {
	for _, spec := range domain.CommandSpecs() {
		for _, f := range spec.Fields() {
			if f.List != list {
				continue
			}
			if label := w.fieldLabel(spec.Name, f.Name); label != "" {
				return label
			}
		}
	}
	return strings.ReplaceAll(list, "_", " ")
}

// standardName says of a standard whose published list was not at hand that it
// is a draft mapping.
func (w words) standardName(s domain.Standard) string {
	name := strings.ToUpper(s.ID)
	if s.ID == "ictip" {
		name = "IC-TIP"
	}
	if s.Draft() {
		name += " (" + w.T("codes.draft") + ")"
	}
	return name
}

func standardsOf(list string) (all []domain.Standard) {
	for _, s := range domain.Standards() {
		if s.Maps(list) {
			all = append(all, s)
		}
	}
	return all
}

// some are the texts that say something.
func some(texts ...string) []string {
	return slices.DeleteFunc(texts, func(s string) bool { return s == "" })
}
