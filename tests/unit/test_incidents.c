/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tests of incidents and of what is said of them: each thing once, few lines
 * whatever happens. One thread, a clock of its own.
 */
#include "state_kit.h"

#define Z "example.com/IN"
#define P "10.77.0.2#53"
#define Q "10.77.0.3#53"

#define ZONES 312
static xfw_zone_t *zones[ZONES];

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

static const xfw_incident_t *
only_incident(void) {
	const xfw_incident_t *inc = xfw_state_incidents(state);

	ck_assert_ptr_nonnull(inc);
	ck_assert_ptr_null(inc->next);
	return (inc);
}

static void
notified(int i) {
	linef("general: info: zone %s: notify from 10.77.0.2#40000: serial 2026032901",
	      zones[i]->key);
}

/* UDP passes, TCP is dropped: two transfers time out, named skips the others. */
static void
round_of_drop(void) {
	for (int i = 0; i < 2; i++) {
		linef("xfer-in: info: zone %s: Transfer started.", zones[i]->key);
	}
	for (int i = 2; i < 12; i++) {
		linef("xfer-in: info: zone %s: zone transfer deferred due to quota",
		      zones[i]->key);
	}
	pass(30000);
	for (int i = 0; i < 2; i++) {
		linef("xfer-in: error: transfer of '%s' from " P
		      ": failed to connect: timed out", zones[i]->key);
		linef("xfer-in: info: transfer of '%s' from " P
		      ": Transfer status: timed out", zones[i]->key);
	}
	for (int i = 2; i < 12; i++) {
		linef("xfer-in: info: zone %s: Transfer started.", zones[i]->key);
		linef("xfer-in: info: zone %s: got_transfer_quota: skipping zone "
		      "transfer as primary " P " (source 10.77.0.1#0) is unreachable "
		      "(cached)", zones[i]->key);
	}
	for (int i = 12; i < ZONES; i++) {
		linef("general: info: zone %s: refresh: skipping zone transfer as "
		      "primary " P " (source 10.77.0.1#0) is unreachable (cached)",
		      zones[i]->key);
	}
	for (int i = 0; i < ZONES; i++) {
		fake_begin(&fakes[i]);
	}
}

static void
all_recover(void) {
	for (int i = 0; i < ZONES; i++) {
		transfer_succeeds(zones[i]->key, P, 2026032901);
		fake_success(&fakes[i]);
		fakes[i].t.serial = 2026032901;
	}
	pass(5000);
}

START_TEST(zones_behind_a_drop) {
	const xfw_incident_t *inc = NULL;
	uint32_t serial = 0;
	int64_t at_ms = 0;
	uint64_t id = 0;

	many_zones(ZONES);
	for (int i = 0; i < ZONES; i++) {
		notified(i);
	}
	round_of_drop();
	pass(2000);
	inc = only_incident();
	id = inc->id;
	ck_assert_int_eq(inc->cause, XFW_CAUSE_CONNECT_TIMEOUT);
	ck_assert_str_eq(inc->primary->address, P);
	ck_assert_uint_eq(inc->zones, ZONES);
	ck_assert_uint_eq(xfw_state_counters(state)->zones[XFW_ZONE_FAILING], ZONES);
	ck_assert_uint_eq(zones[300]->serial, 2026032801);
	ck_assert(xfw_zone_offer(zones[300], &serial, &at_ms));
	ck_assert_uint_eq(serial, 2026032901);
	ck_assert_uint_le(busiest_minute(), 12);
	ck_assert_uint_eq(said_count, 1);

	/* Retries, while the cache of named fills and expires. */
	for (int i = 0; i < 3; i++) {
		pass(RETRY * 1000);
		round_of_drop();
	}
	ck_assert_uint_eq(only_incident()->id, id);
	ck_assert_uint_eq(said_count, 1 + heard(XFW_NOTICE_REMINDER, NULL));
	ck_assert_uint_eq(causes_in_all(), 4 * ZONES);
	ck_assert_uint_eq(
		xfw_state_counters(state)->causes[XFW_CAUSE_CONNECT_TIMEOUT], 4 * ZONES);

	said_count = 0;
	all_recover();
	ck_assert_uint_eq(said_count, 1);
	ck_assert_int_eq(said[0].kind, XFW_NOTICE_RESOLVED);
	ck_assert_uint_eq(said[0].count, ZONES);
	ck_assert_uint_eq(xfw_state_counters(state)->zones[XFW_ZONE_OK], ZONES);
	ck_assert_ptr_null(xfw_state_incidents(state));
	ck_assert_uint_eq(xfw_state_closed(state)->id, id);
	ck_assert_uint_eq(xfw_state_closed(state)->zones_peak, ZONES);
	ck_assert_str_eq(xfw_state_closed(state)->first_zone, "zone000.example/IN");
}
END_TEST

START_TEST(zones_behind_a_reject) {
	many_zones(ZONES);
	for (int i = 0; i < ZONES; i++) {
		transfer_fails(zones[i]->key, P, "failed to connect: connection refused",
			       "connection refused");
	}
	pass(2000);
	ck_assert_int_eq(only_incident()->cause, XFW_CAUSE_CONNECT_REFUSED);
	ck_assert_uint_eq(only_incident()->zones, ZONES);
	ck_assert_uint_eq(said_count, 1);
	all_recover();
	ck_assert_uint_eq(said_count, 2);
}
END_TEST

/* The host is down: UDP times out too, and named tells half of it at debug. */
START_TEST(host_down_is_one_incident) {
	many_zones(ZONES);
	for (int i = 0; i < ZONES; i++) {
		linef("general: info: zone %s: refresh: retry limit for primary " P
		      " exceeded (source 0.0.0.0#0)", zones[i]->key);
		if (i < 2) {
			linef("xfer-in: info: zone %s: Transfer started.",
			      zones[i]->key);
		}
	}
	pass(4000);
	for (int i = 0; i < 2; i++) {
		linef("xfer-in: error: transfer of '%s' from " P
		      ": failed to connect: timed out", zones[i]->key);
		linef("xfer-in: info: transfer of '%s' from " P
		      ": Transfer status: timed out", zones[i]->key);
	}
	pass(2000);
	ck_assert_int_eq(only_incident()->cause, XFW_CAUSE_CONNECT_TIMEOUT);
	ck_assert_uint_eq(only_incident()->zones, ZONES);
	ck_assert_int_eq(zones[200]->cause, XFW_CAUSE_CONNECT_TIMEOUT);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, NULL), 0);
	ck_assert_uint_eq(said_count, 1);
	for (int i = 0; i < ZONES; i++) {
		linef("general: info: zone %s: refresh: retry limit for primary " P
		      " exceeded (source 0.0.0.0#0)", zones[i]->key);
	}
	pass(4000);
	ck_assert_uint_eq(only_incident()->zones, ZONES);
	ck_assert_uint_eq(said_count, 1);
}
END_TEST

/* The symptom was heard first: when its root is, it is the same incident. */
START_TEST(root_is_found_later) {
	const xfw_incident_t *inc = NULL;
	uint64_t id = 0;

	many_zones(ZONES);
	for (int i = 0; i < 20; i++) {
		linef("general: info: zone %s: refresh: skipping zone transfer as "
		      "primary " P " (source 10.77.0.1#0) is unreachable (cached)",
		      zones[i]->key);
	}
	inc = only_incident();
	id = inc->id;
	ck_assert_int_eq(inc->cause, XFW_CAUSE_UNREACHABLE_CACHED);
	ck_assert_uint_eq(inc->confidence, 72); /* 50 for one zone; here are 20 */
	transfer_fails(zones[30]->key, P, "failed to connect: timed out", "timed out");
	inc = only_incident();
	ck_assert_uint_eq(inc->id, id);
	ck_assert_int_eq(inc->cause, XFW_CAUSE_CONNECT_TIMEOUT);
	ck_assert_uint_eq(inc->zones, 21);
	ck_assert_uint_eq(said_count, 1);
	ck_assert_int_eq(zones[3]->cause, XFW_CAUSE_CONNECT_TIMEOUT);

	/* And when there is an incident of the root already. */
	now_ms += 16 * 60 * 1000;
	linef("general: info: zone %s: refresh: skipping zone transfer as primary " P
	      " (source 10.77.0.1#0) is unreachable (cached)", zones[40]->key);
	ck_assert_uint_eq(open_incidents(), 2);
	transfer_fails(zones[41]->key, P, "failed to connect: timed out", "timed out");
	ck_assert_uint_eq(only_incident()->zones, 23);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, NULL),
			  heard(XFW_NOTICE_RESOLVED, NULL) + 1);
}
END_TEST

/* One zone, and the network fails now so, now so. */
START_TEST(flapping_between_network_causes_is_one_incident) {
	healthy(Z, 1);
	for (int i = 0; i < 10; i++) {
		transfer_fails(Z, P, "failed to connect: timed out", "timed out");
		pass(60000);
		transfer_fails(Z, P, "failed to connect: host unreachable",
			       "host unreachable");
		pass(60000);
	}
	ck_assert_uint_eq(said_count, 1);
	ck_assert_uint_eq(only_incident()->id, 1);
}
END_TEST

START_TEST(another_cause_is_another_incident) {
	healthy(Z, 1);
	transfer_fails(Z, P, "failed to connect: timed out", "timed out");
	transfer_fails(Z, P, "failed while receiving responses: REFUSED", "REFUSED");
	ck_assert_uint_eq(said_count, 3);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, "refused-transfer"), 1);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, "connect-timeout"), 1);
}
END_TEST

START_TEST(escalation_of_many_is_one_line_a_step) {
	xfw_policy_t quiet = { .escalation = XFW_ESCALATION_DEFAULT, .reminder_s = 0,
				.min_retry_s = 0 };

	xfw_state_configure(state, &quiet, now_ms);
	many_zones(20);
	for (int i = 0; i < 20; i++) {
		soa_fails(zones[i]->key, P, "connection refused");
	}
	for (int64_t s = 0; s < EXPIRE; s += RETRY) {
		pass(RETRY * 1000);
		for (int i = 0; i < 20; i++) {
			fake_begin(&fakes[i]);
			soa_fails(zones[i]->key, P, "connection refused");
		}
	}
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, NULL), 1);
	ck_assert_uint_eq(heard(XFW_NOTICE_ESCALATED, NULL), 4);
	ck_assert_uint_eq(said[4].severity, XFW_SEVERITY_ALERT);
	ck_assert_uint_eq(said_count, 5);
}
END_TEST

/* A step is said as it is reached, and not again when it falls and rises. */
START_TEST(severity_is_never_said_twice) {
	xfw_zone_t *zone = healthy(Z, 1);
	xfw_zone_t *never = declare("never.example/IN", 1);

	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	soa_fails(Z, P, "connection refused");
	for (int i = 0; i < 3; i++) {
		fake_t *f = (i == 0) ? fake_zone("never.example/IN", -1)
				     : fake_find("never.example/IN");
		f->t.loaded = false;
		xfw_state_probe(state, never);
		pass(2000);
		soa_fails("never.example/IN", P, "connection refused");
		pass(5000);
		ck_assert_uint_eq(only_incident()->severity, XFW_SEVERITY_ALERT);
		ck_assert_uint_eq(heard(XFW_NOTICE_ESCALATED, NULL), 1);
		transfer_succeeds("never.example/IN", P, 5);
		fake_success(f);
		pass(5000);
		ck_assert_uint_eq(only_incident()->severity, XFW_SEVERITY_NOTICE);
		for (int j = 0; j < 6; j++) { /* until it was reminded of as a notice */
			fake_begin(fake_find(Z));
			fake_success(f);
			soa_fails(Z, P, "connection refused");
			pass((RETRY - 100) * 1000);
		}
	}
	ck_assert_uint_ge(heard(XFW_NOTICE_REMINDER, NULL), 3);
	ck_assert_uint_eq(said_count, 2 + heard(XFW_NOTICE_REMINDER, NULL));
}
END_TEST

/* It fails before it is known when it expires. */
START_TEST(nearest_deadline_is_kept) {
	static const int64_t ago_s[] = { 100, 5000, 60, 9000, -1, 700 };
	static const char *const nearest[] = { "z0.example/IN", "z1.example/IN",
					       "z1.example/IN", "z3.example/IN",
					       "z4.example/IN", "z4.example/IN" };
	char key[64];

	for (int i = 0; i < 6; i++) {
		snprintf(key, sizeof(key), "z%d.example/IN", i);
		soa_fails(key, P, "connection refused");
	}
	for (int i = 0; i < 6; i++) {
		xfw_timers_t t;
		snprintf(key, sizeof(key), "z%d.example/IN", i);
		t = fake_zone(key, ago_s[i])->t;
		t.read_ms = now_ms;
		xfw_state_timers(state, xfw_state_find(state, key, strlen(key)), &t,
				 now_ms);
		ck_assert_str_eq(only_incident()->heap[0]->zone->key, nearest[i]);
	}
}
END_TEST

START_TEST(reminders) {
	healthy(Z, 1);
	probes_answered = false;
	soa_fails(Z, P, "connection refused");
	pass(3599 * 1000);
	ck_assert_uint_eq(heard(XFW_NOTICE_REMINDER, NULL), 0);
	pass(2000);
	ck_assert_uint_eq(heard(XFW_NOTICE_REMINDER, NULL), 1);
	pass(3600 * 1000);
	ck_assert_uint_eq(heard(XFW_NOTICE_REMINDER, NULL), 2);
	transfer_succeeds(Z, P, 2026032901);
	pass(2 * 3600 * 1000);
	ck_assert_uint_eq(heard(XFW_NOTICE_REMINDER, NULL), 2);
}
END_TEST

/*--- many -------------------------------------------------------------------*/

START_TEST(thousand_primaries) {
	xfw_policy_t quiet = { .escalation = XFW_ESCALATION_DEFAULT, .reminder_s = 0,
				.min_retry_s = 0 };
	char zone[64], primary[64];

	xfw_state_configure(state, &quiet, now_ms);
	probes_answered = false;
	for (int i = 0; i < 1000; i++) {
		snprintf(zone, sizeof(zone), "z%d.example/IN", i);
		snprintf(primary, sizeof(primary), "10.1.%d.%d#53", i / 250, i % 250);
		declare(zone, 1);
		soa_fails(zone, primary, "connection refused");
	}
	pass(59000);
	ck_assert_uint_le(busiest_minute(), 20);
	ck_assert_uint_eq(open_incidents(), 1000);
	ck_assert_uint_ge(said_count, 10);
	/* What closes before it was said is not said at all. */
	for (int i = 500; i < 1000; i++) {
		snprintf(zone, sizeof(zone), "z%d.example/IN", i);
		snprintf(primary, sizeof(primary), "10.1.%d.%d#53", i / 250, i % 250);
		transfer_succeeds(zone, primary, 5);
	}
	pass(3600 * 1000);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, NULL), 500);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, NULL), 0);
	ck_assert_uint_le(busiest_minute(), 20);
	/* And each that was said is said to be over. */
	for (int i = 0; i < 500; i++) {
		snprintf(zone, sizeof(zone), "z%d.example/IN", i);
		snprintf(primary, sizeof(primary), "10.1.%d.%d#53", i / 250, i % 250);
		transfer_succeeds(zone, primary, 5);
	}
	pass(3600 * 1000);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, NULL), 500);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, NULL), 500);
	ck_assert_uint_le(busiest_minute(), 20);
}
END_TEST

/* What is worst is said first when lines are short. */
START_TEST(alerts_are_not_held_back_by_notices) {
	char zone[64], primary[64];

	probes_answered = true;
	declare("lost.example/IN", 1);
	fake_zone("lost.example/IN", -1);
	pass(0);
	for (int i = 0; i < 100; i++) {
		snprintf(zone, sizeof(zone), "z%d.example/IN", i);
		snprintf(primary, sizeof(primary), "10.1.0.%d#53", i);
		soa_fails(zone, primary, "connection refused");
	}
	soa_fails("lost.example/IN", "10.2.0.1#53", "connection refused");
	ck_assert_str_eq(said[said_count - 1].primary, "10.2.0.1#53");
	ck_assert_int_eq(said[said_count - 1].severity, XFW_SEVERITY_ALERT);
}
END_TEST

START_TEST(hundred_thousand_zones) {
	enum { N = 100000 };
	const xfw_incident_t *inc = NULL;
	char zone[64];

	probes_answered = false;
	for (int i = 0; i < N; i++) {
		snprintf(zone, sizeof(zone), "z%d.example/IN", i);
		soa_fails(zone, P, "connection refused");
		if (i % 1000 == 0) {
			pass(10);
		}
	}
	inc = only_incident();
	ck_assert_uint_eq(inc->zones, N);
	ck_assert_uint_le(busiest_minute(), 20);
	said_count = 0;
	for (int i = 0; i < N; i++) {
		snprintf(zone, sizeof(zone), "z%d.example/IN", i);
		linef("general: warning: zone %s: expired", zone);
	}
	pass(120000);
	ck_assert_uint_eq(heard(XFW_NOTICE_EXPIRED_MORE, NULL),
			  said_count - heard(XFW_NOTICE_EXPIRED, NULL) -
				  heard(XFW_NOTICE_ESCALATED, NULL));
	ck_assert_uint_eq(heard(XFW_NOTICE_ESCALATED, NULL), 1);
	{
		unsigned expired = 0;
		for (size_t i = 0; i < said_count; i++) {
			expired += said[i].kind == XFW_NOTICE_EXPIRED ||
						   said[i].kind == XFW_NOTICE_EXPIRED_MORE
					   ? said[i].count
					   : 0;
		}
		ck_assert_uint_eq(expired, N); /* each is in one line */
	}
	ck_assert_uint_le(busiest_minute(), 20);
	ck_assert_uint_eq(inc->expired, N);
	said_count = 0;
	for (int i = 0; i < N; i++) {
		snprintf(zone, sizeof(zone), "z%d.example/IN", i);
		linef("xfer-in: info: zone %s: transferred serial 5", zone);
	}
	pass(1000);
	ck_assert_uint_eq(said_count, 1);
	ck_assert_int_eq(said[0].kind, XFW_NOTICE_RESOLVED);
	ck_assert_uint_eq(said[0].count, N);
}
END_TEST

/* The limit for all incidents holds one back no longer than it must. */
START_TEST(expired_is_said_when_a_line_is_free) {
	unsigned more = 0;

	probes_answered = false;
	for (int i = 0; i < 25; i++) {
		char zone[32], primary[32];

		snprintf(zone, sizeof(zone), "z%d.example/IN", i);
		snprintf(primary, sizeof(primary), "10.0.0.%d#53", i % 5);
		soa_fails(zone, primary, "connection refused");
	}
	pass(30000);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, NULL), 5);
	for (int i = 0; i < 25; i++) {
		linef("general: warning: zone z%d.example/IN: expired", i);
	}
	ck_assert_uint_eq(busiest_minute(), 20);
	said_count = 0;
	pass(35000); /* the five lines that opened them are a minute ago by then */
	for (size_t i = 0; i < said_count; i++) {
		more += said[i].kind == XFW_NOTICE_EXPIRED_MORE ? said[i].count : 0;
	}
	ck_assert_uint_gt(more, 0);
}
END_TEST

START_TEST(expired_without_an_incident) {
	for (int i = 0; i < 8; i++) {
		linef("general: warning: zone z%d.example/IN: expired", i);
	}
	ck_assert_uint_eq(heard(XFW_NOTICE_EXPIRED, NULL), 5);
	pass(61000);
	ck_assert_uint_eq(heard(XFW_NOTICE_EXPIRED_MORE, NULL), 1);
	ck_assert_uint_eq(said[5].count, 3);
	ck_assert_uint_eq(said[5].incident, 0);
	pass(120000);
	ck_assert_uint_eq(said_count, 6);
}
END_TEST

START_TEST(closed_ones_are_kept_up_to_a_number) {
	unsigned n = 0;

	for (int i = 0; i < 200; i++) {
		char zone[64];
		snprintf(zone, sizeof(zone), "z%d.example/IN", i);
		transfer_fails(zone, P, "failed while receiving responses: REFUSED",
			       "REFUSED");
		linef("xfer-in: info: zone %s: transferred serial 5", zone);
		pass(60000);
	}
	for (const xfw_incident_t *i = xfw_state_closed(state); i; i = i->next) {
		ck_assert_uint_eq(i->id, 200 - n);
		ck_assert(!i->open);
		n++;
	}
	ck_assert_uint_eq(n, XFW_CLOSED_KEEP);
}
END_TEST

/*--- whatever comes ---------------------------------------------------------*/

static uint32_t random_state;

static uint32_t
rnd(uint32_t below) {
	random_state = random_state * 1664525 + 1013904223;
	return ((random_state >> 8) % below);
}

/* Lines in any order, timers that tell anything: counts and heaps stay right. */
START_TEST(anything_goes) {
	static const char *const lines[] = {
		"general: info: zone %s: refresh: retry limit for primary %s exceeded "
		"(source 0.0.0.0#0)",
		"general: info: zone %s: refresh: failure trying primary %s (source "
		"0.0.0.0#0): connection refused",
		"general: info: zone %s: refresh: unexpected rcode (REFUSED) from "
		"primary %s (source 0.0.0.0#0)",
		"xfer-in: info: zone %s: Transfer started.",
		"xfer-in: info: zone %s: zone transfer deferred due to quota",
		"xfer-in: info: transfer of '%s' from %s: connected using %s",
		"xfer-in: error: transfer of '%s' from %s: failed to connect: timed out",
		"xfer-in: error: transfer of '%s' from %s: failed while receiving "
		"responses: REFUSED",
		"xfer-in: info: transfer of '%s' from %s: Transfer status: IXFR failed",
		"xfer-in: info: transfer of '%s' from %s: Transfer status: success",
		"xfer-in: info: transfer of '%s' from %s: Transfer status: up to date",
		"xfer-in: info: transfer of '%s' from %s: Transfer completed: 0 "
		"messages, 0 records, 0 bytes, 0.001 secs (0 bytes/sec) (serial 0)",
		"xfer-in: info: zone %s: transferred serial 77",
		"xfer-in: error: transfer of '%s' from %s: shut down: operation canceled",
		"general: info: zone %s: refresh: skipping zone transfer as primary %s "
		"(source 0.0.0.0#0) is unreachable (cached)",
		"general: error: zone %s: has no NS records",
		"general: warning: zone %s: expired",
		"general: warning: zone %s: dump failed: disc full",
		"general: info: zone %s: notify from %s: zone is up to date",
		"general: info: zone %s: refused notify from non-primary: %s",
		"general: error: zone %s: unable to find key: k",
		"general: info: zone %s: loaded serial 3",
	};
	random_state = (uint32_t)_i;
	for (int i = 0; i < 12; i++) {
		char key[32];
		snprintf(key, sizeof(key), "z%d.example/IN%s", i, i % 3 ? "" : "/v");
		declare(key, rnd(4));
		fake_zone(key, (int64_t)rnd(700000) - 1);
	}
	for (int i = 0; i < 4000; i++) {
		char primary[32];
		fake_t *f = &fakes[rnd(12)];
		snprintf(primary, sizeof(primary), "10.0.0.%u#53", rnd(4));
		switch (rnd(12)) {
		case 0:
			fake_success(f);
			break;
		case 1:
			f->t.loaded = rnd(2);
			f->t.expires_s += (int64_t)rnd(1000) - 500;
			break;
		case 2:
			f->present = rnd(20) != 0;
			f->answers = rnd(5) != 0;
			break;
		case 3:
			pass(rnd(5) == 0 ? rnd(40000000) : rnd(4000));
			break;
		case 4:
			if (rnd(20) == 0) {
				declare(f->key, rnd(3));
				f->present = true;
			}
			break;
		default: {
			char text[512];
			snprintf(text, sizeof(text),
				 lines[rnd(sizeof(lines) / sizeof(lines[0]))], f->key,
				 primary, primary);
			linef("%s", text);
		}
		}
		if (i % 50 == 0) {
			check_whole();
		}
	}
	ck_assert_uint_le(busiest_minute(), 20);
	ck_assert_uint_le(heard(XFW_NOTICE_RESOLVED, NULL),
			  heard(XFW_NOTICE_OPENED, NULL));
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("incidents");
	TCase *tc = kit_case(suite, "stories");

	tcase_add_test(tc, zones_behind_a_drop);
	tcase_add_test(tc, zones_behind_a_reject);
	tcase_add_test(tc, host_down_is_one_incident);
	tcase_add_test(tc, root_is_found_later);
	tcase_add_test(tc, flapping_between_network_causes_is_one_incident);
	tcase_add_test(tc, another_cause_is_another_incident);
	tcase_add_test(tc, escalation_of_many_is_one_line_a_step);
	tcase_add_test(tc, severity_is_never_said_twice);
	tcase_add_test(tc, nearest_deadline_is_kept);
	tcase_add_test(tc, reminders);
	tc = kit_case(suite, "many");
	tcase_add_test(tc, thousand_primaries);
	tcase_add_test(tc, alerts_are_not_held_back_by_notices);
	tcase_add_test(tc, hundred_thousand_zones);
	tcase_add_test(tc, expired_is_said_when_a_line_is_free);
	tcase_add_test(tc, expired_without_an_incident);
	tcase_add_test(tc, closed_ones_are_kept_up_to_a_number);
	tcase_add_loop_test(tc, anything_goes, 0, 20);
	return (kit_run(suite));
}
