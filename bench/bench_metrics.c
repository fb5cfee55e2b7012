/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What /metrics costs at a million zones: the whole answer, and the longest single
 * call, during which the monitor does nothing else. Run by hand; one thread, time
 * is made up.
 *
 *	bench_metrics [zones [failing]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xfrwatch/key.h>

#include "../plugin/report/channel/answers.h"

#define EXPIRE 604800

static int64_t now_ms = INT64_C(1795219200000);

static int64_t
clock_ms(void) {
	return (now_ms);
}

static double
milliseconds(void) {
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return ((double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6);
}

static void
say(void *arg, const xfw_notice_t *notice) {
	(void)arg;
	(void)notice;
}

static void
fail(xfw_state_t *state, unsigned i) {
	xfw_event_t ev;
	int zone_len = 0, primary_len = 0;

	memset(&ev, 0, XFW_EVENT_HEADER);
	zone_len = snprintf(ev.strings, 64, "zone%07u.example/IN", i);
	ev.zone_hash = xfw_key_hash(ev.strings, (size_t)zone_len);
	ev.primary_at = (uint16_t)(zone_len + 1);
	primary_len = snprintf(ev.strings + ev.primary_at, 64, "10.0.0.%u#53", i % 20);
	ev.text_at = (uint16_t)(ev.primary_at + primary_len + 1);
	ev.strings[ev.text_at] = '\0';
	ev.used = (uint16_t)(ev.text_at + 1);
	ev.kind = XFW_KIND_XFR_FAILED;
	ev.cause = XFW_CAUSE_CONNECT_REFUSED;
	ev.phase = XFW_PHASE_TRANSFER;
	xfw_state_event(state, &ev, now_ms);
	ev.kind = XFW_KIND_XFR_STATUS_FAILED;
	xfw_state_event(state, &ev, now_ms);
}

static void
read_timers(xfw_state_t *state, xfw_view_t *view) {
	xfw_zone_t *zones[256];
	size_t n = 0;

	while ((n = xfw_state_take_probes(state, view, zones, 256)) > 0) {
		for (size_t i = 0; i < n; i++) {
			xfw_timers_t t = { .found = true,
					   .loaded = true,
					   .has_serial = true,
					   .has_soa = true,
					   .type = XFW_ZONE_TYPE_SECONDARY,
					   .serial = 1,
					   .refresh_s = 3600,
					   .retry_s = 900,
					   .expire_s = EXPIRE,
					   .expires_s = now_ms / 1000 + rand() % EXPIRE,
					   .refresh_at_s = now_ms / 1000 + rand() % 900,
					   .read_ms = now_ms };
			xfw_state_timers(state, zones[i], &t, now_ms);
		}
	}
}

static void
measure(const xfw_source_t *source, bool all_zones) {
	xfw_answer_t answer = { .status = 200 };
	xfw_text_t text = { 0 };
	double start = milliseconds(), longest = 0;
	unsigned long bytes = 0, calls = 1;
	bool more = true;

	xfw_answer_metrics(source, true, all_zones, &answer);
	longest = milliseconds() - start;
	while (more) {
		double from = milliseconds(), took = 0;

		xfw_text_reset(&text);
		more = answer.body->next(answer.body, &text);
		took = milliseconds() - from;
		longest = took > longest ? took : longest;
		bytes += text.used;
		calls++;
	}
	answer.body->end(answer.body);
	xfw_text_free(&text);
	printf("%-12s %10.3f ms in all, longest of %6lu calls %7.3f ms, %10lu bytes\n",
	       all_zones ? "?zones=all" : "default", milliseconds() - start, calls,
	       longest, bytes);
}

int
main(int argc, char **argv) {
	unsigned zones = argc > 1 ? (unsigned)atoi(argv[1]) : 1000000;
	unsigned failing = argc > 2 ? (unsigned)atoi(argv[2]) : 1000;
	xfw_policy_t policy = { .escalation = XFW_ESCALATION_DEFAULT, .reminder_s = XFW_REMINDER_DEFAULT,
				.min_retry_s = 0 };
	xfw_state_t *state = xfw_state_create(&policy, say, NULL);
	xfw_view_t *view = xfw_state_view(state, XFW_VIEW_DEFAULT);
	xfw_source_t source = { .state = state,
				.intake = xfw_intake_create(8192),
				.version = "0.1.0",
				.bind_version = "9.18.49",
				.now_ms = clock_ms };
	char text[64];

	for (unsigned i = 0; i < zones; i++) {
		snprintf(text, sizeof(text), "zone%07u.example/IN", i);
		xfw_state_declare(state, view, text, strlen(text),
				  XFW_ZONE_TYPE_SECONDARY, XFW_ZONE_IN_CENSUS, 1, 1,
				  now_ms);
	}
	read_timers(state, view);
	now_ms += 1000;
	for (unsigned i = 0; i < failing; i++) {
		fail(state, (unsigned)((uint64_t)i * zones / failing));
	}
	printf("%u zones, %u of them failing\n", zones,
	       xfw_state_counters(state)->zones[XFW_ZONE_FAILING]);
	for (int run = 0; run < 3; run++) {
		measure(&source, false);
	}
	measure(&source, true);
	xfw_state_destroy(state);
	xfw_intake_destroy(source.intake);
	return (0);
}
