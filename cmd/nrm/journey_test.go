package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nrm/api/browsertest"
	"nrm/domain"
)

// TestJourney walks one case through all ten steps in a real browser on the
// demonstration, each step done by the people whose step it is, in Azerbaijani,
// and then looks at it with the Coordinator's eyes, in English.
func TestJourney(t *testing.T) {
	police := browsertest.Open(t) // first: it skips where there is no browser
	d := startDemo(t)
	in := func(p *browsertest.Person, user string) *visitor { return d.signIn(t, p, user, "az") }
	as := func(user string) *visitor { return in(browsertest.Open(t), user) }

	t.Run("a referring body sees its own referrals and no more", func(t *testing.T) { d.referrer(t, police.In(t)) })

	consul := as("consulate")
	ref := consul.register(answers{
		"source": "consulate", "circumstances": []string{"sought_help", "documents_withheld"}, "status": "presumed", "age": "adult",
		"sex": "female", "citizenship": "az", "country": "TR", "immediate_danger": true, "basis": "consent",
		"family_name": "Sınaqova", "given_name": "Nümunəxanım", "document_kind": "passport", "document_number": "X0000017", "notes": "Gecə gəlib.",
	})
	consul.p.Screenshot("01-referral-registered.png")
	consul.record(ref, "give-consular-assistance", answers{"help": []string{"document", "travel"}})
	consul.record(ref, "express-return-wish", answers{"direction": "inbound"})
	consul.record(ref, "assess-return-risk", answers{"level": "medium", "decision": "can_return_with_measures"})
	consul.record(ref, "record-return-consent", answers{"by": "person"})
	consul.record(ref, "apply-return-certificate", nil)
	consul.record(ref, "issue-return-certificate", answers{"fee_waived": true})
	consul.record(ref, "record-return-departure", answers{"direction": "inbound", "escort": "social_worker"})

	duty := as("duty")
	duty.home("02-duty-officer.png")
	duty.record(ref, "record-return-arrival", nil)
	duty.record(ref, "accept-handover", answers{"district": "AZ-BA", "condition": "needs_rest", "interpreter": false})

	duty.p.MustNotSee(theName) // writes names down and does not read them

	officer := as("officer")
	officer.open(ref)
	officer.p.MustSee(theName)
	officer.p.Goto(officer.url + "/search")
	officer.p.Fill(officer.say("search.name"), "Синагова Нюмунаханым")
	officer.p.Press(officer.say("search.submit"))
	officer.p.MustSee(ref)
	officer.p.Screenshot("03-found-by-name.png")
	officer.check()
	officer.record(ref, "screen-indicators", answers{"instrument": "ilo-11", "present": []string{"deception", "retention_of_documents", "debt_bondage"}})
	officer.record(ref, "assess-risk", answers{"level": "high", "factors": []string{"trafficker_at_large"}})
	officer.record(ref, "request-protection", answers{"subject": "person"})
	for body, services := range map[string][]string{
		"centre-baki": {"vocational_training", "employment", "education"}, "legal-aid-a": {"legal_info"}, "sms": {"identity_document"},
		"prosecutor-general": {"legal_representation"},
	} {
		officer.record(ref, "send-service-referral", answers{"organisation": body, "services": services})
	}

	head := as("head")
	head.record(ref, "decide-identification", answers{
		"outcome": "positive", "forms": []string{"sexual_prostitution", "forced_labour"}, "means": []string{"deception"},
		"grounds": []string{"screening", "statement"}, "geography": "transnational_outbound", "informed": true,
	})
	head.record(ref, "order-protection", answers{"measure": "identity_confidentiality"})
	officer.record(ref, "grant-reflection", nil) // thirty days are filled in

	duty.record(ref, "request-shelter", answers{"facility": "shelter-baki", "needs": []string{"female_only"}, "security": "high"})
	shelter := as("shelter")
	shelter.home("03-shelter.png")
	shelter.record(ref, "confirm-admission", answers{"basis": "consent"})
	shelter.record(ref, "record-service-need", answers{"service": "psychological"})
	shelter.record(ref, "deliver-service", answers{"service": "psychological"})
	shelter.record(ref, "deliver-service", answers{"service": "medical_outpatient"})

	centre := as("centre")
	for _, service := range []string{"vocational_training", "employment", "education"} {
		centre.record(ref, "deliver-service", answers{"service": service})
	}
	as("migration").record(ref, "deliver-service", answers{"service": "identity_document"})
	lawyer := as("lawyer")
	lawyer.record(ref, "deliver-service", answers{"service": "legal_info"})
	lawyer.record(ref, "explain-redress-rights", answers{"language": "az"})
	centre.record(ref, "record-return-reception", nil)
	centre.record(ref, "record-follow-up", answers{"month": "1", "status": "safe"})

	fund := as("fund")
	fund.record(ref, "pay-allowance", nil) // the amount of the law is filled in
	lawyer.record(ref, "request-fund-assistance", answers{"purpose": "living_costs", "amount": "60,50"})
	fund.record(ref, "pay-fund-assistance", answers{"purpose": "living_costs", "amount": "60,50"})
	lawyer.record(ref, "file-claim", answers{"forum": "criminal", "amount": "5000"})
	as("prosecutor").record(ref, "record-award", answers{"amount": "3000", "source": "trafficker"})
	fund.record(ref, "record-compensation-payment", answers{"amount": "1000", "source": "trafficker"})

	shelter.record(ref, "record-departure", answers{"destination": "own_home", "planned": true})
	officer.record(ref, "close-case", answers{"reason": "reintegrated", "followed_up_by": "legal-aid-a"}) // who sees to the rest of the award
	head.record(ref, "reopen-case", answers{"reason": "new_claim"})
	officer.open(ref)
	officer.p.Screenshot("04-case-of-the-officer.png")
	officer.check()

	t.Run("the Coordinator", func(t *testing.T) { d.coordinator(t, ref) })
	t.Run("the data protection officer", func(t *testing.T) {
		dpo := d.signIn(t, browsertest.Open(t), "protection", "az")
		dpo.p.Goto(d.url + "/policy")
		dpo.p.MustSee(dpo.say("role.head"))
		dpo.p.Screenshot("09-policy.png")
		dpo.check()
		dpo.p.Goto(d.url + "/cases/" + ref)
		dpo.p.MustNotSee(dpo.say("event.IdentificationDecided"))
	})
	t.Run("the person is forgotten", func(t *testing.T) { d.forget(t, ref) })
	d.stopAndVerify(t)
}

// referrer registers a referral and gets back to its state, never to what
// became of the person.
func (d *demo) referrer(t *testing.T, p *browsertest.Person) {
	police := d.signIn(t, p, "police", "az")
	ref := police.register(answers{
		"source": "police", "circumstances": []string{"raid"}, "status": "presumed", "age": "not_sure", "sex": "male",
		"citizenship": "az", "district": "AZ-GA", "immediate_danger": false, "basis": "vital_interest",
	})
	police.p.MustSee(ref)
	police.p.MustNotSee(police.say("command.accept-handover"))
	police.check()

	police.p.Goto(d.url + "/cases/new") // and an empty form says what is missing
	police.p.Press(police.say("form.submit"))
	police.p.MustSee(police.say("refusal.required"))
	police.p.Screenshot("00-errors.png")
	police.check()
}

func (d *demo) coordinator(t *testing.T, ref string) {
	c := d.signIn(t, browsertest.Open(t), "coordinator", "en")
	see := func(path, picture string, texts ...string) {
		t.Helper()
		c.p.Goto(d.url + path)
		for _, text := range texts {
			c.p.MustSee(text)
		}
		c.p.Screenshot(picture)
		c.check()
	}
	see("/", "05-coordinator.png")
	see("/cases/"+ref, "06-timeline.png", c.say("event.IdentificationDecided"), c.say("event.AdmissionConfirmed"), c.say("event.CaseReopened"))
	see("/overdue", "07-overdue.png")
	see("/plan?year=2024", "08-plan-2024.png", "4.1.9", "4.4.9", "4.5.9", "4.8.3")
	see("/plan/4.1.9", "08-plan-419.png", "502")
	see("/plan/4.1.9?year=2022&known=2022-12-31", "08-plan-419-as-known-2022.png", "2 of 3")
	see("/plan/4.5.9", "08-plan-459.png", c.say("status.late"))
	see("/years/2024", "08-year-2024.png")
	for _, figure := range []string{"80", "56", "18", "44", "63", "36", "13", "17", "88", "140,500", "5,050", "56,000"} {
		c.p.MustSee(figure)
	}
}

// demo is a demonstration in a process of its own.
type demo struct {
	dir, url string
	people   map[string]demoAccount
	process  func() // stops it and waits
}

func startDemo(t *testing.T) *demo {
	t.Helper()
	d := &demo{dir: filepath.Join(t.TempDir(), "demo"), people: map[string]demoAccount{}}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	cmd := program(ctx, "demo", "--data", d.dir, "--listen", "127.0.0.1:0", "--log", "debug")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(d.dir + ".log") // is searched for names in the end
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = log.Close()
		if t.Failed() {
			t.Log(read(t, log.Name()))
		}
	})
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	d.process = func() {
		if !ended {
			cancel()
			_ = cmd.Wait()
			ended = true
		}
	}
	t.Cleanup(d.process)
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && d.url == "" {
		if _, url, ok := strings.Cut(lines.Text(), "The register is at "); ok {
			d.url = url
		}
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }()
	var people []demoAccount
	if err := json.Unmarshal([]byte(read(t, filepath.Join(d.dir, "demo-accounts.json"))), &people); err != nil || d.url == "" {
		t.Fatalf("the demo is at %q: %v", d.url, err)
	}
	for _, p := range people {
		d.people[p.User] = p
	}
	return d
}

// theName stands on the referral of the journey.
const theName = "Nümunəxanım"

// forget has an officer ask that the person be forgotten and the data protection
// officer approve, and waits until nothing of the name is left.
func (d *demo) forget(t *testing.T, ref string) {
	officer := d.signIn(t, browsertest.Open(t), "officer", "az")
	officer.record(ref, "request-erasure", answers{"reason": "person_asked"})
	officer.p.MustSee(theName)
	dpo := d.signIn(t, browsertest.Open(t), "protection", "az")
	dpo.p.Goto(d.url + "/erasures")
	dpo.p.MustSee(ref)
	dpo.p.MustNotSee(theName)
	dpo.p.Screenshot("10-erasures.png")
	dpo.check()
	dpo.p.Goto(d.url + "/cases/" + ref + "/approve-erasure")
	dpo.p.Press(dpo.say("form.submit"))
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(300 * time.Millisecond) {
		officer.open(ref)
		officer.p.MustNotSee(theName)
		if strings.Contains(officer.p.Text(), officer.say("event.ErasureCompleted")) {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the erasure is not completed:\n%s", officer.p.Text())
		}
	}
	officer.p.Screenshot("11-erased.png")
	officer.check()
	officer.p.Goto(officer.url + "/search")
	officer.p.Fill(officer.say("search.name"), theName)
	officer.p.Press(officer.say("search.submit"))
	officer.p.MustNotSee(ref)
}

// stopAndVerify ends the demo as an operator would and checks its log.
func (d *demo) stopAndVerify(t *testing.T) {
	t.Helper()
	d.process()
	if where := placesOf(t, theName, filepath.Dir(d.dir)); len(where) > 0 {
		t.Errorf("the name of the journey stands in %v", where)
	}
	out, err := program(context.Background(), "verify", "--data", d.dir).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "The log is whole") {
		t.Errorf("verify: %v\n%s", err, out)
	}
}

// visitor is somebody signed in at a window.
type visitor struct {
	t    *testing.T
	p    *browsertest.Person
	url  string
	lang string
	user demoAccount
	d    *demo
}

func (d *demo) signIn(t *testing.T, p *browsertest.Person, user, lang string) *visitor {
	t.Helper()
	v := &visitor{t, p.In(t), d.url, lang, d.people[user], d}
	v.p.Goto(d.url + "/lang/" + lang)
	v.p.Goto(d.url + "/sign-in")
	v.p.Fill("user", user)
	v.p.Fill("password", v.user.Password)
	v.p.Press(v.say("sign_in.submit"))
	v.p.MustSee(v.say("role." + v.user.Role))
	return v
}

// say is a text as the visitor reads it.
func (v *visitor) say(key string) string {
	v.t.Helper()
	text := v.translations()[key]
	if text == "" {
		v.t.Fatalf("no text %q in %s", key, v.lang)
	}
	return text
}

func (v *visitor) translations() map[string]string {
	files, err := filepath.Glob(filepath.Join("..", "..", "api", "locales", v.lang, "*.json"))
	if err != nil || len(files) == 0 {
		v.t.Fatalf("%d files of texts: %v", len(files), err)
	}
	texts := map[string]string{}
	for _, file := range files {
		raw := map[string]any{}
		if err := json.Unmarshal([]byte(read(v.t, file)), &raw); err != nil {
			v.t.Fatal(err)
		}
		for key, value := range raw {
			if text, ok := value.(string); ok {
				texts[key] = text
			}
		}
	}
	return texts
}

func (v *visitor) home(picture string) {
	v.t.Helper()
	v.p.Goto(v.url + "/")
	v.p.Screenshot(picture)
	v.check()
}

func (v *visitor) open(ref string) {
	v.t.Helper()
	v.p.Goto(v.url + "/cases/" + ref)
	v.p.MustSee(ref)
}

// check is what must be true of every page.
func (v *visitor) check() {
	v.t.Helper()
	v.p.Axe()
	v.p.NoConsoleErrors()
}

// answers are what is typed or chosen in a form, by field: a code, codes, yes or
// no, or an amount as people type it. A facility is named by its organisation.
type answers map[string]any

func (v *visitor) register(a answers) (ref string) {
	v.t.Helper()
	v.p.Goto(v.url + "/")
	v.p.Press(v.say("command.register-referral"))
	v.answer("register-referral", a)
	v.p.Press(v.say("form.submit"))
	ref = v.p.URL()[strings.LastIndex(v.p.URL(), "/")+1:]
	ref, _, _ = strings.Cut(ref, "?")
	if _, err := domain.ParseRef(ref); err != nil {
		v.t.Fatalf("after registering a referral they are at %s and read:\n%s", v.p.URL(), v.p.Text())
	}
	return ref
}

// record opens the case, presses the step's button and answers its form.
func (v *visitor) record(ref, command string, a answers) {
	v.t.Helper()
	v.open(ref)
	step := v.say("command." + command)
	if v.p.Script(fmt.Sprintf("[...document.querySelectorAll('a, button')].some(e => e.getClientRects().length > 0 && e.innerText.trim() === %q)", step)) != "true" {
		v.p.Press(v.say("case.other")) // not a usual next step: it is among the others
	}
	v.p.Press(step)
	v.answer(command, a)
	v.p.Press(v.say("form.submit"))
	if url := v.p.URL(); !strings.HasSuffix(strings.SplitN(url, "?", 2)[0], "/cases/"+ref) {
		v.t.Fatalf("%s gives %s, is at %s and reads:\n%s", v.user.User, command, url, v.p.Text())
	}
}

func (v *visitor) answer(command string, a answers) {
	v.t.Helper()
	spec, err := domain.CommandNamed(command)
	if err != nil {
		v.t.Fatal(err)
	}
	fields := spec.Fields()
	for name := range a {
		if !slices.ContainsFunc(fields, func(f domain.Field) bool { return f.Name == name }) {
			v.t.Fatalf("%s has no field %s", command, name)
		}
	}
	for _, f := range fields {
		if value, ok := a[f.Name]; ok {
			v.answerField(command, f, value)
		}
	}
}

func (v *visitor) answerField(command string, f domain.Field, value any) {
	v.t.Helper()
	label := v.translations()["field."+command+"."+f.Name]
	if label == "" {
		label = v.say("field." + f.Name)
	}
	switch value := value.(type) {
	case []string:
		for _, code := range value {
			v.p.ChooseIn(label, v.code(f.List, code))
		}
	case bool:
		v.p.ChooseIn(label, v.say(map[bool]string{true: "value.yes", false: "value.no"}[value]))
	case string:
		switch {
		case f.Kind == domain.AFacility:
			v.p.Select(label, v.facility(value))
		case f.Kind == domain.Amount, f.Kind == domain.ShortText, f.Kind == domain.LongText:
			v.p.Fill(label, value)
		case v.p.Script(fmt.Sprintf("document.querySelector('select[name=%s]') !== null", f.Name)) == "true":
			v.p.Select(label, v.code(f.List, value))
		default:
			v.p.ChooseIn(label, v.code(f.List, value))
		}
	}
}

func (v *visitor) code(list, code string) string {
	v.t.Helper()
	c, ok := domain.CodeOf(list, code)
	if !ok {
		v.t.Fatalf("no code %s on %s", code, list)
	}
	return c.In(v.lang)
}

// facility finds how the form names the facility of an organisation: forms never
// say where it is.
func (v *visitor) facility(organisation string) string {
	v.t.Helper()
	o, _ := domain.OrganisationOf(organisation)
	kind, _ := domain.CodeOf("facility_kind", o.Kind)
	region, _ := domain.CodeOf("region", domain.RegionOn(o.District, domain.DayOf(time.Now())))
	options := v.p.Script("[...document.querySelectorAll('select option')].map(o => o.text).join('\\n')")
	for option := range strings.Lines(options) {
		if strings.Contains(option, kind.In(v.lang)) && strings.Contains(option, region.In(v.lang)) {
			return strings.TrimSpace(option)
		}
	}
	v.t.Fatalf("no facility of %s among:\n%s", organisation, options)
	return ""
}
