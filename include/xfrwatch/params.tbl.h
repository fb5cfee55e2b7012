/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The parameters: one table that feeds the grammar, the defaults, the checks and
 * the manual. No include guard: it is included once for each use.
 *
 *   XFW_PARAM(id, "name", kind, scope, minimum, default, maximum, "meaning")
 *
 * kind: BOOL, NUMBER, FACILITY (a word), ESCALATION (four percentages), DAYS (two
 * numbers of days) or CHANNEL (address, port, address match list; the numbers are the
 * port's; may be repeated).
 * scope: PROCESS (all statements must agree) or VIEW.
 */
#ifndef XFW_PARAM
#error "define XFW_PARAM first"
#endif

XFW_PARAM(CHANNEL, "statistics-channel", CHANNEL, PROCESS, 1, 8054, 65535,
	  "where the HTTP statistics channel listens, and who may read it")
XFW_PARAM(SYSLOG, "syslog", FACILITY, PROCESS, 0, 0, 0,
	  "facility for the syslog daemon, or none")
XFW_PARAM(LOG, "log", BOOL, PROCESS, 0, 1, 1,
	  "say incidents in named's own log, category xfer-in")
XFW_PARAM(ESCALATION, "escalation", ESCALATION, PROCESS, 0, 0, 100,
	  "percent of the SOA expire interval left at which each severity begins")
XFW_PARAM(REMINDER, "reminder-interval", NUMBER, PROCESS, 0, 3600, 604800,
	  "seconds between reminders of an open incident; 0 for none")
XFW_PARAM(RING, "ring-size", NUMBER, PROCESS, 64, 8192, 1048576,
	  "events kept; a power of two")
XFW_PARAM(STATSFILE, "statistics-file", BOOL, PROCESS, 0, 1, 1,
	  "append a block to named's statistics file after rndc stats")
XFW_PARAM(DIAGNOSE, "diagnose", BOOL, PROCESS, 0, 1, 1,
	  "when zones fail, ask the primary itself to make sure of the cause; no "
	  "sends nothing at all")
XFW_PARAM(DIAGNOSE_RATE, "diagnose-rate", NUMBER, PROCESS, 1, 1, 100,
	  "diagnoses begun in one second, at most")
XFW_PARAM(DIAGNOSE_PER_PRIMARY, "diagnose-per-primary", NUMBER, PROCESS, 1, 1, 16,
	  "diagnoses under way at one primary, at most")
XFW_PARAM(DIAGNOSE_INTERVAL, "diagnose-interval", NUMBER, PROCESS, 1, 60, 86400,
	  "seconds until an open incident is diagnosed again; it doubles each time, "
	  "up to an hour or this")
XFW_PARAM(RECOVERY, "recovery-refresh", BOOL, PROCESS, 0, 0, 1,
	  "when a primary is back, refresh the other zones that failed there")
XFW_PARAM(RECOVERY_RATE, "recovery-rate", NUMBER, PROCESS, 1, 20, 1000,
	  "zones refreshed in one second by recovery-refresh, at most")
XFW_PARAM(SIGNATURES, "signatures-expiring", DAYS, PROCESS, 0, 0, 365,
	  "days that an RRSIG of the SOA has left when it is said that the primary "
	  "does not renew it; 0 for never")
XFW_PARAM(STRICT, "strict-version", BOOL, PROCESS, 0, 0, 1,
	  "in a named of another upstream version than the plugin was built for, do "
	  "nothing (inert) instead of what is safe (reduced)")
