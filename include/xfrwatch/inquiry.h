/* SPDX-License-Identifier: MPL-2.0 */
/*
 * An inquiry: the questions that a diagnosis puts to one primary about one zone,
 * from the same source address, with the same key and over the same transport as
 * named does: SOA over UDP, TCP connect (and TLS), SOA over TCP; the SOA queries
 * once more without the key if signed ones failed; an IXFR query over UDP that can
 * never bring a whole zone. The checks of finding.h, in that order, those that can
 * say something.
 *
 *   SOURCE	if `from` is given; if it is not here, nothing more is asked
 *   UDP_SOA	unless tcp_only, no_udp or tls
 *   TCP_CONNECT	always
 *   TLS		if tls, on that connection; "not checked" where xfrwatch was built
 *		without libssl, or secure.unread: nothing more is said on it then
 *   TCP_SOA	on that connection, over TLS if tls
 *   ..._UNSIGNED	if the signed query over that transport was answered, but not with
 *		NOERROR under a good signature
 *   TRANSFER	if asked for, UDP answers, and some answer had a serial
 *
 * The handshake is made as named makes it (tls.h). The tls statement's files are read
 * when it begins: regular files of at most 512 KiB; the authorities of a whole system
 * take OpenSSL 25 ms. A cert-file or key-file that cannot be used is done without, and
 * the note says so; a ca-file that cannot be used makes the finding LOCAL.
 *
 * FORMERR or NOTIMP to EDNS is asked once more without EDNS, as named does.
 *
 * Guarantee: never blocks the loop; ends within xfw_inquiry_limit_ms() whatever the
 * primary does; at most one socket and 64 KiB of buffers at a time, and what OpenSSL
 * takes for one connection (128 KiB of handshake at most); a primary that floods, sends
 * byte by byte or lies costs no more than that: datagrams that are not the answer are
 * dropped, at most XFW_INQUIRY_STRAYS of them are read.
 * Threads: the loop's (the monitor's).
 */
#ifndef XFRWATCH_INQUIRY_H
#define XFRWATCH_INQUIRY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include <xfrwatch/finding.h>
#include <xfrwatch/tls.h>
#include <xfrwatch/wire.h>

#define XFW_INQUIRY_UDP_MS  1500 /* for each of two tries */
#define XFW_INQUIRY_TCP_MS  5000 /* to connect */
#define XFW_INQUIRY_SOA_MS  4000 /* over TCP; TLS handshake likewise */
#define XFW_INQUIRY_STRAYS  64	 /* datagrams that are no answer, of one query */

typedef struct xfw_inquiry_spec {
	struct sockaddr_storage to;
	/* ss_family AF_UNSPEC: any. Its port counts over UDP alone, as in named, and
	 * only while it is free: named may be using it. */
	struct sockaddr_storage from;
	uint8_t zone[XFW_WIRE_NAME_MAX];
	uint8_t zone_len;
	uint16_t class_;
	bool has_key;
	xfw_tsig_key_t key;   /* used if has_key */
	bool tcp_only;	      /* server { tcp-only yes; }: no SOA over UDP */
	bool no_edns;	      /* server { edns no; } */
	bool tls;	      /* primaries ... tls NAME: no SOA over plain UDP or TCP */
	xfw_tls_t secure;     /* what the tls statement says; used if tls */
	bool no_udp;	      /* leave UDP out */
	bool signatures;      /* ask for RRSIGs of the SOA (DO) */
	bool transfer;	      /* make the check TRANSFER */
	bool has_serial;      /* `serial` is what we serve: for TRANSFER, if the */
	uint32_t serial;      /* primary does not tell its own */
} xfw_inquiry_spec_t;

typedef struct xfw_inquiry xfw_inquiry_t;
struct uv_loop_s;

/* Called once, not from within xfw_inquiry_start(); the inquiry is gone after it. */
typedef void (*xfw_inquiry_done_t)(void *arg, const xfw_findings_t *findings);

/* Copies `spec`, and wipes its copy of the key at the end. NULL on lack of memory. */
xfw_inquiry_t *
xfw_inquiry_start(struct uv_loop_s *loop, const xfw_inquiry_spec_t *spec,
		  xfw_hmac_fn_t hmac, xfw_inquiry_done_t done, void *arg);

/* Ends it without a call of `done`; handles close in the loop's next turns. From
 * within `done` it does nothing. */
void
xfw_inquiry_cancel(xfw_inquiry_t *inquiry);

/* The longest that any inquiry takes. */
int64_t
xfw_inquiry_limit_ms(void);

#endif /* XFRWATCH_INQUIRY_H */
