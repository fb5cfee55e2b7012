#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Runs the unit tests under valgrind, as many at once as there are processors, in the
# build folder. Usage: valgrind.sh SOURCE LIBTOOL TEST...
set -u
source=$1
libtool=$2
shift 2

export CK_FORK=no # so that valgrind sees the test itself end
export CK_TIMEOUT_MULTIPLIER=20 XFW_SLOW=1 XFW_CORPUS="$source/tests/corpus"
export libtool supp="$source/tests/valgrind.supp"

# One test: its output in one piece, then "PASS: NAME" or "FAIL: NAME".
# shellcheck disable=SC2016 # the inner shell expands it
one='
output=$($libtool --mode=execute valgrind -q --leak-check=full \
	--show-leak-kinds=definite,indirect,possible --error-exitcode=99 \
	--suppressions="$supp" "./$1" 2>&1) && result=PASS || result=FAIL
printf "%s\n%s: %s\n" "$output" "$result" "$1"'

log=valgrind.log
printf '%s\n' "$@" | xargs -P "$(nproc 2>/dev/null || echo 1)" -n 1 sh -c "$one" one |
	tee $log
passed=$(grep -c '^PASS: ' $log)
failed=$(($# - passed))
echo "valgrind: $passed passed, $failed failed"
[ $failed = 0 ]
