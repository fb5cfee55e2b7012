/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Severities, and how they grow as the deadline of a zone comes near.
 * Pure functions, for any thread.
 */
#include <syslog.h>

#include <xfrwatch/severity.h>

const char *
xfw_severity_name(xfw_severity_t severity) {
	static const char *const names[XFW_SEVERITY_COUNT] = {
		"none", "info", "notice", "warning", "err", "crit", "alert",
	};

	return ((unsigned)severity < XFW_SEVERITY_COUNT ? names[severity] : "none");
}

int
xfw_severity_syslog(xfw_severity_t severity) {
	switch (severity) {
	case XFW_SEVERITY_ALERT:
		return (LOG_ALERT);
	case XFW_SEVERITY_CRIT:
		return (LOG_CRIT);
	case XFW_SEVERITY_ERR:
		return (LOG_ERR);
	case XFW_SEVERITY_WARNING:
		return (LOG_WARNING);
	case XFW_SEVERITY_NOTICE:
		return (LOG_NOTICE);
	default:
		return (LOG_INFO);
	}
}

/*
 * The first second at which no more than `percent` of the interval is left:
 * (expires - t) * 100 <= percent * expire, for whole t.
 */
static int64_t
step_at(unsigned percent, int64_t expires_s, int64_t expire_s) {
	return (expires_s - (int64_t)percent * expire_s / 100);
}

static unsigned
step_percent(const xfw_escalation_t *policy, xfw_severity_t severity) {
	switch (severity) {
	case XFW_SEVERITY_ALERT:
		return (policy->alert);
	case XFW_SEVERITY_CRIT:
		return (policy->crit);
	case XFW_SEVERITY_ERR:
		return (policy->err);
	default:
		return (policy->warning);
	}
}

xfw_severity_t
xfw_escalation_severity(const xfw_escalation_t *policy, int64_t now_s,
			int64_t expires_s, int64_t expire_s) {
	if (expires_s <= 0 || expire_s <= 0) {
		return (XFW_SEVERITY_NOTICE);
	}
	/* A deadline that has passed is behind every step. */
	for (int s = XFW_SEVERITY_ALERT; s >= XFW_SEVERITY_WARNING; s--) {
		unsigned percent = step_percent(policy, (xfw_severity_t)s);
		if (now_s >= step_at(percent, expires_s, expire_s)) {
			return ((xfw_severity_t)s);
		}
	}
	return (XFW_SEVERITY_NOTICE);
}

int64_t
xfw_escalation_next(const xfw_escalation_t *policy, int64_t now_s,
		    int64_t expires_s, int64_t expire_s) {
	int now_at = (int)xfw_escalation_severity(policy, now_s, expires_s, expire_s);
	int64_t next = INT64_MAX;

	if (expires_s <= 0 || expire_s <= 0 || now_at == XFW_SEVERITY_ALERT) {
		return (next);
	}
	next = expires_s; /* ALERT, whatever the policy says */
	for (int s = XFW_SEVERITY_ALERT; s > now_at && s >= XFW_SEVERITY_WARNING; s--) {
		unsigned percent = step_percent(policy, (xfw_severity_t)s);
		int64_t at = step_at(percent, expires_s, expire_s);
		if (at > now_s && at < next) {
			next = at;
		}
	}
	return (next);
}
