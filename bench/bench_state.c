/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the state costs at a million zones: memory a zone, time an event, and how
 * long the walks of the renderers take. Run by hand; one thread, time is made up.
 *
 *	bench_state [zones [failing]]
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xfrwatch/key.h>
#include <xfrwatch/state.h>

#define EXPIRE 604800

static int64_t now_ms = INT64_C(1795219200000);
static unsigned said;

static double
seconds(void) {
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return ((double)t.tv_sec + (double)t.tv_nsec / 1e9);
}

/* In use, not what the process got from the kernel. */
static double
bytes_in_use(void) {
	struct mallinfo2 m = mallinfo2();

	return ((double)m.uordblks + (double)m.hblkhd);
}

static void
say(void *arg, const xfw_notice_t *notice) {
	(void)arg;
	(void)notice;
	said++;
}

static void
put(xfw_state_t *state, unsigned i, xfw_kind_t kind, xfw_cause_t cause) {
	xfw_event_t ev;
	int zone_len = 0, primary_len = 0;

	memset(&ev, 0, XFW_EVENT_HEADER);
	zone_len = snprintf(ev.strings, 64, "zone%07u.example/IN", i);
	ev.zone_hash = xfw_key_hash(ev.strings, (size_t)zone_len);
	ev.primary_at = (uint16_t)(zone_len + 1);
	primary_len = snprintf(ev.strings + ev.primary_at, 64, "10.0.0.53#53");
	ev.text_at = (uint16_t)(ev.primary_at + primary_len + 1);
	ev.strings[ev.text_at] = '\0';
	ev.used = (uint16_t)(ev.text_at + 1);
	ev.kind = (uint8_t)kind;
	ev.cause = (uint8_t)cause;
	ev.phase = XFW_PHASE_TRANSFER;
	xfw_state_event(state, &ev, now_ms);
}

static void
read_timers(xfw_state_t *state, xfw_view_t *view, int64_t expires_s,
	    int64_t refresh_at_s) {
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
					   .expires_s = expires_s,
					   .refresh_at_s = refresh_at_s + rand() % 900,
					   .read_ms = now_ms };
			xfw_state_timers(state, zones[i], &t, now_ms);
		}
	}
}

/* Prints what `n` of something took since *from, and starts anew. */
static void
lap(const char *what, unsigned n, double *from) {
	double now = seconds();

	printf("%-44s %9.3f ms %8.1f ns each\n", what, (now - *from) * 1e3,
	       (now - *from) * 1e9 / (n > 0 ? n : 1));
	*from = seconds();
}

int
main(int argc, char **argv) {
	unsigned zones = argc > 1 ? (unsigned)atoi(argv[1]) : 1000000;
	unsigned failing = argc > 2 ? (unsigned)atoi(argv[2]) : 100000;
	xfw_policy_t policy = { .escalation = XFW_ESCALATION_DEFAULT, .reminder_s = XFW_REMINDER_DEFAULT,
				.min_retry_s = 0 };
	xfw_state_t *state = xfw_state_create(&policy, say, NULL);
	xfw_view_t *view = xfw_state_view(state, XFW_VIEW_DEFAULT);
	static const xfw_zone_t *out[1000];
	const char *key = "zone0000000.example/IN";
	double names = (double)zones * (double)(strlen(key) + 1);
	double start = bytes_in_use(), from = seconds();
	uint64_t cursor = 0;
	char text[64];

	for (unsigned i = 0; i < zones; i++) {
		snprintf(text, sizeof(text), "zone%07u.example/IN", i);
		xfw_state_declare(state, view, text, strlen(text),
				  XFW_ZONE_TYPE_SECONDARY, XFW_ZONE_IN_CENSUS, 1, 1,
				  now_ms);
	}
	lap("zones declared", zones, &from);
	read_timers(state, view, now_ms / 1000 + EXPIRE - 60, now_ms / 1000 + 2700);
	lap("timers read first", zones, &from);
	printf("%-44s %9.1f bytes a zone and %.1f of its name\n", "memory",
	       (bytes_in_use() - start - names) / zones, names / zones);
	for (unsigned i = 0; i < zones; i++) {
		put(state, i, XFW_KIND_XFR_CONNECTED, XFW_CAUSE_NONE);
		put(state, i, XFW_KIND_XFR_SERIAL, XFW_CAUSE_NONE);
		put(state, i, XFW_KIND_XFR_STATUS_OK, XFW_CAUSE_NONE);
		put(state, i, XFW_KIND_XFR_ENDED, XFW_CAUSE_NONE);
	}
	lap("transferred, four lines each", zones, &from);
	printf("%-44s %9.1f bytes a zone, with its feed\n", "memory",
	       (bytes_in_use() - start - names) / zones);
	now_ms += 1000;
	while (xfw_state_tick(state, now_ms) <= now_ms) {
	}
	read_timers(state, view, now_ms / 1000 + EXPIRE, now_ms / 1000 + 2700);
	lap("ticked and timers read again", zones, &from);

	for (unsigned i = 0; i < failing; i++) {
		put(state, i, XFW_KIND_SOA_FAILED, XFW_CAUSE_CONNECT_REFUSED);
	}
	lap("failed, one line each", failing, &from);
	printf("%-44s %9u lines said\n", "", said);
	printf("%-44s %9.1f bytes a failing zone more\n", "memory",
	       (bytes_in_use() - start - names) / zones);
	lap("", 0, &from);
	xfw_state_failing(state, out, 1000);
	lap("the 1000 nearest deadlines", 1, &from);
	while (xfw_state_next_zone(state, &cursor) != NULL) {
	}
	lap("walk over all zones", zones, &from);
	now_ms += (int64_t)EXPIRE * 300;
	for (int64_t next = now_ms; next <= now_ms;) {
		next = xfw_state_tick(state, now_ms);
	}
	lap("a severity step of all that fail", failing, &from);
	printf("%-44s %9u lines said\n", "", said);
	for (unsigned i = 0; i < failing; i++) {
		put(state, i, XFW_KIND_XFR_SERIAL, XFW_CAUSE_NONE);
	}
	lap("recovered, one line each", failing, &from);
	printf("%-44s %9u lines said\n", "", said);
	xfw_state_declared(state, view, 2, true, now_ms);
	lap("all zones removed", zones, &from);
	xfw_state_destroy(state);
	return (0);
}
