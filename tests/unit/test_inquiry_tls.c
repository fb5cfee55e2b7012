/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Inquiries over TLS, against a server with OpenSSL in a second thread, and certificates
 * made for the test. That uv_run() returns says that an inquiry leaves nothing behind.
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <xfrwatch/inquiry.h>

#include "../../plugin/core/inquiry_priv.h"

#define GUARD_MS 20000
#define SERIAL	 2026032901u
#define DAY_S	 86400L

static const uint8_t zone_name[] = "\7example"; /* the final 0 is the root */

/*--- certificates ---------------------------------------------------------------*/

typedef struct identity {
	X509 *certificate;
	EVP_PKEY *key;
} identity_t;

#define DIR "/tmp/xfw-tls-XXXXXX"
static char dir[sizeof(DIR)];
static identity_t authority, other, good, expired, early, alone, client;

static const char *
path_of(const char *name) {
	static char path[4][64];
	static unsigned next;

	next = (next + 1) % 4;
	(void)snprintf(path[next], sizeof(path[next]), "%s/%s", dir, name);
	return (path[next]);
}

static void
extend(X509 *certificate, int nid, const char *value) {
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	ck_assert_ptr_nonnull(extension);
	ck_assert_int_eq(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

/* Valid from and until so many days from now; issuer NULL: signed by itself. */
static identity_t
identity(const char *name, const char *alt, long from, long until,
	 const identity_t *issuer) {
	identity_t made = { X509_new(), EVP_EC_gen("P-256") };
	X509_NAME *subject = X509_get_subject_name(made.certificate);
	static long number = 1;

	X509_set_version(made.certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), number++);
	X509_gmtime_adj(X509_getm_notBefore(made.certificate), from * DAY_S);
	X509_gmtime_adj(X509_getm_notAfter(made.certificate), until * DAY_S);
	X509_set_pubkey(made.certificate, made.key);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
				   (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(made.certificate,
			     issuer != NULL
				     ? X509_get_subject_name(issuer->certificate)
				     : subject);
	extend(made.certificate, NID_basic_constraints,
	       alt == NULL ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (alt != NULL) {
		extend(made.certificate, NID_subject_alt_name, alt);
	}
	ck_assert_int_gt(X509_sign(made.certificate,
				   issuer != NULL ? issuer->key : made.key,
				   EVP_sha256()),
			 0);
	return (made);
}

static void
write_certificate(const char *name, const identity_t *from) {
	FILE *file = fopen(path_of(name), "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(PEM_write_X509(file, from->certificate), 1);
	ck_assert_int_eq(fclose(file), 0);
}

/* `word`: what it is locked with, or NULL. */
static void
write_key(const char *name, const identity_t *from, const char *word) {
	FILE *file = fopen(path_of(name), "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(PEM_write_PrivateKey(file, from->key,
					      word != NULL ? EVP_aes_128_cbc() : NULL,
					      (const unsigned char *)word,
					      word != NULL ? (int)strlen(word) : 0,
					      NULL, NULL),
			 1);
	ck_assert_int_eq(fclose(file), 0);
}

static void
make_identities(void) {
	memcpy(dir, DIR, sizeof(DIR)); /* once a test, with or without fork(2) */
	ck_assert_ptr_nonnull(mkdtemp(dir));
	authority = identity("authority", NULL, -100, 100, NULL);
	other = identity("other", NULL, -100, 100, NULL);
	good = identity("server.example", "DNS:server.example,IP:127.0.0.1", -1, 30,
			&authority);
	expired = identity("server.example", "DNS:server.example", -30, -2,
			   &authority);
	early = identity("server.example", "DNS:server.example", 2, 30, &authority);
	alone = identity("a \"b\"\tc", "DNS:server.example", -1, 30, NULL);
	client = identity("client", "DNS:client.example", -1, 30, &authority);
	write_certificate("authority.pem", &authority);
	write_certificate("other.pem", &other);
	write_certificate("client.pem", &client);
	write_key("client.key", &client, NULL);
	write_key("locked.key", &client, "word");
}

static void
forget_identities(void) {
	static const char *const names[] = { "authority.pem", "other.pem",
					     "client.pem", "client.key",
					     "locked.key" };
	identity_t *all[] = { &authority, &other,  &good, &expired,
			      &early,	  &alone, &client };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)unlink(path_of(names[i]));
	}
	(void)rmdir(dir);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		X509_free(all[i]->certificate);
		EVP_PKEY_free(all[i]->key);
	}
}

/*--- the server -----------------------------------------------------------------*/

typedef enum how {
	GOOD,	    /* answers */
	REFUSES,    /* answers REFUSED, unsigned */
	NO_ALPN,    /* knows nothing of it */
	OLD,	    /* TLS 1.2 only */
	NEW,	    /* TLS 1.3 only */
	WANTS_CERT, /* of the client */
	MUTE,	    /* shakes hands, and says nothing more */
	LEAVES,	    /* shakes hands, and closes */
	HALF,	    /* closes in the midst of an answer */
	UPDATES,    /* new keys in the midst of an answer */
	SILENT,	    /* from here on without TLS: as a server of plain DNS */
	GARBAGE,
	CLOSES,
	BREAKS_OFF, /* in the midst of a record */
	TRICKLES,   /* bytes of a record, for ever */
	ENDLESS,    /* handshake messages, for ever */
	SCRAP	    /* a ServerHello that is none */
} how_t;

static how_t how;
static const identity_t *shown;
static int listener = -1;
static pthread_t server;
static struct sockaddr_storage server_address;
static atomic_uint callers, queries, signed_queries;

static bool
read_all(SSL *ssl, uint8_t *to, size_t len) {
	for (size_t got = 0; got < len;) {
		int more = SSL_read(ssl, to + got, (int)(len - got));

		if (more <= 0) {
			return (false);
		}
		got += (size_t)more;
	}
	return (true);
}

static size_t
build(uint8_t *out, const uint8_t *query) {
	static const uint8_t soa[] = { 0xc0, 12, 0, 6, 0, 1, 0, 0, 14, 16, 0, 22, 0, 0 };
	uint32_t numbers[5] = { htonl(SERIAL), htonl(3600), htonl(900),
				htonl(604800), htonl(300) };
	size_t len = 12 + sizeof(zone_name) + 4;

	memcpy(out + 2, query, len);
	out[4] = 0x84; /* QR, AA */
	out[5] = how == REFUSES ? XFW_RCODE_REFUSED : 0;
	memset(out + 8, 0, 6);
	if (how != REFUSES) {
		out[9] = 1;
		memcpy(out + 2 + len, soa, sizeof(soa));
		memcpy(out + 2 + len + sizeof(soa), numbers, sizeof(numbers));
		len += sizeof(soa) + sizeof(numbers);
	}
	out[0] = 0;
	out[1] = (uint8_t)len;
	return (2 + len);
}

static void
answer(SSL *ssl) {
	uint8_t prefix[2], query[1024], out[512];
	size_t len;

	if (!read_all(ssl, prefix, 2) || (len = prefix[0] << 8 | prefix[1]) > 1024 ||
	    !read_all(ssl, query, len))
	{
		return;
	}
	queries++;
	signed_queries += memmem(query, len, "\3key\0\0\372\0\377", 9) != NULL;
	len = build(out, query);
	(void)SSL_write(ssl, out, 20);
	if (how == HALF) {
		return;
	} else if (how == UPDATES) {
		(void)SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
	}
	(void)SSL_write(ssl, out + 20, (int)len - 20);
}

static int
choose_dot(SSL *ssl, const unsigned char **out, unsigned char *out_len,
	   const unsigned char *in, unsigned int in_len, void *arg) {
	(void)ssl;
	(void)arg;
	return (SSL_select_next_proto((unsigned char **)out, out_len,
				      (const unsigned char *)"\3dot", 4, in,
				      in_len) == OPENSSL_NPN_NEGOTIATED
			? SSL_TLSEXT_ERR_OK
			: SSL_TLSEXT_ERR_ALERT_FATAL);
}

static SSL_CTX *
context(void) {
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	SSL_CTX_use_certificate(ctx, shown->certificate);
	SSL_CTX_use_PrivateKey(ctx, shown->key);
	if (how != NO_ALPN) {
		SSL_CTX_set_alpn_select_cb(ctx, choose_dot, NULL);
	}
	if (how == OLD) {
		SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	} else if (how == NEW) {
		SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	} else if (how == WANTS_CERT) {
		X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx),
				    authority.certificate);
		SSL_CTX_set_verify(
			ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
			NULL);
	}
	return (ctx);
}

/* Until the client closes. */
static void
wait_for_end(int fd) {
	uint8_t buf[4096];

	while (recv(fd, buf, sizeof(buf), 0) > 0) {}
}

static void
talk(int fd) {
	SSL_CTX *ctx = context();
	SSL *ssl = SSL_new(ctx);

	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1) {
		if (how == MUTE) {
			wait_for_end(fd);
		} else if (how != LEAVES) {
			answer(ssl);
		}
		(void)SSL_shutdown(ssl);
	}
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}

/* The whole of `data`, again and again, until the client closes. */
static void
repeat(int fd, const void *data, size_t len, unsigned pause_ms) {
	struct pollfd none = { .fd = -1 };

	while (send(fd, data, len, MSG_NOSIGNAL) > 0) {
		(void)poll(&none, 1, (int)pause_ms);
	}
}

static void
serve_one(int fd) {
	uint8_t hello[4096], many[64 * 9];

	switch (how) {
	case SILENT:
		wait_for_end(fd);
		break;
	case CLOSES:
		break;
	case GARBAGE:
		(void)recv(fd, hello, sizeof(hello), 0);
		(void)send(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, MSG_NOSIGNAL);
		wait_for_end(fd);
		break;
	case BREAKS_OFF:
		(void)recv(fd, hello, sizeof(hello), 0);
		(void)send(fd, "\26\3\3\0\200\2\0\0\174", 9, MSG_NOSIGNAL);
		break;
	case SCRAP:
		(void)recv(fd, hello, sizeof(hello), 0);
		(void)send(fd, "\26\3\3\0\10\2\0\0\4abcd", 13, MSG_NOSIGNAL);
		wait_for_end(fd);
		break;
	case TRICKLES:
		(void)send(fd, "\26\3\3\100\0", 5, MSG_NOSIGNAL);
		repeat(fd, "\2", 1, 5);
		break;
	case ENDLESS: /* HelloRequest, of which a client takes no notice */
		for (size_t i = 0; i < 64; i++) {
			memcpy(many + i * 9, "\26\3\3\0\4\0\0\0\0", 9);
		}
		repeat(fd, many, sizeof(many), 0);
		break;
	default:
		talk(fd);
	}
}

static void *
run(void *arg) {
	struct timeval limit = { .tv_sec = 10 };
	int fd;

	(void)arg;
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		callers++;
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
		serve_one(fd);
		(void)close(fd);
	}
	return (NULL);
}

static void
serve(how_t this_way, const identity_t *with) {
	struct sockaddr_in *here = (struct sockaddr_in *)&server_address;
	socklen_t len = sizeof(server_address);

	how = this_way;
	shown = with;
	memset(&server_address, 0, sizeof(server_address));
	here->sin_family = AF_INET;
	here->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)here, sizeof(*here)), 0);
	ck_assert_int_eq(listen(listener, 8), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)here, &len), 0);
	ck_assert_int_eq(pthread_create(&server, NULL, run, NULL), 0);
}

/*--- the frame ------------------------------------------------------------------*/

static uv_loop_t loop;
static uv_timer_t guard;
static xfw_findings_t findings;
static unsigned done_calls;
static xfw_inquiry_spec_t spec;
static xfw_inquiry_t *current;

static void
on_guard(uv_timer_t *timer) {
	(void)timer;
	ck_abort_msg("the loop does not run dry");
}

static void
setup(void) {
	(void)signal(SIGPIPE, SIG_IGN); /* OpenSSL's, in the server */
	make_identities();
	atomic_store(&callers, 0);
	atomic_store(&queries, 0);
	atomic_store(&signed_queries, 0);
	done_calls = 0;
	ck_assert_int_eq(uv_loop_init(&loop), 0);
	(void)uv_timer_init(&loop, &guard);
	ck_assert_int_eq(uv_timer_start(&guard, on_guard, GUARD_MS, 0), 0);
	uv_unref((uv_handle_t *)&guard);
	xfw_inquiry_set_times(NULL);
	memset(&spec, 0, sizeof(spec));
	memcpy(spec.zone, zone_name, sizeof(zone_name));
	spec.zone_len = sizeof(zone_name);
	spec.class_ = XFW_CLASS_IN;
	spec.tls = true;
}

static void
teardown(void) {
	uv_close((uv_handle_t *)&guard, NULL);
	ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
	if (listener >= 0) {
		(void)shutdown(listener, SHUT_RDWR);
		ck_assert_int_eq(pthread_join(server, NULL), 0);
		(void)close(listener);
		listener = -1;
	}
	forget_identities();
}

static bool
hmac_of_secret(xfw_hmac_t type, const uint8_t *secret, size_t secret_len,
	       const uint8_t *data, size_t len, uint8_t *digest) {
	(void)type;
	(void)data;
	(void)len;
	(void)secret_len;
	memset(digest, secret[0], XFW_HMAC_SIZE_MAX);
	return (true);
}

static void
on_done(void *arg, const xfw_findings_t *result) {
	(void)arg;
	done_calls++;
	findings = *result;
}

static int64_t
ask(void) {
	uint64_t since = uv_hrtime();

	spec.to = server_address;
	done_calls = 0;
	current = xfw_inquiry_start(&loop, &spec, hmac_of_secret, on_done, NULL);
	ck_assert_ptr_nonnull(current);
	ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
	ck_assert_uint_eq(done_calls, 1);
	for (size_t i = 0; i < findings.count; i++) {
		for (const char *c = findings.item[i].note; *c != '\0'; c++) {
			ck_assert(*c >= ' ' && *c <= '~' && *c != '"');
		}
	}
	return ((int64_t)((uv_hrtime() - since) / 1000000));
}

static void
verify(const char *ca, const char *host) {
	spec.secure.has_ca = ca != NULL;
	spec.secure.has_host = host != NULL;
	if (ca != NULL) {
		(void)snprintf(spec.secure.ca, sizeof(spec.secure.ca), "%s",
			       path_of(ca));
	}
	(void)snprintf(spec.secure.host, sizeof(spec.secure.host), "%s",
		       host != NULL ? host : "");
}

static const xfw_finding_t *
get(xfw_check_t check) {
	const xfw_finding_t *finding = xfw_findings_get(&findings, check);

	ck_assert_msg(finding != NULL, "%s was not made", xfw_check_name(check));
	return (finding);
}

static void
expect(xfw_check_t check, xfw_result_t result, const char *note) {
	const xfw_finding_t *finding = get(check);

	ck_assert_msg(finding->result == result &&
			      strstr(finding->note, note) != NULL,
		      "%s: result %u (error %d, note \"%s\"), not %u with \"%s\"",
		      xfw_check_name(check), finding->result, finding->error,
		      finding->note, result, note);
}

/* The handshake failed, and nothing was said without it. */
static void
expect_failed(xfw_result_t result, const char *note) {
	expect(XFW_CHECK_TCP_CONNECT, XFW_RESULT_DONE, "");
	expect(XFW_CHECK_TLS, result, note);
	ck_assert_uint_eq(findings.count, 2);
	ck_assert_uint_eq(queries, 0);
}

static void
expect_serial(void) {
	expect(XFW_CHECK_TCP_SOA, XFW_RESULT_ANSWER, "");
	ck_assert_uint_eq(get(XFW_CHECK_TCP_SOA)->serial, SERIAL);
}

static const char *
day(int from_now) {
	static char text[16];
	time_t when = time(NULL) + from_now * DAY_S;
	struct tm tm;

	(void)strftime(text, sizeof(text), "%Y-%m-%d", gmtime_r(&when, &tm));
	return (text);
}

/*--- handshakes -----------------------------------------------------------------*/

START_TEST(a_good_primary_is_asked_over_tls) {
	char note[XFW_FINDING_NOTE];

	serve(GOOD, &good);
	verify("authority.pem", "server.example");
	(void)ask();
	ck_assert_uint_eq(findings.count, 3);
	expect(XFW_CHECK_TCP_CONNECT, XFW_RESULT_DONE, "");
	(void)snprintf(note, sizeof(note),
		       "TLSv1.3, certificate CN=server.example, valid until %s",
		       day(30));
	expect(XFW_CHECK_TLS, XFW_RESULT_DONE, note);
	ck_assert_str_eq(get(XFW_CHECK_TLS)->note, note);
	expect_serial();
	ck_assert_uint_eq(callers, 1);
	ck_assert_uint_gt(get(XFW_CHECK_TLS)->rtt_us, 0);
}
END_TEST

/* Without a name it is the address that counts. */
START_TEST(the_address_is_the_name_by_default) {
	serve(GOOD, _i == 0 ? &good : &client);
	verify("authority.pem", NULL);
	(void)ask();
	if (_i == 0) {
		expect_serial();
	} else {
		expect_failed(XFW_RESULT_FAILED,
			      "certificate CN=client is not for the address");
	}
}
END_TEST

START_TEST(what_does_not_verify_is_told) {
	static const struct {
		const identity_t *shown;
		const char *ca, *host, *note;
	} cases[] = {
		{ &expired, "authority.pem", "server.example",
		  "certificate CN=server.example until " },
		{ &expired, "authority.pem", "server.example",
		  "certificate has expired" },
		{ &early, "authority.pem", "server.example", "not yet valid" },
		{ &good, "authority.pem", "elsewhere.example",
		  "certificate CN=server.example is not for elsewhere.example" },
		{ &good, "other.pem", "server.example",
		  "certificate CN=server.example: unable to get local issuer" },
		{ &alone, "authority.pem", "server.example",
		  "certificate CN=a??b??c: self-signed certificate" },
		{ &good, "authority.pem", "127.0.0.2", "is not for the address" },
		{ &good, NULL, "server.example", "unable to get local issuer" },
	};

	serve(GOOD, cases[_i].shown);
	verify(cases[_i].ca, cases[_i].host);
	(void)ask();
	expect_failed(XFW_RESULT_FAILED, cases[_i].note);
}
END_TEST

/* named would not look either. */
START_TEST(without_ca_and_name_nothing_is_verified) {
	static const struct {
		const identity_t *shown;
		const char *note;
	} cases[] = {
		{ &good, ", unverified" },
		{ &expired, "certificate CN=server.example, expired " },
		{ &early, ", not valid yet, unverified" },
		{ &alone, ", self-signed, unverified" },
	};

	serve(GOOD, cases[_i].shown);
	(void)ask();
	expect(XFW_CHECK_TLS, XFW_RESULT_DONE, cases[_i].note);
	expect_serial();
}
END_TEST

START_TEST(versions_are_as_the_statement_says) {
	spec.secure.v12 = _i == 0 || _i == 2;
	spec.secure.v13 = _i == 1 || _i == 3;
	serve(_i == 0 || _i == 3 ? OLD : NEW, &good);
	(void)ask();
	if (_i < 2) {
		expect(XFW_CHECK_TLS, XFW_RESULT_DONE, _i == 0 ? "TLSv1.2" : "TLSv1.3");
		expect_serial();
	} else {
		expect_failed(XFW_RESULT_FAILED, "protocol version");
	}
}
END_TEST

START_TEST(ciphers_are_as_the_statement_says) {
	spec.secure.v12 = true;
	(void)snprintf(spec.secure.ciphers, sizeof(spec.secure.ciphers), "%s",
		       _i == 0 ? "ECDHE-ECDSA-AES256-GCM-SHA384"
		       : _i == 1 ? "ECDHE-RSA-AES256-GCM-SHA384"
				 : "no such cipher");
	serve(GOOD, &good);
	(void)ask();
	if (_i == 0) {
		expect_serial();
	} else {
		expect_failed(_i == 1 ? XFW_RESULT_FAILED : XFW_RESULT_LOCAL,
			      _i == 1 ? "alert from the primary: handshake failure"
				      : "ciphers of the tls statement cannot");
	}
}
END_TEST

START_TEST(a_server_that_is_not_for_dns_is_told) {
	serve(NO_ALPN, &good);
	(void)ask();
	expect_failed(XFW_RESULT_FAILED, "does not agree on ALPN dot");
}
END_TEST

/*--- files ----------------------------------------------------------------------*/

static void
show_certificate(const char *cert, const char *key) {
	(void)snprintf(spec.secure.cert, sizeof(spec.secure.cert), "%s", path_of(cert));
	(void)snprintf(spec.secure.key, sizeof(spec.secure.key), "%s", path_of(key));
}

START_TEST(the_certificate_that_is_wanted_is_shown) {
	serve(WANTS_CERT, &good);
	verify("authority.pem", "server.example");
	show_certificate("client.pem", "client.key");
	(void)ask();
	expect(XFW_CHECK_TLS, XFW_RESULT_DONE, "CN=server.example");
	expect_serial();
}
END_TEST

/* The server says so only after the client is done. A locked key is one that cannot be
 * used: nobody is asked for a word, on a terminal or where nothing ever comes. */
START_TEST(a_certificate_that_is_missed_is_told) {
	static const char *const notes[] = {
		"certificate required",
		"certificate required; no key-file: No such file",
		"certificate required; no cert-file: No such file",
		"certificate required; no client certificate: files",
		"certificate required; no cert-file: Invalid argument",
		"certificate required; no client certificate: files",
	};
	int mute[2];

	ck_assert_int_eq(pipe(mute), 0);
	ck_assert_int_eq(dup2(mute[0], 0), 0);
	serve(WANTS_CERT, &good);
	verify("authority.pem", "server.example");
	if (_i > 0) {
		show_certificate(_i == 2 ? "none" : _i == 4 ? "" : "client.pem",
				 _i == 1   ? "none"
				 : _i == 5 ? "locked.key"
					   : "client.pem");
	}
	(void)ask();
	expect(XFW_CHECK_TLS, XFW_RESULT_FAILED, notes[_i]);
	expect(XFW_CHECK_TCP_SOA, XFW_RESULT_CLOSED, "certificate required");
	ck_assert_uint_eq(queries, 0);
}
END_TEST

START_TEST(authorities_that_cannot_be_read_are_told) {
	serve(GOOD, &good);
	verify(_i == 0 ? "none" : _i == 1 ? "client.key" : "", "server.example");
	(void)ask();
	expect_failed(XFW_RESULT_LOCAL, _i == 1 ? "the ca-file of the tls statement "
						  "cannot be used"
						: "cannot be read");
	ck_assert_int_eq(get(XFW_CHECK_TLS)->error,
			 _i == 0 ? ENOENT : _i == 1 ? 0 : EINVAL);
}
END_TEST

/*--- what is no TLS -------------------------------------------------------------*/

START_TEST(what_speaks_no_tls_is_told) {
	serve(GARBAGE, &good);
	(void)ask();
	expect_failed(XFW_RESULT_FAILED, "the port does not speak TLS");
}
END_TEST

START_TEST(silence_is_told) {
	int64_t took;

	serve(SILENT, &good);
	xfw_inquiry_set_times(&(xfw_inquiry_times_t){ 1000, 5000, 150 });
	took = ask();
	expect_failed(XFW_RESULT_TIMEOUT, "the port may be for plain DNS");
	ck_assert_int_lt(took, 5000);
}
END_TEST

START_TEST(a_connection_that_is_closed_is_told) {
	serve(_i == 0 ? CLOSES : BREAKS_OFF, &good);
	(void)ask();
	expect_failed(XFW_RESULT_CLOSED,
		      _i == 0 ? "" : "after 9 bytes of the handshake");
}
END_TEST

START_TEST(bytes_that_trickle_buy_no_time) {
	serve(TRICKLES, &good);
	xfw_inquiry_set_times(&(xfw_inquiry_times_t){ 1000, 5000, 150 });
	ck_assert_int_lt(ask(), 5000);
	expect_failed(XFW_RESULT_TIMEOUT, "bytes of the handshake came");
}
END_TEST

START_TEST(a_handshake_without_end_is_ended) {
	serve(ENDLESS, &good);
	(void)ask();
	expect_failed(XFW_RESULT_FAILED, "");
	ck_assert_uint_lt(get(XFW_CHECK_TLS)->rtt_us, 3900000);
}
END_TEST

START_TEST(scraps_of_tls_are_told) {
	serve(SCRAP, &good);
	(void)ask();
	expect_failed(XFW_RESULT_FAILED, "length");
}
END_TEST

/*--- questions over it ----------------------------------------------------------*/

START_TEST(silence_after_the_handshake_is_told) {
	serve(MUTE, &good);
	xfw_inquiry_set_times(&(xfw_inquiry_times_t){ 1000, 5000, 400 });
	(void)ask();
	expect(XFW_CHECK_TLS, XFW_RESULT_DONE, "");
	expect(XFW_CHECK_TCP_SOA, XFW_RESULT_TIMEOUT, "");
}
END_TEST

START_TEST(so_is_an_end) {
	serve(_i == 0 ? LEAVES : HALF, &good);
	(void)ask();
	expect(XFW_CHECK_TLS, XFW_RESULT_DONE, "");
	expect(XFW_CHECK_TCP_SOA, XFW_RESULT_CLOSED,
	       _i == 0 ? "" : "after 20 bytes of an answer");
}
END_TEST

START_TEST(new_keys_do_no_harm) {
	serve(UPDATES, &good);
	(void)ask();
	expect_serial();
}
END_TEST

/* Signed as configured; then unsigned, over a connection of its own, TLS too. */
START_TEST(keys_are_used_over_tls) {
	serve(REFUSES, &good);
	spec.has_key = true;
	memcpy(spec.key.name, "\3key", 5);
	spec.key.name_len = 5;
	spec.key.algorithm = XFW_HMAC_SHA256;
	spec.key.secret_len = 6;
	memcpy(spec.key.secret, "secret", 6);
	verify("authority.pem", "server.example");
	(void)ask();
	expect(XFW_CHECK_TCP_SOA, XFW_RESULT_ANSWER, "");
	ck_assert_uint_eq(get(XFW_CHECK_TCP_SOA)->tsig, XFW_TSIG_ABSENT);
	expect(XFW_CHECK_TCP_SOA_UNSIGNED, XFW_RESULT_ANSWER, "");
	ck_assert_uint_eq(get(XFW_CHECK_TCP_SOA_UNSIGNED)->rcode, XFW_RCODE_REFUSED);
	ck_assert_uint_eq(findings.count, 4);
	ck_assert_uint_eq(callers, 2);
	ck_assert_uint_eq(queries, 2);
	ck_assert_uint_eq(signed_queries, 1);
}
END_TEST

START_TEST(a_statement_that_could_not_be_read_is_not_tried) {
	serve(GOOD, &good);
	spec.secure.unread = true;
	(void)ask();
	ck_assert_uint_eq(findings.count, 2);
	ck_assert_uint_eq(findings.item[1].check, XFW_CHECK_TLS);
	ck_assert_uint_eq(findings.item[1].result, XFW_RESULT_NONE);
	ck_assert_str_eq(findings.item[1].note, "not checked");
	ck_assert_uint_eq(queries, 0);
}
END_TEST

/* In the midst of the handshake, and of the question after it. */
START_TEST(cancelled_it_says_nothing_more) {
	int check = _i == 0 ? XFW_CHECK_TLS : XFW_CHECK_TCP_SOA;

	serve(_i == 0 ? SILENT : MUTE, &good);
	spec.to = server_address;
	current = xfw_inquiry_start(&loop, &spec, hmac_of_secret, on_done, NULL);
	while (!current->asking || current->finding.check != check) {
		ck_assert_int_ne(uv_run(&loop, UV_RUN_ONCE), 0);
	}
	ck_assert_ptr_nonnull(current->tls);
	xfw_inquiry_cancel(current);
	ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
	ck_assert_uint_eq(done_calls, 0);
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("inquiry over TLS");
	TCase *tcase = tcase_create("tls");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_good_primary_is_asked_over_tls);
	tcase_add_loop_test(tcase, the_address_is_the_name_by_default, 0, 2);
	tcase_add_loop_test(tcase, what_does_not_verify_is_told, 0, 8);
	tcase_add_loop_test(tcase, without_ca_and_name_nothing_is_verified, 0, 4);
	tcase_add_loop_test(tcase, versions_are_as_the_statement_says, 0, 4);
	tcase_add_loop_test(tcase, ciphers_are_as_the_statement_says, 0, 3);
	tcase_add_test(tcase, a_server_that_is_not_for_dns_is_told);
	tcase_add_test(tcase, the_certificate_that_is_wanted_is_shown);
	tcase_add_loop_test(tcase, a_certificate_that_is_missed_is_told, 0, 6);
	tcase_add_loop_test(tcase, authorities_that_cannot_be_read_are_told, 0, 3);
	tcase_add_test(tcase, what_speaks_no_tls_is_told);
	tcase_add_test(tcase, silence_is_told);
	tcase_add_loop_test(tcase, a_connection_that_is_closed_is_told, 0, 2);
	tcase_add_test(tcase, bytes_that_trickle_buy_no_time);
	tcase_add_test(tcase, a_handshake_without_end_is_ended);
	tcase_add_test(tcase, scraps_of_tls_are_told);
	tcase_add_test(tcase, silence_after_the_handshake_is_told);
	tcase_add_loop_test(tcase, so_is_an_end, 0, 2);
	tcase_add_test(tcase, new_keys_do_no_harm);
	tcase_add_test(tcase, keys_are_used_over_tls);
	tcase_add_test(tcase, a_statement_that_could_not_be_read_is_not_tried);
	tcase_add_loop_test(tcase, cancelled_it_says_nothing_more, 0, 2);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
