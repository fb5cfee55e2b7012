/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tests of the zone keys.  One thread.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xfrwatch/key.h>

static const struct {
	const char *text, *name, *class_, *view; /* name NULL: no key */
} splits[] = {
	{ "example.com/IN", "example.com", "IN", "_default" },
	{ "example.com/IN/internal", "example.com", "IN", "internal" },
	{ "./IN", ".", "IN", "_default" },
	{ "version.bind/CH", "version.bind", "CH", "_default" },
	{ "a/HS/b", "a", "HS", "b" },
	{ "a/CLASS65280/b", "a", "CLASS65280", "b" },
	/* RFC 2317 */
	{ "0/25.2.0.192.in-addr.arpa/IN", "0/25.2.0.192.in-addr.arpa", "IN",
	  "_default" },
	{ "0/25.2.0.192.in-addr.arpa/IN/v", "0/25.2.0.192.in-addr.arpa", "IN",
	  "v" },
	/* Views may be named anything. */
	{ "example.com/IN/two words", "example.com", "IN", "two words" },
	{ "example.com/IN/a/b", "example.com", "IN", "a/b" },
	{ "example.com/IN/IN", "example.com", "IN", "IN" },
	{ "example.com/IN/CH", "example.com", "IN", "CH" },
	/* What looks like a class and is none. */
	{ "a/in/IN", "a/in", "IN", "_default" },
	{ "a/INN/IN", "a/INN", "IN", "_default" },
	{ "a/CLASS/IN", "a/CLASS", "IN", "_default" },
	{ "a/CLASS1x/IN", "a/CLASS1x", "IN", "_default" },
	{ "a/CLASS123456/IN", "a/CLASS123456", "IN", "_default" },
	{ "example.com", NULL, NULL, NULL },
	{ "example.com/", NULL, NULL, NULL },
	{ "example.com/internal", NULL, NULL, NULL },
	{ "/IN", NULL, NULL, NULL },
	{ "IN", NULL, NULL, NULL },
	{ "", NULL, NULL, NULL },
};

/* A copy that ends where the memory ends, for the sanitizers. */
static char *
exact(const char *text, char **block) {
	size_t len = strlen(text);

	*block = malloc(len + 1);
	memcpy(*block + 1, text, len);
	return (*block + 1);
}

START_TEST(a_key_is_split_at_its_class) {
	char *block, *text = exact(splits[_i].text, &block);
	xfw_key_t key;
	bool is = xfw_key_split(text, strlen(splits[_i].text), &key);

	ck_assert_msg(is == (splits[_i].name != NULL), "%s", splits[_i].text);
	if (is) {
		ck_assert_uint_eq(key.name_len, strlen(splits[_i].name));
		ck_assert_mem_eq(key.name, splits[_i].name, key.name_len);
		ck_assert_uint_eq(key.class_len, strlen(splits[_i].class_));
		ck_assert_mem_eq(key.class_, splits[_i].class_, key.class_len);
		ck_assert_uint_eq(key.view_len, strlen(splits[_i].view));
		ck_assert_mem_eq(key.view, splits[_i].view, key.view_len);
	}
	free(block);
}
END_TEST

START_TEST(a_view_without_a_name_is_the_default) {
	xfw_key_t key;

	ck_assert(xfw_key_split("a/IN/", 5, &key));
	ck_assert_uint_eq(key.view_len, strlen(XFW_VIEW_DEFAULT));
	ck_assert_mem_eq(key.view, XFW_VIEW_DEFAULT, key.view_len);
}
END_TEST

START_TEST(a_key_that_is_split_is_joined_to_the_same) {
	char buf[64];

	if (splits[_i].name == NULL) {
		return;
	}
	ck_assert_uint_eq(xfw_key_join(buf, sizeof(buf), splits[_i].name,
				       splits[_i].class_, splits[_i].view),
			  strlen(splits[_i].text));
	ck_assert_str_eq(buf, splits[_i].text);
}
END_TEST

START_TEST(a_key_that_does_not_fit_is_not_written) {
	char buf[] = "0123456789";

	ck_assert_uint_eq(xfw_key_join(buf, 7, "ab", "IN", "v"), 0);
	ck_assert_str_eq(buf, "0123456789");
	ck_assert_uint_eq(xfw_key_join(buf, 8, "ab", "IN", "v"), 7);
	ck_assert_str_eq(buf, "ab/IN/v");
	ck_assert_uint_eq(xfw_key_join(buf, 6, "ab", "IN", "_default"), 5);
	ck_assert_str_eq(buf, "ab/IN");
	ck_assert_uint_eq(xfw_key_join(buf, 0, "ab", "IN", NULL), 0);
}
END_TEST

static char
ascii_lower(char c) {
	return ((c >= 'A' && c <= 'Z') ? (char)(c - 'A' + 'a') : c);
}

/* RFC 4343: only the letters A to Z have a case; at every place of a word. */
START_TEST(case_is_ignored_for_ascii_letters_only) {
	for (size_t len = 1; len <= 17; len++) {
		char *a = malloc(len), *b = malloc(len);
		memset(a, 'q', len);
		memset(b, 'q', len);
		for (size_t at = 0; at < len; at++) {
			for (int c = 0; c < 256; c++) {
				for (int d = 0; d < 256; d++) {
					bool same = ascii_lower((char)c) ==
						    ascii_lower((char)d);
					if (!same && d != (c ^ 0x20) &&
					    d != (c ^ 0x80))
					{
						continue;
					}
					a[at] = (char)c;
					b[at] = (char)d;
					ck_assert(xfw_key_equal(a, len, b,
								len) == same);
					ck_assert((xfw_key_hash(a, len) ==
						   xfw_key_hash(b, len)) ==
						  same);
				}
			}
			a[at] = b[at] = 'q';
		}
		free(a);
		free(b);
	}
}
END_TEST

START_TEST(length_counts) {
	ck_assert(!xfw_key_equal("ab", 2, "ab\0", 3));
	ck_assert_uint_ne(xfw_key_hash("ab", 2), xfw_key_hash("ab\0", 3));
	ck_assert(xfw_key_equal("", 0, "", 0));
}
END_TEST

static int
by_value(const void *a, const void *b) {
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return ((x > y) - (x < y));
}

/*
 * Names as they come: numbered. No two of 200,000 may share a hash, and the low
 * bits, which choose the slot of a table, must be spread evenly.
 */
START_TEST(numbered_zones_are_spread) {
	enum { N = 200000, SLOTS = 1024 };
	uint64_t *hashes = malloc(N * sizeof(*hashes));
	static unsigned int low[SLOTS], high[SLOTS];
	unsigned int worst = 0;
	char text[64];

	for (size_t i = 0; i < N; i++) {
		int len = snprintf(text, sizeof(text), "zone%zu.example/IN", i);
		hashes[i] = xfw_key_hash(text, (size_t)len);
		low[hashes[i] % SLOTS]++;
		high[hashes[i] >> 54]++;
	}
	for (size_t i = 0; i < SLOTS; i++) {
		worst = low[i] > worst ? low[i] : worst;
		worst = high[i] > worst ? high[i] : worst;
	}
	ck_assert_uint_lt(worst, 2 * N / SLOTS);
	qsort(hashes, N, sizeof(*hashes), by_value);
	for (size_t i = 1; i < N; i++) {
		ck_assert_uint_ne(hashes[i - 1], hashes[i]);
	}
	free(hashes);
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("key");
	TCase *tc = tcase_create("key");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, a_key_is_split_at_its_class, 0,
			    (int)(sizeof(splits) / sizeof(splits[0])));
	tcase_add_loop_test(tc, a_key_that_is_split_is_joined_to_the_same, 0,
			    (int)(sizeof(splits) / sizeof(splits[0])));
	tcase_add_test(tc, a_view_without_a_name_is_the_default);
	tcase_add_test(tc, a_key_that_does_not_fit_is_not_written);
	tcase_add_test(tc, case_is_ignored_for_ascii_letters_only);
	tcase_add_test(tc, length_counts);
	tcase_add_test(tc, numbered_zones_are_spread);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
