/* SPDX-License-Identifier: MPL-2.0 */
/*
 * How metrics are written: heads of families, samples, labels, and what of a zone
 * is the value of which metric.
 * Runs in the monitor's thread.
 * Source: Prometheus text format 0.0.4; OpenMetrics 1.0.
 */
#include <inttypes.h>
#include <string.h>

#include <xfrwatch/key.h>

#include "metrics.h"

typedef enum type { TYPE_INFO, TYPE_GAUGE, TYPE_COUNTER } type_t;

static const struct {
	const char *name;
	type_t type;
	const char *unit;
	const char *help;
} metrics[XFW_METRICS] = {
#define XFW_METRIC(id, name, type, scope, unit, labels, help) \
	[XFW_METRIC_##id] = { name, TYPE_##type, unit, help },
#include "metrics.tbl.h"
#undef XFW_METRIC
};

static const struct {
	const char *text;	 /* the older format knows no "info" */
	const char *openmetrics;
	const char *suffix;	 /* of samples; OpenMetrics' families are without it */
} types[] = {
	[TYPE_INFO] = { "gauge", "info", "_info" },
	[TYPE_GAUGE] = { "gauge", "gauge", "" },
	[TYPE_COUNTER] = { "counter", "counter", "_total" },
};

void
xfw_metrics_head(xfw_text_t *text, xfw_metric_t metric, bool openmetrics) {
	type_t type = metrics[metric].type;
	const char *name = metrics[metric].name;
	size_t len = strlen(name);

	len -= openmetrics ? strlen(types[type].suffix) : 0;
	xfw_text_printf(text, "# HELP %.*s %s\n", (int)len, name, metrics[metric].help);
	xfw_text_printf(text, "# TYPE %.*s %s\n", (int)len, name,
			openmetrics ? types[type].openmetrics : types[type].text);
	if (openmetrics && metrics[metric].unit[0] != '\0') {
		xfw_text_printf(text, "# UNIT %.*s %s\n", (int)len, name,
				metrics[metric].unit);
	}
}

static void
put_name(xfw_text_t *text, xfw_metric_t metric, const char *labels) {
	if (labels != NULL) {
		xfw_text_printf(text, "%s{%s} ", metrics[metric].name, labels);
	} else {
		xfw_text_printf(text, "%s ", metrics[metric].name);
	}
}

void
xfw_metrics_sample(xfw_text_t *text, xfw_metric_t metric, const char *labels,
		   int64_t thousandths) {
	put_name(text, metric, labels);
	if (thousandths % 1000 == 0) {
		xfw_text_printf(text, "%" PRId64 "\n", thousandths / 1000);
	} else {
		bool negative = (thousandths < 0);
		uint64_t size = negative ? -(uint64_t)thousandths
					 : (uint64_t)thousandths;
		xfw_text_printf(text, "%s%" PRIu64 ".%03u\n", negative ? "-" : "",
				size / 1000, (unsigned int)(size % 1000));
	}
}

void
xfw_metrics_count(xfw_text_t *text, xfw_metric_t metric, const char *labels,
		  uint64_t count) {
	put_name(text, metric, labels);
	xfw_text_printf(text, "%" PRIu64 "\n", count);
}

/*--- labels -----------------------------------------------------------------*/

/* Bytes of the character at `s` if it is well-formed (RFC 3629), else 0. */
static size_t
utf8_len(const unsigned char *s, size_t left) {
	size_t len = (s[0] >= 0xf0) ? 4 : (s[0] >= 0xe0) ? 3 : 2;
	unsigned char low = 0x80, high = 0xbf; /* of the second byte */

	if (s[0] < 0xc2 || s[0] > 0xf4 || left < len) {
		return (0);
	}
	switch (s[0]) {
	case 0xe0: low = 0xa0; break;  /* overlong */
	case 0xed: high = 0x9f; break; /* surrogates */
	case 0xf0: low = 0x90; break;
	case 0xf4: high = 0x8f; break; /* above U+10FFFF */
	default: break;
	}
	if (s[1] < low || s[1] > high) {
		return (0);
	}
	for (size_t i = 2; i < len; i++) {
		if (s[i] < 0x80 || s[i] > 0xbf) {
			return (0);
		}
	}
	return (len);
}

/* One character that cannot stand as it is; returns its length. */
static size_t
put_special(xfw_text_t *text, const char *s, size_t left, bool bind_text) {
	size_t len = utf8_len((const unsigned char *)s, left);

	if (len > 0) {
		xfw_text_printf(text, "%.*s", (int)len, s);
		return (len);
	}
	if (*s == '"') {
		xfw_text_printf(text, "\\\"");
	} else if (*s == '\\' && bind_text) {
		xfw_text_printf(text, "\\\\");
	} else {
		xfw_text_printf(text, "\\\\%03u", (unsigned int)(unsigned char)*s);
	}
	return (1);
}

static bool
is_plain(char c) {
	return (c >= 0x20 && c < 0x7f && c != '"' && c != '\\');
}

void
xfw_metrics_label(xfw_text_t *text, const char *name, const char *value,
		  size_t value_len, bool bind_text) {
	size_t at = 0;

	xfw_text_printf(text, "%s%s=\"", text->used > 0 ? "," : "", name);
	while (at < value_len) {
		size_t from = at;

		while (at < value_len && is_plain(value[at])) {
			at++;
		}
		if (at > from) {
			xfw_text_printf(text, "%.*s", (int)(at - from), value + from);
		} else {
			at += put_special(text, value + at, value_len - at, bind_text);
		}
	}
	xfw_text_printf(text, "\"");
}

bool
xfw_metrics_zone_labels(xfw_text_t *text, const xfw_zone_t *zone) {
	const char *view = (zone->view != NULL) ? zone->view->name : XFW_VIEW_DEFAULT;
	xfw_key_t key;

	xfw_text_reset(text);
	if (!xfw_key_split(zone->key, zone->key_len, &key) || key.class_len != 2 ||
	    memcmp(key.class_, "IN", 2) != 0)
	{
		return (false);
	}
	xfw_metrics_label(text, "view", view, strlen(view), false);
	xfw_metrics_label(text, "zone_name", key.name, key.name_len, true);
	return (!text->failed);
}

/*--- values -----------------------------------------------------------------*/

bool
xfw_metrics_zone_value(const xfw_zone_t *zone, xfw_metric_t metric,
		       int64_t *thousandths) {
	uint32_t serial = 0;
	int64_t at_ms = 0;

	switch (metric) {
	case XFW_METRIC_ZONE_DEADLINE:
		*thousandths = xfw_zone_deadline_s(zone) * 1000;
		return (*thousandths != 0);
	case XFW_METRIC_ZONE_EXPIRE:
		*thousandths = (int64_t)zone->expires_s * 1000;
		return (*thousandths != 0);
	case XFW_METRIC_ZONE_SIGNATURE_EXPIRE:
		*thousandths = (int64_t)zone->signature_s * 1000;
		return (*thousandths != 0);
	case XFW_METRIC_ZONE_NEXT_REFRESH:
		*thousandths = (int64_t)zone->refresh_at_s * 1000;
		return (*thousandths != 0);
	case XFW_METRIC_ZONE_LAST_SUCCESS:
		*thousandths = zone->last_success_ms;
		return (*thousandths != 0);
	case XFW_METRIC_ZONE_LAST_ATTEMPT:
		*thousandths = zone->last_attempt_ms;
		return (*thousandths != 0);
	case XFW_METRIC_ZONE_PRIMARY_SERIAL:
		if (!xfw_zone_offer(zone, &serial, &at_ms)) {
			return (false);
		}
		*thousandths = (int64_t)serial * 1000;
		return (true);
	case XFW_METRIC_ZONE_SERVED_SERIAL:
		*thousandths = (int64_t)zone->serial * 1000;
		return (xfw_line_serving(zone));
	case XFW_METRIC_ZONE_FAILURES:
		*thousandths = (int64_t)zone->failures * 1000;
		return (true);
	default:
		return (false);
	}
}
