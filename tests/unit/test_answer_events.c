/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The tail of the ring: each event told once, in order, and each that is not told
 * counted, whatever happens to the ring: events told + lost == next - after.
 */
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "state_kit.h"

#include "answer_kit.h"

static void
record(const char *category, int level, const char *text) {
	xfw_event_t ev;

	if (xfw_classify(category, strlen(category), level, text, strlen(text), &ev) ==
	    XFW_KIND_IRRELEVANT)
	{
		ck_abort_msg("not understood: %s", text);
	}
	ev.time_ns = now_ms * 1000000 + 999999;
	xfw_intake_put(intake, &ev);
}

static unsigned recorded;

/* Events with numbers that their texts tell again. */
static void
record_many(unsigned count) {
	for (unsigned i = 0; i < count; i++) {
		char text[128];

		snprintf(text, sizeof(text),
			 "zone z%u.example/IN: Transfer started.", ++recorded);
		record("xfer-in", -1, text);
	}
}

/*
 * Asks, and checks what always holds. Returns how many were told; each event's number
 * is that in its name, if `base` says where those began.
 */
static uint64_t next_seq, lost, effective_after;
static bool restarted;

static size_t
tail(const char *query, int64_t base) {
	json_object *json = askf("/json/v1/events?%s", query);
	size_t count = length(json, "events");
	uint64_t last;

	next_seq = number(json, "next");
	lost = number(json, "lost");
	effective_after = last = number(json, "after");
	restarted = get(json, "restarted") != NULL;
	ck_assert_uint_eq(count + lost, next_seq - effective_after);
	for (size_t i = 0; i < count; i++) {
		json_object *ev = element(json, "events", i);
		char zone[64];

		ck_assert_uint_gt(number(ev, "seq"), last);
		last = number(ev, "seq");
		ck_assert_uint_le(last, next_seq);
		if (base >= 0) {
			snprintf(zone, sizeof(zone), "z%" PRIu64 ".example/IN",
				 last - (uint64_t)base);
			ck_assert_str_eq(string(ev, "zone"), zone);
		}
	}
	json_object_put(json);
	return (count);
}

/* What was asked for by `after` begins there. */
static size_t
tail_after(uint64_t after, int64_t base) {
	char query[64];
	size_t count;

	snprintf(query, sizeof(query), "limit=10000&after=%" PRIu64, after);
	count = tail(query, base);
	ck_assert_uint_eq(effective_after, after);
	return (count);
}

static void
setup(void) {
	answer_setup();
	recorded = 0;
}

START_TEST(no_events_yet) {
	json_object *json = ask("/json/v1/events");

	has_only(json, "json-stats-version current-time boot-time after events next "
		       "lost");
	json_object_put(json);
	ck_assert_uint_eq(tail("", 0), 0);
	ck_assert_uint_eq(next_seq, 0);
	ck_assert_uint_eq(tail_after(0, 0), 0);
	ck_assert(!restarted);
	ck_assert_uint_eq(next_seq, 0);
	ck_assert_uint_eq(lost, 0);
}
END_TEST

START_TEST(an_event_field_by_field) {
	json_object *json = NULL, *ev = NULL;

	record("general", -1,
	       "zone example.com/IN/internal: refresh: failure trying primary "
	       "10.0.0.53#53 (source 0.0.0.0#0): timed out");
	record("xfer-in", -4,
	       "transfer of 'example.com/IN' from 10.0.0.53#53: failed to connect: "
	       "connection refused");
	record("xfer-in", -1, "zone a\xff\"\x01.example/IN: Transfer started.");
	record("xfer-in", -1,
	       "transfer of 'example.com/IN' from 10.0.0.53#53: Transfer status: "
	       "success");
	json = ask("/json/v1/events");
	ck_assert_uint_eq(length(json, "events"), 4);

	ev = element(json, "events", 0);
	has_only(ev, "seq time zone view primary kind phase cause text");
	ck_assert_uint_eq(number(ev, "seq"), 1);
	ck_assert_str_eq(string(ev, "time"), iso(START_MS));
	ck_assert_str_eq(string(ev, "zone"), "example.com/IN");
	ck_assert_str_eq(string(ev, "view"), "internal");
	ck_assert_str_eq(string(ev, "primary"), "10.0.0.53#53");
	ck_assert_str_eq(string(ev, "phase"), "soa");
	ck_assert_str_eq(string(ev, "cause"), "soa-timeout");
	ck_assert_ptr_nonnull(strstr(string(ev, "text"), "timed out"));

	ev = element(json, "events", 1);
	ck_assert_str_eq(string(ev, "view"), "_default");
	ck_assert_str_eq(string(ev, "kind"), "attempt-failed");
	ck_assert_str_eq(string(ev, "phase"), "transfer");
	ck_assert_str_eq(string(ev, "cause"), "connect-refused");

	ev = element(json, "events", 2);
	has_only(ev, "seq time zone view kind phase text");
	ck_assert_str_eq(string(ev, "zone"), "a\\255\"\\001.example/IN");
	ck_assert_str_eq(string(ev, "kind"), "transfer-started");

	ev = element(json, "events", 3);
	ck_assert_ptr_null(get(ev, "cause"));
	ck_assert_str_eq(string(ev, "kind"), "transfer-succeeded");
	json_object_put(json);
}
END_TEST

/* Scripts read them: a name that changes breaks one. */
START_TEST(names_of_kinds) {
	static const char *const names[] = {
		"irrelevant", "info", "attempt-failed", "query-failed",
		"serial-checked", "attempt-failed", "transfer-deferred",
		"transfer-started", "transfer-connected", "transfer-detail",
		"attempt-failed", "zone-transferred", "transfer-succeeded",
		"transfer-up-to-date", "transfer-failed", "transfer-ended",
		"attempt-failed", "zone-expired", "zone-loaded", "storage-failed",
		"notify-taken", "notify-up-to-date", "notify-queued",
		"notify-refused", "zones-changed", "shutdown", "unclassified",
	};

	ck_assert_uint_eq(sizeof(names) / sizeof(names[0]), XFW_KIND_COUNT);
	for (unsigned i = 0; i < XFW_KIND_COUNT; i++) {
		ck_assert_str_eq(xfw_kind_name((xfw_kind_t)i), names[i]);
	}
	ck_assert_str_eq(xfw_kind_name(200), "unclassified");
}
END_TEST

START_TEST(the_newest_without_after) {
	record_many(30);
	ck_assert_uint_eq(tail("limit=10", 0), 10);
	ck_assert_uint_eq(effective_after, 20);
	ck_assert_uint_eq(next_seq, 30);
	ck_assert_uint_eq(lost, 0);
	ck_assert_uint_eq(tail("", 0), 30);
	record_many(1000);
	/* What was gone before is no loss of who only asks now. */
	ck_assert_uint_eq(tail("", 0), 64);
	ck_assert_uint_eq(lost, 0);
	ck_assert_uint_eq(next_seq, 1030);
}
END_TEST

START_TEST(from_a_number_on) {
	record_many(50);
	ck_assert_uint_eq(tail("after=0&limit=20", 0), 20);
	ck_assert_uint_eq(next_seq, 20);
	ck_assert_uint_eq(tail("after=20&limit=20", 0), 20);
	ck_assert_uint_eq(next_seq, 40);
	ck_assert_uint_eq(tail("after=40", 0), 10);
	ck_assert_uint_eq(next_seq, 50);
	ck_assert_uint_eq(tail("after=50", 0), 0);
	ck_assert_uint_eq(next_seq, 50);
	ck_assert(!restarted);
	/* Overwritten: 51 to 86 of 150. */
	record_many(100);
	ck_assert_uint_eq(tail_after(50, 0), 64);
	ck_assert_uint_eq(lost, 36);
	ck_assert_uint_eq(next_seq, 150);
}
END_TEST

START_TEST(a_reader_from_before_the_restart) {
	record_many(50);
	ck_assert_uint_eq(tail("after=51", 0), 50);
	ck_assert(restarted);
	ck_assert_uint_eq(effective_after, 0);
	ck_assert_uint_eq(lost, 0);
	record_many(50);
	ck_assert_uint_eq(tail("after=18446744073709551615", 0), 64);
	ck_assert(restarted);
	ck_assert_uint_eq(lost, 36);
	ck_assert_uint_eq(next_seq, 100);
}
END_TEST

START_TEST(the_monitor_reads_for_itself) {
	xfw_event_t ev;
	xfw_intake_counters_t counters;

	record_many(40);
	ck_assert_uint_eq(tail_after(0, 0), 40);
	for (unsigned i = 0; i < 40; i++) {
		ck_assert(xfw_intake_event(intake, &ev));
	}
	ck_assert(!xfw_intake_event(intake, &ev));
	/* What it has taken is still there for others. */
	ck_assert_uint_eq(tail_after(0, 0), 40);
	xfw_intake_counters(intake, &counters);
	ck_assert_uint_eq(counters.lost, 0);
}
END_TEST

START_TEST(numbers_go_on_in_a_ring_of_another_size) {
	xfw_event_t ev;

	record_many(100);
	ck_assert_uint_eq(tail_after(90, 0), 10);
	ck_assert(xfw_intake_resize(intake, 256));
	ck_assert_uint_eq(xfw_intake_newest(intake), 100);
	/* The old ring is not read: all of it is lost, and counted. */
	ck_assert_uint_eq(tail_after(90, 0), 0);
	ck_assert_uint_eq(lost, 10);
	ck_assert_uint_eq(next_seq, 100);
	record_many(20);
	ck_assert_uint_eq(tail_after(90, 0), 20);
	ck_assert_uint_eq(lost, 10);
	ck_assert_uint_eq(tail_after(110, 0), 10);
	ck_assert_uint_eq(lost, 0);
	ck_assert_uint_eq(tail("", 0), 20);
	ck_assert_uint_eq(effective_after, 100);
	/* Again, when the monitor has emptied the old one. */
	while (xfw_intake_event(intake, &ev)) {
		continue;
	}
	ck_assert(xfw_intake_resize(intake, 64));
	record_many(100);
	ck_assert_uint_eq(tail_after(110, 0), 64);
	ck_assert_uint_eq(lost, 46);
	ck_assert_uint_eq(next_seq, 220);
	ck_assert(!restarted);
}
END_TEST

static void
record_meanwhile(unsigned piece) {
	(void)piece;
	record_many(100);
}

START_TEST(an_answer_ends_although_events_come) {
	ck_assert(xfw_intake_resize(intake, 4096));
	record_many(4000);
	meanwhile = record_meanwhile;
	tail_after(0, 0);
	meanwhile = NULL;
	ck_assert_uint_ge(last_pieces, 10);
	/* At the newest of when it began, but for what was overwritten there. */
	ck_assert_uint_ge(next_seq, 4000);
	ck_assert_uint_le(next_seq, 4200);
	ck_assert_uint_gt(lost, 0);
}
END_TEST

/*--- under load -----------------------------------------------------------------*/

#define PRODUCERS 3
#define PUTS	  30000

static _Atomic unsigned running;

static void *
produce(void *arg) {
	static const char text[] = "zone example.com/IN: Transfer started.";
	xfw_event_t ev;

	(void)xfw_classify("xfer-in", 7, -1, text, sizeof(text) - 1, &ev);
	ev.time_ns = START_MS * 1000000;
	for (unsigned i = 0; i < PUTS; i++) {
		xfw_intake_put(arg, &ev);
		if (i % 64 == 0) {
			sched_yield();
		}
	}
	atomic_fetch_sub(&running, 1);
	return (NULL);
}

/* A client that always passes `next` on misses nothing that is not counted. */
START_TEST(told_and_lost_are_all_there_were) {
	pthread_t threads[PRODUCERS];
	uint64_t after = 0, told = 0, all_lost = 0, turns = 0;
	bool last = false;

	atomic_store(&running, PRODUCERS);
	for (unsigned i = 0; i < PRODUCERS; i++) {
		ck_assert_int_eq(pthread_create(&threads[i], NULL, produce, intake), 0);
	}
	do {
		xfw_event_t ev;

		last = atomic_load(&running) == 0;
		told += tail_after(after, -1);
		ck_assert(!restarted);
		after = next_seq;
		all_lost += lost;
		/* The monitor goes on too, and so does the administrator. */
		for (unsigned i = 0; i < 500 && xfw_intake_event(intake, &ev); i++) {
			continue;
		}
		if (++turns % 7 == 0) {
			(void)xfw_intake_resize(intake, turns % 2 == 0 ? 64 : 1024);
		}
	} while (!last);
	for (unsigned i = 0; i < PRODUCERS; i++) {
		(void)pthread_join(threads[i], NULL);
	}
	ck_assert_uint_eq(after, (uint64_t)PRODUCERS * PUTS);
	ck_assert_uint_eq(told + all_lost, (uint64_t)PRODUCERS * PUTS);
	ck_assert_uint_gt(told, 0);
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("answer_events");
	TCase *tc = tcase_create("events");

	tcase_add_checked_fixture(tc, setup, answer_teardown);
	suite_add_tcase(suite, tc);
	tcase_add_test(tc, no_events_yet);
	tcase_add_test(tc, an_event_field_by_field);
	tcase_add_test(tc, names_of_kinds);
	tcase_add_test(tc, the_newest_without_after);
	tcase_add_test(tc, from_a_number_on);
	tcase_add_test(tc, a_reader_from_before_the_restart);
	tcase_add_test(tc, the_monitor_reads_for_itself);
	tcase_add_test(tc, numbers_go_on_in_a_ring_of_another_size);
	tcase_add_test(tc, an_answer_ends_although_events_come);
	tcase_add_test(tc, told_and_lost_are_all_there_were);
	return (kit_run(suite));
}
