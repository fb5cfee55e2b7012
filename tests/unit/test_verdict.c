/* SPDX-License-Identifier: MPL-2.0 */
/* Tests of the verdict: what an operator is told for what the checks saw. One
 * thread. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xfrwatch/verdict.h>

#define SERVING	 2026032901u
#define SIGNED_S INT64_C(1796000000)

static xfw_findings_t seen;
static xfw_case_t about;
static xfw_verdict_t verdict;

static void
begin(xfw_cause_t heard) {
	seen = (xfw_findings_t){ 0 };
	about = (xfw_case_t){ .heard = heard,
			      .zones = 1,
			      .asked = 1,
			      .agreed = 1,
			      .has_serving = true,
			      .serving = SERVING };
}

static xfw_finding_t *
add(xfw_check_t check, xfw_result_t result) {
	xfw_finding_t *finding = &seen.item[seen.count++];

	*finding = (xfw_finding_t){ .check = (uint8_t)check,
				    .result = (uint8_t)result,
				    .rcode = 0xffff };
	return (finding);
}

static xfw_finding_t *
rcode(xfw_check_t check, uint16_t code) {
	xfw_finding_t *finding = add(check, XFW_RESULT_ANSWER);

	finding->rcode = code;
	return (finding);
}

static xfw_finding_t *
serial(xfw_check_t check, uint32_t number) {
	xfw_finding_t *finding = rcode(check, XFW_RCODE_NOERROR);

	finding->authoritative = finding->has_serial = true;
	finding->serial = number;
	return (finding);
}

static xfw_finding_t *
ok(xfw_check_t check) {
	return (serial(check, SERVING));
}

static xfw_finding_t *
tsig(xfw_check_t check, uint16_t error) {
	xfw_finding_t *finding = rcode(check, XFW_RCODE_NOTAUTH);

	finding->tsig = XFW_TSIG_ERROR;
	finding->tsig_error = error;
	return (finding);
}

static void
judge(void) {
	xfw_verdict(&about, &seen, 53, &verdict);
	ck_assert_uint_ge(verdict.confidence, 5);
	ck_assert_uint_le(verdict.confidence, 99);
}

static void
is(xfw_cause_t cause) {
	judge();
	ck_assert_str_eq(xfw_cause_info(verdict.cause)->name,
			 xfw_cause_info(cause)->name);
	ck_assert(!verdict.well);
}

static void
stands(const char *expect) {
	for (size_t i = 0; i < seen.count; i++) {
		char c = "-+x"[verdict.stance[i]];
		ck_assert_msg(c == expect[i], "finding %zu: %c, not %c", i, c,
			      expect[i]);
	}
	ck_assert_uint_eq(strlen(expect), seen.count);
}

#define SAYS(text) ck_assert_str_eq(verdict.why, text)

/*--- signatures -----------------------------------------------------------------*/

START_TEST(each_tsig_error_has_a_cause_of_its_own) {
	static const struct {
		uint16_t error;
		xfw_cause_t cause;
	} rows[] = { { XFW_TSIG_BADKEY, XFW_CAUSE_TSIG_BADKEY },
		     { XFW_TSIG_BADSIG, XFW_CAUSE_TSIG_BADSIG },
		     { XFW_TSIG_BADTIME, XFW_CAUSE_TSIG_BADTIME },
		     { XFW_TSIG_BADTRUNC, XFW_CAUSE_TSIG_BADTRUNC },
		     { 99, XFW_CAUSE_TSIG_ERROR } };
	static const xfw_cause_t heard[] = {
		XFW_CAUSE_TSIG_ERROR,	 XFW_CAUSE_NOTAUTH,
		XFW_CAUSE_REFUSED_QUERY, XFW_CAUSE_REFUSED_TRANSFER,
		XFW_CAUSE_CLOSED_BY_PEER, XFW_CAUSE_PROTOCOL,
		XFW_CAUSE_TSIG_MISSING,	 XFW_CAUSE_TSIG_VERIFY,
		XFW_CAUSE_SOA_TIMEOUT,
	};

	for (size_t h = 0; h < sizeof(heard) / sizeof(heard[0]); h++) {
		begin(heard[h]);
		tsig(XFW_CHECK_UDP_SOA, rows[_i].error);
		add(XFW_CHECK_TCP_CONNECT, XFW_RESULT_DONE);
		tsig(XFW_CHECK_TCP_SOA, rows[_i].error);
		ok(XFW_CHECK_UDP_SOA_UNSIGNED);
		is(rows[_i].cause);
		stands("+-++");
		ck_assert_ptr_nonnull(strstr(verdict.why,
					     "without the key it serves the zone"));
	}
}
END_TEST

START_TEST(badkey_is_surer_than_what_the_log_said) {
	begin(XFW_CAUSE_TSIG_ERROR);
	tsig(XFW_CHECK_UDP_SOA, XFW_TSIG_BADKEY);
	tsig(XFW_CHECK_TCP_SOA, XFW_TSIG_BADKEY);
	is(XFW_CAUSE_TSIG_BADKEY);
	ck_assert_uint_eq(xfw_verdict_heard(XFW_CAUSE_TSIG_ERROR), 60);
	ck_assert_uint_eq(verdict.confidence, 90);
	SAYS("the primary says BADKEY: it has no key of that name and algorithm");
}
END_TEST

START_TEST(badtime_tells_how_far_the_clocks_are_apart) {
	xfw_finding_t *finding = NULL;

	begin(XFW_CAUSE_TSIG_ERROR);
	finding = tsig(XFW_CHECK_UDP_SOA, XFW_TSIG_BADTIME);
	finding->our_time_s = 1795251600 + 3603;
	finding->their_time_s = 1795251600;
	is(XFW_CAUSE_TSIG_BADTIME);
	SAYS("the primary says BADTIME: its clock is 3603 s behind ours");
	finding->their_time_s = finding->our_time_s + 601;
	judge();
	SAYS("the primary says BADTIME: its clock is 601 s ahead of ours");
	finding->their_time_s = 0;
	judge();
	SAYS("the primary says BADTIME: the clocks differ");
}
END_TEST

START_TEST(signatures_of_answers_are_told_apart) {
	begin(XFW_CAUSE_TSIG_ERROR);
	ok(XFW_CHECK_UDP_SOA)->tsig = XFW_TSIG_ABSENT;
	is(XFW_CAUSE_TSIG_MISSING);
	stands("+");
	begin(XFW_CAUSE_SOA_TIMEOUT);
	ok(XFW_CHECK_UDP_SOA)->tsig = XFW_TSIG_WRONG;
	is(XFW_CAUSE_TSIG_VERIFY);
	stands("+");
	begin(XFW_CAUSE_TSIG_ERROR);
	ok(XFW_CHECK_UDP_SOA)->tsig = XFW_TSIG_UNASKED;
	is(XFW_CAUSE_TSIG_UNEXPECTED);
	/* A refusal stays one though it is not signed. */
	begin(XFW_CAUSE_REFUSED_QUERY);
	rcode(XFW_CHECK_UDP_SOA, XFW_RCODE_REFUSED)->tsig = XFW_TSIG_ABSENT;
	is(XFW_CAUSE_REFUSED_QUERY);
	stands("+");
}
END_TEST

START_TEST(unsigned_success_tells_nothing_of_the_key) {
	begin(XFW_CAUSE_TSIG_ERROR);
	ok(XFW_CHECK_UDP_SOA);
	ok(XFW_CHECK_TCP_SOA);
	is(XFW_CAUSE_TSIG_ERROR);
	stands("--");
	ck_assert_uint_eq(verdict.confidence, 60);
	begin(XFW_CAUSE_TSIG_ERROR);
	ok(XFW_CHECK_UDP_SOA)->tsig = XFW_TSIG_GOOD;
	judge();
	ck_assert(verdict.well);
	stands("x");
}
END_TEST

/*--- the way ----------------------------------------------------------------------*/

#define U XFW_CHECK_UDP_SOA
#define C XFW_CHECK_TCP_CONNECT
#define T XFW_CHECK_TCP_SOA

START_TEST(udp_and_tcp_together_tell_what_is_blocked) {
	static const xfw_cause_t heard[] = {
		XFW_CAUSE_SOA_TIMEOUT,	   XFW_CAUSE_TRANSFER_TIMEOUT,
		XFW_CAUSE_UDP_BLOCKED,	   XFW_CAUSE_CONNECT_REFUSED,
		XFW_CAUSE_CONNECT_TIMEOUT, XFW_CAUSE_CONNECT_DENIED,
		XFW_CAUSE_UNREACHABLE,	   XFW_CAUSE_UNREACHABLE_CACHED,
		XFW_CAUSE_HOST_DOWN,
	};
	xfw_cause_t from = heard[_i];

	begin(from);
	add(U, XFW_RESULT_TIMEOUT);
	add(C, XFW_RESULT_DONE);
	ok(T);
	is(XFW_CAUSE_UDP_BLOCKED);
	stands("+-+");
	SAYS("TCP port 53 answers, UDP port 53 does not: packet filter");

	begin(from);
	ok(U);
	add(C, XFW_RESULT_TIMEOUT);
	is(XFW_CAUSE_CONNECT_TIMEOUT);
	stands("++");
	SAYS("UDP port 53 answers, TCP port 53 does not: packet filter");

	begin(from);
	ok(U);
	add(C, XFW_RESULT_REFUSED);
	is(XFW_CAUSE_CONNECT_REFUSED);
	SAYS("UDP port 53 answers, TCP port 53 refuses: a packet filter that rejects, "
	     "or a server that does not listen on TCP");

	begin(from);
	add(U, XFW_RESULT_REFUSED);
	add(C, XFW_RESULT_REFUSED);
	is(XFW_CAUSE_CONNECT_REFUSED);
	stands("++");
	SAYS("no server listens on port 53");

	begin(from);
	add(U, XFW_RESULT_TIMEOUT);
	add(C, XFW_RESULT_TIMEOUT);
	is(XFW_CAUSE_HOST_DOWN);
	stands("++");
	SAYS("neither UDP nor TCP port 53 answers");

	begin(from);
	add(U, XFW_RESULT_TIMEOUT);
	add(C, XFW_RESULT_UNREACHABLE);
	is(XFW_CAUSE_UNREACHABLE);

	begin(from);
	ok(U);
	add(C, XFW_RESULT_DENIED);
	is(XFW_CAUSE_CONNECT_DENIED);
	stands("-+");

	begin(from);
	ok(U);
	add(C, XFW_RESULT_DONE);
	add(T, XFW_RESULT_CLOSED);
	is(XFW_CAUSE_CLOSED_BY_PEER);
}
END_TEST

START_TEST(without_udp_the_connection_alone_tells) {
	begin(XFW_CAUSE_UNREACHABLE_CACHED);
	add(C, XFW_RESULT_TIMEOUT);
	is(XFW_CAUSE_CONNECT_TIMEOUT);
	SAYS("TCP port 53 does not answer");
	begin(XFW_CAUSE_UNREACHABLE_CACHED);
	add(C, XFW_RESULT_REFUSED);
	is(XFW_CAUSE_CONNECT_REFUSED);
	begin(XFW_CAUSE_TLS_FAILURE);
	add(C, XFW_RESULT_DONE);
	add(XFW_CHECK_TLS, XFW_RESULT_FAILED);
	is(XFW_CAUSE_TLS_FAILURE);
	stands("-+");
	begin(XFW_CAUSE_SOA_TIMEOUT);
	add(U, XFW_RESULT_TIMEOUT);
	is(XFW_CAUSE_SOA_TIMEOUT);
	stands("+");
	SAYS("UDP port 53 does not answer");
	begin(XFW_CAUSE_SOA_TIMEOUT);
	add(U, XFW_RESULT_TIMEOUT);
	add(C, XFW_RESULT_DONE);
	add(T, XFW_RESULT_TIMEOUT);
	is(XFW_CAUSE_SOA_TIMEOUT);
	stands("+-+");
}
END_TEST

START_TEST(a_dead_primary_is_dead_whatever_it_said_before) {
	begin(XFW_CAUSE_REFUSED_TRANSFER);
	add(U, XFW_RESULT_TIMEOUT);
	add(C, XFW_RESULT_TIMEOUT);
	is(XFW_CAUSE_HOST_DOWN);
	/* One lost datagram makes no other cause. */
	begin(XFW_CAUSE_REFUSED_TRANSFER);
	add(U, XFW_RESULT_TIMEOUT);
	add(C, XFW_RESULT_DONE);
	ok(T);
	is(XFW_CAUSE_REFUSED_TRANSFER);
}
END_TEST

/*--- access -----------------------------------------------------------------------*/

START_TEST(what_the_primary_permits) {
	begin(XFW_CAUSE_REFUSED_QUERY);
	rcode(U, XFW_RCODE_REFUSED);
	rcode(T, XFW_RCODE_REFUSED);
	is(XFW_CAUSE_REFUSED_QUERY);
	stands("++");
	begin(XFW_CAUSE_REFUSED_TRANSFER);
	ok(U);
	ok(T);
	rcode(XFW_CHECK_TRANSFER, XFW_RCODE_REFUSED);
	is(XFW_CAUSE_REFUSED_TRANSFER);
	stands("--+");
	SAYS("the primary answers the SOA query and refuses the transfer");
	begin(XFW_CAUSE_REFUSED_QUERY);
	ok(U);
	rcode(XFW_CHECK_TRANSFER, XFW_RCODE_NOTAUTH);
	is(XFW_CAUSE_NOTAUTH);
	begin(XFW_CAUSE_REFUSED_QUERY);
	rcode(U, XFW_RCODE_NOTAUTH);
	is(XFW_CAUSE_NOTAUTH);
	begin(XFW_CAUSE_NOTAUTH);
	rcode(U, XFW_RCODE_NOTAUTH);
	is(XFW_CAUSE_NOTAUTH);
	stands("+");
	begin(XFW_CAUSE_RCODE_OTHER);
	rcode(U, XFW_RCODE_SERVFAIL);
	is(XFW_CAUSE_RCODE_OTHER);
	stands("+");
	SAYS("the primary answers the SOA query with SERVFAIL");
	begin(XFW_CAUSE_RCODE_OTHER);
	rcode(U, XFW_RCODE_REFUSED);
	is(XFW_CAUSE_REFUSED_QUERY);
	begin(XFW_CAUSE_NOT_AUTHORITATIVE);
	ok(U)->authoritative = false;
	rcode(T, XFW_RCODE_NOERROR); /* a referral */
	is(XFW_CAUSE_NOT_AUTHORITATIVE);
	begin(XFW_CAUSE_CLOSED_BY_PEER);
	ok(U);
	add(C, XFW_RESULT_DONE);
	add(T, XFW_RESULT_CLOSED);
	is(XFW_CAUSE_CLOSED_BY_PEER);
	stands("--+");
	begin(XFW_CAUSE_PROTOCOL);
	add(U, XFW_RESULT_MALFORMED);
	is(XFW_CAUSE_PROTOCOL);
	stands("+");
}
END_TEST

START_TEST(ixfr_over_udp_that_is_not_known_says_nothing) {
	begin(XFW_CAUSE_REFUSED_TRANSFER);
	ok(U);
	ok(T);
	rcode(XFW_CHECK_TRANSFER, XFW_RCODE_NOTIMP);
	is(XFW_CAUSE_REFUSED_TRANSFER);
	stands("---");
	ck_assert_uint_eq(verdict.confidence, 80);
	begin(XFW_CAUSE_SOA_TIMEOUT);
	ok(U);
	ok(T);
	add(XFW_CHECK_TRANSFER, XFW_RESULT_TIMEOUT);
	is(XFW_CAUSE_SOA_TIMEOUT);
	stands("xx-");
}
END_TEST

START_TEST(when_all_is_well_it_says_so) {
	static const xfw_cause_t heard[] = {
		XFW_CAUSE_REFUSED_QUERY,   XFW_CAUSE_NOTAUTH,
		XFW_CAUSE_SOA_TIMEOUT,	   XFW_CAUSE_CONNECT_REFUSED,
		XFW_CAUSE_TRANSFER_TIMEOUT, XFW_CAUSE_CLOSED_BY_PEER,
		XFW_CAUSE_REFUSED_TRANSFER, XFW_CAUSE_TSIG_BADKEY,
		XFW_CAUSE_HOST_DOWN,	   XFW_CAUSE_UDP_BLOCKED,
		XFW_CAUSE_UNCLASSIFIED,	   XFW_CAUSE_CONNECT_TIMEOUT,
	};
	unsigned against = 0;

	begin(heard[_i]);
	ok(U)->tsig = XFW_TSIG_GOOD;
	add(C, XFW_RESULT_DONE);
	ok(T)->tsig = XFW_TSIG_GOOD;
	ok(XFW_CHECK_TRANSFER)->tsig = XFW_TSIG_GOOD;
	judge();
	ck_assert(verdict.well);
	ck_assert_uint_eq(verdict.cause, heard[_i]);
	SAYS("every check succeeds now");
	for (size_t i = 0; i < seen.count; i++) {
		ck_assert_uint_ne(verdict.stance[i], XFW_STANCE_AGREES);
		against += verdict.stance[i] == XFW_STANCE_CONTRADICTS;
	}
	ck_assert_uint_gt(against, 0);
	ck_assert_uint_lt(verdict.confidence, xfw_verdict_heard(heard[_i]));
}
END_TEST

/*--- here -------------------------------------------------------------------------*/

START_TEST(what_is_missing_here_comes_first) {
	begin(XFW_CAUSE_NEVER_ATTEMPTED);
	add(XFW_CHECK_SOURCE, XFW_RESULT_MISSING);
	is(XFW_CAUSE_LOCAL_SOURCE);
	stands("+");
	begin(XFW_CAUSE_SOA_TIMEOUT);
	add(U, XFW_RESULT_LOCAL)->error = EADDRNOTAVAIL;
	is(XFW_CAUSE_LOCAL_SOURCE);
	stands("+");
	begin(XFW_CAUSE_NOTAUTH);
	add(XFW_CHECK_KEY, XFW_RESULT_MISSING);
	rcode(U, XFW_RCODE_NOTAUTH);
	is(XFW_CAUSE_KEY_MISSING);
	begin(XFW_CAUSE_KEY_MISSING);
	add(XFW_CHECK_KEY, XFW_RESULT_MISSING);
	ok(U);
	is(XFW_CAUSE_KEY_MISSING);
	stands("+-");
	begin(XFW_CAUSE_KEY_MISSING);
	add(XFW_CHECK_KEY, XFW_RESULT_DONE);
	ok(U);
	judge();
	ck_assert(verdict.well);
	stands("x-");
}
END_TEST

START_TEST(what_asking_cannot_tell_is_left_alone) {
	static const xfw_cause_t causes[] = {
		XFW_CAUSE_NO_PRIMARIES,	 XFW_CAUSE_LOCAL_STORAGE,
		XFW_CAUSE_LOCAL_RESOURCE, XFW_CAUSE_QUOTA_DEFERRED,
		XFW_CAUSE_NOTIFY_REFUSED, XFW_CAUSE_ZONE_DATA,
	};

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		ck_assert(!xfw_verdict_asks(causes[i]));
		begin(causes[i]);
		add(U, XFW_RESULT_TIMEOUT);
		add(C, XFW_RESULT_TIMEOUT);
		is(causes[i]);
		stands("--");
		SAYS("");
	}
	ck_assert(xfw_verdict_asks(XFW_CAUSE_TSIG_ERROR));
	ck_assert(xfw_verdict_asks(XFW_CAUSE_SOA_TIMEOUT));
	ck_assert(xfw_verdict_asks(XFW_CAUSE_NEVER_ATTEMPTED));
	ck_assert(xfw_verdict_asks(XFW_CAUSE_SIGNATURES_EXPIRING));
	ck_assert(!xfw_verdict_asks(XFW_CAUSE_NONE));
	ck_assert(!xfw_verdict_asks((xfw_cause_t)200));
}
END_TEST

/*--- serials and signatures of zones ---------------------------------------------*/

START_TEST(serials_are_compared_as_rfc_1982_says) {
	begin(XFW_CAUSE_SERIAL_BACKWARDS);
	serial(U, SERVING - 5);
	is(XFW_CAUSE_SERIAL_BACKWARDS);
	stands("+");
	SAYS("the primary offers serial 2026032896, ours is 2026032901");
	begin(XFW_CAUSE_SERIAL_BACKWARDS);
	serial(U, SERVING + 0x7fffffff);
	judge();
	ck_assert(verdict.well);
	stands("x");
	/* Half the circle away neither is ahead. */
	begin(XFW_CAUSE_SERIAL_BACKWARDS);
	serial(U, SERVING + 0x80000000u);
	judge();
	stands("-");
	about.serving = 5;
	seen.item[0].serial = 4294967290u;
	is(XFW_CAUSE_SERIAL_BACKWARDS);
	stands("+");
	begin(XFW_CAUSE_SERIAL_UNCHANGED);
	ok(U);
	is(XFW_CAUSE_SERIAL_UNCHANGED);
	stands("+");
	begin(XFW_CAUSE_SERIAL_BEHIND);
	serial(U, SERVING + 1);
	serial(T, SERVING + 1);
	is(XFW_CAUSE_SERIAL_BEHIND);
	stands("++");
	begin(XFW_CAUSE_SERIAL_BEHIND);
	ok(U);
	judge();
	ck_assert(verdict.well);
	stands("x");
	/* Without a serial of ours there is nothing to compare. */
	begin(XFW_CAUSE_SERIAL_BEHIND);
	about.has_serving = false;
	serial(U, 7);
	judge();
	stands("-");
}
END_TEST

START_TEST(signatures_are_compared_with_those_we_serve) {
	begin(XFW_CAUSE_SIGNATURES_EXPIRING);
	about.signature_s = SIGNED_S;
	ok(U)->signature_s = SIGNED_S;
	is(XFW_CAUSE_SIGNATURES_EXPIRING);
	stands("+");
	SAYS("the primary serves the same signature: it is not renewed there");
	seen.item[0].signature_s = SIGNED_S + 86400;
	judge();
	stands("x");
	SAYS("the primary has a newer signature: our copy is behind");
	seen.item[0].signature_s = 0;
	judge();
	stands("-");
}
END_TEST

/*--- row by row ---------------------------------------------------------------*/

/*
 * Findings in short: check and what it saw.
 * Checks: U, T SOA over UDP, TCP; C connection; S handshake; I IXFR.
 */
static void
add_short(const char *word) {
	xfw_check_t check = word[0] == 'U'   ? XFW_CHECK_UDP_SOA
			    : word[0] == 'T' ? XFW_CHECK_TCP_SOA
			    : word[0] == 'C' ? XFW_CHECK_TCP_CONNECT
			    : word[0] == 'S' ? XFW_CHECK_TLS
					     : XFW_CHECK_TRANSFER;

	switch (word[1]) {
	case '=': ok(check); break;
	case '<': serial(check, SERVING - 1); break;
	case '>': serial(check, SERVING + 1); break;
	case 'r': rcode(check, XFW_RCODE_REFUSED); break;
	case 'n': rcode(check, XFW_RCODE_NOTAUTH); break;
	case 'l': rcode(check, XFW_RCODE_NOERROR); break;
	case 'a': ok(check)->tsig = XFW_TSIG_ABSENT; break;
	case 'A': rcode(check, XFW_RCODE_REFUSED)->tsig = XFW_TSIG_ABSENT; break;
	case 'w': ok(check)->tsig = XFW_TSIG_WRONG; break;
	case 'W': rcode(check, XFW_RCODE_REFUSED)->tsig = XFW_TSIG_WRONG; break;
	case 'c': rcode(check, XFW_RCODE_NOERROR)->truncated = true; break;
	case 'g': ok(check)->tsig = XFW_TSIG_GOOD; break;
	case '2': ok(check)->soas = 2; break;
	case 'm': add(check, XFW_RESULT_MALFORMED); break;
	case '+': add(check, XFW_RESULT_DONE); break;
	case 't': add(check, XFW_RESULT_TIMEOUT); break;
	case 'R': add(check, XFW_RESULT_REFUSED); break;
	case 'u': add(check, XFW_RESULT_UNREACHABLE); break;
	case 'd': add(check, XFW_RESULT_DENIED); break;
	case 'x': add(check, XFW_RESULT_CLOSED); break;
	case 'f': add(check, XFW_RESULT_FAILED); break;
	case '@': add(check, XFW_RESULT_LOCAL)->error = EADDRNOTAVAIL; break;
	default: ck_abort_msg("%s", word);
	}
}

static const struct {
	xfw_cause_t heard;
	const char *seen;
	xfw_cause_t cause;
	const char *stances;
	const char *why; /* its beginning */
} rows[] = {
#define R(heard, seen, cause, stances, why) \
	{ XFW_CAUSE_##heard, seen, XFW_CAUSE_##cause, stances, why }
	R(CONNECT_TIMEOUT, "C@", LOCAL_SOURCE, "+", "the source address cannot"),
	R(SERIAL_BACKWARDS, "U>", SERIAL_BACKWARDS, "x", "the primary offers serial "
	  "2026032902, which is not behind ours, 2026032901"),
	R(SERIAL_UNCHANGED, "U=", SERIAL_UNCHANGED, "+", "the primary still offers"),
	R(SERIAL_UNCHANGED, "U>", SERIAL_UNCHANGED, "x", "the primary offers serial "
	  "2026032902 now"),
	R(SERIAL_BEHIND, "U>", SERIAL_BEHIND, "+", "the primary offers serial "
	  "2026032902, ours is 2026032901"),
	R(SERIAL_BEHIND, "U<", SERIAL_BEHIND, "x", "the primary offers serial "
	  "2026032900, which is not ahead"),
	R(NOTAUTH, "Ud Cd", CONNECT_DENIED, "++", "connections to TCP port 53 are"),
	R(SOA_TIMEOUT, "Ut CR", CONNECT_REFUSED, "-+", "TCP port 53 refuses and UDP"),
	R(SOA_TIMEOUT, "UR Ct", CONNECT_TIMEOUT, "-+", "UDP port 53 is closed, TCP"),
	R(SOA_TIMEOUT, "UR C+ T=", UDP_BLOCKED, "+-+", "TCP port 53 answers, UDP port "
	  "53 is closed"),
	R(SOA_TIMEOUT, "U= Cu", UNREACHABLE, "-+", "UDP port 53 answers, TCP port 53 "
	  "cannot be reached"),
	R(SOA_TIMEOUT, "Uu Cu", UNREACHABLE, "++", "there is no way"),
	R(SOA_TIMEOUT, "C+ Sf", TLS_FAILURE, "-+", "TCP port 53 answers, the TLS"),
	R(CONNECT_TIMEOUT, "C+ Sx", TLS_FAILURE, "-+", "TCP port 53 answers, the TLS"),
	R(CONNECT_TIMEOUT, "C+ St", TLS_FAILURE, "-+", "TCP port 53 accepts "
	  "connections, but does not answer the TLS"),
	R(TLS_FAILURE, "C+ St", TLS_FAILURE, "-+", "TCP port 53 accepts "
	  "connections, but does not answer the TLS"),
	R(TLS_FAILURE, "C+ S+ T=", TLS_FAILURE, "-x-", "every check succeeds now"),
	R(CONNECT_TIMEOUT, "Ut C+ Tt", SOA_TIMEOUT, "+-+", "TCP port 53 accepts "
	  "connections, but no query is answered"),
	R(TRANSFER_TIMEOUT, "U= C+ Tt", TRANSFER_TIMEOUT, "--+", "TCP port 53 accepts "
	  "connections, but does not answer"),
	R(SOA_TIMEOUT, "Ua", TSIG_MISSING, "+", "the answer to a signed query is not"),
	R(TSIG_ERROR, "UA", TSIG_MISSING, "+", "the answer to a signed query is not"),
	R(NOTAUTH, "Uw", TSIG_VERIFY, "+", "the signature of the answer"),
	R(TSIG_ERROR, "UW", TSIG_VERIFY, "+", "the signature of the answer"),
	R(NOTAUTH, "Un T= Ir", NOTAUTH, "+x-", ""),
	R(NOTAUTH, "Ur Tr", NOTAUTH, "--", "the primary said NOTAUTH to the transfer"),
	R(NOTAUTH, "Ur Tr Ir", REFUSED_QUERY, "++-", "the primary refuses the SOA"),
	R(PROTOCOL, "U= C+ T=", PROTOCOL, "---", "the SOA query is answered: the "
	  "transfer, which is not tried, fails"),
	R(CLOSED_BY_PEER, "U= T= Ic", CLOSED_BY_PEER, "---", "the SOA query is"),
	R(TSIG_VERIFY, "Ug Tg Ic", TSIG_VERIFY, "---", "the SOA query is answered"),
	R(RCODE_OTHER, "U= T= I=", RCODE_OTHER, "xx-", "every check succeeds now"),
	R(PROTOCOL, "U2 C+ T2", PROTOCOL, "+-+", "the primary's answer is not correct"),
	R(REFUSED_QUERY, "Ur T= Ir", REFUSED_QUERY, "+x-", ""),
	R(REFUSED_QUERY, "Ul Tl", NOT_AUTHORITATIVE, "++", "the primary answers, but"),
	R(RCODE_OTHER, "Um", PROTOCOL, "+", "the primary's answer is not correct"),
	R(PROTOCOL, "C+ Tx", CLOSED_BY_PEER, "-+", "TCP port 53 accepts connections "
	  "and closes"),
	R(CLOSED_BY_PEER, "U= Cx", CLOSED_BY_PEER, "-+", ""),
	R(CONNECT_REFUSED, "C+ T=", CONNECT_REFUSED, "xx", "every check succeeds now"),
	R(CONNECT_TIMEOUT, "C+ T=", CONNECT_TIMEOUT, "xx", "every check succeeds now"),
	R(UNREACHABLE_CACHED, "C+ T=", UNREACHABLE_CACHED, "x-", "every check"),
	R(UNREACHABLE, "U= C+ T=", UNREACHABLE, "-x-", "every check succeeds now"),
	R(UDP_BLOCKED, "U= C+ T=", UDP_BLOCKED, "x--", "every check succeeds now"),
#undef R
};

START_TEST(each_rule_gives_cause_stances_and_reason) {
	char words[64];

	begin(rows[_i].heard);
	strcpy(words, rows[_i].seen);
	for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " ")) {
		add_short(word);
	}
	judge();
	ck_assert_str_eq(xfw_cause_info(verdict.cause)->name,
			 xfw_cause_info(rows[_i].cause)->name);
	stands(rows[_i].stances);
	ck_assert_msg(strncmp(verdict.why, rows[_i].why, strlen(rows[_i].why)) == 0,
		      "%s: %s", rows[_i].seen, verdict.why);
	ck_assert(*rows[_i].why != '\0' || *verdict.why == '\0' ||
		  strstr(verdict.why, "differ") != NULL);
}
END_TEST

/*--- lies ---------------------------------------------------------------------------*/

START_TEST(a_primary_that_contradicts_itself_is_believed_less) {
	uint8_t sure = 0;

	begin(XFW_CAUSE_REFUSED_QUERY);
	rcode(U, XFW_RCODE_REFUSED);
	is(XFW_CAUSE_REFUSED_QUERY);
	sure = verdict.confidence;
	ok(T);
	is(XFW_CAUSE_REFUSED_QUERY);
	stands("+x");
	ck_assert_uint_lt(verdict.confidence, sure);

	begin(XFW_CAUSE_TSIG_ERROR);
	tsig(T, XFW_TSIG_BADKEY);
	is(XFW_CAUSE_TSIG_BADKEY);
	sure = verdict.confidence;
	ok(U)->tsig = XFW_TSIG_GOOD;
	is(XFW_CAUSE_TSIG_BADKEY);
	stands("+x");
	ck_assert_uint_lt(verdict.confidence, sure);

	begin(XFW_CAUSE_REFUSED_TRANSFER);
	serial(U, 1);
	serial(T, 2);
	judge();
	stands("-x");
	ck_assert_uint_eq(verdict.confidence, 48);
	begin(XFW_CAUSE_RCODE_OTHER);
	rcode(U, XFW_RCODE_SERVFAIL);
	rcode(T, XFW_RCODE_FORMERR);
	is(XFW_CAUSE_RCODE_OTHER);
	stands("+x");
}
END_TEST

static uint32_t
draw(uint32_t *seed) {
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return (*seed);
}

static void
draw_finding(uint32_t *seed, xfw_finding_t *f) {
	static const uint16_t rcodes[] = { 0, 0, 0, 2, 5, 9, 16, 4095, 0xffff };
	static const uint16_t errors[] = { 16, 17, 18, 22, 0, 99 };
	uint32_t r = draw(seed);

	*f = (xfw_finding_t){
		.check = (uint8_t)(draw(seed) % (XFW_CHECK_COUNT + 1)),
		.result = (uint8_t)(draw(seed) % 3 == 0
					    ? draw(seed) % (XFW_RESULT_COUNT + 1)
					    : XFW_RESULT_ANSWER),
		.tsig = (uint8_t)(draw(seed) % (XFW_TSIG_UNASKED + 2)),
		.rcode = rcodes[draw(seed) % 9],
		.tsig_error = errors[draw(seed) % 6],
		.serial = SERVING + r % 3 - 1,
		.authoritative = r >> 8 & 1,
		.truncated = r >> 9 & 1,
		.has_serial = r >> 10 & 1,
		.error = (r >> 11 & 1) ? EADDRNOTAVAIL : 0,
		.their_time_s = (r >> 12 & 1) ? INT64_MIN : INT64_MAX,
		.our_time_s = (r >> 13 & 1) ? INT64_MAX : -1,
		.signature_s = (r >> 14 & 1) ? INT64_MAX : SIGNED_S,
	};
}

/* Whether one finding at least is of the kind that a cause of the family is seen
 * by. Kept apart from the tables on purpose. */
static bool
supported(xfw_family_t family) {
	for (size_t i = 0; i < seen.count; i++) {
		const xfw_finding_t *f = &seen.item[i];
		bool answer = f->result == XFW_RESULT_ANSWER;
		bool error = answer && (f->rcode != 0 || !f->authoritative ||
					!f->has_serial);

		if ((family == XFW_FAMILY_TSIG && answer && f->tsig != XFW_TSIG_NONE &&
		     f->tsig != XFW_TSIG_GOOD) ||
		    (family == XFW_FAMILY_ACCESS && error) ||
		    (family == XFW_FAMILY_DATA &&
		     (error || f->result == XFW_RESULT_MALFORMED)) ||
		    (family == XFW_FAMILY_NETWORK &&
		     (f->result == XFW_RESULT_TIMEOUT ||
		      f->result == XFW_RESULT_REFUSED ||
		      f->result == XFW_RESULT_UNREACHABLE ||
		      f->result == XFW_RESULT_DENIED ||
		      f->result == XFW_RESULT_CLOSED ||
		      f->result == XFW_RESULT_FAILED)) ||
		    (family == XFW_FAMILY_LOCAL && (f->result == XFW_RESULT_MISSING ||
						    f->result == XFW_RESULT_LOCAL)))
		{
			return (true);
		}
	}
	return (false);
}

START_TEST(whatever_comes_the_verdict_is_a_sane_one) {
	uint32_t seed = 2463534242u;
	unsigned refined = 0;

	for (unsigned round = 0; round < 50000; round++) {
		xfw_verdict_t again;
		unsigned agree = 0;

		begin((xfw_cause_t)(draw(&seed) % (XFW_CAUSE_COUNT + 2)));
		about.zones = draw(&seed) % 20;
		about.asked = draw(&seed) % 5;
		about.agreed = draw(&seed) % 6;
		about.has_serving = draw(&seed) & 1;
		about.signature_s = (draw(&seed) & 1) ? SIGNED_S : INT64_MIN;
		seen.count = draw(&seed) % (XFW_FINDINGS_MAX + 3);
		for (size_t i = 0; i < XFW_FINDINGS_MAX; i++) {
			draw_finding(&seed, &seen.item[i]);
		}
		judge();
		xfw_verdict(&about, &seen, 53, &again);
		ck_assert_mem_eq(&again, &verdict, sizeof(again));
		seen.count = seen.count < XFW_FINDINGS_MAX ? seen.count
							   : XFW_FINDINGS_MAX;
		ck_assert_uint_gt(verdict.cause, XFW_CAUSE_NONE);
		ck_assert_uint_lt(verdict.cause, XFW_CAUSE_COUNT);
		ck_assert_ptr_nonnull(memchr(verdict.why, 0, sizeof(verdict.why)));
		ck_assert_ptr_null(strpbrk(verdict.why, "\"\n{}"));
		for (size_t i = 0; i < seen.count; i++) {
			agree += verdict.stance[i] == XFW_STANCE_AGREES;
		}
		if (verdict.cause != about.heard &&
		    verdict.cause != XFW_CAUSE_UNCLASSIFIED)
		{
			refined++;
			ck_assert_uint_gt(agree, 0);
			ck_assert_msg(supported(xfw_cause_info(verdict.cause)->family),
				      "%s", xfw_cause_info(verdict.cause)->name);
		}
	}
	ck_assert_uint_gt(refined, 2500);
}
END_TEST

/*--- confidence -----------------------------------------------------------------*/

START_TEST(the_formula_is_that_of_the_manual) {
#define F(...) xfw_verdict_confidence(XFW_CAUSE_TSIG_ERROR, __VA_ARGS__)
	ck_assert_uint_eq(F(1, 0, 0, 0, 0), 60);
	ck_assert_uint_eq(F(1, 1, 0, 1, 1), 80);
	ck_assert_uint_eq(F(1, 2, 0, 1, 1), 90);
	ck_assert_uint_eq(F(2, 0, 0, 0, 0), 60);
	ck_assert_uint_eq(F(3, 0, 0, 0, 0), 70);
	ck_assert_uint_eq(F(10, 0, 0, 0, 0), 78); /* 77.5 */
	ck_assert_uint_eq(F(312, 2, 0, 2, 2), 94);
	ck_assert_uint_eq(F(1, 0, 1, 0, 0), 36);
	ck_assert_uint_eq(F(1, 2, 1, 1, 1), 54);
	ck_assert_uint_eq(F(1, 0, 0, 2, 1), 45);
	ck_assert_uint_eq(F(1, 0, 0, 4, 0), 30);
	ck_assert_uint_eq(F(1, 0, 0, 1, 9), 60);
	ck_assert_uint_eq(F(1, 0, 12, 9, 0), 5);
	ck_assert_uint_eq(F(UINT32_MAX, 12, 0, 1, 1), 99);
	ck_assert_uint_eq(F(1, 0, 0, UINT32_MAX, 0), 30);
#undef F
	for (unsigned i = 0; i < 256; i++) {
		ck_assert_uint_ge(xfw_verdict_heard((xfw_cause_t)i), 5);
		ck_assert_uint_le(xfw_verdict_heard((xfw_cause_t)i), 99);
	}
	ck_assert_str_eq(xfw_stance_name(XFW_STANCE_AGREES), "agrees");
	ck_assert_str_eq(xfw_stance_name(XFW_STANCE_CONTRADICTS), "contradicts");
	ck_assert_str_eq(xfw_stance_name(XFW_STANCE_NONE), "-");
}
END_TEST

/*--- asked in another way than named asks ---------------------------------------*/

static void
begin_blind(xfw_cause_t heard) {
	begin(heard);
	about.blind = true;
}

START_TEST(refused_to_us_alone_is_no_verdict) {
	static const xfw_cause_t causes[] = { XFW_CAUSE_REFUSED_QUERY,
					      XFW_CAUSE_REFUSED_TRANSFER,
					      XFW_CAUSE_NOTAUTH, XFW_CAUSE_TSIG_ERROR,
					      XFW_CAUSE_CLOSED_BY_PEER };
	static const uint16_t rcodes[] = { XFW_RCODE_REFUSED, XFW_RCODE_NOTAUTH };

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		for (size_t k = 0; k < 2; k++) {
			begin_blind(causes[i]);
			(void)rcode(XFW_CHECK_UDP_SOA, rcodes[k]);
			(void)rcode(XFW_CHECK_TCP_SOA, rcodes[k]);
			is(causes[i]);
			stands("--");
			ck_assert_uint_eq(verdict.confidence,
					  xfw_verdict_heard(causes[i]));
		}
	}
	begin_blind(XFW_CAUSE_REFUSED_QUERY);
	(void)rcode(XFW_CHECK_UDP_SOA, XFW_RCODE_REFUSED);
	judge();
	SAYS("the primary was not asked as named asks it, which may use a key: what it "
	     "grants to named is not known");
}
END_TEST

/* That we are answered says no more of what named is granted. */
START_TEST(answered_to_us_alone_is_no_recovery) {
	begin_blind(XFW_CAUSE_REFUSED_QUERY);
	(void)ok(XFW_CHECK_UDP_SOA);
	(void)ok(XFW_CHECK_TCP_SOA);
	is(XFW_CAUSE_REFUSED_QUERY);
	stands("--");
	begin_blind(XFW_CAUSE_REFUSED_TRANSFER);
	(void)ok(XFW_CHECK_UDP_SOA);
	(void)ok(XFW_CHECK_TCP_SOA);
	(void)rcode(XFW_CHECK_TRANSFER, XFW_RCODE_REFUSED);
	is(XFW_CAUSE_REFUSED_TRANSFER);
	stands("---");
}
END_TEST

/* A refusal is an answer all the same. */
START_TEST(way_there_is_told_by_a_refusal) {
	begin_blind(XFW_CAUSE_SOA_TIMEOUT);
	(void)add(XFW_CHECK_UDP_SOA, XFW_RESULT_TIMEOUT);
	(void)add(XFW_CHECK_TCP_CONNECT, XFW_RESULT_DONE);
	(void)rcode(XFW_CHECK_TCP_SOA, XFW_RCODE_REFUSED);
	is(XFW_CAUSE_UDP_BLOCKED);
	begin_blind(XFW_CAUSE_CONNECT_REFUSED);
	(void)rcode(XFW_CHECK_UDP_SOA, XFW_RCODE_REFUSED);
	(void)rcode(XFW_CHECK_TCP_SOA, XFW_RCODE_REFUSED);
	is(XFW_CAUSE_CONNECT_REFUSED);
	ck_assert_uint_lt(verdict.confidence,
			  xfw_verdict_heard(XFW_CAUSE_CONNECT_REFUSED));
}
END_TEST

START_TEST(handshake_that_verifies_nothing_says_nothing) {
	begin_blind(XFW_CAUSE_TLS_FAILURE);
	(void)add(XFW_CHECK_TCP_CONNECT, XFW_RESULT_DONE);
	(void)add(XFW_CHECK_TLS, XFW_RESULT_DONE);
	(void)ok(XFW_CHECK_TCP_SOA);
	is(XFW_CAUSE_TLS_FAILURE);
	stands("---");
	begin_blind(XFW_CAUSE_TLS_FAILURE);
	(void)add(XFW_CHECK_TCP_CONNECT, XFW_RESULT_DONE);
	(void)add(XFW_CHECK_TLS, XFW_RESULT_FAILED);
	is(XFW_CAUSE_TLS_FAILURE);
	stands("-+");
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("verdict");
	TCase *tc = tcase_create("rules");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, each_tsig_error_has_a_cause_of_its_own, 0, 5);
	tcase_add_test(tc, badkey_is_surer_than_what_the_log_said);
	tcase_add_test(tc, refused_to_us_alone_is_no_verdict);
	tcase_add_test(tc, answered_to_us_alone_is_no_recovery);
	tcase_add_test(tc, way_there_is_told_by_a_refusal);
	tcase_add_test(tc, handshake_that_verifies_nothing_says_nothing);
	tcase_add_test(tc, badtime_tells_how_far_the_clocks_are_apart);
	tcase_add_test(tc, signatures_of_answers_are_told_apart);
	tcase_add_test(tc, unsigned_success_tells_nothing_of_the_key);
	tcase_add_loop_test(tc, udp_and_tcp_together_tell_what_is_blocked, 0, 9);
	tcase_add_test(tc, without_udp_the_connection_alone_tells);
	tcase_add_test(tc, a_dead_primary_is_dead_whatever_it_said_before);
	tcase_add_test(tc, what_the_primary_permits);
	tcase_add_test(tc, ixfr_over_udp_that_is_not_known_says_nothing);
	tcase_add_loop_test(tc, when_all_is_well_it_says_so, 0, 12);
	tcase_add_test(tc, what_is_missing_here_comes_first);
	tcase_add_test(tc, what_asking_cannot_tell_is_left_alone);
	tcase_add_test(tc, serials_are_compared_as_rfc_1982_says);
	tcase_add_test(tc, signatures_are_compared_with_those_we_serve);
	tcase_add_loop_test(tc, each_rule_gives_cause_stances_and_reason, 0,
			    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tc, a_primary_that_contradicts_itself_is_believed_less);
	tcase_add_test(tc, whatever_comes_the_verdict_is_a_sane_one);
	tcase_add_test(tc, the_formula_is_that_of_the_manual);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
