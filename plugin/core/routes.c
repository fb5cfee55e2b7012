/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The table of routes: each text once, by number, with how many use it. An array
 * that numbers are indexes into, a list of the free ones, a hash over the texts.
 * A table belongs to one thread: the monitor's, or named's configuring one while it
 * writes the texts.
 */
#include <stdlib.h>
#include <string.h>

#include <xfrwatch/key.h>
#include <xfrwatch/route.h>

#define ROUTES_MIN 16

typedef struct route {
	char *text; /* NULL: free */
	size_t len;
	uint64_t hash;
	uint32_t uses;
	uint32_t next; /* number: in the bucket, or in the list of free ones */
} route_t;

/* There are as many buckets as there is room; entry [0] is not used. */
struct xfw_routes {
	route_t *all;
	uint32_t *buckets;
	uint32_t room; /* a power of two, or 0 */
	uint32_t used; /* numbers given out so far, 0 included */
	uint32_t free;
};

xfw_routes_t *
xfw_routes_create(void) {
	xfw_routes_t *routes = calloc(1, sizeof(*routes));

	if (routes != NULL) {
		routes->used = 1;
	}
	return (routes);
}

void
xfw_routes_destroy(xfw_routes_t *routes) {
	if (routes == NULL) {
		return;
	}
	for (uint32_t i = 1; i < routes->used; i++) {
		free(routes->all[i].text);
	}
	free(routes->all);
	free(routes->buckets);
	free(routes);
}

static uint32_t *
bucket_of(const xfw_routes_t *routes, uint64_t hash) {
	return (&routes->buckets[hash & (routes->room - 1)]);
}

static void
link_in(xfw_routes_t *routes, uint32_t number) {
	uint32_t *bucket = bucket_of(routes, routes->all[number].hash);

	routes->all[number].next = *bucket;
	*bucket = number;
}

static bool
grow(xfw_routes_t *routes) {
	uint32_t room = routes->room == 0 ? ROUTES_MIN : routes->room * 2;
	uint32_t *buckets;
	route_t *all;

	if (room == 0 || (buckets = calloc(room, sizeof(*buckets))) == NULL) {
		return (false);
	}
	all = realloc(routes->all, room * sizeof(*all));
	if (all == NULL) {
		free(buckets);
		return (false);
	}
	free(routes->buckets);
	routes->all = all;
	routes->buckets = buckets;
	routes->room = room;
	/* No number is free when it grows. */
	for (uint32_t i = 1; i < routes->used; i++) {
		link_in(routes, i);
	}
	return (true);
}

static uint32_t
find(const xfw_routes_t *routes, uint64_t hash, const char *text, size_t len) {
	uint32_t number = routes->room == 0 ? XFW_ROUTE_NONE
					    : *bucket_of(routes, hash);

	while (number != XFW_ROUTE_NONE) {
		const route_t *route = &routes->all[number];

		if (route->hash == hash && route->len == len &&
		    memcmp(route->text, text, len) == 0)
		{
			break;
		}
		number = route->next;
	}
	return (number);
}

/* A number for a new text; XFW_ROUTE_NONE on lack of memory. */
static uint32_t
take(xfw_routes_t *routes) {
	uint32_t number = routes->free;

	if (number != XFW_ROUTE_NONE) {
		routes->free = routes->all[number].next;
	} else if (routes->used < routes->room || grow(routes)) {
		number = routes->used++;
	}
	return (number);
}

uint32_t
xfw_routes_add(xfw_routes_t *routes, const char *text, size_t len) {
	uint64_t hash = xfw_key_hash(text, len);
	uint32_t number = len == 0 ? XFW_ROUTE_NONE
				   : find(routes, hash, text, len);
	char *copy;

	if (len == 0 || number != XFW_ROUTE_NONE) {
		xfw_routes_use(routes, number);
		return (number);
	}
	copy = malloc(len + 1);
	number = copy == NULL ? XFW_ROUTE_NONE : take(routes);
	if (number == XFW_ROUTE_NONE) {
		free(copy);
		return (XFW_ROUTE_NONE);
	}
	memcpy(copy, text, len);
	copy[len] = '\0';
	routes->all[number] = (route_t){
		.text = copy, .len = len, .hash = hash, .uses = 1
	};
	link_in(routes, number);
	return (number);
}

static bool
is_used(const xfw_routes_t *routes, uint32_t number) {
	return (number != XFW_ROUTE_NONE && number < routes->used &&
		routes->all[number].text != NULL);
}

void
xfw_routes_use(xfw_routes_t *routes, uint32_t number) {
	if (is_used(routes, number)) {
		routes->all[number].uses++;
	}
}

void
xfw_routes_drop(xfw_routes_t *routes, uint32_t number) {
	route_t *route;
	uint32_t *at;

	if (!is_used(routes, number)) {
		return;
	}
	route = &routes->all[number];
	if (--route->uses > 0) {
		return;
	}
	at = bucket_of(routes, route->hash);
	while (*at != number) {
		at = &routes->all[*at].next;
	}
	*at = route->next;
	free(route->text);
	*route = (route_t){ .next = routes->free };
	routes->free = number;
}

const char *
xfw_routes_text(const xfw_routes_t *routes, uint32_t number) {
	return (is_used(routes, number) ? routes->all[number].text : NULL);
}
