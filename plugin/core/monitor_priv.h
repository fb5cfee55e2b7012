/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the files of the monitor share: the loop (monitor.c), the configuration
 * (settings.c), the visits to the views (visit.c). Monitor's thread only.
 */
#ifndef MONITOR_PRIV_H
#define MONITOR_PRIV_H

#include <uv.h>

#include <xfrwatch/ask.h>
#include <xfrwatch/channel.h>
#include <xfrwatch/control.h>
#include <xfrwatch/knock.h>
#include <xfrwatch/monitor.h>
#include <xfrwatch/report.h>
#include <xfrwatch/route.h>

/* A view that we have hooks in. */
typedef struct xfw_watch {
	struct xfw_watch *next;
	xfw_slot_t *slot;
	xfw_view_t *view;
	xfw_probe_t *probe;	   /* at home; NULL while it is out */
	unsigned attached;	   /* instances of the plugin in it */
	size_t path;		   /* by which our queries reach it */
	size_t tried;		   /* paths tried without reaching it */
	bool reached;
	bool lent;		   /* probe offered to clients' queries */
	int64_t search_ms;	   /* when to look for a path again */
	int64_t search_pause_ms;
	int64_t census_ms;	   /* when the next walk is due */
	int64_t census_again_ms;   /* one more, soon after a configuration */
	int64_t walk_ns;	   /* what the last census took in the hook */
	uint64_t skip;		   /* where its next part begins */
	bool walking;		   /* between two parts of a census */
	bool parted;		   /* it took more than one part */
	uint32_t generation;	   /* under which the census declares */
	uint32_t generation_before; /* under which the one before did; 0: none */
} xfw_watch_t;

/* Lines that wait until named's `logging {}` is in force. */
#define XFW_HELD_MAX 32

typedef struct xfw_held {
	xfw_severity_t severity;
	char *line;
} xfw_held_t;

struct xfw_monitor {
	xfw_intake_t *intake;
	xfw_host_t host;
	xfw_state_t *state;
	xfw_params_t params;
	xfw_attach_t *attaches; /* newest first */
	uint32_t generation;	/* last one given out */

	uv_loop_t loop;
	uv_poll_t wake;
	uv_prepare_t prepare;
	uv_idle_t idle;
	uv_timer_t pulse;
	uv_timer_t nap; /* active: events do not wake us, */
	bool dozing;	/* but those that tell of failures do */
	int64_t due_ms; /* the state's next work */
	int64_t calm_ms; /* until then something may follow what happened last */
	bool greeted;
	xfw_held_t held[XFW_HELD_MAX];
	unsigned held_count;

	/* Following named's debug level. */
	xfw_control_t *control;
	uv_timer_t follow;
	int64_t follow_until_ms;   /* often, until then at the latest */
	int64_t control_ms;	   /* when somebody last connected */
	uint64_t newest_id;	   /* of all instances seen */
	int64_t configured_ms;	   /* when an instance last came or went */
	int64_t settled_ms;	   /* when that is in force for sure; 0: not known */

	xfw_statsfile_t *statsfile;

	/* The statistics channel. */
	xfw_channel_t *channel;
	xfw_source_t source;
	const xfw_attach_t *channel_of; /* whose listeners it has */
	bool channel_due;		/* an instance came since they were taken */

	/* diagnose.c */
	struct xfw_diagnose *diagnoses; /* under way */
	unsigned diagnosing;
	int64_t diagnose_ms; /* when the next may begin */

	/* Reduced mode: in place of visits. */
	xfw_ask_t *ask;
	bool said_no_recovery;
	bool said_no_statsfile;

	/* visit.c; none in reduced mode */
	xfw_knock_t *knock;
	xfw_watch_t *watches;
	xfw_watch_t *visiting;	  /* whom the query under way is for */
	int64_t visit_since_ms;
	int64_t visit_until_ms;
	unsigned visits_left;	  /* until the next pulse */
	int64_t mute_until_ms;	  /* 0: not muted */
	uv_timer_t mute;	  /* ends it a moment after an answer */
	int64_t discover_ms;	  /* when to look for listeners again */
	uint64_t sweep_cursor;
	int64_t sweep_ms;
	unsigned sweep_zones;	  /* how many a second are looked at by the way */
	int64_t recovery_tokens;  /* thousandths of a zone that may be refreshed, */
	int64_t recovery_ms;	  /* at that time */
};

/* Realtime clock, milliseconds since the epoch. */
int64_t
xfw_now_ms(void);

/*--- monitor.c ---------------------------------------------------------------*/

/* One line to wherever lines go. */
void
xfw_monitor_say(xfw_monitor_t *monitor, xfw_severity_t severity,
		const char *line);

/* The same for a line that a new configuration gives rise to: not before that is in
 * force, because it would go to where named logs while it starts. */
void
xfw_monitor_say_settled(xfw_monitor_t *monitor, xfw_severity_t severity,
			const char *line);

/* An instance of the plugin came or went. */
void
xfw_monitor_configured(xfw_monitor_t *monitor, int64_t now_ms);

/* named answered a query that was sent at `sent_ms`. */
void
xfw_monitor_answered(xfw_monitor_t *monitor, int64_t sent_ms, int64_t now_ms);

/* Zone objects, hooks, named.conf and keys are out of reach (mode.h). */
bool
xfw_monitor_reduced(const xfw_monitor_t *monitor);

/* A name as BIND prints it, in wire format. False if it is none. */
bool
xfw_monitor_wire(const xfw_monitor_t *monitor, const char *name, size_t len,
		 uint8_t wire[XFW_WIRE_MAX], uint8_t *wire_len);

/* Takes what is in the message queue. */
void
xfw_monitor_messages(xfw_monitor_t *monitor);

/* Takes the events that are in the ring: before the state is shown. */
void
xfw_monitor_events(xfw_monitor_t *monitor);

/*--- settings.c ---------------------------------------------------------------*/

void
xfw_settings_attach(xfw_monitor_t *monitor, xfw_attach_t *attach);

void
xfw_settings_detach(xfw_monitor_t *monitor, uint64_t id);

void
xfw_settings_end(xfw_monitor_t *monitor);

/*
 * How named reaches `primary` for `zone`: as the zone's own lines in named.conf have
 * it, else as a zone of the view that named.conf does not list would, else from the
 * address alone. *known: false if it is the address alone, or what the view has for
 * servers in general. Returns false if `primary` is no address (xfw_route_bare()).
 */
bool
xfw_settings_route(xfw_monitor_t *monitor, const xfw_zone_t *zone,
		   const char *primary, xfw_route_entry_t *out, bool *known);

/* named runs the newest configuration for sure. */
void
xfw_settings_settled(xfw_monitor_t *monitor, int64_t now_ms);

/* What the state is to know of the parameters. */
xfw_policy_t
xfw_settings_policy(const xfw_params_t *params, uint32_t min_retry_s);

/* "xfrwatch: `message`", for what the monitor's own surfaces have to say. */
void
xfw_settings_problem(void *monitor, xfw_severity_t severity,
		     const char *message);

/*--- diagnose.c -----------------------------------------------------------------*/

/* Several times a second. */
void
xfw_diagnose_pulse(xfw_monitor_t *monitor, int64_t now_ms);

/* New parameters are in force. */
void
xfw_diagnose_configured(xfw_monitor_t *monitor);

/* The view will be freed. */
void
xfw_diagnose_view_gone(xfw_monitor_t *monitor, const xfw_view_t *view);

/* Cancels all that is under way. */
void
xfw_diagnose_end(xfw_monitor_t *monitor);

/* Whether a key out of the view's keyring is wanted; visit.c puts the question into
 * the probe and hands the answer back. */
bool
xfw_diagnose_wants(const xfw_monitor_t *monitor, const xfw_watch_t *watch);

void
xfw_diagnose_load(const xfw_monitor_t *monitor, const xfw_watch_t *watch,
		  xfw_probe_t *probe);

void
xfw_diagnose_key(xfw_monitor_t *monitor, const xfw_watch_t *watch,
		 xfw_probe_t *probe);

/*--- visit.c -------------------------------------------------------------------*/

bool
xfw_visit_init(xfw_monitor_t *monitor);

/* Hooks were registered for, or taken from, the slot's view. */
void
xfw_visit_attach(xfw_monitor_t *monitor, xfw_slot_t *slot, xfw_view_t *view);

void
xfw_visit_detach(xfw_monitor_t *monitor, xfw_slot_t *slot);

/* A probe came back. */
void
xfw_visit_answer(xfw_monitor_t *monitor, xfw_probe_t *probe);

/* Zones came or went in a way that named only logs. */
void
xfw_visit_changed(xfw_monitor_t *monitor, int64_t now_ms);

/* Nobody waits for a visit. */
bool
xfw_visit_calm(const xfw_monitor_t *monitor);

/* Several times a second. */
void
xfw_visit_pulse(xfw_monitor_t *monitor, int64_t now_ms);

void
xfw_visit_end(xfw_monitor_t *monitor);

#endif /* MONITOR_PRIV_H */
