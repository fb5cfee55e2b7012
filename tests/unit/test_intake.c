/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The intake: what producers put comes out in order and wakes a sleeping reader;
 * nothing is lost or counted twice when the ring changes its size under load.
 */
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <urcu-bp.h>

#include <xfrwatch/intake.h>

#define WAIT_MS 5000

static void
make_event(xfw_event_t *ev, uint32_t serial) {
	memset(ev, 0, sizeof(*ev));
	ev->kind = XFW_KIND_NOTIFY;
	ev->serial = serial;
	ev->used = 3;
	ev->primary_at = 1;
	ev->text_at = 2;
}

static bool
readable(const xfw_intake_t *intake, int ms) {
	struct pollfd fd = { .fd = xfw_intake_fd(intake), .events = POLLIN };

	return (poll(&fd, 1, ms) == 1);
}

START_TEST(test_order) {
	xfw_intake_t *intake = xfw_intake_create(64);
	xfw_event_t ev;

	for (uint32_t i = 0; i < 40; i++) {
		make_event(&ev, i);
		xfw_intake_put(intake, &ev);
	}
	for (uint32_t i = 0; i < 40; i++) {
		ck_assert(xfw_intake_event(intake, &ev));
		ck_assert_uint_eq(ev.serial, i);
		ck_assert_str_eq(xfw_event_text(&ev), "");
	}
	ck_assert(!xfw_intake_event(intake, &ev));
	xfw_intake_destroy(intake);
}
END_TEST

START_TEST(test_sleep) {
	xfw_intake_t *intake = xfw_intake_create(64);
	xfw_event_t ev;

	/* Awake: nobody pays for a wake-up. */
	make_event(&ev, 1);
	xfw_intake_put(intake, &ev);
	ck_assert(!readable(intake, 0));
	/* Something is there: no sleep. */
	ck_assert(!xfw_intake_sleep(intake));
	ck_assert(xfw_intake_event(intake, &ev));
	ck_assert(xfw_intake_sleep(intake));
	xfw_intake_put(intake, &ev);
	xfw_intake_put(intake, &ev);
	ck_assert(readable(intake, WAIT_MS));
	xfw_intake_awake(intake);
	ck_assert(!readable(intake, 0));
	ck_assert(!xfw_intake_sleep(intake));
	xfw_intake_destroy(intake);
}
END_TEST

/* One event after the other wakes nobody from a nap, but each filled quarter does. */
START_TEST(test_nap) {
	xfw_intake_t *intake = xfw_intake_create(64);
	unsigned woken = 0;
	xfw_event_t ev;

	ck_assert(xfw_intake_nap(intake));
	for (uint32_t i = 0; i < 64; i++) {
		make_event(&ev, i);
		xfw_intake_put(intake, &ev);
		if (readable(intake, 0)) {
			woken++;
			xfw_intake_awake(intake);
			ck_assert(xfw_intake_nap(intake));
		}
	}
	ck_assert_uint_eq(woken, 4);
	/* Behind the nap nothing of it is forgotten. */
	ck_assert(!xfw_intake_sleep(intake));
	for (uint32_t i = 0; i < 64; i++) {
		ck_assert(xfw_intake_event(intake, &ev));
		ck_assert_uint_eq(ev.serial, i);
	}
	ck_assert(xfw_intake_sleep(intake));
	xfw_intake_destroy(intake);
}
END_TEST

/* So does one that tells of a failure, at once; and nobody dozes while one may wait. */
START_TEST(test_doze) {
	xfw_intake_t *intake = xfw_intake_create(64);
	xfw_event_t good, bad;

	make_event(&good, 1);
	make_event(&bad, 2);
	bad.cause = XFW_CAUSE_REFUSED_QUERY;
	ck_assert(xfw_intake_doze(intake));
	xfw_intake_put(intake, &good); /* the first ticket is 0: a filled quarter */
	xfw_intake_awake(intake);
	ck_assert(!xfw_intake_doze(intake));
	ck_assert(xfw_intake_event(intake, &good));

	ck_assert(xfw_intake_doze(intake));
	xfw_intake_put(intake, &good);
	xfw_intake_put(intake, &good);
	ck_assert(!readable(intake, 0));
	xfw_intake_put(intake, &bad);
	ck_assert(readable(intake, WAIT_MS));
	xfw_intake_awake(intake);

	/* A nap is too short for that. */
	ck_assert(xfw_intake_nap(intake));
	xfw_intake_put(intake, &bad);
	ck_assert(!readable(intake, 0));
	xfw_intake_destroy(intake);
}
END_TEST

START_TEST(test_nap_message) {
	xfw_intake_t *intake = xfw_intake_create(64);
	xfw_message_t messages[2];

	ck_assert(xfw_intake_nap(intake));
	xfw_intake_post(intake, &messages[0]);
	ck_assert(readable(intake, WAIT_MS));
	xfw_intake_awake(intake);
	/* One that waits lets nobody nap. */
	ck_assert(!xfw_intake_nap(intake));
	xfw_intake_post(intake, &messages[1]);
	ck_assert(!readable(intake, 0));
	ck_assert_ptr_eq(xfw_intake_message(intake), &messages[0]);
	ck_assert_ptr_eq(xfw_intake_message(intake), &messages[1]);
	ck_assert(xfw_intake_nap(intake));
	xfw_intake_destroy(intake);
}
END_TEST

START_TEST(test_messages) {
	xfw_intake_t *intake = xfw_intake_create(64);
	xfw_message_t messages[3];

	ck_assert_ptr_null(xfw_intake_message(intake));
	ck_assert(xfw_intake_sleep(intake));
	for (int i = 0; i < 3; i++) {
		messages[i].kind = i;
		xfw_intake_post(intake, &messages[i]);
	}
	ck_assert(readable(intake, WAIT_MS));
	for (int i = 0; i < 3; i++) {
		ck_assert_ptr_eq(xfw_intake_message(intake), &messages[i]);
	}
	ck_assert_ptr_null(xfw_intake_message(intake));
	xfw_intake_destroy(intake);
}
END_TEST

START_TEST(test_lost) {
	xfw_intake_t *intake = xfw_intake_create(64);
	xfw_intake_counters_t counters;
	xfw_event_t ev;
	unsigned got = 0;

	for (uint32_t i = 0; i < 100; i++) {
		make_event(&ev, i);
		xfw_intake_put(intake, &ev);
	}
	while (xfw_intake_event(intake, &ev)) {
		got++;
	}
	xfw_intake_counters(intake, &counters);
	ck_assert_uint_eq(got, 64);
	ck_assert_uint_eq(ev.serial, 99);
	ck_assert_uint_eq(counters.recorded, 100);
	ck_assert_uint_eq(counters.lost, 36);
	ck_assert_uint_eq(counters.capacity, 64);
	xfw_intake_destroy(intake);
}
END_TEST

#define PRODUCERS 3
#define PUTS	  20000

static void *
produce(void *arg) {
	xfw_intake_t *intake = arg;
	xfw_event_t ev;

	for (uint32_t i = 0; i < PUTS; i++) {
		make_event(&ev, i);
		xfw_intake_put(intake, &ev);
	}
	return (NULL);
}

START_TEST(test_resize) {
	xfw_intake_t *intake = xfw_intake_create(1024);
	xfw_intake_counters_t counters;
	pthread_t threads[PRODUCERS];
	xfw_event_t ev;
	uint64_t got = 0, turns = 0;
	bool done = false;

	for (int i = 0; i < PRODUCERS; i++) {
		ck_assert_int_eq(pthread_create(&threads[i], NULL, produce,
						intake),
				 0);
	}
	while (!done || xfw_intake_event(intake, &ev)) {
		if (!done) {
			got += xfw_intake_event(intake, &ev) ? 1 : 0;
		} else {
			got++;
		}
		if (!done && ++turns % 500 == 0) {
			(void)xfw_intake_resize(intake, turns % 1000 == 0 ? 1024
									  : 2048);
		}
		xfw_intake_counters(intake, &counters);
		if (!done && counters.recorded + counters.lost >=
				     (uint64_t)PRODUCERS * PUTS)
		{
			for (int i = 0; i < PRODUCERS; i++) {
				(void)pthread_join(threads[i], NULL);
			}
			done = true;
		}
	}
	xfw_intake_counters(intake, &counters);
	ck_assert_uint_eq(got + counters.lost, (uint64_t)PRODUCERS * PUTS);
	xfw_intake_destroy(intake);
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("intake");
	TCase *tcase = tcase_create("intake");
	SRunner *runner = srunner_create(suite);

	tcase_add_test(tcase, test_order);
	tcase_add_test(tcase, test_sleep);
	tcase_add_test(tcase, test_nap);
	tcase_add_test(tcase, test_doze);
	tcase_add_test(tcase, test_nap_message);
	tcase_add_test(tcase, test_messages);
	tcase_add_test(tcase, test_lost);
	tcase_add_test(tcase, test_resize);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);

	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
