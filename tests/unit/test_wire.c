/* SPDX-License-Identifier: MPL-2.0 */
/*
 * DNS messages of a diagnosis: queries byte for byte, which messages are answers,
 * what is read out of each kind of answer, and that no bytes do harm. Signatures are
 * in test_tsig.c. One thread.
 */
#include "wire_kit.h"

static xfw_finding_t
read_unsigned(void) {
	return (read_bytes(NULL, NULL, m.data, m.len, NOW_S));
}

/* The answer that is built is not correct DNS, and the note says so. */
static void
is_malformed(const char *note) {
	xfw_finding_t f = read_unsigned();

	ck_assert_uint_eq(f.result, XFW_RESULT_MALFORMED);
	ck_assert_str_eq(f.note, note);
	ck_assert_int_eq(f.signature_s, 0);
}

/*--- queries ----------------------------------------------------------------------*/

START_TEST(query_bytes) {
	xfw_question_t question = question_of(EXAMPLE, XFW_TYPE_SOA);

	ck_assert(xfw_wire_build(&query, &question, NULL, NULL, NOW_S));
	ck_assert(!query.is_signed);
	same_bytes(query.data, query.len,
		   "1234000000010000000000000765"
		   "78616d706c6503636f6d0000060001");

	/* By dnspython 2.3: make_query(use_edns=0, want_dnssec=True, payload=1232). */
	question.edns = question.dnssec_ok = true;
	ck_assert(xfw_wire_build(&query, &question, NULL, NULL, NOW_S));
	same_bytes(query.data, query.len,
		   "123400000001000000000001076578616d706c6503636f6d0000060001"
		   "00002904d0000080000000");

	question.dnssec_ok = false;
	ck_assert(xfw_wire_build(&query, &question, NULL, NULL, NOW_S));
	ck_assert_uint_eq(query.data[query.len - 4], 0);

	question = question_of("\7eXAmple\3COM", XFW_TYPE_IXFR);
	question.serial = SERIAL;
	question.class_ = 3;
	ck_assert(xfw_wire_build(&query, &question, NULL, NULL, NOW_S));
	same_bytes(query.data, query.len,
		   "1234000000010000000100000765" /* the case is kept */
		   "5841"
		   "6d706c6503434f4d0000fb0003"
		   "c00c00060003000000000016" /* the SOA record: RFC 1995, 3 */
		   "0000"
		   "78c2cf05"
		   "00000000000000000000000000000000");
}
END_TEST

START_TEST(query_names) {
	xfw_question_t question = question_of("", XFW_TYPE_SOA);
	uint8_t longest[300];

	ck_assert(xfw_wire_build(&query, &question, NULL, NULL, NOW_S));
	same_bytes(query.data, query.len, "1234000000010000000000000000060001");

	question = question_of(EXAMPLE, XFW_TYPE_SOA);
	question.name_len--; /* no root */
	ck_assert(!xfw_wire_build(&query, &question, NULL, NULL, NOW_S));
	question.name = (const uint8_t *)EXAMPLE "\0";
	question.name_len += 2; /* something after it */
	ck_assert(!xfw_wire_build(&query, &question, NULL, NULL, NOW_S));
	question.name_len = 0;
	ck_assert(!xfw_wire_build(&query, &question, NULL, NULL, NOW_S));
	question = question_of("\300\14", XFW_TYPE_SOA);
	ck_assert(!xfw_wire_build(&query, &question, NULL, NULL, NOW_S));
	question = question_of("\100", XFW_TYPE_SOA); /* a label of 64 */
	ck_assert(!xfw_wire_build(&query, &question, NULL, NULL, NOW_S));

	for (size_t i = 0; i < sizeof(longest); i++) {
		longest[i] = i % 2 == 0 ? 1 : 'a';
	}
	longest[254] = longest[256] = 0;
	question.name = longest;
	question.name_len = 255;
	ck_assert(xfw_wire_build(&query, &question, NULL, NULL, NOW_S));
	ck_assert_uint_eq(query.len, 12 + 255 + 4);
	longest[254] = 1;
	question.name_len = 257;
	ck_assert(!xfw_wire_build(&query, &question, NULL, NULL, NOW_S));
}
END_TEST

/*--- what is an answer ------------------------------------------------------------*/

START_TEST(whose_answer) {
	ask(NULL, NULL);
	answer(0);
	ck_assert(is_answer());
	m.data[13] = 'E'; /* case is no difference */
	ck_assert(is_answer());
	set16(0, ID + 1);
	ck_assert(!is_answer());
	answer(0x2000); /* NOTIFY */
	ck_assert(!is_answer());
	answer(0);
	set16(2, 0); /* a query */
	ck_assert(!is_answer());
	answer(0);
	m.data[13] = 'f';
	ck_assert(!is_answer());
	answer(0);
	set16(m.len - 4, XFW_TYPE_IXFR);
	ck_assert(!is_answer());
	answer(0);
	set16(m.len - 2, 3);
	ck_assert(!is_answer());
	answer(0);
	set16(4, 2);
	put_name(EXAMPLE);
	put16(XFW_TYPE_SOA);
	put16(XFW_CLASS_IN);
	ck_assert(!is_answer());
	for (answer(0); m.len > 0; m.len--) {
		ck_assert(is_answer() == (m.len == 12 + 13 + 4));
	}
	ck_assert(!is_answer());
}
END_TEST

START_TEST(without_question) {
	ask(NULL, NULL);
	answer(0);
	set16(4, 0);
	m.len = 12;
	ck_assert(!is_answer()); /* NOERROR, to what? */
	for (unsigned rcode = 1; rcode < 16; rcode++) {
		xfw_finding_t f;

		set16(2, FLAG_QR | rcode);
		f = read_unsigned();
		ck_assert_uint_eq(f.result, XFW_RESULT_ANSWER);
		ck_assert_uint_eq(f.rcode, rcode);
		ck_assert(!f.has_serial && !f.authoritative && !f.truncated);
		ck_assert_str_eq(f.note, "");
	}
}
END_TEST

START_TEST(too_long) {
	ask(NULL, NULL);
	answer(FLAG_AA);
	m.len = XFW_WIRE_MESSAGE_MAX;
	ck_assert(is_answer());
	m.len++;
	ck_assert(!is_answer());
}
END_TEST

/* A caller that forgot to ask gets no nonsense. */
START_TEST(read_of_no_answer) {
	xfw_finding_t f;

	ask(NULL, NULL);
	answer(FLAG_AA);
	set16(0, ID + 1);
	memset(&f, 0x55, sizeof(f));
	xfw_wire_read(&query, NULL, NULL, m.data, m.len, NOW_S, &f);
	ck_assert_uint_eq(f.result, XFW_RESULT_MALFORMED);
	ck_assert_uint_eq(f.rcode, 0xffff);
	ck_assert_str_eq(f.note, "not an answer to the question");
}
END_TEST

/*--- kinds of answers -------------------------------------------------------------*/

START_TEST(good) {
	xfw_finding_t f;

	ask(NULL, NULL);
	answer(FLAG_AA);
	soa(IN_ANSWER, NULL, SERIAL);
	opt(0);
	f = read_unsigned();
	ck_assert_uint_eq(f.result, XFW_RESULT_ANSWER);
	ck_assert_uint_eq(f.rcode, XFW_RCODE_NOERROR);
	ck_assert(f.authoritative && !f.truncated && f.has_serial);
	ck_assert_uint_eq(f.serial, SERIAL);
	ck_assert_uint_eq(f.tsig, XFW_TSIG_NONE);
	ck_assert_uint_eq(f.tsig_error, 0);
	ck_assert_int_eq(f.signature_s, 0);
	ck_assert_int_eq(f.their_time_s, 0);
	ck_assert_int_eq(f.our_time_s, 0);
	ck_assert_str_eq(f.note, "");

	/* Without compression, in another case, after records that do not matter. */
	answer(0);
	end(begin(IN_ANSWER, "\3www" EXAMPLE, TYPE_A, XFW_CLASS_IN, 60));
	soa(IN_ANSWER, "\7EXAMPLE\3Com", 0);
	end(begin(IN_AUTHORITY, NULL, TYPE_NS, XFW_CLASS_IN, 60));
	f = read_unsigned();
	ck_assert(!f.authoritative && f.has_serial);
	ck_assert_uint_eq(f.serial, 0);
	ck_assert_str_eq(f.note, "");
}
END_TEST

START_TEST(ixfr) {
	xfw_question_t question = question_of(EXAMPLE, XFW_TYPE_IXFR);
	xfw_finding_t f;

	ck_assert(xfw_wire_build(&query, &question, NULL, NULL, NOW_S));
	answer(FLAG_AA);
	set16(m.len - 4, XFW_TYPE_IXFR);
	soa(IN_ANSWER, NULL, SERIAL);
	f = read_unsigned();
	ck_assert(f.has_serial);
	ck_assert_uint_eq(f.serial, SERIAL);
}
END_TEST

START_TEST(kinds_without_serial) {
	xfw_finding_t f;

	ask(NULL, NULL);
	for (unsigned rcode = 1; rcode < 16; rcode++) {
		answer(rcode);
		soa(IN_AUTHORITY, "\3com", SERIAL);
		f = read_unsigned();
		ck_assert_uint_eq(f.rcode, rcode);
		ck_assert(!f.has_serial);
		ck_assert_str_eq(f.note, "");
	}

	answer(FLAG_AA);
	soa(IN_AUTHORITY, NULL, SERIAL); /* NODATA, RFC 2308 */
	f = read_unsigned();
	ck_assert(!f.has_serial);
	ck_assert_str_eq(f.note, "no SOA record");

	answer(0);
	end(begin(IN_AUTHORITY, "\3com", TYPE_NS, XFW_CLASS_IN, 60));
	f = read_unsigned();
	ck_assert(!f.has_serial);
	ck_assert_str_eq(f.note, "referral");

	answer(FLAG_AA);
	end(begin(IN_ANSWER, NULL, TYPE_CNAME, XFW_CLASS_IN, 60));
	soa(IN_ANSWER, "\3www" EXAMPLE, SERIAL);
	f = read_unsigned();
	ck_assert(!f.has_serial);
	ck_assert_str_eq(f.note, "CNAME");

	answer(FLAG_AA);
	soa(IN_ANSWER, "\3com", SERIAL);
	f = read_unsigned();
	ck_assert(!f.has_serial);
	ck_assert_str_eq(f.note, "SOA record of another name");

	answer(FLAG_TC); /* nothing is missing: TCP has it */
	f = read_unsigned();
	ck_assert(f.truncated);
	ck_assert_str_eq(f.note, "");
}
END_TEST

START_TEST(several_soas) {
	xfw_finding_t f;

	ask(NULL, NULL);
	answer(FLAG_AA);
	soa(IN_ANSWER, NULL, SERIAL);
	soa(IN_ANSWER, NULL, SERIAL);
	f = read_unsigned();
	ck_assert(f.has_serial);
	ck_assert_str_eq(f.note, "2 SOA records");
	soa(IN_ANSWER, NULL, 5);
	f = read_unsigned();
	ck_assert_uint_eq(f.serial, SERIAL);
	ck_assert_str_eq(f.note, "3 SOA records, serials 2026032901 to 5");
}
END_TEST

START_TEST(extended_rcode) {
	xfw_finding_t f;

	ask(NULL, NULL);
	answer(0);
	opt(1);
	f = read_unsigned();
	ck_assert_uint_eq(f.rcode, 16);
	ck_assert_str_eq(f.note, "");
	answer(7);
	opt(0xff);
	ck_assert_uint_eq(read_unsigned().rcode, 0xff7);
	opt(0);
	is_malformed("OPT record out of place");
	answer(0);
	end(begin(IN_ANSWER, "", TYPE_OPT, 1232, 0));
	is_malformed("OPT record out of place");
	answer(0);
	end(begin(IN_ADDITIONAL, NULL, TYPE_OPT, 1232, 0));
	is_malformed("OPT record out of place");
}
END_TEST

/*--- signatures of the zone -------------------------------------------------------*/

static void
rrsig(const char *owner, unsigned covered, uint32_t expires) {
	size_t at = begin(IN_ANSWER, owner, XFW_TYPE_RRSIG, XFW_CLASS_IN, 3600);

	put16(covered);
	put("\15\2", 2);
	put32(3600);
	put32(expires);
	put32(expires - 86400);
	put16(4711);
	put_name(EXAMPLE);
	put("signature", 9);
	end(at);
}

static int64_t
signature_at(int64_t now_s) {
	xfw_finding_t f = read_bytes(NULL, NULL, m.data, m.len, now_s);

	ck_assert_uint_eq(f.result, XFW_RESULT_ANSWER);
	ck_assert_str_eq(f.note, "");
	return (f.signature_s);
}

START_TEST(signature_expiry) {
	const int64_t wrap_s = INT64_C(1) << 32;

	ask(NULL, NULL);
	answer(FLAG_AA);
	soa(IN_ANSWER, NULL, SERIAL);
	rrsig(NULL, TYPE_NS, (uint32_t)NOW_S + 1);
	rrsig("\3com", XFW_TYPE_SOA, (uint32_t)NOW_S + 2);
	ck_assert_int_eq(signature_at(NOW_S), 0);
	rrsig(NULL, XFW_TYPE_SOA, (uint32_t)NOW_S + 2000);
	ck_assert_int_eq(signature_at(NOW_S), NOW_S + 2000);
	rrsig("\7EXAMPLE\3COM", XFW_TYPE_SOA, (uint32_t)NOW_S + 1000);
	rrsig(NULL, XFW_TYPE_SOA, (uint32_t)NOW_S + 3000);
	ck_assert_int_eq(signature_at(NOW_S), NOW_S + 1000);
	rrsig(NULL, XFW_TYPE_SOA, (uint32_t)NOW_S - 1000); /* lapsed */
	ck_assert_int_eq(signature_at(NOW_S), NOW_S - 1000);

	/* After 2106 the field has begun anew (RFC 4034, 3.1.5). */
	answer(FLAG_AA);
	soa(IN_ANSWER, NULL, SERIAL);
	rrsig(NULL, XFW_TYPE_SOA, 100);
	ck_assert_int_eq(signature_at(wrap_s - 10), wrap_s + 100);
	ck_assert_int_eq(signature_at(wrap_s + 10), wrap_s + 100);
	rrsig(NULL, XFW_TYPE_SOA, UINT32_MAX);
	ck_assert_int_eq(signature_at(wrap_s + 10), wrap_s - 1);
}
END_TEST

START_TEST(malformed_rdata) {
	size_t at;

	ask(NULL, NULL);
	for (int more = -1; more <= 1; more += 2) {
		answer(FLAG_AA);
		soa(IN_ANSWER, NULL, SERIAL);
		at = 12 + 13 + 4 + 10;
		put("x", more > 0 ? 1 : 0);
		m.len -= more < 0 ? 1 : 0;
		set16(at, get16(at) + (unsigned)more);
		is_malformed("malformed SOA record");
	}
	answer(FLAG_AA);
	at = begin(IN_ANSWER, NULL, XFW_TYPE_RRSIG, XFW_CLASS_IN, 0);
	put("12345678901234567", 17);
	end(at);
	is_malformed("malformed RRSIG record");
	put("8", 1);
	end(at);
	is_malformed("malformed RRSIG record"); /* no signer */
	answer(FLAG_AA);
	at = begin(IN_ANSWER, NULL, TYPE_A, XFW_CLASS_IN, 0);
	set16(at, 1);
	is_malformed("malformed record");
	answer(FLAG_AA);
	set16(IN_ADDITIONAL, 1);
	is_malformed("fewer records than counted");
}
END_TEST

/*--- names that do harm -----------------------------------------------------------*/

/* An answer whose one record's owner begins with a pointer to `offset`. */
static void
owner_points_to(unsigned offset) {
	answer(FLAG_AA);
	(void)begin(IN_ANSWER, NULL, TYPE_A, XFW_CLASS_IN, 0);
	set16(29, 0xc000 | offset);
}

START_TEST(pointers) {
	ask(NULL, NULL);
	owner_points_to(12);
	ck_assert_uint_eq(read_unsigned().result, XFW_RESULT_ANSWER);
	for (unsigned offset = 0; offset < 64; offset++) {
		owner_points_to(offset);
		if (offset < 12 || offset >= 29) { /* header; itself and forwards */
			is_malformed("malformed record");
		} else {
			(void)read_unsigned();
		}
	}
	owner_points_to(29);
	set16(29, 0x8000); /* neither label nor pointer */
	is_malformed("malformed record");
	set16(29, 0x4000);
	is_malformed("malformed record");

	/* Two that point to one another. */
	answer(FLAG_AA);
	set16(IN_ANSWER, 1);
	put("\1a\300\41", 4);
	put("\1b\300\35", 4);
	is_malformed("malformed record");
}
END_TEST

/* A chain of `count` pointers in a record's data, and an owner at its end. */
static xfw_finding_t
chain(unsigned count) {
	size_t at, before = 12;

	answer(FLAG_AA);
	at = begin(IN_ANSWER, NULL, TYPE_A, XFW_CLASS_IN, 0);
	for (unsigned i = 0; i < count - 1; i++) {
		put16((unsigned)(0xc000 | before));
		before = m.len - 2;
	}
	end(at);
	soa(IN_ANSWER, NULL, SERIAL);
	/* The SOA record's owner. */
	set16(at + 2 + get16(at), (unsigned)(0xc000 | before));
	return (read_unsigned());
}

START_TEST(chains) {
	ask(NULL, NULL);
	ck_assert(chain(1).has_serial);
	ck_assert(chain(127).has_serial);
	ck_assert_uint_eq(chain(128).result, XFW_RESULT_MALFORMED);
	ck_assert_uint_eq(chain(5000).result, XFW_RESULT_MALFORMED);
}
END_TEST

START_TEST(long_names) {
	ask(NULL, NULL);
	for (int labels = 121; labels <= 122; labels++) {
		answer(FLAG_AA);
		set16(IN_ANSWER, 1);
		for (int i = 0; i < labels; i++) {
			put("\1a", 2);
		}
		put16(0xc00c); /* 13 more: 255, 257 */
		put("\0\1\0\1\0\0\0\0\0\0", 10);
		ck_assert_uint_eq(read_unsigned().result,
				  labels == 121 ? XFW_RESULT_ANSWER
						: XFW_RESULT_MALFORMED);
	}
}
END_TEST

/* A flood keeps nobody busy: it is not read to its end. */
START_TEST(many_records) {
	ask(NULL, NULL);
	answer(FLAG_AA);
	soa(IN_ANSWER, NULL, SERIAL);
	for (int i = 1; i < 512; i++) {
		end(begin(IN_ANSWER, NULL, TYPE_A, XFW_CLASS_IN, 0));
	}
	ck_assert(read_unsigned().has_serial);
	opt(0);
	is_malformed("more than 512 records");
}
END_TEST

/*--- cut and padded ---------------------------------------------------------------*/

START_TEST(cut_anywhere) {
	size_t whole;

	ask(NULL, NULL);
	answer(FLAG_AA);
	soa(IN_ANSWER, NULL, SERIAL);
	rrsig(NULL, XFW_TYPE_SOA, (uint32_t)NOW_S + 1000);
	opt(0);
	whole = m.len;
	while (--m.len > 0) {
		if (m.len < 12 + 13 + 4) {
			ck_assert(!is_answer());
			continue;
		}
		ck_assert_uint_eq(read_unsigned().result, XFW_RESULT_MALFORMED);
	}
	/* With TC it is an answer all the same: TCP is next. */
	m.data[2] |= FLAG_TC >> 8;
	for (m.len = 12 + 13 + 4; m.len < whole; m.len++) {
		xfw_finding_t f = read_unsigned();

		ck_assert_uint_eq(f.result, XFW_RESULT_ANSWER);
		ck_assert(f.truncated);
		ck_assert_str_eq(f.note, "cut off within a record");
	}
}
END_TEST

START_TEST(padded) {
	xfw_finding_t f;

	ask(NULL, NULL);
	answer(FLAG_AA);
	soa(IN_ANSWER, NULL, SERIAL);
	put("abc", 3);
	f = read_unsigned();
	ck_assert(f.has_serial);
	ck_assert_str_eq(f.note, "3 bytes after the last record");
}
END_TEST

/*--- what a server says of its own zone -------------------------------------------*/

static bool
read_soa_of(const message_t *message, size_t len, xfw_wire_soa_t *out) {
	uint8_t *block = malloc(len);
	bool read;

	ck_assert_ptr_nonnull(block);
	memcpy(block, message->data, len);
	memset(out, 0x55, sizeof(*out));
	read = xfw_wire_read_soa(&query, block, len, NOW_S, out);
	free(block);
	return (read);
}

/* An OPT record with these bytes as its options. */
static void
options(const char *bytes, size_t len) {
	size_t at = begin(IN_ADDITIONAL, "", TYPE_OPT, 1232, 0);

	put(bytes, len);
	end(at);
}

START_TEST(expire_is_asked_for) {
	xfw_question_t question = question_of(EXAMPLE, XFW_TYPE_SOA);

	/* By dnspython: make_query(payload=1232, options=[GenericOption(9, b"")]). */
	question.edns = question.dnssec_ok = question.expire = true;
	ck_assert(xfw_wire_build(&query, &question, NULL, NULL, NOW_S));
	same_bytes(query.data, query.len,
		   "123400000001000000000001076578616d706c6503636f6d0000060001"
		   "00002904d000008000000400090000");
}
END_TEST

START_TEST(all_of_the_soa_is_read) {
	xfw_wire_soa_t out;

	ask(NULL, NULL);
	answer(FLAG_AA);
	soa(IN_ANSWER, NULL, SERIAL);
	rrsig(NULL, XFW_TYPE_SOA, (uint32_t)NOW_S + 5000);
	rrsig(NULL, XFW_TYPE_SOA, (uint32_t)NOW_S + 1000);
	options("\0\12\0\2ab\0\11\0\4\0\1\2\3\0\14\0\0", 18);
	ck_assert(read_soa_of(&m, m.len, &out));
	ck_assert(out.authoritative && !out.truncated && out.has_soa);
	ck_assert_uint_eq(out.rcode, XFW_RCODE_NOERROR);
	ck_assert_uint_eq(out.serial, SERIAL);
	ck_assert_uint_eq(out.refresh_s, 7200);
	ck_assert_uint_eq(out.retry_s, 3600);
	ck_assert_uint_eq(out.expire_s, 1209600);
	ck_assert_int_eq(out.signature_s, NOW_S + 1000);
	ck_assert_int_eq(out.inception_s, NOW_S + 1000 - 86400);
	ck_assert(out.has_expire);
	ck_assert_uint_eq(out.expire_left_s, 0x10203);
	for (size_t len = m.len; --len > 0;) {
		ck_assert(!read_soa_of(&m, len, &out));
		ck_assert(!out.has_soa && !out.has_expire);
	}
}
END_TEST

START_TEST(expire_that_is_none) {
	const struct {
		const char *bytes;
		size_t len;
	} none[] = { { "", 0 },
		     { "\0\11\0\0", 4 },		      /* as in a query */
		     { "\0\11\0\3\0\0\1", 7 },
		     { "\0\11\0\4\0\0\1", 7 },	      /* longer than it is */
		     { "\0\12\0\77\0\11\0\4\0\0\0\1", 12 },
		     { "\0\11\0", 3 } };
	xfw_wire_soa_t out;

	ask(NULL, NULL);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		answer(FLAG_AA);
		soa(IN_ANSWER, NULL, SERIAL);
		options(none[i].bytes, none[i].len);
		ck_assert(read_soa_of(&m, m.len, &out));
		ck_assert(out.has_soa && !out.has_expire);
		/* A diagnosis does not mind either. */
		ck_assert_uint_eq(read_unsigned().result, XFW_RESULT_ANSWER);
	}
}
END_TEST

START_TEST(no_soa_of_the_zone) {
	xfw_wire_soa_t out;

	ask(NULL, NULL);
	answer(XFW_RCODE_REFUSED);
	opt(0);
	ck_assert(read_soa_of(&m, m.len, &out));
	ck_assert(!out.has_soa && !out.authoritative);
	ck_assert_uint_eq(out.rcode, XFW_RCODE_REFUSED);
	answer(FLAG_AA | XFW_RCODE_NXDOMAIN); /* its parent's */
	soa(IN_AUTHORITY, "\3com", SERIAL);
	opt(0);
	ck_assert(read_soa_of(&m, m.len, &out));
	ck_assert(!out.has_soa);
	ck_assert_uint_eq(out.rcode, XFW_RCODE_NXDOMAIN);
	answer(FLAG_AA | FLAG_TC);
	soa(IN_ANSWER, NULL, SERIAL);
	set16(IN_ANSWER, 2); /* the other one was left out */
	ck_assert(read_soa_of(&m, m.len, &out));
	ck_assert(out.truncated && out.has_soa);
	ck_assert_uint_eq(out.serial, SERIAL);
	answer(FLAG_AA);
	m.data[1] ^= 1; /* another id */
	ck_assert(!read_soa_of(&m, m.len, &out));
}
END_TEST

static bool
text_is(const char *text, const char *wire, size_t wire_len) {
	uint8_t out[XFW_WIRE_NAME_MAX];
	uint8_t len = 0;

	return (xfw_wire_from_text(text, strlen(text), out, &len) &&
		len == wire_len && memcmp(out, wire, len) == 0);
}

START_TEST(names_from_text) {
	uint8_t out[XFW_WIRE_NAME_MAX], len;
	char text[300] = "";

	ck_assert(text_is("example.com", "\7example\3com", 13));
	ck_assert(text_is("eXAmple.COM.", "\7eXAmple\3COM", 13));
	ck_assert(text_is(".", "", 1));
	ck_assert(text_is("a\\.b.c", "\3a.b\1c", 7));
	ck_assert(text_is("0/25.2.0.192.in-addr.arpa",
			  "\0040/25\0012\0010\003192\7in-addr\4arpa", 27));
	ck_assert(text_is("\\000\\255\\\\x.", "\4\0\377\\x", 6));
	static const char *const wrong[] = { "", "..", ".a", "a..b", "a\\", "a\\2",
					     "a\\25", "a\\256", "a\\2x5" };
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ck_assert_msg(!text_is(wrong[i], "", 1) &&
			      !xfw_wire_from_text(wrong[i], strlen(wrong[i]), out,
						  &len),
			      "%s", wrong[i]);
	}
	memset(text, 'a', 63);
	ck_assert(xfw_wire_from_text(text, 63, out, &len));
	ck_assert_uint_eq(len, 65);
	text[63] = 'a';
	ck_assert(!xfw_wire_from_text(text, 64, out, &len));
	/* 255 bytes on the wire at most (RFC 1035, 3.1): 127 labels of one letter. */
	for (size_t i = 0; i < 254; i++) {
		text[i] = i % 2 == 0 ? 'a' : '.';
	}
	ck_assert(xfw_wire_from_text(text, 253, out, &len));
	ck_assert_uint_eq(len, 255);
	ck_assert(xfw_wire_from_text(text, 254, out, &len));
	ck_assert_uint_eq(len, 255);
	text[254] = 'a';
	ck_assert(!xfw_wire_from_text(text, 255, out, &len));
	memset(text + 190, 'b', 64); /* no dot: one label longer than 63 */
	ck_assert(!xfw_wire_from_text(text, 254, out, &len));
	text[250] = '.';
	memset(text + 251, 'c', 3);
	ck_assert(!xfw_wire_from_text(text, 254, out, &len));
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("wire");
	TCase *tcase = tcase_create("wire");
	SRunner *runner = srunner_create(suite);

	tcase_add_test(tcase, query_bytes);
	tcase_add_test(tcase, query_names);
	tcase_add_test(tcase, whose_answer);
	tcase_add_test(tcase, without_question);
	tcase_add_test(tcase, too_long);
	tcase_add_test(tcase, read_of_no_answer);
	tcase_add_test(tcase, good);
	tcase_add_test(tcase, ixfr);
	tcase_add_test(tcase, kinds_without_serial);
	tcase_add_test(tcase, several_soas);
	tcase_add_test(tcase, extended_rcode);
	tcase_add_test(tcase, signature_expiry);
	tcase_add_test(tcase, malformed_rdata);
	tcase_add_test(tcase, pointers);
	tcase_add_test(tcase, chains);
	tcase_add_test(tcase, long_names);
	tcase_add_test(tcase, many_records);
	tcase_add_test(tcase, cut_anywhere);
	tcase_add_test(tcase, padded);
	tcase_add_test(tcase, expire_is_asked_for);
	tcase_add_test(tcase, all_of_the_soa_is_read);
	tcase_add_test(tcase, expire_that_is_none);
	tcase_add_test(tcase, no_soa_of_the_zone);
	tcase_add_test(tcase, names_from_text);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);

	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
