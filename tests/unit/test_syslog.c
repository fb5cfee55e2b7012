/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Lines to the syslog daemon: facilities by name, what arrives at its socket, and
 * that a daemon which does not read, goes away or comes back never makes the caller
 * wait. With a real daemon the same is tested with named.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <xfrwatch/report.h>

#define WAIT_S 5

static char dir[64];
static char path[96];

/* A daemon's socket. */
static int
listen_here(void) {
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval wait = { .tv_sec = WAIT_S };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait,
				    sizeof(wait)),
			 0);
	return (fd);
}

static void
setup(void) {
	(void)snprintf(dir, sizeof(dir), "%s/xfw-syslog-XXXXXX",
		       getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/log", dir);
	xfw_syslog_path(path);
}

static void
teardown(void) {
	xfw_syslog_close();
	(void)unlink(path);
	(void)rmdir(dir);
}

static void
receive(int fd, char *buf, size_t size) {
	ssize_t len = recv(fd, buf, size - 1, 0);

	ck_assert_int_gt(len, 0);
	buf[len] = '\0';
}

START_TEST(facilities_are_those_of_named) {
	const char *const *names = xfw_syslog_facilities();
	size_t count = 0;

	for (; names[count] != NULL; count++) {
		ck_assert_int_ge(xfw_syslog_facility(names[count]), 0);
	}
	ck_assert_uint_eq(count, 20);
	ck_assert_int_eq(xfw_syslog_facility("daemon"), LOG_DAEMON);
	ck_assert_int_eq(xfw_syslog_facility("LOCAL0"), LOG_LOCAL0);
	ck_assert_int_eq(xfw_syslog_facility("local7"), LOG_LOCAL7);
	ck_assert_int_eq(xfw_syslog_facility("authpriv"), LOG_AUTHPRIV);
	ck_assert_int_eq(xfw_syslog_facility("none"), XFW_SYSLOG_NONE);
	ck_assert_int_eq(xfw_syslog_facility("local8"), XFW_SYSLOG_UNKNOWN);
	ck_assert_int_eq(xfw_syslog_facility(""), XFW_SYSLOG_UNKNOWN);
}
END_TEST

START_TEST(line_arrives_with_facility_and_severity) {
	static const struct {
		int facility;
		xfw_severity_t severity;
		int priority;
	} cases[] = {
		{ LOG_DAEMON, XFW_SEVERITY_NOTICE, LOG_DAEMON | LOG_NOTICE },
		{ LOG_LOCAL3, XFW_SEVERITY_CRIT, LOG_LOCAL3 | LOG_CRIT },
		{ LOG_USER, XFW_SEVERITY_ALERT, LOG_USER | LOG_ALERT },
		{ LOG_LOCAL0, XFW_SEVERITY_ERR, LOG_LOCAL0 | LOG_ERR },
		{ LOG_MAIL, XFW_SEVERITY_WARNING, LOG_MAIL | LOG_WARNING },
		/* No process but the kernel uses its facility. */
		{ LOG_KERN, XFW_SEVERITY_INFO, LOG_DAEMON | LOG_INFO },
	};
	int fd = listen_here();
	char got[512], want[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		xfw_syslog(cases[i].facility, cases[i].severity,
			   "xfrwatch: a %s line %d\\010");
		receive(fd, got, sizeof(got));
		(void)snprintf(want, sizeof(want), "<%d>", cases[i].priority);
		ck_assert_int_eq(strncmp(got, want, strlen(want)), 0);
		(void)snprintf(want, sizeof(want), " %s[%ld]: ",
			       program_invocation_short_name, (long)getpid());
		char *tag = strstr(got, want);

		ck_assert_ptr_nonnull(tag);
		ck_assert_str_eq(tag + strlen(want),
				 "xfrwatch: a %s line %d\\010");
	}
	xfw_syslog(XFW_SYSLOG_NONE, XFW_SEVERITY_ALERT, "nothing");
	ck_assert_int_lt(recv(fd, got, sizeof(got), MSG_DONTWAIT), 0);
	(void)close(fd);
}
END_TEST

START_TEST(daemon_that_does_not_read) {
	int fd = listen_here();
	struct timespec begin, end;
	unsigned sent = 0, waiting;
	char got[512], want[32];

	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		char line[32];

		(void)snprintf(line, sizeof(line), "line %u;", sent++);
		xfw_syslog(LOG_DAEMON, XFW_SEVERITY_ERR, line);
		waiting = xfw_syslog_flush();
	} while (waiting < 20 && sent < 100000);
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	ck_assert_uint_eq(waiting, 20);
	ck_assert_int_lt(end.tv_sec - begin.tv_sec, WAIT_S);
	/* It reads again: nothing is missing, and all is in order. */
	for (unsigned i = 0; i < sent; i++) {
		receive(fd, got, sizeof(got));
		(void)snprintf(want, sizeof(want), ": line %u;", i);
		ck_assert_ptr_nonnull(strstr(got, want));
		(void)xfw_syslog_flush();
	}
	ck_assert_uint_eq(xfw_syslog_flush(), 0);
	(void)close(fd);
}
END_TEST

START_TEST(no_more_is_kept_than_fits) {
	int fd;
	char got[512], want[32];

	for (unsigned i = 0; i < XFW_SYSLOG_KEEP + 10; i++) {
		char line[32];

		(void)snprintf(line, sizeof(line), "line %u;", i);
		xfw_syslog(LOG_DAEMON, XFW_SEVERITY_ERR, line);
	}
	ck_assert_uint_eq(xfw_syslog_flush(), XFW_SYSLOG_KEEP);
	/* The daemon starts: the newest are there, oldest first. */
	fd = listen_here();
	for (unsigned i = 10; i < XFW_SYSLOG_KEEP + 10; i++) {
		(void)xfw_syslog_flush();
		receive(fd, got, sizeof(got));
		(void)snprintf(want, sizeof(want), ": line %u;", i);
		ck_assert_ptr_nonnull(strstr(got, want));
	}
	ck_assert_uint_eq(xfw_syslog_flush(), 0);
	(void)close(fd);
}
END_TEST

START_TEST(daemon_that_is_restarted) {
	int fd = listen_here();
	char got[512];

	xfw_syslog(LOG_DAEMON, XFW_SEVERITY_ERR, "before");
	receive(fd, got, sizeof(got));
	(void)close(fd);
	(void)unlink(path);
	xfw_syslog(LOG_DAEMON, XFW_SEVERITY_ERR, "meanwhile");
	ck_assert_uint_eq(xfw_syslog_flush(), 1);
	fd = listen_here();
	xfw_syslog(LOG_DAEMON, XFW_SEVERITY_ERR, "afterwards");
	receive(fd, got, sizeof(got));
	ck_assert_ptr_nonnull(strstr(got, ": meanwhile"));
	receive(fd, got, sizeof(got));
	ck_assert_ptr_nonnull(strstr(got, ": afterwards"));
	(void)close(fd);
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("syslog");
	TCase *tcase = tcase_create("syslog");
	SRunner *runner = srunner_create(suite);

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, facilities_are_those_of_named);
	tcase_add_test(tcase, line_arrives_with_facility_and_severity);
	tcase_add_test(tcase, daemon_that_does_not_read);
	tcase_add_test(tcase, no_more_is_kept_than_fits);
	tcase_add_test(tcase, daemon_that_is_restarted);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);

	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
