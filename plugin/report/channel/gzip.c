/* SPDX-License-Identifier: MPL-2.0 */
/*
 * gzip as a content coding (RFC 9110, 8.4.1.3): who asks for it, and the encoding
 * of a stream in memory of a fixed size. Runs in the monitor's thread.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "channel_priv.h"

/* A window of 8 KB and small tables: 64 KB a connection instead of 256; what we
 * say repeats itself within less. */
#define WINDOW_BITS (13 + 16) /* 16: with gzip's header */
#define MEMORY_LEVEL 6

struct xfw_gzip {
	z_stream stream;
};

/*--- Accept-Encoding ------------------------------------------------------------*/

static size_t
spaces(const char *s) {
	return (strspn(s, " \t"));
}

/* The parameters of an element: false if they hold a weight of 0 ("0", "0.000"). */
static bool
wanted_at_all(const char *s, size_t len) {
	const char *end = s + len;

	while (s < end && (s = memchr(s, ';', (size_t)(end - s))) != NULL) {
		s++;
		s += spaces(s);
		if (strncasecmp(s, "q", 1) != 0 || s[1 + spaces(s + 1)] != '=') {
			continue;
		}
		s += 1 + spaces(s + 1) + 1;
		s += spaces(s);
		return (s[strspn(s, "0.")] >= '1' && s[strspn(s, "0.")] <= '9');
	}
	return (true);
}

static bool
is_coding(const char *s, size_t len, const char *coding) {
	return (len == strlen(coding) && strncasecmp(s, coding, len) == 0);
}

bool
xfw_gzip_wanted(const char *accept_encoding) {
	const char *s = accept_encoding;
	bool any = false;

	while (s != NULL && *s != '\0') {
		size_t all, name;

		s += strspn(s, " \t,");
		all = strcspn(s, ",");
		name = strcspn(s, " \t,;");
		if (is_coding(s, name, "gzip") || is_coding(s, name, "x-gzip")) {
			return (wanted_at_all(s, all));
		}
		if (is_coding(s, name, "*")) {
			any = wanted_at_all(s, all);
		}
		s += all;
	}
	return (any);
}

/*--- encoding -------------------------------------------------------------------*/

xfw_gzip_t *
xfw_gzip_begin(void) {
	xfw_gzip_t *gzip = calloc(1, sizeof(*gzip));

	if (gzip != NULL &&
	    deflateInit2(&gzip->stream, Z_BEST_SPEED, Z_DEFLATED, WINDOW_BITS,
			 MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
	{
		free(gzip);
		gzip = NULL;
	}
	return (gzip);
}

size_t
xfw_gzip(xfw_gzip_t *gzip, const char **in, size_t *in_len, bool last, char *out,
	 size_t out_len, bool *done) {
	z_stream *stream = &gzip->stream;
	/* zlib counts in unsigned int; what is left is taken the next time. */
	uInt taken = (*in_len < INT_MAX) ? (uInt)*in_len : INT_MAX;
	uInt room = (out_len < INT_MAX) ? (uInt)out_len : INT_MAX;
	bool all = last && taken == *in_len;

	/* zlib reads what it is given, and is not declared so. */
	stream->next_in = (Bytef *)(uintptr_t)*in;
	stream->avail_in = taken;
	stream->next_out = (Bytef *)out;
	stream->avail_out = room;
	*done = deflate(stream, all ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_END;
	*in += taken - stream->avail_in;
	*in_len -= taken - stream->avail_in;
	return (room - stream->avail_out);
}

void
xfw_gzip_end(xfw_gzip_t *gzip) {
	if (gzip != NULL) {
		(void)deflateEnd(&gzip->stream);
		free(gzip);
	}
}
