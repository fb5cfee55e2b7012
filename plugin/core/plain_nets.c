/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What "localhost" and "localnets" are: the addresses and networks of this machine's
 * interfaces, as named makes them of them. Runs on the monitor's thread; the lock is for
 * named that has the plugin twice for a moment.
 *
 * getifaddrs() asks the kernel once for all addresses, and its answer holds for some
 * seconds, so that clients cannot make it work.
 */
#include <ifaddrs.h>
#include <net/if.h>
#include <pthread.h>
#include <string.h>

#include "plain_priv.h"

typedef struct net {
	int family;
	uint8_t address[16];
	uint8_t bits; /* of its network; 0: none */
} net_t;

static struct {
	pthread_mutex_t lock;
	bool asked;
	int64_t asked_s;
	size_t count;
	net_t nets[XFW_PLAIN_NETS_MAX];
} local = { .lock = PTHREAD_MUTEX_INITIALIZER };

bool
xfw_plain_same_bits(const uint8_t *a, const uint8_t *b, unsigned int bits) {
	unsigned int rest = bits % 8;

	return (memcmp(a, b, bits / 8) == 0 &&
		(rest == 0 || ((a[bits / 8] ^ b[bits / 8]) >> (8 - rest)) == 0));
}

/* Copies 4 or 16 bytes; false for another family. */
static bool
bytes_of(const struct sockaddr *address, uint8_t bytes[16], unsigned int *size) {
	if (address == NULL) {
		return (false);
	}
	if (address->sa_family == AF_INET) {
		*size = sizeof(struct in_addr);
		memcpy(bytes, &((const struct sockaddr_in *)(const void *)address)->sin_addr,
		       *size);
		return (true);
	}
	if (address->sa_family == AF_INET6) {
		*size = sizeof(struct in6_addr);
		memcpy(bytes,
		       &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr,
		       *size);
		return (true);
	}
	return (false);
}

/* How many ones a mask begins with; 0 if there are more behind a zero. */
static uint8_t
bits_of(const uint8_t *mask, unsigned int size) {
	unsigned int bits = 0;

	while (bits < 8 * size && (mask[bits / 8] & (0x80 >> (bits % 8))) != 0) {
		bits++;
	}
	for (unsigned int i = bits; i < 8 * size; i++) {
		if ((mask[i / 8] & (0x80 >> (i % 8))) != 0) {
			return (0);
		}
	}
	return ((uint8_t)bits);
}

static void
add(const struct ifaddrs *interface) {
	net_t net = { 0 };
	unsigned int size = 0, mask_size = 0;
	uint8_t mask[16] = { 0 };

	if ((interface->ifa_flags & IFF_UP) == 0 ||
	    !bytes_of(interface->ifa_addr, net.address, &size))
	{
		return;
	}
	net.family = interface->ifa_addr->sa_family;
	if (bytes_of(interface->ifa_netmask, mask, &mask_size) && mask_size == size) {
		net.bits = bits_of(mask, size);
	}
	local.nets[local.count++] = net;
}

/* If that fails, what is known stays. */
static void
refresh(int64_t now_s) {
	struct ifaddrs *interfaces = NULL;

	if (local.asked && now_s - local.asked_s < XFW_PLAIN_NETS_S) {
		return;
	}
	local.asked = true;
	local.asked_s = now_s;
	if (getifaddrs(&interfaces) != 0) {
		return;
	}
	local.count = 0;
	for (const struct ifaddrs *at = interfaces;
	     at != NULL && local.count < XFW_PLAIN_NETS_MAX; at = at->ifa_next)
	{
		add(at);
	}
	freeifaddrs(interfaces);
}

static bool
is_local(int family, const uint8_t *address, bool networks, int64_t now_s) {
	bool is = false;

	(void)pthread_mutex_lock(&local.lock);
	refresh(now_s);
	for (size_t i = 0; i < local.count && !is; i++) {
		const net_t *net = &local.nets[i];
		unsigned int bits = networks	       ? net->bits
				    : family == AF_INET ? 32
							: 128;

		is = net->family == family && bits != 0 &&
		     xfw_plain_same_bits(net->address, address, bits);
	}
	(void)pthread_mutex_unlock(&local.lock);
	return (is);
}

bool
xfw_plain_is_localhost(int family, const uint8_t *address, int64_t now_s) {
	return (is_local(family, address, false, now_s));
}

bool
xfw_plain_is_localnet(int family, const uint8_t *address, int64_t now_s) {
	return (is_local(family, address, true, now_s));
}
