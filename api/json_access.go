package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"nrm/domain"
	"nrm/projections"
)

type (
	accessesIn struct {
		Case  string `query:"case" maxLength:"8" doc:"only what somebody has seen of this case: the answer to a person who asks"`
		Alarm string `query:"alarm" maxLength:"40" doc:"a code of the list access_alarm"`
		Paging
	}
	accessesJSON struct {
		Total    int          `json:"total"`
		Accesses []lookedJSON `json:"accesses" doc:"the latest first"`
	}
	lookedJSON struct {
		At     time.Time       `json:"at"`
		By     byJSON          `json:"by"`
		Type   string          `json:"type" doc:"the event"`
		Cases  []string        `json:"cases"`
		Alarms []string        `json:"alarms" doc:"code list access_alarm"`
		Data   json.RawMessage `json:"data" doc:"the event; it names nobody who is in the register as a victim"`
	}
	glassesJSON struct {
		Overdue int         `json:"unreviewed" doc:"indicator K29: opened more than seven days ago and not reviewed"`
		Cases   []glassJSON `json:"cases"`
	}
	glassJSON struct {
		Case    string         `json:"case"`
		AskedBy string         `json:"asked_by,omitempty" doc:"the account, while a request waits"`
		Reason  string         `json:"reason,omitempty" doc:"code list break_glass_reason"`
		Uses    []glassUseJSON `json:"uses"`
	}
	glassUseJSON struct {
		By       byJSON    `json:"by"`
		Approved string    `json:"approved_by" doc:"the account"`
		Reason   string    `json:"reason" doc:"code list break_glass_reason"`
		From     time.Time `json:"from"`
		Until    time.Time `json:"until"`
		Outcome  string    `json:"outcome,omitempty" doc:"code list access_review, once it was reviewed"`
	}
)

// readsOfAccess registers the questions about who has looked at what.
func (s *Server) readsOfAccess(api huma.API) {
	read(s, api, "/accesses", "Who has looked at what", accessView, s.readAccesses)
	read(s, api, "/identities-opened", "Who asked to know who a person is, and was let", glassView, s.readGlasses)
}

func (s *Server) readAccesses(ctx context.Context, by domain.Actor, in *accessesIn) (accessesJSON, error) {
	f := projections.AccessFilter{Alarm: in.Alarm, Limit: in.Limit, Offset: in.Offset}
	if _, ok := domain.CodeOf("access_alarm", in.Alarm); in.Alarm != "" && !ok {
		return accessesJSON{}, &domain.Refusal{Kind: domain.Invalid, Code: "unknown_code", Field: "alarm"}
	}
	if in.Case != "" {
		ref, err := domain.ParseRef(in.Case)
		if err != nil {
			return accessesJSON{}, err
		}
		f.Case = ref
	}
	rows, total, err := s.Views.Accesses(ctx, by, f)
	return accessesJSON{total, each(rows, lookJSON)}, err
}

func lookJSON(r projections.AccessRow) lookedJSON {
	typ, data, _ := domain.EncodeEvent(r.Event) // it was read from JSON
	return lookedJSON{
		At: r.At, By: byJSON{r.By.User, string(r.By.Role), r.By.Organisation}, Type: typ,
		Cases: each(r.Cases, func(ref domain.Ref) string { return string(ref) }), Alarms: append([]string{}, r.Alarms...), Data: data,
	}
}

func (s *Server) readGlasses(ctx context.Context, by domain.Actor, _ *nothing) (glassesJSON, error) {
	rows, err := s.Views.Glasses(ctx, by)
	out := glassesJSON{Cases: each(rows, func(g projections.GlassRow) glassJSON {
		return glassJSON{string(g.Ref), g.Glass.AskedBy.User, g.Glass.Reason, each(g.Glass.Uses, func(u domain.GlassUse) glassUseJSON {
			return glassUseJSON{byJSON{u.By.User, string(u.By.Role), u.By.Organisation}, u.Approved, u.Reason, u.From, u.Until, u.Outcome}
		})}
	})}
	for _, g := range rows {
		if g.Unreviewed(s.Now()) {
			out.Overdue++
		}
	}
	return out, err
}
