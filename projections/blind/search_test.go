package blind

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestNamesFindEverySpelling(t *testing.T) {
	x, db := register(t, "Əliyeva Günay Elçin qızı", "Şıxəliyev Vüqar", "Cəfərova Xədicə", "Hüseynov Yunus", "Məmmədov Qəhrəman", "Quliyeva Ceyhun", "Əhmədova Aytən")
	for who, spellings := range map[string][]string{
		"p1": {"əliyeva", "ALIYEVA", "алиева", "Alieva", "Гюнай Алиева", "gunay", "Eliyeva", "Güna", "Aliyeva G. E."},
		"p2": {"ŞIXƏLİYEV", "Shikhaliyev", "Шихалиев", "shikhal", "Вугар Шихалиев", "Шыхалев"},
		"p3": {"Jafarova", "Джафарова", "Ceferova", "Khadija", "Хадиджа", "jafrova khadija"},
		"p4": {"Huseynov", "Гусейнов", "Guseinov", "юнус", "Hu\u0308seynov"},
		"p5": {"Mammadov", "Мамедов", "Mamedov", "Гахраман", "Мамедов Гахраман"},
		"p6": {"Кулиева", "Guliyeva", "Джейхун", "quliyeva jeyhun"},
		"p7": {"Айтен", "Ахмедова", "Ahmadova Aytan"},
	} {
		for _, words := range spellings {
			if got := find(t, x, db, words, 3); len(got) == 0 || got[0] != who {
				t.Errorf("%s finds %v, want %s first", words, got, who)
			}
		}
	}
}

func TestNamesTooShort(t *testing.T) {
	x, db := register(t, "Əli")
	for _, words := range []string{"", " ", "-", "12345", "ə", "Əl", "Ə l", "L\u0301i", "sch"} {
		if _, err := x.Names(t.Context(), db, words, 10, nil); !errors.Is(err, ErrTooShort) {
			t.Errorf("%q: %v, want ErrTooShort", words, err)
		}
	}
	if got := find(t, x, db, "əli", 10); !slices.Equal(got, []string{"p1"}) {
		t.Errorf("three letters find %v", got)
	}
	if got := find(t, x, db, "əli", 0); got != nil {
		t.Errorf("a limit of none finds %v", got)
	}
	if hits, err := x.Names(t.Context(), open(t), "Əliyev", 10, nil); err != nil || hits != nil {
		t.Errorf("an empty index finds %v, %v", hits, err)
	}
}

func TestNamesLeaveOutTrivialLikeness(t *testing.T) {
	x, db := register(t, "Abbasova Nigar", "Tağıyeva Sevda", "Rzazadə Kamil", "Orucova Leyla")
	for words, want := range map[string][]string{
		"Şıxəliyeva":     nil, // -yeva is no likeness
		"Bağırova":       nil,
		"Abbasov":        {"p1"},
		"Abbasova Leyla": {"p1", "p4"}, // a whole word is
		"Xxxyyyzzz":      nil,
	} {
		if got := find(t, x, db, words, 10); !slices.Equal(got, want) {
			t.Errorf("%s finds %v, want %v", words, got, want)
		}
	}
}

func TestNamesRank(t *testing.T) {
	all := []string{"Şıxəliyeva Rəna", "Əliyeva Günay", "Şıxəliyeva Günay", "Quliyeva Günay", "Günay Şıxəliyeva Elçin"}
	for i := range 100 { // everybody else ends the same way
		all = append(all, fmt.Sprintf("%s%syeva Günel", []string{"Ba", "Ta", "Ma"}[i%3], []string{"ğı", "nrı", "sə", "du"}[i%4]))
	}
	x, db := register(t, all...)
	hits, err := x.Names(t.Context(), db, "гюнай шихалиева", 4, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []Hit{{"p3", 14, 14}, {"p5", 14, 14}}
	if len(hits) != 4 || !slices.Equal(hits[:2], want) {
		t.Fatalf("got %v, want %v first", hits, want)
	}
	if hits[2].Ref != "p1" || hits[2].Shared >= hits[3].Shared {
		t.Errorf("got %v: the rare name counts for more than the common ending", hits)
	}
	if got := find(t, x, db, "Şıxəliyeva Günay", 1); !slices.Equal(got, []string{"p3"}) {
		t.Errorf("with a limit of one: %v", got)
	}
}

// Who may see few persons finds them below thousands whom they may not see.
func TestNamesAmong(t *testing.T) {
	x, db := New(make([]byte, 32)), open(t)
	const crowd = 3000
	err := x.Build(t.Context(), db, func(yield func(Person, error) bool) {
		for i := range crowd {
			if !yield(Person{Ref: ref(i), Names: []string{"Əliyeva Günay"}}, nil) {
				return
			}
		}
		for _, p := range []Person{{Ref: "mine", Names: []string{"Əliyeva Gülnar"}}, {Ref: "mine too", Names: []string{"Vəliyeva Günay"}}} {
			if !yield(p, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	mine, err := AmongOf(t.Context(), db, `SELECT value FROM json_each(?)`, `["mine", "mine too", "elsewhere"]`)
	if err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int{2, 5} {
		hits, err := x.Names(t.Context(), db, "Əliyeva Günay", limit, mine)
		if err != nil || len(hits) != 2 || hits[0].Ref != "mine too" || hits[1].Ref != "mine" {
			t.Errorf("got %v, %v", hits, err)
		}
	}
	if hits, err := x.Names(t.Context(), db, "Əliyeva Günay", 5, &Among{}); err != nil || hits != nil {
		t.Errorf("who sees nobody: %v, %v", hits, err)
	}
	if _, err := AmongOf(t.Context(), db, `SELECT no such thing`); err == nil {
		t.Error("a query that cannot be asked")
	}
}

// The order is that of a register that holds only those among whom is searched:
// who else there is, and how common their names make a trigram, shows in
// nothing.
func TestOthersHaveNoPart(t *testing.T) {
	own := []Person{
		{"own 1", []string{"Əliyeva Rəna"}, []string{"AA1"}}, {"own 2", []string{"Vəliyeva Günay"}, nil}, {"own 3", []string{"Əliyev Gün"}, []string{"AA1"}},
	}
	ask := func(others int) string {
		x, db := New(make([]byte, 32)), open(t)
		err := x.Build(t.Context(), db, func(yield func(Person, error) bool) {
			for i := range others + len(own) {
				person := Person{ref(i), []string{"Əliyeva Günay"}, []string{"AA1"}}
				if i >= others {
					person = own[i-others]
				}
				if !yield(person, nil) {
					return
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		among, err := AmongOf(t.Context(), db, `SELECT ref FROM blind_persons WHERE ref LIKE 'own %'`)
		if err != nil {
			t.Fatal(err)
		}
		told := ""
		for _, words := range []string{"Əliyeva Günay", "Əliyeva", "Günay"} {
			hits, err := x.Names(t.Context(), db, words, 10, among)
			refs, byDocument := x.Document(t.Context(), db, "AA1", among)
			told += fmt.Sprintln(hits, err, refs, byDocument)
		}
		return told
	}
	if alone, crowded := ask(0), ask(5000); alone != crowded || !strings.Contains(alone, "own 2") {
		t.Errorf("alone   %s\ncrowded %s", alone, crowded)
	}
}

func TestLongQueries(t *testing.T) {
	long := strings.Repeat("abdefgiklmnoprstuvz", 20)
	x, db := register(t, long, "Əliyev")
	hits, err := x.Names(t.Context(), db, long, 5, nil)
	if err != nil || len(hits) != 1 || hits[0].Of > maxGrams || hits[0].Shared != hits[0].Of {
		t.Errorf("got %v, %v", hits, err)
	}
}

func TestDocuments(t *testing.T) {
	x, db := register(t, "Əliyeva Günay")
	for who, numbers := range map[string][]string{"p1": {"AA 0012345", "—"}, "p2": {"аа0012346", "AZE-7"}, "p3": {"aze7"}} {
		if err := x.Add(t.Context(), db, who, nil, numbers); err != nil {
			t.Fatal(err)
		}
	}
	for number, want := range map[string]int{"aa-0012345": 1, "АА0012345": 1, "AA12345": 0, "AA0012346": 1, "AZE 7": 2, "": 0, "—": 0, "AA001234": 0} {
		if got, err := x.Document(t.Context(), db, number, nil); err != nil || len(got) != want {
			t.Errorf("%s finds %v, %v, want %d", number, got, err, want)
		}
	}
}

func TestManySearchAtOnce(t *testing.T) {
	x, db := register(t, "Əliyeva Günay", "Hüseynov Yunus")
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for range 20 {
				words, want := []string{"гюнай", "гусейнов"}[i%2], fmt.Sprintf("p%d", i%2+1)
				hits, err := x.Names(t.Context(), db, words, 3, nil)
				if err != nil || len(hits) != 1 || hits[0].Ref != want {
					t.Errorf("%s: %v, %v", words, hits, err)
				}
			}
		})
	}
	wait.Wait()
}
