/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The primaries, and the feeds that zones have from them.
 * Runs in the monitor's thread only.
 */
#include <stdlib.h>
#include <string.h>

#include "state_priv.h"

#define NO_ADDRESS "-"

static xfw_primary_t **
bucket_of(xfw_state_t *state, const char *address, size_t len) {
	return (&state->primary_table[xfw_key_hash(address, len) %
				      XFW_PRIMARY_BUCKETS]);
}

static xfw_primary_t *
find(xfw_state_t *state, const char *address, size_t len) {
	xfw_primary_t *p = *bucket_of(state, address, len);

	while (p != NULL &&
	       (strncmp(p->address, address, len) != 0 || p->address[len] != '\0'))
	{
		p = p->table_next;
	}
	return (p);
}

static xfw_primary_t *
create(xfw_state_t *state, const char *address, size_t len) {
	xfw_primary_t **bucket = bucket_of(state, address, len);
	xfw_primary_t *p = xfw_state_alloc(state, sizeof(*p));

	if (p == NULL) {
		return (NULL);
	}
	p->address = xfw_state_alloc(state, len + 1);
	if (p->address == NULL) {
		free(p);
		return (NULL);
	}
	memcpy(p->address, address, len);
	p->table_next = *bucket;
	*bucket = p;
	p->next = state->primaries;
	state->primaries = p;
	return (p);
}

bool
xfw_primary_none(const xfw_primary_t *primary) {
	return (strcmp(primary->address, NO_ADDRESS) == 0);
}

xfw_primary_t *
xfw_primary_get(xfw_state_t *state, const char *address) {
	xfw_primary_t *p = NULL;

	if (address == NULL || address[0] == '\0') {
		address = NO_ADDRESS;
	}
	p = find(state, address, strlen(address));
	if (p == NULL) {
		p = create(state, address, strlen(address));
	} else if (p->transient) {
		p->transient = false;
		state->transients--;
	}
	return (p);
}

/* Without the port. */
static size_t
host_len(const char *address) {
	const char *hash = strrchr(address, '#');

	return (hash != NULL ? (size_t)(hash - address) : strlen(address));
}

static bool
same_host(const char *a, const char *b) {
	size_t len = host_len(a);

	return (len == host_len(b) && memcmp(a, b, len) == 0);
}

/*
 * Anybody can send a NOTIFY from anywhere: the number of addresses that are
 * known for that alone is bounded, and the rest is "-".
 */
xfw_primary_t *
xfw_primary_source(xfw_state_t *state, const xfw_zone_t *zone,
		   const char *source) {
	char address[XFW_EVENT_PRIMARY_MAX + sizeof("#53")];
	size_t len = host_len(source);
	xfw_primary_t *p = NULL;

	if (len == 0 || len >= XFW_EVENT_PRIMARY_MAX) {
		return (xfw_primary_get(state, NULL));
	}
	for (const xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		if (same_host(f->primary->address, source)) {
			return (f->primary);
		}
	}
	memcpy(address, source, len);
	memcpy(address + len, "#53", sizeof("#53"));
	p = find(state, address, len + 3);
	if (p != NULL) {
		return (p);
	}
	if (state->transients >= XFW_TRANSIENT_MAX) {
		return (xfw_primary_get(state, NULL));
	}
	p = create(state, address, len + 3);
	if (p != NULL) {
		p->transient = true;
		state->transients++;
	}
	return (p);
}

const xfw_primary_t *
xfw_state_primaries(const xfw_state_t *state) {
	return (state->primaries);
}

void
xfw_primaries_free(xfw_state_t *state) {
	for (xfw_primary_t *p = state->primaries, *next; p != NULL; p = next) {
		next = p->next;
		free(p->address);
		free(p);
	}
}

/*--- feeds ------------------------------------------------------------------*/

xfw_feed_t *
xfw_feed_find(const xfw_zone_t *zone, const xfw_primary_t *primary) {
	xfw_feed_t *feed = zone->feeds;

	while (feed != NULL && feed->primary != primary) {
		feed = feed->next;
	}
	return (feed);
}

/* Primaries come and go with named.conf: the oldest feed makes room. */
static void
make_room(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	xfw_feed_t *oldest = NULL;
	unsigned count = 0;

	for (xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		count++;
		if (oldest == NULL || f->last_ms < oldest->last_ms) {
			oldest = f;
		}
	}
	if (count >= XFW_FEEDS_MAX) {
		xfw_feed_free(state, oldest, now_ms);
	}
}

xfw_feed_t *
xfw_feed_get(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *primary) {
	xfw_feed_t *feed = xfw_feed_find(zone, primary);

	if (feed != NULL) {
		return (feed);
	}
	feed = xfw_state_get(state, sizeof(*feed));
	if (feed == NULL) {
		return (NULL);
	}
	make_room(state, zone, zone->last_attempt_ms);
	feed->zone = zone;
	feed->primary = primary;
	feed->slot = XFW_NO_SLOT;
	feed->next = zone->feeds;
	zone->feeds = feed;
	primary->zones++;
	return (feed);
}

void
xfw_feed_fail(xfw_state_t *state, xfw_feed_t *feed, xfw_cause_t cause,
	      int64_t now_ms) {
	if (feed->cause == XFW_CAUSE_NONE) {
		feed->primary->failing++;
		feed->failures = 0;
	}
	feed->cause = (uint8_t)cause;
	feed->failures += (feed->failures < UINT32_MAX);
	feed->last_ms = now_ms;
	xfw_incident_join(state, feed, now_ms);
}

void
xfw_feed_clear(xfw_state_t *state, xfw_feed_t *feed, int64_t now_ms) {
	if (feed->cause == XFW_CAUSE_NONE) {
		return;
	}
	xfw_incident_leave(state, feed, now_ms);
	feed->cause = XFW_CAUSE_NONE;
	feed->severity = XFW_SEVERITY_NONE;
	feed->failures = 0;
	feed->primary->failing--;
}

void
xfw_feed_free(xfw_state_t *state, xfw_feed_t *feed, int64_t now_ms) {
	xfw_zone_t *zone = feed->zone;
	xfw_feed_t **at = &zone->feeds;

	xfw_feed_clear(state, feed, now_ms);
	while (*at != feed) {
		at = &(*at)->next;
	}
	*at = feed->next;
	feed->primary->zones--;
	xfw_state_put(state, feed, sizeof(*feed));
}
