/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Which answer a request gets, by path and method.
 * Runs in the monitor's thread.
 */
#include <xfrwatch/answer.h>

void
xfw_answer_error(xfw_answer_t *answer, unsigned status, const char *message) {
	answer->status = status;
	answer->type = "application/json";
	xfw_text_printf(&answer->text, "{\"error\": \"%s\"}\n", message);
}

void
xfw_answer(const xfw_source_t *source, const xfw_request_t *request,
	   xfw_answer_t *answer) {
	(void)source;
	(void)request;
	*answer = (xfw_answer_t){ 0 };
	xfw_answer_error(answer, 404, "there is nothing here");
}
