/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The page for people.
 * Runs in the monitor's thread.
 */
#include "answers.h"

void
xfw_answer_page(xfw_answer_t *answer) {
	xfw_text_printf(&answer->text, "<!DOCTYPE html>\n<title>xfrwatch</title>\n");
}
