package names

import "testing"

func TestClosenessOfTheSamePerson(t *testing.T) {
	for _, pair := range [][2]string{
		{"Aliyeva Günay", "Гюнай Алиева"},
		{"Əliyeva Günay Elçin qızı", "Gunay Aliyeva Elchin gizi"},
		{"əliyeva", "ALIYEVA"},
		{"Xədicə Cəfərova", "Джафарова Хадиджа"},
	} {
		if c := Closeness(pair[0], pair[1]); c != 1 {
			t.Errorf("%s and %s: %v, want 1", pair[0], pair[1], c)
		}
	}
}

// Each line: a query, and names from the one that answers it best to the one
// that answers it least.
func TestClosenessRanks(t *testing.T) {
	for _, line := range [][]string{
		{"Aliyeva Günay", "Гюнай Алиева", "Гюнай Алиева Эльчин", "Гюнай Алиевa-Мамедова Эльчин Рауф", "Günel Əliyeva", "Günay Səfərova", "Rauf Tağızadə"},
		{"Мамедов", "Мамедов", "Məmmədov", "Məmmədov Rauf", "Məmmədli", "Rauf"},
		{"Məmməd Əli", "Əli Məmməd", "Məmmədəli", "Məmməd", "Əli"},
		{"gün", "Gün", "Günay", "Günaydın", "Rauf"},
	} {
		for i, name := range line[2:] {
			better, worse := Closeness(line[0], line[i+1]), Closeness(line[0], name)
			if worse >= better {
				t.Errorf("%s: %s is %.3f, but %s is %.3f", line[0], line[i+1], better, name, worse)
			}
		}
	}
}

func TestClosenessOfNothing(t *testing.T) {
	for _, pair := range [][2]string{{"", ""}, {"", "Rauf"}, {"Rauf", ""}, {"--", "Rauf"}, {"Rauf", "Gizem"}} {
		if c := Closeness(pair[0], pair[1]); c != 0 {
			t.Errorf("%q and %q: %v, want 0", pair[0], pair[1], c)
		}
	}
}

// A word of the name answers one word of the query, and the greedy choice (Əli
// for Əliyev) is not the best one.
func TestClosenessGivesNoWordTwice(t *testing.T) {
	if c := Closeness("Əli Əli", "Əli Rauf"); c > 0.55 {
		t.Errorf("one word answers two: %v", c)
	}
	if c := Closeness("Əliyev Əli", "Əli Əliyev"); c != 1 {
		t.Errorf("the words cross: %v", c)
	}
	if c := Closeness("a b d e f g i k l m n", "n m l k i g f e d b a"); c < 0 || c > 1 {
		t.Errorf("many words: %v", c)
	}
}

func BenchmarkFold(b *testing.B) {
	for b.Loop() {
		Fold("Şıxəliyeva Günay Elçin qızı")
	}
}

func BenchmarkCloseness(b *testing.B) {
	for b.Loop() {
		Closeness("Şıxəliyeva Günay Elçin qızı", "Шихалиева Гюнай Эльчин")
	}
}
