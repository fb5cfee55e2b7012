/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The state: zones, primaries, attempts, incidents. Events and timers go in,
 * notices (what has to be said) come out; the renderers read the structures.
 *
 * Guarantee: never blocks, never does I/O, never aborts; on lack of memory an
 * input is dropped and counted (xfw_counters_t.out_of_memory).
 * Threads: one only, the monitor's. Nothing here is locked.
 * Clocks: every `_ms` is realtime milliseconds since the epoch, every `_s` that
 * is a time realtime seconds since the epoch (the clock by which named expires
 * zones); intervals are seconds. 0 means "not known".
 * Source: RFC 1034 4.3.5 (refresh, retry, expire), RFC 1982 (serials), RFC 1996
 * (NOTIFY), RFC 7314 (EXPIRE); how BIND behaves: doc/.
 */
#ifndef XFRWATCH_STATE_H
#define XFRWATCH_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xfrwatch/cause.h>
#include <xfrwatch/event.h>
#include <xfrwatch/finding.h>
#include <xfrwatch/route.h>
#include <xfrwatch/severity.h>
#include <xfrwatch/verdict.h>

typedef struct xfw_state xfw_state_t;
typedef struct xfw_zone xfw_zone_t;
typedef struct xfw_view xfw_view_t;
typedef struct xfw_primary xfw_primary_t;
typedef struct xfw_feed xfw_feed_t;
typedef struct xfw_incident xfw_incident_t;
typedef struct xfw_trouble xfw_trouble_t; /* private: what is under way or amiss */
typedef struct xfw_cluster xfw_cluster_t; /* private: cascade.c */

typedef enum xfw_zone_state {
	XFW_ZONE_OK = 0,
	XFW_ZONE_FAILING,
	XFW_ZONE_NEVER_LOADED,
	XFW_ZONE_EXPIRED,
	XFW_ZONE_STATES
} xfw_zone_state_t;

/* "ok", "failing", "never-loaded", "expired" */
const char *
xfw_zone_state_name(xfw_zone_state_t state);

typedef enum xfw_zone_type {
	XFW_ZONE_TYPE_UNKNOWN = 0, /* known from a log line only */
	XFW_ZONE_TYPE_SECONDARY,
	XFW_ZONE_TYPE_MIRROR,
	XFW_ZONE_TYPE_STUB
} xfw_zone_type_t;

/* "secondary", "mirror", "stub", "unknown" */
const char *
xfw_zone_type_name(xfw_zone_type_t type);

#define XFW_ZONE_HAS_SERIAL   0x01
#define XFW_ZONE_HAS_OFFERED  0x02
#define XFW_ZONE_HAS_NOTIFIED 0x04
#define XFW_ZONE_IN_CONFIG    0x08 /* declared by named.conf */
#define XFW_ZONE_IN_CENSUS    0x10 /* seen in the view's zone table */
#define XFW_ZONE_HAS_TIMERS   0x20 /* its timers were read at least once */
#define XFW_ZONE_LOADED	      0x40 /* has data, as far as is known */
#define XFW_ZONE_COUNTED      0x80 /* a success was heard since they were read */

#define XFW_NO_SLOT UINT32_MAX

/* One zone: 162 bytes and its key; with its first feed, its place among the due ones
 * and its part of the hash table 243 bytes and the key, measured at a million zones
 * (bench/RESULTS.md; 246 at 100,000, 260 at 10,000). */
struct xfw_zone {
	xfw_view_t *view;
	xfw_feed_t *feeds;	/* what each primary last did; singly linked */
	xfw_trouble_t *trouble; /* attempts under way, failures; NULL if none */
	xfw_zone_t *probe_next; /* in view->probe list */
	xfw_zone_t *table_next; /* hash chain */
	int64_t since_ms;	/* when `state` was entered */
	int64_t last_attempt_ms;
	int64_t last_success_ms;  /* transfer, or serial found unchanged */
	int64_t last_transfer_ms; /* a transfer that changed the serial */
	int64_t due_ms;		  /* next work of ours for this zone */
	uint32_t expires_s;	  /* as named holds it, until 2106; 0: never loaded */
	uint32_t refresh_at_s;	  /* next refresh as named holds it; the same */
	uint32_t due_slot;	  /* place in the heap of due work */
	uint32_t failures;	  /* consecutive failed attempts */
	uint32_t serial;	  /* serving */
	uint32_t offered;	  /* by the primary, in an answer or transfer */
	uint32_t offered_s;	  /* when that was learnt */
	uint32_t notified;	  /* by NOTIFY */
	uint32_t notified_s;	  /* when that was learnt */
	uint32_t refresh_s;	  /* from the SOA */
	uint32_t retry_s;
	uint32_t expire_s;
	uint32_t generation;	  /* of the declaration that last named it */
	uint32_t begun_s;	  /* when the refresh began that set refresh_at_s,
				   * at the earliest; 0: not known */
	uint32_t route;		  /* how named reaches its primaries (route.h) */
	uint32_t signature_s;	  /* first expiry of the apex SOA's RRSIGs, in
				   * the copy that we serve; 0: none (RFC 4034) */
	uint16_t validity_h;	  /* hours for which that signature was made */
	uint16_t renewed_h;	  /* hours that were left when the primary was seen
				   * to renew it, the fewest; 0: not seen yet */
	uint16_t expires_ms;	  /* and milliseconds, to expires_s */
	uint16_t key_len;
	uint8_t state;		  /* xfw_zone_state_t */
	uint8_t cause;		  /* xfw_cause_t while not ok */
	uint8_t severity;	  /* xfw_severity_t while not ok */
	uint8_t type;		  /* xfw_zone_type_t */
	uint8_t flags;		  /* XFW_ZONE_* */
	uint8_t primaries;	  /* how many are configured; 0: not known */
	uint8_t probing;	  /* in the probe list, or asked (private bits) */
	uint8_t notify_same;	  /* NOTIFYs in a row with the serial we have */
	uint16_t idle_refreshes;  /* refresh times passed with nothing heard */
	char key[];		  /* "name/class[/view]" as BIND prints it */
};

/* What one primary last did for one zone. */
struct xfw_feed {
	xfw_feed_t *next;	  /* of the same zone */
	xfw_zone_t *zone;
	xfw_primary_t *primary;
	xfw_incident_t *incident; /* NULL while it does not fail */
	int64_t last_ms;
	uint32_t slot;		  /* in incident's heap by deadline */
	uint32_t failures;	  /* consecutive */
	uint32_t recovery;	  /* the last one in which its zone was refreshed */
	uint8_t cause;		  /* XFW_CAUSE_NONE: last outcome was success */
	uint8_t severity;	  /* counted in the incident at this */
};

/* A primary, by its address as BIND prints it. "-" stands for none named. */
struct xfw_primary {
	xfw_primary_t *next;
	char *address;		  /* "10.0.0.53#53", or "-" */
	uint32_t zones;		  /* that have a feed from it */
	uint32_t failing;	  /* whose feed from it fails */
	int64_t last_success_ms;
	uint64_t failed;	  /* attempts, ever */
	uint64_t causes[XFW_CAUSE_COUNT]; /* failed attempts, ever */
	/* Root of "unreachable (cached)": the last network cause seen here. */
	uint8_t network_cause;
	bool transient;		  /* known as a source of NOTIFY only */
	int64_t network_ms;
	xfw_primary_t *table_next; /* hash chain */
	xfw_incident_t *incidents; /* open ones at it, by primary_next */
};

#define XFW_DIAGNOSIS_HISTORY 5

/* What xfrwatch found out about an incident by asking (diagnose.c). */
typedef struct xfw_diagnosis {
	int64_t at_ms;		/* of the last one */
	int64_t next_ms;	/* when the next is due; 0: none is planned */
	uint32_t rounds;	/* diagnoses made */
	uint32_t asked;		/* zones asked about lately, */
	uint32_t agreed;	/* and of these, with the cause that is held */
	uint8_t history[XFW_DIAGNOSIS_HISTORY]; /* xfw_cause_t, latest first */
	xfw_findings_t findings; /* of the last one */
	xfw_verdict_t verdict;
	char *zone;		/* key of the zone that was asked about */
	char *key;		/* name of the TSIG key; NULL: unsigned */
	char source[64];	/* our address, "10.0.0.9"; "" if not known */
} xfw_diagnosis_t;

/* Zones that fail for the same cause at the same primary. */
struct xfw_incident {
	xfw_incident_t *next;	  /* open: newest first; closed: last closed first */
	uint64_t id;		  /* from 1, in order of opening */
	xfw_primary_t *primary;
	uint8_t cause;		  /* in truth, as far as is known */
	uint8_t heard;		  /* as named's lines had it first */
	uint64_t aliases;	  /* all causes that named's lines give for it: bits */
	uint8_t severity;	  /* worst of its zones */
	uint8_t said;		  /* severity last said */
	uint8_t said_cause;	  /* cause last said */
	uint8_t confidence;	  /* percent */
	bool open;
	bool parting;		  /* closed, but that is still to be said */
	bool told;		  /* its first diagnosis was said */
	bool recovering;	  /* its primary is back, its zones are refreshed */
	uint64_t cascade;	  /* the number of the cascade it is part of; 0: none */
	int64_t stale_ms;	  /* the longest that clients of a zone that has left
				   * it had stale data; -1: not known */
	xfw_diagnosis_t *diagnosis; /* NULL until there is one */
	uint32_t zones;		  /* failing feeds in it now */
	uint32_t zones_peak;
	uint32_t expired;	  /* of its zones, since it opened */
	uint32_t by_severity[XFW_SEVERITY_COUNT];
	int64_t opened_ms;
	int64_t closed_ms;
	int64_t said_ms;
	int64_t due_ms;		  /* next reminder or held-back line */
	xfw_feed_t **heap;	  /* its feeds by deadline, nearest at [0] */
	size_t heap_size;
	size_t heap_room;
	char *first_zone;	  /* keys, kept after zones are gone */
	char *last_zone;
	size_t last_zone_room;
	xfw_incident_t *previous; /* the other way along `next` */
	xfw_incident_t *primary_next;
	uint32_t expired_said;	  /* "expired" lines of the current minute */
	uint32_t expired_held;	  /* not said one by one */
	int64_t expired_ms;	  /* start of that minute */

	/* recover.c */
	xfw_incident_t *recovery_next; /* those with zones to be refreshed */
	xfw_incident_t *recovery_previous;
	xfw_feed_t *trial;	  /* refreshed alone, to see; or NULL */
	int64_t recovery_ms;	  /* last success in the last recovery */
	uint32_t recovery;	  /* its number; 0: there was none */
	uint32_t recovery_left;	  /* zones not refreshed in it yet */
	uint32_t recovery_failed; /* in a row that failed again */

	/* cascade.c */
	xfw_cluster_t *cluster;	  /* what opened with it */
	xfw_incident_t *cluster_next; /* in order of opening */
	xfw_incident_t *cluster_previous;
	bool cluster_network;	  /* it came into it with a network cause */
};

struct xfw_view {
	xfw_view_t *next;
	char *name;		   /* "_default", "internal" */
	uint32_t generation;	   /* of its last census; zones that it did not see */
	bool sweeping;		   /* are being taken away, */
	uint64_t sweep;		   /* the walk is here; */
	int64_t declared_ms;	   /* it was over then */
	uint32_t zones;
	uint32_t states[XFW_ZONE_STATES];
	xfw_zone_t *probe_head;	   /* zones whose timers are to be read, oldest first */
	xfw_zone_t *probe_tail;
	uint32_t probe_count;
	uint32_t recovery;	   /* which one its turn is at, */
	size_t recovery_at;	   /* and where in the heap of that incident */
};

typedef struct xfw_counters {
	uint64_t attempts;	 /* transferred + up_to_date + failed */
	uint64_t up_to_date;
	uint64_t transferred;
	uint64_t failed;
	uint64_t causes[XFW_CAUSE_COUNT];
	uint64_t events;	 /* taken from the ring */
	uint64_t unclassified;
	uint64_t notifies_refused;
	uint64_t out_of_memory;
	uint32_t zones[XFW_ZONE_STATES];
} xfw_counters_t;

#define XFW_UNKNOWN_KEEP 16 /* texts of unclassified lines that are kept */

typedef struct xfw_unknown {
	int64_t time_ms;
	char text[256]; /* escaped, "zone: text" */
} xfw_unknown_t;

/* What has to be said, once; report/line.c makes a line of it. */
typedef enum xfw_notice_kind {
	XFW_NOTICE_OPENED,
	XFW_NOTICE_ESCALATED,
	XFW_NOTICE_REMINDER,
	XFW_NOTICE_RESOLVED,
	XFW_NOTICE_EXPIRED,	  /* one zone: `zone` is set */
	XFW_NOTICE_EXPIRED_MORE,  /* several, held back: `count` of them */
	XFW_NOTICE_DIAGNOSED,	  /* the cause was made sure of, or is another */
	XFW_NOTICE_CASCADE	  /* several incidents have one origin: `cascade` */
} xfw_notice_kind_t;

/* Incidents that opened together: several primaries with network causes, or one
 * primary with several causes. */
typedef struct xfw_cascade {
	uint64_t id;		  /* number of its first incident */
	const xfw_primary_t *primary; /* the one primary; NULL: several */
	uint32_t incidents;	  /* open ones that are part of it */
	uint32_t primaries;
	uint32_t zones;
	xfw_severity_t severity;  /* worst of them */
	uint64_t ids[16];	  /* the first of their numbers, in growing order */
} xfw_cascade_t;

typedef struct xfw_notice {
	xfw_notice_kind_t kind;
	xfw_severity_t severity;
	int64_t now_ms;
	const xfw_incident_t *incident; /* NULL for an expired zone without one */
	const xfw_zone_t *zone;		/* see kind; else nearest deadline or NULL */
	uint32_t count;
	const xfw_cascade_t *cascade;	/* see kind; else NULL */
	xfw_cause_t was;		/* DIAGNOSED: cause said before, if another */
} xfw_notice_t;

typedef struct xfw_policy {
	xfw_escalation_t escalation;
	uint32_t reminder_s; /* 0: no reminders */
	uint32_t min_retry_s; /* named's min-retry-time, the longest configured */
	uint16_t signature_warning_d; /* days left at which an RRSIG that nobody */
	uint16_t signature_err_d;     /* renews is said; 0: never */
	bool recovery;	      /* refresh the other zones when a primary is back */
} xfw_policy_t;

#define XFW_MIN_RETRY_DEFAULT 500 /* named's own default */

#define XFW_REMINDER_MIN     0
#define XFW_REMINDER_DEFAULT 3600
#define XFW_REMINDER_MAX     604800

typedef void (*xfw_say_t)(void *arg, const xfw_notice_t *notice);

/* Returns NULL on lack of memory. `say` is called from within the inputs. */
xfw_state_t *
xfw_state_create(const xfw_policy_t *policy, xfw_say_t say, void *arg);

void
xfw_state_destroy(xfw_state_t *state);

/* A new policy applies at once; severities of zones are worked out anew, of the first
 * thousands at once and of the others in the ticks that follow. */
void
xfw_state_configure(xfw_state_t *state, const xfw_policy_t *policy,
		    int64_t now_ms);

/*--- inputs -----------------------------------------------------------------*/

/* One record of the ring. */
void
xfw_state_event(xfw_state_t *state, const xfw_event_t *ev, int64_t now_ms);

/*
 * The event is to come soon: has the processor fetch what it is about. Twice for each of a
 * few events, the second time (`again`) behind all of the first, is best. Only ever a hint.
 */
void
xfw_state_expect(const xfw_state_t *state, const xfw_event_t *ev, bool again);

/* The view by name, made if it is new; NULL on lack of memory. */
xfw_view_t *
xfw_state_view(xfw_state_t *state, const char *name);

/* Ends a view and all its zones (it is no longer configured). */
void
xfw_state_view_gone(xfw_state_t *state, xfw_view_t *view, int64_t now_ms);

/*
 * Declares a zone: from named.conf (flag XFW_ZONE_IN_CONFIG) or from a walk over
 * the view's zone table (XFW_ZONE_IN_CENSUS), under the caller's generation
 * number. `primaries` is 0 when not known (it then stays as it was).
 */
xfw_zone_t *
xfw_state_declare(xfw_state_t *state, xfw_view_t *view, const char *key,
		  size_t key_len, xfw_zone_type_t type, uint8_t flag,
		  unsigned primaries, uint32_t generation, int64_t now_ms);

/*
 * The declaration of `view` under `generation` is complete: zones of it that it
 * did not name are removed. census: all that were declared under no number as high,
 * the first thousands at once and the others in the ticks that follow. Else only
 * those known from named.conf and not from a census, and at once.
 */
void
xfw_state_declared(xfw_state_t *state, xfw_view_t *view, uint32_t generation,
		   bool census, int64_t now_ms);

/* What named's own zone object said, read in the hook. */
typedef struct xfw_timers {
	bool found;	      /* false: no such zone in the view any more */
	bool pending;	      /* no more is known: named is about to read its file, or */
	int64_t again_ms;     /* it is to be asked for again then; 0: a little later */
	bool loaded;
	bool has_serial;
	bool has_soa;	      /* refresh_s, retry_s, expire_s are set */
	uint8_t type;	      /* xfw_zone_type_t; UNKNOWN: not one of ours */
	uint32_t serial;
	uint32_t refresh_s;
	uint32_t retry_s;
	uint32_t expire_s;
	int64_t expires_s;    /* 0: none */
	uint16_t expires_ms;  /* and milliseconds: named counts from a refresh */
	int64_t refresh_at_s; /* 0: none, or not to be had (reduced mode) */
	int64_t read_ms;      /* when it was read */
	uint32_t signature_s; /* first expiry of the SOA's RRSIGs; 0: none */
	uint32_t inception_s; /* of that signature */
} xfw_timers_t;

/* `zone` may go away in this call (found == false). */
void
xfw_state_timers(xfw_state_t *state, xfw_zone_t *zone, const xfw_timers_t *timers,
		 int64_t now_ms);

/*
 * Takes up to `max` zones off the view's probe list into `out`; each must come
 * back through xfw_state_timers() or xfw_state_unprobed(). Returns how many.
 */
size_t
xfw_state_take_probes(xfw_state_t *state, xfw_view_t *view, xfw_zone_t **out,
		      size_t max);

/* A probe that was not answered: the zone goes back to the list's head. */
void
xfw_state_unprobed(xfw_state_t *state, xfw_zone_t *zone);

/* Puts the zone on its view's probe list now (a sweep, a client's query). */
void
xfw_state_probe(xfw_state_t *state, xfw_zone_t *zone);

/*
 * Does what is due at `now_ms` (severity steps, reminders, probes, attempts that
 * nothing more was heard of). Returns when it is next due, INT64_MAX for never.
 */
int64_t
xfw_state_tick(xfw_state_t *state, int64_t now_ms);

/*
 * How named reaches the zone's primaries (route.h), as named.conf has it; "" takes
 * what it had away.
 */
void
xfw_state_route(xfw_state_t *state, xfw_zone_t *zone, const char *text, size_t len);

/* The same by number in the state's table, so that many zones cost no look at the
 * text; XFW_ROUTE_NONE takes away. The zone is one use more of that number. */
void
xfw_state_routed(xfw_state_t *state, xfw_zone_t *zone, uint32_t number);

/* The table that xfw_zone_t.route is a number in. */
xfw_routes_t *
xfw_state_routes(xfw_state_t *state);

/* The primary's answer to a question of ours told its serial for `zone`. */
void
xfw_state_offered(xfw_state_t *state, xfw_zone_t *zone, uint32_t serial,
		  int64_t now_ms);

/*--- diagnosis ----------------------------------------------------------------*/

/*
 * The open incident that is to be diagnosed next: worst first, then the one that
 * waits longest; NULL if none is due. `busy` tells of a primary that it is being
 * asked already. *next_ms is when one will be due, INT64_MAX for never.
 */
const xfw_incident_t *
xfw_state_undiagnosed(const xfw_state_t *state, int64_t now_ms,
		      bool (*busy)(void *arg, const xfw_primary_t *primary),
		      void *arg, int64_t *next_ms);

/* The zone of it to ask about now: another one each time. NULL if it has none. */
const xfw_zone_t *
xfw_incident_sample(const xfw_incident_t *incident);

/* What came of it: given over to the state, with `verdict` not yet made. The
 * incident may have ended meanwhile. `interval_s`: until the second diagnosis; it
 * doubles each time, to an hour. */
typedef struct xfw_inquest {
	uint64_t incident;
	const char *zone;   /* key */
	const char *key;    /* NULL: unsigned */
	const char *source; /* NULL: not known */
	uint16_t port;	    /* the primary's */
	bool blind;	    /* as in xfw_case_t */
	xfw_findings_t findings;
} xfw_inquest_t;

void
xfw_state_diagnosed(xfw_state_t *state, const xfw_inquest_t *inquest,
		    uint32_t interval_s, int64_t now_ms);

/*--- recovery -----------------------------------------------------------------*/

/*
 * Zones of `view` that are to be refreshed because their primary is back: up to
 * `max`, and XFW_REFRESHES_MAX, into `out`, with the primary that named may hold for
 * unreachable. Each is given once in a recovery, those with the nearest deadline among
 * the first, and must come back like a zone of xfw_state_take_probes(). One whose
 * timers are being read is left for later. Returns how many.
 */
#define XFW_REFRESHES_MAX 64

typedef struct xfw_refresh {
	xfw_zone_t *zone;
	const xfw_primary_t *primary;
} xfw_refresh_t;

size_t
xfw_state_take_refreshes(xfw_state_t *state, xfw_view_t *view, xfw_refresh_t *out,
			 size_t max);

/* Named was not made to refresh it: it is given again. Before xfw_state_unprobed(). */
void
xfw_state_unrefreshed(xfw_state_t *state, xfw_zone_t *zone);

/* How many wait, in all views. */
size_t
xfw_state_refreshes(const xfw_state_t *state);

/*--- what the renderers read ------------------------------------------------*/

const xfw_counters_t *
xfw_state_counters(const xfw_state_t *state);

xfw_zone_t *
xfw_state_find(const xfw_state_t *state, const char *key, size_t key_len);

/* Walk over all zones in no order: start with 0, goes on until NULL. A zone
 * that stays is met once although others come and go in between. */
xfw_zone_t *
xfw_state_next_zone(const xfw_state_t *state, uint64_t *cursor);

/*
 * Where the walk meets a zone: from a cursor of that much, it is the next one. It
 * stays as long as the zone does, however the table grows.
 */
uint64_t
xfw_zone_place(const xfw_zone_t *zone);

/* The zones that are not ok, in no order: NULL from `i` == how many there are. Any
 * input may change the order. */
const xfw_zone_t *
xfw_state_bad(const xfw_state_t *state, size_t i);

/* For order by deadline: zones that have none left come first, those whose deadline
 * is not known last. */
int64_t
xfw_zone_rank(const xfw_zone_t *zone);

const xfw_view_t *
xfw_state_views(const xfw_state_t *state);

/* New ones come in front; none goes before the state itself does. */
const xfw_primary_t *
xfw_state_primaries(const xfw_state_t *state);

/* Open incidents, newest first; closed ones, last closed first, at most
 * XFW_CLOSED_KEEP. */
#define XFW_CLOSED_KEEP 64
const xfw_incident_t *
xfw_state_incidents(const xfw_state_t *state);

const xfw_incident_t *
xfw_state_closed(const xfw_state_t *state);

/*
 * Zones that are not ok, nearest deadline first (never loaded and expired ones,
 * which have none left, come first of all): at most `max` into `out`. Returns how
 * many there are in all.
 */
size_t
xfw_state_failing(const xfw_state_t *state, const xfw_zone_t **out, size_t max);

/* The last unclassified texts, newest first: returns how many (<= max). */
size_t
xfw_state_unknown(const xfw_state_t *state, const xfw_unknown_t **out, size_t max);

/*
 * What the primary has as far as it is known: the later of what it offered in an
 * answer and what it announced by NOTIFY (which is all that BIND says of the
 * serial it found before a transfer). Returns false when nothing is known.
 */
bool
xfw_zone_offer(const xfw_zone_t *zone, uint32_t *serial, int64_t *at_ms);

/* The incident that a zone that is not ok belongs to, or NULL. */
const xfw_incident_t *
xfw_zone_incident(const xfw_zone_t *zone);

/* The moment clients lose the zone, in seconds since the epoch; 0: unknown. The
 * earlier of SOA expire and the first expiry of the apex SOA's RRSIG. */
int64_t
xfw_zone_deadline_s(const xfw_zone_t *zone);

/* Which of the two it is: "expire" or "signature"; NULL: unknown. */
const char *
xfw_zone_deadline_name(const xfw_zone_t *zone);

/*
 * How urgent it is that nobody renewed the signature of the zone's SOA record: NONE,
 * WARNING, ERR, or ALERT once it has lapsed. *next_s (or NULL): when that will be
 * more, INT64_MAX for never. The policy's days count, or a quarter (warning) and an
 * eighth (err) of the validity when that is less than twice as long; and never more
 * than 9/10 of what was left when the primary was seen to renew it.
 */
xfw_severity_t
xfw_signature_severity(const xfw_zone_t *zone, const xfw_policy_t *policy,
		       int64_t now_s, int64_t *next_s);

/*
 * How far the serial that we serve is behind the primary's (xfw_zone_offer()), in
 * RFC 1982 arithmetic: 0 when it is not behind, negative when it is ahead. False
 * when either is not known. *since_ms: since when that is known, 0 if it is not
 * behind.
 */
bool
xfw_zone_lag(const xfw_zone_t *zone, int32_t *lag, int64_t *since_ms);

/* The route's text, NULL if it has none. */
const char *
xfw_zone_route(const xfw_state_t *state, const xfw_zone_t *zone);

/* The open incident with that number, or NULL. */
const xfw_incident_t *
xfw_state_incident(const xfw_state_t *state, uint64_t id);

#endif /* XFRWATCH_STATE_H */
