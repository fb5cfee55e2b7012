/* SPDX-License-Identifier: MPL-2.0 */
/*
 * When a signature that nobody renews is to be told: the RRSIG of a zone's SOA
 * record, as we serve it (RFC 4034, 3.1.5).
 * Pure functions, for any thread.
 *
 * Days alone would not do. Signers renew at a share of the validity: BIND's default
 * policy signs for 14 days and renews when 5 are left, so that 14 days before would
 * be always. A signature that was made for less than twice the time at which it would
 * be told is therefore measured by a quarter and an eighth of that. What the primary
 * was seen to do counts more than that again: it is not late before it was ever late.
 */
#include <xfrwatch/state.h>

#define DAY_S  INT64_C(86400)
#define HOUR_S INT64_C(3600)

static int64_t
at_most(int64_t value, int64_t most) {
	return (value < most ? value : most);
}

/* Seconds left at which each step is reached; 0: never. */
static void
steps(const xfw_policy_t *policy, const xfw_zone_t *zone, int64_t *warning,
      int64_t *err) {
	int64_t validity = zone->validity_h * HOUR_S;
	int64_t renewed = zone->renewed_h * HOUR_S;

	*warning = policy->signature_warning_d * DAY_S;
	*err = policy->signature_err_d * DAY_S;
	if (validity > 0 && (validity < 2 * *warning || validity < 2 * *err)) {
		*warning = at_most(*warning, validity / 4);
		*err = at_most(*err, validity / 8);
	}
	if (renewed > 0) {
		*warning = at_most(*warning, renewed * 9 / 10);
		*err = at_most(*err, renewed * 9 / 20);
	}
}

/* `at_s` is to come, and before `*next_s`. */
static void
sooner(int64_t at_s, int64_t now_s, int64_t *next_s) {
	if (at_s > now_s && at_s < *next_s) {
		*next_s = at_s;
	}
}

xfw_severity_t
xfw_signature_severity(const xfw_zone_t *zone, const xfw_policy_t *policy,
		       int64_t now_s, int64_t *next_s) {
	int64_t ends_s = zone->signature_s;
	int64_t next = INT64_MAX;
	xfw_severity_t severity = XFW_SEVERITY_NONE;
	int64_t warning = 0, err = 0;

	steps(policy, zone, &warning, &err);
	if (ends_s != 0 && (warning > 0 || err > 0)) {
		int64_t left = ends_s - now_s;
		severity = left <= 0	     ? XFW_SEVERITY_ALERT
			   : left <= err     ? XFW_SEVERITY_ERR
			   : left <= warning ? XFW_SEVERITY_WARNING
					     : XFW_SEVERITY_NONE;
		sooner(ends_s, now_s, &next);
		sooner(ends_s - warning, now_s, &next);
		sooner(ends_s - err, now_s, &next);
	}
	if (next_s != NULL) {
		*next_s = next;
	}
	return (severity);
}
