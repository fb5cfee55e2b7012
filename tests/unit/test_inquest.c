/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Diagnoses in the state: which incident is asked about when and by which zone, what
 * the findings make of it, how sure it is, and what is said of that. No daemon, no
 * socket: the findings are made up.
 */
#include "state_kit.h"

#define P "10.0.0.53#53"
#define Q "10.0.0.54#53"
#define INTERVAL_S 60

static bool
nobody_busy(void *arg, const xfw_primary_t *primary) {
	(void)arg;
	(void)primary;
	return (false);
}

static bool
busy_at(void *arg, const xfw_primary_t *primary) {
	return (strcmp(primary->address, arg) == 0);
}

static const xfw_incident_t *
due(void) {
	int64_t next_ms;

	return (xfw_state_undiagnosed(state, now_ms, nobody_busy, NULL, &next_ms));
}

static xfw_finding_t
finding(xfw_check_t check, xfw_result_t result) {
	return ((xfw_finding_t){ .check = (uint8_t)check,
				 .result = (uint8_t)result,
				 .at_ms = now_ms,
				 .rcode = UINT16_MAX });
}

static xfw_finding_t
soa(xfw_check_t check, uint16_t rcode, uint32_t serial) {
	xfw_finding_t f = finding(check, XFW_RESULT_ANSWER);

	f.rcode = rcode;
	f.authoritative = rcode == XFW_RCODE_NOERROR;
	f.has_serial = f.authoritative;
	f.serial = serial;
	return (f);
}

static xfw_finding_t
tsig(xfw_check_t check, uint16_t error) {
	xfw_finding_t f = soa(check, XFW_RCODE_NOTAUTH, 0);

	f.tsig = XFW_TSIG_ERROR;
	f.tsig_error = error;
	return (f);
}

/* The incident is diagnosed with these two findings. */
static void
diagnose(const xfw_incident_t *inc, const xfw_zone_t *zone, xfw_finding_t a,
	 xfw_finding_t b) {
	xfw_inquest_t inquest = { .incident = inc->id,
				  .zone = zone->key,
				  .source = "10.0.0.9",
				  .port = 53,
				  .findings = { .count = 2, .item = { a, b } } };

	xfw_state_diagnosed(state, &inquest, INTERVAL_S, now_ms);
}

static const xfw_incident_t *
only(void) {
	const xfw_incident_t *inc = xfw_state_incidents(state);

	ck_assert_ptr_nonnull(inc);
	ck_assert_ptr_null(inc->next);
	return (inc);
}

START_TEST(asked_soon_after_it_opened) {
	healthy("a.example/IN", 1);
	soa_fails("a.example/IN", P, "connection refused");
	ck_assert_ptr_null(due());
	pass(600);
	ck_assert_ptr_eq(due(), only());
	ck_assert_str_eq(xfw_incident_sample(only())->key, "a.example/IN");
}
END_TEST

START_TEST(asked_again_later_and_later) {
	int64_t waits[] = { 60, 120, 240, 480, 960, 1920, 3600, 3600 };
	xfw_zone_t *zone = healthy("a.example/IN", 1);

	soa_fails("a.example/IN", P, "connection refused");
	pass(600);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		diagnose(only(), zone, finding(XFW_CHECK_UDP_SOA, XFW_RESULT_REFUSED),
			 finding(XFW_CHECK_TCP_CONNECT, XFW_RESULT_REFUSED));
		ck_assert_int_eq(only()->diagnosis->next_ms,
				 now_ms + waits[i] * 1000);
		ck_assert_ptr_null(due());
		now_ms += waits[i] * 1000;
		ck_assert_ptr_eq(due(), only());
	}
}
END_TEST

START_TEST(recovery_waits_for_no_more_than_five_minutes) {
	int64_t waits[] = { 60, 120, 240, 300, 300 };
	xfw_policy_t policy = { .escalation = XFW_ESCALATION_DEFAULT, .recovery = true };
	xfw_zone_t *zone = healthy("a.example/IN", 1);

	xfw_state_configure(state, &policy, now_ms);
	soa_fails("a.example/IN", P, "connection refused");
	pass(600);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		diagnose(only(), zone, finding(XFW_CHECK_UDP_SOA, XFW_RESULT_REFUSED),
			 finding(XFW_CHECK_TCP_CONNECT, XFW_RESULT_REFUSED));
		ck_assert_int_eq(only()->diagnosis->next_ms, now_ms + waits[i] * 1000);
	}
}
END_TEST

START_TEST(busy_primaries_wait_and_the_worst_goes_first) {
	char q[] = Q;
	int64_t next_ms;

	healthy("a.example/IN", 1);
	healthy("b.example/IN", 1);
	soa_fails("a.example/IN", P, "connection refused");
	soa_fails("b.example/IN", Q, "connection refused");
	fake_find("b.example/IN")->t.loaded = false;
	linef("general: warning: zone b.example/IN: expired");
	pass(600);
	ck_assert_str_eq(due()->primary->address, Q);
	ck_assert_str_eq(xfw_state_undiagnosed(state, now_ms, busy_at, q, &next_ms)
				 ->primary->address, P);
	ck_assert_int_le(next_ms, now_ms);
}
END_TEST

START_TEST(what_went_wrong_here_is_not_asked_about) {
	healthy("a.example/IN", 1);
	linef("general: error: zone a.example/IN: cannot refresh: no primaries");
	pass(60000);
	ck_assert_ptr_nonnull(xfw_state_incidents(state));
	ck_assert_ptr_null(due());
}
END_TEST

START_TEST(verdict_becomes_the_cause_of_all_its_zones) {
	xfw_zone_t *a = healthy("a.example/IN", 1), *b = healthy("b.example/IN", 1);

	soa_fails("a.example/IN", P, "tsig indicates error");
	soa_fails("b.example/IN", P, "tsig indicates error");
	pass(600);
	ck_assert_int_eq(only()->cause, XFW_CAUSE_TSIG_ERROR);
	diagnose(only(), a, tsig(XFW_CHECK_UDP_SOA, XFW_TSIG_BADKEY),
		 tsig(XFW_CHECK_TCP_SOA, XFW_TSIG_BADKEY));
	ck_assert_int_eq(only()->cause, XFW_CAUSE_TSIG_BADKEY);
	ck_assert_int_eq(only()->heard, XFW_CAUSE_TSIG_ERROR);
	ck_assert_int_eq(a->cause, XFW_CAUSE_TSIG_BADKEY);
	ck_assert_int_eq(b->cause, XFW_CAUSE_TSIG_BADKEY);
	ck_assert_uint_eq(only()->zones, 2);
	ck_assert_uint_gt(only()->confidence, 80);
	check_whole();

	/* What fails later for what it was heard as is the same trouble. */
	healthy("c.example/IN", 1);
	soa_fails("c.example/IN", P, "tsig indicates error");
	soa_fails("a.example/IN", P, "tsig indicates error");
	pass(600);
	ck_assert_uint_eq(only()->zones, 3);
	ck_assert_int_eq(a->cause, XFW_CAUSE_TSIG_BADKEY);
	check_whole();
}
END_TEST

START_TEST(verdict_of_an_incident_that_is_there_merges_them) {
	xfw_zone_t *a = healthy("a.example/IN", 1);

	healthy("b.example/IN", 1);
	soa_fails("a.example/IN", P, "tsig indicates error");
	soa_fails("b.example/IN", P, "clocks are unsynchronized");
	pass(600);
	ck_assert_uint_eq(open_incidents(), 2);
	diagnose(feed_of(a, P)->incident, a, tsig(XFW_CHECK_UDP_SOA, XFW_TSIG_BADTIME),
		 tsig(XFW_CHECK_TCP_SOA, XFW_TSIG_BADTIME));
	ck_assert_uint_eq(open_incidents(), 1);
	ck_assert_int_eq(only()->cause, XFW_CAUSE_TSIG_BADTIME);
	ck_assert_uint_eq(only()->zones, 2);
	soa_fails("a.example/IN", P, "tsig indicates error");
	pass(600);
	ck_assert_uint_eq(open_incidents(), 1);
	check_whole();
}
END_TEST

START_TEST(said_once_and_again_when_it_is_another) {
	xfw_zone_t *a = healthy("a.example/IN", 1);

	soa_fails("a.example/IN", P, "tsig indicates error");
	pass(600);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, "tsig-error"), 1);
	for (int i = 0; i < 3; i++) {
		diagnose(only(), a, tsig(XFW_CHECK_UDP_SOA, XFW_TSIG_BADKEY),
			 tsig(XFW_CHECK_TCP_SOA, XFW_TSIG_BADKEY));
		pass(1000);
	}
	ck_assert_uint_eq(heard(XFW_NOTICE_DIAGNOSED, "tsig-badkey"), 1);
	diagnose(only(), a, tsig(XFW_CHECK_UDP_SOA, XFW_TSIG_BADSIG),
		 tsig(XFW_CHECK_TCP_SOA, XFW_TSIG_BADSIG));
	ck_assert_uint_eq(heard(XFW_NOTICE_DIAGNOSED, "tsig-badsig"), 1);
	ck_assert_int_eq(only()->cause, XFW_CAUSE_TSIG_BADSIG);
}
END_TEST

START_TEST(zones_that_give_another_verdict_make_it_less_sure) {
	xfw_zone_t *zones[4];
	char key[32];
	uint8_t sure;

	for (int i = 0; i < 4; i++) {
		snprintf(key, sizeof(key), "z%d.example/IN", i);
		zones[i] = healthy(key, 1);
		soa_fails(key, P, "tsig indicates error");
	}
	pass(600);
	for (int i = 0; i < 3; i++) {
		diagnose(only(), zones[i], tsig(XFW_CHECK_UDP_SOA, XFW_TSIG_BADKEY),
			 tsig(XFW_CHECK_TCP_SOA, XFW_TSIG_BADKEY));
	}
	sure = only()->confidence;
	diagnose(only(), zones[3], tsig(XFW_CHECK_UDP_SOA, XFW_TSIG_BADSIG),
		 tsig(XFW_CHECK_TCP_SOA, XFW_TSIG_BADSIG));
	ck_assert_int_eq(only()->cause, XFW_CAUSE_TSIG_BADKEY); /* most say so */
	ck_assert_uint_lt(only()->confidence, sure);
	ck_assert_uint_eq(only()->diagnosis->asked, 4);
	ck_assert_uint_eq(only()->diagnosis->agreed, 3);
}
END_TEST

START_TEST(at_the_network_the_last_one_holds) {
	xfw_zone_t *a = healthy("a.example/IN", 1), *b = healthy("b.example/IN", 1);

	soa_fails("a.example/IN", P, "connection refused");
	soa_fails("b.example/IN", P, "connection refused");
	for (int i = 0; i < 4; i++) {
		char key[32];

		snprintf(key, sizeof(key), "z%d.example/IN", i);
		soa_fails(key, P, "connection refused");
	}
	pass(600);
	for (int i = 0; i < 3; i++) {
		diagnose(only(), a, finding(XFW_CHECK_UDP_SOA, XFW_RESULT_REFUSED),
			 finding(XFW_CHECK_TCP_CONNECT, XFW_RESULT_REFUSED));
	}
	diagnose(only(), b, finding(XFW_CHECK_UDP_SOA, XFW_RESULT_TIMEOUT),
		 finding(XFW_CHECK_TCP_CONNECT, XFW_RESULT_TIMEOUT));
	ck_assert_int_eq(only()->cause, XFW_CAUSE_HOST_DOWN);
	ck_assert_uint_eq(heard(XFW_NOTICE_DIAGNOSED, "connect-refused"), 1);
	/* named says what it is: that is newer than what was found. */
	soa_fails("a.example/IN", P, "connection refused");
	ck_assert_int_eq(feed_of(a, P)->incident->cause, XFW_CAUSE_HOST_DOWN);
	check_whole();
}
END_TEST

START_TEST(samples_go_through_the_zones) {
	const xfw_zone_t *asked[3] = { NULL };
	char key[32];

	for (int i = 0; i < 10; i++) {
		snprintf(key, sizeof(key), "z%d.example/IN", i);
		healthy(key, 1);
		soa_fails(key, P, "tsig indicates error");
	}
	pass(600);
	for (int i = 0; i < 3; i++) {
		asked[i] = xfw_incident_sample(only());
		diagnose(only(), asked[i], tsig(XFW_CHECK_UDP_SOA, XFW_TSIG_BADKEY),
			 tsig(XFW_CHECK_TCP_SOA, XFW_TSIG_BADKEY));
	}
	ck_assert_ptr_ne(asked[0], asked[1]);
	ck_assert_ptr_ne(asked[1], asked[2]);
}
END_TEST

START_TEST(an_incident_that_is_over_is_left_alone) {
	xfw_zone_t *a = healthy("a.example/IN", 1);
	uint64_t id;

	soa_fails("a.example/IN", P, "connection refused");
	pass(600);
	id = only()->id;
	transfer_succeeds("a.example/IN", P, 5);
	pass(600);
	ck_assert_uint_eq(open_incidents(), 0);
	xfw_inquest_t late = { .incident = id, .zone = a->key, .port = 53 };
	xfw_state_diagnosed(state, &late, INTERVAL_S, now_ms);
	ck_assert_uint_eq(heard(XFW_NOTICE_DIAGNOSED, NULL), 0);
	check_whole();
}
END_TEST

START_TEST(blocked_udp_behind_a_failure_does_not_feed_the_zone) {
	xfw_zone_t *a = healthy("a.example/IN", 1);

	soa_fails("a.example/IN", P, "retry limit for primary " P " exceeded");
	transfer_fails("a.example/IN", P, "timed out", "timed out");
	pass(6000);
	ck_assert_int_eq(a->state, XFW_ZONE_FAILING);
	diagnose(feed_of(a, P)->incident, a,
		 finding(XFW_CHECK_UDP_SOA, XFW_RESULT_TIMEOUT),
		 soa(XFW_CHECK_TCP_SOA, XFW_RCODE_NOERROR, 5));
	pass(1000);
	ck_assert_int_eq(a->state, XFW_ZONE_FAILING);
	ck_assert_int_ne(a->cause, XFW_CAUSE_NONE);
	check_whole();
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("inquest");
	TCase *tcase = kit_case(suite, "inquest");

	tcase_add_test(tcase, asked_soon_after_it_opened);
	tcase_add_test(tcase, asked_again_later_and_later);
	tcase_add_test(tcase, recovery_waits_for_no_more_than_five_minutes);
	tcase_add_test(tcase, busy_primaries_wait_and_the_worst_goes_first);
	tcase_add_test(tcase, what_went_wrong_here_is_not_asked_about);
	tcase_add_test(tcase, verdict_becomes_the_cause_of_all_its_zones);
	tcase_add_test(tcase, verdict_of_an_incident_that_is_there_merges_them);
	tcase_add_test(tcase, said_once_and_again_when_it_is_another);
	tcase_add_test(tcase, zones_that_give_another_verdict_make_it_less_sure);
	tcase_add_test(tcase, at_the_network_the_last_one_holds);
	tcase_add_test(tcase, samples_go_through_the_zones);
	tcase_add_test(tcase, an_incident_that_is_over_is_left_alone);
	tcase_add_test(tcase, blocked_udp_behind_a_failure_does_not_feed_the_zone);
	return (kit_run(suite));
}
