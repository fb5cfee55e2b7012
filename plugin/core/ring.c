/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The event ring.  xfw_ring_put runs in named's threads, all of them at once; xfw_ring_get runs
 * in the monitor thread and in whatever else holds a cursor.
 *
 * A put takes a ticket n, claims slot n mod N by its state word, copies, publishes:
 *
 *	state:	0 virgin	BUSY(n) = 2n+1	being written	DONE(n) = 2n+2	readable
 *	skip:	newest dropped ticket of this slot, plus 1
 *
 * The state of a slot only grows and has 64 bits, so there is no ABA.  All that is shared is
 * atomic, the payload too, so there is no data race by C11 either, and no fence: the order comes
 * from release stores and acquire loads of each word.  The steps are labelled A to H here and in
 * tests/model/ring_mc.py, which shows for each order what goes wrong with a weaker one:
 *
 *	A  an older producer is inside the slot: drop, leave a mark in skip
 *	B  a later lap owns the slot: drop; the state itself tells the readers
 *	C  the claim; acquire, or our words could come before those of the previous owner
 *	D  the words; release, so that who sees one also sees the claim
 *	E  the publication; release, so that who sees it also sees the words
 *	F  the reader's first look at the state; acquire, pairs with E
 *	G  the reader's words; acquire, pairs with D
 *	H  the reader's second look: unchanged, or the words are worth nothing
 */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE 1 /* MAP_ANONYMOUS */
#endif

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "xfrwatch/ring.h"

/*
 * Fault hook: tests define this before they include this file, and stop, sleep or run other
 * producers at the named point.  Nothing in a release.
 */
#ifndef RING_STALL
#define RING_STALL(point) ((void)0)
#endif

/* A 32-bit machine may load 64 bits by writing them back: a fault on a read-only mapping. */
_Static_assert(sizeof(void *) == 8, "xfrwatch needs a 64-bit machine");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "64-bit atomics must be lock-free");
_Static_assert(sizeof(_Atomic uint64_t) == 8, "64-bit atomics must be bare words");

#define RING_MAGIC	UINT64_C(0x786677726e673031) /* "xfwrng01" */
#define RING_VERSION	UINT32_C(1)
#define RING_BYTE_ORDER UINT32_C(0x01020304)
#define RING_WORDS	62 /* payload words of a slot; the first one is the length */
#define RING_LINE	64 /* bytes that processors fetch at once; most of them */
#define RING_AHEAD	8  /* slots; far enough that several producers are not in that one */

typedef _Atomic uint64_t word_t;

struct slot {
	word_t state;
	word_t skip;
	word_t len; /* payload word 0: bytes used of what follows */
	word_t w[RING_WORDS - 1];
};

struct xfw_ring {
	/* Written once by init; magic comes last. */
	_Alignas(XFW_RING_ALIGN) word_t magic;
	uint32_t version;
	uint32_t byte_order;
	uint32_t slot_bytes;
	uint32_t slots_offset;
	uint64_t slots;
	uint64_t epoch_ns; /* realtime */
	int64_t pid;
	/* The only line that every put writes; alone, so that nothing else is slowed by it. */
	_Alignas(XFW_RING_ALIGN) word_t head;
	_Alignas(XFW_RING_ALIGN) word_t dropped_busy;
	word_t dropped_lapped;
	word_t refused;
	_Alignas(XFW_RING_ALIGN) struct slot slot[];
};

_Static_assert(sizeof(struct slot) == XFW_RING_SLOT_BYTES, "a slot is 8 cache lines");
_Static_assert(XFW_RING_RECORD_MAX == (RING_WORDS - 1) * 8, "what is left of a slot");
_Static_assert(offsetof(struct xfw_ring, slot) == sizeof(struct xfw_ring), "no padding");

#define BUSY(n) (2 * (n) + 1)
#define DONE(n) (2 * (n) + 2)

#define LOAD(p, order)	   atomic_load_explicit((p), memory_order_##order)
#define STORE(p, v, order) atomic_store_explicit((p), (v), memory_order_##order)

size_t
xfw_ring_bytes(size_t slots) {
	if (slots == 0 || slots > XFW_RING_SIZE_MAX || (slots & (slots - 1)) != 0) {
		return (0);
	}
	return (sizeof(struct xfw_ring) + slots * sizeof(struct slot));
}

xfw_ring_t *
xfw_ring_init(void *mem, size_t slots) {
	xfw_ring_t *ring = mem;
	struct timespec now = { 0 };

	if (mem == NULL || xfw_ring_bytes(slots) == 0 || (uintptr_t)mem % XFW_RING_ALIGN != 0) {
		return (NULL);
	}

	STORE(&ring->magic, 0, relaxed);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	ring->version = RING_VERSION;
	ring->byte_order = RING_BYTE_ORDER;
	ring->slot_bytes = sizeof(struct slot);
	ring->slots_offset = offsetof(struct xfw_ring, slot);
	ring->slots = slots;
	ring->epoch_ns = (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
	ring->pid = getpid();
	STORE(&ring->head, 0, relaxed);
	STORE(&ring->dropped_busy, 0, relaxed);
	STORE(&ring->dropped_lapped, 0, relaxed);
	STORE(&ring->refused, 0, relaxed);
	memset(ring->slot, 0, slots * sizeof(struct slot));

	STORE(&ring->magic, RING_MAGIC, release);
	return (ring);
}

const xfw_ring_t *
xfw_ring_attach(const void *mem, size_t bytes) {
	const xfw_ring_t *ring = mem;
	size_t need;

	if (mem == NULL || (uintptr_t)mem % XFW_RING_ALIGN != 0 ||
	    bytes < sizeof(struct xfw_ring) || LOAD(&ring->magic, acquire) != RING_MAGIC ||
	    ring->version != RING_VERSION || ring->byte_order != RING_BYTE_ORDER ||
	    ring->slot_bytes != sizeof(struct slot) ||
	    ring->slots_offset != offsetof(struct xfw_ring, slot))
	{
		return (NULL);
	}
	need = xfw_ring_bytes(ring->slots);
	return (need == 0 || bytes < need ? NULL : ring);
}

xfw_ring_t *
xfw_ring_create(size_t slots) {
	size_t bytes = xfw_ring_bytes(slots);
	void *mem;

	if (bytes == 0) {
		return (NULL);
	}
	/* Pages of its own: aligned by nature, and gone for good when unmapped. */
	mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED) {
		return (NULL);
	}
	return (xfw_ring_init(mem, slots));
}

void
xfw_ring_destroy(xfw_ring_t *ring) {
	if (ring != NULL) {
		(void)munmap(ring, xfw_ring_bytes(ring->slots));
	}
}

/*
 * Count a dropped ticket.  Release, for xfw_ring_counters: who sees the drop sees its ticket.
 */
static void
count_drop(word_t *counter) {
	(void)atomic_fetch_add_explicit(counter, 1, memory_order_release);
}

/*
 * Leave the mark of a ticket that will never be in the slot.  A failed exchange means that
 * another drop has raised the mark; only older tickets can make us try again.
 */
static void
mark_hole(struct slot *s, uint64_t n) {
	uint64_t seen = LOAD(&s->skip, relaxed);

	while (seen < n + 1 && !atomic_compare_exchange_weak_explicit(&s->skip, &seen, n + 1,
								      memory_order_release,
								      memory_order_relaxed))
	{
		continue;
	}
}

/* Steps A to C: become the only owner of the slot, or drop the ticket. */
static xfw_put_t
claim(xfw_ring_t *ring, struct slot *s, uint64_t n) {
	uint64_t seen = LOAD(&s->state, relaxed);

	do {
		if ((seen & 1) != 0 && seen < BUSY(n)) { /* A */
			count_drop(&ring->dropped_busy);
			mark_hole(s, n);
			return (XFW_PUT_DROPPED);
		}
		if (seen > BUSY(n)) { /* B */
			count_drop(&ring->dropped_lapped);
			return (XFW_PUT_DROPPED);
		}
		RING_STALL(PUT_CLAIM);
	} while (!atomic_compare_exchange_strong_explicit(&s->state, &seen, BUSY(n), /* C */
							  memory_order_acquire,
							  memory_order_relaxed));
	return (XFW_PUT_OK);
}

static inline uint64_t
load8(const unsigned char *p) {
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return (word);
}

/* One word of step D. */
static inline void
word_in(struct slot *s, const unsigned char *rec, size_t i) {
	RING_STALL(PUT_COPY);
	STORE(&s->w[i], load8(rec + i * 8), release); /* D */
}

/*
 * Step D.  Only the words in use are stored; the last one is filled up with zeros.  Four words
 * a turn, as no compiler unrolls a loop over atomics.
 */
static void
copy_in(struct slot *s, const unsigned char *rec, size_t len) {
	size_t full = len / 8;
	size_t i = 0;

	STORE(&s->len, len, release); /* D */
	for (; i + 4 <= full; i += 4) {
		word_in(s, rec, i);
		word_in(s, rec, i + 1);
		word_in(s, rec, i + 2);
		word_in(s, rec, i + 3);
	}
	for (; i < full; i++) {
		word_in(s, rec, i);
	}
	if (len % 8 != 0) {
		uint64_t word = 0;

		memcpy(&word, rec + full * 8, len % 8);
		STORE(&s->w[full], word, release); /* D */
	}
}

/*
 * The slots together are more than a processor's near caches hold, and a claim has to wait until
 * the stores before it have got their lines.  So ask for those of a slot that is written soon, as
 * many as this record had.  A hint to the machine: nothing waits for it, nothing depends on it.
 */
static inline void
fetch_ahead(const xfw_ring_t *ring, uint64_t n, size_t len) {
	const char *s = (const char *)&ring->slot[(n + RING_AHEAD) & (ring->slots - 1)];

	for (size_t at = 0; at < offsetof(struct slot, w) + len; at += RING_LINE) {
		__builtin_prefetch(s + at, 1);
	}
}

xfw_put_t
xfw_ring_put(xfw_ring_t *ring, const void *rec, size_t len, uint64_t *seq) {
	struct slot *s;
	uint64_t n;

	if (len > XFW_RING_RECORD_MAX) {
		count_drop(&ring->refused);
		return (XFW_PUT_DROPPED);
	}

	n = atomic_fetch_add_explicit(&ring->head, 1, memory_order_relaxed);
	if (seq != NULL) {
		*seq = n;
	}
	s = &ring->slot[n & (ring->slots - 1)];

	RING_STALL(PUT_TICKET);
	if (claim(ring, s, n) != XFW_PUT_OK) {
		return (XFW_PUT_DROPPED);
	}
	RING_STALL(PUT_CLAIMED);
	copy_in(s, rec, len);
	RING_STALL(PUT_PUBLISH);
	STORE(&s->state, DONE(n), release); /* E */
	fetch_ahead(ring, n, len);
	return (XFW_PUT_OK);
}

/* One word of step G. */
static inline void
word_out(const struct slot *s, unsigned char *rec, size_t i) {
	uint64_t word;

	RING_STALL(GET_COPY);
	word = LOAD(&s->w[i], acquire); /* G */
	memcpy(rec + i * 8, &word, sizeof(word));
}

/*
 * Step G.  The length is from the same slot and may be of another record than the words; it is
 * bounded before use, and step H decides whether any of it counts.
 *
 * Returns the length read, above XFW_RING_RECORD_MAX if the memory was damaged.
 */
static uint64_t
copy_out(const struct slot *s, unsigned char *rec, size_t size) {
	uint64_t len = LOAD(&s->len, acquire); /* G */
	size_t want = len <= XFW_RING_RECORD_MAX ? (size_t)len : 0;
	size_t full, i = 0;

	if (want > size) {
		want = size;
	}
	full = want / 8;
	for (; i + 4 <= full; i += 4) {
		word_out(s, rec, i);
		word_out(s, rec, i + 1);
		word_out(s, rec, i + 2);
		word_out(s, rec, i + 3);
	}
	for (; i < full; i++) {
		word_out(s, rec, i);
	}
	if (want % 8 != 0) {
		uint64_t word = LOAD(&s->w[full], acquire); /* G */

		memcpy(rec + full * 8, &word, want % 8);
	}
	return (len);
}

/* What became of one ticket. */
typedef enum { TICKET_READ, TICKET_LOST, TICKET_IN_FLIGHT } ticket_t;

/* Steps F to H for ticket c. */
static ticket_t
read_slot(const struct slot *s, uint64_t c, unsigned char *rec, size_t size, size_t *len) {
	uint64_t state = LOAD(&s->state, acquire); /* F */
	uint64_t got;

	if (state == DONE(c)) {
		RING_STALL(GET_STATE);
		got = copy_out(s, rec, size);
		RING_STALL(GET_RECHECK);
		if (LOAD(&s->state, relaxed) != state || got > XFW_RING_RECORD_MAX) { /* H */
			return (TICKET_LOST);
		}
		*len = (size_t)got;
		return (TICKET_READ);
	}
	if (state > DONE(c)) {
		return (TICKET_LOST); /* overwritten */
	}
	if (state == BUSY(c)) {
		return (TICKET_IN_FLIGHT);
	}
	if (LOAD(&s->skip, acquire) >= c + 1) {
		return (TICKET_LOST); /* a hole: it, or a later one here, was dropped */
	}
	return (TICKET_IN_FLIGHT); /* issued, not claimed yet */
}

xfw_get_t
xfw_ring_get(const xfw_ring_t *ring, uint64_t *cursor, void *rec, size_t size, size_t *len,
	     uint64_t *lost) {
	const uint64_t slots = ring->slots;
	uint64_t c = *cursor;
	xfw_get_t result;

	*len = 0;
	for (;;) {
		ticket_t ticket;
		uint64_t head;

		RING_STALL(GET_TICKET);
		ticket = read_slot(&ring->slot[c & (slots - 1)], c, rec, size, len);
		if (ticket == TICKET_READ) {
			c++;
			result = XFW_GET_OK;
			break;
		}
		/* Only now: all producers write that line, and each look takes it from them. */
		head = LOAD(&ring->head, relaxed);
		if (c >= head) {
			result = XFW_GET_EMPTY;
			break;
		}
		if (head - c > slots) { /* fell out of the window */
			*lost += head - slots - c;
			c = head - slots;
		} else if (ticket == TICKET_IN_FLIGHT) {
			result = XFW_GET_IN_FLIGHT;
			break;
		} else {
			c++;
			(*lost)++;
		}
	}
	*cursor = c;
	return (result);
}

uint64_t
xfw_ring_head(const xfw_ring_t *ring) {
	return (LOAD(&ring->head, relaxed));
}

size_t
xfw_ring_slots(const xfw_ring_t *ring) {
	return (ring->slots);
}

uint64_t
xfw_ring_epoch(const xfw_ring_t *ring) {
	return (ring->epoch_ns);
}

void
xfw_ring_counters(const xfw_ring_t *ring, xfw_ring_counters_t *out) {
	/* The drops first: each comes after its ticket. */
	out->dropped_busy = LOAD(&ring->dropped_busy, acquire);
	out->dropped_lapped = LOAD(&ring->dropped_lapped, acquire);
	out->refused = LOAD(&ring->refused, acquire);
	out->tickets = LOAD(&ring->head, relaxed);
	out->recorded = out->tickets - out->dropped_busy - out->dropped_lapped;
}
