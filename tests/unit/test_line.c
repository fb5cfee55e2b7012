/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The lines for the log: keys, order, unknown values, and that nothing which comes
 * over the network can forge a line or a field. Also the strings below them.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xfrwatch/report.h>

#define NOW_MS INT64_C(1795219605000)

/* What the lines ask of the state: the tests say it. */
int64_t
xfw_zone_deadline_s(const xfw_zone_t *zone) {
	return (zone->signature_s != 0 ? (int64_t)zone->signature_s : zone->expires_s);
}

const char *
xfw_zone_deadline_name(const xfw_zone_t *zone) {
	return (zone->signature_s != 0 ? "signature"
		: zone->expires_s != 0 ? "expire"
				       : NULL);
}

bool
xfw_zone_offer(const xfw_zone_t *zone, uint32_t *serial, int64_t *at_ms) {
	*at_ms = (int64_t)zone->offered_s * 1000;
	*serial = zone->offered;
	return ((zone->flags & XFW_ZONE_HAS_OFFERED) != 0);
}

static char line[XFW_LINE_MAX];
static xfw_zone_t *zone;
static xfw_feed_t feed;
static xfw_primary_t primary;
static xfw_incident_t incident;
static xfw_notice_t notice;
static xfw_diagnosis_t diagnosis;

static xfw_zone_t *
make_zone(const char *key) {
	xfw_zone_t *made = calloc(1, sizeof(*made) + strlen(key) + 1);

	ck_assert_ptr_nonnull(made);
	strcpy(made->key, key);
	made->key_len = (uint16_t)strlen(key);
	return (made);
}

static void
rename_zone(const char *key) {
	xfw_zone_t *old = zone;

	zone = make_zone(key);
	memcpy(zone, old, sizeof(*zone));
	free(old);
	strcpy(zone->key, key);
	feed.zone = zone;
	notice.zone = zone;
	incident.first_zone = zone->key;
}

static void
setup(void) {
	static char address[] = "10.0.0.53#53";

	zone = make_zone("example.com/IN");
	zone->state = XFW_ZONE_FAILING;
	zone->cause = XFW_CAUSE_CONNECT_TIMEOUT;
	zone->flags = XFW_ZONE_HAS_SERIAL | XFW_ZONE_HAS_OFFERED;
	zone->serial = 2026032801;
	zone->offered = 2026032901;
	zone->expires_s = NOW_MS / 1000 + 86400;
	zone->feeds = &feed;
	primary = (xfw_primary_t){ .address = address };
	feed = (xfw_feed_t){ .zone = zone,
			     .primary = &primary,
			     .cause = XFW_CAUSE_CONNECT_TIMEOUT };
	incident = (xfw_incident_t){ .id = 7,
				     .primary = &primary,
				     .cause = XFW_CAUSE_CONNECT_TIMEOUT,
				     .confidence = 95,
				     .zones = 312,
				     .zones_peak = 315,
				     .opened_ms = NOW_MS - 43380000,
				     .stale_ms = -1,
				     .first_zone = zone->key };
	notice = (xfw_notice_t){ .severity = XFW_SEVERITY_CRIT,
				 .now_ms = NOW_MS,
				 .incident = &incident,
				 .zone = zone };
}

static void
teardown(void) {
	free(zone);
	zone = NULL;
}

static const char *
line_of(xfw_notice_kind_t kind) {
	notice.kind = kind;
	ck_assert_uint_eq(xfw_line(line, sizeof(line), &notice), strlen(line));
	return (line);
}

#define HEAD(event)                                                           \
	"xfrwatch: incident=7 event=" event " severity=crit "                 \
	"cause=connect-timeout primary=10.0.0.53#53 "
#define DEADLINE                                                              \
	"deadline-in=86400s deadline-zone=example.com/IN serving=2026032801 " \
	"offered=2026032901"

/* `head`, then what is to be done first about `cause`, filled in so. */
static const char *
advice(const char *head, xfw_cause_t cause, const char *zone_key, const char *key,
       const char *source) {
	static char text[2 * XFW_LINE_MAX];
	char step[XFW_PLAN_STEP_MAX];
	xfw_plan_context_t context = { "10.0.0.53#53", zone_key, key, source };

	xfw_plan_step(step, sizeof(step), cause, 0, &context);
	snprintf(text, sizeof(text), "%s confidence=95 action=\"%s\"", head, step);
	return (text);
}

#define ADVICE(head) \
	advice(head, XFW_CAUSE_CONNECT_TIMEOUT, "example.com/IN", NULL, NULL)

START_TEST(each_event_has_its_fields_in_order) {
	ck_assert_str_eq(line_of(XFW_NOTICE_OPENED),
			 ADVICE(HEAD("opened") "zones=312 first-zone=example.com/IN "
				DEADLINE));
	ck_assert_str_eq(line_of(XFW_NOTICE_ESCALATED),
			 ADVICE(HEAD("escalated") "zones=312 failing-for=43380s "
				DEADLINE));
	ck_assert_str_eq(line_of(XFW_NOTICE_REMINDER),
			 ADVICE(HEAD("reminder") "zones=312 failing-for=43380s "
				DEADLINE));
	ck_assert_str_eq(line_of(XFW_NOTICE_RESOLVED),
			 HEAD("resolved") "zones=315 failing-for=43380s stale-for=-");
	incident.stale_ms = 7300999;
	ck_assert_str_eq(line_of(XFW_NOTICE_RESOLVED),
			 HEAD("resolved") "zones=315 failing-for=43380s stale-for=7300s");
	incident.stale_ms = 0;
	ck_assert_ptr_nonnull(strstr(line_of(XFW_NOTICE_RESOLVED), " stale-for=0s"));
	notice.count = 17;
	incident.expired = 21;
	ck_assert_str_eq(line_of(XFW_NOTICE_EXPIRED_MORE),
			 HEAD("expired") "zones=17 expired=21");
}
END_TEST

START_TEST(a_deadline_says_if_it_is_the_signature_s) {
	zone->signature_s = (uint32_t)(NOW_MS / 1000 + 3600);
	ck_assert_ptr_nonnull(strstr(line_of(XFW_NOTICE_OPENED),
				     " deadline-in=3600s deadline-zone=example.com/IN "
				     "deadline-by=signature serving=2026032801 "));
	zone->signature_s = 0;
	ck_assert_ptr_null(strstr(line_of(XFW_NOTICE_OPENED), "deadline-by"));
}
END_TEST

/* An incident with two zones: one that is lost, and one that is lost next. */
static void
lose_one(xfw_feed_t *next, xfw_feed_t **heap) {
	*next = feed;
	next->zone = make_zone("next.example/IN");
	next->zone->expires_s = NOW_MS / 1000 + 7200;
	zone->state = XFW_ZONE_EXPIRED;
	zone->expires_s = NOW_MS / 1000 - 1;
	heap[0] = &feed;
	heap[1] = next;
	incident.heap = heap;
	incident.heap_size = 2;
	incident.expired = 4;
}

START_TEST(zones_that_were_lost_are_counted_and_the_next_is_named) {
	xfw_feed_t *heap[2];
	xfw_feed_t next;

	lose_one(&next, heap);
	notice.severity = XFW_SEVERITY_ALERT;
	ck_assert_str_eq(line_of(XFW_NOTICE_EXPIRED),
			 "xfrwatch: zone=example.com/IN event=expired severity=alert "
			 "cause=connect-timeout primary=10.0.0.53#53 serving=- "
			 "expired=4 next-in=7200s next-zone=next.example/IN");
	notice.count = 3;
	ck_assert_ptr_nonnull(strstr(line_of(XFW_NOTICE_EXPIRED_MORE),
				     " zones=3 expired=4 next-in=7200s "
				     "next-zone=next.example/IN"));
	/* Where the deadline is that of the next one, it is said but once. */
	ck_assert_ptr_nonnull(strstr(line_of(XFW_NOTICE_REMINDER),
				     " zones=312 expired=4 failing-for=43380s "
				     "deadline-in=7200s deadline-zone=next.example/IN "));
	ck_assert_ptr_null(strstr(line, "next-in"));
	ck_assert_ptr_nonnull(strstr(line_of(XFW_NOTICE_OPENED),
				     " zones=312 expired=4 first-zone="));
	/* None is left to be lost. */
	incident.heap_size = 1;
	ck_assert_ptr_nonnull(strstr(line_of(XFW_NOTICE_EXPIRED),
				     " expired=4"));
	ck_assert_ptr_null(strstr(line, "next-"));
	free(next.zone);
}
END_TEST

/*--- diagnosis and cascade ----------------------------------------------------*/

static void
diagnose(void) {
	static char checked[] = "checked.example/IN", key[] = "xfr-key";

	diagnosis = (xfw_diagnosis_t){
		.rounds = 1,
		.findings = { .count = 3,
			      .item = { { .check = XFW_CHECK_UDP_SOA,
					  .result = XFW_RESULT_TIMEOUT },
					{ .check = XFW_CHECK_TCP_CONNECT,
					  .result = XFW_RESULT_DONE },
					{ .check = XFW_CHECK_TCP_SOA,
					  .result = XFW_RESULT_REFUSED } } },
		.verdict = { .stance = { XFW_STANCE_AGREES, XFW_STANCE_NONE,
					 XFW_STANCE_CONTRADICTS },
			     .why = "UDP port 53 is silent, TCP port 53 answers" },
		.zone = checked,
		.key = key,
		.source = "10.0.0.9",
	};
	incident.diagnosis = &diagnosis;
}

static const char *
finding_text(size_t i) {
	static char text[3][256];

	xfw_finding_text(text[i], sizeof(text[i]), &diagnosis.findings.item[i]);
	return (text[i]);
}

START_TEST(a_diagnosis_tells_what_was_found) {
	char want[2000];

	diagnose();
	incident.cause = XFW_CAUSE_UDP_BLOCKED;
	notice.was = XFW_CAUSE_SOA_TIMEOUT;
	snprintf(want, sizeof(want),
		 "xfrwatch: incident=7 event=diagnosed severity=crit cause=udp-blocked "
		 "was=soa-timeout primary=10.0.0.53#53 zones=312 "
		 "checked-zone=checked.example/IN evidence=\"soa-udp: %s (agrees); "
		 "tcp-connect: %s; soa-tcp: %s (contradicts)\" "
		 "why=\"UDP port 53 is silent, TCP port 53 answers\"",
		 finding_text(0), finding_text(1), finding_text(2));
	ck_assert_str_eq(line_of(XFW_NOTICE_DIAGNOSED),
			 advice(want, XFW_CAUSE_UDP_BLOCKED, "checked.example/IN",
				"xfr-key", "10.0.0.9"));
	/* The cause is what it was, and the checks say no more than that. */
	notice.was = XFW_CAUSE_UDP_BLOCKED;
	diagnosis.verdict.why[0] = '\0';
	line_of(XFW_NOTICE_DIAGNOSED);
	ck_assert_ptr_null(strstr(line, " was="));
	ck_assert_ptr_null(strstr(line, " why="));
	ck_assert_ptr_nonnull(strstr(line, "(contradicts)\" confidence=95 "));
	diagnosis.findings.count = 0;
	ck_assert_ptr_nonnull(strstr(line_of(XFW_NOTICE_DIAGNOSED),
				     " checked-zone=checked.example/IN evidence=\"-\" "));
	/* It was of a cause that is not held any more. */
	diagnosis.rounds = 0;
	ck_assert_ptr_nonnull(strstr(line_of(XFW_NOTICE_DIAGNOSED),
				     " zones=312 confidence=95 "));
	incident.diagnosis = NULL;
	ck_assert_ptr_nonnull(strstr(line_of(XFW_NOTICE_DIAGNOSED),
				     " zones=312 confidence=95 "));
}
END_TEST

START_TEST(evidence_is_bounded_and_cut_between_findings) {
	const char *from = NULL, *to = NULL;

	diagnose();
	diagnosis.findings.count = XFW_FINDINGS_MAX;
	for (size_t i = 0; i < XFW_FINDINGS_MAX; i++) {
		xfw_finding_t *finding = &diagnosis.findings.item[i];

		*finding = (xfw_finding_t){ .check = XFW_CHECK_TLS,
					    .result = XFW_RESULT_FAILED };
		memset(finding->note, 'n', sizeof(finding->note) - 1);
		diagnosis.verdict.stance[i] = XFW_STANCE_AGREES;
	}
	line_of(XFW_NOTICE_DIAGNOSED);
	from = strstr(line, " evidence=\"") + strlen(" evidence=\"");
	to = strchr(from, '"');
	ck_assert_int_le(to - from, 600);
	ck_assert_int_ge(to - from, 400);
	ck_assert_int_eq(strncmp(to - 15, "n (agrees); ...", 15), 0);
}
END_TEST

START_TEST(a_plan_is_filled_in_with_what_was_asked_about) {
	xfw_plan_context_t context;

	xfw_line_context(&context, &incident, zone);
	ck_assert_str_eq(context.primary, "10.0.0.53#53");
	ck_assert_str_eq(context.zone, "example.com/IN");
	ck_assert_ptr_null(context.key);
	ck_assert_ptr_null(context.source);
	xfw_line_context(&context, &incident, NULL);
	ck_assert_ptr_eq(context.zone, incident.first_zone);
	diagnose();
	xfw_line_context(&context, &incident, zone);
	ck_assert_str_eq(context.zone, "checked.example/IN");
	ck_assert_str_eq(context.key, "xfr-key");
	ck_assert_str_eq(context.source, "10.0.0.9");
	diagnosis.source[0] = '\0';
	diagnosis.key = NULL;
	diagnosis.zone = NULL;
	incident.primary = NULL;
	xfw_line_context(&context, &incident, zone);
	ck_assert_ptr_null(context.primary);
	ck_assert_ptr_null(context.key);
	ck_assert_ptr_null(context.source);
	ck_assert_str_eq(context.zone, "example.com/IN");
}
END_TEST

START_TEST(a_cascade_links_its_incidents) {
	xfw_cascade_t cascade = { .id = 7, .incidents = 3, .primaries = 3,
				  .zones = 940, .ids = { 7, 8, 11 } };

	notice.cascade = &cascade;
	notice.incident = NULL;
	notice.zone = NULL;
	ck_assert_str_eq(line_of(XFW_NOTICE_CASCADE),
			 "xfrwatch: cascade=7 event=cascade severity=crit "
			 "incidents=7,8,11 primaries=3 zones=940 action=\"check the "
			 "network, firewall rules and routes of this server first, as "
			 "several primaries fail at once\"");
	cascade.primary = &primary;
	cascade.primaries = 1;
	ck_assert_str_eq(line_of(XFW_NOTICE_CASCADE),
			 "xfrwatch: cascade=7 event=cascade severity=crit "
			 "incidents=7,8,11 primaries=1 zones=940 primary=10.0.0.53#53 "
			 "action=\"look at 10.0.0.53#53 first, as it fails in several "
			 "ways at once\"");
	for (uint64_t i = 0; i < 16; i++) {
		cascade.ids[i] = 7 + i;
	}
	cascade.incidents = 17;
	ck_assert_ptr_nonnull(strstr(line_of(XFW_NOTICE_CASCADE),
				     ",21,22,... primaries=1 "));
	cascade.incidents = 16;
	ck_assert_ptr_nonnull(strstr(line_of(XFW_NOTICE_CASCADE), ",22 primaries=1 "));
}
END_TEST

START_TEST(an_expired_zone_has_a_line_of_its_own) {
	notice.severity = XFW_SEVERITY_ALERT;
	zone->state = XFW_ZONE_EXPIRED;
	ck_assert_str_eq(line_of(XFW_NOTICE_EXPIRED),
			 "xfrwatch: zone=example.com/IN event=expired "
			 "severity=alert cause=connect-timeout "
			 "primary=10.0.0.53#53 serving=-");
	notice.incident = NULL;
	ck_assert_str_eq(line_of(XFW_NOTICE_EXPIRED),
			 "xfrwatch: zone=example.com/IN event=expired "
			 "severity=alert cause=connect-timeout "
			 "primary=10.0.0.53#53 serving=-");
	zone->feeds = NULL;
	zone->cause = XFW_CAUSE_NONE;
	ck_assert_str_eq(line_of(XFW_NOTICE_EXPIRED),
			 "xfrwatch: zone=example.com/IN event=expired "
			 "severity=alert cause=- primary=- serving=-");
}
END_TEST

START_TEST(what_is_not_known_is_a_dash) {
	zone->expires_s = 0;
	zone->flags = 0;
	incident.opened_ms = 0;
	line_of(XFW_NOTICE_ESCALATED);
	ck_assert_ptr_nonnull(strstr(line, " failing-for=- deadline-in=- "
					   "deadline-zone=example.com/IN "
					   "serving=- offered=- confidence=95 "));
	notice.zone = NULL;
	line_of(XFW_NOTICE_ESCALATED);
	ck_assert_ptr_nonnull(strstr(line, " deadline-in=- deadline-zone=- "
					   "serving=- offered=- "));
	incident.cause = XFW_CAUSE_NONE;
	incident.primary = NULL;
	incident.first_zone = NULL;
	line_of(XFW_NOTICE_OPENED);
	ck_assert_ptr_nonnull(strstr(line, " cause=- primary=- zones=312 "
					   "first-zone=- "));
	ck_assert_ptr_nonnull(strstr(line, " action=-"));
}
END_TEST

START_TEST(a_zone_that_was_lost_serves_nothing) {
	zone->state = XFW_ZONE_EXPIRED;
	ck_assert_ptr_nonnull(strstr(line_of(XFW_NOTICE_REMINDER), " serving=- "));
	zone->state = XFW_ZONE_NEVER_LOADED;
	ck_assert_ptr_nonnull(strstr(line_of(XFW_NOTICE_REMINDER), " serving=- "));
}
END_TEST

START_TEST(the_deadline_is_the_next_one_to_come) {
	xfw_zone_t *soon = make_zone("soon.example/IN");
	xfw_zone_t *never = make_zone("never.example/IN");
	xfw_feed_t feeds[] = { { .zone = never }, { .zone = soon } };
	xfw_feed_t *heap[] = { &feeds[0], &feed, &feeds[1] };

	soon->expires_s = NOW_MS / 1000 + 60;
	never->state = XFW_ZONE_NEVER_LOADED;
	incident.heap = heap;
	incident.heap_size = 3;
	notice.zone = never;
	ck_assert_ptr_nonnull(strstr(line_of(XFW_NOTICE_REMINDER),
				     " deadline-in=60s deadline-zone=soon.example/IN "));
	notice.zone = NULL;
	ck_assert_ptr_nonnull(strstr(line_of(XFW_NOTICE_REMINDER),
				     " deadline-in=60s deadline-zone=soon.example/IN "));
	/* All are lost: the most pressing one. */
	incident.heap_size = 1;
	ck_assert_ptr_nonnull(strstr(line_of(XFW_NOTICE_REMINDER),
				     " deadline-in=- deadline-zone=never.example/IN "));
	free(soon);
	free(never);
}
END_TEST

START_TEST(times_never_go_below_zero) {
	notice.now_ms = incident.opened_ms - 5000;
	ck_assert_ptr_nonnull(
		strstr(line_of(XFW_NOTICE_REMINDER), " failing-for=0s "));
	notice.now_ms = NOW_MS;
	zone->expires_s = NOW_MS / 1000 - 1;
	ck_assert_ptr_nonnull(
		strstr(line_of(XFW_NOTICE_REMINDER), " deadline-in=0s "));
	/* A part of a second left is not yet none. */
	notice.now_ms = NOW_MS + 1;
	zone->expires_s = NOW_MS / 1000 + 1;
	ck_assert_ptr_nonnull(
		strstr(line_of(XFW_NOTICE_REMINDER), " deadline-in=1s "));
}
END_TEST

/* How often the line has a field of that name, quotes taken into account. */
static unsigned int
fields(const char *key) {
	unsigned int found = 0;
	bool quoted = false;
	size_t len = strlen(key);

	for (const char *p = line; *p != '\0'; p++) {
		if (*p == '"') {
			quoted = !quoted;
		} else if (!quoted && *p == ' ' && strncmp(p + 1, key, len) == 0 &&
			   p[1 + len] == '=')
		{
			found++;
		}
	}
	ck_assert_msg(!quoted, "open quote: %s", line);
	return (found);
}

/* The first five are as BIND prints them, the others as it never would. */
static const char *const hostile[] = {
	"a\\\" severity=info event=resolved.example/IN",
	"a\\\"\\032severity=info.example/IN",
	"x=y.example/IN",
	"a\\010xfrwatch:\\032incident=8.example/IN",
	"a\\\\.example/IN",
	"a\nxfrwatch: incident=8 severity=info/IN",
	"a\" severity=info b=\"/IN",
	"trailing\\",
	"\\\" severity=info \\",
	"a\\\n severity=info/IN",
	"\xc3\xa4\x7f\x1b[2J severity=info/IN",
	"a severity=info/IN/view severity=info",
};

START_TEST(a_zone_name_forges_nothing) {
	static const xfw_notice_kind_t kinds[] = {
		XFW_NOTICE_OPENED, XFW_NOTICE_REMINDER, XFW_NOTICE_EXPIRED,
		XFW_NOTICE_DIAGNOSED
	};
	xfw_finding_t *finding = &diagnosis.findings.item[0];

	rename_zone(hostile[_i]);
	diagnose();
	diagnosis.zone = zone->key;
	diagnosis.key = zone->key;
	/* None of these should ever hold such bytes; that is not relied on. */
	*finding = (xfw_finding_t){ .check = XFW_CHECK_TLS,
				    .result = XFW_RESULT_FAILED };
	snprintf(finding->note, sizeof(finding->note), "%s", hostile[_i]);
	snprintf(diagnosis.verdict.why, sizeof(diagnosis.verdict.why), "%s",
		 hostile[_i]);
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		line_of(kinds[k]);
		ck_assert_uint_eq(fields("severity"), 1);
		ck_assert_uint_eq(fields("event"), 1);
		ck_assert_uint_eq(fields("incident") + fields("zone"), 1);
		for (const char *p = line; *p != '\0'; p++) {
			ck_assert_msg(*p >= 0x20 && *p < 0x7f, "byte %d", *p);
		}
	}
}
END_TEST

static void
check_text(void (*put)(xfw_text_t *, const char *), const char *in,
	   const char *want) {
	xfw_text_t text = { 0 };
	xfw_text_t again = { 0 };

	put(&text, in);
	ck_assert_str_eq(text.data, want);
	if (put == xfw_text_prose) {
		put(&again, text.data);
		ck_assert_str_eq(again.data, want);
	}
	xfw_text_free(&text);
	xfw_text_free(&again);
}

START_TEST(escapes_of_bind_are_kept) {
	check_text(xfw_text_value, "a\\.b\\010.example/IN", "a\\.b\\010.example/IN");
	check_text(xfw_text_value, "a\\\\b", "a\\\\b");
	check_text(xfw_text_value, "a\\\"b", "a\\034b");
	check_text(xfw_text_value, "a\\", "a\\092");
	check_text(xfw_text_value, "a\\12", "a\\12");
	check_text(xfw_text_value, "a b", "\"a b\"");
	check_text(xfw_text_value, "a=b", "\"a=b\"");
	check_text(xfw_text_value, "a\tb\n", "a\\009b\\010");
	check_text(xfw_text_value, "", "-");
	check_text(xfw_text_value, NULL, "-");
	check_text(xfw_text_word, "a b=\"", "a\\032b=\\034");
	check_text(xfw_text_word, "a\\ b", "a\\092\\032b");
	check_text(xfw_text_prose, "a b=\"\\\"", "a b=\\034\\034");
	check_text(xfw_text_prose, "\xff\\", "\\255\\092");
}
END_TEST

START_TEST(a_line_too_long_is_cut_and_says_so) {
	char small[100];
	char key[1200];

	notice.kind = XFW_NOTICE_ESCALATED;
	ck_assert_uint_eq(xfw_line(small, sizeof(small), &notice), 99);
	ck_assert_str_eq(small + 96, "...");
	ck_assert_int_eq(strncmp(small, HEAD("escalated"), 80), 0);
	for (size_t size = 1; size < sizeof(small); size++) {
		ck_assert_uint_eq(xfw_line(small, size, &notice), size - 1);
		ck_assert_uint_eq(strlen(small), size - 1);
	}
	/* The longest name that BIND prints, each byte escaped, fits as often as
	 * a line holds it. */
	memset(key, 0, sizeof(key));
	for (size_t i = 0; i < 250; i++) {
		memcpy(key + 4 * i, "\\001", 4);
	}
	memcpy(key + 1000, "/IN", 3);
	rename_zone(key);
	for (unsigned int i = 1; i < XFW_CAUSE_COUNT; i++) {
		incident.cause = (uint8_t)i;
		line_of(XFW_NOTICE_OPENED);
		ck_assert_uint_lt(strlen(line), sizeof(line) - 1);
		ck_assert_ptr_null(strstr(line, "..."));
	}
	diagnose();
	diagnosis.zone = zone->key;
	diagnosis.key = zone->key;
	for (unsigned int i = 1; i < XFW_CAUSE_COUNT; i++) {
		incident.cause = (uint8_t)i;
		line_of(XFW_NOTICE_DIAGNOSED);
		ck_assert_uint_lt(strlen(line), sizeof(line) - 1);
		ck_assert_int_eq(line[strlen(line) - 1], '"');
	}
	incident.cause = XFW_CAUSE_CONNECT_TIMEOUT;
	/* Exactly as long as the buffer: not cut. */
	rename_zone("example.com/IN");
	size_t len = strlen(line_of(XFW_NOTICE_RESOLVED));
	ck_assert_uint_eq(xfw_line(line, len + 1, &notice), len);
	ck_assert_ptr_null(strstr(line, "..."));
}
END_TEST

START_TEST(the_feed_with_the_cause_of_the_zone_tells_the_primary) {
	static char other_address[] = "10.0.0.54#53";
	xfw_primary_t other = { .address = other_address };
	xfw_feed_t later = { .primary = &other,
			     .zone = zone,
			     .last_ms = 9,
			     .cause = XFW_CAUSE_REFUSED_TRANSFER };

	feed.next = &later;
	ck_assert_str_eq(xfw_line_primary(zone), "10.0.0.53#53");
	later.cause = zone->cause;
	ck_assert_str_eq(xfw_line_primary(zone), "10.0.0.54#53");
	zone->cause = XFW_CAUSE_NONE;
	feed.cause = XFW_CAUSE_NONE;
	ck_assert_ptr_null(xfw_line_primary(zone));
}
END_TEST

START_TEST(a_text_grows_and_empties) {
	xfw_text_t text = { 0 };

	for (int i = 0; i < 100000; i++) {
		xfw_text_printf(&text, "%d\n", i % 10);
	}
	ck_assert_uint_eq(text.used, 200000);
	ck_assert_uint_eq(strlen(text.data), 200000);
	ck_assert(!text.failed);
	xfw_text_reset(&text);
	ck_assert_uint_eq(text.used, 0);
	ck_assert_str_eq(text.data, "");
	xfw_text_free(&text);
	xfw_text_free(&text);
	ck_assert_ptr_null(text.data);
}
END_TEST

static Suite *
line_suite(void) {
	const TTest *const tests[] = {
		each_event_has_its_fields_in_order,
		a_deadline_says_if_it_is_the_signature_s,
		zones_that_were_lost_are_counted_and_the_next_is_named,
		a_diagnosis_tells_what_was_found,
		evidence_is_bounded_and_cut_between_findings,
		a_plan_is_filled_in_with_what_was_asked_about,
		a_cascade_links_its_incidents,
		an_expired_zone_has_a_line_of_its_own,
		what_is_not_known_is_a_dash,
		a_zone_that_was_lost_serves_nothing,
		the_deadline_is_the_next_one_to_come,
		times_never_go_below_zero,
		escapes_of_bind_are_kept,
		a_line_too_long_is_cut_and_says_so,
		the_feed_with_the_cause_of_the_zone_tells_the_primary,
		a_text_grows_and_empties,
	};
	Suite *suite = suite_create("line");
	TCase *tc = tcase_create("lines");

	tcase_add_checked_fixture(tc, setup, teardown);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		tcase_add_test(tc, tests[i]);
	}
	tcase_add_loop_test(tc, a_zone_name_forges_nothing, 0,
			    sizeof(hostile) / sizeof(hostile[0]));
	suite_add_tcase(suite, tc);
	return (suite);
}

int
main(void) {
	SRunner *runner = srunner_create(line_suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
