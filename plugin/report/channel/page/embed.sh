#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Makes one document of the page's parts, at build time, and what goes with it:
#
#	embed.sh html FOLDER CAUSES	the document
#	embed.sh policy FOLDER CAUSES	its Content-Security-Policy
#	embed.sh header FOLDER CAUSES	both as a C header
#
# FOLDER holds page.html, page.css and the parts of the script; CAUSES is causes.tbl.h, from which
# the page has the one line that explains each cause. Style and script are allowed
# by their hashes alone, so that nothing which gets into the document can run.
# Needs a POSIX shell, awk, sed and od, and sha256sum.
set -eu
LC_ALL=C
export LC_ALL

# Each part may use at once what those before it define.
script="text elements source search zones incidents lists verdict refresh start"

want=$1
folder=$2
causes=$3
dir=$(mktemp -d "${TMPDIR:-/tmp}/xfrwatch-page.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

# {"name": "line", ...}: the two strings of a row.
cause_lines() {
	awk '
	/^[ \t]*(\/\*|\*)/ { next }
	/^XFW_CAUSE\(/ { row = ""; open = 1 }
	open {
		row = row " " $0
		if ($0 !~ /\)[ \t]*$/) next
		open = 0
		gsub(/"[ \t]+"/, "", row)	# pieces of one string
		n = split(row, part, "\"")
		if (n != 5) { print "embed.sh: cannot read" row | "cat >&2"; exit 1 }
		printf "%s\t\"%s\": \"%s\"", (rows++ ? ",\n" : ""), part[2], part[4]
	}
	END { if (!rows) exit 1; print "" }' "$causes"
}

# The hash of a file as CSP wants it: SHA-256, in base64.
csp_hash() {
	sha256sum <"$1" | awk '
	function digit(i) { return index("0123456789abcdef", substr($1, i, 1)) - 1 }
	function char(v) {
		return substr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
			      "0123456789+/", v + 1, 1)
	}
	{
		$1 = $1 "00"	# three digits are two characters
		for (i = 1; i <= 64; i += 3) {
			v = digit(i) * 256 + digit(i + 1) * 16 + digit(i + 2)
			out = out char(int(v / 64)) char(v % 64)
		}
		print substr(out, 1, 43) "="
	}'
}

cause_lines >"$dir/causes"
cp "$folder/page.css" "$dir/style"
{
	printf '%s\n' '"use strict";' '(() => {'
	for part in $script; do
		sed -e "/@CAUSES@/{r $dir/causes
d
}" "$folder/$part.js"
	done
	printf '%s\n' '})();'
} >"$dir/script"
grep -q '"unclassified": ' "$dir/script"

policy="default-src 'none'; style-src 'sha256-$(csp_hash "$dir/style")'"
policy="$policy; script-src 'sha256-$(csp_hash "$dir/script")'; connect-src 'self'"
policy="$policy; img-src data:; base-uri 'none'; form-action 'none'"
policy="$policy; frame-ancestors 'none'"

# Between the tags stands the very content that was hashed, not a newline more.
awk -v dir="$dir" '
function put(name,  line, first) {
	while ((getline line <(dir "/" name)) > 0) print line
}
/^@STYLE@$/ { printf "<style>"; put("style"); print "</style>"; next }
/^@SCRIPT@$/ { printf "<script>"; put("script"); print "</script>"; next }
{ print }' "$folder/page.html" >"$dir/html"

case $want in
html)
	cat "$dir/html"
	;;
policy)
	printf '%s\n' "$policy"
	;;
header)
	cat <<-END
	/* SPDX-License-Identifier: MPL-2.0 */
	/* Made by embed.sh of the files beside it. */
	#define PAGE_POLICY "$policy"
	static const unsigned char page_document[] = {
	END
	od -A n -v -t u1 "$dir/html" | sed -e 's/  *\([0-9][0-9]*\)/\1,/g'
	echo '};'
	;;
*)
	echo "embed.sh: html, policy or header?" >&2
	exit 1
	;;
esac
