package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"nrm/domain"
)

// pages registers the routes of the pages.
func (s *Server) pages(e *echo.Echo) {
	get := func(path string, p policy, h echo.HandlerFunc) { s.route(e, http.MethodGet, path, p, h) }
	post := func(path string, p policy, h echo.HandlerFunc) { s.route(e, http.MethodPost, path, p, h) }

	get("/lang/:lang", anyone, s.getLanguage)
	get("/sign-in", anyone, s.getSignIn)
	post("/sign-in", anyone, s.postSignIn)
	post("/sign-out", anyone, s.postSignOut)

	get("/", signedIn, s.getHome)
	get("/policy", signedIn, s.getPolicy)
	get("/codes", signedIn, s.getCodeLists)
	get("/codes/:list", signedIn, s.getCodeList)
	get("/glossary", signedIn, s.getGlossary)
	get("/overdue", signedIn, s.getOverdue)
	get("/notices", noticeView, s.getNotices)
	get("/search", nameView, s.getSearch)
	post("/search", nameView, s.postSearch)
	get("/erasures", erasureView, s.getErasures)
	get("/accesses", glassView, s.getAccesses)
	get("/events/:id/proof", signedIn, s.getProof)

	register := mustSpec("register-referral")
	get("/cases", signedIn, s.getCases)
	get("/cases/new", gives(register), s.getNewCase)
	post("/cases/new", gives(register), s.postNewCase)
	get("/cases/:ref", signedIn, s.getCase)
	get("/duplicates", duplicateView, s.getUnjudged)
	get("/cases/:ref/duplicates", duplicateView, s.getDuplicates)
	get("/cases/:ref/:command", signedIn, s.getCaseCommand)
	post("/cases/:ref/:command", signedIn, s.postCaseCommand)

	call := mustSpec("log-hotline-call")
	get("/calls", callView, s.getCalls)
	get("/calls/new", gives(call), s.getNewCall)
	post("/calls/new", gives(call), s.postNewCall)

	open := mustSpec("open-facility")
	get("/facilities", occupancy, s.getFacilities)
	get("/facilities/new", gives(open), s.getNewFacility)
	post("/facilities/new", gives(open), s.postNewFacility)
	get("/facilities/:ref", occupancy, s.getFacility)
	get("/facilities/:ref/:command", occupancy, s.getFacilityCommand)
	post("/facilities/:ref/:command", occupancy, s.postFacilityCommand)

	get("/plan", planView, s.getPlan)
	get("/years/:year", planView, s.getYear)
	get("/plan/:number", planView, s.getAction)
	get("/plan/:number/:command", signedIn, s.getActionCommand) // each command says who gives it
	post("/plan/:number/:command", signedIn, s.postActionCommand)
	get("/attestations", gives(mustSpec("attest-period")), s.getAttestations)
}

// mustSpec is for commands named in the program: a test names them all.
func mustSpec(name string) domain.CommandSpec {
	spec, err := domain.CommandNamed(name)
	if err != nil {
		panic("api: no command " + name)
	}
	return spec
}
