/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Drives a fuzz target where libFuzzer is not at hand: takes the inputs of its
 * corpus, cuts, swaps and splices them, for a number of seconds.  With --seeds
 * it writes them as inputs for libFuzzer instead.  One thread.
 *
 *	fuzz_driver SECONDS SEED FILE...
 *	fuzz_driver --seeds DIRECTORY FILE...
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fuzz.h"

#define LINES_MAX 100000

typedef struct input {
	uint8_t *data;
	size_t size;
} input_t;

static input_t lines[LINES_MAX];
static size_t count;
static uint64_t state;

/* xorshift64*: the same run for the same seed. */
static uint32_t
below(uint32_t limit) {
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return ((uint32_t)((state * UINT64_C(2685821657736338717)) >> 32) % limit);
}

static void
add_line(const char *line) {
	uint8_t buf[FUZZ_INPUT_MAX];
	size_t size = count == LINES_MAX ? 0 : fuzz_input(line, buf);

	if (size == 0) {
		return;
	}
	lines[count].data = malloc(size);
	if (lines[count].data == NULL) {
		abort();
	}
	memcpy(lines[count].data, buf, size);
	lines[count++].size = size;
}

static void
read_lines(const char *path) {
	FILE *file = fopen(path, "r");
	char line[FUZZ_INPUT_MAX * 2];

	if (file == NULL) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		add_line(line);
	}
	fclose(file);
}

/* One change at a random place; returns the new size. */
static size_t
mutate(uint8_t *buf, size_t size) {
	size_t at = below((uint32_t)size), len, from;
	const input_t *other = &lines[below((uint32_t)count)];

	switch (below(8)) {
	case 0:
		buf[at] = (uint8_t)below(256);
		return (size);
	case 1:
		buf[at] = (uint8_t)fuzz_hot[below((uint32_t)fuzz_hot_len)];
		return (size);
	case 2: /* cut the end off */
		return (at < 2 ? 2 : at);
	case 3: /* take some out */
		len = below((uint32_t)(size - at)) + 1;
		memmove(buf + at, buf + at + len, size - at - len);
		return (size - len < 2 ? 2 : size - len);
	case 4: /* the end of another line */
		from = below((uint32_t)other->size);
		len = other->size - from;
		break;
	case 5: /* a piece of another line */
		from = below((uint32_t)other->size);
		len = below((uint32_t)(other->size - from)) + 1;
		break;
	case 6: /* the same again, longer and longer */
		len = below(400) + 1;
		if (at + len > FUZZ_INPUT_MAX) {
			len = FUZZ_INPUT_MAX - at;
		}
		memset(buf + at, buf[at], len);
		return (at + len > size ? at + len : size);
	default:
		buf[at] ^= (uint8_t)(1U << below(8));
		return (size);
	}
	if (at + len > FUZZ_INPUT_MAX) {
		len = FUZZ_INPUT_MAX - at;
	}
	memcpy(buf + at, other->data + from, len);
	return (at + len > size ? at + len : size);
}

static double
now_s(void) {
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

static void
run(double seconds) {
	static uint8_t buf[FUZZ_INPUT_MAX];
	double end = now_s() + seconds;
	unsigned long runs = 0;

	for (size_t i = 0; i < count; i++) {
		LLVMFuzzerTestOneInput(lines[i].data, lines[i].size);
	}
	do {
		for (int i = 0; i < 1000; i++, runs++) {
			const input_t *line = &lines[below((uint32_t)count)];
			size_t size = line->size;

			memcpy(buf, line->data, size);
			for (uint32_t n = below(6) + 1; n > 0; n--) {
				size = mutate(buf, size);
			}
			LLVMFuzzerTestOneInput(buf, size);
		}
	} while (now_s() < end);
	printf("fuzz_driver: %lu inputs out of %zu lines, no fault\n", runs,
	       count);
}

static void
write_seeds(const char *directory) {
	for (size_t i = 0; i < count; i++) {
		char name[4096];
		FILE *file;

		snprintf(name, sizeof(name), "%s/line%zu", directory, i);
		file = fopen(name, "w");
		if (file == NULL ||
		    fwrite(lines[i].data, 1, lines[i].size, file) !=
			    lines[i].size ||
		    fclose(file) != 0)
		{
			perror(name);
			exit(EXIT_FAILURE);
		}
	}
}

int
main(int argc, char **argv) {
	bool seeds = (argc > 1 && strcmp(argv[1], "--seeds") == 0);

	for (int i = 3; i < argc; i++) {
		read_lines(argv[i]);
	}
	if (count == 0) {
		fprintf(stderr, "usage: fuzz_driver SECONDS SEED FILE...\n"
				"       fuzz_driver --seeds DIRECTORY FILE...\n");
		return (EXIT_FAILURE);
	}
	if (seeds) {
		write_seeds(argv[2]);
		return (EXIT_SUCCESS);
	}
	state = strtoull(argv[2], NULL, 0) * 2 + 1;
	run(atof(argv[1]));
	return (EXIT_SUCCESS);
}
