/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Statements of named.conf: what is expected next, what is said if it is not there, and
 * where reading goes on. Runs on named's configuring thread and in named-checkconf.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "plain_priv.h"

/* How much of a token is quoted in a complaint about the form: as libisccfg does. */
#define QUOTE_MAX 30

static void
say(xfw_plain_reader_t *reader, unsigned long line, char *message) {
	reader->wrong = true;
	for (char *c = message; *c != '\0'; c++) {
		if ((unsigned char)*c < ' ' || *c == '\177') {
			*c = '?'; /* each complaint is one line */
		}
	}
	if (reader->complain == NULL ||
	    ++reader->complaints > XFW_PLAIN_COMPLAINTS_MAX)
	{
		return;
	}
	reader->complain(reader->arg, line, message);
	if (reader->complaints == XFW_PLAIN_COMPLAINTS_MAX) {
		reader->complain(reader->arg, line, "what else is wrong is not said");
	}
}

void
xfw_plain_complain(xfw_plain_reader_t *reader, unsigned long line,
		   const char *format, ...) {
	char message[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	say(reader, line, message);
}

void
xfw_plain_error(xfw_plain_reader_t *reader, const char *where, const char *format,
		...) {
	const xfw_plain_lexer_t *lexer = &reader->lexer;
	bool is_long = lexer->len > QUOTE_MAX;
	char what[256], message[512];
	va_list args;

	reader->wrong = reader->broken = true;
	if (reader->open) {
		return;
	}
	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	if (lexer->kind == XFW_PLAIN_END) {
		(void)snprintf(message, sizeof(message), "%s%send of file", what, where);
	} else {
		(void)snprintf(message, sizeof(message), "%s%s'%.*s%s'", what, where,
			       is_long ? QUOTE_MAX : (int)lexer->len, lexer->begin,
			       is_long ? "..." : "");
	}
	say(reader, lexer->line, message);
}

void
xfw_plain_next(xfw_plain_reader_t *reader) {
	xfw_plain_lex(&reader->lexer);
	if (reader->lexer.kind == XFW_PLAIN_OPEN) {
		reader->lexer.kind = XFW_PLAIN_END;
		reader->broken = reader->open = true;
		xfw_plain_complain(reader, reader->lexer.line,
				   "unexpected end of input");
	}
}

void
xfw_plain_unread(xfw_plain_reader_t *reader) {
	reader->lexer.again = true;
}

bool
xfw_plain_is(const xfw_plain_reader_t *reader, char mark) {
	return (reader->lexer.kind == XFW_PLAIN_MARK && reader->lexer.word[0] == mark);
}

bool
xfw_plain_is_word(const xfw_plain_reader_t *reader, const char *word) {
	return (reader->lexer.kind == XFW_PLAIN_WORD &&
		strcasecmp(reader->lexer.word, word) == 0);
}

bool
xfw_plain_expect(xfw_plain_reader_t *reader, char mark) {
	xfw_plain_next(reader);
	if (xfw_plain_is(reader, mark)) {
		return (true);
	}
	xfw_plain_error(reader, " near ", "'%c' expected", mark);
	xfw_plain_unread(reader);
	return (false);
}

bool
xfw_plain_string(xfw_plain_reader_t *reader) {
	xfw_plain_next(reader);
	if (reader->lexer.kind == XFW_PLAIN_WORD ||
	    reader->lexer.kind == XFW_PLAIN_QUOTED)
	{
		return (true);
	}
	xfw_plain_error(reader, " near ", "expected string");
	xfw_plain_unread(reader);
	return (false);
}

void
xfw_plain_semicolon(xfw_plain_reader_t *reader) {
	xfw_plain_next(reader);
	if (!xfw_plain_is(reader, ';')) {
		xfw_plain_error(reader, " before ", "missing ';'");
		xfw_plain_unread(reader);
	}
}

void
xfw_plain_skip(xfw_plain_reader_t *reader) {
	unsigned int depth = 0;

	for (;;) {
		xfw_plain_next(reader);
		if (reader->lexer.kind == XFW_PLAIN_END) {
			return;
		}
		if (xfw_plain_is(reader, '{')) {
			depth++;
		} else if (xfw_plain_is(reader, '}')) {
			if (depth == 0) {
				xfw_plain_unread(reader);
				return;
			}
			depth--;
		} else if (xfw_plain_is(reader, ';') && depth == 0) {
			return;
		}
	}
}
