package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// TestProofPage: every entry that a reader sees leads to its proof, which says
// nothing of what the entry says.
func TestProofPage(t *testing.T) {
	t.Parallel()
	s := newSite(t).unwatched()
	ref := s.asked("referrer", "/cases", personalReferral).Case
	facility := s.facility("shelter-baki", "AZ-BA")
	s.asked("coordinator", "/actions/4.1.9/hold-meeting", `{"happened":"2023-05-10","data":{"body":"nrm_commission","present":9,"members":12}}`)
	for _, lang := range []string{"az", "en", "ru"} {
		v := s.as(t, "coordinator", lang)
		for _, page := range []string{"/cases/" + ref, "/facilities/" + string(facility), "/plan/4.1.9"} {
			v.get(page).code(http.StatusOK)
			led := 0
			for text, href := range v.links() {
				if strings.HasPrefix(href, "/events/") {
					if led++; !strings.Contains(text, ": ") {
						t.Errorf("%s: the link %q does not say of what", page, text)
					}
				}
			}
			if led == 0 {
				t.Errorf("%s leads to no proof", page)
			}
		}
		v.get("/events/1/proof").code(http.StatusOK).sees("nrm/test", notaryKey, hashOf("root", 3)).lacks("Zərqələmova")
		pre := v.first("pre", "", "")
		if pre == nil || !strings.Contains(pre.FirstChild.FirstChild.Data, "nrm/test\n3\n") {
			t.Error("the note is not shown as it was signed")
		}
		record, told := "", proofJSON{}
		s.must(json.Unmarshal(s.send("coordinator", "GET", root+"/events/1/proof", "").Body.Bytes(), &told))
		for n := range v.doc.Descendants() {
			if n.Data == "pre" {
				record = n.FirstChild.FirstChild.Data // the last of them
			}
		}
		if record != told.Record || leafOf(record) != told.Leaf || !strings.Contains(v.body, told.Leaf) || !strings.Contains(record, ref+" ") || !strings.HasSuffix(record, "\n") {
			t.Errorf("the page shows the record %q, told is %q with the leaf %s", record, told.Record, told.Leaf)
		}
		v.sees(in(lang).T("proof.record.text"))
		if v.links()[in(lang).T("proof.json")] != "/api/v1/events/1/proof" {
			t.Errorf("%v", v.links())
		}
	}
	shelter := s.as(t, "shelter", "en")
	shelter.get("/facilities/" + string(facility)).code(http.StatusOK)
	for text, href := range shelter.links() {
		if strings.HasPrefix(href, "/events/") {
			t.Errorf("the shelter is led to %s by %q", href, text)
		}
	}
	not := shelter.get("/events/99/proof").code(http.StatusNotFound).main()
	for _, id := range []string{"1", "2", "0", "-1", "soon", "99999999999999999999", "9223372036854775807", "%3Cscript%3E", "1%2F..%2F2"} {
		if got := shelter.get("/events/" + id + "/proof").code(http.StatusNotFound).main(); got != not {
			t.Errorf("%s: %s\nbut %s", id, got, not)
		}
	}
}

// TestNoWitness: without one nothing is promised.
func TestNoWitness(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ref := s.opened()
	s.server.Witness = nil
	for _, path := range []string{"/events/1/proof", root + "/events/1/proof", root + "/checkpoints", root + "/checkpoints/latest", root + "/checkpoints/consistency?older=1&newer=1"} {
		if w := s.send("head", "GET", path, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d %.200s", path, w.Code, w.Body)
		}
	}
	if strings.Contains(s.send("head", "GET", "/cases/"+ref, "").Body.String(), "/proof") {
		t.Error("an entry leads to a proof")
	}
}
