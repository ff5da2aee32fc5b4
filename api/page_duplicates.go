package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"nrm/api/ui"
	"nrm/domain"
	"nrm/projections"
)

// duplicateView is for the special police unit alone: candidates are sought among
// all cases.
var duplicateView = policy{"judges duplicates", func(a domain.Actor) bool { return mustSpec("judge-duplicate").MayGive(a.Role) }}

type (
	duplicatesJSON struct {
		Case       string          `json:"case"`
		Candidates []candidateJSON `json:"candidates"`
	}
	candidateJSON struct {
		Case    string   `json:"case"`
		Stage   string   `json:"stage" doc:"code list stage"`
		Weight  float64  `json:"weight" doc:"of the evidence that both are one person, in bits; it decides nothing"`
		Agrees  []string `json:"agrees" doc:"code list duplicate_trait"`
		Differs []string `json:"differs" doc:"code list duplicate_trait"`
		Verdict string   `json:"verdict,omitempty" doc:"code list duplicate_verdict: what a person said of the two last"`
	}
)

func (s *Server) readDuplicates(ctx context.Context, by domain.Actor, in *caseIn) (duplicatesJSON, error) {
	ref, err := domain.ParseRef(in.Case)
	if err != nil {
		return duplicatesJSON{}, err
	}
	all, err := s.Views.Candidates(ctx, by, s.Now(), ref)
	return duplicatesJSON{string(ref), each(all, candidateOf)}, err
}

func candidateOf(c projections.Candidate) candidateJSON {
	return candidateJSON{string(c.Ref), c.Stage, c.Weight, append([]string{}, c.Agrees...), append([]string{}, c.Differs...), c.Verdict}
}

// getDuplicates shows who may be the same person, for somebody to judge.
func (s *Server) getDuplicates(c echo.Context) error {
	r := s.reader(c)
	ref, err := domain.ParseRef(c.Param("ref"))
	if err != nil {
		return err
	}
	all, err := s.Views.Candidates(c.Request().Context(), r.by, r.now, ref)
	if err != nil {
		return err
	}
	t := ui.TableView{T: r.T, Stacks: true, Caption: r.T("duplicates.caption", "Ref", string(ref)), Empty: r.T("duplicates.none"), Heads: []ui.Head{
		{Text: r.T("field.other")}, {Text: r.T("cases.stage")}, {Text: r.T("duplicates.agrees")}, {Text: r.T("duplicates.differs")}, {Text: r.T("field.verdict")},
	}}
	for _, one := range all {
		verdict := ui.Cell{Text: r.T("duplicates.answer", "Ref", string(one.Ref)), Href: "/cases/" + string(ref) + "/judge-duplicate?other=" + string(one.Ref)}
		if one.Verdict != "" {
			verdict.Text = r.code("duplicate_verdict", one.Verdict)
		}
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{
			{Text: string(one.Ref), Href: "/cases/" + string(one.Ref), Tags: []ui.Tag{r.strength(one)}}, {Text: r.code("stage", one.Stage)},
			r.traits(one.Agrees), r.traits(one.Differs), verdict,
		}})
	}
	frame := s.frame(c, r, r.T("duplicates.title"))
	if frame.Notice = s.notice(c, r, string(ref), nil); frame.Notice != nil && unjudged(all) > 0 {
		frame.Notice.Lines = append(frame.Notice.Lines, r.N("duplicates.found", unjudged(all)))
	}
	return s.show(c, http.StatusOK, frame, ui.Heading(1, r.T("duplicates.title")), ui.Paragraph(r.T("duplicates.lead")), ui.Table(t),
		ui.Button(ui.Link{Text: r.T("duplicates.on"), Href: "/cases/" + string(ref)}, true))
}

// likely is the weight from which two are said to be likely the same.
const likely = 12.0

func (r reader) strength(one projections.Candidate) ui.Tag {
	if one.Weight >= likely {
		return ui.Tag{Text: r.T("duplicates.likely"), Colour: "orange"}
	}
	return ui.Tag{Text: r.T("duplicates.possible"), Colour: "grey"}
}

func (r reader) traits(codes []string) ui.Cell {
	if len(codes) == 0 {
		return ui.Cell{Text: r.T("value.none")}
	}
	return ui.Cell{Text: strings.Join(r.codes("duplicate_trait", codes), "; ")}
}
