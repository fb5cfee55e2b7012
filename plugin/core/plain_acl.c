/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Address-match lists without libdns: made on named's configuring thread (and in
 * named-checkconf), asked on the monitor's, freed on either.
 *
 * They decide as named's do: the first element that matches; what a list in braces
 * refuses does not match there; IPv6 addresses that hold IPv4 ones are IPv6 (as with
 * named's match-mapped-addresses off).
 */
#include <stdlib.h>
#include <string.h>

#include "plain_priv.h"

bool
xfw_plain_acl_add(xfw_plain_acl_t *acl, const xfw_plain_element_t *element) {
	if (acl->count == acl->room) {
		uint32_t room = acl->room == 0 ? 8 : 2 * acl->room;
		xfw_plain_element_t *more = realloc(acl->elements, room * sizeof(*more));

		if (more == NULL) {
			return (false);
		}
		acl->elements = more;
		acl->room = room;
	}
	acl->elements[acl->count++] = *element;
	acl->elements[acl->count - 1].behind = acl->count;
	return (true);
}

static bool
same_prefix(const xfw_plain_element_t *a, const xfw_plain_element_t *b) {
	return (a->kind == XFW_PLAIN_PREFIX && b->kind == XFW_PLAIN_PREFIX &&
		a->family == b->family && a->bits == b->bits &&
		xfw_plain_same_bits(a->address, b->address, a->bits));
}

/*
 * `!{ 10/8; }` makes a 10/8 that stands before it a refusal, too: so says
 * dns_iptable_merge(), and nobody shall be let in whom named refuses.
 */
void
xfw_plain_acl_merge(xfw_plain_acl_t *acl, uint32_t from, uint32_t at) {
	xfw_plain_element_t *all = acl->elements;
	bool negative = all[at].negative;

	acl->count--;
	memmove(&all[at], &all[at + 1], (acl->count - at) * sizeof(all[0]));
	for (uint32_t i = at; i < acl->count; i++) {
		all[i].behind--;
	}
	for (uint32_t i = at; negative && i < acl->count; i = all[i].behind) {
		all[i].negative = true;
		for (uint32_t k = from; k < at; k = all[k].behind) {
			all[k].negative = all[k].negative || same_prefix(&all[k], &all[i]);
		}
	}
}

xfw_plain_acl_t *
xfw_plain_acl_default(void) {
	xfw_plain_acl_t *acl = calloc(1, sizeof(*acl));
	xfw_plain_element_t element = { .kind = XFW_PLAIN_LOCALHOST };

	if (acl != NULL && !xfw_plain_acl_add(acl, &element)) {
		xfw_plain_acl_free(acl);
		acl = NULL;
	}
	return (acl);
}

void
xfw_plain_acl_free(xfw_plain_acl_t *acl) {
	if (acl != NULL) {
		free(acl->elements);
		free(acl);
	}
}

typedef struct peer {
	int family;
	uint8_t address[16];
	int64_t now_s;
	signed char is_local[2]; /* localhost, localnets: 0 until that was asked */
} peer_t;

/* Asked once, however often the list says it. */
static bool
is_local(peer_t *peer, bool networks) {
	signed char *is = &peer->is_local[networks];

	if (*is == 0) {
		*is = (networks ? xfw_plain_is_localnet : xfw_plain_is_localhost)(
			      peer->family, peer->address, peer->now_s)
			      ? 1
			      : -1;
	}
	return (*is > 0);
}

/* Whether the elements from `at` to before `behind` let the peer in. */
static bool
matches(const xfw_plain_element_t *elements, uint32_t at, uint32_t behind,
	peer_t *peer) {
	for (; at < behind; at = elements[at].behind) {
		const xfw_plain_element_t *element = &elements[at];
		bool is = false;

		switch (element->kind) {
		case XFW_PLAIN_PREFIX:
			is = element->family == peer->family &&
			     xfw_plain_same_bits(element->address, peer->address,
						 element->bits);
			break;
		case XFW_PLAIN_LOCALHOST:
			is = is_local(peer, false);
			break;
		case XFW_PLAIN_LOCALNETS:
			is = is_local(peer, true);
			break;
		case XFW_PLAIN_NESTED:
			is = matches(elements, at + 1, element->behind, peer);
			break;
		}
		if (is) {
			return (!element->negative);
		}
	}
	return (false);
}

bool
xfw_plain_matches(const xfw_plain_acl_t *acl, const struct sockaddr *address,
		  int64_t now_s) {
	peer_t peer = { .family = address->sa_family, .now_s = now_s };

	if (acl == NULL) {
		return (false);
	}
	if (peer.family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;

		memcpy(peer.address, &in->sin_addr, sizeof(in->sin_addr));
	} else if (peer.family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)address;

		memcpy(peer.address, &in6->sin6_addr, sizeof(in6->sin6_addr));
	} else {
		return (false);
	}
	return (matches(acl->elements, 0, acl->count, &peer));
}
