/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the base files (base.h) know of BIND: a few functions and pointers, and no
 * structure, so that the compiler sees to it that they touch none whose layout could
 * have changed in another version. They include no header of BIND's.
 *
 * opaque_check.c holds these declarations against BIND's own. They are the same in 9.18
 * and in 9.20.
 */
#ifndef XFRWATCH_OPAQUE_H
#define XFRWATCH_OPAQUE_H

#include <pthread.h>
#include <stdbool.h>

#include "weak.h"

struct cfg_obj;
struct isc_log;
struct isc_logcategory;
struct isc_logconfig;
struct isc_logmodule;
struct isc_mem;
union isc_logdestination;

/*
 * An isc_result_t, of which only this is known. It is an enum, as long and as large as
 * this; where both declarations are seen, GCC 13 and later complain nevertheless (and
 * older ones do not know of that warning).
 */
typedef unsigned int xfw_isc_result_t;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wenum-int-mismatch"
#define XFW_ISC_SUCCESS 0
#define XFW_ISC_FAILURE 25 /* what a wrong parameter gives */

/* As in isc/log.h. */
#define XFW_LOG_DYNAMIC	      0
#define XFW_LOG_INFO	      (-1)
#define XFW_LOG_NOTICE	      (-2)
#define XFW_LOG_WARNING	      (-3)
#define XFW_LOG_ERROR	      (-4)
#define XFW_LOG_CRITICAL      (-5)
#define XFW_LOG_TOFILEDESC    4
#define XFW_LOG_PRINTLEVEL    0x00002
#define XFW_LOG_PRINTCATEGORY 0x00004
#define XFW_LOG_PRINTMODULE   0x00008

/*--- libisc ---------------------------------------------------------------------*/

/* Arrays of structures; arrays.c alone looks into them. */
extern char xfw_isc_categories[] __asm__("isc_categories") __attribute__((weak));
extern char xfw_isc_modules[] __asm__("isc_modules") __attribute__((weak));

void
isc__mem_create(struct isc_mem **mctx);

void
isc__mem_destroy(struct isc_mem **mctx);

void
isc_mem_setname(struct isc_mem *mctx, const char *name);

void
isc_log_create(struct isc_mem *mctx, struct isc_log **lctx,
	       struct isc_logconfig **lcfg);

void
isc_log_destroy(struct isc_log **lctx);

void
isc_log_createchannel(struct isc_logconfig *lcfg, const char *name,
		      unsigned int type, int level,
		      const union isc_logdestination *destination,
		      unsigned int flags);

xfw_isc_result_t
isc_log_usechannel(struct isc_logconfig *lcfg, const char *name,
		   const struct isc_logcategory *category,
		   const struct isc_logmodule *module);

void
isc_log_registercategories(struct isc_log *lctx, struct isc_logcategory *categories);

void
isc_log_registermodules(struct isc_log *lctx, struct isc_logmodule *modules);

void
isc_log_write(struct isc_log *lctx, struct isc_logcategory *category,
	      struct isc_logmodule *module, int level, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

void
isc_log_setdebuglevel(struct isc_log *lctx, unsigned int level);

unsigned int
isc_log_getdebuglevel(struct isc_log *lctx);

bool
isc_log_wouldlog(struct isc_log *lctx, int level);

void
isc_thread_create(void *(*function)(void *), void *arg, pthread_t *thread);

/*--- libdns ---------------------------------------------------------------------*/

extern struct isc_log *dns_lctx;

void
dns_log_setcontext(struct isc_log *lctx);

/*--- libisccfg --------------------------------------------------------------------*/

xfw_isc_result_t
cfg_map_get(const struct cfg_obj *map, const char *name,
	    const struct cfg_obj **obj);

bool
cfg_obj_isstring(const struct cfg_obj *obj);

const char *
cfg_obj_asstring(const struct cfg_obj *obj);

#pragma GCC diagnostic pop

#endif /* XFRWATCH_OPAQUE_H */
