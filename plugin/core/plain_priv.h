/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Between the files that read parameters without libisccfg (plain.h): the words of the
 * text, what is complained about, address-match lists.
 *
 * Guarantee: bounded by the text; nothing here aborts.
 * Threads: a reader is one thread's. xfw_plain_match(): the monitor's.
 */
#ifndef XFW_PLAIN_PRIV_H
#define XFW_PLAIN_PRIV_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xfrwatch/plain.h>

/*--- words (plain_lex.c) --------------------------------------------------------*/

/* A longer word is cut, and ends in "...": no value that is allowed does. */
#define XFW_PLAIN_WORD_MAX 1024

typedef enum xfw_plain_kind {
	XFW_PLAIN_END,	/* of the text */
	XFW_PLAIN_OPEN, /* the end, inside of a comment or of a quoted string */
	XFW_PLAIN_WORD,
	XFW_PLAIN_QUOTED,
	XFW_PLAIN_MARK, /* one of { } ; / ! */
} xfw_plain_kind_t;

typedef struct xfw_plain_lexer {
	const char *at;
	unsigned long line; /* of `at`, from 0: where a token that was read ends */
	bool again;	    /* the token is to be read once more */
	/* The token. */
	xfw_plain_kind_t kind;
	const char *begin; /* as it stands in the text, quotes included */
	size_t len;
	char word[XFW_PLAIN_WORD_MAX]; /* without quotes; a mark; "" at the end */
} xfw_plain_lexer_t;

void
xfw_plain_lex(xfw_plain_lexer_t *lexer);

/*--- reading (plain_read.c) ------------------------------------------------------*/

typedef struct xfw_plain_reader {
	xfw_plain_lexer_t lexer;
	xfw_plain_complain_t complain; /* NULL: nobody listens */
	void *arg;
	unsigned int complaints;
	bool wrong;  /* something was */
	bool broken; /* the text's form was */
	bool open;   /* it ends inside of something: no more about its form */
} xfw_plain_reader_t;

void
xfw_plain_complain(xfw_plain_reader_t *reader, unsigned long line,
		   const char *format, ...) __attribute__((format(printf, 3, 4)));

/*
 * About the text's form, in libisccfg's words: what is wrong, " near ", " before " or
 * " ", and the token.
 */
void
xfw_plain_error(xfw_plain_reader_t *reader, const char *where, const char *format,
		...) __attribute__((format(printf, 3, 4)));

/* The next token, in reader->lexer. */
void
xfw_plain_next(xfw_plain_reader_t *reader);

/* The token shall be read again. */
void
xfw_plain_unread(xfw_plain_reader_t *reader);

/* Whether the token is that mark. */
bool
xfw_plain_is(const xfw_plain_reader_t *reader, char mark);

/* Whether the token is that word, in any case, without quotes. */
bool
xfw_plain_is_word(const xfw_plain_reader_t *reader, const char *word);

/* Reads a mark, a word (quoted or not): false, a complaint, and the token left, if
 * something else is there. */
bool
xfw_plain_expect(xfw_plain_reader_t *reader, char mark);
bool
xfw_plain_string(xfw_plain_reader_t *reader);

/* The ';' behind a statement; a complaint if it is missing. */
void
xfw_plain_semicolon(xfw_plain_reader_t *reader);

/* To behind the ';' that ends the statement, or before the '}' that ends its block. */
void
xfw_plain_skip(xfw_plain_reader_t *reader);

/*--- values (plain_values.c) -----------------------------------------------------*/

/*
 * What stands behind the name of a parameter. What is wrong is complained about and
 * leaves *out as it is. Returns false if the statement cannot be read on.
 */
bool
xfw_plain_bool(xfw_plain_reader_t *reader, const char *name, bool *out);
bool
xfw_plain_number(xfw_plain_reader_t *reader, const char *name, unsigned long min,
		 unsigned long max, bool power, uint32_t *out);
bool
xfw_plain_facility(xfw_plain_reader_t *reader, const char *name, int *out);
bool
xfw_plain_escalation(xfw_plain_reader_t *reader, const char *name,
		     xfw_escalation_t *out);
bool
xfw_plain_days(xfw_plain_reader_t *reader, const char *name, unsigned long min,
	       unsigned long max, uint16_t *warning, uint16_t *err);

/*--- address-match lists (plain_acl.c) ---------------------------------------------*/

/* More elements would take the monitor too long; deeper ones would take its stack. */
#define XFW_PLAIN_ACL_MAX	4096
#define XFW_PLAIN_ACL_DEPTH_MAX 32

typedef enum xfw_plain_match {
	XFW_PLAIN_PREFIX, /* `any` is two, of no bits */
	XFW_PLAIN_LOCALHOST,
	XFW_PLAIN_LOCALNETS,
	XFW_PLAIN_NESTED, /* the elements up to `behind` */
} xfw_plain_match_t;

typedef struct xfw_plain_element {
	xfw_plain_match_t kind;
	bool negative;
	uint8_t bits;
	int family;
	uint8_t address[16];
	uint32_t behind; /* the number of the next element of the same list */
} xfw_plain_element_t;

typedef struct xfw_plain_acl {
	uint32_t count;
	uint32_t room;
	xfw_plain_element_t *elements; /* a list's own are behind it */
} xfw_plain_acl_t;

/* A copy, as the last one; false on lack of memory. */
bool
xfw_plain_acl_add(xfw_plain_acl_t *acl, const xfw_plain_element_t *element);

/*
 * The list in braces that was added as number `at`, with all that is in it, is to stand
 * for its elements, as named takes it if nothing in it says `!` or `none`. `from`: the
 * first element of the list around it.
 */
void
xfw_plain_acl_merge(xfw_plain_acl_t *acl, uint32_t from, uint32_t at);

/* `{ localhost; }`; NULL on lack of memory. */
xfw_plain_acl_t *
xfw_plain_acl_default(void);

void
xfw_plain_acl_free(xfw_plain_acl_t *acl);

/* As xfw_plain_allowed(), at `now_s` of the monotonic clock. */
bool
xfw_plain_matches(const xfw_plain_acl_t *acl, const struct sockaddr *peer,
		  int64_t now_s);

/*--- reading them (plain_aml.c) ------------------------------------------------------*/

/*
 * `{ ... }`, behind which the reader stands then. *out is NULL if the list is of no use,
 * which was complained about in the name of the listener at `name`. Returns false if
 * the statement cannot be read on.
 */
bool
xfw_plain_acl_read(xfw_plain_reader_t *reader, const char *name,
		   xfw_plain_acl_t **out);

/* "2001:db8::1", "fe80::1%eth0"; `scope` may be NULL. */
bool
xfw_plain_address6(const char *word, struct in6_addr *address, uint32_t *scope);

/*--- this machine (plain_nets.c) ----------------------------------------------------*/

/* Interfaces are looked at that often; addresses beyond the limit are nobody's. */
#define XFW_PLAIN_NETS_S   5
#define XFW_PLAIN_NETS_MAX 4096

/* Whether it is an address of an interface that is up; or in a network of such a one.
 * `address` holds 4 or 16 bytes. */
bool
xfw_plain_is_localhost(int family, const uint8_t *address, int64_t now_s);
bool
xfw_plain_is_localnet(int family, const uint8_t *address, int64_t now_s);

/* Whether the first `bits` are the same. */
bool
xfw_plain_same_bits(const uint8_t *a, const uint8_t *b, unsigned int bits);

/*--- statistics-channel (plain_channel.c) ---------------------------------------------*/

/* More are left out: each is a socket. */
#define XFW_PLAIN_LISTENERS_MAX 64

/* What stands behind `statistics-channel`; false if it cannot be read on. */
bool
xfw_plain_channel(xfw_plain_reader_t *reader, xfw_listener_t **listeners);

#endif /* XFW_PLAIN_PRIV_H */
