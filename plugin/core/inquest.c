/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a diagnosis does to its incident: which one is to be diagnosed next and by
 * which of its zones, what the verdict makes of its cause, and how sure that is.
 * Runs in the monitor's thread only.
 */
#include <stdlib.h>
#include <string.h>

#include "state_priv.h"

#define FIRST_MS       500 /* an attempt's later lines may still say more */
#define INTERVAL_MAX_S 3600
#define RECOVERY_MAX_S 300 /* named's own cache of what it cannot reach: 600 */
#define SPREAD	       7919 /* a prime: the next sample is far from the last one */

void
xfw_diagnosis_free(xfw_diagnosis_t *diagnosis) {
	if (diagnosis != NULL) {
		free(diagnosis->zone);
		free(diagnosis->key);
		free(diagnosis);
	}
}

void
xfw_diagnosis_stale(xfw_incident_t *inc) {
	if (inc->diagnosis != NULL) {
		inc->diagnosis->next_ms = inc->diagnosis->at_ms;
		inc->diagnosis->rounds = 0;
		inc->diagnosis->asked = inc->diagnosis->agreed = 0;
		memset(inc->diagnosis->history, 0, sizeof(inc->diagnosis->history));
	}
}

/*--- which one is next --------------------------------------------------------*/

static int64_t
due_ms(const xfw_incident_t *inc) {
	if (!xfw_verdict_asks(inc->heard)) {
		return (XFW_NEVER);
	}
	if (inc->diagnosis == NULL) {
		return (inc->opened_ms + FIRST_MS);
	}
	return (inc->diagnosis->next_ms);
}

const xfw_incident_t *
xfw_state_undiagnosed(const xfw_state_t *state, int64_t now_ms,
		      bool (*busy)(void *arg, const xfw_primary_t *primary),
		      void *arg, int64_t *next_ms) {
	const xfw_incident_t *best = NULL;
	int64_t best_ms = XFW_NEVER;

	*next_ms = XFW_NEVER;
	for (const xfw_incident_t *inc = state->open; inc != NULL; inc = inc->next) {
		int64_t at_ms = due_ms(inc);

		if (at_ms < *next_ms) {
			*next_ms = at_ms;
		}
		if (at_ms <= now_ms && inc->heap_size > 0 &&
		    (best == NULL || inc->severity > best->severity ||
		     (inc->severity == best->severity && at_ms < best_ms)) &&
		    !busy(arg, inc->primary))
		{
			best = inc;
			best_ms = at_ms;
		}
	}
	return (best);
}

const xfw_zone_t *
xfw_incident_sample(const xfw_incident_t *incident) {
	uint64_t round = (incident->diagnosis != NULL) ? incident->diagnosis->rounds
						       : 0;

	if (incident->heap_size == 0) {
		return (NULL);
	}
	return (incident->heap[round * SPREAD % incident->heap_size]->zone);
}

const xfw_incident_t *
xfw_state_incident(const xfw_state_t *state, uint64_t id) {
	const xfw_incident_t *inc = state->open;

	while (inc != NULL && inc->id != id) {
		inc = inc->next;
	}
	return (inc);
}

/*--- what came of it ----------------------------------------------------------*/

void
xfw_diagnosis_weigh(xfw_incident_t *inc) {
	const xfw_diagnosis_t *diagnosis = inc->diagnosis;
	unsigned agree = 0, contradict = 0;
	uint32_t asked = 0, agreed = 0;

	if (diagnosis != NULL && diagnosis->rounds > 0) {
		for (size_t i = 0; i < diagnosis->findings.count; i++) {
			agree += diagnosis->verdict.stance[i] == XFW_STANCE_AGREES;
			contradict += diagnosis->verdict.stance[i] ==
				      XFW_STANCE_CONTRADICTS;
		}
		asked = diagnosis->asked;
		agreed = diagnosis->agreed;
	}
	inc->confidence = xfw_verdict_confidence((xfw_cause_t)inc->heard, inc->zones,
						 agree, contradict, asked, agreed);
}

/*
 * What is held: at the network, what was found last, as it is the same for all zones
 * and changes with time; else what most of the last zones gave, as each may have a
 * key or an access list of its own.
 */
static xfw_cause_t
held(const xfw_diagnosis_t *diagnosis, size_t asked) {
	xfw_cause_t best = (xfw_cause_t)diagnosis->history[0];
	size_t most = 0;

	if (xfw_cause_info(best)->family == XFW_FAMILY_NETWORK) {
		return (best);
	}
	for (size_t i = 0; i < asked; i++) {
		size_t same = 0;

		for (size_t j = 0; j < asked; j++) {
			same += diagnosis->history[j] == diagnosis->history[i];
		}
		if (same > most) {
			most = same;
			best = (xfw_cause_t)diagnosis->history[i];
		}
	}
	return (best);
}

static xfw_cause_t
vote(xfw_diagnosis_t *diagnosis, xfw_cause_t cause, uint32_t zones) {
	size_t asked = diagnosis->rounds;
	xfw_cause_t is;

	memmove(diagnosis->history + 1, diagnosis->history,
		sizeof(diagnosis->history) - 1);
	diagnosis->history[0] = (uint8_t)cause;
	if (asked > XFW_DIAGNOSIS_HISTORY) {
		asked = XFW_DIAGNOSIS_HISTORY;
	}
	if (asked > zones) {
		asked = zones; /* asked twice is not two that agree */
	}
	is = held(diagnosis, asked);
	diagnosis->asked = (uint32_t)asked;
	diagnosis->agreed = 0;
	for (size_t i = 0; i < asked; i++) {
		diagnosis->agreed += diagnosis->history[i] == (uint8_t)is;
	}
	return (is);
}

static char *
copy(xfw_state_t *state, const char *text) {
	char *made = NULL;

	if (text != NULL) {
		made = xfw_state_alloc(state, strlen(text) + 1);
		if (made != NULL) {
			memcpy(made, text, strlen(text));
		}
	}
	return (made);
}

/* The incident's record of the diagnosis; NULL on lack of memory. */
static xfw_diagnosis_t *
record(xfw_state_t *state, xfw_incident_t *inc, const xfw_inquest_t *inquest,
       uint32_t interval_s, int64_t now_ms) {
	xfw_diagnosis_t *diagnosis = inc->diagnosis;
	int64_t wait_s = interval_s;
	int64_t max_s = INTERVAL_MAX_S;

	if (diagnosis == NULL) {
		diagnosis = inc->diagnosis = xfw_state_alloc(state, sizeof(*diagnosis));
		if (diagnosis == NULL) {
			return (NULL);
		}
	}
	free(diagnosis->zone);
	free(diagnosis->key);
	diagnosis->zone = copy(state, inquest->zone);
	diagnosis->key = copy(state, inquest->key);
	diagnosis->source[0] = '\0';
	if (inquest->source != NULL) {
		strncat(diagnosis->source, inquest->source,
			sizeof(diagnosis->source) - 1);
	}
	diagnosis->findings = inquest->findings;
	/* A diagnosis that finds the primary back begins the recovery. */
	if (state->policy.recovery) {
		max_s = RECOVERY_MAX_S;
	}
	for (uint32_t i = 0; i < diagnosis->rounds && wait_s < max_s; i++) {
		wait_s *= 2;
	}
	if (wait_s > max_s && wait_s > interval_s) {
		wait_s = interval_s > max_s ? interval_s : max_s;
	}
	diagnosis->rounds++;
	diagnosis->at_ms = now_ms;
	diagnosis->next_ms = now_ms + wait_s * 1000;
	return (diagnosis);
}

static xfw_case_t
case_of(const xfw_incident_t *inc, const xfw_zone_t *zone) {
	xfw_case_t about = { .heard = (xfw_cause_t)inc->heard, .zones = inc->zones };

	if (zone != NULL) {
		about.has_serving = (zone->flags & XFW_ZONE_HAS_SERIAL) != 0 &&
				    (zone->flags & XFW_ZONE_LOADED) != 0;
		about.serving = zone->serial;
		about.signature_s = zone->signature_s;
	}
	return (about);
}

void
xfw_state_diagnosed(xfw_state_t *state, const xfw_inquest_t *inquest,
		    uint32_t interval_s, int64_t now_ms) {
	xfw_incident_t *inc = (xfw_incident_t *)xfw_state_incident(state,
								   inquest->incident);
	const xfw_zone_t *zone = xfw_state_find(state, inquest->zone,
						strlen(inquest->zone));
	xfw_diagnosis_t *diagnosis;
	xfw_case_t about;
	xfw_cause_t cause;

	if (inc == NULL) {
		return; /* over meanwhile */
	}
	diagnosis = record(state, inc, inquest, interval_s, now_ms);
	if (diagnosis == NULL) {
		return;
	}
	about = case_of(inc, zone);
	about.asked = about.agreed = 1;
	about.blind = inquest->blind;
	xfw_verdict(&about, &diagnosis->findings, inquest->port, &diagnosis->verdict);
	cause = vote(diagnosis, diagnosis->verdict.cause, inc->zones);
	xfw_diagnosis_weigh(inc);
	if (diagnosis->verdict.well && zone != NULL &&
	    xfw_cause_info((xfw_cause_t)inc->heard)->family == XFW_FAMILY_NETWORK)
	{
		xfw_recover_one(state, (xfw_zone_t *)zone, inc->primary);
	}
	xfw_incidents_due(state, now_ms);
	xfw_incident_refine(state, inc, cause, now_ms);
	xfw_incidents_say(state, now_ms);
}
