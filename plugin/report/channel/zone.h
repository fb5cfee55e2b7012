/* SPDX-License-Identifier: MPL-2.0 */
/*
 * One zone: whether a query asks for it, and how it is told in JSON.
 * Runs in the monitor's thread.
 */
#ifndef XFW_ZONE_H
#define XFW_ZONE_H

#include <xfrwatch/state.h>

#include "json.h"
#include "query.h"

/* `*work` grows by what a search in a long name cost, in zones looked at. */
bool
xfw_zone_asked(const xfw_zone_t *zone, const xfw_query_t *query, size_t *work);

/* Appends it as an element of an array. */
void
xfw_zone_json(xfw_json_t *json, const xfw_zone_t *zone, int64_t now_ms);

#endif /* XFW_ZONE_H */
