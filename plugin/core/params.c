/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a word of a parameter means (params.h), for both that read them: with libisccfg
 * (plugin/named/params.c) and without (plain.c). Runs on named's configuring thread and
 * in named-checkconf.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <xfrwatch/params.h>
#include <xfrwatch/report.h>

bool
xfw_params_bool(const char *word, bool *out, char allowed[XFW_PARAM_ALLOWED_MAX]) {
	/* named's own words for it. */
	if (strcasecmp(word, "yes") == 0 || strcasecmp(word, "true") == 0 ||
	    strcmp(word, "1") == 0)
	{
		*out = true;
		return (true);
	}
	if (strcasecmp(word, "no") == 0 || strcasecmp(word, "false") == 0 ||
	    strcmp(word, "0") == 0)
	{
		*out = false;
		return (true);
	}
	(void)snprintf(allowed, XFW_PARAM_ALLOWED_MAX, "yes or no");
	return (false);
}

bool
xfw_params_decimal(const char *word, unsigned long min, unsigned long max,
		   uint32_t *out) {
	char *end;
	unsigned long value;

	if (word[0] < '0' || word[0] > '9') {
		return (false);
	}
	value = strtoul(word, &end, 10); /* ULONG_MAX if it is too long */
	if (*end != '\0' || value < min || value > max) {
		return (false);
	}
	*out = (uint32_t)value;
	return (true);
}

bool
xfw_params_number(const char *word, unsigned long min, unsigned long max, bool power,
		  uint32_t *out, char allowed[XFW_PARAM_ALLOWED_MAX]) {
	uint32_t value;

	if (xfw_params_decimal(word, min, max, &value) &&
	    (!power || (value & (value - 1)) == 0))
	{
		*out = value;
		return (true);
	}
	(void)snprintf(allowed, XFW_PARAM_ALLOWED_MAX, "%s from %lu to %lu",
		       power ? "a power of two" : "a number", min, max);
	return (false);
}

bool
xfw_params_facility(const char *word, int *out, char allowed[XFW_PARAM_ALLOWED_MAX]) {
	int facility = xfw_syslog_facility(word);
	size_t used;

	if (facility >= XFW_SYSLOG_NONE) {
		*out = facility;
		return (true);
	}
	used = (size_t)snprintf(allowed, XFW_PARAM_ALLOWED_MAX, "none");
	for (const char *const *name = xfw_syslog_facilities();
	     *name != NULL && used < XFW_PARAM_ALLOWED_MAX; name++)
	{
		used += (size_t)snprintf(allowed + used, XFW_PARAM_ALLOWED_MAX - used,
					 "%s%s", name[1] != NULL ? ", " : " or ",
					 *name);
	}
	return (false);
}
