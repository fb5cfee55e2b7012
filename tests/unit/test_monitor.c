/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The monitor without BIND: a thread with a UDP socket plays named. To each query it
 * does what the hook does (takes the probe of its view, fills it in, posts it) and
 * answers. Seen from outside: what the monitor says, and what it asks for.
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
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <xfrwatch/classify.h>
#include <xfrwatch/key.h>
#include <xfrwatch/monitor.h>

#include "said_kit.h"

#define ZONE	"a.example/IN"

static xfw_intake_t *intake;
static xfw_monitor_t *monitor;
static pthread_t monitor_thread, named_thread;
static xfw_slot_t slot;
static char view_name[] = XFW_VIEW_DEFAULT;

/* What named is like. */
static int sock;
static atomic_bool ended;
static atomic_bool reachable;  /* its view is reached by our queries */
static _Atomic int64_t expires_s, refresh_at_s;
static atomic_uint censuses, lookups;
static atomic_int census_type;
static atomic_uint strangers; /* lookups of zones that are only listed */
static atomic_bool has_zone;
static atomic_int extra; /* zones r00.example, ... beside it */

/* What it was made to refresh. */
#define EXTRA 31
static atomic_uint refreshed, refreshed_each[EXTRA], refreshed_by_clients;
static _Atomic int64_t refresh_first_ms, refresh_last_ms;
static char refresh_primary[64];

static atomic_int muted;
static _Atomic uint64_t settled;
static atomic_long sleeps, follows; /* of the monitor's thread, so far */

static void
host_follow(void *arg, uint64_t id) {
	struct rusage used;

	(void)arg;
	(void)getrusage(RUSAGE_THREAD, &used);
	atomic_store(&sleeps, used.ru_nvcsw);
	atomic_fetch_add(&follows, 1);
	atomic_store(&settled, id);
}

static bool
host_wire(void *arg, const char *name, size_t len, uint8_t wire[XFW_WIRE_MAX],
	  uint8_t *wire_len) {
	(void)arg;
	memcpy(wire, name, len);
	*wire_len = (uint8_t)len;
	return (true);
}

static void
host_mute(void *arg, bool on) {
	(void)arg;
	atomic_store(&muted, on);
}

/*--- named ----------------------------------------------------------------------*/

static void
refresh(const xfw_probe_item_t *item, bool own, int64_t now_ms) {
	const struct sockaddr_in *in = (const struct sockaddr_in *)&item->primary;
	char host[INET_ADDRSTRLEN] = "-";

	ck_assert_int_eq(item->wire[0], 'r');
	atomic_fetch_add(&refreshed_each[atoi((const char *)item->wire + 1)], 1);
	if (!own) {
		atomic_fetch_add(&refreshed_by_clients, 1);
	}
	if (in->sin_family == AF_INET) {
		(void)inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
	}
	(void)snprintf(refresh_primary, sizeof(refresh_primary), "%s#%d", host,
		       ntohs(in->sin_port));
	atomic_store(&refresh_last_ms, now_ms);
	if (atomic_load(&refreshed) == 0) {
		atomic_store(&refresh_first_ms, now_ms);
	}
	atomic_fetch_add(&refreshed, 1);
}

static void
put_name(xfw_probe_t *probe, const char *key) {
	uint16_t len = (uint16_t)strlen(key);

	probe->names[probe->names_used] = (char)atomic_load(&census_type);
	memcpy(probe->names + probe->names_used + 1, &len, sizeof(len));
	memcpy(probe->names + probe->names_used + 3, key, len);
	probe->names_used += 3u + len;
}

static void
fill(xfw_probe_t *probe) {
	for (size_t i = 0; i < probe->count; i++) {
		struct timespec now;

		(void)clock_gettime(CLOCK_REALTIME, &now);
		probe->items[i].timers = (xfw_timers_t){
			.found = true,
			.loaded = atomic_load(&expires_s) != 0,
			.type = XFW_ZONE_TYPE_SECONDARY,
			.has_serial = true,
			.serial = 7,
			.has_soa = true,
			.refresh_s = 3600,
			.retry_s = 900,
			.expire_s = 604800,
			.expires_s = atomic_load(&expires_s),
			.refresh_at_s = atomic_load(&refresh_at_s),
			.read_ms = (int64_t)now.tv_sec * 1000 +
				   now.tv_nsec / 1000000,
		};
		if (probe->items[i].refresh) {
			refresh(&probe->items[i], probe->own,
				probe->items[i].timers.read_ms);
		}
		atomic_fetch_add(&lookups, 1);
		atomic_fetch_add(&strangers, probe->items[i].wire[0] == 'r');
	}
	if (probe->census) {
		probe->names_used = 0;
		if (atomic_load(&has_zone)) {
			put_name(probe, ZONE);
		}
		for (int i = 0; i < atomic_load(&extra); i++) {
			char key[32];

			(void)snprintf(key, sizeof(key), "r%02d.example/IN", i);
			put_name(probe, key);
		}
		probe->visited = 1;
		probe->complete = true;
		atomic_fetch_add(&censuses, 1);
	}
	probe->took_ns = 1000;
}

/* A query reached the view. */
static void
hook(bool own) {
	xfw_probe_t *probe = NULL;

	if (own || atomic_load(&slot.want) == XFW_SLOT_ANY) {
		probe = xfw_slot_take(&slot);
	}
	if (probe != NULL) {
		probe->own = own;
		fill(probe);
		xfw_intake_post(intake, &probe->message);
	}
}

static void *
named_main(void *arg) {
	(void)arg;
	while (!atomic_load(&ended)) {
		struct pollfd p = { .fd = sock, .events = POLLIN };
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		char packet[512];

		if (poll(&p, 1, 20) != 1) {
			continue;
		}
		ssize_t size = recvfrom(sock, packet, sizeof(packet), 0,
					(struct sockaddr *)&from, &len);

		if (size > 0) {
			if (atomic_load(&reachable)) {
				hook(true);
			}
			(void)sendto(sock, packet, (size_t)size, 0,
				     (struct sockaddr *)&from, len);
		}
	}
	return (NULL);
}

/*--- the frame --------------------------------------------------------------------*/

static int64_t
now_s(void) {
	return ((int64_t)time(NULL));
}

static void *
monitor_main(void *arg) {
	xfw_monitor_run(arg);
	return (NULL);
}

static void
setup(void) {
	static const xfw_host_t host = { .log = host_log,
					 .follow = host_follow,
					 .wire = host_wire,
					 .mute = host_mute,
					 .greeting = "hello" };
	struct sockaddr_in in = { .sin_family = AF_INET };

	said[0] = '\0';
	slot.view = view_name;
	atomic_store(&slot.want, XFW_SLOT_IDLE);
	atomic_store(&slot.probe, NULL);
	atomic_store(&ended, false);
	atomic_store(&reachable, true);
	atomic_store(&has_zone, true);
	atomic_store(&censuses, 0);
	atomic_store(&census_type, XFW_ZONE_TYPE_SECONDARY);
	atomic_store(&lookups, 0);
	atomic_store(&strangers, 0);
	atomic_store(&settled, 0);
	atomic_store(&extra, 0);
	atomic_store(&refreshed, 0);
	atomic_store(&refreshed_by_clients, 0);
	for (int i = 0; i < EXTRA; i++) {
		atomic_store(&refreshed_each[i], 0);
	}
	atomic_store(&expires_s, now_s() + 604800);
	atomic_store(&refresh_at_s, now_s() + 3600);
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(sock, (struct sockaddr *)&in, sizeof(in)), 0);
	intake = xfw_intake_create(64);
	monitor = xfw_monitor_create(intake, &host);
	ck_assert_ptr_nonnull(monitor);
	ck_assert_int_eq(pthread_create(&named_thread, NULL, named_main, NULL),
			 0);
	ck_assert_int_eq(pthread_create(&monitor_thread, NULL, monitor_main,
					monitor),
			 0);
}

static void
teardown(void) {
	xfw_message_t *stop = calloc(1, sizeof(*stop));

	stop->kind = XFW_MESSAGE_STOP;
	xfw_intake_post(intake, stop);
	(void)pthread_join(monitor_thread, NULL);
	atomic_store(&ended, true);
	(void)pthread_join(named_thread, NULL);
	ck_assert_int_eq(atomic_load(&muted), 0);
	xfw_monitor_destroy(monitor);
	xfw_intake_destroy(intake);
	(void)close(sock);
}

static void
attach(uint64_t id, xfw_params_t params, bool listed) {
	static const char key[] = ZONE;
	uint16_t len = sizeof(key) - 1;
	xfw_attach_t *attach = calloc(1, sizeof(*attach));
	xfw_viewlist_t *list = calloc(1, sizeof(*list));

	attach->message.kind = XFW_MESSAGE_ATTACH;
	attach->id = id;
	attach->slot = &slot;
	attach->params = params;
	attach->statsfile = strdup("no-such-directory/named.stats");
	attach->min_retry_s = XFW_MIN_RETRY_DEFAULT;
	attach->views = list;
	list->view = strdup(slot.view);
	if (listed) {
		list->zones.data = malloc(64);
		list->zones.data[0] = XFW_ZONE_TYPE_SECONDARY;
		list->zones.data[1] = 1;
		memcpy(list->zones.data + 2, &len, sizeof(len));
		memset(list->zones.data + 4, 0xff, 4); /* no route */
		memcpy(list->zones.data + XFW_ZONELIST_HEAD, key, len);
		list->zones.used = list->zones.size = XFW_ZONELIST_HEAD + len;
		list->zones.count = 1;
	}
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
line_of(const char *category, const char *text) {
	xfw_event_t ev;

	ck_assert_int_ne(xfw_classify(category, strlen(category), -1, text, strlen(text),
				      &ev),
			 XFW_KIND_IRRELEVANT);
	ev.time_ns = 0;
	xfw_intake_put(intake, &ev);
}

static void
line(const char *text) {
	line_of("general", text);
}

static bool
heard(const char *text) {
	return (times_heard(text) > 0);
}

static const char failure[] =
	"zone a.example/IN: refresh: failure trying primary 192.0.2.1#53 "
	"(source 0.0.0.0#0): connection refused";

/*--- tests ------------------------------------------------------------------------*/

START_TEST(zones_are_asked_for_and_failures_said) {
	attach(1, xfw_params_default(), true);
	WAIT_FOR(atomic_load(&censuses) > 0 && atomic_load(&lookups) > 0);
	WAIT_FOR(heard("hello\n"));
	WAIT_FOR(atomic_load(&settled) == 1);
	line(failure);
	WAIT_FOR(heard("incident=1 event=opened severity=notice "
		       "cause=connect-refused primary=192.0.2.1#53 zones=1 "
		       "first-zone=a.example/IN"));
	WAIT_FOR(heard("serving=7 "));
	/* named refreshes it without a word. */
	atomic_store(&expires_s, now_s() + 604800 + 60);
	atomic_store(&refresh_at_s, now_s() + 3600 + 60);
	WAIT_FOR(heard("incident=1 event=resolved"));
}
END_TEST

static int64_t
clock_ms(void) {
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

static long
sleeps_by_now(void) {
	long before = atomic_load(&follows);

	WAIT_FOR(atomic_load(&follows) > before);
	return (atomic_load(&sleeps));
}

#define LINES 400

/* Lines that come one by one are taken together. */
START_TEST(many_lines_cost_few_wake_ups) {
	static const struct timespec pause = { .tv_nsec = 500000 };

	attach(1, xfw_params_default(), true);
	WAIT_FOR(atomic_load(&settled) == 1);

	long before = sleeps_by_now();
	int64_t begin_ms = clock_ms();

	for (int i = 0; i < LINES; i++) {
		line("zone a.example/IN: notify from 192.0.2.1#53: serial 7");
		(void)nanosleep(&pause, NULL);
	}
	line(failure);
	WAIT_FOR(heard("event=opened"));
	ck_assert_int_lt(sleeps_by_now() - before,
			 50 + (clock_ms() - begin_ms) / 4);
}
END_TEST

/* How often it looked for work in a second. */
static unsigned
pulses(void) {
	unsigned before = atomic_load(&follows);

	(void)poll(NULL, 0, 1000);
	return (atomic_load(&follows) - before);
}

START_TEST(it_looks_rarely_while_nothing_happens) {
	struct sockaddr_in in = { .sin_family = AF_INET };
	int control = socket(AF_INET, SOCK_STREAM, 0);

	/* It is told of whatever rndc does by a connection to this one. */
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(control, (struct sockaddr *)&in, sizeof(in)), 0);
	ck_assert_int_eq(listen(control, 1), 0);
	attach(1, xfw_params_default(), true);
	WAIT_FOR(atomic_load(&settled) == 1);
	WAIT_FOR(pulses() <= 5);
	line(failure);
	WAIT_FOR(heard("event=opened"));
	ck_assert_uint_ge(pulses(), 6);
	(void)close(control);
}
END_TEST

START_TEST(zone_that_is_gone_takes_its_incident_along) {
	attach(1, xfw_params_default(), true);
	WAIT_FOR(atomic_load(&censuses) > 0);
	line(failure);
	WAIT_FOR(heard("event=opened"));
	attach(2, xfw_params_default(), false);
	detach(1);
	atomic_store(&has_zone, false);
	WAIT_FOR(heard("event=resolved"));
}
END_TEST

/* With inline-signing it cannot be told then that it is a secondary. */
START_TEST(zone_under_load_is_not_gone) {
	attach(1, xfw_params_default(), true);
	WAIT_FOR(atomic_load(&censuses) > 0);
	line(failure);
	WAIT_FOR(heard("event=opened"));
	atomic_store(&census_type, XFW_ZONE_TYPE_UNKNOWN);
	atomic_store(&extra, 2);
	attach(2, xfw_params_default(), false);
	detach(1);

	unsigned before = atomic_load(&censuses);

	WAIT_FOR(atomic_load(&censuses) > before + 1);
	/* What came after the first of them was answered is there. */
	ck_assert(!heard("event=resolved"));
	ck_assert_uint_eq(atomic_load(&strangers), 0);
	atomic_store(&has_zone, false);
	attach(3, xfw_params_default(), false);
	WAIT_FOR(heard("event=resolved"));
}
END_TEST

START_TEST(view_out_of_reach_is_asked_by_clients) {
	atomic_store(&reachable, false);
	attach(1, xfw_params_default(), true);
	/* Our own queries get an answer, but not from that view. */
	WAIT_FOR(atomic_load(&slot.want) == XFW_SLOT_ANY);
	ck_assert_uint_eq(atomic_load(&lookups), 0);
	hook(false);
	WAIT_FOR(atomic_load(&lookups) > 0);
	ck_assert_uint_eq(atomic_load(&censuses), 0);
	line(failure);
	WAIT_FOR(heard("serving=7 "));
}
END_TEST

START_TEST(configuration_that_fails_is_taken_back) {
	xfw_params_t quiet = xfw_params_default();

	quiet.log = false;
	attach(1, xfw_params_default(), true);
	attach(2, quiet, false);
	detach(2); /* named destroys the new one, not the old one */
	WAIT_FOR(atomic_load(&censuses) > 1);
	line(failure);
	WAIT_FOR(heard("event=opened"));
	ck_assert(!heard("event=resolved"));
}
END_TEST

START_TEST(quiet_if_told_so) {
	xfw_params_t quiet = xfw_params_default();

	quiet.log = false;
	attach(1, quiet, true);
	line(failure);
	WAIT_FOR(atomic_load(&censuses) > 0 && atomic_load(&lookups) > 0);
	ck_assert_str_eq(said, "");
	/* What it has seen is not lost. */
	attach(2, xfw_params_default(), true);
	detach(1);
	atomic_store(&expires_s, now_s() + 604800 + 60);
	atomic_store(&refresh_at_s, now_s() + 3600 + 60);
	WAIT_FOR(heard("incident=1 event=resolved"));
}
END_TEST

START_TEST(ends_with_a_probe_out) {
	atomic_store(&reachable, false);
	attach(1, xfw_params_default(), true);
	WAIT_FOR(atomic_load(&slot.want) != XFW_SLOT_IDLE);
	/* A thread of named's has it when the monitor is told to stop. */
	xfw_probe_t *probe = xfw_slot_take(&slot);

	detach(1);
	if (probe != NULL) {
		xfw_intake_post(intake, &probe->message);
	}
}
END_TEST

/*--- recovery ---------------------------------------------------------------------*/

#define RATE 20

/* All zones r00.example, ... fail; then the first one is transferred. */
static void
fail_and_recover(void) {
	xfw_params_t params = xfw_params_default();
	char text[256];

	params.diagnose = false;
	params.recovery = true;
	params.recovery_rate = RATE;
	atomic_store(&has_zone, false);
	atomic_store(&extra, EXTRA);
	attach(1, params, false);
	WAIT_FOR(atomic_load(&lookups) >= EXTRA);
	for (int i = 0; i < EXTRA; i++) {
		(void)snprintf(text, sizeof(text),
			       "zone r%02d.example/IN: refresh: failure trying primary "
			       "192.0.2.1#53 (source 0.0.0.0#0): connection refused", i);
		line(text);
	}
	WAIT_FOR(heard("event=opened"));
	line_of("xfer-in", "zone r00.example/IN: transferred serial 8");
	line_of("xfer-in", "transfer of 'r00.example/IN' from 192.0.2.1#53: Transfer "
			   "status: success");
	WAIT_FOR(atomic_load(&refreshed) > 0);
}

static void
check_refreshed(void) {
	WAIT_FOR(atomic_load(&refreshed) >= EXTRA - 1);
	ck_assert_uint_eq(atomic_load(&refreshed_each[0]), 0);
	for (int i = 1; i < EXTRA; i++) {
		ck_assert_msg(atomic_load(&refreshed_each[i]) == 1, "r%02d: %u times", i,
			      atomic_load(&refreshed_each[i]));
	}
}

START_TEST(others_are_refreshed_at_the_rate) {
	int64_t took_ms;

	fail_and_recover();
	check_refreshed();
	ck_assert_str_eq(refresh_primary, "192.0.2.1#53");
	took_ms = atomic_load(&refresh_last_ms) - atomic_load(&refresh_first_ms);
	/* A fifth of a second's may go at once. */
	ck_assert_int_ge(took_ms, (EXTRA - 1 - RATE / 5) * 1000 / RATE - 100);
}
END_TEST

START_TEST(refreshes_are_not_lost_nor_left_to_clients) {
	fail_and_recover();
	atomic_store(&reachable, false);
	WAIT_FOR(atomic_load(&slot.want) == XFW_SLOT_ANY);
	hook(false);
	ck_assert_uint_lt(atomic_load(&refreshed), EXTRA - 1);
	atomic_store(&reachable, true);
	check_refreshed();
	ck_assert_uint_eq(atomic_load(&refreshed_by_clients), 0);
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("monitor");
	TCase *tcase = tcase_create("monitor");
	SRunner *runner = srunner_create(suite);

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, zones_are_asked_for_and_failures_said);
	tcase_add_test(tcase, many_lines_cost_few_wake_ups);
	tcase_add_test(tcase, it_looks_rarely_while_nothing_happens);
	tcase_add_test(tcase, zone_that_is_gone_takes_its_incident_along);
	tcase_add_test(tcase, zone_under_load_is_not_gone);
	tcase_add_test(tcase, view_out_of_reach_is_asked_by_clients);
	tcase_add_test(tcase, configuration_that_fails_is_taken_back);
	tcase_add_test(tcase, quiet_if_told_so);
	tcase_add_test(tcase, ends_with_a_probe_out);
	tcase_add_test(tcase, others_are_refreshed_at_the_rate);
	tcase_add_test(tcase, refreshes_are_not_lost_nor_left_to_clients);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);

	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
