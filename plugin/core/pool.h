/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Memory for very many small things: pieces cut from chunks, by size, with nothing
 * in front of each. malloc(3) takes 8 bytes for each and rounds up to 16.
 * Runs in the monitor's thread only.
 *
 * Guarantee: a chunk that nothing of is in use any more is given back.
 */
#ifndef XFRWATCH_POOL_H
#define XFRWATCH_POOL_H

#include <stddef.h>

#define XFW_POOL_STEP  8   /* pieces are of a multiple of that */
#define XFW_POOL_MAX   512 /* what is longer comes from the system, one by one */
#define XFW_POOL_CHUNK (32768 - 16) /* bytes, with what malloc(3) adds */

typedef struct xfw_chunk xfw_chunk_t; /* private */

/* All zero at first. */
typedef struct xfw_pool {
	/* By size: chunks with room. */
	xfw_chunk_t *open[XFW_POOL_MAX / XFW_POOL_STEP + 1];
	xfw_chunk_t **chunks; /* all, by address */
	size_t count;
	size_t room;
} xfw_pool_t;

/* As realloc(3); what it gives is given back by free(3). */
typedef void *(*xfw_realloc_t)(void *ptr, size_t size);

/* `size` zeroed bytes, aligned to 8; NULL on lack of memory. */
void *
xfw_pool_get(xfw_pool_t *pool, xfw_realloc_t more, size_t size);

/* Requires: `piece` is of xfw_pool_get() with the same size. */
void
xfw_pool_put(xfw_pool_t *pool, void *piece, size_t size);

/* Once all is given back. */
void
xfw_pool_end(xfw_pool_t *pool);

#endif /* XFRWATCH_POOL_H */
