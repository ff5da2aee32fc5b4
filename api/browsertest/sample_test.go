package browsertest_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/a-h/templ"

	"nrm/api/ui"
	"nrm/api/web"
)

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// sample is one language's text for the pages of these tests.
type sample struct {
	lang, name, title, question, yes, no, region, note, day, submit, wrong, sent, event, column string
}

var samples = []sample{
	{
		lang: "az", name: "Günay Şıxəliyeva", title: "Qəbulu təsdiqləyin: Ə ə İ ı Ğ ğ Ş ş", question: "Təcili tibbi yardım lazımdırmı?", yes: "Bəli", no: "Xeyr",
		region: "Bölgə", note: "Qeyd", day: "Nə vaxt gəlib?", submit: "Göndər", wrong: "Gəldiyi günü yazın", sent: "Qeydə alındı", event: "Sığınacağa qəbul edildi", column: "İstinad nömrəsi",
	},
	{
		lang: "en", name: "Gunay Shikhaliyeva", title: "Confirm admission", question: "Is urgent medical help needed?", yes: "Yes", no: "No",
		region: "Region", note: "Note", day: "When did they arrive?", submit: "Send", wrong: "Enter the day of arrival", sent: "Recorded", event: "Admitted to the shelter", column: "Reference",
	},
	{
		lang: "ru", name: "Гюнай Шихалиева", title: "Подтвердите приём: Ёё Щщ Ъъ", question: "Нужна ли срочная медицинская помощь?", yes: "Да", no: "Нет",
		region: "Регион", note: "Примечание", day: "Когда прибыли?", submit: "Отправить", wrong: "Укажите день прибытия", sent: "Записано", event: "Приём в приют", column: "Номер дела",
	},
}

// serve answers sample pages at /az/form, /ru/case and so on, under the policy
// that the server uses.
func serve(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("GET "+web.Prefix, web.Handler())
	for _, s := range samples {
		for path, body := range map[string]func() templ.Component{
			"case": s.caseBody, "sign-in": func() templ.Component { return s.signIn(t) }, "queue": s.queue, "done": s.done, "empty": func() templ.Component { return ui.Panel(ui.PanelView{Title: s.sent, Reference: "KW5219ED"}) },
		} {
			mux.HandleFunc("GET /"+s.lang+"/"+path, func(w http.ResponseWriter, _ *http.Request) { answer(t, w, http.StatusOK, s.page(t, false), body()) })
		}
		mux.HandleFunc("GET /"+s.lang+"/form", func(w http.ResponseWriter, r *http.Request) {
			answer(t, w, http.StatusOK, s.page(t, false), s.form(t, r, false))
		})
		mux.HandleFunc("POST /"+s.lang+"/form", func(w http.ResponseWriter, r *http.Request) {
			if ui.ReadParts(r.PostFormValue, "arrived").Day == "" {
				answer(t, w, http.StatusUnprocessableEntity, s.page(t, true), s.form(t, r, true))
				return
			}
			answer(t, w, http.StatusOK, s.page(t, false), ui.Panel(ui.PanelView{
				Title: s.sent, Reference: "KW5219ED",
				Text: fmt.Sprintf("%s|%s|%v|%s|%s", ui.ReadParts(r.PostFormValue, "arrived").ISO(), r.PostFormValue("urgent"), r.PostForm["needs"], r.PostFormValue("region"), r.PostFormValue("note")),
			}))
		})
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func answer(t *testing.T, w http.ResponseWriter, status int, p ui.Page, body templ.Component) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := ui.Document(p, body).Render(t.Context(), w); err != nil {
		t.Error(err)
	}
}

func words(t *testing.T, lang string) ui.T {
	t.Helper()
	data, err := fs.ReadFile(ui.Locales(), lang+".json")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	if err := json.Unmarshal(data, &texts); err != nil {
		t.Fatal(err)
	}
	return func(key string, _ ...any) string { return texts[key] }
}

func (s sample) page(t *testing.T, failed bool) ui.Page {
	p := ui.Page{
		Lang: s.lang, Title: s.title, T: words(t, s.lang), Failed: failed,
		User: &ui.UserBar{Name: s.name, Role: s.column, Organisation: s.region, Account: "/" + s.lang + "/empty", SignOut: "/" + s.lang + "/form"},
		Nav:  []ui.NavItem{{Text: s.event, Href: "/" + s.lang + "/queue", Current: true, Count: "3"}, {Text: s.note, Href: "/" + s.lang + "/case"}},
		Back: &ui.Link{Text: s.column, Href: "/" + s.lang + "/queue"},
	}
	for _, l := range []struct{ lang, text string }{{"az", "Azərbaycanca"}, {"en", "English"}, {"ru", "Русский"}} {
		p.Languages = append(p.Languages, ui.LangLink{Lang: l.lang, Text: l.text, Href: "/" + l.lang + "/form", Current: l.lang == s.lang})
	}
	return p
}

func (s sample) form(t *testing.T, r *http.Request, failed bool) templ.Component {
	checked := func(name, value string) bool {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		for _, v := range r.Form[name] {
			if v == value {
				return true
			}
		}
		return false
	}
	regions := []ui.Option{}
	for _, r := range []string{"Bakı", "Gəncə", "İsmayıllı", "Şəki", "Lənkəran", "Naxçıvan", "Ağdam", "Şuşa"} {
		regions = append(regions, ui.Option{Value: r, Text: r, Checked: checked("region", r)})
	}
	arrived := ui.Field{Name: "arrived", Kind: ui.DateTime, Label: s.day, Hint: "27 3 2026", Parts: ui.ReadParts(r.FormValue, "arrived")}
	if failed {
		arrived.Error = s.wrong
	}
	return ui.Form(ui.FormView{
		T: words(t, s.lang), Title: s.title, Caption: "KW5219ED", Lead: s.event, Warning: s.note, Action: "/" + s.lang + "/form",
		Fields: []ui.Field{
			{Name: "urgent", Kind: ui.Choice, Label: s.question, Options: []ui.Option{
				{Value: "yes", Text: s.yes, Hint: s.event, Checked: checked("urgent", "yes")}, {Value: "no", Text: s.no, Checked: checked("urgent", "no")},
			}},
			{Name: "needs", Kind: ui.Checkboxes, Label: s.column, Hint: s.event, Options: []ui.Option{
				{Value: "1", Text: s.yes, Checked: checked("needs", "1")}, {Value: "2", Text: s.no, Checked: checked("needs", "2")},
			}},
			arrived,
			{Name: "region", Kind: ui.Choice, Label: s.region, Options: regions},
			{Name: "amount", Kind: ui.Money, Label: s.event, Suffix: "AZN", Optional: true, Value: r.FormValue("amount")},
			{Name: "note", Kind: ui.TextArea, Label: s.note, Value: r.FormValue("note"), Optional: true},
			{Name: "seen", Kind: ui.Switch, Label: s.sent, Value: r.FormValue("seen")},
		},
		Submit: s.submit, Cancel: &ui.Link{Text: s.no, Href: "/" + s.lang + "/case"},
	})
}

func (s sample) signIn(t *testing.T) templ.Component {
	return ui.SignInForm(ui.SignInView{
		T: words(t, s.lang), Action: "/" + s.lang + "/form", Title: s.title, Lead: s.event, Submit: s.submit, Heading: s.note,
		Error: s.wrong,
		Fields: []ui.Field{
			{Name: "user", Kind: ui.Text, Label: s.name, Autocomplete: "username", Width: 20},
			{Name: "password", Kind: ui.Password, Label: s.question, Width: 20},
			{Name: "code", Kind: ui.Code, Label: s.column},
		},
		Others: []ui.Link{{Text: s.yes, Href: "/" + s.lang + "/case"}},
	})
}

func (s sample) caseBody() templ.Component {
	late := ui.Tag{Text: s.wrong, Colour: "red"}
	return templ.Join(
		ui.IdentityBar(ui.IdentityView{Reference: "KW5219ED", Facts: []string{"18–24", s.region}, Tags: []ui.Tag{{Text: s.event, Colour: "green"}, {Text: s.note, Colour: "yellow"}}, Next: s.day, Late: true}, false),
		ui.SubNavigation(s.title, []ui.NavItem{{Text: s.event, Href: "?", Current: true}, {Text: s.note, Href: "?n", Count: "2"}, {Text: s.column, Href: "?c"}}),
		ui.Stages(s.title, []ui.Stage{
			{Text: s.event, When: "3.05.2026", State: ui.StageDone, Word: s.sent}, {Text: s.note, State: ui.StageNow, Word: s.submit},
			{Text: s.region, When: "9.05.2026", State: ui.StageLate, Word: s.wrong}, {Text: s.column, State: ui.StageSkipped, Word: s.no}, {Text: s.sent, Word: s.no},
		}),
		ui.SummaryCard(ui.Card{
			Title: s.event, Tags: []ui.Tag{{Text: s.sent}}, Actions: []ui.Link{{Text: s.submit, Href: "?", Hidden: s.event}},
			Rows: []ui.SummaryRow{
				{Key: s.column, Value: "KW5219ED", Href: "?", Actions: []ui.Link{{Text: s.submit, Href: "?", Hidden: s.column}}},
				{Key: s.day, Value: "3.05.2026, 10:05", Lines: []string{s.event}, Tags: []ui.Tag{late}},
			},
		}),
		ui.Tabs(s.title, []ui.Tab{{ID: "one", Text: s.event, Content: ui.Paragraph(s.note)}, {ID: "two", Text: s.note, Content: ui.Inset(s.event)}}),
		ui.Heading(2, s.event),
		ui.Timeline([]ui.TimelineItem{
			{Title: s.region, When: "12.05.2026", Datetime: "2026-05-12", State: ui.Expected, Tags: []ui.Tag{{Text: s.day, Colour: "blue"}}},
			{Title: s.event, When: "3.05.2026, 10:05", Datetime: "2026-05-03T10:05:00+04:00", Recorded: s.sent + " 4.05.2026", By: s.name, Lines: []string{s.note, s.question}, Tags: []ui.Tag{late}, State: ui.Late, Links: []ui.Link{{Text: s.submit, Href: "?"}}},
			{Title: s.note, When: "1.05.2026", Datetime: "2026-05-01", Lines: []string{s.question}, Tags: []ui.Tag{{Text: s.no, Colour: "grey"}}, State: ui.Voided},
		}),
	)
}

func (s sample) queue() templ.Component {
	heads := []ui.Head{{Text: s.column, Sort: ui.CanSort}, {Text: s.region}, {Text: s.event}, {Text: s.day, Sort: ui.Ascending}, {Text: "18–24", Numeric: true}}
	row := func(reference string, state ui.RowState, days string, tag ui.Tag) ui.TableRow {
		return ui.TableRow{State: state, Cells: []ui.Cell{
			{Text: reference, Href: "?" + reference, Hint: s.note}, {Text: "İsmayıllı"}, {Text: s.event}, {Text: days + " " + s.day, Sort: days, Tags: []ui.Tag{tag}}, {Text: days},
		}}
	}
	return templ.Join(
		ui.Heading(1, s.title),
		ui.Tiles([]ui.Tile{{Figure: "12", Text: s.event, Href: "?a"}, {Figure: "3", Text: s.wrong, Href: "?b", Alarm: true}, {Figure: "1 204", Text: s.note}}),
		ui.Table(ui.TableView{T: func(string, ...any) string { return s.note }, Caption: s.event, Sortable: true, Heads: heads, Rows: []ui.TableRow{
			row("KW5219ED", ui.Critical, "9", ui.Tag{Text: s.wrong, Colour: "red"}), row("HJ2204XA", ui.Overdue, "2", ui.Tag{Text: s.wrong, Colour: "red"}),
			row("PL7730BC", ui.DueSoon, "1", ui.Tag{Text: s.note, Colour: "orange"}), row("ZZ1111ZZ", ui.Plain, "14", ui.Tag{Text: s.no, Colour: "grey"}),
		}}),
		ui.Table(ui.TableView{Caption: s.note, Empty: s.wrong}),
		ui.Light(ui.Met, s.yes), ui.Light(ui.Partly, s.note), ui.Light(ui.Missed, s.no), ui.Light(ui.Unknown, s.wrong),
		ui.Pagination(ui.PaginationView{T: func(string, ...any) string { return s.note }, Page: 3, Pages: 9, Href: func(n int) string { return fmt.Sprintf("?page=%d", n) }, Range: s.event}),
	)
}

func (s sample) done() templ.Component {
	return templ.Join(
		ui.Interruption(ui.InterruptionView{Title: s.title, Lines: []string{s.event, s.question}, Action: &ui.Link{Text: s.submit, Href: "?"}, Back: &ui.Link{Text: s.no, Href: "?"}}),
		ui.Details(s.event), ui.Button(ui.Link{Text: s.submit, Href: "?"}, true),
	)
}
