/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The HMAC of a TSIG, computed by libisc as named computes its own. Runs on the
 * monitor's thread.
 */
#include "named.h"

static const isc_md_type_t *
type_of(xfw_hmac_t algorithm) {
	switch (algorithm) {
	case XFW_HMAC_MD5:
		return (ISC_MD_MD5);
	case XFW_HMAC_SHA1:
		return (ISC_MD_SHA1);
	case XFW_HMAC_SHA224:
		return (ISC_MD_SHA224);
	case XFW_HMAC_SHA256:
		return (ISC_MD_SHA256);
	case XFW_HMAC_SHA384:
		return (ISC_MD_SHA384);
	case XFW_HMAC_SHA512:
		return (ISC_MD_SHA512);
	default:
		return (NULL);
	}
}

bool
xfw_hmac_digest(xfw_hmac_t algorithm, const uint8_t *secret, size_t secret_len,
		const uint8_t *data, size_t len, uint8_t *digest) {
	const isc_md_type_t *type = type_of(algorithm);
	unsigned int digest_len = XFW_HMAC_SIZE_MAX;

	_Static_assert(XFW_HMAC_SIZE_MAX >= ISC_MAX_MD_SIZE, "room for a digest");
	/* None: the system's cryptography has no such digest (MD5 in FIPS mode). */
	if (type == NULL || secret_len == 0) {
		return (false);
	}
	return (isc_hmac(type, secret, secret_len, data, len, digest,
			 &digest_len) == ISC_R_SUCCESS);
}
