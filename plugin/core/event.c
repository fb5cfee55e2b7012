/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What events are called.
 * Runs in any thread: the tables are constant.
 */
#include <xfrwatch/event.h>

static const char *const kinds[XFW_KIND_COUNT] = {
#define XFW_KIND_NAME(id, name) name,
	XFW_KINDS(XFW_KIND_NAME)
#undef XFW_KIND_NAME
};

const char *
xfw_kind_name(xfw_kind_t kind) {
	/* The kind may come out of a record: never index past the table. */
	return (kinds[(unsigned)kind < XFW_KIND_COUNT ? kind : XFW_KIND_UNKNOWN]);
}

const char *
xfw_phase_name(xfw_phase_t phase) {
	switch (phase) {
	case XFW_PHASE_SOA:
		return ("soa");
	case XFW_PHASE_TRANSFER:
		return ("transfer");
	default:
		return (NULL);
	}
}
