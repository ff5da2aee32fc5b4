package api

import (
	"encoding/json"
	"time"

	"nrm/domain"
	"nrm/projections"
)

// What programs are told. The names are as lasting as those of the log: add
// fields, never rename or remove one. Types that stand in others are exported:
// the library describes no others.
type (
	casesJSON struct {
		Total int       `json:"total"`
		Cases []CaseRow `json:"cases"`
	}
	CaseRow struct {
		Case            string        `json:"case"`
		Name            string        `json:"name,omitempty" doc:"how the person is called; missing if you may not know, or nobody does"`
		Stage           string        `json:"stage" doc:"code list stage"`
		Status          string        `json:"status" doc:"code list victim_status"`
		Age             string        `json:"age" doc:"code list age"`
		Region          string        `json:"region,omitempty" doc:"where the person was found, code list region"`
		Country         string        `json:"country,omitempty" doc:"where the person was found, if abroad"`
		Detected        *momentJSON   `json:"detected,omitempty"`
		ImmediateDanger bool          `json:"immediate_danger"`
		Missing         bool          `json:"missing" doc:"nobody knows where the person is"`
		Risk            string        `json:"risk,omitempty" doc:"code list risk_level"`
		LastEvent       string        `json:"last_event,omitempty"`
		LastHappened    *momentJSON   `json:"last_happened,omitempty"`
		NextDeadline    *deadlineJSON `json:"next_deadline,omitempty"`
		Deviations      int           `json:"deviations"`
	}
	caseJSON struct {
		CaseRow
		Organisations []involvedJSON `json:"organisations" doc:"who has to do with the case"`
		Deadlines     []deadlineJSON `json:"deadlines"`
		Expected      []string       `json:"expected" doc:"of the commands you may give, the usual next ones"`
		MayGive       []string       `json:"may_give"`
		Person        *personJSON    `json:"person,omitempty" doc:"who the person is, as far as you may know"`
		Erased        *erasedJSON    `json:"erased,omitempty" doc:"what described the person can never be read again"`
		Hold          string         `json:"hold,omitempty" doc:"code list hold_reason: why nothing may be erased"`
	}
	involvedJSON struct {
		Organisation string     `json:"organisation"`
		Relation     string     `json:"relation"`
		Until        *time.Time `json:"until,omitempty"`
	}
	momentJSON struct {
		At        string `json:"at,omitempty" doc:"a time, or a day if no more is known; missing if not even that"`
		Precision string `json:"precision" enum:"minute,hour,day,unknown"`
	}
	deadlinesJSON struct {
		Total     int            `json:"total"`
		Deadlines []deadlineJSON `json:"deadlines"`
	}
	deadlineJSON struct {
		Case     string      `json:"case"`
		Name     string      `json:"name,omitempty" doc:"in a list of several cases: how the person is called, if you may know"`
		Stage    string      `json:"stage"`
		Rule     string      `json:"rule" doc:"code list rule"`
		Facility string      `json:"facility,omitempty" doc:"the facility that was asked"`
		State    string      `json:"state" enum:"running,overdue,met,late,waived,lapsed,ended,unclear,suspended"`
		Start    *momentJSON `json:"start,omitempty"`
		Due      time.Time   `json:"due" doc:"the first instant that is too late"`
		Limit    int         `json:"limit"`
		Unit     string      `json:"unit" enum:"h,d,wd,m,y" doc:"hours, calendar days, working days, months, years"`
		Assumed  bool        `json:"assumed" doc:"the limit is not confirmed law"`
		Stopped  *momentJSON `json:"stopped,omitempty"`
		Missed   bool        `json:"missed" doc:"the register has recorded that it is overdue"`

		Suspended *momentJSON `json:"suspended,omitempty" doc:"since when, if it is"`
		Extended  bool        `json:"extended,omitempty" doc:"somebody gave it more time than the limit says"`
	}
	overdueJSON struct {
		Total        int            `json:"total" doc:"of the duties on cases"`
		Deadlines    []deadlineJSON `json:"deadlines"`
		Institutions []dutyJSON     `json:"institutions,omitempty" doc:"duties of institutions, all that are past due, for those who see the plan"`
	}
	dutyJSON struct {
		Duty    string    `json:"duty" doc:"code list institution_duty"`
		Action  string    `json:"action" doc:"the action of the plan on which it stands"`
		Period  string    `json:"period" doc:"the year or the quarter: 2024 or 2024-Q3"`
		Due     time.Time `json:"due" doc:"the first instant that is too late"`
		Assumed bool      `json:"assumed" doc:"the limit is not confirmed law"`
		Missed  bool      `json:"missed" doc:"the register has recorded that it is overdue"`
	}
	timelineJSON struct {
		Case    string          `json:"case"`
		Entries []timelineEntry `json:"entries"`
	}
	timelineEntry struct {
		Position   uint64         `json:"position"`
		At         string         `json:"at" doc:"names the event where a command asks for one of this case"`
		Event      string         `json:"event"`
		Track      string         `json:"track" doc:"code list track"`
		Happened   *momentJSON    `json:"happened,omitempty"`
		Known      time.Time      `json:"known" doc:"when the mechanism knew"`
		Recorded   time.Time      `json:"recorded" doc:"when this register stored it"`
		Imported   bool           `json:"imported"`
		By         byJSON         `json:"by"`
		Data       map[string]any `json:"data,omitempty" doc:"missing if you may only know that it happened, and if they were erased or are unreadable"`
		Erased     bool           `json:"erased,omitempty" doc:"the data can never be read again"`
		Unreadable bool           `json:"unreadable,omitempty" doc:"you may see the data, but the person's keys are damaged; they come back only with the keys"`
		Region     string         `json:"region,omitempty"`
		Judged     string         `json:"judged,omitempty" doc:"how the duty that it fulfilled was kept"`
		Rule       string         `json:"rule,omitempty"`
		Deviations []string       `json:"deviations" doc:"code list deviation"`

		Voided    bool            `json:"voided,omitempty" doc:"it counts for nothing any more"`
		Corrected []correctedJSON `json:"corrected,omitempty" doc:"what became of it since, in the order in which that was recorded"`
	}
	correctedJSON struct {
		Position uint64 `json:"position" doc:"of the decision that did it"`
		Field    string `json:"field,omitempty" doc:"code list correctable; missing if the event was voided"`
		Old      string `json:"old,omitempty" doc:"missing if you may not see the event's data"`
		New      string `json:"new,omitempty" doc:"missing if you may not see the event's data"`
		Reason   string `json:"reason" doc:"code list correction_reason"`
	}
	byJSON struct {
		User         string `json:"user,omitempty"`
		Role         string `json:"role"`
		Organisation string `json:"organisation,omitempty"`
	}
	queuesJSON struct {
		Queues []queueJSON `json:"queues"`
	}
	queueJSON struct {
		Queue string `json:"queue"`
		Count int    `json:"count"`
	}
	facilitiesJSON struct {
		Facilities []FacilityRow `json:"facilities"`
	}
	FacilityRow struct {
		Facility     string            `json:"facility"`
		Kind         string            `json:"kind"`
		Operator     string            `json:"operator"`
		Organisation string            `json:"organisation"`
		District     string            `json:"district"`
		Region       string            `json:"region"`
		Since        string            `json:"since"`
		ClosedOn     string            `json:"closed_on,omitempty"`
		Capacity     int               `json:"capacity" doc:"beds"`
		Taken        int               `json:"taken" doc:"beds in use"`
		Over         bool              `json:"over" doc:"more persons than beds"`
		Reserved     int               `json:"reserved" doc:"beds kept for somebody today"`
		Allowed      int               `json:"allowed" doc:"persons allowed today beyond the beds"`
		Places       []placesJSON      `json:"places" doc:"the beds by sex and age; empty when they are for anybody"`
		Agreements   map[string]string `json:"agreements" doc:"by organisation, the last day"`
	}
	placesJSON struct {
		Group  string `json:"group" doc:"code list place_group"`
		Number int    `json:"number"`
		Free   *int   `json:"free,omitempty" doc:"neither taken nor reserved today; missing if you may not know"`
	}
	facilityPageJSON struct {
		FacilityRow
		Entries []timelineEntry `json:"entries"`
	}
	listsJSON struct {
		Lists []string `json:"lists"`
	}
	codesJSON struct {
		List       string         `json:"list"`
		Acts       []string       `json:"acts,omitempty" doc:"code list legal_act; without acts and standard the list is this register's own"`
		Standard   string         `json:"standard,omitempty" doc:"the standard that has such a list"`
		Confidence string         `json:"confidence,omitempty" enum:"confirmed,reported,likely,assumed"`
		Standards  []standardJSON `json:"standards" doc:"the code systems that the list is mapped to"`
		Codes      []codeJSON     `json:"codes"`
	}
	standardJSON struct {
		ID         string `json:"id"`
		Name       string `json:"name"`
		Version    string `json:"version"`
		Confidence string `json:"confidence" doc:"code list standard_confidence; draft: a draft mapping, the published list was not at hand"`
		Source     string `json:"source"`
	}
	codeJSON struct {
		Code       string        `json:"code"`
		ISO        string        `json:"iso,omitempty" doc:"ISO 3166-1 alpha-3 or ISO 639-2"`
		Group      string        `json:"group,omitempty"`
		From       string        `json:"valid_from,omitempty" format:"date"`
		To         string        `json:"valid_to,omitempty" format:"date"`
		Confidence string        `json:"confidence,omitempty" enum:"confirmed,reported,assumed"`
		Source     string        `json:"source,omitempty"`
		AZ         string        `json:"az"`
		EN         string        `json:"en"`
		RU         string        `json:"ru"`
		Mappings   []mappingJSON `json:"mappings,omitempty"`
	}
	mappingJSON struct {
		Standard string   `json:"standard"`
		To       []string `json:"to" doc:"field=value, all of them together; none: left empty"`
		Note     string   `json:"note,omitempty" doc:"code list crosswalk_note"`
	}
	commandsJSON struct {
		Commands []commandJSON `json:"commands"`
	}
	commandJSON struct {
		Command string      `json:"command"`
		Path    string      `json:"path" doc:"where to POST it"`
		Track   string      `json:"track"`
		Fields  []fieldJSON `json:"fields"`
	}
	fieldJSON struct {
		Name     string   `json:"name"`
		Kind     string   `json:"kind" enum:"code,codes,yes_no,number,money,day,time,text,prose,facility,case,cases,event,reference,answers,counts"`
		List     string   `json:"list,omitempty"`
		Codes    []string `json:"codes,omitempty"`
		Required bool     `json:"required"`
		Min      *int     `json:"min,omitempty"`
		Max      *int     `json:"max,omitempty" doc:"of a text: characters; of cases: how many"`
	}
)

// each converts a list; of nothing it makes an empty list, not null.
func each[A, B any](in []A, f func(A) B) []B {
	out := make([]B, 0, len(in))
	for _, a := range in {
		out = append(out, f(a))
	}
	return out
}

// moment tells a time as it is known: a time nobody knows has only its
// precision, since its place in the order of things is not a time.
func moment(w domain.When) *momentJSON {
	switch {
	case w.IsZero():
		return nil
	case !w.Known():
		return &momentJSON{Precision: string(domain.Unknown)}
	}
	return &momentJSON{w.String(), string(w.Precision)}
}

func rowJSON(r projections.CaseRow) CaseRow {
	row := CaseRow{
		Case: string(r.Ref), Name: r.Name, Stage: r.Stage, Status: r.Status, Age: r.Age, Region: r.Region, Country: r.Country,
		Detected: moment(r.Detected), ImmediateDanger: r.Danger, Missing: r.Missing, Risk: r.Risk,
		LastEvent: r.LastType, LastHappened: moment(r.LastHappened), Deviations: r.Deviations,
	}
	if r.Next != nil {
		next := dueJSON(*r.Next)
		row.NextDeadline = &next
	}
	return row
}

func dueJSON(d projections.Due) deadlineJSON {
	k := d.Clock
	return deadlineJSON{
		Case: string(d.Ref), Name: d.Name, Stage: d.Stage, Rule: k.Rule, Facility: k.Key, State: string(d.State), Start: moment(k.Start), Due: k.Due,
		Limit: k.Value, Unit: k.Unit, Assumed: k.Assumed, Stopped: moment(k.Stopped), Missed: k.Missed,
		Suspended: moment(k.Paused), Extended: k.Extended,
	}
}

func accessJSON(a domain.Access) involvedJSON {
	in := involvedJSON{Organisation: a.Organisation, Relation: string(a.Relation)}
	if !a.Until.IsZero() {
		in.Until = &a.Until
	}
	return in
}

// entryJSON tells an event by its data, or without them when the view hides
// them. What is still sealed is never opened here.
func entryJSON(e projections.Entry) timelineEntry {
	out := timelineEntry{
		Position: e.Seq, At: e.At.String(), Event: e.Type, Track: e.Track, Happened: moment(e.Happened), Known: e.Known, Recorded: e.Recorded, Imported: e.Imported,
		Erased: e.Erased, Unreadable: e.Unreadable,
		By:     byJSON{e.By.User, string(e.By.Role), e.By.Organisation},
		Region: e.Region, Judged: string(e.Judged), Rule: e.Rule, Deviations: append([]string{}, e.Deviation...),
	}
	out.Voided = e.Voided
	for _, c := range e.Corrected {
		out.Corrected = append(out.Corrected, correctedJSON(c))
	}
	if _, sealed := e.Event.(domain.Sealed); e.Event != nil && !sealed {
		_, data, err := domain.EncodeEvent(e.Event)
		if err != nil || json.Unmarshal(data, &out.Data) != nil {
			out.Data = nil // it was read from the log, so it can be written
		}
	}
	return out
}

// facilityOf shows a facility as it is today. How many places of a group are free
// is told to those who look for one, and to the facility itself.
func facilityOf(by domain.Actor, now time.Time, r projections.FacilityRow) FacilityRow {
	f, today := r.State, domain.DayOf(now)
	out := FacilityRow{
		Facility: string(r.Ref), Kind: f.Kind, Operator: f.Operator, Organisation: f.Organisation,
		District: f.District, Region: domain.RegionOn(f.District, today), Since: f.Since.String(), ClosedOn: f.ClosedOn.String(),
		Capacity: f.Capacity, Taken: f.Taken, Over: r.Over, Agreements: map[string]string{},
		Reserved: f.ReservedOn(today), Allowed: f.Exceeding(today), Places: []placesJSON{},
	}
	for _, p := range f.Places {
		places := placesJSON{Group: p.Code, Number: p.Number}
		if seesFree(by, f) {
			places.Free = new(max(0, f.Free(p.Code, today)))
		}
		out.Places = append(out.Places, places)
	}
	for ngo, until := range f.Agreements {
		out.Agreements[ngo] = until.String()
	}
	return out
}

func seesFree(by domain.Actor, f *domain.Facility) bool {
	return by.Role.SeesEveryCase() || by.Organisation == f.Organisation
}

// codesOf shows a code list with its source and what each code is in the
// standards of others.
func codesOf(list string) codesJSON {
	source, _ := domain.SourceOf(list)
	out := codesJSON{List: list, Acts: source.Acts, Standard: source.Standard, Confidence: source.Confidence, Standards: []standardJSON{}}
	for _, s := range standardsOf(list) {
		out.Standards = append(out.Standards, standardJSON{s.ID, s.Name, s.Version, s.Confidence, s.Source})
	}
	for _, c := range domain.Codes(list) {
		code := codeJSON{
			Code: c.Code, ISO: c.ISO, Group: c.Group, From: c.From.String(), To: c.To.String(),
			Confidence: c.Confidence, Source: c.Source, AZ: c.AZ, EN: c.EN, RU: c.RU,
		}
		for _, s := range standardsOf(list) {
			m, _ := s.Of(list, c)
			code.Mappings = append(code.Mappings, mappingJSON{s.ID, m.To, m.Note})
		}
		out.Codes = append(out.Codes, code)
	}
	return out
}

func commandOf(spec domain.CommandSpec) commandJSON {
	path := places[spec.Kind]
	if !spec.Opens() {
		path += "/{" + ids[spec.Kind] + "}/" + spec.Name
	}
	return commandJSON{spec.Name, path, spec.Track, each(spec.Fields(), fieldOf)}
}

func fieldOf(f domain.Field) fieldJSON {
	out := fieldJSON{Name: f.Name, Kind: string(f.Kind), List: f.List, Required: requires(f)}
	if f.List != "" {
		out.Codes = each(f.Choices(), func(c domain.Code) string { return c.Code })
	}
	if f.Kind == domain.Number || f.Kind == domain.Amount || f.Kind == domain.NumbersOf {
		out.Min, out.Max = new(f.Min), new(f.Max)
	}
	if f.Kind == domain.ShortText || f.Kind == domain.LongText || f.Kind == domain.AReference || f.Kind == domain.ManyCases {
		out.Max = new(f.Max)
	}
	return out
}
