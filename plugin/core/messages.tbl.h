/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Every message of BIND 9.18 and 9.20 about inbound refresh and transfer, and
 * what it says. Threads: none, constant data.
 *
 *   XFW_ZONE(lead, rest, kind, phase, place, cause)
 *	behind "zone <name>/<class>[/<view>]: "
 *   XFW_TRANSFER(lead, rest, kind, place, cause)
 *	behind "transfer of '<zone>' from <address>#<port>: "
 *   XFW_BARE(lead, rest, kind, cause)
 *	messages without a zone in front
 *
 * `lead` is the fixed beginning, `rest` a template of what follows:
 *   %P  the primary, "address#port"     %S  " (source address#port)" or nothing
 *   %R  text of a result                %W  anything up to the next character
 *   %N  a serial of the primary         %O  our serial
 *   %D  a number                        %*  anything to the end
 * `place` says which column of results.tbl.h gives the cause for %R: SOA,
 * CONNECT or TRANSFER; `cause` then stands for texts that are not there. FIXED
 * means that `cause` holds whatever %R is.
 *
 * Each part is sorted by lead, bytewise, and no lead begins another one: they
 * are searched by halves. Rows with the same lead are tried in their order.
 * No include guard.
 */
#ifdef XFW_ZONE
/* By a new configuration; zones of other types are none of ours. */
XFW_ZONE("(", "mirror) removed", ZONES_CHANGED, NONE, FIXED, NONE)
XFW_ZONE("(", "secondary) removed", ZONES_CHANGED, NONE, FIXED, NONE)
XFW_ZONE("(", "stub) removed", ZONES_CHANGED, NONE, FIXED, NONE)
/* Beginnings of what the check of a mirror zone's signatures prints. */
XFW_ZONE("Bad NSEC record for ", "%*", XFR_DETAIL, TRANSFER, FIXED, ZONE_DATA)
XFW_ZONE("Bad NSEC3 record for ", "%*", XFR_DETAIL, TRANSFER, FIXED, ZONE_DATA)
XFW_ZONE("Break in NSEC3 chain at", "%*", XFR_DETAIL, TRANSFER, FIXED,
	 ZONE_DATA)
XFW_ZONE("DNSKEY is not signed", "%*", XFR_DETAIL, TRANSFER, FIXED, ZONE_DATA)
XFW_ZONE("Expected and found NSEC3 chains not equal", "%*", XFR_DETAIL,
	 TRANSFER, FIXED, ZONE_DATA)
XFW_ZONE("Expected: ", "%*", XFR_DETAIL, TRANSFER, FIXED, ZONE_DATA)
XFW_ZONE("Found: ", "%*", XFR_DETAIL, TRANSFER, FIXED, ZONE_DATA)
XFW_ZONE("IXFR disabled, requesting ", "AXFR from %P", INFO, TRANSFER, FIXED,
	 NONE)
XFW_ZONE("IXFR disabled, requesting ", "SOA before AXFR from %P", INFO, TRANSFER,
	 FIXED, NONE)
XFW_ZONE("Missing ", "NSEC%*", XFR_DETAIL, TRANSFER, FIXED, ZONE_DATA)
XFW_ZONE("Missing ", "ZSK for algorithm %*", XFR_DETAIL, TRANSFER, FIXED,
	 ZONE_DATA)
XFW_ZONE("Missing ", "self-signed KSK for algorithm %*", XFR_DETAIL, TRANSFER,
	 FIXED, ZONE_DATA)
XFW_ZONE("Multiple NSEC records for ", "%*", XFR_DETAIL, TRANSFER, FIXED,
	 ZONE_DATA)
XFW_ZONE("Multiple NSEC3 records with the same parameter set for ", "%*",
	 XFR_DETAIL, TRANSFER, FIXED, ZONE_DATA)
XFW_ZONE("NOTIFY with no question section from: ", "%P", INFO, NONE, FIXED,
	 NONE)
XFW_ZONE("NOTIFY zone does not match", "", INFO, NONE, FIXED, NONE)
XFW_ZONE("NSEC is not signed", "%*", XFR_DETAIL, TRANSFER, FIXED, ZONE_DATA)
XFW_ZONE("NSEC lookup failed", "%*", XFR_DETAIL, TRANSFER, FIXED, ZONE_DATA)
XFW_ZONE("NSEC3PARAM is not signed", "%*", XFR_DETAIL, TRANSFER, FIXED,
	 ZONE_DATA)
XFW_ZONE("NSEC3PARAM lookup failed", "%*", XFR_DETAIL, TRANSFER, FIXED,
	 ZONE_DATA)
XFW_ZONE("No ", "correct %*", XFR_DETAIL, TRANSFER, FIXED, ZONE_DATA)
XFW_ZONE("No ", "signatures for %*", XFR_DETAIL, TRANSFER, FIXED, ZONE_DATA)
XFW_ZONE("No ", "valid NSEC/NSEC3 chain %*", XFR_DETAIL, TRANSFER, FIXED,
	 ZONE_DATA)
XFW_ZONE("No ", "%W DNSKEY found", XFR_DETAIL, TRANSFER, FIXED, ZONE_DATA)
XFW_ZONE("No ", "%W KSK DNSKEY found", XFR_DETAIL, TRANSFER, FIXED, ZONE_DATA)
XFW_ZONE("SOA is not signed", "%*", XFR_DETAIL, TRANSFER, FIXED, ZONE_DATA)
XFW_ZONE("TTL mismatch for ", "%*", XFR_DETAIL, TRANSFER, FIXED, ZONE_DATA)
XFW_ZONE("Transfer started", "%*", XFR_STARTED, TRANSFER, FIXED, NONE)
XFW_ZONE("Zone contains no ", "%*", XFR_DETAIL, TRANSFER, FIXED, ZONE_DATA)
XFW_ZONE("ahead", "", INFO, SOA, FIXED, NONE)
XFW_ZONE("cannot refresh: no primaries", "", SETUP_FAILED, SOA, FIXED,
	 NO_PRIMARIES)
XFW_ZONE("could not find NS and/or SOA records", "", XFR_DETAIL, NONE, FIXED,
	 ZONE_DATA)
/* named goes on, unsigned or without TLS: what comes of it is said later. */
XFW_ZONE("could not get TLS configuration for zone transfer: ", "%R",
	 XFR_DETAIL, TRANSFER, FIXED, TLS_CONFIG_MISSING)
XFW_ZONE("could not get TSIG key for zone transfer: ", "%R", XFR_DETAIL,
	 TRANSFER, FIXED, KEY_MISSING)
XFW_ZONE("could not refresh stub from primary ", "%P%S: %R", SOA_FAILED, SOA,
	 SOA, UNCLASSIFIED)
/* Debug 1 only: at INFO a source address that cannot be used is silent. */
XFW_ZONE("dns_request_create() failed: ", "%R", SETUP_FAILED, SOA, SOA,
	 LOCAL_SOURCE)
XFW_ZONE("dump failed: ", "%R", STORAGE_FAILED, NONE, FIXED, LOCAL_STORAGE)
XFW_ZONE("expired", "", EXPIRED, NONE, FIXED, NONE)
XFW_ZONE("forced reload, requesting AXFR of initial version from ", "%P", INFO,
	 TRANSFER, FIXED, NONE)
XFW_ZONE("got EDNS EXPIRE of ", "%*", INFO, SOA, FIXED, NONE)
XFW_ZONE("got_transfer_quota: skipping zone transfer as primary ",
	 "%P%S is unreachable (cached)", UNREACHABLE, TRANSFER, FIXED,
	 UNREACHABLE_CACHED)
XFW_ZONE("has ", "no NS records", XFR_DETAIL, TRANSFER, FIXED, ZONE_DATA)
XFW_ZONE("has ", "%D SOA records", XFR_DETAIL, TRANSFER, FIXED, ZONE_DATA)
XFW_ZONE("isc_time_nowplusinterval() failed: ", "%R", SETUP_FAILED, SOA, FIXED,
	 LOCAL_RESOURCE)
XFW_ZONE("ixfr-from-differences: ",
	 "failed: new serial (%N) out of range [%D - %D]", XFR_DETAIL, TRANSFER,
	 FIXED, SERIAL_BACKWARDS)
XFW_ZONE("ixfr-from-differences: ", "unable to get new serial", XFR_DETAIL,
	 TRANSFER, FIXED, ZONE_DATA)
XFW_ZONE("ixfr-from-differences: ", "failed: %R", XFR_DETAIL, TRANSFER, FIXED,
	 LOCAL_STORAGE)
XFW_ZONE("ixfr-from-differences: ", "%*", INFO, NONE, FIXED, NONE)
XFW_ZONE("journal file is out of date: ", "%*", INFO, NONE, FIXED, NONE)
XFW_ZONE("journal open failed: ", "%R", STORAGE_FAILED, NONE, FIXED,
	 LOCAL_STORAGE)
XFW_ZONE("journal rollforward failed: ", "%*", STORAGE_FAILED, NONE, FIXED,
	 LOCAL_STORAGE)
XFW_ZONE("loaded serial ", "%O%*", LOADED, NONE, FIXED, NONE)
XFW_ZONE("loading from master file ", "%*", STORAGE_FAILED, NONE, FIXED,
	 LOCAL_STORAGE)
XFW_ZONE("mirror zone is ", "%*", INFO, NONE, FIXED, NONE)
XFW_ZONE("no database exists yet, requesting AXFR of initial version from ",
	 "%P", INFO, TRANSFER, FIXED, NONE)
/* The reason came before it. */
XFW_ZONE("not loaded due to errors", "%*", INFO, NONE, FIXED, NONE)
XFW_ZONE("notify from ", "%P: zone is up to date", NOTIFY_SAME, NONE, FIXED,
	 NONE)
XFW_ZONE("notify from ", "%P: serial %N", NOTIFY, NONE, FIXED, NONE)
XFW_ZONE("notify from ", "%P: no serial", NOTIFY, NONE, FIXED, NONE)
XFW_ZONE("notify from ",
	 "%P: serial %N: refresh in progress, refresh check queued",
	 NOTIFY_QUEUED, NONE, FIXED, NONE)
XFW_ZONE("notify from ", "%P: refresh in progress, refresh check queued",
	 NOTIFY_QUEUED, NONE, FIXED, NONE)
XFW_ZONE("refresh: CNAME at top of zone in primary ", "%P%S", SOA_FAILED, SOA,
	 FIXED, ZONE_DATA)
XFW_ZONE("refresh: NODATA response from primary ", "%P%S", SOA_FAILED, SOA,
	 FIXED, NOT_AUTHORITATIVE)
XFW_ZONE("refresh: answer SOA count (", "%D) != 1 from primary %P%S",
	 SOA_FAILED, SOA, FIXED, ZONE_DATA)
XFW_ZONE("refresh: could not set file modification time of ", "%*",
	 STORAGE_FAILED, SOA, FIXED, LOCAL_STORAGE)
XFW_ZONE("refresh: dns_rdataset_first() failed", "", SOA_FAILED, SOA, FIXED,
	 PROTOCOL)
XFW_ZONE("refresh: failure trying primary ", "%P%S: %R", SOA_FAILED, SOA, SOA,
	 UNCLASSIFIED)
XFW_ZONE("refresh: non-authoritative answer from primary ", "%P%S", SOA_FAILED,
	 SOA, FIXED, NOT_AUTHORITATIVE)
XFW_ZONE("refresh: rcode (",
	 "%W) retrying without EDNS EXPIRE OPTION primary %P%S", INFO, SOA,
	 FIXED, NONE)
XFW_ZONE("refresh: rcode (", "%W) retrying without EDNS primary %P%S", INFO,
	 SOA, FIXED, NONE)
XFW_ZONE("refresh: referral response from primary ", "%P%S", SOA_FAILED, SOA,
	 FIXED, NOT_AUTHORITATIVE)
XFW_ZONE("refresh: request result: ", "%R", INFO, SOA, FIXED, NONE)
/* try-tcp-refresh: named goes on with a transfer over TCP. */
XFW_ZONE("refresh: retry limit for primary ", "%P exceeded%S", SOA_FAILED_XFR,
	 SOA, FIXED, SOA_TIMEOUT)
XFW_ZONE("refresh: skipped tcp fallback as primary ",
	 "%P%S is unreachable (cached)", UNREACHABLE, SOA, FIXED,
	 UNREACHABLE_CACHED)
XFW_ZONE("refresh: skipping ",
	 "zone transfer as primary %P%S is unreachable (cached)", UNREACHABLE,
	 SOA, FIXED, UNREACHABLE_CACHED)
XFW_ZONE("refresh: skipping ",
	 "NS query as primary %P%S is unreachable (cached)", UNREACHABLE, SOA,
	 FIXED, UNREACHABLE_CACHED)
XFW_ZONE("refresh: timeout retrying without EDNS primary ", "%P%S", INFO, SOA,
	 FIXED, NONE)
XFW_ZONE("refresh: truncated TCP response from primary ", "%P%S", SOA_FAILED,
	 SOA, FIXED, PROTOCOL)
XFW_ZONE("refresh: truncated UDP answer, initiating TCP zone xfer for primary ",
	 "%P%S", INFO, SOA, FIXED, NONE)
XFW_ZONE("refresh: unable to get SOA record from primary ", "%P%S", SOA_FAILED,
	 SOA, FIXED, ZONE_DATA)
XFW_ZONE("refresh: unexpected opcode (", "%W) from %P%S", SOA_FAILED, SOA,
	 FIXED, PROTOCOL)
/* "Perhaps AXFR/IXFR is allowed even if SOA queries aren't." */
XFW_ZONE("refresh: unexpected rcode (", "REFUSED) from primary %P%S",
	 SOA_FAILED_XFR, SOA, FIXED, REFUSED_QUERY)
XFW_ZONE("refresh: unexpected rcode (", "NOTAUTH) from primary %P%S",
	 SOA_FAILED, SOA, FIXED, NOTAUTH)
XFW_ZONE("refresh: unexpected rcode (", "%W) from primary %P%S", SOA_FAILED,
	 SOA, FIXED, RCODE_OTHER)
/* Stub zones: the query for NS is their transfer; nothing follows it. */
XFW_ZONE("refreshing stub: ", "could not create database: %R", SOA_FAILED, SOA,
	 FIXED, LOCAL_RESOURCE)
XFW_ZONE("refreshing stub: ", "dns_db_newversion() failed: %R", SOA_FAILED, SOA,
	 FIXED, LOCAL_RESOURCE)
XFW_ZONE("refreshing stub: ", "dns_db_findnode() failed: %R", SOA_FAILED, SOA,
	 FIXED, LOCAL_RESOURCE)
XFW_ZONE("refreshing stub: ", "dns_db_addrdataset() failed: %R", SOA_FAILED,
	 SOA, FIXED, LOCAL_RESOURCE)
XFW_ZONE("refreshing stub: ", "timeout retrying without EDNS primary %P%S",
	 INFO, SOA, FIXED, NONE)
XFW_ZONE("refreshing stub: ", "unexpected opcode (%W) from %P%S", SOA_FAILED,
	 SOA, FIXED, PROTOCOL)
XFW_ZONE("refreshing stub: ", "rcode (%W) retrying without EDNS primary %P%S",
	 INFO, SOA, FIXED, NONE)
XFW_ZONE("refreshing stub: ", "unexpected rcode (REFUSED) from %P%S",
	 SOA_FAILED, SOA, FIXED, REFUSED_QUERY)
XFW_ZONE("refreshing stub: ", "unexpected rcode (NOTAUTH) from %P%S",
	 SOA_FAILED, SOA, FIXED, NOTAUTH)
XFW_ZONE("refreshing stub: ", "unexpected rcode (%W) from %P%S", SOA_FAILED,
	 SOA, FIXED, RCODE_OTHER)
XFW_ZONE("refreshing stub: ", "truncated TCP response from primary %P%S",
	 SOA_FAILED, SOA, FIXED, PROTOCOL)
XFW_ZONE("refreshing stub: ", "non-authoritative answer from primary %P%S",
	 SOA_FAILED, SOA, FIXED, NOT_AUTHORITATIVE)
XFW_ZONE("refreshing stub: ", "unexpected CNAME response from primary %P%S",
	 SOA_FAILED, SOA, FIXED, ZONE_DATA)
XFW_ZONE("refreshing stub: ", "no %W records in response from primary %P%S",
	 SOA_FAILED, SOA, FIXED, ZONE_DATA)
XFW_ZONE("refreshing stub: ", "unable to save NS records from primary %P%S",
	 SOA_FAILED, SOA, FIXED, LOCAL_RESOURCE)
XFW_ZONE("refreshing stub: ", "unable to parse response (%*", SOA_FAILED, SOA,
	 FIXED, PROTOCOL)
XFW_ZONE("refreshing stub: ", "dns_message_findname(%*", SOA_FAILED, SOA, FIXED,
	 PROTOCOL)
XFW_ZONE("refused notify from non-primary: ", "%P", NOTIFY_REFUSED, NONE, FIXED,
	 NOTIFY_REFUSED)
XFW_ZONE("requesting IXFR from ", "%P", INFO, TRANSFER, FIXED, NONE)
/* Follows "expired". */
XFW_ZONE("response-policy zone expired", "%*", INFO, NONE, FIXED, NONE)
XFW_ZONE("retrieving SOA and NS records failed: ", "%R", XFR_DETAIL, TRANSFER,
	 FIXED, ZONE_DATA)
XFW_ZONE("retrying with AXFR from ", "%P due to previous IXFR failure", INFO,
	 TRANSFER, FIXED, NONE)
XFW_ZONE("serial number (", "%N) received from primary %P < ours (%O)",
	 SOA_FAILED, SOA, FIXED, SERIAL_BACKWARDS)
XFW_ZONE("serial: new ", "%N, old %O", SOA_SERIAL, SOA, FIXED, NONE)
XFW_ZONE("serial: new ", "%N, old not loaded", SOA_SERIAL, SOA, FIXED, NONE)
XFW_ZONE("soa_query: remote server current address index ", "%*", INFO, SOA,
	 FIXED, NONE)
XFW_ZONE("starting zone transfer: ", "%R", SETUP_FAILED, TRANSFER, CONNECT,
	 LOCAL_RESOURCE)
XFW_ZONE("transfer: could not set file modification time of ", "%*",
	 STORAGE_FAILED, TRANSFER, FIXED, LOCAL_STORAGE)
XFW_ZONE("transferred serial ", "%N%*", XFR_SERIAL, TRANSFER, FIXED, NONE)
XFW_ZONE("transferred zone has ", "no NS records", XFR_DETAIL, TRANSFER, FIXED,
	 ZONE_DATA)
XFW_ZONE("transferred zone has ", "%D SOA records", XFR_DETAIL, TRANSFER, FIXED,
	 ZONE_DATA)
XFW_ZONE("unable to add opt record: ", "%R", INFO, SOA, FIXED, NONE)
XFW_ZONE("unable to find TLS configuration: ", "%*", SETUP_FAILED, SOA, FIXED,
	 TLS_CONFIG_MISSING)
XFW_ZONE("unable to find TSIG key for ", "%*", SETUP_FAILED, SOA, FIXED,
	 KEY_MISSING)
XFW_ZONE("unable to find key: ", "%*", SETUP_FAILED, SOA, FIXED, KEY_MISSING)
XFW_ZONE("unable to load from ", "%*", STORAGE_FAILED, NONE, FIXED,
	 LOCAL_STORAGE)
XFW_ZONE("unable to remove journal ", "%*", STORAGE_FAILED, TRANSFER, FIXED,
	 LOCAL_STORAGE)
XFW_ZONE("unable to remove masterfile ", "%*", STORAGE_FAILED, TRANSFER, FIXED,
	 LOCAL_STORAGE)
XFW_ZONE("unexpected NSEC RRset at ", "%*", XFR_DETAIL,
	 TRANSFER, FIXED, ZONE_DATA)
/* About the zone files of a primary. */
XFW_ZONE("zone serial (", "%*", IRRELEVANT, NONE, FIXED, NONE)
XFW_ZONE("zone transfer deferred due to quota", "", XFR_DEFERRED, TRANSFER,
	 FIXED, QUOTA_DEFERRED)
XFW_ZONE("zone transfer finished: ", "%*", INFO, TRANSFER, FIXED, NONE)
XFW_ZONE("zone verification failed: ", "%*", XFR_DETAIL, TRANSFER, FIXED,
	 ZONE_DATA)
#endif /* XFW_ZONE */

#ifdef XFW_TRANSFER
XFW_TRANSFER("IXFR out of sync: ", "%*", XFR_DETAIL, FIXED, IXFR_BROKEN)
XFW_TRANSFER("SOA name mismatch: ", "%*", XFR_DETAIL, FIXED, PROTOCOL)
XFW_TRANSFER("TSIG check failed: ", "%R", XFR_DETAIL, TRANSFER, TSIG_ERROR)
/* Printed after failures too: no success. */
XFW_TRANSFER("Transfer completed: ", "%*", XFR_ENDED, FIXED, NONE)
/* 9.18: after "shut down", or after a failure; the line before it told which. */
XFW_TRANSFER("Transfer status: ", "operation canceled", INFO, FIXED, NONE)
XFW_TRANSFER("Transfer status: ", "%R", XFR_STATUS_FAILED, TRANSFER,
	     UNCLASSIFIED)
XFW_TRANSFER("Unexpected ", "%W record in zone transfer", XFR_DETAIL, FIXED,
	     PROTOCOL)
XFW_TRANSFER("connected but unable to send: ", "%R", XFR_FAILED, CONNECT,
	     LOCAL_RESOURCE)
XFW_TRANSFER("connected but unable to transfer: ", "%R", XFR_FAILED, CONNECT,
	     TLS_FAILURE)
XFW_TRANSFER("connected using ", "%*", XFR_CONNECTED, FIXED, NONE)
XFW_TRANSFER("dns_message_parse: ", "success", INFO, FIXED, NONE)
XFW_TRANSFER("dns_message_parse: ", "%R", XFR_DETAIL, TRANSFER, PROTOCOL)
XFW_TRANSFER("empty answer section, retrying with AXFR", "", XFR_DETAIL, FIXED,
	     IXFR_BROKEN)
XFW_TRANSFER("failed sending request data: ", "%R", XFR_FAILED, TRANSFER,
	     UNCLASSIFIED)
XFW_TRANSFER("failed setting up socket: ", "%R", XFR_FAILED, CONNECT,
	     LOCAL_RESOURCE)
/*
 * BIND 9.18 makes this of a TLS handshake that nobody answers; a shutdown says
 * "shut down" and nothing else.
 */
XFW_TRANSFER("failed to connect: ", "operation canceled", XFR_FAILED, FIXED,
	     TLS_FAILURE)
XFW_TRANSFER("failed to connect: ", "%R", XFR_FAILED, CONNECT, UNCLASSIFIED)
XFW_TRANSFER("failed while processing responses: ", "%R", XFR_FAILED, TRANSFER,
	     UNCLASSIFIED)
XFW_TRANSFER("failed while receiving responses: ", "%R", XFR_FAILED, TRANSFER,
	     UNCLASSIFIED)
XFW_TRANSFER("first RR in zone transfer must be SOA", "", XFR_DETAIL, FIXED,
	     PROTOCOL)
XFW_TRANSFER("freeing transfer context", "", INFO, FIXED, NONE)
XFW_TRANSFER("got ", "incremental response to AXFR request", XFR_DETAIL, FIXED,
	     PROTOCOL)
XFW_TRANSFER("got ", "incremental response", INFO, FIXED, NONE)
XFW_TRANSFER("got ", "nonincremental response", INFO, FIXED, NONE)
/* The only place that shows the code with which an IXFR was refused. */
XFW_TRANSFER("got ", "%R, retrying with AXFR", XFR_DETAIL, TRANSFER,
	     UNCLASSIFIED)
XFW_TRANSFER("maximum idle time exceeded: ", "%R", XFR_FAILED, TRANSFER,
	     TRANSFER_TIMEOUT)
XFW_TRANSFER("maximum transfer time exceeded: ", "%R", XFR_FAILED, TRANSFER,
	     TRANSFER_TIMEOUT)
XFW_TRANSFER("minimum transfer rate reached: ", "%R", XFR_FAILED, TRANSFER,
	     TRANSFER_TIMEOUT)
XFW_TRANSFER("missing question section", "", XFR_DETAIL, FIXED, PROTOCOL)
XFW_TRANSFER("non-SOA response to SOA query", "", XFR_DETAIL, FIXED, PROTOCOL)
XFW_TRANSFER("question ", "name mismatch", XFR_DETAIL, FIXED, PROTOCOL)
XFW_TRANSFER("question ", "type mismatch", XFR_DETAIL, FIXED, PROTOCOL)
XFW_TRANSFER("question ", "class mismatch", XFR_DETAIL, FIXED, PROTOCOL)
XFW_TRANSFER("received ", "%D bytes", INFO, FIXED, NONE)
XFW_TRANSFER("requested serial ", "%O, primary has %N, not updating", INFO,
	     FIXED, NONE)
XFW_TRANSFER("requesting IXFR for serial ", "%O", INFO, FIXED, NONE)
XFW_TRANSFER("resetting", "", INFO, FIXED, NONE)
XFW_TRANSFER("sending ", "%W request, QID %D", INFO, FIXED, NONE)
XFW_TRANSFER("sent request data", "", INFO, FIXED, NONE)
XFW_TRANSFER("shut down: ", "%*", SHUTDOWN, FIXED, NONE)
XFW_TRANSFER("start and ending SOA records mismatch", "", XFR_DETAIL, FIXED,
	     PROTOCOL)
XFW_TRANSFER("too many diffs, retrying with AXFR", "", XFR_DETAIL, FIXED,
	     IXFR_BROKEN)
XFW_TRANSFER("too many questions (", "%D)", XFR_DETAIL, FIXED, PROTOCOL)
/* Only the TLS context can be what fails there (BIND 9.18). */
XFW_TRANSFER("zone transfer setup failed", "", XFR_FAILED, FIXED,
	     TLS_CONFIG_MISSING)
XFW_TRANSFER("zone transfer start failed: ", "%R", XFR_FAILED, CONNECT,
	     LOCAL_RESOURCE)
#endif /* XFW_TRANSFER */

#ifdef XFW_BARE
XFW_BARE("catz: ", "adding zone '%*", ZONES_CHANGED, NONE)
XFW_BARE("catz: ", "deleting zone '%*", ZONES_CHANGED, NONE)
XFW_BARE("catz: ", "modifying zone '%*", ZONES_CHANGED, NONE)
XFW_BARE("catz: ", "removing catalog zone %*", ZONES_CHANGED, NONE)
XFW_BARE("catz: ", "updating catalog zone '%*", ZONES_CHANGED, NONE)
XFW_BARE("catz: ", "%*", INFO, NONE)
XFW_BARE("dns_diff_apply: ", "%*", XFR_DETAIL, IXFR_BROKEN)
XFW_BARE("dns_journal_writediff: ", "%*", STORAGE_FAILED, LOCAL_STORAGE)
XFW_BARE("dumping master file: ", "%*", STORAGE_FAILED, LOCAL_STORAGE)
XFW_BARE("dumping to master file: ", "%*", STORAGE_FAILED, LOCAL_STORAGE)
XFW_BARE("dumping to stream: ", "%*", STORAGE_FAILED, LOCAL_STORAGE)
XFW_BARE("journal open failure: ", "%*", STORAGE_FAILED, LOCAL_STORAGE)
XFW_BARE("malformed transaction: ", "%*", STORAGE_FAILED, LOCAL_STORAGE)
/* A full disk; BIND prints them by way of named's handler of its errors. */
XFW_BARE("master file write failed: ", "%*", STORAGE_FAILED, LOCAL_STORAGE)
XFW_BARE("raw master file write failed: ", "%*", STORAGE_FAILED, LOCAL_STORAGE)
XFW_BARE("transaction too big to be stored in journal: ", "%*", STORAGE_FAILED,
	 LOCAL_STORAGE)
#endif /* XFW_BARE */
