/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Lookups in the table of causes.
 * Runs in any thread: the tables are constant.
 */
#include <string.h>

#include <xfrwatch/cause.h>

static const xfw_cause_info_t causes[XFW_CAUSE_COUNT] = {
	[XFW_CAUSE_NONE] = { "none", XFW_FAMILY_NONE, XFW_SEVERITY_NONE,
			     "no failure" },
#define XFW_CAUSE(id, text, fam, sev, says)                               \
	[XFW_CAUSE_##id] = { .name = text,                                \
			     .family = XFW_FAMILY_##fam,                  \
			     .severity = XFW_SEVERITY_##sev,              \
			     .line = says },
#include <xfrwatch/causes.tbl.h>
#undef XFW_CAUSE
};

static const char *const families[XFW_FAMILY_COUNT] = {
	[XFW_FAMILY_NONE] = "none",	[XFW_FAMILY_ACCESS] = "access",
	[XFW_FAMILY_NETWORK] = "network", [XFW_FAMILY_TSIG] = "tsig",
	[XFW_FAMILY_SERIAL] = "serial", [XFW_FAMILY_DATA] = "data",
	[XFW_FAMILY_LOCAL] = "local",	[XFW_FAMILY_OTHER] = "other",
};

const xfw_cause_info_t *
xfw_cause_info(xfw_cause_t cause) {
	/* The cause may come out of a record: never index past the table. */
	if ((unsigned int)cause >= XFW_CAUSE_COUNT) {
		cause = XFW_CAUSE_UNCLASSIFIED;
	}
	return (&causes[cause]);
}

const char *
xfw_family_name(xfw_family_t family) {
	if ((unsigned int)family >= XFW_FAMILY_COUNT) {
		family = XFW_FAMILY_OTHER;
	}
	return (families[family]);
}

xfw_cause_t
xfw_cause_byname(const char *name) {
	for (unsigned int i = XFW_CAUSE_NONE + 1; i < XFW_CAUSE_COUNT; i++) {
		if (strcmp(causes[i].name, name) == 0) {
			return ((xfw_cause_t)i);
		}
	}
	return (XFW_CAUSE_NONE);
}
