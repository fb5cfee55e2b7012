/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Which answer a request gets, by path and method.
 * Runs in the monitor's thread.
 */
#include <string.h>
#include <strings.h>

#include "accept.h"
#include "answers.h"
#include "json.h"

#define TYPE_JSON	 "application/json"
#define TYPE_HTML	 "text/html; charset=utf-8"
#define TYPE_PLAIN	 "text/plain; charset=utf-8"
#define TYPE_PROMETHEUS	 "text/plain; version=0.0.4; charset=utf-8"
#define TYPE_OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

static const char healthy[] = "ok\n";
static const char no_memory[] = "{\"error\": \"out of memory\"}\n";

static void
add_field(xfw_answer_t *answer, const char *name, const char *value) {
	size_t i = 0;

	while (answer->fields[i][0] != NULL) {
		i++;
	}
	if (i + 1 < XFW_ANSWER_FIELDS_MAX) {
		answer->fields[i][0] = name;
		answer->fields[i][1] = value;
	}
}

/* What all answers have: none may be kept, or taken for what it is not. */
static void
start(xfw_answer_t *answer, unsigned status, const char *type) {
	*answer = (xfw_answer_t){ .status = status, .type = type };
	add_field(answer, "Cache-Control", "no-store");
	add_field(answer, "X-Content-Type-Options", "nosniff");
}

/* Lack of memory, which no text can be made of. */
static void
out_of_memory(xfw_answer_t *answer) {
	xfw_text_free(&answer->text);
	start(answer, 500, TYPE_JSON);
	answer->fixed = no_memory;
	answer->fixed_len = sizeof(no_memory) - 1;
}

void
xfw_answer_error(xfw_answer_t *answer, unsigned status, const char *message) {
	xfw_json_t json = { .text = &answer->text };

	start(answer, status, TYPE_JSON);
	xfw_json_object(&json, NULL);
	xfw_json_string(&json, "error", message);
	xfw_json_end(&json);
	xfw_text_printf(&answer->text, "\n");
	if (answer->text.failed) {
		out_of_memory(answer);
	}
}

/*--- routes -----------------------------------------------------------------*/

typedef void (*make_t)(const xfw_source_t *source, const xfw_request_t *request,
		       const xfw_query_t *query, xfw_answer_t *answer);

static void
make_status(const xfw_source_t *source, const xfw_request_t *request,
	    const xfw_query_t *query, xfw_answer_t *answer) {
	(void)request;
	(void)query;
	xfw_answer_status(source, answer);
}

static void
make_zones(const xfw_source_t *source, const xfw_request_t *request,
	   const xfw_query_t *query, xfw_answer_t *answer) {
	(void)request;
	xfw_answer_zones(source, query, answer);
}

static void
make_incidents(const xfw_source_t *source, const xfw_request_t *request,
	       const xfw_query_t *query, xfw_answer_t *answer) {
	(void)request;
	xfw_answer_incidents(source, query, answer);
}

static void
make_events(const xfw_source_t *source, const xfw_request_t *request,
	    const xfw_query_t *query, xfw_answer_t *answer) {
	(void)request;
	xfw_answer_events(source, query, answer);
}

static void
make_metrics(const xfw_source_t *source, const xfw_request_t *request,
	     const xfw_query_t *query, xfw_answer_t *answer) {
	bool openmetrics = xfw_accept_openmetrics(request->accept);

	answer->type = openmetrics ? TYPE_OPENMETRICS : TYPE_PROMETHEUS;
	add_field(answer, "Vary", "Accept");
	xfw_answer_metrics(source, openmetrics, query->all_zones, answer);
}

static void
make_page(const xfw_source_t *source, const xfw_request_t *request,
	  const xfw_query_t *query, xfw_answer_t *answer) {
	(void)source;
	(void)request;
	(void)query;
	xfw_answer_page(answer);
}

static void
make_health(const xfw_source_t *source, const xfw_request_t *request,
	    const xfw_query_t *query, xfw_answer_t *answer) {
	(void)source;
	(void)request;
	(void)query;
	answer->fixed = healthy;
	answer->fixed_len = sizeof(healthy) - 1;
}

static const struct route {
	const char *path;
	const char *type;
	xfw_route_t params;
	make_t make;
} routes[] = {
	{ "/", TYPE_HTML, XFW_ROUTE_FREE, make_page },
	{ "/json/v1", TYPE_JSON, XFW_ROUTE_PLAIN, make_status },
	{ "/json/v1/", TYPE_JSON, XFW_ROUTE_PLAIN, make_status },
	{ "/json/v1/status", TYPE_JSON, XFW_ROUTE_PLAIN, make_status },
	{ "/json/v1/zones", TYPE_JSON, XFW_ROUTE_ZONES, make_zones },
	{ "/json/v1/incidents", TYPE_JSON, XFW_ROUTE_INCIDENTS, make_incidents },
	{ "/json/v1/events", TYPE_JSON, XFW_ROUTE_EVENTS, make_events },
	{ "/metrics", TYPE_PROMETHEUS, XFW_ROUTE_METRICS, make_metrics },
	{ "/healthz", TYPE_PLAIN, XFW_ROUTE_PLAIN, make_health },
	{ NULL, NULL, XFW_ROUTE_PLAIN, NULL },
};

static const struct route *
route_of(const char *path) {
	const struct route *route = routes;

	while (route->path != NULL && strcmp(route->path, path) != 0) {
		route++;
	}
	return (route);
}

/*--- requests ---------------------------------------------------------------*/

/* Behind scheme and host of an absolute form (RFC 9112, 3.2.2), which a proxy
 * may send. */
static const char *
origin_form(const char *target) {
	if (strncasecmp(target, "http://", 7) != 0) {
		return (target);
	}
	target += 7;
	return (target + strcspn(target, "/?"));
}

static void
respond(const xfw_source_t *source, const xfw_request_t *request,
	const struct route *route, const char *text, xfw_answer_t *answer) {
	xfw_text_t error = { 0 };
	xfw_query_t query;

	if (!xfw_query_parse(route->params, text, &query, &error)) {
		xfw_answer_error(answer, 400, error.data);
		xfw_text_free(&error);
		return;
	}
	start(answer, 200, route->type);
	route->make(source, request, &query, answer);
	if (answer->text.failed) {
		if (answer->body != NULL) {
			answer->body->end(answer->body);
		}
		out_of_memory(answer);
	}
}

void
xfw_answer(const xfw_source_t *source, const xfw_request_t *request,
	   xfw_answer_t *answer) {
	const char *target = origin_form(request->target);
	size_t path_len = strcspn(target, "?");
	const char *text = (target[path_len] == '?') ? target + path_len + 1 : NULL;
	const struct route *route;
	char path[64];

	if (path_len == 0) {
		memcpy(path, "/", sizeof("/"));
	} else if (!xfw_query_decode(path, sizeof(path), target, path_len, false)) {
		path[0] = '\0'; /* too long, or wrongly encoded: no path of ours */
	}
	route = route_of(path);
	if (route->path == NULL) {
		xfw_answer_error(answer, 404,
				 "no such path: there are /, /json/v1/status, "
				 "/json/v1/zones, /json/v1/incidents, "
				 "/json/v1/events, /metrics and /healthz");
	} else if (strcmp(request->method, "GET") != 0 &&
		   strcmp(request->method, "HEAD") != 0)
	{
		xfw_answer_error(answer, 405, "only GET and HEAD are allowed");
		add_field(answer, "Allow", "GET, HEAD");
	} else {
		respond(source, request, route, text, answer);
	}
}
