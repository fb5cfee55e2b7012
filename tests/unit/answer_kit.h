/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the tests of the channel's answers share: a client that asks, takes a body
 * piece by piece as the server does, holds each piece against its bounds, and parses
 * the whole with json-c. Included by one test program each, behind state_kit.h.
 */
#ifndef ANSWER_KIT_H
#define ANSWER_KIT_H

#include <json-c/json.h>
#include <time.h>

#include <xfrwatch/answer.h>

static xfw_intake_t *intake;
static xfw_source_t source;

static int64_t
kit_now_ms(void) {
	return (now_ms);
}

KIT_UNUSED static void
answer_setup(void) {
	kit_setup();
	intake = xfw_intake_create(64);
	ck_assert_ptr_nonnull(intake);
	source = (xfw_source_t){ .state = state,
				 .intake = intake,
				 .version = "0.1.0",
				 .bind_version = "9.18.49-test",
				 .bind_built = "9.18.49-built",
				 .boot_ms = START_MS - 5000,
				 .config_ms = START_MS - 3000,
				 .now_ms = kit_now_ms };
}

KIT_UNUSED static void
answer_teardown(void) {
	xfw_intake_destroy(intake);
	kit_teardown();
}

KIT_UNUSED static TCase *
answer_case(Suite *suite, const char *name) {
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, answer_setup, answer_teardown);
	suite_add_tcase(suite, tc);
	return (tc);
}

/*--- asking -----------------------------------------------------------------*/

/* The whole of an answer, as a client has it in the end. */
typedef struct reply {
	xfw_answer_t answer;
	xfw_text_t body;
	unsigned pieces; /* 0: it was there at once */
	size_t largest;
} reply_t;

/* This thread's own time, of which others on the machine take none. */
static double
cpu_ms(void) {
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return ((double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6);
}

/* Of all pieces since it was set to 0. */
static double slowest_ms;

/* Called between two pieces, if set: the world goes on. */
static void (*meanwhile)(unsigned piece);

static void
take_pieces(reply_t *reply) {
	xfw_body_t *body = reply->answer.body;
	bool more = true;

	while (more) {
		xfw_text_t piece = { 0 };
		double began_ms = cpu_ms(), took_ms;

		more = body->next(body, &piece);
		took_ms = cpu_ms() - began_ms;
		slowest_ms = (took_ms > slowest_ms) ? took_ms : slowest_ms;
		ck_assert(!piece.failed);
		ck_assert(!more || piece.used > 0);
		ck_assert_uint_le(piece.used, XFW_PIECE_MAX);
		if (piece.used > reply->largest) {
			reply->largest = piece.used;
		}
		if (piece.used > 0) {
			xfw_text_printf(&reply->body, "%s", piece.data);
		}
		xfw_text_free(&piece);
		reply->pieces++;
		if (meanwhile != NULL) {
			meanwhile(reply->pieces);
		}
	}
	body->end(body);
}

static void
request(reply_t *reply, const char *method, const char *target,
	const char *accept) {
	xfw_request_t req = { method, target, accept };

	memset(reply, 0, sizeof(*reply));
	/* What is in it before does not count. */
	memset(&reply->answer, 0xff, sizeof(reply->answer));
	xfw_answer(&source, &req, &reply->answer);
	if (reply->answer.body != NULL) {
		take_pieces(reply);
	} else if (reply->answer.fixed != NULL) {
		xfw_text_printf(&reply->body, "%.*s", (int)reply->answer.fixed_len,
				(const char *)reply->answer.fixed);
	} else {
		reply->body = reply->answer.text;
	}
	ck_assert_ptr_nonnull(reply->body.data);
}

KIT_UNUSED static const char *
field(const reply_t *reply, const char *name) {
	for (size_t i = 0; reply->answer.fields[i][0] != NULL; i++) {
		ck_assert_uint_lt(i, XFW_ANSWER_FIELDS_MAX);
		if (strcmp(reply->answer.fields[i][0], name) == 0) {
			return (reply->answer.fields[i][1]);
		}
	}
	return (NULL);
}

/* Parses all of it, strictly: one value, nothing behind it but blanks. */
static json_object *
parse(const char *text, size_t len) {
	json_tokener *tok = json_tokener_new();
	json_object *json = NULL;

	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	json = json_tokener_parse_ex(tok, text, (int)len);
	if (json == NULL || json_tokener_get_error(tok) != json_tokener_success) {
		ck_abort_msg("no JSON: %s: %.2000s",
			     json_tokener_error_desc(json_tokener_get_error(tok)),
			     text);
	}
	for (const char *p = text; *p != '\0'; p++) {
		/* No ck_assert() for each byte. */
		if ((*p < ' ' || *p >= 0x7f) && *p != '\n') {
			ck_abort_msg("byte %u in an answer", (unsigned char)*p);
		}
	}
	json_tokener_free(tok);
	return (json);
}

static unsigned last_pieces;
static size_t last_largest;

/* Asks for `target`, which has to be there, and has to be as answers are. */
KIT_UNUSED static json_object *
ask(const char *target) {
	reply_t reply;
	json_object *json = NULL;

	request(&reply, "GET", target, NULL);
	if (reply.answer.status != 200) {
		ck_abort_msg("%s: %u %s", target, reply.answer.status,
			     reply.body.data);
	}
	ck_assert_str_eq(reply.answer.type, "application/json");
	ck_assert_str_eq(field(&reply, "Cache-Control"), "no-store");
	ck_assert_int_eq(strncmp(reply.body.data, "{\"json-stats-version\": \"1.0\", "
						  "\"current-time\": \"20", 47), 0);
	json = parse(reply.body.data, reply.body.used);
	last_pieces = reply.pieces;
	last_largest = reply.largest;
	xfw_text_free(&reply.body);
	return (json);
}

KIT_UNUSED static json_object *
askf(const char *format, ...) __attribute__((format(printf, 1, 2)));

KIT_UNUSED static json_object *
askf(const char *format, ...) {
	char target[2048];
	va_list ap;

	va_start(ap, format);
	vsnprintf(target, sizeof(target), format, ap);
	va_end(ap);
	return (ask(target));
}

/*--- reading ----------------------------------------------------------------*/

/* NULL if it is not there. A null is never there. */
static json_object *
get(json_object *json, const char *key) {
	json_object *value = NULL;

	if (json_object_object_get_ex(json, key, &value)) {
		ck_assert_msg(value != NULL, "%s is null", key);
	}
	return (value);
}

static json_object *
must(json_object *json, const char *key) {
	json_object *value = get(json, key);

	if (value == NULL) {
		ck_abort_msg("no %s in %s", key, json_object_to_json_string(json));
	}
	return (value);
}

KIT_UNUSED static uint64_t
number(json_object *json, const char *key) {
	json_object *value = must(json, key);

	ck_assert_msg(json_object_is_type(value, json_type_int), "%s", key);
	return (json_object_get_uint64(value));
}

KIT_UNUSED static int64_t
signed_number(json_object *json, const char *key) {
	json_object *value = must(json, key);

	ck_assert_msg(json_object_is_type(value, json_type_int), "%s", key);
	return (json_object_get_int64(value));
}

KIT_UNUSED static const char *
string(json_object *json, const char *key) {
	json_object *value = must(json, key);

	ck_assert_msg(json_object_is_type(value, json_type_string), "%s", key);
	return (json_object_get_string(value));
}

KIT_UNUSED static json_object *
element(json_object *json, const char *key, size_t i) {
	json_object *list = must(json, key);

	ck_assert_uint_lt(i, json_object_array_length(list));
	return (json_object_array_get_idx(list, i));
}

KIT_UNUSED static size_t
length(json_object *json, const char *key) {
	return (json_object_array_length(must(json, key)));
}

/* As date(1) has it. */
KIT_UNUSED static const char *
iso(int64_t ms) {
	static char text[8][40];
	static unsigned turn;
	char *to = text[turn++ % 8];
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	char head[32];

	gmtime_r(&s, &tm);
	strftime(head, sizeof(head), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(to, 40, "%s.%03dZ", head, (int)(ms % 1000));
	return (to);
}

/* The object has these members, and no others; `keys` are separated by blanks. */
KIT_UNUSED static void
has_only(json_object *json, const char *keys) {
	size_t count = 0;
	char copy[1024];

	snprintf(copy, sizeof(copy), "%s", keys);
	for (char *save = NULL, *key = strtok_r(copy, " ", &save); key != NULL;
	     key = strtok_r(NULL, " ", &save))
	{
		must(json, key);
		count++;
	}
	if (count != (size_t)json_object_object_length(json)) {
		ck_abort_msg("more than %s in %s", keys,
			     json_object_to_json_string(json));
	}
}

#endif /* ANSWER_KIT_H */
