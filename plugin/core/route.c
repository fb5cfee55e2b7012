/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Reading a route: the lines of text by which plugin/named tells how named reaches
 * the primaries of a zone. Runs in the monitor's thread; keeps nothing.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <xfrwatch/route.h>

/* What stands first in a line: a primary, a server or a prefix. */
typedef struct target {
	struct sockaddr_storage to;
	unsigned bits;	/* of the address that count */
	bool has_port;
} target_t;

/* Up to ten digits, no more than `max`. */
static bool
number(const char *text, size_t len, uint64_t max, uint64_t *out) {
	*out = 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9') {
			return (false);
		}
		*out = *out * 10 + (uint64_t)(text[i] - '0');
	}
	return (len > 0 && len <= 10 && *out <= max);
}

/* "10.0.0.53", "2001:db8::53", "fe80::1%2"; the scope is a number, as BIND has it. */
static bool
read_address(const char *text, size_t len, struct sockaddr_storage *out) {
	struct sockaddr_in *in4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
	const char *scope = memchr(text, '%', len);
	size_t bare = scope != NULL ? (size_t)(scope - text) : len;
	uint64_t zone = 0;
	char buf[INET6_ADDRSTRLEN];

	memset(out, 0, sizeof(*out));
	if (bare >= sizeof(buf)) {
		return (false);
	}
	memcpy(buf, text, bare);
	buf[bare] = '\0';
	if (scope == NULL && inet_pton(AF_INET, buf, &in4->sin_addr) == 1) {
		in4->sin_family = AF_INET;
		return (true);
	}
	if (inet_pton(AF_INET6, buf, &in6->sin6_addr) != 1 ||
	    (scope != NULL &&
	     !number(scope + 1, len - bare - 1, UINT32_MAX, &zone)))
	{
		return (false);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_scope_id = (uint32_t)zone;
	return (true);
}

static unsigned
width(const struct sockaddr_storage *address) {
	return (address->ss_family == AF_INET ? 32 : 128);
}

/* "ADDRESS#port", "ADDRESS" or "ADDRESS/bits". */
static bool
read_target(const char *text, size_t len, target_t *out) {
	const char *port = memchr(text, '#', len);
	const char *slash = memchr(text, '/', len);
	const char *stop = port != NULL ? port : slash != NULL ? slash : text + len;
	const char *end = text + len;
	uint64_t n = 0;

	if (!read_address(text, (size_t)(stop - text), &out->to)) {
		return (false);
	}
	out->bits = width(&out->to);
	out->has_port = port != NULL;
	if (port != NULL) {
		if (!number(port + 1, (size_t)(end - port - 1), UINT16_MAX, &n) ||
		    n == 0)
		{
			return (false);
		}
		/* The port is at the same place in both. */
		((struct sockaddr_in *)&out->to)->sin_port = htons((uint16_t)n);
	} else if (slash != NULL) {
		if (!number(slash + 1, (size_t)(end - slash - 1), out->bits, &n)) {
			return (false);
		}
		out->bits = (unsigned)n;
	}
	return (true);
}

static const unsigned char *
bytes(const struct sockaddr_storage *address) {
	return (address->ss_family == AF_INET
			? (const void *)&((const struct sockaddr_in *)address)
				  ->sin_addr
			: (const void *)&((const struct sockaddr_in6 *)address)
				  ->sin6_addr);
}

static uint32_t
scope_of(const struct sockaddr_storage *address) {
	return (address->ss_family == AF_INET6
			? ((const struct sockaddr_in6 *)address)->sin6_scope_id
			: 0);
}

/* Does the line's target stand for `to`? As BIND compares: a target without scope
 * holds in all of them. */
static bool
covers(const target_t *target, const struct sockaddr_storage *to) {
	const unsigned char *a, *b;
	unsigned whole = target->bits / 8, rest = target->bits % 8;
	uint32_t scope = scope_of(&target->to);

	if (target->to.ss_family != to->ss_family ||
	    (target->has_port &&
	     ((const struct sockaddr_in *)&target->to)->sin_port !=
		     ((const struct sockaddr_in *)to)->sin_port) ||
	    (scope != scope_of(to) && (scope != 0 || target->has_port)))
	{
		return (false);
	}
	a = bytes(&target->to);
	b = bytes(to);
	return (memcmp(a, b, whole) == 0 &&
		(rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0));
}

static bool
take(char *to, size_t size, const char *from, size_t len) {
	if (len == 0 || len >= size) {
		return (false);
	}
	memcpy(to, from, len);
	to[len] = '\0';
	return (true);
}

static bool
is(const char *text, size_t len, const char *word) {
	return (len == strlen(word) && memcmp(text, word, len) == 0);
}

/* A value in which \DDD stands for a byte; it may be empty. */
static bool
take_value(char *to, const char *from, size_t len) {
	size_t used = 0;
	uint64_t byte;

	for (size_t i = 0; i < len; i++) {
		if (used == XFW_TLS_TEXT_MAX - 1) {
			return (false);
		}
		to[used++] = from[i];
		if (from[i] == '\\') {
			if (len - i < 4 || !number(from + i + 1, 3, UINT8_MAX, &byte) ||
			    byte == 0)
			{
				return (false);
			}
			to[used - 1] = (char)byte;
			i += 3;
		}
	}
	to[used] = '\0';
	return (true);
}

static bool
read_protocols(const char *text, size_t len, xfw_tls_t *out) {
	while (len > 0) {
		const char *comma = memchr(text, ',', len);
		size_t word = comma != NULL ? (size_t)(comma - text) : len;

		out->v12 = out->v12 || is(text, word, "TLSv1.2");
		out->v13 = out->v13 || is(text, word, "TLSv1.3");
		word += comma != NULL;
		text += word;
		len -= word;
	}
	return (true);
}

/* What a tls statement says: "ca=...", what stands behind "tls-". */
static bool
read_tls(const char *text, size_t len, xfw_tls_t *out) {
	const struct {
		const char *name;
		char *to;
		bool *has;
	} values[] = {
		{ "ca", out->ca, &out->has_ca },
		{ "host", out->host, &out->has_host },
		{ "cert", out->cert, NULL },
		{ "key", out->key, NULL },
		{ "ciphers", out->ciphers, NULL },
		{ "suites", out->suites, NULL },
	};
	const char *equals = memchr(text, '=', len);
	size_t name = equals != NULL ? (size_t)(equals - text) : len;
	size_t rest = equals != NULL ? len - name - 1 : 0;

	if (equals == NULL) {
		out->unread = is(text, len, "unread");
		return (out->unread);
	} else if (is(text, name, "protocols")) {
		return (read_protocols(equals + 1, rest, out));
	}
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (is(text, name, values[i].name)) {
			if (values[i].has != NULL) {
				*values[i].has = true;
			}
			return (take_value(values[i].to, equals + 1, rest));
		}
	}
	return (false);
}

/* One field behind the address. */
static bool
read_field(const char *text, size_t len, xfw_route_entry_t *out) {
	if (len > 5 && memcmp(text, "from=", 5) == 0) {
		return (read_address(text + 5, len - 5, &out->from) &&
			out->from.ss_family == out->to.ss_family);
	} else if (len > 4 && memcmp(text, "key=", 4) == 0) {
		return (take(out->key, sizeof(out->key), text + 4, len - 4));
	} else if (len > 4 && memcmp(text, "tls=", 4) == 0) {
		return (take(out->tls, sizeof(out->tls), text + 4, len - 4));
	} else if (len > 4 && memcmp(text, "tls-", 4) == 0) {
		return (read_tls(text + 4, len - 4, &out->secure));
	} else if (is(text, len, "tcp")) {
		out->tcp_only = true;
		return (true);
	} else if (is(text, len, "noedns")) {
		out->no_edns = true;
		return (true);
	}
	return (false);
}

/* Up to the next space, or to `end`. */
static const char *
word_end(const char *at, const char *end) {
	const char *space = memchr(at, ' ', (size_t)(end - at));

	return (space != NULL ? space : end);
}

/* The fields from `at` on, where the address ends: each with a space before it. */
static bool
read_fields(const char *at, const char *end, xfw_route_entry_t *out) {
	while (at < end) {
		const char *stop = word_end(at + 1, end);

		if (!read_field(at + 1, (size_t)(stop - at - 1), out)) {
			return (false);
		}
		at = stop;
	}
	return (true);
}

bool
xfw_route_bare(const char *address, xfw_route_entry_t *out) {
	target_t target;

	memset(out, 0, sizeof(*out));
	if (address == NULL ||
	    !take(out->address, sizeof(out->address), address,
		  strlen(address)) ||
	    !read_target(address, strlen(address), &target) ||
	    !target.has_port)
	{
		return (false);
	}
	out->to = target.to;
	return (true);
}

bool
xfw_route_find(const char *route, const char *address, xfw_route_entry_t *out) {
	bool any = address == NULL || strcmp(address, "-") == 0;

	memset(out, 0, sizeof(*out));
	if (route == NULL || (!any && !xfw_route_bare(address, out))) {
		return (false);
	}
	for (const char *line = route, *end; *line != '\0';
	     line = *end != '\0' ? end + 1 : end)
	{
		const char *stop;
		target_t target;

		end = line + strcspn(line, "\n");
		stop = word_end(line, end);
		if (!read_target(line, (size_t)(stop - line), &target) ||
		    (any ? !target.has_port : !covers(&target, &out->to)))
		{
			continue;
		}
		if (any) {
			out->to = target.to;
			if (!take(out->address, sizeof(out->address), line,
				  (size_t)(stop - line)))
			{
				return (false);
			}
		}
		out->named = target.has_port;
		return (read_fields(stop, end, out));
	}
	return (false);
}
