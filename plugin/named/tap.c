/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The tap (BIND 9.18, 9.20): a logging context of our own for libdns.
 *
 * libdns logs through the global dns_lctx. We make it a context of ours with one
 * channel, whose stream is a function: on_line(). That classifies the line, puts
 * the event into the ring and writes the same message into named's own context,
 * which goes on applying the operator's `logging {}`.
 *
 * on_line() runs on whatever thread of named's logs, under our context's lock:
 * parse, record, forward, return. It never logs through dns_lctx.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arrays.h"
#include "base.h"

#include <xfrwatch/classify.h>

/* More than the longest message (8 KiB) and its prefix, so that one message is
 * one call. */
#define STREAM_BUFFER 16384

/* The highest debug level that named's code uses is 99. */
#define DEBUG_MAX 100

#define NAMES_SIZE 256 /* of the tables below; a power of two, mostly empty */

/* The line that is written once to see that all is as it must be. */
#define REHEARSAL_TEXT "xfrwatch: rehearsal"

enum { REHEARSAL_NONE, REHEARSAL_UNDER_WAY, REHEARSAL_GOOD };

/* Names to the pointers that isc_log_write() wants. */
typedef struct names {
	struct {
		const char *name;
		size_t len;
		void *pointer;
	} slot[NAMES_SIZE];
} names_t;

static struct {
	struct isc_mem *mctx;
	struct isc_log *own;
	struct isc_log *named;
	FILE *stream;
	xfw_intake_t *intake;
	bool (*muted)(const char *text, size_t len); /* may be NULL */
	bool sound;    /* the context, if there is one */
	int rehearsal; /* REHEARSAL_... */
	names_t categories;
	names_t modules;
	void *general; /* category and module of a line whose own we do not know */
	void *other;
	int debug; /* the level that our context is at */
	int floor; /* not below this, until the configuration has settled */
} tap;

/*--- names -----------------------------------------------------------------------*/

static size_t
place(const char *name, size_t len) {
	size_t h = len;

	if (len > 0) {
		h += 31 * (unsigned char)name[0] +
		     7 * (unsigned char)name[len / 2] +
		     (unsigned char)name[len - 1];
	}
	return (h & (NAMES_SIZE - 1));
}

static void
learn(names_t *names, const char *name, void *pointer) {
	size_t len = strlen(name);
	size_t at = place(name, len);

	for (size_t n = 0; n < NAMES_SIZE; n++) {
		if (names->slot[at].name == NULL) {
			names->slot[at].name = name;
			names->slot[at].len = len;
			names->slot[at].pointer = pointer;
			return;
		}
		at = (at + 1) & (NAMES_SIZE - 1);
	}
}

static void *
look_up(const names_t *names, const char *name, size_t len) {
	size_t at = place(name, len);

	for (size_t n = 0; n < NAMES_SIZE && names->slot[at].name != NULL; n++) {
		if (names->slot[at].len == len &&
		    memcmp(names->slot[at].name, name, len) == 0)
		{
			return (names->slot[at].pointer);
		}
		at = (at + 1) & (NAMES_SIZE - 1);
	}
	return (NULL);
}

/*--- one line -----------------------------------------------------------------------*/

/* Cuts "<word>: " off the front of the line. */
static bool
cut(const char **at, const char *end, const char **word, size_t *len) {
	for (const char *p = *at; p + 1 < end; p++) {
		if (p[0] == ':' && p[1] == ' ') {
			*word = *at;
			*len = (size_t)(p - *at);
			*at = p + 2;
			return (true);
		}
	}
	return (false);
}

/* As isc_log_doit() prints them: "info", "debug 3", "level -7". */
static int
level_of(const char *word, size_t len) {
	static const struct {
		const char *name;
		int level;
	} levels[] = {
		{ "info", XFW_LOG_INFO },	{ "error", XFW_LOG_ERROR },
		{ "warning", XFW_LOG_WARNING }, { "notice", XFW_LOG_NOTICE },
		{ "critical", XFW_LOG_CRITICAL },
	};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strlen(levels[i].name) == len &&
		    memcmp(levels[i].name, word, len) == 0)
		{
			return (levels[i].level);
		}
	}
	/* The word is followed by ':', so that the conversion ends there. */
	if (len > 6 && memcmp(word, "debug ", 6) == 0) {
		return ((int)strtol(word + 6, NULL, 10));
	}
	if (len > 6 && memcmp(word, "level ", 6) == 0) {
		return ((int)strtol(word + 6, NULL, 10));
	}
	return (XFW_LOG_INFO);
}

static void
record(const char *category, size_t category_len, int level, const char *text,
       size_t len) {
	xfw_event_t ev;
	struct timespec now;

	if (xfw_classify(category, category_len, level, text, len, &ev) ==
	    XFW_KIND_IRRELEVANT)
	{
		return;
	}
	(void)clock_gettime(CLOCK_REALTIME, &now);
	ev.time_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	xfw_intake_put(tap.intake, &ev);
}

/* Its line came: is it whole? */
static int
rehearsed(const void *category, const void *module, int level, const char *text,
	  size_t len) {
	bool good = category != NULL && module != NULL &&
		    category == look_up(&tap.categories, "xfer-in", 7) &&
		    module == look_up(&tap.modules, "dns/xfrin", 9) &&
		    level == XFW_LOG_ERROR && len == strlen(REHEARSAL_TEXT) &&
		    memcmp(text, REHEARSAL_TEXT, len) == 0;

	return (good ? REHEARSAL_GOOD : REHEARSAL_UNDER_WAY);
}

static ssize_t
on_line(void *cookie, const char *buf, size_t size) {
	const char *at = buf, *end = buf + size;
	const char *category, *module, *level_word;
	size_t category_len, module_len, level_len;

	(void)cookie;
	if (size > 0 && end[-1] == '\n') {
		end--;
	}
	if (!cut(&at, end, &category, &category_len) ||
	    !cut(&at, end, &module, &module_len) ||
	    !cut(&at, end, &level_word, &level_len))
	{
		return ((ssize_t)size);
	}
	int level = level_of(level_word, level_len);
	size_t len = (size_t)(end - at);
	void *cat = look_up(&tap.categories, category, category_len);
	void *mod = look_up(&tap.modules, module, module_len);

	if (tap.rehearsal != REHEARSAL_NONE) {
		tap.rehearsal = rehearsed(cat, mod, level, at, len);
		return ((ssize_t)size);
	}
	if (tap.muted != NULL && tap.muted(at, len)) {
		return ((ssize_t)size);
	}
	record(category, category_len, level, at, len);
	isc_log_write(tap.named, cat != NULL ? cat : tap.general,
		      mod != NULL ? mod : tap.other, level, "%.*s", (int)len, at);
	return ((ssize_t)size);
}

/*--- the context ------------------------------------------------------------------------*/

static void
learn_category(void *arg, const char *name, void *entry) {
	(void)arg;
	learn(&tap.categories, name, entry);
}

static void
learn_module(void *arg, const char *name, void *entry) {
	(void)arg;
	learn(&tap.modules, name, entry);
}

/*
 * A context that knows all that named's knows, under the same ids. isc_log_create()
 * walks the first array until a NULL name, and would run off its end with the chain
 * in place; so that is taken apart before, and made again by the registrations.
 */
static bool
make_context(struct isc_logconfig **lcfg) {
	xfw_arrays_t categories, modules;

	if (!xfw_arrays_read(xfw_isc_categories, &categories, learn_category,
			     NULL) ||
	    !xfw_arrays_read(xfw_isc_modules, &modules, learn_module, NULL))
	{
		return (false);
	}
	tap.general = look_up(&tap.categories, "general", 7);
	tap.other = look_up(&tap.modules, "other", 5);
	if (tap.general == NULL || tap.other == NULL) {
		return (false);
	}
	isc__mem_create(&tap.mctx);
	isc_mem_setname(tap.mctx, "xfrwatch");
	xfw_arrays_unchain(&categories);
	xfw_arrays_unchain(&modules);
	isc_log_create(tap.mctx, &tap.own, lcfg);
	/* The first array was registered by isc_log_create(). */
	for (size_t i = 1; i < categories.count; i++) {
		isc_log_registercategories(tap.own, (void *)categories.first[i]);
	}
	for (size_t i = 1; i < modules.count; i++) {
		isc_log_registermodules(tap.own, (void *)modules.first[i]);
	}
	return (true);
}

static bool
make_stream(void) {
	static const cookie_io_functions_t functions = { .write = on_line };

	tap.stream = fopencookie(NULL, "w", functions);
	return (tap.stream != NULL &&
		setvbuf(tap.stream, NULL, _IOFBF, STREAM_BUFFER) == 0);
}

/*
 * Of the destination libisc reads the stream alone; wherever that is in a version that
 * we were not built for, it is there.
 */
static bool
make_channel(struct isc_logconfig *lcfg) {
	void *destination[XFW_DESTINATION_SIZE / sizeof(void *)];

	for (size_t i = 0; i < sizeof(destination) / sizeof(destination[0]); i++) {
		destination[i] = tap.stream;
	}
	isc_log_createchannel(lcfg, "xfrwatch", XFW_LOG_TOFILEDESC,
			      XFW_LOG_DYNAMIC, (const void *)destination,
			      XFW_LOG_PRINTCATEGORY | XFW_LOG_PRINTMODULE |
				      XFW_LOG_PRINTLEVEL);
	return (isc_log_usechannel(lcfg, "xfrwatch", NULL, NULL) ==
		XFW_ISC_SUCCESS);
}

/* Whether a line comes through as on_line() wants it: before libdns writes any. */
static bool
proven(void) {
	tap.rehearsal = REHEARSAL_UNDER_WAY;
	isc_log_write(tap.own, look_up(&tap.categories, "xfer-in", 7),
		      look_up(&tap.modules, "dns/xfrin", 9), XFW_LOG_ERROR,
		      "%s", REHEARSAL_TEXT);
	return (tap.rehearsal == REHEARSAL_GOOD);
}

bool
xfw_tap_install(struct isc_log *lctx, xfw_intake_t *intake,
		bool (*muted)(const char *text, size_t len)) {
	tap.intake = intake;
	tap.muted = muted;
	tap.named = lctx;
	if (tap.own == NULL) {
		struct isc_logconfig *lcfg = NULL;

		tap.sound = make_stream() && make_context(&lcfg) &&
			    make_channel(lcfg) && proven();
		tap.rehearsal = REHEARSAL_NONE;
	}
	if (!tap.sound) {
		return (false);
	}
	xfw_tap_follow(false);
	if (dns_lctx != tap.own) {
		dns_log_setcontext(tap.own);
	}
	return (true);
}

void
xfw_tap_remove(void) {
	if (tap.own != NULL && dns_lctx == tap.own) {
		dns_log_setcontext(tap.named);
	}
}

static int
level_of_named(void) {
	int debug = 0;

	while (debug < DEBUG_MAX && isc_log_wouldlog(tap.named, debug + 1)) {
		debug++;
	}
	return (debug);
}

static void
set_level(int debug) {
	if (debug != tap.debug) {
		tap.debug = debug;
		isc_log_setdebuglevel(tap.own, (unsigned int)debug);
	}
}

void
xfw_tap_raise(unsigned debug) {
	/* Channels at `severity dynamic` may come with the new configuration. */
	int level = (int)isc_log_getdebuglevel(tap.named);

	if ((int)debug > level) {
		level = debug < DEBUG_MAX ? (int)debug : DEBUG_MAX;
	}
	if (level > tap.floor) {
		tap.floor = level;
	}
	xfw_tap_follow(false);
}

void
xfw_tap_follow(bool settled) {
	int debug = level_of_named();

	if (settled) {
		tap.floor = 0;
	}
	set_level(debug > tap.floor ? debug : tap.floor);
}

struct isc_logcategory *
xfw_tap_category(const char *name) {
	return (look_up(&tap.categories, name, strlen(name)));
}

struct isc_logmodule *
xfw_tap_module(const char *name) {
	return (look_up(&tap.modules, name, strlen(name)));
}

struct isc_log *
xfw_tap_context(void) {
	return (tap.own);
}

struct isc_log *
xfw_tap_named(void) {
	return (tap.named);
}

void
xfw_tap_free(void) {
	if (tap.own != NULL) {
		isc_log_destroy(&tap.own);
	}
	if (tap.stream != NULL) {
		(void)fclose(tap.stream);
		tap.stream = NULL;
	}
	if (tap.mctx != NULL) {
		isc__mem_destroy(&tap.mctx);
	}
}
