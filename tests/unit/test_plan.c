/* SPDX-License-Identifier: MPL-2.0 */
/* Tests of the plans: what an operator is told to do, and may copy. One thread. */
#include <check.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <xfrwatch/plan.h>

static char text[XFW_PLAN_STEP_MAX];

static const char *
step(xfw_cause_t cause, unsigned i, const char *primary, const char *zone,
     const char *key, const char *source) {
	xfw_plan_context_t context = { primary, zone, key, source };
	size_t len = xfw_plan_step(text, sizeof(text), cause, i, &context);

	ck_assert_uint_eq(len, strlen(text));
	return (text);
}

/* All steps of a cause, one after the other. */
static const char *
plan(xfw_cause_t cause, const char *primary, const char *zone, const char *key,
     const char *source) {
	static char all[6 * XFW_PLAN_STEP_MAX];

	all[0] = '\0';
	for (unsigned i = 0; i < xfw_plan_steps(cause); i++) {
		strcat(all, step(cause, i, primary, zone, key, source));
		strcat(all, "\n");
	}
	return (all);
}

static void
has(const char *all, const char *part) {
	ck_assert_msg(strstr(all, part) != NULL, "'%s' is not in:\n%s", part, all);
}

#define P "10.0.0.53#53"
#define Z "example.com/IN"

START_TEST(every_cause_has_steps_that_hold_together) {
	for (unsigned c = 1; c < XFW_CAUSE_COUNT; c++) {
		xfw_cause_t cause = (xfw_cause_t)c;
		unsigned count = xfw_plan_steps(cause);

		ck_assert_msg(count >= 2 && count < XFW_PLAN_STEPS_MAX, "%s: %u steps",
			      xfw_cause_info(cause)->name, count);
		ck_assert_str_eq(xfw_plan_text(cause, count), "");
		for (unsigned i = 0; i < count; i++) {
			const char *s = xfw_plan_text(cause, i);
			size_t len = strlen(s);

			ck_assert_msg(strpbrk(s, "\"\\\n") == NULL, "%s", s);
			ck_assert_msg(len > 10 && s[len - 1] != '.', "%s", s);
			ck_assert_msg(strstr(s, "  ") == NULL, "%s", s);
		}
	}
	/* What comes out of a damaged record has a plan as well. */
	ck_assert_str_eq(xfw_plan_text((xfw_cause_t)255, 0),
			 xfw_plan_text(XFW_CAUSE_UNCLASSIFIED, 0));
	ck_assert_uint_gt(xfw_plan_steps(XFW_CAUSE_NONE), 0);
}
END_TEST

/* A placeholder that nobody fills in would stand on all surfaces. */
START_TEST(every_placeholder_is_filled_in) {
	for (unsigned c = 1; c < XFW_CAUSE_COUNT; c++) {
		for (unsigned i = 0; i < xfw_plan_steps((xfw_cause_t)c); i++) {
			step((xfw_cause_t)c, i, P, Z, "xfr", "10.0.0.9");
			for (const char *at = text; (at = strchr(at, '{')) != NULL;
			     at++)
			{
				ck_assert_msg(at[1] == ' ', "%s", text);
			}
			/* No first step holds braces: it is the `action`. */
			ck_assert(i > 0 || strpbrk(text, "{}") == NULL);
		}
	}
}
END_TEST

START_TEST(commands_have_real_values) {
	const char *all = plan(XFW_CAUSE_REFUSED_TRANSFER, "10.0.0.53#5353", Z, NULL,
			       "10.0.0.9");

	has(all, "check on 10.0.0.53 that allow-transfer for example.com covers");
	has(all, "allow-transfer { 10.0.0.9; };");
	has(all, "dig @10.0.0.53 -p 5353 -b 10.0.0.9 example.com AXFR\n");
	has(all, "rndc retransfer example.com\n");
	all = plan(XFW_CAUSE_REFUSED_TRANSFER, P, Z, "xfr.example", "10.0.0.9");
	has(all, "allow-transfer { key xfr.example; };");
	has(all, "dig @10.0.0.53 -p 53 -b 10.0.0.9 -k KEYFILE example.com AXFR\n");
	all = plan(XFW_CAUSE_SOA_TIMEOUT, P, Z, NULL, NULL);
	has(all, "dig @10.0.0.53 -p 53 example.com SOA +norecurse\n");
	has(all, "dig @10.0.0.53 -p 53 example.com SOA +norecurse +tcp\n");
	has(all, "rndc refresh example.com\n");
	all = plan(XFW_CAUSE_TSIG_BADKEY, P, Z, "xfr.example", NULL);
	has(all, "the name must be xfr.example,");
}
END_TEST

START_TEST(a_serial_that_went_back_has_two_ways_out) {
	const char *all = plan(XFW_CAUSE_SERIAL_BACKWARDS, P, Z, NULL, NULL);

	has(all, "raise the serial of example.com on 10.0.0.53 above ours, or transfer "
		 "once with rndc retransfer example.com\n");
	has(all, "(RFC 1982)");
	has(all, "with the lower serial: rndc retransfer example.com\n");
}
END_TEST

START_TEST(addresses_of_ipv6_stay_whole) {
	const char *all = plan(XFW_CAUSE_REFUSED_TRANSFER, "2001:db8::53#5353", Z, NULL,
			       "2001:db8::9");

	has(all, "dig @2001:db8::53 -p 5353 -b 2001:db8::9 example.com AXFR\n");
	has(all, "allow-transfer { 2001:db8::9; };");
	all = plan(XFW_CAUSE_SOA_TIMEOUT, "fe80::1%eth0#53", Z, NULL, "fe80::2%eth0");
	has(all, "dig @fe80::1%eth0 -p 53 -b fe80::2%eth0 example.com SOA");
	has(all, "check that fe80::1%eth0 is up and that UDP port 53 passes");
}
END_TEST

START_TEST(views_and_classes_are_named) {
	const char *all = plan(XFW_CAUSE_SERIAL_BACKWARDS, P,
			       "example.com/IN/internal", NULL, NULL);

	has(all, "rndc retransfer example.com IN internal\n");
	has(all, "rndc zonestatus example.com IN internal\n");
	has(plan(XFW_CAUSE_SOA_TIMEOUT, P, "example.com/CH", NULL, NULL),
	    "dig @10.0.0.53 -p 53 example.com -c CH SOA +norecurse\n");
	has(text, "rndc refresh example.com CH");
	has(plan(XFW_CAUSE_SERIAL_BACKWARDS, P, "0/25.2.0.192.in-addr.arpa/IN", NULL,
		 NULL),
	    "rndc retransfer 0/25.2.0.192.in-addr.arpa\n");
	has(plan(XFW_CAUSE_SERIAL_BACKWARDS, P, "./IN/in side", NULL, NULL),
	    "rndc retransfer . IN 'in side'\n");
}
END_TEST

START_TEST(what_is_not_known_is_put_in_words) {
	static const char *const none[] = { NULL, "-", "" };

	for (size_t i = 0; i < 3; i++) {
		const char *zone = (i == 0) ? NULL : "";
		const char *all = plan(XFW_CAUSE_REFUSED_TRANSFER, none[i], zone,
				       none[i], none[i]);

		has(all, "check on the primary that allow-transfer for the zone covers");
		has(all, "allow-transfer { this server's address; };");
		has(all, "dig @PRIMARY -p 53 ZONE AXFR");
		has(all, "rndc retransfer ZONE\n");
		has(plan(XFW_CAUSE_TSIG_BADKEY, none[i], zone, none[i], none[i]),
		    "the name must be the key,");
	}
	ck_assert_str_eq(xfw_plan_text(XFW_CAUSE_CONNECT_TIMEOUT, 0),
			 "check firewall rules for TCP port {port} from here to "
			 "{address}");
	ck_assert_str_eq(step(XFW_CAUSE_CONNECT_TIMEOUT, 0, "-", NULL, NULL, NULL),
			 "check firewall rules for TCP port 53 from here to the "
			 "primary");
}
END_TEST

/* A name is what somebody else chose; an operator copies the command. */
START_TEST(hostile_names_stay_one_word_of_one_line) {
	const char *all = plan(XFW_CAUSE_SOA_TIMEOUT, P, "a|reboot.example/IN", NULL,
			       NULL);

	has(all, "dig @10.0.0.53 -p 53 'a|reboot.example' SOA");
	has(all, "rndc refresh 'a|reboot.example'\n");
	all = plan(XFW_CAUSE_SOA_TIMEOUT, P, "a';reboot;'b/IN", NULL, NULL);
	has(all, "rndc refresh 'a\\039;reboot;\\039b'\n");
	all = plan(XFW_CAUSE_SOA_TIMEOUT, P, "a\\';b/IN", NULL, NULL);
	has(all, "rndc refresh 'a\\039;b'\n");
	all = plan(XFW_CAUSE_SOA_TIMEOUT, P, "a\\\\'b/IN", NULL, NULL);
	has(all, "rndc refresh 'a\\\\\\039b'\n");
	all = plan(XFW_CAUSE_SOA_TIMEOUT, P, "-f.example/IN", NULL, NULL);
	has(all, "dig @10.0.0.53 -p 53 '\\045f.example' SOA");
	all = plan(XFW_CAUSE_SOA_TIMEOUT, P, "@evil/IN", NULL, NULL);
	has(all, "'\\064evil' SOA");
	all = plan(XFW_CAUSE_SOA_TIMEOUT, P, "a\nb\"c\x80/IN", NULL, NULL);
	has(all, "'a\\010b\\034c\\128' SOA");
	for (unsigned c = 1; c < XFW_CAUSE_COUNT; c++) {
		for (unsigned i = 0; i < xfw_plan_steps((xfw_cause_t)c); i++) {
			step((xfw_cause_t)c, i, "1\n\"#2\n\"", "\"\n{zone}'\x01/IN/\"\n",
			     "k\"\n{key}", "s\"\n");
			for (const char *p = text; *p != '\0'; p++) {
				ck_assert_msg(isprint((unsigned char)*p) && *p != '"',
					      "%s", text);
			}
		}
	}
}
END_TEST

START_TEST(the_longest_names_fit_and_what_does_not_is_cut) {
	char zone[1100];
	xfw_plan_context_t context = { "2001:db8:1234:5678:9abc:def0:1234:5678#65535",
				       zone, zone, "2001:db8::1" };
	char small[20];

	/* 255 octets of the worst kind, as BIND prints them. */
	for (size_t i = 0; i < 1000; i += 4) {
		memcpy(zone + i, "\\001", 4);
	}
	memcpy(zone + 1000, "/IN/v", 6);
	for (unsigned c = 1; c < XFW_CAUSE_COUNT; c++) {
		for (unsigned i = 0; i < xfw_plan_steps((xfw_cause_t)c); i++) {
			ck_assert_msg(xfw_plan_step(text, sizeof(text), (xfw_cause_t)c, i,
						    &context) < sizeof(text) - 1,
				      "%s, step %u", xfw_cause_info(c)->name, i);
		}
	}
	for (size_t size = 1; size <= sizeof(small); size++) {
		memset(small, 'x', sizeof(small));
		ck_assert_uint_eq(xfw_plan_step(small, size, XFW_CAUSE_HOST_DOWN, 1,
						&context),
				  size - 1);
		ck_assert_uint_eq(strlen(small), size - 1);
	}
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("plan");
	TCase *tc = tcase_create("steps");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, every_cause_has_steps_that_hold_together);
	tcase_add_test(tc, every_placeholder_is_filled_in);
	tcase_add_test(tc, commands_have_real_values);
	tcase_add_test(tc, a_serial_that_went_back_has_two_ways_out);
	tcase_add_test(tc, addresses_of_ipv6_stay_whole);
	tcase_add_test(tc, views_and_classes_are_named);
	tcase_add_test(tc, what_is_not_known_is_put_in_words);
	tcase_add_test(tc, hostile_names_stay_one_word_of_one_line);
	tcase_add_test(tc, the_longest_names_fit_and_what_does_not_is_cut);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
