/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Search in the table of results.
 * Runs in named's threads, for lines that end in a result's text.
 */
#include <string.h>

#include "messages.h"

/* Values of the table that are no causes; above all causes. */
enum {
	XFW_CAUSE_UNKNOWN = XFW_CAUSE_COUNT,
	XFW_CAUSE_OK,
	XFW_CAUSE_SAME,
	XFW_CAUSE_SHUTDOWN
};

typedef struct result {
	const char *text;
	uint8_t len;
	uint8_t means[XFW_PLACE_COUNT];
} result_t;

static const result_t results[] = {
#define XFW_RESULT(words, soa, connect, transfer)                     \
	{ .text = words,                                              \
	  .len = sizeof(words) - 1,                                   \
	  .means = { [XFW_PLACE_FIXED] = XFW_CAUSE_UNKNOWN,           \
		     [XFW_PLACE_SOA] = XFW_CAUSE_##soa,               \
		     [XFW_PLACE_CONNECT] = XFW_CAUSE_##connect,       \
		     [XFW_PLACE_TRANSFER] = XFW_CAUSE_##transfer } },
#include "results.tbl.h"
#undef XFW_RESULT
};

static const result_t *
find(xfw_span_t text) {
	size_t low = 0, high = sizeof(results) / sizeof(results[0]);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const result_t *row = &results[middle];
		size_t len = text.len < row->len ? text.len : row->len;
		int order = memcmp(text.at, row->text, len);

		if (order == 0) {
			if (text.len == row->len) {
				return (row);
			}
			order = text.len < row->len ? -1 : 1;
		}
		if (order > 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return (NULL);
}

xfw_outcome_t
xfw_result_outcome(xfw_place_t place, xfw_span_t text, xfw_cause_t *cause) {
	const result_t *row = find(text);

	if (row == NULL) {
		return (XFW_OUTCOME_UNKNOWN);
	}
	switch (row->means[place]) {
	case XFW_CAUSE_UNKNOWN:
		return (XFW_OUTCOME_UNKNOWN);
	case XFW_CAUSE_OK:
		return (XFW_OUTCOME_OK);
	case XFW_CAUSE_SAME:
		return (XFW_OUTCOME_SAME);
	case XFW_CAUSE_SHUTDOWN:
		return (XFW_OUTCOME_SHUTDOWN);
	default:
		*cause = (xfw_cause_t)row->means[place];
		return (XFW_OUTCOME_FAILED);
	}
}
