/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Serials: how far a zone is behind its primary and since when, that it is told if
 * refreshes succeed all the same and not while a transfer is on its way, that a zone
 * is believed to have recovered only when it has what is offered, and for how long
 * clients had stale data.
 */
#include "state_kit.h"

#define Z     "a.example/IN"
#define P     "10.0.0.53#53"
#define Q     "10.0.0.54#53"
#define ERROR "connection refused"
#define S     2026032801u

static void
notify(const char *primary, uint32_t serial) {
	linef("notify: info: zone " Z ": notify from %s: serial %u", primary, serial);
}

/* A refresh that named finds no reason to transfer after. */
static void
refresh(void) {
	fake_success(fake_find(Z));
	xfw_state_probe(state, xfw_state_find(state, Z, strlen(Z)));
	pass(1000);
}

/* A zone that was transferred from P a while ago. */
static xfw_zone_t *
fed_by(const char *primary, unsigned primaries) {
	xfw_zone_t *zone = healthy(Z, primaries);

	transfer_succeeds(Z, primary, S);
	pass(3600 * 1000);
	refresh();
	ck_assert_uint_eq(zone->serial, S);
	return (zone);
}

static int32_t
lag(const xfw_zone_t *zone) {
	int64_t since_ms = 0;
	int32_t by = INT32_MIN;

	ck_assert(xfw_zone_lag(zone, &by, &since_ms));
	ck_assert((by > 0) == (since_ms != 0));
	return (by);
}

static int64_t
since(const xfw_zone_t *zone) {
	int64_t since_ms = 0;
	int32_t by = 0;

	ck_assert(xfw_zone_lag(zone, &by, &since_ms));
	return (since_ms);
}

/*--- how far --------------------------------------------------------------------*/

START_TEST(how_far) {
	xfw_zone_t *zone = healthy(Z, 1);
	int64_t at_ms = 0;
	int32_t by = 0;

	ck_assert(!xfw_zone_lag(zone, &by, &at_ms)); /* the primary's is not known */
	at_ms = now_ms;
	notify(P, S + 3);
	ck_assert_int_eq(lag(zone), 3);
	ck_assert_int_eq(since(zone), at_ms);
	pass(10000);
	notify(P, S + 5);
	ck_assert_int_eq(lag(zone), 5);
	ck_assert_int_eq(since(zone), at_ms);
	transfer_succeeds(Z, P, S + 5);
	ck_assert_int_eq(lag(zone), 0);
	transfer_succeeds(Z, P, UINT32_MAX);
	pass(2000);
	notify(P, 3); /* RFC 1982 */
	ck_assert_int_eq(lag(zone), 4);
}
END_TEST

START_TEST(backwards) {
	xfw_zone_t *zone = fed_by(P, 1);

	linef("general: info: zone " Z ": serial number (%u) received from primary " P
	      " < ours (%u)",
	      S - 7, S);
	ck_assert_int_eq(lag(zone), -7);
	ck_assert_uint_eq(zone->serial, S);
	ck_assert_int_eq(zone->cause, XFW_CAUSE_SERIAL_BACKWARDS);
	/* The one way out is that it raises its serial, the other to take its copy. */
	transfer_succeeds(Z, P, S - 7);
	pass(5000);
	ck_assert_int_eq(lag(zone), 0);
	ck_assert_uint_eq(open_incidents(), 0);
}
END_TEST

/* It had what it announced; then it was told by hand to take an older one. */
START_TEST(forced_to_an_older_one) {
	xfw_zone_t *zone = fed_by(P, 2);

	notify(P, S + 1);
	transfer_succeeds(Z, P, S + 1);
	pass(5000);
	transfer_succeeds(Z, Q, S);
	pass(5000);
	ck_assert_int_eq(lag(zone), 0);
	refresh();
	pass(2 * RETRY * 1000);
	ck_assert_uint_eq(said_count, 0);
}
END_TEST

/*--- behind, though refreshes succeed ---------------------------------------------*/

START_TEST(stays_behind) {
	xfw_zone_t *zone = fed_by(P, 1);
	int64_t at_ms = now_ms;

	notify(P, S + 1);
	pass(5000);
	refresh();
	pass((RETRY - 10) * 1000);
	ck_assert_uint_eq(said_count, 0);
	pass(10000);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, "serial-behind"), 1);
	ck_assert_str_eq(said[0].primary, P);
	ck_assert_int_eq(said[0].severity, XFW_SEVERITY_WARNING);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	for (int i = 0; i < 3; i++) { /* more of the same is nothing new */
		pass(1800 * 1000);
		refresh();
	}
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, NULL), 1);
	ck_assert_int_eq(since(zone), at_ms);
	transfer_succeeds(Z, P, S + 1);
	pass(5000);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, "serial-behind"), 1);
	ck_assert_uint_eq(open_incidents(), 0);
	ck_assert_int_ge(xfw_state_closed(state)->stale_ms, 3 * 1800 * 1000 + RETRY * 1000);
	ck_assert_int_le(xfw_state_closed(state)->stale_ms, now_ms - at_ms);
}
END_TEST

/* Without a success there is nothing that is not believed. */
START_TEST(no_refresh_yet) {
	fed_by(P, 1);
	notify(P, S + 1);
	pass(2 * RETRY * 1000);
	ck_assert_uint_eq(said_count, 0);
	/* NOTIFY came while a refresh was under way: that one says nothing. */
	transfer_succeeds(Z, P, S + 1);
	pass(5000);
	linef("notify: info: zone " Z ": notify from " P
	      ": serial %u: refresh in progress, refresh check queued",
	      S + 2);
	pass(1000);
	refresh();
	pass(RETRY * 1000);
	ck_assert_uint_eq(said_count, 0);
	refresh();
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, "serial-behind"), 1);
}
END_TEST

/* A transfer of two hours, behind a quota before that, is on its way. */
START_TEST(slow_transfer) {
	xfw_zone_t *zone = fed_by(P, 1);

	linef("notify: info: zone " Z ": notify from " P
	      ": serial %u: refresh in progress, refresh check queued",
	      S + 1);
	pass(1000);
	refresh();
	linef("general: info: zone " Z ": zone transfer deferred due to quota");
	pass(200 * 1000);
	refresh();
	linef("xfer-in: info: zone " Z ": Transfer started.");
	linef("xfer-in: info: transfer of '" Z "' from " P ": connected using " P);
	pass(1000);
	refresh();
	pass(7200 * 1000);
	refresh();
	ck_assert_int_eq(lag(zone), 1);
	ck_assert_uint_eq(said_count, 0);
	fake_find(Z)->t.serial = S + 1;
	linef("xfer-in: info: zone " Z ": transferred serial %u", S + 1);
	linef("xfer-in: info: transfer of '" Z "' from " P ": Transfer status: success");
	pass(RETRY * 2000);
	ck_assert_int_eq(lag(zone), 0);
	ck_assert_uint_eq(said_count, 0);
}
END_TEST

/* It changes all the time, and each transfer brings what was announced before. */
START_TEST(always_a_little_behind) {
	xfw_zone_t *zone = fed_by(P, 1);

	for (uint32_t i = 0; i < 200; i++) {
		linef("xfer-in: info: zone " Z ": Transfer started.");
		linef("xfer-in: info: transfer of '" Z "' from " P ": connected using " P);
		pass(15000);
		notify(P, S + i + 2);
		pass(15000);
		fake_find(Z)->t.serial = S + i + 1;
		fake_success(fake_find(Z));
		linef("xfer-in: info: zone " Z ": transferred serial %u", S + i + 1);
		linef("xfer-in: info: transfer of '" Z "' from " P
		      ": Transfer status: success");
		linef("xfer-in: info: transfer of '" Z "' from " P
		      ": Transfer completed: 1 messages, 4 records, 171 bytes, 0.008 secs "
		      "(21375 bytes/sec) (serial %u)",
		      S + i + 1);
		ck_assert_int_eq(lag(zone), 1);
	}
	ck_assert_uint_eq(said_count, 0);
}
END_TEST

/* The answer to a question of ours tells what a NOTIFY did not. */
START_TEST(asked) {
	xfw_zone_t *zone = fed_by(P, 1);

	xfw_state_offered(state, zone, S + 4, now_ms);
	ck_assert_int_eq(lag(zone), 4);
	pass(RETRY * 1000);
	refresh();
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, "serial-behind"), 1);
	/* And that what was announced is not so. */
	xfw_state_offered(state, zone, S, now_ms);
	ck_assert_int_eq(lag(zone), 0);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, "serial-behind"), 1);
	refresh();
	pass(2 * RETRY * 1000);
	ck_assert_uint_eq(open_incidents(), 0);
}
END_TEST

/* P has a newer one and cannot be reached; Q feeds the zone, and is behind. */
START_TEST(fed_by_one_that_is_behind) {
	xfw_zone_t *zone = fed_by(Q, 2);
	const xfw_incident_t *inc = NULL;

	transfer_fails(Z, P, "failed to connect: timed out", "timed out");
	transfer_succeeds(Z, Q, S);
	notify(P, S + 1);
	for (int i = 0; i < 3; i++) {
		pass(RETRY * 1000);
		transfer_fails(Z, P, "failed to connect: timed out", "timed out");
		pass(10000);
		refresh();
	}
	pass(RETRY * 1000);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, "serial-behind"), 1);
	inc = feed_of(zone, Q)->incident;
	ck_assert_ptr_nonnull(inc);
	ck_assert_int_eq(inc->cause, XFW_CAUSE_SERIAL_BEHIND);
	/* What Q has does not undo what P has. */
	xfw_state_offered(state, zone, S, now_ms);
	ck_assert_int_eq(lag(zone), 1);
	ck_assert_ptr_eq(feed_of(zone, Q)->incident, inc);
	transfer_succeeds(Z, P, S + 1);
	pass(200 * 1000);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, "serial-behind"), 1);
}
END_TEST

/*--- recovery -----------------------------------------------------------------------*/

START_TEST(believed_at_once) {
	xfw_zone_t *zone = fed_by(P, 1);
	int64_t at_ms = now_ms;

	soa_fails(Z, P, ERROR);
	pass(600 * 1000);
	soa_fails(Z, P, ERROR);
	pass(5000);
	ck_assert_int_eq(xfw_state_incidents(state)->stale_ms, -1);
	transfer_succeeds(Z, P, S + 1); /* nobody knew of it */
	pass(1000);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_uint_eq(open_incidents(), 0);
	ck_assert_int_ge(xfw_state_closed(state)->stale_ms, 605 * 1000);
	ck_assert_int_le(xfw_state_closed(state)->stale_ms, now_ms - at_ms);
}
END_TEST

/* A newer serial was known of for a part of the time. */
START_TEST(stale_since_notify) {
	int64_t at_ms = 0;

	fed_by(P, 1);
	soa_fails(Z, P, ERROR);
	pass(600 * 1000);
	at_ms = now_ms;
	notify(P, S + 1);
	pass(60 * 1000);
	soa_fails(Z, P, ERROR);
	pass(5000);
	transfer_succeeds(Z, P, S + 1);
	pass(1000);
	ck_assert_int_ge(xfw_state_closed(state)->stale_ms, 65 * 1000);
	ck_assert_int_le(xfw_state_closed(state)->stale_ms, now_ms - at_ms);
}
END_TEST

START_TEST(never_stale) {
	fed_by(P, 1);
	soa_fails(Z, P, ERROR);
	pass(600 * 1000);
	refresh();
	ck_assert_uint_eq(open_incidents(), 0);
	ck_assert_int_eq(xfw_state_closed(state)->stale_ms, 0);
}
END_TEST

/* It is fed again, but what it is fed is not what is there. */
START_TEST(held_until_it_comes) {
	xfw_zone_t *zone = fed_by(P, 1);
	int64_t at_ms = now_ms;

	notify(P, S + 1);
	soa_fails(Z, P, ERROR);
	pass(RETRY * 1000);
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	refresh();
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_uint_eq(open_incidents(), 1);
	pass(30000);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, NULL), 0);
	transfer_succeeds(Z, P, S + 1);
	pass(RETRY * 2000);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, "connect-refused"), 1);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, NULL), 1);
	ck_assert_int_ge(xfw_state_closed(state)->stale_ms, RETRY * 1000 + 30000);
	ck_assert_int_le(xfw_state_closed(state)->stale_ms, now_ms - at_ms);
}
END_TEST

START_TEST(held_in_vain) {
	xfw_zone_t *zone = fed_by(P, 1);

	notify(P, S + 1);
	soa_fails(Z, P, ERROR);
	pass(RETRY * 1000);
	refresh();
	pass(55000);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, NULL), 0);
	pass(6000);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, "connect-refused"), 1);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, "serial-behind"), 1);
	ck_assert_uint_eq(open_incidents(), 1);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_int_ge(xfw_state_closed(state)->stale_ms, RETRY * 1000);
}
END_TEST

/* The lines of the transfer were lost: the timers tell. And it fails again. */
START_TEST(held_and_read) {
	xfw_zone_t *zone = fed_by(P, 1);

	notify(P, S + 1);
	soa_fails(Z, P, ERROR);
	pass(RETRY * 1000);
	refresh();
	pass(5000);
	soa_fails(Z, P, ERROR);
	pass(120 * 1000);
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, NULL), 1);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, NULL), 0);
	refresh();
	pass(20000);
	ck_assert_uint_eq(open_incidents(), 1);
	fake_find(Z)->t.serial = S + 1;
	refresh();
	pass(5000);
	ck_assert_uint_eq(open_incidents(), 0);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, NULL), 1);
	ck_assert_int_ge(xfw_state_closed(state)->stale_ms, RETRY * 1000);
}
END_TEST

/* Two primaries that were down; the one that is back has the older copy. */
START_TEST(held_with_two) {
	xfw_zone_t *zone = fed_by(Q, 2);

	notify(P, S + 1);
	soa_fails(Z, P, ERROR);
	soa_fails(Z, Q, ERROR);
	pass(RETRY * 1000);
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	ck_assert_uint_eq(open_incidents(), 2);
	soa_fails(Z, P, ERROR);
	refresh();
	pass(30000);
	ck_assert_uint_eq(open_incidents(), 2);
	transfer_succeeds(Z, P, S + 1);
	pass(400 * 1000);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_int_eq(feed_of(zone, P)->cause, XFW_CAUSE_NONE);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, "serial-behind"), 0);
}
END_TEST

/*--- whatever comes -------------------------------------------------------------------*/

static uint32_t dice;

static uint32_t
roll(uint32_t sides) {
	dice = dice * 1103515245u + 12345u;
	return ((dice >> 16) % sides);
}

static void
step(uint32_t *serial) {
	const char *primary = roll(2) ? P : Q;

	switch (roll(7)) {
	case 0:
		*serial += roll(3);
		notify(primary, *serial);
		break;
	case 1:
		soa_fails(Z, primary, ERROR);
		break;
	case 2:
		transfer_fails(Z, primary, "failed to connect: timed out", "timed out");
		break;
	case 3:
		transfer_succeeds(Z, primary, *serial - roll(2));
		break;
	case 4:
		xfw_state_offered(state, xfw_state_find(state, Z, strlen(Z)),
				  *serial - roll(3), now_ms);
		break;
	case 5:
		linef("general: info: zone " Z ": zone transfer deferred due to quota");
		break;
	default:
		refresh();
		break;
	}
}

/* At the end the zone has what there is, and after a day nothing is left of it all. */
START_TEST(all_ends_well) {
	uint32_t serial = S;
	xfw_zone_t *zone = fed_by(P, _i % 2 + 1);

	dice = (uint32_t)_i + 1;
	for (int i = 0; i < 400; i++) {
		int64_t since_ms = 0;
		int32_t by = 0;

		step(&serial);
		pass(roll(4) == 0 ? roll(400) * 1000 : roll(2000));
		check_whole();
		ck_assert(!xfw_zone_lag(zone, &by, &since_ms) || since_ms <= now_ms);
	}
	xfw_state_offered(state, zone, serial, now_ms);
	transfer_succeeds(Z, P, serial);
	transfer_succeeds(Z, Q, serial);
	pass(1000);
	for (int i = 0; i < 50; i++) {
		pass(1800 * 1000);
		refresh();
	}
	ck_assert_int_eq(lag(zone), 0);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_uint_eq(open_incidents(), 0);
	ck_assert_ptr_null(zone->trouble);
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("serials");
	TCase *tc = kit_case(suite, "far");

	tcase_add_test(tc, how_far);
	tcase_add_test(tc, backwards);
	tcase_add_test(tc, forced_to_an_older_one);
	tc = kit_case(suite, "behind");
	tcase_add_test(tc, stays_behind);
	tcase_add_test(tc, no_refresh_yet);
	tcase_add_test(tc, slow_transfer);
	tcase_add_test(tc, always_a_little_behind);
	tcase_add_test(tc, asked);
	tcase_add_test(tc, fed_by_one_that_is_behind);
	tc = kit_case(suite, "recovery");
	tcase_add_test(tc, believed_at_once);
	tcase_add_test(tc, stale_since_notify);
	tcase_add_test(tc, never_stale);
	tcase_add_test(tc, held_until_it_comes);
	tcase_add_test(tc, held_in_vain);
	tcase_add_test(tc, held_and_read);
	tcase_add_test(tc, held_with_two);
	tc = kit_case(suite, "whatever");
	tcase_add_loop_test(tc, all_ends_well, 0, 20);
	return (kit_run(suite));
}
