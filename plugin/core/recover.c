/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Recovery: when a zone is fed again by a primary that others wait for, these are to
 * be refreshed as well, instead of waiting for their retry timers and for named to
 * forget that the primary could not be reached.
 * Runs in the monitor's thread only.
 *
 * Nothing is copied: an incident may have a hundred thousand zones. Each view walks
 * along the heaps of the incidents that recover, a piece at each call, and a feed
 * remembers the number of the recovery that its zone was refreshed in. A heap moves
 * under the walk, so a round may miss some; rounds go on until none is left.
 */
#include "state_priv.h"

#define AGAIN_MS   60000 /* behind one, until the next: a primary may come and go */
#define IDLE_MS	   60000 /* no zone could be given: the rest is out of our reach */
#define FAILED_MAX 16	 /* in a row that failed again: it is not back */
#define STEPS_MAX  2048  /* feeds looked at in one call */
#define TRIAL	   UINT32_MAX /* as a feed's recovery: refreshed alone */

/*--- which incidents recover --------------------------------------------------*/

/* What is amiss is at the primary, so that what helps one zone helps all. */
static bool
is_of_primary(const xfw_incident_t *inc) {
	return (xfw_cause_info(inc->cause)->family != XFW_FAMILY_LOCAL &&
		!xfw_cause_degraded((xfw_cause_t)inc->heard));
}

static bool
is_listed(const xfw_state_t *state, const xfw_incident_t *inc) {
	return (inc->recovery_previous != NULL || state->recovering == inc);
}

static void
list(xfw_state_t *state, xfw_incident_t *inc) {
	if (state->recovering == NULL) {
		state->recovery_due_ms = 0; /* the next tick sets it */
		state->recovery_given = true;
	}
	inc->recovery_next = state->recovering;
	if (inc->recovery_next != NULL) {
		inc->recovery_next->recovery_previous = inc;
	}
	state->recovering = inc;
}

static void
unlist(xfw_state_t *state, xfw_incident_t *inc) {
	if (inc->recovery_previous != NULL) {
		inc->recovery_previous->recovery_next = inc->recovery_next;
	} else {
		state->recovering = inc->recovery_next;
	}
	if (inc->recovery_next != NULL) {
		inc->recovery_next->recovery_previous = inc->recovery_previous;
	}
	inc->recovery_next = inc->recovery_previous = NULL;
}

/* In the list as long as there is something to give. */
static void
settle(xfw_state_t *state, xfw_incident_t *inc) {
	bool wanted = inc->recovery_left > 0 || inc->trial != NULL;

	inc->recovering = inc->recovery_left > 0;
	if (wanted != is_listed(state, inc)) {
		(wanted ? list : unlist)(state, inc);
	}
}

static void
set_left(xfw_state_t *state, xfw_incident_t *inc, uint32_t left) {
	state->refreshes += left;
	state->refreshes -= inc->recovery_left;
	inc->recovery_left = left;
}

static void
set_trial(xfw_state_t *state, xfw_incident_t *inc, xfw_feed_t *trial) {
	state->refreshes += (trial != NULL);
	state->refreshes -= (inc->trial != NULL);
	inc->trial = trial;
}

static void
stop(xfw_state_t *state, xfw_incident_t *inc) {
	set_left(state, inc, 0);
	set_trial(state, inc, NULL);
	settle(state, inc);
}

static bool
too_soon(const xfw_incident_t *inc, int64_t now_ms) {
	/* A recovery in the future: the clock was set back. */
	return (inc->recovery != 0 && now_ms >= inc->recovery_ms &&
		now_ms - inc->recovery_ms < AGAIN_MS);
}

void
xfw_recover_begin(xfw_state_t *state, const xfw_primary_t *primary, int64_t now_ms) {
	if (!state->policy.recovery || xfw_primary_none(primary)) {
		return;
	}
	for (xfw_incident_t *inc = primary->incidents; inc != NULL;
	     inc = inc->primary_next)
	{
		if (inc->recovering) {
			inc->recovery_ms = now_ms; /* the gap is behind its end */
			continue;
		}
		if (!is_of_primary(inc) || too_soon(inc, now_ms)) {
			continue;
		}
		inc->recovery = ++state->recoveries;
		inc->recovery_ms = now_ms;
		inc->recovery_failed = 0;
		set_trial(state, inc, NULL);
		set_left(state, inc, (uint32_t)inc->heap_size);
		settle(state, inc);
	}
}

void
xfw_recover_one(xfw_state_t *state, const xfw_zone_t *zone,
		const xfw_primary_t *primary) {
	xfw_feed_t *feed = xfw_feed_find(zone, primary);

	if (!state->policy.recovery || xfw_primary_none(primary) || feed == NULL ||
	    feed->incident == NULL || feed->incident->recovering ||
	    !is_of_primary(feed->incident))
	{
		return;
	}
	set_trial(state, feed->incident, feed);
	settle(state, feed->incident);
}

/*--- their feeds come and go --------------------------------------------------*/

void
xfw_recover_joined(xfw_feed_t *feed) {
	/* It was tried just now. */
	feed->recovery = feed->incident->recovery;
}

void
xfw_recover_left(xfw_state_t *state, xfw_incident_t *inc, xfw_feed_t *feed) {
	if (inc->trial == feed) {
		set_trial(state, inc, NULL);
	}
	if (inc->recovery_left > 0 && feed->recovery != inc->recovery) {
		set_left(state, inc, inc->recovery_left - 1);
	}
	inc->recovery_failed = 0;
	feed->recovery = 0;
	settle(state, inc);
}

void
xfw_recover_failed(xfw_state_t *state, const xfw_feed_t *feed) {
	xfw_incident_t *inc = feed->incident;

	if (inc->recovering && feed->recovery == inc->recovery &&
	    ++inc->recovery_failed >= FAILED_MAX)
	{
		stop(state, inc);
	}
}

/*--- giving them out ----------------------------------------------------------*/

static bool
is_free(const xfw_zone_t *zone) {
	return ((zone->probing & XFW_PROBE_WHERE) == 0);
}

static void
give(xfw_state_t *state, xfw_feed_t *feed, xfw_refresh_t *out) {
	xfw_zone_t *zone = feed->zone;

	/* And its timers are read soon once more: now the refresh only begins. */
	zone->probing &= (uint8_t)~XFW_PROBE_WHERE;
	zone->probing |= XFW_PROBE_ASKED | XFW_PROBE_AGAIN;
	state->recovery_given = true;
	out->zone = zone;
	out->primary = feed->primary;
}

static size_t
take_trials(xfw_state_t *state, const xfw_view_t *view, xfw_refresh_t *out,
	    size_t max) {
	xfw_incident_t *next = NULL;
	size_t n = 0;

	for (xfw_incident_t *inc = state->recovering; inc != NULL && n < max; inc = next)
	{
		xfw_feed_t *feed = inc->trial;

		next = inc->recovery_next;
		if (feed != NULL && feed->zone->view == view && is_free(feed->zone)) {
			feed->recovery = TRIAL;
			set_trial(state, inc, NULL);
			settle(state, inc);
			give(state, feed, &out[n++]);
		}
	}
	return (n);
}

/* The incident that the view's walk is at; the first one if that has ended. */
static xfw_incident_t *
walk_at(const xfw_state_t *state, xfw_view_t *view) {
	xfw_incident_t *inc = state->recovering;

	while (inc != NULL && inc->recovery != view->recovery) {
		inc = inc->recovery_next;
	}
	if (inc == NULL) {
		inc = state->recovering;
		view->recovery_at = 0;
	}
	return (inc);
}

/* The walk goes on with the next one, and from the last to the first. */
static xfw_incident_t *
walk_on(const xfw_state_t *state, xfw_view_t *view, const xfw_incident_t *inc,
	unsigned *rounds) {
	xfw_incident_t *next = inc->recovery_next;

	view->recovery_at = 0;
	if (next == NULL) {
		next = state->recovering;
		(*rounds)++;
	}
	return (next);
}

size_t
xfw_state_take_refreshes(xfw_state_t *state, xfw_view_t *view, xfw_refresh_t *out,
			 size_t max) {
	xfw_incident_t *inc = NULL;
	unsigned rounds = 0;
	size_t n = 0;

	if (!state->policy.recovery || state->refreshes == 0) {
		return (0);
	}
	max = (max < XFW_REFRESHES_MAX) ? max : XFW_REFRESHES_MAX;
	n = take_trials(state, view, out, max);
	inc = walk_at(state, view);
	for (size_t steps = 0; steps < STEPS_MAX && n < max && inc != NULL && rounds < 2;
	     steps++)
	{
		xfw_feed_t *feed = NULL;

		view->recovery = inc->recovery;
		if (!inc->recovering || view->recovery_at >= inc->heap_size) {
			inc = walk_on(state, view, inc, &rounds);
			continue;
		}
		feed = inc->heap[view->recovery_at++];
		if (feed->recovery == inc->recovery || feed->zone->view != view ||
		    !is_free(feed->zone))
		{
			continue;
		}
		feed->recovery = inc->recovery;
		give(state, feed, &out[n++]);
		set_left(state, inc, inc->recovery_left - 1);
		if (inc->recovery_left == 0) {
			xfw_incident_t *done = inc;

			inc = walk_on(state, view, inc, &rounds);
			inc = (inc == done) ? NULL : inc;
			settle(state, done);
		}
	}
	return (n);
}

void
xfw_state_unrefreshed(xfw_state_t *state, xfw_zone_t *zone) {
	for (xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		xfw_incident_t *inc = f->incident;

		if (inc == NULL || f->recovery == 0) {
			continue;
		}
		if (f->recovery == TRIAL && !inc->recovering) {
			set_trial(state, inc, f);
		} else if (f->recovery == inc->recovery) {
			set_left(state, inc, inc->recovery_left + 1);
		} else {
			continue;
		}
		f->recovery = 0;
		settle(state, inc);
	}
}

size_t
xfw_state_refreshes(const xfw_state_t *state) {
	return (state->policy.recovery ? state->refreshes : 0);
}

int64_t
xfw_recover_tick(xfw_state_t *state, int64_t now_ms) {
	if (state->recovering == NULL) {
		return (XFW_NEVER);
	}
	if (state->recovery_due_ms <= now_ms ||
	    state->recovery_due_ms > now_ms + IDLE_MS)
	{
		while (!state->recovery_given && state->recovering != NULL) {
			stop(state, state->recovering);
		}
		state->recovery_given = false;
		state->recovery_due_ms = now_ms + IDLE_MS;
	}
	return (state->recovering != NULL ? state->recovery_due_ms : XFW_NEVER);
}
