/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The deadline that a zone's signature sets (RFC 4034), and the finding that nobody
 * renews it: how near is near, when it is said, that it is said without any event, and
 * when it ends.
 */
#include "state_kit.h"

#define Z     "a.example/IN"
#define Y     "b.example/IN"
#define P     "10.0.0.53#53"
#define ERROR "connection refused"
#define HOUR  INT64_C(3600)
#define DAY   (24 * HOUR)

static xfw_policy_t
days(uint16_t warning, uint16_t err) {
	return ((xfw_policy_t){ .escalation = XFW_ESCALATION_DEFAULT,
				.reminder_s = 0,
				.signature_warning_d = warning,
				.signature_err_d = err });
}

/*--- how near is near ---------------------------------------------------------*/

#define AT INT64_C(2000000000)

/* With `left_s` of a signature made for `validity` hours, renewed at `renewed` hours. */
static xfw_severity_t
with(int64_t left_s, int64_t validity, int64_t renewed, int64_t *next_s) {
	xfw_policy_t policy = days(14, 7);
	xfw_zone_t zone = { .signature_s = (uint32_t)(AT + left_s),
			    .validity_h = (uint16_t)validity,
			    .renewed_h = (uint16_t)renewed };

	return (xfw_signature_severity(&zone, &policy, AT, next_s));
}

START_TEST(days_of_the_policy) {
	int64_t next = 0;

	ck_assert_int_eq(with(20 * DAY, 90 * 24, 0, &next), XFW_SEVERITY_NONE);
	ck_assert_int_eq(next, AT + 6 * DAY);
	ck_assert_int_eq(with(14 * DAY + 1, 90 * 24, 0, &next), XFW_SEVERITY_NONE);
	ck_assert_int_eq(next, AT + 1);
	ck_assert_int_eq(with(14 * DAY, 90 * 24, 0, &next), XFW_SEVERITY_WARNING);
	ck_assert_int_eq(next, AT + 7 * DAY);
	ck_assert_int_eq(with(7 * DAY, 90 * 24, 0, &next), XFW_SEVERITY_ERR);
	ck_assert_int_eq(next, AT + 7 * DAY);
	ck_assert_int_eq(with(0, 90 * 24, 0, &next), XFW_SEVERITY_ALERT);
	ck_assert_int_eq(next, INT64_MAX);
	ck_assert_int_eq(with(-DAY, 0, 0, NULL), XFW_SEVERITY_ALERT);
	/* For how long it was made is not known. */
	ck_assert_int_eq(with(10 * DAY, 0, 0, NULL), XFW_SEVERITY_WARNING);
}
END_TEST

/* BIND's default policy: for 14 days, renewed when 5 are left. */
START_TEST(short_validity) {
	int64_t next = 0;

	ck_assert_int_eq(with(13 * DAY, 14 * 24, 0, &next), XFW_SEVERITY_NONE);
	ck_assert_int_eq(next, AT + 13 * DAY - 84 * HOUR);
	ck_assert_int_eq(with(5 * DAY, 14 * 24, 0, NULL), XFW_SEVERITY_NONE);
	ck_assert_int_eq(with(84 * HOUR, 14 * 24, 0, NULL), XFW_SEVERITY_WARNING);
	ck_assert_int_eq(with(43 * HOUR, 14 * 24, 0, NULL), XFW_SEVERITY_WARNING);
	ck_assert_int_eq(with(42 * HOUR, 14 * 24, 0, NULL), XFW_SEVERITY_ERR);
	ck_assert_int_eq(with(0, 14 * 24, 0, NULL), XFW_SEVERITY_ALERT);
	/* Less than twice the one, more than twice the other: err is not before. */
	ck_assert_int_eq(with(6 * DAY, 20 * 24, 0, NULL), XFW_SEVERITY_NONE);
	ck_assert_int_eq(with(5 * DAY, 20 * 24, 0, NULL), XFW_SEVERITY_WARNING);
	/* Just twice as long. */
	ck_assert_int_eq(with(13 * DAY, 28 * 24, 0, NULL), XFW_SEVERITY_WARNING);
	ck_assert_int_eq(with(13 * DAY, 28 * 24 - 1, 0, NULL), XFW_SEVERITY_NONE);
}
END_TEST

START_TEST(what_the_primary_does) {
	/* Made for a month, renewed at three days. */
	ck_assert_int_eq(with(4 * DAY, 30 * 24, 72, NULL), XFW_SEVERITY_NONE);
	ck_assert_int_eq(with(72 * HOUR, 30 * 24, 72, NULL), XFW_SEVERITY_NONE);
	ck_assert_int_eq(with(64 * HOUR, 30 * 24, 72, NULL), XFW_SEVERITY_WARNING);
	ck_assert_int_eq(with(32 * HOUR, 30 * 24, 72, NULL), XFW_SEVERITY_ERR);
	/* Renewed with each change of the zone: that says nothing. */
	ck_assert_int_eq(with(10 * DAY, 30 * 24, 29 * 24, NULL), XFW_SEVERITY_WARNING);
}
END_TEST

START_TEST(never) {
	xfw_policy_t policy = days(0, 0);
	xfw_zone_t zone = { .signature_s = (uint32_t)AT };
	int64_t next = 0;

	ck_assert_int_eq(xfw_signature_severity(&zone, &policy, AT + 1, &next),
			 XFW_SEVERITY_NONE);
	ck_assert_int_eq(next, INT64_MAX);
	policy = days(0, 7);
	ck_assert_int_eq(xfw_signature_severity(&zone, &policy, AT - 8 * DAY, &next),
			 XFW_SEVERITY_NONE);
	ck_assert_int_eq(next, AT - 7 * DAY);
	ck_assert_int_eq(xfw_signature_severity(&zone, &policy, AT - 7 * DAY, NULL),
			 XFW_SEVERITY_ERR);
	policy = days(14, 7);
	zone.signature_s = 0; /* not signed */
	ck_assert_int_eq(xfw_signature_severity(&zone, &policy, AT, &next),
			 XFW_SEVERITY_NONE);
	ck_assert_int_eq(next, INT64_MAX);
}
END_TEST

/*--- the deadline ---------------------------------------------------------------*/

/* A healthy zone whose signature was made for `validity` days and ends in `left_s`. */
static xfw_zone_t *
signed_zone(const char *key, int64_t left_s, int64_t validity) {
	xfw_zone_t *zone = healthy(key, 1);
	fake_t *f = fake_find(key);

	f->t.signature_s = (uint32_t)(now_ms / 1000 + left_s);
	f->t.inception_s = (uint32_t)(f->t.signature_s - validity * DAY);
	xfw_state_probe(state, zone);
	pass(1000);
	ck_assert_uint_eq(zone->signature_s, f->t.signature_s);
	return (zone);
}

START_TEST(the_earlier_counts) {
	xfw_zone_t *zone = signed_zone(Z, 2 * DAY, 90);

	ck_assert_uint_eq(zone->validity_h, 90 * 24);
	ck_assert_int_eq(xfw_zone_deadline_s(zone), zone->signature_s);
	ck_assert_str_eq(xfw_zone_deadline_name(zone), "signature");
	fake_find(Z)->t.signature_s += 30 * DAY;
	xfw_state_probe(state, zone);
	pass(1000);
	ck_assert_int_eq(xfw_zone_deadline_s(zone), zone->expires_s);
	ck_assert_str_eq(xfw_zone_deadline_name(zone), "expire");
	fake_find(Z)->t.signature_s = 0; /* the primary signs it no more */
	xfw_state_probe(state, zone);
	pass(1000);
	ck_assert_str_eq(xfw_zone_deadline_name(zone), "expire");
	ck_assert_uint_eq(zone->signature_s, 0);
	zone = declare(Y, 1);
	ck_assert_ptr_null(xfw_zone_deadline_name(zone));
}
END_TEST

/* Expire is four weeks away, the signature two days. */
START_TEST(failing_counts_to_the_signature) {
	xfw_zone_t *plain = healthy(Y, 1), *zone = signed_zone(Z, 2 * DAY, 90);
	const xfw_zone_t *first[2] = { NULL };
	fake_t *f = fake_find(Z);

	f->t.expire_s = 28 * DAY;
	f->t.expires_s = now_ms / 1000 + 28 * DAY;
	fake_find(Y)->t.expires_s = now_ms / 1000 + 5 * DAY;
	xfw_state_probe(state, zone);
	xfw_state_probe(state, plain);
	pass(1000);
	soa_fails(Z, P, ERROR);
	soa_fails(Y, P, ERROR);
	pass(5000);
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	ck_assert_int_eq(zone->severity, XFW_SEVERITY_ALERT);
	ck_assert_int_eq(plain->severity, XFW_SEVERITY_WARNING);
	ck_assert_uint_eq(xfw_state_failing(state, first, 2), 2);
	ck_assert_ptr_eq(first[0], zone);
	ck_assert_ptr_eq(xfw_state_incidents(state)->heap[0]->zone, zone);
}
END_TEST

START_TEST(lapsed_is_not_expired) {
	xfw_zone_t *zone = signed_zone(Z, HOUR, 90);
	fake_t *f = fake_find(Z);

	soa_fails(Z, P, ERROR);
	for (int i = 0; i < 8; i++) {
		fake_begin(f);
		pass(RETRY * 1000);
		soa_fails(Z, P, ERROR);
	}
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	ck_assert_int_eq(zone->severity, XFW_SEVERITY_ALERT);
	ck_assert_int_lt(xfw_zone_deadline_s(zone), now_ms / 1000);
	ck_assert_uint_eq(heard(XFW_NOTICE_EXPIRED, NULL), 0);
}
END_TEST

/* What it was lost for is not its signature, which lapsed before that. */
START_TEST(expired_counts_to_expire) {
	xfw_zone_t *zone = signed_zone(Z, HOUR, 90);

	probes_answered = false;
	soa_fails(Z, P, ERROR);
	pass((EXPIRE - 100) * 1000LL);
	linef("general: warning: zone " Z ": expired");
	ck_assert_int_eq(zone->state, XFW_ZONE_EXPIRED);
	ck_assert_str_eq(xfw_zone_deadline_name(zone), "expire");
	ck_assert_int_eq(xfw_zone_deadline_s(zone), zone->expires_s);
}
END_TEST

/*--- nobody renews it -----------------------------------------------------------*/

static void
configure(uint16_t warning, uint16_t err) {
	xfw_policy_t policy = days(warning, err);

	xfw_state_configure(state, &policy, now_ms);
}

START_TEST(told_without_an_event) {
	xfw_zone_t *zone = NULL;
	const xfw_incident_t *inc = NULL;

	configure(14, 7);
	zone = signed_zone(Z, 20 * DAY, 90);
	transfer_succeeds(Z, P, 2026032802);
	pass(1000);
	ck_assert_uint_eq(open_incidents(), 0);
	probes_answered = false; /* nor does named say anything */
	pass(6 * DAY * 1000 - 60000);
	ck_assert_uint_eq(open_incidents(), 0);
	pass(60000);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, "signatures-expiring"), 1);
	inc = xfw_state_incidents(state);
	ck_assert_str_eq(inc->primary->address, P);
	ck_assert_int_eq(inc->severity, XFW_SEVERITY_WARNING);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_int_eq(zone->severity, XFW_SEVERITY_NONE);
	pass(7 * DAY * 1000);
	ck_assert_int_eq(inc->severity, XFW_SEVERITY_ERR);
	ck_assert_uint_eq(heard(XFW_NOTICE_ESCALATED, NULL), 1);
	pass(7 * DAY * 1000);
	ck_assert_int_eq(inc->severity, XFW_SEVERITY_ALERT);
	ck_assert_uint_eq(heard(XFW_NOTICE_ESCALATED, NULL), 2);
	ck_assert_uint_eq(xfw_state_counters(state)->causes[XFW_CAUSE_SIGNATURES_EXPIRING],
			  1);
}
END_TEST

START_TEST(ends_when_renewed) {
	xfw_zone_t *zone = NULL;
	fake_t *f = NULL;

	configure(14, 7);
	zone = signed_zone(Z, 3 * DAY, 90);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, "signatures-expiring"), 1);
	f = fake_find(Z);
	/* A refresh that finds the same serial changes nothing. */
	fake_begin(f);
	fake_success(f);
	pass(5000);
	ck_assert_uint_eq(open_incidents(), 1);
	f->t.signature_s += 80 * DAY;
	f->t.inception_s += 80 * DAY;
	fake_success(f);
	transfer_succeeds(Z, P, 2026032802);
	pass(5000);
	ck_assert_uint_eq(open_incidents(), 0);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, "signatures-expiring"), 1);
	ck_assert_uint_eq(zone->renewed_h, 72);
}
END_TEST

/* No feed is known yet: the zone's route has the primary's address. */
START_TEST(from_the_route) {
	xfw_zone_t *zone = healthy(Z, 1);
	const char *route = "10.0.0.54#5353 key=xfr\n" P "\n";
	fake_t *f = fake_find(Z);

	configure(14, 7);
	xfw_state_route(state, zone, route, strlen(route));
	f->t.signature_s = (uint32_t)(now_ms / 1000 + DAY);
	xfw_state_probe(state, zone);
	pass(1000);
	ck_assert_uint_eq(open_incidents(), 1);
	ck_assert_str_eq(xfw_state_incidents(state)->primary->address, "10.0.0.54#5353");
	signed_zone(Y, DAY, 90);
	ck_assert_uint_eq(open_incidents(), 2);
	ck_assert_str_eq(xfw_state_incidents(state)->primary->address, "-");
}
END_TEST

/* A failing zone's signature counts in its severity, and is no incident besides. */
START_TEST(one_incident_at_a_time) {
	xfw_zone_t *zone = NULL;
	fake_t *f = NULL;

	configure(14, 7);
	zone = signed_zone(Z, 3 * DAY, 90);
	transfer_succeeds(Z, P, 2026032802);
	pass(1000);
	soa_fails(Z, P, ERROR);
	pass(5000);
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	ck_assert_uint_eq(open_incidents(), 1);
	ck_assert_int_eq(xfw_state_incidents(state)->cause, XFW_CAUSE_CONNECT_REFUSED);
	/* With the recovery a new signature came: it is not said in between. */
	f = fake_find(Z);
	f->t.signature_s += 80 * DAY;
	fake_success(f);
	transfer_succeeds(Z, P, 2026032803);
	pass(5000);
	ck_assert_uint_eq(open_incidents(), 0);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, "signatures-expiring"), 1);
	ck_assert_uint_eq(zone->signature_s, f->t.signature_s);
	ck_assert_uint_eq(zone->renewed_h, 0); /* this was no custom */
}
END_TEST

/* A success over TCP after a silent UDP, again and again, takes nobody's place. */
START_TEST(stands_beside_others) {
	signed_zone(Z, 3 * DAY, 90);
	transfer_succeeds(Z, P, 2026032802);
	pass(5000);
	configure(14, 7);
	pass(100);
	ck_assert_str_eq(xfw_state_incidents(state)->primary->address, P);
	for (uint32_t i = 0; i < 3; i++) {
		linef("general: info: zone " Z ": refresh: retry limit for primary " P
		      " exceeded (source 0.0.0.0#0)");
		transfer_succeeds(Z, P, 2026032803 + i);
		pass(10000);
	}
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, "signatures-expiring"), 1);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, "signatures-expiring"), 0);
	ck_assert_uint_eq(xfw_state_counters(state)->causes[XFW_CAUSE_UDP_BLOCKED], 3);
}
END_TEST

START_TEST(policy_applies_at_once) {
	signed_zone(Z, 10 * DAY, 365);
	signed_zone(Y, 40 * DAY, 365);
	ck_assert_uint_eq(open_incidents(), 0);
	probes_answered = false;
	configure(14, 7);
	pass(100);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, "signatures-expiring"), 1);
	configure(5, 0);
	pass(100);
	ck_assert_uint_eq(open_incidents(), 0);
	configure(60, 50);
	pass(100);
	ck_assert_uint_eq(open_incidents(), 1);
	ck_assert_uint_eq(xfw_state_incidents(state)->zones, 2);
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("signatures");
	TCase *tc = tcase_create("near");

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, days_of_the_policy);
	tcase_add_test(tc, short_validity);
	tcase_add_test(tc, what_the_primary_does);
	tcase_add_test(tc, never);
	tc = kit_case(suite, "deadline");
	tcase_add_test(tc, the_earlier_counts);
	tcase_add_test(tc, failing_counts_to_the_signature);
	tcase_add_test(tc, lapsed_is_not_expired);
	tcase_add_test(tc, expired_counts_to_expire);
	tc = kit_case(suite, "expiring");
	tcase_add_test(tc, told_without_an_event);
	tcase_add_test(tc, ends_when_renewed);
	tcase_add_test(tc, from_the_route);
	tcase_add_test(tc, one_incident_at_a_time);
	tcase_add_test(tc, stands_beside_others);
	tcase_add_test(tc, policy_applies_at_once);
	return (kit_run(suite));
}
