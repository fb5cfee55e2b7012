/* SPDX-License-Identifier: MPL-2.0 */
/*
 * BIND's versions and series, as text. Runs on named's configuring thread, and in
 * the stand-in that a distribution's trigger builds: nothing but the C library's
 * string functions is used.
 */
#include <string.h>

#include <xfrwatch/series.h>

/* Longer numbers are no version's. */
#define DIGITS_MAX 6

/* "9.18.49-1": patch is -1 where there is none ("9.18"). */
typedef struct version {
	int major;
	int minor;
	int patch;
} version_t;

static const struct {
	int major, minor;
	int from, to; /* patch, both included; `to` < 0: all that follow */
	int api;
} apis[] = {
	{ 9, 18, -1, -1, 1 },
	{ 9, 20, -1, -1, 2 },
	{ 9, 21, 0, 13, 2 },
	{ 9, 21, 14, 25, 3 },
	{ 9, 21, 26, -1, 4 },
};

static bool
is_digit(char c) {
	return (c >= '0' && c <= '9');
}

/* Moves *at behind the number; -1 if there is none. */
static int
number(const char **at) {
	const char *begin = *at;
	int value = 0;

	while (is_digit(**at) && *at - begin < DIGITS_MAX) {
		value = value * 10 + (**at - '0');
		(*at)++;
	}
	return (*at > begin && !is_digit(**at) ? value : -1);
}

/* How much of it is upstream's. */
static size_t
upstream(const char *text) {
	return (text != NULL ? strcspn(text, "-+") : 0);
}

static bool
parse(const char *text, version_t *version) {
	const char *at = text != NULL ? text : "";

	version->major = number(&at);
	if (version->major < 0 || *at++ != '.') {
		return (false);
	}
	version->minor = number(&at);
	version->patch = -1;
	if (version->minor < 0 || (*at != '\0' && strchr(".-+~", *at) == NULL)) {
		return (false);
	}
	if (*at == '.') {
		at++;
		version->patch = number(&at);
		return (version->patch >= 0);
	}
	return (true);
}

bool
xfw_series_of_path(const char *path, char buf[XFW_SERIES_VERSION_MAX]) {
	static const char prefix[] = "libisc-";
	const char *base, *end = NULL;

	buf[0] = '\0';
	if (path == NULL) {
		return (false);
	}
	base = strrchr(path, '/');
	base = base != NULL ? base + 1 : path;
	if (strncmp(base, prefix, sizeof(prefix) - 1) != 0) {
		return (false);
	}
	base += sizeof(prefix) - 1;
	for (const char *at = base; (at = strstr(at, ".so")) != NULL; at++) {
		end = at; /* the last one */
	}
	/* "libisc-9.18.49.so", or with the number of an interface, ".so.3". */
	if (!is_digit(*base) || end == NULL || (end[3] != '\0' && end[3] != '.') ||
	    (size_t)(end - base) >= XFW_SERIES_VERSION_MAX)
	{
		return (false);
	}
	memcpy(buf, base, (size_t)(end - base));
	buf[end - base] = '\0';
	return (true);
}

bool
xfw_series_same_upstream(const char *a, const char *b) {
	size_t len = upstream(a);

	return (len > 0 && upstream(b) == len && strncmp(a, b, len) == 0);
}

bool
xfw_series_same(const char *a, const char *b) {
	version_t one, two;

	return (parse(a, &one) && parse(b, &two) && one.major == two.major &&
		one.minor == two.minor);
}

int
xfw_series_api(const char *version, int otherwise) {
	version_t is;

	if (!parse(version, &is)) {
		return (otherwise);
	}
	for (size_t i = 0; i < sizeof(apis) / sizeof(apis[0]); i++) {
		if (is.major == apis[i].major && is.minor == apis[i].minor &&
		    is.patch >= apis[i].from &&
		    (apis[i].to < 0 || is.patch <= apis[i].to))
		{
			return (apis[i].api);
		}
	}
	return (otherwise);
}

xfw_mode_t
xfw_series_mode(const char *built, const char *running, bool strict) {
	if (xfw_series_same_upstream(built, running)) {
		return (XFW_MODE_FULL);
	}
	if (strict || !xfw_series_same(built, running)) {
		return (XFW_MODE_INERT);
	}
	return (XFW_MODE_REDUCED);
}
