/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Preloaded into a named whose clock shall be wrong: realtime clocks are off by
 * XFRTEST_CLOCK_OFFSET_S seconds, monotonic ones are right. (libfaketime and
 * named's allocator wait for each other at the start.)
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long
offset_s(void) {
	const char *text = getenv("XFRTEST_CLOCK_OFFSET_S");

	return text != NULL ? atol(text) : 0;
}

int
clock_gettime(clockid_t clock, struct timespec *now) {
	int result = (int)syscall(SYS_clock_gettime, clock, now);

	if (result == 0 &&
	    (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
	{
		now->tv_sec += offset_s();
	}
	return result;
}

int
gettimeofday(struct timeval *restrict now, void *restrict zone) {
	struct timespec ts;

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	now->tv_sec = ts.tv_sec;
	now->tv_usec = ts.tv_nsec / 1000;
	return 0;
}

time_t
time(time_t *result) {
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	if (result != NULL) {
		*result = ts.tv_sec;
	}
	return ts.tv_sec;
}
