/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The intake (intake.h): ring, message queue and wake-up between named's threads
 * and the monitor. xfw_intake_put() and xfw_intake_post() run on named's threads,
 * the rest on the monitor's.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <urcu-bp.h>
#include <urcu/wfcqueue.h>

#include <xfrwatch/intake.h>

/* Who wakes the monitor. */
typedef enum rest {
	AWAKE,	/* nobody */
	NAPPING, /* a message, or an event that fills the ring by a part */
	DOZING, /* a failure as well */
	ASLEEP	/* whatever comes */
} rest_t;

/* A napping monitor is woken each time that this part of the ring has been filled. */
#define RING_PART 4

struct xfw_intake {
	/* Read by producers. */
	_Atomic(xfw_ring_t *) ring; /* RCU: freed after a grace period */
	atomic_int rest; /* rest_t: of the monitor */
	int fd;
	struct cds_wfcq_tail queue_tail;
	_Atomic uint64_t posted; /* messages, ever */

	/* The monitor's own. */
	struct cds_wfcq_head queue_head;
	xfw_ring_t *old; /* replaced, still being emptied */
	uint64_t cursor;
	uint64_t old_cursor;
	uint64_t lost;	       /* as the reader counts: overwritten and dropped */
	uint64_t old_recorded; /* of rings that are gone */
	uint64_t base;	       /* sequence numbers given out by them */
};

xfw_intake_t *
xfw_intake_create(size_t slots) {
	xfw_intake_t *intake = calloc(1, sizeof(*intake));

	if (intake == NULL) {
		return (NULL);
	}
	intake->ring = xfw_ring_create(slots);
	intake->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (intake->ring == NULL || intake->fd < 0) {
		xfw_intake_destroy(intake);
		return (NULL);
	}
	cds_wfcq_init(&intake->queue_head, &intake->queue_tail);
	return (intake);
}

void
xfw_intake_destroy(xfw_intake_t *intake) {
	if (intake == NULL) {
		return;
	}
	if (intake->fd >= 0) {
		(void)close(intake->fd);
	}
	xfw_ring_destroy(intake->ring);
	xfw_ring_destroy(intake->old);
	free(intake);
}

/*
 * Wakes the monitor if it rests as deeply as `least` or deeper. Only the first producer
 * after it went to rest pays for the system call, and a write to a non-blocking eventfd
 * cannot wait: at worst its counter is full, and then it is readable anyway. The fence
 * pairs with the one in rest(): either the producer sees that it rests, or the monitor
 * sees what the producer put.
 */
static void
wake(xfw_intake_t *intake, int least) {
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&intake->rest, memory_order_relaxed) >= least &&
	    atomic_exchange_explicit(&intake->rest, AWAKE,
				     memory_order_relaxed) != AWAKE)
	{
		uint64_t one = 1;
		int saved = errno;

		(void)!write(intake->fd, &one, sizeof(one));
		errno = saved;
	}
}

void
xfw_intake_put(xfw_intake_t *intake, const xfw_event_t *ev) {
	uint64_t ticket = 1;
	xfw_ring_t *ring;
	bool fills;

	rcu_read_lock();
	ring = atomic_load_explicit(&intake->ring, memory_order_acquire);
	(void)xfw_ring_put(ring, ev, xfw_event_bytes(ev), &ticket);
	/* A power of two; of less than RING_PART slots none is a part. */
	fills = (ticket & (xfw_ring_slots(ring) / RING_PART - 1)) == 0;
	rcu_read_unlock();
	wake(intake, fills			     ? NAPPING
		     : ev->cause != XFW_CAUSE_NONE ? DOZING
						   : ASLEEP);
}

void
xfw_intake_post(xfw_intake_t *intake, xfw_message_t *message) {
	cds_wfcq_node_init(&message->node);
	/* The queue orders by itself; this says so to tools that do not know it. */
	atomic_fetch_add_explicit(&intake->posted, 1, memory_order_release);
	(void)cds_wfcq_enqueue(&intake->queue_head, &intake->queue_tail,
			       &message->node);
	wake(intake, NAPPING);
}

int
xfw_intake_fd(const xfw_intake_t *intake) {
	return (intake->fd);
}

void
xfw_intake_awake(xfw_intake_t *intake) {
	uint64_t count;

	atomic_store_explicit(&intake->rest, AWAKE, memory_order_relaxed);
	(void)!read(intake->fd, &count, sizeof(count));
}

static bool
messages_wait(const xfw_intake_t *intake) {
	return (!cds_wfcq_empty((struct cds_wfcq_head *)&intake->queue_head,
				(struct cds_wfcq_tail *)&intake->queue_tail));
}

/*
 * Whether something waits. A ticket that was taken but is still being written
 * counts: its producer may have looked at `rest` before it was set.
 */
static bool
events_wait(const xfw_intake_t *intake) {
	return (intake->old != NULL ||
		xfw_ring_head(intake->ring) != intake->cursor);
}

static void
rest(xfw_intake_t *intake, rest_t how) {
	atomic_store_explicit(&intake->rest, how, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
}

/* If nothing waits at all. */
static bool
rest_if_empty(xfw_intake_t *intake, rest_t how) {
	rest(intake, how);
	if (!events_wait(intake) && !messages_wait(intake)) {
		return (true);
	}
	atomic_store_explicit(&intake->rest, AWAKE, memory_order_relaxed);
	return (false);
}

bool
xfw_intake_sleep(xfw_intake_t *intake) {
	return (rest_if_empty(intake, ASLEEP));
}

bool
xfw_intake_doze(xfw_intake_t *intake) {
	return (rest_if_empty(intake, DOZING));
}

bool
xfw_intake_nap(xfw_intake_t *intake) {
	rest(intake, NAPPING);
	if (!messages_wait(intake)) {
		return (true);
	}
	atomic_store_explicit(&intake->rest, AWAKE, memory_order_relaxed);
	return (false);
}

/* Nothing but events is put into a ring; be sure all the same. */
static bool
is_event(const xfw_event_t *ev, size_t len) {
	return (len >= XFW_EVENT_HEADER && len <= sizeof(*ev) &&
		xfw_event_bytes(ev) == len);
}

/* One record from `ring`; false if there is none (yet). */
static bool
take(xfw_intake_t *intake, const xfw_ring_t *ring, uint64_t *cursor,
     xfw_event_t *ev) {
	size_t len;

	for (;;) {
		if (xfw_ring_get(ring, cursor, ev, sizeof(*ev), &len,
				 &intake->lost) != XFW_GET_OK)
		{
			return (false);
		}
		if (is_event(ev, len)) {
			return (true);
		}
	}
}

bool
xfw_intake_event(xfw_intake_t *intake, xfw_event_t *ev) {
	if (intake->old != NULL) {
		xfw_ring_counters_t counters;

		if (take(intake, intake->old, &intake->old_cursor, ev)) {
			return (true);
		}
		/* No producer is left in it: the grace period is over. */
		xfw_ring_counters(intake->old, &counters);
		intake->old_recorded += counters.recorded;
		xfw_ring_destroy(intake->old);
		intake->old = NULL;
	}
	return (take(intake, intake->ring, &intake->cursor, ev));
}

xfw_message_t *
xfw_intake_message(xfw_intake_t *intake) {
	struct cds_wfcq_node *node = __cds_wfcq_dequeue_nonblocking(
		&intake->queue_head, &intake->queue_tail);

	if (node == NULL || node == CDS_WFCQ_WOULDBLOCK) {
		return (NULL);
	}
	(void)atomic_load_explicit(&intake->posted, memory_order_acquire);
	return (caa_container_of(node, xfw_message_t, node));
}

bool
xfw_intake_resize(xfw_intake_t *intake, size_t slots) {
	xfw_ring_t *ring;

	if (slots == xfw_ring_slots(intake->ring)) {
		return (true);
	}
	if (intake->old != NULL || (ring = xfw_ring_create(slots)) == NULL) {
		return (false);
	}
	intake->old = intake->ring;
	intake->old_cursor = intake->cursor;
	intake->cursor = 0;
	atomic_store_explicit(&intake->ring, ring, memory_order_release);
	synchronize_rcu();
	/* No producer takes a ticket of the old ring any more. */
	intake->base += xfw_ring_head(intake->old);
	return (true);
}

void
xfw_intake_counters(const xfw_intake_t *intake, xfw_intake_counters_t *out) {
	xfw_ring_counters_t counters;

	xfw_ring_counters(intake->ring, &counters);
	*out = (xfw_intake_counters_t){
		.recorded = intake->old_recorded + counters.recorded,
		.lost = intake->lost,
		.capacity = xfw_ring_slots(intake->ring),
	};
	if (intake->old != NULL) {
		xfw_ring_counters(intake->old, &counters);
		out->recorded += counters.recorded;
	}
}

/*--- other readers ------------------------------------------------------------*/

uint64_t
xfw_intake_newest(const xfw_intake_t *intake) {
	return (intake->base + xfw_ring_head(intake->ring));
}

uint64_t
xfw_intake_oldest(const xfw_intake_t *intake) {
	uint64_t head = xfw_ring_head(intake->ring);
	uint64_t slots = xfw_ring_slots(intake->ring);

	return (intake->base + (head > slots ? head - slots : 0));
}

bool
xfw_intake_read(const xfw_intake_t *intake, uint64_t *after, xfw_event_t *ev,
		uint64_t *lost) {
	uint64_t cursor;
	bool found = false;
	size_t len;

	if (*after < intake->base) {
		*lost += intake->base - *after;
		*after = intake->base;
	}
	/* Ticket n is event base + n + 1: the cursor is how many are behind us. */
	cursor = *after - intake->base;
	while (!found && xfw_ring_get(intake->ring, &cursor, ev, sizeof(*ev), &len,
				      lost) == XFW_GET_OK)
	{
		found = is_event(ev, len);
		*lost += !found;
	}
	*after = intake->base + cursor;
	return (found);
}
