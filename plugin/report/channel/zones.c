/* SPDX-License-Identifier: MPL-2.0 */
/*
 * /json/v1/zones: the list of zones, filtered, in pages.
 * Runs in the monitor's thread.
 *
 * The list is either written while the table is walked; or, when it has an order or
 * is small, its zones' places are gathered first and looked up one by one when it
 * is written. Places stay, so that a page goes on where the one before ended, and
 * nothing but numbers is kept between two pieces.
 */
#include <stdlib.h>
#include <string.h>

#include <xfrwatch/key.h>

#include "answers.h"
#include "stream.h"
#include "zone.h"

/* Zones that are not ok, up to which they are looked through at once, rather than
 * looked for in the whole table. */
#define FEW_MAX 4096

/* Where a zone stands in a list: by rank (0 if it has no order), then by place. */
typedef struct spot {
	int64_t rank;
	uint64_t place;
} spot_t;

typedef enum phase {
	PHASE_WALK,   /* writes what the walk meets */
	PHASE_GATHER, /* gathers what the walk meets */
	PHASE_LIST    /* writes what was gathered */
} phase_t;

typedef struct zones {
	xfw_stream_t stream; /* first */
	xfw_query_t query;
	phase_t phase;
	uint64_t cursor;  /* of the walk */
	uint64_t written;
	bool more;	  /* there is a zone behind the last of this page */
	spot_t last;	  /* where the next page begins, if so */
	/* The first max spots from query.after on: a heap with the last on top while
	 * they are gathered, then in their order. */
	spot_t *spots;
	size_t size;
	size_t max;
	size_t next;
} zones_t;

/*--- gathering --------------------------------------------------------------*/

static bool
before(spot_t a, spot_t b) {
	return (a.rank != b.rank ? a.rank < b.rank : a.place < b.place);
}

static void
sink(spot_t *heap, size_t size, size_t i) {
	spot_t spot = heap[i];

	for (size_t c; (c = 2 * i + 1) < size; i = c) {
		if (c + 1 < size && before(heap[c], heap[c + 1])) {
			c++;
		}
		if (!before(spot, heap[c])) {
			break;
		}
		heap[i] = heap[c];
	}
	heap[i] = spot;
}

static void
rise(spot_t *heap, size_t i) {
	spot_t spot = heap[i];

	while (i > 0 && before(heap[(i - 1) / 2], spot)) {
		heap[i] = heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	heap[i] = spot;
}

static void
sort(spot_t *heap, size_t size) {
	while (size > 1) {
		spot_t last = heap[0];

		heap[0] = heap[--size];
		heap[size] = last;
		sink(heap, size, 0);
	}
}

/* Takes the zone into the list, if it is asked for and not of a page before. */
static void
offer(zones_t *zones, const xfw_zone_t *zone) {
	const xfw_query_t *query = &zones->query;
	spot_t after = { query->after_rank, query->after };
	spot_t spot;

	if (!xfw_zone_asked(zone, query, &zones->stream.work)) {
		return;
	}
	spot = (spot_t){ query->by_deadline ? xfw_zone_rank(zone) : 0,
			 xfw_zone_place(zone) };
	if (query->has_after && before(spot, after)) {
		return;
	}
	if (zones->size < zones->max) {
		zones->spots[zones->size] = spot;
		rise(zones->spots, zones->size++);
	} else if (before(spot, zones->spots[0])) {
		zones->spots[0] = spot;
		sink(zones->spots, zones->size, 0);
	}
}

static void
gathered(zones_t *zones) {
	sort(zones->spots, zones->size);
	zones->phase = PHASE_LIST;
}

#define CLASSES 3
static const char *const classes[CLASSES] = { "IN", "CH", "HS" };

/* The zone of that name, in each view and class: they are looked up. */
static void
look_up(zones_t *zones) {
	const xfw_state_t *state = zones->stream.source.state;
	char key[2 * XFW_QUERY_VALUE_MAX];

	for (const xfw_view_t *view = xfw_state_views(state); view != NULL;
	     view = view->next)
	{
		for (size_t i = 0; i < CLASSES; i++) {
			size_t len = xfw_key_join(key, sizeof(key),
						  zones->query.name, classes[i],
						  view->name);
			const xfw_zone_t *zone = xfw_state_find(state, key, len);

			/* Views whose names differ in case share their keys. */
			if (zone != NULL && zone->view == view) {
				offer(zones, zone);
			}
		}
	}
}

static void
look_through(zones_t *zones) {
	const xfw_state_t *state = zones->stream.source.state;
	const xfw_zone_t *zone = NULL;

	for (size_t i = 0; (zone = xfw_state_bad(state, i)) != NULL; i++) {
		offer(zones, zone);
	}
}

/*--- writing ----------------------------------------------------------------*/

static void
put_zone(zones_t *zones, const xfw_zone_t *zone) {
	xfw_zone_json(&zones->stream.json, zone, zones->stream.begun_ms);
	zones->written++;
}

static bool
step_gather(zones_t *zones) {
	const xfw_zone_t *zone = xfw_state_next_zone(zones->stream.source.state,
						     &zones->cursor);

	if (zone != NULL) {
		offer(zones, zone);
	} else {
		gathered(zones);
	}
	return (true);
}

static bool
step_walk(zones_t *zones) {
	uint64_t from = zones->cursor;
	const xfw_zone_t *zone = xfw_state_next_zone(zones->stream.source.state,
						     &zones->cursor);

	if (zone == NULL) {
		return (false);
	}
	if (!xfw_zone_asked(zone, &zones->query, &zones->stream.work)) {
		return (true);
	}
	if (zones->written == zones->query.limit) {
		zones->more = true;
		zones->last = (spot_t){ 0, from };
		return (false);
	}
	put_zone(zones, zone);
	return (true);
}

static bool
step_list(zones_t *zones) {
	const xfw_zone_t *zone = NULL;
	uint64_t cursor;
	spot_t spot;

	if (zones->next == zones->size) {
		return (false);
	}
	spot = zones->spots[zones->next];
	if (zones->next == zones->query.limit) {
		zones->more = true;
		zones->last = spot;
		return (false);
	}
	zones->next++;
	cursor = spot.place;
	zone = xfw_state_next_zone(zones->stream.source.state, &cursor);
	/* It may have gone, or be another's business, since it was gathered. */
	if (zone != NULL && xfw_zone_place(zone) == spot.place &&
	    xfw_zone_asked(zone, &zones->query, &zones->stream.work))
	{
		put_zone(zones, zone);
	}
	return (true);
}

static bool
step(xfw_stream_t *stream) {
	zones_t *zones = (zones_t *)stream;

	switch (zones->phase) {
	case PHASE_GATHER:
		return (step_gather(zones));
	case PHASE_LIST:
		return (step_list(zones));
	default:
		return (step_walk(zones));
	}
}

static void
tail(xfw_stream_t *stream) {
	zones_t *zones = (zones_t *)stream;
	char token[XFW_QUERY_TOKEN_MAX];

	if (zones->more) {
		xfw_query_token(token, zones->query.by_deadline, zones->last.rank,
				zones->last.place);
		xfw_json_string(&stream->json, "next", token);
	}
}

static void
done(xfw_stream_t *stream) {
	free(((zones_t *)stream)->spots);
}

/*--- beginning --------------------------------------------------------------*/

static const xfw_stream_ops_t ops = { "zones", NULL, step, tail, done };

/* Room for `max` spots, or for one more than the page has if that is less. */
static bool
room(zones_t *zones, size_t max) {
	zones->max = (zones->query.limit < max) ? (size_t)zones->query.limit + 1
						: max;
	zones->spots = calloc(zones->max, sizeof(*zones->spots));
	return (zones->spots != NULL);
}

/* The most zones that one name can have: one in each view and class. */
static size_t
namesakes(const xfw_state_t *state) {
	size_t count = 1;

	for (const xfw_view_t *view = xfw_state_views(state); view != NULL;
	     view = view->next)
	{
		count += CLASSES;
	}
	return (count);
}

static size_t
unhealthy(const xfw_state_t *state) {
	const uint32_t *count = xfw_state_counters(state)->zones;

	return ((size_t)count[XFW_ZONE_FAILING] + count[XFW_ZONE_NEVER_LOADED] +
		count[XFW_ZONE_EXPIRED]);
}

/* How the list is made. Returns false on lack of memory. */
static bool
plan(zones_t *zones) {
	const xfw_query_t *query = &zones->query;
	size_t bad = unhealthy(zones->stream.source.state);
	bool with_ok = (query->states & 1U << XFW_ZONE_OK) != 0 &&
		       query->cause == XFW_CAUSE_NONE;

	if (query->name[0] != '\0' && !query->pattern) {
		if (!room(zones, namesakes(zones->stream.source.state))) {
			return (false);
		}
		look_up(zones);
		gathered(zones);
	} else if (!with_ok && bad <= FEW_MAX) {
		if (!room(zones, FEW_MAX)) {
			return (false);
		}
		look_through(zones);
		gathered(zones);
	} else if (query->by_deadline) {
		zones->phase = PHASE_GATHER;
		return (room(zones, XFW_ZONES_SORTED_MAX + 1));
	} else {
		zones->cursor = query->after;
	}
	return (true);
}

void
xfw_answer_zones(const xfw_source_t *source, const xfw_query_t *query,
		 xfw_answer_t *answer) {
	zones_t *zones = calloc(1, sizeof(*zones));

	if (zones != NULL) {
		zones->query = *query;
		zones->stream.source = *source;
		if (!plan(zones)) {
			free(zones);
			zones = NULL;
		}
	}
	xfw_stream_answer((xfw_stream_t *)zones, &ops, source, answer);
}
