/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The plugin's modes (modes.tbl.h). Which one it is, is decided once for each plugin
 * statement by plugin/named/guard.c; the monitor and its surfaces are told.
 *
 * Guarantee: plain data. Threads: any.
 */
#ifndef XFRWATCH_MODE_H
#define XFRWATCH_MODE_H

typedef enum xfw_mode {
#define XFW_MODE(id, name, meaning) XFW_MODE_##id,
#include <xfrwatch/modes.tbl.h>
#undef XFW_MODE
} xfw_mode_t;

/* "full" */
static inline const char *
xfw_mode_name(xfw_mode_t mode) {
	static const char *const names[] = {
#define XFW_MODE(id, name, meaning) name,
#include <xfrwatch/modes.tbl.h>
#undef XFW_MODE
	};

	return (names[mode]);
}

#endif /* XFRWATCH_MODE_H */
