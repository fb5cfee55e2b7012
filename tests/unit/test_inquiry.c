/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Inquiries against a scripted primary on the same loop (primary_kit.h). Its handles do
 * not keep the loop alive: that uv_run() returns says that an inquiry leaves nothing
 * behind.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include <xfrwatch/inquiry.h>

#include "../../plugin/core/inquiry_priv.h"
#include "primary_kit.h"

#define GUARD_MS 20000

/*--- the frame --------------------------------------------------------------------*/

static xfw_findings_t findings;
static unsigned done_calls;
static uv_timer_t guard;
static size_t fds_before;
static const xfw_inquiry_t *ended;
static bool secret_left;

static size_t
count_fds(void) {
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir) != NULL) {
		count++;
	}
	closedir(dir);
	return (count);
}

static void
on_guard(uv_timer_t *timer) {
	(void)timer;
	ck_abort_msg("the loop does not run dry");
}

static void
setup(void) {
	/* libuv keeps descriptors of its own after its first loop. */
	ck_assert_int_eq(uv_loop_init(&loop), 0);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
	fds_before = count_fds();
	ck_assert_int_eq(uv_loop_init(&loop), 0);
	primary_init();
	(void)uv_timer_init(&loop, &guard);
	ck_assert_int_eq(uv_timer_start(&guard, on_guard, GUARD_MS, 0), 0);
	uv_unref((uv_handle_t *)&guard);
	done_calls = 0;
	findings.count = 0;
	xfw_inquiry_set_times(NULL);
}

static void
close_any(uv_handle_t *handle, void *arg) {
	(void)arg;
	if (!uv_is_closing(handle)) {
		uv_close(handle, NULL);
	}
}

static void
teardown(void) {
	uv_walk(&loop, close_any, NULL);
	ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
	ck_assert_uint_eq(count_fds(), fds_before);
}

/* Only what a test waits for is short: the rest must not fail on a slow host. */
static void
short_times(uint32_t udp_ms, uint32_t tcp_ms, uint32_t soa_ms) {
	xfw_inquiry_set_times(&(xfw_inquiry_times_t){ udp_ms, tcp_ms, soa_ms });
}

static bool
hmac_of_secret(xfw_hmac_t type, const uint8_t *secret, size_t secret_len,
	       const uint8_t *data, size_t len, uint8_t *digest) {
	(void)type;
	(void)data;
	(void)len;
	ck_assert_uint_eq(secret_len, 6);
	memset(digest, secret[0], XFW_HMAC_SIZE_MAX);
	return (true);
}

static bool
has_secret(const xfw_inquiry_t *inquiry) {
	return (find((const uint8_t *)inquiry, sizeof(*inquiry), "secret", 6) != NULL);
}

static void
on_done(void *arg, const xfw_findings_t *result) {
	xfw_inquiry_t **inquiry = arg;

	done_calls++;
	findings = *result;
	secret_left = has_secret(*inquiry);
	ended = *inquiry;
}

static xfw_inquiry_spec_t
spec_for(bool with_key) {
	xfw_inquiry_spec_t spec = { .to = server,
				    .zone_len = sizeof(zone_name),
				    .class_ = XFW_CLASS_IN,
				    .has_key = with_key };

	memcpy(spec.zone, zone_name, sizeof(zone_name));
	if (with_key) {
		memcpy(spec.key.name, key_name, sizeof(key_name));
		spec.key.name_len = sizeof(key_name);
		spec.key.algorithm = XFW_HMAC_SHA256;
		spec.key.secret_len = 6;
		memcpy(spec.key.secret, "secret", 6);
	}
	return (spec);
}

static xfw_inquiry_t *current;

static void
start(const xfw_inquiry_spec_t *spec) {
	current = xfw_inquiry_start(&loop, spec, hmac_of_secret, on_done, &current);
	ck_assert_ptr_nonnull(current);
	ck_assert_uint_eq(done_calls, 0);
}

/* Until the loop runs dry; milliseconds that it took. */
static int64_t
ask(const xfw_inquiry_spec_t *spec) {
	uint64_t since = uv_hrtime();
	int64_t took_ms;

	start(spec);
	ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
	took_ms = (int64_t)((uv_hrtime() - since) / 1000000);
	ck_assert_uint_eq(done_calls, 1);
	ck_assert_int_le(took_ms, xfw_inquiry_limit_ms());
	ck_assert(!secret_left);
	ck_assert_uint_eq(tcp_transfers, 0);
	for (size_t i = 1; i < findings.count; i++) {
		ck_assert_uint_gt(findings.item[i].check, findings.item[i - 1].check);
		ck_assert_int_ge(findings.item[i].at_ms, findings.item[i - 1].at_ms);
	}
	return (took_ms);
}

static void
ask_plainly(void) {
	xfw_inquiry_spec_t spec = spec_for(false);

	(void)ask(&spec);
}

static const xfw_finding_t *
get(xfw_check_t check) {
	const xfw_finding_t *finding = xfw_findings_get(&findings, check);

	ck_assert_msg(finding != NULL, "%s was not made", xfw_check_name(check));
	return (finding);
}

static bool
made(xfw_check_t check) {
	return (xfw_findings_get(&findings, check) != NULL);
}

static void
expect(xfw_check_t check, xfw_result_t result) {
	const xfw_finding_t *finding = get(check);

	ck_assert_msg(finding->result == result,
		      "%s: result %u (error %d, rcode %u, note \"%s\"), not %u",
		      xfw_check_name(check), finding->result, finding->error,
		      finding->rcode, finding->note, result);
}

/* Timers count whole milliseconds. */
static void
expect_waited(xfw_check_t check, uint32_t ms) {
	ck_assert_uint_ge(get(check)->rtt_us, (ms - 2) * 1000);
}

static void
expect_rcode(xfw_check_t check, unsigned rcode) {
	expect(check, XFW_RESULT_ANSWER);
	ck_assert_uint_eq(get(check)->rcode, rcode);
}

static void
expect_serial(xfw_check_t check) {
	expect_rcode(check, XFW_RCODE_NOERROR);
	ck_assert(get(check)->has_serial);
	ck_assert_uint_eq(get(check)->serial, SERIAL);
	ck_assert(get(check)->authoritative);
}

/*--- a primary that answers ---------------------------------------------------------*/

static void
check_good(const char *text) {
	int64_t before_ms = (int64_t)time(NULL) * 1000;

	serve_at(text, GOOD, GOOD);
	ask_plainly();
	ck_assert_uint_eq(findings.count, 3);
	expect_serial(XFW_CHECK_UDP_SOA);
	expect(XFW_CHECK_TCP_CONNECT, XFW_RESULT_DONE);
	expect_serial(XFW_CHECK_TCP_SOA);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_uint_gt(findings.item[i].rtt_us, 0);
		ck_assert_uint_lt(findings.item[i].rtt_us, 5000000);
		ck_assert_int_ge(findings.item[i].at_ms, before_ms);
		ck_assert_int_le(findings.item[i].at_ms,
				 ((int64_t)time(NULL) + 1) * 1000);
		ck_assert_int_eq(findings.item[i].error, 0);
		ck_assert_uint_eq(findings.item[i].tsig, XFW_TSIG_NONE);
	}
	ck_assert_uint_eq(udp_queries, 1);
	ck_assert_uint_eq(tcp_queries, 1);
	ck_assert_uint_eq(udp_signed + tcp_signed, 0);
	ck_assert_uint_eq(udp_edns + tcp_edns, 2);
	ck_assert_uint_eq(udp_do, 0);
}

START_TEST(a_good_primary_is_asked_over_both) {
	check_good("127.0.0.1");
}
END_TEST

START_TEST(so_is_one_over_ipv6) {
	struct sockaddr_storage here = address("::1", 0);

	if (xfw_inquiry_source(&here) == 0) {
		check_good("::1");
	}
}
END_TEST

START_TEST(edns_and_do_are_as_told) {
	xfw_inquiry_spec_t spec;

	serve(GOOD, GOOD);
	spec = spec_for(false);
	spec.signatures = true;
	(void)ask(&spec);
	ck_assert_uint_eq(udp_do, 2);

	spec.no_edns = true;
	done_calls = 0;
	(void)ask(&spec);
	ck_assert_uint_eq(udp_edns + tcp_edns, 2);
	ck_assert_uint_eq(udp_queries, 2);
}
END_TEST

START_TEST(udp_is_left_out_as_told) {
	for (unsigned i = 0; i < 2; i++) {
		xfw_inquiry_spec_t spec;

		setup();
		serve(GOOD, GOOD);
		spec = spec_for(false);
		spec.tcp_only = i == 0;
		spec.no_udp = i == 1;
		spec.transfer = true;
		(void)ask(&spec);
		ck_assert_uint_eq(udp_queries, 0);
		ck_assert_uint_eq(findings.count, 2);
		expect_serial(XFW_CHECK_TCP_SOA);
		teardown();
	}
}
END_TEST

/* No plain DNS where named would talk TLS. */
START_TEST(no_plain_dns_where_named_talks_tls) {
	xfw_inquiry_spec_t spec;

	serve(GOOD, GOOD);
	spec = spec_for(true);
	spec.tls = spec.secure.unread = spec.transfer = true;
	(void)ask(&spec);
	ck_assert_uint_eq(findings.count, 2);
	expect(XFW_CHECK_TCP_CONNECT, XFW_RESULT_DONE);
	ck_assert_uint_eq(findings.item[1].check, XFW_CHECK_TLS);
	ck_assert_uint_eq(findings.item[1].result, XFW_RESULT_NONE);
	ck_assert_str_eq(findings.item[1].note, "not checked");
	ck_assert_uint_eq(udp_queries + tcp_queries, 0);
}
END_TEST

START_TEST(ixfr_is_asked_with_the_offered_serial) {
	xfw_inquiry_spec_t spec;

	serve(GOOD, GOOD);
	spec = spec_for(false);
	spec.transfer = true;
	(void)ask(&spec);
	expect_serial(XFW_CHECK_TRANSFER);
	ck_assert_uint_eq(udp_ixfr, 1);
	ck_assert_uint_eq(ixfr_serial, SERIAL);
}
END_TEST

/* Without a serial there is nothing to ask with. */
START_TEST(without_a_serial_no_ixfr_is_asked) {
	xfw_inquiry_spec_t spec;

	serve(REFUSES, REFUSES);
	spec = spec_for(false);
	spec.transfer = true;
	(void)ask(&spec);
	expect_rcode(XFW_CHECK_UDP_SOA, XFW_RCODE_REFUSED);
	expect_rcode(XFW_CHECK_TCP_SOA, XFW_RCODE_REFUSED);
	ck_assert(!made(XFW_CHECK_TRANSFER));
	ck_assert_uint_eq(udp_ixfr, 0);
}
END_TEST

/*--- keys -------------------------------------------------------------------------*/

START_TEST(good_signatures_need_no_unsigned_query) {
	int64_t now_s = time(NULL);
	xfw_inquiry_spec_t spec;

	serve(SIGNS, SIGNS);
	spec = spec_for(true);
	spec.transfer = true;
	(void)ask(&spec);
	expect_serial(XFW_CHECK_UDP_SOA);
	expect_serial(XFW_CHECK_TCP_SOA);
	ck_assert_uint_eq(get(XFW_CHECK_UDP_SOA)->tsig, XFW_TSIG_GOOD);
	ck_assert_uint_eq(get(XFW_CHECK_TCP_SOA)->tsig, XFW_TSIG_GOOD);
	ck_assert_uint_eq(get(XFW_CHECK_TRANSFER)->tsig, XFW_TSIG_GOOD);
	ck_assert_int_ge(get(XFW_CHECK_TCP_SOA)->our_time_s, now_s);
	ck_assert_int_le(get(XFW_CHECK_TCP_SOA)->our_time_s, now_s + 60);
	ck_assert(!made(XFW_CHECK_UDP_SOA_UNSIGNED));
	ck_assert(!made(XFW_CHECK_TCP_SOA_UNSIGNED));
	ck_assert_uint_eq(udp_signed, 2);
	ck_assert_uint_eq(tcp_signed, 1);
}
END_TEST

START_TEST(refused_keys_bring_unsigned_queries) {
	xfw_inquiry_spec_t spec;

	serve(NO_KEY, NO_KEY);
	spec = spec_for(true);
	spec.transfer = true;
	(void)ask(&spec);
	expect_rcode(XFW_CHECK_UDP_SOA, XFW_RCODE_NOTAUTH);
	expect_rcode(XFW_CHECK_TCP_SOA, XFW_RCODE_NOTAUTH);
	expect_serial(XFW_CHECK_UDP_SOA_UNSIGNED);
	expect_serial(XFW_CHECK_TCP_SOA_UNSIGNED);
	expect_rcode(XFW_CHECK_TRANSFER, XFW_RCODE_NOTAUTH);
	ck_assert_uint_eq(tcp_callers, 2);
	ck_assert_uint_eq(tcp_signed, 1);
	ck_assert_uint_eq(udp_signed, 2);
	ck_assert_uint_eq(udp_queries, 3);
}
END_TEST

START_TEST(only_the_transport_in_doubt_is_asked_unsigned) {
	xfw_inquiry_spec_t spec;

	serve(MISSIGNS, SIGNS);
	spec = spec_for(true);
	(void)ask(&spec);
	expect(XFW_CHECK_UDP_SOA, XFW_RESULT_ANSWER);
	ck_assert_uint_eq(get(XFW_CHECK_UDP_SOA)->tsig, XFW_TSIG_WRONG);
	ck_assert_uint_eq(get(XFW_CHECK_TCP_SOA)->tsig, XFW_TSIG_GOOD);
	expect_serial(XFW_CHECK_UDP_SOA_UNSIGNED);
	ck_assert(!made(XFW_CHECK_TCP_SOA_UNSIGNED));
	ck_assert_uint_eq(tcp_callers, 1);
}
END_TEST

/* Silence says nothing about the key. */
START_TEST(silence_says_nothing_about_the_key) {
	int64_t now_s = time(NULL);
	xfw_inquiry_spec_t spec;

	short_times(40, 5000, 5000);
	serve(SILENT, NO_KEY);
	spec = spec_for(true);
	(void)ask(&spec);
	expect(XFW_CHECK_UDP_SOA, XFW_RESULT_TIMEOUT);
	ck_assert_int_ge(get(XFW_CHECK_UDP_SOA)->our_time_s, now_s);
	ck_assert(!made(XFW_CHECK_UDP_SOA_UNSIGNED));
	expect_serial(XFW_CHECK_TCP_SOA_UNSIGNED);
	ck_assert_int_eq(get(XFW_CHECK_TCP_SOA_UNSIGNED)->our_time_s, 0);
}
END_TEST

/* The second connection is refused room: one finding says so. */
START_TEST(an_unsigned_query_has_one_finding) {
	xfw_inquiry_spec_t spec;

	serve(ABSENT, NO_KEY);
	spec = spec_for(true);
	start(&spec);
	while (tcp_queries == 0) {
		(void)uv_run(&loop, UV_RUN_ONCE);
	}
	tcp_how = CLOSES;
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_uint_eq(done_calls, 1);
	expect_rcode(XFW_CHECK_TCP_SOA, XFW_RCODE_NOTAUTH);
	expect(XFW_CHECK_TCP_SOA_UNSIGNED, XFW_RESULT_CLOSED);
	ck_assert_uint_eq(findings.count, 4);
}
END_TEST

/*--- a primary without EDNS ---------------------------------------------------------*/

START_TEST(without_edns_once_edns_is_refused) {
	xfw_inquiry_spec_t spec;

	serve(NO_EDNS, NO_EDNS);
	spec = spec_for(false);
	ck_assert_int_lt(ask(&spec), XFW_INQUIRY_UDP_MS); /* no try is waited out */
	expect_serial(XFW_CHECK_UDP_SOA);
	expect_serial(XFW_CHECK_TCP_SOA);
	ck_assert_str_eq(get(XFW_CHECK_UDP_SOA)->note,
			 "without EDNS; with EDNS: FORMERR");
	ck_assert_uint_eq(udp_queries, 2);
	ck_assert_uint_eq(udp_edns, 1);
	ck_assert_uint_eq(tcp_queries, 1);
	ck_assert_uint_eq(tcp_edns, 0);
}
END_TEST

START_TEST(the_same_connection_serves_without_edns) {
	xfw_inquiry_spec_t spec;

	serve(GOOD, NO_EDNS);
	spec = spec_for(false);
	(void)ask(&spec);
	expect_serial(XFW_CHECK_TCP_SOA);
	ck_assert_uint_eq(tcp_queries, 2);
	ck_assert_uint_eq(tcp_callers, 1);
}
END_TEST

START_TEST(formerr_without_edns_is_final) {
	serve(NO_SENSE, NO_SENSE);
	ask_plainly();
	expect_rcode(XFW_CHECK_UDP_SOA, XFW_RCODE_FORMERR);
	expect_rcode(XFW_CHECK_TCP_SOA, XFW_RCODE_FORMERR);
	ck_assert_uint_eq(udp_queries, 2);
	ck_assert_uint_eq(tcp_queries, 1);
}
END_TEST

/* What it said stands, though it is silent afterwards. */
START_TEST(formerr_stands_before_silence) {
	short_times(150, 5000, 5000);
	serve(MUTE_EDNS, GOOD);
	ask_plainly();
	expect_rcode(XFW_CHECK_UDP_SOA, XFW_RCODE_FORMERR);
	expect_serial(XFW_CHECK_TCP_SOA);
}
END_TEST

/*--- UDP that fails -----------------------------------------------------------------*/

START_TEST(a_closed_udp_port_is_told_at_once) {
	serve(ABSENT, GOOD);
	ask_plainly();
	expect(XFW_CHECK_UDP_SOA, XFW_RESULT_REFUSED);
	ck_assert_int_eq(get(XFW_CHECK_UDP_SOA)->error, ECONNREFUSED);
	ck_assert_uint_eq(get(XFW_CHECK_UDP_SOA)->rcode, 0xffff);
	ck_assert_uint_lt(get(XFW_CHECK_UDP_SOA)->rtt_us, 1000000);
	expect_serial(XFW_CHECK_TCP_SOA);
}
END_TEST

START_TEST(silence_over_udp_is_asked_twice) {
	short_times(50, 5000, 5000);
	serve(SILENT, GOOD);
	ask_plainly();
	expect(XFW_CHECK_UDP_SOA, XFW_RESULT_TIMEOUT);
	expect_waited(XFW_CHECK_UDP_SOA, 100);
	ck_assert_uint_eq(udp_queries, 2);
	ck_assert_uint_eq(ports[0], ports[1]);
	expect_serial(XFW_CHECK_TCP_SOA);
	ck_assert(!made(XFW_CHECK_TRANSFER));
}
END_TEST

START_TEST(the_second_try_counts) {
	short_times(300, 5000, 5000);
	serve(LOSES, GOOD);
	ask_plainly();
	expect_serial(XFW_CHECK_UDP_SOA);
	ck_assert_uint_lt(get(XFW_CHECK_UDP_SOA)->rtt_us, 300000);
	ck_assert_uint_eq(udp_queries, 2);
}
END_TEST

START_TEST(a_late_answer_to_the_first_try_counts) {
	short_times(300, 5000, 5000);
	serve(LATE, GOOD);
	ask_plainly();
	expect_serial(XFW_CHECK_UDP_SOA);
	expect_waited(XFW_CHECK_UDP_SOA, 300);
}
END_TEST

START_TEST(a_flood_does_not_hide_the_answer) {
	serve(FLOODS, GOOD);
	ask_plainly();
	expect_serial(XFW_CHECK_UDP_SOA);
	ck_assert_uint_eq(udp_queries, 1);
}
END_TEST

START_TEST(a_flood_is_read_up_to_a_limit) {
	serve(FLOODS_ON, GOOD);
	ask_plainly();
	expect(XFW_CHECK_UDP_SOA, XFW_RESULT_MALFORMED);
	ck_assert_str_eq(get(XFW_CHECK_UDP_SOA)->note,
			 "64 datagrams that are not the answer");
	ck_assert_uint_eq(udp_queries, 1);
	expect_serial(XFW_CHECK_TCP_SOA);
}
END_TEST

START_TEST(garbage_over_udp_is_waited_past) {
	short_times(50, 5000, 5000);
	serve(GARBAGE, GOOD);
	ask_plainly();
	expect(XFW_CHECK_UDP_SOA, XFW_RESULT_TIMEOUT);
	expect_serial(XFW_CHECK_TCP_SOA);
}
END_TEST

/* Who guesses ids and ports is not believed. */
START_TEST(ids_and_ports_cannot_be_guessed) {
	xfw_inquiry_t *inquiries[4];
	xfw_inquiry_spec_t spec;
	bool other_id = false, other_port = false;

	short_times(50, 5000, 5000);
	serve(SILENT, GOOD);
	spec = spec_for(false);
	for (unsigned i = 0; i < 4; i++) {
		inquiries[i] = xfw_inquiry_start(&loop, &spec, hmac_of_secret, on_done,
						 &inquiries[i]);
		ck_assert_ptr_nonnull(inquiries[i]);
	}
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_uint_eq(done_calls, 4);
	ck_assert_uint_eq(udp_queries, 8);
	for (unsigned i = 1; i < 8; i++) {
		other_id = other_id || ids[i] != ids[0];
		other_port = other_port || ports[i] != ports[0];
	}
	ck_assert(other_id);
	ck_assert(other_port);
}
END_TEST

/*--- TCP that fails -----------------------------------------------------------------*/

START_TEST(a_closed_tcp_port_ends_tcp) {
	serve(GOOD, ABSENT);
	ask_plainly();
	expect_serial(XFW_CHECK_UDP_SOA);
	expect(XFW_CHECK_TCP_CONNECT, XFW_RESULT_REFUSED);
	ck_assert_int_eq(get(XFW_CHECK_TCP_CONNECT)->error, ECONNREFUSED);
	ck_assert(!made(XFW_CHECK_TCP_SOA));
	ck_assert_uint_eq(findings.count, 2);
}
END_TEST

/* Nobody accepts, and the backlog is full: connecting takes for ever. */
START_TEST(a_connection_that_hangs_times_out) {
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	int fill[4];
	socklen_t len = sizeof(server);
	xfw_inquiry_spec_t spec;

	short_times(1000, 150, 5000);
	server = address("127.0.0.1", 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&server,
			      sizeof(struct sockaddr_in)), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&server, &len), 0);
	ck_assert_int_eq(listen(listener, 0), 0);
	for (unsigned i = 0; i < 4; i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fill[i], (struct sockaddr *)&server, len);
	}
	spec = spec_for(true);
	(void)ask(&spec);
	expect(XFW_CHECK_UDP_SOA, XFW_RESULT_REFUSED);
	expect(XFW_CHECK_TCP_CONNECT, XFW_RESULT_TIMEOUT);
	expect_waited(XFW_CHECK_TCP_CONNECT, 150);
	ck_assert_uint_eq(findings.count, 2);

	/* Ended while it connects. */
	done_calls = 0;
	start(&spec);
	while (!current->asking || current->finding.check != XFW_CHECK_TCP_CONNECT) {
		(void)uv_run(&loop, UV_RUN_ONCE);
	}
	xfw_inquiry_cancel(current);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_uint_eq(done_calls, 0);
	for (unsigned i = 0; i < 4; i++) {
		(void)close(fill[i]);
	}
	(void)close(listener);
}
END_TEST

START_TEST(silence_over_tcp_times_out) {
	short_times(5000, 5000, 100);
	serve(GOOD, SILENT);
	ask_plainly();
	expect_serial(XFW_CHECK_UDP_SOA);
	expect(XFW_CHECK_TCP_CONNECT, XFW_RESULT_DONE);
	expect(XFW_CHECK_TCP_SOA, XFW_RESULT_TIMEOUT);
	expect_waited(XFW_CHECK_TCP_SOA, 100);
	ck_assert_str_eq(get(XFW_CHECK_TCP_SOA)->note, "");
}
END_TEST

START_TEST(bytes_that_trickle_buy_no_time) {
	short_times(5000, 5000, 150);
	serve(GOOD, TRICKLES);
	ask_plainly();
	expect(XFW_CHECK_TCP_SOA, XFW_RESULT_TIMEOUT);
	expect_waited(XFW_CHECK_TCP_SOA, 150);
	ck_assert_uint_lt(get(XFW_CHECK_TCP_SOA)->rtt_us, 2000000);
	ck_assert_ptr_nonnull(strstr(get(XFW_CHECK_TCP_SOA)->note,
				     "bytes of an answer came"));
}
END_TEST

START_TEST(a_connection_that_is_closed_is_told) {
	serve(GOOD, _i == 0 ? CLOSES : _i == 1 ? RESETS : HALF_CLOSES);
	ask_plainly();
	expect(XFW_CHECK_TCP_CONNECT, XFW_RESULT_DONE);
	expect(XFW_CHECK_TCP_SOA, XFW_RESULT_CLOSED);
	ck_assert_uint_eq(get(XFW_CHECK_TCP_SOA)->rcode, 0xffff);
	ck_assert_str_eq(get(XFW_CHECK_TCP_SOA)->note,
			 _i == 2 ? "after 102 bytes of an answer" : "");
}
END_TEST

START_TEST(an_announced_answer_must_come) {
	short_times(5000, 5000, 100);
	serve(GOOD, HALF);
	ask_plainly();
	expect(XFW_CHECK_TCP_SOA, XFW_RESULT_TIMEOUT);
	ck_assert_str_eq(get(XFW_CHECK_TCP_SOA)->note, "102 bytes of an answer came");
}
END_TEST

START_TEST(an_answer_of_65535_bytes_is_read) {
	const xfw_finding_t *finding;

	serve(GOOD, HUGE);
	ask_plainly();
	finding = get(XFW_CHECK_TCP_SOA);
	ck_assert(finding->result == XFW_RESULT_ANSWER ||
		  finding->result == XFW_RESULT_MALFORMED);
}
END_TEST

START_TEST(nonsense_over_tcp_is_malformed) {
	static const how_t how[] = { TINY, WRONG_ID, GARBAGE };

	serve(GOOD, how[_i]);
	ask_plainly();
	expect_serial(XFW_CHECK_UDP_SOA);
	expect(XFW_CHECK_TCP_SOA, XFW_RESULT_MALFORMED);
	ck_assert_str_eq(get(XFW_CHECK_TCP_SOA)->note,
			 _i == 0 ? "a message of 5 bytes"
				 : "not an answer to this question");
}
END_TEST

/* Our own guard, if all else fails. */
START_TEST(the_deadline_ends_what_hangs) {
	xfw_inquiry_spec_t spec;
	uint64_t since = uv_hrtime();

	short_times(1000, 40, 40);
	serve(GOOD, SILENT);
	spec = spec_for(false);
	short_times(10, 10, 10);
	start(&spec);
	current->times = (xfw_inquiry_times_t){ 60000, 60000, 60000 };
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_uint_eq(done_calls, 1);
	ck_assert_int_lt((int64_t)((uv_hrtime() - since) / 1000000), 10000);
	expect(XFW_CHECK_TCP_SOA, XFW_RESULT_TIMEOUT);
}
END_TEST

/*--- addresses ----------------------------------------------------------------------*/

START_TEST(queries_leave_from_the_source_address) {
	xfw_inquiry_spec_t spec;
	struct sockaddr_storage want = address("127.0.0.2", 0);

	serve(GOOD, GOOD);
	spec = spec_for(false);
	spec.from = want;
	(void)ask(&spec);
	ck_assert_uint_eq(findings.count, 4);
	expect(XFW_CHECK_SOURCE, XFW_RESULT_DONE);
	expect_serial(XFW_CHECK_UDP_SOA);
	expect_serial(XFW_CHECK_TCP_SOA);
	ck_assert_uint_eq(((struct sockaddr_in *)&udp_from)->sin_addr.s_addr,
			  ((struct sockaddr_in *)&want)->sin_addr.s_addr);
	ck_assert_uint_eq(((struct sockaddr_in *)&tcp_from)->sin_addr.s_addr,
			  ((struct sockaddr_in *)&want)->sin_addr.s_addr);
}
END_TEST

/* A given port is used over UDP while it is free, as named does; never over TCP. */
START_TEST(the_source_port_is_taken_over_udp_if_free) {
	int other = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_storage taken = address("127.0.0.2", 0);
	socklen_t len = sizeof(taken);
	xfw_inquiry_spec_t spec;

	serve(GOOD, GOOD);
	ck_assert_int_eq(bind(other, (struct sockaddr *)&taken,
			      sizeof(struct sockaddr_in)), 0);
	ck_assert_int_eq(getsockname(other, (struct sockaddr *)&taken, &len), 0);
	spec = spec_for(false);
	spec.from = taken;
	(void)ask(&spec);
	expect_serial(XFW_CHECK_UDP_SOA);
	ck_assert_uint_ne(ports[0], *port_of(&taken));
	ck_assert_uint_ne(*port_of(&tcp_from), *port_of(&taken));

	(void)close(other);
	done_calls = 0;
	(void)ask(&spec);
	expect_serial(XFW_CHECK_UDP_SOA);
	ck_assert_uint_eq(ports[1], *port_of(&taken));
	ck_assert_uint_ne(*port_of(&tcp_from), *port_of(&taken));
}
END_TEST

START_TEST(a_missing_source_address_ends_it) {
	xfw_inquiry_spec_t spec;

	serve(GOOD, GOOD);
	spec = spec_for(true);
	spec.from = address("192.0.2.77", 0);
	(void)ask(&spec);
	ck_assert_uint_eq(findings.count, 1);
	expect(XFW_CHECK_SOURCE, XFW_RESULT_MISSING);
	ck_assert_int_eq(get(XFW_CHECK_SOURCE)->error, EADDRNOTAVAIL);
	ck_assert_uint_eq(udp_queries + tcp_callers, 0);
}
END_TEST

/* Addresses of a family that is none of ours, or not the primary's. */
START_TEST(other_families_are_a_local_matter) {
	xfw_inquiry_spec_t spec;

	serve(GOOD, GOOD);
	spec = spec_for(false);
	spec.to.ss_family = AF_UNIX;
	(void)ask(&spec);
	expect(XFW_CHECK_UDP_SOA, XFW_RESULT_LOCAL);
	expect(XFW_CHECK_TCP_CONNECT, XFW_RESULT_LOCAL);
	ck_assert_int_eq(get(XFW_CHECK_UDP_SOA)->error, EAFNOSUPPORT);

	spec.to = server;
	spec.from.ss_family = AF_UNIX;
	done_calls = 0;
	(void)ask(&spec);
	expect(XFW_CHECK_SOURCE, XFW_RESULT_LOCAL);
	ck_assert_int_eq(get(XFW_CHECK_SOURCE)->error, EAFNOSUPPORT);

	spec.to = address("::1", 9);
	spec.from = address("127.0.0.1", 0);
	done_calls = 0;
	(void)ask(&spec);
	expect(XFW_CHECK_UDP_SOA, XFW_RESULT_LOCAL);
	expect(XFW_CHECK_TCP_CONNECT, XFW_RESULT_LOCAL);
}
END_TEST

/* A broadcast address: the kernel says EACCES to UDP, ENETUNREACH to TCP. */
START_TEST(what_the_kernel_denies_is_told) {
	xfw_inquiry_spec_t spec;

	serve(GOOD, GOOD);
	spec = spec_for(false);
	spec.to = address("127.255.255.255", 9);
	(void)ask(&spec);
	expect(XFW_CHECK_UDP_SOA, XFW_RESULT_DENIED);
	expect(XFW_CHECK_TCP_CONNECT, XFW_RESULT_UNREACHABLE);
}
END_TEST

START_TEST(errors_have_their_meanings) {
	ck_assert_uint_eq(xfw_inquiry_meaning(EHOSTUNREACH), XFW_RESULT_UNREACHABLE);
	ck_assert_uint_eq(xfw_inquiry_meaning(ENOPROTOOPT), XFW_RESULT_UNREACHABLE);
	ck_assert_uint_eq(xfw_inquiry_meaning(EPERM), XFW_RESULT_DENIED);
	ck_assert_uint_eq(xfw_inquiry_meaning(ETIMEDOUT), XFW_RESULT_TIMEOUT);
	ck_assert_uint_eq(xfw_inquiry_meaning(ECONNRESET), XFW_RESULT_CLOSED);
	ck_assert_uint_eq(xfw_inquiry_meaning(EADDRNOTAVAIL), XFW_RESULT_LOCAL);
	ck_assert_uint_eq(xfw_inquiry_meaning(EADDRINUSE), XFW_RESULT_LOCAL);
	ck_assert_uint_eq(xfw_inquiry_meaning(EMFILE), XFW_RESULT_LOCAL);
}
END_TEST

/* No descriptor left: said, and no harm done. */
START_TEST(without_descriptors_it_still_ends) {
	int taken[4096];
	size_t count = 0;
	struct rlimit limit, less;
	xfw_inquiry_spec_t spec;

	serve(GOOD, GOOD);
	spec = spec_for(false);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	less = limit;
	less.rlim_cur = 256;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &less), 0);
	while ((taken[count] = dup(0)) >= 0) {
		ck_assert_uint_lt(++count, 4096);
	}
	(void)ask(&spec);
	while (count > 0) {
		(void)close(taken[--count]);
	}
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	expect(XFW_CHECK_UDP_SOA, XFW_RESULT_LOCAL);
	expect(XFW_CHECK_TCP_CONNECT, XFW_RESULT_LOCAL);
	ck_assert_int_eq(get(XFW_CHECK_UDP_SOA)->error, EMFILE);
}
END_TEST

/*--- the end ------------------------------------------------------------------------*/

static void
cancel_in(how_t over_udp, how_t over_tcp, int check) {
	xfw_inquiry_spec_t spec;

	serve(over_udp, over_tcp);
	spec = spec_for(true);
	start(&spec);
	while (check >= 0 && (!current->asking || current->finding.check != check)) {
		ck_assert_int_ne(uv_run(&loop, UV_RUN_ONCE), 0);
	}
	/* In the middle of an answer. */
	while (over_tcp == HALF && check == XFW_CHECK_TCP_SOA &&
	       current->tcp.answer == NULL)
	{
		ck_assert_int_ne(uv_run(&loop, UV_RUN_ONCE), 0);
	}
	ck_assert(has_secret(current));
	xfw_inquiry_cancel(current);
	ck_assert(!has_secret(current));
	ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
	ck_assert_uint_eq(done_calls, 0);
}

START_TEST(cancelled_it_says_nothing_more) {
	static const struct {
		how_t over_udp, over_tcp;
		int check;
	} when[] = {
		{ GOOD, GOOD, -1 }, /* before anything was done */
		{ SILENT, GOOD, XFW_CHECK_UDP_SOA },
		{ GOOD, GOOD, XFW_CHECK_TCP_CONNECT },
		{ GOOD, SILENT, XFW_CHECK_TCP_SOA },
		{ GOOD, HALF, XFW_CHECK_TCP_SOA },
		{ NO_KEY, NO_KEY, XFW_CHECK_UDP_SOA_UNSIGNED },
		{ NO_KEY, NO_KEY, XFW_CHECK_TCP_SOA_UNSIGNED },
	};

	cancel_in(when[_i].over_udp, when[_i].over_tcp, when[_i].check);
}
END_TEST

static void
cancel_too(void *arg, const xfw_findings_t *result) {
	xfw_inquiry_t **inquiry = arg;

	done_calls++;
	ck_assert_uint_eq(result->count, 3);
	xfw_inquiry_cancel(*inquiry);
}

/* Harmless, though it is over. */
START_TEST(cancelled_by_done_is_no_harm) {
	xfw_inquiry_spec_t spec;

	serve(GOOD, GOOD);
	spec = spec_for(true);
	spec.has_key = false;
	current = xfw_inquiry_start(&loop, &spec, hmac_of_secret, cancel_too, &current);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_uint_eq(done_calls, 1);
}
END_TEST

static xfw_findings_t both[2];

static void
keep(void *arg, const xfw_findings_t *result) {
	*(xfw_findings_t *)arg = *result;
	done_calls++;
}

START_TEST(two_at_once_do_not_mix) {
	xfw_inquiry_spec_t signs, plain;

	serve(SIGNS, SIGNS);
	signs = spec_for(true);
	plain = spec_for(false);
	ck_assert_ptr_nonnull(xfw_inquiry_start(&loop, &signs, hmac_of_secret, keep,
						&both[0]));
	ck_assert_ptr_nonnull(xfw_inquiry_start(&loop, &plain, hmac_of_secret, keep,
						&both[1]));
	ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
	ck_assert_uint_eq(done_calls, 2);
	for (unsigned i = 0; i < 2; i++) {
		findings = both[i];
		ck_assert_uint_eq(findings.count, 3);
		expect_serial(XFW_CHECK_UDP_SOA);
		expect_serial(XFW_CHECK_TCP_SOA);
		ck_assert_uint_eq(get(XFW_CHECK_TCP_SOA)->tsig,
				  i == 0 ? XFW_TSIG_GOOD : XFW_TSIG_NONE);
	}
}
END_TEST

START_TEST(the_limit_covers_all_checks) {
	/* Two tries of three questions over UDP; two connections with a question. */
	ck_assert_int_ge(xfw_inquiry_limit_ms(),
			 6 * XFW_INQUIRY_UDP_MS +
				 2 * (XFW_INQUIRY_TCP_MS + XFW_INQUIRY_SOA_MS));
	ck_assert_int_lt(xfw_inquiry_limit_ms(), 30000);
}
END_TEST

static void
add_tests(TCase *tcase) {
	tcase_add_test(tcase, a_good_primary_is_asked_over_both);
	tcase_add_test(tcase, so_is_one_over_ipv6);
	tcase_add_test(tcase, edns_and_do_are_as_told);
	tcase_add_test(tcase, no_plain_dns_where_named_talks_tls);
	tcase_add_test(tcase, ixfr_is_asked_with_the_offered_serial);
	tcase_add_test(tcase, without_a_serial_no_ixfr_is_asked);
	tcase_add_test(tcase, good_signatures_need_no_unsigned_query);
	tcase_add_test(tcase, refused_keys_bring_unsigned_queries);
	tcase_add_test(tcase, only_the_transport_in_doubt_is_asked_unsigned);
	tcase_add_test(tcase, silence_says_nothing_about_the_key);
	tcase_add_test(tcase, an_unsigned_query_has_one_finding);
	tcase_add_test(tcase, without_edns_once_edns_is_refused);
	tcase_add_test(tcase, the_same_connection_serves_without_edns);
	tcase_add_test(tcase, formerr_without_edns_is_final);
	tcase_add_test(tcase, formerr_stands_before_silence);
	tcase_add_test(tcase, a_closed_udp_port_is_told_at_once);
	tcase_add_test(tcase, silence_over_udp_is_asked_twice);
	tcase_add_test(tcase, the_second_try_counts);
	tcase_add_test(tcase, a_late_answer_to_the_first_try_counts);
	tcase_add_test(tcase, a_flood_does_not_hide_the_answer);
	tcase_add_test(tcase, a_flood_is_read_up_to_a_limit);
	tcase_add_test(tcase, garbage_over_udp_is_waited_past);
	tcase_add_test(tcase, ids_and_ports_cannot_be_guessed);
}

static void
add_more_tests(TCase *tcase) {
	tcase_add_test(tcase, a_closed_tcp_port_ends_tcp);
	tcase_add_test(tcase, a_connection_that_hangs_times_out);
	tcase_add_test(tcase, silence_over_tcp_times_out);
	tcase_add_test(tcase, bytes_that_trickle_buy_no_time);
	tcase_add_loop_test(tcase, a_connection_that_is_closed_is_told, 0, 3);
	tcase_add_test(tcase, an_announced_answer_must_come);
	tcase_add_test(tcase, an_answer_of_65535_bytes_is_read);
	tcase_add_loop_test(tcase, nonsense_over_tcp_is_malformed, 0, 3);
	tcase_add_test(tcase, the_deadline_ends_what_hangs);
	tcase_add_test(tcase, queries_leave_from_the_source_address);
	tcase_add_test(tcase, the_source_port_is_taken_over_udp_if_free);
	tcase_add_test(tcase, a_missing_source_address_ends_it);
	tcase_add_test(tcase, other_families_are_a_local_matter);
	tcase_add_test(tcase, what_the_kernel_denies_is_told);
	tcase_add_test(tcase, errors_have_their_meanings);
	tcase_add_test(tcase, without_descriptors_it_still_ends);
	tcase_add_loop_test(tcase, cancelled_it_says_nothing_more, 0, 7);
	tcase_add_test(tcase, cancelled_by_done_is_no_harm);
	tcase_add_test(tcase, two_at_once_do_not_mix);
	tcase_add_test(tcase, the_limit_covers_all_checks);
}

int
main(void) {
	Suite *suite = suite_create("inquiry");
	TCase *tcase = tcase_create("inquiry");
	TCase *bare = tcase_create("own frame");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	add_tests(tcase);
	add_more_tests(tcase);
	suite_add_tcase(suite, tcase);
	tcase_add_test(bare, udp_is_left_out_as_told);
	suite_add_tcase(suite, bare);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
