/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Plans: the steps of plans.tbl.h, with what is known filled in.
 * Runs in the monitor's thread. Allocates nothing.
 *
 * The commands are there to be copied into a shell, and zone names come from others:
 * what a shell would not take as a word stands in single quotes, a quote in it and a
 * sign at its front that dig or rndc would take for an option as \DDD.
 */
#include <stdio.h>
#include <string.h>

#include <xfrwatch/event.h>
#include <xfrwatch/key.h>
#include <xfrwatch/plan.h>
#include <xfrwatch/report.h>

typedef struct step {
	xfw_cause_t cause;
	const char *text;
} step_t;

static const step_t steps[] = {
#define XFW_STEP(id, text) { XFW_CAUSE_##id, text },
#include <xfrwatch/plans.tbl.h>
#undef XFW_STEP
};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

/* Where the steps of a cause begin; STEPS if it has none. */
static size_t
first_step(xfw_cause_t cause) {
	size_t i = 0;

	while (i < STEPS && steps[i].cause != cause) {
		i++;
	}
	return (i);
}

static xfw_cause_t
known(xfw_cause_t cause) {
	bool is = cause > XFW_CAUSE_NONE && (unsigned)cause < XFW_CAUSE_COUNT;

	return (is ? cause : XFW_CAUSE_UNCLASSIFIED);
}

unsigned
xfw_plan_steps(xfw_cause_t cause) {
	size_t first = first_step(known(cause));
	unsigned count = 0;

	while (first + count < STEPS && steps[first + count].cause == known(cause)) {
		count++;
	}
	return (count);
}

const char *
xfw_plan_text(xfw_cause_t cause, unsigned i) {
	return (i < xfw_plan_steps(cause) ? steps[first_step(known(cause)) + i].text
					  : "");
}

/*--- values -------------------------------------------------------------------*/

typedef struct values {
	char address[XFW_EVENT_PRIMARY_MAX]; /* "" if it is not known, */
	char port[XFW_EVENT_PRIMARY_MAX];
	char zone[XFW_PLAN_STEP_MAX / 3];    /* and so are these */
	char class_[32];
	char view[XFW_PLAN_STEP_MAX / 3];
	const char *key;
	const char *source;
} values_t;

static void
take(char *buf, size_t size, const char *from, size_t len) {
	snprintf(buf, size, "%.*s", (int)(len < size ? len : size - 1), from);
}

/* "10.0.0.53" and "53" of "10.0.0.53#53"; the scope of "fe80::1%eth0#53" stays. */
static void
take_primary(values_t *values, const char *primary) {
	size_t len = 0;

	values->address[0] = '\0';
	take(values->port, sizeof(values->port), "53", 2);
	if (primary == NULL || *primary == '\0' || strcmp(primary, "-") == 0) {
		return;
	}
	len = strcspn(primary, "#");
	take(values->address, sizeof(values->address), primary, len);
	if (primary[len] == '#' && primary[len + 1] != '\0') {
		take(values->port, sizeof(values->port), primary + len + 1,
		     strlen(primary + len + 1));
	}
}

static void
take_zone(values_t *values, const char *zone) {
	xfw_key_t key;

	values->zone[0] = values->class_[0] = values->view[0] = '\0';
	if (zone == NULL) {
		return;
	}
	if (!xfw_key_split(zone, strlen(zone), &key)) {
		take(values->zone, sizeof(values->zone), zone, strlen(zone));
		return;
	}
	take(values->zone, sizeof(values->zone), key.name, key.name_len);
	take(values->class_, sizeof(values->class_), key.class_, key.class_len);
	if (key.view_len != strlen(XFW_VIEW_DEFAULT) ||
	    memcmp(key.view, XFW_VIEW_DEFAULT, key.view_len) != 0)
	{
		take(values->view, sizeof(values->view), key.view, key.view_len);
	}
}

static const char *
or_null(const char *s) {
	return (s == NULL || *s == '\0' || strcmp(s, "-") == 0 ? NULL : s);
}

/*--- words of a command ---------------------------------------------------------*/

static bool
is_plain(const char *s) {
	return (*s != '-' &&
		s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789._-:%/")] == '\0');
}

/* As one word of a shell, that DNS tools read as what it is. */
static void
put_word(xfw_text_t *text, const char *s) {
	char word[XFW_PLAN_STEP_MAX];
	size_t used = 0;

	if (is_plain(s)) {
		xfw_text_printf(text, "%s", s);
		return;
	}
	for (size_t i = 0; s[i] != '\0' && used < sizeof(word) - 8; i++) {
		bool escaped = s[i] == '\\' && s[i + 1] != '\0';

		if (escaped && s[i + 1] != '\'') {
			word[used++] = s[i++];
		} else if (escaped) {
			i++;
		}
		if (s[i] == '\'' || (i == 0 && strchr("-+@", s[i]) != NULL)) {
			used += (size_t)snprintf(word + used, sizeof(word) - used,
						 "\\%03u", (unsigned)s[i]);
		} else {
			word[used++] = s[i];
		}
	}
	word[used] = '\0';
	xfw_text_printf(text, "'");
	xfw_text_prose(text, word);
	xfw_text_printf(text, "'");
}

static void
put_dig(xfw_text_t *text, const values_t *values, const char *question) {
	xfw_text_printf(text, "dig @");
	put_word(text, values->address[0] != '\0' ? values->address : "PRIMARY");
	xfw_text_printf(text, " -p ");
	put_word(text, values->port);
	if (values->source != NULL) {
		xfw_text_printf(text, " -b ");
		put_word(text, values->source);
	}
	/* The secret itself has no place in a command. */
	xfw_text_printf(text, "%s ", values->key != NULL ? " -k KEYFILE" : "");
	put_word(text, values->zone[0] != '\0' ? values->zone : "ZONE");
	if (values->class_[0] != '\0' && strcmp(values->class_, "IN") != 0) {
		xfw_text_printf(text, " -c %s", values->class_);
	}
	xfw_text_printf(text, " %s", question);
}

static void
put_rndc(xfw_text_t *text, const values_t *values, const char *command) {
	bool other = values->class_[0] != '\0' && strcmp(values->class_, "IN") != 0;

	xfw_text_printf(text, "rndc %s ", command);
	put_word(text, values->zone[0] != '\0' ? values->zone : "ZONE");
	if (other || values->view[0] != '\0') {
		xfw_text_printf(text, " %s",
				values->class_[0] != '\0' ? values->class_ : "IN");
	}
	if (values->view[0] != '\0') {
		xfw_text_printf(text, " ");
		put_word(text, values->view);
	}
}

/*--- placeholders ---------------------------------------------------------------*/

static void
put_or(xfw_text_t *text, const char *value, const char *unknown) {
	if (or_null(value) != NULL) {
		xfw_text_prose(text, value);
	} else {
		xfw_text_printf(text, "%s", unknown);
	}
}

static void
put_address(xfw_text_t *text, const values_t *values) {
	put_or(text, values->address, "the primary");
}

static void
put_port(xfw_text_t *text, const values_t *values) {
	xfw_text_prose(text, values->port);
}

static void
put_zone(xfw_text_t *text, const values_t *values) {
	put_or(text, values->zone, "the zone");
}

static void
put_key(xfw_text_t *text, const values_t *values) {
	put_or(text, values->key, "the key");
}

static void
put_source(xfw_text_t *text, const values_t *values) {
	put_or(text, values->source, "this server's address");
}

static void
put_dig_soa(xfw_text_t *text, const values_t *values) {
	put_dig(text, values, "SOA +norecurse");
}

static void
put_dig_tcp(xfw_text_t *text, const values_t *values) {
	put_dig(text, values, "SOA +norecurse +tcp");
}

static void
put_dig_axfr(xfw_text_t *text, const values_t *values) {
	put_dig(text, values, "AXFR");
}

static void
put_retransfer(xfw_text_t *text, const values_t *values) {
	put_rndc(text, values, "retransfer");
}

static void
put_refresh(xfw_text_t *text, const values_t *values) {
	put_rndc(text, values, "refresh");
}

static void
put_zonestatus(xfw_text_t *text, const values_t *values) {
	put_rndc(text, values, "zonestatus");
}

static void
put_allow_transfer(xfw_text_t *text, const values_t *values) {
	xfw_text_printf(text, "allow-transfer { ");
	if (values->key != NULL) {
		xfw_text_printf(text, "key ");
		xfw_text_prose(text, values->key);
	} else {
		put_source(text, values);
	}
	xfw_text_printf(text, "; };");
}

static const struct {
	const char *name;
	void (*put)(xfw_text_t *text, const values_t *values);
} placeholders[] = {
	{ "{address}", put_address },
	{ "{port}", put_port },
	{ "{zone}", put_zone },
	{ "{key}", put_key },
	{ "{source}", put_source },
	{ "{dig-soa}", put_dig_soa },
	{ "{dig-tcp}", put_dig_tcp },
	{ "{dig-axfr}", put_dig_axfr },
	{ "{retransfer}", put_retransfer },
	{ "{refresh}", put_refresh },
	{ "{zonestatus}", put_zonestatus },
	{ "{allow-transfer}", put_allow_transfer },
};

/* Returns the length of the placeholder at `s`; 0 if there is none. */
static size_t
put_placeholder(xfw_text_t *text, const char *s, const values_t *values) {
	for (size_t i = 0; i < sizeof(placeholders) / sizeof(placeholders[0]); i++) {
		size_t len = strlen(placeholders[i].name);

		if (strncmp(s, placeholders[i].name, len) == 0) {
			placeholders[i].put(text, values);
			return (len);
		}
	}
	return (0);
}

size_t
xfw_plan_step(char *buf, size_t size, xfw_cause_t cause, unsigned i,
	      const xfw_plan_context_t *context) {
	xfw_text_t text = XFW_TEXT_FIXED(buf, size);
	const char *s = xfw_plan_text(cause, i);
	values_t values;

	buf[0] = '\0';
	take_primary(&values, context->primary);
	take_zone(&values, context->zone);
	values.key = or_null(context->key);
	values.source = or_null(context->source);
	while (*s != '\0') {
		size_t len = (*s == '{') ? put_placeholder(&text, s, &values)
					 : strcspn(s, "{");
		if (*s != '{' || len == 0) {
			len = (len == 0) ? 1 : len;
			xfw_text_printf(&text, "%.*s", (int)len, s);
		}
		s += len;
	}
	return (text.used);
}
