/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The page for people: one document, made at build time (page/embed.sh), and the
 * fields that keep a browser from running or fetching anything else.
 * Runs in the monitor's thread.
 * Source: Content Security Policy Level 3 (W3C), Referrer Policy (W3C).
 */
#include "answers.h"

#include "plugin/report/channel/page_data.h"

static const char *const fields[][2] = {
	{ "Content-Security-Policy", PAGE_POLICY },
	{ "Referrer-Policy", "no-referrer" },
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

void
xfw_answer_page(xfw_answer_t *answer) {
	size_t at = 0;

	while (at < XFW_ANSWER_FIELDS_MAX && answer->fields[at][0] != NULL) {
		at++;
	}
	/* One place stays empty: it ends the list. */
	if (at + FIELDS >= XFW_ANSWER_FIELDS_MAX) {
		/* Rather no page than one without its policy. */
		xfw_answer_error(answer, 500, "no room for the page's fields");
		return;
	}
	for (size_t i = 0; i < FIELDS; i++) {
		answer->fields[at + i][0] = fields[i][0];
		answer->fields[at + i][1] = fields[i][1];
	}
	answer->fixed = page_document;
	answer->fixed_len = sizeof(page_document);
}
