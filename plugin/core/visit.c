/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Visits: how the monitor gets to know what named's own zone objects say. A probe
 * is put into a view's slot (probe.h), then a query of our own (knock.h) makes the
 * hook run in that view. One query is under way at a time. Monitor's thread only.
 *
 * What a visit carries: lookups of zones whose timers are due (state.h), a few
 * more by the way (the sweep: it finds what named does without a word, such as
 * `rndc refresh`), when it is time a part of a census, and the refreshes of zones whose
 * primary is back, so many a second.
 *
 * In reduced mode (mode.h) there are none: no hook would ever take a probe (ask.h is what
 * there is instead).
 *
 * A view that no query of ours reaches lends its probe to clients' queries, a few
 * zones each, and the key that a diagnosis needs; they refresh none.
 */
#include <stdlib.h>
#include <string.h>

#include <xfrwatch/key.h>
#include <xfrwatch/route.h>

#include "monitor_priv.h"

#define VISIT_MS	  500	/* until a query of ours is given up */
#define MUTE_MS		  200	/* named's lines about it come by then */
#define MUTE_LATE_MS	  5	/* "reset client" comes behind the answer (debug) */
#define DISCOVER_MS	  250	/* between looks for listeners while there are none */
#define DISCOVER_SLOW_MS  5000	/* while there are some */
#define SEARCH_MIN_MS	  500	/* between searches for a path to a view */
#define SEARCH_MAX_MS	  30000
#define CENSUS_MIN_MS	  2000	/* between censuses of a view */
#define CENSUS_AGAIN_MS	  700	/* after a configuration, once more */
#define CENSUS_SHARE	  4000	/* a census may take this part of a thread's time */
#define CENSUS_NAMES	  (256 * 1024)
#define CENSUS_NAMES_MAX  (4 * 1024 * 1024)
#define VISITS_A_PULSE	  4	/* one behind the other, when much is due at once */
#define SWEEP_MS	  1000
#define SWEEP_MIN	  16	/* zones a second looked at by the way */
#define SWEEP_MAX	  XFW_PROBE_ZONES
#define SWEEP_BUDGET_NS	  200000 /* a second, of named's threads */
#define RECOVERY_BURST_MS 200	/* refreshes of that time may go at once */

static void
next_visit(xfw_monitor_t *monitor, int64_t now_ms);

static void
mute(xfw_monitor_t *monitor, bool on, int64_t now_ms) {
	bool was = monitor->mute_until_ms != 0;

	monitor->mute_until_ms = on ? now_ms + MUTE_MS : 0;
	if (was != on && monitor->host.mute != NULL) {
		monitor->host.mute(monitor->host.arg, on);
	}
}

/*--- the answer ---------------------------------------------------------------*/

/* A zone that is in this view by in-view belongs to the other one. */
static bool
of_view(const xfw_watch_t *watch, const char *text, size_t len) {
	const char *name = watch->view->name;
	xfw_key_t key;

	return (xfw_key_split(text, len, &key) &&
		key.view_len == strlen(name) &&
		memcmp(key.view, name, key.view_len) == 0);
}

static void
take_census(xfw_monitor_t *monitor, xfw_watch_t *watch, xfw_probe_t *probe,
	    int64_t now_ms) {
	const char *at = probe->names;
	const char *end = at + probe->names_used;

	while (at < end) {
		uint16_t len;

		memcpy(&len, at + 1, sizeof(len));
		/* That of which the type cannot be told now is no news, nor gone. */
		if (of_view(watch, at + 3, len) &&
		    (at[0] != XFW_ZONE_TYPE_UNKNOWN ||
		     xfw_state_find(monitor->state, at + 3, len) != NULL))
		{
			(void)xfw_state_declare(monitor->state, watch->view,
						at + 3, len,
						(xfw_zone_type_t)at[0],
						XFW_ZONE_IN_CENSUS, 0,
						watch->generation, now_ms);
		}
		at += 3 + len;
	}
	watch->walk_ns += probe->took_ns;
	watch->skip = probe->visited;
	watch->walking = !probe->complete;
	if (watch->walking) {
		watch->parted = true;
		return;
	}
	/* The next one is minutes away, with so many zones. */
	if (probe->names_size > CENSUS_NAMES) {
		free(probe->names);
		probe->names = NULL;
		probe->names_size = 0;
	}
	/*
	 * A walk in parts may miss a zone when others come or go between the
	 * parts: then only a zone that two walks missed is gone.
	 */
	xfw_state_declared(monitor->state, watch->view,
			   watch->parted ? watch->generation_before
					 : watch->generation,
			   true, now_ms);
	watch->census_ms = now_ms + CENSUS_MIN_MS +
			   watch->walk_ns / 1000000 * CENSUS_SHARE;
	if (watch->census_again_ms != 0) {
		watch->census_ms = watch->census_again_ms;
		watch->census_again_ms = 0;
	}
}

static void
take_timers(xfw_monitor_t *monitor, const xfw_probe_t *probe, int64_t now_ms) {
	for (size_t i = 0; i < probe->count; i++) {
		xfw_state_timers(monitor->state, probe->items[i].zone,
				 &probe->items[i].timers, now_ms);
	}
}

/* What was not answered goes back to the state. */
static void
unload(xfw_monitor_t *monitor, xfw_probe_t *probe) {
	for (size_t i = probe->count; i-- > 0;) {
		if (probe->items[i].refresh) {
			xfw_state_unrefreshed(monitor->state,
					      probe->items[i].zone);
		}
		xfw_state_unprobed(monitor->state, probe->items[i].zone);
	}
	probe->count = 0;
	probe->census = false;
	probe->key_wanted = false;
	xfw_tsig_wipe(&probe->key);
}

/* As many zones by the way as the budget allows. */
static void
tune_sweep(xfw_monitor_t *monitor, const xfw_probe_t *probe) {
	if (probe->count >= SWEEP_MIN && probe->took_ns > 0 && !probe->census) {
		int64_t fit = SWEEP_BUDGET_NS * (int64_t)probe->count /
			      probe->took_ns;

		monitor->sweep_zones = fit < SWEEP_MIN	 ? SWEEP_MIN
				       : fit > SWEEP_MAX ? SWEEP_MAX
							 : (unsigned)fit;
	}
}

static xfw_watch_t *
watch_of(xfw_monitor_t *monitor, const xfw_slot_t *slot) {
	xfw_watch_t *watch = monitor->watches;

	while (watch != NULL && watch->slot != slot) {
		watch = watch->next;
	}
	return (watch);
}

static void
free_probe(xfw_probe_t *probe) {
	if (probe != NULL) {
		free(probe->names);
		free(probe);
	}
}

void
xfw_visit_answer(xfw_monitor_t *monitor, xfw_probe_t *probe) {
	xfw_watch_t *watch = watch_of(monitor, probe->slot);
	int64_t now_ms = xfw_now_ms();

	if (watch == NULL || watch->probe != NULL) {
		unload(monitor, probe); /* its view went away meanwhile */
		free_probe(probe);
		return;
	}
	watch->probe = probe;
	watch->lent = false;
	if (probe->own) {
		watch->reached = true;
		watch->tried = 0;
		watch->search_pause_ms = SEARCH_MIN_MS;
		if (monitor->visiting == watch) {
			monitor->visiting = NULL;
		}
		tune_sweep(monitor, probe);
	}
	take_timers(monitor, probe, now_ms);
	probe->count = 0;
	xfw_diagnose_key(monitor, watch, probe);
	if (probe->census) {
		probe->census = false;
		take_census(monitor, watch, probe, now_ms);
	}
	monitor->due_ms = 0;
}

/*--- the question ---------------------------------------------------------------*/

/* One more zone to be asked for; NULL for a name that cannot be: the census knows
 * that one. */
static xfw_probe_item_t *
put_item(xfw_monitor_t *monitor, xfw_probe_t *probe, xfw_zone_t *zone) {
	xfw_probe_item_t *item = &probe->items[probe->count];
	xfw_key_t key;

	if (!xfw_key_split(zone->key, zone->key_len, &key) ||
	    !xfw_monitor_wire(monitor, key.name, key.name_len, item->wire,
			      &item->wire_len))
	{
		return (NULL);
	}
	item->zone = zone;
	item->timers = (xfw_timers_t){ 0 };
	item->refresh = false;
	item->primary.ss_family = AF_UNSPEC;
	probe->count++;
	return (item);
}

/* Puts up to `max` due zones into the probe, behind what it has. */
static void
load_lookups(xfw_monitor_t *monitor, xfw_watch_t *watch, size_t max) {
	xfw_zone_t *zones[XFW_PROBE_ZONES];
	size_t count;

	if (max > XFW_PROBE_ZONES - watch->probe->count) {
		max = XFW_PROBE_ZONES - watch->probe->count;
	}
	count = xfw_state_take_probes(monitor->state, watch->view, zones, max);
	for (size_t i = 0; i < count; i++) {
		(void)put_item(monitor, watch->probe, zones[i]);
	}
}

/* How many zones may be refreshed now. */
static size_t
may_refresh(xfw_monitor_t *monitor, int64_t now_ms) {
	int64_t rate = monitor->params.recovery_rate; /* thousandths a millisecond */
	int64_t most = rate * RECOVERY_BURST_MS;

	if (most < 1000) {
		most = 1000;
	}
	if (now_ms > monitor->recovery_ms) {
		int64_t gained = now_ms - monitor->recovery_ms;

		gained = (gained < most ? gained : most) * rate;
		monitor->recovery_tokens += gained;
	}
	monitor->recovery_ms = now_ms; /* also when the clock was set back */
	if (monitor->recovery_tokens > most) {
		monitor->recovery_tokens = most;
	}
	return ((size_t)(monitor->recovery_tokens / 1000));
}

/*
 * Zones that are to be refreshed, as many as the rate allows, into the empty probe of
 * a view that our own queries reach: a client's query does no such work.
 */
static bool
load_refreshes(xfw_monitor_t *monitor, xfw_watch_t *watch, int64_t now_ms) {
	xfw_refresh_t out[XFW_REFRESHES_MAX];
	size_t max, count;

	if (!watch->reached || xfw_state_refreshes(monitor->state) == 0) {
		return (false);
	}
	max = may_refresh(monitor, now_ms);
	count = xfw_state_take_refreshes(monitor->state, watch->view, out,
					 max < XFW_REFRESHES_MAX ? max
								 : XFW_REFRESHES_MAX);
	monitor->recovery_tokens -= (int64_t)count * 1000;
	for (size_t i = 0; i < count; i++) {
		xfw_probe_item_t *item = put_item(monitor, watch->probe, out[i].zone);
		xfw_route_entry_t entry;

		if (item == NULL) {
			continue;
		}
		item->refresh = true;
		if (xfw_route_bare(out[i].primary->address, &entry)) {
			item->primary = entry.to;
		}
	}
	return (watch->probe->count > 0);
}

static bool
load_census(xfw_monitor_t *monitor, xfw_watch_t *watch, int64_t now_ms) {
	xfw_probe_t *probe = watch->probe;
	size_t size = watch->walking ? CENSUS_NAMES_MAX : CENSUS_NAMES;

	if (!watch->walking && now_ms < watch->census_ms) {
		return (false);
	}
	if (probe->names_size < size) {
		char *names = realloc(probe->names, size);

		if (names == NULL) {
			return (false);
		}
		probe->names = names;
		probe->names_size = size;
	}
	if (!watch->walking) {
		watch->generation_before = watch->generation;
		watch->generation = ++monitor->generation;
		watch->skip = 0;
		watch->walk_ns = 0;
		watch->parted = false;
	}
	probe->census = true;
	probe->complete = false;
	probe->skip = watch->skip;
	probe->visited = 0;
	probe->names_used = 0;
	return (true);
}

static bool
has_work(const xfw_monitor_t *monitor, const xfw_watch_t *watch, int64_t now_ms) {
	return (watch->view->probe_count > 0 || watch->walking ||
		now_ms >= watch->census_ms || xfw_diagnose_wants(monitor, watch));
}

/* Takes an offered probe home, unless a query has it: then it comes by itself. */
static bool
recall(xfw_monitor_t *monitor, xfw_watch_t *watch) {
	xfw_probe_t *probe = xfw_slot_take(watch->slot);

	if (probe == NULL) {
		return (false);
	}
	watch->probe = probe;
	watch->lent = false;
	unload(monitor, probe);
	return (true);
}

static void
send_query(xfw_monitor_t *monitor, xfw_watch_t *watch, int64_t now_ms) {
	size_t paths = xfw_knock_paths(monitor->knock);

	monitor->visiting = watch;
	monitor->visit_since_ms = now_ms;
	monitor->visit_until_ms = now_ms + VISIT_MS;
	mute(monitor, true, now_ms);
	while (watch->tried < paths && !xfw_knock(monitor->knock, watch->path)) {
		watch->path = (watch->path + 1) % paths;
		watch->tried++;
	}
}

static void
start_visit(xfw_monitor_t *monitor, xfw_watch_t *watch, int64_t now_ms) {
	size_t paths = xfw_knock_paths(monitor->knock);

	(void)load_census(monitor, watch, now_ms);
	load_lookups(monitor, watch, XFW_PROBE_ZONES);
	xfw_diagnose_load(monitor, watch, watch->probe);
	if (watch->path >= paths) {
		watch->path = 0;
	}
	xfw_probe_t *probe = watch->probe;

	watch->probe = NULL;
	xfw_slot_offer(watch->slot, probe, XFW_SLOT_OWN);
	send_query(monitor, watch, now_ms);
}

/* Whatever clients ask in that view, a few zones at a time, and a key of its keyring. */
static void
lend(xfw_monitor_t *monitor, xfw_watch_t *watch) {
	if (watch->probe == NULL || watch->lent ||
	    (watch->view->probe_count == 0 && !xfw_diagnose_wants(monitor, watch)))
	{
		return;
	}
	load_lookups(monitor, watch, XFW_PROBE_ZONES_CLIENT);
	xfw_diagnose_load(monitor, watch, watch->probe);

	xfw_probe_t *probe = watch->probe;

	watch->probe = NULL;
	watch->lent = true;
	xfw_slot_offer(watch->slot, probe, XFW_SLOT_ANY);
}

/* The query under way did not get to its view: try the next path. */
static void
next_path(xfw_monitor_t *monitor, int64_t now_ms) {
	xfw_watch_t *watch = monitor->visiting;
	size_t paths = xfw_knock_paths(monitor->knock);

	monitor->visiting = NULL;
	watch->tried++;
	if (paths > 0 && watch->tried < paths) {
		watch->path = (watch->path + 1) % paths;
		send_query(monitor, watch, now_ms);
		if (watch->tried < paths) {
			return;
		}
		monitor->visiting = NULL;
	}
	/* No query of ours reaches this view. */
	watch->tried = 0;
	watch->path = 0;
	watch->reached = false;
	watch->search_ms = now_ms + watch->search_pause_ms;
	if (watch->search_pause_ms < SEARCH_MAX_MS) {
		watch->search_pause_ms *= 2;
	}
	(void)recall(monitor, watch);
}

static void
on_mute(uv_timer_t *timer) {
	xfw_monitor_t *monitor = timer->data;

	if (monitor->visiting == NULL) {
		mute(monitor, false, 0);
	}
}

/* named sent an answer to the query under way. */
static void
on_answered(void *arg) {
	xfw_monitor_t *monitor = arg;

	/* The hook posts the probe before named sends the answer. */
	xfw_monitor_messages(monitor);
	(void)uv_timer_start(&monitor->mute, on_mute, MUTE_LATE_MS, 0);

	int64_t now_ms = xfw_now_ms();

	xfw_monitor_answered(monitor, monitor->visit_since_ms, now_ms);
	if (monitor->visiting != NULL) {
		next_path(monitor, now_ms);
	} else {
		next_visit(monitor, now_ms);
	}
}

/*--- the rhythm -------------------------------------------------------------------*/

static void
sweep(xfw_monitor_t *monitor, int64_t now_ms) {
	if (now_ms < monitor->sweep_ms) {
		return;
	}
	monitor->sweep_ms = now_ms + SWEEP_MS;

	bool again = false;

	for (unsigned n = 0; n < monitor->sweep_zones; n++) {
		xfw_zone_t *zone = xfw_state_next_zone(monitor->state,
						       &monitor->sweep_cursor);

		if (zone == NULL) {
			monitor->sweep_cursor = 0;
			if (again || n > 0) {
				break; /* once round is enough for a second */
			}
			again = true;
			continue;
		}
		if (zone->view->probe_count < XFW_PROBE_ZONES) {
			xfw_state_probe(monitor->state, zone);
		}
	}
}

static void
discover(xfw_monitor_t *monitor, int64_t now_ms) {
	if (now_ms < monitor->discover_ms || monitor->visiting != NULL) {
		return;
	}
	size_t paths = xfw_knock_discover(monitor->knock);

	xfw_control_discover(monitor->control);
	monitor->discover_ms =
		now_ms + (paths == 0 ? DISCOVER_MS : DISCOVER_SLOW_MS);
}

/* The next view that a query should go to, in turn. */
static xfw_watch_t *
choose(xfw_monitor_t *monitor, int64_t now_ms) {
	for (xfw_watch_t *watch = monitor->watches; watch != NULL;
	     watch = watch->next)
	{
		bool may = watch->reached || now_ms >= watch->search_ms;

		if (may && watch->lent && !recall(monitor, watch)) {
			continue;
		}
		if (watch->probe != NULL && may &&
		    (load_refreshes(monitor, watch, now_ms) ||
		     has_work(monitor, watch, now_ms)))
		{
			return (watch);
		}
		if (!may) {
			lend(monitor, watch);
		}
	}
	return (NULL);
}

/* The one that was served goes to the end, so that all get their turn. */
static void
to_the_end(xfw_monitor_t *monitor, xfw_watch_t *watch) {
	xfw_watch_t **at = &monitor->watches;

	while (*at != watch) {
		at = &(*at)->next;
	}
	*at = watch->next;
	watch->next = NULL;
	while (*at != NULL) {
		at = &(*at)->next;
	}
	*at = watch;
}

/* The next view in turn, as long as named's threads are not kept busy by it. */
static void
next_visit(xfw_monitor_t *monitor, int64_t now_ms) {
	xfw_watch_t *watch;

	if (monitor->visits_left == 0 ||
	    xfw_knock_paths(monitor->knock) == 0 ||
	    (watch = choose(monitor, now_ms)) == NULL)
	{
		return;
	}
	monitor->visits_left--;
	to_the_end(monitor, watch);
	start_visit(monitor, watch, now_ms);
}

bool
xfw_visit_calm(const xfw_monitor_t *monitor) {
	const xfw_watch_t *watch = monitor->watches;

	while (watch != NULL && watch->reached && !watch->walking &&
	       watch->view->probe_count == 0)
	{
		watch = watch->next;
	}
	return (watch == NULL && monitor->visiting == NULL &&
		monitor->mute_until_ms == 0);
}

void
xfw_visit_pulse(xfw_monitor_t *monitor, int64_t now_ms) {
	monitor->visits_left = VISITS_A_PULSE;
	if (monitor->mute_until_ms != 0 && now_ms >= monitor->mute_until_ms) {
		mute(monitor, false, 0);
	}
	if (monitor->visiting != NULL) {
		if (now_ms < monitor->visit_until_ms) {
			return;
		}
		next_path(monitor, now_ms);
		if (monitor->visiting != NULL) {
			return;
		}
	}
	discover(monitor, now_ms);
	sweep(monitor, now_ms);
	next_visit(monitor, now_ms);
}

void
xfw_visit_changed(xfw_monitor_t *monitor, int64_t now_ms) {
	for (xfw_watch_t *watch = monitor->watches; watch != NULL;
	     watch = watch->next)
	{
		watch->census_again_ms = now_ms + CENSUS_AGAIN_MS;
		if (watch->census_ms > now_ms) {
			watch->census_ms = now_ms;
		}
	}
}

/*--- views come and go ----------------------------------------------------------------*/

bool
xfw_visit_init(xfw_monitor_t *monitor) {
	monitor->sweep_zones = SWEEP_MAX;
	monitor->knock = xfw_knock_open(&monitor->loop, on_answered, monitor);
	return (monitor->knock != NULL);
}

void
xfw_visit_attach(xfw_monitor_t *monitor, xfw_slot_t *slot, xfw_view_t *view) {
	xfw_watch_t *watch = watch_of(monitor, slot);

	if (xfw_monitor_reduced(monitor)) {
		monitor->discover_ms = 0;
		return;
	}
	if (watch == NULL) {
		watch = calloc(1, sizeof(*watch));
		if (watch == NULL) {
			return;
		}
		watch->probe = calloc(1, sizeof(*watch->probe));
		if (watch->probe == NULL) {
			free(watch);
			return;
		}
		watch->probe->message.kind = XFW_MESSAGE_PROBE;
		watch->probe->slot = slot;
		watch->slot = slot;
		watch->next = monitor->watches;
		monitor->watches = watch;
	}
	int64_t now_ms = xfw_now_ms();

	watch->view = view;
	watch->attached++;
	watch->walking = false;
	/* A query may still reach the view that was there before; a new one answers
	 * none before it is complete. */
	watch->census_again_ms = watch->attached > 1 ? now_ms + CENSUS_AGAIN_MS : 0;
	watch->census_ms = now_ms;
	watch->search_ms = now_ms;
	watch->search_pause_ms = SEARCH_MIN_MS;
	monitor->discover_ms = 0;
}

void
xfw_visit_detach(xfw_monitor_t *monitor, xfw_slot_t *slot) {
	xfw_watch_t **at = &monitor->watches;

	while (*at != NULL && (*at)->slot != slot) {
		at = &(*at)->next;
	}
	xfw_watch_t *watch = *at;

	if (watch == NULL) {
		return;
	}
	/* The old view is gone now: what it said last may be out of date. */
	watch->walking = false;
	watch->census_ms = xfw_now_ms();
	if (--watch->attached > 0) {
		return;
	}
	if (monitor->visiting == watch) {
		monitor->visiting = NULL;
	}
	if (watch->probe == NULL) {
		(void)recall(monitor, watch);
	}
	*at = watch->next;
	free_probe(watch->probe); /* else it is freed when it comes back */
	free(watch);
}

void
xfw_visit_end(xfw_monitor_t *monitor) {
	mute(monitor, false, 0);
	while (monitor->watches != NULL) {
		monitor->watches->attached = 1;
		xfw_visit_detach(monitor, monitor->watches->slot);
	}
	/* Probes that a query took but the loop has not seen. */
	xfw_monitor_messages(monitor);
	if (monitor->knock != NULL) {
		xfw_knock_close(monitor->knock);
		monitor->knock = NULL;
	}
}
