/* SPDX-License-Identifier: MPL-2.0 */
/*
 * BIND's versions and series, as text alone: which version a library is of, whether
 * two belong together, what its named wants of a plugin. No BIND header is needed.
 *
 * A version is what stands in the name of Debian's libraries and in `named -v`:
 * "9.18.49-1~deb12u3-Debian". Upstream's part ends before the first '-' or '+'; the
 * series are its first two numbers ("9.18").
 *
 * Guarantee: no allocation, no state. Threads: any.
 */
#ifndef XFRWATCH_SERIES_H
#define XFRWATCH_SERIES_H

#include <stdbool.h>
#include <stddef.h>

#include <xfrwatch/mode.h>

#define XFW_SERIES_VERSION_MAX 128

/*
 * The version in the name of libisc's file: "/usr/lib/.../libisc-9.18.49-1.so" gives
 * "9.18.49-1". Returns false, with `buf` empty, if there is none: another name, a
 * named that the libraries are linked into, no room.
 */
bool
xfw_series_of_path(const char *path, char buf[XFW_SERIES_VERSION_MAX]);

/* Whether both have the same upstream version; an empty one is like none. */
bool
xfw_series_same_upstream(const char *a, const char *b);

/* Whether both are of one series; an empty one is like none. */
bool
xfw_series_same(const char *a, const char *b);

/*
 * What named of that version compares plugin_version() with (NS_PLUGIN_VERSION): one
 * that differs keeps it from starting. `otherwise` for a version that is not known.
 */
int
xfw_series_api(const char *version, int otherwise);

/*
 * The mode of a plugin that was built for `built` in a named of version `running`
 * (empty: unknown), all of whose symbols are there.
 */
xfw_mode_t
xfw_series_mode(const char *built, const char *running, bool strict);

#endif /* XFRWATCH_SERIES_H */
