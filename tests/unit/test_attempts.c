/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tests of how lines become attempts: every pair of lines that has a meaning of
 * its own, order and loss of lines, and all that real nameds printed
 * (tests/corpus). One thread, a clock of its own.
 */
#include "state_kit.h"

#define Z "example.com/IN"
#define P "10.0.0.53#53"
#define Q "10.0.0.54#53"

#define REFUSED_SOA                                                           \
	"general: info: zone " Z ": refresh: unexpected rcode (REFUSED) from " \
	"primary " P " (source 0.0.0.0#0)"
#define TIMEOUT_SOA                                                           \
	"general: info: zone " Z ": refresh: retry limit for primary " P       \
	" exceeded (source 0.0.0.0#0)"
#define RECEIVING "failed while receiving responses: "
#define CONNECT	  "failed to connect: "

/* One failed attempt, for that cause at that primary, and the zone fails. */
static void
failed_once(const xfw_zone_t *zone, xfw_cause_t cause, const char *primary) {
	const xfw_counters_t *c = xfw_state_counters(state);

	ck_assert_msg(c->causes[cause] == 1, "%s not counted once",
		      xfw_cause_info(cause)->name);
	ck_assert_uint_eq(causes_in_all(), 1);
	ck_assert_uint_eq(c->failed, 1);
	ck_assert_uint_eq(c->attempts, 1);
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	ck_assert_int_eq(zone->cause, cause);
	ck_assert_uint_eq(zone->failures, 1);
	ck_assert_int_eq(feed_of(zone, primary)->cause, cause);
	ck_assert_uint_eq(feed_of(zone, primary)->primary->causes[cause], 1);
	ck_assert_uint_eq(said_count, 1);
	ck_assert_int_eq(said[0].kind, XFW_NOTICE_OPENED);
	ck_assert_str_eq(said[0].cause, xfw_cause_info(cause)->name);
	ck_assert_str_eq(said[0].primary, primary);
}

typedef struct pair {
	const char *soa; /* NULL: silent */
	const char *transfer;
	const char *status;
	xfw_cause_t cause;
} pair_t;

static const pair_t pairs[] = {
	{ NULL, RECEIVING "REFUSED", "REFUSED", XFW_CAUSE_REFUSED_TRANSFER },
	{ REFUSED_SOA, RECEIVING "REFUSED", "REFUSED", XFW_CAUSE_REFUSED_QUERY },
	{ REFUSED_SOA, RECEIVING "NOTAUTH", "NOTAUTH", XFW_CAUSE_NOTAUTH },
	{ REFUSED_SOA, RECEIVING "end of file", "end of file",
	  XFW_CAUSE_CLOSED_BY_PEER },
	{ REFUSED_SOA, CONNECT "connection refused", "connection refused",
	  XFW_CAUSE_CONNECT_REFUSED },
	{ TIMEOUT_SOA, CONNECT "timed out", "timed out", XFW_CAUSE_CONNECT_TIMEOUT },
	{ TIMEOUT_SOA, CONNECT "host unreachable", "host unreachable",
	  XFW_CAUSE_UNREACHABLE },
	{ TIMEOUT_SOA, RECEIVING "timed out", "timed out",
	  XFW_CAUSE_TRANSFER_TIMEOUT },
	{ NULL, CONNECT "timed out", "timed out", XFW_CAUSE_CONNECT_TIMEOUT },
	{ NULL, CONNECT "connection refused", "connection refused",
	  XFW_CAUSE_CONNECT_REFUSED },
	{ NULL, RECEIVING "end of file", "end of file", XFW_CAUSE_CLOSED_BY_PEER },
};

START_TEST(pair_decides_the_cause) {
	const pair_t *p = &pairs[_i];
	xfw_zone_t *zone = healthy(Z, 1);

	if (p->soa != NULL) {
		linef("%s", p->soa);
		ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	}
	transfer_fails(Z, P, p->transfer, p->status);
	failed_once(zone, p->cause, P);
	pass(20000);
	failed_once(zone, p->cause, P);
}
END_TEST

typedef struct alone {
	const char *line;
	xfw_cause_t cause;
	const char *primary;
} alone_t;

static const alone_t alones[] = {
	{ "general: info: zone " Z ": refresh: failure trying primary " P
	  " (source 0.0.0.0#0): tsig indicates error",
	  XFW_CAUSE_TSIG_ERROR, P },
	{ "general: info: zone " Z ": refresh: failure trying primary " P
	  " (source 0.0.0.0#0): clocks are unsynchronized",
	  XFW_CAUSE_TSIG_BADTIME, P },
	{ "general: info: zone " Z ": refresh: failure trying primary " P
	  " (source 0.0.0.0#0): connection refused",
	  XFW_CAUSE_CONNECT_REFUSED, P },
	{ "general: info: zone " Z ": serial number (2026032701) received from "
	  "primary " P " < ours (2026032801)",
	  XFW_CAUSE_SERIAL_BACKWARDS, P },
	{ "general: error: zone " Z ": unable to find key: k1", XFW_CAUSE_KEY_MISSING,
	  "-" },
	{ "general: error: zone " Z ": cannot refresh: no primaries",
	  XFW_CAUSE_NO_PRIMARIES, "-" },
};

START_TEST(soa_phase_alone_is_an_attempt) {
	xfw_zone_t *zone = healthy(Z, 1);

	linef("%s", alones[_i].line);
	failed_once(zone, alones[_i].cause, alones[_i].primary);
	pass(20000);
	failed_once(zone, alones[_i].cause, alones[_i].primary);
}
END_TEST

START_TEST(serial_backwards_shows_both_serials) {
	xfw_zone_t *zone = healthy(Z, 1);

	linef("%s", alones[3].line);
	ck_assert_uint_eq(zone->serial, 2026032801);
	ck_assert_uint_eq(zone->offered, 2026032701);
	ck_assert(zone->flags & XFW_ZONE_HAS_OFFERED);
}
END_TEST

/* UDP is dead, TCP works: counted, but the zone is fed. */
START_TEST(udp_blocked) {
	xfw_zone_t *zone = healthy(Z, 1);
	const xfw_counters_t *c = xfw_state_counters(state);

	linef(TIMEOUT_SOA);
	transfer_succeeds(Z, P, 2026032901);
	fake_success(&fakes[0]);
	fakes[0].t.serial = 2026032901;
	pass(60000);
	ck_assert_uint_eq(c->transferred, 1);
	ck_assert_uint_eq(c->failed, 0);
	ck_assert_uint_eq(c->attempts, 1);
	ck_assert_uint_eq(c->causes[XFW_CAUSE_UDP_BLOCKED], 1);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_int_eq(feed_of(zone, P)->cause, XFW_CAUSE_UDP_BLOCKED);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, "udp-blocked"), 1);
	ck_assert_int_eq(said[0].severity, XFW_SEVERITY_NOTICE);

	/* The same with a serial that had not changed. */
	linef(TIMEOUT_SOA);
	linef("xfer-in: info: zone " Z ": Transfer started.");
	linef("xfer-in: info: transfer of '" Z "' from " P ": connected using " P);
	linef("xfer-in: info: transfer of '" Z "' from " P
	      ": Transfer status: up to date");
	pass(1000);
	ck_assert_uint_eq(c->up_to_date, 1);
	ck_assert_uint_eq(c->causes[XFW_CAUSE_UDP_BLOCKED], 2);
	ck_assert_uint_eq(said_count, 1);

	/* A refresh over UDP works again. */
	now_ms += 3600 * 1000;
	fake_success(&fakes[0]);
	pass(10000);
	ck_assert_int_eq(feed_of(zone, P)->cause, XFW_CAUSE_NONE);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, "udp-blocked"), 1);
}
END_TEST

/* The zone is fed, but only because the transfer is tried all the same. */
START_TEST(refused_query_with_good_transfer_is_told_once) {
	xfw_zone_t *zone = healthy(Z, 1);

	for (uint32_t n = 1; n <= 2; n++) {
		linef(REFUSED_SOA);
		transfer_succeeds(Z, P, 2026032900 + n);
		fake_success(&fakes[0]);
		fakes[0].t.serial = 2026032900 + n;
		pass(20000);
		ck_assert_uint_eq(xfw_state_counters(state)->transferred, n);
		ck_assert_uint_eq(
			xfw_state_counters(state)->causes[XFW_CAUSE_REFUSED_QUERY],
			n);
		ck_assert_uint_eq(xfw_state_counters(state)->failed, 0);
		ck_assert_int_eq(zone->state, XFW_ZONE_OK);
		ck_assert_uint_eq(zone->serial, 2026032900 + n);
		ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, "refused-query"), 1);
		ck_assert_uint_eq(said_count, 1);
	}
	/* A refresh that the SOA query was enough for. */
	now_ms += 3600 * 1000;
	fake_success(&fakes[0]);
	pass(10000);
	ck_assert_int_eq(feed_of(zone, P)->cause, XFW_CAUSE_NONE);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, "refused-query"), 1);
}
END_TEST

/* named goes silently past the transfer when the primary is in its cache. */
START_TEST(soa_timeout_without_transfer_counts_after_a_while) {
	xfw_zone_t *zone = healthy(Z, 1);

	linef(TIMEOUT_SOA);
	pass(2900);
	ck_assert_uint_eq(said_count, 0);
	pass(200);
	failed_once(zone, XFW_CAUSE_SOA_TIMEOUT, P);
}
END_TEST

START_TEST(next_primary_ends_the_wait_at_once) {
	xfw_zone_t *zone = healthy(Z, 2);

	linef(TIMEOUT_SOA);
	soa_fails(Z, Q, "connection refused");
	ck_assert_uint_eq(xfw_state_counters(state)->failed, 2);
	ck_assert_int_eq(feed_of(zone, P)->cause, XFW_CAUSE_SOA_TIMEOUT);
	ck_assert_int_eq(feed_of(zone, Q)->cause, XFW_CAUSE_CONNECT_REFUSED);
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
}
END_TEST

/* "Transfer started." names no primary: here it is not the one that timed out. */
START_TEST(transfer_started_was_the_next_primarys) {
	xfw_zone_t *zone = healthy(Z, 2);

	linef(TIMEOUT_SOA);
	transfer_succeeds(Z, Q, 2026032901);
	pass(20000);
	ck_assert_uint_eq(xfw_state_counters(state)->failed, 1);
	ck_assert_uint_eq(xfw_state_counters(state)->transferred, 1);
	ck_assert_int_eq(feed_of(zone, P)->cause, XFW_CAUSE_SOA_TIMEOUT);
	ck_assert_int_eq(feed_of(zone, Q)->cause, XFW_CAUSE_NONE);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
}
END_TEST

/* IXFR cannot be applied; named asks for AXFR at once, and that works. */
START_TEST(ixfr_broken_then_axfr) {
	xfw_zone_t *zone = healthy(Z, 1);
	const xfw_counters_t *c = xfw_state_counters(state);

	linef("xfer-in: info: zone " Z ": Transfer started.");
	linef("xfer-in: info: transfer of '" Z "' from " P ": connected using " P);
	linef("xfer-in: error: transfer of '" Z "' from " P
	      ": failed while receiving responses: not exact");
	linef("xfer-in: info: transfer of '" Z "' from " P
	      ": Transfer status: IXFR failed");
	linef("xfer-in: info: transfer of '" Z "' from " P
	      ": Transfer completed: 0 messages, 0 records, 0 bytes, 0.001 secs "
	      "(0 bytes/sec) (serial 0)");
	failed_once(zone, XFW_CAUSE_IXFR_BROKEN, P);
	transfer_succeeds(Z, P, 2026032901);
	pass(20000);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_uint_eq(zone->failures, 0);
	ck_assert_uint_eq(c->transferred, 1);
	ck_assert_uint_eq(c->attempts, 2);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, "ixfr-broken"), 1);
	ck_assert_ptr_null(zone->trouble);
}
END_TEST

/* The next transfer may begin before the status of the last one is printed. */
START_TEST(late_status_is_not_counted_twice) {
	xfw_zone_t *zone = healthy(Z, 1);
	const xfw_counters_t *c = xfw_state_counters(state);

	linef("xfer-in: info: zone " Z ": Transfer started.");
	linef("xfer-in: info: transfer of '" Z "' from " P ": connected using " P);
	linef("xfer-in: error: transfer of '" Z "' from " P
	      ": failed while receiving responses: REFUSED");
	linef("xfer-in: info: zone " Z ": Transfer started.");
	linef("xfer-in: info: transfer of '" Z "' from " P ": connected using " P);
	linef("xfer-in: info: transfer of '" Z "' from " P
	      ": Transfer status: IXFR failed");
	linef("xfer-in: info: transfer of '" Z "' from " P
	      ": Transfer completed: 0 messages, 0 records, 0 bytes, 0.001 secs "
	      "(0 bytes/sec) (serial 0)");
	linef("xfer-in: info: zone " Z ": transferred serial 2026032901");
	linef("xfer-in: info: transfer of '" Z "' from " P ": Transfer status: success");
	pass(20000);
	ck_assert_uint_eq(c->failed, 1);
	ck_assert_uint_eq(c->transferred, 1);
	ck_assert_uint_eq(c->attempts, 2);
	ck_assert_uint_eq(c->causes[XFW_CAUSE_REFUSED_TRANSFER], 1);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
}
END_TEST

START_TEST(status_ixfr_failed_does_not_hide_the_reason) {
	xfw_zone_t *zone = healthy(Z, 1);

	linef("xfer-in: info: transfer of '" Z "' from " P ": connected using " P);
	linef("xfer-in: error: transfer of '" Z "' from " P
	      ": failed while receiving responses: REFUSED");
	linef("xfer-in: info: transfer of '" Z "' from " P
	      ": Transfer status: IXFR failed");
	failed_once(zone, XFW_CAUSE_REFUSED_TRANSFER, P);
}
END_TEST

START_TEST(detail_before_formerr_is_the_cause) {
	xfw_zone_t *zone = healthy(Z, 1);

	linef("xfer-in: info: zone " Z ": Transfer started.");
	linef("xfer-in: info: transfer of '" Z "' from " P ": connected using " P);
	linef("general: error: zone " Z ": has no NS records");
	linef("xfer-in: error: transfer of '" Z "' from " P
	      ": failed while receiving responses: bad zone");
	linef("xfer-in: info: transfer of '" Z "' from " P ": Transfer status: bad zone");
	failed_once(zone, XFW_CAUSE_ZONE_DATA, P);
}
END_TEST

/* After an IXFR the check for NS comes when the transfer itself was fine. */
START_TEST(zone_without_ns_around_status_success) {
	static const char *const lines[] = {
		"general: error: zone " Z ": transferred zone has no NS records",
		"xfer-in: info: transfer of '" Z "' from " P ": Transfer status: success",
	};
	xfw_zone_t *zone = healthy(Z, 1);

	linef("xfer-in: info: zone " Z ": Transfer started.");
	linef("xfer-in: info: transfer of '" Z "' from " P ": connected using " P);
	linef("%s", lines[_i]);
	linef("%s", lines[1 - _i]);
	linef("xfer-in: info: transfer of '" Z "' from " P
	      ": Transfer completed: 1 messages, 3 records, 146 bytes, 0.001 secs "
	      "(146000 bytes/sec) (serial 2026032901)");
	pass(20000);
	failed_once(zone, XFW_CAUSE_ZONE_DATA, P);
	ck_assert_uint_eq(xfw_state_counters(state)->transferred, 0);
}
END_TEST

START_TEST(key_missing_for_transfer_explains_the_refusal) {
	xfw_zone_t *zone = healthy(Z, 1);

	linef("xfer-in: info: zone " Z ": Transfer started.");
	linef("xfer-in: error: zone " Z
	      ": could not get TSIG key for zone transfer: not found");
	linef("xfer-in: info: transfer of '" Z "' from " P ": connected using " P);
	linef("xfer-in: error: transfer of '" Z "' from " P
	      ": failed while receiving responses: REFUSED");
	linef("xfer-in: info: transfer of '" Z "' from " P ": Transfer status: REFUSED");
	failed_once(zone, XFW_CAUSE_KEY_MISSING, P);
}
END_TEST

START_TEST(quota_counts_only_when_it_lasts) {
	xfw_zone_t *zone = healthy(Z, 1);
	const xfw_counters_t *c = xfw_state_counters(state);

	linef("xfer-in: info: zone " Z ": zone transfer deferred due to quota");
	pass((RETRY - 2) * 1000);
	ck_assert_uint_eq(said_count, 0);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	pass(4000);
	failed_once(zone, XFW_CAUSE_QUOTA_DEFERRED, "-");
	pass(7200 * 1000);
	ck_assert_uint_eq(c->causes[XFW_CAUSE_QUOTA_DEFERRED], 1);
	probes_answered = false;
	pass(48 * 3600 * 1000);
	ck_assert_uint_eq(c->causes[XFW_CAUSE_QUOTA_DEFERRED], 1);
	transfer_succeeds(Z, P, 2026032901);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, "quota-deferred"), 1);
}
END_TEST

START_TEST(shutdown_is_no_failure) {
	xfw_zone_t *zone = healthy(Z, 1);

	linef("xfer-in: info: zone " Z ": Transfer started.");
	linef("xfer-in: info: transfer of '" Z "' from " P ": connected using " P);
	linef("xfer-in: error: transfer of '" Z "' from " P
	      ": shut down: operation canceled");
	linef("xfer-in: info: transfer of '" Z "' from " P
	      ": Transfer status: IXFR failed");
	linef("xfer-in: info: transfer of '" Z "' from " P
	      ": Transfer completed: 0 messages, 0 records, 0 bytes, 0.001 secs "
	      "(0 bytes/sec) (serial 0)");
	pass(20000);
	ck_assert_uint_eq(xfw_state_counters(state)->attempts, 0);
	ck_assert_uint_eq(said_count, 0);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_ptr_null(zone->trouble);
}
END_TEST

/* Any one line of a failed transfer may be lost, and it still counts once. */
START_TEST(lost_line) {
	static const char *const lines[] = {
		"xfer-in: info: zone " Z ": Transfer started.",
		"xfer-in: info: transfer of '" Z "' from " P ": connected using " P,
		"xfer-in: error: transfer of '" Z "' from " P
		": failed while receiving responses: REFUSED",
		"xfer-in: info: transfer of '" Z "' from " P
		": Transfer status: REFUSED",
		"xfer-in: info: transfer of '" Z "' from " P
		": Transfer completed: 0 messages, 0 records, 0 bytes, 0.001 secs "
		"(0 bytes/sec) (serial 0)",
	};
	xfw_zone_t *zone = healthy(Z, 1);

	for (int i = 0; i < 5; i++) {
		if (i != _i) {
			linef("%s", lines[i]);
		}
	}
	pass(20000);
	failed_once(zone, XFW_CAUSE_REFUSED_TRANSFER, P);
}
END_TEST

START_TEST(lost_line_of_success) {
	static const char *const lines[] = {
		"xfer-in: info: zone " Z ": Transfer started.",
		"xfer-in: info: transfer of '" Z "' from " P ": connected using " P,
		"xfer-in: info: zone " Z ": transferred serial 2026032901",
		"xfer-in: info: transfer of '" Z "' from " P ": Transfer status: success",
		"xfer-in: info: transfer of '" Z "' from " P
		": Transfer completed: 1 messages, 4 records, 171 bytes, 0.008 secs "
		"(21375 bytes/sec) (serial 2026032901)",
	};
	xfw_zone_t *zone = healthy(Z, 1);

	soa_fails(Z, P, "connection refused");
	for (int i = 0; i < 5; i++) {
		if (i != _i) {
			linef("%s", lines[i]);
		}
	}
	fake_success(&fakes[0]);
	fakes[0].t.serial = 2026032901;
	pass(20000);
	ck_assert_uint_eq(xfw_state_counters(state)->transferred, 1);
	ck_assert_uint_eq(xfw_state_counters(state)->up_to_date, 0);
	ck_assert_uint_eq(xfw_state_counters(state)->attempts, 2);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_int_eq(feed_of(zone, P)->cause, XFW_CAUSE_NONE);
	ck_assert_uint_eq(zone->serial, 2026032901);
}
END_TEST

/* 9.20 prints the address of the transfer's context, and uses it again. */
START_TEST(pointers_are_used_again) {
	xfw_zone_t *zone = healthy(Z, 1);
	const xfw_counters_t *c = xfw_state_counters(state);

	for (int i = 0; i < 3; i++) {
		linef("xfer-in: info: zone " Z ": Transfer started.");
		linef("xfer-in: error: 0x7f384503e000: transfer of '" Z "' from " P
		      ": failed to connect: connection refused");
		linef("xfer-in: info: 0x7f384503e000: transfer of '" Z "' from " P
		      ": Transfer status: connection refused");
		/* The closing line of the first two is lost. */
	}
	ck_assert_uint_eq(c->failed, 3);
	ck_assert_uint_eq(zone->failures, 3);
	ck_assert_uint_eq(said_count, 1);
}
END_TEST

/* A transfer whose end was lost is forgotten some time, without a verdict. */
START_TEST(transfer_without_end) {
	xfw_zone_t *zone = healthy(Z, 1);

	linef("xfer-in: info: zone " Z ": Transfer started.");
	linef("xfer-in: info: transfer of '" Z "' from " P ": connected using " P);
	ck_assert_ptr_nonnull(zone->trouble);
	for (int i = 0; i < 4; i++) {
		pass(3600 * 1000);
		fake_success(&fakes[0]);
	}
	ck_assert_ptr_null(zone->trouble);
	ck_assert_uint_eq(xfw_state_counters(state)->failed, 0);
}
END_TEST

/*--- corpus -----------------------------------------------------------------*/

/* Scenes that look otherwise from here, and why. */
static const struct {
	const char *version; /* "": all */
	const char *scene;
	const char *cause;
} otherwise[] = {
	/* named tells why at debug level only. */
	{ "", "transfer-source-unusable.debug3", "local-source" },
	{ "", "zone-unknown-after-ixfr.debug3", "notauth" },
	/* The root of it is known, it was heard just before. */
	{ "", "unreachable-cached", "connect-refused" },
	/* The lines do not tell. */
	{ "", "soa-two", "protocol" },
	{ "9.20", "tls-not-spoken", "connect-timeout" },
};

typedef struct scene {
	char cause[64];
	char state[64];
	char zone[256];
	char version[32];
} scene_t;

static const char *
expected(const char *name, const scene_t *scene) {
	for (size_t i = 0; i < sizeof(otherwise) / sizeof(otherwise[0]); i++) {
		const char *version = otherwise[i].version;
		if (strncmp(scene->version, version, strlen(version)) == 0 &&
		    strncmp(name, otherwise[i].scene, strlen(otherwise[i].scene)) == 0)
		{
			return (otherwise[i].cause);
		}
	}
	return (scene->cause);
}

/* Some scenes name the zone without its view. */
static xfw_zone_t *
find_scene_zone(const char *key) {
	uint64_t cursor = 0;
	xfw_zone_t *z = NULL;
	xfw_zone_t *found = xfw_state_find(state, key, strlen(key));

	while (found == NULL && (z = xfw_state_next_zone(state, &cursor)) != NULL) {
		if (strncmp(z->key, key, strlen(key)) == 0) {
			found = z;
		}
	}
	return (found);
}

static void
check_scene(const char *name, const scene_t *scene) {
	const xfw_counters_t *c = xfw_state_counters(state);
	xfw_cause_t cause = xfw_cause_byname(expected(name, scene));
	xfw_zone_t *zone = find_scene_zone(scene->zone);

	ck_assert_msg(zone != NULL, "%s: zone %s", name, scene->zone);
	ck_assert_msg(c->unclassified == 0, "%s: not classified", name);
	if (cause == XFW_CAUSE_NONE) {
		ck_assert_msg(causes_in_all() == 0, "%s: a cause was found", name);
		ck_assert_msg(zone->state == XFW_ZONE_OK, "%s: not ok", name);
		return;
	}
	ck_assert_msg(c->causes[cause] > 0, "%s: %s was not found", name,
		      expected(name, scene));
	if (strcmp(scene->state, "-") != 0) {
		ck_assert_msg(strcmp(xfw_zone_state_name(zone->state),
				     scene->state) == 0,
			      "%s: %s instead of %s", name,
			      xfw_zone_state_name(zone->state), scene->state);
	}
	if (zone->state != XFW_ZONE_OK && strcmp(scene->state, "expired") != 0) {
		ck_assert_msg(zone->cause == cause, "%s: now %s", name,
			      xfw_cause_info(zone->cause)->name);
		ck_assert_msg(xfw_zone_incident(zone) != NULL, "%s: incident", name);
	}
}

static void
play(const char *path, const char *name) {
	FILE *f = fopen(path, "r");
	scene_t scene = { "", "", "", "" };
	char text[4096];
	bool begun = false;

	ck_assert_msg(f != NULL, "%s", path);
	while (fgets(text, sizeof(text), f) != NULL) {
		text[strcspn(text, "\n")] = '\0';
		sscanf(text, "# named: %31s", scene.version);
		sscanf(text, "# cause: %63s", scene.cause);
		sscanf(text, "# state: %63s", scene.state);
		sscanf(text, "# zone: %250s", scene.zone);
		if (text[0] == '#') {
			continue;
		}
		if (!begun) {
			bool two = strncmp(name, "first-of-two", 12) == 0;
			if (strstr(scene.zone, "/IN") == NULL) {
				strcat(scene.zone, "/IN");
			}
			if (strncmp(name, "view-", 5) != 0) {
				declare(scene.zone, two ? 2 : 1);
			}
			fake_zone(scene.zone,
				  strcmp(scene.state, "never-loaded") == 0 ? -1 : 60);
			pass(0);
			probes_answered = false; /* the lines alone */
			begun = true;
		}
		line(text);
		now_ms += 10;
	}
	fclose(f);
	pass(9000);
	if (begun) {
		check_scene(name, &scene);
	}
}

static void
play_all(const char *directory) {
	DIR *dir = opendir(directory);
	struct dirent *entry = NULL;
	unsigned scenes = 0;

	ck_assert_msg(dir != NULL, "%s", directory);
	while ((entry = readdir(dir)) != NULL) {
		char path[8192];
		if (strstr(entry->d_name, ".log") == NULL) {
			continue;
		}
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		kit_setup();
		play(path, entry->d_name);
		kit_teardown();
		scenes++;
	}
	closedir(dir);
	ck_assert_uint_ge(scenes, 100);
}

START_TEST(all_that_nameds_printed) {
	static const char *const versions[] = { "9.18.49", "9.20.30" };
	const char *corpus = getenv("XFW_CORPUS");
	char directory[4096];

	snprintf(directory, sizeof(directory), "%s/%s",
		 corpus != NULL ? corpus : CORPUS_DIR, versions[_i]);
	xfw_state_destroy(state);
	play_all(directory);
	kit_setup();
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("attempts");
	TCase *tc = kit_case(suite, "lines");

	tcase_add_loop_test(tc, pair_decides_the_cause, 0,
			    (int)(sizeof(pairs) / sizeof(pairs[0])));
	tcase_add_loop_test(tc, soa_phase_alone_is_an_attempt, 0,
			    (int)(sizeof(alones) / sizeof(alones[0])));
	tcase_add_test(tc, serial_backwards_shows_both_serials);
	tcase_add_test(tc, udp_blocked);
	tcase_add_test(tc, refused_query_with_good_transfer_is_told_once);
	tcase_add_test(tc, soa_timeout_without_transfer_counts_after_a_while);
	tcase_add_test(tc, next_primary_ends_the_wait_at_once);
	tcase_add_test(tc, transfer_started_was_the_next_primarys);
	tcase_add_test(tc, ixfr_broken_then_axfr);
	tcase_add_test(tc, late_status_is_not_counted_twice);
	tcase_add_test(tc, status_ixfr_failed_does_not_hide_the_reason);
	tcase_add_test(tc, detail_before_formerr_is_the_cause);
	tcase_add_loop_test(tc, zone_without_ns_around_status_success, 0, 2);
	tcase_add_test(tc, key_missing_for_transfer_explains_the_refusal);
	tcase_add_test(tc, quota_counts_only_when_it_lasts);
	tcase_add_test(tc, shutdown_is_no_failure);
	tcase_add_loop_test(tc, lost_line, 0, 5);
	tcase_add_loop_test(tc, lost_line_of_success, 0, 5);
	tcase_add_test(tc, pointers_are_used_again);
	tcase_add_test(tc, transfer_without_end);
	tc = kit_case(suite, "corpus");
	tcase_add_loop_test(tc, all_that_nameds_printed, 0, 2);
	return (kit_run(suite));
}
