/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tests of the configuration as the monitor lives it: which route a zone has while
 * configurations come, fail and go.  One thread: the monitor's loop does not run
 * while it is asked.
 */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "../../plugin/core/monitor_priv.h"

#define PRIMARY "10.0.0.53#53"

static xfw_intake_t *intake;
static xfw_monitor_t *monitor;
static char view_name[] = "internal";
static xfw_slot_t slot = { .view = view_name };

static void
host_log(void *arg, xfw_severity_t severity, const char *line) {
	(void)arg;
	(void)severity;
	(void)line;
}

static void
host_follow(void *arg, uint64_t settled) {
	(void)arg;
	(void)settled;
}

static bool
host_wire(void *arg, const char *name, size_t len, uint8_t wire[XFW_WIRE_MAX],
	  uint8_t *wire_len) {
	(void)arg;
	memcpy(wire, name, len);
	*wire_len = (uint8_t)len;
	return (true);
}

static void
host_mute(void *arg, bool on) {
	(void)arg;
	(void)on;
}

static void
setup(void) {
	static const xfw_host_t host = { .log = host_log,
					 .follow = host_follow,
					 .wire = host_wire,
					 .mute = host_mute,
					 .greeting = "hello" };

	intake = xfw_intake_create(64);
	monitor = xfw_monitor_create(intake, &host);
	ck_assert_ptr_nonnull(monitor);
}

static void
teardown(void) {
	xfw_message_t *stop = calloc(1, sizeof(*stop));

	stop->kind = XFW_MESSAGE_STOP;
	xfw_intake_post(intake, stop);
	xfw_monitor_run(monitor); /* ends at once */
	xfw_monitor_destroy(monitor);
	xfw_intake_destroy(intake);
}

/*--- configurations ------------------------------------------------------------------*/

static xfw_attach_t *
configuration(uint64_t id, const char *unlisted) {
	xfw_attach_t *attach = calloc(1, sizeof(*attach));
	xfw_viewlist_t *list = calloc(1, sizeof(*list));

	attach->message.kind = XFW_MESSAGE_ATTACH;
	attach->id = id;
	attach->slot = &slot;
	attach->params = xfw_params_default();
	attach->statsfile = strdup("no-such-directory/named.stats");
	attach->min_retry_s = XFW_MIN_RETRY_DEFAULT;
	attach->views = list;
	list->view = strdup(slot.view);
	list->unlisted = unlisted != NULL ? strdup(unlisted) : NULL;
	return (attach);
}

/* The route's place in the view's list. */
static uint32_t
with_route(xfw_attach_t *attach, const char *text) {
	xfw_viewlist_t *list = attach->views;

	list->routes = realloc(list->routes,
			       (list->routes_count + 1) * sizeof(*list->routes));
	list->routes[list->routes_count] = strdup(text);
	return ((uint32_t)list->routes_count++);
}

static void
with_zone(xfw_attach_t *attach, const char *key, uint32_t route) {
	xfw_zonelist_t *zones = &attach->views->zones;
	uint16_t len = (uint16_t)strlen(key);
	size_t size = zones->used + XFW_ZONELIST_HEAD + len;
	char *at;

	zones->data = realloc(zones->data, size);
	at = zones->data + zones->used;
	at[0] = XFW_ZONE_TYPE_SECONDARY;
	at[1] = 1;
	memcpy(at + 2, &len, sizeof(len));
	memcpy(at + 4, &route, sizeof(route));
	memcpy(at + XFW_ZONELIST_HEAD, key, len);
	zones->used = zones->size = size;
	zones->count++;
}

/* The key with which `primary` is asked about the zone, "?" if nothing is found; with
 * an exclamation mark if the configuration is not known. */
static const char *
key_of(const char *zone_key, const char *primary) {
	static char key[XFW_ROUTE_NAME_MAX + 1];
	xfw_zone_t *zone = xfw_state_find(monitor->state, zone_key,
					  strlen(zone_key));
	xfw_route_entry_t entry;
	bool known = false;

	ck_assert_ptr_nonnull(zone);
	if (!xfw_settings_route(monitor, zone, primary, &entry, &known)) {
		return ("?");
	}
	ck_assert_str_eq(entry.address,
			 strcmp(primary, "-") == 0 ? PRIMARY : primary);
	ck_assert_int_eq(entry.to.ss_family, AF_INET);
	strcpy(key, known ? "" : "!");
	strcat(key, entry.key);
	return (key);
}

/*--- tests -----------------------------------------------------------------------------*/

START_TEST(zones_have_the_routes_that_named_conf_gives_them) {
	xfw_attach_t *attach = configuration(1, NULL);
	uint32_t one = with_route(attach, PRIMARY " key=one");
	uint32_t two = with_route(attach, PRIMARY " key=two\n10.0.0.54#53");

	with_zone(attach, "a.example/IN/internal", one);
	with_zone(attach, "b.example/IN/internal", two);
	with_zone(attach, "c.example/IN/internal", one);
	with_zone(attach, "d.example/IN/internal", XFW_ZONELIST_NO_ROUTE);
	with_zone(attach, "e.example/IN/internal", 7); /* no such */
	xfw_settings_attach(monitor, attach);
	ck_assert_str_eq(key_of("a.example/IN/internal", PRIMARY), "one");
	ck_assert_str_eq(key_of("b.example/IN/internal", PRIMARY), "two");
	ck_assert_str_eq(key_of("b.example/IN/internal", "10.0.0.54#53"), "");
	ck_assert_str_eq(key_of("c.example/IN/internal", PRIMARY), "one");
	ck_assert_str_eq(key_of("d.example/IN/internal", PRIMARY), "!");
	ck_assert_str_eq(key_of("e.example/IN/internal", PRIMARY), "!");
	/* One that the zone does not have in named.conf; none named at all. */
	ck_assert_str_eq(key_of("a.example/IN/internal", "10.0.0.55#53"), "!");
	ck_assert_str_eq(key_of("a.example/IN/internal", "-"), "one");
	ck_assert_str_eq(key_of("d.example/IN/internal", "-"), "?");
}
END_TEST

START_TEST(zones_that_are_not_listed_have_what_the_view_has) {
	xfw_attach_t *attach =
		configuration(1, "10.0.0.54#53 key=catalog\n"
				 "10.0.0.0/24 key=server\n");

	with_zone(attach, "a.example/IN/internal",
		  with_route(attach, PRIMARY " key=own"));
	with_zone(attach, "m.example/IN/internal", XFW_ZONELIST_NO_ROUTE);
	xfw_settings_attach(monitor, attach);
	ck_assert_str_eq(key_of("a.example/IN/internal", PRIMARY), "own");
	ck_assert_str_eq(key_of("m.example/IN/internal", "10.0.0.54#53"),
			 "catalog");
	ck_assert_str_eq(key_of("m.example/IN/internal", PRIMARY), "!server");
	ck_assert_str_eq(key_of("m.example/IN/internal", "10.1.0.53#53"), "!");
}
END_TEST

START_TEST(a_new_configuration_counts_when_it_is_in_force) {
	xfw_attach_t *attach = configuration(1, "0.0.0.0/0 key=old");

	with_zone(attach, "a.example/IN/internal",
		  with_route(attach, PRIMARY " key=old"));
	with_zone(attach, "m.example/IN/internal", XFW_ZONELIST_NO_ROUTE);
	xfw_settings_attach(monitor, attach);
	attach = configuration(2, "0.0.0.0/0 key=new");
	with_zone(attach, "a.example/IN/internal",
		  with_route(attach, PRIMARY " key=new"));
	with_zone(attach, "b.example/IN/internal", 0);
	with_zone(attach, "m.example/IN/internal", XFW_ZONELIST_NO_ROUTE);
	xfw_settings_attach(monitor, attach);
	ck_assert_str_eq(key_of("a.example/IN/internal", PRIMARY), "old");
	ck_assert_str_eq(key_of("b.example/IN/internal", PRIMARY), "new");
	ck_assert_str_eq(key_of("m.example/IN/internal", PRIMARY), "!old");
	xfw_settings_detach(monitor, 1);
	ck_assert_str_eq(key_of("a.example/IN/internal", PRIMARY), "new");
	ck_assert_str_eq(key_of("m.example/IN/internal", PRIMARY), "!new");
	/* It takes a route away as well. */
	attach = configuration(3, NULL);
	with_zone(attach, "a.example/IN/internal", XFW_ZONELIST_NO_ROUTE);
	xfw_settings_attach(monitor, attach);
	xfw_settings_detach(monitor, 2);
	ck_assert_str_eq(key_of("a.example/IN/internal", PRIMARY), "!");
}
END_TEST

START_TEST(a_configuration_that_fails_leaves_the_routes) {
	xfw_attach_t *attach = configuration(1, "0.0.0.0/0 key=old");

	with_zone(attach, "a.example/IN/internal",
		  with_route(attach, PRIMARY " key=old"));
	with_zone(attach, "m.example/IN/internal", XFW_ZONELIST_NO_ROUTE);
	xfw_settings_attach(monitor, attach);
	attach = configuration(2, "0.0.0.0/0 key=new");
	with_zone(attach, "a.example/IN/internal",
		  with_route(attach, PRIMARY " key=new"));
	xfw_settings_attach(monitor, attach);
	xfw_settings_detach(monitor, 2);
	ck_assert_str_eq(key_of("a.example/IN/internal", PRIMARY), "old");
	ck_assert_str_eq(key_of("m.example/IN/internal", PRIMARY), "!old");
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("settings");
	TCase *tc = tcase_create("settings");
	SRunner *runner = NULL;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, zones_have_the_routes_that_named_conf_gives_them);
	tcase_add_test(tc, zones_that_are_not_listed_have_what_the_view_has);
	tcase_add_test(tc, a_new_configuration_counts_when_it_is_in_force);
	tcase_add_test(tc, a_configuration_that_fails_leaves_the_routes);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
