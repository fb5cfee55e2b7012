/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The parameters between the plugin's braces, read with libisccfg's own grammar
 * and checked against params.tbl.h. Runs in named-checkconf and on named's
 * configuring thread; it has no side effect.
 *
 * All values are read as words, so that a mistake is told by us, always with the
 * file, the line, the value and what is allowed.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "named.h"

/*--- grammar ------------------------------------------------------------------*/

static cfg_clausedef_t escalation_clauses[] = {
	{ "warning", &cfg_type_astring, 0 },
	{ "err", &cfg_type_astring, 0 },
	{ "crit", &cfg_type_astring, 0 },
	{ "alert", &cfg_type_astring, 0 },
	{ NULL, NULL, 0 },
};
static cfg_clausedef_t *escalation_sets[] = { escalation_clauses, NULL };
static cfg_type_t type_escalation = { "escalation",	cfg_parse_map,
				      cfg_print_map,	cfg_doc_map,
				      &cfg_rep_map,	escalation_sets };

static cfg_clausedef_t days_clauses[] = {
	{ "warning", &cfg_type_astring, 0 },
	{ "err", &cfg_type_astring, 0 },
	{ NULL, NULL, 0 },
};
static cfg_clausedef_t *days_sets[] = { days_clauses, NULL };
static cfg_type_t type_days = { "days",	      cfg_parse_map, cfg_print_map,
				cfg_doc_map,  &cfg_rep_map,  days_sets };

#define TYPE_BOOL	&cfg_type_astring
#define TYPE_NUMBER	&cfg_type_astring
#define TYPE_FACILITY	&cfg_type_astring
#define TYPE_ESCALATION &type_escalation
#define TYPE_DAYS	&type_days
#define TYPE_CHANNEL	&xfw_type_channel

/* How often a parameter may stand in the block. */
#define TIMES_BOOL	 0
#define TIMES_NUMBER	 0
#define TIMES_FACILITY	 0
#define TIMES_ESCALATION 0
#define TIMES_DAYS	 0
#define TIMES_CHANNEL	 CFG_CLAUSEFLAG_MULTI

static cfg_clausedef_t clauses[] = {
#define XFW_PARAM(id, name, kind, scope, min, def, max, meaning) \
	{ name, TYPE_##kind, TIMES_##kind },
#include <xfrwatch/params.tbl.h>
#undef XFW_PARAM
	{ NULL, NULL, 0 },
};
static cfg_clausedef_t *clause_sets[] = { clauses, NULL };
static cfg_type_t type_params = { "xfrwatch-parameters", cfg_parse_mapbody,
				  cfg_print_mapbody,	 cfg_doc_mapbody,
				  &cfg_rep_map,		 clause_sets };

/*--- values -------------------------------------------------------------------*/

typedef struct reader {
	const cfg_obj_t *map;
	const char *file;
	isc_log_t *lctx;
	isc_result_t result;
} reader_t;

static void
complain(const char *file, unsigned long line, isc_log_t *lctx,
	 const char *format, ...) __attribute__((format(printf, 4, 5)));

static void
complain(const char *file, unsigned long line, isc_log_t *lctx,
	 const char *format, ...) {
	char message[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	isc_log_write(lctx, DNS_LOGCATEGORY_GENERAL, NS_LOGMODULE_HOOKS,
		      ISC_LOG_ERROR, "%s:%lu: xfrwatch: %s", file, line,
		      message);
}

static void
wrong(reader_t *reader, const cfg_obj_t *obj, const char *name,
      const char *allowed) {
	complain(reader->file, cfg_obj_line(obj), reader->lctx,
		 "'%s' must be %s, not '%s'", name, allowed,
		 cfg_obj_isstring(obj) ? cfg_obj_asstring(obj) : "a block");
	reader->result = ISC_R_FAILURE;
}

static void
read_bool(reader_t *reader, const char *name, bool *out) {
	const cfg_obj_t *obj = NULL;
	char allowed[XFW_PARAM_ALLOWED_MAX];

	if (cfg_map_get(reader->map, name, &obj) != ISC_R_SUCCESS) {
		return;
	}
	if (!xfw_params_bool(cfg_obj_asstring(obj), out, allowed)) {
		wrong(reader, obj, name, allowed);
	}
}

static void
read_number(reader_t *reader, const char *name, unsigned long min,
	    unsigned long max, bool power, uint32_t *out) {
	const cfg_obj_t *obj = NULL;
	char allowed[XFW_PARAM_ALLOWED_MAX];

	if (cfg_map_get(reader->map, name, &obj) != ISC_R_SUCCESS) {
		return;
	}
	if (!xfw_params_number(cfg_obj_asstring(obj), min, max, power, out,
			       allowed))
	{
		wrong(reader, obj, name, allowed);
	}
}

static void
read_facility(reader_t *reader, const char *name, int *out) {
	const cfg_obj_t *obj = NULL;
	char allowed[XFW_PARAM_ALLOWED_MAX];

	if (cfg_map_get(reader->map, name, &obj) != ISC_R_SUCCESS) {
		return;
	}
	if (!xfw_params_facility(cfg_obj_asstring(obj), out, allowed)) {
		wrong(reader, obj, name, allowed);
	}
}

static void
read_percent(reader_t *reader, const char *name, uint8_t *out) {
	uint32_t value = *out;
	uint32_t before = value;

	read_number(reader, name, XFW_PARAM_ESCALATION_MIN,
		    XFW_PARAM_ESCALATION_MAX, false, &value);
	if (value != before) {
		*out = (uint8_t)value;
	}
}

static void
read_escalation(reader_t *reader, const char *name, xfw_escalation_t *out) {
	const cfg_obj_t *obj = NULL;

	if (cfg_map_get(reader->map, name, &obj) != ISC_R_SUCCESS) {
		return;
	}
	reader_t inner = { obj, reader->file, reader->lctx, ISC_R_SUCCESS };

	read_percent(&inner, "warning", &out->warning);
	read_percent(&inner, "err", &out->err);
	read_percent(&inner, "crit", &out->crit);
	read_percent(&inner, "alert", &out->alert);
	if (inner.result == ISC_R_SUCCESS &&
	    (out->warning < out->err || out->err < out->crit ||
	     out->crit < out->alert))
	{
		complain(reader->file, cfg_obj_line(obj), reader->lctx,
			 "'%s' must not grow from warning to alert, and is "
			 "warning %u, err %u, crit %u, alert %u (percent of "
			 "the expire interval left)",
			 name, out->warning, out->err, out->crit, out->alert);
		inner.result = ISC_R_RANGE;
	}
	if (inner.result != ISC_R_SUCCESS) {
		reader->result = inner.result;
	}
}

/* Two numbers of days, neither to be worse than the other. */
static void
read_days(reader_t *reader, const char *name, unsigned long min, unsigned long max,
	  uint16_t *warning, uint16_t *err) {
	const cfg_obj_t *obj = NULL;

	if (cfg_map_get(reader->map, name, &obj) != ISC_R_SUCCESS) {
		return;
	}
	reader_t inner = { obj, reader->file, reader->lctx, ISC_R_SUCCESS };
	uint32_t warning_d = *warning, err_d = *err;

	read_number(&inner, "warning", min, max, false, &warning_d);
	read_number(&inner, "err", min, max, false, &err_d);
	if (inner.result == ISC_R_SUCCESS && warning_d < err_d) {
		complain(reader->file, cfg_obj_line(obj), reader->lctx,
			 "'%s' must not grow from warning to err, and is "
			 "warning %u, err %u (days left; 0 for never)",
			 name, warning_d, err_d);
		inner.result = ISC_R_RANGE;
	}
	if (inner.result != ISC_R_SUCCESS) {
		reader->result = inner.result;
		return;
	}
	*warning = (uint16_t)warning_d;
	*err = (uint16_t)err_d;
}

static void
wrong_channel(void *arg, const cfg_obj_t *obj, const char *problem,
	      const char *value) {
	reader_t *reader = arg;

	complain(reader->file, cfg_obj_line(obj), reader->lctx,
		 value != NULL ? "%s, not '%s'" : "%s", problem, value);
	reader->result = ISC_R_FAILURE;
}

/* `cfg` NULL: without their address-match lists. */
static void
read_channels(reader_t *reader, const char *name, const cfg_obj_t *cfg,
	      isc_mem_t *mctx, xfw_listeners_t *out) {
	const cfg_obj_t *list = NULL;

	if (cfg_map_get(reader->map, name, &list) != ISC_R_SUCCESS) {
		return;
	}
	for (const cfg_listelt_t *at = cfg_list_first(list); at != NULL;
	     at = cfg_list_next(at))
	{
		isc_result_t result = xfw_listeners_read(
			cfg_listelt_value(at), cfg, mctx, reader->lctx,
			cfg != NULL, wrong_channel, reader, out);

		if (result != ISC_R_SUCCESS) {
			reader->result = result;
		}
	}
}

/*--- one statement ------------------------------------------------------------*/

static void
say_names(isc_log_t *lctx, const char *file, unsigned long line) {
	char names[512] = "";

#define XFW_PARAM(id, name, kind, scope, min, def, max, meaning)            \
	(void)snprintf(names + strlen(names), sizeof(names) - strlen(names), \
		       "%s%s%s", names[0] != '\0' ? ", " : "", name, XFW_PARAM_FORM_##kind);
#include <xfrwatch/params.tbl.h>
#undef XFW_PARAM
	complain(file, line, lctx,
		 "this block cannot be read; the parameters in it may be: %s",
		 names);
}

/*
 * A parser that reads from memory tells no line in its errors, unless it believes
 * to be inside a file: so it is told the name of the file that the text is from.
 */
static void
enter_file(cfg_parser_t *parser, const char *file) {
	cfg_obj_t *name = NULL;
	cfg_listelt_t *element;
	size_t len = strlen(file);

	if (cfg_create_obj(parser, &cfg_type_qstring, &name) != ISC_R_SUCCESS) {
		return;
	}
	name->value.string.length = (unsigned int)len;
	name->value.string.base = isc_mem_get(parser->mctx, len + 1);
	memcpy(name->value.string.base, file, len + 1);
	element = isc_mem_get(parser->mctx, sizeof(*element));
	element->obj = name;
	ISC_LINK_INIT(element, link);
	ISC_LIST_APPEND(parser->open_files->value.list, element, link);
}

/* How each kind is read into `out`. */
#define READ_BOOL(name, id, in)	      read_bool(&reader, name, &out->in)
#define READ_FACILITY(name, id, in)   read_facility(&reader, name, &out->in)
#define READ_ESCALATION(name, id, in) read_escalation(&reader, name, &out->in)
#define READ_NUMBER(name, id, in) \
	read_number(&reader, name, id##_MIN, id##_MAX, \
		    &out->in == &out->ring_size, &out->in)
#define READ_DAYS(name, id, in)	 READ_DAYS_(name, id, in)
#define READ_DAYS_(name, id, in) \
	read_days(&reader, name, id##_MIN, id##_MAX, &out->in##_warning_d, \
		  &out->in##_err_d)
#define READ_CHANNEL(name, id, in) \
	read_channels(&reader, name, cfg, mctx, listeners)

/* Every parameter of the block. */
static isc_result_t
read_map(const cfg_obj_t *map, const cfg_obj_t *cfg, const char *file,
	 isc_mem_t *mctx, isc_log_t *lctx, xfw_params_t *out,
	 xfw_listeners_t *listeners) {
	reader_t reader = { map, file, lctx, ISC_R_SUCCESS };

#define XFW_PARAM(id, name, kind, scope, min, def, max, meaning) \
	READ_##kind(name, XFW_PARAM_##id, XFW_PARAM_IN_##id);
#include <xfrwatch/params.tbl.h>
#undef XFW_PARAM
	return (reader.result);
}

static isc_result_t
read_one(const char *text, const cfg_obj_t *cfg, const char *file,
	 unsigned long line, isc_mem_t *mctx, isc_log_t *lctx, xfw_params_t *out,
	 xfw_listeners_t *listeners) {
	cfg_parser_t *parser = NULL;
	cfg_obj_t *map = NULL;
	isc_buffer_t buffer;
	isc_result_t result;
	size_t len = text != NULL ? strlen(text) : 0;

	*out = xfw_params_default();
	if (len == 0) {
		return (ISC_R_SUCCESS);
	}
	result = cfg_parser_create(mctx, lctx, &parser);
	if (result != ISC_R_SUCCESS) {
		return (result);
	}
	enter_file(parser, file);
	isc_buffer_constinit(&buffer, text, (unsigned int)len);
	isc_buffer_add(&buffer, (unsigned int)len);
	result = cfg_parse_buffer(parser, &buffer, file,
				  (unsigned int)xfw_first_line(text, line),
				  &type_params, 0, &map);
	if (result == ISC_R_SUCCESS) {
		result = read_map(map, cfg, file, mctx, lctx, out, listeners);
		cfg_obj_destroy(parser, &map);
	} else {
		say_names(lctx, file, xfw_first_line(text, line));
	}
	cfg_parser_destroy(&parser);
	return (result);
}

/*--- several statements ---------------------------------------------------------*/

typedef struct others {
	const xfw_params_t *mine;
	const xfw_listeners_t *listeners;
	const char *file;
	unsigned long line;
	unsigned long first;
	isc_mem_t *mctx;
	isc_log_t *lctx;
	isc_result_t result;
} others_t;

#define DIFFERS_BOOL(in)     (a->in != b->in)
#define DIFFERS_NUMBER(in)   (a->in != b->in)
#define DIFFERS_FACILITY(in) (a->in != b->in)
#define DIFFERS_ESCALATION(in) \
	(memcmp(&a->in, &b->in, sizeof(a->in)) != 0)
#define DIFFERS_DAYS(in)  DIFFERS_DAYS_(in)
#define DIFFERS_DAYS_(in) \
	(a->in##_warning_d != b->in##_warning_d || a->in##_err_d != b->in##_err_d)
#define DIFFERS_CHANNEL(in) false /* compare() does */

/* The name of the first parameter that differs, or NULL. */
static const char *
difference(const xfw_params_t *a, const xfw_params_t *b) {
#define XFW_PARAM(id, name, kind, scope, min, def, max, meaning) \
	if (DIFFERS_##kind(XFW_PARAM_IN_##id)) {                           \
		return (name);                                   \
	}
#include <xfrwatch/params.tbl.h>
#undef XFW_PARAM
	return (NULL);
}

static bool
same_text(const char *a, const char *b) {
	return (strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0);
}

/* Statements before ours; those behind it compare themselves with ours. */
static bool
compare(void *arg, const cfg_obj_t *obj, const char *view) {
	others_t *others = arg;
	xfw_listeners_t listeners = { 0 };
	xfw_params_t params;
	isc_result_t result;
	const char *name;

	if (cfg_obj_line(obj) == others->line &&
	    strcmp(cfg_obj_file(obj), others->file) == 0)
	{
		return (false);
	}
	const char *text = cfg_obj_isstring(obj) ? cfg_obj_asstring(obj) : NULL;

	result = read_one(text, NULL, cfg_obj_file(obj), cfg_obj_line(obj),
			  others->mctx, others->lctx, &params, &listeners);
	name = same_text(listeners.text, others->listeners->text)
		       ? difference(&params, others->mine)
		       : "statistics-channel";
	free(listeners.text);
	xfw_listeners_free(listeners.first);
	if (result != ISC_R_SUCCESS) {
		return (true); /* it says so itself */
	}
	if (name != NULL) {
		complain(others->file, others->first, others->lctx,
			 "'%s' differs from that of the xfrwatch statement of "
			 "view '%s' at %s:%lu; it holds for the whole process "
			 "and must be the same in all",
			 name, view, cfg_obj_file(obj),
			 xfw_first_line(text, cfg_obj_line(obj)));
		others->result = ISC_R_FAILURE;
		return (false);
	}
	return (true);
}

isc_result_t
xfw_params_read(const char *text, const cfg_obj_t *cfg, const char *file,
		unsigned long line, isc_mem_t *mctx, isc_log_t *lctx,
		xfw_params_t *out, xfw_listeners_t *listeners) {
	isc_result_t result;

	*listeners = (xfw_listeners_t){ 0 };
	result = read_one(text, cfg, file, line, mctx, lctx, out, listeners);
	if (result == ISC_R_SUCCESS && cfg != NULL) {
		others_t others = { out,  listeners, file, line,
				    xfw_first_line(text, line),
				    mctx, lctx,	     ISC_R_SUCCESS };

		xfw_config_statements(cfg, compare, &others);
		result = others.result;
	}
	free(listeners->text);
	listeners->text = NULL;
	if (result != ISC_R_SUCCESS) {
		xfw_listeners_free(listeners->first);
		listeners->first = NULL;
	}
	return (result);
}
