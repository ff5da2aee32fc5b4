package api

import (
	"context"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"nrm/domain"
	"nrm/projections"
)

type (
	nothing struct{}
	caseIn  struct {
		Case string `path:"case" doc:"the case's reference"`
	}
	facilityIn struct {
		Facility string `path:"facility" doc:"the facility's reference"`
	}
	Paging struct { // exported, so that the library sees what embeds it
		Limit  int `query:"limit" minimum:"1" maximum:"200" default:"50"`
		Offset int `query:"offset" minimum:"0" maximum:"1000000"`
	}
	casesIn struct {
		Queue  string `query:"queue" maxLength:"40" doc:"only the cases of one of your queues"`
		Stage  string `query:"stage" maxLength:"40" doc:"a code of the list stage"`
		Search string `query:"search" maxLength:"8" doc:"a reference, or its beginning"`
		Paging
	}
	codesIn struct {
		List string `path:"list"`
	}
)

// reads registers every question.
func (s *Server) reads(api huma.API) {
	read(s, api, "/cases", "The cases you may see", caseView, s.readCases)
	read(s, api, "/cases/{case}", "A case: where it stands and what comes next", caseView, s.readCase)
	read(s, api, "/cases/{case}/timeline", "What happened to a case, the latest first", caseView, s.readTimeline)
	read(s, api, "/cases/{case}/deadlines", "The time limits of a case", caseView, s.readDeadlines)
	read(s, api, "/cases/{case}/conformance", "How the mandated path was kept on a case", caseView, s.readConformance)
	read(s, api, "/cases/{case}/duplicates", "Who may be the same person, for somebody to judge", duplicateView, s.readDuplicates)
	read(s, api, "/duplicates", "Possible duplicates that nobody has judged, the likeliest first", duplicateView, s.readUnjudged)
	read(s, api, "/queues", "What waits for you", caseView, s.readQueues)
	read(s, api, "/overdue", "Duties past due, the oldest first", dutyView, s.readOverdue)
	read(s, api, "/notices", "Consents that are over by which you have data", noticeView, s.readNotices)
	read(s, api, "/facilities", "Shelters and assistance centres with their occupancy", occupancy, s.readFacilities)
	read(s, api, "/facilities/{facility}", "A facility and what happened to it", occupancy, s.readFacility)
	read(s, api, "/calls", "The calls to the hotlines of a year, the latest first", callView, s.readCalls)
	read(s, api, "/erasures", "What is asked to be erased, and what was", erasureView, s.readErasures)
	read(s, api, "/codes", "The names of the code lists", signedIn, s.readLists)
	read(s, api, "/codes/{list}", "A code list in three languages", signedIn, s.readCodes)
	read(s, api, "/commands", "The commands that you may give", signedIn, s.readCommands)
}

func (s *Server) readCases(ctx context.Context, by domain.Actor, in *casesIn) (casesJSON, error) {
	if _, ok := domain.CodeOf("stage", in.Stage); in.Stage != "" && !ok {
		return casesJSON{}, &domain.Refusal{Kind: domain.Invalid, Code: "unknown_code", Field: "stage"}
	}
	rows, total, err := s.Views.Cases(ctx, by, s.Now(), projections.Filter{
		Queue: in.Queue, Stage: in.Stage, Search: in.Search, Limit: in.Limit, Offset: in.Offset,
	})
	return casesJSON{total, each(rows, rowJSON)}, err
}

func (s *Server) readCase(ctx context.Context, by domain.Actor, in *caseIn) (caseJSON, error) {
	p, err := s.casePage(ctx, by, in.Case)
	if err != nil {
		return caseJSON{}, err
	}
	out := caseJSON{CaseRow: rowJSON(p.Row), Deadlines: each(p.Due, dueJSON), Organisations: each(p.Access, accessJSON), Expected: []string{}, MayGive: []string{}}
	out.Person, out.Erased, out.Hold = personOf(p.Person), erasedOf(p.Erased), p.Hold
	for _, spec := range domain.CommandSpecs() {
		if spec.Kind != domain.CaseKind || spec.Opens() || !spec.MayGive(by.Role) || p.State.MergedInto != "" && !spec.OnMerged() {
			continue
		}
		out.MayGive = append(out.MayGive, spec.Name)
		if spec.Expected(p.State) {
			out.Expected = append(out.Expected, spec.Name)
		}
	}
	return out, nil
}

func (s *Server) readTimeline(ctx context.Context, by domain.Actor, in *caseIn) (timelineJSON, error) {
	p, err := s.casePage(ctx, by, in.Case)
	return timelineJSON{Case: string(p.Row.Ref), Entries: each(p.Timeline, entryJSON)}, err
}

func (s *Server) readDeadlines(ctx context.Context, by domain.Actor, in *caseIn) (deadlinesJSON, error) {
	p, err := s.casePage(ctx, by, in.Case)
	return deadlinesJSON{len(p.Due), each(p.Due, dueJSON)}, err
}

func (s *Server) casePage(ctx context.Context, by domain.Actor, id string) (projections.CasePage, error) {
	ref, err := domain.ParseRef(id)
	if err != nil {
		return projections.CasePage{}, err
	}
	return s.Views.Case(ctx, by, s.Now(), ref)
}

func (s *Server) readQueues(ctx context.Context, by domain.Actor, _ *nothing) (queuesJSON, error) {
	queues, err := s.Views.Queues(ctx, by, s.Now())
	return queuesJSON{each(queues, func(q projections.Queue) queueJSON { return queueJSON{q.ID, q.Count} })}, err
}

func (s *Server) readOverdue(ctx context.Context, by domain.Actor, in *Paging) (overdueJSON, error) {
	due, total, err := s.Views.Overdue(ctx, by, s.Now(), in.Limit, in.Offset)
	if err != nil {
		return overdueJSON{}, err
	}
	duties, err := s.dutiesMissed(ctx, by)
	return overdueJSON{total, each(due, dueJSON), each(duties, func(d projections.Duty) dutyJSON {
		return dutyJSON{d.Clock.Rule, d.Action, d.Clock.Key, d.Clock.Due, d.Clock.Assumed, d.Clock.Missed}
	})}, err
}

func (s *Server) readFacilities(ctx context.Context, by domain.Actor, _ *nothing) (facilitiesJSON, error) {
	rows, err := s.Views.Facilities(ctx)
	return facilitiesJSON{each(rows, func(r projections.FacilityRow) FacilityRow { return facilityOf(by, s.Now(), r) })}, err
}

func (s *Server) readFacility(ctx context.Context, by domain.Actor, in *facilityIn) (facilityPageJSON, error) {
	ref, err := domain.ParseRef(in.Facility)
	if err != nil {
		return facilityPageJSON{}, err
	}
	row, entries, err := s.Views.Facility(ctx, by, ref)
	if err != nil {
		return facilityPageJSON{}, err
	}
	return facilityPageJSON{facilityOf(by, s.Now(), row), each(entries, entryJSON)}, nil
}

func (s *Server) readLists(context.Context, domain.Actor, *nothing) (listsJSON, error) {
	return listsJSON{domain.Lists()}, nil
}

func (s *Server) readCodes(_ context.Context, _ domain.Actor, in *codesIn) (codesJSON, error) {
	if !slices.Contains(domain.Lists(), in.List) {
		return codesJSON{}, &domain.Refusal{Kind: domain.NotFound, Code: "no_such_list"}
	}
	return codesOf(in.List), nil
}

func (s *Server) readCommands(_ context.Context, by domain.Actor, _ *nothing) (commandsJSON, error) {
	out := commandsJSON{Commands: []commandJSON{}}
	for _, spec := range domain.CommandSpecs() {
		if spec.MayGive(by.Role) {
			out.Commands = append(out.Commands, commandOf(spec))
		}
	}
	return out, nil
}
