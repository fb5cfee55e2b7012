/* SPDX-License-Identifier: MPL-2.0 */
/*
 * DNS messages as a diagnosis needs them: one question out, one answer in
 * (RFC 1035, 4), EDNS (RFC 6891), TSIG (RFC 8945). Our own, because the answers
 * come from whoever is at that address, and libdns, which would do, may assert;
 * this is fuzzed and reads nothing but what it needs.
 *
 * Guarantee: never blocks, allocates, logs or aborts, whatever the bytes are; work
 * is bounded by the message's length (names: at most 127 labels, pointers backwards
 * only; an answer of more than 512 records is MALFORMED).
 * Threads: any; in practice the monitor's.
 * Clocks: realtime seconds since the epoch.
 */
#ifndef XFRWATCH_WIRE_H
#define XFRWATCH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xfrwatch/finding.h>

#define XFW_WIRE_NAME_MAX    255   /* RFC 1035, 3.1 */
#define XFW_WIRE_QUERY_MAX   1024  /* room for any query of ours */
#define XFW_WIRE_MESSAGE_MAX 65535
#define XFW_WIRE_UDP_SIZE    1232  /* advertised by EDNS */

#define XFW_TYPE_SOA   6
#define XFW_TYPE_RRSIG 46
#define XFW_TYPE_IXFR  251
#define XFW_CLASS_IN   1
#define XFW_CLASS_CH   3
#define XFW_CLASS_HS   4

/* HMAC algorithms of RFC 8945, 6; names: "hmac-sha256", ... */
typedef enum xfw_hmac {
	XFW_HMAC_NONE = 0,
	XFW_HMAC_MD5,	 /* "hmac-md5.sig-alg.reg.int" on the wire */
	XFW_HMAC_SHA1,
	XFW_HMAC_SHA224,
	XFW_HMAC_SHA256,
	XFW_HMAC_SHA384,
	XFW_HMAC_SHA512,
	XFW_HMAC_COUNT
} xfw_hmac_t;

/* "hmac-sha256", ...; "" for XFW_HMAC_NONE. */
const char *
xfw_hmac_name(xfw_hmac_t algorithm);

/* Bytes of the whole digest; 0 for XFW_HMAC_NONE. */
size_t
xfw_hmac_size(xfw_hmac_t algorithm);

#define XFW_HMAC_SIZE_MAX 64
#define XFW_SECRET_MAX	  128 /* longer ones are hashed (RFC 2104) */

/* A key out of named's keyring. Wiped with xfw_tsig_wipe() after use; never shown. */
typedef struct xfw_tsig_key {
	uint8_t name[XFW_WIRE_NAME_MAX]; /* wire format, any case */
	uint8_t name_len;
	uint8_t algorithm;		 /* xfw_hmac_t */
	uint16_t bits;			 /* digest is cut to that many; 0: whole */
	uint16_t secret_len;
	uint8_t secret[XFW_SECRET_MAX];
} xfw_tsig_key_t;

/* Overwrites it in a way that no compiler leaves out. */
void
xfw_tsig_wipe(xfw_tsig_key_t *key);

/*
 * Computes an HMAC into `digest` (room for XFW_HMAC_SIZE_MAX). False on failure.
 * plugin/named gives libisc's.
 */
typedef bool (*xfw_hmac_fn_t)(xfw_hmac_t algorithm, const uint8_t *secret,
			      size_t secret_len, const uint8_t *data, size_t len,
			      uint8_t *digest);

typedef struct xfw_question {
	const uint8_t *name; /* wire format, uncompressed */
	size_t name_len;
	uint16_t type;	     /* XFW_TYPE_SOA or XFW_TYPE_IXFR */
	uint16_t class_;
	uint16_t id;
	bool edns;
	bool dnssec_ok;	     /* DO: asks for RRSIGs; wants edns */
	bool expire;	     /* asks for EXPIRE (RFC 7314); wants edns */
	uint32_t serial;     /* IXFR: of the SOA in the authority section */
} xfw_question_t;

/* A query as it was sent; xfw_wire_read() needs it. */
typedef struct xfw_query_wire {
	uint8_t data[XFW_WIRE_QUERY_MAX]; /* without the length of TCP */
	size_t len;
	xfw_question_t question; /* its name points to the caller's */
	bool is_signed;
	int64_t signed_s;
	uint8_t mac[XFW_HMAC_SIZE_MAX];
	size_t mac_len;
} xfw_query_wire_t;

/*
 * Builds the query; `key` NULL: unsigned. False when it does not fit, the name is
 * malformed or `hmac` fails.
 */
bool
xfw_wire_build(xfw_query_wire_t *out, const xfw_question_t *question,
	       const xfw_tsig_key_t *key, xfw_hmac_fn_t hmac, int64_t now_s);

/*
 * Whether `data` is an answer to the query at all: long enough, QR, the same id,
 * opcode QUERY, and either the same question or (with an error rcode) none. What is
 * not is no answer of the primary's, and over UDP is waited past (it may be forged).
 */
bool
xfw_wire_is_answer(const xfw_query_wire_t *query, const uint8_t *data, size_t len);

/*
 * Reads the answer into `out`: result (ANSWER or MALFORMED), rcode, AA, TC, the
 * serial of the first SOA record that is at the question's name, the first expiry of
 * its RRSIGs (RFC 4034, 3.1.5, serial arithmetic around `now_s`), the state of the
 * TSIG and, with BADTIME, both clocks. MALFORMED comes with a note that says what is
 * wrong. An answer with more than one SOA record says so in the note. Leaves check,
 * at_ms, rtt_us alone.
 *
 * Requires: xfw_wire_is_answer().
 */
void
xfw_wire_read(const xfw_query_wire_t *query, const xfw_tsig_key_t *key,
	      xfw_hmac_fn_t hmac, const uint8_t *data, size_t len, int64_t now_s,
	      xfw_finding_t *out);

/* What a server answers to an SOA query about a zone (ask.h). */
typedef struct xfw_wire_soa {
	uint16_t rcode;
	bool authoritative;  /* AA */
	bool truncated;	     /* TC */
	bool has_soa;	     /* in the answer section, at the question's name */
	bool has_expire;     /* EDNS EXPIRE (RFC 7314): that many seconds are left */
	uint32_t serial;     /* of the first SOA record (RFC 1035, 3.3.13) */
	uint32_t refresh_s;
	uint32_t retry_s;
	uint32_t expire_s;
	uint32_t expire_left_s;
	int64_t signature_s; /* first expiry of the SOA's RRSIGs; 0: none */
	int64_t inception_s; /* of that one */
} xfw_wire_soa_t;

/*
 * The same reading for that purpose: nothing is judged, and a TSIG record is not looked
 * at. False if the message is malformed; one that is cut off (TC) is not.
 *
 * Requires: xfw_wire_is_answer().
 */
bool
xfw_wire_read_soa(const xfw_query_wire_t *query, const uint8_t *data, size_t len,
		  int64_t now_s, xfw_wire_soa_t *out);

/*
 * A name as BIND prints it (RFC 1035, 5.1: \DDD and \X; the last dot may be missing) in
 * wire format, letters as they are. False if it is none: `wire` is then undefined.
 */
bool
xfw_wire_from_text(const char *text, size_t len, uint8_t wire[XFW_WIRE_NAME_MAX],
		   uint8_t *wire_len);

#endif /* XFRWATCH_WIRE_H */
