# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=bash
# Removes folders, never through a mount. What the matrix mounts is in namespaces that
# end with it; whatever is mounted here nevertheless is not ours. Sourced by
# tests/matrix/matrix and tests/matrix/one.

# mounted_below DIRECTORY: at it, or somewhere in it.
mounted_below() {
	cut -d ' ' -f 5 /proc/self/mountinfo |
		awk -v d="$1" '$0 == d || index($0, d "/") == 1 { found = 1 } END { exit !found }'
}

# remove DIRECTORY: an absolute path without links; all of it or nothing.
remove() {
	if mounted_below "$1"; then
		echo "matrix: something is mounted below $1: it is left as it is" >&2
		return 1
	fi
	rm -rf --one-file-system "${1:?}"
}
