/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the operator may set, as read from the plugin's braces.
 *
 * Guarantee: plain data; filled by plugin/named/params.c or plain.h, read by the monitor.
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

/* Where xfw_params_t holds each; of two days, what both members begin with. */
#define XFW_PARAM_IN_CHANNEL
#define XFW_PARAM_IN_SYSLOG		  facility
#define XFW_PARAM_IN_LOG		  log
#define XFW_PARAM_IN_ESCALATION		  escalation
#define XFW_PARAM_IN_REMINDER		  reminder_s
#define XFW_PARAM_IN_RING		  ring_size
#define XFW_PARAM_IN_STATSFILE		  statsfile
#define XFW_PARAM_IN_DIAGNOSE		  diagnose
#define XFW_PARAM_IN_DIAGNOSE_RATE	  diagnose_rate
#define XFW_PARAM_IN_DIAGNOSE_PER_PRIMARY diagnose_per_primary
#define XFW_PARAM_IN_DIAGNOSE_INTERVAL	  diagnose_interval_s
#define XFW_PARAM_IN_RECOVERY		  recovery
#define XFW_PARAM_IN_RECOVERY_RATE	  recovery_rate
#define XFW_PARAM_IN_SIGNATURES		  signature
#define XFW_PARAM_IN_STRICT		  strict

/* What stands behind a parameter, where the name alone does not tell. */
#define XFW_PARAM_FORM_BOOL	  ""
#define XFW_PARAM_FORM_NUMBER	  ""
#define XFW_PARAM_FORM_FACILITY	  ""
#define XFW_PARAM_FORM_ESCALATION ""
#define XFW_PARAM_FORM_DAYS	  ""
#define XFW_PARAM_FORM_CHANNEL	  " address [ port number ] [ allow { ... } ]"

/*
 * What a word means. Each returns false if it means nothing of the kind: *out is left
 * alone then, and `allowed` says what it must be ("a number from 1 to 100").
 */
#define XFW_PARAM_ALLOWED_MAX 256

bool
xfw_params_bool(const char *word, bool *out, char allowed[XFW_PARAM_ALLOWED_MAX]);

/* `power`: a power of two. */
bool
xfw_params_number(const char *word, unsigned long min, unsigned long max, bool power,
		  uint32_t *out, char allowed[XFW_PARAM_ALLOWED_MAX]);

bool
xfw_params_facility(const char *word, int *out, char allowed[XFW_PARAM_ALLOWED_MAX]);

/* As xfw_params_number(), where nothing is to be said. */
bool
xfw_params_decimal(const char *word, unsigned long min, unsigned long max,
		   uint32_t *out);

#endif /* XFRWATCH_PARAMS_H */
