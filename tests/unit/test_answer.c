/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The channel's answers but long lists: which path gets which, what is refused and in
 * what words, and status, zones and incidents field by field. Each answer is parsed by
 * json-c. One thread, a clock of its own.
 */
#include "state_kit.h"

#include "answer_kit.h"

#define Z "example.com/IN"
#define P "10.0.0.53#53"
#define Q "10.0.0.54#5353"

/*--- paths, methods, parameters -----------------------------------------------*/

START_TEST(status_has_three_names) {
	static const char *const paths[] = { "/json/v1", "/json/v1/",
					     "/json/v1/status", "/json/v1?",
					     "/json/v1/st%61tus",
					     "http://ns.example:8054/json/v1/status" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		json_object *json = ask(paths[i]);

		ck_assert_str_eq(string(json, "xfrwatch-version"), "0.1.0");
		json_object_put(json);
	}
}
END_TEST

START_TEST(unknown_paths_are_not_found) {
	static const char *const paths[] = {
		"/json", "/json/", "/json/v2", "/json/v1/zones/", "/json/v1/status/",
		"/json/v1/events/", "/json/v1/incidents/", "/metrics/", "/healthz/",
		"//", "/JSON/v1", "/json/v1/../v1", "/json/v1/zones%2f", "*",
		"/json/v1%00", "/%", "/%2", "/%zz", "/json/v1/zonez?limit=1", "/a b",
		"/\xff", "/json/v1/"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		reply_t reply;
		json_object *json = NULL;

		request(&reply, "GET", paths[i], NULL);
		ck_assert_msg(reply.answer.status == 404, "%s", paths[i]);
		ck_assert_str_eq(reply.answer.type, "application/json");
		json = parse(reply.body.data, reply.body.used);
		has_only(json, "error");
		json_object_put(json);
		xfw_text_free(&reply.body);
	}
}
END_TEST

START_TEST(only_get_and_head) {
	static const char *const methods[] = { "POST", "PUT", "DELETE", "OPTIONS",
					       "TRACE", "get", "", "GETX" };
	reply_t reply, other;

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		json_object *json = NULL;

		request(&reply, methods[i], "/json/v1/zones", NULL);
		ck_assert_uint_eq(reply.answer.status, 405);
		ck_assert_str_eq(field(&reply, "Allow"), "GET, HEAD");
		json = parse(reply.body.data, reply.body.used);
		has_only(json, "error");
		json_object_put(json);
		xfw_text_free(&reply.body);
	}
	request(&reply, "HEAD", "/json/v1/zones", NULL);
	request(&other, "GET", "/json/v1/zones", NULL);
	ck_assert_uint_eq(reply.answer.status, 200);
	ck_assert_str_eq(reply.body.data, other.body.data);
	xfw_text_free(&reply.body);
	xfw_text_free(&other.body);
}
END_TEST

START_TEST(healthz_says_ok) {
	reply_t reply;

	request(&reply, "GET", "/healthz", NULL);
	ck_assert_uint_eq(reply.answer.status, 200);
	ck_assert_int_eq(strncmp(reply.answer.type, "text/plain", 10), 0);
	ck_assert_str_eq(reply.body.data, "ok\n");
	xfw_text_free(&reply.body);
}
END_TEST

START_TEST(the_page_is_html_and_has_its_own_parameters) {
	static const char *const targets[] = { "/", "/?zone=a&zone=%", "" };
	reply_t reply;

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		request(&reply, "GET", targets[i], NULL);
		ck_assert_uint_eq(reply.answer.status, 200);
		ck_assert_str_eq(reply.answer.type, "text/html; charset=utf-8");
		ck_assert_str_eq(field(&reply, "X-Content-Type-Options"), "nosniff");
		xfw_text_free(&reply.body);
	}
}
END_TEST

#define PROMETHEUS  "text/plain; version=0.0.4; charset=utf-8"
#define OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

START_TEST(metrics_go_by_accept) {
	static const struct {
		const char *accept;
		const char *type;
	} rows[] = {
		{ NULL, PROMETHEUS },
		{ "", PROMETHEUS },
		{ "*/*", PROMETHEUS },
		{ "text/html,application/xhtml+xml,*/*;q=0.8", PROMETHEUS },
		{ "application/*", PROMETHEUS },
		{ "application/openmetrics-text", OPENMETRICS },
		{ "Application/OpenMetrics-Text ; Version=1.0.0 ; Q=0.1", OPENMETRICS },
		{ "application/openmetrics-text;version=\"1.0.0\"", PROMETHEUS },
		{ "application/openmetrics-text;version=0.0.1", PROMETHEUS },
		{ "application/openmetrics-text;q=0", PROMETHEUS },
		{ "application/openmetrics-text;q=0.000", PROMETHEUS },
		{ "application/openmetrics-text;q=2", PROMETHEUS },
		{ "application/openmetrics-text;q=x, */*", PROMETHEUS },
		{ "application/openmetrics-text;q=0.5,text/plain;q=0.6", PROMETHEUS },
		{ "application/openmetrics-text;q=0.6,text/plain;q=0.5", OPENMETRICS },
		{ "text/plain, application/openmetrics-text", OPENMETRICS },
		{ "text/plain;q=0.001 , application/openmetrics-text;q=0.002",
		  OPENMETRICS },
		/* "any" is no wish of its own if there is a better one. */
		{ "*/*;q=0.9,text/plain;q=0.1,application/openmetrics-text;q=0.5",
		  OPENMETRICS },
		{ "x/y;a=\"b,application/openmetrics-text\"", PROMETHEUS },
		{ "x/y;a=\"b,application/openmetrics-text,c\"", PROMETHEUS },
		{ "x/y;a=\"\\\",application/openmetrics-text,\"", PROMETHEUS },
		{ "x/y;a=\"b\",application/openmetrics-text,c", OPENMETRICS },
		{ ",,;;,application/openmetrics-text,", OPENMETRICS },
		/* Prometheus 2.42 and 3.1. */
		{ "application/openmetrics-text;version=1.0.0,application/"
		  "openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;"
		  "q=0.5,*/*;q=0.1",
		  OPENMETRICS },
		{ "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;"
		  "q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;"
		  "version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;"
		  "q=0.3,*/*;q=0.2",
		  OPENMETRICS },
		{ "text/plain;version=0.0.4;q=1,*/*;q=0.1", PROMETHEUS },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		reply_t reply;
		bool eof = false;

		request(&reply, "GET", "/metrics", rows[i].accept);
		ck_assert_uint_eq(reply.answer.status, 200);
		ck_assert_msg(strcmp(reply.answer.type, rows[i].type) == 0, "%s",
			      rows[i].accept);
		ck_assert_str_eq(field(&reply, "Vary"), "Accept");
		eof = strstr(reply.body.data, "# EOF\n") != NULL;
		ck_assert_int_eq(eof, strcmp(rows[i].type, OPENMETRICS) == 0);
		xfw_text_free(&reply.body);
	}
}
END_TEST

#define LONG10	"aaaaaaaaaa"
#define LONG100 LONG10 LONG10 LONG10 LONG10 LONG10 LONG10 LONG10 LONG10 LONG10 LONG10

START_TEST(wrong_parameters_are_named) {
	static const struct {
		const char *target;
		const char *says[3];
	} rows[] = {
		/* parameter, value, what is allowed */
		{ "/json/v1/zones?limit=0", { "limit", "\"0\"", "1 to 1000000" } },
		{ "/json/v1/zones?limit=1000001", { "limit", "1000001", "1 to 1000000" } },
		{ "/json/v1/zones?limit=-1", { "limit", "\"-1\"", "1 to" } },
		{ "/json/v1/zones?limit=+1", { "limit", "\" 1\"", "1 to" } },
		{ "/json/v1/zones?limit=0x10", { "limit", "0x10", "1 to" } },
		{ "/json/v1/zones?limit=1.5", { "limit", "1.5", "1 to" } },
		{ "/json/v1/zones?limit=", { "limit", "\"\"", "1 to" } },
		{ "/json/v1/zones?limit", { "limit", "\"\"", "1 to" } },
		{ "/json/v1/zones?limit=18446744073709551617",
		  { "limit", "18446744073709551617", "1 to" } },
		{ "/json/v1/zones?sort=deadline&limit=10001",
		  { "limit", "10001", "1 to 10000 with sort=deadline" } },
		{ "/json/v1/zones?sort=name", { "sort", "\"name\"", "deadline" } },
		{ "/json/v1/zones?sort=deadline&state=ok",
		  { "state", "\"ok\"", "all but ok" } },
		{ "/json/v1/zones?state=bad",
		  { "state", "\"bad\"", "ok, failing, never-loaded, expired" } },
		{ "/json/v1/zones?state=ok,", { "state", "\"ok,\"", "unhealthy" } },
		{ "/json/v1/zones?state=,ok", { "state", "\",ok\"", "unhealthy" } },
		{ "/json/v1/zones?state=OK", { "state", "\"OK\"", "ok, failing" } },
		{ "/json/v1/zones?state=", { "state", "\"\"", "ok, failing" } },
		{ "/json/v1/zones?cause=none", { "cause", "none", "connect-refused" } },
		{ "/json/v1/zones?cause=xyz", { "cause", "xyz", "unclassified" } },
		{ "/json/v1/zones?cause=", { "cause", "\"\"", "connect-refused" } },
		{ "/json/v1/zones?primary=10.0.0.53",
		  { "primary", "\"10.0.0.53\"", "192.0.2.1%2353" } },
		{ "/json/v1/zones?primary=10.0.0.53%23",
		  { "primary", "\"10.0.0.53#\"", "address and a port" } },
		{ "/json/v1/zones?primary=10.0.0.53%2365536",
		  { "primary", "65536", "address and a port" } },
		{ "/json/v1/zones?primary=%2353", { "primary", "#53", "address" } },
		{ "/json/v1/zones?view=", { "view", "\"\"", "name of a view" } },
		{ "/json/v1/zones?name=", { "name", "\"\"", "* stands for" } },
		{ "/json/v1/zones?after=xyz", { "after", "xyz", "next" } },
		{ "/json/v1/zones?after=", { "after", "\"\"", "next" } },
		{ "/json/v1/zones?after=12345678901234567",
		  { "after", "12345678901234567", "next" } },
		{ "/json/v1/zones?after=1-2",
		  { "after", "0000000000000001-0000000000000002", "same order" } },
		{ "/json/v1/zones?after=2&sort=deadline",
		  { "after", "0000000000000002", "same order" } },
		{ "/json/v1/zones?after=1-2-3&sort=deadline", { "after", "1-2-3", "next" } },
		{ "/json/v1/zones?stat=ok",
		  { "unknown", "\"stat\"",
		    "state, cause, primary, view, name, limit, after, sort" } },
		{ "/json/v1/zones?State=ok", { "unknown", "\"State\"", "state, cause" } },
		{ "/json/v1/zones?=ok", { "unknown", "\"\"", "state" } },
		{ "/json/v1/zones?limit=1&limit=2", { "limit", "\"2\"", "one value" } },
		{ "/json/v1/zones?limit=1&limi%74=1", { "limit", "\"1\"", "one value" } },
		{ "/json/v1/zones?name=%", { "decode", "name=%", "%XX" } },
		{ "/json/v1/zones?name=a%2", { "decode", "name=a%2", "%XX" } },
		{ "/json/v1/zones?name=%zz", { "decode", "name=%zz", "%XX" } },
		{ "/json/v1/zones?name=a%00b", { "decode", "name=a%00b", "but 0" } },
		{ "/json/v1/zones?name=\xff", { "decode", "name=\\255", "%XX" } },
		{ "/json/v1/zones?name=a\tb", { "decode", "name=a\\009b", "%XX" } },
		{ "/json/v1/zones?na%me=a", { "decode", "na%me=a", "%XX" } },
		{ "/json/v1/zones?name=" LONG100 LONG100 LONG100 LONG100 LONG100 LONG100
		  LONG100 LONG100 LONG100 LONG100 LONG100,
		  { "decode", "aaa...", "1099 characters" } },
		{ "/json/v1/zones?" LONG100 "=1", { "decode", "aaa...", "characters" } },
		{ "/json/v1/zones?a%22%5c%0a%ff%3cb%3e=1",
		  { "unknown", "\"a\"\\\\010\\255<b>\"", "state" } },
		{ "/json/v1/incidents?state=ok", { "state", "ok", "open, closed or all" } },
		{ "/json/v1/incidents?limit=100001", { "limit", "100001", "100000" } },
		{ "/json/v1/incidents?after=1", { "unknown", "after", "state, limit" } },
		{ "/json/v1/events?limit=10001", { "limit", "10001", "1 to 10000" } },
		{ "/json/v1/events?after=-1", { "after", "-1", "sequence number" } },
		{ "/json/v1/events?after=1a", { "after", "1a", "sequence number" } },
		{ "/json/v1/events?after=18446744073709551616",
		  { "after", "18446744073709551616", "sequence number" } },
		{ "/json/v1/events?zone=a", { "unknown", "zone", "after, limit" } },
		{ "/json/v1/status?a=1", { "unknown", "\"a\"", "none is allowed" } },
		{ "/json/v1?zones=1", { "unknown", "zones", "none is allowed" } },
		{ "/healthz?a", { "unknown", "\"a\"", "none is allowed" } },
		{ "/metrics?zones=some", { "zones", "some", "all or failing" } },
		{ "/metrics?name=a", { "unknown", "name", "zones" } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		reply_t reply;
		json_object *json = NULL;

		request(&reply, "GET", rows[i].target, NULL);
		ck_assert_msg(reply.answer.status == 400, "%s: %u", rows[i].target,
			      reply.answer.status);
		ck_assert_str_eq(reply.answer.type, "application/json");
		json = parse(reply.body.data, reply.body.used);
		has_only(json, "error");
		for (size_t k = 0; k < 3; k++) {
			ck_assert_msg(strstr(string(json, "error"), rows[i].says[k]),
				      "%s: no %s in %s", rows[i].target,
				      rows[i].says[k], string(json, "error"));
		}
		json_object_put(json);
		xfw_text_free(&reply.body);
	}
}
END_TEST

START_TEST(right_parameters_are_taken) {
	static const char *const targets[] = {
		"/json/v1/zones?limit=1000000",
		"/json/v1/zones?limit=1&",
		"/json/v1/zones?&&limit=1",
		"/json/v1/zones?%6cimit=%31",
		"/json/v1/zones?sort=deadline&limit=10000&state=unhealthy,ok",
		"/json/v1/zones?state=ok,failing,never-loaded,expired",
		"/json/v1/zones?cause=connect-refused&view=a+b&name=*",
		"/json/v1/zones?after=ffffffffffffffff",
		"/json/v1/zones?sort=deadline&after=8000000000000000-FFFFFFFFFFFFFFFF",
		"/json/v1/zones?primary=fe80::1%25eth0%2353",
		"/json/v1/incidents?state=all&limit=100000",
		"/json/v1/events?after=18446744073709551615&limit=10000",
	};

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		json_object_put(ask(targets[i]));
	}
}
END_TEST

/*--- requests of any kind -------------------------------------------------------*/

#define REQUESTS 20000

static uint64_t seed;

/* xorshift64*: the same run each time. */
static uint32_t
below(uint32_t limit) {
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return ((uint32_t)((seed * UINT64_C(2685821657736338717)) >> 32) % limit);
}

/* Bytes change, go, come twice; never a NUL. */
static void
spoil(char *to, size_t size, const char *from) {
	static const char spice[] = "%&=?+/,;\"\\*-#.:0q \x01\x7f\xff";
	size_t used = 0;

	for (; *from != '\0' && used + 3 < size; from++) {
		switch (below(24)) {
		case 0:
			to[used++] = spice[below(sizeof(spice) - 1)];
			break;
		case 1:
			break;
		case 2:
			to[used++] = *from;
			to[used++] = spice[below(sizeof(spice) - 1)];
			break;
		default:
			to[used++] = *from;
			break;
		}
	}
	to[used] = '\0';
}

START_TEST(any_request_gets_an_answer) {
	static const char *const targets[] = {
		"/json/v1/zones?state=ok,failing&name=*exam*&limit=17&after=8a12",
		"/json/v1/zones?sort=deadline&state=unhealthy&after=12ab-34cd",
		"/json/v1/zones?primary=10.0.0.53%2353&view=_default&cause=notauth",
		"/json/v1/zones?name=ex%61mple.com.",
		"/json/v1/incidents?state=closed&limit=3",
		"/json/v1/events?after=3&limit=10",
		"/json/v1/status",
		"/metrics?zones=all",
	};
	static const char accept[] =
		"application/openmetrics-text;version=\"1.0.0\";q=0.75, text/*;q=.5";
	unsigned statuses[600] = { 0 };

	healthy(Z, 1);
	transfer_fails(Z, P, "failed to connect: timed out", "timed out");
	seed = 1;
	for (unsigned i = 0; i < REQUESTS; i++) {
		char target[256], wish[256];
		reply_t reply;

		spoil(target, sizeof(target),
		      targets[below(sizeof(targets) / sizeof(targets[0]))]);
		spoil(wish, sizeof(wish), accept);
		request(&reply, "GET", target, wish);
		statuses[reply.answer.status]++;
		if (strcmp(reply.answer.type, "application/json") == 0) {
			json_object_put(parse(reply.body.data, reply.body.used));
		} else if (reply.answer.status != 200) {
			ck_abort_msg("%s: %u", target, reply.answer.status);
		}
		xfw_text_free(&reply.body);
	}
	ck_assert_uint_gt(statuses[200], REQUESTS / 100);
	ck_assert_uint_gt(statuses[400], REQUESTS / 10);
	ck_assert_uint_gt(statuses[404], REQUESTS / 10);
	ck_assert_uint_eq(statuses[200] + statuses[400] + statuses[404], REQUESTS);
}
END_TEST

START_TEST(errors_of_the_server) {
	xfw_answer_t answer;
	json_object *json = NULL;

	xfw_answer_error(&answer, 403, "not \"you\"");
	ck_assert_uint_eq(answer.status, 403);
	json = parse(answer.text.data, answer.text.used);
	ck_assert_str_eq(string(json, "error"), "not \"you\"");
	json_object_put(json);
	xfw_text_free(&answer.text);
}
END_TEST

/*--- status -------------------------------------------------------------------*/

START_TEST(status_of_nothing) {
	json_object *json = ask("/json/v1/status");

	has_only(json, "json-stats-version current-time xfrwatch-version mode "
		       "bind-version bind-built-for boot-time config-time incidents "
		       "zones attempts causes recorder primaries");
	ck_assert_str_eq(string(json, "current-time"), iso(START_MS));
	ck_assert_str_eq(string(json, "boot-time"), iso(START_MS - 5000));
	ck_assert_str_eq(string(json, "config-time"), iso(START_MS - 3000));
	ck_assert_str_eq(string(json, "mode"), "full");
	ck_assert_str_eq(string(json, "bind-version"), "9.18.49-test");
	ck_assert_str_eq(string(json, "bind-built-for"), "9.18.49-built");
	ck_assert_uint_eq(number(must(json, "incidents"), "open"), 0);
	has_only(must(json, "zones"), "ok failing never-loaded expired");
	has_only(must(json, "attempts"), "total transferred up-to-date failed");
	has_only(must(json, "recorder"), "recorded lost unclassified capacity");
	ck_assert_int_eq(json_object_object_length(must(json, "causes")),
			 XFW_CAUSE_COUNT - 1);
	for (unsigned i = 1; i < XFW_CAUSE_COUNT; i++) {
		ck_assert_uint_eq(number(must(json, "causes"),
					 xfw_cause_info((xfw_cause_t)i)->name),
				  0);
	}
	ck_assert_uint_eq(length(json, "primaries"), 0);
	ck_assert_uint_eq(number(must(json, "recorder"), "capacity"), 64);
	json_object_put(json);
}
END_TEST

START_TEST(status_in_reduced_mode) {
	json_object *json = NULL;
	reply_t reply;

	source.mode = XFW_MODE_REDUCED;
	source.bind_version = "9.18.50-test";
	json = ask("/json/v1/status");
	ck_assert_str_eq(string(json, "mode"), "reduced");
	ck_assert_str_eq(string(json, "bind-version"), "9.18.50-test");
	ck_assert_str_eq(string(json, "bind-built-for"), "9.18.49-built");
	json_object_put(json);
	/* It is at work all the same. */
	request(&reply, "GET", "/healthz", NULL);
	ck_assert_uint_eq(reply.answer.status, 200);
	ck_assert_str_eq(reply.body.data, "ok\n");
	xfw_text_free(&reply.body);
}
END_TEST

START_TEST(status_without_times_and_versions) {
	json_object *json = NULL;

	source.boot_ms = source.config_ms = 0;
	source.bind_version = ""; /* not known */
	source.bind_built = NULL;
	json = ask("/json/v1");
	ck_assert_ptr_null(get(json, "boot-time"));
	ck_assert_ptr_null(get(json, "config-time"));
	ck_assert_ptr_null(get(json, "bind-version"));
	ck_assert_ptr_null(get(json, "bind-built-for"));
	json_object_put(json);
}
END_TEST

/* Three zones: one fed well, one refused at two primaries, one never loaded. */
static void
some_trouble(void) {
	healthy(Z, 1);
	transfer_succeeds(Z, P, 2026032901);
	healthy("two.example/IN", 2);
	transfer_fails("two.example/IN", P, "failed while receiving responses: REFUSED",
		       "REFUSED");
	transfer_fails("two.example/IN", Q, "failed to connect: connection refused",
		       "connection refused");
	declare("never.example/IN/internal", 1);
	fake_zone("never.example/IN/internal", -1);
	pass(2000);
	/* One that names no primary. */
	linef("general: error: zone never.example/IN/internal: cannot refresh: no "
	      "primaries");
	line("general: error: zone never.example/IN/internal: refresh: something new");
	pass(60000);
}

START_TEST(status_counts) {
	const xfw_counters_t *c = xfw_state_counters(state);
	json_object *json = NULL, *zones = NULL, *attempts = NULL;
	uint64_t sum = 0, by_primary = 0;
	unsigned worst = XFW_SEVERITY_NONE;
	bool nameless = false;

	some_trouble();
	json = ask("/json/v1/status");
	for (const xfw_incident_t *i = xfw_state_incidents(state); i != NULL; i = i->next) {
		worst = i->severity > worst ? i->severity : worst;
	}
	ck_assert_str_eq(string(json, "severity"), xfw_severity_name(worst));
	ck_assert_uint_ge(open_incidents(), 2);
	ck_assert_uint_eq(number(must(json, "incidents"), "open"), open_incidents());
	zones = must(json, "zones");
	ck_assert_uint_eq(number(zones, "ok"), 1);
	ck_assert_uint_eq(number(zones, "failing"), 1);
	ck_assert_uint_eq(number(zones, "never-loaded"), 1);
	ck_assert_uint_eq(number(zones, "expired"), 0);
	attempts = must(json, "attempts");
	ck_assert_uint_eq(number(attempts, "total"), c->attempts);
	ck_assert_uint_ge(number(attempts, "failed"), 2);
	ck_assert_uint_eq(number(attempts, "failed"), c->failed);
	ck_assert_uint_eq(number(attempts, "transferred"), 1);
	ck_assert_uint_eq(number(attempts, "up-to-date"), c->up_to_date);
	json_object_object_foreach(must(json, "causes"), name, count) {
		ck_assert_uint_eq(json_object_get_uint64(count),
				  c->causes[xfw_cause_byname(name)]);
		sum += json_object_get_uint64(count);
	}
	for (size_t i = 0; i < length(json, "primaries"); i++) {
		json_object *p = element(json, "primaries", i);

		nameless |= get(p, "address") == NULL;
		json_object_object_foreach(must(p, "causes"), cause, n) {
			ck_assert_int_ne(xfw_cause_byname(cause), XFW_CAUSE_NONE);
			ck_assert_uint_gt(json_object_get_uint64(n), 0);
			by_primary += json_object_get_uint64(n);
		}
		if (get(p, "address") != NULL &&
		    strcmp(string(p, "address"), P) == 0)
		{
			has_only(p, "address zones failing last-success causes");
			ck_assert_uint_eq(number(p, "zones"), 2);
			ck_assert_uint_eq(number(p, "failing"), 1);
			ck_assert_uint_eq(number(must(p, "causes"),
						 "refused-transfer"),
					  1);
		}
		if (get(p, "address") != NULL &&
		    strcmp(string(p, "address"), Q) == 0)
		{
			ck_assert_ptr_null(get(p, "last-success"));
		}
	}
	ck_assert_uint_eq(sum, by_primary);
	ck_assert_uint_ge(sum, 2);
	ck_assert(nameless);
	ck_assert_uint_eq(number(must(json, "recorder"), "unclassified"),
			  c->unclassified);
	json_object_put(json);
}
END_TEST

static void
primaries_come(unsigned piece) {
	char line_of[128];

	snprintf(line_of, sizeof(line_of),
		 "general: info: zone " Z ": refresh: failure trying primary "
		 "10.2.0.%u#53 (source 0.0.0.0#0): timed out", piece % 250);
	line(line_of);
	now_ms += 1;
}

START_TEST(status_with_many_primaries_is_streamed) {
	json_object *json = NULL;

	healthy(Z, 1);
	for (unsigned i = 0; i < 2000; i++) {
		char primary[32];
		snprintf(primary, sizeof(primary), "10.1.%u.%u#53", i / 250, i % 250);
		soa_fails(Z, primary, "timed out");
	}
	meanwhile = primaries_come;
	json = ask("/json/v1/status");
	meanwhile = NULL;
	ck_assert_uint_ge(last_pieces, 5);
	ck_assert_uint_ge(length(json, "primaries"), 2000);
	for (size_t i = 0; i < length(json, "primaries"); i++) {
		has_only(element(json, "primaries", i),
			 get(element(json, "primaries", i), "address") != NULL
				 ? "address zones failing causes"
				 : "zones failing causes");
	}
	json_object_put(json);
}
END_TEST

/*--- one zone -----------------------------------------------------------------*/

START_TEST(zone_of_which_nothing_is_known) {
	json_object *json = NULL, *zone = NULL;

	linef("xfer-in: info: zone heard.example/IN: Transfer started.");
	json = ask("/json/v1/zones");
	has_only(json, "json-stats-version current-time zones");
	ck_assert_uint_eq(length(json, "zones"), 1);
	zone = element(json, "zones", 0);
	ck_assert_ptr_null(get(zone, "type"));
	has_only(zone, "name class view state since failures primaries");
	ck_assert_str_eq(string(zone, "state"), "ok");
	ck_assert_uint_eq(number(zone, "failures"), 0);
	ck_assert_uint_eq(length(zone, "primaries"), 0);
	json_object_put(json);
}
END_TEST

START_TEST(zone_that_is_fed) {
	xfw_zone_t *z = healthy(Z, 1);
	json_object *json = NULL, *zone = NULL, *feed = NULL;
	int64_t begun_ms = now_ms;

	linef("general: info: zone " Z ": notify from 10.0.0.53#40000: serial "
	      "2026032901");
	transfer_succeeds(Z, P, 2026032901);
	pass(5000);
	json = ask("/json/v1/zones?name=EXAMPLE.com.");
	zone = element(json, "zones", 0);
	has_only(zone, "name class view type state since failures serial "
		       "serial-offered serial-offered-at serial-notified "
		       "serial-notified-at serial-lag last-attempt last-success "
		       "last-transfer refresh retry expire next-refresh expires "
		       "deadline deadline-in deadline-by primaries");
	ck_assert_str_eq(string(zone, "name"), "example.com");
	ck_assert_str_eq(string(zone, "class"), "IN");
	ck_assert_str_eq(string(zone, "view"), "_default");
	ck_assert_str_eq(string(zone, "type"), "secondary");
	ck_assert_str_eq(string(zone, "state"), "ok");
	ck_assert_str_eq(string(zone, "since"), iso(START_MS));
	ck_assert_uint_eq(number(zone, "serial"), z->serial);
	ck_assert_uint_eq(number(zone, "serial-offered"), 2026032901);
	ck_assert_str_eq(string(zone, "serial-offered-at"), iso((int64_t)z->offered_s * 1000));
	ck_assert_uint_eq(number(zone, "serial-notified"), 2026032901);
	ck_assert_str_eq(string(zone, "serial-notified-at"), iso(begun_ms));
	ck_assert_str_eq(string(zone, "last-attempt"), iso(z->last_attempt_ms));
	ck_assert_str_eq(string(zone, "last-success"), iso(z->last_success_ms));
	ck_assert_str_eq(string(zone, "last-transfer"), iso(z->last_transfer_ms));
	ck_assert_uint_eq(number(zone, "refresh"), REFRESH);
	ck_assert_uint_eq(number(zone, "retry"), RETRY);
	ck_assert_uint_eq(number(zone, "expire"), EXPIRE);
	ck_assert_str_eq(string(zone, "next-refresh"), iso((int64_t)z->refresh_at_s * 1000));
	ck_assert_str_eq(string(zone, "expires"), iso((int64_t)z->expires_s * 1000));
	ck_assert_str_eq(string(zone, "deadline"), iso((int64_t)z->expires_s * 1000));
	ck_assert_int_eq((int64_t)number(zone, "deadline-in"),
			 z->expires_s - now_ms / 1000);
	ck_assert_str_eq(string(zone, "deadline-by"), "expire");
	ck_assert_int_eq(signed_number(zone, "serial-lag"), 0);
	ck_assert_uint_eq(length(zone, "primaries"), 1);
	feed = element(zone, "primaries", 0);
	has_only(feed, "address outcome failures last");
	ck_assert_str_eq(string(feed, "address"), P);
	ck_assert_str_eq(string(feed, "outcome"), "ok");
	ck_assert_str_eq(string(feed, "last"), iso(feed_of(z, P)->last_ms));
	json_object_put(json);
}
END_TEST

START_TEST(zone_that_is_signed) {
	xfw_zone_t *z = healthy(Z, 1);
	json_object *json = NULL, *zone = NULL;

	/* The primary has gone back: what is served is ahead of it, and not behind. */
	z->signature_s = (uint32_t)z->expires_s - 86400;
	z->offered = z->serial - 7;
	z->offered_s = (uint32_t)(now_ms / 1000);
	z->flags |= XFW_ZONE_HAS_OFFERED;
	json = ask("/json/v1/zones");
	zone = element(json, "zones", 0);
	ck_assert_str_eq(string(zone, "signature-expires"),
			 iso(((int64_t)z->expires_s - 86400) * 1000));
	ck_assert_str_eq(string(zone, "deadline"), string(zone, "signature-expires"));
	ck_assert_str_eq(string(zone, "deadline-by"), "signature");
	ck_assert_str_eq(string(zone, "expires"), iso((int64_t)z->expires_s * 1000));
	ck_assert_int_eq(signed_number(zone, "serial-lag"), -7);
	ck_assert_ptr_null(get(zone, "behind-since"));
	json_object_put(json);
	z->offered = z->serial + 5;
	json = ask("/json/v1/zones");
	zone = element(json, "zones", 0);
	ck_assert_int_eq(signed_number(zone, "serial-lag"), 5);
	ck_assert_str_eq(string(zone, "behind-since"), string(zone, "serial-offered-at"));
	json_object_put(json);
	z->signature_s = (uint32_t)z->expires_s + 86400;
	json = ask("/json/v1/zones");
	ck_assert_str_eq(string(element(json, "zones", 0), "deadline-by"), "expire");
	json_object_put(json);
}
END_TEST

START_TEST(zone_that_fails) {
	json_object *json = NULL, *zone = NULL, *incidents = NULL;
	const xfw_zone_t *z = NULL;

	some_trouble();
	z = xfw_state_find(state, "two.example/IN", 14);
	json = ask("/json/v1/zones?state=failing");
	ck_assert_uint_eq(length(json, "zones"), 1);
	zone = element(json, "zones", 0);
	ck_assert_str_eq(string(zone, "name"), "two.example");
	ck_assert_str_eq(string(zone, "state"), "failing");
	ck_assert_str_eq(string(zone, "since"), iso(z->since_ms));
	ck_assert_uint_eq(number(zone, "failing-for"),
			  (uint64_t)(now_ms - z->since_ms) / 1000);
	ck_assert_uint_ge(number(zone, "failing-for"), 60);
	ck_assert_str_eq(string(zone, "severity"), xfw_severity_name(z->severity));
	ck_assert_str_eq(string(zone, "cause"), xfw_cause_info(z->cause)->name);
	ck_assert_uint_eq(number(zone, "failures"), z->failures);
	ck_assert_uint_eq(number(zone, "incident"), xfw_zone_incident(z)->id);
	ck_assert_uint_eq(length(zone, "primaries"), 2);
	for (size_t i = 0; i < 2; i++) {
		json_object *feed = element(zone, "primaries", i);
		bool is_p = strcmp(string(feed, "address"), P) == 0;

		has_only(feed, "address outcome cause failures last");
		ck_assert_str_eq(string(feed, "outcome"), "failed");
		ck_assert_str_eq(string(feed, "cause"),
				 is_p ? "refused-transfer" : "connect-refused");
		ck_assert_uint_eq(number(feed, "failures"), 1);
	}
	/* The incident that it names is there. */
	incidents = ask("/json/v1/incidents?state=open");
	for (size_t i = 0;; i++) {
		json_object *incident = element(incidents, "incidents", i);
		if (number(incident, "id") == number(zone, "incident")) {
			ck_assert_str_eq(string(incident, "cause"),
					 string(zone, "cause"));
			break;
		}
	}
	json_object_put(incidents);
	json_object_put(json);
}
END_TEST

START_TEST(zone_that_never_loaded_has_no_deadline) {
	json_object *json = NULL, *zone = NULL;

	declare("never.example/IN/internal", 1);
	fake_zone("never.example/IN/internal", -1);
	pass(0);
	json = ask("/json/v1/zones?view=internal");
	zone = element(json, "zones", 0);
	has_only(zone, "name class view type state since failing-for severity failures "
		       "next-refresh primaries");
	ck_assert_str_eq(string(zone, "state"), "never-loaded");
	ck_assert_str_eq(string(zone, "view"), "internal");
	ck_assert_str_eq(string(zone, "name"), "never.example");
	json_object_put(json);
}
END_TEST

START_TEST(zone_that_expired_serves_nothing) {
	json_object *json = NULL, *zone = NULL;
	fake_t *f = NULL;

	healthy(Z, 1);
	f = fake_find(Z);
	transfer_fails(Z, P, "failed to connect: timed out", "timed out");
	now_ms += (int64_t)EXPIRE * 1000;
	linef("general: warning: zone " Z ": expired");
	f->t.loaded = f->t.has_serial = false;
	pass(10000);
	json = ask("/json/v1/zones?state=expired");
	ck_assert_uint_eq(length(json, "zones"), 1);
	zone = element(json, "zones", 0);
	ck_assert_ptr_null(get(zone, "serial"));
	ck_assert_uint_eq(number(zone, "deadline-in"), 0);
	ck_assert_str_eq(string(zone, "severity"), "alert");
	json_object_put(json);
}
END_TEST

/*--- incidents ----------------------------------------------------------------*/

/* The steps are those of the plan, filled in so; the first one is the action. */
static void
has_plan(json_object *incident, xfw_cause_t cause, const char *key,
	 const char *source_address) {
	xfw_plan_context_t context = { P, Z, key, source_address };
	char text[XFW_PLAN_STEP_MAX];

	ck_assert_uint_eq(length(incident, "steps"), xfw_plan_steps(cause));
	for (unsigned i = 0; i < xfw_plan_steps(cause); i++) {
		xfw_plan_step(text, sizeof(text), cause, i, &context);
		ck_assert_str_eq(json_object_get_string(element(incident, "steps", i)),
				 text);
		if (i == 0) {
			ck_assert_str_eq(string(incident, "action"), text);
		}
	}
}

START_TEST(incident_while_open_and_closed) {
	json_object *json = NULL, *incident = NULL;
	xfw_zone_t *z = healthy(Z, 1);
	int64_t opened_ms, closed_ms;

	transfer_fails(Z, P, "failed to connect: connection refused",
		       "connection refused");
	pass(90000);
	opened_ms = xfw_state_incidents(state)->opened_ms;
	json = ask("/json/v1/incidents");
	has_only(json, "json-stats-version current-time incidents");
	ck_assert_uint_eq(length(json, "incidents"), 1);
	incident = element(json, "incidents", 0);
	has_only(incident, "id state severity cause family primary zones zones-peak "
			   "expired opened failing-for first-zone last-zone deadline "
			   "deadline-in deadline-by deadline-zone confidence action "
			   "steps");
	ck_assert_uint_eq(number(incident, "id"), 1);
	ck_assert_str_eq(string(incident, "state"), "open");
	ck_assert_str_eq(string(incident, "severity"), "notice");
	ck_assert_str_eq(string(incident, "cause"), "connect-refused");
	ck_assert_str_eq(string(incident, "family"), "network");
	ck_assert_str_eq(string(incident, "primary"), P);
	ck_assert_uint_eq(number(incident, "zones"), 1);
	ck_assert_uint_eq(number(incident, "zones-peak"), 1);
	ck_assert_uint_eq(number(incident, "expired"), 0);
	ck_assert_str_eq(string(incident, "opened"), iso(opened_ms));
	ck_assert_uint_eq(number(incident, "failing-for"),
			  (uint64_t)(now_ms - opened_ms) / 1000);
	ck_assert_str_eq(string(incident, "first-zone"), Z);
	ck_assert_str_eq(string(incident, "last-zone"), Z);
	ck_assert_str_eq(string(incident, "deadline"), iso((int64_t)z->expires_s * 1000));
	ck_assert_str_eq(string(incident, "deadline-zone"), Z);
	ck_assert_uint_eq(number(incident, "confidence"),
			  xfw_state_incidents(state)->confidence);
	ck_assert_str_eq(string(incident, "deadline-by"), "expire");
	has_plan(incident, XFW_CAUSE_CONNECT_REFUSED, NULL, NULL);
	json_object_put(json);

	transfer_succeeds(Z, P, 2026032901);
	fake_success(fake_find(Z));
	pass(10000);
	closed_ms = xfw_state_closed(state)->closed_ms;
	pass(50000);
	json = ask("/json/v1/incidents?state=open");
	ck_assert_uint_eq(length(json, "incidents"), 0);
	json_object_put(json);
	json = ask("/json/v1/incidents?state=closed");
	incident = element(json, "incidents", 0);
	has_only(incident, "id state severity cause family primary zones zones-peak "
			   "expired opened closed failing-for first-zone last-zone "
			   "confidence action steps stale-for");
	ck_assert_str_eq(string(incident, "state"), "closed");
	ck_assert_uint_eq(number(incident, "zones"), 0);
	ck_assert_uint_eq(number(incident, "zones-peak"), 1);
	ck_assert_str_eq(string(incident, "closed"), iso(closed_ms));
	ck_assert_uint_eq(number(incident, "failing-for"),
			  (uint64_t)(closed_ms - opened_ms) / 1000);
	json_object_put(json);
}
END_TEST

static void
open_one(unsigned i) {
	char key[32], primary[32];

	snprintf(key, sizeof(key), "z%u.example/IN", i);
	snprintf(primary, sizeof(primary), "10.1.%u.%u#53", i / 250, i % 250);
	declare(key, 1);
	transfer_fails(key, primary, "failed to connect: connection refused",
		       "connection refused");
}

static void
close_one(unsigned i) {
	char key[32], primary[32];

	snprintf(key, sizeof(key), "z%u.example/IN", i);
	snprintf(primary, sizeof(primary), "10.1.%u.%u#53", i / 250, i % 250);
	transfer_succeeds(key, primary, 7);
	now_ms += 1000;
	xfw_state_tick(state, now_ms);
}

#define OPEN 300

/* Those told last and next close, new ones open, while the list is read. */
static void
incidents_move(unsigned piece) {
	if (piece == 2) {
		for (unsigned i = 0; i < 40; i++) {
			close_one(OPEN - 105 + i);
		}
		for (unsigned i = 0; i < 40; i++) {
			open_one(OPEN + i);
		}
	}
}

START_TEST(incidents_are_told_once_each) {
	json_object *json = NULL;
	bool seen[OPEN + 100] = { false };

	for (unsigned i = 0; i < OPEN; i++) {
		open_one(i);
	}
	for (unsigned i = 0; i < 10; i++) {
		close_one(i);
	}
	pass(1000);
	meanwhile = incidents_move;
	json = ask("/json/v1/incidents?state=all");
	meanwhile = NULL;
	ck_assert_uint_ge(last_pieces, 4);
	ck_assert_uint_eq(length(json, "incidents"), OPEN);
	for (size_t i = 0; i < OPEN; i++) {
		uint64_t id = number(element(json, "incidents", i), "id");

		ck_assert_uint_le(id, OPEN);
		ck_assert(!seen[id]);
		seen[id] = true;
	}
	json_object_put(json);
	json = ask("/json/v1/incidents?limit=5");
	ck_assert_uint_eq(length(json, "incidents"), 5);
	ck_assert_uint_eq(number(element(json, "incidents", 0), "id"), OPEN + 40);
	json_object_put(json);
	json = ask("/json/v1/incidents");
	ck_assert_str_eq(string(element(json, "incidents", 0), "state"), "open");
	ck_assert_str_eq(string(element(json, "incidents",
					length(json, "incidents") - 1),
				"state"),
			 "closed");
	json_object_put(json);
}
END_TEST

static xfw_inquest_t
findings_of(uint64_t incident) {
	return ((xfw_inquest_t){
		.incident = incident,
		.zone = Z,
		.key = "xfr-key",
		.source = "10.0.0.9",
		.port = 53,
		.findings = { .count = 2,
			      .item = { { .at_ms = now_ms - 7,
					  .check = XFW_CHECK_UDP_SOA,
					  .result = XFW_RESULT_ANSWER,
					  .authoritative = true,
					  .has_serial = true,
					  .serial = 2026032901 },
					{ .at_ms = now_ms - 5,
					  .check = XFW_CHECK_TCP_CONNECT,
					  .result = XFW_RESULT_TIMEOUT } } },
	});
}

START_TEST(incident_that_was_diagnosed) {
	json_object *json = NULL, *incident = NULL;
	const xfw_incident_t *inc = NULL;
	xfw_inquest_t inquest;

	healthy(Z, 1);
	transfer_fails(Z, P, "failed to connect: timed out", "timed out");
	pass(10000);
	inc = xfw_state_incidents(state);
	inquest = findings_of(inc->id);
	xfw_state_diagnosed(state, &inquest, 300, now_ms);
	json = ask("/json/v1/incidents");
	incident = element(json, "incidents", 0);
	has_only(incident, "id state severity cause family primary zones zones-peak "
			   "expired opened failing-for first-zone last-zone deadline "
			   "deadline-in deadline-by deadline-zone confidence verdict "
			   "diagnosed-at diagnoses next-diagnosis checked-zone key "
			   "source evidence action steps");
	ck_assert_str_eq(string(incident, "cause"), "connect-timeout");
	ck_assert_str_eq(string(incident, "verdict"), inc->diagnosis->verdict.why);
	ck_assert_str_eq(string(incident, "diagnosed-at"), iso(now_ms));
	ck_assert_uint_eq(number(incident, "diagnoses"), 1);
	ck_assert_str_eq(string(incident, "next-diagnosis"), iso(now_ms + 300000));
	ck_assert_str_eq(string(incident, "checked-zone"), Z);
	ck_assert_str_eq(string(incident, "key"), "xfr-key");
	ck_assert_str_eq(string(incident, "source"), "10.0.0.9");
	ck_assert_uint_eq(number(incident, "confidence"), inc->confidence);
	ck_assert_uint_eq(length(incident, "evidence"), 2);
	for (size_t i = 0; i < 2; i++) {
		json_object *finding = element(incident, "evidence", i);
		char text[256];

		has_only(finding, "at check result stance");
		xfw_finding_text(text, sizeof(text), &inquest.findings.item[i]);
		ck_assert_str_eq(string(finding, "at"),
				 iso(inquest.findings.item[i].at_ms));
		ck_assert_str_eq(string(finding, "check"),
				 i == 0 ? "soa-udp" : "tcp-connect");
		ck_assert_str_eq(string(finding, "result"), text);
		ck_assert_str_eq(string(finding, "stance"), "agrees");
	}
	has_plan(incident, XFW_CAUSE_CONNECT_TIMEOUT, "xfr-key", "10.0.0.9");
	json_object_put(json);
}
END_TEST

/* Told by another cause than was heard, in a cascade, and with its primary back. */
START_TEST(incident_that_is_better_known) {
	json_object *json = NULL, *incident = NULL;
	xfw_incident_t *inc = NULL;

	healthy(Z, 1);
	transfer_fails(Z, P, "failed to connect: timed out", "timed out");
	pass(10000);
	inc = (xfw_incident_t *)(uintptr_t)xfw_state_incidents(state);
	inc->heard = XFW_CAUSE_SOA_TIMEOUT;
	inc->cascade = 12;
	inc->recovering = true;
	inc->stale_ms = 65999;
	json = ask("/json/v1/incidents");
	incident = element(json, "incidents", 0);
	ck_assert_str_eq(string(incident, "cause"), "connect-timeout");
	ck_assert_str_eq(string(incident, "heard"), "soa-timeout");
	ck_assert_uint_eq(number(incident, "cascade"), 12);
	ck_assert_uint_eq(number(incident, "stale-for"), 65);
	ck_assert(json_object_get_boolean(must(incident, "recovering")));
	json_object_put(json);
	inc->heard = inc->cause;
	inc->cascade = 0;
	inc->recovering = false;
}
END_TEST

/*--- names that mean harm -------------------------------------------------------*/

START_TEST(hostile_names_stay_names) {
	static const char *const names[] = {
		"\\\"\\,\\\"state\\\":\\\"ok",
		"</script><script>alert(1)</script>",
		"a\\010b\\255c",
		"a\\\\",
		"\xff\xfe\x01\x7f\n\r\t",
		"\xe2\x80\xa8",
		"0/25.2.0.192.in-addr.arpa",
	};
	static const char *const want[] = {
		"\\\"\\,\\\"state\\\":\\\"ok",
		"</script><script>alert(1)</script>",
		"a\\010b\\255c",
		"a\\\\",
		"\\255\\254\\001\\127\\010\\013\\009",
		"\\226\\128\\168",
		"0/25.2.0.192.in-addr.arpa",
	};
	const size_t count = sizeof(names) / sizeof(names[0]);
	json_object *json = NULL;
	unsigned found = 0;

	for (size_t i = 0; i < count; i++) {
		char key[128];
		snprintf(key, sizeof(key), "%s/IN/view \"x\"\n", names[i]);
		declare(key, 1);
	}
	json = ask("/json/v1/zones");
	ck_assert_uint_eq(length(json, "zones"), count);
	for (size_t i = 0; i < count; i++) {
		json_object *zone = element(json, "zones", i);

		ck_assert_str_eq(string(zone, "view"), "view \"x\"\\010");
		for (size_t k = 0; k < count; k++) {
			found += strcmp(string(zone, "name"), want[k]) == 0;
		}
	}
	ck_assert_uint_eq(found, count);
	json_object_put(json);
	/* Found by what the list shows, the backslash encoded or not. */
	json = ask("/json/v1/zones?name=a%5c010b\\255C&view=view+%22x%22%0a");
	ck_assert_uint_eq(length(json, "zones"), 1);
	json_object_put(json);
}
END_TEST

/* A failure of a zone whose key is longer than an event has room for. */
static const xfw_event_t *
failed_event(const xfw_zone_t *zone, const char *primary) {
	static xfw_event_t ev;
	char text[256];
	int len = snprintf(text, sizeof(text),
			   "zone example.com/IN: refresh: failure trying primary %s "
			   "(source 0.0.0.0#0): timed out", primary);

	ck_assert_int_ne(xfw_classify("general", 7, -1, text, (size_t)len, &ev),
			 XFW_KIND_IRRELEVANT);
	ev.zone_hash = xfw_key_hash(zone->key, zone->key_len);
	ev.flags |= XFW_EVENT_KEY_TRUNCATED;
	ev.time_ns = now_ms * 1000000;
	return (&ev);
}

static void
expires(xfw_zone_t *zone) {
	xfw_timers_t t = { .found = true, .loaded = true, .has_serial = true,
			   .has_soa = true, .type = XFW_ZONE_TYPE_SECONDARY,
			   .serial = 7, .refresh_s = REFRESH, .retry_s = RETRY,
			   .expire_s = EXPIRE, .expires_s = now_ms / 1000 + 90000,
			   .refresh_at_s = now_ms / 1000 + REFRESH,
			   .read_ms = now_ms };

	xfw_state_timers(state, zone, &t, now_ms);
}

#define SHORT 15
START_TEST(a_view_with_an_endless_name) {
	static char name[60000], key[60100];
	json_object *json = NULL;
	unsigned diagnosed = 0;

	memset(name, 0xff, sizeof(name) - 1);
	snprintf(key, sizeof(key), "example.com/IN/%s", name);
	for (unsigned i = 0; i < 20; i++) {
		key[0] = (char)('a' + i);
		xfw_state_declare(state, xfw_state_view(state, name), key, strlen(key),
				  XFW_ZONE_TYPE_SECONDARY, XFW_ZONE_IN_CONFIG, 1, 1,
				  now_ms);
	}
	json = ask("/json/v1/zones");
	ck_assert_uint_eq(length(json, "zones"), 20);
	json_object_put(json);
	/* Four keys in each incident, and enough short ones between them that a
	 * piece is all but full already when it comes to a long one. */
	for (unsigned i = 0; i < 20; i++) {
		char primary[32];
		xfw_zone_t *z = NULL;

		key[0] = (char)('a' + i);
		z = xfw_state_find(state, key, strlen(key));
		snprintf(primary, sizeof(primary), "10.0.0.%u#53", i);
		expires(z);
		xfw_state_event(state, failed_event(z, primary), now_ms);
		for (unsigned k = 0; k < SHORT; k++) {
			open_one(i * SHORT + k);
		}
	}
	pass(10000);
	ck_assert_uint_eq(open_incidents(), 20 * (1 + SHORT));
	for (unsigned i = 0; i < 20; i++) {
		xfw_inquest_t inquest;

		key[0] = (char)('a' + i);
		inquest = findings_of(xfw_zone_incident(
			xfw_state_find(state, key, strlen(key)))->id);
		inquest.zone = key;
		xfw_state_diagnosed(state, &inquest, 300, now_ms);
	}
	json = ask("/json/v1/incidents");
	ck_assert_uint_eq(length(json, "incidents"), 20 * (1 + SHORT));
	for (size_t i = 0; i < length(json, "incidents"); i++) {
		json_object *incident = element(json, "incidents", i);

		diagnosed += get(incident, "checked-zone") != NULL &&
			     get(incident, "deadline-zone") != NULL;
		ck_assert_uint_gt(length(incident, "steps"), 0);
	}
	ck_assert_uint_eq(diagnosed, 20);
	/* Room is left for plans that name the zone more often, and more findings. */
	ck_assert_uint_le(last_largest, XFW_PIECE_GOAL + XFW_PIECE_MAX / 2);
	json_object_put(json);
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("answer");
	TCase *tc = answer_case(suite, "routes");

	tcase_add_test(tc, status_has_three_names);
	tcase_add_test(tc, unknown_paths_are_not_found);
	tcase_add_test(tc, only_get_and_head);
	tcase_add_test(tc, healthz_says_ok);
	tcase_add_test(tc, the_page_is_html_and_has_its_own_parameters);
	tcase_add_test(tc, metrics_go_by_accept);
	tcase_add_test(tc, wrong_parameters_are_named);
	tcase_add_test(tc, right_parameters_are_taken);
	tcase_add_test(tc, any_request_gets_an_answer);
	tcase_add_test(tc, errors_of_the_server);
	tc = answer_case(suite, "content");
	tcase_add_test(tc, status_of_nothing);
	tcase_add_test(tc, status_in_reduced_mode);
	tcase_add_test(tc, status_without_times_and_versions);
	tcase_add_test(tc, status_counts);
	tcase_add_test(tc, status_with_many_primaries_is_streamed);
	tcase_add_test(tc, zone_of_which_nothing_is_known);
	tcase_add_test(tc, zone_that_is_fed);
	tcase_add_test(tc, zone_that_is_signed);
	tcase_add_test(tc, zone_that_fails);
	tcase_add_test(tc, zone_that_never_loaded_has_no_deadline);
	tcase_add_test(tc, zone_that_expired_serves_nothing);
	tcase_add_test(tc, incident_while_open_and_closed);
	tcase_add_test(tc, incident_that_was_diagnosed);
	tcase_add_test(tc, incident_that_is_better_known);
	tcase_add_test(tc, incidents_are_told_once_each);
	tcase_add_test(tc, hostile_names_stay_names);
	tcase_add_test(tc, a_view_with_an_endless_name);
	return (kit_run(suite));
}
