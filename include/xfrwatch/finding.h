/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Findings: what xfrwatch saw when it asked a primary itself. One finding a
 * check; the checks are one table (checks.tbl.h). They are the evidence on which
 * a verdict (verdict.h) stands, and are shown as they are.
 *
 * Guarantee: plain data; no pointers, no secrets. Functions never block, allocate
 * or log.
 * Threads: the monitor's.
 * Clocks: `_ms` realtime milliseconds since the epoch, `_s` realtime seconds,
 * `_us` an interval in microseconds.
 */
#ifndef XFRWATCH_FINDING_H
#define XFRWATCH_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum xfw_check {
#define XFW_CHECK(id, name, meaning) XFW_CHECK_##id,
#include <xfrwatch/checks.tbl.h>
#undef XFW_CHECK
	XFW_CHECK_COUNT
} xfw_check_t;

/* "soa-udp", ...; never NULL. */
const char *
xfw_check_name(xfw_check_t check);

typedef enum xfw_result {
	XFW_RESULT_NONE = 0,	/* not made */
	XFW_RESULT_ANSWER,	/* a DNS message that answers the question */
	XFW_RESULT_DONE,	/* connected; handshake done; key or source found */
	XFW_RESULT_TIMEOUT,
	XFW_RESULT_REFUSED,	/* ECONNREFUSED: reset, or ICMP port unreachable */
	XFW_RESULT_UNREACHABLE, /* ENETUNREACH, EHOSTUNREACH and the like */
	XFW_RESULT_DENIED,	/* EACCES, EPERM: firewall or local policy */
	XFW_RESULT_CLOSED,	/* closed or reset by the peer before an answer */
	XFW_RESULT_LOCAL,	/* could not even be tried here: see `error` */
	XFW_RESULT_MALFORMED,	/* an answer that is not correct DNS, or not to this */
	XFW_RESULT_MISSING,	/* key or source that is not there */
	XFW_RESULT_FAILED,	/* handshake: see `note` */
	XFW_RESULT_COUNT
} xfw_result_t;

/* What the TSIG record (RFC 8945) of an answer said. */
typedef enum xfw_tsig_state {
	XFW_TSIG_NONE = 0,    /* query not signed, answer neither */
	XFW_TSIG_GOOD,	      /* signed, and the signature verifies */
	XFW_TSIG_ERROR,	      /* its error field says why not: `tsig_error` */
	XFW_TSIG_ABSENT,      /* query signed, answer is not */
	XFW_TSIG_WRONG,	      /* signature does not verify with our key */
	XFW_TSIG_UNASKED      /* answer signed although the query was not */
} xfw_tsig_state_t;

#define XFW_TSIG_BADSIG	  16
#define XFW_TSIG_BADKEY	  17
#define XFW_TSIG_BADTIME  18
#define XFW_TSIG_BADTRUNC 22

#define XFW_RCODE_NOERROR  0
#define XFW_RCODE_FORMERR  1
#define XFW_RCODE_SERVFAIL 2
#define XFW_RCODE_NXDOMAIN 3
#define XFW_RCODE_NOTIMP   4
#define XFW_RCODE_REFUSED  5
#define XFW_RCODE_NOTAUTH  9

#define XFW_FINDING_NOTE 96

typedef struct xfw_finding {
	int64_t at_ms;		/* when it was known */
	uint32_t rtt_us;	/* from the question to it */
	uint8_t check;		/* xfw_check_t */
	uint8_t result;		/* xfw_result_t */
	uint8_t tsig;		/* xfw_tsig_state_t */
	bool authoritative;	/* AA */
	bool truncated;		/* TC */
	bool has_serial;
	uint16_t rcode;		/* with the answer; 0xffff: none */
	uint16_t tsig_error;	/* RFC 8945, 3: 16, 17, 18, 22, or what came */
	int error;		/* errno of what failed; 0: none */
	uint32_t serial;	/* of the SOA record in the answer */
	uint16_t soas;		/* how many of them, at the zone's name */
	int64_t their_time_s;	/* BADTIME: the primary's clock; 0: not told */
	int64_t our_time_s;	/* the time that we signed with */
	int64_t signature_s;	/* first expiry of the SOA's RRSIGs; 0: none seen */
	char note[XFW_FINDING_NOTE]; /* printable ASCII, NUL-terminated; "" for none */
} xfw_finding_t;

/* Of one inquiry, in the order in which they were made. */
#define XFW_FINDINGS_MAX 12
typedef struct xfw_findings {
	size_t count;
	xfw_finding_t item[XFW_FINDINGS_MAX];
} xfw_findings_t;

/* The finding of that check, or NULL if it was not made. */
const xfw_finding_t *
xfw_findings_get(const xfw_findings_t *findings, xfw_check_t check);

/*
 * The finding in words, for all surfaces alike: "NOERROR, authoritative, serial
 * 2026032901, 1.2 ms", "timed out after 3 s", "connection refused", "TSIG error
 * BADKEY". Printable ASCII without quotes. Returns its length; cut if it does not
 * fit. `size` > 0.
 */
size_t
xfw_finding_text(char *buf, size_t size, const xfw_finding_t *finding);

/* "NOERROR", "REFUSED", ... or "RCODE4095"; never NULL. */
const char *
xfw_rcode_name(uint16_t rcode);

/* "BADKEY", ... or "TSIG-ERROR-99"; never NULL. In a buffer of the function's own
 * if it has no name. */
const char *
xfw_tsig_error_name(uint16_t error);

#endif /* XFRWATCH_FINDING_H */
