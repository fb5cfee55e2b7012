/* SPDX-License-Identifier: MPL-2.0 */
/*
 * `statistics-channel ADDRESS [ port N ] [ allow { address_match_list }; ]`: its
 * grammar, in the words of named's own `statistics-channels`, and what is made of
 * it. Runs in named-checkconf and on named's configuring thread.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "named.h"

/*--- grammar ------------------------------------------------------------------*/

/* A keyword that may be left out, and what follows it. */
typedef struct keyword {
	const char *name;
	cfg_type_t *type;
} keyword_t;

static isc_result_t
parse_keyword(cfg_parser_t *parser, const cfg_type_t *type, cfg_obj_t **out) {
	const keyword_t *keyword = type->of;
	isc_result_t result = cfg_peektoken(parser, 0);

	if (result != ISC_R_SUCCESS) {
		return (result);
	}
	if (parser->token.type != isc_tokentype_string ||
	    strcasecmp(parser->token.value.as_pointer, keyword->name) != 0)
	{
		return (cfg_parse_void(parser, NULL, out));
	}
	result = cfg_gettoken(parser, 0);
	if (result == ISC_R_SUCCESS) {
		result = cfg_parse_obj(parser, keyword->type, out);
	}
	return (result);
}

static keyword_t port_keyword = { "port", &cfg_type_astring };
static cfg_type_t type_port = { "port",	       parse_keyword, cfg_print_void,
				cfg_doc_void,  &cfg_rep_string, &port_keyword };
static keyword_t allow_keyword = { "allow", &cfg_type_bracketed_aml };
static cfg_type_t type_allow = { "allow",	parse_keyword,	cfg_print_void,
				 cfg_doc_void,	&cfg_rep_list,	&allow_keyword };
static cfg_tuplefielddef_t fields[] = {
	{ "address", &cfg_type_astring, 0 },
	{ "port", &type_port, 0 },
	{ "allow", &type_allow, 0 },
	{ NULL, NULL, 0 },
};
cfg_type_t xfw_type_channel = { "statistics-channel", cfg_parse_tuple,
				cfg_print_tuple,      cfg_doc_tuple,
				&cfg_rep_tuple,	      fields };

/*--- one statement --------------------------------------------------------------*/

/* Port in network order. */
static bool
read_address(const char *word, uint16_t port, struct sockaddr_storage *out) {
	struct sockaddr_in *in = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (strcmp(word, "*") == 0 || inet_pton(AF_INET, word, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = port;
		return (true);
	}
	if (inet_pton(AF_INET6, word, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = port;
		return (true);
	}
	return (false);
}

/* An address with a scope ("fe80::1%eth0"), which inet_pton() does not take. */
static bool
read_scoped(const char *word, uint16_t port, struct sockaddr_storage *out) {
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
	const char *percent = strchr(word, '%');
	char address[INET6_ADDRSTRLEN];
	char zone[64];
	uint32_t scope;

	if (percent == NULL || (size_t)(percent - word) >= sizeof(address)) {
		return (false);
	}
	memcpy(address, word, (size_t)(percent - word));
	address[percent - word] = '\0';
	(void)snprintf(zone, sizeof(zone), "%s", percent + 1);
	if (!read_address(address, port, out) || out->ss_family != AF_INET6 ||
	    isc_netscope_pton(AF_INET6, zone, &in6->sin6_addr, &scope) !=
		    ISC_R_SUCCESS)
	{
		return (false);
	}
	in6->sin6_scope_id = scope;
	return (true);
}

static void
append(void *arg, const char *text, int len) {
	char **all = arg;
	size_t used = *all != NULL ? strlen(*all) : 0;
	char *more = realloc(*all, used + (size_t)len + 1);

	if (more != NULL) {
		memcpy(more + used, text, (size_t)len);
		more[used + (size_t)len] = '\0';
		*all = more;
	}
}

static bool
same_place(const struct sockaddr_storage *a, const struct sockaddr_storage *b) {
	return (memcmp(a, b, sizeof(*a)) == 0);
}

/* `{ localhost; }`, which holds when nothing is said of who may read. */
static isc_result_t
make_default(isc_mem_t *mctx, const cfg_obj_t *cfg, isc_log_t *lctx, void **out) {
	static const char text[] = "{ localhost; }";
	cfg_parser_t *parser = NULL;
	cfg_obj_t *list = NULL;
	isc_buffer_t buffer;
	isc_result_t result = cfg_parser_create(mctx, lctx, &parser);

	if (result != ISC_R_SUCCESS) {
		return (result);
	}
	isc_buffer_constinit(&buffer, text, sizeof(text) - 1);
	isc_buffer_add(&buffer, sizeof(text) - 1);
	result = cfg_parse_buffer(parser, &buffer, "xfrwatch", 1,
				  &cfg_type_bracketed_aml, 0, &list);
	if (result == ISC_R_SUCCESS) {
		result = xfw_acl_make(list, cfg, lctx, out);
		cfg_obj_destroy(parser, &list);
	}
	cfg_parser_destroy(&parser);
	return (result);
}

/* Its place in `out`, at the end of the list; false if it is there already. */
static bool
add(xfw_listeners_t *out, xfw_listener_t *listener) {
	xfw_listener_t **at = &out->first;

	for (; *at != NULL; at = &(*at)->next) {
		if (same_place(&(*at)->address, &listener->address)) {
			return (false);
		}
	}
	*at = listener;
	return (true);
}

static const char *
read_place(const cfg_obj_t *obj, struct sockaddr_storage *address,
	   const cfg_obj_t **wrong) {
	const cfg_obj_t *port = cfg_tuple_get(obj, "port");
	uint32_t number = XFW_PARAM_CHANNEL_DEFAULT;

	*wrong = cfg_tuple_get(obj, "address");
	const char *word = cfg_obj_asstring(*wrong);

	if (!cfg_obj_isvoid(port) &&
	    !xfw_params_decimal(cfg_obj_asstring(port), XFW_PARAM_CHANNEL_MIN,
			       XFW_PARAM_CHANNEL_MAX, &number))
	{
		*wrong = port;
		return ("'port' of 'statistics-channel' must be a number from 1 to "
			"65535");
	}
	if (!read_address(word, htons((uint16_t)number), address) &&
	    !read_scoped(word, htons((uint16_t)number), address))
	{
		return ("'statistics-channel' must begin with an IPv4 or IPv6 "
			"address, '*' or '::'");
	}
	return (NULL);
}

isc_result_t
xfw_listeners_read(const cfg_obj_t *obj, const cfg_obj_t *cfg, isc_mem_t *mctx,
		   isc_log_t *lctx, bool acls, xfw_complain_t complain, void *arg,
		   xfw_listeners_t *out) {
	xfw_listener_t *listener = calloc(1, sizeof(*listener));
	const cfg_obj_t *allow = cfg_tuple_get(obj, "allow");
	const cfg_obj_t *wrong = NULL;
	isc_result_t result = ISC_R_SUCCESS;
	char name[XFW_CHANNEL_NAME_MAX];
	char twice[XFW_CHANNEL_NAME_MAX + 64];
	const char *problem;

	if (listener == NULL) {
		return (ISC_R_NOMEMORY);
	}
	problem = read_place(obj, &listener->address, &wrong);
	if (problem != NULL) {
		complain(arg, wrong, problem, cfg_obj_asstring(wrong));
		free(listener);
		return (ISC_R_FAILURE);
	}
	xfw_channel_name(&listener->address, name);
	if (!add(out, listener)) {
		(void)snprintf(twice, sizeof(twice),
			       "'statistics-channel' is given twice for %s", name);
		complain(arg, wrong, twice, NULL);
		free(listener);
		return (ISC_R_FAILURE);
	}
	append(&out->text, name, (int)strlen(name));
	if (!cfg_obj_isvoid(allow)) {
		cfg_print(allow, append, &out->text);
	}
	append(&out->text, ";", 1);
	if (acls) {
		result = cfg_obj_isvoid(allow)
				 ? make_default(mctx, cfg, lctx, &listener->acl)
				 : xfw_acl_make(allow, cfg, lctx, &listener->acl);
		if (result != ISC_R_SUCCESS) {
			complain(arg, wrong, "'allow' of 'statistics-channel' must be "
				 "an address match list of addresses, prefixes, "
				 "localhost, localnets, any, none, and ACLs that this "
				 "configuration defines", NULL);
		}
	}
	return (result);
}

void
xfw_listeners_free(xfw_listener_t *listeners) {
	while (listeners != NULL) {
		xfw_listener_t *next = listeners->next;

		if (listeners->acl != NULL) {
			xfw_acl_free(listeners->acl);
		}
		free(listeners);
		listeners = next;
	}
}
