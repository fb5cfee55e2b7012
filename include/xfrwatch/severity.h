/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Severities and the escalation policy: how loud a failing zone is, by the
 * share of its SOA expire interval (RFC 1035, 3.3.13) that is left.
 *
 * Guarantee: pure functions; they never block, allocate or log.
 * Threads: any; in practice the monitor's.
 * Units: seconds; times are realtime seconds since the epoch, because that is
 * the clock by which named expires a zone.
 */
#ifndef XFRWATCH_SEVERITY_H
#define XFRWATCH_SEVERITY_H

#include <stdbool.h>
#include <stdint.h>

/* In growing order; the names are those of syslog(3). */
typedef enum xfw_severity {
	XFW_SEVERITY_NONE = 0,
	XFW_SEVERITY_INFO,
	XFW_SEVERITY_NOTICE,
	XFW_SEVERITY_WARNING,
	XFW_SEVERITY_ERR,
	XFW_SEVERITY_CRIT,
	XFW_SEVERITY_ALERT,
	XFW_SEVERITY_COUNT
} xfw_severity_t;

/* Percent of the expire interval left at which each step is reached. */
typedef struct xfw_escalation {
	uint8_t warning;
	uint8_t err;
	uint8_t crit;
	uint8_t alert;
} xfw_escalation_t;

#define XFW_ESCALATION_MIN     0
#define XFW_ESCALATION_MAX     100
#define XFW_ESCALATION_DEFAULT ((xfw_escalation_t){ 75, 50, 25, 10 })

/* Returns "notice", "warning", ...; never NULL. */
const char *
xfw_severity_name(xfw_severity_t severity);

/* The true syslog(3) priority (LOG_NOTICE, ...), without a facility. */
int
xfw_severity_syslog(xfw_severity_t severity);

/*
 * The severity of a failing zone at `now_s` that expires at `expires_s` with
 * an expire interval of `expire_s`. A deadline that is unknown (expires_s or
 * expire_s <= 0) gives NOTICE; a deadline that has passed gives ALERT.
 */
xfw_severity_t
xfw_escalation_severity(const xfw_escalation_t *policy, int64_t now_s,
			int64_t expires_s, int64_t expire_s);

/*
 * The first time after `now_s` at which xfw_escalation_severity() will give a
 * higher severity, or INT64_MAX when there is none.
 */
int64_t
xfw_escalation_next(const xfw_escalation_t *policy, int64_t now_s,
		    int64_t expires_s, int64_t expire_s);

#endif /* XFRWATCH_SEVERITY_H */
