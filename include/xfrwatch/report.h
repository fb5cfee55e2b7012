/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The report room: lines for the log and syslog, the block in named's
 * statistics file, the watch over that file.
 *
 * Guarantee: nothing here aborts; what cannot be written is said once and left.
 * Threads: the monitor's only. I/O may block this thread, never named's.
 * Units and clocks: as in state.h.
 */
#ifndef XFRWATCH_REPORT_H
#define XFRWATCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xfrwatch/state.h>

/*--- text (report/text.c) ---------------------------------------------------*/

/* A string that grows; on lack of memory it stops growing and `failed` is set. */
typedef struct xfw_text {
	char *data; /* NUL-terminated, NULL while empty */
	size_t used;
	size_t size;
	bool failed;
} xfw_text_t;

void
xfw_text_printf(xfw_text_t *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Appends `s` so that it can never forge a line or a field: bytes outside
 * printable ASCII, '"' and '\\' become \DDD (as in master files); quoted as a
 * whole if it holds a space or '='.
 */
void
xfw_text_value(xfw_text_t *text, const char *s);

/* Empties it but keeps the memory. */
void
xfw_text_reset(xfw_text_t *text);

void
xfw_text_free(xfw_text_t *text);

/*--- lines (report/line.c) --------------------------------------------------*/

#define XFW_LINE_MAX 2048

/*
 * The line for a notice, "xfrwatch: incident=7 event=opened ...": one line,
 * key=value, the same keys everywhere, no newline. Returns its length; a line
 * that does not fit is cut and ends in "...".
 */
size_t
xfw_line(char *buf, size_t size, const xfw_notice_t *notice);

/* The cause's action with its placeholders filled in. */
size_t
xfw_line_action(char *buf, size_t size, xfw_cause_t cause, const char *primary,
		const char *zone_key);

/*--- syslog(3) (report/syslog.c) --------------------------------------------*/

#define XFW_SYSLOG_NONE (-1)

/* LOG_DAEMON, ... by name ("daemon", "local0", ...); XFW_SYSLOG_NONE for "none";
 * -2 for a name that is not known. */
int
xfw_syslog_facility(const char *name);

/* The names that xfw_syslog_facility() takes, "kern", "user", ..., NULL-ended. */
const char *const *
xfw_syslog_facilities(void);

/* Sends one line. Never calls openlog(), which is named's. May block. */
void
xfw_syslog(int facility, xfw_severity_t severity, const char *line);

/*--- statistics file (report/block.c, report/statsfile.c) --------------------*/

/* What the ring and its reader know; given to the renderers. */
typedef struct xfw_recorder {
	uint64_t recorded;     /* events put into the ring */
	uint64_t lost;	       /* overwritten or dropped before they were read */
	uint64_t unclassified;
	uint64_t capacity;     /* slots of the ring */
} xfw_recorder_t;

#define XFW_BLOCK_ZONES_MAX 1000 /* failing zones listed */

#define XFW_BLOCK_BEGIN "+++ xfrwatch Statistics Dump +++"
#define XFW_BLOCK_END	"--- xfrwatch Statistics Dump ---"

/* Appends the block as laid down (begin to end line) to `text`. */
void
xfw_block(xfw_text_t *text, const xfw_state_t *state,
	  const xfw_recorder_t *recorder, int64_t now_ms);

struct uv_loop_s;
typedef struct xfw_statsfile xfw_statsfile_t;

typedef struct xfw_statsfile_ops {
	/* Makes the block. */
	void (*render)(void *arg, xfw_text_t *text);
	/* Says a problem or its end, once each ("cannot write ...: No space..."). */
	void (*say)(void *arg, xfw_severity_t severity, const char *message);
	void *arg;
} xfw_statsfile_ops_t;

/*
 * Watches `path` (a relative one is taken from the process's working directory
 * at each use, as named does) on `loop` and appends one block after each dump of
 * named's, within 200 ms: also after the file was created, truncated, rotated,
 * removed, or is a symbolic link; never twice; never because of our own write; a
 * write that fails or is cut short leaves the file as it was, is said once, and
 * is tried again at the next dump. Where files cannot be watched (no inotify, its
 * limits reached) it looks every 100 ms instead and says so.
 * Dumps that are in the file already get no block.
 *
 * Returns NULL on lack of memory. `loop`'s thread only.
 */
xfw_statsfile_t *
xfw_statsfile_open(struct uv_loop_s *loop, const char *path,
		   const xfw_statsfile_ops_t *ops);

/* Ends the watch; the handles are closed by the loop's next turns, memory is freed
 * then, no callback is made any more. */
void
xfw_statsfile_close(xfw_statsfile_t *file);

/* The path as given. */
const char *
xfw_statsfile_path(const xfw_statsfile_t *file);

#endif /* XFRWATCH_REPORT_H */
