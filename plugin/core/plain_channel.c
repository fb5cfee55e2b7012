/* SPDX-License-Identifier: MPL-2.0 */
/*
 * `statistics-channel ADDRESS [ port N ] [ allow { address_match_list } ]`, read without
 * libisccfg. Runs on named's configuring thread and in named-checkconf;
 * xfw_plain_allowed() on the monitor's.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plain_priv.h"

static bool
read_address(const char *word, struct sockaddr_storage *out) {
	struct sockaddr_in *in = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
	uint32_t scope = 0;

	memset(out, 0, sizeof(*out));
	if (strcmp(word, "*") == 0 || inet_pton(AF_INET, word, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		return (true);
	}
	if (xfw_plain_address6(word, &in6->sin6_addr, &scope)) {
		in6->sin6_family = AF_INET6;
		in6->sin6_scope_id = scope;
		return (true);
	}
	return (false);
}

/* The address, which is at *line, and the port; *right says whether both are. */
static bool
read_place(xfw_plain_reader_t *reader, struct sockaddr_storage *address,
	   unsigned long *line, bool *right) {
	uint32_t port = XFW_PARAM_CHANNEL_DEFAULT;

	if (!xfw_plain_string(reader)) {
		return (false);
	}
	*line = reader->lexer.line;
	*right = read_address(reader->lexer.word, address);
	if (!*right) {
		xfw_plain_complain(reader, reader->lexer.line,
				   "'statistics-channel' must begin with an IPv4 or IPv6 "
				   "address, '*' or '::', not '%s'",
				   reader->lexer.word);
	}
	xfw_plain_next(reader);
	if (!xfw_plain_is_word(reader, "port")) {
		xfw_plain_unread(reader);
	} else if (!xfw_plain_string(reader)) {
		return (false);
	} else if (!xfw_params_decimal(reader->lexer.word, XFW_PARAM_CHANNEL_MIN,
				      XFW_PARAM_CHANNEL_MAX, &port))
	{
		*right = false;
		xfw_plain_complain(reader, reader->lexer.line,
				   "'port' of 'statistics-channel' must be a number from "
				   "%d to %d, not '%s'",
				   XFW_PARAM_CHANNEL_MIN, XFW_PARAM_CHANNEL_MAX,
				   reader->lexer.word);
	}
	/* The port is in the same place for both families. */
	((struct sockaddr_in *)address)->sin_port = htons((uint16_t)port);
	return (true);
}

/* At the end of the list, unless it is there already, or there are too many. */
static void
add(xfw_plain_reader_t *reader, unsigned long line, xfw_listener_t **listeners,
    const struct sockaddr_storage *address, xfw_plain_acl_t *acl, const char *name) {
	xfw_listener_t *listener;
	unsigned int count = 0;

	for (; *listeners != NULL; listeners = &(*listeners)->next, count++) {
		if (memcmp(&(*listeners)->address, address, sizeof(*address)) == 0) {
			xfw_plain_complain(reader, line,
					   "'statistics-channel' is given twice for %s",
					   name);
			xfw_plain_acl_free(acl);
			return;
		}
	}
	listener = acl != NULL && count < XFW_PLAIN_LISTENERS_MAX
			   ? calloc(1, sizeof(*listener))
			   : NULL;
	if (listener == NULL) {
		xfw_plain_complain(reader, line,
				   "'statistics-channel' is given more than %d times, or "
				   "there is no memory: nothing listens at %s",
				   XFW_PLAIN_LISTENERS_MAX, name);
		xfw_plain_acl_free(acl);
		return;
	}
	listener->address = *address;
	listener->acl = acl;
	*listeners = listener;
}

bool
xfw_plain_channel(xfw_plain_reader_t *reader, xfw_listener_t **listeners) {
	struct sockaddr_storage address;
	xfw_plain_acl_t *acl = NULL;
	char name[XFW_CHANNEL_NAME_MAX];
	unsigned long line = 0;
	bool right = false, is_default = false;

	if (!read_place(reader, &address, &line, &right)) {
		return (false);
	}
	xfw_channel_name(&address, name);
	xfw_plain_next(reader);
	if (!xfw_plain_is_word(reader, "allow")) {
		xfw_plain_unread(reader);
		acl = xfw_plain_acl_default();
		is_default = true;
	} else if (!xfw_plain_acl_read(reader, name, &acl)) {
		return (false);
	}
	if (right && (is_default || acl != NULL)) {
		add(reader, line, listeners, &address, acl, name);
	} else {
		xfw_plain_acl_free(acl);
	}
	return (true);
}

bool
xfw_plain_allowed(const void *acl, const struct sockaddr *peer) {
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (xfw_plain_matches(acl, peer, now.tv_sec));
}

void
xfw_plain_free(xfw_listener_t *listeners) {
	while (listeners != NULL) {
		xfw_listener_t *next = listeners->next;

		xfw_plain_acl_free(listeners->acl);
		free(listeners);
		listeners = next;
	}
}
