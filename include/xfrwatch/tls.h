/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a `tls` statement of named.conf says about connections to a primary (XFR over
 * TLS, RFC 9103): read out of a route (route.h), used by an inquiry (inquiry.h).
 *
 * As in named: with ca-file or remote-hostname the primary's certificate is verified
 * (strict TLS), by the system's authorities if there is no ca-file, against the
 * primary's address if there is no remote-hostname; without either (and with the
 * built-in `ephemeral`) nothing is verified. The client's certificate is shown with
 * strict TLS alone.
 *
 * Guarantee: plain data; names of files, never what is in them.
 * Threads: the monitor's.
 */
#ifndef XFRWATCH_TLS_H
#define XFRWATCH_TLS_H

#include <stdbool.h>

#define XFW_TLS_TEXT_MAX 1024 /* with the NUL */

typedef struct xfw_tls {
	bool unread;	 /* it says more than can be carried: do not try */
	bool has_ca;	 /* ca-file; "": the system's authorities */
	bool has_host;	 /* remote-hostname; "": any */
	bool v12, v13;	 /* protocols; neither: all that there are */
	char ca[XFW_TLS_TEXT_MAX];
	char host[XFW_TLS_TEXT_MAX];
	char cert[XFW_TLS_TEXT_MAX];	/* cert-file, key-file; "": none */
	char key[XFW_TLS_TEXT_MAX];
	char ciphers[XFW_TLS_TEXT_MAX]; /* of TLS 1.2; "": all */
	char suites[XFW_TLS_TEXT_MAX];	/* of TLS 1.3; "": all */
} xfw_tls_t;

#endif /* XFRWATCH_TLS_H */
