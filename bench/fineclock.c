/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Preloaded into a named whose log lines shall have the time at which they were
 * written: named takes it from a coarse clock, which goes in steps of 4 ms. Any thread.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <time.h>

typedef int gettime_t(clockid_t clock, struct timespec *now);

static gettime_t *next;

__attribute__((constructor)) static void
find_next(void) {
	*(void **)&next = dlsym(RTLD_NEXT, "clock_gettime");
}

int
clock_gettime(clockid_t clock, struct timespec *now) {
	if (next == NULL) { /* before us in the order of constructors */
		find_next();
	}
	return (next(clock == CLOCK_REALTIME_COARSE ? CLOCK_REALTIME : clock, now));
}
