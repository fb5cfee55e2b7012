/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The block in the statistics file, line by line. This program stands in for the
 * state and the plans (it has all that block.c and line.c ask of them), so that each
 * number can be laid down; that the numbers are right is the state's to prove.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xfrwatch/report.h>

#define NOW_S  INT64_C(1795219605)
#define NOW_MS (NOW_S * 1000)

/*--- the state --------------------------------------------------------------*/

static xfw_counters_t counters;
static xfw_primary_t *primaries;
static xfw_incident_t *incidents;
static const xfw_zone_t **failing;
static size_t failing_count;
static const xfw_unknown_t *unknown;
static size_t unknown_count;

const xfw_counters_t *
xfw_state_counters(const xfw_state_t *state) {
	(void)state;
	return (&counters);
}

const xfw_primary_t *
xfw_state_primaries(const xfw_state_t *state) {
	(void)state;
	return (primaries);
}

const xfw_incident_t *
xfw_state_incidents(const xfw_state_t *state) {
	(void)state;
	return (incidents);
}

size_t
xfw_state_failing(const xfw_state_t *state, const xfw_zone_t **out, size_t max) {
	(void)state;
	for (size_t i = 0; i < failing_count && i < max; i++) {
		out[i] = failing[i];
	}
	return (failing_count);
}

size_t
xfw_state_unknown(const xfw_state_t *state, const xfw_unknown_t **out, size_t max) {
	size_t count = (unknown_count < max) ? unknown_count : max;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		out[i] = &unknown[i];
	}
	return (count);
}

const char *
xfw_zone_state_name(xfw_zone_state_t state) {
	static const char *const names[] = { "ok", "failing", "never-loaded",
					     "expired" };

	return (names[state]);
}

int64_t
xfw_zone_deadline_s(const xfw_zone_t *zone) {
	return (zone->signature_s != 0 ? (int64_t)zone->signature_s : zone->expires_s);
}

const char *
xfw_zone_deadline_name(const xfw_zone_t *zone) {
	return (zone->signature_s != 0 ? "signature"
		: zone->expires_s != 0 ? "expire"
				       : NULL);
}

bool
xfw_zone_lag(const xfw_zone_t *zone, int32_t *lag, int64_t *since_ms) {
	*lag = (int32_t)(zone->offered - zone->serial);
	*since_ms = 0;
	return ((zone->flags & XFW_ZONE_HAS_OFFERED) != 0 &&
		(zone->flags & XFW_ZONE_HAS_SERIAL) != 0);
}

unsigned
xfw_plan_steps(xfw_cause_t cause) {
	return (cause == XFW_CAUSE_CONNECT_REFUSED ? 2 : 1);
}

size_t
xfw_plan_step(char *buf, size_t size, xfw_cause_t cause, unsigned i,
	      const xfw_plan_context_t *context) {
	return ((size_t)snprintf(buf, size, "%s %u: %s %s %s %s",
				 xfw_cause_info(cause)->name, i,
				 context->primary != NULL ? context->primary : "none",
				 context->zone != NULL ? context->zone : "none",
				 context->key != NULL ? context->key : "none",
				 context->source != NULL ? context->source : "none"));
}

bool
xfw_zone_offer(const xfw_zone_t *zone, uint32_t *serial, int64_t *at_ms) {
	*serial = zone->offered;
	*at_ms = (int64_t)zone->offered_s * 1000;
	return ((zone->flags & XFW_ZONE_HAS_OFFERED) != 0);
}

/*--- the tests --------------------------------------------------------------*/

static char default_name[] = "_default", internal_name[] = "in \"ternal\n";
static xfw_view_t default_view = { .name = default_name };
static xfw_view_t internal_view = { .name = internal_name };
static char address53[] = "10.0.0.53#53", address54[] = "10.0.0.54#53";
static xfw_primary_t primary53, primary54;
static xfw_recorder_t recorder;
static xfw_text_t text;

static void
setup(void) {
	memset(&counters, 0, sizeof(counters));
	primaries = NULL;
	incidents = NULL;
	failing_count = 0;
	unknown_count = 0;
	recorder = (xfw_recorder_t){ .recorded = 51980 };
	primary54 = (xfw_primary_t){ .address = address54 };
	primary53 = (xfw_primary_t){ .address = address53, .next = &primary54 };
}

static void
teardown(void) {
	xfw_text_free(&text);
}

static const char *
block(void) {
	xfw_text_reset(&text);
	xfw_block(&text, NULL, &recorder, NOW_MS + 999);
	ck_assert(!text.failed);
	ck_assert_uint_eq(strlen(text.data), text.used);
	return (text.data);
}

static xfw_zone_t *
make_zone(const char *key, xfw_view_t *view, xfw_feed_t *feed) {
	xfw_zone_t *zone = calloc(1, sizeof(*zone) + strlen(key) + 1);

	ck_assert_ptr_nonnull(zone);
	strcpy(zone->key, key);
	zone->view = view;
	zone->state = XFW_ZONE_FAILING;
	zone->severity = XFW_SEVERITY_CRIT;
	zone->cause = XFW_CAUSE_CONNECT_REFUSED;
	zone->flags = XFW_ZONE_HAS_SERIAL | XFW_ZONE_HAS_OFFERED;
	zone->serial = 2026032801;
	zone->offered = 2026032901;
	zone->failures = 51;
	zone->since_ms = NOW_MS - 43380000;
	zone->expires_s = NOW_S + 86400;
	zone->feeds = feed;
	if (feed != NULL) {
		*feed = (xfw_feed_t){ .zone = zone,
				      .primary = &primary53,
				      .cause = XFW_CAUSE_CONNECT_REFUSED };
	}
	return (zone);
}

START_TEST(the_layout_is_as_laid_down) {
	xfw_feed_t feed;
	xfw_zone_t *zone = make_zone("example.com/IN", &default_view, &feed);
	xfw_feed_t *heap[] = { &feed };
	xfw_incident_t incident = { .id = 7,
				    .primary = &primary53,
				    .cause = XFW_CAUSE_CONNECT_REFUSED,
				    .heard = XFW_CAUSE_CONNECT_REFUSED,
				    .severity = XFW_SEVERITY_CRIT,
				    .confidence = 80,
				    .zones = 312,
				    .opened_ms = NOW_MS - 43380000,
				    .heap = heap,
				    .heap_size = 1 };
	const xfw_zone_t *list[] = { zone };

	counters = (xfw_counters_t){
		.attempts = 51234,
		.up_to_date = 40112,
		.transferred = 9876,
		.failed = 1246,
		.causes[XFW_CAUSE_CONNECT_REFUSED] = 1200,
		.causes[XFW_CAUSE_REFUSED_TRANSFER] = 46,
		.zones = { [XFW_ZONE_OK] = 9683,
			   [XFW_ZONE_FAILING] = 312,
			   [XFW_ZONE_EXPIRED] = 4,
			   [XFW_ZONE_NEVER_LOADED] = 1 },
	};
	primary53.causes[XFW_CAUSE_CONNECT_REFUSED] = 1200;
	primary54.causes[XFW_CAUSE_REFUSED_TRANSFER] = 46;
	primaries = &primary53;
	incidents = &incident;
	failing = list;
	failing_count = 1;
	ck_assert_str_eq(
		block(),
		"+++ xfrwatch Statistics Dump +++ (1795219605)\n"
		"++ Secondary Zones ++\n"
		"                 312 failing\n"
		"                   4 expired\n"
		"                   1 never loaded\n"
		"                9683 ok\n"
		"++ Refresh and Transfer Attempts ++\n"
		"               51234 attempts\n"
		"               40112 zone up to date\n"
		"                9876 zone transferred\n"
		"                1246 failed\n"
		"++ Failures by Cause ++\n"
		"                  46 refused-transfer: primary refused the zone transfer\n"
		"                1200 connect-refused: TCP connection refused by the primary\n"
		"++ Failures by Primary ++\n"
		"[primary 10.0.0.53#53]\n"
		"                1200 connect-refused\n"
		"[primary 10.0.0.54#53]\n"
		"                  46 refused-transfer\n"
		"++ Open Incidents ++\n"
		"[incident 7] crit connect-refused primary 10.0.0.53#53\n"
		"                 312 zones\n"
		"               43380 seconds failing\n"
		"               86400 seconds to the nearest deadline (example.com/IN)\n"
		"                  80 percent sure\n"
		"                     step 1: connect-refused 0: 10.0.0.53#53 "
		"example.com/IN none none\n"
		"                     step 2: connect-refused 1: 10.0.0.53#53 "
		"example.com/IN none none\n"
		"++ Failing Zones ++\n"
		"[View: default]\n"
		"example.com/IN connect-refused primary 10.0.0.53#53 failures 51 "
		"failing-for 43380 deadline-in 86400 serving 2026032801 "
		"offered 2026032901 severity crit state failing lag 100\n"
		"++ Recorder ++\n"
		"               51980 events recorded\n"
		"                   0 events lost\n"
		"                   0 messages unclassified\n"
		"--- xfrwatch Statistics Dump --- (1795219605)\n");
	free(zone);
}
END_TEST

START_TEST(reduced_mode_is_told_with_both_versions) {
	recorder.mode = XFW_MODE_REDUCED;
	recorder.bind_built = "9.18.48-1";
	recorder.bind_version = "9.18.49-1\n\"~ Debian";
	ck_assert_str_eq(
		block(),
		"+++ xfrwatch Statistics Dump +++ (1795219605)\n"
		"++ Recorder ++\n"
		"                     mode: reduced, built for BIND 9.18.48-1, running in "
		"BIND 9.18.49-1\\010\\034~\\032Debian\n"
		"               51980 events recorded\n"
		"                   0 events lost\n"
		"                   0 messages unclassified\n"
		"--- xfrwatch Statistics Dump --- (1795219605)\n");
	recorder.bind_version = "";
	ck_assert_ptr_nonnull(strstr(block(), " 9.18.48-1, running in BIND -\n"));
	/* Full mode needs no word, whatever the revisions. */
	recorder.mode = XFW_MODE_FULL;
	ck_assert_ptr_null(strstr(block(), "mode"));
}
END_TEST

START_TEST(a_diagnosis_is_told_below_its_incident) {
	static char checked[] = "checked.example/IN", key[] = "xfr-key";
	xfw_feed_t feed;
	xfw_zone_t *zone = make_zone("example.com/IN", &default_view, &feed);
	xfw_feed_t *heap[] = { &feed };
	xfw_diagnosis_t diagnosis = {
		.rounds = 1,
		.findings = { .count = 2,
			      .item = { { .check = XFW_CHECK_UDP_SOA,
					  .result = XFW_RESULT_TIMEOUT },
					{ .check = XFW_CHECK_TCP_CONNECT,
					  .result = XFW_RESULT_DONE } } },
		.verdict = { .stance = { XFW_STANCE_AGREES, XFW_STANCE_CONTRADICTS },
			     .why = "UDP port 53 is silent\n, TCP port 53 answers" },
		.zone = checked,
		.key = key,
		.source = "10.0.0.9",
	};
	xfw_incident_t incident = { .id = 7,
				    .primary = &primary53,
				    .cause = XFW_CAUSE_UDP_BLOCKED,
				    .heard = XFW_CAUSE_SOA_TIMEOUT,
				    .severity = XFW_SEVERITY_CRIT,
				    .confidence = 95,
				    .cascade = 5,
				    .zones = 312,
				    .expired = 4,
				    .diagnosis = &diagnosis,
				    .heap = heap,
				    .heap_size = 1 };
	char want[2000], udp[256], tcp[256];

	xfw_finding_text(udp, sizeof(udp), &diagnosis.findings.item[0]);
	xfw_finding_text(tcp, sizeof(tcp), &diagnosis.findings.item[1]);
	zone->signature_s = (uint32_t)NOW_S + 3600;
	incidents = &incident;
	snprintf(want, sizeof(want),
		 "[incident 7] crit udp-blocked primary 10.0.0.53#53\n"
		 "                 312 zones\n"
		 "                   4 zones expired\n"
		 "                3600 seconds to the nearest deadline (example.com/IN) "
		 "by signature\n"
		 "                  95 percent sure\n"
		 "                     cascade: 5\n"
		 "                     heard as: soa-timeout\n"
		 "                     checked zone: checked.example/IN\n"
		 "                     check soa-udp: %s (agrees)\n"
		 "                     check tcp-connect: %s (contradicts)\n"
		 "                     why: UDP port 53 is silent\\010, TCP port 53 answers\n"
		 "                     step 1: udp-blocked 0: 10.0.0.53#53 "
		 "checked.example/IN xfr-key 10.0.0.9\n"
		 "++ Recorder ++\n",
		 udp, tcp);
	block();
	ck_assert_str_eq(strstr(text.data, "[incident 7]"),
			 strcat(want, strstr(text.data, "++ Recorder ++\n") +
					      strlen("++ Recorder ++\n")));
	free(zone);
}
END_TEST

/* However many there are, the block does not grow by a plan for each. */
START_TEST(the_worst_hundred_incidents_are_told_whole) {
	enum { ALL = 150 };
	xfw_incident_t *all = calloc(ALL, sizeof(*all));
	unsigned int steps = 0;

	ck_assert_ptr_nonnull(all);
	for (unsigned int i = 0; i < ALL; i++) {
		all[i] = (xfw_incident_t){
			.id = 1000 - i,
			.primary = &primary53,
			.cause = XFW_CAUSE_UDP_BLOCKED,
			.severity = (i >= ALL - 20) ? XFW_SEVERITY_ALERT
						    : XFW_SEVERITY_NOTICE,
			.next = (i + 1 < ALL) ? &all[i + 1] : NULL,
		};
	}
	incidents = all;
	block();
	for (const char *p = text.data; (p = strstr(p, " step 1: ")) != NULL; p++) {
		steps++;
	}
	ck_assert_uint_eq(steps, XFW_BLOCK_WHOLE_MAX);
	/* The 80 newest of those that are less severe, and the oldest, as it is worst. */
	ck_assert_ptr_nonnull(strstr(text.data, "[incident 921] notice udp-blocked "
						"primary 10.0.0.53#53\n"
						"                   0 zones\n"
						"                     step 1: "));
	ck_assert_ptr_nonnull(strstr(text.data, "[incident 920] notice udp-blocked "
						"primary 10.0.0.53#53\n"
						"                   0 zones\n[incident"));
	ck_assert_ptr_nonnull(strstr(text.data, "[incident 851] alert udp-blocked "
						"primary 10.0.0.53#53\n"
						"                   0 zones\n"
						"                     step 1: "));
	free(all);
}
END_TEST

START_TEST(a_zone_tells_its_lag_and_whose_the_deadline_is) {
	xfw_zone_t *zone = make_zone("a.example/IN", &default_view, NULL);
	const xfw_zone_t *list[] = { zone };

	failing = list;
	failing_count = 1;
	zone->offered = zone->serial - 3;
	zone->signature_s = (uint32_t)NOW_S + 60;
	ck_assert_ptr_nonnull(strstr(block(), " deadline-in 60 serving 2026032801 "
					      "offered 2026032798 severity crit state "
					      "failing lag -3 deadline-by signature\n"));
	zone->flags = 0;
	zone->signature_s = 0;
	ck_assert_ptr_nonnull(strstr(block(), " state failing\n"));
	free(zone);
}
END_TEST

START_TEST(headings_without_content_are_left_out) {
	primaries = &primary53;
	ck_assert_str_eq(block(), "+++ xfrwatch Statistics Dump +++ (1795219605)\n"
				  "++ Recorder ++\n"
				  "               51980 events recorded\n"
				  "                   0 events lost\n"
				  "                   0 messages unclassified\n"
				  "--- xfrwatch Statistics Dump --- (1795219605)\n");
	counters.zones[XFW_ZONE_OK] = 3;
	counters.attempts = 1;
	counters.up_to_date = 1;
	block();
	ck_assert_ptr_nonnull(strstr(text.data, "\n                   0 failing\n"));
	ck_assert_ptr_nonnull(strstr(text.data, "\n                   3 ok\n"));
	ck_assert_ptr_nonnull(strstr(text.data, " 0 zone transferred\n"));
	ck_assert_ptr_null(strstr(text.data, "Failures"));
	ck_assert_ptr_null(strstr(text.data, "Incidents"));
	ck_assert_ptr_null(strstr(text.data, "Failing"));
}
END_TEST

START_TEST(each_view_is_named_once_most_pressing_first) {
	const xfw_zone_t *list[] = {
		make_zone("b.example/IN/in \"ternal\n", &internal_view, NULL),
		make_zone("a.example/IN", &default_view, NULL),
		make_zone("c.example/IN/in \"ternal\n", &internal_view, NULL),
	};
	const char *b, *c, *a, *inner, *outer;

	failing = list;
	failing_count = 3;
	block();
	inner = strstr(text.data, "\n[View: in \\034ternal\\010]\n");
	outer = strstr(text.data, "\n[View: default]\n");
	b = strstr(text.data, "\nb.example/IN/in\\032\\034ternal\\010 connect-refused "
			      "primary - failures 51 ");
	c = strstr(text.data, "\nc.example/IN/");
	a = strstr(text.data, "\na.example/IN ");
	ck_assert(inner != NULL && outer != NULL && a != NULL && b != NULL &&
		  c != NULL);
	ck_assert(inner < b && b < c && c < outer && outer < a);
	for (size_t i = 0; i < 3; i++) {
		free((void *)(uintptr_t)list[i]);
	}
}
END_TEST

START_TEST(what_is_not_known_is_a_dash) {
	xfw_feed_t feed;
	xfw_zone_t *zone = make_zone("n.example/IN", &default_view, &feed);
	xfw_feed_t *heap[] = { &feed };
	xfw_incident_t incident = { .id = 1,
				    .cause = XFW_CAUSE_NO_PRIMARIES,
				    .severity = XFW_SEVERITY_ALERT,
				    .zones = 1,
				    .opened_ms = NOW_MS,
				    .heap = heap,
				    .heap_size = 1 };
	const xfw_zone_t *list[] = { zone };

	zone->state = XFW_ZONE_NEVER_LOADED;
	zone->severity = XFW_SEVERITY_ALERT;
	zone->cause = XFW_CAUSE_NONE;
	zone->flags &= (uint8_t)~XFW_ZONE_HAS_OFFERED;
	zone->expires_s = 0;
	zone->since_ms = 0;
	incidents = &incident;
	failing = list;
	failing_count = 1;
	block();
	ck_assert_ptr_nonnull(
		strstr(text.data, "\n[incident 1] alert no-primaries primary -\n"
				  "                   1 zones\n"
				  "                   0 seconds failing\n"
				  "                     step 1: no-primaries 0: none "
				  "n.example/IN none none\n"
				  "++ Failing Zones ++\n"));
	ck_assert_ptr_nonnull(
		strstr(text.data, "\nn.example/IN - primary - failures 51 "
				  "failing-for - deadline-in - serving - offered - "
				  "severity alert state never-loaded\n"));
	free(zone);
}
END_TEST

START_TEST(a_name_forges_no_line) {
	xfw_feed_t feed;
	xfw_zone_t *zone = make_zone("a\n--- Statistics Dump --- (1)\n\\032b c/IN",
				     &default_view, &feed);
	const xfw_zone_t *list[] = { zone };

	failing = list;
	failing_count = 1;
	block();
	ck_assert_ptr_nonnull(
		strstr(text.data, "\na\\010---\\032Statistics\\032Dump\\032---"
				  "\\032(1)\\010\\032b\\032c/IN connect-refused "));
	ck_assert_ptr_null(strstr(text.data, "\n--- Statistics Dump ---"));
	free(zone);
}
END_TEST

START_TEST(a_thousand_zones_are_listed_and_the_rest_counted) {
	const size_t all = 1003;
	const xfw_zone_t **list = calloc(all, sizeof(*list));
	unsigned int lines = 0;

	ck_assert_ptr_nonnull(list);
	for (size_t i = 0; i < all; i++) {
		char key[32];

		snprintf(key, sizeof(key), "z%zu.example/IN", i);
		list[i] = make_zone(key, &default_view, NULL);
	}
	failing = list;
	failing_count = all;
	block();
	for (const char *p = text.data; (p = strstr(p, "\nz")) != NULL; p++) {
		lines++;
	}
	ck_assert_uint_eq(lines, XFW_BLOCK_ZONES_MAX);
	ck_assert_ptr_nonnull(strstr(text.data, "\nz999.example/IN "));
	ck_assert_ptr_nonnull(strstr(text.data, "\n                   3 more failing "
						"zones\n++ Recorder ++\n"));
	failing_count = XFW_BLOCK_ZONES_MAX;
	ck_assert_ptr_null(strstr(block(), "more failing"));
	for (size_t i = 0; i < all; i++) {
		free((void *)(uintptr_t)list[i]);
	}
	free(list);
}
END_TEST

START_TEST(unclassified_texts_are_shown) {
	static const xfw_unknown_t texts[] = {
		{ NOW_MS - 2000, "example.com/IN: nobody knows" },
		{ NOW_MS - 65000, "b.example/IN: \"a\n+++ Statistics Dump +++ (1)" },
	};

	recorder.lost = 12;
	recorder.unclassified = 2;
	unknown = texts;
	unknown_count = 2;
	ck_assert_ptr_nonnull(strstr(
		block(),
		"                  12 events lost\n"
		"                   2 messages unclassified\n"
		"                   2 seconds since unclassified: example.com/IN: "
		"nobody knows\n"
		"                  65 seconds since unclassified: b.example/IN: "
		"\\034a\\010+++ Statistics Dump +++ (1)\n"
		"--- xfrwatch Statistics Dump ---"));
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("block");
	TCase *tc = tcase_create("block");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_layout_is_as_laid_down);
	tcase_add_test(tc, reduced_mode_is_told_with_both_versions);
	tcase_add_test(tc, a_diagnosis_is_told_below_its_incident);
	tcase_add_test(tc, the_worst_hundred_incidents_are_told_whole);
	tcase_add_test(tc, a_zone_tells_its_lag_and_whose_the_deadline_is);
	tcase_add_test(tc, headings_without_content_are_left_out);
	tcase_add_test(tc, each_view_is_named_once_most_pressing_first);
	tcase_add_test(tc, what_is_not_known_is_a_dash);
	tcase_add_test(tc, a_name_forges_no_line);
	tcase_add_test(tc, a_thousand_zones_are_listed_and_the_rest_counted);
	tcase_add_test(tc, unclassified_texts_are_shown);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
