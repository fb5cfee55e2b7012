/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the tests of DNS messages share: a query, a builder of answers, and a reader
 * that gets each answer in a block of exactly its size, so that a sanitizer sees
 * whoever reads past it. Included by one test program each; single-threaded.
 */
#ifndef WIRE_KIT_H
#define WIRE_KIT_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xfrwatch/wire.h>

#define KIT_UNUSED __attribute__((unused))

#define NOW_S	INT64_C(1795219200)
#define ID	0x1234
#define EXAMPLE "\7example\3com"
#define SERIAL	2026032901U

#define FLAG_QR 0x8000
#define FLAG_AA 0x0400
#define FLAG_TC 0x0200

#define TYPE_A	   1
#define TYPE_NS	   2
#define TYPE_CNAME 5
#define TYPE_OPT   41
#define TYPE_TSIG  250

typedef struct message {
	uint8_t data[66000];
	size_t len;
} message_t;

static xfw_query_wire_t query;
static message_t m; /* the answer under construction */

/*--- bytes ------------------------------------------------------------------------*/

static void
put(const void *data, size_t len) {
	ck_assert_uint_le(len, sizeof(m.data) - m.len);
	memcpy(m.data + m.len, data, len);
	m.len += len;
}

static void
put16(unsigned value) {
	put((uint8_t[]){ (uint8_t)(value >> 8), (uint8_t)value }, 2);
}

static void
put32(uint32_t value) {
	put16(value >> 16);
	put16(value & 0xffff);
}

/* A name as a C string of labels; its NUL is the root. */
static void
put_name(const char *name) {
	put(name, strlen(name) + 1);
}

static void
set16(size_t at, unsigned value) {
	m.data[at] = (uint8_t)(value >> 8);
	m.data[at + 1] = (uint8_t)value;
}

static unsigned
get16(size_t at) {
	return ((unsigned)m.data[at] << 8 | m.data[at + 1]);
}

/* Bytes of a string of hexadecimal digits. */
KIT_UNUSED static size_t
unhex(const char *hex, uint8_t *out) {
	size_t len = 0;

	for (; hex[0] != '\0'; hex += 2) {
		char digits[3] = { hex[0], hex[1], '\0' };

		out[len++] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return (len);
}

KIT_UNUSED static void
same_bytes(const uint8_t *data, size_t len, const char *hex) {
	char *text = calloc(1, 2 * len + 1);

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < len; i++) {
		(void)snprintf(text + 2 * i, 3, "%02x", data[i]);
	}
	ck_assert_str_eq(text, hex);
	free(text);
}

/*--- the query --------------------------------------------------------------------*/

static xfw_question_t
question_of(const char *name, uint16_t type) {
	return ((xfw_question_t){ .name = (const uint8_t *)name,
				  .name_len = strlen(name) + 1,
				  .type = type,
				  .class_ = XFW_CLASS_IN,
				  .id = ID });
}

/* Asks for the SOA record of example.com. */
KIT_UNUSED static void
ask(const xfw_tsig_key_t *key, xfw_hmac_fn_t hmac) {
	xfw_question_t question = question_of(EXAMPLE, XFW_TYPE_SOA);

	question.edns = question.dnssec_ok = true;
	ck_assert(xfw_wire_build(&query, &question, key, hmac, NOW_S));
	ck_assert(query.is_signed == (key != NULL));
}

/*--- the answer -------------------------------------------------------------------*/

/* Begins an answer with the question; records count themselves. */
static void
answer(unsigned flags) {
	m.len = 0;
	put16(ID);
	put16(FLAG_QR | flags);
	put16(1);
	put16(0);
	put32(0);
	put_name(EXAMPLE);
	put16(XFW_TYPE_SOA);
	put16(XFW_CLASS_IN);
}

/* Section: 6 answer, 8 authority, 10 additional: where the header counts it. */
#define IN_ANSWER     6
#define IN_AUTHORITY  8
#define IN_ADDITIONAL 10

/* All of a record but its data; returns where its length goes. Owner NULL: a pointer
 * to the question's name. */
static size_t
begin(size_t section, const char *owner, unsigned type, unsigned class_, uint32_t ttl) {
	set16(section, get16(section) + 1);
	if (owner != NULL) {
		put_name(owner);
	} else {
		put16(0xc00c);
	}
	put16(type);
	put16(class_);
	put32(ttl);
	put16(0);
	return (m.len - 2);
}

static void
end(size_t at) {
	set16(at, (unsigned)(m.len - at - 2));
}

KIT_UNUSED static void
soa(size_t section, const char *owner, uint32_t serial) {
	size_t at = begin(section, owner, XFW_TYPE_SOA, XFW_CLASS_IN, 3600);

	put("\3ns1\300\14", 6);
	put("\12hostmaster\300\14", 13);
	put32(serial);
	put32(7200);
	put32(3600);
	put32(1209600);
	put32(300);
	end(at);
}

KIT_UNUSED static void
opt(unsigned rcode_upper) {
	end(begin(IN_ADDITIONAL, "", TYPE_OPT, 1232, (uint32_t)rcode_upper << 24));
}

/* What the module makes of it, in a block of just that size. */
static xfw_finding_t
read_bytes(const xfw_tsig_key_t *key, xfw_hmac_fn_t hmac, const uint8_t *data,
	   size_t len, int64_t now_s) {
	xfw_finding_t out;
	uint8_t *block = malloc(len);

	ck_assert_ptr_nonnull(block);
	memcpy(block, data, len);
	memset(&out, 0x55, sizeof(out));
	out.check = XFW_CHECK_TCP_SOA;
	out.at_ms = 7;
	out.rtt_us = 8;
	ck_assert(xfw_wire_is_answer(&query, block, len));
	xfw_wire_read(&query, key, hmac, block, len, now_s, &out);
	free(block);
	ck_assert_uint_eq(out.check, XFW_CHECK_TCP_SOA);
	ck_assert_int_eq(out.at_ms, 7);
	ck_assert_uint_eq(out.rtt_us, 8);
	ck_assert_int_eq(out.error, 0);
	ck_assert_ptr_nonnull(memchr(out.note, '\0', sizeof(out.note)));
	if (out.result == XFW_RESULT_MALFORMED) {
		ck_assert(!out.has_serial);
		ck_assert_str_ne(out.note, "");
	} else {
		ck_assert_uint_eq(out.result, XFW_RESULT_ANSWER);
	}
	return (out);
}

KIT_UNUSED static bool
is_answer(void) {
	return (xfw_wire_is_answer(&query, m.data, m.len));
}

#endif /* WIRE_KIT_H */
