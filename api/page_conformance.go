package api

import (
	"context"
	"strconv"
	"time"

	"nrm/api/ui"
	"nrm/domain"
)

type (
	conformanceJSON struct {
		Case     string        `json:"case"`
		Verdicts []verdictJSON `json:"verdicts"`
	}
	verdictJSON struct {
		Norm    string     `json:"norm" doc:"code list norm"`
		Version int        `json:"version,omitempty" doc:"the version in force when the step fell due; missing if none was"`
		Verdict string     `json:"verdict" doc:"code list conformity"`
		Of      string     `json:"of,omitempty" doc:"the event that made the norm apply"`
		Step    string     `json:"step,omitempty" doc:"the event that was judged"`
		Due     *time.Time `json:"due,omitempty"`
		Act     string     `json:"act,omitempty"`
		Article string     `json:"article,omitempty"`
		Assumed bool       `json:"assumed" doc:"not confirmed law"`
	}
)

// readConformance tells how the mandated path was kept on a case.
func (s *Server) readConformance(ctx context.Context, by domain.Actor, in *caseIn) (conformanceJSON, error) {
	p, err := s.casePage(ctx, by, in.Case)
	return conformanceJSON{string(p.Row.Ref), each(p.Conformance, judgedJSON)}, err
}

func judgedJSON(v domain.NormVerdict) verdictJSON {
	out := verdictJSON{Norm: v.Norm, Version: v.Version, Verdict: string(v.Result), Of: v.Of.String(), Step: v.Step.String()}
	if !v.Due.IsZero() {
		out.Due = &v.Due
	}
	if n, ok := domain.NormOf(v.Norm, v.Version); ok {
		out.Act, out.Article, out.Assumed = n.Act, n.Article, n.Confidence == "assumed"
	}
	return out
}

// conformance is how the mandated path was kept, without what does not apply.
func (p casePage) conformance() ui.TableView {
	t := ui.TableView{T: p.T, Stacks: true, Caption: p.T("case.conformance"), CaptionHidden: true, Empty: p.T("conformance.empty"), Heads: []ui.Head{
		{Text: p.T("conformance.norm")}, {Text: p.T("conformance.act")}, {Text: p.T("conformance.verdict")},
	}}
	for _, v := range p.Conformance {
		n, ok := domain.NormOf(v.Norm, v.Version)
		if v.Result == domain.NotApplicable || !ok {
			continue
		}
		act := n.Act
		if n.Article != "" {
			act += " " + n.Article
		}
		if n.Confidence == "assumed" {
			act = p.T("conformance.assumed", "Act", act)
		}
		norm := ui.Cell{Text: p.code("norm", v.Norm)}
		if v.Version > 1 {
			norm.Hint = p.T("conformance.version", "N", strconv.Itoa(v.Version))
		}
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{norm, {Text: act}, {Tags: []ui.Tag{p.verdictTag(v.Result)}}}})
	}
	return t
}

// verdictTag says how a norm was kept. Its words say it; the colour repeats.
func (w words) verdictTag(c domain.Conformity) ui.Tag {
	colours := map[domain.Conformity]string{
		domain.Fit: "green", domain.TooLate: "orange", domain.Skipped: "red", domain.OutOfOrder: "yellow", domain.Repeated: "yellow", domain.Pending: "blue",
	}
	return ui.Tag{Text: w.code("conformity", string(c)), Colour: colours[c]}
}
