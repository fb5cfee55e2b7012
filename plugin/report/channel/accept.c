/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Which of two formats a client wants (accept.h).
 * Runs in the monitor's thread.
 */
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "accept.h"

/* A piece of the field, without blanks around it. */
typedef struct piece {
	const char *at;
	size_t len;
} piece_t;

/* How much a client wants a format: in thousandths, by the most specific range. */
typedef struct wish {
	unsigned q;
	unsigned specific; /* 0: no range covers it */
} wish_t;

static bool
is_blank(char c) {
	return (c == ' ' || c == '\t');
}

/* Up to `stop`, but not within quotes. Moves `*text` behind it. */
static piece_t
cut(const char **text, const char *end, char stop) {
	const char *at = *text;
	bool quoted = false;
	piece_t piece;

	while (at < end && (quoted || *at != stop)) {
		if (quoted && *at == '\\' && at + 1 < end) {
			at++;
		} else if (*at == '"') {
			quoted = !quoted;
		}
		at++;
	}
	piece = (piece_t){ *text, (size_t)(at - *text) };
	*text = (at < end) ? at + 1 : end;
	while (piece.len > 0 && is_blank(*piece.at)) {
		piece.at++;
		piece.len--;
	}
	while (piece.len > 0 && is_blank(piece.at[piece.len - 1])) {
		piece.len--;
	}
	return (piece);
}

static bool
is(piece_t piece, const char *word) {
	return (piece.len == strlen(word) &&
		strncasecmp(piece.at, word, piece.len) == 0);
}

/* qvalue of RFC 9110, 12.4.2, in thousandths; what is none is 0. */
static unsigned
quality(piece_t value) {
	unsigned q = 0, unit = 1000;

	if (value.len == 0 || value.len > 5) {
		return (0);
	}
	for (size_t i = 0; i < value.len; i++) {
		char c = value.at[i];

		if (i == 1 ? c != '.' : (c < '0' || c > '9')) {
			return (0);
		}
		if (i != 1) {
			q += (unsigned)(c - '0') * unit;
			unit /= 10;
		}
	}
	return (q <= 1000 ? q : 0);
}

/* One media range with its parameters: "text/plain;version=0.0.4;q=0.3". */
static void
take_range(piece_t range, wish_t *openmetrics, wish_t *text) {
	const char *at = range.at, *end = range.at + range.len;
	piece_t type = cut(&at, end, ';'), version = { "", 0 };
	unsigned q = 1000, specific = 0;
	wish_t *wish = text;

	while (at < end) {
		piece_t param = cut(&at, end, ';');
		const char *value_at = param.at;
		const char *value_end = param.at + param.len;
		piece_t name = cut(&value_at, value_end, '=');
		piece_t value = cut(&value_at, value_end, '=');

		if (is(name, "q")) {
			q = quality(value);
		} else if (is(name, "version")) {
			version = value;
		}
	}
	if (is(type, "application/openmetrics-text")) {
		wish = openmetrics;
		specific = (version.len == 0 || is(version, "1.0.0")) ? 3 : 0;
	} else if (is(type, "text/plain")) {
		specific = (version.len == 0 || is(version, "0.0.4")) ? 3 : 0;
	} else if (is(type, "text/*")) {
		specific = 2;
	} else if (is(type, "*/*")) {
		specific = 1;
	}
	if (specific > wish->specific ||
	    (specific == wish->specific && specific > 0 && q > wish->q))
	{
		*wish = (wish_t){ q, specific };
	}
}

bool
xfw_accept_openmetrics(const char *accept) {
	wish_t openmetrics = { 0, 0 }, text = { 0, 0 };
	const char *end;

	if (accept == NULL) {
		return (false);
	}
	end = accept + strlen(accept);
	while (accept < end) {
		take_range(cut(&accept, end, ','), &openmetrics, &text);
	}
	return (openmetrics.q > 0 && openmetrics.q >= text.q);
}
