/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tests of the parameters as they are read without libisccfg: each mistake is told with
 * its line, its value and what is allowed, and costs no more than it must; address-match
 * lists decide as named's.  One thread.
 *
 * The interfaces are made up: getifaddrs() is this program's own.
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <xfrwatch/plain.h>
#include <xfrwatch/report.h>

#include "../../plugin/core/plain_priv.h"

/*--- what was said -------------------------------------------------------------------*/

#define SAID_MAX 64

static struct {
	unsigned int count;
	unsigned long line[SAID_MAX];
	char message[SAID_MAX][1100];
} said;

static int arg; /* whose address must come back */

static void
hear(void *got, unsigned long line, const char *message) {
	ck_assert_ptr_eq(got, &arg);
	ck_assert_uint_lt(said.count, SAID_MAX);
	ck_assert_uint_lt(strlen(message), sizeof(said.message[0]));
	ck_assert_ptr_null(strchr(message, '\n'));
	said.line[said.count] = line;
	strcpy(said.message[said.count++], message);
}

static xfw_params_t params;
static xfw_listener_t *listeners;

/* From memory that ends where the text ends, for the sanitizers. */
static bool
read_text(const char *text) {
	char *copy = strdup(text);
	bool right;

	xfw_plain_free(listeners);
	memset(&params, 0xa5, sizeof(params));
	memset(&said, 0, sizeof(said));
	right = xfw_plain_read(copy, hear, &arg, &params, &listeners);
	free(copy);
	ck_assert_msg(right == (said.count == 0), "%s: %s", text, said.message[0]);
	return (right);
}

static bool
same_params(const xfw_params_t *a, const xfw_params_t *b) {
	return (a->log == b->log && a->statsfile == b->statsfile &&
		a->facility == b->facility &&
		memcmp(&a->escalation, &b->escalation, sizeof(a->escalation)) == 0 &&
		a->reminder_s == b->reminder_s && a->ring_size == b->ring_size &&
		a->diagnose == b->diagnose && a->diagnose_rate == b->diagnose_rate &&
		a->diagnose_per_primary == b->diagnose_per_primary &&
		a->diagnose_interval_s == b->diagnose_interval_s &&
		a->recovery == b->recovery && a->recovery_rate == b->recovery_rate &&
		a->signature_warning_d == b->signature_warning_d &&
		a->signature_err_d == b->signature_err_d && a->strict == b->strict);
}

static bool
is_default(void) {
	xfw_params_t is = xfw_params_default();

	return (same_params(&params, &is) && listeners == NULL);
}

/* "127.0.0.1#8054 ::1#80" */
static const char *
places(void) {
	static char all[8192];
	char name[XFW_CHANNEL_NAME_MAX];

	all[0] = '\0';
	for (xfw_listener_t *at = listeners; at != NULL; at = at->next) {
		xfw_channel_name(&at->address, name);
		ck_assert_ptr_nonnull(at->acl);
		if (all[0] != '\0') {
			strcat(all, " ");
		}
		strcat(all, name);
	}
	return (all);
}

/*--- this machine ----------------------------------------------------------------------*/

static const struct {
	const char *address, *mask; /* NULL: of no family of ours; none */
	bool up;
} interfaces[] = {
	{ "127.0.0.1", "255.0.0.0", true },
	{ NULL, NULL, true },
	{ "192.0.2.17", "255.255.255.240", true },
	{ "198.51.100.1", "255.255.255.0", false },
	{ "203.0.113.1", NULL, true },
	{ "203.0.113.9", "0.0.0.0", true },
	{ "100.64.0.1", "255.0.255.0", true },
	{ "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true },
	{ "2001:db8:7::7", "ffff:ffff:ffff:ffe0::", true },
};

static unsigned int asked;
static bool is_away; /* the interfaces fail */
static unsigned int how_many = sizeof(interfaces) / sizeof(interfaces[0]);

static struct sockaddr *
address_of(const char *text) {
	struct sockaddr_storage *address = calloc(1, sizeof(*address));

	if (text == NULL) {
		address->ss_family = AF_PACKET;
	} else if (inet_pton(AF_INET, text,
			     &((struct sockaddr_in *)address)->sin_addr) == 1)
	{
		address->ss_family = AF_INET;
	} else {
		ck_assert_int_eq(
			inet_pton(AF_INET6, text,
				  &((struct sockaddr_in6 *)address)->sin6_addr),
			1);
		address->ss_family = AF_INET6;
	}
	return ((struct sockaddr *)address);
}

int
getifaddrs(struct ifaddrs **out) {
	*out = NULL;
	asked++;
	if (is_away) {
		errno = ENOMEM;
		return (-1);
	}
	for (unsigned int i = 0; i < how_many; i++, out = &(*out)->ifa_next) {
		size_t n = i % (sizeof(interfaces) / sizeof(interfaces[0]));

		*out = calloc(1, sizeof(**out));
		(*out)->ifa_flags = interfaces[n].up ? IFF_UP : 0;
		(*out)->ifa_addr = address_of(interfaces[n].address);
		if (interfaces[n].mask != NULL) {
			(*out)->ifa_netmask = address_of(interfaces[n].mask);
		}
	}
	return (0);
}

void
freeifaddrs(struct ifaddrs *first) {
	while (first != NULL) {
		struct ifaddrs *next = first->ifa_next;

		free(first->ifa_addr);
		free(first->ifa_netmask);
		free(first);
		first = next;
	}
}

static bool
allowed(const char *peer, int64_t now_s) {
	struct sockaddr *address = address_of(peer);
	bool is = xfw_plain_matches(listeners->acl, address, now_s);

	if (now_s == 0) {
		ck_assert(is == xfw_plain_allowed(listeners->acl, address));
	}
	free(address);
	return (is);
}

/*--- what is right --------------------------------------------------------------------*/

START_TEST(nothing_is_the_defaults) {
	static const char *const texts[] = {
		"", " ", "\n\n\n", "// nothing\n", "# nothing", "/* nothing */",
		"/**/", "/***/", "\t\r\n", "/* // */", "// /*\n", "# \"\n", "/* \" */",
		"// \1\177 caf\303\251\n/* \" ' { } ; # */ # }",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert_msg(read_text(texts[i]) && is_default(), "%s", texts[i]);
	}
	ck_assert(xfw_plain_read(NULL, hear, &arg, &params, &listeners));
	ck_assert(is_default());
}
END_TEST

START_TEST(every_parameter_is_taken) {
	xfw_params_t want = { .log = false,
			      .statsfile = false,
			      .facility = LOG_LOCAL3,
			      .escalation = { 90, 80, 70, 60 },
			      .reminder_s = 604800,
			      .ring_size = 64,
			      .diagnose = false,
			      .diagnose_rate = 100,
			      .diagnose_per_primary = 16,
			      .diagnose_interval_s = 86400,
			      .recovery = true,
			      .recovery_rate = 1000,
			      .signature_warning_d = 365,
			      .signature_err_d = 0,
			      .strict = true };

	ck_assert(read_text(
		"statistics-channel 127.0.0.1 port 1;syslog local3;log no;"
		"escalation{warning 90;err 80;crit 70;alert 60;};"
		"reminder-interval 604800;ring-size 64;statistics-file no;diagnose no;"
		"diagnose-rate 100;diagnose-per-primary 16;diagnose-interval 86400;"
		"recovery-refresh yes;recovery-rate 1000;"
		"signatures-expiring{warning 365;err 0;};strict-version yes;"));
	ck_assert(same_params(&params, &want));
	ck_assert_str_eq(places(), "127.0.0.1#1");
	/* Once more, with all that may stand between words, in capitals, backwards. */
	ck_assert(read_text(
		"/*a*/STRICT-VERSION/*b*/\"YES\"//c\n;#d\n"
		"Signatures-Expiring\n{\r\n\tERR \"0\";WARNING 365\t;}\n;\n"
		"recovery-rate\"1000\";recovery-refresh true;\n"
		"diagnose-interval 086400;diagnose-per-primary 16;diagnose-rate 100;"
		"diagnose 0;statistics-file FALSE;ring-size 64#;\n;reminder-interval "
		"604800/* ; */;escalation { alert 60; crit 70; err 80; warning 90; };"
		"log 0; syslog \"LOCAL3\"; STATISTICS-CHANNEL \"127.0.0.1\" PORT "
		"\"1\" ALLOW { ANY; };"));
	ck_assert(same_params(&params, &want));
	ck_assert_str_eq(places(), "127.0.0.1#1");
}
END_TEST

START_TEST(limits_are_those_of_the_table) {
	char text[128];

#define NUMBER_KIND(name, min, max)                                              \
	for (int i = 0; i < 2; i++) {                                            \
		snprintf(text, sizeof(text), "%s %lu;", name,                    \
			 (unsigned long)(i == 0 ? (min) : (max)));               \
		ck_assert_msg(read_text(text), "%s", text);                      \
		snprintf(text, sizeof(text), "%s %ld;", name,                    \
			 (long)(i == 0 ? (min)-1 : (max) + 1));                  \
		ck_assert_msg(!read_text(text) && is_default(), "%s", text);     \
		ck_assert_msg(strstr(said.message[0], name) != NULL, "%s", text); \
	}
#define BOOL_KIND(name, min, max)                                               \
	for (int i = 0; i < 2; i++) {                                           \
		snprintf(text, sizeof(text), "%s %s;", name, i ? "yes" : "no"); \
		ck_assert_msg(read_text(text), "%s", text);                     \
	}
#define FACILITY_KIND(name, min, max)
#define ESCALATION_KIND(name, min, max)
#define DAYS_KIND(name, min, max)
#define CHANNEL_KIND(name, min, max)
#define XFW_PARAM(id, name, kind, scope, min, def, max, meaning) \
	kind##_KIND(name, min, max)
#include <xfrwatch/params.tbl.h>
#undef XFW_PARAM
	ck_assert(read_text("syslog none;"));
	for (const char *const *word = xfw_syslog_facilities(); *word != NULL; word++) {
		snprintf(text, sizeof(text), "syslog %s;", *word);
		ck_assert(read_text(text));
		ck_assert_int_eq(params.facility, xfw_syslog_facility(*word));
	}
}
END_TEST

START_TEST(listeners_are_where_they_are_said) {
	static const struct {
		const char *text, *places;
	} channels[] = {
		{ "127.0.0.1", "127.0.0.1#8054" },
		{ "::1 port 80", "::1#80" },
		{ "*", "0.0.0.0#8054" },
		{ ":: port 65535", "::#65535" },
		{ "fe80::1%7 port 80", "fe80::1%7#80" },
		{ "fe80::1%lo port 80", "fe80::1%1#80" },
		{ "127.0.0.1 port 1 allow { }", "127.0.0.1#1" },
		{ "127.0.0.1 allow { !10/8; { 2001:db8::/32; any; }; none; }",
		  "127.0.0.1#8054" },
		{ "::1; statistics-channel 127.0.0.1; statistics-channel ::1 port 80",
		  "::1#8054 127.0.0.1#8054 ::1#80" },
	};
	char text[256];

	for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++) {
		snprintf(text, sizeof(text), "log no; statistics-channel %s; ring-size "
					     "64;", channels[i].text);
		ck_assert_msg(read_text(text), "%s: %s", text, said.message[0]);
		ck_assert_str_eq(places(), channels[i].places);
		ck_assert(!params.log && params.ring_size == 64);
	}
}
END_TEST

START_TEST(strict_is_read_alone) {
	static const struct {
		const char *text;
		bool strict;
	} texts[] = {
		{ NULL, false }, { "", false }, { "strict-version yes;", true },
		{ "strict-version no;", false }, { "log x; strict-version 1;", true },
		{ "strict-version perhaps;", false }, { "// strict-version yes;", false },
		{ "statistics-channel ::1 allow { a; }; }; strict-version true;", true },
		{ "strict-version yes; strict-version no;", true },
		{ "syslog \"strict-version yes;", false },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert_msg(xfw_plain_strict(texts[i].text) == texts[i].strict, "%s",
			      texts[i].text);
	}
}
END_TEST

/*--- mistakes -------------------------------------------------------------------------*/

#define FACILITIES                                                               \
	"none, kern, user, mail, daemon, auth, syslog, lpr, news, uucp, cron, "  \
	"authpriv, ftp, local0, local1, local2, local3, local4, local5, local6 " \
	"or local7"
#define ALL_BEFORE(line) line, "log no;", ";statistics-file no;"
#define UNREAD "not all of this block can be read; the parameters in it may be: " \
	       "statistics-channel address [ port number ] [ allow { ... } ], syslog, "
#define OUT_OF_REACH(word)                                                      \
	"'allow' of 'statistics-channel' must be an address match list of "    \
	"addresses, prefixes, localhost, localnets, any and none here, where " \
	"ACLs and keys of named's are out of reach, not '" word                \
	"', so that nothing listens at ::1#8054"

/* What is wrong is complained about first; the rest is as if it were not there. */
static const struct {
	const char *text;
	unsigned long line;
	const char *message; /* what it begins with */
} mistakes[] = {
	{ "ring-size 7;", 0,
	  "'ring-size' must be a power of two from 64 to 1048576, not '7'" },
	{ "\nring-size 100;", 1,
	  "'ring-size' must be a power of two from 64 to 1048576, not '100'" },
	{ "ring-size 0x40;", 0, "'ring-size' must be a power of two from 64 to" },
	{ "ring-size 18446744073709551680;", 0, "'ring-size' must be" },
	{ "ring-size \"\";", 0,
	  "'ring-size' must be a power of two from 64 to 1048576, not ''" },
	{ "diagnose-rate 4294967297;", 0,
	  "'diagnose-rate' must be a number from 1 to 100, not '4294967297'" },
	{ "diagnose-rate +1;", 0, "'diagnose-rate' must be a number from 1 to 100" },
	{ "diagnose-rate 1.0;", 0, "'diagnose-rate' must be a number from 1 to 100" },
	{ "strict-version maybe;", 0, "'strict-version' must be yes or no, not 'maybe'" },
	{ "\n\nrecovery-refresh\n\"yes \" ;", 3,
	  "'recovery-refresh' must be yes or no, not 'yes '" },
	{ "diagnose \"a\\\"b\\c\\\\\";", 0,
	  "'diagnose' must be yes or no, not 'a\"b\\c\\\\'" },
	{ "diagnose \"a\nb\";", 1, "'diagnose' must be yes or no, not 'a?b'" },
	{ "syslog local8;", 0, "'syslog' must be " FACILITIES ", not 'local8'" },
	{ "syslog \"%s%n\";", 0, "'syslog' must be " FACILITIES ", not '%s%n'" },
	/* Blocks. */
	{ "escalation { err 50;\nwarning 101; };", 1,
	  "'warning' must be a number from 0 to 100, not '101'" },
	{ "escalation { err 40; crit -1; };", 0,
	  "'crit' must be a number from 0 to 100, not '-1'" },
	{ "\nescalation\n{ warning 10;\nerr 50; };", 2,
	  "'escalation' must not grow from warning to alert, and is warning 10, err 50, "
	  "crit 25, alert 10 (percent of the expire interval left)" },
	{ "escalation { crit 51; };", 0, "'escalation' must not grow" },
	{ "escalation { alert 26; };", 0, "'escalation' must not grow" },
	{ "escalation { err 40;\nemerg 5; };", 1, "unknown option 'emerg'" },
	{ "escalation { err 40;\nerr 45; };", 1, "'err' redefined near 'err'" },
	{ "escalation { err { err { err 5; }; }; };", 0, "expected string near '{'" },
	{ "escalation { err 40\ncrit 5; };", 1, "missing ';' before 'crit'" },
	{ "escalation { ; };", 0, "'}' expected near ';'" },
	{ "escalation { err 40;", 0, "'}' expected near end of file" },
	{ "escalation 75;", 0, "'{' expected near '75'" },
	{ "signatures-expiring { warning 3; err 5; };", 0,
	  "'signatures-expiring' must not grow from warning to err, and is warning 3, "
	  "err 5 (days left; 0 for never)" },
	{ "signatures-expiring { warning 6; };", 0,
	  "'signatures-expiring' must not grow" },
	{ "signatures-expiring { err 5; warning 366; };", 0,
	  "'warning' must be a number from 0 to 365, not '366'" },
	{ "signatures-expiring { crit 5; };", 0, "unknown option 'crit'" },
	/* Form. */
	{ "frobnicate 5;", 0, "unknown option 'frobnicate'" },
	{ "frobnicate { a { b; }; c; };", 0, "unknown option 'frobnicate'" },
	{ "\n\"diagnose\" no;", 1, "syntax error near '\"diagnose\"'" },
	{ "include \"/etc/hosts\";", 0,
	  "'include' in this block is not followed: write the parameters into it" },
	{ "diagnose;", 0, "expected string near ';'" },
	{ "diagnose { no; };", 0, "expected string near '{'" },
	{ "\n}", 1, "syntax error near '}'" },
	{ "};", 0, "syntax error near '}'" },
	{ ";", 0, "syntax error near ';'" },
	{ "{ diagnose no; };", 0, "syntax error near '{'" },
	{ "! diagnose no;", 0, "syntax error near '!'" },
	{ "/ diagnose no;", 0, "syntax error near '/'" },
	{ "abcdefghijklmnopqrstuvwxyz0123456789 1;", 0,
	  "unknown option 'abcdefghijklmnopqrstuvwxyz0123...'" },
	/* Listeners. */
	{ "statistics-channel\n::1 port\n0;", 2,
	  "'port' of 'statistics-channel' must be a number from 1 to 65535, not '0'" },
	{ "statistics-channel ::1 port 65536 allow { any; };", 0,
	  "'port' of 'statistics-channel' must be a number from 1 to 65535, not "
	  "'65536'" },
	{ "statistics-channel localhost port 80;", 0,
	  "'statistics-channel' must begin with an IPv4 or IPv6 address, '*' or '::', "
	  "not 'localhost'" },
	{ "statistics-channel fe80::1%nowhere;", 0,
	  "'statistics-channel' must begin with" },
	{ "statistics-channel ::1%4294967296;", 0, "'statistics-channel' must begin" },
	{ "statistics-channel 127.0.0.1:80;", 0, "'statistics-channel' must begin with" },
	{ "statistics-channel 127;", 0, "'statistics-channel' must begin with" },
	{ "statistics-channel \"\" port 80;", 0, "'statistics-channel' must begin with" },
	{ "statistics-channel;", 0, "expected string near ';'" },
	{ "statistics-channel { inet ::1; };", 0, "expected string near '{'" },
	{ "statistics-channel ::1 port;", 0, "expected string near ';'" },
	{ "statistics-channel ::1 allow localhost;", 0, "'{' expected near 'localhost'" },
	/* Lists. */
	{ "statistics-channel ::1 allow\n{ any; ours; };", 1, OUT_OF_REACH("ours") },
	{ "statistics-channel ::1 allow { ours; theirs; any; };", 0, OUT_OF_REACH("ours") },
	{ "statistics-channel ::1 allow { !key rndc; 127.0.0.1; };", 0,
	  OUT_OF_REACH("key") },
	{ "statistics-channel ::1 allow { geoip db \"x\" country \"SE\"; any; };", 0,
	  OUT_OF_REACH("geoip") },
	{ "statistics-channel ::1 allow { ecs 10/8; any; };", 0, OUT_OF_REACH("ecs") },
	{ "statistics-channel ::1 allow { \"10.0.0.1\"; };", 0, OUT_OF_REACH("10.0.0.1") },
	{ "statistics-channel ::1 allow { any; { { ours; }; }; };", 0,
	  OUT_OF_REACH("ours") },
	{ "statistics-channel ::1 allow { 10.0.0.1/8; };", 0,
	  "'10.0.0.1/8': address/prefix length mismatch near '8'" },
	{ "statistics-channel ::1 allow { 2001:db8::1/127; };", 0,
	  "'2001:db8::1/127': address/prefix length mismatch near '127'" },
	{ "statistics-channel ::1 allow { 10/33; };", 0, "invalid prefix length '33'" },
	{ "statistics-channel ::1 allow { ::/129; };", 0, "invalid prefix length '129'" },
	{ "statistics-channel ::1 allow { 10; };", 0,
	  "incomplete IPv4 address or prefix near ';'" },
	{ "statistics-channel ::1 allow { 10/x; };", 0, "expected prefix length near 'x'" },
	{ "statistics-channel ::1 allow { 10/\"8\"; };", 0,
	  "expected prefix length near '\"8\"'" },
	{ "statistics-channel ::1 allow { 10/; };", 0, "expected prefix length near ';'" },
	{ "statistics-channel ::1 allow { ! ! any; };", 0,
	  "expected IP match list element near '!'" },
	{ "statistics-channel ::1 allow { ; };", 0,
	  "expected IP match list element near ';'" },
	{ "statistics-channel ::1 allow { !10.0.0.1 any; };", 0,
	  "missing ';' before 'any'" },
	{ "statistics-channel ::1 allow { any };", 0, "missing ';' before '}'" },
	{ "statistics-channel ::1 allow { !{ any; } none; };", 0,
	  "missing ';' before 'none'" },
};

/* Whether the message that names the parameters must follow. */
static bool
is_form(const char *message) {
	return (strstr(message, " near ") != NULL || strstr(message, " before ") != NULL ||
		strncmp(message, "unknown", 7) == 0 || strncmp(message, "invalid", 7) == 0);
}

START_TEST(a_mistake_is_told) {
	const char *message = mistakes[_i].message;
	size_t len = strlen(message);

	ck_assert(!read_text(mistakes[_i].text));
	ck_assert_msg(strncmp(said.message[0], message, len) == 0, "%s: %s",
		      mistakes[_i].text, said.message[0]);
	ck_assert_msg(said.line[0] == mistakes[_i].line, "%s: line %lu",
		      mistakes[_i].text, said.line[0]);
	ck_assert_msg(is_default(), "%s", mistakes[_i].text);
	ck_assert_msg(is_form(message) == (strncmp(said.message[said.count - 1], UNREAD,
						   strlen(UNREAD)) == 0),
		      "%s: %s", mistakes[_i].text, said.message[said.count - 1]);
	/* One mistake is one complaint. */
	ck_assert_msg(said.count == (is_form(message) ? 2 : 1), "%s: %s",
		      mistakes[_i].text, said.message[1]);
}
END_TEST

/* Statements before and behind it hold. */
START_TEST(a_mistake_costs_no_other_parameter) {
	const char *text = mistakes[_i].text;
	bool ends = text[strlen(text) - 1] == ';' && strcmp(text, "escalation { err 40;");
	char all[512];

	snprintf(all, sizeof(all), "log no;\n%s%s", text, ends ? "\nrecovery-rate 7;" : "");
	ck_assert(!read_text(all));
	ck_assert_uint_eq(said.line[0], mistakes[_i].line + 1);
	ck_assert(!params.log);
	ck_assert_msg(!ends || params.recovery_rate == 7, "%s", text);
	params.log = XFW_PARAM_LOG_DEFAULT;
	params.recovery_rate = XFW_PARAM_RECOVERY_RATE_DEFAULT;
	ck_assert(is_default());
}
END_TEST

/* What libisccfg says of it, where more than one thing follows. */
START_TEST(words_of_libisccfg) {
	ck_assert(!read_text("log no\n\nring-size 64;"));
	ck_assert_str_eq(said.message[0], "missing ';' before 'ring-size'");
	ck_assert_uint_eq(said.line[0], 2);
	ck_assert(!params.log && params.ring_size == 64);
	ck_assert(!read_text("log no yes;\nring-size 64;"));
	ck_assert_str_eq(said.message[0], "missing ';' before 'yes'");
	ck_assert_str_eq(said.message[1], "unknown option 'yes'");
	ck_assert(!params.log && params.ring_size == 64);
	ck_assert(!read_text("log no"));
	ck_assert_str_eq(said.message[0], "missing ';' before end of file");
	ck_assert(!params.log);
	ck_assert(!read_text("log"));
	ck_assert_str_eq(said.message[0], "expected string near end of file");
	ck_assert(!read_text("statistics-channel ::1 allow { any; } port 80;"));
	ck_assert_str_eq(said.message[0], "missing ';' before 'port'");
	ck_assert_str_eq(said.message[1], "unknown option 'port'");
	ck_assert(!read_text("\nstatistics-channel ::1 allow { any;"));
	ck_assert_str_eq(said.message[0], "expected IP match list element near end of "
					  "file");
	ck_assert_str_eq(places(), "");
	/* The one name that both of two wrong words are in. */
	ck_assert(!read_text("statistics-channel x port y;"));
	ck_assert_uint_eq(said.count, 2);
	ck_assert_ptr_nonnull(strstr(said.message[0], "not 'x'"));
	ck_assert_ptr_nonnull(strstr(said.message[1], "not 'y'"));
}
END_TEST

START_TEST(all_mistakes_are_told) {
	ck_assert(!read_text("\nlog maybe;\nring-size 3;\nescalation {\nwarning x;\n"
			     "alert y;\n};\nsyslog z;diagnose-rate 7;"));
	ck_assert_uint_eq(said.count, 5);
	ck_assert_uint_eq(said.line[0], 1);
	ck_assert_uint_eq(said.line[1], 2);
	ck_assert_uint_eq(said.line[2], 4);
	ck_assert_uint_eq(said.line[3], 5);
	ck_assert_uint_eq(said.line[4], 7);
	ck_assert_uint_eq(params.diagnose_rate, 7);
	/* What is right behind one does not undo it, nor does it the right one's. */
	ck_assert(!read_text("log maybe; escalation { err 40; }; statistics-channel ::1 "
			     "allow { any; };"));
	ck_assert_uint_eq(params.escalation.err, 40);
	ck_assert_str_eq(places(), "::1#8054");
	ck_assert(!read_text("log maybe; statistics-channel ::1 allow { any; };"));
	ck_assert_str_eq(places(), "::1#8054");
}
END_TEST

/* Arrays, as gcc's sanitizer build takes pointers out of the table for null ones. */
#define XFW_PARAM(id, name, kind, scope, min, def, max, meaning) { name, #kind },
static const struct {
	char name[32], kind[16];
} table[] = {
#include <xfrwatch/params.tbl.h>
};
#undef XFW_PARAM

START_TEST(twice_is_once_too_often) {
	const char *kind = table[_i].kind, *name = table[_i].name;
	char text[256], want[128];
	const char *value = strcmp(kind, "BOOL") == 0	    ? "yes"
			    : strcmp(kind, "FACILITY") == 0 ? "daemon"
			    : strcmp(kind, "NUMBER") == 0   ? "64"
			    : strcmp(kind, "CHANNEL") == 0  ? "::1"
							    : "{ err 10; crit 10; }";

	if (strcmp(kind, "DAYS") == 0) {
		value = "{ err 10; }";
	}
	if (strcmp(name, "diagnose-per-primary") == 0) {
		value = "8";
	}
	snprintf(text, sizeof(text), "%s %s;\n\n%s %s;\nrecovery-rate 7;", name, value,
		 name, value);
	if (strcmp(name, "recovery-rate") == 0) {
		text[strlen(text) - strlen("\nrecovery-rate 7;")] = '\0';
	}
	if (strcmp(kind, "CHANNEL") == 0) {
		snprintf(want, sizeof(want), "'%s' is given twice for ::1#8054", name);
	} else {
		snprintf(want, sizeof(want), "'%s' redefined near '%s'", name, name);
	}
	ck_assert(!read_text(text));
	ck_assert_str_eq(said.message[0], want);
	ck_assert_uint_eq(said.line[0], 2);
	ck_assert_uint_eq(params.recovery_rate, strstr(text, "rate 7") ? 7 : 64);
}
END_TEST

START_TEST(the_first_one_holds) {
	ck_assert(!read_text("recovery-rate 7; RECOVERY-RATE 8;"));
	ck_assert_str_eq(said.message[0],
			 "'recovery-rate' redefined near 'RECOVERY-RATE'");
	ck_assert_uint_eq(params.recovery_rate, 7);
	ck_assert(!read_text("statistics-channel 0::1 allow { any; };\n"
			     "statistics-channel ::1 port\n8054;"));
	ck_assert_uint_eq(said.line[0], 1);
	ck_assert_str_eq(places(), "::1#8054");
	ck_assert(allowed("192.0.2.99", 0));
}
END_TEST

START_TEST(what_does_not_end) {
	static const struct {
		const char *text;
		unsigned long line;
	} texts[] = {
		{ "log no; /* and\nso on\n", 2 }, { "log no;\n/*", 1 }, { "log no;/*/", 0 },
		{ "log no;\ndiagnose \"no;\n\n", 3 }, { "log no; \"", 0 },
		{ "log no; \"\\\"", 0 }, { "log no; escalation { /*", 0 },
		{ "log no; escalation { err \"5; };", 0 },
		{ "log no; statistics-channel ::1 allow { \n /* };", 1 },
		{ "log no; frob { /* };", 0 },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert(!read_text(texts[i].text));
		ck_assert(!params.log);
		params.log = true;
		ck_assert(is_default());
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert(!read_text(texts[i].text));
		for (unsigned int n = 0; n < said.count; n++) {
			if (strcmp(said.message[n], "unexpected end of input") == 0) {
				ck_assert_uint_eq(said.line[n], texts[i].line);
				/* Nothing of what is missing then. */
				ck_assert_uint_eq(said.count, n + 2);
				break;
			}
			/* Nothing but the unknown name can have come before. */
			ck_assert_msg(strcmp(said.message[n], "unknown option 'frob'") == 0,
				      "%s: %s", texts[i].text, said.message[n]);
		}
	}
}
END_TEST

/*--- limits --------------------------------------------------------------------------*/

static char *
repeat(const char *head, const char *what, size_t times, const char *tail) {
	size_t len = strlen(what);
	char *text = malloc(strlen(head) + len * times + strlen(tail) + 1);
	char *at = text + sprintf(text, "%s", head);

	for (size_t i = 0; i < times; i++, at += len) {
		memcpy(at, what, len);
	}
	strcpy(at, tail);
	return (text);
}

START_TEST(much_text_is_read) {
	char *text = repeat("", "// comment\n/* another\n*/\n", 100000, "log maybe;");

	ck_assert(!read_text(text));
	ck_assert_uint_eq(said.line[0], 300000);
	free(text);
	text = repeat("syslog ", "y", 500000, ";\nlog no;");
	ck_assert(!read_text(text));
	ck_assert_uint_eq(said.count, 1);
	ck_assert(!params.log);
	free(text);
	/* What is cut is no value, however it begins. */
	text = repeat("recovery-rate ", "0", XFW_PLAIN_WORD_MAX, "64;log no;");
	ck_assert(!read_text(text));
	ck_assert_uint_eq(said.count, 1);
	ck_assert(!params.log);
	ck_assert_uint_eq(params.recovery_rate, XFW_PARAM_RECOVERY_RATE_DEFAULT);
	free(text);
	text = repeat("ring-size ", "0", 1000, "64;");
	ck_assert(read_text(text));
	ck_assert_uint_eq(params.ring_size, 64);
	free(text);
}
END_TEST

START_TEST(not_everything_is_said) {
	static const char *const whats[] = { "log yes;", ";", "}", "{", "x;", "log x;" };

	for (size_t i = 0; i < sizeof(whats) / sizeof(whats[0]); i++) {
		char *text = repeat("strict-version yes;", whats[i], 100000, "");

		ck_assert(!read_text(text));
		ck_assert(params.strict);
		ck_assert_uint_le(said.count, XFW_PLAIN_COMPLAINTS_MAX + 2);
		if (said.count > XFW_PLAIN_COMPLAINTS_MAX) {
			ck_assert_str_eq(said.message[XFW_PLAIN_COMPLAINTS_MAX],
					 "what else is wrong is not said");
		}
		if (i != 0 && i != 5) { /* the form is; that is said in any case */
			ck_assert_int_eq(strncmp(said.message[said.count - 1], UNREAD,
						 strlen(UNREAD)),
					 0);
		}
		free(text);
	}
}
END_TEST

START_TEST(lists_have_limits) {
	static const char head[] = "statistics-channel ::1 allow { ";
	char *text = repeat(head, "10/8;", XFW_PLAIN_ACL_MAX - 1, "192/8; };");

	ck_assert(read_text(text));
	ck_assert(allowed("192.0.0.1", 0) && !allowed("193.0.0.1", 0));
	free(text);
	text = repeat(head, "10/8;", XFW_PLAIN_ACL_MAX, "192/8; }; log no;");
	ck_assert(!read_text(text));
	ck_assert_str_eq(said.message[0],
			 "'allow' of 'statistics-channel' has more than 4096 elements, "
			 "so that nothing listens at ::1#8054");
	ck_assert_str_eq(places(), "");
	ck_assert(!params.log);
	free(text);
	text = repeat(head, "{ 10/8; };", 10 * XFW_PLAIN_ACL_DEPTH_MAX, "192/8; };");
	ck_assert(read_text(text));
	ck_assert(allowed("192.0.0.1", 0));
	free(text);
	text = repeat(head, "{", XFW_PLAIN_ACL_DEPTH_MAX, "");
	char *deep = repeat(text, "};", XFW_PLAIN_ACL_DEPTH_MAX, " any; }; log no;");
	ck_assert(read_text(deep));
	ck_assert(allowed("192.0.0.1", 0));
	free(deep);
	free(text);
	text = repeat(head, "{", 100000, "; log no;");
	ck_assert(!read_text(text));
	ck_assert_str_eq(said.message[0],
			 "'allow' of 'statistics-channel' is more than 32 lists deep, "
			 "so that nothing listens at ::1#8054");
	ck_assert_str_eq(places(), "");
	free(text);
}
END_TEST

START_TEST(listeners_have_a_limit) {
	char text[65536] = "";

	for (int i = 1; i <= XFW_PLAIN_LISTENERS_MAX + 1; i++) {
		sprintf(text + strlen(text), "statistics-channel ::1 port %d;\n", i);
	}
	ck_assert(!read_text(text));
	ck_assert_uint_eq(said.count, 1);
	ck_assert_uint_eq(said.line[0], XFW_PLAIN_LISTENERS_MAX);
	ck_assert_ptr_nonnull(strstr(said.message[0], "nothing listens at ::1#65"));
	ck_assert_ptr_nonnull(strstr(places(), "::1#64"));
}
END_TEST

/*--- who may read ------------------------------------------------------------------------*/

static const struct {
	const char *allow; /* NULL: none is given */
	const char *yes, *no;
} lists[] = {
	{ "10.1.2.3;", "10.1.2.3", "10.1.2.2 11.1.2.3 ::ffff:10.1.2.3 ::1 a01:203::" },
	{ "10/8;", "10.0.0.0 10.255.255.255", "9.255.255.255 11.0.0.0" },
	{ "192.0/15;", "192.0.0.1 192.1.255.255", "192.2.0.0 191.255.255.255" },
	{ "192.0.2/25;", "192.0.2.127", "192.0.2.128" },
	{ "0/0;", "0.0.0.0 255.255.255.255", "::1 ::" },
	{ "::/0;", "::1 ::ffff:10.0.0.1", "10.0.0.1" },
	{ "2001:db8:8000::/33;", "2001:db8:8000::1 2001:db8:ffff::",
	  "2001:db8:7fff::1 2001:db9:8000::" },
	{ "2001:db8::1;", "2001:db8::1", "2001:db8::2 32.1.13.184" },
	{ "fe80::1%7;", "fe80::1", "fe80::2" },
	/* named's match-mapped-addresses is off unless it is said. */
	{ "::ffff:10.0.0.0/104;", "::ffff:10.1.2.3", "10.1.2.3 ::ffff:11.0.0.1" },
	{ "any;", "10.1.2.3 ::1 2001:db8::", "" },
	{ "\"any\";", "10.1.2.3", "" },
	{ "none;", "", "10.1.2.3 ::1 127.0.0.1" },
	{ "", "", "10.1.2.3 ::1 127.0.0.1" },
	{ "!none;", "10.1.2.3 ::1", "" },
	{ "!any;", "", "10.1.2.3 ::1" },
	{ "!127.0.0.2; any;", "127.0.0.1 ::1", "127.0.0.2" },
	{ "any; !127.0.0.2;", "127.0.0.2", "" },
	{ "! 10.1/16; 10/8;", "10.0.0.1 10.2.0.1", "10.1.0.1 11.0.0.1" },
	{ "10/8; !10.1/16;", "10.1.0.1", "11.0.0.1" },
	/* Lists in lists. */
	{ "{ 10/8; }; 192/8;", "10.1.1.1 192.1.1.1", "11.1.1.1" },
	{ "!{ 10/8; 11/8; }; any;", "12.0.0.1", "10.0.0.1 11.0.0.1" },
	{ "{ !10.1/16; 10/8; }; 10.1.2/24;", "10.0.0.1 10.1.2.1", "10.1.1.1" },
	{ "!{ !127.0.0.2; any; }; localhost; 127/8;", "127.0.0.2", "127.0.0.1 ::1" },
	{ "!{ none; }; any;", "10.0.0.1", "" },
	{ "{ { !10/8; any; }; }; !11/8; 10.1/16;", "12.0.0.1 10.1.1.1", "10.2.1.1" },
	{ "!{ { !10/8; any; }; }; any;", "10.0.0.1", "12.0.0.1" },
	{ "{ }; 10/8; { { { 11/8; }; }; };", "10.0.0.1 11.0.0.1", "12.0.0.1" },
	{ "{ 10/8; { 11/8; }; 12/8; }; !{ 13/8; }; { 13/8; 14/8; };",
	  "10.0.0.1 11.0.0.1 12.0.0.1 14.0.0.1", "13.0.0.1 15.0.0.1" },
	/* What stands before, and again in `!{ }`, is refused by named: of the prefix
	 * itself, unless the list refuses something. */
	{ "10/8; 11/8; !{ 11/8; 10.1/16; }; 11.1/16;", "10.1.1.1", "11.0.0.1 11.1.1.1" },
	{ "any; !{ 0/0; };", "::1", "10.0.0.1" },
	{ "{ 10/8; }; 10.1/16; !{ { 10/8; }; };", "", "10.1.1.1 10.2.1.1" },
	{ "{ 10/8; !11/8; }; !{ 10/8; }; any;", "10.1.1.1 11.1.1.1", "" },
	{ "10/8; !{ 10/8; !11/8; }; 11/8;", "10.1.1.1 11.1.1.1", "" },
	{ "10/8; !{ 10/8; !none; }; 11/8;", "10.1.1.1", "11.1.1.1" },
	{ "10/8; { !{ 10/8; }; any; };", "10.1.1.1 11.1.1.1", "" },
	{ "11/8; !{ 12/8; { 11/8; none; }; }; any;", "11.1.1.1", "12.1.1.1" },
	{ "10/8; !{ { !12/8; }; 10/8; };", "", "10.1.1.1 11.1.1.1" },
	/* This machine. */
	{ "localhost;", "127.0.0.1 ::1 192.0.2.17 203.0.113.1 203.0.113.9 100.64.0.1 "
			"2001:db8:7::7",
	  "127.0.0.2 192.0.2.18 198.51.100.1 2001:db8:7::8 ::ffff:127.0.0.1 7f00:1:: ::" },
	{ "localnets;", "127.0.0.1 127.255.0.9 192.0.2.16 192.0.2.31 ::1 "
			"2001:db8:7:1f::9",
	  "192.0.2.15 192.0.2.32 198.51.100.9 203.0.113.1 203.0.113.9 203.0.113.2 "
	  "100.64.0.1 2001:db8:7:20::9 8.8.8.8 ::2 7f00::1" },
	{ "!localhost; localnets;", "127.0.0.2 192.0.2.18", "127.0.0.1 192.0.2.17" },
	{ "{ LOCALHOST; }; \"localnets\";", "192.0.2.17 192.0.2.18", "8.8.8.8" },
	{ NULL, "127.0.0.1 ::1 192.0.2.17", "127.0.0.2 192.0.2.18 198.51.100.1 8.8.8.8" },
};

static void
ask_all(const char *peers, bool want, const char *allow) {
	char copy[256], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", peers);
	for (char *peer = strtok_r(copy, " ", &save); peer != NULL;
	     peer = strtok_r(NULL, " ", &save))
	{
		ck_assert_msg(allowed(peer, 0) == want, "allow { %s }: %s",
			      allow != NULL ? allow : "(none)", peer);
	}
}

START_TEST(a_list_decides) {
	const char *allow = lists[_i].allow;
	char text[256];

	snprintf(text, sizeof(text), "statistics-channel ::1 %s%s%s;",
		 allow != NULL ? "allow {" : "", allow != NULL ? allow : "",
		 allow != NULL ? "}" : "");
	ck_assert_msg(read_text(text), "%s: %s", text, said.message[0]);
	ask_all(lists[_i].yes, true, allow);
	ask_all(lists[_i].no, false, allow);
}
END_TEST

START_TEST(others_are_not_let_in) {
	struct sockaddr_storage address = { .ss_family = AF_UNIX };

	ck_assert(read_text("statistics-channel ::1 allow { any; };"));
	ck_assert(!xfw_plain_allowed(listeners->acl, (struct sockaddr *)&address));
	address.ss_family = AF_INET;
	ck_assert(xfw_plain_allowed(listeners->acl, (struct sockaddr *)&address));
	ck_assert(!xfw_plain_allowed(NULL, (struct sockaddr *)&address));
}
END_TEST

/* A clock of its own, far behind that of the other tests. */
START_TEST(interfaces_are_looked_at_now_and_then) {
	const int64_t hour_s = 3600000000;
	unsigned int before;

	ck_assert(read_text("statistics-channel ::1 allow { { localhost; !localnets; }; "
			    "localhost; localnets; };"));
	ck_assert(allowed("192.0.2.17", hour_s));
	before = asked;
	for (int i = 0; i < 1000; i++) {
		ck_assert(!allowed("8.8.8.8", hour_s + XFW_PLAIN_NETS_S - 1));
	}
	ck_assert_uint_eq(asked, before);
	how_many = 1;
	ck_assert(allowed("192.0.2.17", hour_s + XFW_PLAIN_NETS_S - 1));
	ck_assert(!allowed("192.0.2.17", hour_s + XFW_PLAIN_NETS_S));
	ck_assert(allowed("127.0.0.1", hour_s + XFW_PLAIN_NETS_S));
	ck_assert_uint_eq(asked, before + 1);
	/* What is known stays while the kernel does not say. */
	is_away = true;
	for (int i = 0; i < 1000; i++) {
		ck_assert(allowed("127.0.0.1", hour_s + 100));
	}
	ck_assert_uint_eq(asked, before + 2);
	is_away = false;
	how_many = XFW_PLAIN_NETS_MAX * 2;
	ck_assert(allowed("192.0.2.17", hour_s + 200));
	ck_assert_uint_eq(asked, before + 3);
	how_many = sizeof(interfaces) / sizeof(interfaces[0]);
	ck_assert(allowed("192.0.2.17", hour_s + 300));
}
END_TEST

/*--- what users copy ------------------------------------------------------------------*/

#ifndef TOP_DIR
#define TOP_DIR "."
#endif

static char *
whole_file(const char *name) {
	static char text[1 << 20];
	char path[4096];
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", TOP_DIR, name);
	file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s", path);
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	return (text);
}

/* The block of the next plugin statement, which ends with "};" on a line; or NULL. */
static char *
next_block(char **at) {
	char *begin = *at;

	for (;;) {
		char *end;

		begin = strstr(begin, "plugin query \"");
		if (begin == NULL) {
			return (NULL);
		}
		end = begin + strcspn(begin, "{;\n");
		begin = end;
		if (*end != '{') {
			continue;
		}
		begin++;
		for (end = strchr(begin, '\n'); end != NULL; end = strchr(end + 1, '\n')) {
			char *line = end + 1 + strspn(end + 1, " \t");

			if (strncmp(line, "};", 2) == 0) {
				*line = '\0';
				*at = line + 1;
				return (begin);
			}
		}
		return (NULL);
	}
}

START_TEST(examples_are_taken) {
	static const char *const names[] = { "named.conf.example", "README" };
	static const unsigned int least[] = { 1, 2 };
	xfw_params_t is = xfw_params_default();

	for (size_t i = 0; i < 2; i++) {
		char *at = whole_file(names[i]), *block;
		unsigned int count = 0;

		while ((block = next_block(&at)) != NULL) {
			count++;
			ck_assert_msg(read_text(block), "%s:\n%s\n%s", names[i], block,
				      said.message[0]);
			ck_assert(same_params(&params, &is));
			ck_assert_str_eq(places(), "127.0.0.1#8054");
			ck_assert(allowed("127.0.0.1", 0) && !allowed("127.0.0.2", 0));
		}
		ck_assert_msg(count >= least[i], "%s: %u", names[i], count);
	}
}
END_TEST

static void
end_listeners(void) {
	xfw_plain_free(listeners);
	listeners = NULL;
}

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

int
main(void) {
	Suite *suite = suite_create("plain");
	TCase *tcase = tcase_create("plain");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, NULL, end_listeners);
	tcase_add_test(tcase, nothing_is_the_defaults);
	tcase_add_test(tcase, every_parameter_is_taken);
	tcase_add_test(tcase, limits_are_those_of_the_table);
	tcase_add_test(tcase, listeners_are_where_they_are_said);
	tcase_add_test(tcase, strict_is_read_alone);
	tcase_add_loop_test(tcase, a_mistake_is_told, 0, COUNT(mistakes));
	tcase_add_loop_test(tcase, a_mistake_costs_no_other_parameter, 0,
			    COUNT(mistakes));
	tcase_add_test(tcase, words_of_libisccfg);
	tcase_add_test(tcase, all_mistakes_are_told);
	tcase_add_loop_test(tcase, twice_is_once_too_often, 0, COUNT(table));
	tcase_add_test(tcase, the_first_one_holds);
	tcase_add_test(tcase, what_does_not_end);
	tcase_add_test(tcase, much_text_is_read);
	tcase_add_test(tcase, not_everything_is_said);
	tcase_add_test(tcase, lists_have_limits);
	tcase_add_test(tcase, listeners_have_a_limit);
	tcase_add_loop_test(tcase, a_list_decides, 0, COUNT(lists));
	tcase_add_test(tcase, others_are_not_let_in);
	tcase_add_test(tcase, interfaces_are_looked_at_now_and_then);
	tcase_add_test(tcase, examples_are_taken);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
