/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The event ring: how a record crosses from named's threads to the monitor thread.
 *
 * Guarantee: a put never blocks, never allocates, never logs and never waits for another
 * producer or for a reader; the newest records overwrite the oldest; a reader never gets a
 * torn or stale record, and for every reader, once the producers are quiet,
 *
 *	records delivered + records lost == tickets issued  (xfw_ring_head)
 *
 * Threads: any number of producers (named's threads) and any number of readers, each with a
 * cursor of its own.  Readers never write the ring, so they also work on a read-only mapping,
 * of a live process or of what a crashed one left behind.
 *
 * Order: records come in the order of their tickets.  A time stamp that a producer took before
 * the put may be slightly out of that order between threads; that is by design.
 *
 * Limits: a ring has no pointers in it and may live in memory shared between processes of the
 * same build and byte order.  64-bit machines only.
 */
#ifndef XFRWATCH_RING_H
#define XFRWATCH_RING_H

#include <stddef.h>
#include <stdint.h>

/* What configuration accepts for the number of slots, a power of two.  (The ring itself works
 * from one slot on; tests use that.) */
#define XFW_RING_SIZE_MIN     64
#define XFW_RING_SIZE_DEFAULT 8192
#define XFW_RING_SIZE_MAX     1048576

#define XFW_RING_SLOT_BYTES 512 /* memory per slot */
#define XFW_RING_RECORD_MAX 488 /* bytes that one record may have: 61 words of the slot */
#define XFW_RING_ALIGN	    128 /* alignment of the memory given to xfw_ring_init, in bytes */

typedef struct xfw_ring xfw_ring_t;

typedef enum {
	XFW_PUT_OK,	/* recorded */
	XFW_PUT_DROPPED /* not recorded, and counted in xfw_ring_counters_t */
} xfw_put_t;

typedef enum {
	XFW_GET_OK,	  /* one record delivered, the cursor stands behind it */
	XFW_GET_EMPTY,	  /* the cursor has reached the head */
	XFW_GET_IN_FLIGHT /* the next record is being written; the cursor stands before it */
} xfw_get_t;

typedef struct {
	uint64_t tickets;	 /* puts that took a ticket; equals xfw_ring_head */
	uint64_t dropped_busy;	 /* of these: a stalled producer still held the slot */
	uint64_t dropped_lapped; /* of these: slept so long that a later lap owned the slot */
	uint64_t recorded;	 /* tickets - dropped_busy - dropped_lapped */
	uint64_t refused;	 /* longer than XFW_RING_RECORD_MAX; these take no ticket */
} xfw_ring_counters_t;

/*
 * Bytes of memory that a ring of 'slots' slots needs, header included.
 *
 * Returns: 0 if 'slots' is not a power of two or is above XFW_RING_SIZE_MAX.
 */
size_t
xfw_ring_bytes(size_t slots);

/*
 * Make a ring in the caller's memory, which may be a shared mapping.  Clears every slot, so that
 * no record of an earlier life is trusted and no page is first touched by a producer.
 *
 * Requires: 'mem' has xfw_ring_bytes(slots) bytes, aligned to XFW_RING_ALIGN; nobody uses it.
 *           If it maps a file: a new one, allocated with posix_fallocate, as a full disk would
 *           otherwise be a SIGBUS in a producer; a file that others may still read is replaced
 *           by rename, never initialized again.
 * Returns:  the ring (at 'mem'), or NULL if 'slots' or the alignment is wrong.
 * Thread:   one, before any other call.
 */
xfw_ring_t *
xfw_ring_init(void *mem, size_t slots);

/*
 * Look at a ring in memory that this or another process initialized; read-only memory will do.
 *
 * Returns: the ring, or NULL if the memory holds no complete ring of this layout, version and
 *          byte order in 'bytes' bytes.
 */
const xfw_ring_t *
xfw_ring_attach(const void *mem, size_t bytes);

/*
 * Make a ring in private memory of this process.
 *
 * Returns: the ring, to be given back with xfw_ring_destroy; NULL if 'slots' is wrong or there
 *          is no memory.
 * Thread:  any; allocates.
 */
xfw_ring_t *
xfw_ring_create(size_t slots);

/*
 * Free a ring of xfw_ring_create; NULL is allowed.
 *
 * Requires: no producer and no reader uses it any more.
 */
void
xfw_ring_destroy(xfw_ring_t *ring);

/*
 * Record 'len' bytes at 'rec'.  Wait-free: the number of steps is bounded by the producers that
 * hold older tickets of the same slot at that moment.
 *
 * Requires: 'rec' has 'len' bytes (may be NULL if 'len' is 0).
 * Returns:  XFW_PUT_OK, or XFW_PUT_DROPPED if the slot belongs to a stalled older producer or to
 *           a later lap (readers count the ticket as lost), or if 'len' is above
 *           XFW_RING_RECORD_MAX (no ticket is taken, counted as refused, '*seq' is untouched).
 *           '*seq' is the ticket, if 'seq' is not NULL.
 * Thread:   any, also in a signal handler; no lock, no allocation, no system call.
 */
xfw_put_t
xfw_ring_put(xfw_ring_t *ring, const void *rec, size_t len, uint64_t *seq);

/*
 * Deliver the next record behind the cursor.  A cursor starts at 0 for all that the ring still
 * holds, or at xfw_ring_head() for what comes from now on.
 *
 * Requires: 'rec' has 'size' bytes; the cursor belongs to one thread at a time and to this ring
 *           in this life of it (xfw_ring_epoch).
 * Returns:  XFW_GET_OK: '*len' is the length of the record, '*cursor' - 1 its ticket, and 'rec'
 *           holds the first min(size, *len) bytes of it; '*len' > size tells that it was cut.
 *           XFW_GET_EMPTY and XFW_GET_IN_FLIGHT: '*len' is 0 and the bytes in 'rec' are
 *           undefined.
 *           In every case '*lost' has grown by the tickets passed over because they were
 *           overwritten or dropped.
 *           A ticket stays in flight for at most one lap of the ring; then it is lost.  In the
 *           ring of a dead process in flight means "was being written at the crash": count it
 *           and step over it with ++*cursor.
 * Thread:   any; never writes the ring.  Lock-free: it starts over only if a producer has
 *           overtaken it.
 */
xfw_get_t
xfw_ring_get(const xfw_ring_t *ring, uint64_t *cursor, void *rec, size_t size, size_t *len,
	     uint64_t *lost);

/* The next ticket to be issued.  Thread: any. */
uint64_t
xfw_ring_head(const xfw_ring_t *ring);

/* The number of slots. */
size_t
xfw_ring_slots(const xfw_ring_t *ring);

/* When this life of the ring began: realtime clock, nanoseconds since 1970.  A cursor is worth
 * nothing in another epoch. */
uint64_t
xfw_ring_epoch(const xfw_ring_t *ring);

/*
 * The counters.  They are not one snapshot, but at no time do the drops exceed the tickets.
 * Thread: any.
 */
void
xfw_ring_counters(const xfw_ring_t *ring, xfw_ring_counters_t *out);

#endif /* XFRWATCH_RING_H */
