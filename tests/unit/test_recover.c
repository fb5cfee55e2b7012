/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tests of recovery: when one zone is fed again, the others of its incident are given
 * out to be refreshed, each once. One thread, a clock of its own.
 */
#include "state_kit.h"

#define P "10.77.0.2#53"
#define Q "10.77.0.3#53"

#define ZONES 312
static xfw_zone_t *zones[ZONES];
static unsigned given[ZONES]; /* how often */
static size_t portion_max;
static xfw_zone_t *first_given;

static void
let_recover(bool on) {
	xfw_policy_t policy = { .escalation = XFW_ESCALATION_DEFAULT,
				.reminder_s = XFW_REMINDER_DEFAULT,
				.recovery = on };

	xfw_state_configure(state, &policy, now_ms);
	memset(given, 0, sizeof(given));
	portion_max = 0;
	first_given = NULL;
}

static void
many_zones(const char *view, int from, int count) {
	for (int i = from; i < from + count; i++) {
		char key[64];
		snprintf(key, sizeof(key), "zone%03d.example/IN%s", i, view);
		zones[i] = declare(key, 1);
		fake_zone(key, 60);
	}
	pass(0);
}

static void
all_fail(const char *primary, int count) {
	for (int i = 0; i < count; i++) {
		soa_fails(zones[i]->key, primary, "connection refused");
	}
	pass(5000);
}

static void
succeeds(int i) {
	transfer_succeeds(zones[i]->key, P, 2026032901);
	fake_success(&fakes[i]);
	fakes[i].t.serial = 2026032901;
	pass(5000);
}

static const xfw_incident_t *
at(const char *primary) {
	for (const xfw_incident_t *i = xfw_state_incidents(state); i; i = i->next) {
		if (strcmp(i->primary->address, primary) == 0) {
			return (i);
		}
	}
	return (NULL);
}

static int
number(const xfw_zone_t *zone) {
	return (atoi(zone->key + strlen("zone")));
}

/* The hook: it refreshes the zones of one portion and reads their timers. */
static size_t
refresh_some(const char *view, size_t max, bool answered) {
	xfw_refresh_t out[ZONES];
	size_t n = xfw_state_take_refreshes(state, xfw_state_view(state, view), out,
					    max);

	portion_max = n > portion_max ? n : portion_max;
	for (size_t i = 0; i < n; i++) {
		fake_t *f = fake_find(out[i].zone->key);

		ck_assert_str_eq(out[i].primary->address, P);
		if (!answered) {
			xfw_state_unrefreshed(state, out[i].zone);
			xfw_state_unprobed(state, out[i].zone);
			continue;
		}
		first_given = first_given != NULL ? first_given : out[i].zone;
		given[number(out[i].zone)]++;
		fake_begin(f);
		f->t.read_ms = now_ms;
		xfw_state_timers(state, out[i].zone, &f->t, now_ms);
	}
	return (n);
}

/* Until no more is given; zones that are just being read get their turn, too. */
static size_t
refresh_all(const char *view) {
	size_t all = 0;

	for (int idle = 0; idle < 5;) {
		size_t n = refresh_some(view, ZONES, true);

		all += n;
		idle = (n == 0) ? idle + 1 : 0;
		pass(100);
	}
	return (all);
}

static void
check_given(int from, int to, unsigned times) {
	for (int i = from; i < to; i++) {
		ck_assert_msg(given[i] == times, "zone %d: %u times", i, given[i]);
	}
}

/*--- the story ------------------------------------------------------------------*/

START_TEST(others_are_refreshed_once) {
	let_recover(true);
	many_zones("", 0, ZONES);
	all_fail(P, ZONES);
	ck_assert_uint_eq(at(P)->zones, ZONES);
	ck_assert_uint_eq(xfw_state_refreshes(state), 0);
	ck_assert(!at(P)->recovering);
	succeeds(0);
	ck_assert(at(P)->recovering);
	ck_assert_uint_eq(xfw_state_refreshes(state), ZONES - 1);
	ck_assert_uint_eq(refresh_all("_default"), ZONES - 1);
	ck_assert_uint_eq(portion_max, XFW_REFRESHES_MAX);
	ck_assert_uint_eq(given[0], 0);
	check_given(1, ZONES, 1);
	ck_assert_uint_eq(xfw_state_refreshes(state), 0);
	ck_assert(!at(P)->recovering);
}
END_TEST

START_TEST(nearest_deadline_is_first) {
	let_recover(true);
	many_zones("", 0, ZONES);
	fakes[200].t.expires_s -= 86400;
	fakes[200].t.refresh_at_s += 1;
	all_fail(P, ZONES);
	ck_assert_int_eq(zones[200]->expires_s, fakes[200].t.expires_s);
	succeeds(0);
	ck_assert_uint_eq(refresh_some("_default", 1, true), 1);
	ck_assert_ptr_eq(first_given, zones[200]);
	(void)refresh_all("_default");
	check_given(1, ZONES, 1);
}
END_TEST

START_TEST(zones_that_recover_meanwhile_are_not_given) {
	let_recover(true);
	many_zones("", 0, ZONES);
	all_fail(P, ZONES);
	for (int i = 0; i < 100; i++) {
		succeeds(i);
	}
	ck_assert_uint_eq(xfw_state_refreshes(state), ZONES - 100);
	ck_assert_uint_eq(refresh_all("_default"), ZONES - 100);
	check_given(0, 100, 0);
	check_given(100, ZONES, 1);
}
END_TEST

START_TEST(nothing_unless_it_is_wanted) {
	many_zones("", 0, 20);
	let_recover(false);
	all_fail(P, 20);
	succeeds(0);
	ck_assert(!at(P)->recovering);
	ck_assert_uint_eq(xfw_state_refreshes(state), 0);
	ck_assert_uint_eq(refresh_all("_default"), 0);
}
END_TEST

START_TEST(switched_off_in_between) {
	let_recover(true);
	many_zones("", 0, 20);
	all_fail(P, 20);
	succeeds(0);
	ck_assert_uint_eq(refresh_some("_default", 5, true), 5);
	let_recover(false);
	ck_assert_uint_eq(xfw_state_refreshes(state), 0);
	ck_assert_uint_eq(refresh_all("_default"), 0);
	pass(130000);
	ck_assert(!at(P)->recovering);
}
END_TEST

START_TEST(silent_success_is_one_too) {
	let_recover(true);
	many_zones("", 0, 20);
	all_fail(P, 20);
	pass(60000);
	fake_success(&fakes[3]);
	xfw_state_probe(state, zones[3]);
	pass(5000);
	ck_assert_int_eq(zones[3]->state, XFW_ZONE_OK);
	ck_assert_uint_eq(refresh_all("_default"), 19);
}
END_TEST

START_TEST(success_that_names_no_primary) {
	let_recover(true);
	many_zones("", 0, 20);
	all_fail(P, 20);
	linef("xfer-in: info: zone %s: transferred serial 2026032901", zones[0]->key);
	ck_assert_uint_eq(xfw_state_refreshes(state), 19);
}
END_TEST

/*--- what is no recovery --------------------------------------------------------*/

START_TEST(zone_that_goes_is_no_success) {
	let_recover(true);
	many_zones("", 0, 20);
	all_fail(P, 20);
	fakes[0].present = false;
	xfw_state_probe(state, zones[0]);
	pass(5000);
	ck_assert_uint_eq(at(P)->zones, 19);
	ck_assert_uint_eq(xfw_state_refreshes(state), 0);
}
END_TEST

START_TEST(another_cause_is_no_success) {
	let_recover(true);
	many_zones("", 0, 20);
	all_fail(P, 20);
	transfer_fails(zones[0]->key, P, "failed while receiving responses: REFUSED",
		       "REFUSED");
	pass(10000);
	ck_assert_uint_eq(at(P)->zones, 1);
	ck_assert_uint_eq(xfw_state_refreshes(state), 0);
}
END_TEST

START_TEST(other_primary_is_not_meant) {
	let_recover(true);
	many_zones("", 0, 20);
	all_fail(Q, 10);
	for (int i = 10; i < 20; i++) {
		soa_fails(zones[i]->key, P, "connection refused");
	}
	pass(5000);
	succeeds(10);
	ck_assert_uint_eq(refresh_all("_default"), 9);
	check_given(0, 11, 0);
	check_given(11, 20, 1);
	ck_assert(!at(Q)->recovering);
}
END_TEST

START_TEST(healthy_zones_say_nothing_of_the_others) {
	let_recover(true);
	many_zones("", 0, 20);
	for (int i = 0; i < 10; i++) {
		transfer_fails(zones[i]->key, P,
			       "failed while receiving responses: REFUSED", "REFUSED");
	}
	pass(10000);
	for (int i = 10; i < 20; i++) {
		succeeds(i);
	}
	ck_assert_uint_eq(at(P)->zones, 10);
	ck_assert_uint_eq(xfw_state_refreshes(state), 0);
}
END_TEST

START_TEST(trouble_of_our_own_is_not_refreshed) {
	let_recover(true);
	many_zones("", 0, 20);
	for (int i = 0; i < 10; i++) {
		soa_fails(zones[i]->key, P, "address not available");
	}
	pass(10000);
	for (const xfw_incident_t *i = xfw_state_incidents(state); i; i = i->next) {
		ck_assert_int_eq(xfw_cause_info(i->cause)->family, XFW_FAMILY_LOCAL);
	}
	ck_assert_uint_gt(open_incidents(), 0);
	succeeds(0);
	ck_assert_uint_eq(xfw_state_refreshes(state), 0);
}
END_TEST

/*--- what happens meanwhile -----------------------------------------------------*/

START_TEST(zones_go_meanwhile) {
	let_recover(true);
	many_zones("", 0, ZONES);
	all_fail(P, ZONES);
	succeeds(0);
	ck_assert_uint_eq(refresh_some("_default", 30, true), 30);
	for (int i = 1; i < ZONES; i += 2) {
		fakes[i].present = false;
		xfw_state_probe(state, zones[i]);
	}
	pass(5000);
	(void)refresh_all("_default");
	for (int i = 2; i < ZONES; i += 2) {
		ck_assert_uint_eq(given[i], 1);
	}
	ck_assert_uint_eq(xfw_state_refreshes(state), 0);
	ck_assert(!at(P)->recovering);
}
END_TEST

START_TEST(zone_goes_while_it_is_out) {
	xfw_refresh_t out[2];

	let_recover(true);
	many_zones("", 0, 3);
	all_fail(P, 3);
	succeeds(0);
	ck_assert_uint_eq(
		xfw_state_take_refreshes(state, xfw_state_view(state, "_default"), out,
					 2), 2);
	/* named.conf names them no more: two are gone before the probe is back. */
	xfw_state_declared(state, xfw_state_view(state, "_default"), 2, true, now_ms);
	ck_assert_uint_eq(open_incidents(), 0);
	for (int i = 0; i < 2; i++) {
		xfw_state_unrefreshed(state, out[i].zone);
		xfw_state_unprobed(state, out[i].zone);
	}
	ck_assert_uint_eq(xfw_state_refreshes(state), 0);
}
END_TEST

START_TEST(zone_that_fails_meanwhile_was_tried_just_now) {
	let_recover(true);
	many_zones("", 0, 20);
	fakes[19].t.expires_s -= 86400; /* it would be the first */
	all_fail(P, 19);
	succeeds(0);
	soa_fails(zones[19]->key, P, "connection refused");
	pass(5000);
	ck_assert_uint_eq(at(P)->zones, 19);
	ck_assert_uint_eq(xfw_state_refreshes(state), 18);
	ck_assert_uint_eq(refresh_all("_default"), 18);
	ck_assert_uint_eq(given[19], 0);
	ck_assert(!at(P)->recovering);
}
END_TEST

START_TEST(zone_that_is_being_read_waits) {
	xfw_zone_t *asked[20];

	let_recover(true);
	many_zones("", 0, 20);
	all_fail(P, 20);
	succeeds(0);
	for (int i = 1; i < 20; i++) {
		xfw_state_probe(state, zones[i]);
	}
	ck_assert_uint_eq(refresh_some("_default", 64, true), 0);
	ck_assert_uint_eq(xfw_state_take_probes(state,
						xfw_state_view(state, "_default"),
						asked, 20), 19);
	ck_assert_uint_eq(refresh_some("_default", 64, true), 0);
	for (int i = 0; i < 19; i++) {
		fake_t *f = fake_find(asked[i]->key);

		f->t.read_ms = now_ms;
		xfw_state_timers(state, asked[i], &f->t, now_ms);
	}
	ck_assert_uint_eq(refresh_some("_default", 64, true), 19);
	check_given(1, 20, 1);
}
END_TEST

START_TEST(probe_without_an_answer_is_given_again) {
	let_recover(true);
	many_zones("", 0, 20);
	all_fail(P, 20);
	succeeds(0);
	for (int i = 0; i < 5; i++) {
		(void)refresh_some("_default", 64, false);
		ck_assert_uint_eq(xfw_state_refreshes(state), 19);
		ck_assert(at(P)->recovering);
		pass(1000);
	}
	ck_assert_uint_eq(refresh_all("_default"), 19);
	check_given(1, 20, 1);
	ck_assert(!at(P)->recovering);
}
END_TEST

START_TEST(each_view_gets_its_own) {
	let_recover(true);
	many_zones("/inside", 0, 100);
	many_zones("/outside", 100, 100);
	all_fail(P, 200);
	ck_assert_uint_eq(at(P)->zones, 200);
	succeeds(0);
	ck_assert_uint_eq(refresh_some("outside", 10, true), 10);
	ck_assert_uint_eq(refresh_all("inside"), 99);
	check_given(1, 100, 1);
	ck_assert(at(P)->recovering);
	ck_assert_uint_eq(refresh_all("outside"), 90);
	check_given(100, 200, 1);
	ck_assert(!at(P)->recovering);
}
END_TEST

START_TEST(view_out_of_reach_ends_it) {
	let_recover(true);
	many_zones("/inside", 0, 10);
	many_zones("/outside", 10, 10);
	all_fail(P, 20);
	succeeds(0);
	ck_assert_uint_eq(refresh_all("inside"), 9);
	ck_assert_uint_eq(xfw_state_refreshes(state), 10);
	pass(130000);
	ck_assert_uint_eq(xfw_state_refreshes(state), 0);
	ck_assert(!at(P)->recovering);
}
END_TEST

/*--- a primary that comes and goes ----------------------------------------------*/

START_TEST(not_again_within_a_minute) {
	let_recover(true);
	many_zones("", 0, 20);
	all_fail(P, 20);
	succeeds(0);
	ck_assert_uint_eq(refresh_all("_default"), 19);
	for (int i = 0; i < 20; i++) {
		soa_fails(zones[i]->key, P, "connection refused");
	}
	succeeds(1);
	ck_assert_uint_eq(refresh_all("_default"), 0);
	pass(60000);
	succeeds(2);
	ck_assert_uint_eq(refresh_all("_default"), 18);
	ck_assert_uint_eq(given[0], 1);
	check_given(3, 20, 2);
}
END_TEST

START_TEST(not_again_within_a_minute_of_its_end) {
	let_recover(true);
	many_zones("", 0, 20);
	all_fail(P, 20);
	succeeds(0);
	for (int i = 1; i < 20; i++) {
		ck_assert_uint_eq(refresh_some("_default", 1, true), 1);
		pass(10000);
		if (i == 15) {
			succeeds(number(first_given));
		}
	}
	ck_assert(!at(P)->recovering);
	/* It lasted long, and not all that was refreshed is fed by now. */
	for (int i = 1; i < 20; i++) {
		if (zones[i]->state != XFW_ZONE_OK) {
			succeeds(i);
			break;
		}
	}
	ck_assert_uint_eq(xfw_state_refreshes(state), 0);
}
END_TEST

START_TEST(it_stops_when_they_fail_again) {
	let_recover(true);
	many_zones("", 0, ZONES);
	all_fail(P, ZONES);
	succeeds(0);
	ck_assert_uint_eq(refresh_some("_default", 20, true), 20);
	for (int i = 1; i < ZONES; i++) {
		if (given[i] > 0) {
			soa_fails(zones[i]->key, P, "connection refused");
		}
	}
	ck_assert(!at(P)->recovering);
	ck_assert_uint_eq(refresh_all("_default"), 0);
	pass(60000);
	succeeds(ZONES - 1);
	ck_assert(at(P)->recovering);
}
END_TEST

START_TEST(some_that_fail_again_do_not_stop_it) {
	let_recover(true);
	many_zones("", 0, ZONES);
	all_fail(P, ZONES);
	succeeds(0);
	ck_assert_uint_eq(refresh_some("_default", 40, true), 40);
	for (int i = 1, n = 0; i < ZONES; i++) {
		if (given[i] > 0 && n++ % 10 == 0) {
			transfer_succeeds(zones[i]->key, P, 2026032901);
			fake_success(&fakes[i]);
		} else if (given[i] > 0) {
			soa_fails(zones[i]->key, P, "connection refused");
		}
	}
	ck_assert(at(P)->recovering);
	(void)refresh_all("_default");
	check_given(1, ZONES, 1);
}
END_TEST

/*--- the frame ------------------------------------------------------------------*/

int
main(void) {
	Suite *suite = suite_create("recover");
	TCase *tc = kit_case(suite, "story");

	tcase_add_test(tc, others_are_refreshed_once);
	tcase_add_test(tc, nearest_deadline_is_first);
	tcase_add_test(tc, zones_that_recover_meanwhile_are_not_given);
	tcase_add_test(tc, nothing_unless_it_is_wanted);
	tcase_add_test(tc, switched_off_in_between);
	tcase_add_test(tc, silent_success_is_one_too);
	tcase_add_test(tc, success_that_names_no_primary);
	tc = kit_case(suite, "none");
	tcase_add_test(tc, zone_that_goes_is_no_success);
	tcase_add_test(tc, another_cause_is_no_success);
	tcase_add_test(tc, other_primary_is_not_meant);
	tcase_add_test(tc, healthy_zones_say_nothing_of_the_others);
	tcase_add_test(tc, trouble_of_our_own_is_not_refreshed);
	tc = kit_case(suite, "meanwhile");
	tcase_add_test(tc, zones_go_meanwhile);
	tcase_add_test(tc, zone_goes_while_it_is_out);
	tcase_add_test(tc, zone_that_fails_meanwhile_was_tried_just_now);
	tcase_add_test(tc, zone_that_is_being_read_waits);
	tcase_add_test(tc, probe_without_an_answer_is_given_again);
	tcase_add_test(tc, each_view_gets_its_own);
	tcase_add_test(tc, view_out_of_reach_ends_it);
	tc = kit_case(suite, "flapping");
	tcase_add_test(tc, not_again_within_a_minute);
	tcase_add_test(tc, not_again_within_a_minute_of_its_end);
	tcase_add_test(tc, it_stops_when_they_fail_again);
	tcase_add_test(tc, some_that_fail_again_do_not_stop_it);
	return (kit_run(suite));
}
