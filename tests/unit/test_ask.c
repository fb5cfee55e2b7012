/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Timers by DNS: a UDP socket of this very process plays named's listener and answers by
 * a script. Seen from outside: what arrives there, and what the state makes of what
 * comes back. One thread; the clock is the kit's, so that weeks pass at once.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <xfrwatch/ask.h>
#include <xfrwatch/wire.h>

#include "state_kit.h"

#define ZONE	"a.example/IN"
#define PRIMARY "10.0.0.53#53"
#define STEP_MS 100

/*--- named --------------------------------------------------------------------------*/

typedef enum manner {
	DATA,
	SERVFAIL,
	REFUSED,
	UNSERVED,
	MIRROR,
	INLINE,
	CUT,
	BROKEN
} manner_t;

typedef struct served {
	const char *name; /* wire; NULL: all others */
	manner_t manner;
	int64_t expires_s; /* as named has it */
	uint32_t serial;
	uint32_t signature_s; /* 0: not signed */
} served_t;

#define SERVED_MAX 4
static served_t script[SERVED_MAX];
static bool mute;	   /* it does not answer */
static int64_t early_ms;   /* it looked that much before the answer arrives */
static unsigned asked, hellos, most_unanswered;
static int64_t asked_first_ms, asked_last_ms;
static char last_name[1024];

static uv_loop_t loop;
static xfw_ask_t *ask;
static int sock, sock2 = -1;
static unsigned answered;
static int64_t answered_sent_ms;

static served_t *
serve(const char *name) {
	served_t *served = &script[SERVED_MAX - 1];

	for (size_t i = 0; i < SERVED_MAX; i++) {
		if (script[i].name != NULL && strcmp(script[i].name, name) == 0) {
			served = &script[i];
		}
	}
	return (served);
}

static uint8_t *
put16(uint8_t *at, unsigned value) {
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return (at + 2);
}

static uint8_t *
put32(uint8_t *at, uint32_t value) {
	return (put16(put16(at, value >> 16), value & 0xffff));
}

static uint8_t *
put_soa(uint8_t *at, uint32_t serial) {
	at = put16(put16(put16(at, 0xc00c), XFW_TYPE_SOA), XFW_CLASS_IN);
	at = put16(put32(at, 3600), 22);
	*at++ = 0; /* both names are the root */
	*at++ = 0;
	at = put32(put32(at, serial), REFRESH);
	return (put32(put32(put32(at, RETRY), EXPIRE), 300));
}

static uint8_t *
put_rrsig(uint8_t *at, uint32_t expires) {
	at = put16(put16(put16(at, 0xc00c), XFW_TYPE_RRSIG), XFW_CLASS_IN);
	at = put16(put32(at, 3600), 19);
	at = put16(put16(at, XFW_TYPE_SOA), 0x0d02);
	at = put32(put32(put32(at, 3600), expires), expires - 30 * 86400);
	at = put16(at, 4711);
	*at++ = 0; /* signer */
	return (at);
}

static uint8_t *
put_opt(uint8_t *at, int64_t left_s) {
	*at++ = 0;
	at = put32(put16(put16(at, 41), 1232), 0);
	if (left_s < 0) {
		return (put16(at, 0));
	}
	return (put32(put16(put16(put16(at, 8), 9), 4), (uint32_t)left_s));
}

/* The answer to the query of `len` bytes in `data`, built in its place. */
static size_t
make_answer(uint8_t *data, const served_t *served) {
	size_t question = 12 + strlen((const char *)data + 12) + 1 + 4;
	int64_t left_s = served->expires_s - (now_ms - early_ms) / 1000;
	bool has = served->manner == DATA || served->manner == MIRROR ||
		   served->manner == INLINE;
	bool aa = served->manner == DATA || served->manner == INLINE;
	unsigned rcode = served->manner == SERVFAIL  ? XFW_RCODE_SERVFAIL
			 : served->manner == REFUSED ? XFW_RCODE_REFUSED
						     : XFW_RCODE_NOERROR;
	uint8_t *at = data + question;

	(void)put16(data + 2, 0x8000 | (aa ? 0x0400 : 0) |
				      (served->manner == CUT ? 0x0200 : 0) | rcode);
	(void)put32(put32(data + 4, 1u << 16), 1);
	if (has) {
		at = put_soa(at, served->serial);
		(void)put16(data + 6, 1);
		if (served->signature_s != 0) {
			at = put_rrsig(at, served->signature_s);
			(void)put16(data + 6, 2);
		}
	}
	at = put_opt(at, has && served->manner != INLINE ? left_s : -1);
	return ((size_t)(at - data) - (served->manner == BROKEN ? 3 : 0));
}

/* What every query for a zone must be like. */
static void
check_query(const uint8_t *data, size_t len) {
	static const uint8_t tail[] = { 0, 6, 0, 1, 0, 0, 41, 0x04, 0xd0, 0, 0, 0x80,
					0, 0, 4, 0, 9, 0, 0 };

	/* One question, RD clear, EDNS with DO and an empty EXPIRE. */
	ck_assert_int_eq(memcmp(data + 2, "\0\0\0\1\0\0\0\0\0\1", 10), 0);
	ck_assert_uint_gt(len, sizeof(tail));
	ck_assert_int_eq(memcmp(data + len - sizeof(tail), tail, sizeof(tail)), 0);
}

static void
answer_one(int fd) {
	uint8_t data[1024];
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	ssize_t len = recvfrom(fd, data, 512, MSG_DONTWAIT, (struct sockaddr *)&from,
			       &from_len);

	ck_assert_int_ge(len, 12 + 5);
	if (strcmp((char *)data + 12, "\7version\4bind") == 0) {
		hellos++;
	} else {
		check_query(data, (size_t)len);
		asked++;
		asked_last_ms = now_ms;
		if (asked == 1) {
			asked_first_ms = now_ms;
		}
		(void)snprintf(last_name, sizeof(last_name), "%s", (char *)data + 12);
	}
	if (!mute) {
		size_t size = make_answer(data, serve((char *)data + 12));

		ck_assert_int_eq(sendto(fd, data, size, 0, (struct sockaddr *)&from,
					from_len),
				 (ssize_t)size);
	}
}

static bool
has_query(int fd) {
	char c;

	return (fd >= 0 && recv(fd, &c, 1, MSG_DONTWAIT | MSG_PEEK) >= 0);
}

/* One pulse, and what comes of it. */
static void
turn(bool hello) {
	unsigned before = asked;

	(void)xfw_state_tick(state, now_ms);
	(void)xfw_ask_pulse(ask, now_ms, hello);
	while (has_query(sock)) {
		answer_one(sock);
	}
	while (has_query(sock2)) {
		answer_one(sock2);
	}
	if (asked - before > most_unanswered) {
		most_unanswered = asked - before;
	}
	for (int i = 0; i < 3; i++) {
		(void)uv_run(&loop, UV_RUN_NOWAIT);
	}
}

static void
let(int64_t ms) {
	for (int64_t end_ms = now_ms + ms; now_ms < end_ms; now_ms += STEP_MS) {
		turn(false);
	}
}

/* The same for long times, in which nothing is asked but by the hour. */
static void
let_days(unsigned days) {
	for (unsigned i = 0; i < days * 24; i++) {
		now_ms += 3600 * 1000 - STEP_MS * 3;
		for (int k = 0; k < 3; k++, now_ms += STEP_MS) {
			turn(false);
		}
	}
}

/*--- the frame ----------------------------------------------------------------------*/

static int64_t
kit_now_ms(void) {
	return (now_ms);
}

static void
on_answered(void *arg, int64_t sent_ms, int64_t at_ms) {
	(void)arg;
	answered++;
	answered_sent_ms = sent_ms;
	ck_assert_int_eq(at_ms, now_ms);
}

static int
listener(void) {
	struct sockaddr_in in = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	return (fd);
}

static void
setup(void) {
	kit_setup();
	probes_answered = false;
	memset(script, 0, sizeof(script));
	script[SERVED_MAX - 1] = (served_t){ .manner = DATA,
					     .serial = 7,
					     .expires_s = now_ms / 1000 + 604000 };
	mute = false;
	early_ms = 0;
	asked = hellos = answered = most_unanswered = 0;
	ck_assert_int_eq(uv_loop_init(&loop), 0);
	sock = listener();
	ask = xfw_ask_open(&loop, state,
			   &(xfw_ask_ops_t){ kit_now_ms, on_answered, NULL });
	ck_assert_ptr_nonnull(ask);
	ck_assert_uint_eq(xfw_ask_discover(ask, now_ms), 1);
}

static void
teardown(void) {
	xfw_ask_close(ask);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
	(void)close(sock);
	if (sock2 >= 0) {
		(void)close(sock2);
		sock2 = -1;
	}
	kit_teardown();
}

static xfw_zone_t *
zone_of(const char *key) {
	return (xfw_state_find(state, key, strlen(key)));
}

static served_t *
others(void) {
	return (&script[SERVED_MAX - 1]);
}

/* ZONE fails at PRIMARY, and its timers were read. */
static xfw_zone_t *
failing(void) {
	soa_fails(ZONE, PRIMARY, "connection refused");
	let(1000);
	ck_assert_ptr_nonnull(zone_of(ZONE));
	ck_assert_int_eq(zone_of(ZONE)->state, XFW_ZONE_FAILING);
	return (zone_of(ZONE));
}

/*--- what is told ---------------------------------------------------------------------*/

START_TEST(timers_are_those_of_the_answer) {
	xfw_zone_t *zone = failing();

	ck_assert_str_eq(last_name, "\1a\7example");
	ck_assert(zone->flags & XFW_ZONE_HAS_TIMERS);
	ck_assert(zone->flags & XFW_ZONE_LOADED);
	ck_assert_int_eq(zone->type, XFW_ZONE_TYPE_SECONDARY);
	ck_assert_uint_eq(zone->serial, 7);
	ck_assert_uint_eq(zone->refresh_s, REFRESH);
	ck_assert_uint_eq(zone->retry_s, RETRY);
	ck_assert_uint_eq(zone->expire_s, EXPIRE);
	ck_assert_int_eq(zone->expires_s, others()->expires_s);
	ck_assert_int_eq(zone->refresh_at_s, 0);
	ck_assert_int_eq(xfw_zone_deadline_s(zone), others()->expires_s);
	ck_assert_str_eq(xfw_zone_deadline_name(zone), "expire");
	ck_assert_uint_gt(answered, 0);
	ck_assert_int_le(answered_sent_ms, now_ms);
}
END_TEST

START_TEST(severity_grows_with_what_is_left) {
	xfw_zone_t *zone;

	others()->expires_s = now_ms / 1000 + EXPIRE / 4 + 100;
	zone = failing();
	ck_assert_int_eq(zone->severity, XFW_SEVERITY_ERR);
	let(120 * 1000);
	ck_assert_int_eq(zone->severity, XFW_SEVERITY_CRIT);
	/* Once when its deadline was known, once when that came nearer. */
	ck_assert_uint_eq(heard(XFW_NOTICE_ESCALATED, NULL), 2);
}
END_TEST

START_TEST(signature_is_read) {
	xfw_zone_t *zone;

	others()->signature_s = (uint32_t)(now_ms / 1000) + 5000;
	zone = failing();
	ck_assert_uint_eq(zone->signature_s, others()->signature_s);
	ck_assert_uint_eq(zone->validity_h, 30 * 24);
	ck_assert_str_eq(xfw_zone_deadline_name(zone), "signature");
}
END_TEST

START_TEST(zone_without_expire_has_no_deadline) {
	xfw_zone_t *zone;

	others()->manner = INLINE; /* BIND sends none for inline-signing */
	zone = failing();
	ck_assert(zone->flags & XFW_ZONE_LOADED);
	ck_assert_uint_eq(zone->serial, 7);
	ck_assert_int_eq(xfw_zone_deadline_s(zone), 0);
}
END_TEST

/* BIND sends none either when the time has come, and the zone is not gone yet. */
START_TEST(deadline_that_was_known_is_kept) {
	xfw_zone_t *zone = failing();
	int64_t expires_s = zone->expires_s;

	others()->manner = INLINE;
	let(120 * 1000);
	ck_assert_int_eq(zone->expires_s, expires_s);
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
}
END_TEST

START_TEST(mirror_is_told_by_expire) {
	xfw_zone_t *zone;

	others()->manner = MIRROR;
	zone = failing();
	ck_assert_int_eq(zone->type, XFW_ZONE_TYPE_MIRROR);
	ck_assert_int_eq(zone->expires_s, others()->expires_s);
}
END_TEST

START_TEST(who_pulses_is_told_of_news) {
	soa_fails(ZONE, PRIMARY, "connection refused");
	now_ms += STEP_MS;
	ck_assert(!xfw_ask_pulse(ask, now_ms, false)); /* it asks */
	answer_one(sock);
	(void)uv_run(&loop, UV_RUN_NOWAIT);
	ck_assert(zone_of(ZONE)->flags & XFW_ZONE_HAS_TIMERS);
	ck_assert(xfw_ask_pulse(ask, now_ms, false));
	ck_assert(!xfw_ask_pulse(ask, now_ms, false));
}
END_TEST

/*--- recovery -------------------------------------------------------------------------*/

START_TEST(silent_success_is_seen_by_expire) {
	xfw_zone_t *zone = failing();

	let(120 * 1000);
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, NULL), 0);
	others()->expires_s = now_ms / 1000 + EXPIRE;
	let(62 * 1000);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, "connect-refused"), 1);
	ck_assert_uint_eq(xfw_state_counters(state)->up_to_date, 1);
	/* And it may fail again. */
	(void)failing();
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, "connect-refused"), 2);
}
END_TEST

/* The primary, a secondary itself, told by EDNS EXPIRE what it has left: success came
 * after the failure all the same, as the expire time was read in between. */
START_TEST(expire_of_the_primary_is_a_success) {
	xfw_zone_t *zone = failing();

	let(5000);
	others()->expires_s += 500;
	let(62 * 1000);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
}
END_TEST

/* What is left is told in whole seconds, and from when named looked. */
START_TEST(seconds_that_are_rounded_are_no_success) {
	xfw_zone_t *zone = failing();
	int64_t expires_s = zone->expires_s;

	for (int i = 0; i < 100; i++) {
		now_ms += 37;
		early_ms = i % 2 == 0 ? 0 : 90;
		let(5000);
		soa_fails(ZONE, PRIMARY, "connection refused");
		ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
		ck_assert_int_eq(zone->expires_s, expires_s);
	}
	ck_assert_uint_gt(asked, 50);
	ck_assert_uint_eq(xfw_state_counters(state)->up_to_date, 0);
}
END_TEST

START_TEST(late_answers_are_no_success) {
	xfw_zone_t *zone = failing();

	let(55 * 1000);
	for (int i = 0; i < 20; i++) {
		unsigned before = asked;

		mute = true;
		while (asked == before) {
			uint8_t data[512];
			struct sockaddr_in from;
			socklen_t from_len = sizeof(from);

			(void)xfw_state_tick(state, now_ms);
			(void)xfw_ask_pulse(ask, now_ms, false);
			if (!has_query(sock)) {
				now_ms += STEP_MS;
				continue;
			}
			(void)recvfrom(sock, data, sizeof(data), 0,
				       (struct sockaddr *)&from, &from_len);
			asked++;
			size_t size = make_answer(data, others());

			now_ms += 1400; /* the thread was kept from running */
			(void)sendto(sock, data, size, 0, (struct sockaddr *)&from,
				     from_len);
			(void)uv_run(&loop, UV_RUN_NOWAIT);
		}
		mute = false;
	}
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	ck_assert_uint_eq(xfw_state_counters(state)->up_to_date, 0);
}
END_TEST

/* One is broken, the other feeds the zone, round after round, in the same second. */
START_TEST(other_primary_feeds_the_zone) {
	xfw_zone_t *zone = failing();
	uint64_t opened = heard(XFW_NOTICE_OPENED, NULL);

	for (int i = 0; i < 20; i++) {
		let(REFRESH * 100 + i * 130);
		soa_fails(ZONE, PRIMARY, "connection refused");
		others()->expires_s = (now_ms + 10) / 1000 + EXPIRE;
		let(2000);
		ck_assert_int_eq(zone->state, XFW_ZONE_OK);
		ck_assert_uint_eq(zone->primaries, 2);
	}
	/* The broken one is still known for what it is. */
	ck_assert_int_eq(feed_of(zone, PRIMARY)->cause, XFW_CAUSE_CONNECT_REFUSED);
	ck_assert_uint_eq(heard(XFW_NOTICE_OPENED, NULL), opened);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, NULL), 0);
}
END_TEST

START_TEST(other_primary_is_found_late) {
	xfw_zone_t *zone = failing();

	let(REFRESH * 100);
	now_ms += 1000 - now_ms % 1000 + 20;
	mute = true; /* for so long that the answer comes half a minute later */
	others()->expires_s = now_ms / 1000 + EXPIRE;
	soa_fails(ZONE, PRIMARY, "connection refused");
	let(1500);
	mute = false;
	let(60 * 1000);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_uint_eq(zone->primaries, 2);
}
END_TEST

START_TEST(failure_after_a_silent_success_counts) {
	xfw_zone_t *zone;

	transfer_succeeds(ZONE, PRIMARY, 7);
	let(2000);
	zone = zone_of(ZONE);
	others()->expires_s = now_ms / 1000 + EXPIRE; /* not looked at before it fails */
	now_ms += 5000;
	soa_fails(ZONE, PRIMARY, "connection refused");
	let(120 * 1000);
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
}
END_TEST

START_TEST(healthy_zones_are_looked_at_now_and_then) {
	xfw_zone_t *zone;
	unsigned before;

	transfer_succeeds(ZONE, PRIMARY, 7);
	let(5000);
	zone = zone_of(ZONE);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	before = asked;
	others()->expires_s = now_ms / 1000 + EXPIRE + 1000;
	others()->serial = 8;
	now_ms += REFRESH * 1000;
	let(2000);
	ck_assert_uint_eq(asked, before + 1);
	ck_assert_uint_eq(zone->serial, 8);
	ck_assert_int_gt(zone->last_success_ms, START_MS + 60000);
	let(600 * 1000);
	ck_assert_uint_eq(asked, before + 1);
}
END_TEST

/*--- zones without data ---------------------------------------------------------------*/

START_TEST(never_loaded_when_it_is_sure) {
	xfw_zone_t *zone;

	others()->manner = SERVFAIL;
	soa_fails(ZONE, PRIMARY, "connection refused");
	let(500);
	zone = zone_of(ZONE);
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	let(3000);
	ck_assert_int_eq(zone->state, XFW_ZONE_NEVER_LOADED);
	ck_assert_int_eq(zone->type, XFW_ZONE_TYPE_SECONDARY);
	others()->manner = DATA;
	transfer_succeeds(ZONE, PRIMARY, 7);
	let(2000);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert_int_eq(zone->expires_s, others()->expires_s);
}
END_TEST

START_TEST(a_file_that_is_being_read_is_no_fault) {
	xfw_zone_t *zone = failing();
	unsigned before = asked;

	others()->manner = SERVFAIL;
	soa_fails(ZONE, PRIMARY, "connection refused");
	let(700); /* asked once */
	ck_assert_uint_eq(asked, before + 1);
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	others()->manner = DATA;
	let(3000);
	ck_assert_uint_eq(asked, before + 2);
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	ck_assert_int_eq(zone->expires_s, others()->expires_s);
	ck_assert_uint_eq(heard(XFW_NOTICE_ESCALATED, NULL), 0);
}
END_TEST

START_TEST(expired_zone_keeps_its_deadline) {
	xfw_zone_t *zone;
	int64_t expires_s = now_ms / 1000 + 20;

	others()->expires_s = expires_s;
	zone = failing();
	let(20000);
	others()->manner = SERVFAIL;
	linef("general: warning: zone %s: expired", ZONE);
	let(3000);
	ck_assert_int_eq(zone->state, XFW_ZONE_EXPIRED);
	ck_assert_int_eq(xfw_zone_deadline_s(zone), expires_s);
	ck_assert_uint_eq(heard(XFW_NOTICE_EXPIRED, NULL), 1);
	others()->manner = DATA;
	others()->expires_s = now_ms / 1000 + EXPIRE;
	transfer_succeeds(ZONE, PRIMARY, 8);
	let(2000);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
}
END_TEST

START_TEST(expiry_is_seen_without_its_line) {
	xfw_zone_t *zone;

	others()->expires_s = now_ms / 1000 + 20;
	zone = failing();
	let(21000);
	others()->manner = SERVFAIL;
	let(62000);
	ck_assert_int_eq(zone->state, XFW_ZONE_EXPIRED);
}
END_TEST

/*--- zones that are not served --------------------------------------------------------*/

START_TEST(refused_from_the_first_is_not_asked_on_and_on) {
	xfw_zone_t *zone;

	others()->manner = REFUSED;
	for (int i = 0; i < 60; i++) { /* ten minutes */
		soa_fails(ZONE, PRIMARY, "connection refused");
		let(10000);
	}
	zone = zone_of(ZONE);
	ck_assert_ptr_nonnull(zone);
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	ck_assert_int_eq(xfw_zone_deadline_s(zone), 0);
	ck_assert_uint_eq(asked, 1);
	for (int i = 0; i < 72; i++) { /* and half a day */
		soa_fails(ZONE, PRIMARY, "connection refused");
		let(600 * 1000);
	}
	ck_assert_ptr_nonnull(zone_of(ZONE));
	ck_assert_uint_le(asked, 50);
	let_days(2); /* in which nothing is heard of it */
	ck_assert_ptr_null(zone_of(ZONE));
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, NULL), 1);
}
END_TEST

START_TEST(zone_that_is_served_no_more_goes) {
	static const manner_t manners[] = { REFUSED, UNSERVED };

	for (size_t i = 0; i < 2; i++) {
		(void)failing();
		others()->manner = manners[i];
		soa_fails(ZONE, PRIMARY, "connection refused");
		let(50000);
		ck_assert_ptr_nonnull(zone_of(ZONE)); /* once is not enough */
		let(75000);
		ck_assert_ptr_null(zone_of(ZONE));
		ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, NULL), i + 1);
		others()->manner = DATA;
	}
}
END_TEST

START_TEST(refused_once_is_not_gone) {
	(void)failing();
	others()->manner = REFUSED;
	soa_fails(ZONE, PRIMARY, "connection refused");
	let(5000);
	others()->manner = DATA;
	let(90000);
	others()->manner = REFUSED;
	let(55000);
	others()->manner = DATA;
	let(180 * 1000);
	ck_assert_ptr_nonnull(zone_of(ZONE));
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, NULL), 0);
}
END_TEST

START_TEST(zone_that_named_removed_goes_at_once) {
	(void)failing();
	others()->manner = REFUSED;
	xfw_ask_removed(ask, ZONE, now_ms);
	let(500);
	ck_assert_ptr_null(zone_of(ZONE));
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, NULL), 1);
	xfw_ask_removed(ask, ZONE, now_ms); /* not known any more */
	/* Made anew by the same configuration: it stays. */
	others()->manner = DATA;
	(void)failing();
	xfw_ask_removed(ask, ZONE, now_ms);
	let(5000);
	ck_assert_ptr_nonnull(zone_of(ZONE));
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, NULL), 1);
}
END_TEST

START_TEST(zones_of_views_are_not_asked_about) {
	static const char key[] = "a.example/IN/internal";

	soa_fails(key, PRIMARY, "connection refused");
	soa_fails("b.example/IN/internal", PRIMARY, "connection refused");
	let(120 * 1000);
	ck_assert_uint_eq(asked, 0);
	ck_assert_int_eq(zone_of(key)->state, XFW_ZONE_FAILING);
	ck_assert_uint_eq(zone_of(key)->view->probe_count, 0);
	xfw_ask_removed(ask, "b.example/IN/internal", now_ms);
	ck_assert_ptr_null(zone_of("b.example/IN/internal"));
	let_days(27);
	ck_assert_ptr_nonnull(zone_of(key));
	let_days(2);
	ck_assert_ptr_null(zone_of(key));
	ck_assert_uint_eq(asked, 0);
}
END_TEST

/* Their expire time is not known: silence has to tell. */
START_TEST(zone_of_a_view_that_is_silent_is_fed) {
	static const char key[] = "a.example/IN/internal";

	for (int i = 0; i < 10; i++) {
		soa_fails(key, PRIMARY, "connection refused");
		let(3000 * 1000); /* 50 minutes: its retry interval */
	}
	ck_assert_int_eq(zone_of(key)->state, XFW_ZONE_FAILING);
	let(94 * 60 * 1000);
	ck_assert_int_eq(zone_of(key)->state, XFW_ZONE_FAILING);
	let(17 * 60 * 1000);
	ck_assert_int_eq(zone_of(key)->state, XFW_ZONE_OK);
	ck_assert_uint_eq(heard(XFW_NOTICE_RESOLVED, NULL), 1);
	/* Once, and then nothing: it may be asked for once a day. */
	soa_fails(key, PRIMARY, "connection refused");
	let_days(1);
	ck_assert_int_eq(zone_of(key)->state, XFW_ZONE_FAILING);
	let(3 * 3600 * 1000);
	ck_assert_int_eq(zone_of(key)->state, XFW_ZONE_OK);
}
END_TEST

START_TEST(inline_signed_zone_that_is_silent_is_fed) {
	xfw_zone_t *zone;

	others()->manner = INLINE;
	zone = failing();
	for (int i = 0; i < 20; i++) {
		let(REFRESH * 1000 / 6);
		soa_fails(ZONE, PRIMARY, "connection refused");
	}
	let(110 * 60 * 1000); /* its retry is short: two hours it is */
	ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
	let(12 * 60 * 1000);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
}
END_TEST

START_TEST(answers_that_say_nothing_change_nothing) {
	static const manner_t manners[] = { CUT, BROKEN };

	for (size_t i = 0; i < 2; i++) {
		xfw_zone_t *zone = failing();
		unsigned before = asked;

		others()->manner = manners[i];
		let(300 * 1000);
		ck_assert_ptr_eq(zone_of(ZONE), zone);
		ck_assert_int_eq(zone->state, XFW_ZONE_FAILING);
		ck_assert_int_eq(zone->expires_s, others()->expires_s);
		ck_assert_uint_le(asked, before + 1);
		others()->manner = DATA;
		now_ms += 900 * 1000;
	}
}
END_TEST

/*--- pace -----------------------------------------------------------------------------*/

static void
many_fail(unsigned count) {
	for (unsigned i = 0; i < count; i++) {
		linef("general: info: zone z%u.example/IN: refresh: failure trying "
		      "primary " PRIMARY " (source 0.0.0.0#0): connection refused", i);
	}
}

START_TEST(queries_come_at_a_rate) {
	many_fail(400);
	while (asked < 400 && now_ms < START_MS + 60000) {
		turn(false);
		now_ms += STEP_MS;
	}
	ck_assert_uint_ge(asked, 400);
	ck_assert_int_ge(asked_last_ms - asked_first_ms,
			 (400 - XFW_ASK_UNDERWAY) * 1000 / XFW_ASK_RATE - STEP_MS);
	/* And without waste. */
	ck_assert_int_le(asked_last_ms - asked_first_ms, 400 * 1000 / XFW_ASK_RATE + 500);
	ck_assert_uint_le(most_unanswered, XFW_ASK_UNDERWAY);
}
END_TEST

START_TEST(silent_named_is_left_alone) {
	many_fail(400);
	mute = true;
	let(600 * 1000);
	/* Four; then one at a time, with pauses of 1, 2, 4 ... 60 s. */
	ck_assert_uint_ge(asked, 10);
	ck_assert_uint_le(asked, XFW_ASK_UNDERWAY + 18);
	mute = false;
	asked = 0;
	let(62 * 1000 + 30 * 1000);
	ck_assert_uint_ge(asked, 400);
	ck_assert(zone_of("z0.example/IN")->flags & XFW_ZONE_HAS_TIMERS);
	ck_assert(zone_of("z399.example/IN")->flags & XFW_ZONE_HAS_TIMERS);
}
END_TEST

START_TEST(other_listener_is_tried) {
	mute = true;
	sock2 = listener();
	ck_assert_uint_eq(xfw_ask_discover(ask, now_ms), 2);
	soa_fails(ZONE, PRIMARY, "connection refused");
	many_fail(10);
	let(1000);
	ck_assert_uint_gt(asked, 0);
	/* The one that was asked, loopback as well, is there no more. */
	(void)close(sock);
	sock = -1;
	mute = false;
	for (int i = 0;
	     i < 900 && (zone_of(ZONE)->flags & XFW_ZONE_HAS_TIMERS) == 0; i++)
	{
		turn(false);
		now_ms += STEP_MS;
	}
	ck_assert(zone_of(ZONE)->flags & XFW_ZONE_HAS_TIMERS);
	sock = listener();
}
END_TEST

START_TEST(named_that_is_away_costs_nothing) {
	(void)failing();
	(void)close(sock);
	asked = 0;
	let(60 * 1000);
	sock = listener();
	ck_assert_uint_eq(xfw_ask_discover(ask, now_ms), 1);
	others()->expires_s += 10000;
	let(95 * 1000);
	ck_assert_uint_gt(asked, 0);
	ck_assert_int_eq(zone_of(ZONE)->state, XFW_ZONE_OK);
}
END_TEST

START_TEST(hello_is_said_until_it_is_answered) {
	mute = true;
	for (int i = 0; i < 30; i++, now_ms += STEP_MS) {
		turn(true);
	}
	ck_assert_uint_ge(hellos, 2);
	ck_assert_uint_eq(answered, 0);
	mute = false;
	for (int i = 0; i < 40; i++, now_ms += STEP_MS) {
		turn(true);
	}
	ck_assert_uint_gt(answered, 0);
	unsigned before = hellos;

	let(10000);
	ck_assert_uint_eq(hellos, before);
	ck_assert_uint_eq(asked, 0);
}
END_TEST

/*--- strays ---------------------------------------------------------------------------*/

START_TEST(strays_are_dropped) {
	uint8_t data[1024], stray[1024];
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	int stranger = listener();
	size_t size;

	mute = true;
	soa_fails(ZONE, PRIMARY, "connection refused");
	(void)xfw_state_tick(state, now_ms);
	(void)xfw_ask_pulse(ask, now_ms, false);
	ck_assert(has_query(sock));
	(void)recvfrom(sock, data, 512, 0, (struct sockaddr *)&from, &from_len);
	size = make_answer(data, others());
	for (int kind = 0; kind < 4; kind++) {
		memcpy(stray, data, size);
		stray[1] ^= kind == 0;		     /* id */
		stray[13] = kind == 1 ? 'b' : 'a';   /* question */
		stray[2] &= kind == 2 ? 0x7f : 0xff; /* no answer */
		(void)sendto(kind == 3 ? stranger : sock, stray, size, 0,
			     (struct sockaddr *)&from, from_len);
		(void)sendto(sock, "x", 1, 0, (struct sockaddr *)&from, from_len);
		for (int i = 0; i < 3; i++) {
			(void)uv_run(&loop, UV_RUN_NOWAIT);
		}
		ck_assert_uint_eq(answered, 0);
	}
	(void)sendto(sock, data, size, 0, (struct sockaddr *)&from, from_len);
	(void)sendto(sock, data, size, 0, (struct sockaddr *)&from, from_len);
	for (int i = 0; i < 3; i++) {
		(void)uv_run(&loop, UV_RUN_NOWAIT);
	}
	ck_assert_uint_eq(answered, 1); /* not by the second one */
	ck_assert(zone_of(ZONE)->flags & XFW_ZONE_HAS_TIMERS);
	(void)close(stranger);
}
END_TEST

START_TEST(zone_goes_while_it_is_asked_about) {
	mute = true;
	soa_fails(ZONE, PRIMARY, "connection refused");
	let(200);
	ck_assert_uint_eq(asked, 1);
	xfw_state_view_gone(state, zone_of(ZONE)->view, now_ms);
	ck_assert_ptr_null(zone_of(ZONE));
	let(5000); /* given up */
	mute = false;
	(void)failing();
}
END_TEST

START_TEST(ends_with_questions_under_way) {
	mute = true;
	many_fail(20);
	let(100);
	ck_assert_uint_gt(asked, 0); /* teardown does the rest */
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("ask");
	TCase *tc = tcase_create("ask");

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(suite, tc);
	tcase_add_test(tc, timers_are_those_of_the_answer);
	tcase_add_test(tc, who_pulses_is_told_of_news);
	tcase_add_test(tc, severity_grows_with_what_is_left);
	tcase_add_test(tc, signature_is_read);
	tcase_add_test(tc, zone_without_expire_has_no_deadline);
	tcase_add_test(tc, deadline_that_was_known_is_kept);
	tcase_add_test(tc, mirror_is_told_by_expire);
	tcase_add_test(tc, silent_success_is_seen_by_expire);
	tcase_add_test(tc, expire_of_the_primary_is_a_success);
	tcase_add_test(tc, seconds_that_are_rounded_are_no_success);
	tcase_add_test(tc, late_answers_are_no_success);
	tcase_add_test(tc, other_primary_feeds_the_zone);
	tcase_add_test(tc, other_primary_is_found_late);
	tcase_add_test(tc, failure_after_a_silent_success_counts);
	tcase_add_test(tc, healthy_zones_are_looked_at_now_and_then);
	tcase_add_test(tc, never_loaded_when_it_is_sure);
	tcase_add_test(tc, a_file_that_is_being_read_is_no_fault);
	tcase_add_test(tc, expired_zone_keeps_its_deadline);
	tcase_add_test(tc, expiry_is_seen_without_its_line);
	tcase_add_test(tc, refused_from_the_first_is_not_asked_on_and_on);
	tcase_add_test(tc, zone_that_is_served_no_more_goes);
	tcase_add_test(tc, refused_once_is_not_gone);
	tcase_add_test(tc, zone_that_named_removed_goes_at_once);
	tcase_add_test(tc, zones_of_views_are_not_asked_about);
	tcase_add_test(tc, zone_of_a_view_that_is_silent_is_fed);
	tcase_add_test(tc, inline_signed_zone_that_is_silent_is_fed);
	tcase_add_test(tc, answers_that_say_nothing_change_nothing);
	tcase_add_test(tc, queries_come_at_a_rate);
	tcase_add_test(tc, silent_named_is_left_alone);
	tcase_add_test(tc, other_listener_is_tried);
	tcase_add_test(tc, named_that_is_away_costs_nothing);
	tcase_add_test(tc, hello_is_said_until_it_is_answered);
	tcase_add_test(tc, strays_are_dropped);
	tcase_add_test(tc, zone_goes_while_it_is_asked_about);
	tcase_add_test(tc, ends_with_questions_under_way);
	return (kit_run(suite));
}
