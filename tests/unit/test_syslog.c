/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Facilities by name, and what is handed to syslog(3), which this program replaces.
 * That a line reaches a real syslog daemon is tested with named.
 */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <xfrwatch/report.h>

static int sent_priority;
static unsigned int sent;
static unsigned int opened;
static char sent_line[4096];

static void
note(int priority, const char *format, va_list args) {
	sent++;
	sent_priority = priority;
	vsnprintf(sent_line, sizeof(sent_line), format, args);
}

/* In the place of libc's: the plain one, and the one for fortified builds. */
#undef syslog
void
syslog(int priority, const char *format, ...) {
	va_list args;

	va_start(args, format);
	note(priority, format, args);
	va_end(args);
}

void
__syslog_chk(int priority, int flag, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void
__syslog_chk(int priority, int flag, const char *format, ...) {
	va_list args;

	(void)flag;
	va_start(args, format);
	note(priority, format, args);
	va_end(args);
}

void
openlog(const char *ident, int option, int facility) {
	(void)ident;
	(void)option;
	(void)facility;
	opened++;
}

START_TEST(facilities_are_those_of_named) {
	static const struct {
		const char *name;
		int number;
	} known[] = {
		{ "kern", LOG_KERN },	    { "user", LOG_USER },
		{ "mail", LOG_MAIL },	    { "daemon", LOG_DAEMON },
		{ "auth", LOG_AUTH },	    { "syslog", LOG_SYSLOG },
		{ "lpr", LOG_LPR },	    { "news", LOG_NEWS },
		{ "uucp", LOG_UUCP },	    { "cron", LOG_CRON },
		{ "authpriv", LOG_AUTHPRIV }, { "ftp", LOG_FTP },
		{ "local0", LOG_LOCAL0 },   { "local1", LOG_LOCAL1 },
		{ "local2", LOG_LOCAL2 },   { "local3", LOG_LOCAL3 },
		{ "local4", LOG_LOCAL4 },   { "local5", LOG_LOCAL5 },
		{ "local6", LOG_LOCAL6 },   { "local7", LOG_LOCAL7 },
	};
	const char *const *names = xfw_syslog_facilities();
	size_t count = sizeof(known) / sizeof(known[0]);

	for (size_t i = 0; i < count; i++) {
		ck_assert_str_eq(names[i], known[i].name);
		ck_assert_int_eq(xfw_syslog_facility(names[i]), known[i].number);
	}
	ck_assert_ptr_null(names[count]);
	ck_assert_int_eq(xfw_syslog_facility("LOCAL3"), LOG_LOCAL3);
	ck_assert_int_eq(xfw_syslog_facility("none"), XFW_SYSLOG_NONE);
	ck_assert_int_eq(xfw_syslog_facility(""), XFW_SYSLOG_UNKNOWN);
	ck_assert_int_eq(xfw_syslog_facility("local8"), XFW_SYSLOG_UNKNOWN);
	ck_assert_int_eq(xfw_syslog_facility("daemon "), XFW_SYSLOG_UNKNOWN);
}
END_TEST

START_TEST(facility_and_severity_are_the_true_ones) {
	xfw_syslog(LOG_LOCAL3, XFW_SEVERITY_CRIT, "line");
	ck_assert_int_eq(sent_priority, LOG_LOCAL3 | LOG_CRIT);
	xfw_syslog(LOG_DAEMON, XFW_SEVERITY_ALERT, "line");
	ck_assert_int_eq(sent_priority, LOG_DAEMON | LOG_ALERT);
	xfw_syslog(LOG_DAEMON, XFW_SEVERITY_NOTICE, "line");
	ck_assert_int_eq(sent_priority, LOG_DAEMON | LOG_NOTICE);
	ck_assert_uint_eq(sent, 3);
	ck_assert_uint_eq(opened, 0);
}
END_TEST

START_TEST(a_line_is_no_format) {
	xfw_syslog(LOG_DAEMON, XFW_SEVERITY_ERR, "zone=%n%s%s.example/IN 100%");
	ck_assert_str_eq(sent_line, "zone=%n%s%s.example/IN 100%");
}
END_TEST

START_TEST(none_is_silent) {
	xfw_syslog(XFW_SYSLOG_NONE, XFW_SEVERITY_ALERT, "line");
	xfw_syslog(XFW_SYSLOG_UNKNOWN, XFW_SEVERITY_ALERT, "line");
	ck_assert_uint_eq(sent, 0);
}
END_TEST

static void
setup(void) {
	sent = 0;
	opened = 0;
	sent_priority = -1;
}

int
main(void) {
	Suite *suite = suite_create("syslog");
	TCase *tc = tcase_create("syslog");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, facilities_are_those_of_named);
	tcase_add_test(tc, facility_and_severity_are_the_true_ones);
	tcase_add_test(tc, a_line_is_no_format);
	tcase_add_test(tc, none_is_silent);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
