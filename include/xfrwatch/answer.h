/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the statistics channel answers: from a request to a body.
 *
 * The server (channel.h) knows HTTP and nothing of zones; what is behind this
 * header knows zones and nothing of sockets.
 *
 * Guarantee: a body of any length takes memory of a bounded size, and no call
 * works for longer than a few milliseconds, however many zones there are.
 * Threads: the monitor's only.
 * Units and clocks: `_ms` is realtime milliseconds since the epoch.
 * Source: RFC 9110 (methods, status codes), RFC 9112, RFC 3986 (percent-encoding),
 * RFC 8259 (JSON).
 */
#ifndef XFRWATCH_ANSWER_H
#define XFRWATCH_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xfrwatch/intake.h>
#include <xfrwatch/mode.h>
#include <xfrwatch/report.h>
#include <xfrwatch/state.h>

typedef struct xfw_request {
	const char *method; /* "GET", as the client wrote it */
	const char *target; /* path and query, not decoded: "/json/v1/zones?limit=5" */
	const char *accept; /* the Accept field, NULL if there was none */
} xfw_request_t;

/* A body that is made piece by piece while the client reads it. */
typedef struct xfw_body xfw_body_t;
struct xfw_body {
	/*
	 * Appends the next piece to `text`: at least one byte, and no more than
	 * XFW_PIECE_MAX. Returns false if that was the last piece (it may then be
	 * empty). Other requests and events come in between: nothing of the state
	 * may be kept from call to call but what state.h says stays. On lack of
	 * memory `text->failed` is set: the body is not whole, and there will be
	 * no more of it.
	 */
	bool (*next)(xfw_body_t *body, xfw_text_t *text);
	/* Frees it; called once, also when the client went away half-way. */
	void (*end)(xfw_body_t *body);
};

#define XFW_PIECE_MAX  65536 /* bytes of one piece */
#define XFW_PIECE_GOAL 16384 /* a piece that has as many is handed over */
#define XFW_PIECE_ZONES 2048 /* zones looked at for one piece */

#define XFW_ANSWER_FIELDS_MAX 8

typedef struct xfw_answer {
	unsigned status;  /* 200, 400, 404, 405, 500 */
	const char *type; /* Content-Type */
	/* More fields, name and value; NULL-ended. Static storage. */
	const char *fields[XFW_ANSWER_FIELDS_MAX][2];
	/* The body: the first of these that is set. */
	xfw_body_t *body;  /* the caller ends it */
	const void *fixed; /* static storage, `fixed_len` bytes */
	size_t fixed_len;
	xfw_text_t text;   /* the caller frees it */
} xfw_answer_t;

/* What the answers are made from. Copied; what it points to outlives all bodies. */
typedef struct xfw_source {
	xfw_state_t *state;
	xfw_intake_t *intake;
	const char *version;	  /* xfrwatch's own, "0.1.0" */
	const char *bind_version; /* of the named we run in */
	const char *bind_built;	  /* the one that the plugin was built for */
	xfw_mode_t mode;
	int64_t boot_ms;	  /* when the monitor began */
	int64_t config_ms;	  /* when the configuration in force came */
	int64_t (*now_ms)(void);  /* the clock, a test's own in tests */
} xfw_source_t;

/*
 * Answers one request: routes by path and method, checks every parameter. Never
 * fails: what is wrong becomes a status of 4xx with {"error": "..."}, lack of
 * memory one of 500. What `*answer` held before is overwritten. HEAD is answered as
 * GET is; the caller leaves the body away.
 */
void
xfw_answer(const xfw_source_t *source, const xfw_request_t *request,
	   xfw_answer_t *answer);

/* The answer to a client that `allow` does not name, and the like:
 * {"error": `message`} as application/json. What `*answer` held is overwritten. */
void
xfw_answer_error(xfw_answer_t *answer, unsigned status, const char *message);

#endif /* XFRWATCH_ANSWER_H */
