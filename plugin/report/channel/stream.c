/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Long JSON answers, piece by piece (stream.h).
 * Runs in the monitor's thread.
 */
#include <stdlib.h>

#include "answers.h"
#include "stream.h"

#define STATS_VERSION "1.0" /* of the JSON, as named numbers its own */

static void
put_head(xfw_stream_t *stream) {
	xfw_json_t *json = &stream->json;

	xfw_json_object(json, NULL);
	xfw_json_string(json, "json-stats-version", STATS_VERSION);
	xfw_json_time(json, "current-time", stream->begun_ms);
	if (stream->ops->head != NULL) {
		stream->ops->head(stream);
	}
	xfw_json_array(json, stream->ops->list);
}

static void
put_tail(xfw_stream_t *stream) {
	xfw_json_end(&stream->json);
	if (stream->ops->tail != NULL) {
		stream->ops->tail(stream);
	}
	xfw_json_end(&stream->json);
	xfw_text_printf(stream->json.text, "\n");
}

/* Returns false if that was the last piece. */
static bool
make_piece(xfw_stream_t *stream, xfw_text_t *text) {
	size_t from = text->used;
	bool more = true;

	stream->json.text = text;
	if (stream->pieces++ == 0) {
		put_head(stream);
	}
	for (stream->work = 0;
	     more && text->used - from < XFW_PIECE_GOAL && !text->failed &&
	     stream->work < XFW_PIECE_ZONES;
	     stream->work++)
	{
		more = stream->ops->step(stream);
	}
	if (!more) {
		put_tail(stream);
	} else if (text->used == from) {
		/* Nothing was found yet; a client is to see that we are at it. */
		xfw_text_printf(text, "\n");
	}
	return (more);
}

static bool
next_piece(xfw_body_t *body, xfw_text_t *text) {
	xfw_stream_t *stream = (xfw_stream_t *)body;

	if (stream->first.used > 0) {
		xfw_text_printf(text, "%s", stream->first.data);
		xfw_text_free(&stream->first);
		return (true);
	}
	return (make_piece(stream, text));
}

static void
end_stream(xfw_body_t *body) {
	xfw_stream_t *stream = (xfw_stream_t *)body;

	if (stream->ops->done != NULL) {
		stream->ops->done(stream);
	}
	xfw_text_free(&stream->first);
	free(stream);
}

void
xfw_stream_answer(xfw_stream_t *stream, const xfw_stream_ops_t *ops,
		  const xfw_source_t *source, xfw_answer_t *answer) {
	bool more;

	if (stream == NULL) {
		answer->text.failed = true;
		return;
	}
	stream->body = (xfw_body_t){ next_piece, end_stream };
	stream->ops = ops;
	stream->source = *source;
	stream->begun_ms = source->now_ms();
	more = make_piece(stream, &stream->first);
	if (more && !stream->first.failed) {
		answer->body = &stream->body;
		return;
	}
	answer->text = stream->first;
	stream->first = (xfw_text_t){ 0 };
	end_stream(&stream->body);
}
