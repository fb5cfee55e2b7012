/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tests of the pool: pieces of their own, memory that is used again and given back,
 * lack of it. One thread.
 */
#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../plugin/core/pool.h"

static xfw_pool_t pool;

static void
setup(void) {
	memset(&pool, 0, sizeof(pool));
}

static const size_t sizes[] = { 1, 8, 56, 170, 192, 505, 512, 513, 1200 };

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))
#define EACH  1000

static unsigned char *pieces[SIZES][EACH];

static bool
all_are(const unsigned char *piece, size_t size, int value) {
	size_t n = 0;

	while (n < size && piece[n] == value) {
		n++;
	}
	return (n == size);
}

static void
get_all(void) {
	for (size_t i = 0; i < EACH; i++) {
		for (size_t s = 0; s < SIZES; s++) {
			unsigned char *piece = xfw_pool_get(&pool, realloc, sizes[s]);

			ck_assert_ptr_nonnull(piece);
			ck_assert_uint_eq((uintptr_t)piece % 8, 0);
			ck_assert(all_are(piece, sizes[s], 0));
			memset(piece, (int)(1 + (i + s) % 255), sizes[s]);
			pieces[s][i] = piece;
		}
	}
}

static void
check_and_put(size_t s, size_t i) {
	ck_assert(all_are(pieces[s][i], sizes[s], (int)(1 + (i + s) % 255)));
	xfw_pool_put(&pool, pieces[s][i], sizes[s]);
	pieces[s][i] = NULL;
}

START_TEST(pieces_do_not_touch_each_other) {
	get_all();
	for (size_t s = 0; s < SIZES; s++) {
		for (size_t i = 0; i < EACH; i++) {
			check_and_put(s, (i * 7) % EACH); /* 7 has no divisor in common */
		}
	}
	ck_assert_uint_eq(pool.count, 0); /* all of it was given back */
	xfw_pool_end(&pool);
}
END_TEST

START_TEST(what_was_put_back_is_used_again) {
	size_t count = 0;

	get_all();
	count = pool.count;
	for (unsigned round = 0; round < 3; round++) {
		for (size_t s = 0; s < SIZES; s++) {
			for (size_t i = round; i < EACH; i += 3) {
				check_and_put(s, i);
			}
		}
		for (size_t s = 0; s < SIZES; s++) {
			for (size_t i = round; i < EACH; i += 3) {
				pieces[s][i] = xfw_pool_get(&pool, realloc, sizes[s]);
				memset(pieces[s][i], (int)(1 + (i + s) % 255), sizes[s]);
			}
		}
		ck_assert_uint_eq(pool.count, count);
	}
	for (size_t s = 0; s < SIZES; s++) {
		for (size_t i = 0; i < EACH; i++) {
			check_and_put(s, i);
		}
	}
	xfw_pool_end(&pool);
}
END_TEST

/* Of a million pieces of 192 bytes less than one byte each. */
START_TEST(little_is_lost) {
	for (size_t i = 0; i < EACH; i++) {
		pieces[0][i] = xfw_pool_get(&pool, realloc, 192);
	}
	ck_assert_uint_le(pool.count * XFW_POOL_CHUNK, 193 * EACH + XFW_POOL_CHUNK);
	for (size_t i = 0; i < EACH; i++) {
		xfw_pool_put(&pool, pieces[0][i], 192);
	}
	xfw_pool_end(&pool);
}
END_TEST

static int left;

static void *
failing(void *ptr, size_t size) {
	return (left-- > 0 ? realloc(ptr, size) : NULL);
}

START_TEST(lack_of_memory_is_told) {
	for (int n = 0; n < 4; n++) {
		void *small, *large;

		left = n;
		small = xfw_pool_get(&pool, failing, 56); /* a list of chunks, a chunk */
		large = xfw_pool_get(&pool, failing, XFW_POOL_MAX + 1);
		ck_assert((small != NULL) == (n >= 2));
		ck_assert((large != NULL) == (n == 3));
		if (small != NULL) {
			xfw_pool_put(&pool, small, 56);
		}
		if (large != NULL) {
			xfw_pool_put(&pool, large, XFW_POOL_MAX + 1);
		}
		xfw_pool_end(&pool);
	}
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("pool");
	TCase *tc = tcase_create("pool");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, pieces_do_not_touch_each_other);
	tcase_add_test(tc, what_was_put_back_is_used_again);
	tcase_add_test(tc, little_is_lost);
	tcase_add_test(tc, lack_of_memory_is_told);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
