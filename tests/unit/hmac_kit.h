/* SPDX-License-Identifier: MPL-2.0 */
/*
 * HMAC-SHA256 (FIPS 180-4, RFC 2104), so that signatures are tested against those of
 * other software without a library of cryptography. Included by one test program
 * each; single-threaded.
 */
#ifndef HMAC_KIT_H
#define HMAC_KIT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <xfrwatch/wire.h>

typedef struct sha256 {
	uint32_t state[8];
	uint8_t block[64];
	uint64_t len;
} sha256_t;

static uint32_t
sha256_rotate(uint32_t value, int by) {
	return (value >> by | value << (32 - by));
}

static void
sha256_block(sha256_t *s) {
	static const uint32_t constants[64] = {
		0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
		0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
		0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
		0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
		0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
		0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
		0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
		0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
		0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
		0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
		0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
	};
	uint32_t w[64], v[8];

	for (int i = 0; i < 16; i++) {
		w[i] = (uint32_t)s->block[4 * i] << 24 | s->block[4 * i + 1] << 16 |
		       s->block[4 * i + 2] << 8 | s->block[4 * i + 3];
	}
	for (int i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + w[i - 7] +
		       (sha256_rotate(a, 7) ^ sha256_rotate(a, 18) ^ a >> 3) +
		       (sha256_rotate(b, 17) ^ sha256_rotate(b, 19) ^ b >> 10);
	}
	memcpy(v, s->state, sizeof(v));
	for (int i = 0; i < 64; i++) {
		uint32_t a = v[7] + constants[i] + w[i] + ((v[4] & v[5]) ^ (~v[4] & v[6])) +
			     (sha256_rotate(v[4], 6) ^ sha256_rotate(v[4], 11) ^
			      sha256_rotate(v[4], 25));
		uint32_t b = ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2])) +
			     (sha256_rotate(v[0], 2) ^ sha256_rotate(v[0], 13) ^
			      sha256_rotate(v[0], 22));

		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += a;
		v[0] = a + b;
	}
	for (int i = 0; i < 8; i++) {
		s->state[i] += v[i];
	}
}

static void
sha256_begin(sha256_t *s) {
	*s = (sha256_t){ .state = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
				    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 } };
}

static void
sha256_add(sha256_t *s, const uint8_t *data, size_t len) {
	for (size_t i = 0; i < len; i++) {
		s->block[s->len++ % 64] = data[i];
		if (s->len % 64 == 0) {
			sha256_block(s);
		}
	}
}

static void
sha256_end(sha256_t *s, uint8_t digest[32]) {
	uint64_t bits = s->len * 8;
	uint8_t last[8];

	sha256_add(s, (const uint8_t *)"\x80", 1);
	while (s->len % 64 != 56) {
		sha256_add(s, (const uint8_t *)"", 1);
	}
	for (int i = 0; i < 8; i++) {
		last[i] = (uint8_t)(bits >> (56 - 8 * i));
	}
	sha256_add(s, last, sizeof(last));
	for (int i = 0; i < 32; i++) {
		digest[i] = (uint8_t)(s->state[i / 4] >> (24 - 8 * (i % 4)));
	}
}

/* An xfw_hmac_fn_t of one algorithm, with secrets of up to one block. */
static bool
hmac_sha256(xfw_hmac_t algorithm, const uint8_t *secret, size_t secret_len,
	    const uint8_t *data, size_t len, uint8_t *digest) {
	uint8_t inner[64] = { 0 }, outer[64];
	sha256_t s;

	if (algorithm != XFW_HMAC_SHA256 || secret_len > sizeof(inner)) {
		return (false);
	}
	memcpy(inner, secret, secret_len);
	for (int i = 0; i < 64; i++) {
		outer[i] = inner[i] ^ 0x5c;
		inner[i] ^= 0x36;
	}
	sha256_begin(&s);
	sha256_add(&s, inner, sizeof(inner));
	sha256_add(&s, data, len);
	sha256_end(&s, digest);
	sha256_begin(&s);
	sha256_add(&s, outer, sizeof(outer));
	sha256_add(&s, digest, 32);
	sha256_end(&s, digest);
	return (true);
}

#endif /* HMAC_KIT_H */
