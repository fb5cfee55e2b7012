/* SPDX-License-Identifier: MPL-2.0 */
/*
 * TLS over a connection of an inquiry (inquiry.h): the handshake as named makes it for
 * XFR over TLS (RFC 9103), and what is then said over it. OpenSSL sees memory alone:
 * the socket is read and written here, so that nothing waits, and what a peer can make
 * us hold is bounded. The loop's thread only.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "inquiry_priv.h"

#define CHUNK	      4096
#define CHUNKS_MAX    16	    /* of one turn of the loop */
#define HANDSHAKE_MAX (128 * 1024)  /* bytes from the primary */
#define UNSENT_MAX    (64 * 1024)   /* bytes to it, of one that does not read */
#define FILE_MAX      (512 * 1024)  /* of certificates: 50 ms of OpenSSL */
#define NAME_MAX_LEN  32	    /* of a certificate's name that is shown */

struct xfw_inquiry_tls {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in; /* what came; this and `out` are the SSL's */
	BIO *out;
	uint8_t rest[CHUNK]; /* of what is to be sent */
	size_t rest_len;
	size_t rest_sent;
	size_t got;
	uint8_t first[2]; /* that came */
	int verify;	  /* X509_V_OK, or what the certificate fails */
	char certificate[XFW_FINDING_NOTE / 2]; /* its name, if it fails */
	char aside[XFW_FINDING_NOTE / 2]; /* what we had to do without */
};

bool
xfw_inquiry_tls_able(const xfw_inquiry_t *inquiry) {
	return (!inquiry->spec.secure.unread);
}

void
xfw_inquiry_tls_forget(xfw_inquiry_t *inquiry) {
	xfw_inquiry_tls_t *tls = inquiry->tls;

	if (tls != NULL) {
		inquiry->tls = NULL;
		SSL_free(tls->ssl);
		SSL_CTX_free(tls->ctx);
		free(tls);
		ERR_clear_error(); /* the thread has others that use OpenSSL */
	}
}

/* A note, or a piece of one: cut if it does not fit. Returns how much of it there is. */
static size_t
say(char *buf, size_t size, const char *format, ...) {
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(buf, size, format, args);
	va_end(args);
	return (len < 0 ? 0 : (size_t)len < size ? (size_t)len : size - 1);
}

/* As it is shown: what others wrote, or named.conf, may be anything. */
static char
harmless(char c) {
	bool odd = c < ' ' || c > '~' || c == '"' || c == '\'' || c == '\\';

	return (odd ? '?' : c);
}

static bool
fail(xfw_inquiry_t *inquiry, const char *what, const char *detail) {
	char note[XFW_FINDING_NOTE];

	say(note, sizeof(note), "%s%s%s", what, detail, inquiry->tls->aside);
	for (char *at = note; *at != '\0'; at++) {
		*at = harmless(*at);
	}
	return (xfw_inquiry_result(inquiry, XFW_RESULT_FAILED, note));
}

/*--- certificates in words ------------------------------------------------------*/

/* The subject's common name. */
static void
put_name(char *buf, size_t size, const X509 *certificate) {
	unsigned char raw[256] = { 0 };
	int len = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate),
					    NID_commonName, (char *)raw,
					    sizeof(raw));
	size_t used = say(buf, size, "%s",
				       len > 0 ? "CN=" : "without a CN");
	size_t end = used + NAME_MAX_LEN < size ? used + NAME_MAX_LEN : size - 1;

	for (int i = 0; i < len && used < end; i++) {
		buf[used++] = raw[i] == ' ' ? '?' : harmless((char)raw[i]);
	}
	buf[used] = '\0';
}

static void
put_day(char *buf, size_t size, const ASN1_TIME *when) {
	struct tm tm = { 0 };

	if (ASN1_TIME_to_tm(when, &tm) != 1 ||
	    strftime(buf, size, "%Y-%m-%d", &tm) == 0)
	{
		say(buf, size, "-");
	}
}

/* What is amiss with a certificate that is not verified, as far as it shows by
 * itself. */
static const char *
amiss(X509 *certificate) {
	if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) {
		return (", not valid yet, unverified");
	} else if (X509_NAME_cmp(X509_get_subject_name(certificate),
				 X509_get_issuer_name(certificate)) == 0)
	{
		return (", self-signed, unverified");
	}
	return (", unverified");
}

static bool
strict(const xfw_inquiry_t *inquiry) {
	return (inquiry->spec.secure.has_ca || inquiry->spec.secure.has_host);
}

static void
describe(const xfw_inquiry_t *inquiry, char *buf, size_t size) {
	xfw_inquiry_tls_t *tls = inquiry->tls;
	X509 *certificate = SSL_get_peer_certificate(tls->ssl);
	char name[NAME_MAX_LEN + 16], day[16];
	bool over;

	if (certificate == NULL) { /* not possible with the ciphers that there are */
		say(buf, size, "%s, no certificate", SSL_get_version(tls->ssl));
		return;
	}
	put_name(name, sizeof(name), certificate);
	put_day(day, sizeof(day), X509_get0_notAfter(certificate));
	over = X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0;
	say(buf, size, "%s, certificate %s, %s %s%s%s", SSL_get_version(tls->ssl),
	    name, over ? "expired" : "valid until", day,
	    strict(inquiry) ? "" : amiss(certificate), tls->aside);
	X509_free(certificate);
}

/* Called in the midst of a handshake that verifies. What is found first is told. */
static int
on_verified(int ok, X509_STORE_CTX *store) {
	SSL *ssl = X509_STORE_CTX_get_ex_data(
		store, SSL_get_ex_data_X509_STORE_CTX_idx());
	xfw_inquiry_tls_t *tls = SSL_get_app_data(ssl);
	X509 *certificate = X509_STORE_CTX_get_current_cert(store);
	char name[NAME_MAX_LEN + 16], day[16] = "";

	if (ok || tls->verify != X509_V_OK) {
		return (ok);
	}
	tls->verify = X509_STORE_CTX_get_error(store);
	if (certificate != NULL) {
		put_name(name, sizeof(name), certificate);
		if (tls->verify == X509_V_ERR_CERT_HAS_EXPIRED) {
			put_day(day, sizeof(day), X509_get0_notAfter(certificate));
		}
		say(tls->certificate, sizeof(tls->certificate), "%s%s%s", name,
		    day[0] != '\0' ? " until " : "", day);
	}
	return (ok);
}

static bool
unverified(xfw_inquiry_t *inquiry) {
	xfw_inquiry_tls_t *tls = inquiry->tls;
	char what[XFW_FINDING_NOTE];

	switch (tls->verify) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
		say(what, sizeof(what), "certificate %s is not for ",
		    tls->certificate);
		return (fail(inquiry, what, inquiry->spec.secure.host));
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		say(what, sizeof(what),
		    "certificate %s is not for the address of the primary",
		    tls->certificate);
		return (fail(inquiry, what, ""));
	default:
		say(what, sizeof(what), "certificate %s: ", tls->certificate);
		return (fail(inquiry, what,
			     X509_verify_cert_error_string(tls->verify)));
	}
}

/*--- as the tls statement says --------------------------------------------------*/

/* A small file that can be read without waiting: 0 or an errno. */
static int
readable(const char *path) {
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	int error = 0;

	if (fd < 0) {
		return (errno);
	}
	if (fstat(fd, &st) != 0) {
		error = errno;
	} else if (!S_ISREG(st.st_mode)) {
		error = EINVAL;
	} else if (st.st_size > FILE_MAX) {
		error = EFBIG;
	}
	(void)close(fd);
	return (error);
}

static bool
unusable(xfw_inquiry_t *inquiry, const char *what, int error) {
	char note[XFW_FINDING_NOTE];

	say(note, sizeof(note), "%s of the tls statement cannot be %s",
	    what, error != 0 ? "read" : "used");
	inquiry->finding.error = error;
	return (xfw_inquiry_result(inquiry, XFW_RESULT_LOCAL, note));
}

static bool
use_authorities(xfw_inquiry_t *inquiry) {
	SSL_CTX *ctx = inquiry->tls->ctx;
	const char *path = inquiry->spec.secure.ca;
	int error = path[0] != '\0' ? readable(path) : 0;

	if (error != 0) {
		return (unusable(inquiry, "the ca-file", error));
	}
	return ((path[0] != '\0' ? SSL_CTX_load_verify_locations(ctx, path, NULL)
				 : SSL_CTX_set_default_verify_paths(ctx)) == 1 ||
		unusable(inquiry, "the ca-file", 0));
}

/* The primary's address, as text. */
static const char *
address_of(const struct sockaddr_storage *to, char *buf, size_t size) {
	const void *at = to->ss_family == AF_INET
				 ? (const void *)&((const struct sockaddr_in *)to)
					   ->sin_addr
				 : (const void *)&((const struct sockaddr_in6 *)to)
					   ->sin6_addr;

	return (inet_ntop(to->ss_family, at, buf, (socklen_t)size));
}

/* The subject is no place for a host's name (RFC 8310, 8.1). */
static bool
use_name(xfw_inquiry_t *inquiry) {
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(inquiry->tls->ctx);
	char address[INET6_ADDRSTRLEN];
	const char *host = inquiry->spec.secure.has_host
				   ? inquiry->spec.secure.host
				   : address_of(&inquiry->spec.to, address,
						sizeof(address));
	unsigned char raw[sizeof(struct in6_addr)];
	bool is_address;

	X509_VERIFY_PARAM_set_hostflags(param,
					X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
						X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	if (host == NULL || host[0] == '\0') {
		return (true);
	}
	is_address = inet_pton(AF_INET, host, raw) == 1 ||
		     inet_pton(AF_INET6, host, raw) == 1;
	return ((is_address ? X509_VERIFY_PARAM_set1_ip_asc(param, host)
			    : X509_VERIFY_PARAM_set1_host(param, host, 0)) == 1 ||
		unusable(inquiry, "the remote-hostname", 0));
}

/* Never asked on a terminal. */
static int
no_passphrase(char *buf, int size, int writing, void *arg) {
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return (0);
}

/* Our own certificate: if it cannot be had, the primary may do without. */
static void
use_certificate(xfw_inquiry_t *inquiry) {
	xfw_inquiry_tls_t *tls = inquiry->tls;
	const char *cert = inquiry->spec.secure.cert;
	const char *key = inquiry->spec.secure.key;
	const char *which = "cert-file";
	int error = readable(cert);

	if (error == 0 && (error = readable(key)) != 0) {
		which = "key-file";
	}
	if (error != 0) {
		say(tls->aside, sizeof(tls->aside), "; no %s: %s", which,
		    strerror(error));
		return;
	}
	SSL_CTX_set_default_passwd_cb(tls->ctx, no_passphrase);
	if (SSL_CTX_use_certificate_chain_file(tls->ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(tls->ctx, key, SSL_FILETYPE_PEM) != 1)
	{
		say(tls->aside, sizeof(tls->aside),
		    "; no client certificate: files unusable");
	}
}

static bool
use_statement(xfw_inquiry_t *inquiry) {
	const xfw_tls_t *secure = &inquiry->spec.secure;
	SSL_CTX *ctx = inquiry->tls->ctx;

	(void)SSL_CTX_set_min_proto_version(
		ctx, secure->v13 && !secure->v12 ? TLS1_3_VERSION : TLS1_2_VERSION);
	(void)SSL_CTX_set_max_proto_version(
		ctx, secure->v12 && !secure->v13 ? TLS1_2_VERSION : 0);
	if ((secure->ciphers[0] != '\0' &&
	     SSL_CTX_set_cipher_list(ctx, secure->ciphers) != 1) ||
	    (secure->suites[0] != '\0' &&
	     SSL_CTX_set_ciphersuites(ctx, secure->suites) != 1))
	{
		return (unusable(inquiry, "ciphers", 0));
	}
	if (!strict(inquiry)) {
		return (true);
	}
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_verified);
	if (secure->cert[0] != '\0') {
		use_certificate(inquiry);
	}
	return (use_authorities(inquiry) && use_name(inquiry));
}

/* False: it failed, the finding says so. */
static bool
prepare(xfw_inquiry_t *inquiry) {
	static const unsigned char dot[] = "\3dot";
	xfw_inquiry_tls_t *tls = calloc(1, sizeof(*tls));

	if (tls == NULL) {
		return (xfw_inquiry_failed(inquiry, ENOMEM));
	}
	inquiry->tls = tls;
	tls->ctx = SSL_CTX_new(TLS_client_method());
	if (tls->ctx == NULL) {
		return (xfw_inquiry_failed(inquiry, ENOMEM));
	}
	(void)SSL_CTX_set_options(tls->ctx,
				  SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
	(void)SSL_CTX_set_session_cache_mode(tls->ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_mode(tls->ctx, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (!use_statement(inquiry)) {
		return (false);
	}
	if (SSL_CTX_set_alpn_protos(tls->ctx, dot, sizeof(dot) - 1) != 0 ||
	    (tls->ssl = SSL_new(tls->ctx)) == NULL)
	{
		return (xfw_inquiry_failed(inquiry, ENOMEM));
	}
	tls->in = BIO_new(BIO_s_mem());
	tls->out = BIO_new(BIO_s_mem());
	if (tls->in == NULL || tls->out == NULL) {
		BIO_free(tls->in);
		BIO_free(tls->out);
		return (xfw_inquiry_failed(inquiry, ENOMEM));
	}
	SSL_set_bio(tls->ssl, tls->in, tls->out);
	(void)SSL_set_app_data(tls->ssl, tls);
	SSL_set_connect_state(tls->ssl);
	return (true);
}

/*--- memory and socket ----------------------------------------------------------*/

/* Sends what OpenSSL has written, as far as the socket takes it. 0 or an errno. */
static int
flush(xfw_inquiry_t *inquiry) {
	xfw_inquiry_tls_t *tls = inquiry->tls;

	for (;;) {
		ssize_t len;

		if (tls->rest_sent == tls->rest_len) {
			int more = BIO_read(tls->out, tls->rest, sizeof(tls->rest));

			tls->rest_sent = 0;
			tls->rest_len = more > 0 ? (size_t)more : 0;
			if (tls->rest_len == 0) {
				return (0);
			}
		}
		len = send(inquiry->socket->fd, tls->rest + tls->rest_sent,
			   tls->rest_len - tls->rest_sent, MSG_NOSIGNAL);
		if (len >= 0) {
			tls->rest_sent += (size_t)len;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			return (BIO_ctrl_pending(tls->out) > UNSENT_MAX ? ENOBUFS
									: 0);
		} else if (errno != EINTR) {
			return (errno);
		}
	}
}

/* The peer may have hung up and said why before: reading finds out. */
static int
flush_if_open(xfw_inquiry_t *inquiry) {
	int error = flush(inquiry);

	return (error == EPIPE || error == ECONNRESET ? 0 : error);
}

bool
xfw_inquiry_tls_unsent(const xfw_inquiry_t *inquiry) {
	const xfw_inquiry_tls_t *tls = inquiry->tls;

	return (tls != NULL && (tls->rest_sent < tls->rest_len ||
				BIO_ctrl_pending(tls->out) > 0));
}

/* Hands a chunk of what came to OpenSSL. As recv(): 0 at the end, -1 with errno. */
static ssize_t
fill(xfw_inquiry_t *inquiry) {
	xfw_inquiry_tls_t *tls = inquiry->tls;
	uint8_t chunk[CHUNK];
	ssize_t len;

	do {
		len = recv(inquiry->socket->fd, chunk, sizeof(chunk), 0);
	} while (len < 0 && errno == EINTR);
	for (ssize_t i = 0; i < len && tls->got + (size_t)i < 2; i++) {
		tls->first[tls->got + (size_t)i] = chunk[i];
	}
	if (len > 0) {
		tls->got += (size_t)len;
		if (BIO_write(tls->in, chunk, (int)len) != len) {
			errno = ENOMEM;
			return (-1);
		}
	}
	return (len);
}

/*--- the handshake --------------------------------------------------------------*/

/* A server's first record is a handshake's or an alert, of version 3 (RFC 8446, 5.1). */
static bool
speaks_tls(const xfw_inquiry_tls_t *tls) {
	return ((tls->first[0] == 21 || tls->first[0] == 22) &&
		(tls->got < 2 || tls->first[1] == 3));
}

static bool
is_alert(unsigned long error) {
	return (ERR_GET_LIB(error) == ERR_LIB_SSL &&
		ERR_GET_REASON(error) > SSL_AD_REASON_OFFSET);
}

/* OpenSSL has "tlsv13 alert certificate required": what follows the second word. */
static const char *
alert_text(unsigned long error) {
	const char *text = ERR_reason_error_string(error);
	const char *name = text != NULL ? strstr(text, " alert ") : NULL;

	return (name != NULL ? name + 7 : text != NULL ? text : "unknown");
}

/* OpenSSL gave up. */
static bool
broken(xfw_inquiry_t *inquiry, unsigned long error) {
	const char *reason = ERR_reason_error_string(error);

	if (inquiry->tls->verify != X509_V_OK) {
		return (unverified(inquiry));
	} else if (is_alert(error)) {
		return (fail(inquiry, "alert from the primary: ",
			     alert_text(error)));
	}
	return (fail(inquiry, "", reason != NULL ? reason : "TLS error"));
}

/* RFC 9103, 7.1: a server of DNS over TLS says so. */
static bool
shaken(xfw_inquiry_t *inquiry) {
	const unsigned char *protocol = NULL;
	char note[XFW_FINDING_NOTE];
	unsigned int len = 0;

	SSL_get0_alpn_selected(inquiry->tls->ssl, &protocol, &len);
	if (len != 3 || memcmp(protocol, "dot", 3) != 0) {
		return (fail(inquiry, "the server does not agree on ALPN dot: ",
			     "it is not for DNS over TLS"));
	}
	describe(inquiry, note, sizeof(note));
	return (xfw_inquiry_result(inquiry, XFW_RESULT_DONE, note));
}

static bool
hung_up(xfw_inquiry_t *inquiry) {
	char note[XFW_FINDING_NOTE] = "at the first message of TLS";

	if (inquiry->tls->got > 0) {
		say(note, sizeof(note), "after %zu bytes of the handshake",
		    inquiry->tls->got);
	}
	return (xfw_inquiry_result(inquiry, XFW_RESULT_CLOSED, note));
}

/* More of it from the socket. True: there was some. False: the result is NONE if none
 * has come yet. */
static bool
feed(xfw_inquiry_t *inquiry) {
	ssize_t len = fill(inquiry);

	if (len == 0) {
		return (hung_up(inquiry));
	} else if (len < 0) {
		return (errno != EAGAIN && errno != EWOULDBLOCK
				? xfw_inquiry_failed(inquiry, errno)
				: false);
	}
	if (!speaks_tls(inquiry->tls)) {
		return (fail(inquiry, "the port does not speak TLS", ""));
	}
	return (inquiry->tls->got <= HANDSHAKE_MAX ||
		fail(inquiry, "a handshake without end", ""));
}

/* Goes on with what is there. True: go on waiting. */
static bool
go_on(xfw_inquiry_t *inquiry) {
	SSL *ssl = inquiry->tls->ssl;

	for (unsigned chunks = 0;; chunks++) {
		unsigned long error;
		int done, kind, unsent;

		ERR_clear_error();
		done = SSL_do_handshake(ssl);
		kind = SSL_get_error(ssl, done);
		error = ERR_peek_error();
		unsent = flush(inquiry);
		if (done == 1) {
			return (unsent == 0 ? shaken(inquiry)
					    : xfw_inquiry_failed(inquiry, unsent));
		} else if (kind != SSL_ERROR_WANT_READ) {
			return (broken(inquiry, error));
		} else if (chunks == CHUNKS_MAX) {
			return (true);
		}
		/* What the primary said before it hung up counts more. */
		if (!feed(inquiry)) {
			return (inquiry->finding.result == XFW_RESULT_NONE &&
				(unsent == 0 || xfw_inquiry_failed(inquiry, unsent)));
		}
	}
}

static void
on_silence(uv_timer_t *timer) {
	xfw_inquiry_t *inquiry = timer->data;
	char note[XFW_FINDING_NOTE] = "no TLS in answer: the port may be for plain DNS";

	if (inquiry->tls->got > 0) {
		say(note, sizeof(note), "%zu bytes of the handshake came",
		    inquiry->tls->got);
	}
	(void)xfw_inquiry_result(inquiry, XFW_RESULT_TIMEOUT, note);
	xfw_inquiry_ready(inquiry);
}

static int
listen_on(xfw_inquiry_t *inquiry);

static void
on_ready(uv_poll_t *poll, int status, int events) {
	xfw_inquiry_socket_t *of = poll->data;
	xfw_inquiry_t *inquiry = of->inquiry;
	bool waiting;
	int error;

	(void)events;
	if (inquiry == NULL) {
		return;
	}
	waiting = go_on(inquiry);
	if (waiting && status < 0) {
		waiting = xfw_inquiry_failed(inquiry, -status);
	}
	if (waiting && (error = listen_on(inquiry)) != 0) {
		waiting = xfw_inquiry_failed(inquiry, error);
	}
	if (!waiting) {
		(void)uv_poll_stop(poll);
		xfw_inquiry_ready(inquiry);
	}
}

static int
listen_on(xfw_inquiry_t *inquiry) {
	return (xfw_inquiry_listen(
		inquiry,
		UV_READABLE | (xfw_inquiry_tls_unsent(inquiry) ? UV_WRITABLE : 0),
		on_ready));
}

bool
xfw_inquiry_tls_shake(xfw_inquiry_t *inquiry) {
	int error;

	if (!prepare(inquiry)) {
		return (false);
	}
	/* Writable it is: that begins it, in the loop's next turn. */
	error = xfw_inquiry_listen(inquiry, UV_READABLE | UV_WRITABLE, on_ready);
	return (error == 0 ? xfw_inquiry_wait(inquiry, on_silence,
					      inquiry->times.soa_ms)
			   : xfw_inquiry_failed(inquiry, error));
}

/*--- questions and answers ------------------------------------------------------*/

/*
 * With TLS 1.3 the client is done before the server has seen the client's certificate:
 * that it does not want it comes in place of the first answer, and is the handshake's
 * failure all the same.
 */
static void
take_back(xfw_inquiry_t *inquiry, const char *note) {
	for (size_t i = 0; i < inquiry->findings.count; i++) {
		xfw_finding_t *finding = &inquiry->findings.item[i];

		if (finding->check == XFW_CHECK_TLS) {
			finding->result = XFW_RESULT_FAILED;
			say(finding->note, sizeof(finding->note), "%s",
			    note);
		}
	}
}

/* It is over; the note of the question's finding says why. */
static void
lose(xfw_inquiry_t *inquiry) {
	unsigned long error = ERR_peek_error();
	const char *reason = ERR_reason_error_string(error);
	char *note = inquiry->finding.note;

	if (is_alert(error)) {
		say(note, XFW_FINDING_NOTE, "alert from the primary: %s%s",
		    alert_text(error), inquiry->tls->aside);
		if (inquiry->tcp.got == 0) {
			take_back(inquiry, note);
		}
	} else {
		say(note, XFW_FINDING_NOTE, "TLS: %s",
		    reason != NULL ? reason : "broken off");
	}
}

ssize_t
xfw_inquiry_tls_send(xfw_inquiry_t *inquiry, const void *data, size_t len) {
	xfw_inquiry_tls_t *tls = inquiry->tls;
	int sent, kind, error;

	ERR_clear_error();
	sent = SSL_write(tls->ssl, data, (int)len);
	kind = SSL_get_error(tls->ssl, sent);
	if (sent <= 0 && kind != SSL_ERROR_WANT_READ) {
		lose(inquiry);
		errno = EPIPE;
		return (-1);
	}
	error = flush_if_open(inquiry);
	errno = error != 0 ? error : EAGAIN;
	return (error == 0 && sent > 0 ? sent : -1);
}

ssize_t
xfw_inquiry_tls_recv(xfw_inquiry_t *inquiry, void *at, size_t size) {
	xfw_inquiry_tls_t *tls = inquiry->tls;

	for (unsigned chunks = 0;; chunks++) {
		int len, kind, error;
		ssize_t more;

		ERR_clear_error();
		len = SSL_read(tls->ssl, at, (int)size);
		kind = SSL_get_error(tls->ssl, len);
		if (len > 0) {
			return (len);
		} else if (kind == SSL_ERROR_ZERO_RETURN) {
			return (0);
		} else if (kind != SSL_ERROR_WANT_READ) {
			lose(inquiry);
			return (0);
		}
		if ((error = flush_if_open(inquiry)) != 0) {
			errno = error;
			return (-1);
		}
		if (chunks == CHUNKS_MAX) {
			errno = EAGAIN; /* the loop has other work, too */
			return (-1);
		}
		more = fill(inquiry);
		if (more <= 0) {
			return (more);
		}
	}
}
