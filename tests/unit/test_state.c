/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tests of the state as a whole: what becomes of a zone over hours, with its
 * timers, one primary or several. One thread, a clock of its own.
 */
#include "state_kit.h"

#define Z "example.com/IN"
#define P "10.0.0.53#53"
#define Q "10.0.0.54#53"

#define HOUR_MS (3600 * 1000LL)

static const xfw_counters_t *
counters(void) {
	return (xfw_state_counters(state));
}

/*--- success that nobody tells of -------------------------------------------*/

START_TEST(silent_success_is_seen_in_the_timers) {
	xfw_zone_t *zone = healthy(Z, 1);
	unsigned reads = fakes[0].reads;

	for (int i = 1; i <= 5; i++) {
		int64_t at_ms = fakes[0].t.refresh_at_s * 1000;
		pass(at_ms - now_ms);
		fake_success(&fakes[0]);
		pass(2000);
		ck_assert_uint_eq(counters()->up_to_date, (uint64_t)i);
		ck_assert_int_le(llabs(zone->last_success_ms - at_ms), 2000);
		ck_assert_int_eq(zone->expires_s, fakes[0].t.expires_s);
	}
	ck_assert_uint_eq(counters()->attempts, 5);
	ck_assert_uint_le(fakes[0].reads - reads, 10); /* cheap */
	ck_assert_uint_eq(said_count, 0);
}
END_TEST

START_TEST(slow_answer_is_success_and_not_more) {
	xfw_zone_t *zone = healthy(Z, 1);

	pass(fakes[0].t.refresh_at_s * 1000 - now_ms);
	fake_begin(&fakes[0]); /* the SOA query is under way */
	pass(20000);
	ck_assert_uint_eq(counters()->attempts, 0);
	fake_success(&fakes[0]);
	pass(30000);
	ck_assert_uint_eq(counters()->up_to_date, 1);
	ck_assert_uint_eq(counters()->failed, 0);
	ck_assert_uint_eq(zone->idle_refreshes, 0);
}
END_TEST

/* EDNS EXPIRE (RFC 7314) can hold the expire time where it is. */
START_TEST(success_without_a_later_expire_time) {
	healthy(Z, 1);
	soa_fails(Z, P, "connection refused");
	fake_begin(&fakes[0]);
	pass(RETRY * 1000);
	fakes[0].t.refresh_at_s = now_ms / 1000 + REFRESH;
	pass(3000);
	ck_assert_uint_eq(counters()->up_to_date, 1);
	ck_assert_uint_eq(counters()->zones[XFW_ZONE_OK], 1);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, NULL), 1);
}
END_TEST

START_TEST(transfer_is_counted_once_though_timers_move) {
	xfw_zone_t *zone = healthy(Z, 1);

	pass(HOUR_MS / 2);
	transfer_succeeds(Z, P, 2026032901);
	fake_success(&fakes[0]);
	fakes[0].t.serial = 2026032901;
	pass(60000);
	ck_assert_uint_eq(counters()->attempts, 1);
	ck_assert_uint_eq(counters()->transferred, 1);
	ck_assert_int_gt(zone->last_transfer_ms, 0);
	ck_assert_uint_eq(zone->serial, 2026032901);
}
END_TEST

START_TEST(last_success_of_a_restarted_named_is_that_of_the_file) {
	xfw_zone_t *zone = declare(Z, 1);

	fake_zone(Z, 1234);
	pass(0);
	ck_assert_int_eq(zone->last_success_ms, (START_MS / 1000 - 1234) * 1000);
	ck_assert_uint_eq(counters()->attempts, 0);
}
END_TEST

/*--- failure that nobody tells of -------------------------------------------*/

START_TEST(never_attempted) {
	xfw_zone_t *zone = healthy(Z, 1);

	pass(fakes[0].t.refresh_at_s * 1000 - now_ms);
	fake_begin(&fakes[0]);
	pass(RETRY * 1000);
	ck_assert_uint_eq(counters()->failed, 0); /* may be under way */
	fake_begin(&fakes[0]);
	pass(RETRY * 1000);
	ck_assert_uint_eq(counters()->causes[XFW_CAUSE_NEVER_ATTEMPTED], 1);
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, "never-attempted"), 1);
	ck_assert_str_eq(said[0].primary, "-");
	fake_begin(&fakes[0]);
	pass(RETRY * 1000);
	ck_assert_uint_eq(counters()->causes[XFW_CAUSE_NEVER_ATTEMPTED], 2);

	/* It is tried again, and there is another reason now. */
	soa_fails(Z, P, "connection refused");
	ck_assert_int_eq(zone->cause, XFW_CAUSE_CONNECT_REFUSED);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, "never-attempted"), 1);
	ck_assert_uint_eq(open_incidents(), 1);
}
END_TEST

/*
 * A zone is made to refresh when it is not due, by xfrwatch or by `rndc refresh`: each
 * success is within the second of the one before, so that its expire time tells
 * nothing, and the refresh time moves as it does after a failure.
 */
START_TEST(refreshes_on_demand_are_not_never_attempted) {
	xfw_zone_t *zone = healthy(Z, 1);

	fakes[0].t.retry_s = REFRESH; /* so that the refresh time tells nothing */
	xfw_state_probe(state, zone);
	pass(1000);
	for (int n = 0; n < 5; n++) {
		now_ms += 5000;
		fakes[0].t.refresh_at_s = now_ms / 1000 + REFRESH;
		xfw_state_probe(state, zone);
		pass(1000);
	}
	ck_assert_uint_eq(counters()->failed, 0);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_uint_eq(said_count, 0);
	/* Nor do they count when the next one takes a while. */
	pass(fakes[0].t.refresh_at_s * 1000 - now_ms);
	fakes[0].t.refresh_at_s = now_ms / 1000 + REFRESH;
	pass(1000);
	ck_assert_uint_eq(counters()->failed, 0);
	fake_success(&fakes[0]);
	pass(5000);
	ck_assert_uint_eq(counters()->up_to_date, 1);
}
END_TEST

/* named's min-retry-time is 500 s unless configured: a refresh time further ahead
 * than the SOA's retry is then no sign of success. */
START_TEST(short_retry_in_the_soa_is_no_recovery) {
	xfw_policy_t policy = { .escalation = XFW_ESCALATION_DEFAULT, .reminder_s = 0,
				.min_retry_s = 500 };
	xfw_zone_t *zone = healthy(Z, 1);

	xfw_state_configure(state, &policy, now_ms);
	fakes[0].t.retry_s = 60;
	pass(fakes[0].t.refresh_at_s * 1000 - now_ms);
	for (int n = 0; n < 3; n++) {
		fakes[0].t.refresh_at_s = now_ms / 1000 + 450;
		pass(200);
		soa_fails(Z, P, "connection refused");
		pass(450 * 1000 - 200);
		ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	}
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, "connect-refused"), 0);
	/* Nor is it one when nothing is heard at all. */
	uint64_t up_to_date = counters()->up_to_date;

	for (int n = 0; n < 3; n++) {
		fakes[0].t.refresh_at_s = now_ms / 1000 + 450;
		pass(450 * 1000);
	}
	ck_assert_uint_eq(counters()->up_to_date, up_to_date);
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
}
END_TEST

/* A silent success and a failure in the same second, read together. */
START_TEST(failure_right_after_a_silent_success_counts) {
	xfw_zone_t *zone = healthy(Z, 1);

	now_ms += 1000 * 1000;
	now_ms -= now_ms % 1000;
	fake_success(&fakes[0]);
	now_ms += 300;
	fakes[0].t.refresh_at_s = now_ms / 1000 + RETRY;
	soa_fails(Z, P, "connection refused");
	pass(5000);
	ck_assert_uint_eq(counters()->up_to_date, 1);
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, "connect-refused"), 0);
	/* The other way round it is one. */
	now_ms -= now_ms % 1000;
	fakes[0].t.refresh_at_s = now_ms / 1000 + RETRY;
	soa_fails(Z, P, "connection refused");
	now_ms += 300;
	fake_success(&fakes[0]);
	pass(5000);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_uint_eq(counters()->up_to_date, 2);
}
END_TEST

/* named reads a clock that may be some milliseconds behind that of its log lines. */
START_TEST(clock_that_stands_still_gives_no_order) {
	xfw_zone_t *zone = healthy(Z, 1);

	now_ms += 1000 * 1000;
	now_ms -= now_ms % 1000;
	now_ms += 500;
	soa_fails(Z, P, "connection refused");
	fake_success(&fakes[0]);
	fakes[0].t.expires_ms = 497;
	pass(5000);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_int_gt(zone->last_success_ms, zone->last_attempt_ms - 1);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, "connect-refused"), 1);
	ck_assert_uint_eq(counters()->up_to_date, 1);
	/* But for what the refresh time tells. */
	now_ms -= now_ms % 1000;
	now_ms += 500;
	soa_fails(Z, P, "connection refused");
	fake_success(&fakes[0]);
	fakes[0].t.expires_ms = 497;
	fakes[0].t.refresh_at_s = now_ms / 1000 + RETRY;
	pass(5000);
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	/* Nor is it behind by more than that. */
	now_ms -= now_ms % 1000;
	now_ms += 500;
	soa_fails(Z, P, "connection refused");
	fake_success(&fakes[0]);
	fakes[0].t.expires_ms = 480;
	pass(5000);
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
}
END_TEST

/* A success, a failure, a silent success, all in one second. */
START_TEST(silent_success_within_a_second_of_the_one_before) {
	xfw_zone_t *zone = NULL;

	now_ms -= now_ms % 1000;
	zone = healthy(Z, 1);
	fake_success(&fakes[0]);
	fakes[0].t.expires_ms = 100;
	now_ms += 200;
	xfw_state_probe(state, zone);
	pass(100);
	fakes[0].t.refresh_at_s = now_ms / 1000 + RETRY;
	soa_fails(Z, P, "connection refused");
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	now_ms += 300;
	fake_success(&fakes[0]);
	fakes[0].t.expires_ms = (uint16_t)(now_ms % 1000);
	pass(5000);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, "connect-refused"), 1);
	ck_assert_uint_eq(counters()->up_to_date, 2);
}
END_TEST

START_TEST(refresh_that_is_long_overdue_was_never_attempted) {
	healthy(Z, 1);
	pass(fakes[0].t.refresh_at_s * 1000 - now_ms + 550 * 1000);
	ck_assert_uint_eq(counters()->failed, 0);
	pass(RETRY * 1000);
	ck_assert_uint_eq(counters()->causes[XFW_CAUSE_NEVER_ATTEMPTED], 1);
	pass(RETRY * 1000 + 120000);
	ck_assert_uint_eq(counters()->causes[XFW_CAUSE_NEVER_ATTEMPTED], 2);
	fake_success(&fakes[0]);
	pass(70000);
	ck_assert_uint_eq(counters()->zones[XFW_ZONE_OK], 1);
}
END_TEST

START_TEST(failing_with_lines_is_attempted) {
	healthy(Z, 1);
	for (int i = 0; i < 10; i++) {
		pass(fakes[0].t.refresh_at_s * 1000 - now_ms);
		fake_begin(&fakes[0]);
		pass(1000 * i);
		soa_fails(Z, P, "connection refused");
	}
	pass(5000);
	ck_assert_uint_eq(counters()->failed, 10);
	ck_assert_uint_eq(counters()->causes[XFW_CAUSE_CONNECT_REFUSED], 10);
	ck_assert_uint_eq(said_count, 1 + heard(XFW_NOTICE_REMINDER, NULL));
}
END_TEST

START_TEST(no_primaries_stays_the_reason) {
	xfw_zone_t *zone = healthy(Z, 1);

	linef("general: error: zone " Z ": cannot refresh: no primaries");
	pass(4 * HOUR_MS);
	ck_assert_int_eq(zone->cause, XFW_CAUSE_NO_PRIMARIES);
	ck_assert_uint_eq(counters()->failed, 1);
}
END_TEST

/* However many lines come, the timers are read twice a second at most. */
START_TEST(lines_do_not_make_for_many_readings) {
	unsigned reads = 0;

	healthy(Z, 1);
	reads = fakes[0].reads;
	for (int i = 0; i < 1000; i++) {
		soa_fails(Z, P, "connection refused");
		pass(9);
	}
	ck_assert_uint_le(fakes[0].reads - reads, 20);
	ck_assert_uint_ge(fakes[0].reads - reads, 10);
}
END_TEST

/*--- several primaries ------------------------------------------------------*/

/* The first is broken, the second feeds: each refresh tells of the first. */
START_TEST(first_of_two_broken) {
	xfw_zone_t *zone = healthy(Z, 2);

	for (int i = 1; i <= 5; i++) {
		pass(fakes[0].t.refresh_at_s * 1000 - now_ms);
		soa_fails(Z, P, "connection refused");
		fake_success(&fakes[0]);
		pass(300000);
		ck_assert_int_eq(zone->state, XFW_ZONE_OK);
		ck_assert_int_eq(feed_of(zone, P)->cause, XFW_CAUSE_CONNECT_REFUSED);
		ck_assert_uint_eq(counters()->failed, (uint64_t)i);
		ck_assert_uint_eq(counters()->up_to_date, (uint64_t)i);
	}
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, NULL), 1);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, NULL), 0);
	ck_assert_uint_eq(heard(XFW_NOTICE_ESCALATED, NULL), 0);
	ck_assert_int_eq(said[0].severity, XFW_SEVERITY_NOTICE);
	ck_assert_uint_eq(xfw_state_failing(state, NULL, 0), 0);

	/* It works again: a refresh in which nobody complains. */
	pass(fakes[0].t.refresh_at_s * 1000 - now_ms);
	fake_success(&fakes[0]);
	pass(300000);
	ck_assert_int_eq(feed_of(zone, P)->cause, XFW_CAUSE_NONE);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, NULL), 1);
}
END_TEST

/* The second is broken: it is asked after the first had nothing new, and takes
 * its time to fail. The zone was refreshed before that. */
START_TEST(second_of_two_broken) {
	xfw_zone_t *zone = healthy(Z, 2);

	for (int i = 1; i <= 5; i++) {
		pass(fakes[0].t.refresh_at_s * 1000 - now_ms);
		fake_success(&fakes[0]);
		pass(30000);
		linef("general: info: zone " Z ": refresh: retry limit for primary " Q
		      " exceeded (source 0.0.0.0#0)");
		pass(300000);
		ck_assert_int_eq(zone->state, XFW_ZONE_OK);
		ck_assert_int_eq(feed_of(zone, Q)->cause, XFW_CAUSE_SOA_TIMEOUT);
	}
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, NULL), 1);
	ck_assert_uint_eq(said_count, 1 + heard(XFW_NOTICE_REMINDER, NULL));
	ck_assert_uint_eq(counters()->up_to_date, 5);
}
END_TEST

START_TEST(both_broken_and_one_repaired) {
	xfw_zone_t *zone = healthy(Z, 2);

	soa_fails(Z, P, "connection refused");
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	soa_fails(Z, Q, "connection refused");
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	ck_assert_uint_eq(zone->failures, 2);
	ck_assert_uint_eq(open_incidents(), 2);
	fake_begin(&fakes[0]);
	pass(RETRY * 1000);
	soa_fails(Z, P, "connection refused");
	transfer_succeeds(Z, Q, 2026032901);
	fake_success(&fakes[0]);
	fakes[0].t.serial = 2026032901;
	pass(10000);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_uint_eq(zone->failures, 0);
	ck_assert_int_eq(feed_of(zone, P)->cause, XFW_CAUSE_CONNECT_REFUSED);
	ck_assert_int_eq(feed_of(zone, Q)->cause, XFW_CAUSE_NONE);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, NULL), 1);
	ck_assert_uint_eq(open_incidents(), 1);
}
END_TEST

/* The second is never even tried (a source address that cannot be used). */
START_TEST(one_broken_and_the_other_silent) {
	xfw_zone_t *zone = healthy(Z, 2);

	pass(fakes[0].t.refresh_at_s * 1000 - now_ms);
	fake_begin(&fakes[0]);
	soa_fails(Z, P, "connection refused");
	pass(50000);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	pass(20000);
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	ck_assert_int_eq(zone->cause, XFW_CAUSE_CONNECT_REFUSED);
}
END_TEST

/*--- start, expiry, recovery ------------------------------------------------*/

/* All zones fail in the first second, before any timers are read. */
START_TEST(failure_before_the_first_timers_raises_no_false_alarm) {
	xfw_zone_t *zone = declare(Z, 1);

	soa_fails(Z, P, "connection refused");
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	ck_assert_int_eq(said[0].severity, XFW_SEVERITY_NOTICE);
	fake_zone(Z, 60);
	pass(10000);
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	ck_assert_uint_eq(said_count, 1);
}
END_TEST

START_TEST(never_loaded_that_fails_is_an_alert) {
	xfw_zone_t *zone = declare(Z, 1);

	soa_fails(Z, P, "connection refused");
	fake_zone(Z, -1);
	pass(10000);
	ck_assert_int_eq(zone->state, XFW_ZONE_NEVER_LOADED);
	ck_assert_uint_eq(said_count, 2);
	ck_assert_int_eq(said[1].kind, XFW_NOTICE_ESCALATED);
	ck_assert_int_eq(said[1].severity, XFW_SEVERITY_ALERT);
	ck_assert_str_eq(said[1].zone, Z);
	transfer_succeeds(Z, P, 2026032901);
	fake_success(&fakes[0]);
	pass(2000);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, NULL), 1);
}
END_TEST

/* From the first failure to the expiry and back, each step said once. */
START_TEST(a_zone_expires_and_recovers) {
	static const xfw_severity_t steps[] = { XFW_SEVERITY_WARNING, XFW_SEVERITY_ERR,
						XFW_SEVERITY_CRIT, XFW_SEVERITY_ALERT };
	xfw_zone_t *zone = healthy(Z, 1);
	xfw_policy_t quiet = { .escalation = XFW_ESCALATION_DEFAULT, .reminder_s = 0,
				.min_retry_s = 0 };
	int64_t expires_ms = fakes[0].t.expires_s * 1000;

	xfw_state_configure(state, &quiet, now_ms);
	while (now_ms < expires_ms - RETRY * 1000) {
		pass(fakes[0].t.refresh_at_s * 1000 - now_ms);
		fake_begin(&fakes[0]);
		soa_fails(Z, P, "connection refused");
	}
	pass(expires_ms - now_ms);
	ck_assert_uint_eq(said_count, 5);
	for (int i = 0; i < 4; i++) {
		static const int percent[] = { 75, 50, 25, 10 };
		ck_assert_int_eq(said[i + 1].kind, XFW_NOTICE_ESCALATED);
		ck_assert_int_eq(said[i + 1].severity, steps[i]);
		ck_assert_int_eq(said[i + 1].at_ms,
				 expires_ms - (int64_t)EXPIRE * percent[i] * 10);
	}
	linef("general: warning: zone " Z ": expired");
	fakes[0].t.loaded = fakes[0].t.has_serial = fakes[0].t.has_soa = false;
	pass(3000);
	ck_assert_int_eq(zone->state, XFW_ZONE_EXPIRED);
	ck_assert_uint_eq(said_count, 6);
	ck_assert_int_eq(said[5].kind, XFW_NOTICE_EXPIRED);
	ck_assert_int_eq(said[5].severity, XFW_SEVERITY_ALERT);
	ck_assert_str_eq(said[5].zone, Z);
	ck_assert_str_eq(said[5].cause, "connect-refused");
	linef("general: warning: zone " Z ": expired"); /* named repeats it */
	soa_fails(Z, P, "connection refused");
	ck_assert_int_eq(zone->state, XFW_ZONE_EXPIRED);
	ck_assert_uint_eq(said_count, 6);

	transfer_succeeds(Z, P, 2026040101);
	fake_success(&fakes[0]);
	fakes[0].t.serial = 2026040101;
	pass(3000);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_uint_eq(zone->failures, 0);
	ck_assert_uint_eq(said_count, 7);
	ck_assert_int_eq(said[6].kind, XFW_NOTICE_RESOLVED);
	ck_assert_ptr_null(zone->trouble);
}
END_TEST

/* The line was lost, or the plugin came later: the timers tell. */
START_TEST(expiry_is_seen_in_the_timers) {
	xfw_zone_t *zone = healthy(Z, 1);

	soa_fails(Z, P, "connection refused");
	now_ms = fakes[0].t.expires_s * 1000 + 1000;
	fakes[0].t.loaded = false;
	fakes[0].t.refresh_at_s = now_ms / 1000 + 60;
	pass(2000);
	ck_assert_int_eq(zone->state, XFW_ZONE_EXPIRED);
	ck_assert_uint_eq(heard(XFW_NOTICE_EXPIRED, "connect-refused"), 1);
}
END_TEST

/* named unloads a zone for other reasons as well; that is no expiry. */
START_TEST(zone_that_was_unloaded_is_not_there) {
	xfw_zone_t *zone = healthy(Z, 1);

	fakes[0].t.loaded = fakes[0].t.has_serial = false;
	xfw_state_probe(state, zone);
	pass(1000);
	ck_assert_int_eq(zone->state, XFW_ZONE_NEVER_LOADED);
	ck_assert_int_eq(zone->severity, XFW_SEVERITY_ALERT);
}
END_TEST

/* In a view that no query reaches, lines alone must do. */
START_TEST(without_timers_lines_alone_do) {
	xfw_zone_t *zone = NULL;

	probes_answered = false;
	soa_fails("x.example/IN/internal", P, "connection refused");
	zone = xfw_state_find(state, "x.example/IN/internal", 21);
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	pass(100 * HOUR_MS);
	ck_assert_int_eq(zone->severity, XFW_SEVERITY_NOTICE);
	transfer_succeeds("x.example/IN/internal", P, 7);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_uint_eq(zone->view->probe_count, 1);
	ck_assert_uint_eq(open_incidents(), 0);
}
END_TEST

/*--- NOTIFY -----------------------------------------------------------------*/

static void
notify_same(const char *source) {
	linef("general: info: zone " Z ": notify from %s: zone is up to date", source);
}

START_TEST(serial_unchanged) {
	xfw_zone_t *zone = healthy(Z, 1);

	transfer_succeeds(Z, P, 2026032801);
	fake_success(&fakes[0]);
	notify_same("10.0.0.53#40001");
	notify_same("10.0.0.53#40002");
	ck_assert_uint_eq(said_count, 0);
	ck_assert_uint_eq(zone->notify_same, 2);
	notify_same("10.0.0.53#40003");
	notify_same("10.0.0.53#40004");
	ck_assert_uint_eq(counters()->causes[XFW_CAUSE_SERIAL_UNCHANGED], 2);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, "serial-unchanged"), 1);
	ck_assert_str_eq(said[0].primary, P);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_uint_eq(counters()->failed, 0);
	/* The serial was raised after all. */
	transfer_succeeds(Z, P, 2026032901);
	fake_success(&fakes[0]);
	fakes[0].t.serial = 2026032901;
	ck_assert_uint_eq(zone->notify_same, 0);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, "serial-unchanged"), 1);
}
END_TEST

START_TEST(serial_unchanged_ends_with_the_notifies) {
	xfw_zone_t *zone = healthy(Z, 1);

	for (int i = 0; i < 3; i++) {
		notify_same("10.0.0.53#40001");
	}
	ck_assert_uint_eq(said_count, 1);
	pass(HOUR_MS - 1000);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, NULL), 0);
	pass(2000);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, NULL), 1);
	ck_assert_uint_eq(zone->notify_same, 0);
}
END_TEST

START_TEST(notify_now_and_then_is_no_finding) {
	healthy(Z, 1);
	for (int i = 0; i < 10; i++) {
		notify_same("10.0.0.53#40001");
		pass(HOUR_MS * 6 / 10);
	}
	for (int i = 0; i < 4; i++) {
		char source[32];
		snprintf(source, sizeof(source), "10.0.0.%d#1", 100 + i / 2);
		notify_same(source);
	}
	ck_assert_uint_eq(counters()->causes[XFW_CAUSE_SERIAL_UNCHANGED], 0);
}
END_TEST

START_TEST(notify_tells_what_the_primary_has) {
	xfw_zone_t *zone = healthy(Z, 1);
	uint32_t serial = 0;
	int64_t at_ms = 0;

	ck_assert(!xfw_zone_offer(zone, &serial, &at_ms));
	linef("general: info: zone " Z ": notify from 10.0.0.53#40001: serial 2026032901");
	ck_assert_uint_eq(zone->notified, 2026032901);
	ck_assert(xfw_zone_offer(zone, &serial, &at_ms));
	ck_assert_uint_eq(serial, 2026032901);
	ck_assert(!(zone->flags & XFW_ZONE_HAS_OFFERED));
	ck_assert_uint_eq(zone->serial, 2026032801);
}
END_TEST

START_TEST(refused_notify) {
	xfw_zone_t *zone = healthy(Z, 1);

	linef("general: info: zone " Z
	      ": refused notify from non-primary: 192.0.2.66#5353");
	ck_assert_uint_eq(counters()->notifies_refused, 1);
	ck_assert_uint_eq(counters()->causes[XFW_CAUSE_NOTIFY_REFUSED], 1);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, "notify-refused"), 1);
	ck_assert_str_eq(said[0].primary, "192.0.2.66#53");
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	pass(HOUR_MS + 1000);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, "notify-refused"), 1);
	ck_assert_ptr_null(zone->feeds);
}
END_TEST

/* Anybody can send NOTIFY messages from anywhere. */
START_TEST(refused_notifies_from_everywhere_take_no_memory) {
	xfw_zone_t *zone = healthy(Z, 1);
	unsigned primaries = 0, feeds = 0;

	for (unsigned i = 0; i < 3000; i++) {
		linef("general: info: zone " Z
		      ": refused notify from non-primary: 192.0.%u.%u#%u",
		      i / 250, i % 250, i + 1024);
	}
	for (const xfw_primary_t *p = xfw_state_primaries(state); p; p = p->next) {
		primaries++;
	}
	for (const xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		feeds++;
	}
	ck_assert_uint_le(primaries, 260);
	ck_assert_uint_le(feeds, 64);
	ck_assert_uint_eq(counters()->notifies_refused, 3000);
	ck_assert_uint_le(busiest_minute(), 20);
}
END_TEST

/*--- the rest ---------------------------------------------------------------*/

START_TEST(storage_failure_leaves_the_zone_ok) {
	xfw_zone_t *zone = healthy(Z, 1);

	linef("general: warning: zone " Z ": dump failed: disc full");
	ck_assert_uint_eq(counters()->causes[XFW_CAUSE_LOCAL_STORAGE], 1);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, "local-storage"), 1);
	pass(10 * 60 * 1000);
	transfer_succeeds(Z, P, 2026032901);
	ck_assert_uint_eq(open_incidents(), 1); /* it says nothing of the disk */
	pass(21 * 60 * 1000);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, "local-storage"), 1);
}
END_TEST

START_TEST(unknown_lines_are_kept) {
	const xfw_unknown_t *out[XFW_UNKNOWN_KEEP];

	healthy(Z, 1);
	for (int i = 0; i < 20; i++) {
		linef("xfer-in: error: transfer of '" Z "' from " P
		      ": never \033[31mseen %d",
		      i);
	}
	ck_assert_uint_eq(counters()->unclassified, 20);
	ck_assert_uint_eq(xfw_state_unknown(state, out, XFW_UNKNOWN_KEEP),
			  XFW_UNKNOWN_KEEP);
	ck_assert_str_eq(out[0]->text, Z ": never \\027[31mseen 19");
	ck_assert_uint_eq(counters()->failed, 0);
	ck_assert_int_eq(xfw_state_find(state, Z, strlen(Z))->state, XFW_ZONE_OK);
}
END_TEST

START_TEST(a_primary_that_was_replaced_is_not_missed) {
	xfw_zone_t *zone = healthy(Z, 1);

	soa_fails(Z, P, "connection refused");
	declare(Z, 1); /* reconfigured: another address */
	transfer_succeeds(Z, Q, 2026032901);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_uint_eq(open_incidents(), 0);
}
END_TEST

START_TEST(clock_set_back) {
	healthy(Z, 1);
	soa_fails(Z, P, "connection refused");
	now_ms -= 24 * HOUR_MS;
	soa_fails(Z, P, "clocks are unsynchronized");
	pass(60000);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, NULL), 2);
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("state");
	TCase *tc = kit_case(suite, "timers");

	tcase_add_test(tc, silent_success_is_seen_in_the_timers);
	tcase_add_test(tc, slow_answer_is_success_and_not_more);
	tcase_add_test(tc, success_without_a_later_expire_time);
	tcase_add_test(tc, transfer_is_counted_once_though_timers_move);
	tcase_add_test(tc, last_success_of_a_restarted_named_is_that_of_the_file);
	tcase_add_test(tc, never_attempted);
	tcase_add_test(tc, refreshes_on_demand_are_not_never_attempted);
	tcase_add_test(tc, short_retry_in_the_soa_is_no_recovery);
	tcase_add_test(tc, failure_right_after_a_silent_success_counts);
	tcase_add_test(tc, clock_that_stands_still_gives_no_order);
	tcase_add_test(tc, silent_success_within_a_second_of_the_one_before);
	tcase_add_test(tc, refresh_that_is_long_overdue_was_never_attempted);
	tcase_add_test(tc, failing_with_lines_is_attempted);
	tcase_add_test(tc, no_primaries_stays_the_reason);
	tcase_add_test(tc, lines_do_not_make_for_many_readings);
	tc = kit_case(suite, "primaries");
	tcase_add_test(tc, first_of_two_broken);
	tcase_add_test(tc, second_of_two_broken);
	tcase_add_test(tc, both_broken_and_one_repaired);
	tcase_add_test(tc, one_broken_and_the_other_silent);
	tcase_add_test(tc, a_primary_that_was_replaced_is_not_missed);
	tc = kit_case(suite, "life");
	tcase_add_test(tc, failure_before_the_first_timers_raises_no_false_alarm);
	tcase_add_test(tc, never_loaded_that_fails_is_an_alert);
	tcase_add_test(tc, a_zone_expires_and_recovers);
	tcase_add_test(tc, expiry_is_seen_in_the_timers);
	tcase_add_test(tc, zone_that_was_unloaded_is_not_there);
	tcase_add_test(tc, without_timers_lines_alone_do);
	tc = kit_case(suite, "notify");
	tcase_add_test(tc, serial_unchanged);
	tcase_add_test(tc, serial_unchanged_ends_with_the_notifies);
	tcase_add_test(tc, notify_now_and_then_is_no_finding);
	tcase_add_test(tc, notify_tells_what_the_primary_has);
	tcase_add_test(tc, refused_notify);
	tcase_add_test(tc, refused_notifies_from_everywhere_take_no_memory);
	tc = kit_case(suite, "rest");
	tcase_add_test(tc, storage_failure_leaves_the_zone_ok);
	tcase_add_test(tc, unknown_lines_are_kept);
	tcase_add_test(tc, clock_set_back);
	return (kit_run(suite));
}
