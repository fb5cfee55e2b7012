/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Strings that grow, and the escaping of what comes from outside.
 * Runs in the monitor's thread.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xfrwatch/report.h>

#define TEXT_FIRST 1024 /* bytes of the first allocation */

/* Where an escaped byte stands. */
typedef enum style { STYLE_WORD, STYLE_PROSE } style_t;

/* Makes room for `len` more bytes and the NUL. */
static bool
reserve(xfw_text_t *text, size_t len) {
	size_t size = text->size;
	char *data = NULL;

	if (text->failed) {
		return (false);
	}
	if (len < text->size - text->used) {
		return (true);
	}
	if (!text->fixed) {
		size = (size == 0) ? TEXT_FIRST : size;
		while (size - text->used <= len && size <= SIZE_MAX / 2) {
			size *= 2;
		}
		if (size - text->used > len) {
			data = realloc(text->data, size);
		}
	}
	if (data == NULL) {
		text->failed = true;
		return (false);
	}
	text->data = data;
	text->size = size;
	return (true);
}

static void
append(xfw_text_t *text, const char *s, size_t len) {
	size_t room = text->failed ? 0 : text->size - text->used;

	if (!reserve(text, len)) {
		len = (room > 0) ? room - 1 : 0;
	}
	if (len == 0) {
		return;
	}
	memcpy(text->data + text->used, s, len);
	text->used += len;
	text->data[text->used] = '\0';
}

void
xfw_text_printf(xfw_text_t *text, const char *format, ...) {
	va_list args;
	size_t room = text->failed ? 0 : text->size - text->used;
	int len;

	va_start(args, format);
	len = vsnprintf(room > 0 ? text->data + text->used : NULL, room, format,
			args);
	va_end(args);
	if (len < 0 || text->failed) {
		text->failed = true;
		return;
	}
	if ((size_t)len < room) {
		text->used += (size_t)len;
		return;
	}
	if (!reserve(text, (size_t)len)) {
		/* What fits of it is there already. */
		text->used += (room > 0) ? room - 1 : 0;
		return;
	}
	va_start(args, format);
	len = vsnprintf(text->data + text->used, text->size - text->used, format,
			args);
	va_end(args);
	text->used += (size_t)len;
}

static bool
is_digit(char c) {
	return (c >= '0' && c <= '9');
}

static bool
is_plain(char c, style_t style) {
	if (c == ' ') {
		return (style == STYLE_PROSE);
	}
	return (c > 0x20 && c < 0x7f && c != '"' && c != '\\');
}

static void
append_byte(xfw_text_t *text, char c) {
	xfw_text_printf(text, "\\%03u", (unsigned int)(unsigned char)c);
}

/* One escape sequence of BIND's at `s`; returns its length, 0 if it is none. */
static size_t
append_escape(xfw_text_t *text, const char *s) {
	if (is_digit(s[1]) && is_digit(s[2]) && is_digit(s[3])) {
		append(text, s, 4);
		return (4);
	}
	if (s[1] == '"') {
		/* Readers of our lines look for the next quote, escaped or not. */
		append_byte(text, s[1]);
		return (2);
	}
	if (s[1] == '\\' || is_plain(s[1], STYLE_WORD)) {
		append(text, s, 2);
		return (2);
	}
	return (0);
}

static void
escape(xfw_text_t *text, const char *s, style_t style) {
	if (s == NULL || *s == '\0') {
		s = "-";
	}
	while (*s != '\0' && !text->failed) {
		size_t len = 0;

		while (is_plain(s[len], style)) {
			len++;
		}
		if (len > 0) {
			append(text, s, len);
		} else if (*s == '\\') {
			len = append_escape(text, s);
		}
		if (len == 0) {
			append_byte(text, *s);
			len = 1;
		}
		s += len;
	}
}

void
xfw_text_value(xfw_text_t *text, const char *s) {
	if (s != NULL && strpbrk(s, " =") != NULL) {
		append(text, "\"", 1);
		escape(text, s, STYLE_PROSE);
		append(text, "\"", 1);
	} else {
		escape(text, s, STYLE_WORD);
	}
}

void
xfw_text_word(xfw_text_t *text, const char *s) {
	escape(text, s, STYLE_WORD);
}

void
xfw_text_prose(xfw_text_t *text, const char *s) {
	escape(text, s, STYLE_PROSE);
}

void
xfw_text_reset(xfw_text_t *text) {
	text->used = 0;
	text->failed = false;
	if (text->data != NULL) {
		text->data[0] = '\0';
	}
}

void
xfw_text_free(xfw_text_t *text) {
	if (!text->fixed) {
		free(text->data);
	}
	*text = (xfw_text_t){ 0 };
}
