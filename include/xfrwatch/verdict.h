/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The verdict: what the findings of an inquiry make of the cause that named's log
 * gave, how sure that is, and which finding speaks for it or against it.
 *
 * Confidence, in percent, as the manual states it:
 *   c starts with how sure the log line alone is (xfw_verdict_heard());
 *   each finding that agrees halves what is missing to 100;
 *   3 zones with the same cause take a quarter of what is missing, 10 another one;
 *   each finding that contradicts takes two fifths of c;
 *   of the zones that were asked in this incident, those that gave another verdict
 *   take their share of half of c;
 *   the end is within 5 and 99.
 *
 * Guarantee: pure functions; they never block, allocate or log.
 * Threads: any; in practice the monitor's.
 */
#ifndef XFRWATCH_VERDICT_H
#define XFRWATCH_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include <xfrwatch/cause.h>
#include <xfrwatch/finding.h>

typedef enum xfw_stance {
	XFW_STANCE_NONE = 0, /* says nothing about it */
	XFW_STANCE_AGREES,
	XFW_STANCE_CONTRADICTS
} xfw_stance_t;

/* "-", "agrees", "contradicts" */
const char *
xfw_stance_name(xfw_stance_t stance);

/* What is known beside the findings. */
typedef struct xfw_case {
	xfw_cause_t heard;    /* the cause that named's lines gave */
	uint32_t zones;	      /* that fail with it at this primary */
	uint32_t asked;	      /* of them, asked about so far, this one included */
	uint32_t agreed;      /* ... that gave the cause that is held now */
	bool has_serving;
	uint32_t serving;     /* serial that we serve */
	int64_t signature_s;  /* first expiry of our copy's SOA RRSIG; 0: none */
	/* named may ask with a key, or from an address, that we do not know: that the
	 * primary refuses us, or has no such zone for us, says nothing then, nor that it
	 * answers; nor does a TLS handshake in which nothing is verified. */
	bool blind;
} xfw_case_t;

#define XFW_VERDICT_WHY 160

typedef struct xfw_verdict {
	xfw_cause_t cause;	/* `heard`, or what it is in truth */
	uint8_t confidence;	/* percent */
	bool well;		/* every check that was made succeeded: it may be over */
	uint8_t stance[XFW_FINDINGS_MAX]; /* xfw_stance_t, as in the findings */
	/* One sentence of what the checks say together, without a full stop: "UDP
	 * port 53 answers, TCP port 53 does not: packet filter". "" if there is
	 * nothing to add. Printable ASCII, no quotes. */
	char why[XFW_VERDICT_WHY];
} xfw_verdict_t;

/* `port`: the primary's, for `why`. */
void
xfw_verdict(const xfw_case_t *about, const xfw_findings_t *findings, uint16_t port,
	    xfw_verdict_t *out);

/* How sure a cause is that only a log line gave, percent. */
uint8_t
xfw_verdict_heard(xfw_cause_t cause);

/* The formula above. */
uint8_t
xfw_verdict_confidence(xfw_cause_t heard, uint32_t zones, unsigned agree,
		       unsigned contradict, uint32_t asked, uint32_t agreed);

/*
 * Whether an inquiry can say anything about the cause at all: not about what went
 * wrong here (no-primaries, local-storage, quota-deferred, ...).
 */
bool
xfw_verdict_asks(xfw_cause_t cause);

#endif /* XFRWATCH_VERDICT_H */
