/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The values of parameters, read without libisccfg. Runs on named's configuring thread
 * and in named-checkconf.
 */
#include <stdio.h>
#include <string.h>


#include "plain_priv.h"

static void
wrong(xfw_plain_reader_t *reader, const char *name, const char *allowed) {
	xfw_plain_complain(reader, reader->lexer.line, "'%s' must be %s, not '%s'", name,
			   allowed, reader->lexer.word);
}

bool
xfw_plain_bool(xfw_plain_reader_t *reader, const char *name, bool *out) {
	char allowed[XFW_PARAM_ALLOWED_MAX];

	if (!xfw_plain_string(reader)) {
		return (false);
	}
	if (!xfw_params_bool(reader->lexer.word, out, allowed)) {
		wrong(reader, name, allowed);
	}
	return (true);
}

bool
xfw_plain_number(xfw_plain_reader_t *reader, const char *name, unsigned long min,
		 unsigned long max, bool power, uint32_t *out) {
	char allowed[XFW_PARAM_ALLOWED_MAX];

	if (!xfw_plain_string(reader)) {
		return (false);
	}
	if (!xfw_params_number(reader->lexer.word, min, max, power, out, allowed)) {
		wrong(reader, name, allowed);
	}
	return (true);
}

bool
xfw_plain_facility(xfw_plain_reader_t *reader, const char *name, int *out) {
	char allowed[XFW_PARAM_ALLOWED_MAX];

	if (!xfw_plain_string(reader)) {
		return (false);
	}
	if (!xfw_params_facility(reader->lexer.word, out, allowed)) {
		wrong(reader, name, allowed);
	}
	return (true);
}

/*--- values in braces ----------------------------------------------------------------*/

typedef struct step {
	const char *name;
	uint32_t value;
	bool given;
} step_t;

/* Behind its name; `steps` end with one without a name. */
static bool
read_step(xfw_plain_reader_t *reader, step_t *steps, unsigned long min,
	  unsigned long max) {
	for (step_t *step = steps; step->name != NULL; step++) {
		if (!xfw_plain_is_word(reader, step->name)) {
			continue;
		}
		if (step->given) {
			xfw_plain_error(reader, " near ", "'%s' redefined", step->name);
			return (false);
		}
		step->given = true;
		return (xfw_plain_number(reader, step->name, min, max, false,
				    &step->value));
	}
	xfw_plain_error(reader, " ", "unknown option");
	return (false);
}

/*
 * `{ name number; ... }`. *line is that of the first brace; *right says whether all of
 * it was: if not, the values are of no use.
 */
static bool
read_steps(xfw_plain_reader_t *reader, step_t *steps, unsigned long min,
	   unsigned long max, unsigned long *line, bool *right) {
	bool before = reader->wrong;

	if (!xfw_plain_expect(reader, '{')) {
		return (false);
	}
	*line = reader->lexer.line;
	reader->wrong = false;
	for (;;) {
		xfw_plain_next(reader);
		if (xfw_plain_is(reader, '}') || reader->lexer.kind == XFW_PLAIN_END) {
			break;
		}
		if (reader->lexer.kind != XFW_PLAIN_WORD) {
			xfw_plain_error(reader, " near ", "'}' expected");
			xfw_plain_unread(reader);
			xfw_plain_skip(reader);
		} else if (read_step(reader, steps, min, max)) {
			xfw_plain_semicolon(reader);
		} else {
			xfw_plain_skip(reader);
		}
	}
	if (reader->lexer.kind == XFW_PLAIN_END) {
		xfw_plain_error(reader, " near ", "'}' expected");
		return (false);
	}
	*right = !reader->wrong;
	reader->wrong = reader->wrong || before;
	return (true);
}

bool
xfw_plain_escalation(xfw_plain_reader_t *reader, const char *name, xfw_escalation_t *out) {
	step_t steps[] = { { "warning", out->warning, false },
			   { "err", out->err, false },
			   { "crit", out->crit, false },
			   { "alert", out->alert, false },
			   { NULL, 0, false } };
	unsigned long line = 0;
	bool right = false;

	if (!read_steps(reader, steps, XFW_PARAM_ESCALATION_MIN,
			XFW_PARAM_ESCALATION_MAX, &line, &right))
	{
		return (false);
	}
	if (right && (steps[0].value < steps[1].value ||
		      steps[1].value < steps[2].value || steps[2].value < steps[3].value))
	{
		xfw_plain_complain(reader, line,
				   "'%s' must not grow from warning to alert, and is "
				   "warning %u, err %u, crit %u, alert %u (percent of "
				   "the expire interval left)",
				   name, steps[0].value, steps[1].value, steps[2].value,
				   steps[3].value);
	} else if (right) {
		out->warning = (uint8_t)steps[0].value;
		out->err = (uint8_t)steps[1].value;
		out->crit = (uint8_t)steps[2].value;
		out->alert = (uint8_t)steps[3].value;
	}
	return (true);
}

bool
xfw_plain_days(xfw_plain_reader_t *reader, const char *name, unsigned long min,
	  unsigned long max, uint16_t *warning, uint16_t *err) {
	step_t steps[] = { { "warning", *warning, false },
			   { "err", *err, false },
			   { NULL, 0, false } };
	unsigned long line = 0;
	bool right = false;

	if (!read_steps(reader, steps, min, max, &line, &right)) {
		return (false);
	}
	if (right && steps[0].value < steps[1].value) {
		xfw_plain_complain(reader, line,
				   "'%s' must not grow from warning to err, and is "
				   "warning %u, err %u (days left; 0 for never)",
				   name, steps[0].value, steps[1].value);
	} else if (right) {
		*warning = (uint16_t)steps[0].value;
		*err = (uint16_t)steps[1].value;
	}
	return (true);
}
