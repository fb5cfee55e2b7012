/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the files of /metrics share: the table of metrics, how a sample is written
 * (metrics_text.c), and what is gathered from the zones that are not ok before
 * anything of them is written (metrics_gather.c). The answer itself: metrics.c.
 * Runs in the monitor's thread.
 */
#ifndef XFW_METRICS_H
#define XFW_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xfrwatch/report.h>
#include <xfrwatch/state.h>

typedef enum xfw_metric {
#define XFW_METRIC(id, name, type, scope, unit, labels, help) XFW_METRIC_##id,
#include "metrics.tbl.h"
#undef XFW_METRIC
	XFW_METRICS
} xfw_metric_t;

#define XFW_METRIC_ZONE_FIRST XFW_METRIC_ZONE_DEADLINE
#define XFW_METRICS_OF_ZONE   (XFW_METRICS - XFW_METRIC_ZONE_FIRST)

#define XFW_METRICS_ZONES_MAX	  1000 /* zones with series of their own */
#define XFW_METRICS_PRIMARIES_MAX 100  /* label values; the rest is "other" */
#define XFW_METRICS_INCIDENTS_MAX 100

/*--- samples (metrics_text.c) -------------------------------------------------*/

/* HELP, TYPE and UNIT of a family. */
void
xfw_metrics_head(xfw_text_t *text, xfw_metric_t metric, bool openmetrics);

/*
 * One sample. `labels` is what stands between the braces, escaped already; NULL
 * for none. `thousandths` is the value times 1000.
 */
void
xfw_metrics_sample(xfw_text_t *text, xfw_metric_t metric, const char *labels,
		   int64_t thousandths);

/* The same for a counter or a count. */
void
xfw_metrics_count(xfw_text_t *text, xfw_metric_t metric, const char *labels,
		  uint64_t count);

/*
 * Appends `name="value"`, after a comma if `text` holds something already. Escaped
 * as both formats want it; UTF-8 stays, control characters and what is no UTF-8
 * become \DDD, as BIND writes such bytes in names. `bind_text`: the value is such
 * text already, so a backslash in it stays one.
 */
void
xfw_metrics_label(xfw_text_t *text, const char *name, const char *value,
		  size_t value_len, bool bind_text);

/*
 * The labels of a zone's series into `text` (emptied first). Returns false for a
 * zone that has none: one of a class other than IN. Two zones of the same name and
 * view but of two classes would be one series, and labels are fixed; the exporter
 * of BIND's own statistics leaves them out as well. They are in all counts.
 */
bool
xfw_metrics_zone_labels(xfw_text_t *text, const xfw_zone_t *zone);

/* The value of a metric of a zone, times 1000; false if it is not known. */
bool
xfw_metrics_zone_value(const xfw_zone_t *zone, xfw_metric_t metric,
		       int64_t *thousandths);

/*--- what is gathered (metrics_gather.c) --------------------------------------*/

#define XFW_GATHER_WITHIN 4
extern const struct xfw_gather_within {
	const char *name; /* "1h" */
	int64_t seconds;
} xfw_gather_within[XFW_GATHER_WITHIN];

/* One zone as it was when it was met. */
typedef struct xfw_gathered {
	int64_t rank; /* by this they are listed */
	int64_t thousandths[XFW_METRICS_OF_ZONE];
	uint32_t known; /* bit for each of the above */
	char labels[];
} xfw_gathered_t;

typedef struct xfw_gathered_view {
	char *name;
	int64_t deadline_s; /* nearest of its zones that fail and are still served */
} xfw_gathered_view_t;

typedef struct xfw_gather {
	const xfw_state_t *state;
	int64_t now_ms;
	bool copies; /* of zones are wanted */
	bool done;
	size_t left; /* of the list of zones that are not ok */
	uint32_t within[XFW_GATHER_WITHIN];
	xfw_gathered_view_t *views;
	size_t views_count;
	xfw_gathered_t **zones; /* XFW_METRICS_ZONES_MAX; in order when done */
	size_t zones_count;
	size_t left_out; /* not ok, in class IN, not in `zones` */
	xfw_text_t labels; /* of the zone that is looked at */
} xfw_gather_t;

/*
 * Begins to gather, and ends at once (done) if there are few zones that are not
 * ok. Returns false on lack of memory; xfw_gather_end() is due all the same.
 */
bool
xfw_gather_begin(xfw_gather_t *gather, const xfw_state_t *state, int64_t now_ms,
		 bool copies);

/* Goes on, with at most `zones` zones, until `done`. What there is no memory for is
 * left out and counted. */
void
xfw_gather_more(xfw_gather_t *gather, size_t zones);

void
xfw_gather_end(xfw_gather_t *gather);

#endif /* XFW_METRICS_H */
