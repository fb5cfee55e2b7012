/* SPDX-License-Identifier: MPL-2.0 */
/*
 * /metrics.
 * Runs in the monitor's thread.
 */
#include "answers.h"

void
xfw_answer_metrics(const xfw_source_t *source, bool openmetrics, bool all_zones,
		   xfw_answer_t *answer) {
	(void)source;
	(void)all_zones;
	xfw_text_printf(&answer->text, "%s", openmetrics ? "# EOF\n" : "\n");
}
