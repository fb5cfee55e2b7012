/* SPDX-License-Identifier: MPL-2.0 */
/*
 * named's address-match lists: made on named's configuring thread (and in
 * named-checkconf), asked on the monitor's, freed on either.
 *
 * All of it lives in memory contexts of its own, and shares nothing with the lists
 * that named holds: named ends its contexts before our last thread must have ended.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "named.h"

/* Interfaces are looked at that often, for "localhost" and "localnets". */
#define INTERFACES_S 5

/* Lists that somebody holds, so that none is left when libisc counts at the end. */
typedef struct held {
	struct held *next;
	dns_acl_t *acl;
} held_t;

static struct {
	pthread_mutex_t lock;
	held_t *held;
	dns_aclenv_t *env; /* what "localhost" and "localnets" are; NULL: not asked yet */
	time_t env_at;
	bool ended;
} acls = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool
hold(dns_acl_t *acl) {
	held_t *held = calloc(1, sizeof(*held));

	if (held == NULL) {
		return (false);
	}
	held->acl = acl;
	(void)pthread_mutex_lock(&acls.lock);
	held->next = acls.held;
	acls.held = held;
	(void)pthread_mutex_unlock(&acls.lock);
	return (true);
}

isc_result_t
xfw_acl_make(const cfg_obj_t *list, const cfg_obj_t *cfg, isc_log_t *lctx,
	     void **out) {
	cfg_aclconfctx_t *context = NULL;
	isc_mem_t *mctx = NULL;
	dns_acl_t *acl = NULL;
	isc_result_t result;

	isc_mem_create(&mctx);
	result = cfg_aclconfctx_create(mctx, &context);
	if (result == ISC_R_SUCCESS) {
		result = cfg_acl_fromconfig(list, cfg, lctx, context, mctx, 0,
					    &acl);
		cfg_aclconfctx_detach(&context);
	}
	if (result == ISC_R_SUCCESS && !hold(acl)) {
		dns_acl_detach(&acl);
		result = ISC_R_NOMEMORY;
	}
	isc_mem_detach(&mctx); /* the list itself keeps it */
	*out = acl;
	return (result);
}

void
xfw_acl_free(void *list) {
	held_t **at = &acls.held;
	held_t *held;

	(void)pthread_mutex_lock(&acls.lock);
	while (*at != NULL && (*at)->acl != list) {
		at = &(*at)->next;
	}
	held = *at;
	if (held != NULL) {
		*at = held->next;
		dns_acl_detach(&held->acl);
		free(held);
	}
	(void)pthread_mutex_unlock(&acls.lock);
}

/*--- "localhost" and "localnets" ----------------------------------------------------*/

static void
add_interface(const isc_interface_t *interface, dns_acl_t *localhost,
	      dns_acl_t *localnets) {
	const isc_netaddr_t *address = &interface->address;
	unsigned int bits = address->family == AF_INET ? 32 : 128;

	(void)dns_iptable_addprefix(localhost->iptable, address, bits, true);
	if (isc_netaddr_masktoprefixlen(&interface->netmask, &bits) ==
		    ISC_R_SUCCESS &&
	    bits != 0)
	{
		(void)dns_iptable_addprefix(localnets->iptable, address, bits,
					    true);
	}
}

/* The same as named makes of its interfaces. */
static void
walk_interfaces(isc_mem_t *mctx, dns_acl_t *localhost, dns_acl_t *localnets) {
	isc_interfaceiter_t *iter = NULL;

	if (isc_interfaceiter_create(mctx, &iter) != ISC_R_SUCCESS) {
		return;
	}
	for (isc_result_t result = isc_interfaceiter_first(iter);
	     result == ISC_R_SUCCESS; result = isc_interfaceiter_next(iter))
	{
		isc_interface_t interface;

		if (isc_interfaceiter_current(iter, &interface) ==
			    ISC_R_SUCCESS &&
		    (interface.flags & INTERFACE_F_UP) != 0 &&
		    (interface.address.family == AF_INET ||
		     interface.address.family == AF_INET6))
		{
			add_interface(&interface, localhost, localnets);
		}
	}
	isc_interfaceiter_destroy(&iter);
}

static void
refresh_env(void) {
	isc_mem_t *mctx = NULL;
	dns_acl_t *localhost = NULL, *localnets = NULL;
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (acls.env != NULL && now.tv_sec - acls.env_at < INTERFACES_S) {
		return;
	}
	isc_mem_create(&mctx);
	if ((acls.env == NULL &&
	     xfw_aclenv_create(mctx, &acls.env) != ISC_R_SUCCESS) ||
	    xfw_acl_create(mctx, &localhost) != ISC_R_SUCCESS ||
	    xfw_acl_create(mctx, &localnets) != ISC_R_SUCCESS)
	{
		goto cleanup;
	}
	walk_interfaces(mctx, localhost, localnets);
	dns_aclenv_set(acls.env, localhost, localnets);
	acls.env_at = now.tv_sec;

cleanup:
	if (localnets != NULL) {
		dns_acl_detach(&localnets);
	}
	if (localhost != NULL) {
		dns_acl_detach(&localhost);
	}
	isc_mem_detach(&mctx);
}

bool
xfw_acl_allowed(void *list, const struct sockaddr *peer) {
	isc_sockaddr_t address;
	isc_netaddr_t netaddr;
	isc_result_t result = ISC_R_FAILURE;
	int match = 0;

	if (list == NULL) {
		return (false);
	}
	if (peer->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)peer;

		isc_sockaddr_fromin(&address, &in->sin_addr, 0);
	} else if (peer->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)peer;

		isc_sockaddr_fromin6(&address, &in6->sin6_addr, 0);
	} else {
		return (false);
	}
	isc_netaddr_fromsockaddr(&netaddr, &address);
	(void)pthread_mutex_lock(&acls.lock);
	if (!acls.ended) {
		refresh_env();
		result = acls.env != NULL
				 ? dns_acl_match(&netaddr, NULL, list, acls.env,
						 &match, NULL)
				 : ISC_R_NOMEMORY;
	}
	(void)pthread_mutex_unlock(&acls.lock);
	return (result == ISC_R_SUCCESS && match > 0);
}

void
xfw_acl_end(void) {
	(void)pthread_mutex_lock(&acls.lock);
	acls.ended = true;
	while (acls.held != NULL) {
		held_t *held = acls.held;

		acls.held = held->next;
		dns_acl_detach(&held->acl);
		free(held);
	}
	if (acls.env != NULL) {
		dns_aclenv_detach(&acls.env);
	}
	(void)pthread_mutex_unlock(&acls.lock);
}
