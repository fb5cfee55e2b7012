/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Probes: the monitor's questions about the zones of a view, answered by the
 * query hook on a thread of named's, the only place where a view is safe.
 *
 * A slot stands for one view by name. The monitor puts a probe into it; the next
 * query that may take it (one of our own, or any if the view is out of our own
 * reach) takes it out, fills it in and posts it back through the intake.
 *
 * Guarantee: taking and filling a probe allocates nothing of ours and waits for
 * no lock of ours; a probe is bounded (XFW_PROBE_ZONES, the size of its buffer).
 * Threads: see each function. Slots live as long as the process.
 */
#ifndef XFRWATCH_PROBE_H
#define XFRWATCH_PROBE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <xfrwatch/event.h>
#include <xfrwatch/intake.h>
#include <xfrwatch/state.h>
#include <xfrwatch/wire.h>

#define XFW_PROBE_ZONES	       128 /* zones looked up by one probe of our own */
#define XFW_PROBE_ZONES_CLIENT 4   /* by a client's query */
#define XFW_WIRE_MAX	       255 /* RFC 1035, 3.1 */

/* A lookup of one zone by name. */
typedef struct xfw_probe_item {
	xfw_timers_t timers;	   /* the answer */
	xfw_zone_t *zone;	   /* the monitor's; the hook leaves it alone */
	uint8_t wire_len;
	uint8_t wire[XFW_WIRE_MAX]; /* the zone's name in wire format */
	/* Refresh it too, as `rndc refresh` does, after named was made to forget
	 * that `primary` could not be reached (AF_UNSPEC: nothing to forget). */
	bool refresh;
	struct sockaddr_storage primary;
} xfw_probe_item_t;

typedef struct xfw_probe {
	xfw_message_t message; /* first: it travels through the intake */
	struct xfw_slot *slot;
	bool own;	       /* taken by a query of our own */
	uint32_t generation;   /* of the slot's hooks when it was answered */
	int64_t took_ns;       /* in the hook */

	size_t count;	       /* lookups */
	xfw_probe_item_t items[XFW_PROBE_ZONES];

	/* A TSIG key by name, out of the view's keyring. */
	bool key_wanted;
	bool key_found;
	xfw_tsig_key_t key; /* name: the question; the rest: the answer */

	/*
	 * The census: a walk over the view's zone table that skips the first
	 * `skip` zones and writes secondaries, mirrors and stubs into `names`, as
	 * type (1 byte), length (2 bytes, host order), key; until it is full. A
	 * primary whose file is being read may be one of these with inline-signing:
	 * it is written with XFW_ZONE_TYPE_UNKNOWN, and is no news.
	 */
	bool census;
	bool complete;	  /* the walk came to the end of the table */
	uint64_t skip;
	uint64_t visited; /* zones seen, skipped ones included */
	char *names;
	size_t names_used;
	size_t names_size;
} xfw_probe_t;

enum {
	XFW_SLOT_IDLE = 0,
	XFW_SLOT_OWN,  /* a query of our own may take the probe */
	XFW_SLOT_ANY   /* any client's may */
};

typedef struct xfw_slot {
	_Atomic uint8_t want;
	_Atomic(xfw_probe_t *) probe;
	struct xfw_slot *next;
	char *view;	 /* the view's name */
} xfw_slot_t;

/* Monitor's thread. The slot must be empty. */
static inline void
xfw_slot_offer(xfw_slot_t *slot, xfw_probe_t *probe, uint8_t want) {
	atomic_store_explicit(&slot->probe, probe, memory_order_release);
	atomic_store_explicit(&slot->want, want, memory_order_release);
}

/* Any thread: takes the probe, or NULL if somebody else was faster. */
static inline xfw_probe_t *
xfw_slot_take(xfw_slot_t *slot) {
	atomic_store_explicit(&slot->want, XFW_SLOT_IDLE, memory_order_relaxed);
	return (atomic_exchange_explicit(&slot->probe, NULL,
					 memory_order_acq_rel));
}

#endif /* XFRWATCH_PROBE_H */
