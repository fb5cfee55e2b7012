/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The classifier: takes the prefix of a line apart, asks the tables what the
 * message behind it says, and fills the event.
 * Runs in named's threads, in the tap, for every line that libdns logs. Most of
 * them are about other things, so the first bytes decide.
 */
#include <string.h>

#include <xfrwatch/classify.h>
#include <xfrwatch/key.h>

#include "messages.h"

/* BIND's levels: isc/log.h. Debug levels are above zero. */
#define LEVEL_WARNING (-3)
#define LEVEL_ERROR   (-4)

#define REDIRECT "redirect-zone" /* how BIND prints that zone: no name, class */
#define REDIRECT_MAX 80

/* The parts of a line; what is not there has length 0. */
typedef struct line {
	xfw_span_t category;
	int level;
	xfw_span_t zone;
	xfw_span_t primary;
	xfw_span_t text; /* behind the prefix */
	uint64_t attempt_id;
	uint8_t flags;
	char redirect[REDIRECT_MAX];
} line_t;

static bool
category_is(const line_t *line, const char *name, size_t len) {
	return (line->category.len == len &&
		memcmp(line->category.at, name, len) == 0);
}

#define CATEGORY_IS(line, name) category_is((line), "" name, sizeof(name) - 1)

static size_t
append(xfw_event_t *ev, xfw_span_t from, size_t max) {
	size_t at = ev->used;
	size_t len = from.len < max ? from.len : max;

	memcpy(ev->strings + at, from.at, len);
	ev->strings[at + len] = '\0';
	ev->used = (uint16_t)(at + len + 1);
	return (at);
}

/* Fills what all events have; see event.h for the layout of strings[]. */
static xfw_kind_t
emit(const line_t *line, const xfw_found_t *found, xfw_kind_t kind,
     xfw_cause_t cause, xfw_phase_t phase, xfw_event_t *ev) {
	size_t text_max;

	ev->zone_hash = xfw_key_hash(line->zone.at, line->zone.len);
	ev->attempt_id = line->attempt_id;
	ev->serial = found->serial;
	ev->old_serial = found->old_serial;
	ev->kind = (uint8_t)kind;
	ev->cause = (uint8_t)cause;
	ev->phase = (uint8_t)phase;
	ev->flags = line->flags | found->flags;
	ev->level = (int16_t)line->level;
	memset(ev->reserved, 0, sizeof(ev->reserved));

	ev->used = 0;
	append(ev, line->zone, XFW_EVENT_ZONE_MAX - 1);
	if (line->zone.len > XFW_EVENT_ZONE_MAX - 1) {
		ev->flags |= XFW_EVENT_KEY_TRUNCATED;
	}
	ev->primary_at = (uint16_t)append(
		ev, found->primary.len > 0 ? found->primary : line->primary,
		XFW_EVENT_PRIMARY_MAX - 1);
	text_max = XFW_EVENT_STRINGS - ev->used - 1;
	if (line->text.len > text_max) {
		ev->flags |= XFW_EVENT_TRUNCATED;
	}
	ev->text_at = (uint16_t)append(ev, line->text, text_max);
	return (kind);
}

static xfw_kind_t
emit_unknown(const line_t *line, uint8_t flags, xfw_event_t *ev) {
	xfw_found_t found = { .flags = flags };

	return (emit(line, &found, XFW_KIND_UNKNOWN, XFW_CAUSE_UNCLASSIFIED,
		     XFW_PHASE_NONE, ev));
}

/* A row knows the text; if it ends in a result, that has a say. */
static xfw_kind_t
emit_row(const line_t *line, const xfw_message_t *row, const xfw_found_t *found,
	 xfw_event_t *ev) {
	xfw_kind_t kind = (xfw_kind_t)row->kind;
	xfw_cause_t cause = (xfw_cause_t)row->cause;
	bool status = (kind == XFW_KIND_XFR_STATUS_FAILED);

	if (kind == XFW_KIND_IRRELEVANT) {
		return (kind);
	}
	if (row->place != XFW_PLACE_FIXED) {
		switch (xfw_result_outcome((xfw_place_t)row->place,
					   found->result, &cause))
		{
		case XFW_OUTCOME_SHUTDOWN:
			kind = XFW_KIND_SHUTDOWN;
			cause = XFW_CAUSE_NONE;
			break;
		case XFW_OUTCOME_OK:
		case XFW_OUTCOME_SAME:
			if (status) {
				kind = found->result.len == sizeof("success") - 1
					       ? XFW_KIND_XFR_STATUS_OK
					       : XFW_KIND_XFR_STATUS_SAME;
				cause = XFW_CAUSE_NONE;
			}
			break;
		case XFW_OUTCOME_UNKNOWN: /* the row's own cause */
		case XFW_OUTCOME_FAILED:
			break;
		}
	}
	return (emit(line, found, kind, cause, (xfw_phase_t)row->phase, ev));
}

/*
 * check-names: "<owner>/<type>: bad owner name (check-names)". An error rejects
 * the transfer; a warning is only that.
 */
static bool
is_checknames(xfw_span_t text) {
	while (text.len > 0 && text.at[text.len - 1] == ' ') {
		text.len--;
	}
	return (text.len > sizeof("(check-names)") &&
		memcmp(text.at + text.len - (sizeof("(check-names)") - 1),
		       "(check-names)", sizeof("(check-names)") - 1) == 0);
}

static xfw_kind_t
zone_text(line_t *line, xfw_event_t *ev) {
	xfw_found_t found;
	const xfw_message_t *row = xfw_message_find(XFW_TABLE_ZONE, line->text,
						    &found);

	if (row != NULL) {
		return (emit_row(line, row, &found, ev));
	}
	if (line->level > 0) {
		return (XFW_KIND_IRRELEVANT);
	}
	if (is_checknames(line->text)) {
		bool fatal = (line->level <= LEVEL_ERROR);
		found = (xfw_found_t){ .flags = 0 };
		return (emit(line, &found,
			     fatal ? XFW_KIND_XFR_DETAIL : XFW_KIND_INFO,
			     fatal ? XFW_CAUSE_ZONE_DATA : XFW_CAUSE_NONE,
			     XFW_PHASE_TRANSFER, ev));
	}
	if (CATEGORY_IS(line, "xfer-in") || XFW_STARTS(line->text, "refresh"))
	{
		return (emit_unknown(line, 0, ev));
	}
	if (line->level <= LEVEL_WARNING &&
	    (CATEGORY_IS(line, "general") || CATEGORY_IS(line, "zoneload")))
	{
		return (emit_unknown(line, XFW_EVENT_WEAK, ev));
	}
	return (XFW_KIND_IRRELEVANT);
}

/* Takes " (signed)" and " (unsigned)" off: both are one zone to the reader. */
static void
set_zone(line_t *line, xfw_span_t zone) {
	static const char raw[] = " (unsigned)", secure[] = " (signed)";

	if (zone.len > 0 && zone.at[zone.len - 1] == ')') {
		size_t raw_len = sizeof(raw) - 1;
		size_t secure_len = sizeof(secure) - 1;
		if (zone.len > raw_len &&
		    memcmp(zone.at + zone.len - raw_len, raw, raw_len) == 0)
		{
			zone.len -= raw_len;
			line->flags |= XFW_EVENT_RAW;
		} else if (zone.len > secure_len &&
			   memcmp(zone.at + zone.len - secure_len, secure,
				  secure_len) == 0)
		{
			zone.len -= secure_len;
		}
	}
	line->zone = zone;
}

/*
 * "<name>/<class>[/<view>]: <message>". BIND writes a space in a name as \032,
 * so the first ": " ends the zone, unless a view is named like that.
 */
static xfw_kind_t
zone_line(line_t *line, xfw_span_t rest, xfw_event_t *ev) {
	const char *colon = XFW_SEARCH(rest, ": ");

	if (colon == NULL) {
		return (XFW_KIND_IRRELEVANT);
	}
	set_zone(line, (xfw_span_t){ rest.at, (size_t)(colon - rest.at) });
	line->text = xfw_span_from(rest, (size_t)(colon - rest.at) + 2);
	return (zone_text(line, ev));
}

/*
 * A redirect zone's lines say "redirect-zone[/<view>]: ", without name and class;
 * its transfers are of '' or '/<view>'. Both get the first form as their key.
 */
static xfw_span_t
redirect_zone(line_t *line, xfw_span_t view) {
	size_t len = sizeof(REDIRECT) - 1;

	if (view.len > sizeof(line->redirect) - len) {
		view.len = sizeof(line->redirect) - len;
	}
	memcpy(line->redirect, REDIRECT, len);
	memcpy(line->redirect + len, view.at, view.len);
	return ((xfw_span_t){ line->redirect, len + view.len });
}

/*
 * What 9.20 says of an answer with the id of no question, or that is none at all. In
 * 9.18 it is what the journal says of any error; 9.20 says that while "processing",
 * and the status that follows is then not the first error.
 */
static bool
is_foreign_answer(const line_t *line) {
	return (line->attempt_id != 0 &&
		(XFW_STARTS(line->text, "failed while receiving responses: "
					"unexpected error") ||
		 XFW_STARTS(line->text, "Transfer status: unexpected error")));
}

/* "<zone>' from <address>#<port>: <message>" */
static xfw_kind_t
transfer_line(line_t *line, xfw_span_t rest, xfw_event_t *ev) {
	const char *quote = XFW_SEARCH(rest, "' from ");
	const xfw_message_t *row;
	xfw_found_t found;
	xfw_span_t zone;

	if (quote == NULL) {
		return (XFW_KIND_IRRELEVANT);
	}
	zone = (xfw_span_t){ rest.at, (size_t)(quote - rest.at) };
	rest = xfw_span_from(rest, zone.len + sizeof("' from ") - 1);
	if (zone.len == 0 || zone.at[0] == '/') {
		zone = redirect_zone(line, zone);
	}
	set_zone(line, zone);

	line->primary = (xfw_span_t){ rest.at, xfw_primary_length(rest) };
	line->text = xfw_span_from(rest, line->primary.len);
	if (XFW_STARTS(line->text, ": ")) {
		line->text = xfw_span_from(line->text, 2);
	}

	row = xfw_message_find(XFW_TABLE_TRANSFER, line->text, &found);
	if (row != NULL) {
		xfw_kind_t kind = emit_row(line, row, &found, ev);

		if (is_foreign_answer(line)) {
			ev->cause = XFW_CAUSE_PROTOCOL;
		}
		return (kind);
	}
	if (line->level > 0) {
		return (XFW_KIND_IRRELEVANT);
	}
	return (emit_unknown(line, 0, ev));
}

/* BIND 9.20: "0x7f34c0de8000: transfer of '...", the same for one attempt. */
static xfw_kind_t
pointer_line(line_t *line, xfw_span_t rest, xfw_event_t *ev) {
	uint64_t id = 0;
	size_t n = 2;

	for (; n < rest.len && n < 18; n++) {
		char c = rest.at[n];
		if (c >= '0' && c <= '9') {
			id = id << 4 | (uint64_t)(c - '0');
		} else if (c >= 'a' && c <= 'f') {
			id = id << 4 | (uint64_t)(c - 'a' + 10);
		} else {
			break;
		}
	}
	rest = xfw_span_from(rest, n);
	if (!XFW_STARTS(rest, ": transfer of '")) {
		return (XFW_KIND_IRRELEVANT);
	}
	line->attempt_id = id;
	return (transfer_line(
		line, xfw_span_from(rest, sizeof(": transfer of '") - 1), ev));
}

/* "error adding 'a.example/A' in 'example/IN' (zone): too many records ..." */
static xfw_kind_t
limit_line(line_t *line, xfw_event_t *ev) {
	const char *in = XFW_SEARCH(line->text, "' in '");
	const char *end = XFW_SEARCH(line->text, "' (zone): too many ");
	xfw_found_t found = { .flags = 0 };

	if (in == NULL || end == NULL || end < in + sizeof("' in '") - 1) {
		return (XFW_KIND_IRRELEVANT);
	}
	in += sizeof("' in '") - 1;
	set_zone(line, (xfw_span_t){ in, (size_t)(end - in) });
	return (emit(line, &found, XFW_KIND_XFR_DETAIL,
		     XFW_CAUSE_TOO_MANY_RECORDS, XFW_PHASE_TRANSFER, ev));
}

/* "<journal's file name>: <what>: <result>" */
static bool
is_journal(xfw_span_t text) {
	static const char *const ends[] = {
		"create: ", "open: ",  "write: ",
		"seek: ",   "read: ",  "flush: ",
		"fsync: ",  "close: ", "journal file corrupt: ",
		"journal format not recognized", "malformed transaction: ",
		"offset too large",
	};
	const char *colon;

	while ((colon = XFW_SEARCH(text, ": ")) != NULL) {
		text = xfw_span_from(text, (size_t)(colon - text.at) + 2);
		for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
			if (xfw_span_starts(text, ends[i], strlen(ends[i]))) {
				return (true);
			}
		}
	}
	return (false);
}

/*
 * Errors that name no zone. They are rare, and the slow searches are made for
 * errors only.
 */
static xfw_kind_t
bare_line(line_t *line, xfw_event_t *ev) {
	xfw_found_t found;
	const xfw_message_t *row = NULL;
	bool general = CATEGORY_IS(line, "general");
	bool transfer = CATEGORY_IS(line, "xfer-in");

	if (!general && !transfer) {
		return (XFW_KIND_IRRELEVANT);
	}
	row = xfw_message_find(XFW_TABLE_BARE, line->text, &found);
	if (row != NULL) {
		return (emit_row(line, row, &found, ev));
	}
	found = (xfw_found_t){ .flags = 0 };
	if (general && line->level <= LEVEL_WARNING &&
	    XFW_SEARCH(line->text, ": dns_diff_apply: ") != NULL)
	{
		return (emit(line, &found, XFW_KIND_XFR_DETAIL,
			     XFW_CAUSE_IXFR_BROKEN, XFW_PHASE_TRANSFER, ev));
	}
	if (general && line->level <= LEVEL_ERROR && is_journal(line->text)) {
		return (emit(line, &found, XFW_KIND_STORAGE_FAILED,
			     XFW_CAUSE_LOCAL_STORAGE, XFW_PHASE_NONE, ev));
	}
	if (transfer && !XFW_STARTS(line->text, "xfrwatch: ")) {
		return (emit_unknown(line, XFW_EVENT_WEAK, ev));
	}
	return (XFW_KIND_IRRELEVANT);
}

/* libns, "client @0x... <address>#<port>...: received notify for zone '...'" */
static xfw_kind_t
notify_line(line_t *line, xfw_event_t *ev) {
	xfw_found_t found = { .flags = 0 };
	const char *at = XFW_SEARCH(line->text,
				    ": received notify for zone '");

	if (at == NULL) {
		at = XFW_SEARCH(line->text, ": notify question section ");
	}
	if (at == NULL) {
		return (XFW_KIND_IRRELEVANT);
	}
	line->text = xfw_span_from(line->text,
				   (size_t)(at - line->text.at) + 2);
	return (emit(line, &found, XFW_KIND_INFO, XFW_CAUSE_NONE,
		     XFW_PHASE_NONE, ev));
}

/* Debug: zone_debuglog() prints "<function>: zone <name>/<class>: ..." */
static xfw_kind_t
debug_line(line_t *line, xfw_event_t *ev) {
	const char *colon = memchr(line->text.at, ':', line->text.len);
	xfw_span_t rest;

	if (colon != NULL) {
		rest = xfw_span_from(line->text,
				     (size_t)(colon - line->text.at));
		if (XFW_STARTS(rest, ": zone ")) {
			return (zone_line(
				line, xfw_span_from(rest, sizeof(": zone ") - 1),
				ev));
		}
	}
	return (XFW_KIND_IRRELEVANT);
}

static xfw_kind_t
classify(line_t *line, xfw_event_t *ev) {
	xfw_span_t text = line->text;

	switch (text.at[0]) {
	case 'z':
		if (XFW_STARTS(text, "zone ")) {
			return (zone_line(line, xfw_span_from(text, 5), ev));
		}
		break;
	case 't':
		if (XFW_STARTS(text, "transfer of '")) {
			return (transfer_line(
				line,
				xfw_span_from(text, sizeof("transfer of '") - 1),
				ev));
		}
		break;
	case '0':
		if (XFW_STARTS(text, "0x")) {
			return (pointer_line(line, text, ev));
		}
		break;
	case 'r':
		if (XFW_STARTS(text, REDIRECT)) {
			return (zone_line(line, text, ev));
		}
		break;
	case 'm':
		/* Trust anchors: named fetches them, nobody transfers them. */
		if (XFW_STARTS(text, "managed-keys-zone")) {
			return (XFW_KIND_IRRELEVANT);
		}
		break;
	case 'c':
		if (XFW_STARTS(text, "client ") && CATEGORY_IS(line, "notify")) {
			return (notify_line(line, ev));
		}
		break;
	case 'e':
		if (XFW_STARTS(text, "error ") && CATEGORY_IS(line, "database"))
		{
			return (limit_line(line, ev));
		}
		break;
	}
	return (line->level > 0 ? debug_line(line, ev) : bare_line(line, ev));
}

xfw_kind_t
xfw_classify(const char *category, size_t category_len, int level,
	     const char *text, size_t len, xfw_event_t *ev) {
	line_t line;
	xfw_kind_t kind = XFW_KIND_IRRELEVANT;

	if (len > 0) {
		line.category = (xfw_span_t){ category, category_len };
		line.level = level;
		line.zone = line.primary = (xfw_span_t){ text, 0 };
		line.text = (xfw_span_t){ text, len };
		line.attempt_id = 0;
		line.flags = 0;
		kind = classify(&line, ev);
	}
	ev->kind = (uint8_t)kind;
	return (kind);
}
