/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the tests of the state share: a clock of their own, lines as named prints
 * them, a named that answers for its zones' timers, and a list of what was said.
 * Included by one test program each; single-threaded, no daemon.
 */
#ifndef STATE_KIT_H
#define STATE_KIT_H

#include <check.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xfrwatch/classify.h>
#include <xfrwatch/key.h>
#include <xfrwatch/state.h>

#define KIT_UNUSED __attribute__((unused))

/* Minutes of a day in 2026; every function of the state takes the time. */
#define START_MS INT64_C(1795219200000)

static xfw_state_t *state;
static int64_t now_ms;

/*--- what was said ----------------------------------------------------------*/

typedef struct said {
	xfw_notice_kind_t kind;
	xfw_severity_t severity;
	int64_t at_ms;
	uint64_t incident; /* 0: none */
	uint32_t count;
	uint32_t zones;
	char cause[32];
	char primary[64];
	char zone[64];
	xfw_cascade_t cascade;
} said_t;

#define SAID_MAX 100000
static said_t said[SAID_MAX];
static size_t said_count;

static void
hear(void *arg, const xfw_notice_t *notice) {
	said_t *s = &said[said_count < SAID_MAX ? said_count++ : SAID_MAX - 1];

	(void)arg;
	memset(s, 0, sizeof(*s));
	s->kind = notice->kind;
	s->severity = notice->severity;
	s->at_ms = notice->now_ms;
	s->count = notice->count;
	if (notice->incident != NULL) {
		const xfw_incident_t *i = notice->incident;
		s->incident = i->id;
		s->zones = i->open ? i->zones : i->zones_peak;
		snprintf(s->cause, sizeof(s->cause), "%s",
			 xfw_cause_info(i->cause)->name);
		snprintf(s->primary, sizeof(s->primary), "%s", i->primary->address);
	}
	if (notice->cascade != NULL) {
		s->cascade = *notice->cascade;
	}
	if (notice->zone != NULL) {
		snprintf(s->zone, sizeof(s->zone), "%s", notice->zone->key);
	}
}

/* How often `kind` was said about `cause` (NULL: any). */
KIT_UNUSED static unsigned
heard(xfw_notice_kind_t kind, const char *cause) {
	unsigned n = 0;

	for (size_t i = 0; i < said_count; i++) {
		n += said[i].kind == kind &&
		     (cause == NULL || strcmp(said[i].cause, cause) == 0);
	}
	return (n);
}

/* The most lines within any 60 seconds. */
KIT_UNUSED static unsigned
busiest_minute(void) {
	unsigned most = 0;

	for (size_t i = 0, from = 0; i < said_count; i++) {
		while (said[i].at_ms - said[from].at_ms >= 60000) {
			from++;
		}
		if (i - from + 1 > most) {
			most = (unsigned)(i - from + 1);
		}
	}
	return (most);
}

/*--- the named that is watched ----------------------------------------------*/

typedef struct fake {
	char key[64];
	bool answers; /* to a probe at all */
	bool present;
	xfw_timers_t t;
	unsigned reads;
} fake_t;

#define FAKES_MAX 512
static fake_t fakes[FAKES_MAX];
static size_t fake_count;
static bool probes_answered = true;

#define REFRESH 3600
#define RETRY	900
#define EXPIRE	604800

/* A zone that was refreshed `ago_s` ago; ago_s < 0: it never loaded. */
KIT_UNUSED static fake_t *
fake_zone(const char *key, int64_t ago_s) {
	fake_t *f = &fakes[fake_count++];

	ck_assert_uint_le(fake_count, FAKES_MAX);
	memset(f, 0, sizeof(*f));
	snprintf(f->key, sizeof(f->key), "%s", key);
	f->answers = f->present = true;
	f->t.found = true;
	f->t.type = XFW_ZONE_TYPE_SECONDARY;
	if (ago_s >= 0) {
		f->t.loaded = f->t.has_serial = f->t.has_soa = true;
		f->t.serial = 2026032801;
		f->t.refresh_s = REFRESH;
		f->t.retry_s = RETRY;
		f->t.expire_s = EXPIRE;
		f->t.expires_s = now_ms / 1000 - ago_s + EXPIRE;
		f->t.refresh_at_s = now_ms / 1000 - ago_s + REFRESH;
	} else {
		f->t.refresh_at_s = now_ms / 1000 + 60;
	}
	return (f);
}

/* As named's timers are after a success, and after a refresh began. */
KIT_UNUSED static void
fake_success(fake_t *f) {
	f->t.loaded = f->t.has_serial = f->t.has_soa = true;
	f->t.refresh_s = REFRESH;
	f->t.retry_s = RETRY;
	f->t.expire_s = EXPIRE;
	f->t.expires_s = now_ms / 1000 + EXPIRE;
	f->t.refresh_at_s = now_ms / 1000 + REFRESH;
}

KIT_UNUSED static void
fake_begin(fake_t *f) {
	f->t.refresh_at_s = now_ms / 1000 + RETRY;
}

static fake_t *
fake_find(const char *key) {
	for (size_t i = 0; i < fake_count; i++) {
		if (strcmp(fakes[i].key, key) == 0) {
			return (&fakes[i]);
		}
	}
	return (NULL);
}

static void
answer_probes(void) {
	for (const xfw_view_t *v = xfw_state_views(state); v != NULL; v = v->next) {
		xfw_zone_t *zone = NULL;
		uint32_t left = v->probe_count;

		while (left-- > 0 &&
		       xfw_state_take_probes(state, xfw_state_view(state, v->name),
					     &zone, 1) == 1)
		{
			fake_t *f = fake_find(zone->key);
			if (f == NULL || !f->answers) {
				xfw_state_unprobed(state, zone);
				break;
			}
			f->t.found = f->present;
			f->t.read_ms = now_ms;
			f->reads++;
			xfw_state_timers(state, zone, &f->t, now_ms);
		}
	}
}

/*--- time -------------------------------------------------------------------*/

/* Lets `ms` go by, doing what is due when it is due. */
KIT_UNUSED static void
pass(int64_t ms) {
	int64_t end_ms = now_ms + ms;

	for (;;) {
		int64_t next = xfw_state_tick(state, now_ms);
		if (probes_answered) {
			answer_probes();
			next = xfw_state_tick(state, now_ms);
		}
		if (next > end_ms) {
			break;
		}
		now_ms = next > now_ms ? next : now_ms + 1;
	}
	now_ms = end_ms;
	xfw_state_tick(state, now_ms);
}

/*--- lines ------------------------------------------------------------------*/

static int
level_of(const char *name) {
	int debug = 0;

	if (sscanf(name, "debug %d", &debug) == 1) {
		return (debug);
	}
	return (strcmp(name, "critical") == 0  ? -5
		: strcmp(name, "error") == 0   ? -4
		: strcmp(name, "warning") == 0 ? -3
		: strcmp(name, "notice") == 0  ? -2
					       : -1);
}

/* One line as a file channel of named writes it: "category: level: message". */
static xfw_kind_t
line(const char *text) {
	xfw_event_t ev;
	char category[32] = "", level[32] = "";
	int at = 0;
	xfw_kind_t kind;

	/* No ck_assert() here: each one writes to a file, and there are many lines. */
	if (sscanf(text, "%31[^:]: %31[^:]: %n", category, level, &at) != 2) {
		ck_abort_msg("no line of a log: %s", text);
	}
	kind = xfw_classify(category, strlen(category), level_of(level), text + at,
			    strlen(text + at), &ev);
	if (kind != XFW_KIND_IRRELEVANT) {
		ev.time_ns = now_ms * 1000000;
		xfw_state_event(state, &ev, now_ms);
	}
	return (kind);
}

__attribute__((format(printf, 1, 2))) KIT_UNUSED static void
linef(const char *format, ...) {
	char text[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (line(text) == XFW_KIND_IRRELEVANT) {
		ck_abort_msg("not understood: %s", text);
	}
	now_ms += 1;
}

/* The lines of a whole transfer that fails, and of one that succeeds. */
KIT_UNUSED static void
transfer_fails(const char *zone, const char *primary, const char *error,
	       const char *status) {
	linef("xfer-in: info: zone %s: Transfer started.", zone);
	linef("xfer-in: error: transfer of '%s' from %s: %s", zone, primary, error);
	linef("xfer-in: info: transfer of '%s' from %s: Transfer status: %s", zone,
	      primary, status);
	linef("xfer-in: info: transfer of '%s' from %s: Transfer completed: 0 messages, "
	      "0 records, 0 bytes, 0.001 secs (0 bytes/sec) (serial 0)",
	      zone, primary);
}

KIT_UNUSED static void
transfer_succeeds(const char *zone, const char *primary, uint32_t serial) {
	fake_t *f = fake_find(zone);

	if (f != NULL) {
		f->t.serial = serial;
	}
	linef("xfer-in: info: zone %s: Transfer started.", zone);
	linef("xfer-in: info: transfer of '%s' from %s: connected using %s", zone,
	      primary, primary);
	linef("xfer-in: info: zone %s: transferred serial %u", zone, serial);
	linef("xfer-in: info: transfer of '%s' from %s: Transfer status: success", zone,
	      primary);
	linef("xfer-in: info: transfer of '%s' from %s: Transfer completed: 1 messages, "
	      "4 records, 171 bytes, 0.008 secs (21375 bytes/sec) (serial %u)",
	      zone, primary, serial);
}

KIT_UNUSED static void
soa_fails(const char *zone, const char *primary, const char *why) {
	linef("general: info: zone %s: refresh: failure trying primary %s "
	      "(source 0.0.0.0#0): %s",
	      zone, primary, why);
}

/*--- zones ------------------------------------------------------------------*/

static xfw_zone_t *
declare(const char *key, unsigned primaries) {
	xfw_key_t k;
	char view[64];

	ck_assert(xfw_key_split(key, strlen(key), &k));
	snprintf(view, sizeof(view), "%.*s", (int)k.view_len, k.view);
	return (xfw_state_declare(state, xfw_state_view(state, view), key, strlen(key),
				  XFW_ZONE_TYPE_SECONDARY, XFW_ZONE_IN_CONFIG,
				  primaries, 1, now_ms));
}

/* A healthy zone, refreshed a minute ago, its timers read. */
KIT_UNUSED static xfw_zone_t *
healthy(const char *key, unsigned primaries) {
	xfw_zone_t *zone = declare(key, primaries);

	fake_zone(key, 60);
	pass(0);
	ck_assert_int_eq(zone->state, XFW_ZONE_OK);
	ck_assert(zone->flags & XFW_ZONE_HAS_TIMERS);
	return (zone);
}

KIT_UNUSED static const xfw_feed_t *
feed_of(const xfw_zone_t *zone, const char *primary) {
	for (const xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		if (strcmp(f->primary->address, primary) == 0) {
			return (f);
		}
	}
	return (NULL);
}

KIT_UNUSED static uint64_t
causes_in_all(void) {
	const xfw_counters_t *c = xfw_state_counters(state);
	uint64_t n = 0;

	for (unsigned i = 1; i < XFW_CAUSE_COUNT; i++) {
		n += c->causes[i];
	}
	return (n);
}

KIT_UNUSED static unsigned
open_incidents(void) {
	unsigned n = 0;

	for (const xfw_incident_t *i = xfw_state_incidents(state); i != NULL;
	     i = i->next)
	{
		n++;
	}
	return (n);
}

/*
 * What must hold at any time, whatever came in: counts agree with what they
 * count, heaps are in order, failing feeds are in their incident.
 */
KIT_UNUSED static void
check_whole(void) {
	const xfw_counters_t *c = xfw_state_counters(state);
	uint32_t states[XFW_ZONE_STATES] = { 0 };
	uint64_t cursor = 0;
	size_t failing = 0;

	for (xfw_zone_t *z; (z = xfw_state_next_zone(state, &cursor)) != NULL;) {
		states[z->state]++;
		if (xfw_state_find(state, z->key, z->key_len) != z) {
			ck_abort_msg("%s is not found", z->key);
		}
		for (const xfw_feed_t *f = z->feeds; f != NULL; f = f->next) {
			const xfw_incident_t *inc = f->incident;
			if ((f->cause != XFW_CAUSE_NONE) != (inc != NULL) ||
			    (inc != NULL && (inc->cause != f->cause ||
					     inc->heap[f->slot] != f)))
			{
				ck_abort_msg("%s: feed and incident", z->key);
			}
		}
	}
	for (unsigned i = 0; i < XFW_ZONE_STATES; i++) {
		uint32_t n = 0;
		ck_assert_uint_eq(states[i], c->zones[i]);
		for (const xfw_view_t *v = xfw_state_views(state); v; v = v->next) {
			n += v->states[i];
		}
		ck_assert_uint_eq(states[i], n);
	}
	failing = xfw_state_failing(state, NULL, 0);
	ck_assert_uint_eq(failing, states[1] + states[2] + states[3]);
	ck_assert_uint_eq(c->attempts, c->transferred + c->up_to_date + c->failed);
	for (const xfw_incident_t *i = xfw_state_incidents(state); i; i = i->next) {
		uint32_t by[XFW_SEVERITY_COUNT] = { 0 }, n = 0;
		ck_assert(i->open && i->zones > 0);
		ck_assert_uint_eq(i->zones, i->heap_size);
		for (size_t k = 0; k < i->heap_size; k++) {
			if (i->heap[k]->incident != i) {
				ck_abort_msg("a member of another incident");
			}
			by[i->heap[k]->severity]++;
		}
		for (unsigned s = 0; s < XFW_SEVERITY_COUNT; s++) {
			ck_assert_uint_eq(by[s], i->by_severity[s]);
			n += by[s];
			ck_assert(by[s] == 0 || s <= i->severity);
		}
		ck_assert_uint_eq(n, i->zones);
	}
	for (const xfw_primary_t *p = xfw_state_primaries(state); p; p = p->next) {
		uint32_t n = 0;
		for (const xfw_incident_t *i = p->incidents; i; i = i->primary_next) {
			n += i->zones;
		}
		ck_assert_uint_eq(n, p->failing);
	}
}

static void
kit_setup(void) {
	xfw_policy_t policy = { .escalation = XFW_ESCALATION_DEFAULT, .reminder_s = XFW_REMINDER_DEFAULT,
				.min_retry_s = 0 };

	now_ms = START_MS;
	said_count = 0;
	fake_count = 0;
	probes_answered = true;
	state = xfw_state_create(&policy, hear, NULL);
	ck_assert_ptr_nonnull(state);
}

static void
kit_teardown(void) {
	check_whole();
	xfw_state_destroy(state);
	state = NULL;
}

/* Every test begins anew; check_whole() is done after each. */
KIT_UNUSED static TCase *
kit_case(Suite *suite, const char *name) {
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, kit_setup, kit_teardown);
	suite_add_tcase(suite, tc);
	return (tc);
}

KIT_UNUSED static int
kit_run(Suite *suite) {
	SRunner *runner = srunner_create(suite);
	int failed = 0;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

#endif /* STATE_KIT_H */
