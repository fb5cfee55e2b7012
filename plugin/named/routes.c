/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Routes out of named.conf: how named reaches the primaries of each zone of a view,
 * written as text (xfrwatch/route.h) in the way that named itself would take it from
 * the configuration: named_config_getipandkeylist() for the lists, soa_query() for
 * `server` statements, keys and source addresses. Runs on named's configuring thread
 * and reads libisccfg's objects only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cfgtree.h"
#include "named.h"

#include <xfrwatch/key.h>
#include <xfrwatch/route.h>

/* Lists of primaries in one another; named has no limit, our stack does. */
#define NESTING_MAX 64

#define PORT_DEFAULT	 53 /* bin/named/config.c */
#define TLS_PORT_DEFAULT 853

#define TLS_PROTOCOLS_MAX 4 /* in a tls statement; there are two */

#define SHARED_SLOTS 4096 /* a power of two */

#define KNOWN_SLOTS 64 /* a power of two */

/* A `server` statement. */
typedef struct server {
	isc_netaddr_t address;
	unsigned int prefix;
	char *key; /* NULL: none */
	const isc_sockaddr_t *source; /* NULL: not said; may be "*" */
	bool tcp_only;
	bool no_edns;
} server_t;

/* transfer-source and transfer-source-v6. */
typedef struct sources {
	const cfg_obj_t *v4;
	const cfg_obj_t *v6;
} sources_t;

/* The addresses in them, to compare; zeros for none. No padding. */
typedef struct bound {
	unsigned char v4[4];
	unsigned char v6[16];
	uint32_t scope;
} bound_t;

/* The route of zones that take one list by name, with that port and from there. */
typedef struct shared {
	const cfg_obj_t *list; /* NULL: free */
	in_port_t port;
	bound_t bound;
	uint32_t route;
	unsigned count;
} shared_t;

/* A primary's address as text: of 100,000 zones most have the same few. */
typedef struct known {
	union {
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} to;
	char text[ISC_SOCKADDR_FORMATSIZE]; /* "": free */
} known_t;

struct xfw_router {
	const cfg_obj_t *view; /* its options; NULL outside of views */
	const cfg_obj_t *options;
	in_port_t port;
	in_port_t tls_port;
	sources_t sources; /* of zones that have none of their own */

	server_t *servers; /* most particular first */
	size_t servers_count;

	const cfg_obj_t *tls; /* the list of tls statements, or NULL */

	const cfg_obj_t **lists; /* by hash of the name, NULL: free */
	size_t lists_size;	 /* a power of two, or 0 */

	xfw_routes_t *routes;
	shared_t *shared; /* SHARED_SLOTS, or NULL */
	known_t known[KNOWN_SLOTS];

	/* Of the zone that is being written. */
	const char *seen[NESTING_MAX * 4];
	size_t seen_count;
	char *text;
	size_t used;
	size_t size;
	bool failed;
};

/*--- text -----------------------------------------------------------------------*/

static void
put(xfw_router_t *router, const char *text) {
	size_t len = strlen(text);

	if (router->size - router->used <= len) {
		size_t size = router->size * 2 + len + 256;
		char *more = realloc(router->text, size);

		if (more == NULL) {
			router->failed = true;
			return;
		}
		router->text = more;
		router->size = size;
	}
	memcpy(router->text + router->used, text, len + 1);
	router->used += len;
}

static void
clear(xfw_router_t *router) {
	router->used = 0;
	router->failed = false;
	router->seen_count = 0;
}

static void
put_address(xfw_router_t *router, const isc_netaddr_t *address) {
	char text[ISC_NETADDR_FORMATSIZE];

	isc_netaddr_format(address, text, sizeof(text));
	put(router, text);
}

/* A port in it is ignored, and `*` is none. */
static bool
is_address(const isc_sockaddr_t *source) {
	static const struct in6_addr none;

	switch (source->type.sa.sa_family) {
	case AF_INET:
		return (source->type.sin.sin_addr.s_addr != 0);
	case AF_INET6:
		return (memcmp(&source->type.sin6.sin6_addr, &none,
			       sizeof(none)) != 0);
	default:
		return (false);
	}
}

static void
put_source(xfw_router_t *router, const isc_sockaddr_t *source) {
	isc_netaddr_t address;

	if (source == NULL || !is_address(source)) {
		return;
	}
	isc_netaddr_fromsockaddr(&address, source);
	put(router, " from=");
	put_address(router, &address);
}

/* A name from the configuration, as BIND prints it. */
static void
put_name(xfw_router_t *router, const char *field, const char *name) {
	char text[DNS_NAME_FORMATSIZE];

	if (name != NULL && xfw_cfg_name(name, text, sizeof(text))) {
		put(router, field);
		put(router, text);
	}
}

/* What may be any text: \DDD for what would end a field or a line. */
static void
put_value(xfw_router_t *router, const char *field, const char *value) {
	put(router, field);
	for (const char *at = value; *at != '\0'; at++) {
		unsigned char byte = (unsigned char)*at;
		char text[5];

		(void)snprintf(text, sizeof(text),
			       byte > ' ' && byte < 127 && byte != '\\' ? "%c"
									: "\\%03u",
			       byte);
		put(router, text);
	}
}

/*--- source addresses -----------------------------------------------------------*/

static const isc_sockaddr_t *
sockaddr_of(const cfg_obj_t *obj) {
	return (obj != NULL && cfg_obj_issockaddr(obj) ? cfg_obj_assockaddr(obj)
						       : NULL);
}

/* The clause in the first of the maps that has it, as named looks for it. */
static const cfg_obj_t *
first_with(const char *name, const cfg_obj_t *a, const cfg_obj_t *b,
	   const cfg_obj_t *c) {
	const cfg_obj_t *obj = xfw_cfg_get(a, name);

	if (obj == NULL) {
		obj = xfw_cfg_get(b, name);
	}
	return (obj != NULL ? obj : xfw_cfg_get(c, name));
}

static const isc_sockaddr_t *
source_for(const sources_t *sources, unsigned int family) {
	return (sockaddr_of(family == AF_INET ? sources->v4 : sources->v6));
}

/*
 * What named binds to: the `server` statement's, be it `*`; then the list's, if it is
 * an address; then the zone's.
 */
static const isc_sockaddr_t *
choose_source(const server_t *server, const isc_sockaddr_t *of_list,
	      const sources_t *sources, unsigned int family) {
	if (server != NULL && server->source != NULL) {
		return (server->source);
	}
	if (of_list != NULL && is_address(of_list)) {
		return (of_list);
	}
	return (source_for(sources, family));
}

/*--- server statements ----------------------------------------------------------*/

static bool
is_set(const cfg_obj_t *map, const char *name, bool value) {
	const cfg_obj_t *obj = xfw_cfg_get(map, name);

	return (obj != NULL && cfg_obj_isboolean(obj) &&
		cfg_obj_asboolean(obj) == value);
}

static server_t
read_server(const cfg_obj_t *map) {
	const char *key = xfw_cfg_word(xfw_cfg_get(map, "keys"), NULL);
	char text[DNS_NAME_FORMATSIZE];
	server_t server = {
		.tcp_only = is_set(map, "tcp-only", true),
		.no_edns = is_set(map, "edns", false),
	};

	cfg_obj_asnetprefix(cfg_map_getname(map), &server.address,
			    &server.prefix);
	server.source = sockaddr_of(xfw_cfg_get(
		map, server.address.family == AF_INET ? "transfer-source"
						      : "transfer-source-v6"));
	if (key != NULL && xfw_cfg_name(key, text, sizeof(text))) {
		server.key = strdup(text);
	}
	return (server);
}

/* Those of the view, else those outside; as dns_peerlist_addpeer() orders them. */
static void
read_servers(xfw_router_t *router, const cfg_obj_t *cfg) {
	const cfg_obj_t *list = first_with("server", router->view, cfg, NULL);
	size_t room = 0;

	for (const cfg_listelt_t *at = xfw_cfg_first(list); at != NULL;
	     at = cfg_list_next(at))
	{
		room++;
	}
	router->servers = room == 0 ? NULL : calloc(room, sizeof(server_t));
	if (router->servers == NULL) {
		return;
	}
	for (const cfg_listelt_t *at = xfw_cfg_first(list); at != NULL;
	     at = cfg_list_next(at))
	{
		server_t server = read_server(cfg_listelt_value(at));
		size_t i = router->servers_count++;

		for (; i > 0 && router->servers[i - 1].prefix < server.prefix; i--)
		{
			router->servers[i] = router->servers[i - 1];
		}
		router->servers[i] = server;
	}
}

static const server_t *
server_of(const xfw_router_t *router, const isc_netaddr_t *address) {
	for (size_t i = 0; i < router->servers_count; i++) {
		const server_t *server = &router->servers[i];

		if (isc_netaddr_eqprefix(address, &server->address,
					 server->prefix))
		{
			return (server);
		}
	}
	return (NULL);
}

static void
put_server_flags(xfw_router_t *router, const server_t *server) {
	if (server != NULL && server->tcp_only) {
		put(router, " tcp");
	}
	if (server != NULL && server->no_edns) {
		put(router, " noedns");
	}
}

/*--- lists by name --------------------------------------------------------------*/

/* In the order in which a series of BIND that knows several looks. */
static const char *const kinds[] = { "remote-servers", "primaries", "masters",
				     "parental-agents" };
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const char *
name_of(const cfg_obj_t *list) {
	return (xfw_cfg_word(xfw_cfg_field(list, "name"), ""));
}

/* Where a list of that name is, or belongs. */
static const cfg_obj_t **
list_slot(const xfw_router_t *router, const char *name) {
	size_t mask = router->lists_size - 1;
	size_t i = (size_t)xfw_key_hash(name, strlen(name)) & mask;

	while (router->lists[i] != NULL &&
	       strcasecmp(name_of(router->lists[i]), name) != 0)
	{
		i = (i + 1) & mask;
	}
	return (&router->lists[i]);
}

static void
read_lists(xfw_router_t *router, const cfg_obj_t *cfg) {
	size_t count = 0, size = 1;

	for (size_t i = 0; i < KINDS; i++) {
		for (const cfg_listelt_t *at =
			     xfw_cfg_first(xfw_cfg_get(cfg, kinds[i]));
		     at != NULL; at = cfg_list_next(at))
		{
			count++;
		}
	}
	while (size < count * 2) {
		size *= 2;
	}
	router->lists = count == 0 ? NULL : calloc(size, sizeof(*router->lists));
	if (router->lists == NULL) {
		return;
	}
	router->lists_size = size;
	for (size_t i = 0; i < KINDS; i++) {
		for (const cfg_listelt_t *at =
			     xfw_cfg_first(xfw_cfg_get(cfg, kinds[i]));
		     at != NULL; at = cfg_list_next(at))
		{
			const cfg_obj_t *list = cfg_listelt_value(at);
			const cfg_obj_t **slot = list_slot(router, name_of(list));

			if (*slot == NULL) {
				*slot = list;
			}
		}
	}
}

static const cfg_obj_t *
list_named(const xfw_router_t *router, const char *name) {
	return (router->lists_size > 0 ? *list_slot(router, name) : NULL);
}

/* Was it taken already for this zone? Then named takes it no second time. */
static bool
was_seen(xfw_router_t *router, const char *name) {
	for (size_t i = 0; i < router->seen_count; i++) {
		if (strcasecmp(router->seen[i], name) == 0) {
			return (true);
		}
	}
	if (router->seen_count < sizeof(router->seen) / sizeof(router->seen[0])) {
		router->seen[router->seen_count++] = name;
		return (false);
	}
	return (true);
}

/*--- tls statements --------------------------------------------------------------*/

/* As named finds it: names of transports are compared as names are. */
static const cfg_obj_t *
tls_named(const xfw_router_t *router, const char *name) {
	for (const cfg_listelt_t *at = xfw_cfg_first(router->tls); at != NULL;
	     at = cfg_list_next(at))
	{
		const cfg_obj_t *tls = cfg_listelt_value(at);

		if (strcasecmp(xfw_cfg_word(cfg_map_getname(tls), ""), name) == 0) {
			return (tls);
		}
	}
	return (NULL);
}

static void
put_protocols(xfw_router_t *router, const cfg_obj_t *list) {
	const char *field = " tls-protocols=";
	unsigned count = 0;

	for (const cfg_listelt_t *at = xfw_cfg_first(list);
	     at != NULL && count < TLS_PROTOCOLS_MAX;
	     at = cfg_list_next(at), count++)
	{
		put_value(router, field, xfw_cfg_word(cfg_listelt_value(at), ""));
		field = ",";
	}
}

/* What the statement of that name says; `ephemeral` is built in, and says nothing. */
static void
put_tls(xfw_router_t *router, const char *name) {
	static const struct {
		const char *clause, *field;
	} values[] = {
		{ "ca-file", " tls-ca=" },
		{ "remote-hostname", " tls-host=" },
		{ "cert-file", " tls-cert=" },
		{ "key-file", " tls-key=" },
		{ "ciphers", " tls-ciphers=" },
		{ "cipher-suites", " tls-suites=" }, /* BIND 9.20 */
	};
	const cfg_obj_t *tls = name != NULL ? tls_named(router, name) : NULL;

	if (tls == NULL) {
		return;
	}
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const char *value =
			xfw_cfg_word(xfw_cfg_get(tls, values[i].clause), NULL);

		if (value != NULL && strlen(value) < XFW_TLS_TEXT_MAX) {
			put_value(router, values[i].field, value);
		} else if (value != NULL) {
			put(router, " tls-unread");
		}
	}
	put_protocols(router, xfw_cfg_get(tls, "protocols"));
}

/*--- primaries ------------------------------------------------------------------*/

/* What a list hands to what stands in it. */
typedef struct given {
	in_port_t port; /* 0: none */
	const char *key;
	const char *tls;
	unsigned depth;
} given_t;

static in_port_t
port_of(const cfg_obj_t *obj, in_port_t otherwise) {
	return (obj != NULL && cfg_obj_isuint32(obj) &&
				cfg_obj_asuint32(obj) <= UINT16_MAX
			? (in_port_t)cfg_obj_asuint32(obj)
			: otherwise);
}

static void
put_sockaddr(xfw_router_t *router, const isc_sockaddr_t *to) {
	size_t size = to->type.sa.sa_family == AF_INET ? sizeof(to->type.sin)
						       : sizeof(to->type.sin6);
	uint64_t hash = xfw_key_hash((const char *)&to->type, size);
	known_t *known = &router->known[(hash ^ hash >> 32) & (KNOWN_SLOTS - 1)];

	/* The family is compared with the rest: they do not mix. */
	if (known->text[0] == '\0' || memcmp(&known->to, &to->type, size) != 0) {
		memcpy(&known->to, &to->type, size);
		isc_sockaddr_format(to, known->text, sizeof(known->text));
	}
	put(router, known->text);
}

static void
put_primary(xfw_router_t *router, isc_sockaddr_t to, const given_t *given,
	    const isc_sockaddr_t *of_list, const sources_t *sources) {
	unsigned int family = to.type.sa.sa_family;
	isc_netaddr_t address;
	const server_t *server;

	if (isc_sockaddr_getport(&to) == 0) {
		isc_sockaddr_setport(&to, given->port != 0 ? given->port
					  : given->tls != NULL
						  ? router->tls_port
						  : router->port);
	}
	isc_netaddr_fromsockaddr(&address, &to);
	server = server_of(router, &address);
	put_sockaddr(router, &to);
	put_source(router, choose_source(server, of_list, sources, family));
	if (given->key != NULL) {
		put_name(router, " key=", given->key);
	} else if (server != NULL && server->key != NULL) {
		put(router, " key=");
		put(router, server->key);
	}
	put_name(router, " tls=", given->tls);
	put_tls(router, given->tls);
	put_server_flags(router, server);
	put(router, "\n");
}

/* The address of an element, or the name of a list. */
static const cfg_obj_t *
item_of(const cfg_obj_t *element) {
	const cfg_obj_t *item = xfw_cfg_field(element, "remoteselement");

	return (item != NULL ? item : xfw_cfg_field(element, "primarieselement"));
}

/*
 * Writes the primaries of `list`, lists in it included; returns how many. A port holds
 * for lists that have none; key and tls for what a list has without; source addresses
 * only for what stands in the list itself.
 */
static unsigned
put_list(xfw_router_t *router, const cfg_obj_t *list, given_t given,
	 const sources_t *sources) {
	const isc_sockaddr_t *source = sockaddr_of(xfw_cfg_field(list, "source"));
	const isc_sockaddr_t *source6 =
		sockaddr_of(xfw_cfg_field(list, "source-v6"));
	unsigned count = 0;

	given.port = port_of(xfw_cfg_field(list, "port"), given.port);
	if (++given.depth > NESTING_MAX) {
		return (0);
	}
	for (const cfg_listelt_t *at =
		     xfw_cfg_first(xfw_cfg_field(list, "addresses"));
	     at != NULL; at = cfg_list_next(at))
	{
		const cfg_obj_t *element = cfg_listelt_value(at);
		const cfg_obj_t *item = item_of(element);
		const isc_sockaddr_t *to = sockaddr_of(item);
		const char *name = xfw_cfg_word(item, NULL);
		const char *key = xfw_cfg_word(xfw_cfg_field(element, "key"), NULL);
		const char *tls = xfw_cfg_word(xfw_cfg_field(element, "tls"), NULL);
		given_t own = given;

		own.key = key;
		own.tls = tls;
		if (to != NULL) {
			own.key = key != NULL ? key : given.key;
			own.tls = tls != NULL ? tls : given.tls;
			put_primary(router, *to, &own,
				    to->type.sa.sa_family == AF_INET ? source
								     : source6,
				    sources);
			count++;
		} else if (name != NULL && list_named(router, name) != NULL &&
			   !was_seen(router, name))
		{
			count += put_list(router, list_named(router, name), own,
					  sources);
		}
	}
	return (count);
}

/*--- what holds in general ------------------------------------------------------*/

static void
put_server(xfw_router_t *router, const server_t *server,
	   const sources_t *sources) {
	char bits[sizeof("/4294967295")];

	put_address(router, &server->address);
	if (server->prefix < (server->address.family == AF_INET ? 32u : 128u)) {
		(void)snprintf(bits, sizeof(bits), "/%u", server->prefix);
		put(router, bits);
	}
	put_source(router, choose_source(server, NULL, sources,
					 server->address.family));
	if (server->key != NULL) {
		put(router, " key=");
		put(router, server->key);
	}
	put_server_flags(router, server);
	put(router, "\n");
}

static void
put_rest(xfw_router_t *router, const char *prefix, const isc_sockaddr_t *source) {
	if (source != NULL && is_address(source)) {
		put(router, prefix);
		put_source(router, source);
		put(router, "\n");
	}
}

/* For primaries that the configuration does not name. All of the `server` statements
 * are there: one that says nothing keeps those behind it away. */
static void
put_general(xfw_router_t *router, const sources_t *sources) {
	for (size_t i = 0; i < router->servers_count; i++) {
		put_server(router, &router->servers[i], sources);
	}
	put_rest(router, "0.0.0.0/0", source_for(sources, AF_INET));
	put_rest(router, "::/0", source_for(sources, AF_INET6));
}

/* Members of catalog zones that name no primaries have those of the catalog. */
static void
put_catalogs(xfw_router_t *router) {
	const cfg_obj_t *catalogs = first_with("catalog-zones", router->view,
					       router->options, NULL);

	for (const cfg_listelt_t *at =
		     xfw_cfg_first(xfw_cfg_field(catalogs, "zone list"));
	     at != NULL; at = cfg_list_next(at))
	{
		const cfg_obj_t *catalog = cfg_listelt_value(at);
		const cfg_obj_t *list = xfw_cfg_field(catalog, "default-masters");

		if (list == NULL || !cfg_obj_istuple(list)) {
			list = xfw_cfg_field(catalog, "default-primaries");
		}
		router->seen_count = 0;
		if (list != NULL && cfg_obj_istuple(list)) {
			(void)put_list(router, list, (given_t){ 0 },
				       &router->sources);
		}
	}
}

/*--- one zone -------------------------------------------------------------------*/

/* The text that was written: its place in the view's routes. */
static uint32_t
intern(xfw_router_t *router) {
	uint32_t number = router->failed || router->used == 0
				  ? XFW_ROUTE_NONE
				  : xfw_routes_add(router->routes, router->text,
						   router->used);

	return (number == XFW_ROUTE_NONE ? XFW_ZONELIST_NO_ROUTE : number - 1);
}

/* The list that the zone's primaries come to, if they are nothing but its name. */
static const cfg_obj_t *
only_list(const xfw_router_t *router, const cfg_obj_t *primaries) {
	const cfg_listelt_t *at =
		xfw_cfg_first(xfw_cfg_field(primaries, "addresses"));
	const cfg_obj_t *element = at != NULL ? cfg_listelt_value(at) : NULL;
	const char *name = xfw_cfg_word(item_of(element), NULL);

	if (name == NULL || cfg_list_next(at) != NULL ||
	    xfw_cfg_word(xfw_cfg_field(element, "key"), NULL) != NULL ||
	    xfw_cfg_word(xfw_cfg_field(element, "tls"), NULL) != NULL)
	{
		return (NULL);
	}
	return (list_named(router, name));
}

static bound_t
bound_of(const sources_t *sources) {
	const isc_sockaddr_t *v4 = source_for(sources, AF_INET);
	const isc_sockaddr_t *v6 = source_for(sources, AF_INET6);
	bound_t bound = { 0 };

	if (v4 != NULL && v4->type.sa.sa_family == AF_INET) {
		memcpy(bound.v4, &v4->type.sin.sin_addr, sizeof(bound.v4));
	}
	if (v6 != NULL && v6->type.sa.sa_family == AF_INET6) {
		memcpy(bound.v6, &v6->type.sin6.sin6_addr, sizeof(bound.v6));
		bound.scope = v6->type.sin6.sin6_scope_id;
	}
	return (bound);
}

static shared_t *
shared_slot(const xfw_router_t *router, const cfg_obj_t *list, in_port_t port,
	    const bound_t *bound) {
	uint64_t hash = xfw_key_hash((const char *)bound, sizeof(*bound));

	hash ^= ((uintptr_t)list >> 4) * UINT64_C(0x9e3779b97f4a7c15) + port;
	return (&router->shared[(hash ^ hash >> 32) & (SHARED_SLOTS - 1)]);
}

static uint32_t
write_zone(xfw_router_t *router, const cfg_obj_t *primaries,
	   const sources_t *sources, unsigned *count) {
	clear(router);
	if (primaries == NULL) {
		/* A mirror of the root: named has the addresses built in. */
		put_general(router, sources);
		put(router, "0.0.0.0/0\n::/0\n");
		*count = 0;
	} else {
		*count = put_list(router, primaries, (given_t){ 0 }, sources);
	}
	return (intern(router));
}

uint32_t
xfw_router_zone(xfw_router_t *router, const cfg_obj_t *zone, unsigned *count) {
	const cfg_obj_t *primaries = xfw_cfg_get(zone, "primaries");
	const cfg_obj_t *own4 = xfw_cfg_get(zone, "transfer-source");
	const cfg_obj_t *own6 = xfw_cfg_get(zone, "transfer-source-v6");
	sources_t sources = { own4 != NULL ? own4 : router->sources.v4,
			      own6 != NULL ? own6 : router->sources.v6 };
	const cfg_obj_t *list = NULL;
	bound_t bound = bound_of(&sources);
	shared_t *shared = NULL;
	in_port_t port;

	if (primaries == NULL) {
		primaries = xfw_cfg_get(zone, "masters");
	}
	if (router->shared != NULL) {
		list = only_list(router, primaries);
	}
	if (list == NULL) {
		return (write_zone(router, primaries, &sources, count));
	}
	port = port_of(xfw_cfg_field(primaries, "port"), 0);
	shared = shared_slot(router, list, port, &bound);
	if (shared->list != list || shared->port != port ||
	    memcmp(&shared->bound, &bound, sizeof(bound)) != 0)
	{
		shared->route = write_zone(router, primaries, &sources,
					   &shared->count);
		shared->list = list;
		shared->port = port;
		shared->bound = bound;
	}
	*count = shared->count;
	return (shared->route);
}

/*--- a view ---------------------------------------------------------------------*/

xfw_router_t *
xfw_router_create(const cfg_obj_t *cfg, const cfg_obj_t *view) {
	xfw_router_t *router = calloc(1, sizeof(*router));

	if (router == NULL || (router->routes = xfw_routes_create()) == NULL) {
		free(router);
		return (NULL);
	}
	router->view = view;
	router->options = xfw_cfg_get(cfg, "options");
	router->port = port_of(xfw_cfg_get(router->options, "port"),
			       PORT_DEFAULT);
	router->tls_port = port_of(xfw_cfg_get(router->options, "tls-port"),
				   TLS_PORT_DEFAULT);
	router->sources.v4 = first_with("transfer-source", view,
					router->options, NULL);
	router->sources.v6 = first_with("transfer-source-v6", view,
					router->options, NULL);
	router->tls = xfw_cfg_get(cfg, "tls");
	router->shared = calloc(SHARED_SLOTS, sizeof(*router->shared));
	read_servers(router, cfg);
	read_lists(router, cfg);
	return (router);
}

static void
destroy(xfw_router_t *router) {
	for (size_t i = 0; i < router->servers_count; i++) {
		free(router->servers[i].key);
	}
	free(router->servers);
	free(router->lists);
	xfw_routes_destroy(router->routes);
	free(router->shared);
	free(router->text);
	free(router);
}

/* Numbers are dense, as none was dropped. */
static void
copy_routes(const xfw_routes_t *routes, xfw_viewlist_t *list) {
	size_t count = 0;

	while (xfw_routes_text(routes, (uint32_t)count + 1) != NULL) {
		count++;
	}
	list->routes = count == 0 ? NULL : calloc(count, sizeof(*list->routes));
	if (list->routes == NULL) {
		return;
	}
	while (list->routes_count < count) {
		const char *text = xfw_routes_text(
			routes, (uint32_t)list->routes_count + 1);

		list->routes[list->routes_count] = strdup(text);
		if (list->routes[list->routes_count] == NULL) {
			return;
		}
		list->routes_count++;
	}
}

void
xfw_router_finish(xfw_router_t *router, xfw_viewlist_t *list) {
	clear(router);
	put_catalogs(router);
	put_general(router, &router->sources);
	if (!router->failed && router->used > 0) {
		list->unlisted = router->text;
		router->text = NULL;
	}
	copy_routes(router->routes, list);
	destroy(router);
}
