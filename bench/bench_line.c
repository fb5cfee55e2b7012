/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a log line costs in the core, without BIND: classified, and classified, stamped
 * and put into the ring as the tap does it. One thread, no reader.
 *
 *	bench_line LINES ROUNDS BATCH
 *
 * LINES: a file of lines (bench_kit.h). Prints, with tabs between,
 *
 *	line  LABEL KIND BYTES EVENT-BYTES
 *	ns    LABEL classify|put ROUND NANOSECONDS	a line, of the thread's own time
 *	alloc LABEL CALLS				for memory, in all of its lines
 *
 * and under callgrind leaves a dump "LABEL/classify" and "LABEL/put" of BATCH lines.
 */
#include <xfrwatch/classify.h>
#include <xfrwatch/intake.h>

#include "bench_kit.h"

enum { CLASSIFY, PUT, WAYS };
static const char *const ways[WAYS] = { "classify", "put" };

static xfw_intake_t *intake;
static xfw_event_t last;

/* As the tap's record() has it. */
static __attribute__((noinline)) void
put(const kit_line_t *line) {
	xfw_event_t ev;
	struct timespec now;

	if (xfw_classify(line->category, line->category_len, line->level, line->text,
			 line->len, &ev) == XFW_KIND_IRRELEVANT)
	{
		return;
	}
	(void)clock_gettime(CLOCK_REALTIME, &now);
	ev.time_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	xfw_intake_put(intake, &ev);
}

static __attribute__((noinline)) void
batch(const kit_line_t *line, int way, unsigned count) {
	for (unsigned n = 0; n < count; n++) {
		if (way == PUT) {
			put(line);
		} else {
			(void)xfw_classify(line->category, line->category_len,
					   line->level, line->text, line->len, &last);
		}
	}
}

static void
measure(const kit_line_t *line, unsigned rounds, unsigned count) {
	char name[128];
	uint64_t allocations;

	for (int way = 0; way < WAYS; way++) {
		batch(line, way, count); /* nothing is new to the caches */
	}
	allocations = kit_allocations();
	for (unsigned r = 0; r < rounds; r++) {
		for (int way = 0; way < WAYS; way++) {
			uint64_t start = kit_cpu_ns();

			batch(line, way, count);
			printf("ns\t%s\t%s\t%u\t%.2f\n", line->label, ways[way], r,
			       (double)(kit_cpu_ns() - start) / count);
		}
	}
	allocations = kit_allocations() - allocations;
	for (int way = 0; way < WAYS; way++) {
		(void)snprintf(name, sizeof(name), "%s/%s", line->label, ways[way]);
		KIT_COUNT_BEGIN();
		batch(line, way, count);
		KIT_COUNT_END(name);
	}
	batch(line, CLASSIFY, 1);
	printf("line\t%s\t%s\t%zu\t%zu\n", line->label,
	       xfw_kind_name((xfw_kind_t)last.kind), line->len,
	       last.kind == XFW_KIND_IRRELEVANT ? 0 : xfw_event_bytes(&last));
	printf("alloc\t%s\t%llu\n", line->label, (unsigned long long)allocations);
}

int
main(int argc, char **argv) {
	static kit_line_t lines[KIT_LINES_MAX];
	static char out[1 << 16];
	unsigned rounds, count;

	if (argc != 4) {
		fprintf(stderr, "usage: bench_line LINES ROUNDS BATCH\n");
		return (EXIT_FAILURE);
	}
	/* Or stdio asks for its buffer within a measurement. */
	(void)setvbuf(stdout, out, _IOFBF, sizeof(out));
	rounds = kit_number(argv[2], 1, 1000);
	count = kit_number(argv[3], 1, 1000000);
	intake = xfw_intake_create(XFW_RING_SIZE_DEFAULT);
	if (intake == NULL) {
		perror("xfw_intake_create");
		return (EXIT_FAILURE);
	}
	if (kit_allocations() == 0) {
		fprintf(stderr, "bench_line: calls for memory are not counted\n");
		return (EXIT_FAILURE);
	}
	for (size_t i = 0, n = kit_read_lines(argv[1], lines); i < n; i++) {
		measure(&lines[i], rounds, count);
	}
	xfw_intake_destroy(intake);
	return (EXIT_SUCCESS);
}
