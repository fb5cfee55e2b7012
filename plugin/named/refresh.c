/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Refreshing a zone as `rndc refresh` does, when its primary is back. Runs in the hook
 * on named's thread, where named does the same for a NOTIFY: it takes the zone's lock
 * and puts the SOA query into the queue that serial-query-rate empties.
 */
#include <sys/socket.h>

#include "named.h"

/*
 * named keeps who could not be reached by primary and source address. The source is a
 * `server` statement's transfer-source, or else the zone's (whose view is not the
 * query's for a zone that is there by in-view).
 */
static void
forget(const xfw_probe_item_t *item, dns_zonemgr_t *zmgr, dns_zone_t *zone) {
	const dns_view_t *view = dns_zone_getview(zone);
	const struct sockaddr *address = (const struct sockaddr *)&item->primary;
	isc_sockaddr_t remote, local;
	isc_netaddr_t ip;
	dns_peer_t *peer = NULL;

	if (address->sa_family != AF_INET && address->sa_family != AF_INET6) {
		return;
	}
	if (isc_sockaddr_fromsockaddr(&remote, address) != ISC_R_SUCCESS) {
		return;
	}
	if (address->sa_family == AF_INET) {
		dns_zone_getxfrsource4(zone, &local);
	} else {
		dns_zone_getxfrsource6(zone, &local);
	}
	dns_zonemgr_unreachabledel(zmgr, &remote, &local);

	isc_netaddr_fromsockaddr(&ip, &remote);
	if (view != NULL && view->peers != NULL &&
	    dns_peerlist_peerbyaddr(view->peers, &ip, &peer) == ISC_R_SUCCESS &&
	    dns_peer_gettransfersource(peer, &local) == ISC_R_SUCCESS)
	{
		dns_zonemgr_unreachabledel(zmgr, &remote, &local);
	}
}

/*
 * Not a zone whose file is yet to be read: the file may hold what the primary has, and
 * dns_zone_refresh() would leave a mark on it that nobody takes away (doc/bind.md).
 */
static bool
may_refresh(dns_zone_t *zone) {
	isc_time_t time;

	return (!dns__zone_loadpending(zone) &&
		dns_zone_getrefreshtime(zone, &time) == ISC_R_SUCCESS &&
		!isc_time_isepoch(&time));
}

void
xfw_refresh(const xfw_probe_item_t *item, dns_zone_t *zone) {
	dns_zonemgr_t *zmgr = dns_zone_getmgr(zone);

	/* None: the zone is on its way in or out. */
	if (zmgr == NULL || !may_refresh(zone)) {
		return;
	}
	forget(item, zmgr, zone);
	dns_zone_refresh(zone);
}
