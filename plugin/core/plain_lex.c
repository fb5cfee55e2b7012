/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The words of named.conf, as libisccfg's lexer takes them apart. Runs on named's
 * configuring thread and in named-checkconf.
 *
 * A word ends at a blank, a mark, a quote or a comment; there is no escape but \" in a
 * quoted string, which may have several lines.
 */
#include <string.h>

#include "plain_priv.h"

static const char marks[] = "{};/!";

static bool
is_blank(char c) {
	return (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

static bool
is_mark(char c) {
	return (c != '\0' && strchr(marks, c) != NULL);
}

static bool
is_comment(const char *at) {
	return (at[0] == '#' || (at[0] == '/' && (at[1] == '/' || at[1] == '*')));
}

static void
step(xfw_plain_lexer_t *lexer) {
	if (*lexer->at == '\n') {
		lexer->line++;
	}
	lexer->at++;
}

/* False if it does not end. */
static bool
skip_comment(xfw_plain_lexer_t *lexer) {
	if (lexer->at[0] == '#' || lexer->at[1] == '/') {
		lexer->at += strcspn(lexer->at, "\n");
		return (true);
	}
	lexer->at += 2;
	while (*lexer->at != '\0') {
		if (lexer->at[0] == '*' && lexer->at[1] == '/') {
			lexer->at += 2;
			return (true);
		}
		step(lexer);
	}
	return (false);
}

static bool
skip_blanks(xfw_plain_lexer_t *lexer) {
	for (;;) {
		if (is_blank(*lexer->at)) {
			step(lexer);
		} else if (!is_comment(lexer->at)) {
			return (true);
		} else if (!skip_comment(lexer)) {
			return (false);
		}
	}
}

static void
put(xfw_plain_lexer_t *lexer, size_t *used, char c) {
	if (*used < sizeof(lexer->word) - 1) {
		lexer->word[(*used)++] = c;
	} else {
		memcpy(lexer->word + sizeof(lexer->word) - 4, "...", 3);
	}
}

/* Behind the first quote; false if there is no other. */
static bool
quoted(xfw_plain_lexer_t *lexer, size_t *used) {
	bool escaped = false;

	for (; *lexer->at != '\0'; step(lexer)) {
		char c = *lexer->at;

		if (escaped && c != '"') {
			put(lexer, used, '\\'); /* it stands for itself */
		}
		if (c == '"' && !escaped) {
			lexer->at++;
			return (true);
		}
		/* A second backslash is no escape, and makes the first one none. */
		if (c == '\\' && !escaped) {
			escaped = true;
			continue;
		}
		put(lexer, used, c);
		escaped = false;
	}
	return (false);
}

static xfw_plain_kind_t
token(xfw_plain_lexer_t *lexer, size_t *used) {
	if (!skip_blanks(lexer)) {
		return (XFW_PLAIN_OPEN);
	}
	lexer->begin = lexer->at;
	if (*lexer->at == '\0') {
		return (XFW_PLAIN_END);
	}
	if (*lexer->at == '"') {
		lexer->at++;
		return (quoted(lexer, used) ? XFW_PLAIN_QUOTED : XFW_PLAIN_OPEN);
	}
	if (is_mark(*lexer->at)) {
		put(lexer, used, *lexer->at++);
		return (XFW_PLAIN_MARK);
	}
	while (*lexer->at != '\0' && !is_blank(*lexer->at) && !is_mark(*lexer->at) &&
	       *lexer->at != '"' && *lexer->at != '#')
	{
		put(lexer, used, *lexer->at++);
	}
	return (XFW_PLAIN_WORD);
}

void
xfw_plain_lex(xfw_plain_lexer_t *lexer) {
	size_t used = 0;

	if (lexer->again) {
		lexer->again = false;
		return;
	}
	lexer->begin = lexer->at;
	lexer->kind = token(lexer, &used);
	lexer->word[used] = '\0';
	lexer->len = (size_t)(lexer->at - lexer->begin);
}
