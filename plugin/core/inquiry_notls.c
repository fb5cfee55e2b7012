/* SPDX-License-Identifier: MPL-2.0 */
/*
 * In place of inquiry_tls.c where there was no libssl to build with: what needs TLS is
 * not checked. The loop's thread only.
 */
#include <errno.h>

#include "inquiry_priv.h"

bool
xfw_inquiry_tls_able(const xfw_inquiry_t *inquiry) {
	(void)inquiry;
	return (false);
}

bool
xfw_inquiry_tls_shake(xfw_inquiry_t *inquiry) {
	return (xfw_inquiry_failed(inquiry, ENOSYS));
}

ssize_t
xfw_inquiry_tls_send(xfw_inquiry_t *inquiry, const void *data, size_t len) {
	(void)inquiry;
	(void)data;
	(void)len;
	errno = ENOSYS;
	return (-1);
}

ssize_t
xfw_inquiry_tls_recv(xfw_inquiry_t *inquiry, void *at, size_t size) {
	(void)inquiry;
	(void)at;
	(void)size;
	errno = ENOSYS;
	return (-1);
}

bool
xfw_inquiry_tls_unsent(const xfw_inquiry_t *inquiry) {
	(void)inquiry;
	return (false);
}

void
xfw_inquiry_tls_forget(xfw_inquiry_t *inquiry) {
	(void)inquiry;
}
