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
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "named.h"

#include <xfrwatch/classify.h>

/* More than the longest message (8 KiB) and its prefix, so that one message is
 * one call. */
#define STREAM_BUFFER 16384

/* The highest debug level that named's code uses is 99. */
#define DEBUG_MAX 100

#define ARRAYS_MAX 16  /* category or module arrays that the libraries chain */
#define NAMES_SIZE 256 /* of the tables below; a power of two, mostly empty */

/* Names to the pointers that isc_log_write() wants. */
typedef struct names {
	struct {
		const char *name;
		size_t len;
		void *pointer;
	} slot[NAMES_SIZE];
} names_t;

static struct {
	isc_mem_t *mctx;
	isc_log_t *own;
	isc_log_t *named;
	FILE *stream;
	xfw_intake_t *intake;
	names_t categories;
	names_t modules;
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
		{ "info", ISC_LOG_INFO },	{ "error", ISC_LOG_ERROR },
		{ "warning", ISC_LOG_WARNING }, { "notice", ISC_LOG_NOTICE },
		{ "critical", ISC_LOG_CRITICAL },
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
	return (ISC_LOG_INFO);
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
	isc_logcategory_t *cat = look_up(&tap.categories, category,
					 category_len);
	isc_logmodule_t *mod = look_up(&tap.modules, module, module_len);

	if (xfw_muted(at, len)) {
		return ((ssize_t)size);
	}
	record(category, category_len, level, at, len);
	isc_log_write(tap.named, cat != NULL ? cat : ISC_LOGCATEGORY_GENERAL,
		      mod != NULL ? mod : ISC_LOGMODULE_OTHER, level, "%.*s",
		      (int)len, at);
	return ((ssize_t)size);
}

/*--- the context ------------------------------------------------------------------------*/

/*
 * The libraries' category arrays are chained in place: the terminator of an array
 * that another one follows holds its address. isc_log_create() walks the first
 * array until a NULL name, so with the chain in place it would run off the end.
 * This takes the chain apart and remembers it.
 */
#define UNCHAIN(function, type, first, names)                                  \
	static size_t function(type *arrays[ARRAYS_MAX]) {                     \
		type *at = first;                                              \
		size_t count = 0;                                              \
                                                                               \
		arrays[count++] = at;                                          \
		while (at->name != NULL) {                                     \
			type *next;                                            \
                                                                               \
			if (at->id != UINT_MAX) {                              \
				learn(names, at->name, at);                    \
				at++;                                          \
				continue;                                      \
			}                                                      \
			memcpy(&next, &at->name, sizeof(next));                \
			at->name = NULL;                                       \
			at->id = 0;                                            \
			if (count == ARRAYS_MAX) {                             \
				break;                                         \
			}                                                      \
			arrays[count++] = next;                                \
			at = next;                                             \
		}                                                              \
		return (count);                                                \
	}

/* Two types of the same shape. */
UNCHAIN(unchain_categories, isc_logcategory_t, isc_categories, &tap.categories)
UNCHAIN(unchain_modules, isc_logmodule_t, isc_modules, &tap.modules)

/* A context that knows all that named's knows, under the same ids. */
static void
make_context(isc_logconfig_t **lcfg) {
	isc_logcategory_t *categories[ARRAYS_MAX];
	isc_logmodule_t *modules[ARRAYS_MAX];
	size_t ncategories = unchain_categories(categories);
	size_t nmodules = unchain_modules(modules);

	isc_log_create(tap.mctx, &tap.own, lcfg);
	/* The first array was registered by isc_log_create(). */
	for (size_t i = 1; i < ncategories; i++) {
		isc_log_registercategories(tap.own, categories[i]);
	}
	for (size_t i = 1; i < nmodules; i++) {
		isc_log_registermodules(tap.own, modules[i]);
	}
}

static bool
make_stream(void) {
	static const cookie_io_functions_t functions = { .write = on_line };

	tap.stream = fopencookie(NULL, "w", functions);
	return (tap.stream != NULL &&
		setvbuf(tap.stream, NULL, _IOFBF, STREAM_BUFFER) == 0);
}

bool
xfw_tap_install(isc_log_t *lctx, xfw_intake_t *intake) {
	tap.intake = intake;
	if (tap.own == NULL) {
		isc_logconfig_t *lcfg = NULL;
		isc_logdestination_t destination;

		if (!make_stream()) {
			return (false);
		}
		isc_mem_create(&tap.mctx);
		isc_mem_setname(tap.mctx, "xfrwatch");
		make_context(&lcfg);
		memset(&destination, 0, sizeof(destination));
		destination.file.stream = tap.stream;
		destination.file.versions = ISC_LOG_ROLLNEVER;
		isc_log_createchannel(lcfg, "xfrwatch", ISC_LOG_TOFILEDESC,
				      ISC_LOG_DYNAMIC, &destination,
				      ISC_LOG_PRINTCATEGORY |
					      ISC_LOG_PRINTMODULE |
					      ISC_LOG_PRINTLEVEL);
		if (isc_log_usechannel(lcfg, "xfrwatch", NULL, NULL) !=
		    ISC_R_SUCCESS)
		{
			return (false);
		}
	}
	tap.named = lctx;
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
	if (tap.own != NULL && ns_lctx == tap.own) {
		ns_log_setcontext(tap.named);
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

isc_logmodule_t *
xfw_tap_module(const char *name) {
	return (look_up(&tap.modules, name, strlen(name)));
}

isc_log_t *
xfw_tap_context(void) {
	return (tap.own);
}

isc_log_t *
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
		isc_mem_destroy(&tap.mctx);
	}
}
