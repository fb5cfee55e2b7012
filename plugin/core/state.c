/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The state from above: made, fed with events, ticked, read.
 * Runs in the monitor's thread only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state_priv.h"

const char *
xfw_zone_state_name(xfw_zone_state_t state) {
	static const char *const names[XFW_ZONE_STATES] = {
		"ok", "failing", "never-loaded", "expired"
	};

	return ((unsigned)state < XFW_ZONE_STATES ? names[state] : "ok");
}

const char *
xfw_zone_type_name(xfw_zone_type_t type) {
	switch (type) {
	case XFW_ZONE_TYPE_SECONDARY:
		return ("secondary");
	case XFW_ZONE_TYPE_MIRROR:
		return ("mirror");
	case XFW_ZONE_TYPE_STUB:
		return ("stub");
	default:
		return ("unknown");
	}
}

/*--- memory -----------------------------------------------------------------*/

void *
xfw_state_alloc(xfw_state_t *state, size_t size) {
	void *p = state->realloc(NULL, size);

	if (p == NULL) {
		state->counters.out_of_memory++;
		return (NULL);
	}
	memset(p, 0, size);
	return (p);
}

/* A sanitizer watches over what malloc(3) gives, and only over that. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#endif

void *
xfw_state_get(xfw_state_t *state, size_t size) {
#ifdef SANITIZED
	return (xfw_state_alloc(state, size));
#else
	void *piece = xfw_pool_get(&state->pool, state->realloc, size);

	state->counters.out_of_memory += (piece == NULL);
	return (piece);
#endif
}

void
xfw_state_put(xfw_state_t *state, void *piece, size_t size) {
#ifdef SANITIZED
	(void)state;
	(void)size;
	free(piece);
#else
	xfw_pool_put(&state->pool, piece, size);
#endif
}

bool
xfw_state_room(xfw_state_t *state, void *array, size_t *room, size_t need) {
	/* Long ones are moved by the kernel: no need to take much in advance. */
	size_t more = (*room < 4) ? 4 : *room + *room / (*room < 65536 ? 2 : 16);
	void *p = NULL;

	if (need <= *room) {
		return (true);
	}
	/* `array` is the address of a pointer to pointers, of whatever type. */
	memcpy(&p, array, sizeof(p));
	p = state->realloc(p, more * sizeof(void *));
	if (p == NULL) {
		state->counters.out_of_memory++;
		return (false);
	}
	memcpy(array, &p, sizeof(p));
	*room = more;
	return (true);
}

xfw_state_t *
xfw_state_create(const xfw_policy_t *policy, xfw_say_t say, void *arg) {
	xfw_state_t *state = calloc(1, sizeof(*state));

	if (state == NULL) {
		return (NULL);
	}
	state->routes = xfw_routes_create();
	if (state->routes == NULL) {
		free(state);
		return (NULL);
	}
	state->policy = *policy;
	state->say = say;
	state->say_arg = arg;
	state->realloc = realloc;
	state->incidents_due_ms = XFW_NEVER;
	for (size_t i = 0; i < XFW_LINES_A_MINUTE; i++) {
		state->lines_ms[i] = INT64_MIN / 2;
	}
	return (state);
}

void
xfw_state_destroy(xfw_state_t *state) {
	if (state == NULL) {
		return;
	}
	xfw_zones_free(state);
	xfw_incidents_free(state);
	xfw_primaries_free(state);
	xfw_routes_destroy(state->routes);
	xfw_pool_end(&state->pool);
	free(state);
}

/*
 * Judging keeps a zone that is not ok so, and its place in `bad`. From the back: what
 * goes out of it in between leaves its place to the last, which was judged before, or
 * then is the last itself.
 */
static void
rejudge_bad(xfw_state_t *state, int64_t now_ms) {
	if (state->rejudge_bad > state->bad_size) {
		state->rejudge_bad = state->bad_size;
	}
	for (size_t left = XFW_TICK_BATCH; state->rejudge_bad > 0 && left > 0; left--) {
		xfw_zone_judge(state, state->bad[--state->rejudge_bad], now_ms);
	}
}

void
xfw_state_configure(xfw_state_t *state, const xfw_policy_t *policy,
		    int64_t now_ms) {
	if (policy->signature_warning_d != state->policy.signature_warning_d ||
	    policy->signature_err_d != state->policy.signature_err_d)
	{
		state->rejudging = true; /* all zones, a few at a time */
		state->rejudge = 0;
	}
	state->policy = *policy;
	state->rejudge_bad = state->bad_size;
	rejudge_bad(state, now_ms);
	state->incidents_due_ms = now_ms; /* reminders come at other times */
	xfw_incidents_say(state, now_ms);
}

const xfw_counters_t *
xfw_state_counters(const xfw_state_t *state) {
	return (&state->counters);
}

/*--- lines that are not known -----------------------------------------------*/

/* Printable ASCII stays, all else is \DDD: the text is shown to people. */
static void
append(char *buf, size_t size, size_t *used, const char *text) {
	for (; *text != '\0' && *used + 5 < size; text++) {
		unsigned char c = (unsigned char)*text;
		if (c >= ' ' && c < 0x7f) {
			buf[(*used)++] = (char)c;
		} else {
			*used += (size_t)snprintf(buf + *used, size - *used, "\\%03u",
						  c);
		}
	}
	buf[*used] = '\0';
}

static void
keep_unknown(xfw_state_t *state, const xfw_event_t *ev, int64_t now_ms) {
	xfw_unknown_t *u = &state->unknown[state->unknown_count % XFW_UNKNOWN_KEEP];
	size_t used = 0;

	state->counters.unclassified++;
	state->unknown_count++;
	u->time_ms = now_ms;
	if (xfw_event_zone(ev)[0] != '\0') {
		append(u->text, sizeof(u->text), &used, xfw_event_zone(ev));
		append(u->text, sizeof(u->text), &used, ": ");
	}
	append(u->text, sizeof(u->text), &used, xfw_event_text(ev));
}

size_t
xfw_state_unknown(const xfw_state_t *state, const xfw_unknown_t **out, size_t max) {
	size_t n = 0;

	while (n < max && n < XFW_UNKNOWN_KEEP && n < state->unknown_count) {
		out[n] = &state->unknown[(state->unknown_count - 1 - n) %
					 XFW_UNKNOWN_KEEP];
		n++;
	}
	return (n);
}

/*--- events -----------------------------------------------------------------*/

/*
 * Kinds that only a zone can have that is refreshed from primaries: a line of
 * such a kind makes a zone known. (Zones of other types are loaded, dumped and
 * notified as well.)
 */
static bool
makes_known(xfw_kind_t kind) {
	switch (kind) {
	case XFW_KIND_SOA_FAILED:
	case XFW_KIND_SOA_FAILED_XFR:
	case XFW_KIND_SOA_SERIAL:
	case XFW_KIND_SETUP_FAILED:
	case XFW_KIND_XFR_DEFERRED:
	case XFW_KIND_XFR_STARTED:
	case XFW_KIND_XFR_CONNECTED:
	case XFW_KIND_XFR_FAILED:
	case XFW_KIND_XFR_SERIAL:
	case XFW_KIND_XFR_STATUS_OK:
	case XFW_KIND_XFR_STATUS_SAME:
	case XFW_KIND_XFR_STATUS_FAILED:
	case XFW_KIND_UNREACHABLE:
	case XFW_KIND_EXPIRED:
		return (true);
	default:
		return (false);
	}
}

static xfw_view_t *
view_of(xfw_state_t *state, const xfw_key_t *key) {
	char name[XFW_EVENT_ZONE_MAX];

	if (key->view_len >= sizeof(name)) {
		return (NULL);
	}
	memcpy(name, key->view, key->view_len);
	name[key->view_len] = '\0';
	return (xfw_state_view(state, name));
}

static xfw_zone_t *
zone_of(xfw_state_t *state, const xfw_event_t *ev, int64_t now_ms) {
	const char *text = xfw_event_zone(ev);
	bool cut = (ev->flags & XFW_EVENT_KEY_TRUNCATED) != 0;
	size_t len = strlen(text);
	xfw_zone_t *zone = NULL;
	xfw_view_t *view = NULL;
	xfw_key_t key;

	if (len == 0) {
		return (NULL);
	}
	zone = xfw_zone_lookup(state, ev->zone_hash, text, cut ? 0 : len);
	if (zone != NULL || cut || !makes_known(ev->kind) ||
	    !xfw_key_split(text, len, &key))
	{
		return (zone);
	}
	view = view_of(state, &key);
	return (view == NULL ? NULL
			     : xfw_zone_create(state, view, text, len, now_ms));
}

static void
take_serving(xfw_state_t *state, xfw_zone_t *zone, uint32_t serial,
	     int64_t now_ms) {
	bool same = (zone->flags & XFW_ZONE_HAS_SERIAL) != 0 && zone->serial == serial;

	zone->serial = serial;
	zone->flags |= XFW_ZONE_HAS_SERIAL;
	if (!same) {
		xfw_notify_moved(state, zone, now_ms);
		xfw_serials_moved(zone, now_ms);
	}
}

static void
take_offered(xfw_zone_t *zone, uint32_t serial, int64_t now_ms) {
	zone->offered = serial;
	zone->offered_s = (uint32_t)(now_ms / 1000);
	zone->flags |= XFW_ZONE_HAS_OFFERED;
}

/* The serials in a line. Three are kept apart: serving, offered, notified. */
static void
take_serials(xfw_state_t *state, xfw_zone_t *zone, const xfw_event_t *ev,
	     int64_t now_ms) {
	bool partial = false;

	if ((ev->flags & XFW_EVENT_HAS_OLD_SERIAL) != 0) {
		zone->flags |= XFW_ZONE_LOADED;
		take_serving(state, zone, ev->old_serial, now_ms);
	}
	if ((ev->flags & XFW_EVENT_HAS_SERIAL) == 0) {
		return;
	}
	switch ((xfw_kind_t)ev->kind) {
	case XFW_KIND_NOTIFY:
	case XFW_KIND_NOTIFY_SAME:
	case XFW_KIND_NOTIFY_QUEUED:
		zone->notified = ev->serial;
		zone->notified_s = (uint32_t)(now_ms / 1000);
		zone->flags |= XFW_ZONE_HAS_NOTIFIED;
		break;
	case XFW_KIND_XFR_SERIAL:
		if ((zone->flags & XFW_ZONE_HAS_SERIAL) == 0 ||
		    zone->serial != ev->serial)
		{
			zone->last_transfer_ms = now_ms;
		}
		partial = xfw_serials_partial(zone, ev->serial);
		take_serving(state, zone, ev->serial, now_ms);
		if (!partial) {
			take_offered(zone, ev->serial, now_ms);
		}
		break;
	case XFW_KIND_LOADED:
		take_serving(state, zone, ev->serial, now_ms);
		break;
	case XFW_KIND_SOA_SERIAL:
	case XFW_KIND_SOA_FAILED:
	case XFW_KIND_SOA_FAILED_XFR:
	case XFW_KIND_UNREACHABLE:
		take_offered(zone, ev->serial, now_ms);
		break;
	case XFW_KIND_XFR_ENDED: /* 0: it did not get that far */
		if (ev->serial != 0) {
			take_offered(zone, ev->serial, now_ms);
		}
		break;
	default:
		break;
	}
}

/*
 * A file could not be written; the zone is served from memory, and by itself. The
 * lines of masterdump.c and journal.c name a file at most: if an attempt that fails
 * for it follows, that counts and they do not; else it is put down to the zone that
 * was transferred last, as named writes a zone when it has it.
 */
static void
storage_failed(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	if (zone != NULL) {
		xfw_outcome_degraded(state, zone, NULL, XFW_CAUSE_LOCAL_STORAGE,
				     now_ms);
	} else if (state->storage_ms == 0) {
		state->storage_ms = now_ms + XFW_STORAGE_WAIT_MS;
	}
}

static void
storage_tick(xfw_state_t *state, int64_t now_ms) {
	xfw_zone_t *zone = NULL;
	xfw_primary_t *none = NULL;

	if (state->storage_ms == 0 || state->storage_ms > now_ms) {
		return;
	}
	if (state->storage_ms - XFW_STORAGE_WAIT_MS - state->stored_ms <=
	    XFW_STORED_MS)
	{
		zone = xfw_zone_lookup(state, state->stored_hash, "", 0);
	}
	state->storage_ms = 0;
	if (zone != NULL) {
		storage_failed(state, zone, now_ms);
		return;
	}
	state->counters.causes[XFW_CAUSE_LOCAL_STORAGE]++;
	none = xfw_primary_get(state, NULL);
	if (none != NULL) {
		none->causes[XFW_CAUSE_LOCAL_STORAGE]++;
	}
}

/* The zone has data again, from its file. */
static void
loaded(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	if (zone->state != XFW_ZONE_EXPIRED) {
		zone->flags |= XFW_ZONE_LOADED;
		xfw_zone_judge(state, zone, now_ms);
	}
	xfw_zone_due(state, zone, now_ms + XFW_PROBE_AFTER_MS);
}

static void
zone_event(xfw_state_t *state, xfw_zone_t *zone, const xfw_event_t *ev,
	   int64_t now_ms) {
	if (ev->kind != XFW_KIND_LOADED && ev->kind != XFW_KIND_STORAGE_FAILED &&
	    ev->kind != XFW_KIND_NOTIFY_REFUSED)
	{
		zone->idle_refreshes = 0; /* named is at work on it */
	}
	take_serials(state, zone, ev, now_ms);
	xfw_serials_event(state, zone, ev, now_ms);
	if (ev->kind == XFW_KIND_XFR_SERIAL) {
		state->stored_hash = ev->zone_hash;
		state->stored_ms = now_ms;
		xfw_probe_busy(state, now_ms);
	}
	switch ((xfw_kind_t)ev->kind) {
	case XFW_KIND_EXPIRED:
		xfw_outcome_expired(state, zone, now_ms);
		xfw_zone_due(state, zone, now_ms + XFW_PROBE_AFTER_MS);
		break;
	case XFW_KIND_LOADED:
		loaded(state, zone, now_ms);
		break;
	case XFW_KIND_SOA_SERIAL:
		xfw_zone_due(state, zone, now_ms + XFW_PROBE_AFTER_MS);
		break;
	case XFW_KIND_NOTIFY:
	case XFW_KIND_NOTIFY_SAME:
	case XFW_KIND_NOTIFY_QUEUED:
	case XFW_KIND_NOTIFY_REFUSED:
		xfw_notify_event(state, zone, ev, now_ms);
		break;
	default:
		xfw_attempt_event(state, zone, ev, now_ms);
		break;
	}
}

void
xfw_state_expect(const xfw_state_t *state, const xfw_event_t *ev, bool again) {
	xfw_zone_expect(state, ev->zone_hash, again);
}

void
xfw_state_event(xfw_state_t *state, const xfw_event_t *ev, int64_t now_ms) {
	xfw_zone_t *zone = NULL;

	state->counters.events++;
	zone = zone_of(state, ev, now_ms);
	/* A weak one may be about a zone that is not transferred at all. */
	if ((ev->kind == XFW_KIND_UNKNOWN ||
	     ev->cause == XFW_CAUSE_UNCLASSIFIED) &&
	    (zone != NULL || (ev->flags & XFW_EVENT_WEAK) == 0))
	{
		keep_unknown(state, ev, now_ms);
	}
	if (ev->kind == XFW_KIND_STORAGE_FAILED) {
		storage_failed(state, zone, now_ms);
	} else if (ev->kind == XFW_KIND_NOTIFY_REFUSED && zone == NULL) {
		state->counters.notifies_refused++;
		state->counters.causes[XFW_CAUSE_NOTIFY_REFUSED]++;
	} else if (zone != NULL && ev->kind != XFW_KIND_IRRELEVANT &&
		   ev->kind != XFW_KIND_UNKNOWN && ev->kind != XFW_KIND_ZONES_CHANGED)
	{
		zone_event(state, zone, ev, now_ms);
	}
	xfw_incidents_say(state, now_ms);
}

/*--- time -------------------------------------------------------------------*/

static void
trouble_tick(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	xfw_attempts_tick(state, zone, now_ms);
	if (zone->trouble != NULL) {
		xfw_notify_tick(state, zone, now_ms);
		xfw_outcome_tick(state, zone, now_ms);
	}
}

static void
rejudge(xfw_state_t *state, int64_t now_ms) {
	for (size_t left = XFW_TICK_BATCH; state->rejudging && left > 0; left--) {
		xfw_zone_t *zone = xfw_state_next_zone(state, &state->rejudge);

		if (zone == NULL) {
			state->rejudging = false;
		} else if (zone->signature_s != 0) {
			xfw_zone_judge(state, zone, now_ms);
		}
	}
}

int64_t
xfw_state_tick(xfw_state_t *state, int64_t now_ms) {
	int64_t next = XFW_NEVER, first;
	size_t left = XFW_TICK_BATCH;
	bool more = false;

	while (left > 0 && state->troubles_size > 0 &&
	       state->troubles[0]->due_ms <= now_ms)
	{
		trouble_tick(state, state->troubles[0]->zone, now_ms);
		left--;
	}
	while (left > 0 && state->due_size > 0 && state->due[0]->due_ms <= now_ms) {
		xfw_probe_due(state, state->due[0], now_ms);
		left--;
	}
	storage_tick(state, now_ms);
	rejudge(state, now_ms);
	rejudge_bad(state, now_ms);
	more = xfw_zones_tick(state, now_ms) || state->rejudging ||
	       state->rejudge_bad > 0;
	xfw_incidents_say(state, now_ms);
	next = xfw_recover_tick(state, now_ms);
	first = xfw_probes_first(state, now_ms);
	if (first < next) {
		next = first;
	}
	if (state->incidents_due_ms < next) {
		next = state->incidents_due_ms;
	}
	if (state->storage_ms != 0 && state->storage_ms < next) {
		next = state->storage_ms;
	}
	if (state->troubles_size > 0 && state->troubles[0]->due_ms < next) {
		next = state->troubles[0]->due_ms;
	}
	if (state->due_size > 0 && state->due[0]->due_ms < next) {
		next = state->due[0]->due_ms;
	}
	return (more && next > now_ms ? now_ms : next);
}
