/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What findings make of a cause: two tables of verdict.c, which defines the names
 * used here. Included there and nowhere else; constant data.
 */

/* All sets of signs that are given must have one of theirs (`no_soa`: none); the
 * first rule that fits holds. `cause` NONE: it stays as it was heard. */
typedef struct rule {
	uint64_t heard;	   /* set of causes */
	uint32_t key;	   /* check of the key */
	uint32_t source;   /* check of the source address */
	uint32_t udp;	   /* what becomes of questions over UDP */
	uint32_t connect;  /* TCP connection */
	uint32_t tls;	   /* handshake */
	uint32_t tcp;	   /* questions over it */
	uint32_t soa;	   /* answers to the SOA queries as named sends them */
	uint32_t no_soa;
	uint32_t transfer; /* answer to the IXFR query */
	uint32_t plain;	   /* answers without the key */
	xfw_cause_t cause;
	const char *why;
} rule_t;

/* A TSIG error, told twice: when the server serves the zone without the key, and
 * when not. */
#define TSIG_RULES(from, sign, becomes, says)                                       \
	{ .heard = (from), .soa = (sign), .plain = OK, .cause = (becomes),          \
	  .why = says "; without the key it serves the zone" },                     \
	{ .heard = (from), .soa = (sign), .cause = (becomes), .why = says },        \
	{ .heard = (from), .transfer = (sign), .cause = (becomes), .why = says }
#define TSIG_ERRORS(from)                                                           \
	TSIG_RULES(from, BADKEY, XFW_CAUSE_TSIG_BADKEY,                             \
		   "the primary says BADKEY: it has no key of that name and "       \
		   "algorithm"),                                                    \
	TSIG_RULES(from, BADSIG, XFW_CAUSE_TSIG_BADSIG,                             \
		   "the primary says BADSIG: its secret is not ours"),              \
	TSIG_RULES(from, BADTIME, XFW_CAUSE_TSIG_BADTIME,                           \
		   "the primary says BADTIME{apart}"),                              \
	TSIG_RULES(from, BADTRUNC, XFW_CAUSE_TSIG_BADTRUNC,                         \
		   "the primary says BADTRUNC: it wants a longer signature"),       \
	TSIG_RULES(from, TSIG_ELSE, XFW_CAUSE_TSIG_ERROR,                           \
		   "the primary rejects the signature")

static const rule_t rules[] = {
	/* What named needs here comes before all that it sends. */
	{ .heard = LOCALS | REST, .key = MISSING, .cause = XFW_CAUSE_KEY_MISSING,
	  .why = "named.conf names a key that named does not have" },
	{ .heard = LOCALS | REST | NETWORK, .source = MISSING,
	  .cause = XFW_CAUSE_LOCAL_SOURCE,
	  .why = "this host does not have the source address of named.conf" },
	{ .heard = LOCALS | REST | NETWORK, .udp = NO_SOURCE,
	  .cause = XFW_CAUSE_LOCAL_SOURCE,
	  .why = "the source address cannot be used on this host" },
	{ .heard = LOCALS | REST | NETWORK, .connect = NO_SOURCE,
	  .cause = XFW_CAUSE_LOCAL_SOURCE,
	  .why = "the source address cannot be used on this host" },

	/* Serials and signatures are compared, whatever else is amiss. */
	{ .heard = B(SERIAL_BACKWARDS), .soa = OLDER,
	  .why = "the primary offers serial {offered}, ours is {serving}" },
	{ .heard = B(SERIAL_BACKWARDS), .soa = SAME | NEWER,
	  .why = "the primary offers serial {offered}, which is not behind ours, "
		 "{serving}" },
	{ .heard = B(SERIAL_UNCHANGED), .soa = SAME,
	  .why = "the primary still offers serial {offered}, which we have" },
	{ .heard = B(SERIAL_UNCHANGED), .soa = NEWER,
	  .why = "the primary offers serial {offered} now, ours is {serving}" },
	{ .heard = B(SERIAL_BEHIND), .soa = NEWER,
	  .why = "the primary offers serial {offered}, ours is {serving}" },
	{ .heard = B(SERIAL_BEHIND), .soa = SAME | OLDER,
	  .why = "the primary offers serial {offered}, which is not ahead of ours, "
		 "{serving}" },
	{ .heard = B(SIGNATURES_EXPIRING), .soa = STALE,
	  .why = "the primary serves the same signature: it is not renewed there" },
	{ .heard = B(SIGNATURES_EXPIRING), .soa = FRESH,
	  .why = "the primary has a newer signature: our copy is behind" },

	/* Transaction signatures. */
	TSIG_ERRORS(REST),

	/* The way there. Nothing answers: that holds whatever was heard before. */
	{ .heard = NETWORK | REST, .udp = DEAD | UNMADE, .connect = DENIED,
	  .cause = XFW_CAUSE_CONNECT_DENIED,
	  .why = "connections to TCP port {port} are denied, here or on the way" },
	{ .heard = NETWORK | REST, .udp = DEAD | UNMADE, .connect = UNREACHABLE,
	  .cause = XFW_CAUSE_UNREACHABLE, .why = "there is no way to the primary" },
	{ .heard = NETWORK | REST, .udp = REFUSED_PORT, .connect = REFUSED_PORT,
	  .cause = XFW_CAUSE_CONNECT_REFUSED,
	  .why = "no server listens on port {port}" },
	{ .heard = NETWORK | REST, .udp = DEAD, .connect = REFUSED_PORT,
	  .cause = XFW_CAUSE_CONNECT_REFUSED,
	  .why = "TCP port {port} refuses and UDP port {port} does not answer: no "
		 "server, or a packet filter" },
	{ .heard = NETWORK | REST, .udp = REFUSED_PORT, .connect = SILENT,
	  .cause = XFW_CAUSE_CONNECT_TIMEOUT,
	  .why = "UDP port {port} is closed, TCP port {port} does not answer: no "
		 "server, or a packet filter" },
	{ .heard = NETWORK | REST, .udp = DEAD, .connect = SILENT,
	  .cause = XFW_CAUSE_HOST_DOWN,
	  .why = "neither UDP nor TCP port {port} answers" },

	/* Something answers. */
	{ .heard = NETWORK, .connect = DENIED, .cause = XFW_CAUSE_CONNECT_DENIED,
	  .why = "UDP port {port} answers, connections to TCP port {port} are denied, "
		 "here or on the way" },
	{ .heard = NETWORK, .udp = REFUSED_PORT, .tcp = ANSWER,
	  .cause = XFW_CAUSE_UDP_BLOCKED,
	  .why = "TCP port {port} answers, UDP port {port} is closed: packet filter, "
		 "or no server on UDP" },
	{ .heard = NETWORK, .udp = DEAD, .tcp = ANSWER,
	  .cause = XFW_CAUSE_UDP_BLOCKED,
	  .why = "TCP port {port} answers, UDP port {port} does not: packet filter" },
	{ .heard = NETWORK, .udp = ANSWER, .connect = SILENT,
	  .cause = XFW_CAUSE_CONNECT_TIMEOUT,
	  .why = "UDP port {port} answers, TCP port {port} does not: packet filter" },
	{ .heard = NETWORK, .udp = ANSWER, .connect = REFUSED_PORT,
	  .cause = XFW_CAUSE_CONNECT_REFUSED,
	  .why = "UDP port {port} answers, TCP port {port} refuses: a packet filter "
		 "that rejects, or a server that does not listen on TCP" },
	{ .heard = NETWORK, .udp = ANSWER, .connect = UNREACHABLE,
	  .cause = XFW_CAUSE_UNREACHABLE,
	  .why = "UDP port {port} answers, TCP port {port} cannot be reached: packet "
		 "filter" },
	{ .heard = NETWORK, .udp = UNMADE, .connect = SILENT,
	  .cause = XFW_CAUSE_CONNECT_TIMEOUT,
	  .why = "TCP port {port} does not answer" },
	{ .heard = NETWORK, .udp = UNMADE, .connect = REFUSED_PORT,
	  .cause = XFW_CAUSE_CONNECT_REFUSED, .why = "TCP port {port} refuses" },
	{ .heard = NETWORK | B(TLS_FAILURE), .tls = FAILED | CLOSED,
	  .cause = XFW_CAUSE_TLS_FAILURE,
	  .why = "TCP port {port} answers, the TLS handshake fails" },
	{ .heard = NETWORK | B(TLS_FAILURE), .connect = DONE, .tls = SILENT,
	  .cause = XFW_CAUSE_TLS_FAILURE,
	  .why = "TCP port {port} accepts connections, but does not answer the TLS "
		 "handshake: a server of plain DNS, or one that hangs" },
	{ .heard = NETWORK, .connect = DONE, .tcp = CLOSED,
	  .cause = XFW_CAUSE_CLOSED_BY_PEER,
	  .why = "TCP port {port} accepts connections and closes them again" },
	{ .heard = NETWORK & ~B(TRANSFER_TIMEOUT), .udp = SILENT, .connect = DONE,
	  .cause = XFW_CAUSE_SOA_TIMEOUT,
	  .why = "TCP port {port} accepts connections, but no query is answered: the "
		 "server hangs or is overloaded" },
	{ .heard = NETWORK, .connect = DONE, .tcp = SILENT,
	  .why = "TCP port {port} accepts connections, but does not answer the "
		 "query" },
	{ .heard = NETWORK & ~B(TRANSFER_TIMEOUT), .udp = SILENT,
	  .connect = UNMADE, .cause = XFW_CAUSE_SOA_TIMEOUT,
	  .why = "UDP port {port} does not answer" },
	TSIG_ERRORS(NETWORK),
	{ .heard = TSIGS | B(CLOSED_BY_PEER) | B(PROTOCOL) | B(UNCLASSIFIED),
	  .soa = ABSENT, .cause = XFW_CAUSE_TSIG_MISSING,
	  .why = "the answer to a signed query is not signed" },
	{ .heard = NETWORK | REST, .soa = ABSENT, .no_soa = RCODES | OK,
	  .cause = XFW_CAUSE_TSIG_MISSING,
	  .why = "the answer to a signed query is not signed" },
	{ .heard = TSIGS | B(CLOSED_BY_PEER) | B(PROTOCOL) | B(UNCLASSIFIED),
	  .soa = WRONG, .cause = XFW_CAUSE_TSIG_VERIFY,
	  .why = "the signature of the answer does not verify with our key" },
	{ .heard = NETWORK | REST, .soa = WRONG, .no_soa = RCODES | OK,
	  .cause = XFW_CAUSE_TSIG_VERIFY,
	  .why = "the signature of the answer does not verify with our key" },
	{ .heard = TSIGS | B(PROTOCOL) | B(UNCLASSIFIED), .soa = UNASKED,
	  .no_soa = OK, .cause = XFW_CAUSE_TSIG_UNEXPECTED,
	  .why = "the answer is signed although the query is not" },

	/* What the primary does not permit or does not have. */
	{ .heard = B(NOTAUTH), .soa = NOTAUTH },
	/* named says so, without recursion, of a zone that it does not have. */
	{ .heard = B(NOTAUTH), .soa = REFUSED, .no_soa = OK, .transfer = UNMADE,
	  .why = "the primary said NOTAUTH to the transfer and refuses the SOA query: "
		 "it does not have the zone" },
	{ .heard = NETWORK | REST, .soa = NOTAUTH, .no_soa = OK,
	  .cause = XFW_CAUSE_NOTAUTH,
	  .why = "the primary says NOTAUTH: it does not have the zone" },
	{ .heard = NETWORK | REST, .transfer = NOTAUTH, .cause = XFW_CAUSE_NOTAUTH,
	  .why = "the primary says NOTAUTH to the transfer: it does not have the "
		 "zone" },
	{ .heard = B(REFUSED_QUERY), .soa = REFUSED },
	{ .heard = NETWORK | REST, .soa = REFUSED, .no_soa = OK,
	  .cause = XFW_CAUSE_REFUSED_QUERY,
	  .why = "the primary refuses the SOA query already" },
	{ .heard = NETWORK | REST, .soa = OK, .transfer = REFUSED,
	  .cause = XFW_CAUSE_REFUSED_TRANSFER,
	  .why = "the primary answers the SOA query and refuses the transfer" },
	{ .heard = NETWORK | REST, .soa = LAME, .no_soa = OK,
	  .cause = XFW_CAUSE_NOT_AUTHORITATIVE,
	  .why = "the primary answers, but not with authority over the zone" },
	{ .heard = NETWORK | REST, .soa = RCODE, .no_soa = OK,
	  .cause = XFW_CAUSE_RCODE_OTHER,
	  .why = "the primary answers the SOA query with {rcode}" },
	{ .heard = NETWORK | REST, .soa = MALFORMED, .no_soa = OK,
	  .cause = XFW_CAUSE_PROTOCOL,
	  .why = "the primary's answer is not correct DNS" },
	{ .heard = REST, .connect = DONE, .tcp = CLOSED, .no_soa = OK,
	  .cause = XFW_CAUSE_CLOSED_BY_PEER,
	  .why = "TCP port {port} accepts connections and closes them again" },
};

/* Which signs of which checks agree with a cause, and which contradict it. */
typedef struct stance {
	xfw_cause_t cause;
	uint32_t checks;
	uint32_t agrees;
	uint32_t contradicts;
} stance_t;

#define TSIG_STANCES(name, sign)                                                    \
	{ XFW_CAUSE_##name, SOA | IXFR, (sign),                                     \
	  GOOD | (TSIG_BROKEN & ~(uint32_t)(sign)) },                               \
	{ XFW_CAUSE_##name, PLAIN, OK, 0 }

static const stance_t stances[] = {
	{ XFW_CAUSE_REFUSED_QUERY, SOA, REFUSED, OK },
	{ XFW_CAUSE_REFUSED_TRANSFER, IXFR, REFUSED, OK },
	{ XFW_CAUSE_NOTAUTH, SOA | IXFR, NOTAUTH, OK },
	{ XFW_CAUSE_NOT_AUTHORITATIVE, SOA, LAME, OK },
	{ XFW_CAUSE_RCODE_OTHER, SOA, RCODE, OK },
	{ XFW_CAUSE_PROTOCOL, SOA, MALFORMED, OK },
	{ XFW_CAUSE_UNCLASSIFIED, SOA, 0, OK },

	{ XFW_CAUSE_CONNECT_REFUSED, CONNECT, REFUSED_PORT, DONE },
	{ XFW_CAUSE_CONNECT_REFUSED, UDP, REFUSED_PORT, 0 },
	{ XFW_CAUSE_CONNECT_REFUSED, TCP, 0, ANSWER },
	{ XFW_CAUSE_CONNECT_TIMEOUT, CONNECT, SILENT, DONE | REFUSED_PORT },
	{ XFW_CAUSE_CONNECT_TIMEOUT, UDP, ANSWER, 0 }, /* the host is up */
	{ XFW_CAUSE_CONNECT_TIMEOUT, TCP, 0, ANSWER },
	{ XFW_CAUSE_CONNECT_DENIED, CONNECT, DENIED, DONE },
	{ XFW_CAUSE_CONNECT_DENIED, UDP, DENIED, 0 },
	{ XFW_CAUSE_UNREACHABLE, CONNECT, UNREACHABLE, DONE },
	{ XFW_CAUSE_UNREACHABLE, UDP, UNREACHABLE, 0 }, /* TCP alone may be */
	{ XFW_CAUSE_UNREACHABLE_CACHED, CONNECT, 0, DONE },
	{ XFW_CAUSE_SOA_TIMEOUT, SOA, SILENT, ANSWER },
	{ XFW_CAUSE_UDP_BLOCKED, UDP, DEAD, ANSWER },
	{ XFW_CAUSE_UDP_BLOCKED, TCP, ANSWER, SILENT | CLOSED },
	{ XFW_CAUSE_TRANSFER_TIMEOUT, TCP, SILENT, OK },
	{ XFW_CAUSE_CLOSED_BY_PEER, TCP, CLOSED, OK },
	{ XFW_CAUSE_CLOSED_BY_PEER, CONNECT, CLOSED, 0 },
	{ XFW_CAUSE_TLS_FAILURE, TLS, FAILED | CLOSED | SILENT, DONE },
	{ XFW_CAUSE_HOST_DOWN, UDP, SILENT | UNREACHABLE, ANSWER | REFUSED_PORT },
	{ XFW_CAUSE_HOST_DOWN, CONNECT, SILENT | UNREACHABLE, DONE | REFUSED_PORT },

	TSIG_STANCES(TSIG_BADKEY, BADKEY),
	TSIG_STANCES(TSIG_BADSIG, BADSIG),
	TSIG_STANCES(TSIG_BADTIME, BADTIME),
	TSIG_STANCES(TSIG_BADTRUNC, BADTRUNC),
	TSIG_STANCES(TSIG_ERROR, TSIG_ELSE),
	TSIG_STANCES(TSIG_MISSING, ABSENT),
	TSIG_STANCES(TSIG_VERIFY, WRONG),
	{ XFW_CAUSE_TSIG_UNEXPECTED, SOA, UNASKED, OK | GOOD },

	{ XFW_CAUSE_SERIAL_BACKWARDS, SOA, OLDER, SAME | NEWER },
	{ XFW_CAUSE_SERIAL_UNCHANGED, SOA, SAME, NEWER },
	{ XFW_CAUSE_SERIAL_BEHIND, SOA, NEWER, SAME | OLDER },
	{ XFW_CAUSE_SIGNATURES_EXPIRING, SOA, STALE, FRESH },

	{ XFW_CAUSE_KEY_MISSING, KEY, MISSING, DONE },
	{ XFW_CAUSE_LOCAL_SOURCE, SOURCE, MISSING, DONE },
	{ XFW_CAUSE_LOCAL_SOURCE, UDP | CONNECT, NO_SOURCE, ANSWER | DONE },
};
