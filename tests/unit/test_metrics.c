/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tests of /metrics: both formats through a strict reader, values against a state
 * that lines of named made, limits, and bodies that are read while zones go.
 * One thread, a clock of its own.
 */
#include <malloc.h>

#include "../../plugin/report/channel/answers.h"
#include "exposition.h"
#include "state_kit.h"

#define P "10.77.0.2#53"
#define V "view=\"_default\""

static xfw_intake_t *intake;
static xfw_source_t source;

static int64_t
clock_ms(void) {
	return (now_ms);
}

static void
setup(void) {
	kit_setup();
	intake = xfw_intake_create(64);
	ck_assert_ptr_nonnull(intake);
	source = (xfw_source_t){ .state = state,
				 .intake = intake,
				 .version = "0.1.0",
				 .bind_version = "9.18.49-1~deb12u3-Debian",
				 .now_ms = clock_ms };
}

static void
teardown(void) {
	xfw_intake_destroy(intake);
	kit_teardown();
}

/*--- reading ----------------------------------------------------------------*/

static xfw_text_t whole;
static unsigned pieces;

/* One answer into `whole`; `between` is called between pieces. */
static void
ask(bool openmetrics, bool all_zones, void (*between)(unsigned piece)) {
	xfw_answer_t answer = { .status = 200, .type = "set by the router" };
	bool more = true;

	xfw_text_free(&whole);
	pieces = 0;
	xfw_answer_metrics(&source, openmetrics, all_zones, &answer);
	ck_assert_uint_eq(answer.status, 200);
	ck_assert_ptr_nonnull(answer.body);
	while (more) {
		xfw_text_t piece = { 0 };

		more = answer.body->next(answer.body, &piece);
		ck_assert(!piece.failed);
		ck_assert(!more || piece.used > 0);
		ck_assert_uint_le(piece.used, XFW_PIECE_MAX);
		xfw_text_printf(&whole, "%s", piece.used > 0 ? piece.data : "");
		xfw_text_free(&piece);
		pieces++;
		if (between != NULL && more) {
			between(pieces);
		}
	}
	answer.body->end(answer.body);
}

static exposition_t got;

static void
read_as(bool openmetrics, bool all_zones) {
	exposition_free(&got);
	ask(openmetrics, all_zones, NULL);
	exposition_read(&got, whole.data, whole.used, openmetrics);
}

static void
release(void) {
	exposition_free(&got);
	xfw_text_free(&whole);
}

/* What both formats must say. */
static void
both(void (*check)(void)) {
	for (int openmetrics = 0; openmetrics < 2; openmetrics++) {
		read_as(openmetrics, false);
		check();
	}
}

#define IS(id, expected) ck_assert_double_eq_tol(value_of(&got, id), expected, 1e-4)
#define ABSENT(id)	 ck_assert_msg(isnan(value_of(&got, id)), "%s", id)

static size_t
samples_of(const char *name) {
	const family_t *family = family_of(&got, name);

	ck_assert_msg(family != NULL, "%s", name);
	return (family->count);
}

/*--- the server -------------------------------------------------------------*/

static const char *const names[] = {
#define XFW_METRIC(id, name, type, scope, unit, labels, help) name,
#include "../../plugin/report/channel/metrics.tbl.h"
#undef XFW_METRIC
};
#define NAMES (sizeof(names) / sizeof(names[0]))

/* As interfaces.md lays them down: a rename would break dashboards. */
static const char *const laid_down[] = {
	"bind_xfrwatch_info",
	"bind_xfrwatch_reduced",
	"bind_secondary_zones",
	"bind_secondary_refresh_attempts_total",
	"bind_secondary_refresh_failures_total",
	"bind_secondary_transfers_total",
	"bind_secondary_primary_failing_zones",
	"bind_secondary_incidents",
	"bind_secondary_events_recorded_total",
	"bind_secondary_events_lost_total",
	"bind_secondary_messages_unclassified_total",
	"bind_secondary_next_deadline_timestamp_seconds",
	"bind_secondary_zones_deadline",
	"bind_secondary_zones_truncated",
	"bind_zone_deadline_timestamp_seconds",
	"bind_zone_expire_timestamp_seconds",
	"bind_zone_signature_expire_timestamp_seconds",
	"bind_zone_next_refresh_timestamp_seconds",
	"bind_zone_last_success_timestamp_seconds",
	"bind_zone_last_attempt_timestamp_seconds",
	"bind_zone_primary_serial",
	"bind_zone_served_serial",
	"bind_zone_failures",
};

START_TEST(table_is_as_laid_down) {
	ck_assert_uint_eq(NAMES, sizeof(laid_down) / sizeof(laid_down[0]));
	for (size_t i = 0; i < NAMES; i++) {
		ck_assert_str_eq(names[i], laid_down[i]);
	}
}
END_TEST

static void
check_nothing_yet(void) {
	ck_assert_uint_eq(got.families_count, NAMES);
	IS("bind_xfrwatch_info{version=\"0.1.0\","
	   "bind_version=\"9.18.49-1~deb12u3-Debian\"}", 1);
	IS("bind_xfrwatch_reduced", 0);
	IS("bind_secondary_refresh_attempts_total", 0);
	IS("bind_secondary_transfers_total", 0);
	IS("bind_secondary_events_recorded_total", 0);
	IS("bind_secondary_events_lost_total", 0);
	IS("bind_secondary_messages_unclassified_total", 0);
	IS("bind_secondary_zones_truncated", 0);
	IS("bind_secondary_zones_deadline{within=\"1h\"}", 0);
	IS("bind_secondary_zones_deadline{within=\"6h\"}", 0);
	IS("bind_secondary_zones_deadline{within=\"1d\"}", 0);
	IS("bind_secondary_zones_deadline{within=\"3d\"}", 0);
	for (unsigned i = 1; i < XFW_CAUSE_COUNT; i++) {
		char id[128];

		snprintf(id, sizeof(id),
			 "bind_secondary_refresh_failures_total{cause=\"%s\"}",
			 xfw_cause_info((xfw_cause_t)i)->name);
		IS(id, 0);
	}
	ck_assert_uint_eq(got.count, 1 + 7 + 4 + XFW_CAUSE_COUNT - 1);
}

START_TEST(from_the_start_all_that_is_fixed_is_there) {
	both(check_nothing_yet);
	release();
}
END_TEST

START_TEST(types_of_both_formats) {
	read_as(false, false);
	ck_assert_str_eq(family_of(&got, "bind_xfrwatch_info")->type, "gauge");
	ck_assert_str_eq(family_of(&got, "bind_secondary_refresh_failures_total")->type,
			 "counter");
	ck_assert_ptr_null(strstr(whole.data, "# EOF"));
	ck_assert_ptr_null(strstr(whole.data, "# UNIT"));
	read_as(true, false);
	ck_assert_str_eq(family_of(&got, "bind_xfrwatch")->type, "info");
	ck_assert_str_eq(family_of(&got, "bind_secondary_refresh_failures")->type,
			 "counter");
	ck_assert_str_eq(family_of(&got, "bind_zone_failures")->type, "gauge");
	ck_assert_str_eq(
		family_of(&got, "bind_zone_deadline_timestamp_seconds")->unit, "seconds");
	ck_assert_str_eq(family_of(&got, "bind_zone_served_serial")->unit, "");
	release();
}
END_TEST

/*--- values -----------------------------------------------------------------*/

static double
seconds_of(int64_t ms) {
	return ((double)ms / 1000);
}

#define OF_ZONE(metric, zone) \
	"bind_zone_" metric "{" V ",zone_name=\"" zone "\"}"
#define SECONDS(metric, zone) OF_ZONE(metric "_timestamp_seconds", zone)

static const xfw_zone_t *failing;

static void
check_failing(void) {
	IS("bind_secondary_zones{" V ",state=\"ok\"}", 1);
	IS("bind_secondary_zones{" V ",state=\"failing\"}", 1);
	IS("bind_secondary_zones{" V ",state=\"never-loaded\"}", 1);
	IS("bind_secondary_zones{" V ",state=\"expired\"}", 1);
	IS("bind_secondary_refresh_attempts_total", 4);
	IS("bind_secondary_refresh_failures_total{cause=\"connect-refused\"}", 3);
	IS("bind_secondary_refresh_failures_total{cause=\"connect-timeout\"}", 0);
	IS("bind_secondary_transfers_total", 1);
	IS("bind_secondary_primary_failing_zones{primary=\"" P "\"}", 3);
	IS("bind_secondary_incidents{cause=\"connect-refused\",primary=\"" P "\"}", 1);
	IS("bind_secondary_next_deadline_timestamp_seconds{" V "}",
	   (double)failing->expires_s);
	IS("bind_secondary_zones_deadline{within=\"1h\"}", 0);
	IS("bind_secondary_zones_deadline{within=\"6h\"}", 0);
	IS("bind_secondary_zones_deadline{within=\"1d\"}", 0);
	IS("bind_secondary_zones_deadline{within=\"3d\"}", 0);

	IS(SECONDS("deadline", "failing.example"), (double)failing->expires_s);
	IS(SECONDS("expire", "failing.example"), (double)failing->expires_s);
	ABSENT(SECONDS("signature_expire", "failing.example"));
	IS(SECONDS("next_refresh", "failing.example"), (double)failing->refresh_at_s);
	IS(SECONDS("last_attempt", "failing.example"),
	   seconds_of(failing->last_attempt_ms));
	IS(SECONDS("last_success", "failing.example"),
	   seconds_of(failing->last_success_ms));
	IS(OF_ZONE("primary_serial", "failing.example"), 2026032901);
	IS(OF_ZONE("served_serial", "failing.example"), 2026032801);
	IS(OF_ZONE("failures", "failing.example"), 1);

	/* What is not known is not there. */
	ABSENT(SECONDS("deadline", "never.example"));
	ABSENT(SECONDS("expire", "never.example"));
	ABSENT(SECONDS("last_success", "never.example"));
	ABSENT(OF_ZONE("primary_serial", "never.example"));
	ABSENT(OF_ZONE("served_serial", "never.example"));
	IS(OF_ZONE("failures", "never.example"), 1);
	ABSENT(OF_ZONE("served_serial", "expired.example"));
	IS(OF_ZONE("failures", "expired.example"), 1);
	ABSENT(OF_ZONE("failures", "ok.example"));
	ck_assert_uint_eq(samples_of("bind_zone_failures"), 3);
}

static void
fails(const char *key) {
	transfer_fails(key, P, "failed to connect: connection refused",
		       "connection refused");
}

START_TEST(values_are_those_of_the_state) {
	healthy("ok.example/IN", 1);
	now_ms += 789; /* times have milliseconds */
	failing = healthy("failing.example/IN", 1);
	healthy("expired.example/IN", 1);
	declare("never.example/IN", 1);
	fake_zone("never.example/IN", -1);
	pass(0);
	transfer_succeeds("ok.example/IN", P, 2026032802);
	linef("general: info: zone failing.example/IN: notify from 10.77.0.2#40000: "
	      "serial 2026032901");
	fails("failing.example/IN");
	fails("expired.example/IN");
	fails("never.example/IN");
	fake_find("expired.example/IN")->t.loaded = false;
	linef("general: warning: zone expired.example/IN: expired");
	pass(2345);
	both(check_failing);

	/* As the deadline comes nearer. */
	now_ms = ((int64_t)failing->expires_s - 86400) * 1000 - 1;
	read_as(true, false);
	IS("bind_secondary_zones_deadline{within=\"1d\"}", 0);
	IS("bind_secondary_zones_deadline{within=\"3d\"}", 1);
	now_ms += 1;
	read_as(true, false);
	IS("bind_secondary_zones_deadline{within=\"6h\"}", 0);
	IS("bind_secondary_zones_deadline{within=\"1d\"}", 1);
	IS("bind_secondary_zones_deadline{within=\"3d\"}", 1);

	/* All zones: the healthy one as well. */
	read_as(true, true);
	IS(OF_ZONE("served_serial", "ok.example"), 2026032802);
	IS(OF_ZONE("primary_serial", "ok.example"), 2026032802);
	IS(OF_ZONE("failures", "ok.example"), 0);
	ck_assert_uint_eq(samples_of("bind_zone_failures"), 4);

	/* Signed zones, and no others. */
	xfw_state_find(state, "failing.example/IN", 18)->signature_s =
		(uint32_t)failing->expires_s - 3600;
	read_as(false, false);
	IS(SECONDS("signature_expire", "failing.example"),
	   (double)failing->expires_s - 3600);
	IS(SECONDS("expire", "failing.example"), (double)failing->expires_s);
	IS(SECONDS("deadline", "failing.example"), (double)failing->expires_s - 3600);
	ck_assert_uint_eq(samples_of("bind_zone_signature_expire_timestamp_seconds"), 1);
	release();
}
END_TEST

START_TEST(recovery_takes_the_series_away_and_counters_stay) {
	healthy("a.example/IN", 1);
	fails("a.example/IN");
	pass(1000);
	read_as(false, false);
	IS(OF_ZONE("failures", "a.example"), 1);
	transfer_succeeds("a.example/IN", P, 2026032901);
	fake_success(fake_find("a.example/IN"));
	pass(5000);
	read_as(false, false);
	ABSENT(OF_ZONE("failures", "a.example"));
	ABSENT("bind_secondary_next_deadline_timestamp_seconds{" V "}");
	ABSENT("bind_secondary_incidents{cause=\"connect-refused\",primary=\"" P "\"}");
	IS("bind_secondary_primary_failing_zones{primary=\"" P "\"}", 0);
	IS("bind_secondary_refresh_failures_total{cause=\"connect-refused\"}", 1);
	IS("bind_secondary_transfers_total", 1);
	release();
}
END_TEST

static unsigned removed;

static void
gone(const char *key) {
	xfw_zone_t *zone = xfw_state_find(state, key, strlen(key));
	xfw_timers_t t = { .found = false, .read_ms = now_ms };

	if (zone == NULL) {
		return;
	}
	xfw_state_probe(state, zone);
	for (xfw_zone_t *out = NULL;
	     xfw_state_take_probes(state, zone->view, &out, 1) == 1;)
	{
		bool same = (out == zone);

		xfw_state_timers(state, out, &t, now_ms);
		removed++;
		if (same) {
			return;
		}
	}
	ck_abort_msg("%s was not asked for", key);
}

START_TEST(primary_that_nobody_has_any_more) {
	healthy("a.example/IN", 1);
	healthy("b.example/IN", 1);
	transfer_fails("a.example/IN", P, "failed to connect: timed out", "timed out");
	transfer_fails("b.example/IN", "10.77.0.3#53", "failed to connect: timed out",
		       "timed out");
	pass(1000);
	read_as(true, false);
	ck_assert_uint_eq(samples_of("bind_secondary_primary_failing_zones"), 2);
	gone("b.example/IN");
	read_as(true, false);
	ck_assert_uint_eq(samples_of("bind_secondary_primary_failing_zones"), 1);
	IS("bind_secondary_primary_failing_zones{primary=\"" P "\"}", 1);
	release();
}
END_TEST

#define COUNTERS_MAX 128

START_TEST(counters_never_fall) {
	static const char *const errors[][2] = {
		{ "failed to connect: connection refused", "connection refused" },
		{ "failed to connect: timed out", "timed out" },
		{ "failed while receiving responses: REFUSED", "REFUSED" },
	};
	double last[COUNTERS_MAX] = { 0 };

	healthy("a.example/IN", 1);
	for (unsigned round = 0; round < 30; round++) {
		size_t n = 0;
		double failed = 0;

		transfer_fails("a.example/IN", P, errors[round % 3][0],
			       errors[round % 3][1]);
		if (round % 5 == 4) {
			transfer_succeeds("a.example/IN", P, 2026032901 + round);
		}
		pass(900000);
		read_as(round % 2, false);
		for (size_t i = 0; i < got.count; i++) {
			const char *id = got.samples[i].id;

			if (strstr(id, "_total") == NULL) {
				continue;
			}
			ck_assert_uint_lt(n, COUNTERS_MAX);
			ck_assert_msg(got.samples[i].value >= last[n], "%s", id);
			last[n++] = got.samples[i].value;
			if (strstr(id, "_failures_total") != NULL) {
				failed += got.samples[i].value;
			}
		}
		ck_assert_double_eq(failed, (double)causes_in_all());
	}
	release();
}
END_TEST

START_TEST(recorder_counts_what_was_lost) {
	xfw_event_t ev = {
		.kind = XFW_KIND_INFO, .used = 3, .primary_at = 1, .text_at = 2
	};

	unsigned read = 0;

	for (unsigned i = 0; i < 100; i++) {
		xfw_intake_put(intake, &ev);
	}
	while (xfw_intake_event(intake, &ev)) {
		read++;
	}
	line("xfer-in: error: transfer of 'a.example/IN' from " P ": never seen before");
	read_as(true, false);
	IS("bind_secondary_events_recorded_total", 100);
	ck_assert_uint_gt(read, 0);
	IS("bind_secondary_events_lost_total", 100 - read);
	IS("bind_secondary_messages_unclassified_total", 1);
	release();
}
END_TEST

/*--- views, classes, names ----------------------------------------------------*/

START_TEST(views_and_classes) {
	const xfw_zone_t *late = NULL;

	healthy("a.example/IN", 1);
	healthy("a.example/IN/internal", 1);
	healthy("b.example/IN/internal", 1);
	healthy("a.example/CH/internal", 1);
	fails("a.example/IN");
	pass(60000);
	late = xfw_state_find(state, "b.example/IN/internal", 21);
	fails("a.example/IN/internal");
	fails("b.example/IN/internal");
	fails("a.example/CH/internal");
	pass(2000);
	for (int all = 0; all < 2; all++) {
		read_as(all == 0, all);
		IS("bind_secondary_zones{" V ",state=\"failing\"}", 1);
		IS("bind_secondary_zones{view=\"internal\",state=\"failing\"}", 3);
		IS("bind_secondary_zones{view=\"internal\",state=\"ok\"}", 0);
		IS("bind_zone_failures{view=\"internal\",zone_name=\"a.example\"}", 1);
		IS(OF_ZONE("failures", "a.example"), 1);
		/* Of class IN alone: one series, not two. */
		ck_assert_uint_eq(samples_of("bind_zone_failures"), 3);
		IS("bind_secondary_zones_truncated", 0);
		IS("bind_secondary_next_deadline_timestamp_seconds{view=\"internal\"}",
		   (double)late->expires_s);
	}
	release();
}
END_TEST

START_TEST(hostile_names_stay_labels) {
	static const char *const zones[][2] = {
		{ "./IN", "." },
		{ "0/25.2.0.192.in-addr.arpa/IN", "0/25.2.0.192.in-addr.arpa" },
		{ "a\\010b.example/IN", "a\\\\010b.example" },
		{ "a\\\"} 1\\.b.example/IN", "a\\\\\\\"} 1\\\\.b.example" },
		{ "a\\\\.example/IN", "a\\\\\\\\.example" },
		{ "{x=\\\"y\\\"}.example/IN", "{x=\\\\\\\"y\\\\\\\"}.example" },
		{ "raw\nname \t\x7f\xff.example/IN",
		  "raw\\\\010name \\\\009\\\\127\\\\255.example" },
		{ "b\xc3\xbc" "cher.example/IN", "b\xc3\xbc" "cher.example" },
		{ "cut\xe2\x82.example/IN", "cut\\\\226\\\\130.example" },
		{ "\xed\xa0\x80\xc0\xaf.example/IN",
		  "\\\\237\\\\160\\\\128\\\\192\\\\175.example" },
	};
	char long_name[1100], id[3000];
	size_t count = sizeof(zones) / sizeof(zones[0]);

	for (size_t i = 0; i < count; i++) {
		(void)declare(zones[i][0], 1);
	}
	/* 1010 characters: the longest that BIND prints. */
	long_name[0] = '\0';
	for (unsigned i = 0; i < 252; i++) {
		strcat(long_name, (i % 64 == 63) ? "." : "\\001");
	}
	strcat(long_name, "/IN");
	(void)declare(long_name, 1);
	for (int all = 0; all < 2; all++) {
		read_as(all == 0, true);
		for (size_t i = 0; i < count; i++) {
			snprintf(id, sizeof(id),
				 "bind_zone_failures{" V ",zone_name=\"%s\"}",
				 zones[i][1]);
			IS(id, 0);
		}
		ck_assert_uint_eq(samples_of("bind_zone_failures"), count + 1);
	}
	release();
}
END_TEST

START_TEST(reduced_mode_is_a_metric_of_its_own) {
	source.mode = XFW_MODE_REDUCED;
	source.bind_built = "9.18.48-1~deb12u1-Debian";
	for (unsigned openmetrics = 0; openmetrics < 2; openmetrics++) {
		read_as(openmetrics, false);
		IS("bind_xfrwatch_reduced", 1);
		/* Labels are fixed; the version is still that of the named. */
		IS("bind_xfrwatch_info{version=\"0.1.0\","
		   "bind_version=\"9.18.49-1~deb12u3-Debian\"}", 1);
	}
	release();
}
END_TEST

START_TEST(hostile_names_of_views_and_versions) {
	source.version = "0.1\"\n";
	source.bind_version = "9.18\\";
	(void)xfw_state_view(state, "in \"ternal\n\\");
	(void)xfw_state_view(state, "in \"ternal\\010\\");
	(void)xfw_state_view(state, "b\xc3\xbcro");
	read_as(true, false);
	IS("bind_xfrwatch_info{version=\"0.1\\\"\\\\010\","
	   "bind_version=\"9.18\\\\092\"}", 1);
	IS("bind_secondary_zones{view=\"in \\\"ternal\\\\010\\\\092\",state=\"ok\"}", 0);
	IS("bind_secondary_zones{view=\"in \\\"ternal\\\\092010\\\\092\","
	   "state=\"ok\"}", 0);
	IS("bind_secondary_zones{view=\"b\xc3\xbcro\",state=\"ok\"}", 0);
	release();
}
END_TEST

/*--- limits -----------------------------------------------------------------*/

#define ZONE_MAX 10000

/* Zones without fakes: the kit's are few. Deadlines differ, in no order. */
static void
many(unsigned count, bool failed) {
	xfw_view_t *view = xfw_state_view(state, XFW_VIEW_DEFAULT);
	xfw_zone_t *zone = NULL;
	char key[64];

	for (unsigned i = 0; i < count; i++) {
		snprintf(key, sizeof(key), "zone%05u.example/IN", i);
		xfw_state_probe(state, declare(key, 1));
	}
	for (unsigned i = 0; xfw_state_take_probes(state, view, &zone, 1) == 1; i++) {
		unsigned n = (unsigned)atoi(zone->key + 4);
		xfw_timers_t t = { .found = true, .loaded = true, .has_serial = true,
				   .has_soa = true, .type = XFW_ZONE_TYPE_SECONDARY,
				   .serial = 1, .refresh_s = REFRESH, .retry_s = RETRY,
				   .expire_s = EXPIRE,
				   .expires_s = now_ms / 1000 + EXPIRE - 60 -
						n * 7919 % 5003,
				   .refresh_at_s = now_ms / 1000 + 3000,
				   .read_ms = now_ms };
		xfw_state_timers(state, zone, &t, now_ms);
	}
	for (unsigned i = 0; failed && i < count; i++) {
		char text[256];

		snprintf(key, sizeof(key), "zone%05u.example/IN", i);
		snprintf(text, sizeof(text),
			 "xfer-in: error: transfer of '%s' from " P
			 ": failed to connect: connection refused", key);
		(void)line(text);
		snprintf(text, sizeof(text), "xfer-in: info: transfer of '%s' from " P
			 ": Transfer status: connection refused", key);
		(void)line(text);
	}
}

static void
check_limited(unsigned count) {
	static const xfw_zone_t *nearest[ZONE_MAX];
	size_t all = xfw_state_failing(state, nearest, ZONE_MAX);
	size_t shown = count < 1000 ? count : 1000;
	double near = 0;
	char id[256];

	ck_assert_uint_eq(all, count);
	read_as(count % 2, false);
	IS("bind_secondary_zones{" V ",state=\"failing\"}", count);
	IS("bind_secondary_zones_truncated", (double)(count - shown));
	IS("bind_secondary_next_deadline_timestamp_seconds{" V "}",
	   (double)nearest[0]->expires_s);
	for (size_t i = 0; i < all && i < shown; i++) {
		snprintf(id, sizeof(id),
			 "bind_zone_deadline_timestamp_seconds{" V ",zone_name=\"%.*s\"}",
			 (int)nearest[i]->key_len - 3, nearest[i]->key);
		IS(id, (double)nearest[i]->expires_s);
	}
	ck_assert_uint_eq(samples_of("bind_zone_deadline_timestamp_seconds"), shown);
	ck_assert_uint_eq(samples_of("bind_zone_failures"), shown);
	now_ms = ((int64_t)nearest[0]->expires_s - 3600) * 1000;
	read_as(true, false);
	IS("bind_secondary_zones_deadline{within=\"3d\"}", count);
	near = value_of(&got, "bind_secondary_zones_deadline{within=\"1h\"}");
	ck_assert_double_ge(near, 1);
	ck_assert_double_lt(near, count / 100.0);
}

START_TEST(a_thousand_zones_and_no_more) {
	/* Fewer; all; one too many; so many that they are gathered in pieces. */
	static const unsigned counts[] = { 999, 1000, 1001, 4000, 9000 };
	unsigned count = counts[_i];

	many(count, true);
	check_limited(count);
	if (count == 9000) {
		ck_assert_uint_gt(pieces, 9000 / XFW_PIECE_ZONES);
	}
	release();
}
END_TEST

START_TEST(order_of_the_nearest) {
	const char *at = NULL;
	double last = 0;

	many(2000, true);
	ask(false, false, NULL);
	at = strstr(whole.data, "\nbind_zone_deadline_timestamp_seconds{");
	for (unsigned i = 0; i < 1000; i++) {
		double value = strtod(strchr(at, '}') + 2, NULL);

		ck_assert_double_ge(value, last);
		last = value;
		at = strchr(at + 1, '\n');
	}
	release();
}
END_TEST

START_TEST(primaries_and_incidents_beyond_the_limit_are_one) {
	double failing_zones = 0, incidents = 0;

	for (unsigned i = 0; i < 140; i++) {
		char key[64], primary[64];

		snprintf(key, sizeof(key), "zone%03u.example/IN", i);
		snprintf(primary, sizeof(primary), "10.0.%u.1#53", i);
		healthy(key, 1);
		if (i < 120) {
			transfer_fails(key, primary,
				       i % 2 ? "failed to connect: connection refused"
					     : "failed to connect: timed out",
				       i % 2 ? "connection refused" : "timed out");
		} else {
			transfer_succeeds(key, primary, 2026032901);
		}
	}
	pass(1000);
	read_as(true, false);
	ck_assert_uint_eq(samples_of("bind_secondary_primary_failing_zones"), 101);
	IS("bind_secondary_primary_failing_zones{primary=\"other\"}", 20);
	IS("bind_secondary_incidents{cause=\"connect-refused\",primary=\"other\"}", 10);
	IS("bind_secondary_incidents{cause=\"connect-timeout\",primary=\"other\"}", 10);
	for (size_t i = 0; i < got.count; i++) {
		const char *id = got.samples[i].id;

		if (strncmp(id, "bind_secondary_primary_failing_zones{", 37) == 0) {
			failing_zones += got.samples[i].value;
		} else if (strncmp(id, "bind_secondary_incidents{", 25) == 0) {
			incidents += got.samples[i].value;
		}
	}
	ck_assert_double_eq(failing_zones, 120);
	ck_assert_double_eq(incidents, 120);
	release();
}
END_TEST

/* As many views as no one has: more text than one piece holds. */
START_TEST(more_views_than_fit_a_piece) {
	char id[128];

	for (unsigned i = 0; i < 3000; i++) {
		snprintf(id, sizeof(id), "view%04u", i);
		ck_assert_ptr_nonnull(xfw_state_view(state, id));
	}
	read_as(true, false);
	ck_assert_uint_eq(samples_of("bind_secondary_zones"), 12000);
	IS("bind_secondary_zones{view=\"view2999\",state=\"ok\"}", 0);
	ck_assert_uint_gt(pieces, 12000 * 50 / XFW_PIECE_MAX);
	release();
}
END_TEST

/*--- while it is read ---------------------------------------------------------*/

/* Zones go, zones come, others fail. */
static void
disturb(unsigned piece) {
	char key[64];

	for (unsigned i = 0; i < 40; i++) {
		snprintf(key, sizeof(key), "zone%05u.example/IN",
			 (piece * 40 + i) * 7 % ZONE_MAX / 2 * 2 + 1);
		gone(key);
		snprintf(key, sizeof(key), "new%05u.example/IN", piece * 40 + i);
		(void)declare(key, 1);
	}
}

static void
check_stayed(const char *name) {
	char id[256];

	for (unsigned i = 0; i < ZONE_MAX; i += 2) {
		snprintf(id, sizeof(id), "%s{" V ",zone_name=\"zone%05u.example\"}",
			 name, i);
		if (isnan(value_of(&got, id))) {
			ck_abort_msg("%s is not there", id);
		}
	}
}

START_TEST(all_zones_while_zones_go) {
	many(ZONE_MAX, false);
	removed = 0;
	ask(_i, true, disturb);
	ck_assert_uint_gt(pieces, 8 * ZONE_MAX / XFW_PIECE_ZONES);
	ck_assert_uint_gt(removed, 1000);
	exposition_read(&got, whole.data, whole.used, _i);
	check_stayed("bind_zone_failures");
	check_stayed("bind_zone_deadline_timestamp_seconds");
	check_stayed("bind_zone_served_serial");
	release();
}
END_TEST

/* Nobody has told of any serial: a walk of which nothing comes. */
START_TEST(all_zones_with_families_without_a_sample) {
	for (unsigned i = 0; i < ZONE_MAX; i++) {
		char key[64];

		snprintf(key, sizeof(key), "zone%05u.example/IN", i);
		(void)declare(key, 1);
	}
	read_as(_i, true);
	/* Nothing to say, but no call goes over more zones for that. */
	ck_assert_uint_gt(pieces, 8 * (ZONE_MAX / XFW_PIECE_ZONES) + 20);
	ck_assert_uint_eq(samples_of("bind_zone_primary_serial"), 0);
	ck_assert_uint_eq(samples_of("bind_zone_failures"), ZONE_MAX);
	release();
}
END_TEST

/* The default answer speaks of one moment, whatever happens while it is read. */
START_TEST(what_was_gathered_stays) {
	many(3000, true);
	ask(true, false, disturb);
	exposition_read(&got, whole.data, whole.used, true);
	ck_assert_uint_eq(samples_of("bind_zone_failures"), 1000);
	ck_assert_uint_eq(samples_of("bind_zone_expire_timestamp_seconds"), 1000);
	IS("bind_secondary_zones_truncated", 2000);
	release();
}
END_TEST

START_TEST(gathering_in_pieces_while_zones_go) {
	many(9000, true);
	ask(true, false, disturb);
	exposition_read(&got, whole.data, whole.used, true);
	/* A zone that was met twice has taken the place of another. */
	ck_assert_uint_ge(samples_of("bind_zone_failures"), 900);
	ck_assert_uint_lt(samples_of("bind_zone_failures"), 1000);
	ck_assert_double_gt(value_of(&got, "bind_secondary_zones_truncated"), 7000);
	release();
}
END_TEST

static void
remove_most(unsigned piece) {
	char key[64];

	for (unsigned i = 0; piece == 1 && i < 8500; i++) {
		snprintf(key, sizeof(key), "zone%05u.example/IN", i);
		gone(key);
	}
}

START_TEST(gathering_in_pieces_while_most_go) {
	many(9000, true);
	ask(true, false, remove_most);
	exposition_read(&got, whole.data, whole.used, true);
	ck_assert_uint_ge(samples_of("bind_zone_failures"), 500);
	release();
}
END_TEST

START_TEST(reader_that_goes_away) {
	xfw_answer_t answer = { .status = 200 };
	xfw_text_t piece = { 0 };

	many(9000, true);
	for (unsigned reads = 0; reads < 5; reads++) {
		xfw_answer_metrics(&source, true, reads % 2, &answer);
		for (unsigned i = 0; i < reads; i++) {
			ck_assert(answer.body->next(answer.body, &piece));
		}
		answer.body->end(answer.body);
		xfw_text_free(&piece);
	}
}
END_TEST

/* A million zones must not be a million samples in memory. */
START_TEST(memory_is_flat) {
	xfw_answer_t answer = { .status = 200 };
	xfw_text_t piece = { 0 };
	size_t before = 0, most = 0, bytes = 0;
	bool more = true;

	many(ZONE_MAX, false);
	before = mallinfo2().uordblks + mallinfo2().hblkhd;
	xfw_answer_metrics(&source, false, true, &answer);
	while (more) {
		size_t now = 0;

		xfw_text_reset(&piece);
		more = answer.body->next(answer.body, &piece);
		bytes += piece.used;
		now = mallinfo2().uordblks + mallinfo2().hblkhd - before;
		most = now > most ? now : most;
	}
	answer.body->end(answer.body);
	xfw_text_free(&piece);
	ck_assert_uint_gt(bytes, 8 * 50 * ZONE_MAX / 2);
	ck_assert_uint_le(most, 4 * XFW_PIECE_MAX);
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("metrics");
	TCase *tc = tcase_create("metrics");

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(suite, tc);
	tcase_add_test(tc, table_is_as_laid_down);
	tcase_add_test(tc, from_the_start_all_that_is_fixed_is_there);
	tcase_add_test(tc, types_of_both_formats);
	tcase_add_test(tc, values_are_those_of_the_state);
	tcase_add_test(tc, recovery_takes_the_series_away_and_counters_stay);
	tcase_add_test(tc, primary_that_nobody_has_any_more);
	tcase_add_test(tc, counters_never_fall);
	tcase_add_test(tc, recorder_counts_what_was_lost);
	tcase_add_test(tc, views_and_classes);
	tcase_add_test(tc, hostile_names_stay_labels);
	tcase_add_test(tc, reduced_mode_is_a_metric_of_its_own);
	tcase_add_test(tc, hostile_names_of_views_and_versions);
	tcase_add_loop_test(tc, a_thousand_zones_and_no_more, 0, 5);
	tcase_add_test(tc, order_of_the_nearest);
	tcase_add_test(tc, primaries_and_incidents_beyond_the_limit_are_one);
	tcase_add_test(tc, more_views_than_fit_a_piece);
	tcase_add_loop_test(tc, all_zones_while_zones_go, 0, 2);
	tcase_add_loop_test(tc, all_zones_with_families_without_a_sample, 0, 2);
	tcase_add_test(tc, what_was_gathered_stays);
	tcase_add_test(tc, gathering_in_pieces_while_zones_go);
	tcase_add_test(tc, gathering_in_pieces_while_most_go);
	tcase_add_test(tc, reader_that_goes_away);
	tcase_add_test(tc, memory_is_flat);
	return (kit_run(suite));
}
