/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A JSON object with one long list in it, made while the client reads it. What is
 * short is made at once, and has a length; what is long becomes a body.
 *
 * Guarantee: a piece is at most XFW_PIECE_MAX bytes, and ends when XFW_PIECE_ZONES
 * of work are done.
 * Runs in the monitor's thread.
 */
#ifndef XFW_STREAM_H
#define XFW_STREAM_H

#include <xfrwatch/answer.h>

#include "json.h"

typedef struct xfw_stream xfw_stream_t;

typedef struct xfw_stream_ops {
	const char *list; /* the list's name */
	/* Members before the list, which are known when the answer begins. */
	void (*head)(xfw_stream_t *stream);
	/* One element of the list, or one step towards it; false: there is no more.
	 * Nothing of the state may be kept from one piece to the next. */
	bool (*step)(xfw_stream_t *stream);
	/* Members behind the list. */
	void (*tail)(xfw_stream_t *stream);
	/* Frees what the stream has beside itself. May be NULL, as the others. */
	void (*done)(xfw_stream_t *stream);
} xfw_stream_ops_t;

/* The first member of each list's own structure. */
struct xfw_stream {
	xfw_body_t body; /* first */
	const xfw_stream_ops_t *ops;
	xfw_source_t source; /* a copy */
	xfw_json_t json;
	xfw_text_t first; /* the first piece, until it is asked for */
	int64_t begun_ms; /* "current-time" */
	uint64_t pieces;  /* so far */
	size_t work;	  /* of this piece: what step() cost beside 1 */
};

/*
 * Takes `stream`, which was made by calloc(3), NULL if that failed. Sets text or
 * body of `answer`, which is set to 500 on lack of memory.
 */
void
xfw_stream_answer(xfw_stream_t *stream, const xfw_stream_ops_t *ops,
		  const xfw_source_t *source, xfw_answer_t *answer);

#endif /* XFW_STREAM_H */
