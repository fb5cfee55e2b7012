/* SPDX-License-Identifier: MPL-2.0 */
/*
 * One request and its answer, as libmicrohttpd calls for them: header fields,
 * encoding, and the body piece by piece. Runs in the monitor's thread.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "channel_priv.h"

/* The buffer in which libmicrohttpd asks for a body that is not chunked. */
#define BLOCK 8192

/* Compressed in one go, before the time is looked at. */
#define SLICE 65536

/* An answer on its way. */
typedef struct reply {
	xfw_connection_t *connection;
	xfw_answer_t answer;
	xfw_text_t piece; /* of answer.body */
	const char *data; /* what of the body is here and not sent yet */
	size_t len;
	bool last;   /* after that comes nothing more */
	bool done;   /* all is handed over */
	bool failed;
	xfw_gzip_t *gzip; /* NULL: as it is */
} reply_t;

/*--- the body -------------------------------------------------------------------*/

static void
reply_free(void *arg) {
	reply_t *reply = arg;

	if (reply->answer.body != NULL) {
		reply->answer.body->end(reply->answer.body);
	}
	xfw_text_free(&reply->answer.text);
	xfw_text_free(&reply->piece);
	xfw_gzip_end(reply->gzip);
	free(reply);
}

/* The next piece, of a body that has some. */
static void
reply_next(reply_t *reply) {
	xfw_body_t *body = reply->answer.body;

	xfw_text_reset(&reply->piece);
	reply->last = !body->next(body, &reply->piece);
	reply->data = reply->piece.data;
	reply->len = reply->piece.used;
	reply->failed = reply->piece.failed;
}

/* Moves what fits into `buf`; returns how much. */
static size_t
reply_take(reply_t *reply, char *buf, size_t size) {
	size_t len = (reply->len < size) ? reply->len : size;

	if (reply->gzip != NULL) {
		size_t slice = (reply->len < SLICE) ? reply->len : SLICE;
		size_t rest = reply->len - slice;

		len = xfw_gzip(reply->gzip, &reply->data, &slice,
			       reply->last && rest == 0, buf, size, &reply->done);
		reply->len = slice + rest;
		return (len);
	}
	if (len > 0) {
		memcpy(buf, reply->data, len);
		reply->data += len;
		reply->len -= len;
	}
	reply->done = reply->last && reply->len == 0;
	return (len);
}

/* Called by libmicrohttpd for up to `size` bytes of the body. */
static ssize_t
reply_read(void *arg, uint64_t position, char *buf, size_t size) {
	reply_t *reply = arg;
	xfw_connection_t *connection = reply->connection;
	size_t used = 0;

	(void)position;
	if (connection->standing == XFW_STANDING_DOOMED) {
		return (MHD_CONTENT_READER_END_WITH_ERROR);
	}
	xfw_connection_stands(connection, XFW_STANDING_ANSWERING);
	while (used < size && !reply->failed) {
		if (reply->done) {
			return (used > 0 ? (ssize_t)used
					 : MHD_CONTENT_READER_END_OF_STREAM);
		}
		if (xfw_endpoint_tired(connection->endpoint)) {
			if (used == 0) {
				xfw_connection_postpone(connection);
			}
			return ((ssize_t)used);
		}
		if (reply->len == 0 && !reply->last) {
			reply_next(reply);
		}
		used += reply_take(reply, buf + used, size - used);
	}
	return (reply->failed ? MHD_CONTENT_READER_END_WITH_ERROR
			      : (ssize_t)used);
}

/*--- the header -----------------------------------------------------------------*/

static const char *
field(struct MHD_Connection *http, const char *name) {
	return (MHD_lookup_connection_value(http, MHD_HEADER_KIND, name));
}

static bool
has_field(const xfw_answer_t *answer, const char *name) {
	for (size_t i = 0; i < XFW_ANSWER_FIELDS_MAX &&
			   answer->fields[i][0] != NULL; i++)
	{
		if (strcasecmp(answer->fields[i][0], name) == 0) {
			return (true);
		}
	}
	return (false);
}

static bool
add(struct MHD_Response *response, const char *name, const char *value) {
	return (MHD_add_response_header(response, name, value) == MHD_YES);
}

static bool
add_fields(struct MHD_Response *response, const reply_t *reply, bool varies,
	   bool gzip) {
	const xfw_answer_t *answer = &reply->answer;
	bool ok = true;

	if (answer->type != NULL) {
		ok = ok && add(response, "Content-Type", answer->type);
	}
	for (size_t i = 0; i < XFW_ANSWER_FIELDS_MAX &&
			   answer->fields[i][0] != NULL; i++)
	{
		ok = ok && add(response, answer->fields[i][0],
			       answer->fields[i][1]);
	}
	if (!has_field(answer, "Cache-Control")) {
		ok = ok && add(response, "Cache-Control", "no-store");
	}
	if (!has_field(answer, "X-Content-Type-Options")) {
		ok = ok && add(response, "X-Content-Type-Options", "nosniff");
	}
	if (varies) {
		ok = ok && add(response, "Vary", "Accept-Encoding");
	}
	if (gzip) {
		ok = ok && add(response, "Content-Encoding", "gzip");
	}
	return (ok);
}

/* The first piece of a body, or all of it, so that what is short has a length. */
static void
reply_first(reply_t *reply) {
	xfw_answer_t *answer = &reply->answer;

	if (answer->body != NULL) {
		reply_next(reply);
		return;
	}
	if (answer->fixed != NULL) {
		reply->data = answer->fixed;
		reply->len = answer->fixed_len;
	} else {
		reply->data = answer->text.data;
		reply->len = answer->text.used;
	}
	reply->last = true;
}

/*
 * libmicrohttpd 0.9.75 ends the (empty) body of a chunked answer to HEAD with the
 * last chunk, which the client would take for the begin of the next answer. So that
 * one is not chunked, which leaves its length open and closes the connection.
 */
static void
not_chunked(struct MHD_Response *response) {
	(void)MHD_set_response_options(response, MHD_RF_HTTP_VERSION_1_0_ONLY,
				       MHD_RO_END);
}

/* Hands the reply to libmicrohttpd, which frees it. */
static enum MHD_Result
send_reply(struct MHD_Connection *http, reply_t *reply, bool head) {
	bool varies = !reply->last || reply->len >= XFW_CHANNEL_GZIP_MIN;
	bool gzip = varies && xfw_gzip_wanted(field(http, "Accept-Encoding"));
	struct MHD_Response *response;
	enum MHD_Result result;
	uint64_t size;

	if (gzip) {
		reply->gzip = xfw_gzip_begin();
		gzip = reply->gzip != NULL;
	}
	size = (reply->last && !gzip) ? reply->len : MHD_SIZE_UNKNOWN;
	response = MHD_create_response_from_callback(size, BLOCK, reply_read,
						     reply, reply_free);
	if (response == NULL) {
		reply_free(reply);
		return (MHD_NO);
	}
	if (head && size == MHD_SIZE_UNKNOWN) {
		not_chunked(response);
	}
	result = add_fields(response, reply, varies, gzip)
			 ? MHD_queue_response(http, reply->answer.status,
					      response)
			 : MHD_NO;
	MHD_destroy_response(response);
	return (result);
}

/*--- the request ----------------------------------------------------------------*/

static void
fill_answer(xfw_connection_t *connection, struct MHD_Connection *http,
	    const char *method, xfw_answer_t *answer) {
	const xfw_endpoint_t *endpoint = connection->endpoint;
	const xfw_channel_ops_t *ops = &endpoint->channel->ops;
	xfw_request_t request = {
		.method = method,
		.target = connection->target,
		.accept = field(http, "Accept"),
	};

	if (ops->allowed(ops->arg, endpoint->acl,
			 (const struct sockaddr *)&connection->peer))
	{
		ops->answer(ops->arg, &request, answer);
	} else {
		xfw_answer_error(answer, MHD_HTTP_FORBIDDEN,
				 "this client is not allowed to read");
	}
	if (answer->body == NULL && answer->fixed == NULL &&
	    answer->text.failed)
	{
		xfw_text_free(&answer->text);
		xfw_answer_error(answer, MHD_HTTP_INTERNAL_SERVER_ERROR,
				 "out of memory");
	}
}

/* A request that brings a body is answered before that is read, after which the
 * connection is closed. */
static bool
has_body(struct MHD_Connection *http) {
	const char *length = field(http, "Content-Length");

	return (field(http, "Transfer-Encoding") != NULL ||
		(length != NULL && length[strspn(length, "0")] != '\0'));
}

void *
xfw_http_begin(void *arg, const char *target, struct MHD_Connection *http) {
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		http, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	xfw_connection_t *connection =
		(info != NULL) ? info->socket_context : NULL;

	(void)arg;
	if (connection != NULL) {
		connection->complete = false;
		connection->target = strdup(target != NULL ? target : "");
		if (connection->standing == XFW_STANDING_IDLE) {
			xfw_connection_stands(connection, XFW_STANDING_ASKING);
		}
	}
	return (connection);
}

enum MHD_Result
xfw_http_handle(void *arg, struct MHD_Connection *http, const char *url,
		const char *method, const char *version, const char *upload,
		size_t *upload_len, void **context) {
	xfw_connection_t *connection = *context;
	reply_t *reply;

	(void)arg;
	(void)url;
	(void)version;
	(void)upload;
	*upload_len = 0;
	if (connection == NULL || connection->target == NULL ||
	    connection->standing == XFW_STANDING_DOOMED)
	{
		return (MHD_NO);
	}
	if (!connection->complete) {
		connection->complete = true;
		xfw_connection_stands(connection, XFW_STANDING_ANSWERING);
		if (!has_body(http)) {
			return (MHD_YES); /* an answer now would close it */
		}
	}
	if (xfw_endpoint_tired(connection->endpoint)) {
		xfw_connection_postpone(connection);
		return (MHD_YES);
	}
	reply = calloc(1, sizeof(*reply));
	if (reply == NULL) {
		return (MHD_NO);
	}
	reply->connection = connection;
	fill_answer(connection, http, method, &reply->answer);
	reply_first(reply);
	return (send_reply(http, reply, strcmp(method, "HEAD") == 0));
}

void
xfw_http_end(void *arg, struct MHD_Connection *http, void **context,
	     enum MHD_RequestTerminationCode code) {
	xfw_connection_t *connection = *context;

	(void)arg;
	(void)http;
	(void)code;
	if (connection == NULL) {
		return;
	}
	free(connection->target);
	connection->target = NULL;
	if (connection->standing != XFW_STANDING_DOOMED) {
		xfw_connection_stands(connection, XFW_STANDING_IDLE);
	}
}
