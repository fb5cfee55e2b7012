/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Signatures of queries and answers (RFC 8945): ours against those of dnspython 2.3,
 * what each TSIG record of an answer is taken for, and that no forged one is taken for
 * good. The messages are rendered here anew, after the RFC. One thread.
 */
#include "hmac_kit.h"
#include "wire_kit.h"

/*
 * The query of ask(), its answer two seconds later, the two with MACs of 128 bits, and
 * a BADTIME whose clock is 4000 s ahead; dns.tsig.sign(), key xfer-key.example.
 */
static const char signed_query[] =
	"123400000001000000000002076578616d706c6503636f6d0000060001000029"
	"04d000008000000008786665722d6b6579076578616d706c650000fa00ff0000"
	"0000003d0b686d61632d7368613235360000006b00df00012c0020e7c6eed15c"
	"e99664f070e940195c04eb73ccdcbc0530b6ef5ee964fa53aaed3a1234000000"
	"00";
static const char signed_answer[] =
	"123484000001000100000002076578616d706c6503636f6d0000060001c00c00"
	"06000100000e100027036e7331c00c0a686f73746d6173746572c00c78c2cf05"
	"00001c2000000e10001275000000012c00002904d00000800000000878666572"
	"2d6b6579076578616d706c650000fa00ff00000000003d0b686d61632d736861"
	"3235360000006b00df02012c00205df2a15a5d83d71aeb5d6b385f4491fbc797"
	"0dd1fe5d87794c9d51a70a30f272123400000000";
static const char cut_query[] =
	"123400000001000000000002076578616d706c6503636f6d0000060001000029"
	"04d000008000000008786665722d6b6579076578616d706c650000fa00ff0000"
	"0000002d0b686d61632d7368613235360000006b00df00012c0010e7c6eed15c"
	"e99664f070e940195c04eb123400000000";
static const char cut_answer[] =
	"123484000001000100000002076578616d706c6503636f6d0000060001c00c00"
	"06000100000e100027036e7331c00c0a686f73746d6173746572c00c78c2cf05"
	"00001c2000000e10001275000000012c00002904d00000800000000878666572"
	"2d6b6579076578616d706c650000fa00ff00000000002d0b686d61632d736861"
	"3235360000006b00df02012c0010cb5476ed0adc8272100f9a8982b0aa0b1234"
	"00000000";
static const char badtime_answer[] =
	"123480090001000000000002076578616d706c6503636f6d0000060001000029"
	"04d000000000000008786665722d6b6579076578616d706c650000fa00ff0000"
	"000000430b686d61632d7368613235360000006b00df00012c0020f2872e7e7e"
	"42a46ce840a8ed75acd6cab2247b61326380af4725cb87e4dba4011234001200"
	"0600006b00eea0";

static xfw_tsig_key_t key;

static void
make_key(void) {
	static const char name[] = "\10Xfer-Key\7example", secret[] =
		"0123456789abcdef0123456789abcdef";

	memset(&key, 0, sizeof(key));
	memcpy(key.name, name, sizeof(name));
	key.name_len = sizeof(name);
	key.algorithm = XFW_HMAC_SHA256;
	key.secret_len = sizeof(secret) - 1;
	memcpy(key.secret, secret, key.secret_len);
}

static void
ask_signed(void) {
	make_key();
	ask(&key, hmac_sha256);
}

/*--- a signer of answers ----------------------------------------------------------*/

typedef struct signing {
	const char *name, *algorithm; /* on the wire */
	const char *secret;
	int64_t time_s;
	unsigned fudge, error, other_len, mac_len;
	int64_t other_s; /* in the other data */
	bool without_request;
} signing_t;

#define SHA256 "\13hmac-sha256"

static signing_t
signing(void) {
	return ((signing_t){ .name = "\10xfer-key\7example",
			     .algorithm = SHA256,
			     .secret = "0123456789abcdef0123456789abcdef",
			     .time_s = NOW_S,
			     .fudge = 300,
			     .mac_len = 32 });
}

static void
put_variables(const signing_t *s) {
	put16((unsigned)(s->time_s >> 32));
	put32((uint32_t)s->time_s);
	put16(s->fudge);
}

static void
put_other(const signing_t *s) {
	put16(s->error);
	put16(s->other_len);
	if (s->other_len > 0) {
		put16((unsigned)(s->other_s >> 32));
		put32((uint32_t)s->other_s);
		put("more", s->other_len - 6);
	}
}

/* Signs the answer as built so far: what is digested is put together in `m` first. */
static void
sign(const signing_t *s) {
	static message_t before;
	uint8_t mac[XFW_HMAC_SIZE_MAX];
	size_t at;

	before = m;
	m.len = 0;
	if (!s->without_request) {
		put16((unsigned)query.mac_len);
		put(query.mac, query.mac_len);
	}
	put(before.data, before.len);
	put_name("\10xfer-key\7example");
	put16(255);
	put32(0);
	put_name(SHA256);
	put_variables(s);
	put_other(s);
	ck_assert(hmac_sha256(XFW_HMAC_SHA256, (const uint8_t *)s->secret,
			      strlen(s->secret), m.data, m.len, mac));
	m = before;
	at = begin(IN_ADDITIONAL, s->name, TYPE_TSIG, 255, 0);
	put_name(s->algorithm);
	put_variables(s);
	put16(s->mac_len);
	put(mac, s->mac_len);
	put16(ID);
	put_other(s);
	end(at);
}

static xfw_finding_t
read_signed(void) {
	return (read_bytes(&key, hmac_sha256, m.data, m.len, NOW_S));
}

/* The usual answer with that signature. */
static xfw_finding_t
read_with(const signing_t *s, unsigned flags) {
	answer(flags);
	if ((flags & 15) == 0) {
		soa(IN_ANSWER, NULL, SERIAL);
	}
	sign(s);
	return (read_signed());
}

static xfw_finding_t
read_hex(const char *hex) {
	m.len = unhex(hex, m.data);
	return (read_signed());
}

/*--- against other software -------------------------------------------------------*/

START_TEST(known_query) {
	ask_signed();
	same_bytes(query.data, query.len, signed_query);
	ck_assert_int_eq(query.signed_s, NOW_S);
	key.bits = 128;
	ask(&key, hmac_sha256);
	same_bytes(query.data, query.len, cut_query);
	key.bits = 121; /* whole bytes, never fewer bits */
	ask(&key, hmac_sha256);
	same_bytes(query.data, query.len, cut_query);
	key.bits = 512; /* more than there are */
	ask(&key, hmac_sha256);
	same_bytes(query.data, query.len, signed_query);
}
END_TEST

START_TEST(known_answers) {
	xfw_finding_t f;

	ask_signed();
	f = read_hex(signed_answer);
	ck_assert_uint_eq(f.tsig, XFW_TSIG_GOOD);
	ck_assert_uint_eq(f.tsig_error, 0);
	ck_assert_uint_eq(f.serial, SERIAL);
	ck_assert_str_eq(f.note, "");
	ck_assert_int_eq(f.their_time_s, 0);

	f = read_hex(badtime_answer);
	ck_assert_uint_eq(f.tsig, XFW_TSIG_ERROR);
	ck_assert_uint_eq(f.tsig_error, XFW_TSIG_BADTIME);
	ck_assert_uint_eq(f.rcode, XFW_RCODE_NOTAUTH);
	ck_assert_int_eq(f.their_time_s, NOW_S + 4000);
	ck_assert_int_eq(f.our_time_s, NOW_S);
	ck_assert_str_eq(f.note, "");

	key.bits = 128;
	ask(&key, hmac_sha256);
	f = read_hex(cut_answer);
	ck_assert_uint_eq(f.tsig, XFW_TSIG_GOOD);
	ck_assert_str_eq(f.note, "");
}
END_TEST

/*--- good ones --------------------------------------------------------------------*/

START_TEST(good_ones) {
	signing_t s = signing();

	ask_signed();
	ck_assert_uint_eq(read_with(&s, FLAG_AA).tsig, XFW_TSIG_GOOD);
	s.name = "\10XFER-KEY\7Example"; /* case is no difference */
	s.algorithm = "\13HMAC-sha256";
	ck_assert_uint_eq(read_with(&s, FLAG_AA).tsig, XFW_TSIG_GOOD);
	s = signing();
	ck_assert_uint_eq(read_with(&s, XFW_RCODE_REFUSED).tsig, XFW_TSIG_GOOD);
}
END_TEST

/* Named refuses such a one, unless its key says so: it is noted. */
START_TEST(cut_macs) {
	signing_t s = signing();
	xfw_finding_t f;

	ask_signed();
	for (s.mac_len = 16; s.mac_len < 32; s.mac_len++) {
		char note[32];

		f = read_with(&s, FLAG_AA);
		ck_assert_uint_eq(f.tsig, XFW_TSIG_GOOD);
		(void)snprintf(note, sizeof(note), "MAC cut to %u bits",
			       s.mac_len * 8);
		ck_assert_str_eq(f.note, note);
	}
	for (s.mac_len = 1; s.mac_len < 16; s.mac_len++) {
		char note[32];

		f = read_with(&s, FLAG_AA);
		ck_assert_uint_eq(f.result, XFW_RESULT_MALFORMED);
		(void)snprintf(note, sizeof(note), "MAC of %u bytes", s.mac_len);
		ck_assert_str_eq(f.note, note);
	}
	s.mac_len = 33;
	ck_assert_uint_eq(read_with(&s, FLAG_AA).result, XFW_RESULT_MALFORMED);
	s.algorithm = "\10hmac-md5\7sig-alg\3reg\3int";
	s.mac_len = 9; /* half of it is 8, and 10 is the least */
	ck_assert_uint_eq(read_with(&s, FLAG_AA).result, XFW_RESULT_MALFORMED);
	s.mac_len = 10;
	ck_assert_uint_eq(read_with(&s, FLAG_AA).result, XFW_RESULT_ANSWER);
}
END_TEST

START_TEST(largest) {
	signing_t s = signing();
	xfw_finding_t f;
	size_t at;

	ask_signed();
	answer(FLAG_AA);
	soa(IN_ANSWER, NULL, SERIAL);
	at = begin(IN_ADDITIONAL, NULL, TYPE_A, XFW_CLASS_IN, 0);
	memset(m.data + m.len, 'a', sizeof(m.data) - m.len);
	s.error = XFW_TSIG_BADTIME;
	s.other_len = 10;
	s.other_s = NOW_S;
	m.len = XFW_WIRE_MESSAGE_MAX - (18 + 10 + 13 + 10 + 32 + 6 + 10);
	end(at);
	sign(&s);
	ck_assert_uint_eq(m.len, XFW_WIRE_MESSAGE_MAX);
	f = read_signed();
	ck_assert_uint_eq(f.tsig_error, XFW_TSIG_BADTIME);
	ck_assert_str_eq(f.note, ""); /* proven */
	ck_assert_int_eq(f.their_time_s, 0); /* ten bytes are no clock */
}
END_TEST

/*--- errors -----------------------------------------------------------------------*/

START_TEST(errors_unsigned) {
	static const unsigned errors[] = { XFW_TSIG_BADSIG, XFW_TSIG_BADKEY };
	signing_t s = signing();

	ask_signed();
	s.mac_len = 0;
	s.time_s = 0; /* RFC 8945, 5.3.2 */
	for (size_t i = 0; i < 2; i++) {
		xfw_finding_t f;

		s.error = errors[i];
		f = read_with(&s, XFW_RCODE_NOTAUTH);
		ck_assert_uint_eq(f.result, XFW_RESULT_ANSWER);
		ck_assert_uint_eq(f.rcode, XFW_RCODE_NOTAUTH);
		ck_assert_uint_eq(f.tsig, XFW_TSIG_ERROR);
		ck_assert_uint_eq(f.tsig_error, errors[i]);
		ck_assert_int_eq(f.our_time_s, 0);
		ck_assert_str_eq(f.note, "");
	}
	/* Some name no key in it. */
	s.name = "";
	s.algorithm = "";
	ck_assert_uint_eq(read_with(&s, XFW_RCODE_NOTAUTH).tsig_error,
			  XFW_TSIG_BADKEY);
}
END_TEST

START_TEST(errors_signed) {
	signing_t s = signing();
	xfw_finding_t f;

	ask_signed();
	s.error = XFW_TSIG_BADTRUNC;
	f = read_with(&s, XFW_RCODE_NOTAUTH);
	ck_assert_uint_eq(f.tsig, XFW_TSIG_ERROR);
	ck_assert_uint_eq(f.tsig_error, XFW_TSIG_BADTRUNC);
	ck_assert_str_eq(f.note, "");
	s.error = 99;
	ck_assert_uint_eq(read_with(&s, XFW_RCODE_NOTAUTH).tsig_error, 99);

	s.error = XFW_TSIG_BADTIME;
	s.other_len = 6;
	s.other_s = INT64_C(0x123456789abc); /* all 48 bits */
	f = read_with(&s, XFW_RCODE_NOTAUTH);
	ck_assert_int_eq(f.their_time_s, INT64_C(0x123456789abc));
	ck_assert_int_eq(f.our_time_s, NOW_S);
	ck_assert_str_eq(f.note, "");
	s.secret = "another";
	f = read_with(&s, XFW_RCODE_NOTAUTH);
	ck_assert_uint_eq(f.tsig, XFW_TSIG_ERROR);
	ck_assert_int_eq(f.their_time_s, INT64_C(0x123456789abc));
	ck_assert_str_eq(f.note, "TSIG error not proven: MAC does not verify");
	s.mac_len = 0;
	f = read_with(&s, XFW_RCODE_NOTAUTH);
	ck_assert_uint_eq(f.tsig_error, XFW_TSIG_BADTIME);
	ck_assert_str_eq(f.note, "TSIG error not proven: TSIG without a MAC");
}
END_TEST

START_TEST(time_found_here) {
	signing_t s = signing();
	xfw_finding_t f;

	ask_signed();
	for (int sign_of = -1; sign_of <= 1; sign_of += 2) {
		s.fudge = 300;
		s.time_s = NOW_S + 300 * sign_of;
		ck_assert_uint_eq(read_with(&s, FLAG_AA).tsig, XFW_TSIG_GOOD);
		s.time_s = NOW_S + 301 * sign_of;
		f = read_with(&s, FLAG_AA);
		ck_assert_uint_eq(f.tsig, XFW_TSIG_ERROR);
		ck_assert_uint_eq(f.tsig_error, XFW_TSIG_BADTIME);
		ck_assert_int_eq(f.their_time_s, NOW_S + 301 * sign_of);
		ck_assert_int_eq(f.our_time_s, NOW_S);
		ck_assert_str_eq(f.note, "BADTIME found here");
		s.fudge = 301; /* theirs counts */
		ck_assert_uint_eq(read_with(&s, FLAG_AA).tsig, XFW_TSIG_GOOD);
	}
	s.secret = "another"; /* a time that nobody vouches for is not told */
	s.time_s = 5;
	f = read_with(&s, FLAG_AA);
	ck_assert_uint_eq(f.tsig, XFW_TSIG_WRONG);
	ck_assert_int_eq(f.their_time_s, 0);
}
END_TEST

/*--- wrong ones -------------------------------------------------------------------*/

static void
is_wrong(const signing_t *s, const char *note) {
	xfw_finding_t f = read_with(s, FLAG_AA);

	ck_assert_uint_eq(f.result, XFW_RESULT_ANSWER);
	ck_assert_uint_eq(f.tsig, XFW_TSIG_WRONG);
	ck_assert_uint_eq(f.tsig_error, 0);
	ck_assert_str_eq(f.note, note);
}

START_TEST(wrong) {
	signing_t s = signing();

	ask_signed();
	s.secret = "another";
	is_wrong(&s, "MAC does not verify");
	s = signing();
	s.without_request = true; /* an answer to another query */
	is_wrong(&s, "MAC does not verify");
	s = signing();
	s.name = "\5other\7example";
	is_wrong(&s, "TSIG of another key name");
	s = signing();
	s.algorithm = "\13hmac-sha224";
	s.mac_len = 28;
	is_wrong(&s, "TSIG of another algorithm");
	s.algorithm = "\3new";
	is_wrong(&s, "TSIG of another algorithm");
	s = signing();
	s.mac_len = 0;
	is_wrong(&s, "TSIG without a MAC");
	s = signing();
	key.algorithm = XFW_HMAC_SHA512; /* whose digest the kit cannot make */
	is_wrong(&s, "TSIG of another algorithm");
	xfw_tsig_wipe(&key);
	is_wrong(&s, "key not at hand");
	answer(FLAG_AA);
	sign(&s);
	ck_assert_uint_eq(read_bytes(NULL, NULL, m.data, m.len, NOW_S).tsig,
			  XFW_TSIG_WRONG);
}
END_TEST

START_TEST(absent_and_unasked) {
	signing_t s = signing();
	xfw_finding_t f;

	ask_signed();
	answer(FLAG_AA);
	soa(IN_ANSWER, NULL, SERIAL);
	f = read_signed();
	ck_assert_uint_eq(f.tsig, XFW_TSIG_ABSENT);
	ck_assert(f.has_serial);
	answer(FLAG_TC);
	set16(IN_ADDITIONAL, 1); /* cut off before it */
	ck_assert_uint_eq(read_signed().tsig, XFW_TSIG_ABSENT);

	ask(NULL, NULL);
	f = read_with(&s, FLAG_AA);
	ck_assert_uint_eq(f.tsig, XFW_TSIG_UNASKED);
	ck_assert(f.has_serial);
}
END_TEST

/* Whichever bit of a good answer changes, it is good no more. */
START_TEST(any_bit) {
	const size_t tsig_at = strlen(signed_answer) / 2 - (18 + 10 + 13 + 48);
	unsigned good = 0, spared = 0;

	ask_signed();
	for (size_t bit = 0; bit < 8 * strlen(signed_answer) / 2; bit++) {
		size_t at = bit / 8, within = at - tsig_at;

		m.len = unhex(signed_answer, m.data);
		m.data[at] ^= (uint8_t)(1 << bit % 8);
		if (!is_answer()) {
			continue;
		}
		good += read_signed().tsig == XFW_TSIG_GOOD;
		/* The case of the names and the TTL are not signed. */
		spared += at >= tsig_at && within >= 22 && within < 26;
		spared += at >= tsig_at && (within < 18 || (within >= 28 && within < 41)) &&
			  bit % 8 == 5 && (m.data[at] | 0x20) >= 'a' &&
			  (m.data[at] | 0x20) <= 'z';
	}
	ck_assert_uint_gt(spared, 32);
	ck_assert_uint_eq(good, spared);
}
END_TEST

START_TEST(cut_anywhere) {
	ask_signed();
	m.len = unhex(signed_answer, m.data);
	while (--m.len > 0) {
		ck_assert(!is_answer() ||
			  read_signed().result == XFW_RESULT_MALFORMED);
	}
}
END_TEST

START_TEST(out_of_place) {
	signing_t s = signing();

	ask_signed();
	(void)read_with(&s, FLAG_AA);
	opt(0);
	ck_assert_str_eq(read_signed().note, "TSIG record out of place");
	(void)read_with(&s, FLAG_AA);
	sign(&s); /* two of them */
	ck_assert_str_eq(read_signed().note, "TSIG record out of place");
	(void)read_with(&s, FLAG_AA);
	set16(IN_AUTHORITY, 1); /* the last record, of another section */
	set16(IN_ADDITIONAL, 0);
	ck_assert_str_eq(read_signed().note, "TSIG record out of place");
	ask(NULL, NULL); /* nor may it be where it was not asked for */
	ck_assert_str_eq(read_signed().note, "TSIG record out of place");
}
END_TEST

START_TEST(malformed) {
	signing_t s = signing();
	size_t at;

	ask_signed();
	(void)read_with(&s, FLAG_AA);
	at = m.len - (13 + 10 + 32 + 6) - 8; /* class */
	ck_assert_uint_eq(get16(at), 255);
	set16(at, 1);
	ck_assert_str_eq(read_signed().note, "malformed TSIG record");
	for (unsigned len = 0; len < 13 + 10 + 32 + 6 + 2; len++) {
		(void)read_with(&s, FLAG_AA);
		if (len == 13 + 10 + 32 + 6) {
			continue;
		}
		put("abc", 3);
		set16(at + 6, len);
		ck_assert_ptr_nonnull(strstr(read_signed().note,
					     "malformed TSIG record"));
	}
}
END_TEST

/*--- keys and algorithms ----------------------------------------------------------*/

static uint8_t digested[4096];
static size_t digested_len;

static bool
record_digested(xfw_hmac_t algorithm, const uint8_t *secret, size_t secret_len,
		const uint8_t *data, size_t len, uint8_t *digest) {
	ck_assert_uint_eq(secret_len, 32);
	ck_assert_int_eq(memcmp(secret, key.secret, 32), 0);
	ck_assert_uint_le(len, sizeof(digested));
	memcpy(digested, data, len);
	digested_len = len;
	memset(digest, 0xd0 + (int)algorithm, XFW_HMAC_SIZE_MAX);
	return (true);
}

START_TEST(algorithm_table) {
	static const struct {
		const char *name, *wire;
		size_t size;
	} want[XFW_HMAC_COUNT] = {
		{ "", "", 0 },
		{ "hmac-md5", "\10hmac-md5\7sig-alg\3reg\3int", 16 },
		{ "hmac-sha1", "\11hmac-sha1", 20 },
		{ "hmac-sha224", "\13hmac-sha224", 28 },
		{ "hmac-sha256", "\13hmac-sha256", 32 },
		{ "hmac-sha384", "\13hmac-sha384", 48 },
		{ "hmac-sha512", "\13hmac-sha512", 64 },
	};

	make_key();
	for (int i = 0; i < XFW_HMAC_COUNT; i++) {
		size_t wire_len = strlen(want[i].wire) + 1, rdata;

		ck_assert_str_eq(xfw_hmac_name((xfw_hmac_t)i), want[i].name);
		ck_assert_uint_eq(xfw_hmac_size((xfw_hmac_t)i), want[i].size);
		if (i == XFW_HMAC_NONE) {
			continue;
		}
		key.algorithm = (uint8_t)i;
		ask(&key, record_digested);
		ck_assert_uint_eq(query.mac_len, want[i].size);
		rdata = query.len - (wire_len + 10 + want[i].size + 6);
		ck_assert_int_eq(memcmp(query.data + rdata, want[i].wire, wire_len), 0);
		ck_assert_uint_eq(query.data[rdata + wire_len + 10], 0xd0 + i);
		/* Digested: name, class, TTL, algorithm, ... (RFC 8945, 4.3.3). */
		ck_assert_int_eq(memcmp(digested + digested_len - 12 - wire_len,
					want[i].wire, wire_len),
				 0);
	}
	ck_assert_str_eq(xfw_hmac_name(XFW_HMAC_COUNT), "");
	ck_assert_uint_eq(xfw_hmac_size(XFW_HMAC_COUNT), 0);
}
END_TEST

START_TEST(unusable_keys) {
	xfw_question_t question = question_of(EXAMPLE, XFW_TYPE_SOA);

#define FAILS() ck_assert(!xfw_wire_build(&query, &question, &key, hmac_sha256, NOW_S))
	make_key();
	ck_assert(xfw_wire_build(&query, &question, &key, hmac_sha256, NOW_S));
	ck_assert(!xfw_wire_build(&query, &question, &key, NULL, NOW_S));
	ck_assert(!xfw_wire_build(&query, &question, &key, hmac_sha256, -1));
	key.algorithm = XFW_HMAC_SHA512; /* the kit's function fails */
	FAILS();
	key.algorithm = XFW_HMAC_NONE;
	FAILS();
	key.algorithm = XFW_HMAC_COUNT;
	FAILS();
	make_key();
	key.name_len--;
	FAILS();
	make_key();
	key.secret_len = XFW_SECRET_MAX + 1;
	FAILS();
#undef FAILS
}
END_TEST

/* The longest names that there are, still fit. */
START_TEST(longest_query) {
	uint8_t name[XFW_WIRE_NAME_MAX];
	xfw_question_t question = question_of(EXAMPLE, XFW_TYPE_IXFR);

	for (size_t i = 0; i < sizeof(name); i++) {
		name[i] = i % 2 == 0 ? 1 : 'a';
	}
	name[254] = 0;
	question.name = name;
	question.name_len = sizeof(name);
	question.edns = true;
	make_key();
	memcpy(key.name, name, sizeof(name));
	key.name_len = sizeof(name);
	key.algorithm = XFW_HMAC_MD5;
	ck_assert(xfw_wire_build(&query, &question, &key, record_digested, NOW_S));
	key.algorithm = XFW_HMAC_SHA512;
	ck_assert(xfw_wire_build(&query, &question, &key, record_digested, NOW_S));
}
END_TEST

START_TEST(wiped) {
	static const xfw_tsig_key_t nothing;

	memset(&key, 0xff, sizeof(key));
	xfw_tsig_wipe(&key);
	ck_assert_int_eq(memcmp(&key, &nothing, sizeof(key)), 0);
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("tsig");
	TCase *tcase = tcase_create("tsig");
	SRunner *runner = srunner_create(suite);

	tcase_add_test(tcase, known_query);
	tcase_add_test(tcase, known_answers);
	tcase_add_test(tcase, good_ones);
	tcase_add_test(tcase, cut_macs);
	tcase_add_test(tcase, largest);
	tcase_add_test(tcase, errors_unsigned);
	tcase_add_test(tcase, errors_signed);
	tcase_add_test(tcase, time_found_here);
	tcase_add_test(tcase, wrong);
	tcase_add_test(tcase, absent_and_unasked);
	tcase_add_test(tcase, any_bit);
	tcase_add_test(tcase, cut_anywhere);
	tcase_add_test(tcase, out_of_place);
	tcase_add_test(tcase, malformed);
	tcase_add_test(tcase, algorithm_table);
	tcase_add_test(tcase, unusable_keys);
	tcase_add_test(tcase, longest_query);
	tcase_add_test(tcase, wiped);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);

	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
