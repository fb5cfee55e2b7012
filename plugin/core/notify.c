/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What NOTIFY messages (RFC 1996) tell: the serial that a primary announces; that
 * it goes on announcing one that we have, because it was edited without a new
 * serial; that one comes from an address that is no primary.
 * Runs in the monitor's thread only.
 */
#include <stdlib.h>

#include "state_priv.h"

#define ECHOES_NEEDED 3 /* in a row, until it is a finding */
#define ECHOES_MAX    4 /* sources followed for one zone */

/* How long a NOTIFY with our serial is remembered. */
static int64_t
window_ms(const xfw_zone_t *zone) {
	int64_t ms = (int64_t)zone->refresh_s * 1000;

	return (ms > XFW_NOTIFY_KEEP_MS ? ms : XFW_NOTIFY_KEEP_MS);
}

static void
echo_free(xfw_trouble_t *trouble, xfw_echo_t *echo) {
	xfw_echo_t **at = &trouble->echoes;

	while (*at != echo) {
		at = &(*at)->next;
	}
	*at = echo->next;
	free(echo);
}

void
xfw_echoes_free(xfw_trouble_t *trouble, const xfw_primary_t *primary) {
	for (xfw_echo_t *e = trouble->echoes, *next; e != NULL; e = next) {
		next = e->next;
		if (primary == NULL || e->primary == primary) {
			echo_free(trouble, e);
		}
	}
}

static xfw_echo_t *
echo_get(xfw_state_t *state, xfw_trouble_t *trouble, xfw_primary_t *primary) {
	xfw_echo_t *oldest = NULL;
	xfw_echo_t *echo = NULL;
	unsigned count = 0;

	for (xfw_echo_t *e = trouble->echoes; e != NULL; e = e->next) {
		if (e->primary == primary) {
			return (e);
		}
		count++;
		if (oldest == NULL || e->last_ms < oldest->last_ms) {
			oldest = e;
		}
	}
	echo = xfw_state_alloc(state, sizeof(*echo));
	if (echo == NULL) {
		return (NULL);
	}
	if (count >= ECHOES_MAX) {
		echo_free(trouble, oldest);
	}
	echo->primary = primary;
	echo->next = trouble->echoes;
	trouble->echoes = echo;
	return (echo);
}

static void
same(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *primary,
     int64_t now_ms) {
	xfw_trouble_t *trouble = xfw_trouble_get(state, zone);
	xfw_echo_t *echo = NULL;

	if (trouble == NULL || primary == NULL) {
		return;
	}
	echo = echo_get(state, trouble, primary);
	if (echo == NULL) {
		return;
	}
	if (echo->count == 0 || (echo->count < ECHOES_NEEDED &&
				 now_ms - echo->first_ms > window_ms(zone)))
	{
		echo->first_ms = now_ms;
		echo->count = 0;
	}
	echo->count++;
	echo->last_ms = now_ms;
	zone->notify_same = (uint8_t)(echo->count < UINT8_MAX ? echo->count
							      : UINT8_MAX);
	if (echo->count >= ECHOES_NEEDED) {
		xfw_outcome_degraded(state, zone, primary,
				     XFW_CAUSE_SERIAL_UNCHANGED, now_ms);
	}
}

void
xfw_notify_event(xfw_state_t *state, xfw_zone_t *zone, const xfw_event_t *ev,
		 int64_t now_ms) {
	const char *source = xfw_event_primary(ev);

	if (ev->kind == XFW_KIND_NOTIFY_REFUSED) {
		state->counters.notifies_refused++;
		xfw_outcome_degraded(state, zone,
				     xfw_primary_source(state, zone, source),
				     XFW_CAUSE_NOTIFY_REFUSED, now_ms);
	} else if (ev->kind == XFW_KIND_NOTIFY_SAME) {
		same(state, zone, xfw_primary_source(state, zone, source), now_ms);
	}
	if (ev->kind == XFW_KIND_NOTIFY) {
		xfw_zone_due(state, zone, now_ms + XFW_PROBE_AFTER_MS);
	}
	xfw_trouble_update(state, zone);
}

static void
unchanged_clear(xfw_state_t *state, xfw_zone_t *zone,
		const xfw_primary_t *primary, int64_t now_ms) {
	for (xfw_feed_t *f = zone->feeds, *next; f != NULL; f = next) {
		next = f->next;
		if (f->cause == XFW_CAUSE_SERIAL_UNCHANGED &&
		    (primary == NULL || f->primary == primary))
		{
			xfw_feed_clear(state, f, now_ms);
			if (f->primary->transient) {
				xfw_feed_free(state, f, now_ms);
			}
		}
	}
}

void
xfw_notify_moved(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	zone->notify_same = 0;
	if (zone->trouble == NULL) {
		return;
	}
	xfw_echoes_free(zone->trouble, NULL);
	unchanged_clear(state, zone, NULL, now_ms);
	xfw_trouble_update(state, zone);
}

int64_t
xfw_notify_due(const xfw_zone_t *zone) {
	int64_t due = XFW_NEVER;

	for (const xfw_echo_t *e = zone->trouble->echoes; e != NULL; e = e->next) {
		int64_t end_ms = e->last_ms + window_ms(zone);
		if (end_ms < due) {
			due = end_ms;
		}
	}
	return (due);
}

void
xfw_notify_tick(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	xfw_trouble_t *trouble = zone->trouble;
	uint32_t most = 0;

	for (xfw_echo_t *e = trouble->echoes, *next; e != NULL; e = next) {
		next = e->next;
		if (e->last_ms + window_ms(zone) <= now_ms) {
			unchanged_clear(state, zone, e->primary, now_ms);
			echo_free(trouble, e);
		} else if (e->count > most) {
			most = e->count;
		}
	}
	zone->notify_same = (uint8_t)(most < UINT8_MAX ? most : UINT8_MAX);
}
