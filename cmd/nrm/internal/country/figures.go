package country

// The figures that one year counts back to. The source is the National
// Coordinator's report for 2024, as published by APA (S9 of the project's list
// of sources); sex, age, citizenship and recognition follow the TIP reports of
// 2017-2025 (S8).
const (
	identified  = 80     // "each of the 80 victims" was given the allowance
	allowance   = 700_00 // qəpik, once for each
	sheltered   = 56     // persons placed in shelters
	courses     = 18     // vocational courses completed
	jobs        = 9      // persons given work
	repatriated = 1      // foreign victims returned to their country
	documents   = 9      // identity documents restored
	socialHelp  = 11     // targeted social assistance
	schooled    = 2      // children placed in school
	reunited    = 44     // returned to their families
	atCentre    = 63     // referred to the assistance centre, of whom
	atCentrePsy = 36     // received psychological help there
	atCentreLaw = 13     // and legal help
	presumed    = 17     // presumed victims at the end of the year
	fundPersons = 88     // persons given financial help,
	fundAmount  = 5_050_00
	grants      = 140_500_00 // qəpik given to
	grantedNGOs = 10         // NGOs
)

// What the report does not say, of the same size as in other years: a few
// negative decisions, a few persons at risk, a dozen found abroad, up to eight
// exploited inside the country.
const (
	negatives     = 6
	atRisk        = 5
	foundAbroad   = 12
	internalCases = 4
	men           = 6
	suspended     = 3
	withdrawn     = 2
	neverDecided  = 3
)
