/* SPDX-License-Identifier: MPL-2.0 */
/*
 * BIND's headers for the whole room, and the only place with #if on what differs
 * between its series. Debian's bind9-dev ships no config.h, so what the headers
 * want to be told is in BIND_CPPFLAGS (m4/xfw.m4).
 */
#ifndef XFRWATCH_COMPAT_H
#define XFRWATCH_COMPAT_H

#include <threads.h> /* 9.18's isc/thread.h leaves thread_local to us */

#include <isc/buffer.h>
#include <isc/interfaceiter.h>
#include <isc/log.h>
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
#include <dns/rdata.h>
#include <dns/rdataset.h>
#include <dns/rdatastruct.h>
#include <dns/types.h>
#include <dns/view.h>
#include <dns/zone.h>
#include <dns/zt.h>

#include <isccfg/aclconf.h>
#include <isccfg/cfg.h>
#include <isccfg/grammar.h>
#include <isccfg/namedconf.h>

#include <ns/client.h>
#include <ns/hooks.h>
#include <ns/log.h>
#include <ns/query.h>

#endif /* XFRWATCH_COMPAT_H */
