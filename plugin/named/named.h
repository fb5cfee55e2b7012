/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The full files: those that know BIND's structures (base.h), and what they give each
 * other. They run in full mode only.
 */
#ifndef XFRWATCH_NAMED_H
#define XFRWATCH_NAMED_H

#include "compat.h"

#include "base.h"

/* The statistics channels of one plugin statement. */
typedef struct xfw_listeners {
	xfw_listener_t *first;
	char *text; /* all of it in one form, to compare; malloc()ed, NULL if none */
} xfw_listeners_t;

/*--- params.c: the text between the braces ---------------------------------------*/

/*
 * Reads `text` (NULL: no block) of the statement at file:line. Every mistake is
 * logged with file, line, value and what is allowed. Also compares with the other
 * xfrwatch statements of `cfg`. Has no side effect. named's configuring thread, and
 * named-checkconf.
 */
isc_result_t
xfw_params_read(const char *text, const cfg_obj_t *cfg, const char *file,
		unsigned long line, isc_mem_t *mctx, isc_log_t *lctx,
		xfw_params_t *out, xfw_listeners_t *listeners);

/*--- listeners.c: `statistics-channel` ----------------------------------------------*/

extern cfg_type_t xfw_type_channel;

/* Tells a mistake: "`problem`, not '`value`'" (value may be NULL) at `obj`'s place. */
typedef void (*xfw_complain_t)(void *arg, const cfg_obj_t *obj,
			       const char *problem, const char *value);

/*
 * Adds one parsed statement to `out`. `acls`: makes its address-match list as well,
 * with the ACLs that `cfg` defines. Says what is wrong by `complain`.
 */
isc_result_t
xfw_listeners_read(const cfg_obj_t *obj, const cfg_obj_t *cfg, isc_mem_t *mctx,
		   isc_log_t *lctx, bool acls, xfw_complain_t complain, void *arg,
		   xfw_listeners_t *out);

/* Any thread. */
void
xfw_listeners_free(xfw_listener_t *listeners);

/*--- acl.c: named's address-match lists ---------------------------------------------*/

/* Makes one of `list`, as named does; `cfg` has the `acl` statements. */
isc_result_t
xfw_acl_make(const cfg_obj_t *list, const cfg_obj_t *cfg, isc_log_t *lctx,
	     void **out);

/* Any thread. */
void
xfw_acl_free(void *list);

/* NULL allows nobody. Monitor's thread. */
bool
xfw_acl_allowed(void *list, const struct sockaddr *peer);

/* For atexit(): frees what is left. Nobody is allowed any more. */
void
xfw_acl_end(void);

/*--- config.c: what named.conf lists ----------------------------------------------*/

/* The name of the view that holds the plugin statement whose parameters are at
 * file:line ("_default" outside of views); NULL if there is none. */
const char *
xfw_config_view(const cfg_obj_t *cfg, const char *file, unsigned long line);

/* Secondaries, mirrors and stubs of `view`; if it is the first view that has an
 * xfrwatch statement, also those of all views that have none. */
xfw_viewlist_t *
xfw_config_zones(const cfg_obj_t *cfg, const char *view);

/* named's statistics-file, malloc()ed. */
char *
xfw_config_statsfile(const cfg_obj_t *cfg);

/* The longest min-retry-time that holds for some zone, in seconds. */
uint32_t
xfw_config_min_retry(const cfg_obj_t *cfg);

/* The highest debug level that a channel of `logging` asks for; 0 for none. */
unsigned
xfw_config_debug(const cfg_obj_t *cfg);

/* Calls `each` for the plugin statements of xfrwatch, until it returns false. */
void
xfw_config_statements(const cfg_obj_t *cfg,
		      bool (*each)(void *arg, const cfg_obj_t *parameters,
				   const char *view),
		      void *arg);

/*--- routes.c: how named reaches the primaries ------------------------------------*/

/* Writes the routes (xfrwatch/route.h) of one view's zones. */
typedef struct xfw_router xfw_router_t;

/* `view`: the view's options; NULL outside of views. NULL on lack of memory. */
xfw_router_t *
xfw_router_create(const cfg_obj_t *cfg, const cfg_obj_t *view);

/* The route of the zone with these options, as an index into the view's routes, or
 * XFW_ZONELIST_NO_ROUTE; and how many primaries it has, 0 if that is not said. */
uint32_t
xfw_router_zone(xfw_router_t *router, const cfg_obj_t *zone, unsigned *count);

/* Puts the texts into `list`, and that for zones that are not listed; the router is
 * gone. */
void
xfw_router_finish(xfw_router_t *router, xfw_viewlist_t *list);

/*--- mute.c: named's lines about our own queries -------------------------------------*/

/* While on, lines of libns about a client that is us are dropped. Monitor's thread. */
void
xfw_mute(bool on);

/* named's threads, in the tap: is it such a line? */
bool
xfw_muted(const char *text, size_t len);

/*--- unexpected.c: errors that the libraries report past the log -----------------------*/

/*
 * Takes the place of named's function for UNEXPECTED_ERROR(), does what that does,
 * and puts an event into `intake` if the text is about a zone's file. For the rest
 * of the process: there is no way to get the one that was there before.
 */
void
xfw_unexpected_install(xfw_intake_t *intake);

/* No events any more. */
void
xfw_unexpected_remove(void);

/*--- census.c: filling in a probe ------------------------------------------------------*/

/* In the hook, on named's thread, with a view that the query holds. */
void
xfw_census_fill(xfw_probe_t *probe, dns_view_t *view);

/* Name text into wire format. Monitor's thread. */
bool
xfw_census_wire(const char *name, size_t len, uint8_t wire[XFW_WIRE_MAX],
		uint8_t *wire_len);

/*--- keyring.c: TSIG keys ------------------------------------------------------------------*/

/* Looks up the key that the probe names. In the hook, on named's thread, with a view
 * that the query holds. */
void
xfw_keyring_fill(xfw_probe_t *probe, dns_view_t *view);

/*--- refresh.c: `rndc refresh` ---------------------------------------------------------------*/

/* Does to `zone`, the one that is transferred, what the item asks for. As above. */
void
xfw_refresh(const xfw_probe_item_t *item, dns_zone_t *zone);

/*--- hmac.c --------------------------------------------------------------------------------*/

/* An xfw_hmac_fn_t. Monitor's thread. */
bool
xfw_hmac_digest(xfw_hmac_t algorithm, const uint8_t *secret, size_t secret_len,
		const uint8_t *data, size_t len, uint8_t *digest);

/*--- hook.c -------------------------------------------------------------------------------*/

void
xfw_hook_add(ns_hooktable_t *table, isc_mem_t *mctx, xfw_slot_t *slot);

#endif /* XFRWATCH_NAMED_H */
