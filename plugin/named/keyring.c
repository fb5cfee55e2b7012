/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A TSIG key by name, out of the view's keyring, for a diagnosis that signs as named
 * does. Runs in the hook on named's thread; takes the locks that named itself takes
 * to look up the key of a signed query, and allocates nothing.
 */
#include "named.h"

static xfw_hmac_t
algorithm_of(const dst_key_t *key) {
	switch (dst_key_alg(key)) {
	case DST_ALG_HMACMD5:
		return (XFW_HMAC_MD5);
	case DST_ALG_HMACSHA1:
		return (XFW_HMAC_SHA1);
	case DST_ALG_HMACSHA224:
		return (XFW_HMAC_SHA224);
	case DST_ALG_HMACSHA256:
		return (XFW_HMAC_SHA256);
	case DST_ALG_HMACSHA384:
		return (XFW_HMAC_SHA384);
	case DST_ALG_HMACSHA512:
		return (XFW_HMAC_SHA512);
	default:
		return (XFW_HMAC_NONE); /* GSS-TSIG */
	}
}

/* Straight into the probe, so that there is no other copy to wipe. */
static bool
copy(const dst_key_t *key, xfw_tsig_key_t *out) {
	isc_buffer_t buffer;
	xfw_hmac_t algorithm = algorithm_of(key);

	if (algorithm == XFW_HMAC_NONE) {
		return (false);
	}
	/* For an HMAC that is the secret itself, hashed if it was longer than a block
	 * of its digest. */
	isc_buffer_init(&buffer, out->secret, sizeof(out->secret));
	if (dst_key_tobuffer(key, &buffer) != ISC_R_SUCCESS) {
		return (false);
	}
	out->secret_len = (uint16_t)isc_buffer_usedlength(&buffer);
	out->algorithm = (uint8_t)algorithm;
	out->bits = dst_key_getbits(key);
	return (true);
}

void
xfw_keyring_fill(xfw_probe_t *probe, dns_view_t *view) {
	dns_tsigkey_t *tsig = NULL;
	dns_fixedname_t fixed;
	dns_name_t *name = dns_fixedname_initname(&fixed);
	isc_region_t region = { .base = probe->key.name,
				.length = probe->key.name_len };

	probe->key_found = false;
	probe->key.algorithm = XFW_HMAC_NONE;
	probe->key.bits = 0;
	probe->key.secret_len = 0;
	/* dns_view_gettsig() wants both rings. */
	if (region.length == 0 || view->statickeys == NULL ||
	    view->dynamickeys == NULL)
	{
		return;
	}
	dns_name_fromregion(name, &region);
	if (dns_view_gettsig(view, name, &tsig) != ISC_R_SUCCESS) {
		return;
	}
	/* None behind it: of an algorithm that named does not know. */
	probe->key_found = tsig->key != NULL && copy(tsig->key, &probe->key);
	dns_tsigkey_detach(&tsig);
}
