/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Search in the table of messages, and the templates of its rows.
 * Runs in named's threads, for each line about a zone or transfer.
 */
#include <string.h>

#include "messages.h"

/* clang-format off */
#define ROW(lead, rest, kind, phase, place, cause)                       \
	{ lead, rest, sizeof(lead) - 1, XFW_KIND_##kind, XFW_PHASE_##phase, \
	  XFW_PLACE_##place, XFW_CAUSE_##cause },
/* clang-format on */

static const xfw_message_t zone_rows[] = {
#define XFW_ZONE ROW
#include "messages.tbl.h"
#undef XFW_ZONE
};

static const xfw_message_t transfer_rows[] = {
#define XFW_TRANSFER(lead, rest, kind, place, cause) \
	ROW(lead, rest, kind, TRANSFER, place, cause)
#include "messages.tbl.h"
#undef XFW_TRANSFER
};

static const xfw_message_t bare_rows[] = {
#define XFW_BARE(lead, rest, kind, cause) \
	ROW(lead, rest, kind, NONE, FIXED, cause)
#include "messages.tbl.h"
#undef XFW_BARE
};

static const struct {
	const xfw_message_t *rows;
	size_t count;
} tables[XFW_TABLE_COUNT] = {
	[XFW_TABLE_ZONE] = { zone_rows,
			     sizeof(zone_rows) / sizeof(zone_rows[0]) },
	[XFW_TABLE_TRANSFER] = { transfer_rows, sizeof(transfer_rows) /
							sizeof(transfer_rows[0]) },
	[XFW_TABLE_BARE] = { bare_rows,
			     sizeof(bare_rows) / sizeof(bare_rows[0]) },
};

const char *
xfw_span_search(xfw_span_t text, const char *what, size_t what_len) {
	const char *at = text.at;
	const char *end = text.at + text.len;

	while ((size_t)(end - at) >= what_len) {
		at = memchr(at, what[0], (size_t)(end - at) - what_len + 1);
		if (at == NULL) {
			return (NULL);
		}
		if (memcmp(at, what, what_len) == 0) {
			return (at);
		}
		at++;
	}
	return (NULL);
}

static size_t
digits(xfw_span_t text) {
	size_t n = 0;

	while (n < text.len && text.at[n] >= '0' && text.at[n] <= '9') {
		n++;
	}
	return (n);
}

/* Up to ten digits, as printed for 32 bits; false if that does not fit. */
static bool
number(xfw_span_t text, uint32_t *value, size_t *len) {
	uint64_t n = 0;

	*len = digits(text);
	if (*len == 0 || *len > 10) {
		return (false);
	}
	for (size_t i = 0; i < *len; i++) {
		n = n * 10 + (uint64_t)(text.at[i] - '0');
	}
	*value = (uint32_t)n;
	return (n <= UINT32_MAX);
}

size_t
xfw_primary_length(xfw_span_t text) {
	size_t max = text.len < XFW_EVENT_PRIMARY_MAX ? text.len
						      : XFW_EVENT_PRIMARY_MAX;
	const char *mark = memchr(text.at, '#', max);
	size_t len, port;

	if (mark == NULL || mark == text.at) {
		return (0);
	}
	len = (size_t)(mark - text.at) + 1;
	if (memchr(text.at, ' ', len) != NULL) {
		return (0); /* the mark belongs to a later word */
	}
	port = digits(xfw_span_from(text, len));
	return (port > 0 && port <= 5 ? len + port : 0);
}

/* Skips " (source address#port)"; some lines and some patches leave it out. */
static xfw_span_t
skip_source(xfw_span_t text) {
	if (XFW_STARTS(text, " (source ")) {
		const char *close = memchr(text.at, ')', text.len);
		if (close != NULL) {
			return (xfw_span_from(text,
					      (size_t)(close - text.at) + 1));
		}
	}
	return (text);
}

/* The result, from here to what the template says behind it. */
static bool
take_result(const char *rest, xfw_span_t *text, xfw_found_t *found) {
	size_t behind = strlen(rest);

	if (text->len < behind) {
		return (false);
	}
	found->result = (xfw_span_t){ text->at, text->len - behind };
	*text = xfw_span_from(*text, text->len - behind);
	return (true);
}

/* One conversion; `rest` is what the template says behind it. */
static bool
take(char what, const char *rest, xfw_span_t *text, xfw_found_t *found) {
	uint32_t value;
	size_t len = 0;

	switch (what) {
	case 'P':
		len = xfw_primary_length(*text);
		found->primary = (xfw_span_t){ text->at, len };
		break;
	case 'S':
		*text = skip_source(*text);
		return (true);
	case 'R':
		return (take_result(rest, text, found));
	case 'W': {
		const char *stop = memchr(text->at, rest[0], text->len);
		if (stop == NULL) {
			return (false);
		}
		*text = xfw_span_from(*text, (size_t)(stop - text->at));
		return (true);
	}
	case 'N':
		if (number(*text, &value, &len)) {
			found->serial = value;
			found->flags |= XFW_EVENT_HAS_SERIAL;
		}
		break;
	case 'O':
		if (number(*text, &value, &len)) {
			found->old_serial = value;
			found->flags |= XFW_EVENT_HAS_OLD_SERIAL;
		}
		break;
	case 'D':
		len = digits(*text);
		break;
	case '*':
		*text = xfw_span_from(*text, text->len);
		return (true);
	}
	*text = xfw_span_from(*text, len);
	return (len > 0);
}

static bool
fits(const char *rest, xfw_span_t text, xfw_found_t *found) {
	*found = (xfw_found_t){ .flags = 0 };
	while (*rest != '\0') {
		if (*rest == '%') {
			if (!take(rest[1], rest + 2, &text, found)) {
				return (false);
			}
			rest += 2;
		} else {
			if (text.len == 0 || text.at[0] != *rest) {
				return (false);
			}
			text = xfw_span_from(text, 1);
			rest++;
		}
	}
	return (text.len == 0);
}

/* Below, at or above: 0 means that `lead` begins the text. */
static inline int
against(xfw_span_t text, const xfw_message_t *row) {
	size_t len = text.len < row->lead_len ? text.len : row->lead_len;
	int order = memcmp(text.at, row->lead, len);

	if (order == 0 && text.len < row->lead_len) {
		return (-1);
	}
	return (order);
}

const xfw_message_t *
xfw_message_find(xfw_table_t table, xfw_span_t text, xfw_found_t *found) {
	const xfw_message_t *rows = tables[table].rows;
	size_t low = 0, high = tables[table].count;

	/* The first row whose lead is not below the text. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (against(text, &rows[middle]) > 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	for (; low < tables[table].count && against(text, &rows[low]) == 0;
	     low++)
	{
		xfw_span_t behind = xfw_span_from(text, rows[low].lead_len);
		if (fits(rows[low].rest, behind, found)) {
			return (&rows[low]);
		}
	}
	return (NULL);
}
