/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the monitor said, for tests that run one: host_log() is given to it and called on
 * its thread; the rest runs on the test's.
 */
#ifndef SAID_KIT_H
#define SAID_KIT_H

#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>

#include <xfrwatch/severity.h>

#define WAIT_MS 10000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char said[65536];

static void
host_log(void *arg, xfw_severity_t severity, const char *line) {
	(void)arg;
	(void)severity;
	(void)pthread_mutex_lock(&lock);
	strncat(said, line, sizeof(said) - strlen(said) - 2);
	strcat(said, "\n");
	(void)pthread_mutex_unlock(&lock);
}

static unsigned
times_heard(const char *text) {
	unsigned n = 0;

	(void)pthread_mutex_lock(&lock);
	for (const char *at = said; (at = strstr(at, text)) != NULL; at++) {
		n++;
	}
	(void)pthread_mutex_unlock(&lock);
	return (n);
}

#define WAIT_FOR(condition)                                              \
	do {                                                             \
		int ms_ = 0;                                             \
		for (; !(condition) && ms_ < WAIT_MS; ms_ += 10) {       \
			(void)poll(NULL, 0, 10);                         \
		}                                                        \
		ck_assert_msg(condition, "%s: not within %d ms; said: %s", \
			      #condition, WAIT_MS, said);                \
	} while (0)

#endif /* SAID_KIT_H */
