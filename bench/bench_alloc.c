/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Counts what a thread asks of the allocators: this program's malloc family and mmap
 * stand before those of all libraries (BIND's own memory comes from jemalloc's mallocx
 * in Debian's build, which is counted and passed on). Any thread; a count of its own
 * for each.
 */
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench_kit.h"

/* glibc's own, by the names that it keeps for this. */
extern void *
__libc_malloc(size_t size);
extern void *
__libc_calloc(size_t count, size_t size);
extern void *
__libc_realloc(void *old, size_t size);
extern void *
__libc_memalign(size_t alignment, size_t size);
extern void
__libc_free(void *old);

/* Everything else in the program is hidden; these must stand before the libraries'. */
#pragma GCC visibility push(default)

void *
mallocx(size_t size, int flags);
void *
rallocx(void *old, size_t size, int flags);

static _Thread_local uint64_t calls;

uint64_t
kit_allocations(void) {
	return (calls);
}

void *
malloc(size_t size) {
	calls++;
	return (__libc_malloc(size));
}

void *
calloc(size_t count, size_t size) {
	calls++;
	return (__libc_calloc(count, size));
}

void *
realloc(void *old, size_t size) {
	calls++;
	return (__libc_realloc(old, size));
}

void *
memalign(size_t alignment, size_t size) {
	calls++;
	return (__libc_memalign(alignment, size));
}

void *
aligned_alloc(size_t alignment, size_t size) {
	return (memalign(alignment, size));
}

int
posix_memalign(void **out, size_t alignment, size_t size) {
	*out = memalign(alignment, size);
	return (*out != NULL ? 0 : ENOMEM);
}

void
free(void *old) {
	__libc_free(old);
}

void *
mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset) {
	calls++;
	return ((void *)syscall(SYS_mmap, at, size, protection, flags, fd, offset));
}

void *
mallocx(size_t size, int flags) {
	static void *(*next)(size_t, int);

	calls++;
	if (next == NULL) {
		next = (void *(*)(size_t, int))dlsym(RTLD_NEXT, "mallocx");
	}
	return (next(size, flags));
}

void *
rallocx(void *old, size_t size, int flags) {
	static void *(*next)(void *, size_t, int);

	calls++;
	if (next == NULL) {
		next = (void *(*)(void *, size_t, int))dlsym(RTLD_NEXT, "rallocx");
	}
	return (next(old, size, flags));
}

#pragma GCC visibility pop
