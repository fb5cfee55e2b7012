/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tests of the table of zones: declarations, walks, views, probe lists, lack of
 * memory. One thread, a clock of its own.
 */
#include "state_kit.h"

#include "../../plugin/core/state_priv.h"

#define Z "example.com/IN"
#define P "10.0.0.53#53"

static xfw_zone_t *
declare_in(const char *key, uint8_t flag, uint32_t generation) {
	return (xfw_state_declare(state, xfw_state_view(state, XFW_VIEW_DEFAULT), key,
				  strlen(key), XFW_ZONE_TYPE_SECONDARY, flag, 1,
				  generation, now_ms));
}

static xfw_zone_t *
find(const char *key) {
	return (xfw_state_find(state, key, strlen(key)));
}

START_TEST(declared_zone_is_ok_until_more_is_known) {
	xfw_zone_t *zone = declare(Z, 1);

	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_str_eq(zone->view->name, XFW_VIEW_DEFAULT);
	ck_assert_uint_eq(zone->view->probe_count, 1);
	ck_assert_ptr_eq(find("EXAMPLE.com/IN"), zone);
	ck_assert_ptr_null(find("example.com/CH"));
	ck_assert_ptr_null(find(""));
	ck_assert_ptr_eq(declare(Z, 1), zone);
	ck_assert_uint_eq(xfw_state_counters(state)->zones[XFW_ZONE_OK], 1);
}
END_TEST

START_TEST(never_loaded_when_timers_say_so) {
	xfw_zone_t *zone = declare(Z, 1);
	const xfw_zone_t *listed = NULL;

	fake_zone(Z, -1);
	pass(0);
	ck_assert_int_eq(zone->state, XFW_ZONE_NEVER_LOADED);
	ck_assert_int_eq(zone->severity, XFW_SEVERITY_ALERT);
	ck_assert_uint_eq(said_count, 0); /* nothing failed yet */
	ck_assert_uint_eq(xfw_state_failing(state, &listed, 1), 1);
	ck_assert_ptr_eq(listed, zone);
	linef("general: info: zone " Z ": loaded serial 7");
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_uint_eq(zone->serial, 7);
}
END_TEST

/* As the hook leaves it while named reads the zone's file. */
static const xfw_timers_t under_load = { .pending = true };

START_TEST(zone_under_load_stays_as_it_was) {
	xfw_zone_t *zone = healthy(Z, 1);
	xfw_timers_t timers = fakes[0].t;
	unsigned reads = fakes[0].reads;

	fakes[0].t = under_load;
	fakes[0].present = false;
	pass(2 * 3600 * 1000); /* past its refresh time */
	ck_assert_ptr_eq(find(Z), zone);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert(zone->flags & XFW_ZONE_LOADED);
	ck_assert_uint_eq(zone->serial, timers.serial);
	ck_assert_int_eq(zone->expires_s, timers.expires_s);
	ck_assert_int_eq(zone->refresh_at_s, timers.refresh_at_s);
	ck_assert_uint_eq(zone->idle_refreshes, 0);
	ck_assert_uint_eq(xfw_state_counters(state)->attempts, 0);
	ck_assert_uint_eq(said_count, 0);
	/* Since that time it was asked for once a second. */
	ck_assert_uint_gt(fakes[0].reads - reads, 3600);
	ck_assert_uint_lt(fakes[0].reads - reads, 3700);
}
END_TEST

START_TEST(zone_is_known_soon_after_its_load) {
	xfw_zone_t *zone = declare(Z, 1);
	fake_t *f = fake_zone(Z, 60);
	xfw_timers_t timers = f->t;

	f->t = under_load;
	f->present = false;
	pass(10 * 1000);
	ck_assert_ptr_eq(find(Z), zone);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK); /* not "never loaded" */
	ck_assert(!(zone->flags & XFW_ZONE_HAS_TIMERS));
	f->t = timers;
	f->present = true;
	pass(1500);
	ck_assert(zone->flags & XFW_ZONE_HAS_TIMERS);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_uint_eq(zone->serial, timers.serial);
}
END_TEST

/* All files at once, at named's start: a bounded part of them each second. */
START_TEST(many_zones_under_load_are_asked_for_less_often) {
	xfw_view_t *view = xfw_state_view(state, XFW_VIEW_DEFAULT);
	unsigned asked = 0;

	for (int i = 0; i < 20000; i++) {
		char key[32];

		snprintf(key, sizeof(key), "z%d/IN", i);
		declare_in(key, XFW_ZONE_IN_CONFIG, 1);
	}
	for (int64_t end_ms = now_ms + 22000; now_ms < end_ms; now_ms += 100) {
		xfw_zone_t *zone = NULL;

		(void)xfw_state_tick(state, now_ms);
		while (xfw_state_take_probes(state, view, &zone, 1) == 1) {
			xfw_state_timers(state, zone, &under_load, now_ms);
			asked++;
		}
	}
	ck_assert_uint_eq(asked, 20000 + 20000); /* 11 s lie between */
}
END_TEST

#define NEWCOMERS 4000
#define LAST	  "n3999.example/IN"

/* Reads all that is listed now, as named shows a zone that it has not fetched yet. Returns
 * how many newcomers, and says whether LAST was among them. */
static unsigned
read_listed(xfw_view_t *view, bool *last) {
	unsigned count = 0;
	xfw_zone_t *zone;

	while (xfw_state_take_probes(state, view, &zone, 1) == 1) {
		xfw_timers_t unfetched = { .found = true,
					   .type = XFW_ZONE_TYPE_SECONDARY,
					   .read_ms = now_ms };

		count += zone->key[0] == 'n';
		*last = *last || zone == find(LAST);
		xfw_state_timers(state, zone, &unfetched, now_ms);
	}
	return (count);
}

static unsigned
read_for(xfw_view_t *view, int ms, bool *last) {
	unsigned count = 0;

	for (int i = 0; i < ms; i += 100) {
		now_ms += 100;
		(void)xfw_state_tick(state, now_ms);
		count += read_listed(view, last);
	}
	return (count);
}

/* While named fetches many zones, they are not read all at once, nor again and again;
 * one that comes alone is read at once, and one that was heard of before its turn. */
START_TEST(many_new_zones_are_read_one_after_the_other) {
	xfw_view_t *view = xfw_state_view(state, XFW_VIEW_DEFAULT);
	bool last = false;
	unsigned count;

	for (unsigned i = 0; i < NEWCOMERS; i++) {
		char key[32];

		(void)snprintf(key, sizeof(key), "n%04u.example/IN", i);
		ck_assert_ptr_nonnull(declare(key, 1));
	}
	count = read_listed(view, &last);
	ck_assert_uint_gt(count, 0);
	ck_assert_uint_lt(count, NEWCOMERS / 10);
	linef("general: info: zone " LAST ": notify from 10.0.0.53#53: serial 1");
	ck_assert(!last);
	count += read_for(view, 1000, &last);
	ck_assert(last);
	ck_assert_uint_lt(count, NEWCOMERS * 6 / 10);
	count += read_for(view, 900, &last);
	ck_assert_uint_gt(count, NEWCOMERS * 9 / 10);
	ck_assert_uint_le(count, NEWCOMERS);

	now_ms += 100;
	count = view->probe_count;
	ck_assert_ptr_nonnull(declare(Z, 1));
	ck_assert_uint_eq(view->probe_count, count + 1);
}
END_TEST

/* They would be read twice: named is about to fetch them as well. */
START_TEST(few_new_zones_are_read_while_many_are_transferred) {
	xfw_view_t *view = xfw_state_view(state, XFW_VIEW_DEFAULT);
	bool last = false;
	unsigned count = 0;
	char key[32];

	for (unsigned i = 0; i < NEWCOMERS; i++) {
		(void)snprintf(key, sizeof(key), "n%04u.example/IN", i);
		ck_assert_ptr_nonnull(declare(key, 1));
	}
	(void)read_listed(view, &last);
	for (unsigned i = 0; i < 2000; i++) {
		linef("xfer-in: info: zone old%u/IN: transferred serial 1", i);
		if (i >= 500 && i % 150 == 0) {
			count += read_for(view, 100, &last);
		}
	}
	ck_assert_uint_gt(count, 100); /* three seconds, and nobody starves */
	ck_assert_uint_lt(count, NEWCOMERS / 4);
	now_ms += 2000;
	count += read_for(view, 2200, &last);
	ck_assert_uint_gt(count, NEWCOMERS * 9 / 10 - XFW_FIRST_BURST);
}
END_TEST

START_TEST(census_removes_what_it_did_not_see) {
	declare_in("a/IN", XFW_ZONE_IN_CONFIG, 1);
	declare_in("b/IN", XFW_ZONE_IN_CONFIG, 1);
	declare_in("c/IN", XFW_ZONE_IN_CENSUS, 2);
	declare_in("a/IN", XFW_ZONE_IN_CENSUS, 2);
	now_ms += 10000;
	xfw_state_declared(state, xfw_state_view(state, XFW_VIEW_DEFAULT), 2, true,
			   now_ms);
	ck_assert_ptr_nonnull(find("a/IN"));
	ck_assert_ptr_null(find("b/IN"));
	ck_assert_ptr_nonnull(find("c/IN"));
}
END_TEST

START_TEST(configuration_keeps_what_a_census_saw) {
	declare_in("a/IN", XFW_ZONE_IN_CONFIG, 1);
	declare_in("b/IN", XFW_ZONE_IN_CONFIG, 1);
	declare_in("catalog-member/IN", XFW_ZONE_IN_CENSUS, 2);
	declare_in("a/IN", XFW_ZONE_IN_CONFIG, 3);
	now_ms += 10000;
	xfw_state_declared(state, xfw_state_view(state, XFW_VIEW_DEFAULT), 3, false,
			   now_ms);
	ck_assert_ptr_nonnull(find("a/IN"));
	ck_assert_ptr_null(find("b/IN"));
	ck_assert_ptr_nonnull(find("catalog-member/IN"));
}
END_TEST

/* rndc addzone while a census is under way. */
START_TEST(census_spares_a_zone_just_heard_of) {
	soa_fails("new.example/IN", P, "connection refused");
	xfw_state_declared(state, xfw_state_view(state, XFW_VIEW_DEFAULT), 5, true,
			   now_ms);
	ck_assert_ptr_nonnull(find("new.example/IN"));
	now_ms += 10000;
	xfw_state_declared(state, xfw_state_view(state, XFW_VIEW_DEFAULT), 6, true,
			   now_ms);
	ck_assert_ptr_null(find("new.example/IN"));
	ck_assert_uint_eq(open_incidents(), 0);
}
END_TEST

/* A walk in parts may miss a zone: one that the walk before has seen stays. */
START_TEST(census_in_parts_takes_only_what_two_walks_missed) {
	declare_in("a/IN", XFW_ZONE_IN_CENSUS, 1);
	declare_in("b/IN", XFW_ZONE_IN_CENSUS, 2);
	declare_in("c/IN", XFW_ZONE_IN_CENSUS, 3);
	now_ms += 10000;
	xfw_state_declared(state, xfw_state_view(state, XFW_VIEW_DEFAULT), 2, true,
			   now_ms);
	ck_assert_ptr_null(find("a/IN"));
	ck_assert_ptr_nonnull(find("b/IN"));
	ck_assert_ptr_nonnull(find("c/IN"));
}
END_TEST

/* A census of many zones ends in steps, each of them short. */
START_TEST(many_zones_go_step_by_step) {
	enum { ALL = 20000 };
	xfw_view_t *view = xfw_state_view(state, XFW_VIEW_DEFAULT);
	xfw_zone_t *taken[ALL];
	uint32_t left = ALL;
	unsigned steps = 0;
	char key[64];

	for (unsigned i = 0; i < ALL; i++) {
		snprintf(key, sizeof(key), "z%u.example/IN", i);
		declare_in(key, XFW_ZONE_IN_CENSUS, 1);
	}
	for (unsigned i = 0; i < ALL; i += 4) {
		snprintf(key, sizeof(key), "z%u.example/IN", i);
		declare_in(key, XFW_ZONE_IN_CENSUS, 2);
	}
	now_ms += 10000;
	xfw_state_declared(state, view, 2, true, now_ms);
	soa_fails("new.example/IN", P, "connection refused"); /* meanwhile */
	for (bool more = true; more; steps++) {
		uint32_t before = left;

		left = xfw_state_counters(state)->zones[XFW_ZONE_OK];
		ck_assert_uint_le(before - left, XFW_TICK_BATCH);
		more = xfw_state_tick(state, now_ms) <= now_ms;
	}
	ck_assert_uint_gt(steps, 2);
	ck_assert_uint_eq(xfw_state_counters(state)->zones[XFW_ZONE_OK], ALL / 4);
	for (unsigned i = 0; i < ALL; i++) {
		snprintf(key, sizeof(key), "z%u.example/IN", i);
		ck_assert(i % 4 == 0 ? find(key) != NULL : find(key) == NULL);
	}
	ck_assert_ptr_nonnull(find("new.example/IN"));
	/* Those that are gone are not asked for, and all others are. */
	for (int64_t end_ms = now_ms + 3000; now_ms < end_ms; now_ms += 100) {
		(void)xfw_state_tick(state, now_ms);
	}
	ck_assert_uint_eq(view->probe_count, ALL / 4 + 1);
	while (view->probe_count > 0) {
		size_t n = xfw_state_take_probes(state, view, taken, ALL);

		for (size_t i = 0; i < n; i++) {
			ck_assert_ptr_eq(find(taken[i]->key), taken[i]);
		}
	}
}
END_TEST

/* None of them is left in the list of those to be read: the sanitizer sees it. */
START_TEST(what_was_removed_while_listed_is_freed) {
	xfw_view_t *view = xfw_state_view(state, XFW_VIEW_DEFAULT);

	declare_in("a/IN", XFW_ZONE_IN_CENSUS, 1);
	declare_in("b/IN", XFW_ZONE_IN_CENSUS, 1);
	now_ms += 10000;
	xfw_state_declared(state, view, 2, true, now_ms);
	ck_assert_uint_eq(view->probe_count, 0);
	(void)xfw_state_tick(state, now_ms);
	ck_assert_ptr_null(view->probe_head);
	declare_in("a/IN", XFW_ZONE_IN_CENSUS, 2);
	ck_assert_uint_eq(view->probe_count, 1);
	declare_in("b/IN", XFW_ZONE_IN_CENSUS, 1);
	now_ms += 10000;
	xfw_state_declared(state, view, 2, true, now_ms);
	ck_assert_uint_eq(view->probe_count, 1);
}
END_TEST

/* A new policy for many failing zones: some at once, all in the end. */
START_TEST(many_failing_zones_are_judged_anew) {
	enum { ALL = 10000 };
	xfw_policy_t policy = state->policy;
	char key[64];

	for (unsigned i = 0; i < ALL; i++) {
		snprintf(key, sizeof(key), "z%u.example/IN", i);
		soa_fails(key, P, "connection refused");
		find(key)->expires_s = (uint32_t)(now_ms / 1000 + EXPIRE * 60 / 100);
		find(key)->expire_s = EXPIRE;
	}
	pass(5000);
	policy.escalation = (xfw_escalation_t){ 90, 80, 70, 10 };
	xfw_state_configure(state, &policy, now_ms);
	ck_assert_int_ne(xfw_state_bad(state, 0)->severity, XFW_SEVERITY_CRIT);
	ck_assert_int_eq(xfw_state_bad(state, ALL - 1)->severity, XFW_SEVERITY_CRIT);
	xfw_zone_remove(state, find("z5000.example/IN"), now_ms); /* moves the last */
	while (xfw_state_tick(state, now_ms) <= now_ms) {
	}
	for (size_t i = 0; i < ALL - 1; i++) {
		ck_assert_int_eq(xfw_state_bad(state, i)->severity, XFW_SEVERITY_CRIT);
	}
}
END_TEST

START_TEST(only_lines_of_secondaries_make_zones_known) {
	linef("general: info: zone primary.example/IN: loaded serial 5");
	linef("general: error: zone primary.example/IN: dump failed: disc full");
	ck_assert_ptr_null(find("primary.example/IN"));
	linef("xfer-in: info: zone x.example/IN/internal: Transfer started.");
	ck_assert_str_eq(find("x.example/IN/internal")->view->name, "internal");
	ck_assert_int_eq(find("x.example/IN/internal")->type, XFW_ZONE_TYPE_UNKNOWN);
}
END_TEST

START_TEST(zone_that_is_gone_leaves_nothing) {
	healthy(Z, 1);
	soa_fails(Z, P, "connection refused");
	ck_assert_uint_eq(open_incidents(), 1);
	fakes[0].present = false;
	pass(2000);
	ck_assert_ptr_null(find(Z));
	ck_assert_uint_eq(open_incidents(), 0);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, NULL), 1);
	ck_assert_uint_eq(xfw_state_primaries(state)->zones, 0);
}
END_TEST

/* The caller holds zones that it took off the probe list. */
START_TEST(zone_removed_while_asked_comes_back_harmlessly) {
	xfw_zone_t *taken[2] = { NULL, NULL };
	xfw_timers_t timers = { .found = true, .type = XFW_ZONE_TYPE_SECONDARY };
	xfw_view_t *view = xfw_state_view(state, XFW_VIEW_DEFAULT);

	declare("a/IN", 1);
	declare("b/IN", 1);
	ck_assert_uint_eq(xfw_state_take_probes(state, view, taken, 2), 2);
	ck_assert_uint_eq(view->probe_count, 0);
	xfw_state_view_gone(state, view, now_ms);
	ck_assert_ptr_null(find("a/IN"));
	xfw_state_timers(state, taken[0], &timers, now_ms);
	xfw_state_unprobed(state, taken[1]);
	ck_assert_ptr_null(xfw_state_views(state));
}
END_TEST

START_TEST(zone_removed_while_asked_never_comes_back) {
	xfw_zone_t *taken = NULL;
	xfw_view_t *view = xfw_state_view(state, XFW_VIEW_DEFAULT);

	declare("a/IN", 1);
	ck_assert_uint_eq(xfw_state_take_probes(state, view, &taken, 1), 1);
	xfw_state_declared(state, view, 9, true, now_ms + 10000);
	ck_assert_ptr_null(find("a/IN")); /* the sanitizer sees whether it leaks */
}
END_TEST

START_TEST(unprobed_goes_to_the_front) {
	xfw_zone_t *taken = NULL;
	xfw_zone_t *again = NULL;
	xfw_view_t *view = xfw_state_view(state, XFW_VIEW_DEFAULT);

	declare("a/IN", 1);
	declare("b/IN", 1);
	ck_assert_uint_eq(xfw_state_take_probes(state, view, &taken, 1), 1);
	xfw_state_unprobed(state, taken);
	xfw_state_probe(state, taken);
	ck_assert_uint_eq(view->probe_count, 2);
	ck_assert_uint_eq(xfw_state_take_probes(state, view, &again, 1), 1);
	ck_assert_ptr_eq(again, taken);
	xfw_state_unprobed(state, again);
}
END_TEST

/* What is heard while the timers are being read is newer than they are. */
START_TEST(asked_again_after_an_event) {
	xfw_zone_t *zone = healthy(Z, 1);
	xfw_zone_t *taken = NULL;
	xfw_timers_t old = fakes[0].t;

	xfw_state_probe(state, zone);
	ck_assert_uint_eq(xfw_state_take_probes(state, zone->view, &taken, 1), 1);
	old.read_ms = now_ms;
	now_ms += 10;
	transfer_succeeds(Z, P, 2026032901);
	xfw_state_timers(state, taken, &old, now_ms);
	ck_assert_uint_eq(zone->serial, 2026032901);
	fake_success(&fakes[0]);
	fakes[0].t.serial = 2026032901;
	pass(2000);
	ck_assert_int_eq(zone->expires_s, fakes[0].t.expires_s);
	ck_assert_uint_eq(xfw_state_counters(state)->transferred, 1);
	ck_assert_uint_eq(xfw_state_counters(state)->up_to_date, 0);
}
END_TEST

/* The same when that takes so long that the next reading is due meanwhile. */
START_TEST(asked_again_after_a_slow_answer) {
	xfw_zone_t *zone = healthy(Z, 1);
	xfw_zone_t *taken = NULL;
	xfw_timers_t old = fakes[0].t;

	xfw_state_probe(state, zone);
	ck_assert_uint_eq(xfw_state_take_probes(state, zone->view, &taken, 1), 1);
	old.read_ms = now_ms;
	now_ms += 10;
	transfer_succeeds(Z, P, 2026032901);
	pass(5000);
	xfw_state_timers(state, taken, &old, now_ms);
	fake_success(&fakes[0]);
	fakes[0].t.serial = 2026032901;
	pass(1000);
	ck_assert_int_eq(zone->expires_s, fakes[0].t.expires_s);
}
END_TEST

/* Every zone that stays is met once, though the table grows and others go. */
START_TEST(walk_meets_each_zone_once) {
	enum { STAY = 500, COME = 3000 };
	static unsigned met[STAY];
	uint64_t cursor = 0;
	char key[64];
	unsigned come = 0, seen = 0;

	memset(met, 0, sizeof(met));
	for (unsigned i = 0; i < STAY; i++) {
		snprintf(key, sizeof(key), "stay%u.example/IN", i);
		declare(key, 1);
		snprintf(key, sizeof(key), "go%u.example/IN", i);
		declare(key, 1);
	}
	for (xfw_zone_t *z; (z = xfw_state_next_zone(state, &cursor)) != NULL; seen++) {
		unsigned n = 0;
		if (sscanf(z->key, "stay%u.", &n) == 1) {
			met[n]++;
		}
		for (unsigned i = 0; i < 6 && come < COME; i++) {
			snprintf(key, sizeof(key), "come%u.example/IN", come++);
			declare(key, 1);
		}
		snprintf(key, sizeof(key), "go%u.example/IN", seen % STAY);
		if ((z = find(key)) != NULL) {
			xfw_zone_remove(state, z, now_ms);
		}
	}
	for (unsigned i = 0; i < STAY; i++) {
		ck_assert_uint_eq(met[i], 1);
	}
	ck_assert_ptr_null(xfw_state_next_zone(state, &cursor));
}
END_TEST

START_TEST(nearest_deadlines_come_first) {
	const xfw_zone_t *out[20];
	char key[64];

	for (int i = 0; i < 50; i++) {
		snprintf(key, sizeof(key), "z%02d.example/IN", i);
		declare(key, 1);
		fake_zone(key, (i * 37) % 50 * 100);
	}
	declare("never.example/IN", 1);
	fake_zone("never.example/IN", -1);
	pass(0);
	for (int i = 0; i < 50; i++) {
		snprintf(key, sizeof(key), "z%02d.example/IN", i);
		soa_fails(key, P, "connection refused");
	}
	ck_assert_uint_eq(xfw_state_failing(state, out, 20), 51);
	ck_assert_str_eq(out[0]->key, "never.example/IN");
	for (int i = 2; i < 20; i++) {
		ck_assert_int_lt(xfw_zone_deadline_s(out[i - 1]),
				 xfw_zone_deadline_s(out[i]));
	}
	ck_assert_int_eq(xfw_zone_deadline_s(out[1]),
			 START_MS / 1000 - 4900 + EXPIRE);
	ck_assert_ptr_eq(xfw_state_incidents(state)->heap[0]->zone, out[1]);
}
END_TEST

/*--- lack of memory ---------------------------------------------------------*/

static int alloc_left;

static void *
failing_realloc(void *ptr, size_t size) {
	return (alloc_left-- > 0 ? realloc(ptr, size) : NULL);
}

/* Wherever memory ends, nothing breaks, and it is counted. */
START_TEST(no_memory) {
	for (int n = 0; n < 60; n++) {
		const xfw_view_t *v = NULL;
		uint64_t before = 0;

		state->realloc = failing_realloc;
		alloc_left = n;
		if (xfw_state_view(state, XFW_VIEW_DEFAULT) != NULL) {
			declare(Z, 2);
		}
		linef("general: info: zone " Z ": refresh: retry limit for primary " P
		      " exceeded (source 0.0.0.0#0)");
		transfer_fails(Z, P, "failed to connect: timed out", "timed out");
		soa_fails(Z, "10.0.0.54#53", "connection refused");
		linef("general: info: zone " Z ": notify from 10.0.0.1#999: "
		      "zone is up to date");
		linef("general: warning: zone " Z ": expired");
		transfer_succeeds(Z, P, 2026032901);
		before = xfw_state_counters(state)->out_of_memory;
		ck_assert(n < 40 ? n > 10 || before > 0 : before == 0);
		alloc_left = 1000;
		pass(100000);
		v = xfw_state_views(state);
		if (v != NULL) {
			xfw_state_view_gone(state, xfw_state_view(state, v->name), now_ms);
		}
		ck_assert_uint_eq(open_incidents(), 0);
		xfw_state_destroy(state);
		kit_setup();
	}
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("zones");
	TCase *tc = kit_case(suite, "table");

	tcase_add_test(tc, declared_zone_is_ok_until_more_is_known);
	tcase_add_test(tc, never_loaded_when_timers_say_so);
	tcase_add_test(tc, zone_under_load_stays_as_it_was);
	tcase_add_test(tc, zone_is_known_soon_after_its_load);
	tcase_add_test(tc, many_zones_under_load_are_asked_for_less_often);
	tcase_add_test(tc, many_new_zones_are_read_one_after_the_other);
	tcase_add_test(tc, few_new_zones_are_read_while_many_are_transferred);
	tcase_add_test(tc, census_removes_what_it_did_not_see);
	tcase_add_test(tc, configuration_keeps_what_a_census_saw);
	tcase_add_test(tc, census_spares_a_zone_just_heard_of);
	tcase_add_test(tc, census_in_parts_takes_only_what_two_walks_missed);
	tcase_add_test(tc, many_zones_go_step_by_step);
	tcase_add_test(tc, what_was_removed_while_listed_is_freed);
	tcase_add_test(tc, many_failing_zones_are_judged_anew);
	tcase_add_test(tc, only_lines_of_secondaries_make_zones_known);
	tcase_add_test(tc, zone_that_is_gone_leaves_nothing);
	tcase_add_test(tc, zone_removed_while_asked_comes_back_harmlessly);
	tcase_add_test(tc, zone_removed_while_asked_never_comes_back);
	tcase_add_test(tc, unprobed_goes_to_the_front);
	tcase_add_test(tc, asked_again_after_an_event);
	tcase_add_test(tc, asked_again_after_a_slow_answer);
	tcase_add_test(tc, walk_meets_each_zone_once);
	tcase_add_test(tc, nearest_deadlines_come_first);
	tcase_add_test(tc, no_memory);
	return (kit_run(suite));
}
