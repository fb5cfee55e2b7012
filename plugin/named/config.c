/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What named.conf lists: which view a plugin statement stands in, the zones that
 * are transferred, the statistics file. Runs on named's configuring thread and in
 * named-checkconf; reads libisccfg's objects only.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cfgtree.h"
#include "named.h"

#include <xfrwatch/key.h>

#define STATSFILE_DEFAULT "named.stats" /* bin/named/config.c */

/*--- statements -------------------------------------------------------------------*/

static bool
is_ours(const cfg_obj_t *plugin) {
	const char *path = xfw_cfg_word(xfw_cfg_field(plugin, "library"), "");
	const char *base = strrchr(path, '/');

	base = base != NULL ? base + 1 : path;
	return (strncmp(base, "xfrwatch", 8) == 0);
}

/* Returns false when `each` had enough. */
static bool
statements_of(const cfg_obj_t *map, const char *view,
	      bool (*each)(void *arg, const cfg_obj_t *parameters,
			   const char *view),
	      void *arg) {
	for (const cfg_listelt_t *at = xfw_cfg_first(xfw_cfg_get(map, "plugin"));
	     at != NULL; at = cfg_list_next(at))
	{
		const cfg_obj_t *plugin = cfg_listelt_value(at);

		if (is_ours(plugin) &&
		    !each(arg, xfw_cfg_field(plugin, "parameters"), view))
		{
			return (false);
		}
	}
	return (true);
}

static const char *
name_of_view(const cfg_obj_t *view) {
	return (xfw_cfg_word(xfw_cfg_field(view, "name"), XFW_VIEW_DEFAULT));
}

void
xfw_config_statements(const cfg_obj_t *cfg,
		      bool (*each)(void *arg, const cfg_obj_t *parameters,
				   const char *view),
		      void *arg) {
	const cfg_obj_t *views = xfw_cfg_get(cfg, "view");

	/* With views, named does not look at plugins outside of them. */
	if (views == NULL) {
		(void)statements_of(cfg, XFW_VIEW_DEFAULT, each, arg);
		return;
	}
	for (const cfg_listelt_t *at = cfg_list_first(views); at != NULL;
	     at = cfg_list_next(at))
	{
		const cfg_obj_t *view = cfg_listelt_value(at);

		if (!statements_of(xfw_cfg_field(view, "options"),
				   name_of_view(view), each, arg))
		{
			return;
		}
	}
}

typedef struct place {
	const char *file;
	unsigned long line;
	const char *view; /* found, or asked for */
	bool found;
} place_t;

static bool
at_place(void *arg, const cfg_obj_t *parameters, const char *view) {
	place_t *place = arg;

	if (cfg_obj_line(parameters) == place->line &&
	    strcmp(cfg_obj_file(parameters), place->file) == 0)
	{
		place->view = view;
		place->found = true;
	}
	return (!place->found);
}

const char *
xfw_config_view(const cfg_obj_t *cfg, const char *file, unsigned long line) {
	place_t place = { .file = file, .line = line };

	xfw_config_statements(cfg, at_place, &place);
	return (place.found ? place.view : NULL);
}

static bool
in_view(void *arg, const cfg_obj_t *parameters, const char *view) {
	place_t *place = arg;

	(void)parameters;
	place->found = strcmp(view, place->view) == 0;
	return (!place->found);
}

static bool
has_statement(const cfg_obj_t *cfg, const char *view) {
	place_t place = { .view = view };

	xfw_config_statements(cfg, in_view, &place);
	return (place.found);
}

static bool
take_first(void *arg, const cfg_obj_t *parameters, const char *view) {
	place_t *place = arg;

	(void)parameters;
	place->view = view;
	return (false);
}

/*--- zones --------------------------------------------------------------------------*/

static xfw_zone_type_t
type_of(const cfg_obj_t *options) {
	const char *type = xfw_cfg_word(xfw_cfg_get(options, "type"), "");

	if (strcasecmp(type, "secondary") == 0 ||
	    strcasecmp(type, "slave") == 0)
	{
		return (XFW_ZONE_TYPE_SECONDARY);
	} else if (strcasecmp(type, "mirror") == 0) {
		return (XFW_ZONE_TYPE_MIRROR);
	} else if (strcasecmp(type, "stub") == 0) {
		return (XFW_ZONE_TYPE_STUB);
	}
	return (XFW_ZONE_TYPE_UNKNOWN);
}

static bool
append(xfw_zonelist_t *zones, xfw_zone_type_t type, unsigned primaries,
       uint32_t route, const char *key, size_t key_len) {
	uint16_t len = (uint16_t)key_len;

	if (zones->size - zones->used < XFW_ZONELIST_HEAD + key_len) {
		size_t size = zones->size * 2 + 4096;
		char *data = realloc(zones->data, size);

		if (data == NULL) {
			return (false);
		}
		zones->data = data;
		zones->size = size;
	}
	char *at = zones->data + zones->used;

	at[0] = (char)type;
	at[1] = (char)(primaries > 255 ? 255 : primaries);
	memcpy(at + 2, &len, sizeof(len));
	memcpy(at + 4, &route, sizeof(route));
	memcpy(at + XFW_ZONELIST_HEAD, key, key_len);
	zones->used += XFW_ZONELIST_HEAD + key_len;
	zones->count++;
	return (true);
}

static void
list_zone(xfw_router_t *router, const cfg_obj_t *zone, const char *view,
	  const char *view_class, xfw_zonelist_t *zones) {
	const cfg_obj_t *options = xfw_cfg_field(zone, "options");
	const char *class_ = xfw_cfg_word(xfw_cfg_field(zone, "class"), view_class);
	uint32_t route = XFW_ZONELIST_NO_ROUTE;
	unsigned primaries = 0;
	char name[DNS_NAME_FORMATSIZE];
	char key[DNS_NAME_FORMATSIZE + 512];
	xfw_zone_type_t type = type_of(options);
	size_t len;

	if (type == XFW_ZONE_TYPE_UNKNOWN ||
	    !xfw_cfg_name(xfw_cfg_word(xfw_cfg_field(zone, "name"), "."), name,
			  sizeof(name)))
	{
		return;
	}
	if (router != NULL) {
		route = xfw_router_zone(router, options, &primaries);
	}
	len = xfw_key_join(key, sizeof(key), name, class_, view);
	if (len > 0) {
		(void)append(zones, type, primaries, route, key, len);
	}
}

/* `options` of the view; NULL outside of views. */
static xfw_viewlist_t *
list_view(const cfg_obj_t *cfg, const cfg_obj_t *options, const char *view,
	  const char *class_, xfw_viewlist_t *next) {
	xfw_viewlist_t *list = calloc(1, sizeof(*list));
	const cfg_obj_t *map = options != NULL ? options : cfg;
	xfw_router_t *router;

	if (list == NULL || (list->view = strdup(view)) == NULL) {
		free(list);
		return (next);
	}
	router = xfw_router_create(cfg, options);
	for (const cfg_listelt_t *at = xfw_cfg_first(xfw_cfg_get(map, "zone"));
	     at != NULL; at = cfg_list_next(at))
	{
		list_zone(router, cfg_listelt_value(at), view, class_,
			  &list->zones);
	}
	if (router != NULL) {
		xfw_router_finish(router, list);
	}
	list->next = next;
	return (list);
}

xfw_viewlist_t *
xfw_config_zones(const cfg_obj_t *cfg, const char *view) {
	const cfg_obj_t *views = xfw_cfg_get(cfg, "view");
	xfw_viewlist_t *lists = NULL;
	place_t first = { 0 };

	if (views == NULL) {
		return (list_view(cfg, NULL, view, "IN", NULL));
	}
	xfw_config_statements(cfg, take_first, &first);

	bool others = first.view != NULL && strcmp(first.view, view) == 0;

	for (const cfg_listelt_t *at = cfg_list_first(views); at != NULL;
	     at = cfg_list_next(at))
	{
		const cfg_obj_t *obj = cfg_listelt_value(at);
		const char *name = name_of_view(obj);

		if (strcmp(name, view) == 0 ||
		    (others && !has_statement(cfg, name)))
		{
			lists = list_view(cfg, xfw_cfg_field(obj, "options"), name,
					  xfw_cfg_word(xfw_cfg_field(obj, "class"),
						       "IN"),
					  lists);
		}
	}
	return (lists);
}

char *
xfw_config_statsfile(const cfg_obj_t *cfg) {
	const cfg_obj_t *options = xfw_cfg_get(cfg, "options");

	return (strdup(xfw_cfg_word(xfw_cfg_get(options, "statistics-file"),
				    STATSFILE_DEFAULT)));
}

static void
longest(const cfg_obj_t *map, uint32_t *retry_s) {
	const cfg_obj_t *obj = xfw_cfg_get(map, "min-retry-time");

	if (obj != NULL && cfg_obj_isuint32(obj) &&
	    cfg_obj_asuint32(obj) > *retry_s)
	{
		*retry_s = cfg_obj_asuint32(obj);
	}
}

static void
longest_of_zones(const cfg_obj_t *map, uint32_t *retry_s) {
	for (const cfg_listelt_t *at = xfw_cfg_first(xfw_cfg_get(map, "zone"));
	     at != NULL; at = cfg_list_next(at))
	{
		longest(xfw_cfg_field(cfg_listelt_value(at), "options"), retry_s);
	}
}

uint32_t
xfw_config_min_retry(const cfg_obj_t *cfg) {
	const cfg_obj_t *options = xfw_cfg_get(cfg, "options");
	uint32_t retry_s = 0;

	longest(options, &retry_s);
	if (xfw_cfg_get(options, "min-retry-time") == NULL) {
		retry_s = XFW_MIN_RETRY_DEFAULT;
	}
	longest_of_zones(cfg, &retry_s);
	for (const cfg_listelt_t *at = xfw_cfg_first(xfw_cfg_get(cfg, "view"));
	     at != NULL; at = cfg_list_next(at))
	{
		const cfg_obj_t *view = xfw_cfg_field(cfg_listelt_value(at),
						      "options");

		longest(view, &retry_s);
		longest_of_zones(view, &retry_s);
	}
	return (retry_s);
}

/* The severities of the channels; a number is a debug level. */
unsigned
xfw_config_debug(const cfg_obj_t *cfg) {
	unsigned debug = 0;

	for (const cfg_listelt_t *at =
		     xfw_cfg_first(xfw_cfg_get(xfw_cfg_get(cfg, "logging"), "channel"));
	     at != NULL; at = cfg_list_next(at))
	{
		const cfg_obj_t *severity = xfw_cfg_get(cfg_listelt_value(at),
							"severity");

		if (severity != NULL && !cfg_obj_isstring(severity) &&
		    cfg_obj_isuint32(severity) &&
		    cfg_obj_asuint32(severity) > debug)
		{
			debug = cfg_obj_asuint32(severity);
		}
	}
	return (debug);
}
