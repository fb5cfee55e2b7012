/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The event ring beside ck_ring (Concurrency Kit) and liburcu's wait-free and lock-free
 * queues: what a put costs the thread that does it, and how many records go through.
 *
 *	bench_ring ROUNDS
 *
 * In a lap each queue takes LAP records of RECORD bytes from 1, 2 or 4 threads, while one
 * more thread takes them out (or, with 0, this thread puts them in and then takes them
 * out). None is full or overwrites within a lap, and the next one begins when all have
 * come out. A record is copied in and copied out in each: into the slot of a ring, or
 * into a node of a queue, of which each thread has a pool (the queues own no memory; to
 * get and to give back nodes is not measured). Prints, with tabs between,
 *
 *	record BYTES LAP
 *	queue  QUEUE THREADS ROUND PUT-NS GET-NS RECORDS-A-SECOND
 *
 * where PUT-NS is the processor's time of the putting threads, GET-NS that of the other
 * (in which it also waits), and under callgrind leaves dumps "QUEUE/put" and "QUEUE/get"
 * of LAP records with no other thread.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <urcu-bp.h>
#include <urcu/rculfqueue.h>
#include <urcu/wfcqueue.h>
#ifdef HAVE_CK_RING_H
#include <ck_ring.h>
#endif

#include <xfrwatch/ring.h>

#include "bench_kit.h"

#define RECORD	    136 /* bytes; a typical event (event.py says what it found), in words of 8 */
#define SLOTS	    8192
#define LAP	    8000 /* records; below SLOTS, and a multiple of 4 */
#define LAPS	    16	 /* in a round, at most */
#define ROUND_MS    300	 /* and no more laps after that */
#define MEASURE_S   25	 /* nor more rounds with as many threads, if there are ENOUGH */
#define ENOUGH	    15
#define THREADS_MAX 4
#define PAUSE	    64 /* turns of doing nothing before who waits looks again */
#define PAUSES	    16 /* of them before it lets others run */

typedef struct record {
	uint64_t word[RECORD / 8];
} record_t;

typedef struct queue {
	const char *name;
	void (*init)(void);
	void (*put)(unsigned thread, const record_t *record);
	bool (*get)(record_t *record);
} queue_t;

static void
need(bool good, const char *what) {
	if (!good) {
		fprintf(stderr, "bench_ring: %s\n", what);
		exit(EXIT_FAILURE);
	}
}

static void *
memory(size_t bytes) {
	void *mem = aligned_alloc(128, (bytes + 127) / 128 * 128);

	need(mem != NULL, "out of memory");
	memset(mem, 0, bytes); /* no page is new within a measurement */
	return (mem);
}

/*--- ours -----------------------------------------------------------------------*/

static xfw_ring_t *ours;
static uint64_t cursor, lost;

static void
ours_init(void) {
	ours = xfw_ring_create(SLOTS);
	need(ours != NULL, "out of memory");
}

static void
ours_put(unsigned thread, const record_t *record) {
	(void)thread;
	(void)xfw_ring_put(ours, record, sizeof(*record), NULL);
}

static bool
ours_get(record_t *record) {
	size_t len;

	return (xfw_ring_get(ours, &cursor, record, sizeof(*record), &len, &lost) ==
		XFW_GET_OK);
}

/*
 * What is left of it without its promises: a ticket, a claim, a plain copy, a publication, in
 * slots of the same size, whose memory is asked for as early as in ours. And with the ticket
 * alone, which is wrong as soon as a producer is a lap late: what the claim costs.
 */
#define AHEAD 8 /* slots, as in ring.c */

typedef struct bare {
	_Alignas(XFW_RING_SLOT_BYTES) _Atomic uint64_t state;
	record_t record;
} bare_t;

static bare_t *bare, *ticket;
static _Alignas(128) _Atomic uint64_t bare_head, ticket_head;
static uint64_t bare_cursor, ticket_cursor;

static void
bare_init(void) {
	bare = memory(SLOTS * sizeof(*bare));
	ticket = memory(SLOTS * sizeof(*ticket));
}

static void
publish(bare_t *slots, uint64_t n, const record_t *record) {
	bare_t *slot = &slots[n & (SLOTS - 1)];
	const char *soon = (const char *)&slots[(n + AHEAD) & (SLOTS - 1)];

	slot->record = *record;
	atomic_store_explicit(&slot->state, 2 * n + 2, memory_order_release);
	for (size_t at = 0; at < sizeof(slot->state) + sizeof(*record); at += 64) {
		__builtin_prefetch(soon + at, 1);
	}
}

static void
bare_put(unsigned thread, const record_t *record) {
	uint64_t n = atomic_fetch_add_explicit(&bare_head, 1, memory_order_relaxed);
	bare_t *slot = &bare[n & (SLOTS - 1)];
	uint64_t seen = atomic_load_explicit(&slot->state, memory_order_relaxed);

	(void)thread;
	need(atomic_compare_exchange_strong_explicit(&slot->state, &seen, 2 * n + 1,
						     memory_order_acquire,
						     memory_order_relaxed),
	     "a bare slot was claimed twice");
	publish(bare, n, record);
}

static void
ticket_put(unsigned thread, const record_t *record) {
	uint64_t n = atomic_fetch_add_explicit(&ticket_head, 1, memory_order_relaxed);

	(void)thread;
	publish(ticket, n, record);
}

static bool
bare_take(const bare_t *slots, uint64_t *at, record_t *record) {
	const bare_t *slot = &slots[*at & (SLOTS - 1)];

	if (atomic_load_explicit(&slot->state, memory_order_acquire) != 2 * *at + 2) {
		return (false);
	}
	*record = slot->record;
	(*at)++;
	return (true);
}

static bool
bare_get(record_t *record) {
	return (bare_take(bare, &bare_cursor, record));
}

static bool
ticket_get(record_t *record) {
	return (bare_take(ticket, &ticket_cursor, record));
}

static void
ticket_init(void) {
}

/*--- ck_ring, many producers and one consumer ---------------------------------------*/

#ifdef HAVE_CK_RING_H
CK_RING_PROTOTYPE(record, record)

static struct ck_ring ck;
static struct record *ck_buffer;

static void
ck_init(void) {
	ck_ring_init(&ck, SLOTS);
	ck_buffer = memory(SLOTS * sizeof(*ck_buffer));
}

static void
ck_put(unsigned thread, const record_t *record) {
	(void)thread;
	need(ck_ring_enqueue_mpsc_record(&ck, ck_buffer, (record_t *)record),
	     "ck_ring is full");
}

static bool
ck_get(record_t *record) {
	return (ck_ring_dequeue_mpsc_record(&ck, ck_buffer, record));
}
#endif

/*--- liburcu's queues: nodes from pools ------------------------------------------------*/

typedef struct wf_node {
	struct cds_wfcq_node node;
	record_t record;
} wf_node_t;

typedef struct lf_node {
	struct cds_lfq_node_rcu node;
	record_t record;
} lf_node_t;

/* Each on cache lines of its own. */
typedef struct pool {
	_Alignas(128) void *nodes;
	size_t next;
} pool_t;

static pool_t wf_pool[THREADS_MAX], lf_pool[THREADS_MAX];
static _Alignas(128) struct cds_wfcq_head wf_head;
static _Alignas(128) struct cds_wfcq_tail wf_tail;
static _Alignas(128) struct cds_lfq_queue_rcu lf;

static void
wf_init(void) {
	cds_wfcq_init(&wf_head, &wf_tail);
	for (size_t i = 0; i < THREADS_MAX; i++) {
		wf_pool[i].nodes = memory(SLOTS * sizeof(wf_node_t));
	}
}

static void
wf_put(unsigned thread, const record_t *record) {
	pool_t *pool = &wf_pool[thread];
	wf_node_t *node = (wf_node_t *)pool->nodes + (pool->next++ & (SLOTS - 1));

	node->record = *record;
	cds_wfcq_node_init(&node->node);
	(void)cds_wfcq_enqueue(&wf_head, &wf_tail, &node->node);
}

static bool
wf_get(record_t *record) {
	struct cds_wfcq_node *node = __cds_wfcq_dequeue_nonblocking(&wf_head, &wf_tail);

	if (node == NULL || node == CDS_WFCQ_WOULDBLOCK) {
		return (false);
	}
	*record = caa_container_of(node, wf_node_t, node)->record;
	return (true);
}

static void
lf_init(void) {
	cds_lfq_init_rcu(&lf, call_rcu);
	for (size_t i = 0; i < THREADS_MAX; i++) {
		lf_pool[i].nodes = memory(SLOTS * sizeof(lf_node_t));
	}
}

static void
lf_put(unsigned thread, const record_t *record) {
	pool_t *pool = &lf_pool[thread];
	lf_node_t *node = (lf_node_t *)pool->nodes + (pool->next++ & (SLOTS - 1));

	node->record = *record;
	cds_lfq_node_init_rcu(&node->node);
	rcu_read_lock();
	cds_lfq_enqueue_rcu(&lf, &node->node);
	rcu_read_unlock();
}

static bool
lf_get(record_t *record) {
	struct cds_lfq_node_rcu *node;

	rcu_read_lock();
	node = cds_lfq_dequeue_rcu(&lf);
	rcu_read_unlock();
	if (node == NULL) {
		return (false);
	}
	*record = caa_container_of(node, lf_node_t, node)->record;
	return (true);
}

/*--- laps ------------------------------------------------------------------------------*/

static const queue_t queues[] = {
	{ "xfrwatch", ours_init, ours_put, ours_get },
#ifdef HAVE_CK_RING_H
	{ "ck_ring", ck_init, ck_put, ck_get },
#endif
	{ "wfcqueue", wf_init, wf_put, wf_get },
	{ "lfqueue", lf_init, lf_put, lf_get },
	{ "bare ring", bare_init, bare_put, bare_get },
	{ "ticket alone", ticket_init, ticket_put, ticket_get },
};
#define QUEUES (sizeof(queues) / sizeof(queues[0]))

/* What one round of one queue found. */
typedef struct result {
	uint64_t put_ns;
	uint64_t get_ns;
	uint64_t wall_ns;
} result_t;

/* The laps of all rounds are numbered; a thread puts its share when the number grows. */
static _Alignas(128) struct {
	const queue_t *queue;
	unsigned threads;
	atomic_ulong lap;
	bool end;
} work;

typedef struct producer {
	_Alignas(128) pthread_t thread;
	unsigned number;
	uint64_t put_ns;
	atomic_ulong done; /* laps */
} producer_t;

static producer_t producers[THREADS_MAX];

static __attribute__((noinline)) void
put_lap(const queue_t *queue, unsigned thread, unsigned count) {
	record_t record;

	memset(&record, (int)thread + 1, sizeof(record));
	for (uint64_t n = 0; n < count; n++) {
		record.word[0] = n;
		record.word[RECORD / 8 - 1] = n;
		queue->put(thread, &record);
	}
}

/*
 * Who finds nothing looks again a little later, not at once: whoever reads a queue in
 * earnest sleeps then, and each look takes the queue's memory away from the others.
 */
static void
pause_before_look(unsigned *pauses) {
	for (unsigned n = 0; n < PAUSE; n++) {
		caa_cpu_relax();
	}
	if (++*pauses == PAUSES) {
		(void)sched_yield();
		*pauses = 0;
	}
}

static __attribute__((noinline)) void
get_lap(const queue_t *queue, unsigned count) {
	unsigned pauses = 0;
	record_t record;

	while (count > 0) {
		if (queue->get(&record)) {
			need(record.word[0] == record.word[RECORD / 8 - 1], "torn");
			count--;
		} else {
			pause_before_look(&pauses);
		}
	}
}

static unsigned long
await(atomic_ulong *what, unsigned long seen) {
	unsigned pauses = 0;
	unsigned long now;

	while ((now = atomic_load_explicit(what, memory_order_acquire)) == seen) {
		pause_before_look(&pauses);
	}
	return (now);
}

static void *
produce(void *arg) {
	producer_t *self = arg;
	unsigned long lap = 0;

	(void)urcu_bp_read_ongoing(); /* this thread's record, before all measuring */
	for (;;) {
		uint64_t start;

		lap = await(&work.lap, lap);
		if (work.end) {
			return (NULL);
		}
		start = kit_cpu_ns();
		put_lap(work.queue, self->number, LAP / work.threads);
		self->put_ns += kit_cpu_ns() - start;
		atomic_store_explicit(&self->done, lap, memory_order_release);
	}
}

static void
start_lap(void) {
	atomic_fetch_add_explicit(&work.lap, 1, memory_order_release);
}

static void
lap_with(result_t *result) {
	uint64_t wall = kit_clock_ns(CLOCK_MONOTONIC), cpu = kit_cpu_ns();

	start_lap();
	get_lap(work.queue, LAP);
	result->get_ns += kit_cpu_ns() - cpu;
	result->wall_ns += kit_clock_ns(CLOCK_MONOTONIC) - wall;
	for (unsigned t = 0; t < work.threads; t++) {
		unsigned long done = atomic_load(&producers[t].done);

		if (done != atomic_load(&work.lap)) {
			(void)await(&producers[t].done, done);
		}
	}
}

static void
lap_alone(const queue_t *queue, result_t *result) {
	uint64_t start = kit_cpu_ns(), put;

	put_lap(queue, 0, LAP);
	put = kit_cpu_ns();
	get_lap(queue, LAP);
	result->get_ns += kit_cpu_ns() - put;
	result->put_ns += put - start;
	result->wall_ns += kit_cpu_ns() - start;
}

static void
round_of(const queue_t *queue, unsigned threads, unsigned number) {
	result_t result = { 0 };
	double records = 0;

	work.queue = queue;
	for (unsigned lap = 0; lap < LAPS && result.wall_ns < ROUND_MS * 1000000U; lap++) {
		if (threads == 0) {
			lap_alone(queue, &result);
		} else {
			lap_with(&result);
		}
		records += LAP;
	}
	for (unsigned t = 0; t < threads; t++) {
		result.put_ns += producers[t].put_ns;
		producers[t].put_ns = 0;
	}
	printf("queue\t%s\t%u\t%u\t%.2f\t%.2f\t%.0f\n", queue->name, threads, number,
	       (double)result.put_ns / records, (double)result.get_ns / records,
	       records / (double)result.wall_ns * 1e9);
}

/* Round by round, all queues in turn; each goes first in one of them. */
static void
measure(unsigned threads, unsigned rounds) {
	uint64_t begin = kit_clock_ns(CLOCK_MONOTONIC);

	work.threads = threads;
	work.end = false;
	for (unsigned t = 0; t < threads; t++) {
		atomic_store(&work.lap, 0);
		producers[t].number = t;
		atomic_store(&producers[t].done, 0);
		need(pthread_create(&producers[t].thread, NULL, produce,
				    &producers[t]) == 0,
		     "no thread");
	}
	for (unsigned r = 0; r < rounds; r++) {
		for (unsigned n = 0; n < QUEUES; n++) {
			round_of(&queues[(n + r) % QUEUES], threads, r);
		}
		if (r + 1 >= ENOUGH &&
		    kit_clock_ns(CLOCK_MONOTONIC) - begin > MEASURE_S * UINT64_C(1000000000))
		{
			break;
		}
	}
	work.end = true;
	start_lap();
	for (unsigned t = 0; t < threads; t++) {
		(void)pthread_join(producers[t].thread, NULL);
	}
}

static void
instructions(const queue_t *queue) {
	char name[32];

	(void)snprintf(name, sizeof(name), "%s/put", queue->name);
	KIT_COUNT_BEGIN();
	put_lap(queue, 0, LAP);
	KIT_COUNT_END(name);
	(void)snprintf(name, sizeof(name), "%s/get", queue->name);
	KIT_COUNT_BEGIN();
	get_lap(queue, LAP);
	KIT_COUNT_END(name);
}

int
main(int argc, char **argv) {
	unsigned rounds;

	if (argc != 2) {
		fprintf(stderr, "usage: bench_ring ROUNDS\n");
		return (EXIT_FAILURE);
	}
	rounds = kit_number(argv[1], 0, 10000);
	printf("record\t%d\t%d\n", RECORD, LAP);
	for (size_t i = 0; i < QUEUES; i++) {
		queues[i].init();
		put_lap(&queues[i], 0, LAP);
		get_lap(&queues[i], LAP);
		instructions(&queues[i]);
	}
	for (unsigned threads = 0; threads <= THREADS_MAX;
	     threads = threads == 0 ? 1 : threads * 2)
	{
		measure(threads, rounds);
	}
	need(lost == 0, "a record was lost");
	return (EXIT_SUCCESS);
}
