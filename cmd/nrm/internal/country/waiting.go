package country

import (
	"time"

	"nrm/domain"
)

// residents live in a house now.
func residents() []scene {
	return []scene{
		{ago: 12 * day, from: byPolice, tell: func(s *story) { // help was asked for and has not begun
			s.receivedAt(12*day - 6*time.Hour)
			s.riskAt(12*day-8*time.Hour, "medium")
			s.livesAt("shelter-baki", 11*day, 0)
			s.ago(10 * day)
			s.by(officer, domain.GrantReflection{Until: domain.DayOf(s.now).Add(30)})
			s.ago(3 * day)
			s.by(s.home.staff(), domain.RecordServiceNeed{Service: "psychological"})
			s.ago(2 * day)
			s.by(officer, domain.SendServiceReferral{Organisation: "centre-baki", Services: []string{"psychological", "social_assistance"}})
			s.ago(30 * time.Hour)
			s.by(officer, domain.SendServiceReferral{Organisation: "legal-aid-a", Services: []string{"legal_info", "legal_representation"}})
		}},
		{ago: 20 * day, from: byUnit, tell: func(s *story) {
			s.receivedAt(20*day - 4*time.Hour)
			s.livesAt("shelter-baki", 19*day, 2)
			s.riskAt(19*day-6*time.Hour, "low")
			s.ago(17 * day)
			s.by(s.home.staff(), domain.RecordServiceNeed{Service: "medical_outpatient"})
			s.ago(12 * day)
			s.by(s.home.staff(), domain.DeliverService{Service: "medical_outpatient"})
			s.screenedAt(9 * day)
		}},
		{ago: 33 * day, from: byUnit, tell: func(s *story) { // identified; the allowance is due
			s.receivedAt(33*day - 3*time.Hour)
			s.riskAt(32*day, "high")
			s.ago(32*day - 3*time.Hour)
			s.by(officer, domain.RequestProtection{Subject: "close_relative"})
			s.ago(31 * day)
			s.by(head, domain.OrderProtection{Measure: "guard"})
			s.livesAt("shelter-baki", 31*day-8*time.Hour, 0)
			s.screenedAt(20 * day)
			s.decidedAt(5 * day)
			s.ago(4 * day)
			s.by(officer, domain.ExplainRedressRights{Language: s.p.language})
			s.ago(3 * day)
			s.by(s.home.staff(), domain.RecordServiceNeed{Service: "vocational_training"})
		}},
		{ago: 16 * day, from: byPolice, tell: func(s *story) {
			s.receivedAt(16*day - 9*time.Hour)
			s.livesAt("centre-baki", 15*day, 0)
			s.riskAt(15*day-4*time.Hour, "low")
			s.ago(13 * day)
			s.by(s.home.staff(), domain.RecordServiceNeed{Service: "psychological"})
			s.ago(8 * day)
			s.by(s.home.staff(), domain.DeliverService{Service: "psychological"})
		}},
		{ago: 26 * day, from: from("police", referrer("police-gence"), "AZ-GA"), tell: func(s *story) {
			s.receivedAt(26*day - 10*time.Hour)
			s.livesAt("shelter-gence", 25*day, 1)
			s.screenedAt(18 * day)
		}},
		{ago: 18 * day, from: from("special_police", officer, "AZ-XAC"), tell: func(s *story) {
			s.receivedAt(18*day - 5*time.Hour)
			s.livesAt("shelter-ngo-quba", 17*day, 0)
			s.riskAt(17*day-3*time.Hour, "extreme")
			s.ago(17*day - 5*time.Hour)
			s.by(officer, domain.RequestProtection{Subject: "person"})
		}},
	}
}

// moneyDue are identified persons at home, with something still to be paid.
func moneyDue() []scene {
	return []scene{
		{ago: 46 * day, from: byPolice, tell: func(s *story) { // allowance and the Fund
			s.receivedAt(46*day - 7*time.Hour)
			s.riskAt(45*day, "low")
			s.screenedAt(38 * day)
			s.decidedAt(21 * day)
			s.ago(20 * day)
			s.by(officer, domain.ExplainRedressRights{Language: s.p.language})
			s.ago(6 * day)
			s.by(officer, domain.RequestFundAssistance{Purpose: "medical", Amount: 150_00})
		}},
		{ago: 31 * day, from: from("foreign_authority", officer, "AZ-BA"), tell: func(s *story) { // the allowance alone
			s.receivedAt(31*day - 2*time.Hour)
			s.riskAt(30*day, "low")
			s.screenedAt(21 * day)
			s.decidedAt(9 * day)
		}},
		{ago: 78 * day, from: byUnit, tell: func(s *story) { // a claim before the court
			s.receivedAt(78*day - 2*time.Hour)
			s.riskAt(77*day, "medium")
			s.screenedAt(70 * day)
			s.ago(66 * day)
			s.by(officer, domain.SendServiceReferral{Organisation: "legal-aid-a", Services: []string{"legal_info", "legal_representation"}})
			s.ago(60 * day)
			s.by(lawyer("legal-aid-a"), domain.ExplainRedressRights{Language: s.p.language})
			s.decidedAt(52 * day)
			s.allowance(9*day, 12*day)
			s.ago(24 * day)
			s.by(lawyer("legal-aid-a"), domain.FileClaim{Forum: "criminal", Amount: 9_000_00})
			s.ago(12 * day)
			s.by(officer, domain.SendServiceReferral{Organisation: "centre-baki", Services: []string{"vocational_training", "employment"}})
			s.ago(8 * day)
			s.by(actor{domain.AssistanceCentre, "centre-baki"}, domain.RecordServiceNeed{Service: "vocational_training"})
			s.ago(4 * day)
			s.by(actor{domain.AssistanceCentre, "centre-baki"}, domain.StartService{Service: "vocational_training"})
		}},
	}
}

// onTheWayHome are citizens abroad at each step of the way, and a foreigner who
// wants to go home.
func onTheWayHome() []scene {
	mission := func(s *story) actor { return s.p.finder }
	helpAt := func(s *story, ago time.Duration) {
		s.ago(ago)
		s.by(mission(s), domain.GiveConsularAssistance{Help: []string{"information", "shelter", "contact_family"}})
	}
	wishAt := func(s *story, ago time.Duration, assessed bool) {
		s.ago(ago)
		s.by(mission(s), domain.ExpressReturnWish{Direction: "inbound"})
		if !assessed {
			return
		}
		s.pass(3*time.Hour, 5*time.Hour)
		s.by(mission(s), domain.AssessReturnRisk{Level: "low", Decision: "can_return"})
		s.pass(time.Hour, 2*time.Hour)
		s.by(mission(s), s.consent())
	}
	appliedAt := func(s *story, ago time.Duration) {
		s.ago(ago)
		s.by(mission(s), domain.ApplyReturnCertificate{})
	}
	abroad := kind{abroad: true}
	return []scene{
		{ago: 10 * time.Hour, kind: abroad, from: in("TR")},
		{ago: 5 * day, kind: abroad, from: in("TR"), tell: func(s *story) { // the certificate is due in time
			helpAt(s, 100*time.Hour)
			wishAt(s, 3*day, true)
			appliedAt(s, 26*time.Hour)
		}},
		{ago: 12 * day, kind: abroad, from: in("TR"), tell: func(s *story) { // and overdue
			helpAt(s, 11*day)
			wishAt(s, 8*day, true)
			appliedAt(s, 6*day)
		}},
		{ago: 15 * day, kind: abroad, from: in("TR"), tell: func(s *story) { // travelling
			helpAt(s, 14*day)
			wishAt(s, 11*day, true)
			appliedAt(s, 9*day)
			s.ago(7 * day)
			s.by(mission(s), domain.IssueReturnCertificate{FeeWaived: true})
			s.ago(2 * time.Hour)
			s.by(mission(s), domain.RecordReturnDeparture{Direction: "inbound", Escort: "none"})
		}},
		{ago: 4 * day, kind: abroad, from: in("AE"), tell: func(s *story) {
			helpAt(s, 80*time.Hour)
			wishAt(s, 30*time.Hour, false)
		}},
		{ago: 9 * day, kind: abroad, from: in("RU"), tell: func(s *story) { // has the certificate, waits for the flight
			helpAt(s, 8*day)
			wishAt(s, 6*day, true)
			appliedAt(s, 5*day)
			s.ago(3 * day)
			s.by(mission(s), domain.IssueReturnCertificate{FeeWaived: true})
		}},
		{ago: 41 * day, kind: kind{foreign: true, man: true}, from: from("labour_inspectorate", referrer("labour-inspectorate"), "AZ-SM"), tell: func(s *story) {
			s.receivedAt(41*day - 7*time.Hour)
			s.ago(39 * day)
			s.by(officer, domain.GrantReflection{Until: domain.DayOf(s.now).Add(30)})
			s.riskAt(39*day-5*time.Hour, "medium")
			s.screenedAt(33 * day)
			s.decidedAt(16 * day)
			s.allowance(6*day, 9*day)
			s.ago(15 * day)
			s.by(officer, domain.SendServiceReferral{Organisation: migration.org, Services: []string{"identity_document", "interpretation"}})
			s.ago(5 * day)
			s.by(migration, domain.ExpressReturnWish{Direction: "outbound"})
			s.ago(2 * day)
			s.by(migration, domain.AssessReturnRisk{Level: "low", Decision: "can_return"})
		}},
	}
}
