/* SPDX-License-Identifier: MPL-2.0 */
/* Tests of the escalation policy: pure functions, one thread. */
#include <check.h>
#include <stdlib.h>
#include <syslog.h>

#include <xfrwatch/severity.h>

#define EXPIRE	604800
#define EXPIRES (INT64_C(1795219200) + EXPIRE)

static const xfw_escalation_t policy = { 75, 50, 25, 10 };

static xfw_severity_t
left(int64_t seconds) {
	return (xfw_escalation_severity(&policy, EXPIRES - seconds, EXPIRES, EXPIRE));
}

START_TEST(grows_at_each_step_and_not_a_second_before) {
	ck_assert_int_eq(left(EXPIRE), XFW_SEVERITY_NOTICE);
	ck_assert_int_eq(left(EXPIRE * 75 / 100 + 1), XFW_SEVERITY_NOTICE);
	ck_assert_int_eq(left(EXPIRE * 75 / 100), XFW_SEVERITY_WARNING);
	ck_assert_int_eq(left(EXPIRE / 2 + 1), XFW_SEVERITY_WARNING);
	ck_assert_int_eq(left(EXPIRE / 2), XFW_SEVERITY_ERR);
	ck_assert_int_eq(left(EXPIRE / 4 + 1), XFW_SEVERITY_ERR);
	ck_assert_int_eq(left(EXPIRE / 4), XFW_SEVERITY_CRIT);
	ck_assert_int_eq(left(EXPIRE / 10 + 1), XFW_SEVERITY_CRIT);
	ck_assert_int_eq(left(EXPIRE / 10), XFW_SEVERITY_ALERT);
	ck_assert_int_eq(left(0), XFW_SEVERITY_ALERT);
	ck_assert_int_eq(left(-100), XFW_SEVERITY_ALERT);
}
END_TEST

START_TEST(unknown_deadline_is_notice) {
	ck_assert_int_eq(xfw_escalation_severity(&policy, 1000, 0, EXPIRE),
			 XFW_SEVERITY_NOTICE);
	ck_assert_int_eq(xfw_escalation_severity(&policy, 1000, 2000, 0),
			 XFW_SEVERITY_NOTICE);
	ck_assert_int_eq(xfw_escalation_next(&policy, 1000, 0, EXPIRE), INT64_MAX);
}
END_TEST

/* Walking from step to step meets each once, and each step is a change. */
START_TEST(next_is_when_it_changes) {
	static const uint32_t expires[] = { 7, 99, 3600, 604800, 2419200 };
	int64_t now = EXPIRES - (int64_t)expires[_i];
	int steps = 0;

	for (;;) {
		int64_t next = xfw_escalation_next(&policy, now, EXPIRES, expires[_i]);
		if (next == INT64_MAX) {
			break;
		}
		ck_assert_int_gt(next, now);
		ck_assert_int_eq(
			xfw_escalation_severity(&policy, next - 1, EXPIRES, expires[_i]),
			xfw_escalation_severity(&policy, now, EXPIRES, expires[_i]));
		ck_assert_int_gt(
			xfw_escalation_severity(&policy, next, EXPIRES, expires[_i]),
			xfw_escalation_severity(&policy, now, EXPIRES, expires[_i]));
		now = next;
		steps++;
	}
	ck_assert_int_eq(steps, 4);
	ck_assert_int_eq(xfw_escalation_severity(&policy, now, EXPIRES, expires[_i]),
			 XFW_SEVERITY_ALERT);
}
END_TEST

START_TEST(policy_of_zeros_still_alerts_at_the_end) {
	xfw_escalation_t none = { 0, 0, 0, 0 };

	ck_assert_int_eq(xfw_escalation_severity(&none, EXPIRES - 1, EXPIRES, EXPIRE),
			 XFW_SEVERITY_NOTICE);
	ck_assert_int_eq(xfw_escalation_next(&none, EXPIRES - 9, EXPIRES, EXPIRE),
			 EXPIRES);
	ck_assert_int_eq(xfw_escalation_severity(&none, EXPIRES, EXPIRES, EXPIRE),
			 XFW_SEVERITY_ALERT);
}
END_TEST

START_TEST(policy_of_hundreds_alerts_at_once) {
	xfw_escalation_t all = { 100, 100, 100, 100 };

	ck_assert_int_eq(
		xfw_escalation_severity(&all, EXPIRES - EXPIRE, EXPIRES, EXPIRE),
		XFW_SEVERITY_ALERT);
}
END_TEST

START_TEST(names_and_priorities) {
	ck_assert_str_eq(xfw_severity_name(XFW_SEVERITY_CRIT), "crit");
	ck_assert_str_eq(xfw_severity_name((xfw_severity_t)99), "none");
	ck_assert_int_eq(xfw_severity_syslog(XFW_SEVERITY_ALERT), LOG_ALERT);
	ck_assert_int_eq(xfw_severity_syslog(XFW_SEVERITY_CRIT), LOG_CRIT);
	ck_assert_int_eq(xfw_severity_syslog(XFW_SEVERITY_ERR), LOG_ERR);
	ck_assert_int_eq(xfw_severity_syslog(XFW_SEVERITY_WARNING), LOG_WARNING);
	ck_assert_int_eq(xfw_severity_syslog(XFW_SEVERITY_NOTICE), LOG_NOTICE);
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("escalate");
	TCase *tc = tcase_create("policy");
	SRunner *runner = srunner_create(suite);
	int failed = 0;

	tcase_add_test(tc, grows_at_each_step_and_not_a_second_before);
	tcase_add_test(tc, unknown_deadline_is_notice);
	tcase_add_loop_test(tc, next_is_when_it_changes, 0, 5);
	tcase_add_test(tc, policy_of_zeros_still_alerts_at_the_end);
	tcase_add_test(tc, policy_of_hundreds_alerts_at_once);
	tcase_add_test(tc, names_and_priorities);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
