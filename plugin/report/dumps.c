/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Reads named's statistics file and finds the dumps in it.
 * Runs in the monitor's thread.
 *
 * A dump goes from "+++ Statistics Dump +++ (T)" to "--- Statistics Dump --- (T)",
 * both with the time at which it began; named writes it through stdio, so that it
 * grows in pieces that end anywhere.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xfrwatch/report.h>

#include "dumps.h"

#define NAMED_BEGIN "+++ Statistics Dump +++ ("
#define NAMED_END   "--- Statistics Dump --- ("
#define OUR_END	    XFW_BLOCK_END " ("

#define PIECE 16384 /* bytes read at a time */

void
xfw_dumps_begin(xfw_dumps_t *dumps, off_t size, int64_t since_s) {
	*dumps = (xfw_dumps_t){ .since_s = since_s };
	if (size > XFW_DUMPS_REACH) {
		dumps->offset = size - XFW_DUMPS_REACH;
		dumps->skip = true;
	}
}

static bool
starts(const xfw_dumps_t *dumps, const char *with) {
	return (strncmp(dumps->line, with, strlen(with)) == 0);
}

static void
end_line(xfw_dumps_t *dumps) {
	dumps->line[dumps->line_len] = '\0';
	if (starts(dumps, NAMED_BEGIN)) {
		dumps->inside = true;
	} else if (starts(dumps, NAMED_END)) {
		dumps->inside = false;
		if (strtoll(dumps->line + strlen(NAMED_END), NULL, 10) >=
		    dumps->since_s)
		{
			dumps->owed++;
		}
	} else if (starts(dumps, OUR_END) && dumps->owed > 0) {
		dumps->owed--;
	}
}

static void
take_lines(xfw_dumps_t *dumps, const char *data, size_t len) {
	const char *end = data + len;

	while (data < end) {
		const char *newline = memchr(data, '\n', (size_t)(end - data));
		size_t part = (size_t)((newline != NULL ? newline : end) - data);

		if (!dumps->skip && dumps->line_len + part < XFW_DUMPS_LINE) {
			memcpy(dumps->line + dumps->line_len, data, part);
			dumps->line_len += part;
		} else {
			dumps->skip = true;
		}
		data += part;
		if (newline == NULL) {
			break;
		}
		if (!dumps->skip) {
			end_line(dumps);
		}
		dumps->line_len = 0;
		dumps->skip = false;
		data++;
	}
}

static void
take_mark(xfw_dumps_t *dumps, const char *data, size_t len) {
	size_t keep = dumps->mark_len;

	if (len >= XFW_DUMPS_MARK) {
		data += len - XFW_DUMPS_MARK;
		len = XFW_DUMPS_MARK;
	}
	if (keep + len > XFW_DUMPS_MARK) {
		keep = XFW_DUMPS_MARK - len;
	}
	memmove(dumps->mark, dumps->mark + dumps->mark_len - keep, keep);
	memcpy(dumps->mark + keep, data, len);
	dumps->mark_len = keep + len;
}

static void
take(xfw_dumps_t *dumps, const char *data, size_t len) {
	take_lines(dumps, data, len);
	take_mark(dumps, data, len);
	dumps->offset += (off_t)len;
}

void
xfw_dumps_skip(xfw_dumps_t *dumps, int fd, off_t size) {
	char tail[XFW_DUMPS_MARK];
	off_t from = (size > XFW_DUMPS_MARK) ? size - XFW_DUMPS_MARK : 0;

	/* The last bytes tell in which line it ends, and by what to know it. */
	*dumps = (xfw_dumps_t){ .since_s = INT64_MAX,
				.offset = from,
				.skip = (from > 0) };
	ssize_t len = (fd != -1) ? pread(fd, tail, (size_t)(size - from), from) : -1;
	if (len > 0 && len == size - from) {
		take(dumps, tail, (size_t)len);
	} else {
		dumps->offset = size;
	}
	dumps->since_s = INT64_MIN;
}

bool
xfw_dumps_continued(const xfw_dumps_t *dumps, int fd, off_t size) {
	char tail[XFW_DUMPS_MARK];

	if (size < dumps->offset) {
		return (false);
	}
	ssize_t len = pread(fd, tail, dumps->mark_len,
			    dumps->offset - (off_t)dumps->mark_len);
	return (len == (ssize_t)dumps->mark_len &&
		memcmp(tail, dumps->mark, dumps->mark_len) == 0);
}

int
xfw_dumps_read(xfw_dumps_t *dumps, int fd) {
	char piece[PIECE];

	for (;;) {
		ssize_t len = pread(fd, piece, sizeof(piece), dumps->offset);

		if (len == 0) {
			/* Whatever comes now is new, whatever its clock says. */
			dumps->since_s = INT64_MIN;
			return (0);
		}
		if (len > 0) {
			take(dumps, piece, (size_t)len);
		} else if (errno != EINTR) {
			return (errno);
		}
	}
}

void
xfw_dumps_wrote(xfw_dumps_t *dumps, const char *data, size_t len) {
	take(dumps, data, len);
}

bool
xfw_dumps_complete(const xfw_dumps_t *dumps) {
	return (!dumps->inside && !dumps->skip && dumps->line_len == 0);
}
