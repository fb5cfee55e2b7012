/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the statistics file holds: which dumps of named's are still owed a block.
 *
 * Guarantee: reads only what is new, in pieces; allocates nothing, writes nothing.
 * Threads: the monitor's. Reading the file may block it.
 */
#ifndef XFRWATCH_REPORT_DUMPS_H
#define XFRWATCH_REPORT_DUMPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define XFW_DUMPS_LINE 64 /* longer lines are none of those looked for */
#define XFW_DUMPS_MARK 64 /* bytes by which a file is known again */

/* More than that of a file that was not seen before is not read. */
#define XFW_DUMPS_REACH ((off_t)64 << 20)

typedef struct xfw_dumps {
	off_t offset;	 /* what lies before it was read */
	int64_t since_s; /* until the end was reached once: dumps begun before
			  * (realtime seconds) are not owed */
	uint32_t owed;	 /* dumps that no block of ours followed yet */
	bool inside;	 /* a dump has begun and not ended */
	bool skip;	 /* up to the next line: too long, or its begin not read */
	size_t line_len;
	size_t mark_len;
	char line[XFW_DUMPS_LINE]; /* begin of the line that is not complete */
	char mark[XFW_DUMPS_MARK]; /* the bytes before `offset` */
} xfw_dumps_t;

/* A file of which nothing was read; `size` is what it has. */
void
xfw_dumps_begin(xfw_dumps_t *dumps, off_t size, int64_t since_s);

/* A file that has nothing to tell up to `size`; fd may be -1: cannot be read. */
void
xfw_dumps_skip(xfw_dumps_t *dumps, int fd, off_t size);

/* False if the file is not the one that was read, continued: it is shorter, or
 * has other bytes where the reading ended. */
bool
xfw_dumps_continued(const xfw_dumps_t *dumps, int fd, off_t size);

/* Reads on to the file's end. Returns 0 or errno. */
int
xfw_dumps_read(xfw_dumps_t *dumps, int fd);

/* `len` bytes of a block were written at `offset`, and nothing else. */
void
xfw_dumps_wrote(xfw_dumps_t *dumps, const char *data, size_t len);

/* True if the file ends neither within a dump nor within a line. */
bool
xfw_dumps_complete(const xfw_dumps_t *dumps);

#endif /* XFRWATCH_REPORT_DUMPS_H */
