/* SPDX-License-Identifier: MPL-2.0 */
/*
 * From named's line to ours: how long the way through classifier, ring, wake-up,
 * monitor loop and state takes until the host is told a line, while other threads put
 * 10,000 events a second. Prints one object of JSON.
 *
 *	bench_latency [SECONDS [EVENTS_A_SECOND [PRODUCERS [LINES_A_SECOND]]]]
 *
 * The monitor says 20 lines a minute at most. To have thousands of samples all the
 * same, its wall clock (clock_gettime(CLOCK_REALTIME), defined here) runs faster by
 * SPEED. Nothing else reads that clock; latencies are taken from the monotonic one.
 *
 * Threads: the monitor's; producers, that play named's; main() plays one zone that
 * fails and recovers, and waits for the line about each.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <xfrwatch/classify.h>
#include <xfrwatch/key.h>
#include <xfrwatch/monitor.h>

#define SPEED	    2000 /* one line in 5 ms is one in 10 s then */
#define ZONES	    10000
#define SAMPLES_MAX 100000
#define PATIENCE_S  5 /* for one line */

static xfw_intake_t *intake;
static atomic_bool ended;
static atomic_ulong put_count;
static double rate_each; /* events a second of one producer */

/* The line that main() waits for; set before its cause. */
static _Atomic(const char *) awaited;
static _Atomic int64_t heard_ns;
static sem_t heard;
static atomic_ulong lines_said;

/*--- clocks -------------------------------------------------------------------*/

static int (*real_clock)(clockid_t clock, struct timespec *ts);
static struct timespec began;

int
clock_gettime(clockid_t clock, struct timespec *ts) {
	int rc = 0;
	int64_t ns = 0;

	if (real_clock == NULL) {
		*(void **)&real_clock = dlsym(RTLD_NEXT, "clock_gettime");
		(void)real_clock(CLOCK_REALTIME, &began);
	}
	rc = real_clock(clock, ts);
	if (clock == CLOCK_REALTIME && rc == 0) {
		ns = (int64_t)(ts->tv_sec - began.tv_sec) * 1000000000 +
		     (ts->tv_nsec - began.tv_nsec);
		ns = ns * SPEED + began.tv_nsec;
		ts->tv_sec = began.tv_sec + ns / 1000000000;
		ts->tv_nsec = ns % 1000000000;
	}
	return (rc);
}

static int64_t
clock_ns(clockid_t clock) {
	struct timespec ts;

	(void)clock_gettime(clock, &ts);
	return ((int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec);
}

static int64_t
now_ns(void) {
	return (clock_ns(CLOCK_MONOTONIC));
}

static void
sleep_until(int64_t at_ns) {
	struct timespec ts = { at_ns / 1000000000, at_ns % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR) {
	}
}

/*--- named --------------------------------------------------------------------*/

/* As the tap does. */
static void
say(const char *category, const char *text) {
	xfw_event_t ev;

	if (xfw_classify(category, strlen(category), -1, text, strlen(text), &ev) ==
	    XFW_KIND_IRRELEVANT)
	{
		abort();
	}
	ev.time_ns = clock_ns(CLOCK_REALTIME);
	xfw_intake_put(intake, &ev);
}

/* Zones that fail and recover, four lines for one transfer. Zone 0 stays failing, so
 * that there is one incident for all of them and nothing to be said. */
static void
one_line(unsigned long n) {
	unsigned zone = 1 + (unsigned)(n / 5 % (ZONES - 1));
	char text[256];

	switch (n % 5) {
	case 0:
		(void)snprintf(text, sizeof(text),
			       "zone zone%07u.example/IN: refresh: failure trying "
			       "primary 192.0.2.1#53 (source 0.0.0.0#0): connection "
			       "refused", zone);
		break;
	case 1:
		(void)snprintf(text, sizeof(text),
			       "transfer of 'zone%07u.example/IN' from 192.0.2.1#53: "
			       "connected using 192.0.2.1#53", zone);
		break;
	case 2:
		(void)snprintf(text, sizeof(text),
			       "zone zone%07u.example/IN: transferred serial %lu", zone,
			       n & 0xffffffff);
		break;
	case 3:
		(void)snprintf(text, sizeof(text),
			       "transfer of 'zone%07u.example/IN' from 192.0.2.1#53: "
			       "Transfer status: success", zone);
		break;
	default:
		(void)snprintf(text, sizeof(text),
			       "transfer of 'zone%07u.example/IN' from 192.0.2.1#53: "
			       "Transfer completed: 1 messages, 6 records, 191 bytes, "
			       "0.001 secs (191000 bytes/sec)", zone);
		break;
	}
	say(n % 5 == 0 ? "general" : "xfer-in", text);
}

static void *
produce(void *arg) {
	/* Each takes zones of its own, so that a zone's lines come in order. */
	unsigned long n = (unsigned long)(uintptr_t)arg * (ZONES / 16) * 5;
	int64_t start_ns = now_ns(), next = 0;

	while (!atomic_load(&ended)) {
		one_line(n + (unsigned long)next % (ZONES / 16 * 5));
		next++;
		atomic_fetch_add(&put_count, 1);
		sleep_until(start_ns + (int64_t)((double)next * 1e9 / rate_each));
	}
	return (NULL);
}

/*--- the monitor's host -------------------------------------------------------*/

static void
host_log(void *arg, xfw_severity_t severity, const char *line) {
	const char *want = atomic_load(&awaited);

	(void)arg;
	(void)severity;
	atomic_fetch_add(&lines_said, 1);
	if (want != NULL && strstr(line, want) != NULL &&
	    strstr(line, "192.0.2.2#53") != NULL)
	{
		atomic_store(&heard_ns, now_ns());
		atomic_store(&awaited, NULL);
		(void)sem_post(&heard);
	}
}

static void *
monitor_main(void *arg) {
	xfw_monitor_run(arg);
	return (NULL);
}

static void
attach(xfw_slot_t *slot) {
	xfw_attach_t *message = calloc(1, sizeof(*message));
	xfw_viewlist_t *list = calloc(1, sizeof(*list));

	message->message.kind = XFW_MESSAGE_ATTACH;
	message->id = 1;
	message->slot = slot;
	message->params = xfw_params_default();
	message->params.reminder_s = 0;
	message->params.diagnose = false;
	message->params.statsfile = false;
	message->views = list;
	list->view = strdup(slot->view);
	xfw_intake_post(intake, &message->message);
}

/*--- samples ------------------------------------------------------------------*/

static int64_t samples[SAMPLES_MAX];
static size_t count, missed;

/* Says the line, and waits for what we say about it. */
static void
sample(const char *category, const char *text, const char *want) {
	struct timespec until;
	int64_t from_ns = 0;

	(void)real_clock(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_S;
	atomic_store(&awaited, want);
	from_ns = now_ns();
	say(category, text);
	while (sem_timedwait(&heard, &until) != 0) {
		if (errno != EINTR) {
			missed++;
			return;
		}
	}
	if (count < SAMPLES_MAX) {
		samples[count++] = atomic_load(&heard_ns) - from_ns;
	}
}

static void
measure(double seconds, double lines_a_second) {
	static const char failure[] =
		"zone sample.example/IN: refresh: failure trying primary "
		"192.0.2.2#53 (source 0.0.0.0#0): connection refused";
	static const char success[] = "zone sample.example/IN: transferred serial 7";
	static const char from[] = "transfer of 'sample.example/IN' from 192.0.2.2#53: "
				   "connected using 192.0.2.2#53";
	int64_t start_ns = now_ns();

	for (unsigned long n = 0;; n += 2) {
		int64_t at_ns = start_ns + (int64_t)((double)n * 1e9 / lines_a_second);

		if ((double)(at_ns - start_ns) > seconds * 1e9) {
			return;
		}
		sleep_until(at_ns);
		sample("general", failure, "event=opened");
		sleep_until(start_ns +
			    (int64_t)((double)(n + 1) * 1e9 / lines_a_second));
		say("xfer-in", from);
		sample("xfer-in", success, "event=resolved");
	}
}

static int
by_size(const void *a, const void *b) {
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return ((x > y) - (x < y));
}

static double
quantile_us(double share) {
	size_t i = (size_t)(share * (double)count);

	return (count == 0 ? -1 : (double)samples[i < count ? i : count - 1] / 1e3);
}

static void
report(double seconds, double monitor_s) {
	xfw_intake_counters_t counters;
	unsigned long events = atomic_load(&put_count);

	xfw_intake_counters(intake, &counters);
	qsort(samples, count, sizeof(samples[0]), by_size);
	printf("{\"samples\": %zu, \"missed\": %zu, \"p50_us\": %.1f, "
	       "\"p90_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f, "
	       "\"max_us\": %.1f, \"events_a_second\": %.0f, \"lost\": %lu, "
	       "\"monitor_share\": %.4f, \"monitor_us_an_event\": %.3f}\n",
	       count, missed, quantile_us(0.5), quantile_us(0.9), quantile_us(0.99),
	       quantile_us(0.999), quantile_us(1), (double)events / seconds,
	       (unsigned long)counters.lost, monitor_s / seconds,
	       monitor_s * 1e6 / (double)(events > 0 ? events : 1));
}

int
main(int argc, char **argv) {
	static char view[] = XFW_VIEW_DEFAULT;
	static xfw_slot_t slot = { .view = view };
	double seconds = argc > 1 ? atof(argv[1]) : 10;
	double rate = argc > 2 ? atof(argv[2]) : 10000;
	unsigned producers = argc > 3 ? (unsigned)atoi(argv[3]) : 4;
	double lines = argc > 4 ? atof(argv[4]) : 200;
	xfw_host_t host = { .log = host_log, .greeting = "hello" };
	xfw_message_t *stop = calloc(1, sizeof(*stop));
	pthread_t monitor_thread, threads[16];
	xfw_monitor_t *monitor = NULL;
	clockid_t monitor_clock;
	int64_t from_ns, cpu_ns;

	producers = producers < 1 ? 1 : producers > 16 ? 16 : producers;
	rate_each = rate / producers;
	(void)sem_init(&heard, 0, 0);
	intake = xfw_intake_create(XFW_PARAM_RING_DEFAULT);
	monitor = xfw_monitor_create(intake, &host);
	if (monitor == NULL || stop == NULL) {
		return (1);
	}
	attach(&slot);
	(void)pthread_create(&monitor_thread, NULL, monitor_main, monitor);
	(void)pthread_getcpuclockid(monitor_thread, &monitor_clock);
	say("general", "zone zone0000000.example/IN: refresh: failure trying primary "
		       "192.0.2.1#53 (source 0.0.0.0#0): connection refused");
	for (uintptr_t i = 0; i < producers; i++) {
		(void)pthread_create(&threads[i], NULL, produce, (void *)i);
	}
	sleep_until(now_ns() + 500000000); /* the incident of all is open */
	atomic_store(&put_count, 0);
	from_ns = now_ns();
	cpu_ns = clock_ns(monitor_clock);
	measure(seconds, lines);
	report((double)(now_ns() - from_ns) / 1e9,
	       (double)(clock_ns(monitor_clock) - cpu_ns) / 1e9);
	atomic_store(&ended, true);
	for (unsigned i = 0; i < producers; i++) {
		(void)pthread_join(threads[i], NULL);
	}
	stop->kind = XFW_MESSAGE_STOP;
	xfw_intake_post(intake, stop);
	(void)pthread_join(monitor_thread, NULL);
	xfw_monitor_destroy(monitor);
	xfw_intake_destroy(intake);
	return (missed > 0 || count == 0);
}
