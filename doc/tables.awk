# SPDX-License-Identifier: MPL-2.0
# Makes the manual: copies xfrwatch.8.in, and puts the tables of causes with their
# plans, of checks, of parameters, of modes and of metrics where it says @CAUSES@,
# @CHECKS@, @PARAMETERS@, @MODES@ and @METRICS@. They are read from the very files
# that the plugin is built from.
#
#	awk -f tables.awk causes.tbl.h plans.tbl.h checks.tbl.h params.tbl.h \
#		modes.tbl.h metrics.tbl.h severity.h xfrwatch.8.in

BEGIN {
	dig = "dig @{address} -p {port} [-b {source}] [-k {keyfile}] {zone}"
	command["{dig-soa}"] = dig " SOA +norecurse"
	command["{dig-tcp}"] = dig " SOA +norecurse +tcp"
	command["{dig-axfr}"] = dig " AXFR"
	command["{retransfer}"] = "rndc retransfer {zone}"
	command["{refresh}"] = "rndc refresh {zone}"
	command["{zonestatus}"] = "rndc zonestatus {zone}"
	command["{allow-transfer}"] = "allow-transfer { key {key}; }; or { {source}; };"
}

# Reads XFW_CAUSE(...), XFW_STEP(...) and the like, each over several lines.
function feed(line) {
	if (entry == "" && line !~ /^XFW_(CAUSE|STEP|CHECK|PARAM|MODE|METRIC)\(/)
		return
	entry = entry " " line
	if (line !~ /\)[ \t]*$/)
		return
	if (entry ~ /XFW_CAUSE\(/)
		cause(entry)
	else if (entry ~ /XFW_STEP\(/)
		plan_step(entry)
	else if (entry ~ /XFW_CHECK\(/)
		check(entry)
	else if (entry ~ /XFW_MODE\(/)
		mode(entry)
	else if (entry ~ /XFW_METRIC\(/)
		metric(entry)
	else
		param(entry)
	entry = ""
}

# Joins adjacent literals, then takes all literals into words[1..].
function literals(text, n) {
	gsub(/"[ \t]+"/, "", text)
	n = 0
	while (match(text, /"[^"]*"/)) {
		words[++n] = substr(text, RSTART + 1, RLENGTH - 2)
		text = substr(text, RSTART + RLENGTH)
	}
	return n
}

function cause(text, plain) {
	if (literals(text) != 2)
		fail("not a cause: " text)
	plain = text
	gsub(/"[^"]*"/, "", plain)
	sub(/^[^(]*\(/, "", plain)
	split(plain, part, ",")
	causes++
	id[causes] = trim(part[1])
	name[causes] = words[1]
	family[causes] = tolower(trim(part[3]))
	line_of[causes] = words[2]
}

function plan_step(text, of) {
	if (literals(text) != 1)
		fail("not a step: " text)
	of = text
	sub(/^[^(]*\(/, "", of)
	sub(/,.*/, "", of)
	of = trim(of)
	plan[of, ++count[of]] = words[1]
}

function check(text) {
	if (literals(text) != 2)
		fail("not a check: " text)
	checks++
	cname[checks] = words[1]
	done[checks] = words[2]
}

function param(text, plain) {
	if (literals(text) != 2)
		fail("not a parameter: " text)
	plain = text
	gsub(/"[^"]*"/, "", plain)
	sub(/^[^(]*\(/, "", plain)
	split(plain, part, ",")
	params++
	pname[params] = words[1]
	meaning[params] = words[2]
	kind[params] = trim(part[3])
	min[params] = trim(part[5])
	def[params] = trim(part[6])
	max[params] = trim(part[7])
}

function mode(text) {
	if (literals(text) != 2)
		fail("not a mode: " text)
	modes++
	oname[modes] = words[1]
	when[modes] = words[2]
}

function metric(text) {
	if (literals(text) != 4)
		fail("not a metric: " text)
	metrics++
	mname[metrics] = words[1]
	labels[metrics] = words[3]
	help[metrics] = words[4]
}

function trim(s) {
	gsub(/^[ \t]+|[ \t]+$/, "", s)
	return s
}

function fail(what) {
	print "tables.awk: " what > "/dev/stderr"
	failed = 1
	exit 1
}

# {address} and the like stand for what is known when a line is written.
function roff(s, in_words, word) {
	for (in_words in command)
		while ((word = index(s, in_words)) > 0)
			s = substr(s, 1, word - 1) command[in_words] \
				substr(s, word + length(in_words))
	gsub(/-/, "\\-", s)
	while (match(s, /\{[a-z\\-]+\}/))
		s = substr(s, 1, RSTART - 1) "\\fI" \
			substr(s, RSTART + 1, RLENGTH - 2) "\\fP" \
			substr(s, RSTART + RLENGTH)
	return s
}

function sentence(s) {
	if (s ~ /^named /)	# a name stays as it is
		return s "."
	return toupper(substr(s, 1, 1)) substr(s, 2) "."
}

function put_causes(i, j) {
	for (i = 1; i <= causes; i++) {
		if (count[id[i]] == 0)
			fail("no plan for " name[i])
		print ".It Cm " name[i]
		print "(" family[i] ")"
		print sentence(line_of[i])
		print ".Bl -enum -compact"
		for (j = 1; j <= count[id[i]]; j++) {
			print ".It"
			print sentence(roff(plan[id[i], j]))
		}
		print ".El"
	}
}

function put_checks(i) {
	for (i = 1; i <= checks; i++) {
		print ".It Cm " cname[i]
		print done[i]
	}
}

function put_params(i) {
	for (i = 1; i <= params; i++) {
		if (kind[i] == "BOOL") {
			print ".It Cm " pname[i] " Ar yes | no ;"
			print sentence(meaning[i])
			print "Default:"
			print ".Cm " (def[i] == "1" ? "yes" : "no") " ."
		} else if (kind[i] == "NUMBER") {
			print ".It Cm " pname[i] " Ar number ;"
			print sentence(meaning[i])
			print "From " min[i] " to " max[i] "; default: " def[i] "."
		} else if (kind[i] == "FACILITY") {
			print ".It Cm " pname[i] " Ar facility ;"
			print sentence(meaning[i])
			print "The names are those of"
			print ".Xr syslog 3"
			print "in small letters without"
			print ".Dq LOG_ ,"
			print "for example"
			print ".Cm daemon"
			print "or"
			print ".Cm local0 ."
			print "Default:"
			print ".Cm none ."
		} else if (kind[i] == "ESCALATION") {
			split(steps, step, ",")
			print ".It Cm " pname[i] " { warning Ar N ; Cm err Ar N ; Cm crit Ar N ; Cm alert Ar N ; }"
			print sentence(meaning[i])
			print "From " min[i] " to " max[i] ", none greater than the one before it."
			print "Default:" step[1] "," step[2] "," step[3] "," step[4] "."
		} else if (kind[i] == "DAYS") {
			print ".It Cm " pname[i] " { warning Ar N ; Cm err Ar N ; }"
			print sentence(meaning[i])
			print "From " min[i] " to " max[i] ", the second not greater than the first."
			print "Default: 14, 7."
		} else if (kind[i] == "CHANNEL") {
			print ".It Cm " pname[i] " Ar address Oo Cm port Ar number Oc Oo Cm allow No { Ar address_match_list No } Oc ;"
			print sentence(meaning[i])
			print "The words are those of"
			print ".Xr named.conf 5 Ns 's"
			print ".Cm statistics-channels ;"
			print "it may be given several times."
			print ".Cm *"
			print "and"
			print ".Cm \&::"
			print "stand for all IPv4 and all IPv6 addresses."
			print "Default: none, and nothing is opened; port " def[i] ";"
			print ".Cm allow No { localhost; } ."
		} else
			fail("unknown kind " kind[i])
	}
}

function put_modes(i) {
	for (i = 1; i <= modes; i++) {
		print ".It Cm " oname[i]
		print sentence(when[i])
	}
}

function put_metrics(i) {
	for (i = 1; i <= metrics; i++) {
		gsub(/,/, ", ", labels[i])
		print ".It Cm " mname[i] (labels[i] == "" ? "" : " No { Ar " labels[i] " No }")
		gsub(/\. /, ".\n", help[i])
		print help[i]
	}
}

FILENAME ~ /\.tbl\.h$/ { feed($0); next }
FILENAME ~ /severity\.h$/ {
	if ($2 == "XFW_ESCALATION_DEFAULT") {
		steps = $0
		sub(/.*\{/, "", steps)
		sub(/[ \t]*\}.*/, "", steps)
	}
	next
}
$0 == "@CAUSES@" { put_causes(); next }
$0 == "@CHECKS@" { put_checks(); next }
$0 == "@PARAMETERS@" { put_params(); next }
$0 == "@MODES@" { put_modes(); next }
$0 == "@METRICS@" { put_metrics(); next }
{ print }

END {
	if (!failed && (causes == 0 || checks == 0 || params == 0 || modes == 0 || \
			metrics == 0 || steps == ""))
		fail("a table is empty")
	if (failed)
		exit 1
}
