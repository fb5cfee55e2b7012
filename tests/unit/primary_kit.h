/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A scripted primary on a libuv loop, over UDP and TCP at one port of loopback: it
 * answers, is silent, lies, floods or trickles as `udp_how` and `tcp_how` say, and
 * counts what it was asked. Its handles do not keep the loop alive.
 */
#ifndef PRIMARY_KIT_H
#define PRIMARY_KIT_H

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <uv.h>

#include <xfrwatch/wire.h>

#define SERIAL	2026032901u
#define CALLERS 8

static const uint8_t zone_name[] = "\7example"; /* the final 0 is the root */
static const uint8_t key_name[] = "\3key";
static const uint8_t algorithm[] = "\013hmac-sha256";

typedef enum how {
	ABSENT = 0, /* nobody listens */
	GOOD,
	SILENT,
	CLOSES,	    /* TCP: at once */
	RESETS,	    /* TCP: at once, with RST */
	TRICKLES,   /* TCP: a byte now and then, for ever */
	HALF,	    /* TCP: announces 65535 bytes, sends 100 */
	HALF_CLOSES,
	HUGE,	    /* TCP: 65535 bytes */
	TINY,	    /* TCP: announces 5 bytes */
	LOSES,	    /* UDP: answers the second query only */
	LATE,	    /* UDP: answers the first query when the second comes */
	FLOODS,	    /* UDP: many datagrams with another id, then the answer */
	FLOODS_ON,  /* ... and no answer */
	WRONG_ID,
	GARBAGE,
	REFUSES,    /* REFUSED, without the question */
	NO_EDNS,    /* FORMERR to EDNS, an answer to others */
	NO_SENSE,   /* FORMERR to all */
	MUTE_EDNS,  /* FORMERR to EDNS, nothing to others */
	SIGNS,	    /* answers are signed well if queries are */
	MISSIGNS,   /* ... with another secret */
	NO_KEY	    /* NOTAUTH to signed queries */
} how_t;

static uv_loop_t loop;
static uv_timer_t trickle;
static uv_udp_t udp;
static uv_tcp_t tcp;
static uv_tcp_t callers[CALLERS];
static unsigned caller_count;
static how_t udp_how, tcp_how;
static struct sockaddr_storage server;

/* What the primary saw. */
static unsigned udp_queries, tcp_queries, tcp_callers, udp_signed, tcp_signed;
static unsigned udp_edns, tcp_edns, udp_ixfr, tcp_transfers, udp_do;
static uint32_t ixfr_serial;
static uint16_t ids[64], ports[64];
static struct sockaddr_storage udp_from, tcp_from;
static uint8_t held[2048];
static size_t held_len;

static size_t
size_of(const struct sockaddr_storage *address) {
	return (address->ss_family == AF_INET ? sizeof(struct sockaddr_in)
					      : sizeof(struct sockaddr_in6));
}

static in_port_t *
port_of(struct sockaddr_storage *address) {
	return (address->ss_family == AF_INET
			? &((struct sockaddr_in *)address)->sin_port
			: &((struct sockaddr_in6 *)address)->sin6_port);
}

static struct sockaddr_storage
address(const char *text, uint16_t port) {
	struct sockaddr_storage out = { .ss_family = AF_INET };

	if (strchr(text, ':') != NULL) {
		out.ss_family = AF_INET6;
		ck_assert_int_eq(inet_pton(AF_INET6, text,
					   &((struct sockaddr_in6 *)&out)->sin6_addr),
				 1);
	} else {
		ck_assert_int_eq(inet_pton(AF_INET, text,
					   &((struct sockaddr_in *)&out)->sin_addr),
				 1);
	}
	*port_of(&out) = htons(port);
	return (out);
}

static const uint8_t *
find(const uint8_t *data, size_t len, const void *what, size_t what_len) {
	return (data == NULL ? NULL : memmem(data, len, what, what_len));
}

static const uint8_t *
find_tsig(const uint8_t *data, size_t len) {
	static const uint8_t tsig[] = "\3key\0\0\372\0\377";

	return (find(data, len, tsig, sizeof(tsig) - 1));
}

static const uint8_t *
find_opt(const uint8_t *data, size_t len) {
	static const uint8_t opt[] = "\0\0\51\4\320"; /* root, OPT, 1232 */

	return (find(data, len, opt, sizeof(opt) - 1));
}

static uint16_t
type_of(const uint8_t *query) {
	const uint8_t *at = query + 12 + sizeof(zone_name);

	return ((uint16_t)(at[0] << 8 | at[1]));
}

static uint8_t *
put(uint8_t *at, const void *data, size_t len) {
	memcpy(at, data, len);
	return (at + len);
}

static uint8_t *
put_soa(uint8_t *at) {
	static const uint8_t head[] = { 0xc0, 12, 0, 6, 0, 1, 0, 0, 14, 16, 0, 22, 0, 0 };
	uint32_t numbers[5] = { htonl(SERIAL), htonl(3600), htonl(900),
				htonl(604800), htonl(300) };

	return (put(put(at, head, sizeof(head)), numbers, sizeof(numbers)));
}

/* With the digest that the test's HMAC gives: it knows the secret alone. */
static uint8_t *
put_tsig(uint8_t *at, const uint8_t *query, uint8_t secret) {
	static const uint8_t fixed[] = { 0, 250, 0, 255, 0, 0, 0, 0 };
	uint64_t now = (uint64_t)time(NULL);
	uint8_t when[] = { 0, 0, (uint8_t)(now >> 24), (uint8_t)(now >> 16),
			   (uint8_t)(now >> 8), (uint8_t)now, 1, 44, 0, 32 };

	at = put(at, key_name, sizeof(key_name));
	at = put(at, fixed, sizeof(fixed));
	*at++ = 0;
	*at++ = sizeof(algorithm) + sizeof(when) + 32 + 6;
	at = put(at, algorithm, sizeof(algorithm));
	at = put(at, when, sizeof(when));
	memset(at, secret, 32);
	at = put(at + 32, query, 2);
	memset(at, 0, 4);
	return (at + 4);
}

static size_t
build(uint8_t *out, const uint8_t *query, size_t len, how_t how) {
	bool is_signed = find_tsig(query, len) != NULL;
	bool edns = find_opt(query, len) != NULL;
	uint8_t *at = put(out, query, 12 + sizeof(zone_name) + 4);
	unsigned rcode = 0;

	out[2] = 0x84; /* QR, AA */
	out[3] = 0;
	memset(out + 6, 0, 6);
	if (how == REFUSES) {
		out[3] = XFW_RCODE_REFUSED;
		out[5] = 0;
		return (12);
	}
	if (how == NO_SENSE || ((how == NO_EDNS || how == MUTE_EDNS) && edns)) {
		rcode = XFW_RCODE_FORMERR;
	} else if (how == NO_KEY && is_signed) {
		rcode = XFW_RCODE_NOTAUTH;
	}
	out[3] = (uint8_t)rcode;
	if (rcode == 0) {
		out[7] = 1;
		at = put_soa(at);
	}
	if (is_signed && (how == SIGNS || how == MISSIGNS)) {
		out[11] = 1;
		at = put_tsig(at, query, how == SIGNS ? 's' : 'x');
	}
	if (how == WRONG_ID) {
		out[0] ^= 1;
	}
	return ((size_t)(at - out));
}

static void
look(const uint8_t *data, size_t len, unsigned *queries, unsigned *signs,
     unsigned *edns) {
	const uint8_t *opt = find_opt(data, len);

	ck_assert_uint_ge(len, 12 + sizeof(zone_name) + 4);
	ck_assert_uint_lt(*queries, 64);
	++*queries;
	*signs += find_tsig(data, len) != NULL;
	*edns += opt != NULL;
	udp_do += opt != NULL && (opt[7] & 0x80) != 0;
}

static void
send_udp(const uint8_t *data, size_t len, const struct sockaddr *to) {
	uv_buf_t buf = uv_buf_init((char *)data, (unsigned)len);

	(void)uv_udp_try_send(&udp, &buf, 1, to);
}

static void
answer_udp(const uint8_t *data, size_t len, const struct sockaddr *to) {
	static const uint8_t garbage[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	uint8_t out[2048];
	size_t out_len = build(out, data, len, udp_how);

	switch (udp_how) {
	case SILENT:
		return;
	case GARBAGE:
		send_udp(garbage, sizeof(garbage), to);
		send_udp(garbage, 0, to);
		return;
	case LOSES:
		if (udp_queries == 1) {
			return;
		}
		break;
	case LATE:
		if (udp_queries == 1) {
			memcpy(held, out, out_len);
			held_len = out_len;
			return;
		}
		send_udp(held, held_len, to);
		return;
	case FLOODS:
	case FLOODS_ON:
		out[0] ^= 1;
		for (unsigned i = 0; i < (udp_how == FLOODS ? 40 : 150); i++) {
			send_udp(out, out_len, to);
		}
		out[0] ^= 1;
		if (udp_how == FLOODS_ON) {
			return;
		}
		break;
	case MUTE_EDNS:
		if (find_opt(data, len) == NULL) {
			return;
		}
		break;
	default:
		break;
	}
	send_udp(out, out_len, to);
}

static void
on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf) {
	static char room[4096];

	(void)handle;
	(void)size;
	*buf = uv_buf_init(room, sizeof(room));
}

static void
on_udp(uv_udp_t *handle, ssize_t len, const uv_buf_t *buf,
       const struct sockaddr *from, unsigned flags) {
	const uint8_t *data = (const uint8_t *)buf->base;

	(void)handle;
	(void)flags;
	if (len <= 0 || from == NULL) {
		return;
	}
	ck_assert_uint_lt(udp_queries, 64);
	memcpy(&ids[udp_queries], data, 2);
	memcpy(&udp_from, from, size_of((const struct sockaddr_storage *)from));
	ports[udp_queries] = *port_of(&udp_from);
	look(data, (size_t)len, &udp_queries, &udp_signed, &udp_edns);
	if (type_of(data) == XFW_TYPE_IXFR) {
		const uint8_t *soa = data + 12 + sizeof(zone_name) + 4;
		uint32_t number;

		/* Name, type, class, TTL, length, two names: RFC 1995, 3. */
		soa = find(soa, (size_t)(data + len - soa), "\0\6\0\1", 4);
		ck_assert_ptr_nonnull(soa);
		for (soa += 10; *soa != 0; soa += *soa + 1) {}
		for (soa++; *soa != 0; soa += *soa + 1) {}
		memcpy(&number, soa + 1, sizeof(number));
		ixfr_serial = ntohl(number);
		udp_ixfr++;
	}
	answer_udp(data, (size_t)len, from);
}

static void
send_tcp(uv_stream_t *to, const uint8_t *data, size_t len) {
	while (len > 0) {
		uv_buf_t buf = uv_buf_init((char *)data, (unsigned)len);
		int sent = uv_try_write(to, &buf, 1);

		if (sent <= 0) {
			break;
		}
		data += sent;
		len -= (size_t)sent;
	}
}

static void
on_trickle(uv_timer_t *timer) {
	if (uv_is_writable(timer->data)) {
		send_tcp(timer->data, (const uint8_t *)"\4", 1);
	}
}

static void
answer_tcp(uv_stream_t *to, const uint8_t *data, size_t len) {
	static uint8_t out[2 + 65535];
	size_t out_len = build(out + 2, data, len, tcp_how);

	switch (tcp_how) {
	case SILENT:
		return;
	case MUTE_EDNS:
		if (find_opt(data, len) == NULL) {
			return;
		}
		break;
	case TRICKLES:
		trickle.data = to;
		(void)uv_timer_start(&trickle, on_trickle, 0, 5);
		return;
	case GARBAGE:
		memset(out, 'x', 200);
		out[0] = 0;
		send_tcp(to, out, 2 + 'x');
		return;
	case HALF:
	case HALF_CLOSES:
		out[0] = out[1] = 0xff;
		send_tcp(to, out, 102);
		if (tcp_how == HALF_CLOSES) {
			uv_close((uv_handle_t *)to, NULL);
		}
		return;
	case HUGE:
		out_len = 65535;
		break;
	case TINY:
		out_len = 5;
		break;
	default:
		break;
	}
	out[0] = (uint8_t)(out_len >> 8);
	out[1] = (uint8_t)out_len;
	send_tcp(to, out, 2 + out_len);
}

/* Our queries come in one piece. */
static void
on_tcp(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf) {
	const uint8_t *data = (const uint8_t *)buf->base;

	if (len < 0) {
		if (stream == trickle.data) {
			(void)uv_timer_stop(&trickle);
		}
		uv_close((uv_handle_t *)stream, NULL);
		return;
	}
	ck_assert_int_gt(len, 2);
	ck_assert_int_eq(data[0] << 8 | data[1], len - 2);
	look(data + 2, (size_t)len - 2, &tcp_queries, &tcp_signed, &tcp_edns);
	tcp_transfers += type_of(data + 2) != XFW_TYPE_SOA;
	answer_tcp(stream, data + 2, (size_t)len - 2);
}

static void
on_caller(uv_stream_t *listener, int status) {
	uv_tcp_t *caller = &callers[caller_count++];
	int len = sizeof(tcp_from);

	ck_assert_int_eq(status, 0);
	ck_assert_uint_le(caller_count, CALLERS);
	tcp_callers++;
	ck_assert_int_eq(uv_tcp_init(&loop, caller), 0);
	uv_unref((uv_handle_t *)caller);
	ck_assert_int_eq(uv_accept(listener, (uv_stream_t *)caller), 0);
	(void)uv_tcp_getpeername(caller, (struct sockaddr *)&tcp_from, &len);
	if (tcp_how == CLOSES) {
		uv_close((uv_handle_t *)caller, NULL);
	} else if (tcp_how == RESETS) {
		ck_assert_int_eq(uv_tcp_close_reset(caller, NULL), 0);
	} else {
		ck_assert_int_eq(uv_read_start((uv_stream_t *)caller, on_alloc, on_tcp),
				 0);
	}
}

static bool
bind_both(const char *text) {
	int len = sizeof(server);

	server = address(text, 0);
	ck_assert_int_eq(uv_udp_init(&loop, &udp), 0);
	ck_assert_int_eq(uv_tcp_init(&loop, &tcp), 0);
	uv_unref((uv_handle_t *)&udp);
	uv_unref((uv_handle_t *)&tcp);
	ck_assert_int_eq(uv_udp_bind(&udp, (struct sockaddr *)&server, 0), 0);
	ck_assert_int_eq(uv_udp_getsockname(&udp, (struct sockaddr *)&server, &len), 0);
	return (uv_tcp_bind(&tcp, (struct sockaddr *)&server, 0) == 0 &&
		uv_listen((uv_stream_t *)&tcp, 16, on_caller) == 0);
}

/* A port that is free for both; what is ABSENT is closed again. */
static void
serve_at(const char *text, how_t over_udp, how_t over_tcp) {
	udp_how = over_udp;
	tcp_how = over_tcp;
	for (unsigned i = 0; !bind_both(text); i++) {
		ck_assert_uint_lt(i, 20);
		uv_close((uv_handle_t *)&udp, NULL);
		uv_close((uv_handle_t *)&tcp, NULL);
		(void)uv_run(&loop, UV_RUN_DEFAULT);
	}
	if (over_udp == ABSENT) {
		uv_close((uv_handle_t *)&udp, NULL);
	} else {
		ck_assert_int_eq(uv_udp_recv_start(&udp, on_alloc, on_udp), 0);
		uv_unref((uv_handle_t *)&udp);
	}
	if (over_tcp == ABSENT) {
		uv_close((uv_handle_t *)&tcp, NULL);
	}
}

static void
serve(how_t over_udp, how_t over_tcp) {
	serve_at("127.0.0.1", over_udp, over_tcp);
}

/* A primary that was asked nothing yet; before serve(). */
static void
primary_init(void) {
	(void)uv_timer_init(&loop, &trickle);
	uv_unref((uv_handle_t *)&trickle);
	trickle.data = NULL;
	caller_count = 0;
	udp_queries = tcp_queries = tcp_callers = udp_signed = tcp_signed = 0;
	udp_edns = tcp_edns = udp_ixfr = tcp_transfers = udp_do = 0;
	ixfr_serial = 0;
	held_len = 0;
}

#endif /* PRIMARY_KIT_H */
