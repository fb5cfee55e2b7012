/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What is behind xfw_answer() (answer.h): one function for each route. The router
 * (answer.c) has checked method and parameters, and has set status 200, the content
 * type and `fields`; a route sets the body (text, fixed or body), or takes all back
 * with xfw_answer_error(). A text whose `failed` is set becomes 500 in the router.
 * Runs in the monitor's thread.
 */
#ifndef XFW_ANSWERS_H
#define XFW_ANSWERS_H

#include <stdbool.h>

#include <xfrwatch/answer.h>

#include "query.h"

/* /json/v1, /json/v1/, /json/v1/status */
void
xfw_answer_status(const xfw_source_t *source, xfw_answer_t *answer);

/* /json/v1/zones; parameters in `query`, already decoded. */
void
xfw_answer_zones(const xfw_source_t *source, const xfw_query_t *query,
		 xfw_answer_t *answer);

/* /json/v1/incidents */
void
xfw_answer_incidents(const xfw_source_t *source, const xfw_query_t *query,
		     xfw_answer_t *answer);

/* /json/v1/events */
void
xfw_answer_events(const xfw_source_t *source, const xfw_query_t *query,
		  xfw_answer_t *answer);

/* /metrics: OpenMetrics if `openmetrics`, else Prometheus text 0.0.4; series of
 * every zone if `all_zones`, else of those that are not ok. The type is set. */
void
xfw_answer_metrics(const xfw_source_t *source, bool openmetrics, bool all_zones,
		   xfw_answer_t *answer);

/* /: the page. The router sets "text/html; charset=utf-8"; the page may add to
 * `fields` (after the last one that is set). */
void
xfw_answer_page(xfw_answer_t *answer);

#endif /* XFW_ANSWERS_H */
