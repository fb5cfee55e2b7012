/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Query strings and their parameters (query.h).
 * Runs in the monitor's thread.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "query.h"

#define SHOWN_MAX 80 /* of a value, in an error */

/*--- decoding ---------------------------------------------------------------*/

/* Not isxdigit(3) and the like: those follow the locale. */
static int
hex_of(char c) {
	return (c >= '0' && c <= '9'   ? c - '0'
		: c >= 'a' && c <= 'f' ? c - 'a' + 10
		: c >= 'A' && c <= 'F' ? c - 'A' + 10
				       : -1);
}

bool
xfw_query_decode(char *buf, size_t size, const char *text, size_t len, bool plus) {
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c <= 0x20 || c >= 0x7f) {
			return (false);
		}
		if (c == '%') {
			int high = (i + 2 < len) ? hex_of(text[i + 1]) : -1;
			int low = (high >= 0) ? hex_of(text[i + 2]) : -1;

			if (low < 0 || (high == 0 && low == 0)) {
				return (false);
			}
			c = (char)(high * 16 + low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (used + 1 >= size) {
			return (false);
		}
		buf[used++] = c;
	}
	buf[used] = '\0';
	return (true);
}

/* A number in digits alone, of `base`. */
static bool
number(const char *text, size_t len, unsigned base, uint64_t *out) {
	uint64_t n = 0;

	if (len == 0) {
		return (false);
	}
	for (size_t i = 0; i < len; i++) {
		int digit = hex_of(text[i]);

		if (digit < 0 || digit >= (int)base ||
		    n > (UINT64_MAX - (uint64_t)digit) / base)
		{
			return (false);
		}
		n = n * base + (uint64_t)digit;
	}
	*out = n;
	return (true);
}

/*--- values -----------------------------------------------------------------*/

/* One element of a list that commas separate. */
static bool
take_state(xfw_query_t *query, const char *word, size_t len) {
	if (len == 9 && memcmp(word, "unhealthy", len) == 0) {
		query->states |= (uint8_t)XFW_STATES_UNHEALTHY;
		return (true);
	}
	for (unsigned i = 0; i < XFW_ZONE_STATES; i++) {
		const char *name = xfw_zone_state_name((xfw_zone_state_t)i);

		if (strlen(name) == len && memcmp(name, word, len) == 0) {
			query->states |= (uint8_t)(1U << i);
			return (true);
		}
	}
	return (false);
}

static bool
take_states(xfw_query_t *query, const char *value) {
	query->states = 0;
	for (;;) {
		size_t len = strcspn(value, ",");

		if (!take_state(query, value, len)) {
			return (false);
		}
		if (value[len] == '\0') {
			return (true);
		}
		value += len + 1;
	}
}

static bool
take_cause(xfw_query_t *query, const char *value) {
	query->cause = xfw_cause_byname(value);
	return (query->cause != XFW_CAUSE_NONE);
}

/* "address#port": a port must be there, as '#' is easily lost on the way. */
static bool
take_primary(xfw_query_t *query, const char *value) {
	const char *hash = strrchr(value, '#');
	uint64_t port;

	snprintf(query->primary, sizeof(query->primary), "%s", value);
	return (hash != NULL && hash > value &&
		number(hash + 1, strlen(hash + 1), 10, &port) && port <= UINT16_MAX);
}

static bool
take_view(xfw_query_t *query, const char *value) {
	snprintf(query->view, sizeof(query->view), "%s", value);
	return (value[0] != '\0');
}

/* Names differ by more than the case of letters (RFC 4343); a dot at the end says
 * that the name is whole, which they all are here. */
static bool
take_name(xfw_query_t *query, const char *value) {
	size_t len = strlen(value), escapes = 0;

	for (size_t i = 0; i < len; i++) {
		char c = value[i];

		query->name[i] = (c >= 'A' && c <= 'Z') ? (char)(c - 'A' + 'a') : c;
	}
	while (len >= escapes + 2 && value[len - escapes - 2] == '\\') {
		escapes++;
	}
	/* Not the root, and not an escaped dot. */
	if (len > 1 && value[len - 1] == '.' && escapes % 2 == 0) {
		len--;
	}
	query->name[len] = '\0';
	query->pattern = strchr(query->name, '*') != NULL;
	return (len > 0);
}

static bool
take_sort(xfw_query_t *query, const char *value) {
	query->by_deadline = true;
	return (strcmp(value, "deadline") == 0);
}

static bool
take_limit(xfw_query_t *query, const char *value, uint64_t max) {
	return (number(value, strlen(value), 10, &query->limit) &&
		query->limit >= 1 && query->limit <= max);
}

static bool
take_zones_limit(xfw_query_t *query, const char *value) {
	return (take_limit(query, value, XFW_ZONES_LIMIT_MAX));
}

static bool
take_incidents_limit(xfw_query_t *query, const char *value) {
	return (take_limit(query, value, XFW_INCIDENTS_LIMIT_MAX));
}

static bool
take_events_limit(xfw_query_t *query, const char *value) {
	return (take_limit(query, value, XFW_EVENTS_LIMIT_MAX));
}

static bool
take_seq(xfw_query_t *query, const char *value) {
	query->has_after = true;
	return (number(value, strlen(value), 10, &query->after));
}

/* xfw_query_token()'s: "CURSOR", or "RANK-CURSOR" of a list by deadline. */
static bool
take_token(xfw_query_t *query, const char *value) {
	const char *dash = strchr(value, '-');
	const char *cursor = (dash != NULL) ? dash + 1 : value;
	uint64_t rank = 0;

	query->has_after = true;
	if (dash != NULL && !number(value, (size_t)(dash - value), 16, &rank)) {
		return (false);
	}
	/* Which of the two it has to be is seen when all are known. */
	query->ranked = dash != NULL;
	query->after_rank = (int64_t)rank;
	return (number(cursor, strlen(cursor), 16, &query->after));
}

void
xfw_query_token(char buf[XFW_QUERY_TOKEN_MAX], bool by_deadline, int64_t rank,
		uint64_t cursor) {
	if (by_deadline) {
		snprintf(buf, XFW_QUERY_TOKEN_MAX, "%016" PRIx64 "-%016" PRIx64,
			 (uint64_t)rank, cursor);
	} else {
		snprintf(buf, XFW_QUERY_TOKEN_MAX, "%016" PRIx64, cursor);
	}
}

static bool
take_incident_state(xfw_query_t *query, const char *value) {
	query->open = strcmp(value, "closed") != 0;
	query->closed = strcmp(value, "open") != 0;
	return (!query->open || !query->closed || strcmp(value, "all") == 0);
}

static bool
take_all_zones(xfw_query_t *query, const char *value) {
	query->all_zones = strcmp(value, "all") == 0;
	return (query->all_zones || strcmp(value, "failing") == 0);
}

/*--- parameters -------------------------------------------------------------*/

#define STRING(x)  #x
#define DIGITS(x)  STRING(x)
#define FROM_1(x)  "a number from 1 to " DIGITS(x)
#define THE_TOKEN  "what \"next\" of the page before has"

typedef struct param {
	const char *name;
	bool (*take)(xfw_query_t *query, const char *value);
	const char *allowed; /* NULL: the causes' names */
} param_t;

static const param_t zones_params[] = {
	{ "state", take_states,
	  "ok, failing, never-loaded, expired and unhealthy, separated by commas" },
	{ "cause", take_cause, NULL },
	{ "primary", take_primary,
	  "an address and a port, as in 192.0.2.1%2353 (# is written %23)" },
	{ "view", take_view, "the name of a view" },
	{ "name", take_name,
	  "the name of a zone, in which * stands for any characters" },
	{ "limit", take_zones_limit, FROM_1(XFW_ZONES_LIMIT_MAX) },
	{ "after", take_token, THE_TOKEN },
	{ "sort", take_sort, "deadline" },
	{ NULL, NULL, NULL }
};

static const param_t incidents_params[] = {
	{ "state", take_incident_state, "open, closed or all" },
	{ "limit", take_incidents_limit, FROM_1(XFW_INCIDENTS_LIMIT_MAX) },
	{ NULL, NULL, NULL }
};

static const param_t events_params[] = {
	{ "after", take_seq, "a sequence number, such as \"next\" of an answer" },
	{ "limit", take_events_limit, FROM_1(XFW_EVENTS_LIMIT_MAX) },
	{ NULL, NULL, NULL }
};

static const param_t metrics_params[] = {
	{ "zones", take_all_zones, "all or failing" },
	{ NULL, NULL, NULL }
};

static const param_t no_params[] = { { NULL, NULL, NULL } };

static const param_t *
params_of(xfw_route_t route) {
	switch (route) {
	case XFW_ROUTE_ZONES:
		return (zones_params);
	case XFW_ROUTE_INCIDENTS:
		return (incidents_params);
	case XFW_ROUTE_EVENTS:
		return (events_params);
	case XFW_ROUTE_METRICS:
		return (metrics_params);
	default:
		return (no_params);
	}
}

/*--- errors -----------------------------------------------------------------*/

/* All of it becomes one JSON string, which escapes what has to be. */
static void
put_shown(xfw_text_t *error, const char *value, size_t len) {
	xfw_text_printf(error, "\"%.*s%s\"",
			(int)(len > SHOWN_MAX ? SHOWN_MAX : len), value,
			len > SHOWN_MAX ? "..." : "");
}

static bool
bad_value(xfw_text_t *error, const param_t *param, const char *value,
	  const char *allowed) {
	xfw_text_printf(error, "wrong value ");
	put_shown(error, value, strlen(value));
	xfw_text_printf(error, " of the parameter \"%s\": allowed is ", param->name);
	if (allowed != NULL) {
		xfw_text_printf(error, "%s", allowed);
		return (false);
	}
	for (unsigned i = XFW_CAUSE_NONE + 1; i < XFW_CAUSE_COUNT; i++) {
		xfw_text_printf(error, "%s%s", i > XFW_CAUSE_NONE + 1 ? ", " : "",
				xfw_cause_info((xfw_cause_t)i)->name);
	}
	return (false);
}

static bool
unknown(xfw_text_t *error, const param_t *params, const char *name) {
	xfw_text_printf(error, "unknown parameter ");
	put_shown(error, name, strlen(name));
	xfw_text_printf(error, ": ");
	if (params->name == NULL) {
		xfw_text_printf(error, "none is allowed here");
		return (false);
	}
	xfw_text_printf(error, "allowed are ");
	for (const param_t *p = params; p->name != NULL; p++) {
		xfw_text_printf(error, "%s%s", p > params ? ", " : "", p->name);
	}
	return (false);
}

/*--- the whole --------------------------------------------------------------*/

/* One "name=value" of `len` bytes. */
static bool
take_pair(const param_t *params, uint32_t *seen, const char *text, size_t len,
	  xfw_query_t *query, xfw_text_t *error) {
	const char *equals = memchr(text, '=', len);
	size_t name_len = (equals != NULL) ? (size_t)(equals - text) : len;
	size_t value_at = (equals != NULL) ? name_len + 1 : len;
	char name[64], value[XFW_QUERY_VALUE_MAX];
	const param_t *param = params;

	if (!xfw_query_decode(name, sizeof(name), text, name_len, true) ||
	    !xfw_query_decode(value, sizeof(value), text + value_at, len - value_at,
			      true))
	{
		xfw_text_printf(error, "cannot decode the parameter ");
		put_shown(error, text, len);
		xfw_text_printf(error,
				": allowed are %%XX for bytes but 0, and at most %d "
				"characters",
				XFW_QUERY_VALUE_MAX - 1);
		return (false);
	}
	while (param->name != NULL && strcmp(param->name, name) != 0) {
		param++;
	}
	if (param->name == NULL) {
		return (unknown(error, params, name));
	}
	if ((*seen & UINT32_C(1) << (param - params)) != 0) {
		xfw_text_printf(error,
				"the parameter \"%s\" is given again, with ", name);
		put_shown(error, value, strlen(value));
		xfw_text_printf(error, ": allowed is one value");
		return (false);
	}
	*seen |= UINT32_C(1) << (param - params);
	return (param->take(query, value) ||
		bad_value(error, param, value, param->allowed));
}

static const param_t *
param_called(const char *name) {
	const param_t *param = zones_params;

	while (strcmp(param->name, name) != 0) {
		param++;
	}
	return (param);
}

/* What of the zones' parameters does not go together. */
static bool
agree(xfw_query_t *query, xfw_text_t *error) {
	char value[XFW_QUERY_TOKEN_MAX];

	if (query->by_deadline) {
		query->states &= (uint8_t)XFW_STATES_UNHEALTHY;
	}
	if (query->states == 0) {
		return (bad_value(error, param_called("state"), "ok",
				  "all but ok with sort=deadline"));
	}
	if (query->by_deadline && query->limit > XFW_ZONES_SORTED_MAX) {
		snprintf(value, sizeof(value), "%" PRIu64, query->limit);
		return (bad_value(error, param_called("limit"), value,
				  FROM_1(XFW_ZONES_SORTED_MAX)
				  " with sort=deadline"));
	}
	if (query->has_after && query->ranked != query->by_deadline) {
		xfw_query_token(value, query->ranked, query->after_rank,
				query->after);
		return (bad_value(error, param_called("after"), value,
				  THE_TOKEN ", in the same order"));
	}
	return (true);
}

bool
xfw_query_parse(xfw_route_t route, const char *text, xfw_query_t *query,
		xfw_text_t *error) {
	const param_t *params = params_of(route);
	uint32_t seen = 0;

	*query = (xfw_query_t){
		.limit = (route == XFW_ROUTE_EVENTS) ? XFW_EVENTS_LIMIT_DEFAULT
			 : (route == XFW_ROUTE_INCIDENTS)
				 ? XFW_INCIDENTS_LIMIT_DEFAULT
				 : XFW_ZONES_LIMIT_DEFAULT,
		.states = (uint8_t)XFW_STATES_ALL,
		.open = true,
		.closed = true,
	};
	if (text == NULL || route == XFW_ROUTE_FREE) {
		return (true);
	}
	while (*text != '\0') {
		size_t len = strcspn(text, "&");

		if (len > 0 && !take_pair(params, &seen, text, len, query, error)) {
			return (false);
		}
		text += len + (text[len] == '&');
	}
	return (route != XFW_ROUTE_ZONES || agree(query, error));
}
