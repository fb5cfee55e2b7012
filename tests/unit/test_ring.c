/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Directed tests of the event ring: every race that the ring must survive is played out in one
 * thread, by the fault hook, which stops a put or a get at a named step and does what another
 * thread would have done there.  Deterministic, no sleeps.  tests/stress has real threads,
 * tests/model the memory orders.
 */

/* Where to stop; the names after STALL_ are those in ring.c. */
enum stall_point {
	STALL_PUT_TICKET,
	STALL_PUT_CLAIM,
	STALL_PUT_CLAIMED,
	STALL_PUT_COPY,
	STALL_PUT_PUBLISH,
	STALL_GET_TICKET,
	STALL_GET_STATE,
	STALL_GET_COPY,
	STALL_GET_RECHECK
};

static void
stall_at(enum stall_point point);

#define RING_STALL(point) stall_at(STALL_##point)

/* The mutation script builds this program with broken copies of the ring. */
#ifndef XFW_RING_SOURCE
#define XFW_RING_SOURCE "../../plugin/core/ring.c"
#endif
#include XFW_RING_SOURCE

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#define N     4U	  /* slots of most rings here */
#define WORDS 8		  /* of a test record */
#define LEN   (WORDS * 8) /* bytes of a test record */

static xfw_ring_t *ring;

/*
 * The fault hook: the next time that 'stall.at' is reached, 'stall.act' runs once there.  It may
 * arm the hook again, for a stall within the stall.
 */
static struct {
	enum stall_point at;
	void (*act)(void);
	unsigned int ran;
} stall;

static void
stall_at(enum stall_point point) {
	void (*act)(void) = stall.act;

	if (act != NULL && stall.at == point) {
		stall.act = NULL;
		stall.ran++;
		act();
	}
}

static void
arm(enum stall_point at, void (*act)(void)) {
	stall.at = at;
	stall.act = act;
}

static void
setup(void) {
	memset(&stall, 0, sizeof(stall));
	ring = xfw_ring_create(N);
	ck_assert_ptr_nonnull(ring);
}

static void
teardown(void) {
	xfw_ring_destroy(ring);
	ring = NULL;
}

/* A record whose every word tells its value. */
static xfw_put_t
put(uint64_t value) {
	uint64_t rec[WORDS];

	for (unsigned int i = 0; i < WORDS; i++) {
		rec[i] = value * 1000 + i;
	}
	return (xfw_ring_put(ring, rec, sizeof(rec), NULL));
}

/* Put the tickets from head on, each with its ticket for a value; each must be recorded. */
static void
put_many(unsigned int count) {
	for (unsigned int i = 0; i < count; i++) {
		ck_assert_int_eq(put(xfw_ring_head(ring)), XFW_PUT_OK);
	}
}

/* A reader and what it has seen. */
struct reader {
	uint64_t cursor, lost, got;
};

/* One get; if it delivers, the record must be whole and the one of its ticket. */
static xfw_get_t
get(struct reader *r) {
	uint64_t rec[XFW_RING_RECORD_MAX / 8];
	size_t len = 12345;
	xfw_get_t result = xfw_ring_get(ring, &r->cursor, rec, sizeof(rec), &len, &r->lost);

	if (result != XFW_GET_OK) {
		ck_assert_uint_eq(len, 0);
		return (result);
	}
	r->got++;
	ck_assert_uint_eq(len, LEN);
	for (unsigned int i = 0; i < WORDS; i++) {
		ck_assert_uint_eq(rec[i], (r->cursor - 1) * 1000 + i);
	}
	return (result);
}

/* Read until there is no more; tell how it ended. */
static xfw_get_t
drain(struct reader *r) {
	xfw_get_t result;
	unsigned int steps = 0;

	while ((result = get(r)) == XFW_GET_OK) {
		ck_assert_uint_lt(steps++, 10000);
	}
	return (result);
}

/* A reader from the beginning gets 'got' records, misses 'lost', and nothing is in flight. */
static void
expect_history(uint64_t got, uint64_t lost) {
	struct reader r = { 0 };

	ck_assert_int_eq(drain(&r), XFW_GET_EMPTY);
	ck_assert_uint_eq(r.got, got);
	ck_assert_uint_eq(r.lost, lost);
	ck_assert_uint_eq(r.got + r.lost, xfw_ring_head(ring));
}

static void
expect_drops(uint64_t busy, uint64_t lapped) {
	xfw_ring_counters_t c;

	xfw_ring_counters(ring, &c);
	ck_assert_uint_eq(c.tickets, xfw_ring_head(ring));
	ck_assert_uint_eq(c.dropped_busy, busy);
	ck_assert_uint_eq(c.dropped_lapped, lapped);
	ck_assert_uint_eq(c.recorded, c.tickets - busy - lapped);
}

/* --- making a ring ------------------------------------------------------------------------ */

START_TEST(sizes_are_powers_of_two) {
	static const size_t bad[] = { 0, 3, 65, 8191, XFW_RING_SIZE_MAX + 1,
				      (size_t)XFW_RING_SIZE_MAX * 2, SIZE_MAX };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_uint_eq(xfw_ring_bytes(bad[i]), 0);
		ck_assert_ptr_null(xfw_ring_create(bad[i]));
	}
	for (size_t n = 1; n <= XFW_RING_SIZE_MAX; n *= 2) {
		ck_assert_uint_ge(xfw_ring_bytes(n), n * XFW_RING_SLOT_BYTES);
	}
	ck_assert_uint_eq(xfw_ring_slots(ring), N);
	xfw_ring_destroy(NULL);
}
END_TEST

START_TEST(init_wants_alignment) {
	size_t bytes = xfw_ring_bytes(N);
	unsigned char *mem = aligned_alloc(XFW_RING_ALIGN, bytes + XFW_RING_ALIGN);

	ck_assert_ptr_nonnull(mem);
	ck_assert_ptr_null(xfw_ring_init(NULL, N));
	ck_assert_ptr_null(xfw_ring_init(mem + 64, N));
	ck_assert_ptr_null(xfw_ring_init(mem, 3));
	ck_assert_ptr_eq(xfw_ring_init(mem, N), mem);
	free(mem);
}
END_TEST

static void
expect_in_flight_at_0(void) {
	struct reader r = { 0 };

	ck_assert_int_eq(get(&r), XFW_GET_IN_FLIGHT);
	ck_assert_uint_eq(r.cursor, 0);
	ck_assert_uint_eq(r.lost, 0);
}

START_TEST(init_forgets_the_earlier_life) {
	size_t bytes = xfw_ring_bytes(N);
	xfw_ring_t *mine = ring;
	void *mem = aligned_alloc(XFW_RING_ALIGN, bytes);
	uint64_t epoch;

	/* Rubbish in every byte, as of a dead process. */
	ck_assert_ptr_nonnull(mem);
	memset(mem, 0xff, bytes);
	ring = xfw_ring_init(mem, N);
	ck_assert_ptr_nonnull(ring);
	epoch = xfw_ring_epoch(ring);
	ck_assert_uint_gt(epoch, UINT64_C(1600000000000000000));
	expect_history(0, 0);
	expect_drops(0, 0);
	put_many(2 * N);
	expect_history(N, N);

	/* In the next life, ticket 0 in flight must not be answered with the old record. */
	ring = xfw_ring_init(mem, N);
	ck_assert_uint_gt(xfw_ring_epoch(ring), epoch);
	expect_history(0, 0);
	arm(STALL_PUT_TICKET, expect_in_flight_at_0);
	put_many(1);
	ck_assert_uint_eq(stall.ran, 1);
	expect_history(1, 0);

	free(mem);
	ring = mine;
}
END_TEST

START_TEST(attach_takes_only_a_complete_ring) {
	size_t bytes = xfw_ring_bytes(N);

	ck_assert_ptr_eq(xfw_ring_attach(ring, bytes), ring);
	ck_assert_ptr_null(xfw_ring_attach(NULL, bytes));
	ck_assert_ptr_null(xfw_ring_attach(ring, bytes - 1));
	ck_assert_ptr_null(xfw_ring_attach(ring, 8));
	ck_assert_ptr_null(xfw_ring_attach((const char *)ring + 8, bytes));
	ring->version++;
	ck_assert_ptr_null(xfw_ring_attach(ring, bytes));
	ring->version--;
	ring->byte_order = 0x04030201;
	ck_assert_ptr_null(xfw_ring_attach(ring, bytes));
	ring->byte_order = RING_BYTE_ORDER;
	ring->slots = 3;
	ck_assert_ptr_null(xfw_ring_attach(ring, bytes));
	ring->slots = N;
	ck_assert_ptr_nonnull(xfw_ring_attach(ring, bytes));
	STORE(&ring->magic, 0, relaxed);
	ck_assert_ptr_null(xfw_ring_attach(ring, bytes));
}
END_TEST

/* --- one producer, one reader --------------------------------------------------------------- */

START_TEST(an_empty_ring_is_empty) {
	struct reader r = { 0 };

	ck_assert_int_eq(get(&r), XFW_GET_EMPTY);
	ck_assert_uint_eq(r.cursor, 0);
	ck_assert_uint_eq(r.lost, 0);
	ck_assert_uint_eq(xfw_ring_head(ring), 0);

	/* A cursor from a life with more tickets does not run away. */
	r.cursor = 99;
	ck_assert_int_eq(get(&r), XFW_GET_EMPTY);
	ck_assert_uint_eq(r.cursor, 99);
}
END_TEST

START_TEST(records_come_in_order_of_their_tickets) {
	struct reader r = { 0 };

	for (uint64_t i = 0; i < 10 * N; i++) {
		uint64_t rec[WORDS], seq = 0;

		for (unsigned int w = 0; w < WORDS; w++) {
			rec[w] = i * 1000 + w;
		}
		ck_assert_int_eq(xfw_ring_put(ring, rec, LEN, &seq), XFW_PUT_OK);
		ck_assert_uint_eq(seq, i);
		ck_assert_int_eq(get(&r), XFW_GET_OK);
		ck_assert_uint_eq(r.cursor, i + 1);
		ck_assert_int_eq(get(&r), XFW_GET_EMPTY);
	}
	ck_assert_uint_eq(r.lost, 0);
}
END_TEST

START_TEST(a_full_lap_is_kept) {
	put_many(N);
	expect_history(N, 0);
	put_many(1);
	expect_history(N, 1);
}
END_TEST

START_TEST(the_window_jumps_and_counts) {
	struct reader r = { 0 };

	put_many(3 * N - 1);
	ck_assert_int_eq(get(&r), XFW_GET_OK);
	ck_assert_uint_eq(r.cursor, 2 * N); /* behind ticket 2N-1, the oldest */
	ck_assert_uint_eq(r.lost, 2 * N - 1);
	ck_assert_int_eq(drain(&r), XFW_GET_EMPTY);
	ck_assert_uint_eq(r.got, N);
	ck_assert_uint_eq(r.lost, 2 * N - 1);
}
END_TEST

START_TEST(readers_have_cursors_of_their_own) {
	struct reader fast = { 0 }, slow = { 0 }, late = { 0 };

	for (unsigned int lap = 0; lap < 5; lap++) {
		for (unsigned int i = 0; i < N; i++) {
			put_many(1);
			ck_assert_int_eq(get(&fast), XFW_GET_OK);
		}
		if (lap == 2) {
			late.cursor = xfw_ring_head(ring);
		}
		if (lap % 2 == 1) {
			ck_assert_int_eq(drain(&slow), XFW_GET_EMPTY);
		}
	}
	ck_assert_int_eq(drain(&slow), XFW_GET_EMPTY);
	ck_assert_int_eq(drain(&late), XFW_GET_EMPTY);
	ck_assert_uint_eq(fast.got, 5 * N);
	ck_assert_uint_eq(fast.lost, 0);
	ck_assert_uint_eq(slow.got, 3 * N); /* laps 1, 3 and 4 */
	ck_assert_uint_eq(slow.lost, 2 * N);
	ck_assert_uint_eq(late.got, N);
	ck_assert_uint_eq(late.lost, N);
}
END_TEST

/* --- length -------------------------------------------------------------------------------- */

START_TEST(every_length_comes_back_and_no_stale_byte) {
	unsigned char rec[XFW_RING_RECORD_MAX], out[XFW_RING_RECORD_MAX + 16];
	uint64_t cursor = 0, lost = 0, seq = 0;
	size_t got;

	for (size_t len = 0; len <= XFW_RING_RECORD_MAX; len++) {
		/* Fill the whole slot first, so that there is something stale in it. */
		memset(rec, 0xaa, sizeof(rec));
		for (unsigned int i = 0; i < N; i++) {
			ck_assert_int_eq(xfw_ring_put(ring, rec, sizeof(rec), NULL), XFW_PUT_OK);
		}
		for (size_t i = 0; i < len; i++) {
			rec[i] = (unsigned char)(i * 7 + len);
		}
		ck_assert_int_eq(xfw_ring_put(ring, len == 0 ? NULL : rec, len, &seq), XFW_PUT_OK);
		cursor = seq;
		memset(out, 0x55, sizeof(out));
		ck_assert_int_eq(xfw_ring_get(ring, &cursor, out, sizeof(out), &got, &lost),
				 XFW_GET_OK);
		ck_assert_uint_eq(got, len);
		ck_assert_mem_eq(out, rec, len);
		for (size_t i = len; i < sizeof(out); i++) {
			ck_assert_uint_eq(out[i], 0x55);
		}
		/* The last word in use is filled up with zeros. */
		for (size_t i = len; i % 8 != 0; i++) {
			const unsigned char *w = (const unsigned char *)ring->slot[seq % N].w;
			ck_assert_uint_eq(w[i], 0);
		}
	}
	ck_assert_uint_eq(lost, 0);
}
END_TEST

START_TEST(a_small_buffer_cuts_and_says_so) {
	unsigned char rec[100], out[100];

	for (size_t i = 0; i < sizeof(rec); i++) {
		rec[i] = (unsigned char)(i + 1);
	}
	ck_assert_int_eq(xfw_ring_put(ring, rec, sizeof(rec), NULL), XFW_PUT_OK);
	for (size_t size = 0; size < sizeof(rec); size++) {
		uint64_t cursor = 0, lost = 0;
		size_t len = 0;

		memset(out, 0, sizeof(out));
		ck_assert_int_eq(xfw_ring_get(ring, &cursor, out, size, &len, &lost), XFW_GET_OK);
		ck_assert_uint_eq(len, sizeof(rec));
		ck_assert_mem_eq(out, rec, size);
		ck_assert_uint_eq(out[size], 0);
	}
}
END_TEST

START_TEST(too_long_is_refused_and_counted) {
	static const unsigned char rec[XFW_RING_RECORD_MAX + 1];
	xfw_ring_counters_t c;
	uint64_t seq = 77;

	ck_assert_int_eq(xfw_ring_put(ring, rec, sizeof(rec), &seq), XFW_PUT_DROPPED);
	ck_assert_uint_eq(seq, 77);
	ck_assert_uint_eq(xfw_ring_head(ring), 0);
	xfw_ring_counters(ring, &c);
	ck_assert_uint_eq(c.refused, 1);
	ck_assert_uint_eq(c.recorded, 0);
	ck_assert_int_eq(xfw_ring_put(ring, rec, sizeof(rec) - 1, &seq), XFW_PUT_OK);
}
END_TEST

START_TEST(a_damaged_length_is_lost_not_read) {
	static const uint64_t bad[] = { XFW_RING_RECORD_MAX + 1, 1U << 30, UINT64_MAX };
	unsigned char out[16384];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t cursor = xfw_ring_head(ring), lost = 0;
		size_t len = 0;

		put_many(1);
		STORE(&ring->slot[cursor % N].len, bad[i], relaxed);
		memset(out, 0x55, sizeof(out));
		ck_assert_int_eq(xfw_ring_get(ring, &cursor, out, sizeof(out), &len, &lost),
				 XFW_GET_EMPTY);
		ck_assert_uint_eq(lost, 1);
		ck_assert_uint_eq(len, 0);
		for (size_t b = 0; b < sizeof(out); b++) {
			ck_assert_uint_eq(out[b], 0x55);
		}
	}
}
END_TEST

/* --- a stalled producer ---------------------------------------------------------------------- */

START_TEST(a_record_is_in_flight_until_published) {
	static const enum stall_point points[] = { STALL_PUT_TICKET, STALL_PUT_CLAIM,
						   STALL_PUT_CLAIMED, STALL_PUT_COPY,
						   STALL_PUT_PUBLISH };

	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		teardown();
		setup();
		arm(points[i], expect_in_flight_at_0);
		put_many(1);
		ck_assert_uint_eq(stall.ran, 1);
		expect_history(1, 0);
	}
}
END_TEST

static void
expect_in_flight_at_n(void) {
	struct reader r = { .cursor = N };

	ck_assert_int_eq(get(&r), XFW_GET_IN_FLIGHT);
	ck_assert_uint_eq(r.cursor, N);
	ck_assert_uint_eq(r.lost, 0);
}

START_TEST(in_flight_in_a_used_slot_is_not_the_old_record) {
	static const enum stall_point points[] = { STALL_PUT_TICKET, STALL_PUT_CLAIM,
						   STALL_PUT_CLAIMED, STALL_PUT_COPY,
						   STALL_PUT_PUBLISH };

	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		teardown();
		setup();
		put_many(N);
		arm(points[i], expect_in_flight_at_n);
		put_many(1);
		ck_assert_uint_eq(stall.ran, 1);
		expect_history(N, 1);
	}
}
END_TEST

static void
put_one_lap(void) {
	put_many(N);
}

/*
 * B: we slept between ticket and claim for a full turn, or between the look at the state and the
 * exchange; the later owner must not be harmed.
 */
START_TEST(lapped_before_the_claim) {
	static const enum stall_point points[] = { STALL_PUT_TICKET, STALL_PUT_CLAIM };

	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		teardown();
		setup();
		arm(points[i], put_one_lap);
		ck_assert_int_eq(put(0), XFW_PUT_DROPPED);
		ck_assert_uint_eq(stall.ran, 1);
		expect_drops(0, 1);
		expect_history(N, 1);
		put_many(N);
		expect_history(N, N + 1);
	}
}
END_TEST

/* A: N-1 puts go well, the one that comes upon our slot is dropped, the next lap goes well. */
static void
put_around_the_stalled_slot(void) {
	uint64_t seq = 0;

	put_many(N - 1);
	ck_assert_int_eq(xfw_ring_put(ring, "x", 1, &seq), XFW_PUT_DROPPED);
	ck_assert_uint_eq(seq, N);
}

START_TEST(stalled_in_the_copy_costs_one_record_a_lap) {
	static const enum stall_point points[] = { STALL_PUT_CLAIMED, STALL_PUT_COPY,
						   STALL_PUT_PUBLISH };

	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		teardown();
		setup();
		arm(points[i], put_around_the_stalled_slot);
		ck_assert_int_eq(put(0), XFW_PUT_OK); /* late, but there */
		ck_assert_uint_eq(stall.ran, 1);
		expect_drops(1, 0);
		expect_history(N, 1);
		put_many(N);
		expect_history(N, N + 1);
	}
}
END_TEST

/* The hole: nobody will ever write the dropped ticket; readers must pass it, not wait. */
static void
drop_and_read_past_the_hole(void) {
	struct reader r = { 0 };

	put_around_the_stalled_slot();
	ck_assert_int_eq(drain(&r), XFW_GET_EMPTY); /* not in flight */
	ck_assert_uint_eq(r.got, N - 1);
	ck_assert_uint_eq(r.lost, 2);

	/* Also in the middle of what is read. */
	put_many(1);
	ck_assert_int_eq(drain(&r), XFW_GET_EMPTY);
	ck_assert_uint_eq(r.got, N);
	ck_assert_uint_eq(r.lost, 2);
}

START_TEST(a_hole_is_lost_never_in_flight) {
	arm(STALL_PUT_COPY, drop_and_read_past_the_hole);
	ck_assert_int_eq(put(0), XFW_PUT_OK);
	ck_assert_uint_eq(stall.ran, 1);
	expect_history(N, 2);
}
END_TEST

/* The mark of a hole never goes down: ticket N drops after ticket 2N has. */
static void
drop_ticket_2n(void) {
	put_many(N - 1);
	ck_assert_int_eq(put(0), XFW_PUT_DROPPED);
}

static void
drop_ticket_n_late(void) {
	put_many(N - 1);
	arm(STALL_PUT_TICKET, drop_ticket_2n);
	ck_assert_int_eq(put(0), XFW_PUT_DROPPED);
	ck_assert_uint_eq(xfw_ring_head(ring), 2 * N + 1);
	expect_history(N - 1, N + 2);
}

START_TEST(holes_may_be_marked_out_of_order) {
	arm(STALL_PUT_COPY, drop_ticket_n_late);
	ck_assert_int_eq(put(0), XFW_PUT_OK);
	ck_assert_uint_eq(stall.ran, 2);
	expect_drops(2, 0);
	expect_history(N, N + 1);
}
END_TEST

/* --- a stalled reader ------------------------------------------------------------------------ */

/* Whenever the record is overwritten under the reader: counted as lost, the next one delivered. */
START_TEST(overwritten_under_the_reader) {
	static const enum stall_point points[] = { STALL_GET_TICKET, STALL_GET_STATE,
						   STALL_GET_COPY, STALL_GET_RECHECK };

	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		struct reader r = { 0 };

		teardown();
		setup();
		put_many(2);
		arm(points[i], put_one_lap);
		ck_assert_int_eq(get(&r), XFW_GET_OK);
		ck_assert_uint_eq(stall.ran, 1);
		ck_assert_uint_eq(r.lost, 2); /* 0 and 1 were overwritten */
		ck_assert_uint_eq(r.cursor, 3);
		ck_assert_int_eq(drain(&r), XFW_GET_EMPTY);
		ck_assert_uint_eq(r.got, N);
		ck_assert_uint_eq(r.lost, 2);
	}
}
END_TEST

static void
put_short_lap(void) {
	for (unsigned int i = 0; i < N; i++) {
		ck_assert_int_eq(xfw_ring_put(ring, "yyy", 3, NULL), XFW_PUT_OK);
	}
}

/* The words of one record and the length of another never make a record. */
START_TEST(a_length_of_another_record_never_counts) {
	static const enum stall_point points[] = { STALL_GET_STATE, STALL_GET_COPY,
						   STALL_GET_RECHECK };

	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		uint64_t cursor = 0, lost = 0;
		char out[XFW_RING_RECORD_MAX];
		size_t len = 0;

		teardown();
		setup();
		put_many(1);
		arm(points[i], put_short_lap);
		ck_assert_int_eq(xfw_ring_get(ring, &cursor, out, sizeof(out), &len, &lost),
				 XFW_GET_OK);
		ck_assert_uint_eq(cursor, 2);
		ck_assert_uint_eq(lost, 1);
		ck_assert_uint_eq(len, 3);
		ck_assert_mem_eq(out, "yyy", 3);
	}
}
END_TEST

/* --- counters and the crash image ------------------------------------------------------------- */

START_TEST(counters_add_up) {
	put_many(3 * N);
	expect_drops(0, 0);
	arm(STALL_PUT_TICKET, put_one_lap);
	ck_assert_int_eq(put(0), XFW_PUT_DROPPED);
	expect_drops(0, 1);
	expect_history(N, 3 * N + 1);
	put_many(N);
	expect_drops(0, 1);
}
END_TEST

/* In the child: stopped in the middle of ticket 3, another thread had put 4; then killed. */
static void
put_one_and_die(void) {
	put_many(1);
	(void)raise(SIGKILL);
}

static void
fill_and_crash(void *mem) {
	ring = xfw_ring_init(mem, N);
	if (ring == NULL) {
		_exit(2);
	}
	put_many(3);
	arm(STALL_PUT_COPY, put_one_and_die);
	(void)put(3);
	_exit(3);
}

START_TEST(a_killed_process_leaves_a_readable_ring) {
	size_t bytes = xfw_ring_bytes(N);
	xfw_ring_t *mine = ring;
	struct reader r = { 0 };
	FILE *file = tmpfile();
	const void *image;
	void *mem;
	pid_t pid;
	int status = 0;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(ftruncate(fileno(file), (off_t)bytes), 0);
	mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
	ck_assert_ptr_ne(mem, MAP_FAILED);
	image = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fileno(file), 0);
	ck_assert_ptr_ne(image, MAP_FAILED);
	ck_assert_ptr_null(xfw_ring_attach(image, bytes));

	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		fill_and_crash(mem);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	ck_assert_int_eq(munmap(mem, bytes), 0);

	/* Only read from here on; a store would be a SIGSEGV. */
	ck_assert_ptr_eq(xfw_ring_attach(image, bytes), image);
	ring = (xfw_ring_t *)(uintptr_t)image;
	ck_assert_uint_eq(xfw_ring_head(ring), 5);
	ck_assert_int_eq(drain(&r), XFW_GET_IN_FLIGHT);
	ck_assert_uint_eq(r.cursor, 3);
	ck_assert_uint_eq(r.got, 2); /* 1 and 2; 4 has overwritten 0 */
	ck_assert_uint_eq(r.lost, 1);
	r.cursor++; /* was being written at the crash */
	ck_assert_int_eq(drain(&r), XFW_GET_EMPTY);
	ck_assert_uint_eq(r.got, 3);
	ck_assert_uint_eq(r.lost, 1);
	expect_drops(0, 0);

	ck_assert_int_eq(munmap((void *)(uintptr_t)image, bytes), 0);
	ck_assert_int_eq(fclose(file), 0);
	ring = mine;
}
END_TEST

static Suite *
ring_suite(void) {
	const TTest *const tests[] = {
		sizes_are_powers_of_two,
		init_wants_alignment,
		init_forgets_the_earlier_life,
		attach_takes_only_a_complete_ring,
		an_empty_ring_is_empty,
		records_come_in_order_of_their_tickets,
		a_full_lap_is_kept,
		the_window_jumps_and_counts,
		readers_have_cursors_of_their_own,
		every_length_comes_back_and_no_stale_byte,
		a_small_buffer_cuts_and_says_so,
		too_long_is_refused_and_counted,
		a_damaged_length_is_lost_not_read,
		a_record_is_in_flight_until_published,
		in_flight_in_a_used_slot_is_not_the_old_record,
		lapped_before_the_claim,
		stalled_in_the_copy_costs_one_record_a_lap,
		a_hole_is_lost_never_in_flight,
		holes_may_be_marked_out_of_order,
		overwritten_under_the_reader,
		a_length_of_another_record_never_counts,
		counters_add_up,
		a_killed_process_leaves_a_readable_ring,
	};
	Suite *suite = suite_create("ring");

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		TCase *tc = tcase_create(tests[i]->name);

		tcase_add_checked_fixture(tc, setup, teardown);
		tcase_add_test(tc, tests[i]);
		suite_add_tcase(suite, tc);
	}
	return (suite);
}

int
main(void) {
	SRunner *runner = srunner_create(ring_suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
