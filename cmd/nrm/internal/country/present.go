package country

import (
	"time"

	"nrm/domain"
)

// scene is a case of the last days or weeks that waits for somebody.
type scene struct {
	ago  time.Duration // when the person was found
	kind kind
	from func(*person) // what must be so
	tell func(*story)
}

// present tells the cases by which the register's queues live at Options.Now:
// every stage has some, and every organisation with a demo account has work.
func (c *country) present() {
	d := newDice(c.o.Seed, presentPart)
	for _, scenes := range [][]scene{newReferrals(), underInquiry(), roomWanted(), residents(), moneyDue(), onTheWayHome()} {
		for _, sc := range scenes {
			p := newPerson(d, sc.kind)
			p.danger = false
			if sc.from != nil {
				sc.from(&p)
			}
			found := c.o.Now.Add(-sc.ago - d.span(0, 9*time.Minute))
			s := c.begin(d, p, found, c.o.Now.Add(400*day))
			s.found(prompt)
			if sc.tell != nil {
				sc.tell(s)
			}
			s.seal()
		}
	}
}

// ago moves to a time before Options.Now.
func (s *story) ago(t time.Duration) { s.now = s.o.Now.Add(-t - s.span(0, 9*time.Minute)) }

// from says by whom a person was found, and where.
func from(source string, finder actor, district string) func(*person) {
	how := map[string]string{"border": "border_control", "special_police": "raid", "minors_commission": "school_absence", "labour_inspectorate": "workplace_inspection", "migration": "documents_withheld"}[source]
	if how == "" {
		how = "sought_help"
	}
	return func(p *person) {
		p.source, p.finder, p.district, p.country, p.circumstances = source, finder, district, "", []string{how}
	}
}

// in says in which other country a citizen was found, by the consulate.
func in(country string) func(*person) {
	return func(p *person) {
		p.source, p.finder, p.country, p.district = "consulate", consul(consulateFor(country)), country, ""
	}
}

var (
	byPolice = from("police", referrer("police-baki"), "AZ-BA")
	byUnit   = from("special_police", officer, "AZ-BA")
)

// newReferrals wait for the handover, some for longer than 24 hours.
func newReferrals() []scene {
	return []scene{
		{ago: 3 * time.Hour, from: byPolice},
		{ago: 9 * time.Hour, from: from("border", referrer("border-service"), "AZ-AST")},
		{ago: 18 * time.Hour, from: from("ngo", referrer("ngo-c"), "AZ-SM")},
		{ago: 14 * time.Hour, kind: kind{foreign: true}, from: from("migration", migration, "AZ-BA")},
		{ago: 5 * time.Hour, kind: kind{child: true}, from: from("minors_commission", guardians, "AZ-BA")},
		{ago: 31 * time.Hour, from: byPolice},
		{ago: 54 * time.Hour, from: func(p *person) {
			from("hotline", referrer("hotline-152"), "AZ-MI")(p)
			p.danger = true
		}},
	}
}

// receivedAt hands the person over.
func (s *story) receivedAt(ago time.Duration) {
	s.ago(ago)
	s.handed = s.now
	s.by(duty, s.handover())
}

// riskAt assesses the risk.
func (s *story) riskAt(ago time.Duration, level string) {
	s.ago(ago)
	s.by(officer, s.risk(level))
}

// screenedAt is an interview and the screening after it.
func (s *story) screenedAt(ago time.Duration) {
	s.ago(ago)
	s.by(officer, s.interview())
	s.pass(time.Hour, 3*time.Hour)
	s.by(officer, s.screening(true))
}

// decidedAt is a positive decision.
func (s *story) decidedAt(ago time.Duration) {
	s.ago(ago)
	s.decided = s.now
	s.by(head, s.decision("positive"))
}

// underInquiry are persons whom the unit received: just now, before the
// screening, before the decision, and some whose decision is overdue.
func underInquiry() []scene {
	return []scene{
		{ago: 26 * time.Hour, from: byPolice, tell: func(s *story) { s.receivedAt(20 * time.Hour) }},
		{ago: 3 * day, from: byUnit, tell: func(s *story) {
			s.receivedAt(70 * time.Hour)
			s.riskAt(50*time.Hour, "high")
			s.ago(46 * time.Hour)
			s.by(officer, domain.RequestProtection{Subject: "person"})
			s.ago(44 * time.Hour)
			s.by(officer, domain.SendServiceReferral{Organisation: prosecutor.org, Services: []string{"legal_representation"}})
		}},
		{ago: 5 * day, from: from("self", duty, "AZ-SM"), tell: func(s *story) {
			s.receivedAt(119 * time.Hour)
			s.riskAt(4*day, "medium")
			s.screenedAt(2 * day)
		}},
		{ago: 24 * day, from: byUnit, tell: func(s *story) {
			s.receivedAt(24*day - 3*time.Hour)
			s.riskAt(23*day, "medium")
			s.ago(22 * day)
			s.by(officer, domain.GrantReflection{Until: domain.DayOf(s.now).Add(30)})
			s.screenedAt(15 * day)
		}},
		{ago: 37 * day, from: byPolice, tell: func(s *story) {
			s.receivedAt(37*day - 8*time.Hour)
			s.riskAt(36*day, "low")
			s.screenedAt(30 * day)
		}},
		{ago: 64 * day, kind: kind{child: true}, from: from("minors_commission", guardians, "AZ-BA"), tell: func(s *story) {
			s.receivedAt(64*day - 4*time.Hour)
			s.riskAt(63*day, "medium")
			s.ago(61 * day)
			s.by(officer, domain.HoldInterview{Participants: []string{"case_officer", "psychologist"}})
			s.ago(50 * day)
			s.by(officer, domain.HoldInterview{Participants: []string{"case_officer", "psychologist", "legal_representative"}, ChildStandard: true})
			s.ago(49 * day)
			s.by(guardians, domain.RecordServiceNeed{Service: "education"})
		}},
	}
}

// asks asks a house for a place.
func (s *story) asks(org string, ago time.Duration, along int) {
	s.ago(ago)
	s.home = s.houses[org]
	s.by(officer, s.request(s.home, along))
}

// roomWanted are requests that wait for each house's answer, three of them
// longer than a day.
func roomWanted() []scene {
	wait := func(org, district string, found, handed, asked time.Duration, along int) scene {
		return scene{ago: found, from: from("special_police", officer, district), tell: func(s *story) {
			s.receivedAt(handed)
			s.asks(org, asked, along)
		}}
	}
	return []scene{
		wait("shelter-baki", "AZ-BA", 7*time.Hour, 6*time.Hour, 4*time.Hour, 0),
		wait("shelter-baki", "AZ-ABS", 34*time.Hour, 32*time.Hour, 30*time.Hour, 2),
		wait("shelter-gence", "AZ-SKR", 15*time.Hour, 13*time.Hour, 11*time.Hour, 0),
		wait("shelter-ngo-quba", "AZ-QUS", 5*time.Hour, 4*time.Hour, 2*time.Hour, 1),
		wait("centre-baki", "AZ-BA", 12*time.Hour, 10*time.Hour, 7*time.Hour, 0),
		wait("centre-baki", "AZ-SM", 31*time.Hour, 29*time.Hour, 26*time.Hour, 1),
		wait("centre-goycay", "AZ-UCA", 25*time.Hour, 22*time.Hour, 20*time.Hour, 0),
		wait("centre-lenkeran", "AZ-MAS", 33*time.Hour, 30*time.Hour, 28*time.Hour, 0),
	}
}

// livesAt is an admission.
func (s *story) livesAt(org string, ago time.Duration, along int) {
	s.asks(org, ago+5*time.Hour, along)
	s.ago(ago)
	s.moves(along)
}
