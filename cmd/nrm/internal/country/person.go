package country

// person is somebody in the mechanism, in codes.
type person struct {
	sex, age, citizenship string
	status                string // presumed or at_risk
	district, country     string // where found: one of the two
	source                string
	finder                actor
	circumstances         []string
	danger                bool
	indicators            []string
	forms, means          []string
	geography             string
	language              string
}

// kind is what must be so of a person; the rest is chance.
type kind struct {
	child, foreign, abroad, internal, atRisk, man bool
}

// Who finds victims inside the country: mostly the special police unit itself;
// very few come from NGOs (IOM, Needs Assessment, 2016; TIP reports 2018-2022).
var finders = []odds[person]{
	{30, person{source: "special_police", finder: officer, circumstances: []string{"raid"}}},
	{8, person{source: "special_police", finder: duty, circumstances: []string{"expelled_from_abroad"}}},
	{12, person{source: "police", finder: referrer("police-baki"), circumstances: []string{"reported_by_others"}}},
	{4, person{source: "police", finder: referrer("police-gence"), circumstances: []string{"raid"}, district: "AZ-GA"}},
	{8, person{source: "border", finder: referrer("border-service"), circumstances: []string{"border_control"}}},
	{6, person{source: "hotline", finder: referrer("hotline-152"), circumstances: []string{"sought_help"}}},
	{6, person{source: "self", finder: duty, circumstances: []string{"sought_help"}}},
	{5, person{source: "family_citizen", finder: referrer("police-baki"), circumstances: []string{"reported_by_others"}}},
	{5, person{source: "foreign_authority", finder: officer, circumstances: []string{"expelled_from_abroad"}}},
	{3, person{source: "migration", finder: migration, circumstances: []string{"expelled_from_abroad"}}},
	{3, person{source: "social_protection", finder: referrer("social-agency"), circumstances: []string{"sought_help"}}},
	{2, person{source: "security", finder: referrer("security-service"), circumstances: []string{"border_control"}}},
	{1, person{source: "customs", finder: referrer("customs-committee"), circumstances: []string{"border_control"}}},
	{2, person{source: "labour_inspectorate", finder: referrer("labour-inspectorate"), circumstances: []string{"workplace_inspection"}}},
	{2, person{source: "health", finder: referrer("health-agency"), circumstances: []string{"medical_visit"}}},
	{2, person{source: "media_internet", finder: officer, circumstances: []string{"online_advertisement"}}},
	{2, person{source: "ngo", finder: referrer("ngo-c"), circumstances: []string{"sought_help"}}},
	{1, person{source: "ngo", finder: referrer("ngo-f"), circumstances: []string{"reported_by_others"}}},
	{1, person{source: "ngo", finder: lawyer("legal-aid-a"), circumstances: []string{"sought_help"}}},
	{1, person{source: "court_prosecutor", finder: prosecutor, circumstances: []string{"reported_by_others"}}},
}

var childFinders = []odds[person]{
	{4, person{source: "minors_commission", finder: guardians, circumstances: []string{"school_absence"}}},
	{3, person{source: "police", finder: referrer("police-baki"), circumstances: []string{"street_begging"}}},
	{2, person{source: "family_committee", finder: referrer("scfwca"), circumstances: []string{"street_begging", "school_absence"}}},
	{1, person{source: "education", finder: referrer("education-ministry"), circumstances: []string{"school_absence"}}},
}

var foreignFinders = []odds[person]{
	{4, person{source: "migration", finder: migration, circumstances: []string{"documents_withheld"}}},
	{3, person{source: "labour_inspectorate", finder: referrer("labour-inspectorate"), circumstances: []string{"workplace_inspection", "documents_withheld"}}},
	{2, person{source: "border", finder: referrer("border-service"), circumstances: []string{"border_control"}}},
	{2, person{source: "special_police", finder: officer, circumstances: []string{"raid", "documents_withheld"}}},
}

// Where citizens are found abroad: the places of exploitation reported for 2017
// (Türkiye 43, UAE 9, Russia 8, Malaysia 5, Pakistan 4; also Iran).
var countries = []odds[string]{{43, "TR"}, {9, "AE"}, {8, "RU"}, {5, "MY"}, {4, "PK"}, {3, "IR"}, {1, "GE"}, {1, "KZ"}, {1, "PL"}}

// consulates are the three missions of the register, each with the countries it
// answers for here.
func consulateFor(country string) string {
	switch country {
	case "AE", "PK", "MY", "IR", "IQ", "SA", "QA", "AF":
		return "consulate-dubai"
	case "RU", "KZ", "BY", "UA", "UZ", "KG", "TJ", "TM":
		return "consulate-moscow"
	}
	return "consulate-istanbul"
}

var districts = []odds[string]{
	{46, "AZ-BA"}, {8, "AZ-SM"}, {4, "AZ-ABS"}, {7, "AZ-GA"}, {5, "AZ-LA"}, {3, "AZ-MAS"}, {3, "AZ-QBA"}, {3, "AZ-XAC"},
	{3, "AZ-SKR"}, {3, "AZ-BAR"}, {2, "AZ-GOY"}, {2, "AZ-AGS"}, {2, "AZ-MI"}, {2, "AZ-SAB"}, {2, "AZ-SA"}, {1, "AZ-ZAQ"},
	{1, "AZ-TOV"}, {1, "AZ-SMI"}, {1, "AZ-NV"}, {1, "AZ-SR"}, {1, "AZ-QAB"},
}

var crossings = []odds[string]{{5, "AZ-BA"}, {3, "AZ-AST"}, {2, "AZ-BAL"}, {2, "AZ-QAZ"}, {1, "AZ-XAC"}, {1, "AZ-CUL"}}

var womenForms = []odds[[]string]{
	{60, []string{"sexual_prostitution"}}, {10, []string{"sexual_private_services"}}, {8, []string{"sexual_prostitution", "debt_bondage_practice"}},
	{8, []string{"domestic_servitude"}}, {7, []string{"forced_labour"}}, {4, []string{"sexual_online"}}, {3, []string{"forced_marriage"}},
}

var menForms = []odds[[]string]{
	{7, []string{"forced_labour"}}, {2, []string{"forced_labour", "debt_bondage_practice"}}, {1, []string{"forced_criminality"}}, {1, []string{"forced_begging"}},
}

var childForms = []odds[[]string]{
	{4, []string{"forced_begging"}}, {2, []string{"child_marriage"}}, {2, []string{"child_labour"}}, {1, []string{"sexual_prostitution"}},
}

var allIndicators = []string{
	"abuse_of_vulnerability", "deception", "restriction_of_movement", "isolation", "violence", "intimidation",
	"retention_of_documents", "withholding_of_wages", "debt_bondage", "abusive_conditions", "excessive_overtime",
}

var adultMeans = []string{"deception", "abuse_of_vulnerability", "fraud", "threat_of_force", "force", "intimidation_other_coercion", "payment_or_benefit_to_controller"}

// newPerson invents somebody of a kind. Almost all are women: 84 % of the
// identified in 2018, 99 % in 2021.
func newPerson(d dice, k kind) person {
	var p person
	switch {
	case k.abroad:
		p = person{source: "consulate", country: draw(d, countries), circumstances: []string{pick(d, "sought_help", "expelled_from_abroad", "documents_withheld")}}
		p.finder = consul(consulateFor(p.country))
		if d.chance(0.12) { // the family at home asked for help first
			p.source, p.finder = "family_citizen", officer
		}
	case k.child:
		p = draw(d, childFinders)
	case k.foreign:
		p = draw(d, foreignFinders)
	default:
		p = draw(d, finders)
	}
	p.status, p.sex, p.age, p.citizenship, p.language = "presumed", "female", "adult", "az", "az"
	if k.man || !k.child && d.chance(0.04) || k.child && d.chance(0.5) {
		p.sex = "male"
	}
	if k.child {
		p.age = draw(d, []odds[string]{{4, "child"}, {1, "not_sure"}})
	}
	if k.foreign {
		p.citizenship, p.language = draw(d, []odds[string]{{9, "foreign"}, {1, "stateless"}}), pick(d, "ru", "en", "uz", "other")
	} else if d.chance(0.06) {
		p.language = "ru"
	}
	if k.atRisk {
		p.status = "at_risk"
	}
	if p.country == "" && p.district == "" {
		p.district = draw(d, districts)
		if p.circumstances[0] == "border_control" {
			p.district = draw(d, crossings)
		}
	}
	p.danger = d.chance(0.15)
	p.suffered(d, k)
	return p
}

// suffered says what was done to the person, in the codes of the decision.
func (p *person) suffered(d dice, k kind) {
	p.indicators = some(d, d.between(3, 7), allIndicators...)
	p.means = some(d, d.between(1, 3), adultMeans...)
	switch {
	case k.child:
		p.forms, p.means = draw(d, childForms), []string{"none_child"}
	case p.sex == "male":
		p.forms = draw(d, menForms)
	default:
		p.forms = draw(d, womenForms)
	}
	switch {
	case k.foreign:
		p.geography = "transnational_inbound"
	case k.internal || k.child:
		p.geography = "internal"
	default:
		p.geography = "transnational_outbound"
	}
}

func (p person) child() bool   { return p.age != "adult" }
func (p person) foreign() bool { return p.citizenship == "foreign" || p.citizenship == "stateless" }
