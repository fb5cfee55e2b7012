/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Between the two halves of the DNS message module: messages (wire.c) and their
 * signatures (tsig.c). Never blocks or allocates. Any thread.
 */
#ifndef XFW_WIRE_PRIV_H
#define XFW_WIRE_PRIV_H

#include <string.h>

#include <xfrwatch/wire.h>

#define XFW_WIRE_HEADER 12
#define XFW_TYPE_TSIG	250
#define XFW_CLASS_ANY	255

/* A name in wire format, without compression, in lower case. */
typedef struct xfw_wire_name {
	size_t len; /* at least 1, the root */
	uint8_t data[XFW_WIRE_NAME_MAX];
} xfw_wire_name_t;

/* Where the reader of a message is; `at` never passes `len`. */
typedef struct xfw_wire_reader {
	const uint8_t *data;
	size_t len;
	size_t at;
} xfw_wire_reader_t;

typedef struct xfw_wire_record {
	xfw_wire_name_t owner;
	uint16_t type;
	uint16_t class_;
	uint32_t ttl;
	size_t start;		 /* of the whole record in the message */
	xfw_wire_reader_t rdata; /* at its begin; `len` is its end in the message */
} xfw_wire_record_t;

static inline uint16_t
xfw_wire_get16(const uint8_t *at) {
	return ((uint16_t)(at[0] << 8 | at[1]));
}

static inline uint32_t
xfw_wire_get32(const uint8_t *at) {
	return ((uint32_t)xfw_wire_get16(at) << 16 | xfw_wire_get16(at + 2));
}

static inline int64_t
xfw_wire_get48(const uint8_t *at) {
	return ((int64_t)xfw_wire_get16(at) << 32 | xfw_wire_get32(at + 2));
}

static inline uint8_t *
xfw_wire_put16(uint8_t *at, uint16_t value) {
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return (at + 2);
}

static inline uint8_t *
xfw_wire_put32(uint8_t *at, uint32_t value) {
	return (xfw_wire_put16(xfw_wire_put16(at, (uint16_t)(value >> 16)),
			       (uint16_t)value));
}

static inline uint8_t *
xfw_wire_put48(uint8_t *at, int64_t value) {
	return (xfw_wire_put32(xfw_wire_put16(at, (uint16_t)(value >> 32)),
			       (uint32_t)value));
}

static inline uint8_t *
xfw_wire_put_bytes(uint8_t *at, const void *data, size_t len) {
	memcpy(at, data, len);
	return (at + len);
}

static inline size_t
xfw_wire_left(const xfw_wire_reader_t *reader) {
	return (reader->len - reader->at);
}

static inline bool
xfw_wire_name_same(const xfw_wire_name_t *a, const xfw_wire_name_t *b) {
	return (a->len == b->len && memcmp(a->data, b->data, a->len) == 0);
}

/*
 * Reads a name and moves past it; with `compressed`, pointers (RFC 1035, 4.1.4) are
 * followed, if they point backwards. False, and nothing moved, if it is malformed.
 */
bool
xfw_wire_name_read(xfw_wire_reader_t *reader, bool compressed, xfw_wire_name_t *out);

/* A whole name out of `len` bytes, no more and no less. */
bool
xfw_wire_name_set(xfw_wire_name_t *out, const uint8_t *data, size_t len);

/* Appends to the note, after "; " if there is one already; cut if it does not fit. */
void
xfw_wire_note(xfw_finding_t *out, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Signs the `out->len` bytes of the query, and appends the TSIG record.
 * False when it does not fit, the key is malformed or `hmac` fails.
 */
bool
xfw_wire_sign(xfw_query_wire_t *out, const xfw_tsig_key_t *key, xfw_hmac_fn_t hmac,
	      int64_t now_s);

/*
 * Judges the TSIG record of an answer, NULL if it has none: sets tsig, tsig_error,
 * both times, and adds to the note. False if the record is malformed; the note says
 * what about it.
 *
 * Requires: the record is the last one of the message, and lies within it; the message
 * has at most XFW_WIRE_MESSAGE_MAX bytes.
 */
bool
xfw_wire_judge(const xfw_query_wire_t *query, const xfw_tsig_key_t *key,
	       xfw_hmac_fn_t hmac, const uint8_t *data,
	       const xfw_wire_record_t *record, int64_t now_s, xfw_finding_t *out);

#endif /* XFW_WIRE_PRIV_H */
