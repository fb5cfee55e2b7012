/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Pieces of a few sizes, cut from chunks (pool.h).
 * Runs in the monitor's thread only.
 *
 * A chunk holds pieces of one size. To whose chunk a piece belongs is looked up by
 * its address when it is given back, which is rare.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"

/* A piece that is not in use. */
typedef struct hole {
	struct hole *next;
} hole_t;

struct xfw_chunk {
	xfw_chunk_t *next; /* with room, of the same size */
	xfw_chunk_t *previous;
	hole_t *holes;
	uint32_t fresh; /* where those begin that were never in use */
	uint32_t used;	/* pieces */
};

_Static_assert(sizeof(xfw_chunk_t) % XFW_POOL_STEP == 0, "pieces are aligned");

static size_t
rounded(size_t size) {
	return ((size + XFW_POOL_STEP - 1) / XFW_POOL_STEP * XFW_POOL_STEP);
}

static xfw_chunk_t **
list_of(xfw_pool_t *pool, size_t size) {
	return (&pool->open[size / XFW_POOL_STEP]);
}

static bool
is_full(const xfw_chunk_t *chunk, size_t size) {
	return (chunk->holes == NULL && chunk->fresh + size > XFW_POOL_CHUNK);
}

static void
link_in(xfw_chunk_t **list, xfw_chunk_t *chunk) {
	chunk->previous = NULL;
	chunk->next = *list;
	if (*list != NULL) {
		(*list)->previous = chunk;
	}
	*list = chunk;
}

static void
unlink_from(xfw_chunk_t **list, xfw_chunk_t *chunk) {
	if (chunk->previous != NULL) {
		chunk->previous->next = chunk->next;
	} else {
		*list = chunk->next;
	}
	if (chunk->next != NULL) {
		chunk->next->previous = chunk->previous;
	}
}

/* How many chunks lie at or below the address. */
static size_t
below(const xfw_pool_t *pool, const void *at) {
	size_t low = 0, high = pool->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((uintptr_t)pool->chunks[middle] <= (uintptr_t)at) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return (low);
}

static bool
make_room(xfw_pool_t *pool, xfw_realloc_t more) {
	size_t room = pool->room + pool->room / 4 + 16;
	xfw_chunk_t **chunks = NULL;

	if (pool->count < pool->room) {
		return (true);
	}
	chunks = more(pool->chunks, room * sizeof(xfw_chunk_t *));
	if (chunks == NULL) {
		return (false);
	}
	pool->chunks = chunks;
	pool->room = room;
	return (true);
}

static xfw_chunk_t *
chunk_make(xfw_pool_t *pool, xfw_realloc_t more, size_t size) {
	xfw_chunk_t *chunk = make_room(pool, more) ? more(NULL, XFW_POOL_CHUNK) : NULL;
	size_t at = 0;

	if (chunk == NULL) {
		return (NULL);
	}
	*chunk = (xfw_chunk_t){ .fresh = sizeof(*chunk) };
	at = below(pool, chunk);
	memmove(&pool->chunks[at + 1], &pool->chunks[at],
		(pool->count - at) * sizeof(xfw_chunk_t *));
	pool->chunks[at] = chunk;
	pool->count++;
	link_in(list_of(pool, size), chunk);
	return (chunk);
}

void *
xfw_pool_get(xfw_pool_t *pool, xfw_realloc_t more, size_t size) {
	xfw_chunk_t *chunk = NULL;
	void *piece = NULL;

	size = rounded(size);
	if (size > XFW_POOL_MAX) {
		piece = more(NULL, size);
	} else {
		chunk = *list_of(pool, size);
		if (chunk == NULL && (chunk = chunk_make(pool, more, size)) == NULL) {
			return (NULL);
		}
		if (chunk->holes != NULL) {
			piece = chunk->holes;
			chunk->holes = chunk->holes->next;
		} else {
			piece = (char *)chunk + chunk->fresh;
			chunk->fresh += (uint32_t)size;
		}
		chunk->used++;
		if (is_full(chunk, size)) {
			unlink_from(list_of(pool, size), chunk);
		}
	}
	return (piece != NULL ? memset(piece, 0, size) : NULL);
}

static void
chunk_free(xfw_pool_t *pool, xfw_chunk_t *chunk, size_t at, size_t size) {
	unlink_from(list_of(pool, size), chunk);
	pool->count--;
	memmove(&pool->chunks[at], &pool->chunks[at + 1],
		(pool->count - at) * sizeof(xfw_chunk_t *));
	free(chunk);
}

void
xfw_pool_put(xfw_pool_t *pool, void *piece, size_t size) {
	xfw_chunk_t *chunk = NULL;
	hole_t *hole = piece;
	size_t at = 0;

	size = rounded(size);
	if (size > XFW_POOL_MAX) {
		free(piece);
		return;
	}
	at = below(pool, piece) - 1;
	chunk = pool->chunks[at];
	if (is_full(chunk, size)) {
		link_in(list_of(pool, size), chunk);
	}
	hole->next = chunk->holes;
	chunk->holes = hole;
	if (--chunk->used == 0) {
		chunk_free(pool, chunk, at, size);
	}
}

void
xfw_pool_end(xfw_pool_t *pool) {
	free(pool->chunks);
	*pool = (xfw_pool_t){ 0 };
}
