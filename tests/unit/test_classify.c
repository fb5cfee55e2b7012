/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tests of the classifier: every message and result of BIND 9.18 and 9.20 that
 * is known, the lines that real nameds printed (tests/corpus), and hostile
 * bytes.  One thread.
 */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <xfrwatch/classify.h>
#include <xfrwatch/key.h>

#ifndef CORPUS_DIR
#define CORPUS_DIR "tests/corpus"
#endif

enum {
	DEBUG3 = 3,
	DEBUG1 = 1,
	INFO = -1,
	NOTICE = -2,
	WARNING = -3,
	ERR = -4
};

#define GEN  "general"
#define XFER "xfer-in"
#define P4   "10.53.0.1#53"
#define P6   "fe80::1%eth0#5300"
#define SRC  " (source 0.0.0.0#0)"

/*
 * Classifies from a buffer of exactly that size without a terminator, so that
 * a sanitizer sees a read beyond the line.
 */
static xfw_kind_t
classify(const char *category, int level, const void *text, size_t len,
	 xfw_event_t *ev) {
	size_t category_len = strlen(category);
	char *c = malloc(category_len + 1), *t = malloc(len + 1);
	char *exact_c = c + 1, *exact_t = t + 1; /* to the end of the block */
	xfw_kind_t kind;

	memcpy(exact_c, category, category_len);
	memcpy(exact_t, text, len);
	memset(ev, 0xa5, sizeof(*ev));
	kind = xfw_classify(exact_c, category_len, level, exact_t, len, ev);
	free(c);
	free(t);
	return (kind);
}

/*
 * What must hold of every event, whatever the line was. Returns what does not.
 * (An assertion of libcheck costs a write: too much for millions of lines.)
 */
static const char *
flaw(const xfw_event_t *ev) {
	static const char untouched = (char)0xa5;

	if (ev->kind >= XFW_KIND_COUNT || ev->cause >= XFW_CAUSE_COUNT ||
	    ev->phase > XFW_PHASE_TRANSFER)
	{
		return ("a number out of range");
	}
	if (ev->used > XFW_EVENT_STRINGS || ev->primary_at == 0 ||
	    ev->text_at <= ev->primary_at || ev->text_at >= ev->used ||
	    ev->primary_at > XFW_EVENT_ZONE_MAX ||
	    ev->text_at - ev->primary_at > XFW_EVENT_PRIMARY_MAX)
	{
		return ("an offset out of range");
	}
	if (ev->strings[ev->primary_at - 1] != '\0' ||
	    ev->strings[ev->text_at - 1] != '\0' ||
	    ev->strings[ev->used - 1] != '\0')
	{
		return ("a string without an end");
	}
	if (ev->kind == XFW_KIND_UNKNOWN &&
	    ev->cause != XFW_CAUSE_UNCLASSIFIED)
	{
		return ("unknown with a cause");
	}
	for (size_t i = ev->used; i < XFW_EVENT_STRINGS; i++) {
		if (ev->strings[i] != untouched) {
			return ("bytes behind the strings");
		}
	}
	return (NULL);
}

static void
check_event(const xfw_event_t *ev) {
	const char *what = flaw(ev);

	if (what != NULL) {
		ck_abort_msg("%s", what);
	}
}

typedef struct row {
	const char *category;
	int level;
	const char *text;
	xfw_kind_t kind;
	xfw_cause_t cause;
	const char *primary; /* NULL: none */
	long serial;	     /* -1: none */
	long old_serial;
} row_t;

static void
check_row(const char *line, const row_t *row, const char *zone,
	  const char *primary) {
	xfw_event_t ev;
	xfw_kind_t kind = classify(row->category, row->level, line,
				   strlen(line), &ev);

	ck_assert_msg(kind == row->kind, "%s: %s, not %s", line,
		      xfw_kind_name(kind), xfw_kind_name(row->kind));
	ck_assert_uint_eq(kind, ev.kind);
	if (kind == XFW_KIND_IRRELEVANT) {
		return;
	}
	check_event(&ev);
	ck_assert_msg(ev.cause == row->cause, "%s: %s, not %s", line,
		      xfw_cause_info(ev.cause)->name,
		      xfw_cause_info(row->cause)->name);
	ck_assert_msg(strcmp(xfw_event_primary(&ev), primary) == 0,
		      "%s: primary '%s', not '%s'", line,
		      xfw_event_primary(&ev), primary);
	ck_assert_str_eq(xfw_event_zone(&ev), zone);
	ck_assert_uint_eq(ev.zone_hash, xfw_key_hash(zone, strlen(zone)));
	ck_assert_int_eq(ev.level, row->level);
	ck_assert_msg(!!(ev.flags & XFW_EVENT_HAS_SERIAL) == (row->serial >= 0),
		      "%s", line);
	if (row->serial >= 0) {
		ck_assert_uint_eq(ev.serial, row->serial);
	}
	ck_assert_msg(!!(ev.flags & XFW_EVENT_HAS_OLD_SERIAL) ==
			      (row->old_serial >= 0),
		      "%s", line);
	if (row->old_serial >= 0) {
		ck_assert_uint_eq(ev.old_serial, row->old_serial);
	}
}

#define K(kind)	 XFW_KIND_##kind
#define C(cause) XFW_CAUSE_##cause

/* Messages behind the prefix of a zone. */
static const row_t zone_rows[] = {
	/* refresh, SOA query */
	{ GEN, ERR, "cannot refresh: no primaries", K(SETUP_FAILED),
	  C(NO_PRIMARIES), NULL, -1, -1 },
	{ GEN, WARNING, "isc_time_nowplusinterval() failed: out of range",
	  K(SETUP_FAILED), C(LOCAL_RESOURCE), NULL, -1, -1 },
	{ GEN, ERR, "unable to find key: xfr.example", K(SETUP_FAILED),
	  C(KEY_MISSING), NULL, -1, -1 },
	{ XFER, ERR, "unable to find TSIG key for 10.53.0.1", K(SETUP_FAILED),
	  C(KEY_MISSING), NULL, -1, -1 },
	{ GEN, ERR, "unable to find TLS configuration: xot", K(SETUP_FAILED),
	  C(TLS_CONFIG_MISSING), NULL, -1, -1 },
	{ GEN, DEBUG1, "unable to add opt record: ran out of space", K(INFO),
	  C(NONE), NULL, -1, -1 },
	{ GEN, DEBUG1, "dns_request_create() failed: address not available",
	  K(SETUP_FAILED), C(LOCAL_SOURCE), NULL, -1, -1 },
	{ GEN, DEBUG1, "dns_request_create() failed: address blackholed",
	  K(SETUP_FAILED), C(LOCAL_SOURCE), NULL, -1, -1 },
	{ GEN, DEBUG1, "dns_request_create() failed: too many open files",
	  K(SETUP_FAILED), C(LOCAL_RESOURCE), NULL, -1, -1 },
	{ GEN, DEBUG1, "dns_request_create() failed: shutting down",
	  K(SHUTDOWN), C(NONE), NULL, -1, -1 },
	{ XFER, DEBUG3,
	  "soa_query: remote server current address index 0 count 1", K(INFO),
	  C(NONE), NULL, -1, -1 },
	{ GEN, DEBUG1, "refresh: timeout retrying without EDNS primary " P4 SRC,
	  K(INFO), C(NONE), P4, -1, -1 },
	{ GEN, INFO, "refresh: retry limit for primary " P4 " exceeded" SRC,
	  K(SOA_FAILED_XFR), C(SOA_TIMEOUT), P4, -1, -1 },
	{ GEN, INFO, "refresh: retry limit for primary " P4 " exceeded",
	  K(SOA_FAILED_XFR), C(SOA_TIMEOUT), P4, -1, -1 },
	{ GEN, DEBUG1,
	  "refresh: skipped tcp fallback as primary " P4 SRC
	  " is unreachable (cached)",
	  K(UNREACHABLE), C(UNREACHABLE_CACHED), P4, -1, -1 },
	{ GEN, INFO, "refresh: unexpected opcode (NOTIFY) from " P4 SRC,
	  K(SOA_FAILED), C(PROTOCOL), P4, -1, -1 },
	{ GEN, DEBUG1,
	  "refresh: rcode (SERVFAIL) retrying without EDNS primary " P4 SRC,
	  K(INFO), C(NONE), P4, -1, -1 },
	{ GEN, DEBUG1,
	  "refresh: rcode (BADVERS) retrying without EDNS EXPIRE OPTION "
	  "primary " P4 SRC,
	  K(INFO), C(NONE), P4, -1, -1 },
	{ GEN, INFO,
	  "refresh: truncated UDP answer, initiating TCP zone xfer for "
	  "primary " P4 SRC,
	  K(INFO), C(NONE), P4, -1, -1 },
	{ GEN, INFO, "refresh: truncated TCP response from primary " P4 SRC,
	  K(SOA_FAILED), C(PROTOCOL), P4, -1, -1 },
	{ GEN, INFO,
	  "refresh: non-authoritative answer from primary " P4 SRC,
	  K(SOA_FAILED), C(NOT_AUTHORITATIVE), P4, -1, -1 },
	{ GEN, INFO, "refresh: CNAME at top of zone in primary " P4 SRC,
	  K(SOA_FAILED), C(ZONE_DATA), P4, -1, -1 },
	{ GEN, INFO, "refresh: referral response from primary " P4 SRC,
	  K(SOA_FAILED), C(NOT_AUTHORITATIVE), P4, -1, -1 },
	{ GEN, INFO, "refresh: NODATA response from primary " P4 SRC,
	  K(SOA_FAILED), C(NOT_AUTHORITATIVE), P4, -1, -1 },
	{ GEN, INFO, "refresh: answer SOA count (2) != 1 from primary " P4 SRC,
	  K(SOA_FAILED), C(ZONE_DATA), P4, -1, -1 },
	{ GEN, INFO, "refresh: unable to get SOA record from primary " P4 SRC,
	  K(SOA_FAILED), C(ZONE_DATA), P4, -1, -1 },
	{ GEN, INFO, "refresh: dns_rdataset_first() failed", K(SOA_FAILED),
	  C(PROTOCOL), NULL, -1, -1 },
	{ GEN, DEBUG1, "serial: new 4294967295, old 1", K(SOA_SERIAL), C(NONE),
	  NULL, 4294967295L, 1 },
	{ GEN, DEBUG1, "serial: new 7, old not loaded", K(SOA_SERIAL), C(NONE),
	  NULL, 7, -1 },
	{ GEN, INFO,
	  "refresh: skipping zone transfer as primary " P4 SRC
	  " is unreachable (cached)",
	  K(UNREACHABLE), C(UNREACHABLE_CACHED), P4, -1, -1 },
	{ GEN, INFO,
	  "refresh: skipping NS query as primary " P4 SRC
	  " is unreachable (cached)",
	  K(UNREACHABLE), C(UNREACHABLE_CACHED), P4, -1, -1 },
	{ GEN, INFO,
	  "serial number (2026032801) received from primary " P4
	  " < ours (2026032901)",
	  K(SOA_FAILED), C(SERIAL_BACKWARDS), P4, 2026032801, 2026032901 },
	{ GEN, DEBUG1, "ahead", K(INFO), C(NONE), NULL, -1, -1 },
	{ XFER, DEBUG3, "refresh: request result: success", K(INFO), C(NONE),
	  NULL, -1, -1 },
	{ GEN, ERR,
	  "refresh: could not set file modification time of 'x.db': "
	  "permission denied",
	  K(STORAGE_FAILED), C(LOCAL_STORAGE), NULL, -1, -1 },
	{ GEN, DEBUG1, "got EDNS EXPIRE of 3600", K(INFO), C(NONE), NULL, -1,
	  -1 },
	/* scheduling and start */
	{ XFER, INFO, "zone transfer deferred due to quota", K(XFR_DEFERRED),
	  C(QUOTA_DEFERRED), NULL, -1, -1 },
	{ XFER, ERR, "starting zone transfer: quota reached", K(SETUP_FAILED),
	  C(QUOTA_DEFERRED), NULL, -1, -1 },
	{ XFER, DEBUG1, "starting zone transfer: failure", K(SETUP_FAILED),
	  C(LOCAL_RESOURCE), NULL, -1, -1 },
	{ XFER, INFO, "Transfer started.", K(XFR_STARTED), C(NONE), NULL, -1,
	  -1 },
	{ XFER, INFO,
	  "got_transfer_quota: skipping zone transfer as primary " P4 SRC
	  " is unreachable (cached)",
	  K(UNREACHABLE), C(UNREACHABLE_CACHED), P4, -1, -1 },
	{ XFER, DEBUG1,
	  "no database exists yet, requesting AXFR of initial version "
	  "from " P4,
	  K(INFO), C(NONE), P4, -1, -1 },
	{ XFER, DEBUG1,
	  "forced reload, requesting AXFR of initial version from " P6,
	  K(INFO), C(NONE), P6, -1, -1 },
	{ XFER, DEBUG1,
	  "retrying with AXFR from " P4 " due to previous IXFR failure",
	  K(INFO), C(NONE), P4, -1, -1 },
	{ XFER, DEBUG1, "IXFR disabled, requesting AXFR from " P4, K(INFO),
	  C(NONE), P4, -1, -1 },
	{ XFER, DEBUG1, "IXFR disabled, requesting SOA before AXFR from " P4,
	  K(INFO), C(NONE), P4, -1, -1 },
	{ XFER, DEBUG1, "requesting IXFR from " P4, K(INFO), C(NONE), P4, -1,
	  -1 },
	{ XFER, ERR, "could not get TSIG key for zone transfer: not found",
	  K(XFR_DETAIL), C(KEY_MISSING), NULL, -1, -1 },
	{ XFER, ERR,
	  "could not get TLS configuration for zone transfer: not found",
	  K(XFR_DETAIL), C(TLS_CONFIG_MISSING), NULL, -1, -1 },
	/* after the transfer, expiry, storage */
	{ XFER, DEBUG1, "zone transfer finished: success", K(INFO), C(NONE),
	  NULL, -1, -1 },
	{ XFER, DEBUG1, "zone transfer finished: IXFR failed, expire=17",
	  K(INFO), C(NONE), NULL, -1, -1 },
	{ GEN, ERR, "transferred zone has 0 SOA records", K(XFR_DETAIL),
	  C(ZONE_DATA), NULL, -1, -1 },
	{ XFER, ERR, "transferred zone has no NS records", K(XFR_DETAIL),
	  C(ZONE_DATA), NULL, -1, -1 },
	{ XFER, INFO, "transferred serial 2026032901", K(XFR_SERIAL), C(NONE),
	  NULL, 2026032901, -1 },
	{ XFER, INFO, "transferred serial 5: TSIG 'xfr.example'",
	  K(XFR_SERIAL), C(NONE), NULL, 5, -1 },
	{ XFER, ERR,
	  "transfer: could not set file modification time of 'x.db': "
	  "permission denied",
	  K(STORAGE_FAILED), C(LOCAL_STORAGE), NULL, -1, -1 },
	{ GEN, ERR, "has 2 SOA records", K(XFR_DETAIL), C(ZONE_DATA), NULL, -1,
	  -1 },
	{ GEN, ERR, "has no NS records", K(XFR_DETAIL), C(ZONE_DATA), NULL, -1,
	  -1 },
	{ GEN, ERR, "retrieving SOA and NS records failed: not found",
	  K(XFR_DETAIL), C(ZONE_DATA), NULL, -1, -1 },
	{ GEN, ERR, "ixfr-from-differences: unable to get new serial",
	  K(XFR_DETAIL), C(ZONE_DATA), NULL, -1, -1 },
	{ GEN, ERR,
	  "ixfr-from-differences: failed: new serial (3) out of range [6 - 9]",
	  K(XFR_DETAIL), C(SERIAL_BACKWARDS), NULL, 3, -1 },
	{ GEN, ERR, "ixfr-from-differences: failed: permission denied",
	  K(XFR_DETAIL), C(LOCAL_STORAGE), NULL, -1, -1 },
	{ GEN, WARNING, "unable to remove masterfile 'x.db': 'permission denied'",
	  K(STORAGE_FAILED), C(LOCAL_STORAGE), NULL, -1, -1 },
	{ GEN, WARNING, "unable to remove journal 'x.jnl': 'permission denied'",
	  K(STORAGE_FAILED), C(LOCAL_STORAGE), NULL, -1, -1 },
	{ GEN, WARNING, "a_b.example.com/A: bad owner name (check-names)",
	  K(INFO), C(NONE), NULL, -1, -1 },
	{ GEN, ERR, "a_b.example.com/A: bad owner name (check-names)",
	  K(XFR_DETAIL), C(ZONE_DATA), NULL, -1, -1 },
	{ GEN, ERR, "example.com/MX: a_b.example.com: bad name (check-names) ",
	  K(XFR_DETAIL), C(ZONE_DATA), NULL, -1, -1 },
	{ "dnssec", ERR, "zone verification failed: insecurity proof failed",
	  K(XFR_DETAIL), C(ZONE_DATA), NULL, -1, -1 },
	{ GEN, WARNING, "expired", K(EXPIRED), C(NONE), NULL, -1, -1 },
	{ GEN, WARNING, "response-policy zone expired; policies unloaded",
	  K(INFO), C(NONE), NULL, -1, -1 },
	{ GEN, WARNING, "dump failed: ran out of space", K(STORAGE_FAILED),
	  C(LOCAL_STORAGE), NULL, -1, -1 },
	{ "zoneload", INFO, "loaded serial 17", K(LOADED), C(NONE), NULL, -1,
	  17 },
	{ "zoneload", INFO, "loaded serial 17 (DNSSEC signed)", K(LOADED),
	  C(NONE), NULL, -1, 17 },
	{ "zoneload", ERR, "journal rollforward failed: not found",
	  K(STORAGE_FAILED), C(LOCAL_STORAGE), NULL, -1, -1 },
	{ "zoneload", ERR, "not loaded due to errors.", K(INFO), C(NONE), NULL,
	  -1, -1 },
	{ "zoneload", ERR,
	  "loading from master file x.db failed: unknown class/type",
	  K(STORAGE_FAILED), C(LOCAL_STORAGE), NULL, -1, -1 },
	{ GEN, WARNING,
	  "unable to load from 'x.db'; renaming file to 'db-3x' for failure "
	  "analysis and retransferring.",
	  K(STORAGE_FAILED), C(LOCAL_STORAGE), NULL, -1, -1 },
	{ "zoneload", INFO, "mirror zone is now in use", K(INFO), C(NONE), NULL,
	  -1, -1 },
	/* the signatures of a mirror zone */
	{ GEN, ERR, "Zone contains no DNSSEC keys", K(XFR_DETAIL), C(ZONE_DATA),
	  NULL, -1, -1 },
	{ GEN, ERR, "No correct ECDSAP256SHA256 signature for a.example A",
	  K(XFR_DETAIL), C(ZONE_DATA), NULL, -1, -1 },
	{ GEN, ERR, "No self-signed KSK DNSKEY found", K(XFR_DETAIL),
	  C(ZONE_DATA), NULL, -1, -1 },
	{ GEN, ERR, "Missing NSEC3 record for a.example", K(XFR_DETAIL),
	  C(ZONE_DATA), NULL, -1, -1 },
	{ GEN, ERR, "Missing self-signed KSK for algorithm RSASHA256",
	  K(XFR_DETAIL), C(ZONE_DATA), NULL, -1, -1 },
	{ GEN, ERR, "Expected and found NSEC3 chains not equal", K(XFR_DETAIL),
	  C(ZONE_DATA), NULL, -1, -1 },
	/* NOTIFY */
	{ GEN, NOTICE, "NOTIFY with no question section from: " P4, K(INFO),
	  C(NONE), P4, -1, -1 },
	{ GEN, NOTICE, "NOTIFY zone does not match", K(INFO), C(NONE), NULL, -1,
	  -1 },
	{ GEN, INFO, "refused notify from non-primary: " P4, K(NOTIFY_REFUSED),
	  C(NOTIFY_REFUSED), P4, -1, -1 },
	{ GEN, INFO, "notify from " P4 ": zone is up to date", K(NOTIFY_SAME),
	  C(NONE), P4, -1, -1 },
	{ GEN, INFO,
	  "notify from " P6 ": serial 9: refresh in progress, refresh check "
	  "queued",
	  K(NOTIFY_QUEUED), C(NONE), P6, 9, -1 },
	{ GEN, INFO,
	  "notify from " P4 ": refresh in progress, refresh check queued",
	  K(NOTIFY_QUEUED), C(NONE), P4, -1, -1 },
	{ XFER, INFO, "notify from " P4 ": serial 2026032901", K(NOTIFY),
	  C(NONE), P4, 2026032901, -1 },
	{ XFER, INFO, "notify from " P4 ": no serial", K(NOTIFY), C(NONE), P4,
	  -1, -1 },
	/* stub zones */
	{ GEN, ERR, "refreshing stub: could not create database: out of memory",
	  K(SOA_FAILED), C(LOCAL_RESOURCE), NULL, -1, -1 },
	{ GEN, INFO, "refreshing stub: dns_db_newversion() failed: failure",
	  K(SOA_FAILED), C(LOCAL_RESOURCE), NULL, -1, -1 },
	{ GEN, INFO, "refreshing stub: dns_db_findnode() failed: failure",
	  K(SOA_FAILED), C(LOCAL_RESOURCE), NULL, -1, -1 },
	{ GEN, INFO, "refreshing stub: dns_db_addrdataset() failed: failure",
	  K(SOA_FAILED), C(LOCAL_RESOURCE), NULL, -1, -1 },
	{ GEN, DEBUG1,
	  "refreshing stub: timeout retrying without EDNS primary " P4 SRC,
	  K(INFO), C(NONE), P4, -1, -1 },
	{ GEN, INFO,
	  "could not refresh stub from primary " P4 SRC ": timed out",
	  K(SOA_FAILED), C(SOA_TIMEOUT), P4, -1, -1 },
	{ GEN, INFO, "refreshing stub: unexpected opcode (UPDATE) from " P4 SRC,
	  K(SOA_FAILED), C(PROTOCOL), P4, -1, -1 },
	{ GEN, DEBUG1,
	  "refreshing stub: rcode (FORMERR) retrying without EDNS primary " P4
	  SRC,
	  K(INFO), C(NONE), P4, -1, -1 },
	{ GEN, INFO, "refreshing stub: unexpected rcode (REFUSED) from " P4 SRC,
	  K(SOA_FAILED), C(REFUSED_QUERY), P4, -1, -1 },
	{ GEN, INFO, "refreshing stub: unexpected rcode (NOTAUTH) from " P4 SRC,
	  K(SOA_FAILED), C(NOTAUTH), P4, -1, -1 },
	{ GEN, INFO,
	  "refreshing stub: unexpected rcode (SERVFAIL) from " P4 SRC,
	  K(SOA_FAILED), C(RCODE_OTHER), P4, -1, -1 },
	{ GEN, INFO,
	  "refreshing stub: truncated TCP response from primary " P4 SRC,
	  K(SOA_FAILED), C(PROTOCOL), P4, -1, -1 },
	{ GEN, INFO,
	  "refreshing stub: non-authoritative answer from primary " P4 SRC,
	  K(SOA_FAILED), C(NOT_AUTHORITATIVE), P4, -1, -1 },
	{ GEN, INFO,
	  "refreshing stub: unexpected CNAME response from primary " P4 SRC,
	  K(SOA_FAILED), C(ZONE_DATA), P4, -1, -1 },
	{ GEN, INFO,
	  "refreshing stub: no NS records in response from primary " P4 SRC,
	  K(SOA_FAILED), C(ZONE_DATA), P4, -1, -1 },
	{ GEN, INFO,
	  "refreshing stub: no AAAA records in response from primary " P4 SRC,
	  K(SOA_FAILED), C(ZONE_DATA), P4, -1, -1 },
	{ GEN, INFO,
	  "refreshing stub: unable to save NS records from primary " P4 SRC,
	  K(SOA_FAILED), C(LOCAL_RESOURCE), P4, -1, -1 },
	{ GEN, INFO, "refreshing stub: unable to parse response (FORMERR)",
	  K(SOA_FAILED), C(PROTOCOL), NULL, -1, -1 },
	{ GEN, INFO,
	  "refreshing stub: dns_message_findname(ns.example/A) failed "
	  "(not found)",
	  K(SOA_FAILED), C(PROTOCOL), NULL, -1, -1 },
	{ GEN, INFO, "(secondary) removed", K(ZONES_CHANGED), C(NONE), NULL, -1, -1 },
	{ GEN, INFO, "(mirror) removed", K(ZONES_CHANGED), C(NONE), NULL, -1, -1 },
	{ GEN, INFO, "(stub) removed", K(ZONES_CHANGED), C(NONE), NULL, -1, -1 },
	/* known to the eye, of no use here */
	{ GEN, INFO, "(primary) removed", K(IRRELEVANT), C(NONE), NULL, -1, -1 },
	{ "notify", INFO, "sending notifies (serial 5)", K(IRRELEVANT), C(NONE),
	  NULL, -1, -1 },
	{ "notify", WARNING, "notify to " P4 ": retries exceeded",
	  K(IRRELEVANT), C(NONE), NULL, -1, -1 },
	{ "dnssec", INFO, "next key event: 21-Nov-2026 03:00:00.000",
	  K(IRRELEVANT), C(NONE), NULL, -1, -1 },
	{ "zoneload", ERR, "zone serial (5) unchanged. zone may fail to "
			   "transfer to secondaries.",
	  K(IRRELEVANT), C(NONE), NULL, -1, -1 },
	{ GEN, DEBUG3, "settimer inactive", K(IRRELEVANT), C(NONE), NULL, -1,
	  -1 },
	{ GEN, INFO, "reconfiguring zone keys", K(IRRELEVANT), C(NONE), NULL,
	  -1, -1 },
	/* not in the table */
	{ GEN, INFO, "refresh: primary " P4 " speaks in riddles", K(UNKNOWN),
	  C(UNCLASSIFIED), NULL, -1, -1 },
	{ XFER, INFO, "something new", K(UNKNOWN), C(UNCLASSIFIED), NULL, -1,
	  -1 },
	{ GEN, WARNING, "something new", K(UNKNOWN), C(UNCLASSIFIED), NULL, -1,
	  -1 },
	{ XFER, DEBUG1, "something new", K(IRRELEVANT), C(NONE), NULL, -1, -1 },
};

START_TEST(each_message_about_a_zone_is_known) {
	static const char *const zones[] = {
		"example.com/IN",	 "0/25.2.0.192.in-addr.arpa/IN",
		"./IN",			 "example.com/IN/internal",
		"example.com/IN/a view", "a\\032b:c'd.example/CLASS42/in/n",
	};
	const row_t *row = &zone_rows[_i];
	char line[600];

	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		snprintf(line, sizeof(line), "zone %s: %s", zones[i],
			 row->text);
		check_row(line, row, zones[i],
			  row->primary != NULL ? row->primary : "");
	}
	snprintf(line, sizeof(line), "redirect-zone: %s", row->text);
	check_row(line, row, "redirect-zone",
		  row->primary != NULL ? row->primary : "");
	if (row->level > 0) { /* zone_debuglog() prints its caller first */
		snprintf(line, sizeof(line),
			 "refresh_callback: zone example.com/IN: %s",
			 row->text);
		check_row(line, row, "example.com/IN",
			  row->primary != NULL ? row->primary : "");
	}
}
END_TEST

/* Messages behind the prefix of a transfer. */
static const row_t transfer_rows[] = {
	{ XFER, ERR, "zone transfer setup failed", K(XFR_FAILED),
	  C(TLS_CONFIG_MISSING), NULL, -1, -1 },
	{ XFER, ERR, "zone transfer start failed: file not found",
	  K(XFR_FAILED), C(TLS_CONFIG_MISSING), NULL, -1, -1 },
	{ XFER, ERR, "zone transfer start failed: address family mismatch",
	  K(XFR_FAILED), C(LOCAL_SOURCE), NULL, -1, -1 },
	{ XFER, ERR, "zone transfer start failed: shutting down", K(SHUTDOWN),
	  C(NONE), NULL, -1, -1 },
	{ XFER, ERR, "failed to connect: no such text", K(XFR_FAILED),
	  C(UNCLASSIFIED), NULL, -1, -1 },
	{ XFER, ERR, "connected but unable to transfer: ALPN for DoT failed",
	  K(XFR_FAILED), C(TLS_FAILURE), NULL, -1, -1 },
	{ XFER, INFO, "connected using 10.53.0.1#53", K(XFR_CONNECTED), C(NONE),
	  NULL, -1, -1 },
	{ XFER, INFO, "connected using 10.53.0.1#53 TSIG k: x.example",
	  K(XFR_CONNECTED), C(NONE), NULL, -1, -1 },
	{ XFER, ERR, "connected but unable to send: sign failure",
	  K(XFR_FAILED), C(LOCAL_RESOURCE), NULL, -1, -1 },
	{ XFER, DEBUG3, "requesting IXFR for serial 7", K(INFO), C(NONE), NULL,
	  -1, 7 },
	{ XFER, DEBUG3, "sending IXFR request, QID 4711", K(INFO), C(NONE),
	  NULL, -1, -1 },
	{ XFER, DEBUG3, "sent request data", K(INFO), C(NONE), NULL, -1, -1 },
	{ XFER, ERR, "failed sending request data: connection reset",
	  K(XFR_FAILED), C(CLOSED_BY_PEER), NULL, -1, -1 },
	{ XFER, DEBUG3, "received 17 bytes", K(INFO), C(NONE), NULL, -1, -1 },
	{ XFER, DEBUG3, "dns_message_parse: success", K(INFO), C(NONE), NULL,
	  -1, -1 },
	{ XFER, DEBUG3, "dns_message_parse: FORMERR", K(XFR_DETAIL),
	  C(RCODE_OTHER), NULL, -1, -1 },
	{ XFER, DEBUG3, "got REFUSED, retrying with AXFR", K(XFR_DETAIL),
	  C(REFUSED_TRANSFER), NULL, -1, -1 },
	{ XFER, DEBUG3, "got tsig verify failure, retrying with AXFR",
	  K(XFR_DETAIL), C(TSIG_VERIFY), NULL, -1, -1 },
	{ XFER, ERR, "failed setting up socket: too many open files",
	  K(XFR_FAILED), C(LOCAL_RESOURCE), NULL, -1, -1 },
	{ XFER, NOTICE, "too many questions (2)", K(XFR_DETAIL), C(PROTOCOL),
	  NULL, -1, -1 },
	{ XFER, NOTICE, "missing question section", K(XFR_DETAIL), C(PROTOCOL),
	  NULL, -1, -1 },
	{ XFER, NOTICE, "question name mismatch", K(XFR_DETAIL), C(PROTOCOL),
	  NULL, -1, -1 },
	{ XFER, NOTICE, "question type mismatch", K(XFR_DETAIL), C(PROTOCOL),
	  NULL, -1, -1 },
	{ XFER, NOTICE, "question class mismatch", K(XFR_DETAIL), C(PROTOCOL),
	  NULL, -1, -1 },
	{ XFER, DEBUG3, "empty answer section, retrying with AXFR",
	  K(XFR_DETAIL), C(IXFR_BROKEN), NULL, -1, -1 },
	{ XFER, DEBUG3, "too many diffs, retrying with AXFR", K(XFR_DETAIL),
	  C(IXFR_BROKEN), NULL, -1, -1 },
	{ XFER, DEBUG3, "TSIG check failed: clocks are unsynchronized",
	  K(XFR_DETAIL), C(TSIG_BADTIME), NULL, -1, -1 },
	{ XFER, NOTICE, "Unexpected TYPE65280 record in zone transfer",
	  K(XFR_DETAIL), C(PROTOCOL), NULL, -1, -1 },
	{ XFER, DEBUG3, "SOA name mismatch: 'a.example'", K(XFR_DETAIL),
	  C(PROTOCOL), NULL, -1, -1 },
	{ XFER, NOTICE, "non-SOA response to SOA query", K(XFR_DETAIL),
	  C(PROTOCOL), NULL, -1, -1 },
	{ XFER, DEBUG3, "requested serial 7, primary has 8, not updating",
	  K(INFO), C(NONE), NULL, 8, 7 },
	{ XFER, NOTICE, "first RR in zone transfer must be SOA", K(XFR_DETAIL),
	  C(PROTOCOL), NULL, -1, -1 },
	{ XFER, DEBUG3, "got incremental response", K(INFO), C(NONE), NULL, -1,
	  -1 },
	{ XFER, DEBUG3, "got nonincremental response", K(INFO), C(NONE), NULL,
	  -1, -1 },
	{ XFER, NOTICE, "IXFR out of sync: expected serial 7, got 9",
	  K(XFR_DETAIL), C(IXFR_BROKEN), NULL, -1, -1 },
	{ XFER, NOTICE, "start and ending SOA records mismatch", K(XFR_DETAIL),
	  C(PROTOCOL), NULL, -1, -1 },
	{ XFER, NOTICE, "got incremental response to AXFR request",
	  K(XFR_DETAIL), C(PROTOCOL), NULL, -1, -1 },
	{ XFER, ERR, "failed while processing responses: bad zone",
	  K(XFR_FAILED), C(ZONE_DATA), NULL, -1, -1 },
	{ XFER, ERR, "maximum transfer time exceeded: timed out", K(XFR_FAILED),
	  C(TRANSFER_TIMEOUT), NULL, -1, -1 },
	{ XFER, ERR, "maximum idle time exceeded: timed out", K(XFR_FAILED),
	  C(TRANSFER_TIMEOUT), NULL, -1, -1 },
	{ XFER, ERR, "minimum transfer rate reached: timed out", K(XFR_FAILED),
	  C(TRANSFER_TIMEOUT), NULL, -1, -1 },
	{ XFER, ERR, "shut down: operation canceled", K(SHUTDOWN), C(NONE),
	  NULL, -1, -1 },
	{ XFER, ERR, "shut down: shutting down", K(SHUTDOWN), C(NONE), NULL, -1,
	  -1 },
	{ XFER, INFO, "resetting", K(INFO), C(NONE), NULL, -1, -1 },
	{ XFER, INFO, "Transfer status: success", K(XFR_STATUS_OK), C(NONE),
	  NULL, -1, -1 },
	{ XFER, INFO, "Transfer status: up to date", K(XFR_STATUS_SAME),
	  C(NONE), NULL, -1, -1 },
	{ XFER, INFO, "Transfer status: IXFR failed", K(XFR_STATUS_FAILED),
	  C(IXFR_BROKEN), NULL, -1, -1 },
	{ XFER, INFO, "Transfer status: operation canceled", K(INFO), C(NONE),
	  NULL, -1, -1 },
	{ XFER, INFO, "Transfer status: shutting down", K(SHUTDOWN), C(NONE),
	  NULL, -1, -1 },
	{ XFER, INFO, "Transfer status: words unheard of",
	  K(XFR_STATUS_FAILED), C(UNCLASSIFIED), NULL, -1, -1 },
	{ XFER, INFO,
	  "Transfer completed: 0 messages, 0 records, 0 bytes, 0.001 secs "
	  "(0 bytes/sec) (serial 0)",
	  K(XFR_ENDED), C(NONE), NULL, -1, -1 },
	{ XFER, INFO,
	  "Transfer completed: 1 messages, 6 records, 200 bytes, 0.001 secs "
	  "(0 bytes/sec) (serial 5, expire option 60)",
	  K(XFR_ENDED), C(NONE), NULL, -1, -1 },
	{ XFER, INFO, "something new", K(UNKNOWN), C(UNCLASSIFIED), NULL, -1,
	  -1 },
	{ XFER, DEBUG3, "something new", K(IRRELEVANT), C(NONE), NULL, -1, -1 },
};

START_TEST(each_message_about_a_transfer_is_known) {
	static const char *const zones[] = { "example.com/IN",
					     "0/25.2.0.192.in-addr.arpa/IN",
					     "d'example.com/IN/a view" };
	static const char *const primaries[] = { P4, P6, "2001:db8::1#853" };
	const row_t *row = &transfer_rows[_i];
	char line[600];

	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		snprintf(line, sizeof(line), "transfer of '%s' from %s: %s",
			 zones[i], primaries[i], row->text);
		check_row(line, row, zones[i], primaries[i]);
		snprintf(line, sizeof(line),
			 "0x7f34c0de8000: transfer of '%s' from %s: %s",
			 zones[i], primaries[i], row->text);
		check_row(line, row, zones[i], primaries[i]);
	}
	snprintf(line, sizeof(line), "transfer of '' from " P4 ": %s",
		 row->text);
	check_row(line, row, "redirect-zone", P4);
	snprintf(line, sizeof(line), "transfer of '/guests' from " P4 ": %s",
		 row->text);
	check_row(line, row, "redirect-zone/guests", P4);
}
END_TEST

/* Lines that name no zone, or elsewhere. */
static const struct {
	row_t row;
	const char *zone;
} bare_rows[] = {
	{ { GEN, ERR, "dumping master file: tmp-1a: open: permission denied",
	    K(STORAGE_FAILED), C(LOCAL_STORAGE), NULL, -1, -1 },
	  "" },
	{ { GEN, ERR, "dumping master file: rename: x.db: permission denied",
	    K(STORAGE_FAILED), C(LOCAL_STORAGE), NULL, -1, -1 },
	  "" },
	{ { GEN, ERR, "dumping to master file: tmp-1a: flush: ran out of space",
	    K(STORAGE_FAILED), C(LOCAL_STORAGE), NULL, -1, -1 },
	  "" },
	{ { GEN, ERR, "master file write failed: disc full",
	    K(STORAGE_FAILED), C(LOCAL_STORAGE), NULL, -1, -1 },
	  "" },
	{ { GEN, ERR, "raw master file write failed: disc full",
	    K(STORAGE_FAILED), C(LOCAL_STORAGE), NULL, -1, -1 },
	  "" },
	{ { GEN, ERR, "x.db.jnl: create: permission denied", K(STORAGE_FAILED),
	    C(LOCAL_STORAGE), NULL, -1, -1 },
	  "" },
	{ { GEN, ERR, "zones/a: b.jnl: open: permission denied",
	    K(STORAGE_FAILED), C(LOCAL_STORAGE), NULL, -1, -1 },
	  "" },
	{ { GEN, ERR, "x.jnl: write: ran out of space", K(STORAGE_FAILED),
	    C(LOCAL_STORAGE), NULL, -1, -1 },
	  "" },
	{ { GEN, ERR,
	    "x.jnl: journal file corrupt: expected serial 7, got 9",
	    K(STORAGE_FAILED), C(LOCAL_STORAGE), NULL, -1, -1 },
	  "" },
	{ { GEN, ERR, "x.jnl: journal format not recognized",
	    K(STORAGE_FAILED), C(LOCAL_STORAGE), NULL, -1, -1 },
	  "" },
	{ { GEN, ERR,
	    "x.jnl: malformed transaction: serial number did not increase",
	    K(STORAGE_FAILED), C(LOCAL_STORAGE), NULL, -1, -1 },
	  "" },
	{ { GEN, ERR,
	    "malformed transaction: x.jnl last serial 5 != transaction first "
	    "serial 7",
	    K(STORAGE_FAILED), C(LOCAL_STORAGE), NULL, -1, -1 },
	  "" },
	{ { GEN, ERR,
	    "dns_journal_writediff: x.jnl: journal entry too big to be "
	    "stored: 99 bytes",
	    K(STORAGE_FAILED), C(LOCAL_STORAGE), NULL, -1, -1 },
	  "" },
	{ { GEN, ERR,
	    "transaction too big to be stored in journal: 99b (max is 9b)",
	    K(STORAGE_FAILED), C(LOCAL_STORAGE), NULL, -1, -1 },
	  "" },
	{ { GEN, ERR, "journal open failure: unexpected error: x.jnl",
	    K(STORAGE_FAILED), C(LOCAL_STORAGE), NULL, -1, -1 },
	  "" },
	{ { GEN, WARNING,
	    "a.example/IN: dns_diff_apply: update with no effect",
	    K(XFR_DETAIL), C(IXFR_BROKEN), NULL, -1, -1 },
	  "" },
	{ { GEN, ERR,
	    "dns_diff_apply: a.example/A/IN: del nonexistent not exact",
	    K(XFR_DETAIL), C(IXFR_BROKEN), NULL, -1, -1 },
	  "" },
	{ { "database", ERR,
	    "error adding 'a.example/A' in 'example/IN' (zone): too many "
	    "records (must not exceed 100)",
	    K(XFR_DETAIL), C(TOO_MANY_RECORDS), NULL, -1, -1 },
	  "example/IN" },
	{ { "database", ERR,
	    "error adding 'a.example/A' in './IN' (cache): too many records "
	    "(must not exceed 100)",
	    K(IRRELEVANT), C(NONE), NULL, -1, -1 },
	  "" },
	{ { GEN, INFO,
	    "catz: adding zone 'a.example' from catalog 'cat' - success",
	    K(ZONES_CHANGED), C(NONE), NULL, -1, -1 },
	  "" },
	{ { GEN, INFO,
	    "catz: deleting zone 'a.example' from catalog 'cat' - success",
	    K(ZONES_CHANGED), C(NONE), NULL, -1, -1 },
	  "" },
	{ { GEN, INFO,
	    "catz: modifying zone 'a.example' from catalog 'cat' - success",
	    K(ZONES_CHANGED), C(NONE), NULL, -1, -1 },
	  "" },
	{ { GEN, INFO, "catz: updating catalog zone 'cat' with serial 3",
	    K(ZONES_CHANGED), C(NONE), NULL, -1, -1 },
	  "" },
	{ { GEN, WARNING, "catz: removing catalog zone cat", K(ZONES_CHANGED),
	    C(NONE), NULL, -1, -1 },
	  "" },
	{ { GEN, INFO, "catz: cat: reload done: success", K(INFO), C(NONE),
	    NULL, -1, -1 },
	  "" },
	{ { "notify", INFO,
	    "client @0x7f1c 10.53.0.1#4000/key k (example): received notify "
	    "for zone 'example': TSIG 'k'",
	    K(INFO), C(NONE), NULL, -1, -1 },
	  "" },
	{ { "notify", NOTICE,
	    "client @0x7f1c 10.53.0.1#4000: received notify for zone "
	    "'example': not authoritative",
	    K(INFO), C(NONE), NULL, -1, -1 },
	  "" },
	{ { "notify", NOTICE,
	    "client @0x7f1c 10.53.0.1#4000: notify question section empty",
	    K(INFO), C(NONE), NULL, -1, -1 },
	  "" },
	{ { "security", ERR,
	    "client @0x7f1c 10.53.0.1#4000: request has invalid signature: "
	    "TSIG k: tsig verify failure (BADKEY)",
	    K(IRRELEVANT), C(NONE), NULL, -1, -1 },
	  "" },
	{ { "dnssec", 2, "tsig key 'k': signature failed to verify(1)",
	    K(IRRELEVANT), C(NONE), NULL, -1, -1 },
	  "" },
	{ { GEN, INFO, "managed-keys-zone: loaded serial 0", K(IRRELEVANT),
	    C(NONE), NULL, -1, -1 },
	  "" },
	{ { "lame-servers", INFO,
	    "connection refused resolving 'example/A/IN': 10.0.0.1#53",
	    K(IRRELEVANT), C(NONE), NULL, -1, -1 },
	  "" },
	{ { "dnssec", INFO, "validating example/SOA: no valid signature found",
	    K(IRRELEVANT), C(NONE), NULL, -1, -1 },
	  "" },
	{ { GEN, DEBUG3, "zone_timer: managed-keys-zone: enter", K(IRRELEVANT),
	    C(NONE), NULL, -1, -1 },
	  "" },
	{ { XFER, INFO, "a line of some other shape", K(UNKNOWN),
	    C(UNCLASSIFIED), NULL, -1, -1 },
	  "" },
	{ { XFER, INFO, "xfrwatch: incident=1 event=opened", K(IRRELEVANT),
	    C(NONE), NULL, -1, -1 },
	  "" },
	{ { XFER, INFO, "", K(IRRELEVANT), C(NONE), NULL, -1, -1 }, "" },
};

START_TEST(each_message_without_a_zone_is_known) {
	const row_t *row = &bare_rows[_i].row;

	check_row(row->text, row, bare_rows[_i].zone, "");
}
END_TEST

/* What each result says in each phase; 0: a failure nobody has seen there. */
#define SHUT XFW_CAUSE_COUNT
static const struct {
	const char *text;
	unsigned int soa, connect, transfer;
} results[] = {
	{ "timed out", C(SOA_TIMEOUT), C(CONNECT_TIMEOUT),
	  C(TRANSFER_TIMEOUT) },
	{ "operation canceled", C(UNREACHABLE), C(TLS_FAILURE), SHUT },
	{ "shutting down", SHUT, SHUT, SHUT },
	{ "connection refused", C(CONNECT_REFUSED), C(CONNECT_REFUSED),
	  C(CONNECT_REFUSED) },
	{ "host unreachable", C(UNREACHABLE), C(UNREACHABLE), C(UNREACHABLE) },
	{ "network unreachable", C(UNREACHABLE), C(UNREACHABLE),
	  C(UNREACHABLE) },
	{ "network down", C(UNREACHABLE), C(UNREACHABLE), C(UNREACHABLE) },
	{ "host down", C(UNREACHABLE), C(UNREACHABLE), C(UNREACHABLE) },
	{ "address not available", C(LOCAL_SOURCE), C(LOCAL_SOURCE),
	  C(LOCAL_SOURCE) },
	{ "address in use", C(LOCAL_SOURCE), C(LOCAL_SOURCE),
	  C(LOCAL_SOURCE) },
	{ "permission denied", C(CONNECT_DENIED), C(CONNECT_DENIED),
	  C(LOCAL_STORAGE) },
	{ "invalid protocol", C(CONNECT_DENIED), C(CONNECT_DENIED),
	  C(CONNECT_DENIED) },
	{ "address family not supported", C(LOCAL_SOURCE), C(LOCAL_SOURCE),
	  C(LOCAL_SOURCE) },
	{ "address family mismatch", C(LOCAL_SOURCE), C(LOCAL_SOURCE),
	  C(LOCAL_SOURCE) },
	{ "address blackholed", C(LOCAL_SOURCE), C(LOCAL_SOURCE),
	  C(LOCAL_SOURCE) },
	{ "connection reset", C(CLOSED_BY_PEER), C(CLOSED_BY_PEER),
	  C(CLOSED_BY_PEER) },
	{ "end of file", C(CLOSED_BY_PEER), C(CLOSED_BY_PEER),
	  C(CLOSED_BY_PEER) },
	{ "socket is not connected", C(CLOSED_BY_PEER), C(CLOSED_BY_PEER),
	  C(CLOSED_BY_PEER) },
	{ "too many open files", C(LOCAL_RESOURCE), C(LOCAL_RESOURCE),
	  C(LOCAL_RESOURCE) },
	{ "not enough free resources", C(LOCAL_RESOURCE), C(LOCAL_RESOURCE),
	  C(LOCAL_RESOURCE) },
	{ "out of memory", C(LOCAL_RESOURCE), C(LOCAL_RESOURCE),
	  C(LOCAL_RESOURCE) },
	{ "invalid file", C(LOCAL_RESOURCE), C(LOCAL_RESOURCE),
	  C(LOCAL_STORAGE) },
	{ "I/O error", C(LOCAL_RESOURCE), C(LOCAL_RESOURCE),
	  C(LOCAL_STORAGE) },
	{ "no pending connections", C(LOCAL_RESOURCE), C(LOCAL_RESOURCE),
	  C(LOCAL_RESOURCE) },
	{ "max size", C(LOCAL_RESOURCE), C(LOCAL_RESOURCE),
	  C(LOCAL_RESOURCE) },
	{ "unexpected error", C(LOCAL_RESOURCE), C(LOCAL_RESOURCE),
	  C(LOCAL_STORAGE) },
	{ "TLS error", C(TLS_FAILURE), C(TLS_FAILURE), C(TLS_FAILURE) },
	{ "TLS peer certificate verification failed", C(TLS_FAILURE),
	  C(TLS_FAILURE), C(TLS_FAILURE) },
	{ "ALPN for DoT failed", C(TLS_FAILURE), C(TLS_FAILURE),
	  C(TLS_FAILURE) },
	{ "response with mismatched query id", C(PROTOCOL), C(PROTOCOL),
	  C(PROTOCOL) },
	{ "tsig indicates error", C(TSIG_ERROR), C(TSIG_ERROR),
	  C(TSIG_ERROR) },
	{ "clocks are unsynchronized", C(TSIG_BADTIME), C(TSIG_BADTIME),
	  C(TSIG_BADTIME) },
	{ "tsig verify failure", C(TSIG_VERIFY), C(TSIG_VERIFY),
	  C(TSIG_VERIFY) },
	{ "expected a TSIG or SIG(0)", C(TSIG_MISSING), C(TSIG_MISSING),
	  C(TSIG_MISSING) },
	{ "did not expect a TSIG or SIG(0)", C(TSIG_UNEXPECTED),
	  C(TSIG_UNEXPECTED), C(TSIG_UNEXPECTED) },
	{ "expected a response", C(PROTOCOL), C(PROTOCOL), C(PROTOCOL) },
	{ "FORMERR", C(PROTOCOL), C(RCODE_OTHER), C(RCODE_OTHER) },
	{ "unexpected end of input", C(PROTOCOL), C(PROTOCOL), C(PROTOCOL) },
	{ "recoverable error occurred", C(PROTOCOL), C(PROTOCOL),
	  C(PROTOCOL) },
	{ "bad compression pointer", C(PROTOCOL), C(PROTOCOL), C(PROTOCOL) },
	{ "bad label type", C(PROTOCOL), C(PROTOCOL), C(PROTOCOL) },
	{ "label too long", C(PROTOCOL), C(PROTOCOL), C(PROTOCOL) },
	{ "name too long", C(PROTOCOL), C(PROTOCOL), C(PROTOCOL) },
	{ "TSIG in wrong location", C(PROTOCOL), C(PROTOCOL), C(PROTOCOL) },
	{ "SIG(0) in wrong location", C(PROTOCOL), C(PROTOCOL), C(PROTOCOL) },
	{ "bad owner name (check-names)", C(PROTOCOL), C(ZONE_DATA),
	  C(ZONE_DATA) },
	{ "bad name (check-names)", C(PROTOCOL), C(ZONE_DATA), C(ZONE_DATA) },
	{ "extra input data", C(PROTOCOL), C(PROTOCOL), C(PROTOCOL) },
	{ "malformed OPT option", C(PROTOCOL), C(PROTOCOL), C(PROTOCOL) },
	{ "truncated TCP response", C(PROTOCOL), C(PROTOCOL), C(PROTOCOL) },
	{ "use TCP", C(PROTOCOL), C(PROTOCOL), C(PROTOCOL) },
	{ "REFUSED", C(REFUSED_QUERY), C(REFUSED_TRANSFER),
	  C(REFUSED_TRANSFER) },
	{ "NOTAUTH", C(NOTAUTH), C(NOTAUTH), C(NOTAUTH) },
	{ "SERVFAIL", C(RCODE_OTHER), C(RCODE_OTHER), C(RCODE_OTHER) },
	{ "NOTIMP", C(RCODE_OTHER), C(RCODE_OTHER), C(RCODE_OTHER) },
	{ "NXDOMAIN", C(RCODE_OTHER), C(RCODE_OTHER), C(RCODE_OTHER) },
	{ "NOTZONE", C(RCODE_OTHER), C(RCODE_OTHER), C(RCODE_OTHER) },
	{ "YXDOMAIN", C(RCODE_OTHER), C(RCODE_OTHER), C(RCODE_OTHER) },
	{ "YXRRSET", C(RCODE_OTHER), C(RCODE_OTHER), C(RCODE_OTHER) },
	{ "NXRRSET", C(RCODE_OTHER), C(RCODE_OTHER), C(RCODE_OTHER) },
	{ "BADVERS", C(RCODE_OTHER), C(RCODE_OTHER), C(RCODE_OTHER) },
	{ "BADCOOKIE", C(RCODE_OTHER), C(RCODE_OTHER), C(RCODE_OTHER) },
	{ "<rcode 11>", C(RCODE_OTHER), C(RCODE_OTHER), C(RCODE_OTHER) },
	{ "<rcode 15>", C(RCODE_OTHER), C(RCODE_OTHER), C(RCODE_OTHER) },
	{ "unexpected message id", C(PROTOCOL), C(PROTOCOL), C(PROTOCOL) },
	{ "unexpected OPCODE", C(PROTOCOL), C(PROTOCOL), C(PROTOCOL) },
	{ "bad class", C(PROTOCOL), C(PROTOCOL), C(PROTOCOL) },
	{ "not authoritative", C(NOT_AUTHORITATIVE), C(NOT_AUTHORITATIVE),
	  C(NOT_AUTHORITATIVE) },
	{ "not at top of zone", C(ZONE_DATA), C(ZONE_DATA), C(ZONE_DATA) },
	{ "invalid NS owner name (wildcard)", C(ZONE_DATA), C(ZONE_DATA),
	  C(ZONE_DATA) },
	{ "invalid NSEC3 owner name (wildcard)", C(ZONE_DATA), C(ZONE_DATA),
	  C(ZONE_DATA) },
	{ "invalid NSEC3 owner name", C(ZONE_DATA), C(ZONE_DATA),
	  C(ZONE_DATA) },
	{ "multiple RRs of singleton type", C(ZONE_DATA), C(ZONE_DATA),
	  C(ZONE_DATA) },
	{ "CNAME and other data", C(ZONE_DATA), C(ZONE_DATA), C(ZONE_DATA) },
	{ "too many records", C(TOO_MANY_RECORDS), C(TOO_MANY_RECORDS),
	  C(TOO_MANY_RECORDS) },
	{ "verify failure", C(ZONE_DATA), C(ZONE_DATA), C(ZONE_DATA) },
	{ "bad zone", C(ZONE_DATA), C(ZONE_DATA), C(ZONE_DATA) },
	{ "out of range", C(ZONE_DATA), C(SERIAL_BACKWARDS),
	  C(SERIAL_BACKWARDS) },
	{ "not exact", C(IXFR_BROKEN), C(IXFR_BROKEN), C(IXFR_BROKEN) },
	{ "unchanged", C(UNCLASSIFIED), C(IXFR_BROKEN), C(IXFR_BROKEN) },
	{ "IXFR failed", C(IXFR_BROKEN), C(IXFR_BROKEN), C(IXFR_BROKEN) },
	{ "ran out of space", C(LOCAL_RESOURCE), C(LOCAL_RESOURCE),
	  C(LOCAL_STORAGE) },
	{ "disc full", C(LOCAL_STORAGE), C(LOCAL_STORAGE), C(LOCAL_STORAGE) },
	{ "file not found", C(LOCAL_STORAGE), C(TLS_CONFIG_MISSING),
	  C(LOCAL_STORAGE) },
	{ "not found", C(UNCLASSIFIED), C(LOCAL_RESOURCE), C(LOCAL_STORAGE) },
	{ "crypto failure", C(LOCAL_RESOURCE), C(LOCAL_RESOURCE),
	  C(LOCAL_RESOURCE) },
	{ "sign failure", C(LOCAL_RESOURCE), C(LOCAL_RESOURCE),
	  C(LOCAL_RESOURCE) },
	{ "timed outx", C(UNCLASSIFIED), C(UNCLASSIFIED), C(UNCLASSIFIED) },
	{ "timed ou", C(UNCLASSIFIED), C(UNCLASSIFIED), C(UNCLASSIFIED) },
	{ "zzz", C(UNCLASSIFIED), C(UNCLASSIFIED), C(UNCLASSIFIED) },
	{ "", C(UNCLASSIFIED), C(UNCLASSIFIED), C(UNCLASSIFIED) },
};

static void
check_result(const char *prefix, const char *text, xfw_kind_t failed,
	     unsigned int cause, xfw_phase_t phase) {
	xfw_event_t ev;
	char line[400];

	snprintf(line, sizeof(line), "%s%s", prefix, text);
	classify(XFER, ERR, line, strlen(line), &ev);
	if (cause == SHUT) {
		failed = XFW_KIND_SHUTDOWN;
		cause = XFW_CAUSE_NONE;
	}
	ck_assert_msg(ev.kind == failed, "%s: %s", line,
		      xfw_kind_name((xfw_kind_t)ev.kind));
	ck_assert_msg(ev.cause == cause, "%s: %s", line,
		      xfw_cause_info((xfw_cause_t)ev.cause)->name);
	ck_assert_msg(ev.phase == phase, "%s", line);
	ck_assert_str_eq(xfw_event_primary(&ev), P4);
	check_event(&ev);
}

START_TEST(each_result_has_its_meaning_by_phase) {
	static const char transfer[] = "transfer of 'a/IN' from " P4 ": ";
	static const char *const places[] = {
		"failed while receiving responses: ",
		"failed while processing responses: ",
		"failed sending request data: ",
	};
	char prefix[200];

	check_result("zone a/IN: refresh: failure trying primary " P4 SRC ": ",
		     results[_i].text, K(SOA_FAILED), results[_i].soa,
		     XFW_PHASE_SOA);
	check_result("zone a/IN: refresh: failure trying primary " P4 ": ",
		     results[_i].text, K(SOA_FAILED), results[_i].soa,
		     XFW_PHASE_SOA);
	check_result("zone a/IN: could not refresh stub from primary " P4 SRC
		     ": ",
		     results[_i].text, K(SOA_FAILED), results[_i].soa,
		     XFW_PHASE_SOA);
	snprintf(prefix, sizeof(prefix), "%sfailed to connect: ", transfer);
	check_result(prefix, results[_i].text, K(XFR_FAILED),
		     results[_i].connect, XFW_PHASE_TRANSFER);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(prefix, sizeof(prefix), "%s%s", transfer, places[i]);
		check_result(prefix, results[_i].text, K(XFR_FAILED),
			     results[_i].transfer, XFW_PHASE_TRANSFER);
	}
	if (strcmp(results[_i].text, "operation canceled") != 0) {
		snprintf(prefix, sizeof(prefix), "%sTransfer status: ",
			 transfer);
		check_result(prefix, results[_i].text, K(XFR_STATUS_FAILED),
			     results[_i].transfer, XFW_PHASE_TRANSFER);
	}
}
END_TEST

START_TEST(each_rcode_of_the_soa_query_is_known) {
	static const char *const others[] = {
		"FORMERR", "SERVFAIL",	 "NXDOMAIN",   "NOTIMP",
		"YXRRSET", "RESERVED11", "RESERVED15", "BADVERS",
		"NOTZONE", "BADCOOKIE",	 "4095",       "NXRRSET",
	};
	static const char fmt[] =
		"zone a/IN: refresh: unexpected rcode (%s) from primary " P4
		"%s";
	xfw_event_t ev;
	char line[200];

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(line, sizeof(line), fmt, others[i], SRC);
		ck_assert_uint_eq(classify(GEN, INFO, line, strlen(line), &ev),
				  XFW_KIND_SOA_FAILED);
		ck_assert_uint_eq(ev.cause, XFW_CAUSE_RCODE_OTHER);
	}
	snprintf(line, sizeof(line), fmt, "NOTAUTH", SRC);
	ck_assert_uint_eq(classify(GEN, INFO, line, strlen(line), &ev),
			  XFW_KIND_SOA_FAILED);
	ck_assert_uint_eq(ev.cause, XFW_CAUSE_NOTAUTH);
	/* named goes on with a transfer. */
	snprintf(line, sizeof(line), fmt, "REFUSED", "");
	ck_assert_uint_eq(classify(GEN, INFO, line, strlen(line), &ev),
			  XFW_KIND_SOA_FAILED_XFR);
	ck_assert_uint_eq(ev.cause, XFW_CAUSE_REFUSED_QUERY);
	ck_assert_str_eq(xfw_event_primary(&ev), P4);
}
END_TEST

START_TEST(inline_signing_is_one_zone_and_raw_is_marked) {
	xfw_event_t ev;
	const char *line = "zone a.example/IN (unsigned): refresh: failure "
			   "trying primary " P4 SRC ": timed out";

	classify(GEN, INFO, line, strlen(line), &ev);
	ck_assert_str_eq(xfw_event_zone(&ev), "a.example/IN");
	ck_assert_uint_eq(ev.zone_hash, xfw_key_hash("a.example/IN", 12));
	ck_assert_uint_ne(ev.flags & XFW_EVENT_RAW, 0);

	line = "zone a.example/IN/v (signed): expired";
	classify(GEN, WARNING, line, strlen(line), &ev);
	ck_assert_str_eq(xfw_event_zone(&ev), "a.example/IN/v");
	ck_assert_uint_eq(ev.flags & XFW_EVENT_RAW, 0);

	line = "transfer of 'a.example/IN (unsigned)' from " P4
	       ": Transfer status: success";
	classify(XFER, INFO, line, strlen(line), &ev);
	ck_assert_str_eq(xfw_event_zone(&ev), "a.example/IN");
	ck_assert_uint_ne(ev.flags & XFW_EVENT_RAW, 0);
}
END_TEST

START_TEST(the_attempt_is_the_pointer_of_9_20) {
	xfw_event_t ev;
	const char *line = "0x7fa0bcde1234: transfer of 'a/IN' from " P4
			   ": Transfer status: success";

	classify(XFER, INFO, line, strlen(line), &ev);
	ck_assert_uint_eq(ev.attempt_id, 0x7fa0bcde1234);
	ck_assert_uint_eq(ev.kind, XFW_KIND_XFR_STATUS_OK);

	classify(XFER, INFO, line + 16, strlen(line + 16), &ev);
	ck_assert_uint_eq(ev.attempt_id, 0);
	ck_assert_uint_eq(ev.kind, XFW_KIND_XFR_STATUS_OK);
}
END_TEST

START_TEST(an_unexpected_error_is_another_in_9_20) {
	static const struct {
		const char *line;
		xfw_cause_t cause;
	} rows[] = {
		{ "transfer of 'a/IN' from " P4
		  ": failed while receiving responses: unexpected error",
		  C(LOCAL_STORAGE) },
		{ "0x7fa0bcde1234: transfer of 'a/IN' from " P4
		  ": failed while processing responses: unexpected error",
		  C(LOCAL_STORAGE) },
		{ "0x7fa0bcde1234: transfer of 'a/IN' from " P4
		  ": failed while receiving responses: unexpected error",
		  C(PROTOCOL) },
		{ "0x7fa0bcde1234: transfer of 'a/IN' from " P4
		  ": Transfer status: unexpected error",
		  C(PROTOCOL) },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		xfw_event_t ev;

		classify(XFER, ERR, rows[i].line, strlen(rows[i].line), &ev);
		ck_assert_uint_eq(ev.cause, rows[i].cause);
	}
}
END_TEST

START_TEST(a_warning_that_may_be_about_anything_is_weak) {
	xfw_event_t ev;
	const char *line = "zone a/IN: something is wrong";

	classify(GEN, WARNING, line, strlen(line), &ev);
	ck_assert_uint_eq(ev.flags & XFW_EVENT_WEAK, XFW_EVENT_WEAK);
	ck_assert_str_eq(xfw_event_text(&ev), "something is wrong");
	classify(XFER, WARNING, line, strlen(line), &ev);
	ck_assert_uint_eq(ev.flags & XFW_EVENT_WEAK, 0);
	ck_assert_uint_eq(classify(GEN, NOTICE, line, strlen(line), &ev),
			  XFW_KIND_IRRELEVANT);
}
END_TEST

START_TEST(what_does_not_fit_is_cut_and_marked) {
	char zone[1200], line[3000];
	xfw_event_t ev;
	size_t len;

	memset(zone, 'x', sizeof(zone));
	strcpy(zone + 1100, "/IN");
	snprintf(line, sizeof(line), "zone %s: loading from master file %s", zone,
		 zone);
	classify("zoneload", ERR, line, strlen(line), &ev);
	check_event(&ev);
	ck_assert_uint_eq(ev.kind, XFW_KIND_STORAGE_FAILED);
	ck_assert_uint_eq(strlen(xfw_event_zone(&ev)), XFW_EVENT_ZONE_MAX - 1);
	ck_assert_uint_eq(ev.zone_hash, xfw_key_hash(zone, strlen(zone)));
	ck_assert_uint_ne(ev.flags & XFW_EVENT_KEY_TRUNCATED, 0);
	ck_assert_uint_ne(ev.flags & XFW_EVENT_TRUNCATED, 0);
	ck_assert_uint_eq(ev.used, XFW_EVENT_STRINGS);

	/* The largest that fits is not cut. */
	len = XFW_EVENT_STRINGS - sizeof("a/IN") - 1 - 1;
	memset(line, 'y', sizeof(line));
	memcpy(line, "zone a/IN: ", 11);
	classify(XFER, ERR, line, 11 + len, &ev);
	ck_assert_uint_eq(ev.flags & XFW_EVENT_TRUNCATED, 0);
	ck_assert_uint_eq(strlen(xfw_event_text(&ev)), len);
	classify(XFER, ERR, line, 11 + len + 1, &ev);
	ck_assert_uint_ne(ev.flags & XFW_EVENT_TRUNCATED, 0);
	ck_assert_uint_eq(strlen(xfw_event_text(&ev)), len);
}
END_TEST

START_TEST(names_made_to_look_like_messages_are_names) {
	xfw_event_t ev;
	const char *line;

	/* BIND escapes a space in a name, not a colon or a quote. */
	line = "zone expired.:refresh:.example/IN: notify from " P4
	       ": zone is up to date";
	classify(GEN, INFO, line, strlen(line), &ev);
	ck_assert_uint_eq(ev.kind, XFW_KIND_NOTIFY_SAME);
	ck_assert_str_eq(xfw_event_zone(&ev), "expired.:refresh:.example/IN");

	line = "transfer of 'a'from.example/IN' from " P4
	       ": connected using " P4 " TSIG '#1: failed to connect: x";
	classify(XFER, INFO, line, strlen(line), &ev);
	ck_assert_uint_eq(ev.kind, XFW_KIND_XFR_CONNECTED);
	ck_assert_str_eq(xfw_event_zone(&ev), "a'from.example/IN");
	ck_assert_str_eq(xfw_event_primary(&ev), P4);

	line = "zone a/IN: unable to find key: refresh:\\032failure#5.";
	classify(GEN, ERR, line, strlen(line), &ev);
	ck_assert_uint_eq(ev.kind, XFW_KIND_SETUP_FAILED);
	ck_assert_str_eq(xfw_event_primary(&ev), "");

	/* A number that is no serial, an address that is none. */
	line = "zone a/IN: transferred serial 99999999999";
	classify(XFER, INFO, line, strlen(line), &ev);
	ck_assert_uint_eq(ev.flags & XFW_EVENT_HAS_SERIAL, 0);
	line = "zone a/IN: transferred serial 4294967296";
	classify(XFER, INFO, line, strlen(line), &ev);
	ck_assert_uint_eq(ev.flags & XFW_EVENT_HAS_SERIAL, 0);
	line = "zone a/IN: refused notify from non-primary: it is #1";
	classify(XFER, INFO, line, strlen(line), &ev);
	ck_assert_uint_eq(ev.kind, XFW_KIND_UNKNOWN);
	ck_assert_str_eq(xfw_event_primary(&ev), "");
	line = "zone a/IN: refresh: failure trying primary here: timed out#1";
	ck_assert_uint_eq(classify(GEN, INFO, line, strlen(line), &ev),
			  XFW_KIND_UNKNOWN);
}
END_TEST

/* Every prefix of every line that is known, and bytes put into it. */
static void
torment(const char *category, int level, const char *line) {
	static const char bytes[] = { 0, '\n', (char)0xff, ' ', '#', ':', '/' };
	size_t len = strlen(line);
	xfw_event_t ev;

	for (size_t cut = 0; cut < len; cut++) {
		if (classify(category, level, line, cut, &ev) !=
		    XFW_KIND_IRRELEVANT)
		{
			check_event(&ev);
		}
		for (size_t b = 0; b < sizeof(bytes); b++) {
			char copy[700];
			memcpy(copy, line, len);
			copy[cut] = bytes[b];
			if (classify(category, level, copy, len, &ev) !=
			    XFW_KIND_IRRELEVANT)
			{
				check_event(&ev);
			}
		}
	}
}

START_TEST(cut_and_damaged_lines_do_no_harm) {
	char line[600];

	for (size_t i = 0; i < sizeof(zone_rows) / sizeof(zone_rows[0]); i++) {
		snprintf(line, sizeof(line), "zone a/IN: %s",
			 zone_rows[i].text);
		torment(zone_rows[i].category, zone_rows[i].level, line);
	}
	for (size_t i = 0; i < sizeof(transfer_rows) / sizeof(transfer_rows[0]);
	     i++)
	{
		snprintf(line, sizeof(line),
			 "0x7f1: transfer of 'a/IN' from " P4 ": %s",
			 transfer_rows[i].text);
		torment(transfer_rows[i].category, transfer_rows[i].level,
			line);
	}
	for (size_t i = 0; i < sizeof(bare_rows) / sizeof(bare_rows[0]); i++) {
		torment(bare_rows[i].row.category, bare_rows[i].row.level,
			bare_rows[i].row.text);
	}
	for (int c = 0; c < 256; c++) { /* lines of one byte */
		char byte = (char)c;
		xfw_event_t ev;
		classify(XFER, INFO, &byte, 1, &ev);
	}
}
END_TEST

/* The tables are searched by halves, which wants them in order. */
static const char *const leads[] = {
#define XFW_ZONE(lead, rest, kind, phase, place, cause) lead,
#include "../../plugin/core/messages.tbl.h"
#undef XFW_ZONE
	NULL,
#define XFW_TRANSFER(lead, rest, kind, place, cause) lead,
#include "../../plugin/core/messages.tbl.h"
#undef XFW_TRANSFER
	NULL,
#define XFW_BARE(lead, rest, kind, cause) lead,
#include "../../plugin/core/messages.tbl.h"
#undef XFW_BARE
	NULL,
#define XFW_RESULT(text, soa, connect, transfer) text,
#include "../../plugin/core/results.tbl.h"
#undef XFW_RESULT
};

START_TEST(the_tables_are_in_order) {
	bool texts = false; /* the last part may hold prefixes, never twins */
	size_t parts = 0;

	for (size_t i = 0; i + 1 < sizeof(leads) / sizeof(leads[0]); i++) {
		const char *a = leads[i], *b = leads[i + 1];
		if (a == NULL || b == NULL) {
			parts += (a == NULL);
			texts = (parts == 3);
			continue;
		}
		ck_assert_msg(strcmp(a, b) <= 0, "'%s' stands before '%s'", a,
			      b);
		if (texts) {
			ck_assert_str_ne(a, b);
		} else {
			ck_assert_msg(strcmp(a, b) == 0 ||
					      strncmp(a, b, strlen(a)) != 0,
				      "'%s' begins '%s'", a, b);
		}
	}
	ck_assert_uint_eq(parts, 3);
}
END_TEST

/* --- what real nameds printed --------------------------------------- */

typedef struct scene {
	char name[64], cause[64], zone[320], primary[80];
	bool seen[XFW_CAUSE_COUNT];
	bool seen_zone, seen_primary, notify_same;
	unsigned int lines;
} scene_t;

static int
level_of(const char *name, int *level) {
	static const char *const names[] = { "info", "notice", "warning",
					     "error", "critical" };

	if (sscanf(name, "debug %d", level) == 1) {
		return (1);
	}
	for (int i = 0; i < 5; i++) {
		if (strcmp(name, names[i]) == 0) {
			*level = -1 - i;
			return (1);
		}
	}
	return (0);
}

static void
corpus_line(const char *file, scene_t *scene, char *line) {
	char *level_name = strstr(line, ": "), *text;
	xfw_event_t ev;
	int level;

	ck_assert_msg(level_name != NULL, "%s: %s", file, line);
	*level_name = '\0';
	level_name += 2;
	text = strstr(level_name, ": ");
	if (text == NULL) {
		return; /* an empty message */
	}
	*text = '\0';
	text += 2;
	if (!level_of(level_name, &level)) {
		ck_abort_msg("%s: level '%s'", file, level_name);
	}
	classify(line, level, text, strlen(text), &ev);
	scene->lines++;
	if (ev.kind == XFW_KIND_IRRELEVANT) {
		ck_assert_msg(level > 0 || strncmp(line, "xfer-in", 7) != 0,
			      "%s: passed over: %s", file, text);
		return;
	}
	check_event(&ev);
	ck_assert_msg(ev.kind != XFW_KIND_UNKNOWN, "%s: unknown: %s", file,
		      text);
	scene->seen[ev.cause] = true;
	scene->notify_same |= (ev.kind == XFW_KIND_NOTIFY_SAME);
	scene->seen_primary |= (strcmp(xfw_event_primary(&ev),
				       scene->primary) == 0);
	if (strncmp(xfw_event_zone(&ev), scene->zone, strlen(scene->zone)) == 0)
	{
		scene->seen_zone = true;
	}
}

/* Causes that are told apart later, by pairs of lines, timers or a query. */
static bool
stands_for(const scene_t *scene, xfw_cause_t cause) {
	switch (cause) {
	case XFW_CAUSE_TSIG_BADKEY:
	case XFW_CAUSE_TSIG_BADSIG:
	case XFW_CAUSE_TSIG_BADTRUNC:
		return (scene->seen[XFW_CAUSE_TSIG_ERROR] ||
			scene->seen[XFW_CAUSE_TSIG_VERIFY]);
	case XFW_CAUSE_UDP_BLOCKED:
		return (scene->seen[XFW_CAUSE_SOA_TIMEOUT]);
	case XFW_CAUSE_SERIAL_UNCHANGED:
		return (scene->notify_same);
	case XFW_CAUSE_NEVER_ATTEMPTED:
		return (true);
	case XFW_CAUSE_ZONE_DATA: /* two SOA records are FORMERR to BIND */
		return (scene->seen[XFW_CAUSE_PROTOCOL]);
	case XFW_CAUSE_TLS_FAILURE: /* 9.20: a handshake without an answer */
		return (scene->seen[XFW_CAUSE_CONNECT_TIMEOUT]);
	default:
		return (false);
	}
}

static void
corpus_file(const char *path) {
	FILE *file = fopen(path, "r");
	scene_t scene = { .lines = 0 };
	char line[9000];

	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] != '#') {
			corpus_line(path, &scene, line);
			continue;
		}
		(void)(sscanf(line, "# scene: %63s", scene.name) == 1 ||
		       sscanf(line, "# cause: %63s", scene.cause) == 1 ||
		       sscanf(line, "# zone: %319s", scene.zone) == 1 ||
		       sscanf(line, "# primary: %79s", scene.primary) == 1);
	}
	fclose(file);

	if (scene.lines > 0 && scene.cause[0] != '\0' &&
	    strcmp(scene.cause, "none") != 0)
	{
		xfw_cause_t cause = xfw_cause_byname(scene.cause);
		ck_assert_msg(cause != XFW_CAUSE_NONE, "%s: %s", path,
			      scene.cause);
		ck_assert_msg(scene.seen[cause] || stands_for(&scene, cause),
			      "%s: nothing says %s", path, scene.cause);
		ck_assert_msg(scene.seen_zone, "%s: zone not seen", path);
	}
}

static unsigned int
corpus_walk(const char *path) {
	DIR *dir = opendir(path);
	struct dirent *entry;
	unsigned int files = 0;

	ck_assert_msg(dir != NULL, "no corpus at %s", path);
	while ((entry = readdir(dir)) != NULL) {
		char name[4096];
		struct stat st;
		size_t len = strlen(entry->d_name);

		if (entry->d_name[0] == '.') {
			continue;
		}
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		ck_assert_int_eq(stat(name, &st), 0);
		if (S_ISDIR(st.st_mode)) {
			files += corpus_walk(name);
		} else if (len > 4 &&
			   strcmp(entry->d_name + len - 4, ".log") == 0)
		{
			corpus_file(name);
			files++;
		}
	}
	closedir(dir);
	return (files);
}

START_TEST(all_lines_of_real_nameds_are_understood) {
	const char *path = getenv("XFW_CORPUS");

	ck_assert_uint_gt(corpus_walk(path != NULL ? path : CORPUS_DIR), 0);
}
END_TEST

static Suite *
classify_suite(void) {
	Suite *suite = suite_create("classify");
	TCase *tables = tcase_create("tables");
	TCase *parts = tcase_create("parts");
	TCase *hostile = tcase_create("hostile");
	TCase *corpus = tcase_create("corpus");

#define LOOP(tc, test, table)                               \
	tcase_add_loop_test(tc, test, 0,                    \
			    (int)(sizeof(table) / sizeof((table)[0])))
	LOOP(tables, each_message_about_a_zone_is_known, zone_rows);
	LOOP(tables, each_message_about_a_transfer_is_known, transfer_rows);
	LOOP(tables, each_message_without_a_zone_is_known, bare_rows);
	LOOP(tables, each_result_has_its_meaning_by_phase, results);
	tcase_add_test(tables, each_rcode_of_the_soa_query_is_known);
	tcase_add_test(tables, the_tables_are_in_order);
	suite_add_tcase(suite, tables);

	tcase_add_test(parts, inline_signing_is_one_zone_and_raw_is_marked);
	tcase_add_test(parts, the_attempt_is_the_pointer_of_9_20);
	tcase_add_test(parts, an_unexpected_error_is_another_in_9_20);
	tcase_add_test(parts, a_warning_that_may_be_about_anything_is_weak);
	tcase_add_test(parts, what_does_not_fit_is_cut_and_marked);
	suite_add_tcase(suite, parts);

	tcase_add_test(hostile, names_made_to_look_like_messages_are_names);
	tcase_add_test(hostile, cut_and_damaged_lines_do_no_harm);
	suite_add_tcase(suite, hostile);

	tcase_add_test(corpus, all_lines_of_real_nameds_are_understood);
	suite_add_tcase(suite, corpus);
	return (suite);
}

int
main(void) {
	SRunner *runner = srunner_create(classify_suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
