/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Cascades: incidents that have one origin, by when and where they opened. Those of
 * several primaries with network causes, one behind the other within a minute; and
 * those of one primary with several causes, within ten.
 * Runs in the monitor's thread only.
 *
 * Each open incident at a primary is in a cluster, alone at first. A cluster of two
 * or more is a cascade. Whatever opens or closes touches its cluster and the other
 * incidents of its own primary, never all the others: thousands may open at once.
 * Clusters are not put together later: an incident stays where it came in.
 */
#include <stdlib.h>
#include <string.h>

#include "state_priv.h"

#define NETWORK_MS 60000  /* between two of several primaries */
#define PRIMARY_MS 600000 /* between two of one primary */
#define WAIT_MS	   5000	  /* for more of them, before it is said */

struct xfw_cluster {
	xfw_cluster_t *next; /* of those with something to say */
	xfw_cluster_t *previous;
	xfw_incident_t *head; /* by cluster_next */
	xfw_incident_t *tail;
	uint64_t id;	      /* 0: it is no cascade */
	uint32_t size;
	uint32_t primaries;
	uint32_t networks;    /* incidents that came in with a network cause */
	uint32_t said;	      /* its size when it was last said */
	int64_t network_ms;   /* when the last of them came */
	int64_t due_ms;	      /* when it is to be said; 0: not at all */
};

/*--- what counts --------------------------------------------------------------*/

static bool
is_network(xfw_cause_t cause) {
	return (xfw_cause_info(cause)->family == XFW_FAMILY_NETWORK &&
		!xfw_cause_degraded(cause));
}

/* Several things amiss with a zone that is fed all the same are no cascade. */
static bool
is_cascade(const xfw_cluster_t *cluster) {
	if (cluster->size < 2 || cluster->primaries >= 2) {
		return (cluster->size >= 2);
	}
	for (const xfw_incident_t *inc = cluster->head; inc != NULL;
	     inc = inc->cluster_next)
	{
		if (!xfw_cause_degraded((xfw_cause_t)inc->heard)) {
			return (true);
		}
	}
	return (false);
}

/* Whether the primary of `inc` has another incident in the cluster. */
static bool
is_known(const xfw_cluster_t *cluster, const xfw_incident_t *inc) {
	for (const xfw_incident_t *other = inc->primary->incidents; other != NULL;
	     other = other->primary_next)
	{
		if (other != inc && other->cluster == cluster) {
			return (true);
		}
	}
	return (false);
}

/*--- what is to be said -------------------------------------------------------*/

static void
want(xfw_state_t *state, xfw_cluster_t *cluster, int64_t at_ms) {
	if (cluster->due_ms != 0) {
		return;
	}
	cluster->due_ms = at_ms;
	cluster->next = state->cascades;
	if (cluster->next != NULL) {
		cluster->next->previous = cluster;
	}
	state->cascades = cluster;
	xfw_incidents_due(state, at_ms);
}

static void
unwant(xfw_state_t *state, xfw_cluster_t *cluster) {
	if (cluster->due_ms == 0) {
		return;
	}
	cluster->due_ms = 0;
	if (cluster->previous != NULL) {
		cluster->previous->next = cluster->next;
	} else {
		state->cascades = cluster->next;
	}
	if (cluster->next != NULL) {
		cluster->next->previous = cluster->previous;
	}
	cluster->next = cluster->previous = NULL;
}

const xfw_cluster_t *
xfw_cascade_next(const xfw_state_t *state, const xfw_cluster_t *cluster) {
	return (cluster != NULL ? cluster->next : state->cascades);
}

int64_t
xfw_cascade_due(const xfw_cluster_t *cluster) {
	return (is_cascade(cluster) ? cluster->due_ms : XFW_NEVER);
}

bool
xfw_cascade_wide(const xfw_cluster_t *cluster) {
	return (cluster->primaries >= 2);
}

xfw_severity_t
xfw_cascade_severity(const xfw_cluster_t *cluster) {
	uint8_t severity = XFW_SEVERITY_NONE;

	for (const xfw_incident_t *inc = cluster->head; inc != NULL;
	     inc = inc->cluster_next)
	{
		if (inc->severity > severity) {
			severity = inc->severity;
		}
	}
	return ((xfw_severity_t)severity);
}

const xfw_zone_t *
xfw_cascade_said(xfw_state_t *state, const xfw_cluster_t *which, xfw_cascade_t *out) {
	xfw_cluster_t *cluster = which->head->cluster; /* the same, to be changed */
	const xfw_zone_t *nearest = NULL;
	size_t ids = 0;

	*out = (xfw_cascade_t){
		.id = cluster->id,
		.primary = xfw_cascade_wide(cluster) ? NULL : cluster->head->primary,
		.incidents = cluster->size,
		.primaries = cluster->primaries,
		.severity = xfw_cascade_severity(cluster),
	};
	for (const xfw_incident_t *inc = cluster->head; inc != NULL;
	     inc = inc->cluster_next)
	{
		const xfw_zone_t *zone = inc->heap_size > 0 ? inc->heap[0]->zone : NULL;

		out->zones += inc->zones;
		if (ids < sizeof(out->ids) / sizeof(out->ids[0])) {
			out->ids[ids++] = inc->id;
		}
		if (zone != NULL && (nearest == NULL ||
				     xfw_zone_rank(zone) < xfw_zone_rank(nearest)))
		{
			nearest = zone;
		}
	}
	cluster->said = cluster->size;
	unwant(state, cluster);
	return (nearest);
}

/*--- incidents come and go ----------------------------------------------------*/

/* Where the incident belongs; NULL: nowhere yet. */
static xfw_cluster_t *
find(const xfw_state_t *state, const xfw_incident_t *inc, int64_t now_ms) {
	xfw_cluster_t *network = state->network;
	xfw_cluster_t *found = NULL;

	if (network != NULL && network->networks > 0 && is_network(inc->cause) &&
	    now_ms - network->network_ms <= NETWORK_MS &&
	    (network->primaries >= 2 || network->head->primary != inc->primary))
	{
		return (network);
	}
	for (const xfw_incident_t *other = inc->primary->incidents; other != NULL;
	     other = other->primary_next)
	{
		if (other != inc && other->cluster != NULL &&
		    now_ms - other->opened_ms <= PRIMARY_MS &&
		    (found == NULL || other->cluster->size > found->size))
		{
			found = other->cluster;
		}
	}
	return (found);
}

static void
add(xfw_cluster_t *cluster, xfw_incident_t *inc) {
	cluster->primaries += !is_known(cluster, inc);
	cluster->size++;
	inc->cluster = cluster;
	inc->cluster_previous = cluster->tail;
	if (cluster->tail != NULL) {
		cluster->tail->cluster_next = inc;
	} else {
		cluster->head = inc;
	}
	cluster->tail = inc;
}

/* It became a cascade, or one of twice the size that was said. */
static void
grown(xfw_state_t *state, xfw_cluster_t *cluster, int64_t now_ms) {
	if (cluster->id != 0) {
		cluster->tail->cascade = cluster->id;
	} else {
		/* Of one primary until now, so they are few. */
		cluster->id = cluster->head->id;
		for (xfw_incident_t *inc = cluster->head; inc != NULL;
		     inc = inc->cluster_next)
		{
			inc->cascade = cluster->id;
		}
	}
	if (cluster->said == 0 || cluster->size / 2 >= cluster->said) {
		want(state, cluster, now_ms + WAIT_MS);
	}
}

void
xfw_cascade_opened(xfw_state_t *state, xfw_incident_t *inc, int64_t now_ms) {
	xfw_cluster_t *cluster = NULL;

	if (xfw_primary_none(inc->primary)) {
		return;
	}
	cluster = find(state, inc, now_ms);
	if (cluster == NULL) {
		cluster = xfw_state_alloc(state, sizeof(*cluster));
	}
	if (cluster == NULL) {
		return;
	}
	add(cluster, inc);
	inc->cluster_network = is_network(inc->cause);
	if (inc->cluster_network) {
		cluster->networks++;
		cluster->network_ms = now_ms;
		state->network = cluster;
	}
	if (is_cascade(cluster)) {
		grown(state, cluster, now_ms);
	}
}

static void
unlink_from(xfw_cluster_t *cluster, xfw_incident_t *inc) {
	if (inc->cluster_previous != NULL) {
		inc->cluster_previous->cluster_next = inc->cluster_next;
	} else {
		cluster->head = inc->cluster_next;
	}
	if (inc->cluster_next != NULL) {
		inc->cluster_next->cluster_previous = inc->cluster_previous;
	} else {
		cluster->tail = inc->cluster_previous;
	}
	inc->cluster_next = inc->cluster_previous = NULL;
	inc->cluster = NULL;
}

void
xfw_cascade_closed(xfw_state_t *state, xfw_incident_t *inc) {
	xfw_cluster_t *cluster = inc->cluster;

	if (cluster == NULL) {
		return;
	}
	unlink_from(cluster, inc);
	cluster->size--;
	cluster->networks -= inc->cluster_network;
	cluster->primaries -= !is_known(cluster, inc);
	if (cluster->size >= 2) {
		return;
	}
	/* The cascade is over; what closed with it keeps its number. */
	unwant(state, cluster);
	cluster->id = 0;
	cluster->said = 0;
	if (cluster->head != NULL) {
		cluster->head->cascade = 0;
		return;
	}
	if (state->network == cluster) {
		state->network = NULL;
	}
	free(cluster);
}
