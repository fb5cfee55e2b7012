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

/* A tuple's field, or NULL: cfg_tuple_get() aborts on a name that the tuple does not
 * have, and the names differ between series. */
static const cfg_obj_t *
field(const cfg_obj_t *tuple, const char *name) {
	if (tuple == NULL || !cfg_obj_istuple(tuple)) {
		return (NULL);
	}
	for (const cfg_tuplefielddef_t *def = tuple->type->of;
	     def->name != NULL; def++)
	{
		if (strcmp(def->name, name) == 0) {
			return (cfg_tuple_get(tuple, name));
		}
	}
	return (NULL);
}

/* A string, or `otherwise` if it is none. */
static const char *
word(const cfg_obj_t *obj, const char *otherwise) {
	return (obj != NULL && cfg_obj_isstring(obj) ? cfg_obj_asstring(obj)
						     : otherwise);
}

static const cfg_listelt_t *
first_of(const cfg_obj_t *list) {
	return (list != NULL && cfg_obj_islist(list) ? cfg_list_first(list)
						     : NULL);
}

/*--- statements -------------------------------------------------------------------*/

static bool
is_ours(const cfg_obj_t *plugin) {
	const char *path = word(field(plugin, "library"), "");
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
	for (const cfg_listelt_t *at = first_of(get(map, "plugin")); at != NULL;
	     at = cfg_list_next(at))
	{
		const cfg_obj_t *plugin = cfg_listelt_value(at);

		if (is_ours(plugin) &&
		    !each(arg, field(plugin, "parameters"), view))
		{
			return (false);
		}
	}
	return (true);
}

static const char *
name_of_view(const cfg_obj_t *view) {
	return (word(field(view, "name"), XFW_VIEW_DEFAULT));
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

		if (!statements_of(field(view, "options"),
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

static unsigned
count_primaries(const cfg_obj_t *cfg, const cfg_obj_t *obj, unsigned depth);

/* The lists of servers that are called `name`. */
static unsigned
count_named(const cfg_obj_t *cfg, const char *name, unsigned depth) {
	static const char *const kinds[] = { "primaries", "masters",
					     "remote-servers" };
	unsigned count = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		for (const cfg_listelt_t *at = first_of(get(cfg, kinds[i]));
		     at != NULL; at = cfg_list_next(at))
		{
			const cfg_obj_t *list = cfg_listelt_value(at);

			if (strcasecmp(word(field(list, "name"), ""), name) ==
			    0)
			{
				count += count_primaries(cfg, list, depth + 1);
			}
		}
	}
	return (count);
}

/* How many primaries a list names, lists in it included; 0: not known. */
static unsigned
count_primaries(const cfg_obj_t *cfg, const cfg_obj_t *obj, unsigned depth) {
	unsigned count = 0;

	if (depth > NESTING_MAX) {
		return (0);
	}
	for (const cfg_listelt_t *at = first_of(field(obj, "addresses"));
	     at != NULL; at = cfg_list_next(at))
	{
		const cfg_obj_t *element = cfg_listelt_value(at);
		const cfg_obj_t *item = field(element, "remoteselement");

		if (item == NULL) {
			item = field(element, "primarieselement");
		}
		if (item != NULL && cfg_obj_issockaddr(item)) {
			count++;
		} else {
			count += count_named(cfg, word(item, ""), depth);
		}
	}
	return (count);
}

static xfw_zone_type_t
type_of(const cfg_obj_t *options) {
	const char *type = word(get(options, "type"), "");

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
	uint32_t route = XFW_ZONELIST_NO_ROUTE;

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
	const cfg_obj_t *options = field(zone, "options");
	const char *class_ = word(field(zone, "class"), view_class);
	const cfg_obj_t *primaries;
	char name[DNS_NAME_FORMATSIZE];
	char key[DNS_NAME_FORMATSIZE + 512];
	xfw_zone_type_t type = type_of(options);
	size_t len;

	if (type == XFW_ZONE_TYPE_UNKNOWN ||
	    !print_name(word(field(zone, "name"), "."), name, sizeof(name)))
	{
		return;
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

	if (list == NULL || (list->view = strdup(view)) == NULL) {
		free(list);
		return (next);
	}
	for (const cfg_listelt_t *at = first_of(get(map, "zone")); at != NULL;
	     at = cfg_list_next(at))
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
		const char *name = name_of_view(obj);

		if (strcmp(name, view) == 0 ||
		    (others && !has_statement(cfg, name)))
		{
			lists = list_view(cfg, field(obj, "options"), name,
					  word(field(obj, "class"), "IN"),
					  lists);
		}
	}
	return (lists);
}

char *
xfw_config_statsfile(const cfg_obj_t *cfg) {
	return (strdup(word(get(get(cfg, "options"), "statistics-file"),
			    STATSFILE_DEFAULT)));
}

static void
longest(const cfg_obj_t *map, uint32_t *retry_s) {
	const cfg_obj_t *obj = get(map, "min-retry-time");

	if (obj != NULL && cfg_obj_isuint32(obj) &&
	    cfg_obj_asuint32(obj) > *retry_s)
	{
		*retry_s = cfg_obj_asuint32(obj);
	}
}

static void
longest_of_zones(const cfg_obj_t *map, uint32_t *retry_s) {
	for (const cfg_listelt_t *at = first_of(get(map, "zone")); at != NULL;
	     at = cfg_list_next(at))
	{
		longest(field(cfg_listelt_value(at), "options"), retry_s);
	}
}

uint32_t
xfw_config_min_retry(const cfg_obj_t *cfg) {
	const cfg_obj_t *options = get(cfg, "options");
	uint32_t retry_s = 0;

	longest(options, &retry_s);
	if (get(options, "min-retry-time") == NULL) {
		retry_s = XFW_MIN_RETRY_DEFAULT;
	}
	longest_of_zones(cfg, &retry_s);
	for (const cfg_listelt_t *at = first_of(get(cfg, "view")); at != NULL;
	     at = cfg_list_next(at))
	{
		const cfg_obj_t *view = field(cfg_listelt_value(at), "options");

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
		     first_of(get(get(cfg, "logging"), "channel"));
	     at != NULL; at = cfg_list_next(at))
	{
		const cfg_obj_t *severity = get(cfg_listelt_value(at),
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
