# Reads the output of go test -v and prints a line for each test and what it
# noted, then a summary. Ends with 1 if a test failed or none ran.
/^=== (RUN|NAME)/ { test = $3; next }
/^=== (PAUSE|CONT)/ { next }
/^ *--- (PASS|FAIL|SKIP):/ {
  n[$2]++
  if ($0 ~ /^---/ || $2 != "PASS:") print
  if ($2 == "FAIL:" || $0 ~ /^---/) { printf "%s", notes[$3]; if ($2 == "FAIL:") printf "%s", rest[$3] }
  delete notes[$3]; delete rest[$3]
  next
}
/^ok|^FAIL/ { print; if ($1 == "FAIL") bad++; next }
/^panic:|^fatal error:|DATA RACE/ { print; bad++ }
/^    [a-z_]+\.go:[0-9]+: (nrm|nats): / { rest[test] = rest[test] $0 "\n"; next }
/^    [a-z_]+\.go:[0-9]+: / { notes[test] = notes[test] substr($0, 1, 400) "\n"; next }
{ rest[test] = rest[test] $0 "\n" }
END {
  printf "torture: %d passed, %d failed, %d skipped\n", n["PASS:"], n["FAIL:"], n["SKIP:"]
  exit n["FAIL:"] + bad > 0 || n["PASS:"] == 0
}
