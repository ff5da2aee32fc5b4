package projections

import (
	"testing"
	"time"

	"nrm/domain"
)

// TestSuspendedAccessEmptiesEveryView: while a court has suspended access to the
// person's data, nobody learns from a list, a page or a search who it is.
func TestSuspendedAccessEmptiesEveryView(t *testing.T) {
	w, v, caughtUp := seeing(t, 91)
	ref := w.named("Əliyeva", "Günay")
	s := domain.CaseStream(ref)
	w.must(officer, s, document("AZE 1234567"))
	w.must(officer, s, domain.SendServiceReferral{Organisation: prosecutor.Organisation, Services: []string{"legal_info"}})
	for _, step := range []struct {
		cmd  domain.Asked
		want string
	}{
		{nil, "Əliyeva Günay"},
		{domain.SuspendIdentityAccess{Decision: "153", Body: "court"}, ""},
		{domain.RestoreIdentityAccess{Decision: "154", Body: "court"}, "Əliyeva Günay"},
	} {
		if step.cmd != nil {
			w.later(time.Hour).must(prosecutor, s, step.cmd)
		}
		caughtUp()
		p := pageOf(t, v, officer, w.now, ref)
		rows, _, err := v.Cases(t.Context(), officer, w.now, Filter{Search: string(ref)})
		if err != nil || len(rows) != 1 || rows[0].Name != step.want || p.Row.Name != step.want || (p.Person.Identity == nil) != (step.want == "") {
			t.Errorf("%T: in a list %+v, on the page %q, %+v, %v", step.cmd, rows, p.Row.Name, p.Person.Identity, err)
		}
		for _, q := range []Query{{Name: "Əliyeva Günay"}, {Document: "AZE1234567"}} {
			if got := found(t, v, officer, w.now, q); (len(got) == 1) != (step.want != "") {
				t.Errorf("%T: %+v finds %v", step.cmd, q, got)
			}
		}
		if len(p.Timeline) == 0 {
			t.Errorf("%T: what happens is no longer seen", step.cmd)
		}
	}
}
