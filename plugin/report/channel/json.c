/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The JSON writer (json.h).
 * Runs in the monitor's thread.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "json.h"

#define CUT "..."

/* What stands before a value: the comma, and its key. */
static void
lead(xfw_json_t *json, const char *key) {
	uint32_t bit = UINT32_C(1) << json->depth;

	if (json->depth > 0 && (json->filled & bit) != 0) {
		xfw_text_printf(json->text, key != NULL ? ", " : ",");
	}
	json->filled |= bit;
	if (key != NULL) {
		xfw_text_printf(json->text, "\"%s\": ", key);
	}
}

static void
begin(xfw_json_t *json, bool array) {
	uint32_t bit;

	/* Deeper than anything of ours is: not to be reached by input. */
	if (json->depth + 1 >= XFW_JSON_DEPTH_MAX) {
		json->text->failed = true;
		return;
	}
	bit = UINT32_C(1) << ++json->depth;
	json->filled &= ~bit;
	json->arrays = array ? json->arrays | bit : json->arrays & ~bit;
	xfw_text_printf(json->text, array ? "[" : "{");
}

void
xfw_json_object(xfw_json_t *json, const char *key) {
	lead(json, key);
	begin(json, false);
}

void
xfw_json_array(xfw_json_t *json, const char *key) {
	lead(json, key);
	begin(json, true);
}

void
xfw_json_item(xfw_json_t *json) {
	lead(json, NULL);
	xfw_text_printf(json->text, "\n");
	begin(json, false);
}

void
xfw_json_end(xfw_json_t *json) {
	if (json->depth > 0) {
		bool array = (json->arrays >> json->depth & 1) != 0;

		xfw_text_printf(json->text, array ? "]" : "}");
		json->depth--;
	}
}

static bool
is_plain(char c) {
	return (c >= 0x20 && c < 0x7f && c != '"' && c != '\\');
}

static void
put_byte(xfw_text_t *text, char c) {
	if (c == '"' || c == '\\') {
		xfw_text_printf(text, "\\%c", c);
	} else {
		/* The backslash of \DDD has to be escaped itself. */
		xfw_text_printf(text, "\\\\%03u", (unsigned int)(unsigned char)c);
	}
}

void
xfw_json_bytes(xfw_json_t *json, const char *key, const char *value, size_t len) {
	bool cut = len > XFW_JSON_STRING_MAX;
	const char *end = value + (cut ? XFW_JSON_STRING_MAX : len);

	lead(json, key);
	xfw_text_printf(json->text, "\"");
	while (value < end) {
		const char *from = value;

		while (value < end && is_plain(*value)) {
			value++;
		}
		if (value > from) {
			xfw_text_printf(json->text, "%.*s", (int)(value - from),
					from);
		}
		if (value < end) {
			put_byte(json->text, *value++);
		}
	}
	xfw_text_printf(json->text, "%s\"", cut ? CUT : "");
}

void
xfw_json_string(xfw_json_t *json, const char *key, const char *value) {
	if (value != NULL && value[0] != '\0' && strcmp(value, "-") != 0) {
		xfw_json_bytes(json, key, value, strlen(value));
	}
}

void
xfw_json_uint(xfw_json_t *json, const char *key, uint64_t value) {
	lead(json, key);
	xfw_text_printf(json->text, "%" PRIu64, value);
}

void
xfw_json_int(xfw_json_t *json, const char *key, int64_t value) {
	lead(json, key);
	xfw_text_printf(json->text, "%" PRId64, value);
}

void
xfw_json_true(xfw_json_t *json, const char *key) {
	lead(json, key);
	xfw_text_printf(json->text, "true");
}

void
xfw_json_time(xfw_json_t *json, const char *key, int64_t time_ms) {
	int64_t ms = time_ms % 1000;
	time_t s = (time_t)(time_ms / 1000);
	struct tm tm;

	if (time_ms == 0) {
		return;
	}
	if (ms < 0) {
		ms += 1000;
		s--;
	}
	if (gmtime_r(&s, &tm) == NULL) {
		return;
	}
	lead(json, key);
	xfw_text_printf(json->text, "\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"",
			tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
			tm.tm_min, tm.tm_sec, (int)ms);
}
