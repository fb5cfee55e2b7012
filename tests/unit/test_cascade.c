/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tests of cascades: incidents that open together are linked, and one line says so.
 * One thread, a clock of its own.
 */
#include <time.h>

#include "state_kit.h"

#define P "10.77.0.2#53"
#define Q "10.77.0.3#53"
#define R "10.77.0.4#53"

static xfw_zone_t *zones[FAKES_MAX];

static void
many_zones(int count) {
	for (int i = 0; i < count; i++) {
		char key[64];
		snprintf(key, sizeof(key), "zone%03d.example/IN", i);
		zones[i] = declare(key, 1);
		fake_zone(key, 60);
	}
	pass(0);
}

static void
refused(int i, const char *primary) {
	transfer_fails(zones[i]->key, primary,
		       "failed while receiving responses: REFUSED", "REFUSED");
	pass(6000);
}

static void
down(int i, const char *primary) {
	soa_fails(zones[i]->key, primary, "connection refused");
	pass(4000);
}

static void
no_route(int i, const char *primary) {
	soa_fails(zones[i]->key, primary, "network unreachable");
	pass(4000);
}

/* As named refuses a NOTIFY from an address that is no primary of the zone. */
static void
notify_refused(int i, const char *host) {
	linef("notify: info: zone %s: refused notify from non-primary: %s#40000",
	      zones[i]->key, host);
	pass(1000);
}

static void
fed(int i, const char *primary) {
	transfer_succeeds(zones[i]->key, primary, 2026032901);
	fake_success(&fakes[i]);
	fakes[i].t.serial = 2026032901;
	pass(5000);
}

static const xfw_incident_t *
incident(const char *primary, const char *cause) {
	for (const xfw_incident_t *i = xfw_state_incidents(state); i; i = i->next) {
		if (strcmp(i->primary->address, primary) == 0 &&
		    strcmp(xfw_cause_info(i->cause)->name, cause) == 0)
		{
			return (i);
		}
	}
	ck_abort_msg("no incident %s at %s", cause, primary);
	return (NULL);
}

/* The last cascade that was said. */
static const said_t *
last(void) {
	for (size_t i = said_count; i-- > 0;) {
		if (said[i].kind == XFW_NOTICE_CASCADE) {
			return (&said[i]);
		}
	}
	ck_abort_msg("no cascade was said");
	return (NULL);
}

/*--- several primaries ----------------------------------------------------------*/

START_TEST(two_primaries_are_one_cascade) {
	many_zones(4);
	down(0, P);
	down(1, P);
	ck_assert_uint_eq(incident(P, "connect-refused")->cascade, 0);
	no_route(2, Q);
	ck_assert_uint_eq(incident(P, "connect-refused")->cascade, 1);
	ck_assert_uint_eq(incident(Q, "unreachable")->cascade, 1);
	ck_assert_uint_eq(heard(XFW_NOTICE_CASCADE, NULL), 0);
	pass(5000);
	ck_assert_uint_eq(heard(XFW_NOTICE_CASCADE, NULL), 1);
	ck_assert_uint_eq(last()->cascade.id, 1);
	ck_assert_ptr_null(last()->cascade.primary);
	ck_assert_uint_eq(last()->cascade.incidents, 2);
	ck_assert_uint_eq(last()->cascade.primaries, 2);
	ck_assert_uint_eq(last()->cascade.zones, 3);
	ck_assert_uint_eq(last()->cascade.ids[0], 1);
	ck_assert_uint_eq(last()->cascade.ids[1], 2);
	ck_assert_int_eq(last()->severity, XFW_SEVERITY_NOTICE);
	/* Said once. */
	pass(7200000);
	ck_assert_uint_eq(heard(XFW_NOTICE_CASCADE, NULL), 1);
}
END_TEST

START_TEST(more_than_a_minute_apart_is_none) {
	many_zones(4);
	down(0, P);
	pass(60000);
	down(1, Q);
	pass(60000);
	ck_assert_uint_eq(heard(XFW_NOTICE_CASCADE, NULL), 0);
	ck_assert_uint_eq(incident(P, "connect-refused")->cascade, 0);
	ck_assert_uint_eq(incident(Q, "connect-refused")->cascade, 0);
}
END_TEST

START_TEST(several_that_refuse_are_none) {
	many_zones(4);
	refused(0, P);
	refused(1, Q);
	down(2, R);
	pass(60000);
	ck_assert_uint_eq(heard(XFW_NOTICE_CASCADE, NULL), 0);
}
END_TEST

START_TEST(over_before_it_is_said) {
	many_zones(4);
	down(0, P);
	down(1, Q);
	ck_assert_uint_eq(incident(Q, "connect-refused")->cascade, 1);
	fed(1, Q);
	pass(60000);
	ck_assert_uint_eq(open_incidents(), 1);
	ck_assert_uint_eq(heard(XFW_NOTICE_CASCADE, NULL), 0);
	ck_assert_uint_eq(incident(P, "connect-refused")->cascade, 0);
}
END_TEST

START_TEST(another_one_waits_as_long) {
	many_zones(4);
	down(0, P);
	down(1, Q);
	fed(1, Q);
	down(2, R);
	ck_assert_uint_eq(heard(XFW_NOTICE_CASCADE, NULL), 0);
	pass(5000);
	ck_assert_uint_eq(heard(XFW_NOTICE_CASCADE, NULL), 1);
	ck_assert_uint_eq(last()->cascade.ids[1], 3);
}
END_TEST

START_TEST(ends_with_the_last_but_one) {
	many_zones(6);
	down(0, P);
	down(1, Q);
	down(2, R);
	pass(5000);
	fed(0, P);
	ck_assert_uint_eq(incident(Q, "connect-refused")->cascade, 1);
	fed(1, Q);
	ck_assert_uint_eq(incident(R, "connect-refused")->cascade, 0);
	ck_assert_uint_eq(xfw_state_closed(state)->cascade, 1);
	/* What comes then is another one. */
	pass(60000);
	down(3, P);
	pass(10000);
	ck_assert_uint_eq(heard(XFW_NOTICE_CASCADE, NULL), 1);
}
END_TEST

START_TEST(said_again_when_it_has_doubled) {
	many_zones(40);
	for (int i = 0; i < 20; i++) {
		char primary[32];

		snprintf(primary, sizeof(primary), "10.77.1.%d#53", i + 1);
		down(i, primary);
		pass(15000);
	}
	pass(60000);
	/* With 2, 4, 8 and 16. */
	ck_assert_uint_eq(heard(XFW_NOTICE_CASCADE, NULL), 4);
	ck_assert_uint_eq(last()->cascade.incidents, 16);
	ck_assert_uint_eq(last()->cascade.ids[15], 16);
	for (const xfw_incident_t *i = xfw_state_incidents(state); i; i = i->next) {
		ck_assert_uint_eq(i->cascade, 1);
	}
}
END_TEST

/*--- one primary ----------------------------------------------------------------*/

START_TEST(one_primary_with_two_causes) {
	many_zones(4);
	refused(0, P);
	pass(500000);
	down(1, P);
	pass(10000);
	ck_assert_uint_eq(heard(XFW_NOTICE_CASCADE, NULL), 1);
	ck_assert_str_eq(last()->cascade.primary->address, P);
	ck_assert_uint_eq(last()->cascade.primaries, 1);
	ck_assert_uint_eq(last()->cascade.incidents, 2);
	ck_assert_uint_eq(incident(P, "refused-transfer")->cascade, 1);
	ck_assert_uint_eq(incident(P, "connect-refused")->cascade, 1);
}
END_TEST

START_TEST(long_after_each_other_is_none) {
	many_zones(4);
	refused(0, P);
	pass(601000);
	down(1, P);
	pass(10000);
	ck_assert_uint_eq(heard(XFW_NOTICE_CASCADE, NULL), 0);
}
END_TEST

START_TEST(two_degraded_causes_are_none) {
	many_zones(4);
	fed(0, P);
	fed(1, P);
	notify_refused(0, "10.77.0.2");
	for (int i = 0; i < 30; i++) {
		linef("general: info: zone %s: notify from 10.77.0.2#40000: zone is up "
		      "to date", zones[1]->key);
		pass(60000);
	}
	ck_assert_uint_eq(open_incidents(), 2);
	ck_assert_uint_eq(heard(XFW_NOTICE_CASCADE, NULL), 0);
}
END_TEST

START_TEST(degraded_one_counts_beside_a_real_one) {
	many_zones(4);
	notify_refused(0, "10.77.0.2");
	ck_assert_uint_eq(incident(P, "notify-refused")->cascade, 0);
	down(1, P);
	pass(10000);
	ck_assert_uint_eq(heard(XFW_NOTICE_CASCADE, NULL), 1);
	ck_assert_uint_eq(incident(P, "notify-refused")->cascade, 1);
}
END_TEST

START_TEST(no_primary_is_none) {
	many_zones(4);
	linef("general: error: zone %s: cannot refresh: no primaries", zones[0]->key);
	linef("general: error: zone %s: unable to find key: nix", zones[1]->key);
	pass(10000);
	ck_assert_uint_eq(open_incidents(), 2);
	ck_assert_uint_eq(heard(XFW_NOTICE_CASCADE, NULL), 0);
}
END_TEST

START_TEST(both_kinds_at_once) {
	many_zones(8);
	refused(0, P);
	down(1, Q);
	down(2, R);
	down(3, P);
	pass(10000);
	/* What P refused may have nothing to do with the network. */
	ck_assert_uint_eq(heard(XFW_NOTICE_CASCADE, NULL), 1);
	ck_assert_uint_eq(last()->cascade.incidents, 3);
	ck_assert_uint_eq(incident(P, "refused-transfer")->cascade, 0);
	/* But another thing at it has. */
	transfer_fails(zones[4]->key, P, "failed while receiving responses: NOTAUTH",
		       "NOTAUTH");
	pass(10000);
	ck_assert_uint_eq(incident(P, "notauth")->cascade, 2);
}
END_TEST

/*--- many -----------------------------------------------------------------------*/

#define MANY 5000

static xfw_zone_t *many[MANY];

static double
seconds(void) {
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return ((double)t.tv_sec + (double)t.tv_nsec / 1e9);
}

START_TEST(thousands_at_once) {
	double began_s;

	probes_answered = false;
	for (int i = 0; i < MANY; i++) {
		char key[64];
		snprintf(key, sizeof(key), "zone%04d.example/IN", i);
		many[i] = declare(key, 1);
	}
	pass(0);
	began_s = seconds();
	for (int i = 0; i < MANY; i++) {
		char primary[32];

		snprintf(primary, sizeof(primary), "10.78.%d.%d#53", i / 250,
			 i % 250 + 1);
		soa_fails(many[i]->key, primary, "connection refused");
		now_ms--;
	}
	pass(5000);
	ck_assert_uint_eq(open_incidents(), MANY);
	/* The one line that tells what is the matter does not wait for the others. */
	pass(10000);
	ck_assert_uint_eq(heard(XFW_NOTICE_CASCADE, NULL), 1);
	ck_assert_uint_eq(last()->cascade.incidents, MANY);
	ck_assert_uint_eq(last()->cascade.primaries, MANY);
	ck_assert_uint_le(busiest_minute(), 20);
	for (int i = 0; i < MANY; i++) {
		char primary[32];

		snprintf(primary, sizeof(primary), "10.78.%d.%d#53", i / 250,
			 i % 250 + 1);
		transfer_succeeds(many[i]->key, primary, 2026032901);
	}
	pass(10000);
	ck_assert_uint_eq(open_incidents(), 0);
	ck_assert_msg(seconds() - began_s < 20, "%f s", seconds() - began_s);
}
END_TEST

START_TEST(many_primaries_with_two_causes_do_not_flood) {
	many_zones(400);
	for (int i = 0; i < 200; i++) {
		char primary[32];

		snprintf(primary, sizeof(primary), "10.78.0.%d#53", i + 1);
		transfer_fails(zones[2 * i]->key, primary,
			       "failed while receiving responses: REFUSED", "REFUSED");
		transfer_fails(zones[2 * i + 1]->key, primary,
			       "failed while receiving responses: NOTAUTH", "NOTAUTH");
	}
	pass(3600000);
	ck_assert_uint_le(busiest_minute(), 20);
	ck_assert_uint_eq(heard(XFW_NOTICE_CASCADE, NULL), 200);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, NULL), 400);
}
END_TEST

/*--- zones that are lost one after the other ------------------------------------*/

START_TEST(each_lost_zone_is_said) {
	many_zones(30);
	for (int i = 0; i < 30; i++) {
		soa_fails(zones[i]->key, P, "connection refused");
	}
	pass(5000);
	for (int i = 0; i < 3; i++) {
		linef("general: warning: zone %s: expired", zones[i]->key);
		ck_assert_uint_eq(heard(XFW_NOTICE_EXPIRED, NULL), i + 1);
		ck_assert_str_eq(said[said_count - 1].zone, zones[i]->key);
		ck_assert_uint_eq(incident(P, "connect-refused")->expired, i + 1);
		pass(120000);
	}
	/* Many at once: five of them, and the rest in one line, a minute later. */
	for (int i = 3; i < 23; i++) {
		linef("general: warning: zone %s: expired", zones[i]->key);
	}
	ck_assert_uint_eq(heard(XFW_NOTICE_EXPIRED, NULL), 8);
	pass(60000);
	ck_assert_uint_eq(heard(XFW_NOTICE_EXPIRED_MORE, NULL), 1);
	ck_assert_uint_eq(said[said_count - 1].count, 15);
	ck_assert_uint_eq(incident(P, "connect-refused")->expired, 23);
	/* And the next one on its own again. */
	pass(60000);
	linef("general: warning: zone %s: expired", zones[23]->key);
	ck_assert_uint_eq(heard(XFW_NOTICE_EXPIRED, NULL), 9);
}
END_TEST

/*--- the frame ------------------------------------------------------------------*/

int
main(void) {
	Suite *suite = suite_create("cascade");
	TCase *tc = kit_case(suite, "primaries");

	tcase_add_test(tc, two_primaries_are_one_cascade);
	tcase_add_test(tc, more_than_a_minute_apart_is_none);
	tcase_add_test(tc, several_that_refuse_are_none);
	tcase_add_test(tc, over_before_it_is_said);
	tcase_add_test(tc, another_one_waits_as_long);
	tcase_add_test(tc, ends_with_the_last_but_one);
	tcase_add_test(tc, said_again_when_it_has_doubled);
	tc = kit_case(suite, "causes");
	tcase_add_test(tc, one_primary_with_two_causes);
	tcase_add_test(tc, long_after_each_other_is_none);
	tcase_add_test(tc, two_degraded_causes_are_none);
	tcase_add_test(tc, degraded_one_counts_beside_a_real_one);
	tcase_add_test(tc, no_primary_is_none);
	tcase_add_test(tc, both_kinds_at_once);
	tc = kit_case(suite, "many");
	tcase_add_test(tc, thousands_at_once);
	tcase_add_test(tc, many_primaries_with_two_causes_do_not_flood);
	tc = kit_case(suite, "lost");
	tcase_add_test(tc, each_lost_zone_is_said);
	return (kit_run(suite));
}
