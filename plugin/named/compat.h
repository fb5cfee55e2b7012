/* SPDX-License-Identifier: MPL-2.0 */
/*
 * BIND's headers for the whole room, and the only place with #if on what differs
 * between its series. Debian's bind9-dev ships no config.h, so what the headers
 * want to be told is in BIND_CPPFLAGS (m4/xfw.m4).
 */
#ifndef XFRWATCH_COMPAT_H
#define XFRWATCH_COMPAT_H

#include "weak.h" /* before any of their declarations */

#include <threads.h> /* 9.18's isc/thread.h leaves thread_local to us */

#include <isc/buffer.h>
#include <isc/hmac.h>
#include <isc/interfaceiter.h>
#include <isc/log.h>
#include <isc/md.h>
#include <isc/mem.h>
#include <isc/netaddr.h>
#include <isc/netscope.h>
#include <isc/result.h>
#include <isc/sockaddr.h>
#include <isc/thread.h>
#include <isc/time.h>
#include <isc/types.h>

#include <dns/acl.h>
#include <dns/db.h>
#include <dns/fixedname.h>
#include <dns/iptable.h>
#include <dns/log.h>
#include <dns/name.h>
#include <dns/peer.h>
#include <dns/rdata.h>
#include <dns/rdataset.h>
#include <dns/rdatastruct.h>
#include <dns/tsig.h>
#include <dns/types.h>
#include <dns/view.h>
#include <dns/zone.h>
#include <dns/zt.h>

#include <dst/dst.h>

#include <isccfg/aclconf.h>
#include <isccfg/cfg.h>
#include <isccfg/grammar.h>
#include <isccfg/namedconf.h>

#include <ns/client.h>
#include <ns/hooks.h>
#include <ns/log.h>
#include <ns/query.h>

/*
 * What the series do in different ways: one name of ours each, by what configure
 * found in the headers.
 */

/* An empty list. */
static inline isc_result_t
xfw_acl_create(isc_mem_t *mctx, dns_acl_t **out) {
#ifdef HAVE_ACL_CREATE_VOID
	dns_acl_create(mctx, 0, out);
	return (ISC_R_SUCCESS);
#else
	return (dns_acl_create(mctx, 0, out));
#endif
}

static inline isc_result_t
xfw_aclenv_create(isc_mem_t *mctx, dns_aclenv_t **out) {
#ifdef HAVE_ACLENV_CREATE_VOID
	dns_aclenv_create(mctx, out);
	return (ISC_R_SUCCESS);
#else
	return (dns_aclenv_create(mctx, out));
#endif
}

/* The zone of exactly that name. Only with a view that a query holds. */
static inline isc_result_t
xfw_view_findzone(dns_view_t *view, const dns_name_t *name, dns_zone_t **out) {
#ifdef HAVE_VIEW_FINDZONE_OPTIONS
	return (dns_view_findzone(view, name, DNS_ZTFIND_EXACT, out));
#else
	return (dns_view_findzone(view, name, out));
#endif
}

/* For the guard, which knows no header of BIND's. */
#ifdef HAVE_VIEW_APPLY
#define XFW_VIEW_APPLY true
#else
#define XFW_VIEW_APPLY false
#endif

/*
 * Calls `action` for all zones of the view, until it returns anything but success,
 * which is then returned; ISC_R_SHUTTINGDOWN if the view has no zones any more.
 * Only with a view that a query holds.
 */
static inline isc_result_t
xfw_view_apply(dns_view_t *view, isc_result_t (*action)(dns_zone_t *, void *),
	       void *arg) {
#ifdef HAVE_VIEW_APPLY
	return (dns_view_apply(view, true, NULL, action, arg));
#else
	isc_result_t sub = ISC_R_SUCCESS;

	if (view->zonetable == NULL) {
		return (ISC_R_SHUTTINGDOWN);
	}
	/* What it returns itself is an error for an empty table. */
	(void)dns_zt_apply(view->zonetable, isc_rwlocktype_read, true, &sub,
			   action, arg);
	return (sub);
#endif
}

#endif /* XFRWATCH_COMPAT_H */
