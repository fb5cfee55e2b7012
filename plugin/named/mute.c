/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Keeps named's lines about our own queries (knock.h) out of its log: the query
 * log, refusals by allow-query, debug lines. While such a query is under way,
 * libns logs through our context as well, and the tap drops what is about it;
 * every other line goes the same way as ever. The rest of the time libns's
 * context is named's own, so that the query log costs what it always did.
 *
 * xfw_mute() runs on the monitor's thread, xfw_muted() on named's.
 */
#include <stdatomic.h>
#include <string.h>

#include "named.h"

#include <xfrwatch/knock.h>

void
xfw_mute(bool on) {
	isc_log_t *own = xfw_tap_context();
	isc_log_t *named = xfw_tap_named();

	/* Somebody else's context (another plugin's) is left alone. */
	if (on && ns_lctx == named) {
		ns_log_setcontext(own);
	} else if (!on && ns_lctx == own) {
		ns_log_setcontext(named);
	}
}

/* "client @0x7f... 127.0.0.1#4711 (xfrwatch.invalid): ..." */
bool
xfw_muted(const char *text, size_t len) {
	static const char prefix[] = "client @0x";
	static const char name[] = " (" XFW_KNOCK_NAME;
	const char *at, *end;

	if (len < sizeof(prefix) ||
	    memcmp(text, prefix, sizeof(prefix) - 1) != 0)
	{
		return (false);
	}
	at = memchr(text, '#', len);
	if (at == NULL) {
		return (false);
	}
	unsigned port = 0;

	for (end = text + len, at++; at < end && *at >= '0' && *at <= '9'; at++)
	{
		port = port * 10 + (unsigned)(*at - '0');
	}
	if (port > 65535 || !xfw_knock_own((uint16_t)port)) {
		return (false);
	}
	/* Before the question is read, the name is not there yet. */
	return (at == end || *at == ':' ||
		((size_t)(end - at) >= sizeof(name) - 1 &&
		 memcmp(at, name, sizeof(name) - 1) == 0));
}
