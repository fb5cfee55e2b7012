/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What /metrics says of zones that are not ok is gathered before it is written,
 * so that all families of one answer speak of the same zones: copies of the
 * zones nearest to their deadline, and how many deadlines are how near.
 * Runs in the monitor's thread.
 *
 * While they are few, they are all looked at in one call, else a part at a time. The
 * state's list of them is in no order, and a zone that leaves it has its place filled
 * by the last one: so it is gone through from its end, which misses none that stays,
 * but may meet one twice. Of two copies one is dropped; there are then as many less
 * than could be, and counts are too high by as many zones as left the list in those
 * milliseconds.
 */
#include <stdlib.h>
#include <string.h>

#include <xfrwatch/answer.h>
#include <xfrwatch/key.h>

#include "metrics.h"

const struct xfw_gather_within xfw_gather_within[XFW_GATHER_WITHIN] = {
	{ "1h", 3600 },
	{ "6h", 6 * 3600 },
	{ "1d", 86400 },
	{ "3d", 3 * 86400 },
};

/*--- deadlines --------------------------------------------------------------*/

static void
take_view(xfw_gather_t *gather, const char *name, int64_t deadline_s) {
	xfw_gathered_view_t *views = gather->views;
	size_t count = gather->views_count;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(views[i].name, name) == 0) {
			if (deadline_s < views[i].deadline_s) {
				views[i].deadline_s = deadline_s;
			}
			return;
		}
	}
	views = realloc(views, (count + 1) * sizeof(*views));
	if (views == NULL) {
		return;
	}
	gather->views = views;
	views[count] = (xfw_gathered_view_t){ strdup(name), deadline_s };
	gather->views_count += (views[count].name != NULL);
}

/* Zones that are lost already have no deadline to meet any more. */
static void
take_deadline(xfw_gather_t *gather, const xfw_zone_t *zone) {
	int64_t deadline_s = xfw_zone_deadline_s(zone);
	int64_t left_s = xfw_line_left(zone, gather->now_ms);

	if (zone->state != XFW_ZONE_FAILING || deadline_s == 0) {
		return;
	}
	for (size_t i = 0; i < XFW_GATHER_WITHIN; i++) {
		gather->within[i] += (left_s <= xfw_gather_within[i].seconds);
	}
	take_view(gather, zone->view != NULL ? zone->view->name : XFW_VIEW_DEFAULT,
		  deadline_s);
}

/*--- zones ------------------------------------------------------------------*/

/* By rank, then by name: the order of xfw_state_failing(). */
static int
compare(int64_t a_rank, const char *a_labels, const xfw_gathered_t *b) {
	if (a_rank != b->rank) {
		return (a_rank < b->rank ? -1 : 1);
	}
	return (strcmp(a_labels, b->labels));
}

static int
compare_zones(const void *a, const void *b) {
	const xfw_gathered_t *const *x = a, *const *y = b;

	return (compare((*x)->rank, (*x)->labels, *y));
}

static xfw_gathered_t *
copy_of(const xfw_zone_t *zone, const xfw_text_t *labels, int64_t rank) {
	xfw_gathered_t *copy = malloc(sizeof(*copy) + labels->used + 1);

	if (copy == NULL) {
		return (NULL);
	}
	copy->rank = rank;
	copy->known = 0;
	for (unsigned int i = 0; i < XFW_METRICS_OF_ZONE; i++) {
		xfw_metric_t metric = (xfw_metric_t)(XFW_METRIC_ZONE_FIRST + i);

		if (xfw_metrics_zone_value(zone, metric, &copy->thousandths[i])) {
			copy->known |= 1U << i;
		}
	}
	memcpy(copy->labels, labels->data, labels->used + 1);
	return (copy);
}

/* Puts `copy` where it belongs in a heap with the last of the list on top. */
static void
sink(xfw_gathered_t **heap, size_t size, size_t at, xfw_gathered_t *copy) {
	for (size_t child; (child = 2 * at + 1) < size; at = child) {
		if (child + 1 < size &&
		    compare_zones(&heap[child], &heap[child + 1]) < 0)
		{
			child++;
		}
		if (compare_zones(&copy, &heap[child]) >= 0) {
			break;
		}
		heap[at] = heap[child];
	}
	heap[at] = copy;
}

static void
take_copy(xfw_gather_t *gather, const xfw_zone_t *zone) {
	int64_t rank = xfw_zone_rank(zone);
	bool full = (gather->zones_count == XFW_METRICS_ZONES_MAX);
	xfw_gathered_t *copy = NULL;

	if (!xfw_metrics_zone_labels(&gather->labels, zone)) {
		gather->left_out += gather->labels.failed;
		return;
	}
	if (!full || compare(rank, gather->labels.data, gather->zones[0]) < 0) {
		copy = copy_of(zone, &gather->labels, rank);
	}
	if (copy == NULL) {
		gather->left_out++;
		return;
	}
	if (!full) {
		gather->zones[gather->zones_count++] = copy;
		if (gather->zones_count == XFW_METRICS_ZONES_MAX) {
			for (size_t i = XFW_METRICS_ZONES_MAX / 2; i > 0; i--) {
				sink(gather->zones, XFW_METRICS_ZONES_MAX, i - 1,
				     gather->zones[i - 1]);
			}
		}
		return;
	}
	free(gather->zones[0]);
	sink(gather->zones, XFW_METRICS_ZONES_MAX, 0, copy);
	gather->left_out++;
}

/*--- the walk ---------------------------------------------------------------*/

static void
take(xfw_gather_t *gather, const xfw_zone_t *zone) {
	take_deadline(gather, zone);
	if (gather->copies) {
		take_copy(gather, zone);
	}
}

static int
compare_labels(const void *a, const void *b) {
	const xfw_gathered_t *const *x = a, *const *y = b;

	return (strcmp((*x)->labels, (*y)->labels));
}

static void
drop_doubles(xfw_gather_t *gather) {
	xfw_gathered_t **zones = gather->zones;
	size_t kept = 1;

	qsort(zones, gather->zones_count, sizeof(zones[0]), compare_labels);
	for (size_t i = 1; i < gather->zones_count; i++) {
		if (compare_labels(&zones[i], &zones[kept - 1]) == 0) {
			free(zones[i]);
		} else {
			zones[kept++] = zones[i];
		}
	}
	gather->zones_count = kept;
}

static void
finish(xfw_gather_t *gather) {
	gather->done = true;
	if (gather->zones_count > 0) {
		drop_doubles(gather);
		qsort(gather->zones, gather->zones_count, sizeof(gather->zones[0]),
		      compare_zones);
	}
}

bool
xfw_gather_begin(xfw_gather_t *gather, const xfw_state_t *state, int64_t now_ms,
		 bool copies) {
	*gather = (xfw_gather_t){ .state = state, .now_ms = now_ms, .copies = copies };
	gather->left = xfw_state_failing(state, NULL, 0);
	if (copies) {
		gather->zones = malloc(XFW_METRICS_ZONES_MAX * sizeof(gather->zones[0]));
		if (gather->zones == NULL) {
			return (false);
		}
	}
	xfw_gather_more(gather, XFW_PIECE_ZONES);
	return (true);
}

void
xfw_gather_more(xfw_gather_t *gather, size_t zones) {
	size_t all = xfw_state_failing(gather->state, NULL, 0);

	if (gather->left > all) {
		gather->left = all;
	}
	while (gather->left > 0 && zones-- > 0) {
		take(gather, xfw_state_bad(gather->state, --gather->left));
	}
	if (gather->left == 0 && !gather->done) {
		finish(gather);
	}
}

void
xfw_gather_end(xfw_gather_t *gather) {
	for (size_t i = 0; i < gather->views_count; i++) {
		free(gather->views[i].name);
	}
	free(gather->views);
	for (size_t i = 0; i < gather->zones_count; i++) {
		free(gather->zones[i]);
	}
	free(gather->zones);
	xfw_text_free(&gather->labels);
	*gather = (xfw_gather_t){ .done = true };
}
