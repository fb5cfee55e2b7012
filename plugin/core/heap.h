/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A heap of pointers whose elements know their own place in it, so that any of
 * them can be moved or removed. Made for a type by one macro; four children a
 * node, for fewer cache misses at a million elements.
 * Runs in the monitor's thread only.
 *
 * XFW_HEAP(prefix, type, slot, before) defines
 *   prefix_fix(items, size, i)     restores the order after items[i] changed
 *   prefix_push(items, &size, it)  requires room for one more
 *   prefix_remove(items, &size, i)
 * `slot` is the uint32_t member that holds an element's place, before(a, b) says
 * whether a comes before b.
 */
#ifndef XFRWATCH_HEAP_H
#define XFRWATCH_HEAP_H

#include <stddef.h>
#include <stdint.h>

#define XFW_HEAP(prefix, type, slot, before)                                  \
	static void prefix##_fix(type **items, size_t size, size_t i) {        \
		type *item = items[i];                                         \
		while (i > 0 && before(item, items[(i - 1) / 4])) {            \
			items[i] = items[(i - 1) / 4];                         \
			items[i]->slot = (uint32_t)i;                          \
			i = (i - 1) / 4;                                       \
		}                                                              \
		for (;;) {                                                     \
			size_t first = 4 * i + 1;                              \
			size_t best = first;                                   \
			if (first >= size) {                                   \
				break;                                         \
			}                                                      \
			for (size_t c = first + 1; c < first + 4 && c < size;  \
			     c++)                                              \
			{                                                      \
				if (before(items[c], items[best])) {           \
					best = c;                              \
				}                                              \
			}                                                      \
			if (!before(items[best], item)) {                      \
				break;                                         \
			}                                                      \
			items[i] = items[best];                                \
			items[i]->slot = (uint32_t)i;                          \
			i = best;                                              \
		}                                                              \
		items[i] = item;                                               \
		item->slot = (uint32_t)i;                                      \
	}                                                                      \
	static void prefix##_push(type **items, size_t *size, type *item) {    \
		items[*size] = item;                                           \
		(*size)++;                                                     \
		prefix##_fix(items, *size, *size - 1);                         \
	}                                                                      \
	static void prefix##_remove(type **items, size_t *size, size_t i) {    \
		items[i]->slot = UINT32_MAX;                                   \
		(*size)--;                                                     \
		if (i < *size) {                                               \
			items[i] = items[*size];                               \
			prefix##_fix(items, *size, i);                         \
		}                                                              \
	}

#endif /* XFRWATCH_HEAP_H */
