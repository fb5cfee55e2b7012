/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The monitor in reduced mode: a host that gives nothing but a log, attaches that list
 * nothing, all with one slot; a thread with a UDP socket plays named's listener. What
 * this does not test, the messages and their meaning, is in test_ask.c.
 */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <xfrwatch/classify.h>
#include <xfrwatch/key.h>
#include <xfrwatch/monitor.h>

#include "said_kit.h"

#define EXPIRE	604800

static xfw_intake_t *intake;
static xfw_monitor_t *monitor;
static pthread_t monitor_thread, named_thread;
static char view_name[] = XFW_VIEW_DEFAULT;
static xfw_slot_t slot = { .view = view_name };

static int sock;
static atomic_bool ended, mute;
static _Atomic int64_t expires_s; /* 0: it has no data */
static atomic_uint queries;

/*--- named --------------------------------------------------------------------------*/

static uint8_t *
put32(uint8_t *at, uint32_t value) {
	for (int i = 3; i >= 0; i--) {
		*at++ = (uint8_t)(value >> (8 * i));
	}
	return (at);
}

/* SERVFAIL, or SOA (serial 7, retry 2 s) with what is left. */
static size_t
make_answer(uint8_t *data) {
	static const uint8_t soa[] = { 0xc0, 12, 0, 6, 0, 1, 0, 0, 0, 60, 0, 22, 0, 0 };
	static const uint8_t opt[] = { 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 8, 0, 9, 0, 4 };
	uint8_t *at = data + 12 + strlen((const char *)data + 12) + 1 + 4;
	int64_t left_s = atomic_load(&expires_s) - (int64_t)time(NULL);

	memset(data + 2, 0, 10);
	data[2] = 0x84;
	data[5] = 1;
	if (atomic_load(&expires_s) == 0) {
		data[3] = 2;
		return ((size_t)(at - data));
	}
	data[7] = data[11] = 1;
	memcpy(at, soa, sizeof(soa));
	at = put32(put32(put32(at + sizeof(soa), 7), 3600), 2);
	at = put32(put32(at, EXPIRE), 60);
	memcpy(at, opt, sizeof(opt));
	return ((size_t)(put32(at + sizeof(opt), (uint32_t)left_s) - data));
}

static void *
named_main(void *arg) {
	(void)arg;
	while (!atomic_load(&ended)) {
		struct pollfd p = { .fd = sock, .events = POLLIN };
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		uint8_t packet[1024];

		if (poll(&p, 1, 20) != 1 ||
		    recvfrom(sock, packet, 512, 0, (struct sockaddr *)&from, &len) < 17)
		{
			continue;
		}
		atomic_fetch_add(&queries, 1);
		if (!atomic_load(&mute)) {
			(void)sendto(sock, packet, make_answer(packet), 0,
				     (struct sockaddr *)&from, len);
		}
	}
	return (NULL);
}

/*--- the frame ----------------------------------------------------------------------*/

static void *
monitor_main(void *arg) {
	xfw_monitor_run(arg);
	return (NULL);
}

static void
setup(void) {
	static const xfw_host_t host = { .log = host_log,
					 .greeting = "hello",
					 .mode = XFW_MODE_REDUCED };
	struct sockaddr_in in = { .sin_family = AF_INET };

	said[0] = '\0';
	atomic_store(&ended, false);
	atomic_store(&mute, false);
	atomic_store(&queries, 0);
	atomic_store(&expires_s, (int64_t)time(NULL) + EXPIRE - 1000);
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(sock, (struct sockaddr *)&in, sizeof(in)), 0);
	intake = xfw_intake_create(64);
	monitor = xfw_monitor_create(intake, &host);
	ck_assert_ptr_nonnull(monitor);
	ck_assert_int_eq(pthread_create(&named_thread, NULL, named_main, NULL), 0);
	ck_assert_int_eq(pthread_create(&monitor_thread, NULL, monitor_main, monitor), 0);
}

static void
teardown(void) {
	xfw_message_t *stop = calloc(1, sizeof(*stop));

	stop->kind = XFW_MESSAGE_STOP;
	xfw_intake_post(intake, stop);
	(void)pthread_join(monitor_thread, NULL);
	atomic_store(&ended, true);
	(void)pthread_join(named_thread, NULL);
	/* No probe was ever offered: nobody would take it. */
	ck_assert_ptr_null(atomic_load(&slot.probe));
	xfw_monitor_destroy(monitor);
	xfw_intake_destroy(intake);
	(void)close(sock);
}

static void
attach(uint64_t id, xfw_params_t params) {
	xfw_attach_t *attach = calloc(1, sizeof(*attach));

	attach->message.kind = XFW_MESSAGE_ATTACH;
	attach->id = id;
	attach->slot = &slot;
	attach->params = params;
	attach->min_retry_s = XFW_MIN_RETRY_DEFAULT;
	xfw_intake_post(intake, &attach->message);
}

static void
detach(uint64_t id) {
	xfw_detach_t *detach = calloc(1, sizeof(*detach));

	detach->message.kind = XFW_MESSAGE_DETACH;
	detach->id = id;
	xfw_intake_post(intake, &detach->message);
}

static void
line(const char *text) {
	xfw_event_t ev;

	ck_assert_int_ne(xfw_classify("general", 7, -1, text, strlen(text), &ev),
			 XFW_KIND_IRRELEVANT);
	ev.time_ns = 0;
	xfw_intake_put(intake, &ev);
}

/* Zone `key` fails at a primary that is not to be reached. */
static void
fails(const char *key) {
	char text[256];

	(void)snprintf(text, sizeof(text),
		       "zone %s: refresh: failure trying primary 127.0.0.1#1 (source "
		       "0.0.0.0#0): connection refused", key);
	line(text);
}

static xfw_params_t
quiet(void) {
	xfw_params_t params = xfw_params_default();

	params.diagnose = false;
	return (params);
}

/*--- tests --------------------------------------------------------------------------*/

START_TEST(named_is_known_to_answer) {
	attach(1, quiet());
	WAIT_FOR(times_heard("hello\n") == 1);
}
END_TEST

START_TEST(failure_and_silent_recovery) {
	atomic_store(&expires_s, (int64_t)time(NULL) + EXPIRE * 6 / 10);
	attach(1, quiet());
	fails("a.example/IN");
	WAIT_FOR(times_heard("event=opened") == 1);
	/* What it has left is known then; once more, now that it fails. */
	WAIT_FOR(times_heard("event=escalated severity=warning") == 1);
	unsigned before = atomic_load(&queries);

	WAIT_FOR(atomic_load(&queries) > before + 1);
	atomic_store(&expires_s, (int64_t)time(NULL) + EXPIRE);
	WAIT_FOR(times_heard("incident=1 event=resolved") == 1);
}
END_TEST

/* What an answer makes due is done then, not with the next line. */
START_TEST(zone_without_data_is_worse) {
	atomic_store(&expires_s, 0);
	attach(1, quiet());
	fails("a.example/IN");
	WAIT_FOR(times_heard("event=escalated severity=alert") == 1);
}
END_TEST

START_TEST(zones_stay_as_long_as_an_instance_does) {
	attach(1, quiet());
	fails("a.example/IN");
	fails("a.example/IN/internal");
	WAIT_FOR(times_heard("event=opened") == 1);
	for (uint64_t id = 2; id < 8; id++) {
		attach(id, quiet());
		detach(id - 1);
	}
	attach(8, quiet());
	detach(8); /* that one failed half-way */
	fails("c.example/IN");
	WAIT_FOR(atomic_load(&queries) > 3);
	ck_assert_uint_eq(times_heard("event=resolved"), 0);
	detach(7);
	WAIT_FOR(times_heard("event=resolved") == 1);
}
END_TEST

START_TEST(zone_that_named_removed_goes) {
	attach(1, quiet());
	fails("a.example/IN/internal");
	WAIT_FOR(times_heard("event=opened") == 1);
	line("zone a.example/IN/internal: (secondary) removed");
	WAIT_FOR(times_heard("event=resolved") == 1);
}
END_TEST

START_TEST(what_is_off_is_said_once) {
	xfw_params_t params = xfw_params_default();

	params.recovery = true;
	for (uint64_t id = 1; id < 4; id++) {
		attach(id, params);
	}
	WAIT_FOR(times_heard("recovery-refresh is off in reduced mode") == 1);
	WAIT_FOR(times_heard("statistics-file is off in reduced mode") == 1);
	attach(4, params);
	detach(1);
	fails("a.example/IN");
	/* That waits until the configuration is in force, as those lines do. */
	WAIT_FOR(times_heard("event=diagnosed") == 1);
	ck_assert_uint_eq(times_heard("is off in reduced mode"), 2);
}
END_TEST

START_TEST(diagnosis_needs_no_key_nor_wire) {
	attach(1, xfw_params_default());
	fails("a.example/IN");
	WAIT_FOR(times_heard("event=diagnosed") == 1);
	ck_assert_uint_eq(times_heard("asked by address alone, unsigned"), 1);
	ck_assert_uint_eq(times_heard("tcp-connect: connection refused"), 1);
}
END_TEST

START_TEST(named_that_does_not_answer_stops_nothing) {
	atomic_store(&mute, true);
	attach(1, quiet());
	fails("a.example/IN");
	WAIT_FOR(times_heard("event=opened") == 1);
	WAIT_FOR(atomic_load(&queries) > 0);
	detach(1);
	WAIT_FOR(times_heard("event=resolved") == 1);
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("reduced");
	TCase *tcase = tcase_create("reduced");
	SRunner *runner = srunner_create(suite);

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, named_is_known_to_answer);
	tcase_add_test(tcase, failure_and_silent_recovery);
	tcase_add_test(tcase, zone_without_data_is_worse);
	tcase_add_test(tcase, zones_stay_as_long_as_an_instance_does);
	tcase_add_test(tcase, zone_that_named_removed_goes);
	tcase_add_test(tcase, what_is_off_is_said_once);
	tcase_add_test(tcase, diagnosis_needs_no_key_nor_wire);
	tcase_add_test(tcase, named_that_does_not_answer_stops_nothing);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);

	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
