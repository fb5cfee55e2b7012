/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Signatures of DNS messages (RFC 8945): of our queries, and of the answers to them.
 * The HMAC itself is the caller's. Any thread; in practice the monitor's.
 */
#include "wire_priv.h"

#define FUDGE	    300 /* RFC 8945, 10 */
#define MAC_MIN	    10	/* bytes; RFC 8945, 5.2.2.1 */
#define ALGORITHM_MAX 26

static const struct {
	const char *name;
	size_t size;
	size_t wire_len;
	const char *wire;
} algorithms[XFW_HMAC_COUNT] = {
#define ALGORITHM(name, size, wire) { name, size, sizeof(wire), wire }
	[XFW_HMAC_NONE] = ALGORITHM("", 0, ""),
	[XFW_HMAC_MD5] = ALGORITHM("hmac-md5", 16,
				   "\010hmac-md5\007sig-alg\003reg\003int"),
	[XFW_HMAC_SHA1] = ALGORITHM("hmac-sha1", 20, "\011hmac-sha1"),
	[XFW_HMAC_SHA224] = ALGORITHM("hmac-sha224", 28, "\013hmac-sha224"),
	[XFW_HMAC_SHA256] = ALGORITHM("hmac-sha256", 32, "\013hmac-sha256"),
	[XFW_HMAC_SHA384] = ALGORITHM("hmac-sha384", 48, "\013hmac-sha384"),
	[XFW_HMAC_SHA512] = ALGORITHM("hmac-sha512", 64, "\013hmac-sha512"),
#undef ALGORITHM
};

/* A TSIG record's fields (RFC 8945, 4.2). */
typedef struct tsig {
	xfw_wire_name_t algorithm;
	int64_t time_s;
	uint16_t fudge;
	uint16_t mac_len;
	const uint8_t *mac;
	uint16_t original_id;
	uint16_t error;
	uint16_t other_len;
	const uint8_t *other;
} tsig_t;

/* What a MAC is computed of (RFC 8945, 4.3). */
typedef struct digested {
	const xfw_query_wire_t *request; /* NULL: it is one itself */
	const uint8_t *message;		 /* without its TSIG record */
	size_t len;
	uint16_t id;	  /* original ID */
	uint16_t arcount; /* without the TSIG record */
	const tsig_t *tsig;
} digested_t;

const char *
xfw_hmac_name(xfw_hmac_t algorithm) {
	return (algorithm < XFW_HMAC_COUNT ? algorithms[algorithm].name : "");
}

size_t
xfw_hmac_size(xfw_hmac_t algorithm) {
	return (algorithm < XFW_HMAC_COUNT ? algorithms[algorithm].size : 0);
}

void
xfw_tsig_wipe(xfw_tsig_key_t *key) {
	volatile uint8_t *at = (volatile uint8_t *)key;

	for (size_t i = 0; i < sizeof(*key); i++) {
		at[i] = 0;
	}
}

/* Whether the key can be used, and its name in canonical form. */
static bool
usable(const xfw_tsig_key_t *key, xfw_hmac_fn_t hmac, xfw_wire_name_t *name) {
	return (key != NULL && hmac != NULL && key->algorithm < XFW_HMAC_COUNT &&
		key->algorithm != XFW_HMAC_NONE && key->secret_len <= XFW_SECRET_MAX &&
		xfw_wire_name_set(name, key->name, key->name_len));
}

/*
 * The MAC of all that, whole. The buffer is on the stack, as nothing may be
 * allocated: an answer of any size is digested in one piece.
 */
static bool
compute(const digested_t *what, const xfw_tsig_key_t *key, xfw_hmac_fn_t hmac,
	const xfw_wire_name_t *key_name, uint8_t *digest) {
	uint8_t buf[2 + XFW_HMAC_SIZE_MAX + XFW_WIRE_MESSAGE_MAX + XFW_WIRE_NAME_MAX +
		    2 + 4 + ALGORITHM_MAX + 6 + 2 + 2 + 2];
	const tsig_t *tsig = what->tsig;
	uint8_t *at = buf, *message;

	if (what->request != NULL) { /* RFC 8945, 5.3 */
		at = xfw_wire_put16(at, (uint16_t)what->request->mac_len);
		at = xfw_wire_put_bytes(at, what->request->mac, what->request->mac_len);
	}
	message = at;
	at = xfw_wire_put_bytes(at, what->message, what->len);
	(void)xfw_wire_put16(message, what->id);
	(void)xfw_wire_put16(message + 10, what->arcount);
	at = xfw_wire_put_bytes(at, key_name->data, key_name->len);
	at = xfw_wire_put16(at, XFW_CLASS_ANY);
	at = xfw_wire_put32(at, 0);
	at = xfw_wire_put_bytes(at, tsig->algorithm.data, tsig->algorithm.len);
	at = xfw_wire_put48(at, tsig->time_s);
	at = xfw_wire_put16(at, tsig->fudge);
	at = xfw_wire_put16(at, tsig->error);
	at = xfw_wire_put16(at, tsig->other_len);
	if (tsig->other_len > 0) {
		/* Was in the message after the part above, so that both fit. */
		at = xfw_wire_put_bytes(at, tsig->other, tsig->other_len);
	}
	return (hmac((xfw_hmac_t)key->algorithm, key->secret, key->secret_len, buf,
		     (size_t)(at - buf), digest));
}

bool
xfw_wire_sign(xfw_query_wire_t *out, const xfw_tsig_key_t *key, xfw_hmac_fn_t hmac,
	      int64_t now_s) {
	tsig_t tsig = { .time_s = now_s, .fudge = FUDGE };
	digested_t what = { .message = out->data,
			    .len = out->len,
			    .id = xfw_wire_get16(out->data),
			    .arcount = xfw_wire_get16(out->data + 10),
			    .tsig = &tsig };
	uint8_t *at = out->data + out->len;
	xfw_wire_name_t name;
	size_t rdata_len;

	if (!usable(key, hmac, &name) || now_s < 0 || now_s >> 48 != 0) {
		return (false);
	}
	tsig.algorithm.len = algorithms[key->algorithm].wire_len;
	memcpy(tsig.algorithm.data, algorithms[key->algorithm].wire,
	       tsig.algorithm.len);
	out->mac_len = algorithms[key->algorithm].size;
	if (key->bits != 0 && (key->bits + 7U) / 8 < out->mac_len) {
		out->mac_len = (key->bits + 7U) / 8;
	}
	rdata_len = tsig.algorithm.len + 10 + out->mac_len + 6;
	if (name.len + 10 + rdata_len > sizeof(out->data) - out->len ||
	    !compute(&what, key, hmac, &name, out->mac))
	{
		return (false);
	}
	at = xfw_wire_put_bytes(at, name.data, name.len);
	at = xfw_wire_put16(at, XFW_TYPE_TSIG);
	at = xfw_wire_put16(at, XFW_CLASS_ANY);
	at = xfw_wire_put32(at, 0);
	at = xfw_wire_put16(at, (uint16_t)rdata_len);
	at = xfw_wire_put_bytes(at, tsig.algorithm.data, tsig.algorithm.len);
	at = xfw_wire_put48(at, tsig.time_s);
	at = xfw_wire_put16(at, tsig.fudge);
	at = xfw_wire_put16(at, (uint16_t)out->mac_len);
	at = xfw_wire_put_bytes(at, out->mac, out->mac_len);
	at = xfw_wire_put16(at, what.id);
	at = xfw_wire_put16(at, 0);
	at = xfw_wire_put16(at, 0);
	(void)xfw_wire_put16(out->data + 10, (uint16_t)(what.arcount + 1));
	out->len = (size_t)(at - out->data);
	out->is_signed = true;
	out->signed_s = now_s;
	return (true);
}

/* The record's fields; false if they are not exactly its length. */
static bool
tsig_read(const xfw_wire_record_t *record, tsig_t *tsig) {
	xfw_wire_reader_t reader = record->rdata;
	const uint8_t *at;

	if (!xfw_wire_name_read(&reader, false, &tsig->algorithm) ||
	    xfw_wire_left(&reader) < 10)
	{
		return (false);
	}
	at = reader.data + reader.at;
	tsig->time_s = xfw_wire_get48(at);
	tsig->fudge = xfw_wire_get16(at + 6);
	tsig->mac_len = xfw_wire_get16(at + 8);
	tsig->mac = at + 10;
	reader.at += 10;
	if (xfw_wire_left(&reader) < tsig->mac_len + 6U) {
		return (false);
	}
	at = tsig->mac + tsig->mac_len;
	tsig->original_id = xfw_wire_get16(at);
	tsig->error = xfw_wire_get16(at + 2);
	tsig->other_len = xfw_wire_get16(at + 4);
	tsig->other = at + 6;
	reader.at += tsig->mac_len + 6U;
	return (xfw_wire_left(&reader) == tsig->other_len);
}

/* Whether the answer's MAC is what our key makes of it. */
static bool
verifies(const digested_t *what, const xfw_tsig_key_t *key, xfw_hmac_fn_t hmac,
	 const xfw_wire_name_t *key_name) {
	uint8_t digest[XFW_HMAC_SIZE_MAX] = { 0 }, differ = 0;

	if (!compute(what, key, hmac, key_name, digest)) {
		return (false);
	}
	for (size_t i = 0; i < what->tsig->mac_len; i++) { /* in constant time */
		differ |= (uint8_t)(digest[i] ^ what->tsig->mac[i]);
	}
	return (differ == 0);
}

/*
 * An error is reported whether or not anything proves it: BADKEY and BADSIG come
 * unsigned (RFC 8945, 5.3.2), and the others are what the primary says of itself.
 */
static void
judge_error(const tsig_t *tsig, const char *unproven, xfw_finding_t *out) {
	out->tsig = XFW_TSIG_ERROR;
	if (tsig->error == XFW_TSIG_BADTIME && tsig->other_len == 6) {
		out->their_time_s = xfw_wire_get48(tsig->other);
	}
	if (unproven != NULL && tsig->error != XFW_TSIG_BADKEY &&
	    tsig->error != XFW_TSIG_BADSIG)
	{
		xfw_wire_note(out, "TSIG error not proven: %s", unproven);
	}
}

/* The time, after the MAC has been found to be right (RFC 8945, 5.2.3). */
static void
judge_time(const tsig_t *tsig, int64_t now_s, xfw_finding_t *out) {
	int64_t off_s = tsig->time_s - now_s;

	out->tsig = XFW_TSIG_GOOD;
	if (off_s > tsig->fudge || off_s < -(int64_t)tsig->fudge) {
		out->tsig = XFW_TSIG_ERROR;
		out->tsig_error = XFW_TSIG_BADTIME;
		out->their_time_s = tsig->time_s;
		xfw_wire_note(out, "BADTIME found here");
	}
}

/* Why the signature proves nothing, or NULL if it does. */
static const char *
unproven(const digested_t *what, const xfw_tsig_key_t *key, xfw_hmac_fn_t hmac,
	 const xfw_wire_name_t *owner) {
	const tsig_t *tsig = what->tsig;
	xfw_wire_name_t name;

	if (!usable(key, hmac, &name)) {
		return ("key not at hand");
	} else if (!xfw_wire_name_same(owner, &name)) {
		return ("TSIG of another key name");
	} else if (tsig->algorithm.len != algorithms[key->algorithm].wire_len ||
		   memcmp(tsig->algorithm.data, algorithms[key->algorithm].wire,
			  tsig->algorithm.len) != 0)
	{
		return ("TSIG of another algorithm");
	} else if (tsig->mac_len == 0) {
		return ("TSIG without a MAC");
	} else if (!verifies(what, key, hmac, &name)) {
		return ("MAC does not verify");
	}
	return (NULL);
}

/* RFC 8945, 5.2.2.1, for an algorithm that we have; any length for another. */
static bool
mac_len_is_valid(const tsig_t *tsig) {
	for (int i = XFW_HMAC_NONE + 1; i < XFW_HMAC_COUNT; i++) {
		if (tsig->algorithm.len == algorithms[i].wire_len &&
		    memcmp(tsig->algorithm.data, algorithms[i].wire,
			   tsig->algorithm.len) == 0)
		{
			return (tsig->mac_len == 0 ||
				(tsig->mac_len <= algorithms[i].size &&
				 tsig->mac_len >= MAC_MIN &&
				 tsig->mac_len >= (algorithms[i].size + 1) / 2));
		}
	}
	return (true);
}

bool
xfw_wire_judge(const xfw_query_wire_t *query, const xfw_tsig_key_t *key,
	       xfw_hmac_fn_t hmac, const uint8_t *data,
	       const xfw_wire_record_t *record, int64_t now_s, xfw_finding_t *out) {
	digested_t what = { .request = query, .message = data };
	const char *why;
	tsig_t tsig;

	if (record == NULL) {
		out->tsig = query->is_signed ? XFW_TSIG_ABSENT : XFW_TSIG_NONE;
		return (true);
	}
	if (record->class_ != XFW_CLASS_ANY || !tsig_read(record, &tsig)) {
		xfw_wire_note(out, "malformed TSIG record");
		return (false);
	}
	if (!mac_len_is_valid(&tsig)) {
		xfw_wire_note(out, "MAC of %u bytes", tsig.mac_len);
		return (false);
	}
	out->tsig_error = tsig.error;
	if (!query->is_signed) {
		out->tsig = XFW_TSIG_UNASKED;
		return (true);
	}
	what.len = record->start;
	what.id = tsig.original_id;
	what.arcount = (uint16_t)(xfw_wire_get16(data + 10) - 1);
	what.tsig = &tsig;
	why = unproven(&what, key, hmac, &record->owner);
	if (tsig.error != 0) {
		judge_error(&tsig, why, out);
	} else if (why != NULL) {
		out->tsig = XFW_TSIG_WRONG;
		xfw_wire_note(out, "%s", why);
	} else {
		judge_time(&tsig, now_s, out);
	}
	/* named refuses what is shorter than it signs with itself. */
	if (why == NULL && tsig.mac_len < query->mac_len) {
		xfw_wire_note(out, "MAC cut to %u bits", tsig.mac_len * 8U);
	}
	if (out->tsig_error == XFW_TSIG_BADTIME) {
		out->our_time_s = query->signed_s;
	}
	return (true);
}
