/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What to do: the plan for each cause, step by step. The first step is the `action`
 * of the log. Placeholders are those of plan.h.
 * Threads: none, constant data. No include guard: it is included once for each use.
 *
 *   XFW_STEP(cause, "imperative, without a full stop")
 *
 * Steps of a cause stand together, in the order of the table of causes. No quotes in
 * a step: the field of the log that it stands in would end there.
 */

XFW_STEP(REFUSED_QUERY,
	 "check on {address} that allow-query covers this server and that the "
	 "primary serves {zone}")
XFW_STEP(REFUSED_QUERY,
	 "ask as named does: {dig-soa}")
XFW_STEP(REFUSED_QUERY,
	 "look for the reason in the log of {address}, category security: it names "
	 "the list that denies {source}")
XFW_STEP(REFUSED_QUERY,
	 "when the query is answered: {refresh}")

XFW_STEP(REFUSED_TRANSFER,
	 "check on {address} that allow-transfer for {zone} covers this server's "
	 "address or TSIG key")
XFW_STEP(REFUSED_TRANSFER,
	 "add to the zone statement on {address}, with what it permits already: "
	 "{allow-transfer}")
XFW_STEP(REFUSED_TRANSFER,
	 "load that with rndc reconfig on {address}, and see that the transfer is "
	 "permitted: {dig-axfr}")
XFW_STEP(REFUSED_TRANSFER,
	 "then here: {retransfer}")

XFW_STEP(NOTAUTH,
	 "check that {zone} is configured and loaded on {address}, in the view that "
	 "answers this server")
XFW_STEP(NOTAUTH,
	 "ask what {address} says: {dig-soa}")
XFW_STEP(NOTAUTH,
	 "if it has several views, compare their match-clients with {source} and "
	 "with the key")
XFW_STEP(NOTAUTH,
	 "if the zone was moved, name its new primary in the primaries of {zone} here")
XFW_STEP(NOTAUTH,
	 "when the zone is there: {refresh}")

XFW_STEP(NOT_AUTHORITATIVE,
	 "check that {zone} is loaded and not expired on {address}, and that no "
	 "resolver answers at that address")
XFW_STEP(NOT_AUTHORITATIVE,
	 "see that the answer has the flag aa: {dig-soa}")
XFW_STEP(NOT_AUTHORITATIVE,
	 "if {address} is a secondary itself, find out there why it lost the zone: "
	 "{zonestatus}")
XFW_STEP(NOT_AUTHORITATIVE,
	 "when the answer is authoritative: {refresh}")

XFW_STEP(NOTIFY_REFUSED,
	 "add {address} to allow-notify or to the primaries of {zone}, or stop its "
	 "NOTIFY messages")
XFW_STEP(NOTIFY_REFUSED,
	 "find out what {address} is: a new primary, the primary's other address, or "
	 "a host that knows {zone} for no reason")
XFW_STEP(NOTIFY_REFUSED,
	 "if it is right that it sends NOTIFY, load the change with rndc reconfig")

XFW_STEP(CONNECT_REFUSED,
	 "check that the server on {address} runs, and firewall rules for TCP port "
	 "{port} from here to {address}")
XFW_STEP(CONNECT_REFUSED,
	 "try the connection: {dig-tcp}")
XFW_STEP(CONNECT_REFUSED,
	 "see on {address} that the server listens on TCP port {port} of that "
	 "address (listen-on, listen-on-v6)")
XFW_STEP(CONNECT_REFUSED,
	 "when it answers: {refresh}")

XFW_STEP(CONNECT_TIMEOUT,
	 "check firewall rules for TCP port {port} from here to {address}")
XFW_STEP(CONNECT_TIMEOUT,
	 "try TCP and UDP in turn: {dig-tcp} and {dig-soa}")
XFW_STEP(CONNECT_TIMEOUT,
	 "if UDP alone answers, permit TCP port {port} to {address} on every "
	 "firewall between {source} and there; AXFR needs it")
XFW_STEP(CONNECT_TIMEOUT,
	 "when it answers: {refresh}")

XFW_STEP(CONNECT_DENIED,
	 "check the packet filter and security policy of this host for port {port} "
	 "to {address}, then filters on the way")
XFW_STEP(CONNECT_DENIED,
	 "list the rules for outgoing traffic here: nft list ruleset")
XFW_STEP(CONNECT_DENIED,
	 "see whether a policy confines named: aa-status, or ausearch -m avc -c named")
XFW_STEP(CONNECT_DENIED,
	 "when the connection is permitted: {refresh}")

XFW_STEP(UNREACHABLE,
	 "check routing, the interface and filters on the way from here to {address}")
XFW_STEP(UNREACHABLE,
	 "look up the way: ip route get {address}")
XFW_STEP(UNREACHABLE,
	 "if that is an IPv6 address and this host has no IPv6, give named an IPv4 "
	 "address of the primary, or start it with -4")
XFW_STEP(UNREACHABLE,
	 "when there is a way: {refresh}")

XFW_STEP(UNREACHABLE_CACHED,
	 "check the way from here to TCP port {port} of {address}; named tries again "
	 "by itself")
XFW_STEP(UNREACHABLE_CACHED,
	 "try the connection: {dig-tcp}")
XFW_STEP(UNREACHABLE_CACHED,
	 "named skips a primary for up to ten minutes after a connection failed; "
	 "when it answers: {refresh}")

XFW_STEP(SOA_TIMEOUT,
	 "check that {address} is up and that UDP port {port} passes from here and "
	 "back")
XFW_STEP(SOA_TIMEOUT,
	 "ask over UDP: {dig-soa}")
XFW_STEP(SOA_TIMEOUT,
	 "ask over TCP: {dig-tcp}")
XFW_STEP(SOA_TIMEOUT,
	 "if TCP alone answers, permit UDP port {port} and its answers on every "
	 "firewall on the way")
XFW_STEP(SOA_TIMEOUT,
	 "when it answers: {refresh}")

XFW_STEP(UDP_BLOCKED,
	 "check firewall rules for UDP port {port} from here to {address} and for "
	 "the answers")
XFW_STEP(UDP_BLOCKED,
	 "compare: {dig-soa} and {dig-tcp}")
XFW_STEP(UDP_BLOCKED,
	 "permit UDP port {port} to {address}, and answers from there, on every "
	 "firewall on the way; see that it listens on UDP")
XFW_STEP(UDP_BLOCKED,
	 "until then, have named ask over TCP: server {address} { tcp-only yes; };")

XFW_STEP(TRANSFER_TIMEOUT,
	 "check the load of {address} and the path to it for loss and MTU, then "
	 "max-transfer-time-in and max-transfer-idle-in")
XFW_STEP(TRANSFER_TIMEOUT,
	 "take the time that a transfer needs: {dig-axfr}")
XFW_STEP(TRANSFER_TIMEOUT,
	 "if it stops on the way, look for loss of large packets: ping -M do -s 1472 "
	 "{address}")
XFW_STEP(TRANSFER_TIMEOUT,
	 "if it is only slow, raise max-transfer-time-in of {zone} here, and lower "
	 "the load of {address} (transfers-out)")
XFW_STEP(TRANSFER_TIMEOUT,
	 "then try again: {retransfer}")

XFW_STEP(CLOSED_BY_PEER,
	 "check the log of {address} and its limits (tcp-clients, transfers-out), "
	 "then firewalls that reset TCP port {port}")
XFW_STEP(CLOSED_BY_PEER,
	 "try the connection: {dig-tcp}")
XFW_STEP(CLOSED_BY_PEER,
	 "look for the reason in the log of {address} at this time; if it wants a "
	 "TSIG key or TLS, name it in the primaries of {zone}")
XFW_STEP(CLOSED_BY_PEER,
	 "when it answers: {refresh}")

XFW_STEP(TLS_FAILURE,
	 "check the certificate, the name in it and the TLS versions of {address} "
	 "port {port} against the tls block used for {zone}")
XFW_STEP(TLS_FAILURE,
	 "see what {address} presents: openssl s_client -connect {address}:{port} "
	 "-alpn dot")
XFW_STEP(TLS_FAILURE,
	 "see that the certificate is valid today and that ca-file and "
	 "remote-hostname of the tls block fit it")
XFW_STEP(TLS_FAILURE,
	 "when the handshake succeeds: {refresh}")

XFW_STEP(TSIG_BADKEY,
	 "configure the key with the same name and algorithm on {address} as here")
XFW_STEP(TSIG_BADKEY,
	 "list on {address} the keys that it knows: rndc tsig-list; the name must be "
	 "{key}, letter by letter, and the algorithm the same")
XFW_STEP(TSIG_BADKEY,
	 "if the key is for this server, tie it to the zone there: {allow-transfer}")
XFW_STEP(TSIG_BADKEY,
	 "see that the key is taken: {dig-soa}")
XFW_STEP(TSIG_BADKEY,
	 "then here: {refresh}")

XFW_STEP(TSIG_BADSIG,
	 "set the same secret for the key here and on {address}")
XFW_STEP(TSIG_BADSIG,
	 "copy the key statement of {key} from one server to the other as a whole, "
	 "and load it with rndc reconfig on both")
XFW_STEP(TSIG_BADSIG,
	 "see that the signature is taken: {dig-soa}")
XFW_STEP(TSIG_BADSIG,
	 "then here: {refresh}")

XFW_STEP(TSIG_BADTIME,
	 "check time synchronisation here and on {address}")
XFW_STEP(TSIG_BADTIME,
	 "see which clock is wrong: chronyc tracking, or timedatectl, here and on "
	 "{address}")
XFW_STEP(TSIG_BADTIME,
	 "TSIG permits 300 seconds between the two; set the wrong clock and keep it "
	 "synchronised")
XFW_STEP(TSIG_BADTIME,
	 "then here: {refresh}")

XFW_STEP(TSIG_BADTRUNC,
	 "configure the key's algorithm with the same number of bits here and on "
	 "{address}")
XFW_STEP(TSIG_BADTRUNC,
	 "remove the number of bits from the algorithm of {key} on both servers, so "
	 "that the signature is sent in full")
XFW_STEP(TSIG_BADTRUNC,
	 "see that the signature is taken: {dig-soa}")
XFW_STEP(TSIG_BADTRUNC,
	 "then here: {refresh}")

XFW_STEP(TSIG_ERROR,
	 "compare the key's name, algorithm and secret here and on {address}")
XFW_STEP(TSIG_ERROR,
	 "ask with the key, and read the TSIG error in the answer: {dig-soa}")
XFW_STEP(TSIG_ERROR,
	 "BADKEY: the key is not there; BADSIG: another secret; BADTIME: the clocks; "
	 "BADTRUNC: the number of bits")
XFW_STEP(TSIG_ERROR,
	 "when the answer is NOERROR: {refresh}")

XFW_STEP(TSIG_MISSING,
	 "check that {address} knows the key and that nothing on the way answers or "
	 "changes DNS messages")
XFW_STEP(TSIG_MISSING,
	 "ask with the key, and see whether a TSIG record comes back: {dig-soa}")
XFW_STEP(TSIG_MISSING,
	 "ask {address} from a host beside it; if the answer is signed there, "
	 "something on the way answers instead")
XFW_STEP(TSIG_MISSING,
	 "when the answer is signed: {refresh}")

XFW_STEP(TSIG_UNEXPECTED,
	 "configure the key for {address} in the primaries of {zone}, or remove it "
	 "on the primary")
XFW_STEP(TSIG_UNEXPECTED,
	 "see which key signs the answer: {dig-soa}")
XFW_STEP(TSIG_UNEXPECTED,
	 "name that key in primaries { {address} key NAME; }; of {zone} here, and "
	 "load it with rndc reconfig")
XFW_STEP(TSIG_UNEXPECTED,
	 "then here: {refresh}")

XFW_STEP(TSIG_VERIFY,
	 "compare the key's name, algorithm and secret here and on {address}, and "
	 "check for middleboxes that change DNS messages")
XFW_STEP(TSIG_VERIFY,
	 "copy the key statement of {key} from one server to the other as a whole, "
	 "and load it with rndc reconfig on both")
XFW_STEP(TSIG_VERIFY,
	 "ask over UDP and over TCP; if only one of them fails, something on the way "
	 "changes messages: {dig-soa} and {dig-tcp}")
XFW_STEP(TSIG_VERIFY,
	 "then here: {refresh}")

XFW_STEP(SERIAL_UNCHANGED,
	 "check that the serial of {zone} was increased on {address} after the last "
	 "change")
XFW_STEP(SERIAL_UNCHANGED,
	 "compare the serial with ours: {dig-soa} and {zonestatus}")
XFW_STEP(SERIAL_UNCHANGED,
	 "if {zone} was changed by hand, raise its serial and load it on {address}: "
	 "rndc reload")
XFW_STEP(SERIAL_UNCHANGED,
	 "if it was not changed, look for what sends NOTIFY: rndc notify, or a "
	 "monitoring script")

XFW_STEP(SERIAL_BACKWARDS,
	 "raise the serial of {zone} on {address} above ours, or transfer once with "
	 "{retransfer}")
XFW_STEP(SERIAL_BACKWARDS,
	 "find out which of the two is the newer zone: {dig-soa} and {zonestatus}")
XFW_STEP(SERIAL_BACKWARDS,
	 "if ours is older, or both are the same: raise the serial on {address} "
	 "above ours, by less than 2147483648 at a time (RFC 1982), and load it there")
XFW_STEP(SERIAL_BACKWARDS,
	 "if that of {address} is right, take it as it is, with the lower serial: "
	 "{retransfer}")
XFW_STEP(SERIAL_BACKWARDS,
	 "do the same on every other secondary of {zone}, which has the higher "
	 "serial as well")

XFW_STEP(ZONE_DATA,
	 "check {zone} on {address} with named-checkzone: SOA, NS and names")
XFW_STEP(ZONE_DATA,
	 "fetch what the primary sends into a file, and check that: {dig-axfr}")
XFW_STEP(ZONE_DATA,
	 "look for the record in named's log here, then correct and reload the zone "
	 "on {address}")
XFW_STEP(ZONE_DATA,
	 "then here: {retransfer}")

XFW_STEP(TOO_MANY_RECORDS,
	 "raise max-records, max-records-per-type or max-types-per-name for {zone}, "
	 "or reduce the zone on {address}")
XFW_STEP(TOO_MANY_RECORDS,
	 "count what the primary sends: {dig-axfr}")
XFW_STEP(TOO_MANY_RECORDS,
	 "load a higher limit with rndc reconfig, then: {retransfer}")

XFW_STEP(IXFR_BROKEN,
	 "transfer {zone} in full with {retransfer}, or set request-ixfr no for "
	 "{address}")
XFW_STEP(IXFR_BROKEN,
	 "if it comes again, remove the journal on {address}: rndc sync -clean")
XFW_STEP(IXFR_BROKEN,
	 "see that the serial on {address} was never lowered or used twice: {dig-soa}")

XFW_STEP(PROTOCOL,
	 "check the server software of {address} and middleboxes on the way")
XFW_STEP(PROTOCOL,
	 "see what comes back: {dig-soa} and {dig-tcp}")
XFW_STEP(PROTOCOL,
	 "ask {address} from a host beside it; if the answer is right there, a "
	 "device on the way changes DNS messages")
XFW_STEP(PROTOCOL,
	 "when the answer is right: {refresh}")

XFW_STEP(RCODE_OTHER,
	 "check the log of {address} for {zone}: the zone may not be loaded there")
XFW_STEP(RCODE_OTHER,
	 "ask as named does: {dig-soa}")
XFW_STEP(RCODE_OTHER,
	 "SERVFAIL: look on {address} for a zone file or a transfer that failed; "
	 "FORMERR or NOTIMP: server { edns no; }; may help")
XFW_STEP(RCODE_OTHER,
	 "when the answer is NOERROR: {refresh}")

XFW_STEP(NO_PRIMARIES,
	 "configure primaries for {zone}")
XFW_STEP(NO_PRIMARIES,
	 "if it is a list by name, see that the list is not empty: named-checkconf -p")
XFW_STEP(NO_PRIMARIES,
	 "load it with rndc reconfig, then: {refresh}")

XFW_STEP(KEY_MISSING,
	 "add the key statement that the primaries or server statement for {zone} "
	 "names")
XFW_STEP(KEY_MISSING,
	 "see which keys named has: rndc tsig-list")
XFW_STEP(KEY_MISSING,
	 "the name must be the same, letter by letter; a key in a view holds in that "
	 "view only")
XFW_STEP(KEY_MISSING,
	 "load it with rndc reconfig, then: {refresh}")

XFW_STEP(TLS_CONFIG_MISSING,
	 "add or correct the tls block that the primaries of {zone} name")
XFW_STEP(TLS_CONFIG_MISSING,
	 "see that its files are there and that named may read them: named-checkconf "
	 "-z")
XFW_STEP(TLS_CONFIG_MISSING,
	 "load it with rndc reconfig, then: {refresh}")

XFW_STEP(LOCAL_SOURCE,
	 "check transfer-source and transfer-source-v6 of {zone}, the addresses of "
	 "this host and blackhole")
XFW_STEP(LOCAL_SOURCE,
	 "list the addresses of this host, and look for {source}: ip address")
XFW_STEP(LOCAL_SOURCE,
	 "if it is there after named was started only, or of another interface: rndc "
	 "scan, or restart named after the network is up")
XFW_STEP(LOCAL_SOURCE,
	 "then: {refresh}")

XFW_STEP(LOCAL_STORAGE,
	 "check free space and permissions of named's directory for {zone}")
XFW_STEP(LOCAL_STORAGE,
	 "look at the space and inodes that are left: df -h and df -i in named's "
	 "directory")
XFW_STEP(LOCAL_STORAGE,
	 "see that named's user may write there, and that no policy (AppArmor, "
	 "SELinux) forbids it")
XFW_STEP(LOCAL_STORAGE,
	 "then: {retransfer}")

XFW_STEP(LOCAL_RESOURCE,
	 "check open files, memory and limits of named")
XFW_STEP(LOCAL_RESOURCE,
	 "compare the open files of named with its limit: prlimit --nofile --pid of "
	 "named's process")
XFW_STEP(LOCAL_RESOURCE,
	 "raise LimitNOFILE or memory in the unit that starts named, restart it, "
	 "then: {refresh}")

XFW_STEP(QUOTA_DEFERRED,
	 "raise transfers-in or transfers-per-ns, or find the transfers that hold "
	 "the quota")
XFW_STEP(QUOTA_DEFERRED,
	 "see how many transfers run and wait: rndc status")
XFW_STEP(QUOTA_DEFERRED,
	 "if {address} is slow, its transfers hold the quota of the others: give it "
	 "its own limit with server { transfers N; };")

XFW_STEP(NEVER_ATTEMPTED,
	 "check transfer-source and the primaries of {zone}, then {refresh}")
XFW_STEP(NEVER_ATTEMPTED,
	 "see when named wants to refresh it: {zonestatus}")
XFW_STEP(NEVER_ATTEMPTED,
	 "see that the primary answers: {dig-soa}")

XFW_STEP(UNCLASSIFIED,
	 "read the text of the message in named's log")
XFW_STEP(UNCLASSIFIED,
	 "ask as named does: {dig-soa} and {dig-tcp}")
XFW_STEP(UNCLASSIFIED,
	 "report the text of the message, so that it will be known")

XFW_STEP(HOST_DOWN,
	 "check that {address} is up and that the way from here to it works")
XFW_STEP(HOST_DOWN,
	 "try all there is: ping {address}, {dig-soa} and {dig-tcp}")
XFW_STEP(HOST_DOWN,
	 "if other hosts reach it, look at the firewalls between {source} and "
	 "{address}")
XFW_STEP(HOST_DOWN,
	 "if it is gone for good, name another primary for {zone}")
XFW_STEP(HOST_DOWN,
	 "when it answers: {refresh}")

XFW_STEP(SERIAL_BEHIND,
	 "compare the serial of {zone} on all its primaries and transfer it from the "
	 "newest")
XFW_STEP(SERIAL_BEHIND,
	 "see which serial {address} has, and which named has: {dig-soa} and "
	 "{zonestatus}")
XFW_STEP(SERIAL_BEHIND,
	 "transfer it now: {retransfer}")
XFW_STEP(SERIAL_BEHIND,
	 "if another primary in the list is behind, have it updated or take it out: "
	 "named is content with the first that answers")

XFW_STEP(SIGNATURES_EXPIRING,
	 "check the signing of {zone} on {address}: keys, the signer's log, its clock")
XFW_STEP(SIGNATURES_EXPIRING,
	 "see when the signature expires on the primary: {dig-soa} +dnssec")
XFW_STEP(SIGNATURES_EXPIRING,
	 "if it is newer there than here, transfer it: {retransfer}")
XFW_STEP(SIGNATURES_EXPIRING,
	 "sign the zone anew on {address}, as its signer does it or with rndc sign; "
	 "rndc dnssec -status shows the keys")
