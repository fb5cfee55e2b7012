/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Reading libisccfg's objects: what config.c and routes.c share. None of these minds
 * NULL or an object of another type. Runs on named's configuring thread and in
 * named-checkconf.
 */
#ifndef XFRWATCH_CFGTREE_H
#define XFRWATCH_CFGTREE_H

#include <string.h>

#include "compat.h"

/* A map's clause, or NULL. */
static inline const cfg_obj_t *
xfw_cfg_get(const cfg_obj_t *map, const char *name) {
	const cfg_obj_t *obj = NULL;

	if (map == NULL || cfg_map_get(map, name, &obj) != ISC_R_SUCCESS) {
		return (NULL);
	}
	return (obj);
}

/* A tuple's field, or NULL: cfg_tuple_get() aborts on a name that the tuple does not
 * have, and the names differ between series. */
static inline const cfg_obj_t *
xfw_cfg_field(const cfg_obj_t *tuple, const char *name) {
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
static inline const char *
xfw_cfg_word(const cfg_obj_t *obj, const char *otherwise) {
	return (obj != NULL && cfg_obj_isstring(obj) ? cfg_obj_asstring(obj)
						     : otherwise);
}

static inline const cfg_listelt_t *
xfw_cfg_first(const cfg_obj_t *list) {
	return (list != NULL && cfg_obj_islist(list) ? cfg_list_first(list)
						     : NULL);
}

/* A name as BIND prints it in its lines: without the dot at the end. */
static inline bool
xfw_cfg_name(const char *text, char *buf, size_t size) {
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

#endif /* XFRWATCH_CFGTREE_H */
