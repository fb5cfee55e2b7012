/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The list of zones: pages, filters and orders, while zones come and go; pieces of a
 * bounded size, and bounded work for each. One thread, a clock of its own.
 */
#include <limits.h>

#include "state_kit.h"

#include "answer_kit.h"

#define P "10.0.0.53#53"
#define MANY 10000
#define HUGE 100000

/* How often each zone was met: "z123.example". */
static unsigned met[HUGE + 10 * MANY];

/* Without ck_assert(), which writes to a file each time. */
static xfw_zone_t *
make(const char *prefix, unsigned i) {
	char key[64];

	snprintf(key, sizeof(key), "%s%u.example/IN", prefix, i);
	return (xfw_state_declare(state, xfw_state_view(state, XFW_VIEW_DEFAULT), key,
				  strlen(key), XFW_ZONE_TYPE_SECONDARY,
				  XFW_ZONE_IN_CONFIG, 1, 1, now_ms));
}

static xfw_zone_t *
find(unsigned i) {
	char key[64];

	snprintf(key, sizeof(key), "z%u.example/IN", i);
	return (xfw_state_find(state, key, strlen(key)));
}

/* named does not have it any more. */
static void
drop(xfw_zone_t *zone) {
	xfw_timers_t gone = { .found = false, .read_ms = now_ms };

	xfw_state_timers(state, zone, &gone, now_ms);
}

/* Refreshed, and expires at that time. */
static void
expires(xfw_zone_t *zone, int64_t at_s) {
	xfw_timers_t t = { .found = true, .loaded = true, .has_serial = true,
			   .has_soa = true, .type = XFW_ZONE_TYPE_SECONDARY,
			   .serial = 7, .refresh_s = REFRESH, .retry_s = RETRY,
			   .expire_s = EXPIRE, .expires_s = at_s,
			   .refresh_at_s = now_ms / 1000 + REFRESH,
			   .read_ms = now_ms };

	xfw_state_timers(state, zone, &t, now_ms);
}

static void
fails(xfw_zone_t *zone, const char *primary) {
	transfer_fails(zone->key, primary, "failed to connect: connection refused",
		       "connection refused");
	if (zone->state == XFW_ZONE_OK) {
		ck_abort_msg("%s is ok", zone->key);
	}
}

static void
never_loads(xfw_zone_t *zone) {
	xfw_timers_t t = { .found = true, .type = XFW_ZONE_TYPE_SECONDARY,
			   .refresh_at_s = now_ms / 1000 + 60, .read_ms = now_ms };

	xfw_state_timers(state, zone, &t, now_ms);
}

static unsigned
number_of(json_object *zone) {
	json_object *name = NULL;
	unsigned i = 0;

	/* No ck_assert() for each of so many. */
	if (!json_object_object_get_ex(zone, "name", &name) ||
	    sscanf(json_object_get_string(name), "%*[a-y]%u", &i) == 1)
	{
		return (UINT_MAX); /* another one */
	}
	if (sscanf(json_object_get_string(name), "z%u.example", &i) != 1) {
		ck_abort_msg("%s", json_object_get_string(name));
	}
	return (i);
}

/* Reads a page into `met`. Returns the token of the next one, "" if it was the last. */
static size_t page_size;
static const char *
page(const char *target, const char *after) {
	static char token[64];
	json_object *json = NULL, *zones = NULL, *next = NULL;

	json = (after[0] == '\0') ? ask(target) : askf("%s&after=%s", target, after);
	zones = must(json, "zones");
	page_size = json_object_array_length(zones);
	for (size_t i = 0; i < page_size; i++) {
		unsigned n = number_of(json_object_array_get_idx(zones, i));
		if (n != UINT_MAX) {
			met[n]++;
		}
	}
	next = get(json, "next");
	snprintf(token, sizeof(token), "%s",
		 next != NULL ? json_object_get_string(next) : "");
	json_object_put(json);
	return (token);
}

static unsigned
read_pages(const char *target, void (*between)(unsigned)) {
	char after[64] = "";
	unsigned pages = 0;

	memset(met, 0, sizeof(met));
	do {
		snprintf(after, sizeof(after), "%s", page(target, after));
		if (between != NULL) {
			between(pages);
		}
		pages++;
		ck_assert_uint_lt(pages, 10000);
	} while (after[0] != '\0');
	return (pages);
}

/*--- pages ---------------------------------------------------------------------*/

/* Between two pages the table grows, and shrinks. */
static void
zones_move(unsigned turn) {
	for (unsigned i = 0; i < 2000; i++) {
		make("new", turn * 2000 + i);
	}
	for (unsigned i = 0; i < 300; i++) {
		xfw_zone_t *zone = find((turn * 300 + i) * 3);
		if (zone != NULL) {
			drop(zone);
		}
	}
}

START_TEST(pages_meet_each_zone_once) {
	unsigned pages;

	for (unsigned i = 0; i < MANY; i++) {
		make("z", i);
	}
	pages = read_pages("/json/v1/zones?limit=1000", NULL);
	ck_assert_uint_eq(pages, 10);
	for (unsigned i = 0; i < MANY; i++) {
		ck_assert_msg(met[i] == 1, "z%u: %u", i, met[i]);
	}
	read_pages("/json/v1/zones?limit=777", zones_move);
	for (unsigned i = 0; i < MANY; i++) {
		if (find(i) != NULL ? met[i] != 1 : met[i] > 1) {
			ck_abort_msg("z%u: %u", i, met[i]);
		}
	}
}
END_TEST

static void
zones_move_in_answer(unsigned piece) {
	if (piece % 10 == 0) {
		zones_move(piece / 10);
	}
}

START_TEST(one_answer_meets_each_zone_once) {
	for (unsigned i = 0; i < MANY; i++) {
		make("z", i);
	}
	meanwhile = zones_move_in_answer;
	ck_assert_uint_eq(read_pages("/json/v1/zones?limit=1000000", NULL), 1);
	meanwhile = NULL;
	ck_assert_uint_gt(last_pieces, 100);
	for (unsigned i = 0; i < MANY; i++) {
		if (find(i) != NULL ? met[i] != 1 : met[i] > 1) {
			ck_abort_msg("z%u: %u", i, met[i]);
		}
	}
}
END_TEST

START_TEST(next_is_there_only_if_there_is_more) {
	json_object *json = NULL;

	json = ask("/json/v1/zones");
	ck_assert_uint_eq(length(json, "zones"), 0);
	ck_assert_ptr_null(get(json, "next"));
	json_object_put(json);
	for (unsigned i = 0; i < 1001; i++) {
		make("z", i);
	}
	json = ask("/json/v1/zones?limit=1001");
	ck_assert_uint_eq(length(json, "zones"), 1001);
	ck_assert_ptr_null(get(json, "next"));
	json_object_put(json);
	json = ask("/json/v1/zones");
	ck_assert_uint_eq(length(json, "zones"), 1000);
	ck_assert_ptr_nonnull(get(json, "next"));
	json_object_put(json);
	/* Only those that are asked for count. */
	json = ask("/json/v1/zones?limit=1&name=z77.*");
	ck_assert_uint_eq(length(json, "zones"), 1);
	ck_assert_ptr_null(get(json, "next"));
	json_object_put(json);
	json = ask("/json/v1/zones?after=ffffffffffffffff");
	ck_assert_uint_eq(length(json, "zones"), 0);
	json_object_put(json);
}
END_TEST

/*--- by deadline ----------------------------------------------------------------*/

static json_object *
pages_by_deadline(unsigned limit, unsigned *pages) {
	json_object *all = json_object_new_array();
	char after[64] = "";

	*pages = 0;
	do {
		json_object *json = askf("/json/v1/zones?sort=deadline&limit=%u%s%s",
					 limit, after[0] != '\0' ? "&after=" : "",
					 after);
		json_object *next = get(json, "next");

		for (size_t i = 0; i < length(json, "zones"); i++) {
			json_object_array_add(all, json_object_get(element(json, "zones",
									   i)));
		}
		snprintf(after, sizeof(after), "%s",
			 next != NULL ? json_object_get_string(next) : "");
		json_object_put(json);
		(*pages)++;
	} while (after[0] != '\0');
	return (all);
}

/* never-loaded and expired, then by time left, then those of which nothing is known. */
static int64_t
rank_of(json_object *zone) {
	if (strcmp(string(zone, "state"), "failing") != 0) {
		return (-1);
	}
	return (get(zone, "deadline-in") != NULL
			? (int64_t)number(zone, "deadline-in")
			: INT64_MAX);
}

static void
check_order(json_object *all, unsigned count) {
	int64_t last = -1;

	memset(met, 0, sizeof(met));
	ck_assert_uint_eq(json_object_array_length(all), count);
	for (size_t i = 0; i < count; i++) {
		json_object *zone = json_object_array_get_idx(all, i);

		ck_assert_int_le(last, rank_of(zone));
		last = rank_of(zone);
		met[number_of(zone)]++;
	}
	for (unsigned i = 0; i < HUGE; i++) {
		if (met[i] > 1) {
			ck_abort_msg("z%u: %u", i, met[i]);
		}
	}
}

/* `bad` of `count` zones fail; few deadlines, so that many are the same. */
static void
make_failing(unsigned count, unsigned bad) {
	for (unsigned i = 0; i < count; i++) {
		xfw_zone_t *zone = make("z", i);

		if (i % 50 == 7) {
			never_loads(zone);
		} else if (i < bad && i % 50 == 8) {
			fails(zone, P); /* its timers are not known */
		} else if (i < bad) {
			expires(zone, START_MS / 1000 + 100000 + i * 7919 % 97);
			fails(zone, P);
		}
	}
}

START_TEST(few_by_deadline) {
	json_object *all = NULL;
	unsigned pages, bad = 400 + 12;

	make_failing(1000, 400);
	all = pages_by_deadline(50, &pages);
	ck_assert_uint_eq(pages, 9);
	check_order(all, bad);
	json_object_put(all);
	all = pages_by_deadline(bad, &pages);
	ck_assert_uint_eq(pages, 1);
	check_order(all, bad);
	json_object_put(all);
}
END_TEST

START_TEST(many_by_deadline) {
	json_object *all = NULL;
	unsigned pages, bad = 6000 + 120;

	make_failing(2 * 6000, 6000);
	all = pages_by_deadline(1000, &pages);
	ck_assert_uint_eq(pages, 7);
	check_order(all, bad);
	json_object_put(all);
	all = pages_by_deadline(10000, &pages);
	ck_assert_uint_eq(pages, 1);
	check_order(all, bad);
	json_object_put(all);
}
END_TEST

/* Zones come, go and recover; the deadlines of the others stay. */
static void
failing_move(unsigned turn) {
	for (unsigned i = 0; i < 40; i++) {
		xfw_zone_t *zone = find(turn * 40 + i);

		if (zone != NULL && i % 2 == 0) {
			drop(zone);
		}
	}
	for (unsigned i = 0; i < 100; i++) {
		xfw_zone_t *zone = make("new", turn * 100 + i);

		expires(zone, START_MS / 1000 + 100000 + i % 97);
		fails(zone, P);
	}
}

START_TEST(pages_by_deadline_while_zones_move) {
	make_failing(1000, 800);
	read_pages("/json/v1/zones?sort=deadline&limit=90", failing_move);
	for (unsigned i = 0; i < 800; i++) {
		if (find(i) != NULL ? met[i] != 1 : met[i] > 1) {
			ck_abort_msg("z%u: %u", i, met[i]);
		}
	}
}
END_TEST

static void
bad_ones_go(unsigned piece) {
	for (unsigned i = 0; i < 20; i++) {
		xfw_zone_t *zone = find((piece * 20 + i) * 2);
		if (zone != NULL) {
			drop(zone);
		}
	}
}

/* Zones that were gathered and are gone when their turn comes: no other is told in
 * their place. */
START_TEST(gathered_zones_may_go) {
	for (unsigned i = 0; i < 2000; i++) {
		never_loads(make("z", i));
	}
	meanwhile = bad_ones_go;
	ck_assert_uint_eq(read_pages("/json/v1/zones?state=unhealthy&limit=5000", NULL),
			  1);
	meanwhile = NULL;
	ck_assert_uint_ge(last_pieces, 20);
	for (unsigned i = 0; i < 2000; i++) {
		if (find(i) != NULL ? met[i] != 1 : met[i] > 1) {
			ck_abort_msg("z%u: %u", i, met[i]);
		}
	}
}
END_TEST

/*--- filters --------------------------------------------------------------------*/

/* How many zones the query lists; `named` has to be among them, if it is not NULL. */
static size_t
count_of(const char *query, const char *named) {
	json_object *json = askf("/json/v1/zones?limit=10000&%s", query);
	size_t count = length(json, "zones");
	bool found = named == NULL;

	for (size_t i = 0; i < count && !found; i++) {
		found = strcmp(string(element(json, "zones", i), "name"), named) == 0;
	}
	ck_assert_msg(found, "%s: no %s", query, named);
	json_object_put(json);
	return (count);
}

START_TEST(filters) {
	healthy("example.com/IN", 1);
	transfer_succeeds("example.com/IN", P, 7);
	healthy("www.example.com/IN/internal", 1);
	transfer_succeeds("www.example.com/IN/internal", "2001:DB8::53#53", 7);
	healthy("example.com/IN/internal", 1);
	healthy("example.com/CH", 1);
	healthy("./IN", 1);
	healthy("dot\\./IN", 1);
	transfer_fails("example.com/IN/internal", P, "Transfer status: REFUSED",
		       "REFUSED");
	soa_fails("example.com/IN/internal", "10.0.0.54#53", "connection refused");
	declare("never.example/IN", 1);
	fake_zone("never.example/IN", -1);
	pass(60000);

	ck_assert_uint_eq(count_of("", NULL), 7);
	ck_assert_uint_eq(count_of("state=ok", "www.example.com"), 5);
	ck_assert_uint_eq(count_of("state=never-loaded", "never.example"), 1);
	ck_assert_uint_eq(count_of("state=unhealthy", "never.example"), 2);
	ck_assert_uint_eq(count_of("state=ok,failing", "www.example.com"), 6);
	ck_assert_uint_eq(count_of("state=expired", NULL), 0);
	ck_assert_uint_eq(count_of("state=unhealthy,ok", NULL), 7);
	ck_assert_uint_eq(count_of("state=ok,ok", NULL), 5);
	ck_assert_uint_eq(count_of("sort=deadline", "never.example"), 2);
	ck_assert_uint_eq(count_of("sort=deadline&state=ok,failing", "example.com"), 1);

	ck_assert_uint_eq(count_of("view=internal", "www.example.com"), 2);
	ck_assert_uint_eq(count_of("view=_default", "example.com"), 5);
	ck_assert_uint_eq(count_of("view=none", NULL), 0);

	ck_assert_uint_eq(count_of("primary=10.0.0.53%2353", "example.com"), 2);
	ck_assert_uint_eq(count_of("primary=10.0.0.53%2354", NULL), 0);
	ck_assert_uint_eq(count_of("primary=2001:db8::53%2353", "www.example.com"), 1);
	ck_assert_uint_eq(count_of("primary=10.0.0.53%2353&view=internal", NULL), 1);

	ck_assert_uint_eq(count_of("name=example.com", NULL), 3);
	ck_assert_uint_eq(count_of("name=EXAMPLE.com.", NULL), 3);
	ck_assert_uint_eq(count_of("name=example.com&view=internal", NULL), 1);
	ck_assert_uint_eq(count_of("name=example.com&view=none", NULL), 0);
	ck_assert_uint_eq(count_of("name=example.com&state=failing", NULL), 1);
	ck_assert_uint_eq(count_of("name=example.co", NULL), 0);
	ck_assert_uint_eq(count_of("name=xample.com", NULL), 0);
	ck_assert_uint_eq(count_of("name=.", "."), 1);
	ck_assert_uint_eq(count_of("name=dot%5c.", "dot\\."), 1);
	ck_assert_uint_eq(count_of("name=*", NULL), 7);
	ck_assert_uint_eq(count_of("name=*EXAMPLE*", "never.example"), 5);
	ck_assert_uint_eq(count_of("name=*.com.", NULL), 4);
	ck_assert_uint_eq(count_of("name=example*", NULL), 3);
	ck_assert_uint_eq(count_of("name=*.example.com", "www.example.com"), 1);
	ck_assert_uint_eq(count_of("name=*w*w*.*", "www.example.com"), 1);
	ck_assert_uint_eq(count_of("name=**www**", "www.example.com"), 1);
	ck_assert_uint_eq(count_of("name=*ww", NULL), 0);
	ck_assert_uint_eq(count_of("name=ww*", "www.example.com"), 1);
	ck_assert_uint_eq(count_of("name=*e.com", "www.example.com"), 4);
	ck_assert_uint_eq(count_of("name=a*", NULL), 0);
	declare("MiXed.Example/IN", 1);
	ck_assert_uint_eq(count_of("name=mixed.example", "MiXed.Example"), 1);
	ck_assert_uint_eq(count_of("name=*mIxeD.*", "MiXed.Example"), 1);
}
END_TEST

START_TEST(filter_by_cause) {
	char query[64];

	make_failing(300, 200);
	for (unsigned i = 0; i < 5; i++) {
		xfw_zone_t *zone = make("other", i);
		transfer_fails(zone->key, P, "failed while receiving responses: REFUSED",
			       "REFUSED");
	}
	for (unsigned c = 1; c < XFW_CAUSE_COUNT; c++) {
		uint64_t cursor = 0;
		size_t want = 0;

		for (const xfw_zone_t *z;
		     (z = xfw_state_next_zone(state, &cursor)) != NULL;)
		{
			want += z->state != XFW_ZONE_OK && z->cause == c;
		}
		snprintf(query, sizeof(query), "cause=%s",
			 xfw_cause_info((xfw_cause_t)c)->name);
		ck_assert_uint_eq(count_of(query, NULL), want);
	}
	ck_assert_uint_eq(count_of("cause=refused-transfer", "other1.example"), 5);
	ck_assert_uint_eq(count_of("cause=refused-transfer&name=other1*", NULL), 1);
	ck_assert_uint_ge(count_of("cause=connect-refused", NULL), 190);
}
END_TEST

/* The list of unhealthy zones is made in two ways, by how many there are. */
START_TEST(unhealthy_by_pages_few_and_many) {
	static const unsigned bads[] = { 500, 5000 };

	for (unsigned k = 0; k < 2; k++) {
		make_failing(MANY, bads[k]);
		read_pages("/json/v1/zones?state=unhealthy&limit=99", NULL);
		for (unsigned i = 0; i < MANY; i++) {
			unsigned want = find(i)->state != XFW_ZONE_OK;
			if (met[i] != want) {
				ck_abort_msg("z%u: %u", i, met[i]);
			}
		}
	}
}
END_TEST

/*--- how much at a time ---------------------------------------------------------*/

START_TEST(pieces_are_bounded) {
	static const struct {
		const char *target;
		unsigned pieces;
	} rows[] = {
		{ "/json/v1/zones?limit=1000000", HUGE / 200 },
		/* Nothing found: still looked at in pieces. */
		{ "/json/v1/zones?name=*nothing*", HUGE / XFW_PIECE_ZONES },
		{ "/json/v1/zones?view=none", HUGE / XFW_PIECE_ZONES },
		{ "/json/v1/zones?primary=10.9.9.9%2353", HUGE / XFW_PIECE_ZONES },
		{ "/json/v1/zones?name=z1*z2*", HUGE / XFW_PIECE_ZONES },
		{ "/json/v1/zones?sort=deadline&limit=10", HUGE / XFW_PIECE_ZONES },
		{ "/json/v1/zones?state=unhealthy&limit=10&name=*nothing*",
		  HUGE / XFW_PIECE_ZONES },
	};

	for (unsigned i = 0; i < HUGE; i++) {
		make("z", i);
		if (i % 20 == 0) {
			never_loads(find(i));
		}
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_object *json = NULL;

		slowest_ms = 0;
		json = ask(rows[i].target);
		ck_assert_msg(last_pieces >= rows[i].pieces, "%s: %u", rows[i].target,
			      last_pieces);
		ck_assert_uint_le(last_largest, XFW_PIECE_GOAL + 4096);
		/* One or two ms; far more under sanitizers and valgrind. */
		ck_assert_msg(slowest_ms < 250, "%s: %f ms", rows[i].target,
			      slowest_ms);
		json_object_put(json);
	}
}
END_TEST

/* A name is looked up, not looked for: it is there at once. */
START_TEST(a_name_is_no_walk) {
	for (unsigned i = 0; i < HUGE; i++) {
		make("z", i);
	}
	ck_assert_uint_eq(count_of("name=Z77777.Example.", "z77777.example"), 1);
	ck_assert_uint_eq(last_pieces, 0);
	ck_assert_uint_eq(count_of("name=absent.example", NULL), 0);
	ck_assert_uint_eq(last_pieces, 0);
	/* Nor are a few bad zones among many. */
	for (unsigned i = 0; i < 10; i++) {
		never_loads(find(i * 1000));
	}
	ck_assert_uint_eq(count_of("state=never-loaded", "z5000.example"), 10);
	ck_assert_uint_eq(last_pieces, 0);
}
END_TEST

/* The worst pattern for the longest names: a piece ends before it takes long. */
START_TEST(costly_patterns_take_more_pieces) {
	char pattern[600], name[1010], key[1100];
	json_object *json = NULL;

	memset(name, 'a', sizeof(name));
	for (size_t i = 0; i < sizeof(pattern); i++) {
		pattern[i] = 'a';
	}
	pattern[0] = '*';
	pattern[sizeof(pattern) - 2] = 'b';
	pattern[sizeof(pattern) - 1] = '\0';
	for (unsigned i = 0; i < 300; i++) {
		snprintf(key, sizeof(key), "%u%.*s/IN", i, 1000, name);
		xfw_state_declare(state, xfw_state_view(state, XFW_VIEW_DEFAULT), key,
				  strlen(key), XFW_ZONE_TYPE_SECONDARY,
				  XFW_ZONE_IN_CONFIG, 1, 1, now_ms);
	}
	json = askf("/json/v1/zones?name=%s", pattern);
	ck_assert_uint_eq(length(json, "zones"), 0);
	ck_assert_uint_ge(last_pieces, 20);
	json_object_put(json);
}
END_TEST

START_TEST(a_client_that_goes_away) {
	xfw_request_t req = { "GET", "/json/v1/zones?sort=deadline", NULL };

	make_failing(MANY, 5000);
	for (unsigned i = 0; i < 40; i++) {
		xfw_answer_t answer;
		xfw_text_t piece = { 0 };

		xfw_answer(&source, &req, &answer);
		ck_assert_ptr_nonnull(answer.body);
		for (unsigned k = 0; k < i / 2; k++) {
			if (!answer.body->next(answer.body, &piece)) {
				break;
			}
		}
		answer.body->end(answer.body);
		xfw_text_free(&piece);
	}
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("answer_zones");
	TCase *tc = answer_case(suite, "zones");

	tcase_add_test(tc, pages_meet_each_zone_once);
	tcase_add_test(tc, one_answer_meets_each_zone_once);
	tcase_add_test(tc, next_is_there_only_if_there_is_more);
	tcase_add_test(tc, few_by_deadline);
	tcase_add_test(tc, many_by_deadline);
	tcase_add_test(tc, pages_by_deadline_while_zones_move);
	tcase_add_test(tc, gathered_zones_may_go);
	tcase_add_test(tc, filters);
	tcase_add_test(tc, filter_by_cause);
	tcase_add_test(tc, unhealthy_by_pages_few_and_many);
	tcase_add_test(tc, pieces_are_bounded);
	tcase_add_test(tc, a_name_is_no_walk);
	tcase_add_test(tc, costly_patterns_take_more_pieces);
	tcase_add_test(tc, a_client_that_goes_away);
	return (kit_run(suite));
}
