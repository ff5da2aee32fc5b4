package domain

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEveryMappedCodeHasATarget or a stated reason why not; and no target is one
// that the standard does not have.
func TestEveryMappedCodeHasATarget(t *testing.T) {
	for _, s := range Standards() {
		if !hasCode("standard_confidence", s.Confidence) || s.Name == "" || s.Version == "" || s.Source == "" || s.Note.AZ == "" || s.Note.EN == "" || s.Note.RU == "" {
			t.Errorf("%s does not say what it is, of when, from where and how sure", s.ID)
		}
		for list, codes := range s.Lists {
			if !hasList(list) {
				t.Errorf("%s maps %s, which is no list", s.ID, list)
				continue
			}
			for code := range codes {
				if code != "*" && !hasCode(list, code) {
					t.Errorf("%s maps %s of %s, which is no code", s.ID, code, list)
				}
			}
			for _, c := range Codes(list) {
				m, ok := s.Of(list, c)
				if !ok || len(m.To) == 0 && m.Note == "" {
					t.Errorf("%s: %s of %s has neither a target nor a reason", s.ID, c.Code, list)
				}
				if m.Note != "" && !hasCode("crosswalk_note", m.Note) {
					t.Errorf("%s: %s of %s: no note %q", s.ID, c.Code, list, m.Note)
				}
				for _, target := range m.To {
					if !s.has(target) {
						t.Errorf("%s: %s of %s: the standard has no %s", s.ID, c.Code, list, target)
					}
					if isOther(target) && c.Code != "other" && m.Note == "" {
						t.Errorf("%s: %s of %s becomes %s without a note", s.ID, c.Code, list, target)
					}
				}
			}
		}
	}
}

var otherValue = regexp.MustCompile(`(?i)=other$|Other=1$|isOtherExploit=1$`)

func isOther(target string) bool { return otherValue.MatchString(target) }

// TestStandardsKnowTheCoreLists: what each standard asks for is mapped.
func TestStandardsKnowTheCoreLists(t *testing.T) {
	for id, want := range map[string]string{
		"htcds": "victim_status sex gender citizenship nationality country language education_level control_method form_of_exploitation isic_section " +
			"relation_to_trafficker recruitment_method exploitation_act referral_reason stage closure_reason service consent_question organisation_kind",
		"ctdc":   "control_method form_of_exploitation means sex age age_group citizenship nationality country isic_section relation_to_trafficker",
		"ictip":  "exploitation_act means form_of_exploitation geography sex age age_group victim_status relation_to_trafficker organisation_kind",
		"glotip": "sex age form_of_exploitation citizenship nationality",
	} {
		s := standardNamed(t, id)
		lists := strings.Fields(want)
		for _, list := range lists {
			if !s.Maps(list) {
				t.Errorf("%s does not map %s", id, list)
			}
		}
		if len(s.Lists) != len(lists) {
			t.Errorf("%s maps %d lists, %d are named here", id, len(s.Lists), len(lists))
		}
	}
	if !standardNamed(t, "ictip").Draft() || standardNamed(t, "htcds").Draft() {
		t.Error("IC-TIP is a draft mapping, HTCDS was read whole")
	}
}

// TestTrapsOfTheStandards: the picklist of HTCDS omits two methods of control
// that its definitions and CTDC have.
func TestTrapsOfTheStandards(t *testing.T) {
	htcds, ctdc := standardNamed(t, "htcds"), standardNamed(t, "ctdc")
	for code, flag := range map[string]string{"restricts_movement": "meansOfControlRestrictsMovement=1", "uses_children": "meansOfControlUsesChildren=1"} {
		c, _ := CodeOf("control_method", code)
		if m, _ := htcds.Of("control_method", c); !slices.Equal(m.To, []string{"vic_MethodsOfControl=Other"}) || m.Note != "omitted" {
			t.Errorf("HTCDS: %s is %+v", code, m)
		}
		if m, _ := ctdc.Of("control_method", c); !slices.Equal(m.To, []string{flag}) || m.Note != "" {
			t.Errorf("CTDC: %s is %+v", code, m)
		}
	}
	if len(Codes("control_method")) != 17 {
		t.Errorf("%d methods of control: CTDC has 17", len(Codes("control_method")))
	}
	az, _ := CodeOf("nationality", "AZ")
	for s, want := range map[*Standard]string{&htcds: "prs_Citizenship=AZ", &ctdc: "citizenship=AZE"} {
		if m, _ := s.Of("nationality", az); !slices.Equal(m.To, []string{want}) {
			t.Errorf("%s: AZ is %v", s.ID, m.To)
		}
	}
	surrogacy, _ := CodeOf("form_of_exploitation", "surrogacy")
	if m, _ := htcds.Of("form_of_exploitation", surrogacy); m.To[0] != "vic_TypeOfExploitation=Surrogacy" {
		t.Errorf("surrogacy is %v", m.To)
	}
}

// TestEveryFieldOfHTCDS says where it comes from or why it stays empty. Free text,
// addresses and the names of staff are never given; who the person is only
// outside an ordinary export.
func TestEveryFieldOfHTCDS(t *testing.T) {
	s := standardNamed(t, "htcds")
	named := map[string]string{}
	for _, c := range s.Columns {
		if _, twice := named[c.Field]; twice {
			t.Errorf("%s stands twice", c.Field)
		}
		named[c.Field] = c.Note
		if len(c.From) == 0 && c.Note == "" || c.Note != "" && !hasCode("crosswalk_note", c.Note) {
			t.Errorf("%s: neither a source nor a reason", c.Field)
		}
		if slices.Contains([]string{"free_text", "address", "staff", "not_kept", "deprecated"}, c.Note) && len(c.From) > 0 {
			t.Errorf("%s stays empty and has a source", c.Field)
		}
		for _, from := range c.From {
			typ, field, whole := strings.Cut(from, ".")
			if _, ok := EventSpecOf(typ); !ok || whole && !slices.Contains(EventFields(typ), field) {
				t.Errorf("%s comes from %s, which is not there", c.Field, from)
			}
			for _, f := range structFields(typ) {
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				personal := f.Type == reflect.TypeFor[Words]() || f.Type == reflect.TypeFor[Prose]() || name == "birth_date"
				if name == field && personal && c.Note != "names" {
					t.Errorf("%s gives away %s", c.Field, from)
				}
			}
		}
	}
	for _, f := range s.Fields {
		if _, ok := named[f.Field]; !ok {
			t.Errorf("%s has values and is not among the columns", f.Field)
		}
	}
	ours := 0
	for field := range named {
		prefix, _, _ := strings.Cut(field, "_")
		if prefix == "aznrm" {
			ours++
		} else if !slices.Contains([]string{"org", "prs", "vic", "per", "cas", "cco", "hte", "spl", "con"}, prefix) {
			t.Errorf("%s is neither a field of the standard nor one of ours", field)
		}
	}
	if len(named)-ours != 83 || ours < 15 { // HTCDS 2.0 has 83 fields
		t.Errorf("%d fields of the standard, %d of ours", len(named)-ours, ours)
	}
	if named["cas_IncomingReferralDate"] != "accepted" {
		t.Error("the date of an incoming referral is that of its acceptance")
	}
	for _, field := range []string{"cas_IncomingReferralDetails", "cas_OutgoingReferralDetails", "cas_ReasonForCaseClosure", "cco_CaseComment", "hte_Description", "spl_Objectives", "spl_ActionPlan"} {
		if named[field] != "free_text" {
			t.Errorf("%s is free text and must be empty", field)
		}
	}
}

func standardNamed(t *testing.T, id string) Standard {
	t.Helper()
	i := slices.IndexFunc(Standards(), func(s Standard) bool { return s.ID == id })
	if i < 0 {
		t.Fatalf("no standard %s", id)
	}
	return Standards()[i]
}
