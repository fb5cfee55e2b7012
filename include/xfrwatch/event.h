/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The event record: what the classifier makes of one log line of libdns, what
 * travels through the ring, and what the monitor reads.
 *
 * Guarantee: plain data without pointers; may be copied byte by byte.
 * Threads: written by named's threads, read by the monitor.
 */
#ifndef XFRWATCH_EVENT_H
#define XFRWATCH_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include <xfrwatch/cause.h>

/* What a line says about an attempt (one refresh against one primary). */
typedef enum xfw_kind {
	XFW_KIND_IRRELEVANT = 0,   /* not about inbound refresh: not recorded */
	XFW_KIND_INFO,		   /* known, about refresh, changes nothing */
	XFW_KIND_SOA_FAILED,	   /* SOA phase failed, attempt is over */
	XFW_KIND_SOA_FAILED_XFR,   /* SOA phase failed, BIND tries TCP transfer */
	XFW_KIND_SOA_SERIAL,	   /* debug: "serial: new N, old M" */
	XFW_KIND_SETUP_FAILED,	   /* no query could be sent: key, TLS, primaries */
	XFW_KIND_XFR_DEFERRED,	   /* "deferred due to quota" */
	XFW_KIND_XFR_STARTED,	   /* "Transfer started." (no primary in it) */
	XFW_KIND_XFR_CONNECTED,	   /* "connected using ..." */
	XFW_KIND_XFR_DETAIL,	   /* explains the failure that follows */
	XFW_KIND_XFR_FAILED,	   /* xfrin_fail() line: the real reason */
	XFW_KIND_XFR_SERIAL,	   /* "transferred serial N": success */
	XFW_KIND_XFR_STATUS_OK,	   /* "Transfer status: success" */
	XFW_KIND_XFR_STATUS_SAME,  /* "Transfer status: up to date" */
	XFW_KIND_XFR_STATUS_FAILED,/* "Transfer status: <anything else>" */
	XFW_KIND_XFR_ENDED,	   /* "Transfer completed: ..." (also after failures) */
	XFW_KIND_UNREACHABLE,	   /* skipped: primary is in the unreachable cache */
	XFW_KIND_EXPIRED,	   /* zone expired */
	XFW_KIND_LOADED,	   /* "loaded serial N" */
	XFW_KIND_STORAGE_FAILED,   /* zone or journal could not be written here */
	XFW_KIND_NOTIFY,	   /* NOTIFY taken, refresh starts (serial if given) */
	XFW_KIND_NOTIFY_SAME,	   /* "notify from A: zone is up to date" */
	XFW_KIND_NOTIFY_QUEUED,	   /* refresh in progress, check queued */
	XFW_KIND_NOTIFY_REFUSED,   /* "refused notify from non-primary: A" */
	XFW_KIND_ZONES_CHANGED,	   /* catalog zone updated: take a census */
	XFW_KIND_SHUTDOWN,	   /* shutting down or cancelled: never a failure */
	XFW_KIND_UNKNOWN,	   /* about refresh or transfer, text not known */
	XFW_KIND_COUNT
} xfw_kind_t;

typedef enum xfw_phase {
	XFW_PHASE_NONE = 0,
	XFW_PHASE_SOA,
	XFW_PHASE_TRANSFER
} xfw_phase_t;

#define XFW_EVENT_HAS_SERIAL	 0x01 /* `serial` is what the primary has */
#define XFW_EVENT_HAS_OLD_SERIAL 0x02 /* `old_serial` is what we serve */
#define XFW_EVENT_TRUNCATED	 0x04 /* `text` was cut to fit */
#define XFW_EVENT_KEY_TRUNCATED	 0x08 /* `zone` was cut: match by zone_hash */
#define XFW_EVENT_RAW		 0x10 /* line came from "(unsigned)" (inline-signing) */
#define XFW_EVENT_WEAK		 0x20 /* UNKNOWN, and perhaps not about refresh */

/* Fits a slot of the ring: header and strings together. */
#define XFW_EVENT_SIZE	       488
#define XFW_EVENT_HEADER       64
#define XFW_EVENT_STRINGS      (XFW_EVENT_SIZE - XFW_EVENT_HEADER)
#define XFW_EVENT_PRIMARY_MAX  64 /* "address%scope#port" */
#define XFW_EVENT_ZONE_MAX     300

/*
 * strings[] holds three NUL-terminated strings one behind the other, at
 * offsets 0, primary_at and text_at:
 *   zone     "name/class" or "name/class/view", as BIND prints it, without
 *            " (signed)" and " (unsigned)"; "" when the line names none
 *   primary  "address#port" as BIND prints it; "" when the line names none
 *   text     the message behind the zone or transfer prefix
 */
typedef struct xfw_event {
	int64_t time_ns;     /* realtime clock, taken before the ticket */
	uint64_t zone_hash;  /* xfw_key_hash() of the whole zone string */
	uint64_t attempt_id; /* 9.20's pointer prefix; 0 when there is none */
	uint32_t serial;     /* RFC 1982 serial, if XFW_EVENT_HAS_SERIAL */
	uint32_t old_serial; /* if XFW_EVENT_HAS_OLD_SERIAL */
	uint8_t kind;	     /* xfw_kind_t */
	uint8_t cause;	     /* xfw_cause_t, XFW_CAUSE_NONE if it is no failure */
	uint8_t phase;	     /* xfw_phase_t */
	uint8_t flags;	     /* XFW_EVENT_* */
	int16_t level;	     /* BIND's: -5 critical .. -1 info, > 0 debug */
	uint16_t primary_at;
	uint16_t text_at;
	uint16_t used;	     /* bytes of strings[] in use */
	uint32_t reserved[5];
	char strings[XFW_EVENT_STRINGS];
} xfw_event_t;

_Static_assert(sizeof(xfw_event_t) == XFW_EVENT_SIZE, "event fits its slot");
_Static_assert(offsetof(xfw_event_t, strings) == XFW_EVENT_HEADER,
	       "event header");

static inline const char *
xfw_event_zone(const xfw_event_t *ev) {
	return (ev->strings);
}

static inline const char *
xfw_event_primary(const xfw_event_t *ev) {
	return (ev->strings + ev->primary_at);
}

static inline const char *
xfw_event_text(const xfw_event_t *ev) {
	return (ev->strings + ev->text_at);
}

/* Bytes of the record that carry data: what is put into the ring. */
static inline size_t
xfw_event_bytes(const xfw_event_t *ev) {
	return (offsetof(xfw_event_t, strings) + ev->used);
}

#endif /* XFRWATCH_EVENT_H */
