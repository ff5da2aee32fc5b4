package projections

import (
	"math"
	"testing"
	"time"

	"nrm/domain"
)

func TestProvable(t *testing.T) {
	w, v, caughtUp := seeing(t, 91)
	ref := handedOver(w)
	s, house := domain.CaseStream(ref), w.houses[gence.Organisation]
	seqs := map[string]uint64{"the facility": 1}
	seqs["the request"] = w.later(time.Hour).must(officer, s, domain.RequestShelter{Facility: house, Security: "low"})
	w.later(time.Hour).must(gence, s, domain.ConfirmAdmission{Facility: house, Basis: first("admission_basis")})
	w.later(time.Hour).must(gence, s, domain.RecordDeparture{Facility: house, Destination: first("destination"), Planned: true})
	seqs["the name"] = w.later(time.Hour).must(officer, s, called("Örnəkova", "Sınaqə"))
	seqs["a meeting"] = w.must(coordinator, domain.ActionStream("4.1.9"), domain.HoldMeeting{Body: first("body"), Present: 5, Members: 9})
	caughtUp()
	last, _ := w.log.(*memory).Last(t.Context())
	seqs["nothing"], seqs["what is to come"], seqs["no position"], seqs["the last position"] = 0, last+1, math.MaxUint64, math.MaxInt64
	for by, may := range map[domain.Actor][]string{
		officer:     {"the facility", "the request", "the name", "a meeting"},
		head:        {"the facility", "the request", "the name", "a meeting"},
		duty:        {"the facility", "the request", "the name", "a meeting"},
		coordinator: {"the facility", "the request", "the name", "a meeting"},
		protector:   {"the facility", "a meeting"},
		gence:       {"the request"}, // the name came after its part
		shelter:     nil,
		referrer:    nil,
		lawyer:      nil,
	} {
		for what, seq := range seqs {
			err := v.Provable(t.Context(), by, w.now.Add(time.Hour), seq)
			want := false
			for _, m := range may {
				want = want || m == what
			}
			r, refused := domain.AsRefusal(err)
			if want != (err == nil) || err != nil && (!refused || r.Kind != domain.NotFound || r.Code != "no_such_event") {
				t.Errorf("%s, %s: %v", by.Role, what, err)
			}
		}
	}
}
