/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The table of metrics: both exposition formats and the manual are made from it.
 * Threads: none, constant data.
 *
 *   XFW_METRIC(id, name, type, scope, unit, labels, help)
 *
 * The order is the order of the answer. `name` is that of the samples; names and
 * labels are fixed (users' rules and dashboards hold them): a row may be added,
 * never renamed. `unit` is what the name ends in, "" if it has none. `scope` is
 * SERVER, or ZONE for series of single zones, which come last.
 *
 * `help` is one line without quotes and backslashes; it is also what the manual
 * says. No include guard: it is included once for each use.
 */

XFW_METRIC(INFO, "bind_xfrwatch_info", INFO, SERVER, "", "version,bind_version",
	   "Versions of xfrwatch and of the named that it runs in.")
XFW_METRIC(REDUCED, "bind_xfrwatch_reduced", GAUGE, SERVER, "", "",
	   "1 in reduced mode: xfrwatch was built for another version of BIND than "
	   "it runs in, reads named's messages alone, and should be built again; "
	   "else 0.")
XFW_METRIC(ZONES, "bind_secondary_zones", GAUGE, SERVER, "", "view,state",
	   "Secondary, mirror and stub zones by state: ok, failing, never-loaded or "
	   "expired.")
XFW_METRIC(ATTEMPTS, "bind_secondary_refresh_attempts_total", COUNTER, SERVER, "", "",
	   "Attempts to refresh a zone from one primary that have ended, whatever "
	   "came of them.")
XFW_METRIC(FAILURES, "bind_secondary_refresh_failures_total", COUNTER, SERVER, "",
	   "cause",
	   "Attempts to refresh a zone from one primary that failed, by cause.")
XFW_METRIC(TRANSFERS, "bind_secondary_transfers_total", COUNTER, SERVER, "", "",
	   "Zone transfers that brought a zone or a new serial of it.")
XFW_METRIC(PRIMARY_FAILING, "bind_secondary_primary_failing_zones", GAUGE, SERVER, "",
	   "primary",
	   "Zones that could not be had from this primary the last time; primary "
	   "other is the sum over those beyond the 100 with the most such zones.")
XFW_METRIC(INCIDENTS, "bind_secondary_incidents", GAUGE, SERVER, "", "cause,primary",
	   "Open incidents: zones that fail for the same cause at the same primary; "
	   "primary other stands for those beyond the 100 most severe.")
XFW_METRIC(EVENTS_RECORDED, "bind_secondary_events_recorded_total", COUNTER, SERVER,
	   "", "",
	   "Events of refresh and transfer that were recorded.")
XFW_METRIC(EVENTS_LOST, "bind_secondary_events_lost_total", COUNTER, SERVER, "", "",
	   "Recorded events that were overwritten before they were read: ring-size "
	   "is too small.")
XFW_METRIC(UNCLASSIFIED, "bind_secondary_messages_unclassified_total", COUNTER, SERVER,
	   "", "",
	   "Messages about refresh or transfer whose text xfrwatch does not know.")
XFW_METRIC(NEXT_DEADLINE, "bind_secondary_next_deadline_timestamp_seconds", GAUGE,
	   SERVER, "seconds", "view",
	   "When the first of the failing zones that are still served is lost if "
	   "nothing is done; absent if no zone fails.")
XFW_METRIC(ZONES_DEADLINE, "bind_secondary_zones_deadline", GAUGE, SERVER, "",
	   "within",
	   "Failing zones, still served, that are lost within that time if nothing "
	   "is done; cumulative. Healthy and expired zones are not in it.")
XFW_METRIC(TRUNCATED, "bind_secondary_zones_truncated", GAUGE, SERVER, "", "",
	   "Zones that are not ok but have no series of their own in this answer, "
	   "which holds those of the 1000 nearest to their deadline.")

XFW_METRIC(ZONE_DEADLINE, "bind_zone_deadline_timestamp_seconds", GAUGE, ZONE,
	   "seconds", "view,zone_name",
	   "When clients lose the zone unless it is refreshed, as it expires or its "
	   "signature does. Series are for zones "
	   "that are not ok, for all zones with ?zones=all.")
XFW_METRIC(ZONE_EXPIRE, "bind_zone_expire_timestamp_seconds", GAUGE, ZONE, "seconds",
	   "view,zone_name",
	   "When named expires the zone, or has expired it, as named itself holds "
	   "that time.")
XFW_METRIC(ZONE_SIGNATURE_EXPIRE, "bind_zone_signature_expire_timestamp_seconds", GAUGE,
	   ZONE, "seconds", "view,zone_name",
	   "When the first signature of the SOA record expires in the copy that is "
	   "served here; absent for a zone that is not signed.")
XFW_METRIC(ZONE_NEXT_REFRESH, "bind_zone_next_refresh_timestamp_seconds", GAUGE, ZONE,
	   "seconds", "view,zone_name",
	   "When named will ask a primary again, if no NOTIFY comes before that.")
XFW_METRIC(ZONE_LAST_SUCCESS, "bind_zone_last_success_timestamp_seconds", GAUGE, ZONE,
	   "seconds", "view,zone_name",
	   "When the zone was last transferred, or found to be the same as on a "
	   "primary.")
XFW_METRIC(ZONE_LAST_ATTEMPT, "bind_zone_last_attempt_timestamp_seconds", GAUGE, ZONE,
	   "seconds", "view,zone_name",
	   "When an attempt to refresh the zone last ended, whatever came of it.")
XFW_METRIC(ZONE_PRIMARY_SERIAL, "bind_zone_primary_serial", GAUGE, ZONE, "",
	   "view,zone_name",
	   "SOA serial of the zone on its primary, as an answer or a NOTIFY told it "
	   "last.")
XFW_METRIC(ZONE_SERVED_SERIAL, "bind_zone_served_serial", GAUGE, ZONE, "",
	   "view,zone_name",
	   "SOA serial of the zone that is served here; absent if none is.")
XFW_METRIC(ZONE_FAILURES, "bind_zone_failures", GAUGE, ZONE, "", "view,zone_name",
	   "Failed attempts to refresh the zone since one last succeeded.")
