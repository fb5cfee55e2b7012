/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Zone keys: splitting, hashing, comparing, joining.
 * Runs in named's threads (hashing, for each line that is recorded) and in the
 * monitor: no state, no locale.
 */
#include <string.h>

#include <xfrwatch/key.h>

#define ONES  UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

/* Eight bytes with ASCII capitals made small, the others as they are. */
static inline uint64_t
lower8(uint64_t w) {
	uint64_t low = w & ~HIGHS;
	uint64_t from_a = low + ONES * (0x80 - 'A');	 /* bit 7: >= 'A' */
	uint64_t above_z = low + ONES * (0x80 - 'Z' - 1); /* bit 7: > 'Z' */
	uint64_t capital = from_a & ~above_z & ~w & HIGHS;
	return (w | (capital >> 2)); /* 0x80 >> 2 is 0x20 */
}

static inline uint64_t
load8(const char *p) {
	uint64_t w;
	memcpy(&w, p, sizeof(w));
	return (w);
}

/* Up to seven bytes, zeros behind them. */
static inline uint64_t
load_tail(const char *p, size_t len) {
	uint64_t w = 0;
	for (size_t i = 0; i < len; i++) {
		w |= (uint64_t)(unsigned char)p[i] << (8 * i);
	}
	return (w);
}

static inline uint64_t
mix(uint64_t h) {
	h ^= h >> 32;
	h *= UINT64_C(0x9fb21c651e98df25);
	h ^= h >> 29;
	return (h);
}

uint64_t
xfw_key_hash(const char *text, size_t len) {
	uint64_t h = (uint64_t)len * UINT64_C(0x9e3779b97f4a7c15);

	while (len >= 8) {
		h = mix(h ^ lower8(load8(text)));
		text += 8;
		len -= 8;
	}
	if (len > 0) {
		h = mix(h ^ lower8(load_tail(text, len)));
	}
	return (mix(h * UINT64_C(0xc2b2ae3d27d4eb4f)));
}

bool
xfw_key_equal(const char *a, size_t a_len, const char *b, size_t b_len) {
	if (a_len != b_len) {
		return (false);
	}
	while (a_len >= 8) {
		if (lower8(load8(a)) != lower8(load8(b))) {
			return (false);
		}
		a += 8;
		b += 8;
		a_len -= 8;
	}
	return (lower8(load_tail(a, a_len)) == lower8(load_tail(b, a_len)));
}

static bool
is_class(const char *p, size_t len) {
	if (len == 2) {
		return (memcmp(p, "IN", 2) == 0 || memcmp(p, "CH", 2) == 0 ||
			memcmp(p, "HS", 2) == 0);
	}
	/* RFC 3597, 5: CLASS and up to five digits. */
	if (len < 6 || len > 10 || memcmp(p, "CLASS", 5) != 0) {
		return (false);
	}
	for (size_t i = 5; i < len; i++) {
		if (p[i] < '0' || p[i] > '9') {
			return (false);
		}
	}
	return (true);
}

/*
 * The first class wins. The text itself is ambiguous when a zone's name or a
 * view's holds a class between slashes; views are named by country ("IN",
 * "CH"), while a label of a zone's name that is "IN" in capitals between
 * slashes is not seen in the field.
 */
bool
xfw_key_split(const char *text, size_t len, xfw_key_t *key) {
	const char *end = text + len;
	const char *slash = text;

	while ((slash = memchr(slash, '/', (size_t)(end - slash))) != NULL) {
		const char *start = slash + 1;
		const char *next = memchr(start, '/', (size_t)(end - start));
		const char *stop = (next != NULL) ? next : end;

		if (slash > text && is_class(start, (size_t)(stop - start))) {
			bool view = (end - stop > 1);
			key->name = text;
			key->name_len = (size_t)(slash - text);
			key->class_ = start;
			key->class_len = (size_t)(stop - start);
			key->view = view ? stop + 1 : XFW_VIEW_DEFAULT;
			key->view_len = view ? (size_t)(end - stop - 1)
					     : sizeof(XFW_VIEW_DEFAULT) - 1;
			return (true);
		}
		slash = start;
	}
	return (false);
}

size_t
xfw_key_join(char *buf, size_t size, const char *name, const char *class_,
	     const char *view) {
	size_t name_len = strlen(name), class_len = strlen(class_);
	size_t view_len = 0;
	size_t len = name_len + 1 + class_len;

	if (view != NULL && view[0] != '\0' &&
	    strcmp(view, XFW_VIEW_DEFAULT) != 0)
	{
		view_len = strlen(view);
		len += 1 + view_len;
	}
	if (len >= size) {
		return (0);
	}
	memcpy(buf, name, name_len);
	buf[name_len] = '/';
	memcpy(buf + name_len + 1, class_, class_len);
	if (view_len > 0) {
		buf[name_len + 1 + class_len] = '/';
		memcpy(buf + name_len + class_len + 2, view, view_len);
	}
	buf[len] = '\0';
	return (len);
}
