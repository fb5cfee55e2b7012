#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Builds core and report with a sanitizer in a folder of its own and runs the unit
# tests there. Usage: sanitizer.sh SOURCE LIST (address,undefined or thread)
set -eu
source=$1
list=$2
dir=sanitizer-$(echo "$list" | tr , -)

mkdir -p "$dir"
cd "$dir"
[ -e config.status ] ||
	"$source/configure" --quiet --without-bind --with-sanitizer="$list" \
		CFLAGS="-g -O1" >configure.out 2>&1 ||
	{ cat configure.out; exit 1; }
jobs=$(nproc 2>/dev/null || echo 1)
make -s -j "$jobs" >/dev/null
# Threads and shared mappings come through a fork badly under a sanitizer.
CK_FORK=no CK_TIMEOUT_MULTIPLIER=10 XFW_SLOW=1 \
ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 \
UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
TSAN_OPTIONS=halt_on_error=1 \
	make -s -j "$jobs" check
echo "sanitizer $list: clean"
