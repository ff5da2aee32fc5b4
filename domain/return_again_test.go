package domain

import "testing"

// A certificate that was issued can be lost: the next one is applied for, and
// issued, like the first.
func TestASecondCertificateOfReturn(t *testing.T) {
	abroad := referral()
	abroad.District, abroad.Country = "", "TR"
	apply := func(at string) said { return consul.says(at, ApplyReturnCertificate{}) }
	issue := func(at string) said { return consul.says(at, IssueReturnCertificate{FeeWaived: true}) }
	story := []said{consul.says("2024-03-01T20:30", abroad), apply("2024-03-06"), issue("2024-03-08"), apply("2024-04-10")}
	w := given(t, story...)
	if c := w.state(); !(IssueReturnCertificate{}).expected(c) || (ApplyReturnCertificate{}).expected(c) {
		t.Errorf("the second is not waited for: %+v", c.Return)
	}
	w.when(apply("2024-04-11")).refused("already_applied", "")
	w.when(apply("2024-04-10")).then()
	w.when(issue("2024-04-12")).then("ReturnCertificateIssued")
	if c := w.state(); (IssueReturnCertificate{}).expected(c) || !c.Return.Issued.Equal(mustWhen("2024-04-12")) {
		t.Errorf("the second is issued: %+v", c.Return)
	}
	// an application that is learned late belongs to what was issued after it
	c := given(t, story[0], issue("2024-03-08"), apply("2024-03-06")).state()
	if !c.Return.Issued.Equal(mustWhen("2024-03-08")) || (IssueReturnCertificate{}).expected(c) {
		t.Errorf("the first is issued: %+v", c.Return)
	}
	same := given(t, story[0], issue("2024-03-08"), apply("2024-03-08")).state()
	if (IssueReturnCertificate{}).expected(same) {
		t.Errorf("applied for and issued on one day: %+v", same.Return)
	}
}
