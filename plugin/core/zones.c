/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The table of zones, their views, and the heaps that tell which zone has work
 * to be done next.
 * Runs in the monitor's thread only.
 */
#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "state_priv.h"

#define BITS_MIN     6
#define REMOVAL_COST 3 /* as many zones could be looked at as well */
#define CACHE_LINE   64
#define SPLIT_BATCH  4 /* chains split for each new zone, while the table grows */

#define DUE_BEFORE(a, b) ((a)->due_ms < (b)->due_ms)
XFW_HEAP(due, xfw_zone_t, due_slot, DUE_BEFORE)
XFW_HEAP(troubles, xfw_trouble_t, due_slot, DUE_BEFORE)

/*
 * Where a zone stands: one order over all zones, the same whatever the size of
 * the table. Bucket by bucket and within a bucket it grows. The multiplier is
 * odd, so different hashes have different places.
 */
static uint64_t
place_of(uint64_t hash) {
	return (hash * UINT64_C(0x9e3779b97f4a7c15));
}

/* Worked out anew each time, which costs less than eight bytes a zone do. */
static uint64_t
place(const xfw_zone_t *zone) {
	return (place_of(xfw_key_hash(zone->key, zone->key_len)));
}

/*--- table ------------------------------------------------------------------*/

/*
 * The chain that a place is in. While the table grows the lower part of it is in
 * `wider` already, where there are two chains for each. *next: the first place
 * behind those of the chain, 0 if it is the last one.
 */
static xfw_zone_t **
chain_of(const xfw_state_t *state, uint64_t at, uint64_t *next) {
	unsigned shift = 64 - state->bits;
	xfw_zone_t **chain = &state->buckets[at >> shift];

	if (at >> shift < state->split) {
		shift--;
		chain = &state->wider[at >> shift];
	}
	*next = ((at >> shift) + 1) << shift;
	return (chain);
}

/* Each chain falls into two pieces that follow each other. */
static void
split_chain(xfw_state_t *state) {
	size_t i = state->split++;
	xfw_zone_t **at = &state->buckets[i];

	state->wider[2 * i] = *at;
	while (*at != NULL && place(*at) >> (63 - state->bits) == 2 * i) {
		at = &(*at)->table_next;
	}
	if (at == &state->buckets[i]) {
		state->wider[2 * i] = NULL;
	}
	state->wider[2 * i + 1] = *at;
	*at = NULL;
}

/*
 * Room for one zone more; false if there is no table at all. Twice the chains, a few
 * at a time: to move a million zones at once would take 80 ms.
 */
static bool
table_room(xfw_state_t *state) {
	if (state->buckets == NULL) {
		state->bits = BITS_MIN;
		state->buckets = xfw_state_alloc(state, sizeof(xfw_zone_t *)
								<< BITS_MIN);
	} else if (state->wider == NULL && state->zones >= (uint64_t)1 << state->bits) {
		/* Not cleared: each chain is set when it is split. */
		state->wider = state->realloc(NULL, sizeof(xfw_zone_t *)
							    << (state->bits + 1));
		state->counters.out_of_memory += (state->wider == NULL);
	}
	for (unsigned n = 0; state->wider != NULL && n < SPLIT_BATCH; n++) {
		split_chain(state);
		if (state->split == (size_t)1 << state->bits) {
			free(state->buckets);
			state->buckets = state->wider;
			state->bits++;
			state->wider = NULL;
			state->split = 0;
		}
	}
	return (state->buckets != NULL);
}

xfw_zone_t *
xfw_zone_lookup(const xfw_state_t *state, uint64_t hash, const char *key,
		size_t len) {
	uint64_t next;

	if (state->buckets == NULL) {
		return (NULL);
	}
	for (xfw_zone_t *z = *chain_of(state, place_of(hash), &next); z != NULL;
	     z = z->table_next)
	{
		if (len == 0 ? xfw_key_hash(z->key, z->key_len) == hash
			     : xfw_key_equal(z->key, z->key_len, key, len))
		{
			return (z);
		}
	}
	return (NULL);
}

void
xfw_zone_expect(const xfw_state_t *state, uint64_t hash, bool chain_is_there) {
	uint64_t next;
	xfw_zone_t **chain;

	if (state->buckets == NULL) {
		return;
	}
	chain = chain_of(state, place_of(hash), &next);
	if (!chain_is_there) {
		__builtin_prefetch(chain);
	} else if (*chain != NULL) {
		for (size_t at = 0; at < sizeof(xfw_zone_t); at += CACHE_LINE) {
			__builtin_prefetch((const char *)*chain + at);
		}
	}
}

static void
table_insert(xfw_state_t *state, xfw_zone_t *zone) {
	uint64_t to = place(zone), next;
	xfw_zone_t **at = chain_of(state, to, &next);

	while (*at != NULL && place(*at) < to) {
		at = &(*at)->table_next;
	}
	zone->table_next = *at;
	*at = zone;
}

static void
table_remove(xfw_state_t *state, xfw_zone_t *zone) {
	uint64_t next;
	xfw_zone_t **at = chain_of(state, place(zone), &next);

	while (*at != zone) {
		at = &(*at)->table_next;
	}
	*at = zone->table_next;
}

xfw_zone_t *
xfw_state_find(const xfw_state_t *state, const char *key, size_t key_len) {
	if (key_len == 0) {
		return (NULL);
	}
	return (xfw_zone_lookup(state, xfw_key_hash(key, key_len), key, key_len));
}

/* The cursor is the least place that was not met yet. */
xfw_zone_t *
xfw_state_next_zone(const xfw_state_t *state, uint64_t *cursor) {
	uint64_t from = *cursor;

	if (state->buckets == NULL || from == UINT64_MAX) {
		return (NULL);
	}
	for (uint64_t first = from, next = 1; next != 0; first = next) {
		for (xfw_zone_t *z = *chain_of(state, first, &next); z != NULL;
		     z = z->table_next)
		{
			uint64_t at = place(z);
			if (at >= from) {
				*cursor = at + (at != UINT64_MAX);
				return (z);
			}
		}
	}
	*cursor = UINT64_MAX;
	return (NULL);
}

uint64_t
xfw_zone_place(const xfw_zone_t *zone) {
	return (place(zone));
}

/*--- zones ------------------------------------------------------------------*/

/* With no more of the structure than comes before the key. */
static size_t
zone_size(size_t key_len) {
	size_t size = offsetof(xfw_zone_t, key) + key_len + 1;

	return (size > sizeof(xfw_zone_t) ? size : sizeof(xfw_zone_t));
}

void
xfw_zone_free(xfw_state_t *state, xfw_zone_t *zone) {
	xfw_state_put(state, zone, zone_size(zone->key_len));
}

xfw_zone_t *
xfw_zone_create(xfw_state_t *state, xfw_view_t *view, const char *key,
		size_t len, int64_t now_ms) {
	xfw_zone_t *zone = NULL;

	if (len > UINT16_MAX ||
	    !xfw_state_room(state, &state->due, &state->due_room,
			    (size_t)state->zones + 1))
	{
		return (NULL);
	}
	if (!table_room(state)) {
		return (NULL);
	}
	zone = xfw_state_get(state, zone_size(len));
	if (zone == NULL) {
		return (NULL);
	}
	memcpy(zone->key, key, len);
	zone->key_len = (uint16_t)len;
	zone->view = view;
	zone->since_ms = now_ms;
	zone->due_ms = XFW_NEVER;
	zone->due_slot = XFW_NO_SLOT;
	table_insert(state, zone);
	state->zones++;
	state->counters.zones[XFW_ZONE_OK]++;
	view->zones++;
	view->states[XFW_ZONE_OK]++;
	xfw_probe_first(state, zone, now_ms);
	return (zone);
}

static void
trouble_free(xfw_state_t *state, xfw_zone_t *zone) {
	xfw_trouble_t *trouble = zone->trouble;

	if (trouble->due_slot != XFW_NO_SLOT) {
		troubles_remove(state->troubles, &state->troubles_size,
				trouble->due_slot);
	}
	xfw_attempts_free(trouble);
	xfw_echoes_free(trouble, NULL);
	state->troubles_all--;
	zone->trouble = NULL;
	free(trouble);
}

void
xfw_zone_remove(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	while (zone->feeds != NULL) {
		xfw_feed_free(state, zone->feeds, now_ms);
	}
	xfw_zone_enter(state, zone, XFW_ZONE_OK, now_ms);
	if (zone->trouble != NULL) {
		trouble_free(state, zone);
	}
	xfw_zone_set_due(state, zone, XFW_NEVER);
	xfw_state_routed(state, zone, XFW_ROUTE_NONE);
	table_remove(state, zone);
	state->zones--;
	state->counters.zones[XFW_ZONE_OK]--;
	zone->view->zones--;
	zone->view->states[XFW_ZONE_OK]--;
	switch (zone->probing & XFW_PROBE_WHERE) {
	case XFW_PROBE_ASKED:
		/* The caller holds it until it comes back. */
		zone->probing |= XFW_PROBE_GONE;
		zone->view = NULL;
		zone->table_next = state->gone;
		state->gone = zone;
		break;
	case XFW_PROBE_LISTED:
		/* To take it out of the list would cost a walk along it. */
		zone->probing |= XFW_PROBE_GONE;
		zone->view->probe_count--;
		break;
	default:
		xfw_zone_free(state, zone);
		break;
	}
}

void
xfw_zone_release(xfw_state_t *state, xfw_zone_t *zone) {
	xfw_zone_t **at = &state->gone;

	while (*at != zone) {
		at = &(*at)->table_next;
	}
	*at = zone->table_next;
	xfw_zone_free(state, zone);
}

static void
zone_free_all_of(xfw_state_t *state, xfw_zone_t *zone) {
	for (xfw_feed_t *f = zone->feeds, *next; f != NULL; f = next) {
		next = f->next;
		xfw_state_put(state, f, sizeof(*f));
	}
	if (zone->trouble != NULL) {
		xfw_attempts_free(zone->trouble);
		xfw_echoes_free(zone->trouble, NULL);
		free(zone->trouble);
	}
	xfw_zone_free(state, zone);
}

static void
views_free(xfw_state_t *state) {
	for (xfw_view_t *v = state->views, *next; v != NULL; v = next) {
		next = v->next;
		xfw_probes_clear(state, v);
		free(v->name);
		free(v);
	}
}

void
xfw_zones_free(xfw_state_t *state) {
	uint64_t next = (state->buckets == NULL) ? 0 : 1;

	views_free(state);
	for (uint64_t first = 0; next != 0; first = next) {
		for (xfw_zone_t *z = *chain_of(state, first, &next), *behind; z != NULL;
		     z = behind)
		{
			behind = z->table_next;
			zone_free_all_of(state, z);
		}
	}
	while (state->gone != NULL) {
		xfw_zone_release(state, state->gone);
	}
	free(state->buckets);
	free(state->wider);
	free(state->due);
	free(state->troubles);
	free(state->bad);
}

/*--- due work ---------------------------------------------------------------*/

void
xfw_zone_set_due(xfw_state_t *state, xfw_zone_t *zone, int64_t at_ms) {
	zone->due_ms = at_ms;
	if (at_ms == XFW_NEVER) {
		if (zone->due_slot != XFW_NO_SLOT) {
			due_remove(state->due, &state->due_size, zone->due_slot);
		}
	} else if (zone->due_slot == XFW_NO_SLOT) {
		due_push(state->due, &state->due_size, zone);
	} else {
		due_fix(state->due, state->due_size, zone->due_slot);
	}
}

void
xfw_zone_due(xfw_state_t *state, xfw_zone_t *zone, int64_t at_ms) {
	if (at_ms < zone->due_ms) {
		xfw_zone_set_due(state, zone, at_ms);
	}
}

xfw_trouble_t *
xfw_trouble_get(xfw_state_t *state, xfw_zone_t *zone) {
	xfw_trouble_t *trouble = zone->trouble;
	size_t need = state->troubles_all + 1;

	if (trouble != NULL) {
		return (trouble);
	}
	if (!xfw_state_room(state, &state->troubles, &state->troubles_room, need) ||
	    !xfw_state_room(state, &state->bad, &state->bad_room, need))
	{
		return (NULL);
	}
	trouble = xfw_state_alloc(state, sizeof(*trouble));
	if (trouble == NULL) {
		return (NULL);
	}
	trouble->zone = zone;
	trouble->due_ms = XFW_NEVER;
	trouble->due_slot = XFW_NO_SLOT;
	trouble->bad_slot = XFW_NO_SLOT;
	zone->trouble = trouble;
	state->troubles_all++;
	return (trouble);
}

static int64_t
earlier(int64_t a, int64_t b) {
	return (a < b ? a : b);
}

void
xfw_trouble_update(xfw_state_t *state, xfw_zone_t *zone) {
	xfw_trouble_t *trouble = zone->trouble;
	bool fails = false;

	if (trouble == NULL) {
		return;
	}
	for (xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		fails = fails || f->cause != XFW_CAUSE_NONE;
	}
	if (!fails && trouble->attempts == NULL && trouble->echoes == NULL &&
	    zone->state == XFW_ZONE_OK && !trouble->failing &&
	    trouble->behind_ms == 0 && trouble->hold_ms == 0)
	{
		trouble_free(state, zone);
		return;
	}
	trouble->due_ms = earlier(
		earlier(xfw_attempts_due(zone), xfw_notify_due(zone)),
		earlier(xfw_outcome_due(zone), xfw_serials_due(zone)));
	if (trouble->due_ms == XFW_NEVER) {
		if (trouble->due_slot != XFW_NO_SLOT) {
			troubles_remove(state->troubles, &state->troubles_size,
					trouble->due_slot);
		}
	} else if (trouble->due_slot == XFW_NO_SLOT) {
		troubles_push(state->troubles, &state->troubles_size, trouble);
	} else {
		troubles_fix(state->troubles, state->troubles_size,
			     trouble->due_slot);
	}
}

/*--- states -----------------------------------------------------------------*/

static void
bad_add(xfw_state_t *state, xfw_zone_t *zone) {
	zone->trouble->bad_slot = (uint32_t)state->bad_size;
	state->bad[state->bad_size++] = zone;
}

static void
bad_remove(xfw_state_t *state, xfw_zone_t *zone) {
	xfw_zone_t *last = state->bad[--state->bad_size];

	state->bad[zone->trouble->bad_slot] = last;
	last->trouble->bad_slot = zone->trouble->bad_slot;
	zone->trouble->bad_slot = XFW_NO_SLOT;
}

void
xfw_zone_enter(xfw_state_t *state, xfw_zone_t *zone, xfw_zone_state_t new_state,
	       int64_t now_ms) {
	if (zone->state == (uint8_t)new_state) {
		return;
	}
	state->counters.zones[zone->state]--;
	state->counters.zones[new_state]++;
	zone->view->states[zone->state]--;
	zone->view->states[new_state]++;
	if (zone->state == XFW_ZONE_OK) {
		bad_add(state, zone);
	} else if (new_state == XFW_ZONE_OK) {
		bad_remove(state, zone);
	}
	zone->state = (uint8_t)new_state;
	zone->since_ms = now_ms;
}

/* An expired zone was lost for that, whatever its signature says. */
static bool
by_signature(const xfw_zone_t *zone) {
	return (zone->signature_s != 0 && zone->state != XFW_ZONE_EXPIRED &&
		(zone->expires_s == 0 || zone->signature_s < zone->expires_s));
}

int64_t
xfw_zone_deadline_s(const xfw_zone_t *zone) {
	return (by_signature(zone) ? zone->signature_s : zone->expires_s);
}

const char *
xfw_zone_deadline_name(const xfw_zone_t *zone) {
	return (by_signature(zone)	? "signature"
		: zone->expires_s != 0 ? "expire"
				       : NULL);
}

int64_t
xfw_zone_rank(const xfw_zone_t *zone) {
	int64_t deadline_s = xfw_zone_deadline_s(zone);

	if (zone->state == XFW_ZONE_NEVER_LOADED || zone->state == XFW_ZONE_EXPIRED) {
		return (INT64_MIN + deadline_s);
	}
	return (deadline_s > 0 ? deadline_s : INT64_MAX);
}

bool
xfw_zone_offer(const xfw_zone_t *zone, uint32_t *serial, int64_t *at_ms) {
	bool offered = (zone->flags & XFW_ZONE_HAS_OFFERED) != 0;
	bool notified = (zone->flags & XFW_ZONE_HAS_NOTIFIED) != 0;

	if (notified && (!offered || zone->notified_s > zone->offered_s ||
			 (zone->notified_s == zone->offered_s &&
			  (int32_t)(zone->notified - zone->offered) > 0)))
	{
		*serial = zone->notified;
		*at_ms = (int64_t)zone->notified_s * 1000;
	} else if (offered) {
		*serial = zone->offered;
		*at_ms = (int64_t)zone->offered_s * 1000;
	}
	return (offered || notified);
}

const xfw_zone_t *
xfw_state_bad(const xfw_state_t *state, size_t i) {
	return (i < state->bad_size ? state->bad[i] : NULL);
}

/* Order of the list of failing zones: by deadline, then by name. */
static bool
listed_before(const xfw_zone_t *a, const xfw_zone_t *b) {
	int64_t ra = xfw_zone_rank(a), rb = xfw_zone_rank(b);

	return (ra != rb ? ra < rb : strcmp(a->key, b->key) < 0);
}

/* A heap with the last of the list on top, in the caller's array. */
static void
list_sink(const xfw_zone_t **heap, size_t size, size_t i) {
	const xfw_zone_t *zone = heap[i];

	for (size_t c; (c = 2 * i + 1) < size; i = c) {
		if (c + 1 < size && listed_before(heap[c], heap[c + 1])) {
			c++;
		}
		if (!listed_before(zone, heap[c])) {
			break;
		}
		heap[i] = heap[c];
	}
	heap[i] = zone;
}

/* They lie all over the memory: by the time that it is its turn, it is at hand. */
#define LOOK_AHEAD 8

static void
look_ahead(const xfw_state_t *state, size_t i) {
	if (i < state->bad_size) {
		__builtin_prefetch(&state->bad[i]->expires_s);
		__builtin_prefetch(&state->bad[i]->key);
	}
}

size_t
xfw_state_failing(const xfw_state_t *state, const xfw_zone_t **out, size_t max) {
	size_t size = 0;

	for (size_t i = 0; i < state->bad_size && max > 0; i++) {
		const xfw_zone_t *zone = state->bad[i];
		look_ahead(state, i + LOOK_AHEAD);
		if (size < max) {
			out[size++] = zone;
			for (size_t j = (size == max) ? size / 2 : 0; j > 0; j--) {
				list_sink(out, size, j - 1);
			}
		} else if (listed_before(zone, out[0])) {
			out[0] = zone;
			list_sink(out, size, 0);
		}
	}
	for (size_t j = (size < max) ? size / 2 : 0; j > 0; j--) {
		list_sink(out, size, j - 1);
	}
	for (size_t n = size; n > 1; n--) {
		const xfw_zone_t *last = out[0];
		out[0] = out[n - 1];
		out[n - 1] = last;
		list_sink(out, n - 1, 0);
	}
	return (state->bad_size);
}

/*--- routes -----------------------------------------------------------------*/

xfw_routes_t *
xfw_state_routes(xfw_state_t *state) {
	return (state->routes);
}

void
xfw_state_routed(xfw_state_t *state, xfw_zone_t *zone, uint32_t number) {
	if (zone->route == number) {
		return;
	}
	xfw_routes_use(state->routes, number);
	xfw_routes_drop(state->routes, zone->route);
	zone->route = number;
}

void
xfw_state_route(xfw_state_t *state, xfw_zone_t *zone, const char *text, size_t len) {
	uint32_t number = xfw_routes_add(state->routes, text, len);

	if (number == XFW_ROUTE_NONE && len > 0) {
		state->counters.out_of_memory++;
	}
	xfw_state_routed(state, zone, number);
	xfw_routes_drop(state->routes, number);
}

const char *
xfw_zone_route(const xfw_state_t *state, const xfw_zone_t *zone) {
	return (xfw_routes_text(state->routes, zone->route));
}

/*--- views and declarations -------------------------------------------------*/

xfw_view_t *
xfw_state_view(xfw_state_t *state, const char *name) {
	xfw_view_t *view = NULL;
	size_t size = strlen(name) + 1;

	for (view = state->views; view != NULL; view = view->next) {
		if (strcmp(view->name, name) == 0) {
			return (view);
		}
	}
	view = xfw_state_alloc(state, sizeof(*view));
	if (view == NULL) {
		return (NULL);
	}
	view->name = xfw_state_alloc(state, size);
	if (view->name == NULL) {
		free(view);
		return (NULL);
	}
	memcpy(view->name, name, size);
	view->next = state->views;
	state->views = view;
	return (view);
}

const xfw_view_t *
xfw_state_views(const xfw_state_t *state) {
	return (state->views);
}

void
xfw_state_view_gone(xfw_state_t *state, xfw_view_t *view, int64_t now_ms) {
	xfw_view_t **at = &state->views;
	uint64_t cursor = 0;

	xfw_probes_clear(state, view);
	for (xfw_zone_t *z; (z = xfw_state_next_zone(state, &cursor)) != NULL;) {
		if (z->view == view) {
			xfw_zone_remove(state, z, now_ms);
		}
	}
	while (*at != view) {
		at = &(*at)->next;
	}
	*at = view->next;
	free(view->name);
	free(view);
	xfw_incidents_say(state, now_ms);
}

xfw_zone_t *
xfw_state_declare(xfw_state_t *state, xfw_view_t *view, const char *key,
		  size_t key_len, xfw_zone_type_t type, uint8_t flag,
		  unsigned primaries, uint32_t generation, int64_t now_ms) {
	uint64_t hash = xfw_key_hash(key, key_len);
	xfw_zone_t *zone = NULL;

	if (key_len == 0) {
		return (NULL);
	}
	zone = xfw_zone_lookup(state, hash, key, key_len);
	if (zone != NULL && zone->view != view) {
		/* The key names the view, so this is a view made anew. */
		xfw_zone_remove(state, zone, now_ms);
		zone = NULL;
	}
	if (zone == NULL) {
		zone = xfw_zone_create(state, view, key, key_len, now_ms);
	}
	if (zone == NULL) {
		return (NULL);
	}
	zone->flags |= (uint8_t)(flag & (XFW_ZONE_IN_CONFIG | XFW_ZONE_IN_CENSUS));
	zone->generation = generation;
	if (type != XFW_ZONE_TYPE_UNKNOWN) {
		zone->type = (uint8_t)type;
	}
	if (primaries != 0) {
		zone->primaries = (uint8_t)(primaries < UINT8_MAX ? primaries
								  : UINT8_MAX);
	}
	return (zone);
}

/*
 * A zone known from a line only, and only just: the walk may have been over
 * before named added it. The next one tells.
 */
static bool
just_heard(const xfw_zone_t *zone, int64_t now_ms) {
	return ((zone->flags & (XFW_ZONE_IN_CONFIG | XFW_ZONE_IN_CENSUS)) == 0 &&
		now_ms - zone->since_ms < 5000);
}

/* Seen by the census, or by one that began later. */
static bool
was_seen(const xfw_zone_t *zone, uint32_t generation) {
	return ((int32_t)(zone->generation - generation) >= 0);
}

/* A census that is over takes away what it did not see, piece by piece. */
static void
sweep(xfw_state_t *state, xfw_view_t *view, size_t *left, int64_t now_ms) {
	while (view->sweeping && *left > 0) {
		xfw_zone_t *zone = xfw_state_next_zone(state, &view->sweep);

		(*left)--;
		if (zone == NULL) {
			view->sweeping = false;
		} else if (zone->view == view &&
			   !was_seen(zone, view->generation) &&
			   !just_heard(zone, view->declared_ms))
		{
			xfw_zone_remove(state, zone, now_ms);
			*left -= (*left < REMOVAL_COST) ? *left : REMOVAL_COST;
		}
	}
}

bool
xfw_zones_tick(xfw_state_t *state, int64_t now_ms) {
	size_t left = XFW_SWEEP_BATCH;
	bool more = false;

	for (xfw_view_t *view = state->views; view != NULL; view = view->next) {
		sweep(state, view, &left, now_ms);
		more = xfw_probes_weed(state, view, &left) || more || view->sweeping;
	}
	return (more);
}

/* The configuration does not name the zone; a census may have. */
static void
not_configured(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	if ((zone->flags & (XFW_ZONE_IN_CONFIG | XFW_ZONE_IN_CENSUS)) ==
	    XFW_ZONE_IN_CONFIG)
	{
		xfw_zone_remove(state, zone, now_ms);
	} else {
		zone->flags &= (uint8_t)~XFW_ZONE_IN_CONFIG;
		xfw_state_routed(state, zone, XFW_ROUTE_NONE);
	}
}

void
xfw_state_declared(xfw_state_t *state, xfw_view_t *view, uint32_t generation,
		   bool census, int64_t now_ms) {
	size_t left = XFW_SWEEP_BATCH;
	uint64_t cursor = 0;

	if (census) {
		view->generation = generation;
		view->declared_ms = now_ms;
		view->sweeping = true;
		view->sweep = 0;
		sweep(state, view, &left, now_ms);
		xfw_incidents_say(state, now_ms);
		return;
	}
	for (xfw_zone_t *z; (z = xfw_state_next_zone(state, &cursor)) != NULL;) {
		if (z->view == view && z->generation != generation) {
			not_configured(state, z, now_ms);
		}
	}
	xfw_incidents_say(state, now_ms);
}
