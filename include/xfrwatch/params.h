/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the operator may set, as read from the plugin's braces.
 *
 * Guarantee: plain data; filled by plugin/named/params.c, read by the monitor.
 * Limits and defaults stand in params.tbl.h.
 */
#ifndef XFRWATCH_PARAMS_H
#define XFRWATCH_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

#include <xfrwatch/severity.h>

enum {
#define XFW_PARAM(id, name, kind, scope, min, def, max, meaning) \
	XFW_PARAM_##id##_MIN = (min), XFW_PARAM_##id##_DEFAULT = (def), \
	XFW_PARAM_##id##_MAX = (max),
#include <xfrwatch/params.tbl.h>
#undef XFW_PARAM
};

typedef struct xfw_params {
	bool log;
	bool statsfile;
	int facility; /* for syslog(3), or XFW_SYSLOG_NONE */
	xfw_escalation_t escalation;
	uint32_t reminder_s;
	uint32_t ring_size;
	bool diagnose;
	uint32_t diagnose_rate;
	uint32_t diagnose_per_primary;
	uint32_t diagnose_interval_s;
	bool recovery;
	uint32_t recovery_rate;
	uint16_t signature_warning_d; /* days; 0: never */
	uint16_t signature_err_d;
	bool strict; /* what holds is decided before the monitor hears of it */
} xfw_params_t;

#define XFW_SIGNATURE_WARNING_DEFAULT 14
#define XFW_SIGNATURE_ERR_DEFAULT     7

/* The defaults of the table. */
static inline xfw_params_t
xfw_params_default(void) {
	return ((xfw_params_t){
		.log = XFW_PARAM_LOG_DEFAULT != 0,
		.statsfile = XFW_PARAM_STATSFILE_DEFAULT != 0,
		.facility = -1,
		.escalation = XFW_ESCALATION_DEFAULT,
		.reminder_s = XFW_PARAM_REMINDER_DEFAULT,
		.ring_size = XFW_PARAM_RING_DEFAULT,
		.diagnose = XFW_PARAM_DIAGNOSE_DEFAULT != 0,
		.diagnose_rate = XFW_PARAM_DIAGNOSE_RATE_DEFAULT,
		.diagnose_per_primary = XFW_PARAM_DIAGNOSE_PER_PRIMARY_DEFAULT,
		.diagnose_interval_s = XFW_PARAM_DIAGNOSE_INTERVAL_DEFAULT,
		.recovery = XFW_PARAM_RECOVERY_DEFAULT != 0,
		.recovery_rate = XFW_PARAM_RECOVERY_RATE_DEFAULT,
		.signature_warning_d = XFW_SIGNATURE_WARNING_DEFAULT,
		.signature_err_d = XFW_SIGNATURE_ERR_DEFAULT,
		.strict = XFW_PARAM_STRICT_DEFAULT != 0,
	});
}

#endif /* XFRWATCH_PARAMS_H */
