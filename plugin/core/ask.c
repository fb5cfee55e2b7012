/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Timers by DNS (ask.h): the queries, their pace, what the answers mean.
 * Monitor's thread only.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <xfrwatch/ask.h>
#include <xfrwatch/key.h>
#include <xfrwatch/wire.h>

#include "sockets.h"

#define LISTENERS     8
#define WAIT_MS	      1500   /* until a query is given up */
#define AGAIN_MS      30000  /* until its zone is asked about again */
#define SILENT_MAX    4	     /* so many in a row: named does not answer */
#define PAUSE_MIN_MS  1000   /* then: a query at a time, and a pause, */
#define PAUSE_MAX_MS  60000  /* twice as long each time */
#define HELLO_MS      500
#define BURST	      4
#define PULSE_ZONES   64     /* looked at in one pulse */
#define READ_MAX      32     /* datagrams in one turn */
#define SERVFAIL_MS   900    /* until a zone without data is asked about once more */
#define MEMO_KEEP_MS  60000  /* for so long it was the same trouble */
#define UNSERVED_MS   60000  /* a zone that was served, and is not: until asked again */
#define REFUSED_MS    900000 /* the same for one that never was */
#define FORGET_MS     (86400 * 1000LL)
#define FORGET_VIEW_MS (28 * 86400 * 1000LL)
#define SHELVE_MS     (600 * 1000LL) /* between looks at one that cannot be asked for */

#define TYPE_TXT 16

/* One query under way. */
typedef struct question {
	bool used;
	xfw_zone_t *zone; /* NULL: just whether named answers */
	int64_t sent_ms;
	uint8_t name[XFW_WIRE_NAME_MAX];
	xfw_query_wire_t wire;
} question_t;

typedef struct channel {
	uv_poll_t poll;
	struct xfw_ask *ask;
	int fd;
} channel_t;

/*
 * What an answer left open until the next one, by the hash of the zone's key: a zone that
 * is found nowhere in here is asked once more, which does no harm.
 */
#define MEMOS 1024

enum { MEMO_NONE = 0, MEMO_SERVFAIL, MEMO_UNSERVED, MEMO_REMOVED };

typedef struct memo {
	uint32_t tag;
	uint32_t kind;
	int64_t at_ms;	  /* when it was found first */
	int64_t again_ms; /* not to be asked before */
} memo_t;

struct xfw_ask {
	uv_loop_t *loop;
	xfw_state_t *state;
	xfw_ask_ops_t ops;

	struct sockaddr_storage listeners[LISTENERS];
	size_t count;
	size_t at; /* the listener that is asked */
	channel_t *channel;
	unsigned closing;
	bool ended;

	question_t questions[XFW_ASK_UNDERWAY];
	unsigned underway;
	int64_t tokens; /* thousandths of a query that may be sent, */
	int64_t tokens_ms; /* at that time */
	int64_t hello_ms;
	bool gave; /* something to the state since the last pulse */
	unsigned silent; /* given up in a row */
	bool gone;	 /* nobody listens there any more */
	int64_t pause_ms;
	int64_t silent_until_ms;
	memo_t memos[MEMOS];
};

/*--- memos --------------------------------------------------------------------*/

static memo_t *
memo_place(xfw_ask_t *ask, const xfw_zone_t *zone, uint32_t *tag) {
	uint64_t hash = xfw_key_hash(zone->key, zone->key_len);

	*tag = (uint32_t)(hash >> 32);
	return (&ask->memos[hash % MEMOS]);
}

/* What is noted of the zone; MEMO_NONE in it if nothing is. */
static memo_t
memo_get(xfw_ask_t *ask, const xfw_zone_t *zone) {
	uint32_t tag;
	const memo_t *memo = memo_place(ask, zone, &tag);

	return (memo->tag == tag ? *memo : (memo_t){ 0 });
}

static void
memo_put(xfw_ask_t *ask, const xfw_zone_t *zone, unsigned kind, int64_t at_ms,
	 int64_t again_ms) {
	uint32_t tag;
	memo_t *memo = memo_place(ask, zone, &tag);

	*memo = (memo_t){ tag, kind, at_ms, again_ms };
}

static void
memo_drop(xfw_ask_t *ask, const xfw_zone_t *zone) {
	uint32_t tag;
	memo_t *memo = memo_place(ask, zone, &tag);

	if (memo->tag == tag) {
		memo->kind = MEMO_NONE;
	}
}

/*--- back to the state ----------------------------------------------------------*/

static void
give(xfw_ask_t *ask, xfw_zone_t *zone, const xfw_timers_t *timers, int64_t now_ms) {
	xfw_state_timers(ask->state, zone, timers, now_ms);
	ask->gave = true;
}

/* Nothing is known now; it is to be asked about again then. */
static void
put_off(xfw_ask_t *ask, xfw_zone_t *zone, int64_t again_ms, int64_t now_ms) {
	xfw_timers_t timers = { .found = true, .pending = true, .again_ms = again_ms };

	give(ask, zone, &timers, now_ms);
}

static void
forget(xfw_ask_t *ask, xfw_zone_t *zone, int64_t now_ms) {
	xfw_timers_t timers = { .found = false };

	memo_drop(ask, zone);
	give(ask, zone, &timers, now_ms);
}

/* For how long nothing was heard of the zone. */
static int64_t
silence_ms(const xfw_zone_t *zone, int64_t now_ms) {
	int64_t last_ms = zone->since_ms;

	if (zone->last_attempt_ms > last_ms) {
		last_ms = zone->last_attempt_ms;
	}
	if (zone->last_success_ms > last_ms) {
		last_ms = zone->last_success_ms;
	}
	return (now_ms - last_ms);
}

/*--- what an answer means ---------------------------------------------------------*/

/*
 * The expire time out of what is left. That is counted in whole seconds, and from when
 * named looked, between the query and its answer: what differs by less is the same, as
 * a move of the expire time means that a refresh succeeded.
 */
static int64_t
expires_s(const question_t *question, const xfw_wire_soa_t *soa, int64_t now_ms) {
	const xfw_zone_t *zone = question->zone;
	int64_t at_s = now_ms / 1000 + soa->expire_left_s;
	int64_t rtt_ms = now_ms - question->sent_ms;
	int64_t slack_s = rtt_ms < 100 ? 1 : 1 + (rtt_ms + 999) / 1000;

	if (!soa->has_expire) {
		return (zone->expires_s); /* about to expire, or it was never told */
	}
	if (zone->expires_s != 0 && at_s >= zone->expires_s - slack_s &&
	    at_s <= zone->expires_s + slack_s)
	{
		return (zone->expires_s);
	}
	return (at_s);
}

static uint32_t
as_u32(int64_t s) {
	return (s < 0 ? 0 : s > UINT32_MAX ? UINT32_MAX : (uint32_t)s);
}

/* A mirror zone is answered without authority (RFC 8806), but with EXPIRE. */
static void
take_data(xfw_ask_t *ask, const question_t *question, const xfw_wire_soa_t *soa,
	  int64_t now_ms) {
	xfw_timers_t timers = {
		.found = true,
		.loaded = true,
		.has_serial = true,
		.has_soa = true,
		.type = soa->authoritative ? XFW_ZONE_TYPE_SECONDARY
					   : XFW_ZONE_TYPE_MIRROR,
		.serial = soa->serial,
		.refresh_s = soa->refresh_s,
		.retry_s = soa->retry_s,
		.expire_s = soa->expire_s,
		.expires_s = expires_s(question, soa, now_ms),
		.read_ms = question->sent_ms,
		.signature_s = as_u32(soa->signature_s),
		.inception_s = as_u32(soa->inception_s),
	};

	memo_drop(ask, question->zone);
	give(ask, question->zone, &timers, now_ms);
}

/*
 * SERVFAIL: the zone has no data; it expired, or was never loaded. Or its file is being
 * read: then it has data a moment later.
 */
static void
take_no_data(xfw_ask_t *ask, const question_t *question, int64_t now_ms) {
	xfw_zone_t *zone = question->zone;
	bool news = (zone->flags & XFW_ZONE_LOADED) != 0 ||
		    (zone->flags & XFW_ZONE_HAS_TIMERS) == 0;
	bool past = zone->expires_s != 0 && (int64_t)zone->expires_s * 1000 <= now_ms;
	memo_t memo = memo_get(ask, zone);
	xfw_timers_t timers = {
		.found = true,
		.type = zone->type != XFW_ZONE_TYPE_UNKNOWN ? zone->type
							    : XFW_ZONE_TYPE_SECONDARY,
		.expires_s = past ? zone->expires_s : 0,
		.read_ms = question->sent_ms,
	};

	if (news && !past &&
	    (memo.kind != MEMO_SERVFAIL || now_ms - memo.at_ms > MEMO_KEEP_MS))
	{
		memo_put(ask, zone, MEMO_SERVFAIL, now_ms, now_ms + SERVFAIL_MS);
		put_off(ask, zone, now_ms + SERVFAIL_MS, now_ms);
		return;
	}
	memo_drop(ask, zone);
	give(ask, zone, &timers, now_ms);
}

/*
 * Any other answer: named does not serve the zone, or not to us. Which of both is told
 * by whether it ever did.
 */
static void
take_unserved(xfw_ask_t *ask, const question_t *question, int64_t now_ms) {
	xfw_zone_t *zone = question->zone;
	bool was_served = (zone->flags & XFW_ZONE_HAS_TIMERS) != 0;
	memo_t memo = memo_get(ask, zone);
	int64_t wait_ms = was_served ? UNSERVED_MS : REFUSED_MS;

	if (memo.kind == MEMO_REMOVED ||
	    (was_served && memo.kind == MEMO_UNSERVED &&
	     now_ms - memo.at_ms >= UNSERVED_MS) ||
	    (!was_served && silence_ms(zone, now_ms) >= FORGET_MS))
	{
		forget(ask, zone, now_ms);
		return;
	}
	if (memo.kind != MEMO_UNSERVED) {
		memo.at_ms = now_ms;
	}
	memo_put(ask, zone, MEMO_UNSERVED, memo.at_ms, now_ms + wait_ms);
	put_off(ask, zone, now_ms + wait_ms, now_ms);
}

static void
take_answer(xfw_ask_t *ask, question_t *question, const uint8_t *data, size_t len) {
	int64_t now_ms = ask->ops.now_ms();
	xfw_wire_soa_t soa;
	bool read = xfw_wire_read_soa(&question->wire, data, len, now_ms / 1000, &soa);

	question->used = false;
	ask->underway--;
	ask->silent = 0;
	ask->pause_ms = PAUSE_MIN_MS;
	ask->silent_until_ms = 0;
	ask->ops.answered(ask->ops.arg, question->sent_ms, now_ms);
	if (question->zone == NULL) {
		return;
	}
	if (!read || soa.rcode == XFW_RCODE_FORMERR || soa.rcode == XFW_RCODE_NOTIMP ||
	    (soa.truncated && !soa.has_soa))
	{
		put_off(ask, question->zone, now_ms + REFUSED_MS, now_ms);
	} else if (soa.rcode == XFW_RCODE_SERVFAIL) {
		take_no_data(ask, question, now_ms);
	} else if (soa.rcode == XFW_RCODE_NOERROR && soa.has_soa &&
		   (soa.authoritative || soa.has_expire))
	{
		take_data(ask, question, &soa, now_ms);
	} else {
		take_unserved(ask, question, now_ms);
	}
}

/*--- the socket -------------------------------------------------------------------*/

static void
release(xfw_ask_t *ask) {
	if (ask->ended && ask->closing == 0) {
		free(ask);
	}
}

static void
closed(uv_handle_t *handle) {
	channel_t *channel = handle->data;
	xfw_ask_t *ask = channel->ask;

	(void)close(channel->fd);
	free(channel);
	ask->closing--;
	release(ask);
}

static void
close_channel(xfw_ask_t *ask) {
	if (ask->channel != NULL) {
		ask->closing++;
		uv_close((uv_handle_t *)&ask->channel->poll, closed);
		ask->channel = NULL;
	}
}

static question_t *
answered_by(xfw_ask_t *ask, const uint8_t *data, size_t len) {
	for (size_t i = 0; i < XFW_ASK_UNDERWAY; i++) {
		question_t *question = &ask->questions[i];

		if (question->used && xfw_wire_is_answer(&question->wire, data, len)) {
			return (question);
		}
	}
	return (NULL);
}

/* The socket is connected: the kernel drops what comes from elsewhere. */
static void
readable(uv_poll_t *poll, int status, int events) {
	channel_t *channel = poll->data;
	xfw_ask_t *ask = channel->ask;
	uint8_t data[4096];

	(void)status;
	(void)events;
	for (unsigned i = 0; i < READ_MAX && ask->channel == channel; i++) {
		ssize_t len = recv(channel->fd, data, sizeof(data), MSG_DONTWAIT);
		question_t *question;

		if (len < 0) {
			ask->gone = ask->gone || errno == ECONNREFUSED;
			return;
		}
		question = len > 0 ? answered_by(ask, data, (size_t)len) : NULL;
		if (question != NULL) {
			take_answer(ask, question, data, (size_t)len);
		}
	}
}

/* From the address that is asked, with a port of our own. */
static int
open_socket(const struct sockaddr_storage *to) {
	struct sockaddr_storage own = *to;
	int fd = socket(to->ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*xfw_sockets_port_of(&own) = 0;
	if (fd >= 0 &&
	    (bind(fd, (struct sockaddr *)&own, xfw_sockets_size(&own)) != 0 ||
	     connect(fd, (const struct sockaddr *)to, xfw_sockets_size(to)) != 0))
	{
		(void)close(fd);
		fd = -1;
	}
	return (fd);
}

static void
open_channel(xfw_ask_t *ask) {
	channel_t *channel;

	close_channel(ask);
	if (ask->count == 0 || (channel = calloc(1, sizeof(*channel))) == NULL) {
		return;
	}
	ask->at %= ask->count;
	channel->ask = ask;
	channel->fd = open_socket(&ask->listeners[ask->at]);
	if (channel->fd < 0 ||
	    uv_poll_init(ask->loop, &channel->poll, channel->fd) != 0)
	{
		if (channel->fd >= 0) {
			(void)close(channel->fd);
		}
		free(channel);
		return;
	}
	channel->poll.data = channel;
	(void)uv_poll_start(&channel->poll, UV_READABLE, readable);
	ask->channel = channel;
}

static bool
ours(void *arg, int fd) {
	(void)arg; /* connected ones are not taken for listeners */
	(void)fd;
	return (false);
}

size_t
xfw_ask_discover(xfw_ask_t *ask, int64_t now_ms) {
	struct sockaddr_storage found[LISTENERS];
	size_t count = xfw_sockets_dns(found, LISTENERS, ours, NULL);
	bool changed = count != ask->count;

	for (size_t i = 0; i < count && !changed; i++) {
		changed = !xfw_sockets_same(&found[i], &ask->listeners[i]);
	}
	if (changed) {
		memcpy(ask->listeners, found, count * sizeof(*found));
		ask->count = count;
		ask->at = 0;
		ask->silent = 0;
		ask->gone = false;
		ask->silent_until_ms = now_ms;
	}
	if (changed || ask->channel == NULL) {
		open_channel(ask);
	}
	return (ask->count);
}

/*--- asking -----------------------------------------------------------------------*/

static question_t *
free_question(xfw_ask_t *ask) {
	for (size_t i = 0; i < XFW_ASK_UNDERWAY; i++) {
		if (!ask->questions[i].used) {
			return (&ask->questions[i]);
		}
	}
	return (NULL);
}

static uint16_t
class_of(const xfw_key_t *key) {
	if (key->class_len == 2 && memcmp(key->class_, "CH", 2) == 0) {
		return (XFW_CLASS_CH);
	}
	return (key->class_len == 2 && memcmp(key->class_, "HS", 2) == 0 ? XFW_CLASS_HS
									 : XFW_CLASS_IN);
}

/* An id that no other query under way has, and nobody guesses. */
static uint16_t
new_id(const xfw_ask_t *ask) {
	uint16_t id;

	if (getrandom(&id, sizeof(id), GRND_NONBLOCK) != (ssize_t)sizeof(id)) {
		id = (uint16_t)ask->tokens_ms; /* not before the kernel has any */
	}
	for (size_t i = 0; i < XFW_ASK_UNDERWAY; i++) {
		if (ask->questions[i].used && ask->questions[i].wire.question.id == id) {
			id++;
			i = SIZE_MAX; /* all of them once more */
		}
	}
	return (id);
}

/* False if it could not be sent. */
static bool
send_question(xfw_ask_t *ask, question_t *question, const xfw_question_t *what,
	      int64_t now_ms) {
	if (!xfw_wire_build(&question->wire, what, NULL, NULL, now_ms / 1000) ||
	    send(ask->channel->fd, question->wire.data, question->wire.len,
		 MSG_DONTWAIT) != (ssize_t)question->wire.len)
	{
		return (false);
	}
	question->used = true;
	question->sent_ms = now_ms;
	ask->underway++;
	return (true);
}

static void
ask_about(xfw_ask_t *ask, xfw_zone_t *zone, int64_t now_ms) {
	question_t *question = free_question(ask);
	xfw_key_t key;
	uint8_t name_len;

	question->zone = zone;
	if (!xfw_key_split(zone->key, zone->key_len, &key) ||
	    !xfw_wire_from_text(key.name, key.name_len, question->name, &name_len))
	{
		put_off(ask, zone, now_ms + SHELVE_MS, now_ms);
		return;
	}
	xfw_question_t what = { .name = question->name,
				.name_len = name_len,
				.type = XFW_TYPE_SOA,
				.class_ = class_of(&key),
				.id = new_id(ask),
				.edns = true,
				.dnssec_ok = true,
				.expire = true };

	ask->tokens -= 1000;
	if (!send_question(ask, question, &what, now_ms)) {
		ask->gone = true;
		put_off(ask, zone, now_ms + AGAIN_MS, now_ms);
	}
}

/* It is answered by named's built-in view, and leaves no line in its log. */
static void
say_hello(xfw_ask_t *ask, int64_t now_ms) {
	static const uint8_t name[] = "\7version\4bind";
	xfw_question_t what = { .name = name,
				.name_len = sizeof(name),
				.type = TYPE_TXT,
				.class_ = XFW_CLASS_CH,
				.id = new_id(ask) };
	question_t *question = free_question(ask);

	ask->hello_ms = now_ms + HELLO_MS;
	question->zone = NULL;
	ask->tokens -= 1000;
	ask->gone = !send_question(ask, question, &what, now_ms);
}

/*--- the rhythm -------------------------------------------------------------------*/

static void
refill(xfw_ask_t *ask, int64_t now_ms) {
	int64_t gained_ms = now_ms - ask->tokens_ms;

	ask->tokens_ms = now_ms; /* also when the clock was set back */
	if (ask->silent_until_ms > now_ms + PAUSE_MAX_MS) {
		ask->silent_until_ms = now_ms;
	}
	if (gained_ms > 1000) {
		gained_ms = 1000;
	}
	if (gained_ms > 0) {
		ask->tokens += gained_ms * XFW_ASK_RATE;
	}
	if (ask->tokens > BURST * 1000) {
		ask->tokens = BURST * 1000;
	}
}

/* named does not answer: another listener of it is next, in a while. */
static void
turn_away(xfw_ask_t *ask, int64_t now_ms) {
	ask->silent_until_ms = now_ms + ask->pause_ms;
	ask->pause_ms *= 2;
	if (ask->pause_ms > PAUSE_MAX_MS) {
		ask->pause_ms = PAUSE_MAX_MS;
	}
	ask->silent = SILENT_MAX;
	ask->gone = false;
	ask->at++;
	open_channel(ask);
}

static void
give_up(xfw_ask_t *ask, int64_t now_ms) {
	bool any = false;

	for (size_t i = 0; i < XFW_ASK_UNDERWAY; i++) {
		question_t *question = &ask->questions[i];
		int64_t age_ms = now_ms - question->sent_ms;

		/* Or the clock was set. */
		if (question->used && (age_ms >= WAIT_MS || age_ms < 0 || ask->gone)) {
			question->used = false;
			ask->underway--;
			any = true;
			ask->silent += ask->silent < UINT16_MAX;
			if (question->zone != NULL) {
				put_off(ask, question->zone, now_ms + AGAIN_MS, now_ms);
			}
		}
	}
	if (ask->gone ||
	    (any && ask->silent >= SILENT_MAX && ask->underway == 0))
	{
		turn_away(ask, now_ms);
	}
}

static bool
is_default(const xfw_view_t *view) {
	return (strcmp(view->name, XFW_VIEW_DEFAULT) == 0);
}

/* Which view answers is not known: its zones are not asked about, the state just looks
 * whether one is silent for so long that it does not fail any more. */
static void
shelve(xfw_ask_t *ask, xfw_view_t *view, int64_t now_ms) {
	xfw_zone_t *zones[PULSE_ZONES];
	size_t count = xfw_state_take_probes(ask->state, view, zones, PULSE_ZONES);

	for (size_t i = 0; i < count; i++) {
		if (silence_ms(zones[i], now_ms) >= FORGET_VIEW_MS) {
			forget(ask, zones[i], now_ms);
		} else {
			put_off(ask, zones[i], now_ms + SHELVE_MS, now_ms);
		}
	}
}

static bool
may_ask(const xfw_ask_t *ask) {
	return (ask->channel != NULL && !ask->gone && ask->tokens >= 1000 &&
		ask->underway < (ask->silent >= SILENT_MAX ? 1 : XFW_ASK_UNDERWAY));
}

static void
ask_view(xfw_ask_t *ask, xfw_view_t *view, int64_t now_ms) {
	xfw_zone_t *zone;

	for (unsigned i = 0; i < PULSE_ZONES && may_ask(ask); i++) {
		memo_t memo;

		if (xfw_state_take_probes(ask->state, view, &zone, 1) == 0) {
			return;
		}
		memo = memo_get(ask, zone);
		if (memo.kind != MEMO_NONE && memo.again_ms > now_ms &&
		    memo.again_ms <= now_ms + REFUSED_MS)
		{
			put_off(ask, zone, memo.again_ms, now_ms);
		} else {
			ask_about(ask, zone, now_ms);
		}
	}
}

bool
xfw_ask_pulse(xfw_ask_t *ask, int64_t now_ms, bool hello) {
	bool gave;

	refill(ask, now_ms);
	give_up(ask, now_ms);
	for (const xfw_view_t *view = xfw_state_views(ask->state), *next; view != NULL;
	     view = next)
	{
		next = view->next;
		if (!is_default(view)) {
			shelve(ask, xfw_state_view(ask->state, view->name), now_ms);
		} else if (now_ms >= ask->silent_until_ms) {
			ask_view(ask, xfw_state_view(ask->state, view->name), now_ms);
		}
	}
	if (hello && ask->underway == 0 && now_ms >= ask->silent_until_ms &&
	    (now_ms >= ask->hello_ms || ask->hello_ms > now_ms + HELLO_MS) &&
	    may_ask(ask))
	{
		say_hello(ask, now_ms);
	}
	gave = ask->gave;
	ask->gave = false;
	return (gave);
}

void
xfw_ask_removed(xfw_ask_t *ask, const char *key, int64_t now_ms) {
	xfw_zone_t *zone = xfw_state_find(ask->state, key, strlen(key));

	if (zone == NULL) {
		return;
	}
	if (is_default(zone->view)) {
		/* Unless there is another one of that name: the answer tells. */
		memo_put(ask, zone, MEMO_REMOVED, now_ms, now_ms);
		xfw_state_probe(ask->state, zone);
	} else {
		forget(ask, zone, now_ms);
	}
}

/*--- begin and end ------------------------------------------------------------------*/

xfw_ask_t *
xfw_ask_open(struct uv_loop_s *loop, xfw_state_t *state, const xfw_ask_ops_t *ops) {
	xfw_ask_t *ask = calloc(1, sizeof(*ask));

	if (ask != NULL) {
		ask->loop = loop;
		ask->state = state;
		ask->ops = *ops;
		ask->pause_ms = PAUSE_MIN_MS;
	}
	return (ask);
}

void
xfw_ask_close(xfw_ask_t *ask) {
	if (ask == NULL) {
		return;
	}
	for (size_t i = 0; i < XFW_ASK_UNDERWAY; i++) {
		question_t *question = &ask->questions[i];

		if (question->used && question->zone != NULL) {
			xfw_state_unprobed(ask->state, question->zone);
		}
		question->used = false;
	}
	close_channel(ask);
	ask->ended = true;
	release(ask);
}
