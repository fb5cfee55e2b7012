#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Checks what is written for users against what is built: the manual with mandoc,
# the example with named-checkconf and the built plugin, and both and the README
# against the tables of parameters and causes.
#
#	MANDOC=mandoc check.sh SOURCE BUILD
set -u
src=$1
build=$(cd "$2" && pwd)
tables=$src/include/xfrwatch
passed=0 failed=0 skipped=0
PATH=$PATH:/usr/sbin:/sbin

ok() {
	passed=$((passed + 1))
	echo "ok      $1"
}
bad() {
	failed=$((failed + 1))
	echo "FAILED  $1"
}
skip() {
	skipped=$((skipped + 1))
	echo "skipped $1"
}

manual=$build/doc/xfrwatch.8
if [ -z "${MANDOC:-}" ]; then
	skip "the manual with mandoc: it is not installed"
elif out=$("$MANDOC" -T lint -W warning "$manual" 2>&1); then
	ok "mandoc finds nothing wrong in the manual"
else
	echo "$out"
	bad "mandoc finds nothing wrong in the manual"
fi

params=$(sed -n 's/^XFW_PARAM([A-Z_]*, "\([a-z-]*\)".*/\1/p' "$tables/params.tbl.h")
causes=$(sed -n 's/^XFW_CAUSE([A-Z_]*, "\([a-z-]*\)".*/\1/p' "$tables/causes.tbl.h")
checks=$(sed -n 's/^XFW_CHECK([A-Z_]*, "\([a-z-]*\)".*/\1/p' "$tables/checks.tbl.h")
modes=$(sed -n 's/^XFW_MODE([A-Z_]*, "\([a-z-]*\)".*/\1/p' "$tables/modes.tbl.h")
metrics=$(tr '\n' ' ' <"$src/plugin/report/channel/metrics.tbl.h" |
	grep -o 'XFW_METRIC([A-Z_]*, "[a-z_]*"' | sed 's/.*"\(.*\)"/\1/')

# every NAMES FILE PATTERN WHAT: %s in PATTERN is the name
every() {
	missing=
	for name in $1; do
		# shellcheck disable=SC2059 # the pattern is ours
		grep -qe "$(printf "$3" "$name")" "$2" || missing="$missing $name"
	done
	if [ -n "$1" ] && [ -z "$missing" ]; then
		ok "$4"
	else
		bad "$4; missing:$missing"
	fi
}
every "$params" "$manual" '^\.It Cm %s ' "the manual has each parameter"
every "$metrics" "$manual" '^\.It Cm %s\( \|$\)' "the manual has each metric"
every "$causes" "$manual" '^\.It Cm %s$' "the manual has each cause"
every "$checks" "$manual" '^\.It Cm %s$' "the manual has each check"
every "$modes" "$manual" '^\.It Cm %s$' "the manual has each mode"
every "$modes" "$src/README" '"%s"' "the README has each mode"
every "$params" "$src/README" '^ *%s  *' "the README has each parameter"
every "$params" "$src/named.conf.example" '^[	 ]*%s ' "the example has each parameter"
if grep -n '@[A-Z_]*@' "$manual"; then
	bad "the manual has no placeholder left"
else
	ok "the manual has no placeholder left"
fi

# The example as it stands, but for where it and the plugin are.
plugin=$build/plugin/.libs/xfrwatch.so
if ! command -v named-checkconf >/dev/null || [ ! -e "$plugin" ]; then
	skip "the example with named-checkconf: no plugin was built, or no BIND is here"
else
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
	sed -e "s,\"xfrwatch.so\",\"$plugin\"," -e "s,\"/var/cache/bind\",\"$dir\"," \
		"$src/named.conf.example" >"$dir/named.conf"
	if out=$(named-checkconf "$dir/named.conf" 2>&1) && [ -z "$out" ]; then
		ok "named-checkconf takes the example"
	else
		echo "$out"
		bad "named-checkconf takes the example"
	fi
	sed 's/reminder-interval 3600/reminder-interval never/' "$dir/named.conf" >"$dir/bad.conf"
	out=$(named-checkconf "$dir/bad.conf" 2>&1)
	case $out in
	*bad.conf:*"'reminder-interval' must be"*) ok "and not with a wrong value in it" ;;
	*)	echo "$out"
		bad "and not with a wrong value in it" ;;
	esac
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
