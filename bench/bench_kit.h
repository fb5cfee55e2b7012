/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the bench's programs for the event path share: log lines from a file, clocks,
 * marks for callgrind. Any thread.
 */
#ifndef XFW_BENCH_KIT_H
#define XFW_BENCH_KIT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef HAVE_VALGRIND_CALLGRIND_H
#include <valgrind/callgrind.h>
#define KIT_COUNT_BEGIN()                       \
	do {                                    \
		CALLGRIND_START_INSTRUMENTATION; \
		CALLGRIND_ZERO_STATS;           \
	} while (0)
/* What was executed since then goes to a file of callgrind's, under that name. */
#define KIT_COUNT_END(name)                     \
	do {                                    \
		CALLGRIND_DUMP_STATS_AT(name);  \
		CALLGRIND_STOP_INSTRUMENTATION; \
	} while (0)
#else
#define KIT_COUNT_BEGIN()   (void)0
#define KIT_COUNT_END(name) (void)(name)
#endif

#define KIT_LINES_MAX 64

typedef struct kit_line {
	char *label; /* of the bench's */
	char *category;
	char *text;
	size_t category_len;
	size_t len;
	int level; /* BIND's */
} kit_line_t;

/*--- bench_alloc.c ------------------------------------------------------------*/

/* Calls for memory (malloc and the like, mmap, jemalloc's) that this thread has made. */
uint64_t
kit_allocations(void);

/*------------------------------------------------------------------------------*/

static inline uint64_t
kit_clock_ns(clockid_t clock) {
	struct timespec ts;

	(void)clock_gettime(clock, &ts);
	return ((uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec);
}

/* Of this thread alone: what others do on the machine does not count. */
static inline uint64_t
kit_cpu_ns(void) {
	return (kit_clock_ns(CLOCK_THREAD_CPUTIME_ID));
}

/* "label<TAB>category<TAB>level<TAB>text", one a line; ends the program if it is not. */
static inline size_t
kit_read_lines(const char *path, kit_line_t lines[KIT_LINES_MAX]) {
	FILE *in = fopen(path, "r");
	static char buffer[KIT_LINES_MAX][1024];
	size_t count = 0;

	if (in == NULL) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	while (count < KIT_LINES_MAX &&
	       fgets(buffer[count], sizeof(buffer[count]), in) != NULL)
	{
		kit_line_t *line = &lines[count];
		char *rest = buffer[count];
		char *level;

		rest[strcspn(rest, "\n")] = '\0';
		line->label = strsep(&rest, "\t");
		line->category = strsep(&rest, "\t");
		level = strsep(&rest, "\t");
		if (rest == NULL) {
			fprintf(stderr, "%s:%zu: not four columns\n", path, count + 1);
			exit(EXIT_FAILURE);
		}
		line->level = atoi(level);
		line->text = rest;
		line->category_len = strlen(line->category);
		line->len = strlen(line->text);
		count++;
	}
	(void)fclose(in);
	return (count);
}

/* A number from the command line. */
static inline unsigned
kit_number(const char *text, unsigned min, unsigned max) {
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end != '\0' || value < min || value > max) {
		fprintf(stderr, "%s: must be %u to %u\n", text, min, max);
		exit(EXIT_FAILURE);
	}
	return ((unsigned)value);
}

#endif /* XFW_BENCH_KIT_H */
