/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Stress of the event ring with real threads, in a program of its own: producers and readers over
 * many ring sizes, with yields and short sleeps thrown into put and get by the fault hook, then
 * processes killed in the middle of their puts.  It must find
 *
 *	no torn record			every word is a hash of producer, number, place and length
 *	the producers' order		numbers of one producer only grow, for each reader
 *	nothing lost uncounted		got + lost == head for each reader, when all is quiet
 *	no reader stuck			nothing is in flight then
 *	the counters right		recorded and dropped are what the puts returned
 *
 *	XFW_STRESS_SECONDS	how long, default 10
 *	XFW_STRESS_SEED		repeat the injected faults of a run (the schedule is the kernel's)
 *
 * Exit status 0 if all held, 1 with one line that says what did not.
 */

static void
stall(int often);

/* Per word seldom, per record more often: a stall in a copy must be rare enough to let others
 * lap it, and the window between ticket and claim is small without help. */
#define RING_STALL(point)   stall(STALL_##point)
#define STALL_PUT_TICKET    4
#define STALL_PUT_CLAIM	    4
#define STALL_PUT_CLAIMED   4
#define STALL_PUT_COPY	    1
#define STALL_PUT_PUBLISH   4
#define STALL_GET_TICKET    4
#define STALL_GET_STATE	    4
#define STALL_GET_COPY	    1
#define STALL_GET_RECHECK   4

/* The mutation script builds this program with broken copies of the ring. */
#ifndef XFW_RING_SOURCE
#define XFW_RING_SOURCE "../../plugin/core/ring.c"
#endif
#include XFW_RING_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#define PRODUCERS_MAX	8
#define READERS_MAX	4
#define SECONDS_DEFAULT 10
#define SECONDS_MAX	86400
#define RECORD_WORDS	(XFW_RING_RECORD_MAX / 8)
#define HEAD_WORDS	3 /* producer, number, length */

static uint64_t seed;

static _Noreturn void
fail(const char *format, ...) {
	va_list ap;

	va_start(ap, format);
	fputs("FAIL: ", stdout);
	vprintf(format, ap);
	printf(" (XFW_STRESS_SEED=%" PRIu64 ")\n", seed);
	va_end(ap);
	fflush(stdout);
	_exit(1);
}

static uint64_t
now_ns(void) {
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return ((uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec);
}

static void
pause_ns(uint64_t ns) {
	struct timespec t = { .tv_sec = (time_t)(ns / 1000000000U),
			      .tv_nsec = (long)(ns % 1000000000U) };

	while (nanosleep(&t, &t) != 0 && errno == EINTR) {
		continue;
	}
}

/* splitmix64: the hash of the payload and, with a counter, the random numbers */
static uint64_t
mix(uint64_t x) {
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (x ^ (x >> 31));
}

/* --- injected faults ----------------------------------------------------------------------- */

static _Thread_local uint64_t random_state;
static _Thread_local int countdown = 1;

static uint64_t
random_word(void) {
	return (mix(random_state++));
}

static void
stall(int often) {
	uint64_t r;

	countdown -= often;
	if (countdown > 0) {
		return;
	}
	r = random_word();
	countdown = 1 + (int)(r % 1000);
	if ((r >> 32) % 16 == 0) {
		pause_ns(1000 + (r >> 40) % 100000);
	} else {
		(void)sched_yield();
	}
}

/* --- records --------------------------------------------------------------------------------- */

/* Fill a record; returns its length in bytes, which number and producer decide. */
static size_t
make_record(uint64_t *rec, uint64_t producer, uint64_t number) {
	uint64_t hash = mix(number * PRODUCERS_MAX + producer);
	size_t words = HEAD_WORDS + hash % (RECORD_WORDS - HEAD_WORDS);
	size_t len = words * 8 + (hash >> 32) % 8;

	rec[0] = producer;
	rec[1] = number;
	rec[2] = len;
	for (size_t i = HEAD_WORDS; i < words + 1; i++) {
		rec[i] = mix(hash + i);
	}
	return (len);
}

/* Fails unless the record is exactly one that make_record made. */
static void
check_record(const uint64_t *rec, size_t len, uint64_t producers) {
	uint64_t expect[RECORD_WORDS + 1];

	if (len < HEAD_WORDS * 8 || rec[0] >= producers) {
		fail("torn record: length %zu, producer %" PRIu64, len, rec[0]);
	}
	if (make_record(expect, rec[0], rec[1]) != len || memcmp(rec, expect, len) != 0) {
		fail("torn record: producer %" PRIu64 " number %" PRIu64 " length %zu", rec[0],
		     rec[1], len);
	}
}

/* --- rounds of threads ------------------------------------------------------------------------ */

struct round {
	xfw_ring_t *ring;
	unsigned int producers, readers;
	atomic_bool stop_producers, stop_readers;
};

struct producer {
	struct round *round;
	unsigned int id;
	uint64_t recorded, dropped;
	pthread_t thread;
};

struct reader {
	struct round *round;
	unsigned int id;
	uint64_t cursor, got, lost, in_flight;
	uint64_t next_number[PRODUCERS_MAX];
	pthread_t thread;
};

static void *
produce(void *arg) {
	struct producer *p = arg;
	uint64_t rec[RECORD_WORDS + 1];
	uint64_t last = 0;

	random_state = mix(seed ^ p->id);
	for (uint64_t number = 0; !atomic_load(&p->round->stop_producers); number++) {
		size_t len = make_record(rec, p->id, number);
		uint64_t seq = 0;

		if (xfw_ring_put(p->round->ring, rec, len, &seq) == XFW_PUT_OK) {
			p->recorded++;
		} else {
			p->dropped++;
		}
		if (number > 0 && seq <= last) {
			fail("ticket %" PRIu64 " after %" PRIu64, seq, last);
		}
		last = seq;
	}
	return (NULL);
}

/* One get with all checks. */
static xfw_get_t
read_one(struct reader *r) {
	uint64_t rec[RECORD_WORDS + 1];
	uint64_t before = r->cursor, lost = r->lost;
	size_t len = 0;
	xfw_get_t result = xfw_ring_get(r->round->ring, &r->cursor, rec, sizeof(rec), &len,
					&r->lost);

	if (r->cursor - before != r->lost - lost + (result == XFW_GET_OK ? 1 : 0)) {
		fail("cursor went %" PRIu64 " with %" PRIu64 " lost", r->cursor - before,
		     r->lost - lost);
	}
	if (result == XFW_GET_OK) {
		check_record(rec, len, r->round->producers);
		if (rec[1] < r->next_number[rec[0]]) {
			fail("producer %" PRIu64 ": number %" PRIu64 " after %" PRIu64, rec[0],
			     rec[1], r->next_number[rec[0]] - 1);
		}
		r->next_number[rec[0]] = rec[1] + 1;
		r->got++;
	} else if (result == XFW_GET_IN_FLIGHT) {
		r->in_flight++;
	}
	return (result);
}

static void *
consume(void *arg) {
	struct reader *r = arg;

	random_state = mix(seed ^ (1000 + r->id));
	while (!atomic_load(&r->round->stop_readers)) {
		if (read_one(r) != XFW_GET_OK) {
			(void)sched_yield();
		} else if (r->id % 2 == 1 && random_word() % 64 == 0) {
			pause_ns(random_word() % 200000); /* the odd readers are slow */
		}
	}
	/* All producers have returned: what is left must come to an end. */
	while (read_one(r) == XFW_GET_OK) {
		continue;
	}
	return (NULL);
}

static void
check_quiet(const struct round *round, const struct producer *p, const struct reader *r) {
	uint64_t head = xfw_ring_head(round->ring), recorded = 0, dropped = 0;
	xfw_ring_counters_t c;

	for (unsigned int i = 0; i < round->producers; i++) {
		recorded += p[i].recorded;
		dropped += p[i].dropped;
	}
	xfw_ring_counters(round->ring, &c);
	if (recorded + dropped != head || c.tickets != head || c.recorded != recorded ||
	    c.dropped_busy + c.dropped_lapped != dropped)
	{
		fail("counters: %" PRIu64 " tickets, %" PRIu64 " recorded, %" PRIu64
		     " busy, %" PRIu64 " lapped; puts said %" PRIu64 " and %" PRIu64,
		     c.tickets, c.recorded, c.dropped_busy, c.dropped_lapped, recorded, dropped);
	}
	for (unsigned int i = 0; i < round->readers; i++) {
		struct reader end = r[i];

		if (read_one(&end) != XFW_GET_EMPTY) {
			fail("reader %u is stuck at %" PRIu64 " of %" PRIu64, i, end.cursor, head);
		}
		if (r[i].got + r[i].lost != head || r[i].got > recorded) {
			fail("reader %u: got %" PRIu64 " + lost %" PRIu64 " != head %" PRIu64, i,
			     r[i].got, r[i].lost, head);
		}
	}
}

static void
start(pthread_t *thread, void *(*run)(void *), void *arg) {
	int error = pthread_create(thread, NULL, run, arg);

	if (error != 0) {
		fail("pthread_create: %s", strerror(error));
	}
}

/* One round; what it saw is added to 'sum'. */
static void
run_round(size_t slots, unsigned int producers, unsigned int readers, uint64_t ns,
	  xfw_ring_counters_t *sum) {
	struct round round = { .producers = producers, .readers = readers };
	struct producer p[PRODUCERS_MAX];
	struct reader r[READERS_MAX];
	xfw_ring_counters_t c;

	memset(p, 0, sizeof(p));
	memset(r, 0, sizeof(r));
	round.ring = xfw_ring_create(slots);
	if (round.ring == NULL) {
		fail("no memory for %zu slots", slots);
	}
	for (unsigned int i = 0; i < readers; i++) {
		r[i].round = &round;
		r[i].id = i;
		start(&r[i].thread, consume, &r[i]);
	}
	for (unsigned int i = 0; i < producers; i++) {
		p[i].round = &round;
		p[i].id = i;
		start(&p[i].thread, produce, &p[i]);
	}
	pause_ns(ns);
	atomic_store(&round.stop_producers, true);
	for (unsigned int i = 0; i < producers; i++) {
		(void)pthread_join(p[i].thread, NULL);
	}
	atomic_store(&round.stop_readers, true);
	for (unsigned int i = 0; i < readers; i++) {
		(void)pthread_join(r[i].thread, NULL);
	}
	check_quiet(&round, p, r);

	xfw_ring_counters(round.ring, &c);
	printf("%5zu slots %u producers %u readers: %9" PRIu64 " tickets %8" PRIu64
	       " busy %6" PRIu64 " lapped; reader 0 got %9" PRIu64 " lost %9" PRIu64 "\n",
	       slots, producers, readers, c.tickets, c.dropped_busy, c.dropped_lapped, r[0].got,
	       r[0].lost);
	fflush(stdout);
	sum->tickets += c.tickets;
	sum->dropped_busy += c.dropped_busy;
	sum->dropped_lapped += c.dropped_lapped;
	xfw_ring_destroy(round.ring);
}

/* --- killed processes --------------------------------------------------------------------------- */

#define CRASH_PRODUCERS 4
#define CRASH_SLOTS	64

/* In the child: put until killed. */
static _Noreturn void
produce_until_killed(xfw_ring_t *ring) {
	struct round round = { .ring = ring, .producers = CRASH_PRODUCERS };
	struct producer p[CRASH_PRODUCERS];

	memset(p, 0, sizeof(p));
	for (unsigned int i = 0; i < CRASH_PRODUCERS; i++) {
		p[i].round = &round;
		p[i].id = i;
		start(&p[i].thread, produce, &p[i]);
	}
	for (;;) {
		(void)pause();
	}
}

/* Read what the dead process has left, through a mapping that cannot be written. */
static uint64_t
read_image(const xfw_ring_t *image, uint64_t *in_flight) {
	struct round round = { .ring = (xfw_ring_t *)(uintptr_t)image,
			       .producers = CRASH_PRODUCERS };
	struct reader r = { .round = &round };
	xfw_get_t result;

	while ((result = read_one(&r)) != XFW_GET_EMPTY) {
		if (result == XFW_GET_IN_FLIGHT) {
			r.cursor++; /* was being written at the crash */
		}
	}
	if (r.got + r.lost + r.in_flight != xfw_ring_head(image)) {
		fail("crash image: got %" PRIu64 " + lost %" PRIu64 " + in flight %" PRIu64
		     " != head %" PRIu64,
		     r.got, r.lost, r.in_flight, xfw_ring_head(image));
	}
	*in_flight += r.in_flight;
	return (r.got);
}

static void
run_crash(void *mem, const void *view, size_t bytes, uint64_t *got, uint64_t *in_flight) {
	xfw_ring_t *ring = xfw_ring_init(mem, CRASH_SLOTS);
	uint64_t give_up = now_ns() + UINT64_C(20000000000);
	const xfw_ring_t *image;
	int status = 0;
	pid_t pid;

	if (ring == NULL) {
		fail("xfw_ring_init");
	}
	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		fail("fork: %s", strerror(errno));
	}
	if (pid == 0) {
		produce_until_killed(ring);
	}
	while (xfw_ring_head(ring) < 10 * CRASH_SLOTS) {
		if (now_ns() > give_up) {
			(void)kill(pid, SIGKILL);
			fail("the child does not put");
		}
		(void)sched_yield();
	}
	pause_ns(random_word() % 1000000); /* anywhere in a put */
	(void)kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status)) {
		fail("the child ended by itself, status %#x", (unsigned int)status);
	}
	image = xfw_ring_attach(view, bytes);
	if (image == NULL) {
		fail("crash image not accepted");
	}
	*got += read_image(image, in_flight);
}

static void
run_crashes(uint64_t ns) {
	uint64_t end = now_ns() + ns, got = 0, in_flight = 0;
	size_t bytes = xfw_ring_bytes(CRASH_SLOTS);
	FILE *file = tmpfile();
	unsigned int crashes = 0;
	void *mem, *view;

	if (file == NULL || posix_fallocate(fileno(file), 0, (off_t)bytes) != 0) {
		fail("no temporary file");
	}
	mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
	view = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fileno(file), 0);
	if (mem == MAP_FAILED || view == MAP_FAILED) {
		fail("mmap: %s", strerror(errno));
	}
	do {
		run_crash(mem, view, bytes, &got, &in_flight);
		crashes++;
	} while (now_ns() < end);
	(void)munmap(mem, bytes);
	(void)munmap(view, bytes);
	(void)fclose(file);
	printf("%u processes killed: %" PRIu64 " records read, %" PRIu64 " in flight, 0 torn\n",
	       crashes, got, in_flight);
}

/* --- main ------------------------------------------------------------------------------------- */

static uint64_t
number_from_env(const char *name, uint64_t value, uint64_t max) {
	const char *text = getenv(name);
	char *end = NULL;

	if (text != NULL && *text != '\0') {
		errno = 0;
		value = strtoull(text, &end, 10);
		if (errno != 0 || *end != '\0' || value > max) {
			fprintf(stderr, "%s=%s: expected a number up to %" PRIu64 "\n", name, text,
				max);
			exit(2);
		}
	}
	return (value);
}

int
main(void) {
	static const size_t sizes[] = { 1, 2, 4, 8, 64, 1024 };
	static const struct {
		unsigned int producers, readers;
	} teams[] = { { 1, 1 }, { 2, 2 }, { 4, 2 }, { 8, 4 } };
	const size_t n_sizes = sizeof(sizes) / sizeof(sizes[0]);
	const size_t n_teams = sizeof(teams) / sizeof(teams[0]);
	uint64_t seconds = number_from_env("XFW_STRESS_SECONDS", SECONDS_DEFAULT, SECONDS_MAX);
	uint64_t share = seconds * 1000000000U / (n_sizes * n_teams + 4);
	xfw_ring_counters_t sum = { 0 };

	seed = number_from_env("XFW_STRESS_SEED", now_ns() % 1000000007, UINT64_MAX);
	random_state = mix(seed);
	printf("XFW_STRESS_SECONDS=%" PRIu64 " XFW_STRESS_SEED=%" PRIu64 "\n", seconds, seed);

	for (size_t t = 0; t < n_teams; t++) {
		for (size_t s = 0; s < n_sizes; s++) {
			run_round(sizes[s], teams[t].producers, teams[t].readers, share, &sum);
		}
	}
	run_crashes(4 * share);

	/* A stress that never met the races has shown nothing. */
	if (sum.dropped_busy == 0 || sum.dropped_lapped == 0) {
		fail("too short: %" PRIu64 " busy, %" PRIu64 " lapped", sum.dropped_busy,
		     sum.dropped_lapped);
	}
	printf("PASS: %" PRIu64 " tickets, %" PRIu64 " busy, %" PRIu64 " lapped\n", sum.tickets,
	       sum.dropped_busy, sum.dropped_lapped);
	return (0);
}
