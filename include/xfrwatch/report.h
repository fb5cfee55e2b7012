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

#include <xfrwatch/mode.h>
#include <xfrwatch/plan.h>
#include <xfrwatch/state.h>

/*--- text (report/text.c) ---------------------------------------------------*/

/*
 * A string that grows, or one of a fixed size in the caller's buffer
 * (XFW_TEXT_FIXED). When there is no memory or no room it takes what fits,
 * nothing more after that, and `failed` is set. Always NUL-terminated.
 */
typedef struct xfw_text {
	char *data; /* NULL while empty, unless fixed */
	size_t used;
	size_t size;
	bool failed;
	bool fixed; /* `data` is the caller's */
} xfw_text_t;

/* Requires: size > 0 and buf[0] == '\0'. */
#define XFW_TEXT_FIXED(buf, len) \
	((xfw_text_t){ .data = (buf), .size = (len), .fixed = true })

void
xfw_text_printf(xfw_text_t *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Append `s` so that it can never forge a line or a field: bytes outside
 * printable ASCII and '"' become \DDD (as in master files). What BIND has
 * escaped already ("\010", "\.") stays as it is, and a backslash that escapes
 * nothing becomes \092: so doing it twice is doing it once.
 *
 * value  as one value: within quotes as a whole if it holds a space or '='
 * word   without quotes: a space becomes \032
 * prose  for use within quotes: spaces stay
 *
 * NULL and "" are appended as "-".
 */
void
xfw_text_value(xfw_text_t *text, const char *s);

void
xfw_text_word(xfw_text_t *text, const char *s);

void
xfw_text_prose(xfw_text_t *text, const char *s);

/* Empties it, but keeps its memory. */
void
xfw_text_reset(xfw_text_t *text);

void
xfw_text_free(xfw_text_t *text);

/*--- lines (report/line.c) --------------------------------------------------*/

/* As much as named's log and syslog's usual daemons take. A name may be 1010
 * characters; it stands in a line six times at most. */
#define XFW_LINE_MAX 8000

/*
 * The line for a notice, "xfrwatch: incident=7 event=opened ...": one line,
 * key=value, the same keys everywhere, no newline. Returns its length; a line
 * that does not fit is cut and ends in "...".
 */
size_t
xfw_line(char *buf, size_t size, const xfw_notice_t *notice);

/*
 * What the steps of an incident's plan are filled in with: primary, zone, key and
 * source of its last diagnosis; without one the primary, and `zone` or, if that is
 * NULL, its first zone. Points into the incident.
 */
void
xfw_line_context(xfw_plan_context_t *context, const xfw_incident_t *incident,
		 const xfw_zone_t *zone);

/* The incident's diagnosis; NULL if there is none of the cause that it is held for
 * now. */
const xfw_diagnosis_t *
xfw_line_diagnosis(const xfw_incident_t *incident);

/*
 * Finding `i` of a diagnosis in words, "soa-udp: REFUSED, 0.3 ms (agrees)", escaped
 * as prose. Returns its length; cut if it does not fit. Requires: i < findings.count,
 * size > 0.
 */
#define XFW_LINE_RESULT_MAX   256 /* of the finding alone */
#define XFW_LINE_EVIDENCE_MAX 320
size_t
xfw_line_evidence(char *buf, size_t size, const xfw_diagnosis_t *diagnosis,
		  size_t i);

/*
 * What all text surfaces say of a zone. primary: of the feed for whose cause it
 * fails, NULL if there is none. cause: its name, "-" for none. serving: false if
 * it is not served, or its serial not known. left: seconds to the deadline,
 * rounded up, 0 when it has passed, -1 when it is not known. deadline_by:
 * "signature" if that is what the deadline is, NULL if it is not.
 */
const char *
xfw_line_primary(const xfw_zone_t *zone);

const char *
xfw_line_cause(xfw_cause_t cause);

bool
xfw_line_serving(const xfw_zone_t *zone);

int64_t
xfw_line_left(const xfw_zone_t *zone, int64_t now_ms);

const char *
xfw_line_deadline_by(const xfw_zone_t *zone);

/*
 * The zone of an incident that is lost next: nearest deadline still to come. If
 * there is none such, its most pressing one; NULL if it has no zones. Constant
 * time, unless some of its zones are lost already: then all are looked at.
 */
const xfw_zone_t *
xfw_line_nearest(const xfw_incident_t *incident, int64_t now_ms);

/*--- syslog (report/syslog.c) -----------------------------------------------*/

#define XFW_SYSLOG_NONE (-1)

/* LOG_DAEMON, ... by name ("daemon", "local0", ..., in any case, as in named.conf);
 * XFW_SYSLOG_NONE for "none"; XFW_SYSLOG_UNKNOWN for a name that is not known. */
#define XFW_SYSLOG_UNKNOWN (-2)
int
xfw_syslog_facility(const char *name);

/* The names that xfw_syslog_facility() takes, "kern", "user", ..., NULL-ended. */
const char *const *
xfw_syslog_facilities(void);

/* Lines kept while the daemon does not read or is not there. */
#define XFW_SYSLOG_KEEP 256

/* Sends one line, or keeps it. Never waits, and never calls openlog(), which is
 * named's. Does nothing if `facility` is negative. */
void
xfw_syslog(int facility, xfw_severity_t severity, const char *line);

/* Tries again what was kept; returns how many lines still wait. */
unsigned
xfw_syslog_flush(void);

/* Tries once more, closes the connection and forgets the rest. */
void
xfw_syslog_close(void);

/* The daemon's socket, for tests; "" for the system's. */
void
xfw_syslog_path(const char *path);

/*--- statistics file (report/block.c, report/statsfile.c) --------------------*/

/* What the ring and its reader know, and in which mode they are; given to the
 * renderers. */
typedef struct xfw_recorder {
	uint64_t recorded;     /* events put into the ring */
	uint64_t lost;	       /* overwritten or dropped before they were read */
	uint64_t unclassified;
	uint64_t capacity;     /* slots of the ring */
	xfw_mode_t mode;
	const char *bind_version; /* of the named we run in; NULL or "": not known */
	const char *bind_built;	  /* the one that the plugin was built for */
} xfw_recorder_t;

#define XFW_BLOCK_ZONES_MAX 1000 /* failing zones listed */
#define XFW_BLOCK_WHOLE_MAX 100	 /* incidents told with their evidence and steps */

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
 * is tried again at the next dump. A dump that is half written is waited for.
 *
 * What decides is the file's content: each end line of a dump of named's is owed
 * a block. Dumps that are in the file already get none. The file is never made.
 *
 * The file is looked at every 100 ms (one stat(2) if nothing has changed); on
 * Linux inotify tells of a dump at once, and where it cannot (no inotify, its
 * limits reached) that is said.
 *
 * Requires: named ignores SIGXFSZ, and so must every other process.
 * Returns NULL on lack of memory. `loop`'s thread only.
 */
xfw_statsfile_t *
xfw_statsfile_open(struct uv_loop_s *loop, const char *path,
		   const xfw_statsfile_ops_t *ops);

/* Ends the watch; the handles are closed by the loop's next turns, memory is freed
 * then, no callback is made any more. */
void
xfw_statsfile_close(xfw_statsfile_t *file);

/* Nobody connected to named's control channel of late: it is looked at more rarely. */
void
xfw_statsfile_calm(xfw_statsfile_t *file, bool calm);

/* The path as given. */
const char *
xfw_statsfile_path(const xfw_statsfile_t *file);

#endif /* XFRWATCH_REPORT_H */
