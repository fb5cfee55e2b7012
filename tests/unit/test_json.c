/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The JSON writer: whatever it is given, what comes out is valid, and says the same.
 * One thread, no daemon.
 */
#include <check.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../plugin/report/channel/json.h"

static xfw_text_t text;
static xfw_json_t json;

static void
setup(void) {
	text = (xfw_text_t){ 0 };
	json = (xfw_json_t){ .text = &text };
}

static void
teardown(void) {
	xfw_text_free(&text);
}

START_TEST(objects_and_arrays_nest) {
	xfw_json_object(&json, NULL);
	xfw_json_uint(&json, "a", 1);
	xfw_json_array(&json, "b");
	xfw_json_uint(&json, NULL, UINT64_MAX);
	xfw_json_object(&json, NULL);
	xfw_json_end(&json);
	xfw_json_array(&json, NULL);
	xfw_json_end(&json);
	xfw_json_item(&json);
	xfw_json_true(&json, "c");
	xfw_json_string(&json, "d", "e");
	xfw_json_end(&json);
	xfw_json_end(&json);
	xfw_json_object(&json, "f");
	xfw_json_end(&json);
	xfw_json_end(&json);
	ck_assert_str_eq(text.data, "{\"a\": 1, \"b\": [18446744073709551615,{},[],\n"
				    "{\"c\": true, \"d\": \"e\"}], \"f\": {}}");
}
END_TEST

START_TEST(what_is_not_known_is_absent) {
	xfw_json_object(&json, NULL);
	xfw_json_string(&json, "a", NULL);
	xfw_json_string(&json, "b", "");
	xfw_json_string(&json, "c", "-");
	xfw_json_time(&json, "d", 0);
	xfw_json_uint(&json, "e", 0);
	xfw_json_end(&json);
	ck_assert_str_eq(text.data, "{\"e\": 0}");
}
END_TEST

START_TEST(numbers_have_their_sign) {
	xfw_json_array(&json, NULL);
	xfw_json_int(&json, NULL, INT64_MIN);
	xfw_json_int(&json, NULL, -1);
	xfw_json_int(&json, NULL, 0);
	xfw_json_int(&json, NULL, INT64_MAX);
	xfw_json_end(&json);
	ck_assert_str_eq(text.data,
			 "[-9223372036854775808,-1,0,9223372036854775807]");
}
END_TEST

START_TEST(times_are_utc_with_milliseconds) {
	static const struct {
		int64_t ms;
		const char *text;
	} times[] = {
		{ INT64_C(1795219605007), "[\"2026-11-21T00:06:45.007Z\"]" },
		{ INT64_C(951782400000), "[\"2000-02-29T00:00:00.000Z\"]" },
		{ INT64_C(4102444799999), "[\"2099-12-31T23:59:59.999Z\"]" },
		{ 1, "[\"1970-01-01T00:00:00.001Z\"]" },
		{ -1, "[\"1969-12-31T23:59:59.999Z\"]" },
		{ INT64_MAX, NULL },
	};

	setenv("TZ", "Pacific/Auckland", 1);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		xfw_text_reset(&text);
		xfw_json_array(&json, NULL);
		xfw_json_time(&json, NULL, times[i].ms);
		xfw_json_end(&json);
		if (times[i].text != NULL) {
			ck_assert_str_eq(text.data, times[i].text);
		}
	}
	unsetenv("TZ");
}
END_TEST

START_TEST(each_byte_comes_out_as_bind_writes_it) {
	for (unsigned c = 1; c < 256; c++) {
		char value[4] = { 'a', (char)c, 'b', '\0' }, want[16];
		json_object *list = NULL;

		xfw_text_reset(&text);
		xfw_json_array(&json, NULL);
		xfw_json_bytes(&json, NULL, value, 3);
		xfw_json_end(&json);
		list = json_tokener_parse(text.data);
		ck_assert_ptr_nonnull(list);
		if (c >= 0x20 && c < 0x7f) {
			snprintf(want, sizeof(want), "%s", value);
		} else {
			snprintf(want, sizeof(want), "a\\%03ub", c);
		}
		ck_assert_str_eq(json_object_get_string(
					 json_object_array_get_idx(list, 0)),
				 want);
		json_object_put(list);
	}
}
END_TEST

START_TEST(what_bind_escaped_stays) {
	static const char *const names[] = { "a\\.b", "\\010\\255", "a\\\"b", "\\\\",
					     "</script>" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		json_object *list = NULL;

		xfw_text_reset(&text);
		xfw_json_array(&json, NULL);
		xfw_json_string(&json, NULL, names[i]);
		xfw_json_end(&json);
		list = json_tokener_parse(text.data);
		ck_assert_str_eq(json_object_get_string(
					 json_object_array_get_idx(list, 0)),
				 names[i]);
		json_object_put(list);
	}
}
END_TEST

START_TEST(long_strings_are_cut) {
	char *value = malloc(70000);
	json_object *list = NULL;
	const char *got = NULL;

	memset(value, 0xff, 70000);
	xfw_json_array(&json, NULL);
	xfw_json_bytes(&json, NULL, value, 70000);
	xfw_json_bytes(&json, NULL, value, XFW_JSON_STRING_MAX);
	xfw_json_end(&json);
	free(value);
	list = json_tokener_parse(text.data);
	got = json_object_get_string(json_object_array_get_idx(list, 0));
	ck_assert_uint_eq(strlen(got), (size_t)XFW_JSON_STRING_MAX * 4 + 3);
	ck_assert_str_eq(got + XFW_JSON_STRING_MAX * 4, "...");
	got = json_object_get_string(json_object_array_get_idx(list, 1));
	ck_assert_uint_eq(strlen(got), (size_t)XFW_JSON_STRING_MAX * 4);
	json_object_put(list);
}
END_TEST

START_TEST(depth_has_an_end) {
	for (int i = 0; i < 100; i++) {
		xfw_json_array(&json, NULL);
	}
	ck_assert(text.failed);
	for (int i = 0; i < 100; i++) {
		xfw_json_end(&json);
	}
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("json");
	TCase *tc = tcase_create("json");
	SRunner *runner = srunner_create(suite);
	int failed = 0;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, objects_and_arrays_nest);
	tcase_add_test(tc, what_is_not_known_is_absent);
	tcase_add_test(tc, numbers_have_their_sign);
	tcase_add_test(tc, times_are_utc_with_milliseconds);
	tcase_add_test(tc, each_byte_comes_out_as_bind_writes_it);
	tcase_add_test(tc, what_bind_escaped_stays);
	tcase_add_test(tc, long_strings_are_cut);
	tcase_add_test(tc, depth_has_an_end);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
