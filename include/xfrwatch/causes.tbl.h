/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The table of causes: every reason for which a refresh or transfer can fail.
 * Threads: none, constant data.
 *
 *   XFW_CAUSE(id, name, family, severity, line)
 *
 * Append-only: the order is the order of all reports, and names are on every
 * surface, so a row is never moved, renamed or taken away; new ones go to the
 * end. `severity` is the least at which an incident of it is said. What to do about
 * it is in plans.tbl.h.
 *
 * No include guard: it is included once for each use.
 */

/* What the primary does not permit or does not have. */
XFW_CAUSE(REFUSED_QUERY, "refused-query", ACCESS, NOTICE,
	  "primary refused the SOA query")
XFW_CAUSE(REFUSED_TRANSFER, "refused-transfer", ACCESS, NOTICE,
	  "primary refused the zone transfer")
XFW_CAUSE(NOTAUTH, "notauth", ACCESS, NOTICE,
	  "primary has no such zone")
XFW_CAUSE(NOT_AUTHORITATIVE, "not-authoritative", ACCESS, NOTICE,
	  "primary is not authoritative for the zone")
XFW_CAUSE(NOTIFY_REFUSED, "notify-refused", ACCESS, NOTICE,
	  "NOTIFY from an address that is not a primary was refused here")

/* The way to the primary. */
XFW_CAUSE(CONNECT_REFUSED, "connect-refused", NETWORK, NOTICE,
	  "TCP connection refused by the primary")
XFW_CAUSE(CONNECT_TIMEOUT, "connect-timeout", NETWORK, NOTICE,
	  "TCP connection to the primary timed out")
XFW_CAUSE(CONNECT_DENIED, "connect-denied", NETWORK, NOTICE,
	  "connection to the primary denied by a firewall or local policy")
XFW_CAUSE(UNREACHABLE, "unreachable", NETWORK, NOTICE,
	  "no route to the primary")
XFW_CAUSE(UNREACHABLE_CACHED, "unreachable-cached", NETWORK, NOTICE,
	  "primary was skipped because it could not be reached a short time ago")
XFW_CAUSE(SOA_TIMEOUT, "soa-timeout", NETWORK, NOTICE,
	  "primary did not answer the SOA query")
XFW_CAUSE(UDP_BLOCKED, "udp-blocked", NETWORK, NOTICE,
	  "primary answers over TCP but not over UDP")
XFW_CAUSE(TRANSFER_TIMEOUT, "transfer-timeout", NETWORK, NOTICE,
	  "zone transfer timed out")
XFW_CAUSE(CLOSED_BY_PEER, "closed-by-peer", NETWORK, NOTICE,
	  "primary closed the connection")
XFW_CAUSE(TLS_FAILURE, "tls-failure", NETWORK, NOTICE,
	  "TLS with the primary failed")

/* Transaction signatures (RFC 8945). */
XFW_CAUSE(TSIG_BADKEY, "tsig-badkey", TSIG, NOTICE,
	  "primary does not know the TSIG key")
XFW_CAUSE(TSIG_BADSIG, "tsig-badsig", TSIG, NOTICE,
	  "primary found the TSIG signature wrong: the secrets differ")
XFW_CAUSE(TSIG_BADTIME, "tsig-badtime", TSIG, NOTICE,
	  "clocks of primary and secondary differ too much for TSIG")
XFW_CAUSE(TSIG_BADTRUNC, "tsig-badtrunc", TSIG, NOTICE,
	  "primary does not accept the length of the TSIG signature")
XFW_CAUSE(TSIG_ERROR, "tsig-error", TSIG, NOTICE,
	  "primary rejected the TSIG signature")
XFW_CAUSE(TSIG_MISSING, "tsig-missing", TSIG, NOTICE,
	  "answer to a signed query carries no TSIG signature")
XFW_CAUSE(TSIG_UNEXPECTED, "tsig-unexpected", TSIG, NOTICE,
	  "answer is signed although the query was not")
XFW_CAUSE(TSIG_VERIFY, "tsig-verify", TSIG, NOTICE,
	  "TSIG signature of the primary's answer does not verify")

/* Serial numbers (RFC 1982). */
XFW_CAUSE(SERIAL_UNCHANGED, "serial-unchanged", SERIAL, NOTICE,
	  "primary sends NOTIFY but its serial does not change")
XFW_CAUSE(SERIAL_BACKWARDS, "serial-backwards", SERIAL, WARNING,
	  "serial of the primary is lower than ours")

/* What the primary sent. */
XFW_CAUSE(ZONE_DATA, "zone-data", DATA, NOTICE,
	  "zone sent by the primary is not acceptable")
XFW_CAUSE(TOO_MANY_RECORDS, "too-many-records", DATA, NOTICE,
	  "zone has more records than are allowed here")
XFW_CAUSE(IXFR_BROKEN, "ixfr-broken", DATA, NOTICE,
	  "incremental transfer does not fit our copy of the zone")
XFW_CAUSE(PROTOCOL, "protocol", DATA, NOTICE,
	  "primary sent a message that is not correct DNS")
XFW_CAUSE(RCODE_OTHER, "rcode-other", DATA, NOTICE,
	  "primary answered with an error code")

/* Here. */
XFW_CAUSE(NO_PRIMARIES, "no-primaries", LOCAL, WARNING,
	  "zone has no primaries")
XFW_CAUSE(KEY_MISSING, "key-missing", LOCAL, WARNING,
	  "TSIG key for the primary is not configured here")
XFW_CAUSE(TLS_CONFIG_MISSING, "tls-config-missing", LOCAL, WARNING,
	  "TLS configuration for the primary is missing or cannot be used")
XFW_CAUSE(LOCAL_SOURCE, "local-source", LOCAL, NOTICE,
	  "source address for the query cannot be used here")
XFW_CAUSE(LOCAL_STORAGE, "local-storage", LOCAL, WARNING,
	  "zone or journal file could not be written or read here")
XFW_CAUSE(LOCAL_RESOURCE, "local-resource", LOCAL, WARNING,
	  "this server ran out of a resource")
XFW_CAUSE(QUOTA_DEFERRED, "quota-deferred", LOCAL, NOTICE,
	  "zone transfer waits for a transfer quota")
XFW_CAUSE(NEVER_ATTEMPTED, "never-attempted", LOCAL, WARNING,
	  "refresh is due but named has not tried the primary")

/* What the table of messages does not know. */
XFW_CAUSE(UNCLASSIFIED, "unclassified", OTHER, NOTICE,
	  "named gave a reason that xfrwatch does not know")

/* Known from a diagnosis, from serials and from signatures. */
XFW_CAUSE(HOST_DOWN, "host-down", NETWORK, NOTICE,
	  "primary does not answer at all")
XFW_CAUSE(SERIAL_BEHIND, "serial-behind", SERIAL, WARNING,
	  "refreshes succeed but the serial stays behind that of the primary")
XFW_CAUSE(SIGNATURES_EXPIRING, "signatures-expiring", DATA, WARNING,
	  "signature of the zone's SOA record expires and is not renewed")
