/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Timers by DNS, for the reduced mode (mode.h), in which named's zone objects are out of
 * reach: named itself is asked, over UDP at a listener of its own, one SOA query a zone
 * with EDNS EXPIRE (RFC 7314) and DO. A secondary answers with what is left until it
 * expires the zone. The answers go to the state as a probe's would (xfw_timers_t).
 *
 * What is asked: zones whose timers the state wants (xfw_state_take_probes()). At most
 * XFW_ASK_RATE queries a second, XFW_ASK_UNDERWAY of them unanswered; a named that
 * answers nothing is asked less and less often, down to once a minute.
 *
 * What can not be seen that way, and stays unknown in the reduced mode:
 *   - zones of which no line was heard yet: there is no list of zones to be had; and
 *     those whose name is longer in a line than XFW_EVENT_ZONE_MAX (event.h);
 *   - timers of zones in views, but for "_default" (which is what there is without view
 *     statements): which view answers a query of ours cannot be told;
 *   - timers of zones for which named refuses a query from its own address
 *     (allow-query), of stub zones, and, as BIND sends no EXPIRE for it, the deadline of
 *     a zone with inline-signing;
 *   - when named will refresh next (refresh_at_s is 0): so no never-attempted, but from
 *     lines;
 *   - where the deadline is not known, a refresh that found the serial unchanged: a zone
 *     that failed is taken for fed when named said nothing more of it for three times its
 *     retry interval, as far as that is known, and two hours at least (a day, if it
 *     failed only once);
 *   - a refresh that found the serial unchanged in the same second as the one before,
 *     or whose expire time EDNS EXPIRE of the primary held in place: they look like none.
 *
 * Zones go when named says that it removed them; when it answered for one, and twice,
 * a minute apart, does so no more (the query is refused, or answered without authority);
 * when it never did, and no line about it was heard for a day; in other views, after
 * four weeks without a line (named's max-refresh-time).
 *
 * Guarantee: never blocks; memory is bounded; what does not answer a query under way, by
 * address, id and question, is dropped.
 * Threads: the monitor's.
 * Clocks: realtime, milliseconds.
 */
#ifndef XFRWATCH_ASK_H
#define XFRWATCH_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xfrwatch/state.h>

#define XFW_ASK_RATE	 20
#define XFW_ASK_UNDERWAY 4

struct uv_loop_s;
typedef struct xfw_ask xfw_ask_t;

typedef struct xfw_ask_ops {
	int64_t (*now_ms)(void); /* the clock */
	/* named answered a query that was sent at `sent_ms`. */
	void (*answered)(void *arg, int64_t sent_ms, int64_t now_ms);
	void *arg;
} xfw_ask_ops_t;

/* NULL on lack of memory. */
xfw_ask_t *
xfw_ask_open(struct uv_loop_s *loop, xfw_state_t *state, const xfw_ask_ops_t *ops);

/* Zones that are being asked about go back to the state; memory is freed by the loop's
 * next turns. NULL is ignored. */
void
xfw_ask_close(xfw_ask_t *ask);

/* Looks for named's listeners anew. Returns how many there are. */
size_t
xfw_ask_discover(xfw_ask_t *ask, int64_t now_ms);

/*
 * Several times a second: sends what may be sent, gives up what was not answered.
 * `hello`: whether named answers at all is of interest; if there is no zone to be asked
 * about, it is asked for version.bind, twice a second.
 * Returns whether the state was told something since the last time: then there may be
 * work due in it (xfw_state_tick()).
 */
bool
xfw_ask_pulse(xfw_ask_t *ask, int64_t now_ms, bool hello);

/* named said that it removed the zone of that key. */
void
xfw_ask_removed(xfw_ask_t *ask, const char *key, int64_t now_ms);

#endif /* XFRWATCH_ASK_H */
