/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What to do: for each cause a few imperative steps, one table (plans.tbl.h) for
 * all surfaces and the manual, filled in with what is known.
 *
 * Placeholders: {address} {port} {zone} {key} {source}, and whole commands:
 *   {dig-soa}	   dig @10.0.0.53 -p 53 -b 10.0.0.9 example.com SOA +norecurse
 *   {dig-tcp}	   the same with +tcp
 *   {dig-axfr}	   dig ... example.com AXFR
 *   {retransfer}  rndc retransfer example.com [IN view]
 *   {refresh}	   rndc refresh example.com [IN view]
 *   {zonestatus}  rndc zonestatus example.com [IN view]
 *   {allow-transfer}  allow-transfer { key xfr; }; or { 10.0.0.9; };
 * A key is named, its secret never: with a key, dig has "-k KEYFILE". What is not
 * known is put in words: "the primary", "the zone", "this server's address", "the
 * key"; in commands "PRIMARY", "ZONE". What is no plain word of a shell stands in
 * single quotes there, so that a command can be copied whatever the zone's name is.
 *
 * Guarantee: never blocks, allocates or logs. Threads: the monitor's.
 */
#ifndef XFRWATCH_PLAN_H
#define XFRWATCH_PLAN_H

#include <stddef.h>

#include <xfrwatch/cause.h>

typedef struct xfw_plan_context {
	const char *primary; /* "10.0.0.53#53"; NULL or "-": not known */
	const char *zone;    /* key, "name/class[/view]"; NULL: not known */
	const char *key;     /* name of the TSIG key; NULL: none or not known */
	const char *source;  /* our address as the primary sees it; NULL: not known */
} xfw_plan_context_t;

#define XFW_PLAN_STEPS_MAX 6
#define XFW_PLAN_STEP_MAX  4096 /* a name may be 1010 characters, and stands thrice */

/* How many steps the cause has; at least 1, at most XFW_PLAN_STEPS_MAX. */
unsigned
xfw_plan_steps(xfw_cause_t cause);

/*
 * Step `i` (from 0), values escaped as prose (xfw_text_prose()). Returns its length;
 * cut if it does not fit. Requires: i < xfw_plan_steps(cause), size > 0.
 */
size_t
xfw_plan_step(char *buf, size_t size, xfw_cause_t cause, unsigned i,
	      const xfw_plan_context_t *context);

/* The step as it stands in the table. */
const char *
xfw_plan_text(xfw_cause_t cause, unsigned i);

#endif /* XFRWATCH_PLAN_H */
