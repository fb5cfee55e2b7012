/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Lines to syslog(3), with a facility of the operator's choice.
 * Runs in the monitor's thread; names are looked up in any.
 *
 * The program name and the options of the connection are those that named gave
 * to openlog(); each line brings its own facility.
 */
#include <strings.h>
#include <syslog.h>

#include <xfrwatch/report.h>

/*
 * The names that named.conf takes for its syslog channels. "kern" is taken as
 * named takes it, but libc lets no process use it: such a line goes to the
 * facility that named gave to openlog().
 */
#define FACILITIES                                                          \
	FACILITY("kern", LOG_KERN) FACILITY("user", LOG_USER)               \
	FACILITY("mail", LOG_MAIL) FACILITY("daemon", LOG_DAEMON)           \
	FACILITY("auth", LOG_AUTH) FACILITY("syslog", LOG_SYSLOG)           \
	FACILITY("lpr", LOG_LPR) FACILITY("news", LOG_NEWS)                 \
	FACILITY("uucp", LOG_UUCP) FACILITY("cron", LOG_CRON)               \
	FACILITY("authpriv", LOG_AUTHPRIV) FACILITY("ftp", LOG_FTP)         \
	FACILITY("local0", LOG_LOCAL0) FACILITY("local1", LOG_LOCAL1)       \
	FACILITY("local2", LOG_LOCAL2) FACILITY("local3", LOG_LOCAL3)       \
	FACILITY("local4", LOG_LOCAL4) FACILITY("local5", LOG_LOCAL5)       \
	FACILITY("local6", LOG_LOCAL6) FACILITY("local7", LOG_LOCAL7)

#define FACILITY(name, number) name,
static const char *const names[] = { FACILITIES NULL };
#undef FACILITY

#define FACILITY(name, number) number,
static const int numbers[] = { FACILITIES };
#undef FACILITY

const char *const *
xfw_syslog_facilities(void) {
	return (names);
}

int
xfw_syslog_facility(const char *name) {
	for (size_t i = 0; names[i] != NULL; i++) {
		if (strcasecmp(name, names[i]) == 0) {
			return (numbers[i]);
		}
	}
	return (strcasecmp(name, "none") == 0 ? XFW_SYSLOG_NONE
					      : XFW_SYSLOG_UNKNOWN);
}

void
xfw_syslog(int facility, xfw_severity_t severity, const char *line) {
	if (facility < 0) {
		return;
	}
	/* Never as the format: the line holds what came over the network. */
	syslog(facility | xfw_severity_syslog(severity), "%s", line);
}
