# SPDX-License-Identifier: MPL-2.0
# From config.h, the header that makes a plugin say it was built for another BIND than it
# was: with -v what=other for another version of its series, with -v what=series for the
# series before.
/^#define XFW_BIND_VERSION "/ {
	split($3, n, /["."]/)
	major = n[2]; minor = n[3]; patch = n[4]
	if (what == "series")
		minor--
	else
		patch = patch > 0 ? patch - 1 : 1
	version = major "." minor "." patch
	print "#undef XFW_BIND_BUILD"
	print "#define XFW_BIND_BUILD \"" version "-1-Debian\""
	print "#undef XFW_BIND_VERSION"
	print "#define XFW_BIND_VERSION \"" version "\""
}
