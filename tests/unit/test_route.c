/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tests of the routes: reading a line, the table of texts, what a zone of the state
 * holds.  One thread.
 */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xfrwatch/route.h>
#include <xfrwatch/state.h>

/* "10.0.0.9" or "fe80::9%2", and "#port" if there is one; "" for none. */
static const char *
shown(const struct sockaddr_storage *address) {
	static char text[128];
	const struct sockaddr_in *in4 = (const void *)address;
	const struct sockaddr_in6 *in6 = (const void *)address;
	char ip[INET6_ADDRSTRLEN];
	size_t len;

	if (address->ss_family == AF_UNSPEC) {
		return ("");
	}
	ck_assert_ptr_nonnull(inet_ntop(address->ss_family,
					address->ss_family == AF_INET
						? (const void *)&in4->sin_addr
						: (const void *)&in6->sin6_addr,
					ip, sizeof(ip)));
	len = (size_t)snprintf(text, sizeof(text), "%s", ip);
	if (address->ss_family == AF_INET6 && in6->sin6_scope_id != 0) {
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%%%u",
					in6->sin6_scope_id);
	}
	if (in4->sin_port != 0) {
		(void)snprintf(text + len, sizeof(text) - len, "#%u",
			       ntohs(in4->sin_port));
	}
	return (text);
}

/*--- one line ---------------------------------------------------------------------*/

static const struct {
	const char *route, *address;
	const char *to; /* NULL: nothing is found */
	const char *from, *key, *tls;
	bool tcp, noedns, named;
} finds[] = {
	{ "10.0.0.53#53", "10.0.0.53#53", "10.0.0.53#53", "", "", "", false,
	  false, true },
	{ "10.0.0.53#53 from=10.0.0.9 key=xfr.example tls=name tcp noedns",
	  "10.0.0.53#53", "10.0.0.53#53", "10.0.0.9", "xfr.example", "name", true,
	  true, true },
	{ "10.0.0.53#53 noedns tcp key=a\\032b", "10.0.0.53#53", "10.0.0.53#53",
	  "", "a\\032b", "", true, true, true },
	/* The first line that matches, whatever stands before it. */
	{ "10.0.0.52#53 key=a\n10.0.0.53#5353 key=b\n10.0.0.53#53 key=c\n"
	  "10.0.0.53#53 key=d\n",
	  "10.0.0.53#53", "10.0.0.53#53", "", "c", "", false, false, true },
	{ "10.0.0.53#5353", "10.0.0.53#53", NULL, NULL, NULL, NULL, false, false,
	  false },
	{ "", "10.0.0.53#53", NULL, NULL, NULL, NULL, false, false, false },
	{ NULL, "10.0.0.53#53", NULL, NULL, NULL, NULL, false, false, false },
	/* IPv6, in another spelling, with a scope. */
	{ "2001:db8::53#53 from=2001:db8::9", "2001:DB8:0::53#53",
	  "2001:db8::53#53", "2001:db8::9", "", "", false, false, true },
	{ "fe80::1%2#53 from=fe80::9%2", "fe80::1%2#53", "fe80::1%2#53",
	  "fe80::9%2", "", "", false, false, true },
	{ "fe80::1%3#53", "fe80::1%2#53", NULL, NULL, NULL, NULL, false, false,
	  false },
	/* Lines for several: no port, or a prefix. */
	{ "10.0.0.53 key=a", "10.0.0.53#5353", "10.0.0.53#5353", "", "a", "",
	  false, false, false },
	{ "10.0.0.0/9 key=a", "10.127.0.53#53", "10.127.0.53#53", "", "a", "",
	  false, false, false },
	{ "10.0.0.0/9 key=a", "10.128.0.53#53", NULL, NULL, NULL, NULL, false,
	  false, false },
	{ "0.0.0.0/0 from=10.0.0.9\n::/0 from=2001:db8::9", "2001:db8:1::1#53",
	  "2001:db8:1::1#53", "2001:db8::9", "", "", false, false, false },
	{ "2001:db8::/33 tcp", "2001:db8:7fff::1#53", "2001:db8:7fff::1#53", "",
	  "", "", true, false, false },
	{ "2001:db8::/33 tcp", "2001:db8:8000::1#53", NULL, NULL, NULL, NULL,
	  false, false, false },
	{ "fe80::/10 key=a", "fe80::1%2#53", "fe80::1%2#53", "", "a", "", false,
	  false, false },
	/* No address asked for: the first that names a primary. */
	{ "10.0.0.0/8 key=a\n10.0.0.54#53 key=b", NULL, "10.0.0.54#53", "", "b",
	  "", false, false, true },
	{ "10.0.0.0/8 key=a\n10.0.0.54#53 key=b", "-", "10.0.0.54#53", "", "b",
	  "", false, false, true },
	{ "10.0.0.0/8 key=a", "-", NULL, NULL, NULL, NULL, false, false, false },
};

START_TEST(the_line_of_a_primary_is_found) {
	xfw_route_entry_t entry;
	bool found = xfw_route_find(finds[_i].route, finds[_i].address, &entry);

	ck_assert_int_eq(found, finds[_i].to != NULL);
	if (!found) {
		return;
	}
	ck_assert_str_eq(shown(&entry.to), finds[_i].to);
	ck_assert_str_eq(shown(&entry.from), finds[_i].from);
	ck_assert_str_eq(entry.key, finds[_i].key);
	ck_assert_str_eq(entry.tls, finds[_i].tls);
	ck_assert_int_eq(entry.tcp_only, finds[_i].tcp);
	ck_assert_int_eq(entry.no_edns, finds[_i].noedns);
	ck_assert_int_eq(entry.named, finds[_i].named);
	if (finds[_i].address != NULL && strcmp(finds[_i].address, "-") != 0) {
		ck_assert_str_eq(entry.address, finds[_i].address);
	} else {
		ck_assert_str_eq(entry.address, finds[_i].to);
	}
}
END_TEST

/* A line that is not understood must not pass for "unsigned, from anywhere". */
static const char *const malformed[] = {
	"10.0.0.53#53 key=",
	"10.0.0.53#53 tls=",
	"10.0.0.53#53 from=",
	"10.0.0.53#53 from=10.0.0",
	"10.0.0.53#53 from=2001:db8::9",
	"10.0.0.53#53 from=10.0.0.9#53",
	"10.0.0.53#53 ",
	"10.0.0.53#53  tcp",
	"10.0.0.53#53 tcp ",
	"10.0.0.53#53 udp",
	"10.0.0.53#53 tcpx",
	"10.0.0.53#",
	"10.0.0.53#0",
	"10.0.0.53#65536",
	"10.0.0.53#53x",
	"10.0.0.53/33",
	"10.0.0.53/",
	"10.0.0.53/-1",
	"10.0.0.53%1#53",
	"#53",
	" 10.0.0.53#53",
	"ns.example#53",
};

START_TEST(a_malformed_line_is_not_taken) {
	xfw_route_entry_t entry;
	size_t len = strlen(malformed[_i]);
	char *text = malloc(len + 1); /* ends where the memory ends */

	memcpy(text, malformed[_i], len + 1);
	ck_assert_msg(!xfw_route_find(text, "10.0.0.53#53", &entry), "%s", text);
	free(text);
}
END_TEST

START_TEST(a_key_too_long_is_not_cut) {
	static char route[XFW_ROUTE_NAME_MAX + 64];
	xfw_route_entry_t entry;
	size_t len = (size_t)snprintf(route, sizeof(route), "10.0.0.53#53 key=");

	memset(route + len, 'k', XFW_ROUTE_NAME_MAX - 1);
	ck_assert(xfw_route_find(route, "10.0.0.53#53", &entry));
	ck_assert_uint_eq(strlen(entry.key), XFW_ROUTE_NAME_MAX - 1);
	route[len + XFW_ROUTE_NAME_MAX - 1] = 'k';
	ck_assert(!xfw_route_find(route, "10.0.0.53#53", &entry));
}
END_TEST

START_TEST(an_address_alone_makes_an_entry) {
	static const char *const bad[] = { "10.0.0.53", "10.0.0.53#",
					   "10.0.0.53#0", "ns.example#53", "-", "",
					   "10.0.0.0/8", "10.0.0.53#53 tcp" };
	xfw_route_entry_t entry;

	ck_assert(xfw_route_bare("2001:db8::53#5353", &entry));
	ck_assert_str_eq(entry.address, "2001:db8::53#5353");
	ck_assert_str_eq(shown(&entry.to), "2001:db8::53#5353");
	ck_assert_str_eq(shown(&entry.from), "");
	ck_assert_str_eq(entry.key, "");
	ck_assert(!entry.named && !entry.tcp_only && !entry.no_edns);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(!xfw_route_bare(bad[i], &entry), "%s", bad[i]);
	}
	ck_assert(!xfw_route_bare(NULL, &entry));
}
END_TEST

/*--- the table ---------------------------------------------------------------------*/

static uint32_t
add(xfw_routes_t *routes, const char *text) {
	return (xfw_routes_add(routes, text, strlen(text)));
}

START_TEST(a_text_is_held_once_and_as_long_as_it_is_used) {
	xfw_routes_t *routes = xfw_routes_create();
	uint32_t a = add(routes, "10.0.0.1#53 key=a");
	uint32_t upper = add(routes, "10.0.0.1#53 key=A");
	uint32_t other;

	ck_assert_uint_ne(a, XFW_ROUTE_NONE);
	ck_assert_uint_ne(a, upper);
	ck_assert_uint_eq(add(routes, "10.0.0.1#53 key=a"), a);
	xfw_routes_use(routes, a);
	xfw_routes_drop(routes, a);
	xfw_routes_drop(routes, a);
	ck_assert_str_eq(xfw_routes_text(routes, a), "10.0.0.1#53 key=a");
	xfw_routes_drop(routes, a);
	ck_assert_ptr_null(xfw_routes_text(routes, a));
	xfw_routes_drop(routes, a);
	/* The number is free for another text. */
	other = add(routes, "10.0.0.2#53");
	ck_assert_uint_eq(other, a);
	ck_assert_str_eq(xfw_routes_text(routes, other), "10.0.0.2#53");
	ck_assert_str_eq(xfw_routes_text(routes, upper), "10.0.0.1#53 key=A");
	xfw_routes_destroy(routes);
}
END_TEST

START_TEST(none_is_left_alone) {
	xfw_routes_t *routes = xfw_routes_create();

	ck_assert_uint_eq(xfw_routes_add(routes, "", 0), XFW_ROUTE_NONE);
	xfw_routes_drop(routes, XFW_ROUTE_NONE);
	xfw_routes_use(routes, XFW_ROUTE_NONE);
	xfw_routes_drop(routes, 7);
	ck_assert_ptr_null(xfw_routes_text(routes, XFW_ROUTE_NONE));
	ck_assert_ptr_null(xfw_routes_text(routes, 7));
	xfw_routes_destroy(routes);
	xfw_routes_destroy(NULL);
}
END_TEST

#define MANY 20000

/* Against a plain record of what should be there. */
START_TEST(numbers_hold_through_comings_and_goings) {
	static uint32_t numbers[MANY];
	xfw_routes_t *routes = xfw_routes_create();
	uint32_t highest = 0;
	char text[64];

	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < MANY; i++) {
			if (numbers[i] == 0) {
				(void)snprintf(text, sizeof(text), "10.0.0.1#%u", i);
				numbers[i] = add(routes, text);
				ck_assert_uint_ne(numbers[i], 0);
			}
			if (numbers[i] > highest) {
				highest = numbers[i];
			}
		}
		for (unsigned i = 0; i < MANY; i++) {
			(void)snprintf(text, sizeof(text), "10.0.0.1#%u", i);
			ck_assert_str_eq(xfw_routes_text(routes, numbers[i]), text);
		}
		for (unsigned i = round; i < MANY; i += 2 + round) {
			xfw_routes_drop(routes, numbers[i]);
			numbers[i] = 0;
		}
	}
	ck_assert_uint_eq(highest, MANY);
	xfw_routes_destroy(routes);
}
END_TEST

/* And one copy of it, however many there are: it goes with the last of them. */
START_TEST(a_million_zones_with_the_same_route_share_it) {
	xfw_routes_t *routes = xfw_routes_create();
	const char *text = "10.0.0.1#53 from=10.0.0.9 key=xfr";
	uint32_t number = add(routes, text);
	const char *kept = xfw_routes_text(routes, number);

	for (unsigned i = 1; i < 1000000; i++) {
		ck_assert(add(routes, text) == number);
	}
	ck_assert_ptr_eq(xfw_routes_text(routes, number), kept);
	for (unsigned i = 1; i < 1000000; i++) {
		xfw_routes_drop(routes, number);
	}
	ck_assert_str_eq(xfw_routes_text(routes, number), text);
	xfw_routes_drop(routes, number);
	ck_assert(add(routes, "10.0.0.2#53") == number); /* given out again */
	xfw_routes_destroy(routes);
}
END_TEST

/*--- zones of the state ---------------------------------------------------------------*/

static void
say(void *arg, const xfw_notice_t *notice) {
	(void)arg;
	(void)notice;
}

static xfw_state_t *
state_of(void) {
	xfw_policy_t policy = { 0 };

	return (xfw_state_create(&policy, say, NULL));
}

static xfw_zone_t *
declare(xfw_state_t *state, const char *key, uint32_t generation) {
	return (xfw_state_declare(state, xfw_state_view(state, "_default"), key,
				  strlen(key), XFW_ZONE_TYPE_SECONDARY,
				  XFW_ZONE_IN_CONFIG, 1, generation, 1000));
}

static void
route(xfw_state_t *state, xfw_zone_t *zone, const char *text) {
	xfw_state_route(state, zone, text, strlen(text));
}

START_TEST(a_zone_holds_its_route_until_it_goes) {
	xfw_state_t *state = state_of();
	xfw_zone_t *a = declare(state, "a.example/IN", 1);
	xfw_zone_t *b = declare(state, "b.example/IN", 1);
	uint32_t number;

	ck_assert_ptr_null(xfw_zone_route(state, a));
	route(state, a, "10.0.0.1#53");
	route(state, b, "10.0.0.1#53");
	ck_assert_uint_eq(a->route, b->route);
	route(state, b, "10.0.0.2#53");
	ck_assert_str_eq(xfw_zone_route(state, a), "10.0.0.1#53");
	ck_assert_str_eq(xfw_zone_route(state, b), "10.0.0.2#53");
	/* The same again takes nothing away. */
	route(state, b, "10.0.0.2#53");
	ck_assert_str_eq(xfw_zone_route(state, b), "10.0.0.2#53");
	xfw_state_routed(state, b, a->route);
	ck_assert_str_eq(xfw_zone_route(state, b), "10.0.0.1#53");
	number = a->route;
	/* A configuration without a.example. */
	(void)declare(state, "b.example/IN", 2);
	xfw_state_declared(state, xfw_state_view(state, "_default"), 2, false, 2000);
	ck_assert_ptr_null(xfw_state_find(state, "a.example/IN", 12));
	ck_assert_str_eq(xfw_zone_route(state, b), "10.0.0.1#53");
	route(state, b, "");
	ck_assert_ptr_null(xfw_zone_route(state, b));
	ck_assert_ptr_null(xfw_routes_text(xfw_state_routes(state), number));
	xfw_state_destroy(state);
}
END_TEST

/* named.conf lists it no longer, but the view has it: a member of a catalog now. */
START_TEST(a_zone_that_named_conf_lists_no_longer_has_no_route_of_its_own) {
	xfw_state_t *state = state_of();
	xfw_view_t *view = xfw_state_view(state, "_default");
	xfw_zone_t *zone = declare(state, "a.example/IN", 1);

	route(state, zone, "10.0.0.1#53");
	zone = xfw_state_declare(state, view, "a.example/IN", 12,
				 XFW_ZONE_TYPE_SECONDARY, XFW_ZONE_IN_CENSUS, 0, 2,
				 1000);
	xfw_state_declared(state, view, 2, true, 1000);
	ck_assert_str_eq(xfw_zone_route(state, zone), "10.0.0.1#53");
	xfw_state_declared(state, view, 3, false, 2000);
	ck_assert_ptr_eq(xfw_state_find(state, "a.example/IN", 12), zone);
	ck_assert_ptr_null(xfw_zone_route(state, zone));
	xfw_state_destroy(state);
}
END_TEST

START_TEST(what_a_tls_statement_says_is_read) {
	static xfw_route_entry_t entry;

	ck_assert(xfw_route_find("10.0.0.1#853 tls=t tls-ca=/a\\032b\\092c.pem "
				 "tls-host= tls-cert=c tls-key=k",
				 "10.0.0.1#853", &entry));
	ck_assert_str_eq(entry.tls, "t");
	ck_assert(entry.secure.has_ca && entry.secure.has_host);
	ck_assert_str_eq(entry.secure.ca, "/a b\\c.pem");
	ck_assert_str_eq(entry.secure.host, "");
	ck_assert_str_eq(entry.secure.cert, "c");
	ck_assert_str_eq(entry.secure.key, "k");
	ck_assert(!entry.secure.v12 && !entry.secure.v13 && !entry.secure.unread);

	ck_assert(xfw_route_find("10.0.0.2#853 tls=u tls-protocols=TLSv1.3,TLSv1.9 "
				 "tls-ciphers=HIGH:!aNULL tls-suites=S tcp",
				 "10.0.0.2#853", &entry));
	ck_assert(!entry.secure.v12 && entry.secure.v13 && entry.tcp_only);
	ck_assert(!entry.secure.has_ca && !entry.secure.has_host);
	ck_assert_str_eq(entry.secure.ciphers, "HIGH:!aNULL");
	ck_assert_str_eq(entry.secure.suites, "S");

	ck_assert(xfw_route_find("10.0.0.3#853 tls=v tls-unread", "-", &entry));
	ck_assert(entry.secure.unread);
}
END_TEST

static const char *const odd_tls[] = {
	"tls-ca", "tls-", "tls-odd=1", "tls-ca=\\03", "tls-ca=\\256", "tls-ca=\\000",
	"tls-ca=a\\", "tls-unreads",
};

START_TEST(an_odd_tls_field_is_not_taken) {
	static xfw_route_entry_t entry;
	char line[64];

	(void)snprintf(line, sizeof(line), "10.0.0.1#853 %s", odd_tls[_i]);
	ck_assert(!xfw_route_find(line, "10.0.0.1#853", &entry));
}
END_TEST

START_TEST(a_file_name_too_long_is_not_cut) {
	static xfw_route_entry_t entry;
	static char line[XFW_TLS_TEXT_MAX + 64];
	size_t len = (size_t)snprintf(line, sizeof(line), "10.0.0.1#853 tls-ca=");

	memset(line + len, 'a', XFW_TLS_TEXT_MAX - 1);
	ck_assert(xfw_route_find(line, "10.0.0.1#853", &entry));
	ck_assert_uint_eq(strlen(entry.secure.ca), XFW_TLS_TEXT_MAX - 1);
	line[len + XFW_TLS_TEXT_MAX - 1] = 'a';
	ck_assert(!xfw_route_find(line, "10.0.0.1#853", &entry));
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("route");
	TCase *tc = tcase_create("route");
	SRunner *runner = NULL;
	int failed;

	tcase_add_loop_test(tc, the_line_of_a_primary_is_found, 0,
			    sizeof(finds) / sizeof(finds[0]));
	tcase_add_loop_test(tc, a_malformed_line_is_not_taken, 0,
			    sizeof(malformed) / sizeof(malformed[0]));
	tcase_add_test(tc, a_key_too_long_is_not_cut);
	tcase_add_test(tc, what_a_tls_statement_says_is_read);
	tcase_add_loop_test(tc, an_odd_tls_field_is_not_taken, 0,
			    sizeof(odd_tls) / sizeof(odd_tls[0]));
	tcase_add_test(tc, a_file_name_too_long_is_not_cut);
	tcase_add_test(tc, an_address_alone_makes_an_entry);
	tcase_add_test(tc, a_text_is_held_once_and_as_long_as_it_is_used);
	tcase_add_test(tc, none_is_left_alone);
	tcase_add_test(tc, numbers_hold_through_comings_and_goings);
	tcase_add_test(tc, a_million_zones_with_the_same_route_share_it);
	tcase_add_test(tc, a_zone_holds_its_route_until_it_goes);
	tcase_add_test(tc,
		       a_zone_that_named_conf_lists_no_longer_has_no_route_of_its_own);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
