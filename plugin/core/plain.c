/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The parameters between the plugin's braces, read without libisccfg, and checked
 * against params.tbl.h. Runs on named's configuring thread and in named-checkconf.
 *
 * What is told is what plugin/named/params.c tells. Other than there, reading goes on
 * behind what is wrong: the rest of the block holds.
 */
#include <stdio.h>
#include <string.h>

#include "plain_priv.h"

/* How each kind is read into `out`. */
#define READ_BOOL(name, id, in)	      xfw_plain_bool(reader, name, &out->in)
#define READ_FACILITY(name, id, in)   xfw_plain_facility(reader, name, &out->in)
#define READ_ESCALATION(name, id, in) xfw_plain_escalation(reader, name, &out->in)
#define READ_NUMBER(name, id, in) \
	xfw_plain_number(reader, name, id##_MIN, id##_MAX, &out->in == &out->ring_size, \
		    &out->in)
#define READ_DAYS(name, id, in)	 READ_DAYS_(name, id, in)
#define READ_DAYS_(name, id, in) \
	xfw_plain_days(reader, name, id##_MIN, id##_MAX, &out->in##_warning_d, \
		  &out->in##_err_d)
#define READ_CHANNEL(name, id, in) xfw_plain_channel(reader, listeners)

/* What may stand in the block more than once. */
#define MANY_BOOL	false
#define MANY_NUMBER	false
#define MANY_FACILITY	false
#define MANY_ESCALATION false
#define MANY_DAYS	false
#define MANY_CHANNEL	true

typedef struct seen {
#define XFW_PARAM(id, name, kind, scope, min, def, max, meaning) bool id;
#include <xfrwatch/params.tbl.h>
#undef XFW_PARAM
} seen_t;

static bool
again(xfw_plain_reader_t *reader, const char *name, bool many, bool *seen) {
	if (*seen && !many) {
		xfw_plain_error(reader, " near ", "'%s' redefined", name);
		return (true);
	}
	*seen = true;
	return (false);
}

/* One whose name is the token, up to its ';'; false if it cannot be read on. */
static bool
read_statement(xfw_plain_reader_t *reader, seen_t *seen, xfw_params_t *out,
	       xfw_listener_t **listeners) {
#define XFW_PARAM(id, name, kind, scope, min, def, max, meaning)         \
	if (xfw_plain_is_word(reader, name)) {                           \
		return (!again(reader, name, MANY_##kind, &seen->id) &&  \
			READ_##kind(name, XFW_PARAM_##id, XFW_PARAM_IN_##id));     \
	}
#include <xfrwatch/params.tbl.h>
#undef XFW_PARAM
	if (xfw_plain_is_word(reader, "include")) {
		xfw_plain_complain(reader, reader->lexer.line,
				   "'include' in this block is not followed: write the "
				   "parameters into it");
	} else {
		xfw_plain_error(reader, " ", "unknown option");
	}
	return (false);
}

/* On from a mark where a name should be. */
static void
after_mark(xfw_plain_reader_t *reader) {
	if (xfw_plain_is(reader, '}')) {
		xfw_plain_next(reader); /* perhaps the ';' that goes with it */
		if (!xfw_plain_is(reader, ';')) {
			xfw_plain_unread(reader);
		}
	} else if (!xfw_plain_is(reader, ';')) {
		xfw_plain_unread(reader);
		xfw_plain_skip(reader);
	}
}

static void
read_block(xfw_plain_reader_t *reader, xfw_params_t *out, xfw_listener_t **listeners) {
	seen_t seen = { 0 };

	for (;;) {
		xfw_plain_next(reader);
		if (reader->lexer.kind == XFW_PLAIN_END) {
			return;
		}
		if (reader->lexer.kind != XFW_PLAIN_WORD) {
			xfw_plain_error(reader, " near ", "syntax error");
			after_mark(reader);
		} else if (read_statement(reader, &seen, out, listeners)) {
			xfw_plain_semicolon(reader);
		} else {
			xfw_plain_skip(reader);
		}
	}
}

static void
say_names(xfw_plain_reader_t *reader) {
	char names[512] = "";

#define XFW_PARAM(id, name, kind, scope, min, def, max, meaning)             \
	(void)snprintf(names + strlen(names), sizeof(names) - strlen(names), \
		       "%s%s%s", names[0] != '\0' ? ", " : "", name, XFW_PARAM_FORM_##kind);
#include <xfrwatch/params.tbl.h>
#undef XFW_PARAM
	xfw_plain_complain(reader, 0,
			   "not all of this block can be read; the parameters in it may "
			   "be: %s",
			   names);
}

bool
xfw_plain_read(const char *text, xfw_plain_complain_t complain, void *arg,
	       xfw_params_t *out, xfw_listener_t **listeners) {
	xfw_plain_reader_t reader = { .complain = complain, .arg = arg };

	*out = xfw_params_default();
	*listeners = NULL;
	if (text == NULL) {
		return (true);
	}
	reader.lexer.at = text;
	read_block(&reader, out, listeners);
	if (reader.broken) {
		reader.complaints = 0; /* this is always said */
		say_names(&reader);
	}
	return (!reader.wrong);
}

bool
xfw_plain_strict(const char *text) {
	xfw_listener_t *listeners = NULL;
	xfw_params_t params;

	(void)xfw_plain_read(text, NULL, NULL, &params, &listeners);
	xfw_plain_free(listeners);
	return (params.strict);
}
