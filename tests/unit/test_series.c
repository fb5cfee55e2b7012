/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tests of BIND's versions and series: the names of Debian's libraries, what belongs
 * together, what named wants of a plugin, the mode.  One thread.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <xfrwatch/series.h>

#define LIB "/usr/lib/x86_64-linux-gnu/"

#define X10  "1234567890"
#define X120 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10

static const struct {
	const char *path, *version; /* NULL: none */
} paths[] = {
	{ LIB "libisc-9.18.49-1~deb12u3-Debian.so", "9.18.49-1~deb12u3-Debian" },
	{ LIB "libisc-9.20.30-1~deb13u2-Debian.so", "9.20.30-1~deb13u2-Debian" },
	{ LIB "libisc-9.20.26-1~bpo12+1-Debian.so", "9.20.26-1~bpo12+1-Debian" },
	{ "/usr/local/lib/libisc-9.18.49.so", "9.18.49" },
	{ "libisc-9.18.49-1+b1.so", "9.18.49-1+b1" },
	{ "/a/libisc-9.21.26.so.3", "9.21.26" },
	{ "/libisc-1.2.3.so/libisc-9.18.1.so", "9.18.1" },
	{ "libisc-9.18.49.some.so", "9.18.49.some" },
	/* The last name that there is room for. */
	{ "libisc-" X120 "1234567.so", X120 "1234567" },
	{ "libisc-" X120 "12345678.so", NULL },
	{ "libisc-" X120 X120 ".so", NULL },
	{ LIB "libisccfg-9.18.49-1~deb12u3-Debian.so", NULL },
	{ LIB "libisccc-9.18.49-1~deb12u3-Debian.so", NULL },
	{ LIB "libdns-9.18.49-1~deb12u3-Debian.so", NULL },
	{ LIB "libisc-9.18.49", NULL },
	{ LIB "libisc-9.18.49.sox", NULL },
	{ LIB "libisc-export.so", NULL },
	{ LIB "libisc-.so", NULL },
	{ LIB "libisc.so", NULL },
	{ "/libisc-9.18.49.so/", NULL },
	{ "/libisc-9.18.49.so/named", NULL },
	{ "/usr/sbin/named", NULL },
	{ "named", NULL },
	{ "", NULL },
	{ NULL, NULL },
};

START_TEST(a_version_is_in_the_name_of_the_library) {
	char buf[XFW_SERIES_VERSION_MAX + 1];
	bool is;

	memset(buf, 'x', sizeof(buf));
	is = xfw_series_of_path(paths[_i].path, buf);
	ck_assert_msg(is == (paths[_i].version != NULL), "%s", paths[_i].path);
	ck_assert_str_eq(buf, is ? paths[_i].version : "");
	ck_assert_int_eq(buf[XFW_SERIES_VERSION_MAX], 'x');
}
END_TEST

static const struct {
	const char *a, *b;
	bool upstream, series;
} pairs[] = {
	{ "9.18.49-1~deb12u1-Debian", "9.18.49-1~deb12u3-Debian", true, true },
	{ "9.18.49", "9.18.49-1+b1", true, true },
	{ "9.18.49+dfsg-1", "9.18.49", true, true },
	{ "9.18.49", "9.18.49", true, true },
	{ "9.18.49-1", "9.18.48-1", false, true },
	{ "9.18.4", "9.18.49", false, true },
	{ "9.18.49", "9.18.4", false, true },
	{ "9.20.26-1~deb13u1", "9.20.30-1~deb13u2", false, true },
	{ "9.18", "9.18.49", false, true },
	{ "9.18-1", "9.18.49", false, true },
	{ "9.20.30~rc1-1", "9.20.30-1", false, true },
	{ "9.18.49-1", "9.20.30-1", false, false },
	{ "9.18.49", "9.1.49", false, false },
	{ "9.1.8", "9.18.1", false, false },
	{ "9.18.49", "9.180.49", false, false },
	{ "9.18.49", "19.18.49", false, false },
	{ "10.18.49", "9.18.49", false, false },
	{ "9.18.49", "9.18rc1", false, false },
	{ "9.18.49", "9.18.x", false, false },
	{ "9.18.49", "9", false, false },
	{ "9.18.49", "9.", false, false },
	{ "9.18.49", "9-18", false, false },
	{ "9.18.49", ".18.49", false, false },
	{ "9.18.49", " 9.18.49", false, false },
	{ "9.18.49", "-9.18.49", false, false },
	{ "9.18.49", "9.4294967314.1", false, false },
	{ "9.18.49", "4294967305.18.1", false, false },
	{ "9.18.49", "x", false, false },
	{ "9.18.49", "", false, false },
	{ "", "", false, false },
	{ "-1", "-1", false, false },
	{ "-1", "+1", false, false },
	{ NULL, NULL, false, false },
	{ NULL, "9.18.49", false, false },
};

/* Which of two it is never matters to that; nor to the mode. */
START_TEST(versions_belong_together) {
	const char *a = pairs[_i].a, *b = pairs[_i].b;
	xfw_mode_t lax = pairs[_i].upstream ? XFW_MODE_FULL
			 : pairs[_i].series ? XFW_MODE_REDUCED
					    : XFW_MODE_INERT;
	xfw_mode_t strict = pairs[_i].upstream ? XFW_MODE_FULL : XFW_MODE_INERT;

	for (int i = 0; i < 2; i++) {
		ck_assert_msg(xfw_series_same_upstream(a, b) == pairs[_i].upstream,
			      "upstream %s %s", a, b);
		ck_assert_msg(xfw_series_same(a, b) == pairs[_i].series,
			      "series %s %s", a, b);
		ck_assert_msg(xfw_series_mode(a, b, false) == lax, "%s %s", a, b);
		ck_assert_msg(xfw_series_mode(a, b, true) == strict, "%s %s", a, b);
		a = pairs[_i].b;
		b = pairs[_i].a;
	}
}
END_TEST

static const struct {
	const char *version;
	int api; /* 99: not known */
} apis[] = {
	{ "9.18.0", 1 },
	{ "9.18.49", 1 },
	{ "9.18.49-1+b1", 1 },
	{ "9.18.49-1~deb12u3-Debian", 1 },
	{ "9.18", 1 },
	{ "9.20.0", 2 },
	{ "9.20.30-1~deb13u2-Debian", 2 },
	{ "9.20.26-1~bpo12+1-Debian", 2 },
	{ "9.21.0", 2 },
	{ "9.21.13", 2 },
	{ "9.21.14", 3 },
	{ "9.21.25-1", 3 },
	{ "9.21.26", 4 },
	{ "9.21.26+dfsg-1", 4 },
	{ "9.21.100", 4 },
	{ "9.21", 99 },
	{ "9.21.4294967310", 99 },
	{ "9.16.50", 99 },
	{ "9.17.22", 99 },
	{ "9.19.24", 99 },
	{ "9.22.0", 99 },
	{ "9.180.1", 99 },
	{ "9.1.8", 99 },
	{ "8.18.1", 99 },
	{ "10.18.1", 99 },
	{ "9.21.x", 99 },
	{ "9.21.", 99 },
	{ "9.18x", 99 },
	{ "9", 99 },
	{ "", 99 },
	{ "unknown", 99 },
	{ NULL, 99 },
};

START_TEST(named_wants_a_version_of_plugins) {
	int api = apis[_i].api;

	ck_assert_msg(xfw_series_api(apis[_i].version, 99) == api, "%s",
		      apis[_i].version);
	ck_assert_int_eq(xfw_series_api(apis[_i].version, -1), api == 99 ? -1 : api);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

int
main(void) {
	Suite *suite = suite_create("series");
	TCase *tcase = tcase_create("series");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, a_version_is_in_the_name_of_the_library, 0,
			    COUNT(paths));
	tcase_add_loop_test(tcase, versions_belong_together, 0, COUNT(pairs));
	tcase_add_loop_test(tcase, named_wants_a_version_of_plugins, 0, COUNT(apis));
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
