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

/*
 * What a line says about an attempt (one refresh against one primary), and how the
 * channel's events name it. Append-only: names are read by scripts. Lines by which
 * BIND says that an attempt failed, and why, share the name "attempt-failed".
 */
#define XFW_KINDS(KIND)                                                        \
	/* not about inbound refresh: not recorded */                          \
	KIND(IRRELEVANT, "irrelevant")                                         \
	/* known, about refresh, changes nothing */                            \
	KIND(INFO, "info")                                                     \
	/* SOA phase failed, attempt is over */                                \
	KIND(SOA_FAILED, "attempt-failed")                                     \
	/* SOA phase failed, BIND tries TCP transfer */                        \
	KIND(SOA_FAILED_XFR, "query-failed")                                   \
	/* debug: "serial: new N, old M" */                                    \
	KIND(SOA_SERIAL, "serial-checked")                                     \
	/* no query could be sent: key, TLS, primaries */                      \
	KIND(SETUP_FAILED, "attempt-failed")                                   \
	/* "deferred due to quota" */                                          \
	KIND(XFR_DEFERRED, "transfer-deferred")                                \
	/* "Transfer started." (no primary in it) */                           \
	KIND(XFR_STARTED, "transfer-started")                                  \
	/* "connected using ..." */                                            \
	KIND(XFR_CONNECTED, "transfer-connected")                              \
	/* explains the failure that follows */                                \
	KIND(XFR_DETAIL, "transfer-detail")                                    \
	/* xfrin_fail() line: the real reason */                               \
	KIND(XFR_FAILED, "attempt-failed")                                     \
	/* "transferred serial N": success */                                  \
	KIND(XFR_SERIAL, "zone-transferred")                                   \
	/* "Transfer status: success" */                                       \
	KIND(XFR_STATUS_OK, "transfer-succeeded")                              \
	/* "Transfer status: up to date" */                                    \
	KIND(XFR_STATUS_SAME, "transfer-up-to-date")                           \
	/* "Transfer status: <anything else>" */                               \
	KIND(XFR_STATUS_FAILED, "transfer-failed")                             \
	/* "Transfer completed: ..." (also after failures) */                  \
	KIND(XFR_ENDED, "transfer-ended")                                      \
	/* skipped: primary is in the unreachable cache */                     \
	KIND(UNREACHABLE, "attempt-failed")                                    \
	/* zone expired */                                                     \
	KIND(EXPIRED, "zone-expired")                                          \
	/* "loaded serial N" */                                                \
	KIND(LOADED, "zone-loaded")                                            \
	/* zone or journal could not be written here */                        \
	KIND(STORAGE_FAILED, "storage-failed")                                 \
	/* NOTIFY taken, refresh starts (serial if given) */                   \
	KIND(NOTIFY, "notify-taken")                                           \
	/* "notify from A: zone is up to date" */                              \
	KIND(NOTIFY_SAME, "notify-up-to-date")                                 \
	/* refresh in progress, check queued */                                \
	KIND(NOTIFY_QUEUED, "notify-queued")                                   \
	/* "refused notify from non-primary: A" */                             \
	KIND(NOTIFY_REFUSED, "notify-refused")                                 \
	/* catalog zone updated: take a census */                              \
	KIND(ZONES_CHANGED, "zones-changed")                                   \
	/* shutting down or cancelled: never a failure */                      \
	KIND(SHUTDOWN, "shutdown")                                             \
	/* about refresh or transfer, text not known */                        \
	KIND(UNKNOWN, "unclassified")

typedef enum xfw_kind {
#define XFW_KIND_ID(id, name) XFW_KIND_##id,
	XFW_KINDS(XFW_KIND_ID)
#undef XFW_KIND_ID
	XFW_KIND_COUNT
} xfw_kind_t;

/* "attempt-failed", ...; never NULL. */
const char *
xfw_kind_name(xfw_kind_t kind);

typedef enum xfw_phase {
	XFW_PHASE_NONE = 0,
	XFW_PHASE_SOA,
	XFW_PHASE_TRANSFER
} xfw_phase_t;

/* "soa", "transfer"; NULL for XFW_PHASE_NONE. */
const char *
xfw_phase_name(xfw_phase_t phase);

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
