/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The intake: where everything from named's threads crosses to the monitor. The
 * ring for events, a wait-free queue (liburcu) for messages, and the wake-up.
 *
 * Guarantee for xfw_intake_put() and xfw_intake_post(): never block, never
 * allocate, never log, never abort. (liburcu's bp flavour makes a small record
 * for each thread once, at its first call.)
 * Threads: put and post from any; the rest from the monitor's.
 * An intake lives as long as the process: a thread of named's may be inside a
 * put after the plugin was taken out of the configuration.
 */
#ifndef XFRWATCH_INTAKE_H
#define XFRWATCH_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <urcu/wfcqueue.h>

#include <xfrwatch/event.h>
#include <xfrwatch/ring.h>

/* Goes first in every message; the queue keeps no memory of its own. */
typedef struct xfw_message {
	struct cds_wfcq_node node;
	int kind; /* xfw_message_kind_t, monitor.h */
} xfw_message_t;

typedef struct xfw_intake xfw_intake_t;

/* `slots`: as xfw_ring_create(). Returns NULL on lack of memory or descriptors. */
xfw_intake_t *
xfw_intake_create(size_t slots);

/* At the end of the process only. */
void
xfw_intake_destroy(xfw_intake_t *intake);

void
xfw_intake_put(xfw_intake_t *intake, const xfw_event_t *ev);

/* `message` belongs to the monitor from here on. */
void
xfw_intake_post(xfw_intake_t *intake, xfw_message_t *message);

/*--- the monitor's side --------------------------------------------------------*/

/* Becomes readable when there is something to take for which the resting monitor is
 * to be woken. */
int
xfw_intake_fd(const xfw_intake_t *intake);

/* Empties what made the descriptor readable. */
void
xfw_intake_awake(xfw_intake_t *intake);

/*
 * To be called right before the monitor sleeps. Returns false if something came
 * in meanwhile: then do not sleep.
 */
bool
xfw_intake_sleep(xfw_intake_t *intake);

/*
 * In its place for some milliseconds, after which the monitor looks again by itself:
 * events do not wake it, so that many that come one by one cost one wake-up and their
 * producers no system call; but a message does, and so does an event each time that
 * they have filled another quarter of the ring. Returns false if a message waits.
 */
bool
xfw_intake_nap(xfw_intake_t *intake);

/*
 * The same, but an event that tells of a failure wakes the monitor as well. Returns false
 * if anything waits, as that may be one.
 */
bool
xfw_intake_doze(xfw_intake_t *intake);

/* The next event, or false when there is none yet. */
bool
xfw_intake_event(xfw_intake_t *intake, xfw_event_t *ev);

/* The next message, or NULL. */
xfw_message_t *
xfw_intake_message(xfw_intake_t *intake);

/*
 * A ring of another size; what the old one still holds is given out first.
 * Waits for a grace period. Returns false on lack of memory (the old one stays).
 */
bool
xfw_intake_resize(xfw_intake_t *intake, size_t slots);

typedef struct xfw_intake_counters {
	uint64_t recorded;
	uint64_t lost; /* dropped by producers, or overwritten before they were read */
	uint64_t capacity;
} xfw_intake_counters_t;

void
xfw_intake_counters(const xfw_intake_t *intake, xfw_intake_counters_t *out);

/*--- other readers, on the monitor's thread ---------------------------------------*/

/*
 * The ring for those who look back: each event has a sequence number, from 1, which
 * grows as long as the intake lives, over changes of the ring's size as well. The
 * monitor's own reading is not touched. What a ring that was replaced still held
 * counts as lost here.
 */

/* The newest number given out; 0 before the first event. */
uint64_t
xfw_intake_newest(const xfw_intake_t *intake);

/* The number behind which the first event may still be there. */
uint64_t
xfw_intake_oldest(const xfw_intake_t *intake);

/*
 * The next event behind the number `*after`, which becomes the event's own. `*lost`
 * grows by the events passed over because they were overwritten or dropped. Returns
 * false if there is none, or if the next one is being written; `*after` then stands
 * behind what was passed over. At all times
 *
 *	events delivered + growth of *lost == growth of *after
 *
 * Requires: *after <= xfw_intake_newest().
 */
bool
xfw_intake_read(const xfw_intake_t *intake, uint64_t *after, xfw_event_t *ev,
		uint64_t *lost);

#endif /* XFRWATCH_INTAKE_H */
