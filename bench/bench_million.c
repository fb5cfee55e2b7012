/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the core costs with many zones, without named: log lines go the real way
 * (classifier, ring, attempts, zones, incidents), the renderers make the real
 * answers. One thread; the time that the state sees is made up. Run by million.py.
 *
 *	bench_million [-l] ZONES FAILING...
 *
 * Each FAILING makes so many zones fail, measures, and lets them recover. -l: the lists
 * of all zones as well. Figures
 * go to standard output, one JSON object a line: "what", with "n" things done in
 * "s" seconds of processor time, the longest step "longest" of "steps" (a step is
 * what the monitor's thread does without looking at anything else), or a "value".
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <xfrwatch/classify.h>
#include <xfrwatch/key.h>

#include "../plugin/report/channel/answers.h"

#define EXPIRE	  604800
#define PRIMARIES 20
#define TURN	  4096 /* events that the monitor takes in one turn */
#define VISIT	  64   /* zones whose timers come back at once */
#define NAME	  "zone%07u.example"

static int64_t now_ms = INT64_C(1795219200000);
static unsigned zones;
static xfw_state_t *state;
static xfw_view_t *view;
static xfw_source_t source;
static uint32_t generation = 1;

/*--- time and memory ------------------------------------------------------------*/

static int64_t
clock_ms(void) {
	return (now_ms);
}

static double
seconds(void) {
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return ((double)t.tv_sec + (double)t.tv_nsec / 1e9);
}

typedef struct lap {
	const char *what;
	unsigned failing;
	double total;
	double longest;
	unsigned long steps;
	double from;
} lap_t;

static lap_t
lap(const char *what, unsigned failing) {
	return ((lap_t){ .what = what, .failing = failing });
}

static void
begin(lap_t *lap) {
	lap->from = seconds();
}

static void
end(lap_t *lap) {
	double took = seconds() - lap->from;

	lap->total += took;
	lap->longest = took > lap->longest ? took : lap->longest;
	lap->steps++;
}

static void
told(const lap_t *lap, unsigned long n) {
	printf("{\"what\": \"%s\", \"zones\": %u, \"failing\": %u, \"n\": %lu, "
	       "\"s\": %.9f, \"longest\": %.9f, \"steps\": %lu}\n",
	       lap->what, zones, lap->failing, n, lap->total, lap->longest, lap->steps);
}

static void
value(const char *what, unsigned failing, double found) {
	printf("{\"what\": \"%s\", \"zones\": %u, \"failing\": %u, \"value\": %.3f}\n",
	       what, zones, failing, found);
}

/* In use, not what the process got from the kernel. */
static double
bytes_in_use(void) {
	struct mallinfo2 m = mallinfo2();

	return ((double)m.uordblks + (double)m.hblkhd);
}

static double
bytes_resident(void) {
	unsigned long size = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (file != NULL) {
		if (fscanf(file, "%lu %lu", &size, &resident) != 2) {
			resident = 0;
		}
		(void)fclose(file);
	}
	return ((double)resident * (double)sysconf(_SC_PAGESIZE));
}

/*--- lines ------------------------------------------------------------------------*/

typedef enum line {
	CONNECTED,
	SERIAL,
	STATUS_OK,
	ENDED,
	REFUSED,
	STATUS_REFUSED
} line_t;

/* As BIND 9.18 prints it; returns its level. */
static int
write_line(char *buf, size_t size, line_t line, unsigned i, unsigned serial) {
	unsigned host = 1 + i % PRIMARIES;

	if (line == SERIAL) {
		snprintf(buf, size, "zone " NAME "/IN: transferred serial %u", i, serial);
		return (-1);
	}
	snprintf(buf, size, "transfer of '" NAME "/IN' from 10.0.0.%u#53: ", i, host);
	size -= strlen(buf);
	buf += strlen(buf);
	switch (line) {
	case CONNECTED:
		snprintf(buf, size, "connected using 10.0.0.%u#53", host);
		return (-1);
	case STATUS_OK:
		snprintf(buf, size, "Transfer status: success");
		return (-1);
	case ENDED:
		snprintf(buf, size,
			 "Transfer completed: 1 messages, 6 records, 215 bytes, "
			 "0.001 secs (215000 bytes/sec) (serial %u)", serial);
		return (-1);
	case REFUSED:
		snprintf(buf, size, "failed to connect: connection refused");
		return (-4);
	default:
		snprintf(buf, size, "Transfer status: connection refused");
		return (-1);
	}
}

/* One turn: named's threads write `count` lines, the monitor takes them. */
typedef struct turn {
	char text[TURN][192];
	int level[TURN];
	unsigned count;
} turn_t;

static turn_t turn;

static void
put_turn(lap_t *named, lap_t *monitor) {
	xfw_event_t ev;

	begin(named);
	for (unsigned i = 0; i < turn.count; i++) {
		if (xfw_classify("xfer-in", 7, turn.level[i], turn.text[i],
				 strlen(turn.text[i]), &ev) != XFW_KIND_IRRELEVANT)
		{
			ev.time_ns = now_ms * 1000000;
			xfw_intake_put(source.intake, &ev);
		}
	}
	end(named);
	begin(monitor);
	while (xfw_intake_event(source.intake, &ev)) {
		xfw_state_event(state, &ev, now_ms);
	}
	end(monitor);
	turn.count = 0;
}

/* `of` lines for each of `count` zones, spread over all of them. */
static void
hear(const char *named_what, const char *monitor_what, unsigned failing,
     const line_t *lines, unsigned of, unsigned count, unsigned serial) {
	lap_t named = lap(named_what, failing), monitor = lap(monitor_what, failing);

	for (unsigned n = 0; n < count; n++) {
		unsigned i = (unsigned)((uint64_t)n * zones / count);

		for (unsigned k = 0; k < of; k++) {
			turn.level[turn.count] =
				write_line(turn.text[turn.count],
					   sizeof(turn.text[0]), lines[k], i, serial);
			turn.count++;
		}
		if (turn.count + of > TURN || n + 1 == count) {
			put_turn(&named, &monitor);
		}
	}
	told(&named, (unsigned long)count * of);
	told(&monitor, (unsigned long)count * of);
}

/*--- steps of a life ----------------------------------------------------------------*/

/* A census, which declares in pieces; each call is a step. */
static void
declare_all(const char *what) {
	lap_t declare = lap(what, 0);
	char text[64];

	for (unsigned i = 0; i < zones; i++) {
		int len = snprintf(text, sizeof(text), NAME "/IN", i);

		begin(&declare);
		xfw_state_declare(state, view, text, (size_t)len,
				  XFW_ZONE_TYPE_SECONDARY, XFW_ZONE_IN_CENSUS, 1,
				  generation, now_ms);
		end(&declare);
	}
	told(&declare, zones);
}

/* One tick after the other, until none is due. */
static void
tick(const char *what, unsigned failing, unsigned long n) {
	lap_t ticks = lap(what, failing);
	int64_t next;

	do {
		begin(&ticks);
		next = xfw_state_tick(state, now_ms);
		end(&ticks);
	} while (next <= now_ms);
	told(&ticks, n > 0 ? n : ticks.steps);
}

static void
census_over(const char *what) {
	lap_t over = lap(what, 0);
	bool more = true;

	begin(&over);
	xfw_state_declared(state, view, generation, true, now_ms);
	end(&over);
	do {
		begin(&over);
		more = xfw_state_tick(state, now_ms) <= now_ms;
		end(&over);
	} while (more);
	told(&over, zones);
}

/* Timers as named would have them after a success now: what is due next is far off,
 * so that a later tick has to do with failures only. */
static void
read_timers(const char *what, uint32_t serial) {
	lap_t reads = lap(what, 0);
	xfw_zone_t *taken[VISIT];
	size_t n = 0;

	for (;;) {
		begin(&reads);
		n = xfw_state_take_probes(state, view, taken, VISIT);
		for (size_t i = 0; i < n; i++) {
			xfw_timers_t t = { .found = true,
					   .loaded = true,
					   .has_serial = true,
					   .has_soa = true,
					   .type = XFW_ZONE_TYPE_SECONDARY,
					   .serial = serial,
					   .refresh_s = 3600,
					   .retry_s = 900,
					   .expire_s = EXPIRE,
					   .expires_s = now_ms / 1000 + EXPIRE,
					   .refresh_at_s = now_ms / 1000 + 2 * EXPIRE,
					   .read_ms = now_ms };
			xfw_state_timers(state, taken[i], &t, now_ms);
		}
		end(&reads);
		if (n == 0) {
			break;
		}
	}
	told(&reads, zones);
}

/*--- answers ----------------------------------------------------------------------*/

/* The answer to one request, as the channel asks for it. How much memory is in use
 * meanwhile is looked at now and then, between two pieces. */
static void
answer(const char *what, unsigned failing, const char *target) {
	xfw_request_t request = { .method = "GET", .target = target };
	xfw_answer_t answer = { 0 };
	lap_t pieces = lap(what, failing);
	xfw_text_t text = { 0 };
	double bytes = 0, before = bytes_in_use(), most = 0;
	bool more = true;
	char memory[64];

	begin(&pieces);
	xfw_answer(&source, &request, &answer);
	end(&pieces);
	if (answer.body == NULL) {
		bytes = (double)answer.text.used;
		more = false;
		xfw_text_free(&answer.text);
	}
	while (more) {
		begin(&pieces);
		xfw_text_reset(&text);
		more = answer.body->next(answer.body, &text);
		end(&pieces);
		bytes += (double)text.used;
		if (pieces.steps % 16 == 0) {
			double used = bytes_in_use() - before;
			most = used > most ? used : most;
		}
	}
	if (answer.body != NULL) {
		answer.body->end(answer.body);
	}
	xfw_text_free(&text);
	if (answer.status != 200) {
		fprintf(stderr, "%s: status %u\n", target, answer.status);
		exit(EXIT_FAILURE);
	}
	told(&pieces, (unsigned long)bytes);
	snprintf(memory, sizeof(memory), "%s-memory", what);
	value(memory, failing, most);
}

static void
block(unsigned failing) {
	xfw_recorder_t recorder = { .recorded = 1, .capacity = 8192,
				    .mode = XFW_MODE_FULL };
	lap_t made = lap("block", failing);
	xfw_text_t text = { 0 };

	begin(&made);
	xfw_block(&text, state, &recorder, now_ms);
	end(&made);
	told(&made, text.used);
	xfw_text_free(&text);
}

static void
configure(unsigned failing) {
	xfw_policy_t policy = { .escalation = XFW_ESCALATION_DEFAULT,
				.reminder_s = XFW_REMINDER_DEFAULT };
	lap_t made = lap("configure", failing);
	bool more = true;

	begin(&made);
	xfw_state_configure(state, &policy, now_ms);
	end(&made);
	do {
		begin(&made);
		more = xfw_state_tick(state, now_ms) <= now_ms;
		end(&made);
	} while (more);
	told(&made, failing);
}

/*--- the run ------------------------------------------------------------------------*/

static void
say(void *arg, const xfw_notice_t *notice) {
	char line[XFW_LINE_MAX];

	(void)arg;
	(void)xfw_line(line, sizeof(line), notice);
}

/* So many zones fail, are told of in every way, get worse, and recover. */
static void
outage(unsigned failing, unsigned serial) {
	static const line_t fail[] = { CONNECTED, REFUSED, STATUS_REFUSED };
	static const line_t mend[] = { CONNECTED, SERIAL, STATUS_OK, ENDED };
	double before = bytes_in_use();

	if (failing > 0) {
		hear("fail-line", "fail-event", failing, fail + 1, 2, failing, serial);
		now_ms += 1000;
		tick("fail-tick", failing, 0);
		value("failing", failing,
		      xfw_state_counters(state)->zones[XFW_ZONE_FAILING]);
		value("failing-memory", failing, (bytes_in_use() - before) / failing);
	}
	answer("metrics", failing, "/metrics");
	answer("failing-list", failing, "/json/v1/zones?state=failing");
	answer("nearest", failing, "/json/v1/zones?sort=deadline&limit=100");
	answer("status", failing, "/json/v1/status");
	answer("incidents", failing, "/json/v1/incidents");
	block(failing);
	configure(failing);
	now_ms += (int64_t)EXPIRE * 260; /* of 1000: one severity step for each */
	tick("escalation", failing, failing);
	if (failing > 0) {
		hear("mend-line", "mend-event", failing, mend, 4, failing, serial);
		now_ms += 1000;
		tick("mend-tick", failing, 0);
		value("failing-after", failing,
		      xfw_state_counters(state)->zones[XFW_ZONE_FAILING]);
	}
	now_ms += 60000;
	tick("later", failing, 0);
	read_timers("timers-later", serial);
}

static void
grow(double names) {
	static const line_t lines[] = { CONNECTED, SERIAL, STATUS_OK, ENDED };
	double start = bytes_in_use(), resident = bytes_resident();

	declare_all("declare");
	now_ms += 3600000; /* those of new zones are read a few at a time */
	tick("first-tick", 0, zones);
	read_timers("timers-first", 1);
	value("memory-declared", 0, (bytes_in_use() - start - names) / zones);
	hear("success-line", "success-event", 0, lines, 4, zones, 2);
	now_ms += 1000;
	tick("success-tick", 0, zones);
	value("memory-in-use", 0, (bytes_in_use() - start - names) / zones);
	value("memory-resident", 0, (bytes_resident() - resident - names) / zones);
	value("memory-name", 0, names / zones);
	read_timers("timers-again", 2);
	tick("tick-idle", 0, 0);
}

int
main(int argc, char **argv) {
	xfw_policy_t policy = { .escalation = XFW_ESCALATION_DEFAULT,
				.reminder_s = XFW_REMINDER_DEFAULT };
	bool lists = argc > 1 && strcmp(argv[1], "-l") == 0;
	unsigned serial = 3;

	argc -= lists;
	argv += lists;
	if (argc < 2 || (zones = (unsigned)atoi(argv[1])) == 0) {
		fprintf(stderr, "usage: bench_million [-l] ZONES FAILING...\n");
		return (EXIT_FAILURE);
	}
	state = xfw_state_create(&policy, say, NULL);
	view = xfw_state_view(state, XFW_VIEW_DEFAULT);
	source = (xfw_source_t){ .state = state,
				 .intake = xfw_intake_create(8192),
				 .version = "0",
				 .bind_version = "9.18",
				 .bind_built = "9.18",
				 .mode = XFW_MODE_FULL,
				 .now_ms = clock_ms };
	memset(&turn, 1, sizeof(turn)); /* resident before it is measured */
	turn.count = 0;
	grow((double)zones * (double)(snprintf(NULL, 0, NAME "/IN", 0) + 1));
	for (int i = 2; i < argc; i++) {
		unsigned failing = (unsigned)atoi(argv[i]);

		outage(failing < zones ? failing : zones, serial++);
	}
	if (lists) {
		answer("list", 0, "/json/v1/zones?limit=1000000");
		answer("metrics-all", 0, "/metrics?zones=all");
	}
	now_ms += 10000;
	generation++;
	declare_all("declare-again");
	census_over("census");
	generation++;
	census_over("census-empty");
	value("left", 0, xfw_state_counters(state)->zones[XFW_ZONE_OK]);
	xfw_intake_destroy(source.intake);
	xfw_state_destroy(state);
	return (0);
}
