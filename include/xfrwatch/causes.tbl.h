/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The table of causes: every reason for which a refresh or transfer can fail.
 * Threads: none, constant data.
 *
 *   XFW_CAUSE(id, name, family, severity, line, action)
 *
 * Append-only: the order is the order of all reports, and names are on every
 * surface, so a row is never moved, renamed or taken away; new ones go to the
 * end. `severity` is the least at which an incident of it is said. In `action`,
 * {address}, {port} and {zone} stand for the primary and one zone.
 *
 * No include guard: it is included once for each use.
 */

/* What the primary does not permit or does not have. */
XFW_CAUSE(REFUSED_QUERY, "refused-query", ACCESS, NOTICE,
	  "primary refused the SOA query",
	  "check on {address} that allow-query covers this server and that the "
	  "primary serves {zone}")
XFW_CAUSE(REFUSED_TRANSFER, "refused-transfer", ACCESS, NOTICE,
	  "primary refused the zone transfer",
	  "check on {address} that allow-transfer for {zone} covers this server's "
	  "address or TSIG key")
XFW_CAUSE(NOTAUTH, "notauth", ACCESS, NOTICE,
	  "primary has no such zone",
	  "check that {zone} is configured and loaded on {address}, in the view "
	  "that answers this server")
XFW_CAUSE(NOT_AUTHORITATIVE, "not-authoritative", ACCESS, NOTICE,
	  "primary is not authoritative for the zone",
	  "check that {zone} is loaded and not expired on {address}, and that no "
	  "resolver answers at that address")
XFW_CAUSE(NOTIFY_REFUSED, "notify-refused", ACCESS, NOTICE,
	  "NOTIFY from an address that is not a primary was refused here",
	  "add {address} to allow-notify or to the primaries of {zone}, or stop its "
	  "NOTIFY messages")

/* The way to the primary. */
XFW_CAUSE(CONNECT_REFUSED, "connect-refused", NETWORK, NOTICE,
	  "TCP connection refused by the primary",
	  "check that the server on {address} runs, and firewall rules for TCP port "
	  "{port} from here to {address}")
XFW_CAUSE(CONNECT_TIMEOUT, "connect-timeout", NETWORK, NOTICE,
	  "TCP connection to the primary timed out",
	  "check firewall rules for TCP port {port} from here to {address}")
XFW_CAUSE(CONNECT_DENIED, "connect-denied", NETWORK, NOTICE,
	  "connection to the primary denied by a firewall or local policy",
	  "check the packet filter and security policy of this host for port {port} "
	  "to {address}, then filters on the way")
XFW_CAUSE(UNREACHABLE, "unreachable", NETWORK, NOTICE,
	  "no route to the primary",
	  "check routing, the interface and filters on the way from here to "
	  "{address}")
XFW_CAUSE(UNREACHABLE_CACHED, "unreachable-cached", NETWORK, NOTICE,
	  "primary was skipped because it could not be reached a short time ago",
	  "check the way from here to TCP port {port} of {address}; named tries "
	  "again by itself")
XFW_CAUSE(SOA_TIMEOUT, "soa-timeout", NETWORK, NOTICE,
	  "primary did not answer the SOA query",
	  "check that {address} is up and that UDP port {port} passes from here and "
	  "back")
XFW_CAUSE(UDP_BLOCKED, "udp-blocked", NETWORK, NOTICE,
	  "primary answers over TCP but not over UDP",
	  "check firewall rules for UDP port {port} from here to {address} and for "
	  "the answers")
XFW_CAUSE(TRANSFER_TIMEOUT, "transfer-timeout", NETWORK, NOTICE,
	  "zone transfer timed out",
	  "check the load of {address} and the path to it for loss and MTU, then "
	  "max-transfer-time-in and max-transfer-idle-in")
XFW_CAUSE(CLOSED_BY_PEER, "closed-by-peer", NETWORK, NOTICE,
	  "primary closed the connection",
	  "check the log of {address} and its limits (tcp-clients, transfers-out), "
	  "then firewalls that reset TCP port {port}")
XFW_CAUSE(TLS_FAILURE, "tls-failure", NETWORK, NOTICE,
	  "TLS with the primary failed",
	  "check the certificate, the name in it and the TLS versions of {address} "
	  "port {port} against the tls block used for {zone}")

/* Transaction signatures (RFC 8945). */
XFW_CAUSE(TSIG_BADKEY, "tsig-badkey", TSIG, NOTICE,
	  "primary does not know the TSIG key",
	  "configure the key with the same name and algorithm on {address} as here")
XFW_CAUSE(TSIG_BADSIG, "tsig-badsig", TSIG, NOTICE,
	  "primary found the TSIG signature wrong: the secrets differ",
	  "set the same secret for the key here and on {address}")
XFW_CAUSE(TSIG_BADTIME, "tsig-badtime", TSIG, NOTICE,
	  "clocks of primary and secondary differ too much for TSIG",
	  "check time synchronisation here and on {address}")
XFW_CAUSE(TSIG_BADTRUNC, "tsig-badtrunc", TSIG, NOTICE,
	  "primary does not accept the length of the TSIG signature",
	  "configure the key's algorithm with the same number of bits here and on "
	  "{address}")
XFW_CAUSE(TSIG_ERROR, "tsig-error", TSIG, NOTICE,
	  "primary rejected the TSIG signature",
	  "compare the key's name, algorithm and secret here and on {address}")
XFW_CAUSE(TSIG_MISSING, "tsig-missing", TSIG, NOTICE,
	  "answer to a signed query carries no TSIG signature",
	  "check that {address} knows the key and that nothing on the way answers "
	  "or changes DNS messages")
XFW_CAUSE(TSIG_UNEXPECTED, "tsig-unexpected", TSIG, NOTICE,
	  "answer is signed although the query was not",
	  "configure the key for {address} in the primaries of {zone}, or remove it "
	  "on the primary")
XFW_CAUSE(TSIG_VERIFY, "tsig-verify", TSIG, NOTICE,
	  "TSIG signature of the primary's answer does not verify",
	  "compare the key's name, algorithm and secret here and on {address}, and "
	  "check for middleboxes that change DNS messages")

/* Serial numbers (RFC 1982). */
XFW_CAUSE(SERIAL_UNCHANGED, "serial-unchanged", SERIAL, NOTICE,
	  "primary sends NOTIFY but its serial does not change",
	  "check that the serial of {zone} was increased on {address} after the "
	  "last change")
XFW_CAUSE(SERIAL_BACKWARDS, "serial-backwards", SERIAL, WARNING,
	  "serial of the primary is lower than ours",
	  "raise the serial of {zone} on {address} above ours, or transfer once "
	  "with rndc retransfer {zone}")

/* What the primary sent. */
XFW_CAUSE(ZONE_DATA, "zone-data", DATA, NOTICE,
	  "zone sent by the primary is not acceptable",
	  "check {zone} on {address} with named-checkzone: SOA, NS and names")
XFW_CAUSE(TOO_MANY_RECORDS, "too-many-records", DATA, NOTICE,
	  "zone has more records than are allowed here",
	  "raise max-records, max-records-per-type or max-types-per-name for {zone}, "
	  "or reduce the zone on {address}")
XFW_CAUSE(IXFR_BROKEN, "ixfr-broken", DATA, NOTICE,
	  "incremental transfer does not fit our copy of the zone",
	  "transfer {zone} in full with rndc retransfer, or set request-ixfr no for "
	  "{address}")
XFW_CAUSE(PROTOCOL, "protocol", DATA, NOTICE,
	  "primary sent a message that is not correct DNS",
	  "check the server software of {address} and middleboxes on the way")
XFW_CAUSE(RCODE_OTHER, "rcode-other", DATA, NOTICE,
	  "primary answered with an error code",
	  "check the log of {address} for {zone}: the zone may not be loaded there")

/* Here. */
XFW_CAUSE(NO_PRIMARIES, "no-primaries", LOCAL, WARNING,
	  "zone has no primaries",
	  "configure primaries for {zone}")
XFW_CAUSE(KEY_MISSING, "key-missing", LOCAL, WARNING,
	  "TSIG key for the primary is not configured here",
	  "add the key statement that the primaries or server statement for {zone} "
	  "names")
XFW_CAUSE(TLS_CONFIG_MISSING, "tls-config-missing", LOCAL, WARNING,
	  "TLS configuration for the primary is missing or cannot be used",
	  "add or correct the tls block that the primaries of {zone} name")
XFW_CAUSE(LOCAL_SOURCE, "local-source", LOCAL, NOTICE,
	  "source address for the query cannot be used here",
	  "check transfer-source and transfer-source-v6 of {zone}, the addresses of "
	  "this host and blackhole")
XFW_CAUSE(LOCAL_STORAGE, "local-storage", LOCAL, WARNING,
	  "zone or journal file could not be written or read here",
	  "check free space and permissions of named's directory for {zone}")
XFW_CAUSE(LOCAL_RESOURCE, "local-resource", LOCAL, WARNING,
	  "this server ran out of a resource",
	  "check open files, memory and limits of named")
XFW_CAUSE(QUOTA_DEFERRED, "quota-deferred", LOCAL, NOTICE,
	  "zone transfer waits for a transfer quota",
	  "raise transfers-in or transfers-per-ns, or find the transfers that hold "
	  "the quota")
XFW_CAUSE(NEVER_ATTEMPTED, "never-attempted", LOCAL, WARNING,
	  "refresh is due but named has not tried the primary",
	  "check transfer-source and the primaries of {zone}, then rndc refresh "
	  "{zone}")

/* What the table of messages does not know. */
XFW_CAUSE(UNCLASSIFIED, "unclassified", OTHER, NOTICE,
	  "named gave a reason that xfrwatch does not know",
	  "read the text of the message in named's log")

/* Known from a diagnosis, from serials and from signatures. */
XFW_CAUSE(HOST_DOWN, "host-down", NETWORK, NOTICE,
	  "primary does not answer at all",
	  "check that {address} is up and that the way from here to it works")
XFW_CAUSE(SERIAL_BEHIND, "serial-behind", SERIAL, WARNING,
	  "refreshes succeed but the serial stays behind that of the primary",
	  "compare the serial of {zone} on all its primaries and transfer it from "
	  "the newest")
XFW_CAUSE(SIGNATURES_EXPIRING, "signatures-expiring", DATA, WARNING,
	  "signature of the zone's SOA record expires and is not renewed",
	  "check the signing of {zone} on {address}: keys, the signer's log, its "
	  "clock")
