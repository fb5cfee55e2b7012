/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the files of the state share: its structures and the calls between
 * state.c, zones.c, primaries.c, attempts.c, outcome.c and incidents.c.
 * Runs in the monitor's thread only.
 *
 * Who calls whom: state.c (inputs) -> attempts.c (lines into attempts) ->
 * outcome.c (an attempt's outcome into zone and feeds) -> incidents.c (feeds
 * into incidents, incidents into notices). zones.c and primaries.c hold the
 * tables.
 */
#ifndef XFRWATCH_STATE_PRIV_H
#define XFRWATCH_STATE_PRIV_H

#include <xfrwatch/key.h>
#include <xfrwatch/state.h>

#include "pool.h"

#define XFW_NEVER INT64_MAX

/*--- times, in milliseconds -------------------------------------------------*/

#define XFW_SOA_WAIT_MS	     3000  /* SOA failed: for a transfer line to follow */
#define XFW_STATUS_WAIT_MS   5000  /* transfer failed: for its status line */
#define XFW_SUCCESS_WAIT_MS  300   /* status success: for a complaint to follow */
#define XFW_TRANSFER_WAIT_MS (3 * 3600 * 1000LL) /* for a transfer to end */
#define XFW_CONNECT_WAIT_MS  (180 * 1000LL) /* after an error, to be connected */
#define XFW_DEFERRED_MIN_MS  (300 * 1000LL)
#define XFW_PROBE_AFTER_MS   500   /* a line was heard: then read the timers */
#define XFW_TICK_MS	     10	   /* named reads a clock that stands still so long */
#define XFW_PROBE_LATE_MS    500   /* behind a refresh time */
#define XFW_PROBE_GAP_MS     500   /* no zone is read more often */
#define XFW_FIRST_US	     500   /* of many new zones each is read so much later */
#define XFW_FIRST_BURST	     256   /* than the one before, but for so many; */
#define XFW_FIRST_BUSY_US    10000 /* later while zones are transferred, more than */
#define XFW_FIRST_BUSY	     500   /* so many in a second */
#define XFW_FIRST_BUSY_MS    1000  /* and so long behind it */
#define XFW_LOOK_MS	     60000 /* reduced mode, no refresh times: a zone that */
#define XFW_LOOK_MIN_MS	     2000  /* fails is read after retry, in these bounds, */
#define XFW_LOOK_MAX_MS	     (3600 * 1000LL) /* others after refresh, at most this */
#define XFW_QUIET_MS	     (7200 * 1000LL) /* the same without expire times: one that */
#define XFW_QUIET_MAX_MS     (86400 * 1000LL) /* failed and is silent is fed (timers.c) */
#define XFW_ROUND_MS	     95000 /* one primary's part of a refresh, at most */
#define XFW_STUCK_MS	     60000 /* some primaries failed, the others said nothing */
#define XFW_UDP_KEEP_MS	     35000
#define XFW_OVERDUE_MIN_MS   (600 * 1000LL)
#define XFW_PENDING_MS	     1000  /* until a zone under load is asked for again, */
#define XFW_PENDING_MAX_MS   30000 /* at the most */
#define XFW_IDLE_MIN_MS	     4000  /* silence, before refreshes are said to fail in it */
#define XFW_ROOT_KEEP_MS     (900 * 1000LL)  /* named's cache keeps for 600 s */
#define XFW_STALE_MIN_MS     (86400 * 1000LL)
#define XFW_STORAGE_WAIT_MS  1500  /* storage line without a zone: for its zone's */
#define XFW_STORED_MS	     10000 /* a transfer is written within that time */
#define XFW_STORAGE_KEEP_MS  (1800 * 1000LL)
#define XFW_NOTIFY_KEEP_MS   (3600 * 1000LL)
#define XFW_BEHIND_MIN_MS    60000 /* a newer serial is known: for it to come */
#define XFW_HOLD_MS	     60000 /* fed again, but behind: not believed for that */
#define XFW_HOLD_MORE_MS     (540 * 1000LL) /* and longer while it is transferred */
#define XFW_ESCALATE_GAP_MS  1000
#define XFW_MINUTE_MS	     60000

#define XFW_LINES_A_MINUTE   20 /* notices in any 60 s */
#define XFW_LINES_KEPT	     4  /* of these, kept for what is urgent */
#define XFW_EXPIRED_A_MINUTE 5	/* "expired" lines of one incident */
#define XFW_FEEDS_MAX	     64 /* of one zone */
#define XFW_TRANSIENT_MAX    256 /* sources of NOTIFY that are no primaries */
#define XFW_TICK_BATCH	     4096 /* zones worked on in one tick */
#define XFW_SWEEP_BATCH	     8192 /* zones looked at, whether they are gone */

/*--- attempts ---------------------------------------------------------------*/

#define XFW_ATTEMPT_SOA	      0x01 /* SOA phase failed, a transfer may follow */
#define XFW_ATTEMPT_DEFERRED  0x02 /* waits for a quota */
#define XFW_ATTEMPT_STARTED   0x04 /* the transfer began */
#define XFW_ATTEMPT_CONNECTED 0x08
#define XFW_ATTEMPT_ERROR     0x10 /* failed, its status is still to come */
#define XFW_ATTEMPT_SUCCESS   0x20 /* status success, and nothing else yet */
#define XFW_ATTEMPT_DONE      0x40 /* counted; lines may still follow */
#define XFW_ATTEMPT_OVERDUE   0x80 /* counted as quota-deferred */
#define XFW_ATTEMPT_STATUS    0x100 /* its status line came */
#define XFW_ATTEMPTS_MAX      8	   /* of one zone; more than that were lost */

/* One refresh of one zone against one primary, while lines of it may come. */
typedef struct xfw_attempt xfw_attempt_t;
struct xfw_attempt {
	xfw_attempt_t *next;	/* of the zone, newest first */
	xfw_primary_t *primary; /* NULL: no line named it yet */
	uint64_t id;		/* 9.20's; 0: none */
	int64_t started_ms;
	int64_t due_ms; /* when nothing more is waited for */
	uint8_t soa_cause;
	uint8_t xfr_cause;
	uint16_t flags;
};

/* A source of NOTIFY messages whose serial was the one we have. */
typedef struct xfw_echo xfw_echo_t;
struct xfw_echo {
	xfw_echo_t *next;
	xfw_primary_t *primary;
	int64_t first_ms;
	int64_t last_ms;
	uint32_t count;
};

/* What a zone has while something is under way or amiss. */
struct xfw_trouble {
	xfw_zone_t *zone;
	xfw_attempt_t *attempts;
	xfw_echo_t *echoes;
	int64_t due_ms;
	uint32_t due_slot; /* in state->troubles */
	uint32_t bad_slot; /* in state->bad; XFW_NO_SLOT while the zone is ok */
	int64_t first_fail_ms; /* failed attempts since the last success */
	int64_t last_fail_ms;
	int64_t success_ms; /* silent success that waits for its round to end */
	int64_t settle_ms;  /* when it has ended; 0: none waits */
	int64_t stuck_ms;   /* when to look whether the others feed; 0: never */
	int64_t read_ms;    /* when the timers were last read */
	/* serials.c */
	int64_t behind_ms;  /* since when a newer serial is known; 0: none is */
	int64_t ripe_ms;    /* when that may be a finding */
	xfw_primary_t *behind_from; /* who announced it, NULL if not known */
	int64_t moved_ms;   /* when the serial moved last, */
	int64_t stale_from_ms; /* and since when it should have; 0: not known */
	/* Fed again, and not believed yet: until when, and whose failures that ends. */
	int64_t hold_ms;    /* 0: not so */
	int64_t hold_before_ms;
	xfw_primary_t *hold_primary;
	uint8_t owed;	    /* refreshes to succeed until it may be a finding */
	bool failing;	    /* no primary feeds the zone */
};

/*--- zones ------------------------------------------------------------------*/

/* xfw_zone.probing: where the zone is, whether to read it again, and how often
 * its timers were read in vain. */
#define XFW_PROBE_WHERE	  0x03
#define XFW_PROBE_LISTED  0x01
#define XFW_PROBE_ASKED	  0x02
#define XFW_PROBE_GONE	  0x03 /* removed while asked or listed; freed when it comes
				* back, or its turn comes */
#define XFW_PROBE_AGAIN	  0x04
#define XFW_PROBE_REFRESH 0x08 /* a refresh is under way */
#define XFW_PROBE_STAGE_SHIFT 4
#define XFW_PROBE_STAGE_MAX   15

/*--- the state --------------------------------------------------------------*/

#define XFW_PRIMARY_BUCKETS 4096

struct xfw_state {
	xfw_policy_t policy;
	xfw_say_t say;
	void *say_arg;
	/* Tests make it fail; else realloc(3). */
	void *(*realloc)(void *ptr, size_t size);

	xfw_counters_t counters;
	xfw_pool_t pool; /* of zones and feeds */

	/* By the upper bits of a zone's place (its mixed hash); chains are in
	 * growing order of it, so that a walk goes on where it was, however the
	 * table grew. */
	xfw_zone_t **buckets;
	unsigned bits;
	xfw_zone_t **wider; /* twice as many, while it grows; else NULL */
	size_t split;	    /* buckets that are in it already */
	uint32_t zones;
	xfw_zone_t *gone; /* by table_next */
	xfw_view_t *views;
	xfw_routes_t *routes; /* zone->route is a number in it */

	xfw_primary_t *primaries;
	xfw_primary_t *primary_table[XFW_PRIMARY_BUCKETS];
	uint32_t transients;

	xfw_zone_t **due; /* heap by due_ms, room for every zone */
	size_t due_size;
	size_t due_room;

	xfw_trouble_t **troubles; /* heap by due_ms, room for every trouble */
	size_t troubles_size;
	size_t troubles_room;
	size_t troubles_all;
	xfw_zone_t **bad; /* that are not ok, in no order */
	size_t bad_size;
	size_t bad_room;

	/* New zones (timers.c): a walk to those that nothing is planned for. */
	bool firsts;	  /* it is under way, */
	bool firsts_more; /* and once more from the start, for newer ones */
	uint64_t first;	  /* where it is */
	int64_t first_us; /* the next one may be read then */
	int64_t busy_ms;  /* when many zones were being transferred last, */
	int64_t busy_s;	  /* and how many were in this second */
	uint32_t busy;

	xfw_incident_t *open; /* newest first */
	xfw_incident_t *closed;
	xfw_incident_t *parting; /* closed, pushed out, "resolved" still unsaid */
	uint32_t closed_count;
	uint64_t last_id;
	int64_t incidents_due_ms;
	int64_t lines_ms[XFW_LINES_A_MINUTE]; /* when the last ones were said */
	unsigned line;
	/* Expired zones without an incident. */
	uint32_t loose_said;
	uint32_t loose_held;
	int64_t loose_ms;

	/* cascade.c */
	xfw_cluster_t *network;	 /* into which the last network cause came */
	xfw_cluster_t *cascades; /* with something to say */

	/* recover.c */
	xfw_incident_t *recovering; /* with zones to be refreshed, last begun first */
	uint32_t recoveries;	    /* number of the last one */
	size_t refreshes;	    /* zones that wait */
	bool recovery_given;	    /* some, since it was last looked at; */
	int64_t recovery_due_ms;    /* when that will be again */

	xfw_unknown_t unknown[XFW_UNKNOWN_KEEP];
	uint64_t unknown_count;

	/* The days of signatures changed: a walk over all zones is at `rejudge`. */
	bool rejudging;
	uint64_t rejudge;
	size_t rejudge_bad; /* how many of `bad`, from its front, wait for a new policy */

	/* A file could not be written, and the line named no zone: it waits until
	 * then for the zone's own line. 0: none. */
	int64_t storage_ms;
	uint64_t stored_hash; /* the zone that was transferred last */
	int64_t stored_ms;
};

/* Zeroed memory, or NULL and counted. */
void *
xfw_state_alloc(xfw_state_t *state, size_t size);

/* The same for what there is one or more of for each zone; `size` as it was. */
void *
xfw_state_get(xfw_state_t *state, size_t size);

void
xfw_state_put(xfw_state_t *state, void *piece, size_t size);

/* Room for `need` pointers at `*array`; false on lack of memory (counted). */
bool
xfw_state_room(xfw_state_t *state, void *array, size_t *room, size_t need);

/*--- zones.c ----------------------------------------------------------------*/

/* `key` may be cut off (len 0): then the hash alone decides. */
xfw_zone_t *
xfw_zone_lookup(const xfw_state_t *state, uint64_t hash, const char *key,
		size_t len);

/* The zone will be looked up soon; again, when there was time to fetch the chain. */
void
xfw_zone_expect(const xfw_state_t *state, uint64_t hash, bool chain_is_there);

xfw_zone_t *
xfw_zone_create(xfw_state_t *state, xfw_view_t *view, const char *key,
		size_t len, int64_t now_ms);

void
xfw_zone_remove(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms);

/* Frees a zone that was removed while its timers were being read. */
void
xfw_zone_release(xfw_state_t *state, xfw_zone_t *zone);

/* Frees one that was removed and is in no list any more. */
void
xfw_zone_free(xfw_state_t *state, xfw_zone_t *zone);

/* Goes on taking away what no census saw; true if there is more to do. */
bool
xfw_zones_tick(xfw_state_t *state, int64_t now_ms);

void
xfw_zones_free(xfw_state_t *state);

/* Have work done for the zone at `at_ms`, or earlier if that is planned. */
void
xfw_zone_due(xfw_state_t *state, xfw_zone_t *zone, int64_t at_ms);

/* The same, but later times count as well; XFW_NEVER for none. */
void
xfw_zone_set_due(xfw_state_t *state, xfw_zone_t *zone, int64_t at_ms);

/* The zone's trouble, made if it has none; NULL on lack of memory. */
xfw_trouble_t *
xfw_trouble_get(xfw_state_t *state, xfw_zone_t *zone);

/* Works out anew when it is due; frees it when nothing is left in it. */
void
xfw_trouble_update(xfw_state_t *state, xfw_zone_t *zone);

/* Requires: a trouble, unless `new_state` is XFW_ZONE_OK. */
void
xfw_zone_enter(xfw_state_t *state, xfw_zone_t *zone, xfw_zone_state_t new_state,
	       int64_t now_ms);

/*--- primaries.c ------------------------------------------------------------*/

/* NULL and "" are "-". NULL on lack of memory. */
xfw_primary_t *
xfw_primary_get(xfw_state_t *state, const char *address);

/*
 * Whose NOTIFY it was: `source` has the port it came from. The primary that the
 * zone has at that address, else one that is known, else one at port 53.
 */
xfw_primary_t *
xfw_primary_source(xfw_state_t *state, const xfw_zone_t *zone,
		   const char *source);

bool
xfw_primary_none(const xfw_primary_t *primary);

void
xfw_primaries_free(xfw_state_t *state);

xfw_feed_t *
xfw_feed_find(const xfw_zone_t *zone, const xfw_primary_t *primary);

xfw_feed_t *
xfw_feed_get(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *primary);

/* Feed fails for `cause`: counted in its primary's and incident's zones. */
void
xfw_feed_fail(xfw_state_t *state, xfw_feed_t *feed, xfw_cause_t cause,
	      int64_t now_ms);

void
xfw_feed_clear(xfw_state_t *state, xfw_feed_t *feed, int64_t now_ms);

void
xfw_feed_free(xfw_state_t *state, xfw_feed_t *feed, int64_t now_ms);

/*--- outcome.c --------------------------------------------------------------*/

/* A cause with which a zone is still fed. */
bool
xfw_cause_degraded(xfw_cause_t cause);

/* How many primaries the zone has, as far as is known; at least 1. */
unsigned
xfw_zone_primaries(const xfw_zone_t *zone);

/* A failed attempt; `primary` NULL: none was named. */
void
xfw_outcome_failed(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *primary,
		   xfw_cause_t cause, int64_t now_ms);

/* Timers read at `read_ms` showed no success: does any primary feed the zone? */
void
xfw_outcome_stuck(xfw_state_t *state, xfw_zone_t *zone, int64_t read_ms);

/*
 * A cause that explains why named skips the primary from now on was heard; its
 * SOA query had failed for `soa_cause`.
 */
void
xfw_primary_broken(xfw_state_t *state, xfw_primary_t *primary, xfw_cause_t cause,
		   xfw_cause_t soa_cause, int64_t now_ms);

/* What is behind `cause`, which may be a mere symptom, at this primary. */
xfw_cause_t
xfw_primary_root(const xfw_primary_t *primary, xfw_cause_t cause, int64_t now_ms);

/* Something is wrong although the zone is fed; counts no attempt. */
void
xfw_outcome_degraded(xfw_state_t *state, xfw_zone_t *zone,
		     xfw_primary_t *primary, xfw_cause_t cause, int64_t now_ms);

/*
 * A transfer that succeeded, or that found the serial unchanged. `begun_ms`:
 * when the attempt began; `degraded`: what its SOA query had failed for, else NONE.
 */
void
xfw_outcome_success(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *primary,
		    bool transferred, xfw_cause_t degraded, int64_t begun_ms,
		    int64_t now_ms);

/* A refresh of which only the timers tell, at `success_ms`. */
void
xfw_outcome_silent(xfw_state_t *state, xfw_zone_t *zone, int64_t success_ms,
		   bool count, int64_t now_ms);

void
xfw_outcome_expired(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms);

/* State and severity from what is known; after any change of that. */
void
xfw_zone_judge(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms);

/* Ends what is only kept for a while: degraded causes, settled rounds. */
void
xfw_outcome_tick(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms);

/* When xfw_outcome_tick() has work. */
int64_t
xfw_outcome_due(const xfw_zone_t *zone);

/*--- attempts.c -------------------------------------------------------------*/

void
xfw_attempt_event(xfw_state_t *state, xfw_zone_t *zone, const xfw_event_t *ev,
		  int64_t now_ms);

/* Ends attempts that nothing more was heard of. */
void
xfw_attempts_tick(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms);

int64_t
xfw_attempts_due(const xfw_zone_t *zone);

bool
xfw_attempts_underway(const xfw_zone_t *zone);

void
xfw_attempts_free(xfw_trouble_t *trouble);

/*--- notify.c ---------------------------------------------------------------*/

void
xfw_notify_event(xfw_state_t *state, xfw_zone_t *zone, const xfw_event_t *ev,
		 int64_t now_ms);

/* The serial we serve has changed. */
void
xfw_notify_moved(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms);

void
xfw_notify_tick(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms);

int64_t
xfw_notify_due(const xfw_zone_t *zone);

void
xfw_echoes_free(xfw_trouble_t *trouble, const xfw_primary_t *primary);

/*--- serials.c ----------------------------------------------------------------*/

/* Serials were taken from a line; without one. */
void
xfw_serials_event(xfw_state_t *state, xfw_zone_t *zone, const xfw_event_t *ev,
		  int64_t now_ms);

void
xfw_serials_known(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms);

/* The serial we serve has changed; before what is offered is taken anew. */
void
xfw_serials_moved(xfw_zone_t *zone, int64_t now_ms);

/* Whether a transfer of `serial` leaves what was announced true. */
bool
xfw_serials_partial(const xfw_zone_t *zone, uint32_t serial);

/* A refresh succeeded. */
void
xfw_serials_fed(xfw_zone_t *zone, int64_t success_ms);

/* The zone is fed: whether its failures are held, as it is behind. */
bool
xfw_serials_hold(xfw_zone_t *zone, bool was_ok, int64_t now_ms);

/* XFW_NEVER: nothing is held. */
int64_t
xfw_serials_hold_end(const xfw_zone_t *zone);

/* Requires: something is held. */
void
xfw_serials_unheld(xfw_zone_t *zone, int64_t now_ms);

/* When xfw_serials_judge() has work. */
int64_t
xfw_serials_due(const xfw_zone_t *zone);

/* Whether "serial-behind" stands. */
void
xfw_serials_judge(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms);

/* The feed is about to leave its incident by success: for how long clients had stale
 * data. */
void
xfw_serials_left(xfw_state_t *state, xfw_feed_t *feed, int64_t now_ms);

/*--- standing.c ---------------------------------------------------------------*/

/* A cause of a fed zone that is true or not at any time, whatever is heard. */
bool
xfw_cause_standing(xfw_cause_t cause);

bool
xfw_standing_is(const xfw_feed_t *feed, xfw_cause_t cause);

/* The feed that it stands at, or NULL. */
xfw_feed_t *
xfw_standing_find(const xfw_zone_t *zone, xfw_cause_t cause);

/* Whether such a cause can stand at the feed. */
bool
xfw_standing_room(const xfw_feed_t *feed);

/* Who feeds the zone, as far as is known and has room; or NULL. */
xfw_primary_t *
xfw_standing_primary(const xfw_zone_t *zone);

/* `primary` NULL: the configured one. False: no room, or no memory. */
bool
xfw_standing_set(xfw_state_t *state, xfw_zone_t *zone, xfw_cause_t cause,
		 xfw_primary_t *primary, int64_t now_ms);

void
xfw_standing_clear(xfw_state_t *state, xfw_zone_t *zone, xfw_cause_t cause,
		   int64_t now_ms);

/* What stands and what does not, anew. Part of xfw_zone_judge(). */
void
xfw_standing_judge(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms);

/*--- timers.c ---------------------------------------------------------------*/

/* Puts a zone that is in no list to the end of its view's. */
void
xfw_probe_list(xfw_zone_t *zone);

/* Frees up to *left that were removed, when the list holds no others; true if more of
 * these are left. */
bool
xfw_probes_weed(xfw_state_t *state, xfw_view_t *view, size_t *left);

/* Takes all zones off the view's list, and frees those that were removed. */
void
xfw_probes_clear(xfw_state_t *state, xfw_view_t *view);

/* A new zone: it is read at once, but of many one after the other. */
void
xfw_probe_first(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms);

/* The next ones of many. Returns when there is more to do, or XFW_NEVER. */
int64_t
xfw_probes_first(xfw_state_t *state, int64_t now_ms);

/* A zone was transferred: how many are decides how many new ones are read. */
void
xfw_probe_busy(xfw_state_t *state, int64_t now_ms);

/* The due time of a zone has come: its timers are to be read. */
void
xfw_probe_due(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms);

/*--- incidents.c ------------------------------------------------------------*/

/* The feed fails for feed->cause: into that incident, out of its old one. */
void
xfw_incident_join(xfw_state_t *state, xfw_feed_t *feed, int64_t now_ms);

void
xfw_incident_leave(xfw_state_t *state, xfw_feed_t *feed, int64_t now_ms);

/* Deadline or severity of the feed's zone changed. */
void
xfw_incident_touch(xfw_state_t *state, xfw_feed_t *feed, int64_t now_ms);

/* The zones of incident `from` at `primary` fail for `to` in truth. */
void
xfw_incident_absorb(xfw_state_t *state, xfw_primary_t *primary, xfw_cause_t from,
		    xfw_cause_t to, int64_t now_ms);

/* A diagnosis found that the zones of `inc` fail for `cause` in truth. `inc` may end
 * in this call, when there is an incident of that cause already. */
void
xfw_incident_refine(xfw_state_t *state, xfw_incident_t *inc, xfw_cause_t cause,
		    int64_t now_ms);

/* A feed with whose cause the zone is fed all the same. */
bool
xfw_feed_degraded(const xfw_feed_t *feed);

/* There will be something to say of incidents then. */
void
xfw_incidents_due(xfw_state_t *state, int64_t at_ms);

/* `zone` expired, by its feed `feed` (NULL: no feed fails). */
void
xfw_incident_expired(xfw_state_t *state, const xfw_zone_t *zone,
		     xfw_feed_t *feed, int64_t now_ms);

/* Says what is due; every input ends with it. */
void
xfw_incidents_say(xfw_state_t *state, int64_t now_ms);

void
xfw_incidents_free(xfw_state_t *state);

/*--- inquest.c ----------------------------------------------------------------*/

void
xfw_diagnosis_free(xfw_diagnosis_t *diagnosis);

/* The cause of it changed without us: ask again, soon. */
void
xfw_diagnosis_stale(xfw_incident_t *inc);

/* How sure its cause is, after its zones or its diagnosis changed. */
void
xfw_diagnosis_weigh(xfw_incident_t *inc);

/*--- cascade.c ----------------------------------------------------------------*/

/* `inc` is open, and in its primary's list; or closes, and still is in it. */
void
xfw_cascade_opened(xfw_state_t *state, xfw_incident_t *inc, int64_t now_ms);

void
xfw_cascade_closed(xfw_state_t *state, xfw_incident_t *inc);

/* Those with something to say, in no order: the one behind `cluster`, NULL for the
 * first; NULL when there is no other. */
const xfw_cluster_t *
xfw_cascade_next(const xfw_state_t *state, const xfw_cluster_t *cluster);

/* When it is to be said. */
int64_t
xfw_cascade_due(const xfw_cluster_t *cluster);

/* It is of several primaries. */
bool
xfw_cascade_wide(const xfw_cluster_t *cluster);

/* The worst of its incidents. */
xfw_severity_t
xfw_cascade_severity(const xfw_cluster_t *cluster);

/* It is being said: what is to be said of it, and its zone with the nearest deadline
 * (or NULL). */
const xfw_zone_t *
xfw_cascade_said(xfw_state_t *state, const xfw_cluster_t *cluster,
		 xfw_cascade_t *out);

/*--- recover.c ----------------------------------------------------------------*/

/* A zone that failed is fed again by `primary`: the others of its incidents are to be
 * refreshed. */
void
xfw_recover_begin(xfw_state_t *state, const xfw_primary_t *primary, int64_t now_ms);

/* The primary seems to be back: this one is to be refreshed, to see. */
void
xfw_recover_one(xfw_state_t *state, const xfw_zone_t *zone,
		const xfw_primary_t *primary);

/* `feed` came into its incident, was taken out of `inc`, or failed again in its own. */
void
xfw_recover_joined(xfw_feed_t *feed);

void
xfw_recover_left(xfw_state_t *state, xfw_incident_t *inc, xfw_feed_t *feed);

void
xfw_recover_failed(xfw_state_t *state, const xfw_feed_t *feed);

/* Gives up what cannot be given. Returns when it is next due. */
int64_t
xfw_recover_tick(xfw_state_t *state, int64_t now_ms);

#endif /* XFRWATCH_STATE_PRIV_H */
