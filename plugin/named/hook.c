/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The query hook: the only place where a view is safe to touch. Runs on named's
 * threads, once for each query: nearly always it finds that nothing is asked and
 * returns after one relaxed load.
 */
#include "named.h"

#include <xfrwatch/knock.h>

static ns_hookresult_t
on_query(void *hookdata, void *cbdata, isc_result_t *resultp) {
	query_ctx_t *qctx = hookdata;
	xfw_slot_t *slot = cbdata;
	uint8_t want = atomic_load_explicit(&slot->want, memory_order_relaxed);

	(void)resultp;
	if (__builtin_expect(want == XFW_SLOT_IDLE, 1)) {
		return (NS_HOOK_CONTINUE);
	}

	bool own = xfw_knock_own(isc_sockaddr_getport(
		ns_client_getsockaddr(qctx->client)));

	if (!own && want != XFW_SLOT_ANY) {
		return (NS_HOOK_CONTINUE);
	}

	xfw_probe_t *probe = xfw_slot_take(slot);

	if (probe != NULL) {
		probe->own = own;
		xfw_census_fill(probe, qctx->view);
		xfw_host_answer(probe);
	}
	return (NS_HOOK_CONTINUE);
}

void
xfw_hook_add(ns_hooktable_t *table, isc_mem_t *mctx, xfw_slot_t *slot) {
	const ns_hook_t hook = { .action = on_query,
				 .action_data = slot };

	ns_hook_add(table, mctx, NS_QUERY_SETUP, &hook);
}
