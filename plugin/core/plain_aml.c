/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Address-match lists as they are written, read without libisccfg. Runs on named's
 * configuring thread and in named-checkconf.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "plain_priv.h"

/* What is being read. */
typedef struct list {
	xfw_plain_reader_t *reader;
	const char *name; /* of the listener */
	xfw_plain_acl_t *acl;
	bool useless; /* and that was said */
	/* The braces that the reader is in. */
	unsigned int depth;
	uint32_t from; /* their first element */
	bool refuses;  /* something in them says `!` or `none` */
} list_t;

static void
useless(list_t *list, const char *problem) {
	if (!list->useless) {
		xfw_plain_complain(list->reader, list->reader->lexer.line,
				   "'allow' of 'statistics-channel' %s, so that nothing "
				   "listens at %s",
				   problem, list->name);
	}
	list->useless = true;
}

static void
add(list_t *list, const xfw_plain_element_t *element) {
	char problem[64];

	if (list->useless) {
		return;
	}
	if (list->acl->count == XFW_PLAIN_ACL_MAX) {
		(void)snprintf(problem, sizeof(problem), "has more than %d elements",
			       XFW_PLAIN_ACL_MAX);
		useless(list, problem);
	} else if (!xfw_plain_acl_add(list->acl, element)) {
		useless(list, "takes more memory than there is");
	}
}

bool
xfw_plain_address6(const char *word, struct in6_addr *address, uint32_t *scope) {
	const char *percent = strchr(word, '%');
	size_t len = percent != NULL ? (size_t)(percent - word) : strlen(word);
	char text[INET6_ADDRSTRLEN];
	unsigned long long number;
	char *end;

	if (len >= sizeof(text)) {
		return (false);
	}
	memcpy(text, word, len);
	text[len] = '\0';
	if (inet_pton(AF_INET6, text, address) != 1) {
		return (false);
	}
	number = 0;
	if (percent != NULL && (!IN6_IS_ADDR_LINKLOCAL(address) ||
				(number = if_nametoindex(percent + 1)) == 0))
	{
		number = strtoull(percent + 1, &end, 10);
		if (end == percent + 1 || number > UINT32_MAX) {
			return (false);
		}
	}
	if (scope != NULL) {
		*scope = (uint32_t)number;
	}
	return (true);
}

/* An IPv4 address, or the beginning of one ("10", "192.0.2"): *part. */
static bool
read_address4(const char *word, uint8_t *address, bool *part) {
	char text[INET_ADDRSTRLEN + sizeof(".0.0.0")];
	size_t len = strlen(word);

	*part = false;
	if (len >= INET_ADDRSTRLEN) {
		return (false);
	}
	memcpy(text, word, len + 1);
	for (int zeros = 0; inet_pton(AF_INET, text, address) != 1; zeros++) {
		if (zeros == 3) {
			*part = false;
			return (false);
		}
		memcpy(text + len, ".0", sizeof(".0"));
		len += 2;
		*part = true;
	}
	return (true);
}

/* Whether only the first `bits` are set. */
static bool
is_prefix(const uint8_t *address, unsigned int size, unsigned int bits) {
	for (unsigned int i = bits; i < 8 * size; i++) {
		if ((address[i / 8] & (0x80 >> (i % 8))) != 0) {
			return (false);
		}
	}
	return (true);
}

/* Behind the address: `[ / length ]`. */
static bool
read_length(list_t *list, xfw_plain_element_t *element, bool part) {
	xfw_plain_reader_t *reader = list->reader;
	unsigned int size = element->family == AF_INET ? 4 : 16;
	char text[INET6_ADDRSTRLEN];
	uint32_t bits;

	element->bits = (uint8_t)(8 * size);
	xfw_plain_next(reader);
	if (!xfw_plain_is(reader, '/')) {
		if (part) {
			xfw_plain_error(reader, " near ",
					"incomplete IPv4 address or prefix");
		}
		xfw_plain_unread(reader);
		return (!part);
	}
	xfw_plain_next(reader);
	if (reader->lexer.kind != XFW_PLAIN_WORD ||
	    !xfw_params_decimal(reader->lexer.word, 0, UINT32_MAX, &bits))
	{
		xfw_plain_error(reader, " near ", "expected prefix length");
		xfw_plain_unread(reader);
		return (false);
	}
	if (bits > 8 * size) {
		xfw_plain_error(reader, " ", "invalid prefix length");
		return (false);
	}
	if (!is_prefix(element->address, size, bits)) {
		(void)inet_ntop(element->family, element->address, text, sizeof(text));
		xfw_plain_error(reader, " near ",
				"'%s/%u': address/prefix length mismatch", text, bits);
		return (false);
	}
	element->bits = (uint8_t)bits;
	return (true);
}

/* `key NAME`, `geoip country SE`: what follows is a part of it. */
static void
skip_element(xfw_plain_reader_t *reader) {
	do {
		xfw_plain_next(reader);
	} while (reader->lexer.kind != XFW_PLAIN_END && !xfw_plain_is(reader, ';') &&
		 !xfw_plain_is(reader, '{') && !xfw_plain_is(reader, '}'));
	xfw_plain_unread(reader);
}

static void
add_any(list_t *list, bool negative) {
	xfw_plain_element_t any = { .negative = negative, .family = AF_INET };

	add(list, &any);
	any.family = AF_INET6;
	add(list, &any);
}

/* The token is a word, quoted or not. False if it cannot be read on. */
static bool
read_word(list_t *list, xfw_plain_element_t *element) {
	xfw_plain_reader_t *reader = list->reader;
	const char *word = reader->lexer.word;
	struct in6_addr in6;
	bool is_plain = reader->lexer.kind == XFW_PLAIN_WORD, part = false;
	bool is_none = strcasecmp(word, "none") == 0;
	char problem[XFW_PLAIN_WORD_MAX / 2];

	if (is_plain && read_address4(word, element->address, &part)) {
		element->family = AF_INET;
	} else if (is_plain && xfw_plain_address6(word, &in6, NULL)) {
		element->family = AF_INET6;
		memcpy(element->address, &in6, sizeof(in6));
	} else if (is_none || strcasecmp(word, "any") == 0) {
		add_any(list, element->negative != is_none);
		list->refuses = list->refuses || is_none;
		return (true);
	} else if (strcasecmp(word, "localhost") == 0) {
		element->kind = XFW_PLAIN_LOCALHOST;
	} else if (strcasecmp(word, "localnets") == 0) {
		element->kind = XFW_PLAIN_LOCALNETS;
	} else {
		(void)snprintf(problem, sizeof(problem),
			       "must be an address match list of addresses, prefixes, "
			       "localhost, localnets, any and none here, where ACLs and "
			       "keys of named's are out of reach, not '%.64s'", word);
		useless(list, problem);
		skip_element(reader);
		return (true);
	}
	if (element->kind == XFW_PLAIN_PREFIX && !read_length(list, element, part)) {
		return (false);
	}
	add(list, element);
	return (true);
}

static bool
read_list(list_t *list);

/* `{ ... }` in a list. */
static bool
read_nested(list_t *list, xfw_plain_element_t *element) {
	list_t around = *list;
	uint32_t at = list->acl->count;
	char problem[64];
	bool is_read = false, merges;

	element->kind = XFW_PLAIN_NESTED;
	add(list, element);
	list->from = at + 1;
	list->refuses = false;
	if (++list->depth > XFW_PLAIN_ACL_DEPTH_MAX) {
		(void)snprintf(problem, sizeof(problem), "is more than %d lists deep",
			       XFW_PLAIN_ACL_DEPTH_MAX);
		useless(list, problem);
	} else {
		is_read = read_list(list);
	}
	merges = !list->refuses;
	list->depth = around.depth;
	list->from = around.from;
	list->refuses = around.refuses;
	if (!list->useless && is_read) {
		list->acl->elements[at].behind = list->acl->count;
		if (merges) {
			xfw_plain_acl_merge(list->acl, list->from, at);
		}
	}
	return (is_read);
}

/* `[ ! ] word | { ... }` */
static bool
read_element(list_t *list) {
	xfw_plain_reader_t *reader = list->reader;
	xfw_plain_element_t element = { .kind = XFW_PLAIN_PREFIX };

	xfw_plain_next(reader);
	if (xfw_plain_is(reader, '!')) {
		element.negative = list->refuses = true;
		xfw_plain_next(reader);
	}
	if (xfw_plain_is(reader, '{')) {
		xfw_plain_unread(reader);
		return (read_nested(list, &element));
	}
	if (reader->lexer.kind == XFW_PLAIN_WORD ||
	    reader->lexer.kind == XFW_PLAIN_QUOTED)
	{
		return (read_word(list, &element));
	}
	xfw_plain_error(reader, " near ", "expected IP match list element");
	xfw_plain_unread(reader);
	return (false);
}

/* False if it does not begin or does not end. */
static bool
read_list(list_t *list) {
	xfw_plain_reader_t *reader = list->reader;

	if (!xfw_plain_expect(reader, '{')) {
		return (false);
	}
	for (;;) {
		xfw_plain_next(reader);
		if (xfw_plain_is(reader, '}')) {
			return (true);
		}
		xfw_plain_unread(reader);
		if (read_element(list)) {
			xfw_plain_semicolon(reader);
		} else {
			xfw_plain_skip(reader);
		}
		if (reader->lexer.kind == XFW_PLAIN_END) {
			return (false);
		}
	}
}

bool
xfw_plain_acl_read(xfw_plain_reader_t *reader, const char *name,
		   xfw_plain_acl_t **out) {
	list_t list = { .reader = reader, .name = name };
	bool before = reader->wrong, is_read;

	*out = NULL;
	list.acl = calloc(1, sizeof(*list.acl));
	if (list.acl == NULL) {
		useless(&list, "takes more memory than there is");
		return (false);
	}
	reader->wrong = false;
	is_read = read_list(&list);
	if (is_read && !reader->wrong) {
		*out = list.acl;
	} else {
		xfw_plain_acl_free(list.acl);
	}
	reader->wrong = reader->wrong || before;
	return (is_read);
}
