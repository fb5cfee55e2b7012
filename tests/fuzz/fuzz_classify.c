/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Fuzz target of the classifier.  An input is one byte of level, one that
 * chooses the category, and the text of the line.  Links with libFuzzer, or
 * with fuzz_driver.c.  One thread.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xfrwatch/classify.h>
#include <xfrwatch/key.h>

#include "fuzz.h"

#define CATEGORIES 8

static const char *const categories[CATEGORIES] = {
	"general", "xfer-in", "notify", "zoneload", "dnssec", "database", "", "x",
};

const char fuzz_hot[] = "#:'/ ()%0_\n\\";
const size_t fuzz_hot_len = sizeof(fuzz_hot);

/* "category: level: message", as in the corpus. */
size_t
fuzz_input(const char *line, uint8_t *buf) {
	static const char *const levels[] = { "info", "notice", "warning",
					      "error", "critical" };
	const char *level = strstr(line, ": "), *text;
	size_t len;
	int debug;

	if (line[0] == '#' || level == NULL ||
	    (text = strstr(level + 2, ": ")) == NULL)
	{
		return (0);
	}
	buf[0] = (uint8_t)-1;
	for (int i = 0; i < 5; i++) {
		if (strncmp(level + 2, levels[i], strlen(levels[i])) == 0) {
			buf[0] = (uint8_t)(-1 - i);
		}
	}
	if (sscanf(level, ": debug %d", &debug) == 1) {
		buf[0] = (uint8_t)debug;
	}
	buf[1] = CATEGORIES - 1;
	for (uint8_t i = 0; i < CATEGORIES; i++) {
		len = strlen(categories[i]);
		if (len == (size_t)(level - line) &&
		    memcmp(line, categories[i], len) == 0)
		{
			buf[1] = i;
		}
	}
	len = strlen(text + 2);
	if (len > FUZZ_INPUT_MAX - 2) {
		len = FUZZ_INPUT_MAX - 2;
	}
	memcpy(buf + 2, text + 2, len);
	return (len + 2);
}

static void
wrong(const char *what) {
	fprintf(stderr, "fuzz_classify: %s\n", what);
	abort();
}

#define WANT(truth)                   \
	do {                          \
		if (!(truth)) {       \
			wrong(#truth); \
		}                     \
	} while (0)

/* Whatever the line was, a reader of the record must be safe with it. */
static void
check_event(const xfw_event_t *ev, int level) {
	const char *zone = xfw_event_zone(ev);

	WANT(ev->kind > XFW_KIND_IRRELEVANT && ev->kind < XFW_KIND_COUNT);
	WANT(ev->cause < XFW_CAUSE_COUNT);
	WANT(ev->phase <= XFW_PHASE_TRANSFER);
	WANT(ev->level == level);
	WANT(ev->used <= XFW_EVENT_STRINGS);
	WANT(ev->primary_at > 0 && ev->primary_at <= XFW_EVENT_ZONE_MAX);
	WANT(ev->text_at > ev->primary_at && ev->text_at < ev->used);
	WANT(ev->text_at - ev->primary_at <= XFW_EVENT_PRIMARY_MAX);
	WANT(ev->strings[ev->primary_at - 1] == '\0');
	WANT(ev->strings[ev->text_at - 1] == '\0');
	WANT(ev->strings[ev->used - 1] == '\0');
	if ((ev->flags & XFW_EVENT_KEY_TRUNCATED) == 0) {
		WANT(ev->zone_hash == xfw_key_hash(zone, ev->primary_at - 1U));
	}
	WANT((ev->kind == XFW_KIND_UNKNOWN) <=
	     (ev->cause == XFW_CAUSE_UNCLASSIFIED));
	WANT((ev->flags & XFW_EVENT_WEAK) == 0 || ev->kind == XFW_KIND_UNKNOWN);
	for (const char *p = xfw_event_primary(ev); *p != '\0'; p++) {
		WANT(*p != ' ');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static xfw_event_t ev, again;
	const char *category;
	char *text;
	xfw_key_t key;
	int level;

	if (size < 2) {
		return (0);
	}
	level = (int8_t)data[0];
	category = categories[data[1] % CATEGORIES];
	size -= 2;
	text = malloc(size + 1); /* the line ends where the block ends */
	if (text == NULL) {
		return (0);
	}
	memcpy(text + 1, data + 2, size);

	memset(&ev, 0, sizeof(ev));
	memset(&again, 0, sizeof(again));
	if (xfw_classify(category, strlen(category), level, text + 1, size,
			 &ev) != XFW_KIND_IRRELEVANT)
	{
		check_event(&ev, level);
		(void)xfw_key_split(ev.strings, ev.primary_at - 1U, &key);
	}
	xfw_classify(category, strlen(category), level, text + 1, size, &again);
	WANT(memcmp(&ev, &again, sizeof(ev)) == 0);
	(void)xfw_key_split(text + 1, size, &key);
	free(text);
	return (0);
}
