/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What named.conf lists: which view a plugin statement stands in, the zones that
 * are transferred, the statistics file. Runs on named's configuring thread and in
 * named-checkconf; reads libisccfg's objects only.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "named.h"

#include <xfrwatch/key.h>

#define STATSFILE_DEFAULT "named.stats" /* bin/named/config.c */

/* Lists of primaries may hold the names of lists; deeper ones are not counted. */
#define NESTING_MAX 8

static const cfg_obj_t *
get(const cfg_obj_t *map, const char *name) {
	const cfg_obj_t *obj = NULL;

	if (map == NULL || cfg_map_get(map, name, &obj) != ISC_R_SUCCESS) {
		return (NULL);
	}
	return (obj);
}

/*--- statements -------------------------------------------------------------------*/

static bool
is_ours(const cfg_obj_t *plugin) {
	const char *path = cfg_obj_asstring(cfg_tuple_get(plugin, "library"));
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
	const cfg_obj_t *list = get(map, "plugin");

	for (const cfg_listelt_t *at = list != NULL ? cfg_list_first(list)
						    : NULL;
	     at != NULL; at = cfg_list_next(at))
	{
		const cfg_obj_t *plugin = cfg_listelt_value(at);

		if (is_ours(plugin) &&
		    !each(arg, cfg_tuple_get(plugin, "parameters"), view))
		{
			return (false);
		}
	}
	return (true);
}

static const char *
name_of_view(const cfg_obj_t *view) {
	return (cfg_obj_asstring(cfg_tuple_get(view, "name")));
}

void
xfw_config_statements(const cfg_obj_t *cfg,
		      bool (*each)(void *arg, const cfg_obj_t *parameters,
				   const char *view),
		      void *arg) {
	const cfg_obj_t *views = get(cfg, "view");

	/* With views, named does not look at plugins outside of them. */
	if (views == NULL) {
		(void)statements_of(cfg, XFW_VIEW_DEFAULT, each, arg);
		return;
	}
	for (const cfg_listelt_t *at = cfg_list_first(views); at != NULL;
	     at = cfg_list_next(at))
	{
		const cfg_obj_t *view = cfg_listelt_value(at);

		if (!statements_of(cfg_tuple_get(view, "options"),
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

/* How many primaries a list names, lists in it included; 0: not known. */
static unsigned
count_primaries(const cfg_obj_t *cfg, const cfg_obj_t *obj, unsigned depth) {
	unsigned count = 0;
	const cfg_obj_t *list;

	if (depth > NESTING_MAX || !cfg_obj_istuple(obj)) {
		return (0);
	}
	list = cfg_tuple_get(obj, "addresses");
	for (const cfg_listelt_t *at = cfg_list_first(list); at != NULL;
	     at = cfg_list_next(at))
	{
		const cfg_obj_t *item = cfg_tuple_get(cfg_listelt_value(at),
						      "primarieselement");

		if (cfg_obj_issockaddr(item)) {
			count++;
			continue;
		}
		static const char *const words[] = { "primaries", "masters",
						     "remote-servers",
						     "parental-agents" };
		const char *name = cfg_obj_asstring(item);

		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			const cfg_obj_t *lists = get(cfg, words[i]);

			for (const cfg_listelt_t *l =
				     lists != NULL ? cfg_list_first(lists)
						   : NULL;
			     l != NULL; l = cfg_list_next(l))
			{
				const cfg_obj_t *named = cfg_listelt_value(l);

				if (strcasecmp(cfg_obj_asstring(cfg_tuple_get(
						       named, "name")),
					       name) == 0)
				{
					count += count_primaries(cfg, named,
								 depth + 1);
				}
			}
		}
	}
	return (count);
}

static xfw_zone_type_t
type_of(const cfg_obj_t *options) {
	const cfg_obj_t *obj = get(options, "type");
	const char *type = obj != NULL ? cfg_obj_asstring(obj) : "";

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
       const char *key, size_t key_len) {
	uint16_t len = (uint16_t)key_len;

	if (zones->size - zones->used < 4 + key_len) {
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
	memcpy(at + 4, key, key_len);
	zones->used += 4 + key_len;
	zones->count++;
	return (true);
}

/* The name as BIND prints it in its lines: without the dot at the end. */
static bool
print_name(const char *text, char *buf, size_t size) {
	dns_fixedname_t fixed;
	dns_name_t *name = dns_fixedname_initname(&fixed);
	isc_buffer_t source;

	isc_buffer_constinit(&source, text, (unsigned int)strlen(text));
	isc_buffer_add(&source, (unsigned int)strlen(text));
	if (dns_name_fromtext(name, &source, dns_rootname, 0, NULL) !=
	    ISC_R_SUCCESS)
	{
		return (false);
	}
	dns_name_format(name, buf, (unsigned int)size);
	return (true);
}

static void
list_zone(const cfg_obj_t *cfg, const cfg_obj_t *zone, const char *view,
	  const char *view_class, xfw_zonelist_t *zones) {
	const cfg_obj_t *options = cfg_tuple_get(zone, "options");
	const cfg_obj_t *class_obj = cfg_tuple_get(zone, "class");
	const cfg_obj_t *primaries;
	const char *class_ = view_class;
	char name[DNS_NAME_FORMATSIZE];
	char key[DNS_NAME_FORMATSIZE + 512];
	xfw_zone_type_t type = type_of(options);
	size_t len;

	if (type == XFW_ZONE_TYPE_UNKNOWN ||
	    !print_name(cfg_obj_asstring(cfg_tuple_get(zone, "name")), name,
			sizeof(name)))
	{
		return;
	}
	if (class_obj != NULL && cfg_obj_isstring(class_obj)) {
		class_ = cfg_obj_asstring(class_obj);
	}
	primaries = get(options, "primaries");
	if (primaries == NULL) {
		primaries = get(options, "masters");
	}
	len = xfw_key_join(key, sizeof(key), name, class_, view);
	if (len > 0) {
		(void)append(zones, type,
			     primaries != NULL
				     ? count_primaries(cfg, primaries, 0)
				     : 0,
			     key, len);
	}
}

static xfw_viewlist_t *
list_view(const cfg_obj_t *cfg, const cfg_obj_t *map, const char *view,
	  const char *class_, xfw_viewlist_t *next) {
	xfw_viewlist_t *list = calloc(1, sizeof(*list));
	const cfg_obj_t *zones = get(map, "zone");

	if (list == NULL || (list->view = strdup(view)) == NULL) {
		free(list);
		return (next);
	}
	for (const cfg_listelt_t *at = zones != NULL ? cfg_list_first(zones)
						     : NULL;
	     at != NULL; at = cfg_list_next(at))
	{
		list_zone(cfg, cfg_listelt_value(at), view, class_,
			  &list->zones);
	}
	list->next = next;
	return (list);
}

xfw_viewlist_t *
xfw_config_zones(const cfg_obj_t *cfg, const char *view) {
	const cfg_obj_t *views = get(cfg, "view");
	xfw_viewlist_t *lists = NULL;
	place_t first = { 0 };

	if (views == NULL) {
		return (list_view(cfg, cfg, view, "IN", NULL));
	}
	xfw_config_statements(cfg, take_first, &first);

	bool others = first.view != NULL && strcmp(first.view, view) == 0;

	for (const cfg_listelt_t *at = cfg_list_first(views); at != NULL;
	     at = cfg_list_next(at))
	{
		const cfg_obj_t *obj = cfg_listelt_value(at);
		const cfg_obj_t *class_obj = cfg_tuple_get(obj, "class");
		const char *name = name_of_view(obj);

		if (strcmp(name, view) == 0 ||
		    (others && !has_statement(cfg, name)))
		{
			lists = list_view(cfg, cfg_tuple_get(obj, "options"),
					  name,
					  class_obj != NULL &&
							  cfg_obj_isstring(
								  class_obj)
						  ? cfg_obj_asstring(class_obj)
						  : "IN",
					  lists);
		}
	}
	return (lists);
}

char *
xfw_config_statsfile(const cfg_obj_t *cfg) {
	const cfg_obj_t *path = get(get(cfg, "options"), "statistics-file");

	return (strdup(path != NULL ? cfg_obj_asstring(path)
				    : STATSFILE_DEFAULT));
}
