/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Measures the classifier: nanoseconds a line, for each kind of line that
 * libdns logs, from those it must pass over to the longest it must take apart.
 * The budget of tap, classifier and ring together is 1000 ns.  One thread.
 *
 *	bench_classify [ROUNDS]
 *
 * Each line is measured in ROUNDS batches (default 25); the median and the
 * fastest batch are printed.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xfrwatch/classify.h>
#include <xfrwatch/key.h>

#define BATCH	   20000
#define ROUNDS_MAX 1001

static const struct {
	const char *what, *category;
	int level;
	const char *text;
} lines[] = {
	{ "resolver", "resolver", -1,
	  "DNS format error from 192.0.2.1#53 resolving example.com/A" },
	{ "lame server", "lame-servers", -1,
	  "connection refused resolving 'example.com/A/IN': 192.0.2.1#53" },
	{ "dnssec", "dnssec", -1,
	  "validating example.com/SOA: no valid signature found" },
	{ "sending notifies", "notify", -1,
	  "zone example.com/IN: sending notifies (serial 2026032801)" },
	{ "key event", "dnssec", -1,
	  "zone example.com/IN: next key event: 21-Nov-2026 03:00:00.000" },
	{ "debug: enter", "general", 1,
	  "zone_settimer: zone example.com/IN: enter" },
	{ "loaded serial", "zoneload", -1,
	  "zone example.com/IN: loaded serial 2026032801" },
	{ "SOA timeout", "general", -1,
	  "zone example.com/IN: refresh: retry limit for primary 192.0.2.1#53 "
	  "exceeded (source 0.0.0.0#0)" },
	{ "SOA failure", "general", -1,
	  "zone example.com/IN: refresh: failure trying primary 192.0.2.1#53 "
	  "(source 0.0.0.0#0): connection refused" },
	{ "SOA failure, IPv6", "xfer-in", -1,
	  "zone host.department.example.com/IN/internal: refresh: failure "
	  "trying primary 2001:db8:1234:5678:9abc:def0:1234:5678#53 (source "
	  "::#0): tsig indicates error" },
	{ "rcode", "general", -1,
	  "zone example.com/IN: refresh: unexpected rcode (SERVFAIL) from "
	  "primary 192.0.2.1#53 (source 0.0.0.0#0)" },
	{ "started", "xfer-in", -1, "zone example.com/IN: Transfer started." },
	{ "connected", "xfer-in", -1,
	  "transfer of 'example.com/IN' from 192.0.2.1#53: connected using "
	  "192.0.2.1#53" },
	{ "connect failure", "xfer-in", -4,
	  "transfer of 'example.com/IN' from 192.0.2.1#53: failed to connect: "
	  "timed out" },
	{ "same in 9.20", "xfer-in", -4,
	  "0x7f34c0de8000: transfer of 'example.com/IN' from 192.0.2.1#53: "
	  "failed to connect: timed out" },
	{ "serial", "xfer-in", -1,
	  "zone example.com/IN: transferred serial 2026032901" },
	{ "status", "xfer-in", -1,
	  "transfer of 'example.com/IN' from 192.0.2.1#53: Transfer status: "
	  "success" },
	{ "completed", "xfer-in", -1,
	  "transfer of 'example.com/IN' from 192.0.2.1#53: Transfer completed: "
	  "1 messages, 6 records, 215 bytes, 0.001 secs (215000 bytes/sec) "
	  "(serial 2026032901)" },
	{ "unknown", "xfer-in", -1,
	  "transfer of 'example.com/IN' from 192.0.2.1#53: a message that no "
	  "table holds" },
	{ "journal error", "general", -4,
	  "/var/cache/bind/example.com.db.jnl: write: ran out of space" },
};

static uint64_t
now_ns(void) {
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec);
}

static int
by_value(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;

	return ((x > y) - (x < y));
}

static volatile uint64_t sink;

int
main(int argc, char **argv) {
	static double each[ROUNDS_MAX];
	static xfw_event_t ev;
	static const char key[] = "host.department.example.com/IN/internal";
	int rounds = argc > 1 ? atoi(argv[1]) : 25;

	if (rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench_classify [ROUNDS], 1 to %d\n",
			ROUNDS_MAX);
		return (EXIT_FAILURE);
	}
	printf("%-20s %-18s %5s %9s %9s\n", "line", "kind", "bytes",
	       "median ns", "fastest");
	for (size_t i = 0; i <= sizeof(lines) / sizeof(lines[0]); i++) {
		int hash = (i == sizeof(lines) / sizeof(lines[0]));
		size_t category_len = hash ? 0 : strlen(lines[i].category);
		size_t len = hash ? sizeof(key) - 1 : strlen(lines[i].text);

		for (int r = 0; r < rounds; r++) {
			uint64_t start = now_ns();
			for (int n = 0; n < BATCH; n++) {
				sink += hash ? xfw_key_hash(key, len)
					     : xfw_classify(lines[i].category,
							    category_len,
							    lines[i].level,
							    lines[i].text, len,
							    &ev);
			}
			each[r] = (double)(now_ns() - start) / BATCH;
		}
		qsort(each, (size_t)rounds, sizeof(each[0]), by_value);
		printf("%-20s %-18s %5zu %9.1f %9.1f\n",
		       hash ? "xfw_key_hash" : lines[i].what,
		       hash ? "-" : xfw_kind_name((xfw_kind_t)ev.kind), len,
		       each[rounds / 2], each[0]);
	}
	return (EXIT_SUCCESS);
}
