/* SPDX-License-Identifier: MPL-2.0 */
/* Tests of findings in words: what an operator reads. One thread. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xfrwatch/finding.h>

#define NINE INT64_C(1795251600) /* 2026-11-21T09:00:00Z */

static char text[256];

static const char *
words(xfw_finding_t finding) {
	size_t len = xfw_finding_text(text, sizeof(text), &finding);

	ck_assert_uint_eq(len, strlen(text));
	return (text);
}

#define SAYS(expect, ...) \
	ck_assert_str_eq(words((xfw_finding_t){ __VA_ARGS__ }), expect)

START_TEST(answers_tell_rcode_authority_serial_and_time) {
	SAYS("NOERROR, authoritative, serial 2026032901, 1.2 ms",
	     .check = XFW_CHECK_UDP_SOA, .result = XFW_RESULT_ANSWER,
	     .authoritative = true, .has_serial = true, .serial = 2026032901,
	     .rtt_us = 1234);
	SAYS("REFUSED, 0.8 ms", .check = XFW_CHECK_UDP_SOA,
	     .result = XFW_RESULT_ANSWER, .rcode = XFW_RCODE_REFUSED, .rtt_us = 800);
	SAYS("NOERROR, not authoritative, no SOA record, 12 ms",
	     .check = XFW_CHECK_TCP_SOA, .result = XFW_RESULT_ANSWER,
	     .rtt_us = 12300);
	SAYS("NOERROR, authoritative, truncated, serial 0, 2 s",
	     .check = XFW_CHECK_UDP_SOA, .result = XFW_RESULT_ANSWER,
	     .authoritative = true, .truncated = true, .has_serial = true,
	     .rtt_us = 2000000);
	SAYS("NOERROR, authoritative, serial 7, RRSIG until 2026-11-21T09:00:00Z, "
	     "less than 0.1 ms",
	     .check = XFW_CHECK_TCP_SOA, .result = XFW_RESULT_ANSWER,
	     .authoritative = true, .has_serial = true, .serial = 7,
	     .signature_s = NINE, .rtt_us = 40);
	SAYS("SERVFAIL, 1.3 ms", .check = XFW_CHECK_UDP_SOA,
	     .result = XFW_RESULT_ANSWER, .rcode = XFW_RCODE_SERVFAIL, .rtt_us = 1260);
	SAYS("SERVFAIL, 10 ms", .check = XFW_CHECK_UDP_SOA,
	     .result = XFW_RESULT_ANSWER, .rcode = XFW_RCODE_SERVFAIL, .rtt_us = 9960);
	SAYS("SERVFAIL, 999 ms", .check = XFW_CHECK_UDP_SOA,
	     .result = XFW_RESULT_ANSWER, .rcode = XFW_RCODE_SERVFAIL,
	     .rtt_us = 999499);
	SAYS("SERVFAIL, 1 s", .check = XFW_CHECK_UDP_SOA,
	     .result = XFW_RESULT_ANSWER, .rcode = XFW_RCODE_SERVFAIL,
	     .rtt_us = 999500);
	SAYS("RCODE4095, 1 ms, two SOA records", .check = XFW_CHECK_UDP_SOA,
	     .result = XFW_RESULT_ANSWER, .rcode = 4095, .rtt_us = 1000,
	     .note = "two SOA records");
}
END_TEST

START_TEST(tsig_tells_what_is_wrong_with_it) {
	SAYS("TSIG error BADKEY, 1 ms", .check = XFW_CHECK_UDP_SOA,
	     .result = XFW_RESULT_ANSWER, .rcode = XFW_RCODE_NOTAUTH,
	     .tsig = XFW_TSIG_ERROR, .tsig_error = XFW_TSIG_BADKEY, .rtt_us = 1000);
	SAYS("TSIG error BADTIME: primary's clock 2026-11-21T09:00:00Z, ours "
	     "2026-11-21T10:00:03Z (3603 s apart), 1 ms",
	     .check = XFW_CHECK_UDP_SOA, .result = XFW_RESULT_ANSWER,
	     .rcode = XFW_RCODE_NOTAUTH, .tsig = XFW_TSIG_ERROR,
	     .tsig_error = XFW_TSIG_BADTIME, .their_time_s = NINE,
	     .our_time_s = NINE + 3603, .rtt_us = 1000);
	SAYS("TSIG error BADTIME, 1 ms", .check = XFW_CHECK_UDP_SOA,
	     .result = XFW_RESULT_ANSWER, .rcode = XFW_RCODE_NOTAUTH,
	     .tsig = XFW_TSIG_ERROR, .tsig_error = XFW_TSIG_BADTIME,
	     .our_time_s = NINE, .rtt_us = 1000);
	SAYS("TSIG error TSIG-ERROR-99, 1 ms", .check = XFW_CHECK_UDP_SOA,
	     .result = XFW_RESULT_ANSWER, .rcode = XFW_RCODE_NOTAUTH,
	     .tsig = XFW_TSIG_ERROR, .tsig_error = 99, .rtt_us = 1000);
	SAYS("REFUSED, answer is not signed, 1 ms", .check = XFW_CHECK_UDP_SOA,
	     .result = XFW_RESULT_ANSWER, .rcode = XFW_RCODE_REFUSED,
	     .tsig = XFW_TSIG_ABSENT, .rtt_us = 1000);
	SAYS("NOERROR, authoritative, serial 5, TSIG good, 1 ms",
	     .check = XFW_CHECK_UDP_SOA, .result = XFW_RESULT_ANSWER,
	     .authoritative = true, .has_serial = true, .serial = 5,
	     .tsig = XFW_TSIG_GOOD, .rtt_us = 1000);
	SAYS("REFUSED, TSIG signature of the answer does not verify, 1 ms",
	     .check = XFW_CHECK_UDP_SOA, .result = XFW_RESULT_ANSWER,
	     .rcode = XFW_RCODE_REFUSED, .tsig = XFW_TSIG_WRONG, .rtt_us = 1000);
	SAYS("REFUSED, answer is signed although the query is not, 1 ms",
	     .check = XFW_CHECK_UDP_SOA, .result = XFW_RESULT_ANSWER,
	     .rcode = XFW_RCODE_REFUSED, .tsig = XFW_TSIG_UNASKED, .rtt_us = 1000);
}
END_TEST

START_TEST(failures_tell_what_the_network_said) {
	SAYS("timed out after 3 s", .check = XFW_CHECK_UDP_SOA,
	     .result = XFW_RESULT_TIMEOUT, .rtt_us = 3000123);
	SAYS("timed out after 1.5 s", .check = XFW_CHECK_TCP_CONNECT,
	     .result = XFW_RESULT_TIMEOUT, .error = ETIMEDOUT, .rtt_us = 1500000);
	SAYS("connection refused", .check = XFW_CHECK_TCP_CONNECT,
	     .result = XFW_RESULT_REFUSED, .error = ECONNREFUSED, .rtt_us = 99);
	SAYS("port closed (ICMP port unreachable)", .check = XFW_CHECK_UDP_SOA,
	     .result = XFW_RESULT_REFUSED, .error = ECONNREFUSED);
	SAYS("network unreachable", .check = XFW_CHECK_TCP_CONNECT,
	     .result = XFW_RESULT_UNREACHABLE, .error = ENETUNREACH);
	SAYS("unreachable", .check = XFW_CHECK_TCP_CONNECT,
	     .result = XFW_RESULT_UNREACHABLE);
	SAYS("operation not permitted", .check = XFW_CHECK_TCP_CONNECT,
	     .result = XFW_RESULT_DENIED, .error = EPERM);
	SAYS("connection closed without an answer", .check = XFW_CHECK_TCP_SOA,
	     .result = XFW_RESULT_CLOSED, .error = ECONNRESET);
	SAYS("address not available", .check = XFW_CHECK_UDP_SOA,
	     .result = XFW_RESULT_LOCAL, .error = EADDRNOTAVAIL);
	SAYS("error 9999", .check = XFW_CHECK_UDP_SOA, .result = XFW_RESULT_LOCAL,
	     .error = 9999);
	SAYS("malformed answer: name without end", .check = XFW_CHECK_UDP_SOA,
	     .result = XFW_RESULT_MALFORMED, .note = "name without end");
	SAYS("failed: no shared cipher", .check = XFW_CHECK_TLS,
	     .result = XFW_RESULT_FAILED, .note = "no shared cipher");
	SAYS("connected, 0.3 ms", .check = XFW_CHECK_TCP_CONNECT,
	     .result = XFW_RESULT_DONE, .rtt_us = 300);
	SAYS("handshake done, 9.9 ms, TLSv1.3", .check = XFW_CHECK_TLS,
	     .result = XFW_RESULT_DONE, .rtt_us = 9940, .note = "TLSv1.3");
	SAYS("not found: xfr.example", .check = XFW_CHECK_KEY,
	     .result = XFW_RESULT_MISSING, .note = "xfr.example");
	SAYS("found: xfr.example", .check = XFW_CHECK_KEY, .result = XFW_RESULT_DONE,
	     .note = "xfr.example", .rtt_us = 5);
	SAYS("found", .check = XFW_CHECK_SOURCE, .result = XFW_RESULT_DONE);
	SAYS("not made", .check = XFW_CHECK_TLS);
	SAYS("not checked", .check = XFW_CHECK_TLS, .note = "not checked");
	SAYS("timed out: named is busy", .check = XFW_CHECK_KEY,
	     .result = XFW_RESULT_TIMEOUT, .note = "named is busy");
}
END_TEST

/* Whatever a peer made us note, the text stays one field of one line. */
START_TEST(nothing_breaks_out_of_the_text) {
	xfw_finding_t finding = { .check = 255, .result = 255, .tsig = 255 };

	memset(finding.note, '"', sizeof(finding.note)); /* without an end */
	finding.note[0] = '\n';
	finding.note[1] = (char)0x80;
	words(finding);
	ck_assert_uint_eq(strspn(text, "unknow: ?"), strlen(text));
	finding.result = XFW_RESULT_ANSWER;
	finding.tsig = XFW_TSIG_ERROR;
	finding.tsig_error = XFW_TSIG_BADTIME;
	finding.their_time_s = INT64_C(0xffffffffffff);
	finding.signature_s = INT64_MAX;
	words(finding);
	ck_assert_ptr_null(strpbrk(text, "\"\n"));
	for (size_t size = 1; size < 40; size++) {
		memset(text, 'x', sizeof(text));
		ck_assert_uint_lt(xfw_finding_text(text, size, &finding), size);
		ck_assert_uint_lt(strlen(text), size);
		ck_assert_int_eq(text[size], 'x');
	}
}
END_TEST

START_TEST(names_are_those_of_the_tables) {
	ck_assert_str_eq(xfw_check_name(XFW_CHECK_UDP_SOA), "soa-udp");
	ck_assert_str_eq(xfw_check_name(XFW_CHECK_TRANSFER), "ixfr-udp");
	ck_assert_str_eq(xfw_check_name((xfw_check_t)99), "unknown");
	ck_assert_str_eq(xfw_rcode_name(XFW_RCODE_NOTAUTH), "NOTAUTH");
	ck_assert_str_eq(xfw_rcode_name(16), "BADVERS");
	ck_assert_str_eq(xfw_rcode_name(11), "RCODE11");
	ck_assert_str_eq(xfw_tsig_error_name(22), "BADTRUNC");
	ck_assert_str_eq(xfw_tsig_error_name(16), "BADSIG");
}
END_TEST

START_TEST(a_finding_is_found_if_it_was_made) {
	xfw_findings_t findings = { .count = 2 };

	findings.item[0].check = XFW_CHECK_UDP_SOA;
	findings.item[1].check = XFW_CHECK_TCP_SOA;
	findings.item[1].result = XFW_RESULT_TIMEOUT;
	ck_assert_ptr_null(xfw_findings_get(&findings, XFW_CHECK_UDP_SOA));
	ck_assert_ptr_eq(xfw_findings_get(&findings, XFW_CHECK_TCP_SOA),
			 &findings.item[1]);
	ck_assert_ptr_null(xfw_findings_get(&findings, XFW_CHECK_TLS));
	findings.count = 1;
	ck_assert_ptr_null(xfw_findings_get(&findings, XFW_CHECK_TCP_SOA));
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("finding");
	TCase *tc = tcase_create("words");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, answers_tell_rcode_authority_serial_and_time);
	tcase_add_test(tc, tsig_tells_what_is_wrong_with_it);
	tcase_add_test(tc, failures_tell_what_the_network_said);
	tcase_add_test(tc, nothing_breaks_out_of_the_text);
	tcase_add_test(tc, names_are_those_of_the_tables);
	tcase_add_test(tc, a_finding_is_found_if_it_was_made);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
