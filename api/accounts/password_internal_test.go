package accounts

import (
	"strings"
	"testing"
)

// TestWholePassword: what is beyond the part that is looked at is not ignored.
func TestWholePassword(t *testing.T) {
	right := strings.Repeat("a", longest)
	h, err := hash(right)
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{right: true, right + "a": false, right[1:]: false, "": false} {
		if got, err := matches(h, password); err != nil || got != want {
			t.Errorf("%d bytes: %v, %v", len(password), got, err)
		}
	}
	if again, err := hash(right); err != nil || again == h {
		t.Error("two hashes of one password are the same: no salt")
	}
}
