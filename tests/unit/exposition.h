/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A strict reader of metrics, for tests: Prometheus text 0.0.4 or OpenMetrics 1.0,
 * and of these only what we mean to write. Whatever it does not expect ends the
 * test. Included by one test program; single-threaded.
 */
#ifndef EXPOSITION_H
#define EXPOSITION_H

#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAMILIES_MAX 64

typedef struct sample {
	char *id; /* name{labels}, as written */
	double value;
} sample_t;

typedef struct family {
	char name[128];
	char type[16];
	char unit[16];
	bool helped;
	size_t first; /* of exposition.samples */
	size_t count;
} family_t;

typedef struct exposition {
	bool openmetrics;
	family_t families[FAMILIES_MAX];
	size_t families_count;
	sample_t *samples; /* sorted by id when all is read */
	size_t count;
	size_t room;
} exposition_t;

static bool
name_char(char c, bool first) {
	return ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
		(!first && c >= '0' && c <= '9'));
}

/* Behind a name that begins at `s`. */
static const char *
skip_name(const char *s) {
	if (!name_char(*s, true)) {
		ck_abort_msg("no name: %.80s", s);
	}
	while (name_char(*s, false)) {
		s++;
	}
	return (s);
}

/* Behind one character (of UTF-8) that may stand in a text. */
static const char *
skip_char(const char *s) {
	const unsigned char *u = (const unsigned char *)s;
	size_t len = (u[0] < 0x80) ? 1 : (u[0] >= 0xf0) ? 4 : (u[0] >= 0xe0) ? 3 : 2;
	uint32_t code = (len == 1) ? u[0] : u[0] & (0x7fU >> len);

	for (size_t i = 1; i < len; i++) {
		if ((u[i] & 0xc0) != 0x80) {
			ck_abort_msg("no UTF-8: %.40s", s);
		}
		code = code << 6 | (u[i] & 0x3f);
	}
	if (code < 0x20 || code == 0x7f || code > 0x10ffff ||
	    (code >= 0xd800 && code < 0xe000) || (len == 2 && code < 0x80) ||
	    (len == 3 && code < 0x800) || (len == 4 && code < 0x10000))
	{
		ck_abort_msg("character U+%04x in: %.40s", code, s);
	}
	return (s + len);
}

/* Behind `{name="value",...}`. */
static const char *
skip_labels(const char *s) {
	do {
		s = skip_name(s + 1);
		if (s[0] != '=' || s[1] != '"') {
			ck_abort_msg("no value of a label: %.80s", s);
		}
		for (s += 2; *s != '"';) {
			if (*s == '\\') {
				s++;
				if (*s != '\\' && *s != '"' && *s != 'n') {
					ck_abort_msg("no escape: %.80s", s - 1);
				}
				s++;
			} else {
				s = skip_char(s);
			}
		}
		s++;
	} while (*s == ',');
	if (*s != '}') {
		ck_abort_msg("no end of labels: %.80s", s);
	}
	return (s + 1);
}

/* A decimal number that ends the line. */
static double
number(const char *s) {
	const char *from = s;

	s += (*s == '-');
	if (strspn(s, "0123456789") == 0) {
		ck_abort_msg("no number: %s", from);
	}
	s += strspn(s, "0123456789");
	if (*s == '.') {
		s++;
		if (strspn(s, "0123456789") == 0) {
			ck_abort_msg("no fraction: %s", from);
		}
		s += strspn(s, "0123456789");
	}
	if (*s != '\0') {
		ck_abort_msg("more than a number: %s", from);
	}
	return (strtod(from, NULL));
}

/* "# HELP name text", "# TYPE name type", "# UNIT name unit" */
static void
read_comment(exposition_t *x, const char *line) {
	family_t *family = NULL;
	const char *name = line + 7, *rest = NULL;
	char is[128];

	if (strncmp(line, "# HELP ", 7) != 0 && strncmp(line, "# TYPE ", 7) != 0 &&
	    (!x->openmetrics || strncmp(line, "# UNIT ", 7) != 0))
	{
		ck_abort_msg("not expected: %s", line);
	}
	rest = skip_name(name);
	ck_assert_msg(rest[0] == ' ' && rest[1] != '\0', "%s", line);
	snprintf(is, sizeof(is), "%.*s", (int)(rest - name), name);
	rest++;
	if (x->families_count > 0) {
		family = &x->families[x->families_count - 1];
	}
	if (family == NULL || strcmp(family->name, is) != 0) {
		for (size_t i = 0; i < x->families_count; i++) {
			ck_assert_str_ne(x->families[i].name, is); /* contiguous */
		}
		ck_assert_uint_lt(x->families_count, FAMILIES_MAX);
		family = &x->families[x->families_count++];
		memset(family, 0, sizeof(*family));
		snprintf(family->name, sizeof(family->name), "%s", is);
		family->first = x->count;
	}
	ck_assert_msg(family->count == 0, "behind the samples: %s", line);
	if (line[2] == 'H') {
		ck_assert(!family->helped);
		family->helped = true;
		ck_assert_msg(strpbrk(rest, "\\\"") == NULL, "%s", line);
		for (const char *s = rest; *s != '\0';) {
			s = skip_char(s);
		}
	} else {
		char *to = line[2] == 'T' ? family->type : family->unit;
		ck_assert_msg(to[0] == '\0', "twice: %s", line);
		snprintf(to, sizeof(family->type), "%s", rest);
	}
}

/* Whether a sample of that name may stand in the family. */
static bool
in_family(const exposition_t *x, const family_t *family, const char *name,
	  size_t len) {
	const char *suffix = "";
	size_t family_len = strlen(family->name);

	if (x->openmetrics) {
		suffix = strcmp(family->type, "counter") == 0 ? "_total"
			 : strcmp(family->type, "info") == 0  ? "_info"
							      : "";
	} else if (strcmp(family->type, "counter") == 0 &&
		   (len < 6 || strncmp(name + len - 6, "_total", 6) != 0))
	{
		return (false);
	}
	return (len == family_len + strlen(suffix) &&
		strncmp(name, family->name, family_len) == 0 &&
		strncmp(name + family_len, suffix, strlen(suffix)) == 0);
}

static void
read_sample(exposition_t *x, const char *line) {
	family_t *family = &x->families[x->families_count - 1];
	const char *name_end = skip_name(line);
	const char *id_end = *name_end == '{' ? skip_labels(name_end) : name_end;
	double value;

	ck_assert_msg(x->families_count > 0 && family->helped && family->type[0] != '\0',
		      "before HELP and TYPE: %s", line);
	if (!in_family(x, family, line, (size_t)(name_end - line))) {
		ck_abort_msg("in family %s: %s", family->name, line);
	}
	if (*id_end != ' ') {
		ck_abort_msg("no value: %s", line);
	}
	value = number(id_end + 1);
	if (strcmp(family->type, "counter") == 0 && value < 0) {
		ck_abort_msg("a counter below 0: %s", line);
	}
	if (strcmp(family->type, "info") == 0 && value != 1) {
		ck_abort_msg("an info is 1: %s", line);
	}
	if (x->count == x->room) {
		x->room = x->room * 2 + 1024;
		x->samples = realloc(x->samples, x->room * sizeof(x->samples[0]));
		ck_assert_ptr_nonnull(x->samples);
	}
	x->samples[x->count].id = strndup(line, (size_t)(id_end - line));
	x->samples[x->count++].value = value;
	family->count++;
}

static int
by_id(const void *a, const void *b) {
	return (strcmp(((const sample_t *)a)->id, ((const sample_t *)b)->id));
}

static void
check_families(const exposition_t *x) {
	static const char *const known[] = { "gauge", "counter", "info" };

	for (size_t i = 0; i < x->families_count; i++) {
		const family_t *f = &x->families[i];
		size_t len = strlen(f->name), unit = strlen(f->unit);
		bool found = false;

		for (size_t t = 0; t < (x->openmetrics ? 3 : 2); t++) {
			found = found || strcmp(f->type, known[t]) == 0;
		}
		ck_assert_msg(f->helped && found, "family %s", f->name);
		if (unit > 0) {
			ck_assert_msg(len > unit + 1 && f->name[len - unit - 1] == '_' &&
					      strcmp(f->name + len - unit, f->unit) == 0,
				      "unit of %s", f->name);
		} else if (x->openmetrics && len > 8) {
			ck_assert_msg(strcmp(f->name + len - 8, "_seconds") != 0,
				      "no unit of %s", f->name);
		}
	}
}

/* Reads all of `text`. To be freed with exposition_free(). */
static void
exposition_read(exposition_t *x, const char *text, size_t len, bool openmetrics) {
	const char *end = text + len;
	bool ended = false;

	memset(x, 0, sizeof(*x));
	x->openmetrics = openmetrics;
	ck_assert_uint_eq(strlen(text), len);
	while (text < end) {
		const char *newline = strchr(text, '\n');
		char *line = NULL;

		ck_assert_msg(newline != NULL, "a line without an end: %.80s", text);
		ck_assert_msg(!ended, "behind the end: %.80s", text);
		line = strndup(text, (size_t)(newline - text));
		ended = openmetrics && strcmp(line, "# EOF") == 0;
		if (!ended && line[0] == '#') {
			read_comment(x, line);
		} else if (!ended) {
			read_sample(x, line);
		}
		free(line);
		text = newline + 1;
	}
	ck_assert_msg(ended == openmetrics, "no # EOF");
	check_families(x);
	if (x->count > 0) {
		qsort(x->samples, x->count, sizeof(x->samples[0]), by_id);
	}
	for (size_t i = 1; i < x->count; i++) {
		if (strcmp(x->samples[i - 1].id, x->samples[i].id) == 0) {
			ck_abort_msg("twice: %s", x->samples[i].id);
		}
	}
}

static void
exposition_free(exposition_t *x) {
	for (size_t i = 0; i < x->count; i++) {
		free(x->samples[i].id);
	}
	free(x->samples);
	memset(x, 0, sizeof(*x));
}

/* The value of a sample, NAN if there is none. */
static double
value_of(const exposition_t *x, const char *id) {
	sample_t key = { .id = strdup(id) };
	const sample_t *found = NULL;

	if (x->count > 0) {
		found = bsearch(&key, x->samples, x->count, sizeof(key), by_id);
	}
	free(key.id);
	return (found != NULL ? found->value : (double)NAN);
}

static const family_t *
family_of(const exposition_t *x, const char *name) {
	for (size_t i = 0; i < x->families_count; i++) {
		if (strcmp(x->families[i].name, name) == 0) {
			return (&x->families[i]);
		}
	}
	return (NULL);
}

#endif /* EXPOSITION_H */
