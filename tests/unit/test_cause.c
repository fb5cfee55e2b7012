/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tests of the table of causes: names that scripts parse, and what operators
 * read.  One thread.
 */
#include <check.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <xfrwatch/cause.h>

/* In the order of the reports; a name is never changed or moved. */
static const char *const names[] = {
	"refused-query",	"refused-transfer",   "notauth",
	"not-authoritative",	"notify-refused",     "connect-refused",
	"connect-timeout",	"connect-denied",     "unreachable",
	"unreachable-cached",	"soa-timeout",	      "udp-blocked",
	"transfer-timeout",	"closed-by-peer",     "tls-failure",
	"tsig-badkey",		"tsig-badsig",	      "tsig-badtime",
	"tsig-badtrunc",	"tsig-error",	      "tsig-missing",
	"tsig-unexpected",	"tsig-verify",	      "serial-unchanged",
	"serial-backwards",	"zone-data",	      "too-many-records",
	"ixfr-broken",		"protocol",	      "rcode-other",
	"no-primaries",		"key-missing",	      "tls-config-missing",
	"local-source",		"local-storage",      "local-resource",
	"quota-deferred",	"never-attempted",    "unclassified",
	"host-down",		"serial-behind",      "signatures-expiring",
};

START_TEST(names_stay_what_and_where_they_are) {
	size_t count = sizeof(names) / sizeof(names[0]);

	ck_assert_uint_ge(XFW_CAUSE_COUNT - 1, count);
	for (size_t i = 0; i < count; i++) {
		xfw_cause_t cause = (xfw_cause_t)(i + 1);
		ck_assert_str_eq(xfw_cause_info(cause)->name, names[i]);
		ck_assert_uint_eq(xfw_cause_byname(names[i]), cause);
	}
	ck_assert_uint_eq(xfw_cause_byname("no-such-cause"), XFW_CAUSE_NONE);
	ck_assert_uint_eq(xfw_cause_byname(""), XFW_CAUSE_NONE);
	ck_assert_uint_eq(xfw_cause_byname("none"), XFW_CAUSE_NONE);
}
END_TEST

START_TEST(texts_of_the_interfaces_are_kept) {
	const xfw_cause_info_t *info = xfw_cause_info(XFW_CAUSE_CONNECT_REFUSED);

	ck_assert_str_eq(info->line, "TCP connection refused by the primary");
	ck_assert_str_eq(xfw_family_name(info->family), "network");
	info = xfw_cause_info(XFW_CAUSE_REFUSED_TRANSFER);
	ck_assert_str_eq(info->line, "primary refused the zone transfer");
	ck_assert_str_eq(xfw_family_name(info->family), "access");
}
END_TEST

START_TEST(every_cause_says_what_it_is) {
	for (unsigned int i = 1; i < XFW_CAUSE_COUNT; i++) {
		const xfw_cause_info_t *info = xfw_cause_info((xfw_cause_t)i);
		for (const char *p = info->name; *p != '\0'; p++) {
			ck_assert_msg(islower((unsigned char)*p) || *p == '-',
				      "%s", info->name);
		}
		ck_assert_uint_gt(info->family, XFW_FAMILY_NONE);
		ck_assert_uint_lt(info->family, XFW_FAMILY_COUNT);
		ck_assert_uint_ge(info->severity, XFW_SEVERITY_NOTICE);
		ck_assert_uint_lt(info->severity, XFW_SEVERITY_COUNT);
		ck_assert_uint_gt(strlen(info->line), 10);
		ck_assert_uint_lt(strlen(info->line), 80);
		ck_assert_ptr_null(strpbrk(info->line, "\"\\\n"));
	}
}
END_TEST

START_TEST(numbers_from_a_damaged_record_are_met) {
	ck_assert_str_eq(xfw_cause_info((xfw_cause_t)255)->name,
			 "unclassified");
	ck_assert_str_eq(xfw_cause_info(XFW_CAUSE_NONE)->name, "none");
	ck_assert_str_eq(xfw_family_name((xfw_family_t)99), "other");
	for (unsigned int i = 0; i < XFW_FAMILY_COUNT; i++) {
		ck_assert_ptr_nonnull(xfw_family_name((xfw_family_t)i));
	}
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("cause");
	TCase *tc = tcase_create("table");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, names_stay_what_and_where_they_are);
	tcase_add_test(tc, texts_of_the_interfaces_are_kept);
	tcase_add_test(tc, every_cause_says_what_it_is);
	tcase_add_test(tc, numbers_from_a_damaged_record_are_met);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
