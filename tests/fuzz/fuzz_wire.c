/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Fuzz target of the DNS messages: an input is what a primary answers, to a query that
 * was signed, to one that was not, and to an IXFR; and a name to ask for. The HMAC is
 * the same for all data, so that signatures verify. Links with libFuzzer, or with
 * fuzz_driver.c. One thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xfrwatch/wire.h>

#include "fuzz.h"

#define NOW_S INT64_C(1795219200)

const char fuzz_hot[] = "\0\1\2\6\14\51\56\77\100\300\372\377";
const size_t fuzz_hot_len = sizeof(fuzz_hot) - 1;

/* Hexadecimal digits; other lines are comments. */
size_t
fuzz_input(const char *line, uint8_t *buf) {
	size_t len = strlen(line) / 2;

	if (len < 2 || len > FUZZ_INPUT_MAX ||
	    strspn(line, "0123456789abcdef") != 2 * len)
	{
		return (0);
	}
	for (size_t i = 0; i < len; i++) {
		char digits[3] = { line[2 * i], line[2 * i + 1], '\0' };

		buf[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return (len);
}

static void
wrong(const char *what) {
	fprintf(stderr, "fuzz_wire: %s\n", what);
	abort();
}

#define WANT(truth)                     \
	do {                            \
		if (!(truth)) {         \
			wrong(#truth); \
		}                       \
	} while (0)

static bool
same_mac(xfw_hmac_t algorithm, const uint8_t *secret, size_t secret_len,
	 const uint8_t *data, size_t len, uint8_t *digest) {
	uint8_t sum = 0;

	for (size_t i = 0; i < secret_len; i++) {
		sum |= secret[i];
	}
	for (size_t i = 0; i < len; i++) { /* all of it can be read */
		sum |= data[i];
	}
	memset(digest, sum == 0 ? 0 : 0x5a, xfw_hmac_size(algorithm));
	return (true);
}

/* Whatever the answer was, its reader must be safe with the finding. */
static void
check_finding(const xfw_query_wire_t *query, const xfw_finding_t *f) {
	const char *end = memchr(f->note, '\0', sizeof(f->note));

	WANT(end != NULL);
	for (const char *p = f->note; p < end; p++) {
		WANT(*p >= ' ' && *p <= '~' && *p != '"');
	}
	WANT(f->check == XFW_CHECK_UDP_SOA && f->at_ms == 1 && f->rtt_us == 2);
	WANT(f->rcode <= 4095);
	WANT(f->error == 0);
	if (f->result == XFW_RESULT_MALFORMED) {
		WANT(f->note[0] != '\0');
		WANT(!f->has_serial && f->signature_s == 0);
		WANT(f->tsig == XFW_TSIG_NONE);
		return;
	}
	WANT(f->result == XFW_RESULT_ANSWER);
	WANT(f->has_serial || f->serial == 0);
	WANT(f->tsig <= XFW_TSIG_UNASKED);
	WANT(query->is_signed ==
	     (f->tsig != XFW_TSIG_NONE && f->tsig != XFW_TSIG_UNASKED));
	WANT((f->tsig == XFW_TSIG_ERROR) <= (f->tsig_error != 0));
	WANT(f->tsig != XFW_TSIG_GOOD || f->tsig_error == 0);
	WANT(f->their_time_s >= 0 && f->their_time_s < INT64_C(1) << 48);
}

static void
feed(const xfw_query_wire_t *query, const xfw_tsig_key_t *key, const uint8_t *data,
     size_t size) {
	xfw_finding_t f, again;

	if (!xfw_wire_is_answer(query, data, size)) {
		return;
	}
	memset(&f, 0, sizeof(f));
	f.check = XFW_CHECK_UDP_SOA;
	f.at_ms = 1;
	f.rtt_us = 2;
	again = f;
	xfw_wire_read(query, key, same_mac, data, size, NOW_S, &f);
	check_finding(query, &f);
	memset(again.note, 'x', sizeof(again.note));
	xfw_wire_read(query, key, same_mac, data, size, NOW_S, &again);
	WANT(f.result == again.result && f.serial == again.serial);
	WANT(f.tsig == again.tsig && strcmp(f.note, again.note) == 0);

	xfw_wire_soa_t soa;

	if (xfw_wire_read_soa(query, data, size, NOW_S, &soa)) {
		WANT(soa.rcode <= 4095);
		WANT(f.result != XFW_RESULT_ANSWER ||
		     (soa.has_soa == f.has_serial && soa.serial == f.serial &&
		      soa.signature_s == f.signature_s));
	} else {
		WANT(!soa.has_soa && !soa.has_expire);
		WANT(f.result == XFW_RESULT_MALFORMED);
	}
}

/* The input as a name to ask for, and as that of a key. */
static void
ask_for(const uint8_t *data, size_t size, xfw_tsig_key_t key) {
	static xfw_query_wire_t query;
	xfw_question_t question = { .name = data,
				    .name_len = size,
				    .type = XFW_TYPE_IXFR,
				    .class_ = XFW_CLASS_IN,
				    .edns = true,
				    .expire = true };
	uint8_t wire[XFW_WIRE_NAME_MAX], wire_len = 0;

	if (xfw_wire_from_text((const char *)data, size, wire, &wire_len)) {
		question.name = wire; /* what came out can be asked for */
		question.name_len = wire_len;
		WANT(xfw_wire_build(&query, &question, NULL, NULL, NOW_S));
		question.name = data;
		question.name_len = size;
	}
	key.name_len = (uint8_t)(size > sizeof(key.name) ? sizeof(key.name) : size);
	memcpy(key.name, data, key.name_len);
	if (xfw_wire_build(&query, &question, &key, same_mac, NOW_S)) {
		WANT(query.len <= sizeof(query.data));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static const uint8_t name[] = "\7example\3com", key_name[] = "\3key";
	static xfw_query_wire_t query;
	static xfw_tsig_key_t key = { .name_len = sizeof(key_name),
				      .algorithm = XFW_HMAC_SHA256,
				      .secret_len = 32,
				      .secret = "secret" };
	xfw_question_t question = { .name = name,
				    .name_len = sizeof(name),
				    .type = XFW_TYPE_SOA,
				    .class_ = XFW_CLASS_IN,
				    .id = 0x1234,
				    .edns = true,
				    .dnssec_ok = true };
	uint8_t *block = malloc(size + (size == 0)); /* ends where the answer ends */

	if (block == NULL) {
		return (0);
	}
	memcpy(block, data, size);
	memcpy(key.name, key_name, sizeof(key_name));
	WANT(xfw_wire_build(&query, &question, &key, same_mac, NOW_S));
	feed(&query, &key, block, size);
	feed(&query, NULL, block, size);
	WANT(xfw_wire_build(&query, &question, NULL, NULL, NOW_S));
	feed(&query, NULL, block, size);
	question.type = XFW_TYPE_IXFR;
	WANT(xfw_wire_build(&query, &question, &key, same_mac, NOW_S));
	feed(&query, &key, block, size);
	ask_for(block, size, key);
	free(block);
	return (0);
}
