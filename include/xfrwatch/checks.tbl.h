/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The checks of which a diagnosis is made, in the order of all reports.
 * Threads: none, constant data. No include guard: it is included once for each use.
 *
 *   XFW_CHECK(id, "name", "what is done")
 */
XFW_CHECK(CONFIG, "configuration",
	  "what named.conf says about this zone at this primary")
XFW_CHECK(KEY, "key",
	  "the TSIG key that named.conf names, in named's keyring")
XFW_CHECK(SOURCE, "source-address",
	  "the source address that named.conf gives, on this host")
XFW_CHECK(UDP_SOA, "soa-udp",
	  "SOA query over UDP, signed if named signs it")
XFW_CHECK(TCP_CONNECT, "tcp-connect",
	  "TCP connection to the primary's port")
XFW_CHECK(TLS, "tls-handshake",
	  "TLS handshake on that connection")
XFW_CHECK(TCP_SOA, "soa-tcp",
	  "SOA query over that connection, signed if named signs it")
XFW_CHECK(UDP_SOA_UNSIGNED, "soa-udp-unsigned",
	  "SOA query over UDP without the key, when the signed one failed")
XFW_CHECK(TCP_SOA_UNSIGNED, "soa-tcp-unsigned",
	  "SOA query over TCP without the key, when the signed one failed")
XFW_CHECK(TRANSFER, "ixfr-udp",
	  "IXFR query over UDP with the serial that the primary has, which a primary "
	  "that permits transfers answers with one SOA record (RFC 1995, 2)")
