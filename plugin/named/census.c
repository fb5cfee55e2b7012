/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Filling in a probe: what named's own zone objects say, and which there are.
 * xfw_census_fill() runs in the hook on named's thread; it allocates nothing of
 * ours, and what it looks at it lets go of before it returns.
 *
 * named reads a secondary's file with the zone's lock held, so nothing that takes
 * that lock is asked of a zone under load: its type, origin, class, view and
 * dns__zone_loadpending() take none (doc/bind.md).
 */
#include <string.h>
#include <time.h>

#include "named.h"

#include <xfrwatch/key.h>

#define SIGNATURES_MAX 100 /* read of one SOA; BIND's max-records-per-type */

static int64_t
clock_ns(clockid_t clock) {
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return ((int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
}

static xfw_zone_type_t
type_of(dns_zone_t *zone) {
	switch (dns_zone_gettype(zone)) {
	case dns_zone_secondary:
		return (XFW_ZONE_TYPE_SECONDARY);
	case dns_zone_mirror:
		return (XFW_ZONE_TYPE_MIRROR);
	case dns_zone_stub:
		return (XFW_ZONE_TYPE_STUB);
	default:
		return (XFW_ZONE_TYPE_UNKNOWN);
	}
}

/*
 * The zone that is transferred: with inline-signing that is the raw one behind a
 * primary that the view serves. A reference in `raw` is the caller's to detach. Takes
 * the lock of a primary, which must not be under load.
 */
static xfw_zone_type_t
transferred(dns_zone_t *zone, dns_zone_t **raw, dns_zone_t **which) {
	if (dns_zone_gettype(zone) == dns_zone_primary) {
		dns_zone_getraw(zone, raw);
	}
	*which = *raw != NULL ? *raw : zone;
	return (type_of(*which));
}

/* The SOA's values (RFC 1035, 3.3.13). */
static void
take_soa(dns_rdataset_t *rdataset, xfw_timers_t *timers) {
	dns_rdata_t rdata = DNS_RDATA_INIT;
	dns_rdata_soa_t soa;

	if (dns_rdataset_first(rdataset) != ISC_R_SUCCESS) {
		return;
	}
	dns_rdataset_current(rdataset, &rdata);
	if (dns_rdata_tostruct(&rdata, &soa, NULL) == ISC_R_SUCCESS) {
		timers->has_serial = true;
		timers->serial = soa.serial;
		timers->has_soa = true;
		timers->refresh_s = soa.refresh;
		timers->retry_s = soa.retry;
		timers->expire_s = soa.expire;
	}
}

/* Which of the signatures expires first, in serial arithmetic (RFC 4034, 3.1.5). */
static void
take_signatures(dns_rdataset_t *rdataset, xfw_timers_t *timers) {
	uint32_t now_s = (uint32_t)(timers->read_ms / 1000);
	int32_t first_s = INT32_MAX;
	isc_result_t result = dns_rdataset_first(rdataset);

	for (unsigned i = 0; result == ISC_R_SUCCESS && i < SIGNATURES_MAX; i++) {
		dns_rdata_t rdata = DNS_RDATA_INIT;
		dns_rdata_rrsig_t rrsig;

		dns_rdataset_current(rdataset, &rdata);
		if (dns_rdata_tostruct(&rdata, &rrsig, NULL) == ISC_R_SUCCESS &&
		    (int32_t)(rrsig.timeexpire - now_s) <= first_s)
		{
			first_s = (int32_t)(rrsig.timeexpire - now_s);
			timers->signature_s = rrsig.timeexpire;
			timers->inception_s = rrsig.timesigned;
		}
		result = dns_rdataset_next(rdataset);
	}
}

/*
 * With room for what another revision of the same version has in it: in Debian's
 * 9.18.49-1~deb12u1 it is longer than in -1~deb12u3, by a pointer that
 * dns_rdataset_init() writes.
 */
typedef union roomy {
	dns_rdataset_t set;
	char room[2 * sizeof(dns_rdataset_t)];
} roomy_t;

/* The SOA and its signatures from the zone's current version. */
static void
read_soa(dns_zone_t *zone, xfw_timers_t *timers) {
	dns_db_t *db = NULL;
	dns_dbversion_t *version = NULL;
	dns_dbnode_t *node = NULL;
	roomy_t rdataset, signatures;

	if (dns_zone_getdb(zone, &db) != ISC_R_SUCCESS) {
		return;
	}
	dns_db_currentversion(db, &version);
	dns_rdataset_init(&rdataset.set);
	dns_rdataset_init(&signatures.set);
	/* Not dns_db_getoriginnode(): it aborts for a stub zone's database. */
	if (dns_db_findnode(db, dns_db_origin(db), false, &node) ==
		    ISC_R_SUCCESS &&
	    dns_db_findrdataset(db, node, version, dns_rdatatype_soa, 0, 0,
				&rdataset.set, &signatures.set) == ISC_R_SUCCESS)
	{
		take_soa(&rdataset.set, timers);
		dns_rdataset_disassociate(&rdataset.set);
		if (dns_rdataset_isassociated(&signatures.set)) {
			take_signatures(&signatures.set, timers);
			dns_rdataset_disassociate(&signatures.set);
		}
	}
	if (node != NULL) {
		dns_db_detachnode(db, &node);
	}
	dns_db_closeversion(db, &version, false);
	dns_db_detach(&db);
}

/* What `zone`, the one that is transferred, says. */
static void
read_timers(dns_zone_t *zone, xfw_timers_t *timers) {
	isc_time_t time;

	timers->loaded = dns_zone_isloaded(zone);
	if (dns_zone_getexpiretime(zone, &time) == ISC_R_SUCCESS) {
		timers->expires_s = (int64_t)isc_time_seconds(&time);
		timers->expires_ms =
			(uint16_t)(isc_time_nanoseconds(&time) / 1000000);
	}
	if (dns_zone_getrefreshtime(zone, &time) == ISC_R_SUCCESS) {
		timers->refresh_at_s = (int64_t)isc_time_seconds(&time);
	}
	read_soa(zone, timers);
}

static void
read_zone(dns_zone_t *zone, xfw_probe_item_t *item) {
	dns_zone_t *raw = NULL, *which;
	xfw_timers_t *timers = &item->timers;

	timers->pending = dns__zone_loadpending(zone);
	if (timers->pending) {
		return;
	}
	timers->type = (uint8_t)transferred(zone, &raw, &which);
	timers->found = timers->type != XFW_ZONE_TYPE_UNKNOWN;
	if (timers->found) {
		read_timers(which, timers);
		/* Behind that: what was read is from before this refresh. */
		if (item->refresh) {
			xfw_refresh(item, which);
		}
	}
	if (raw != NULL) {
		dns_zone_detach(&raw);
	}
}

static void
look_up(xfw_probe_item_t *item, dns_view_t *view) {
	dns_zone_t *zone = NULL;
	dns_fixedname_t fixed;
	dns_name_t *name = dns_fixedname_initname(&fixed);
	isc_region_t region = { .base = item->wire, .length = item->wire_len };

	dns_name_fromregion(name, &region);
	item->timers = (xfw_timers_t){ .read_ms = clock_ns(CLOCK_REALTIME) /
						  1000000 };
	if (xfw_view_findzone(view, name, &zone) == ISC_R_SUCCESS) {
		read_zone(zone, item);
	}
	if (zone != NULL) {
		dns_zone_detach(&zone);
	}
}

/*--- the walk -----------------------------------------------------------------------*/

/* Its "name/class[/view]", as dns_zone_name() has it but without its lock. */
static size_t
key_of(dns_zone_t *zone, char *buf, size_t size) {
	const dns_view_t *view = dns_zone_getview(zone);
	char name[DNS_NAME_FORMATSIZE];
	char class_[DNS_RDATACLASS_FORMATSIZE];

	dns_name_format(dns_zone_getorigin(zone), name, sizeof(name));
	dns_rdataclass_format(dns_zone_getclass(zone), class_, sizeof(class_));
	return (xfw_key_join(buf, size, name, class_,
			     view != NULL ? view->name : NULL));
}

/* Whether it is one of ours; a primary under load may be. */
static bool
is_listed(dns_zone_t *zone, xfw_zone_type_t *type) {
	dns_zone_t *raw = NULL, *which;

	*type = type_of(zone);
	if (*type != XFW_ZONE_TYPE_UNKNOWN) {
		return (true);
	}
	if (dns__zone_loadpending(zone)) {
		return (dns_zone_gettype(zone) == dns_zone_primary);
	}
	*type = transferred(zone, &raw, &which);
	if (raw != NULL) {
		dns_zone_detach(&raw);
	}
	return (*type != XFW_ZONE_TYPE_UNKNOWN);
}

/* Anything but success ends the walk. */
static isc_result_t
on_zone(dns_zone_t *zone, void *arg) {
	xfw_probe_t *probe = arg;
	char key[DNS_NAME_FORMATSIZE + 512];
	xfw_zone_type_t type;

	if (probe->visited >= probe->skip && is_listed(zone, &type)) {
		uint16_t len = (uint16_t)key_of(zone, key, sizeof(key));

		if (probe->names_size - probe->names_used < 3u + len) {
			return (ISC_R_NOSPACE);
		}
		char *at = probe->names + probe->names_used;

		at[0] = (char)type;
		memcpy(at + 1, &len, sizeof(len));
		memcpy(at + 3, key, len);
		probe->names_used += 3u + len;
	}
	probe->visited++;
	return (ISC_R_SUCCESS);
}

void
xfw_census_fill(xfw_probe_t *probe, dns_view_t *view) {
	int64_t begin_ns = clock_ns(CLOCK_MONOTONIC);

	for (size_t i = 0; i < probe->count; i++) {
		look_up(&probe->items[i], view);
	}
	if (probe->census) {
		probe->complete = xfw_view_apply(view, on_zone, probe) ==
				  ISC_R_SUCCESS;
	}
	if (probe->key_wanted) {
		xfw_keyring_fill(probe, view);
	}
	probe->took_ns = clock_ns(CLOCK_MONOTONIC) - begin_ns;
}

bool
xfw_census_wire(const char *name, size_t len, uint8_t wire[XFW_WIRE_MAX],
		uint8_t *wire_len) {
	dns_fixedname_t fixed;
	dns_name_t *dname = dns_fixedname_initname(&fixed);
	isc_buffer_t source;
	isc_region_t region;

	isc_buffer_constinit(&source, name, (unsigned int)len);
	isc_buffer_add(&source, (unsigned int)len);
	if (dns_name_fromtext(dname, &source, dns_rootname, 0, NULL) !=
	    ISC_R_SUCCESS)
	{
		return (false);
	}
	dns_name_toregion(dname, &region);
	if (region.length > XFW_WIRE_MAX) {
		return (false);
	}
	memcpy(wire, region.base, region.length);
	*wire_len = (uint8_t)region.length;
	return (true);
}
