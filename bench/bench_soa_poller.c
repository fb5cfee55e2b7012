/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The poller that xfrwatch is compared with by bench/alternatives.py: asks the SOA of
 * every zone at both servers, once an interval, evenly spread over it, and says when
 * the serials of a zone begin to differ or when a server does not answer for it. Made
 * to be as cheap as a poller can be: ready-made questions, sent and received many at a
 * time, and no wake-up between two steps, so that it sees answers a step late.
 * One thread.
 *
 *	bench_soa_poller ADDRESS INTERVAL [STEPS-A-SECOND] < ZONES
 *
 * ADDRESS is the secondary's, IPv4, port 53; ZONES has a line "zone address" for each,
 * with its primary. Prints "time differ zone secondary's-serial primary's-serial" and
 * "time silent zone secondary|primary", once for each zone, and on SIGTERM
 * "questions N answers N rounds N".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ZONES_MAX   65536 /* a message's id is the zone's number */
#define SERVERS_MAX 256
#define WIRE_MAX    (12 + 255 + 4)
#define BATCH	    64
#define ANSWER_MAX  512
#define TYPE_SOA    6
#define AGAIN_S	    1 /* a second question, and after twice that time: silent */
#define RECEIVE_BUF (1 << 20)

enum { SECONDARY, PRIMARY, SIDES };
static const char *const side_name[SIDES] = { "secondary", "primary" };

typedef struct {
	char	 name[256];
	uint8_t	 wire[WIRE_MAX];
	uint16_t wire_len;
	uint16_t server[SIDES];
	uint32_t serial[SIDES];
	bool	 answered[SIDES];
	bool	 told_differ;
	bool	 told_silent[SIDES];
} zone_t;

typedef struct {
	struct sockaddr_in address;
	int		   fd;
	unsigned	   waiting; /* in the batch */
	struct iovec	   piece[BATCH];
	struct mmsghdr	   message[BATCH];
} server_t;

static zone_t	*zones;
static unsigned	 zone_count;
static server_t	 servers[SERVERS_MAX];
static unsigned	 server_count;
static uint64_t	 questions, answers, rounds;
static volatile sig_atomic_t stop;

static void
on_signal(int number) {
	(void)number;
	stop = 1;
}

static void
die(const char *what) {
	fprintf(stderr, "bench_soa_poller: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
say(const char *what, const zone_t *zone) {
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	printf("%lld.%06ld %s %s", (long long)now.tv_sec, now.tv_nsec / 1000, what,
	       zone->name);
}

/*--- servers ----------------------------------------------------------------------*/

static uint16_t
server_of(const char *address) {
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(53) };
	const int size = RECEIVE_BUF;
	server_t *server = NULL;

	if (inet_pton(AF_INET, address, &in.sin_addr) != 1) {
		errno = EINVAL;
		die(address);
	}
	for (unsigned i = 0; i < server_count; i++) {
		if (servers[i].address.sin_addr.s_addr == in.sin_addr.s_addr) {
			return ((uint16_t)i);
		}
	}
	if (server_count == SERVERS_MAX) {
		errno = E2BIG;
		die(address);
	}
	server = &servers[server_count];
	server->address = in;
	server->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (server->fd < 0 ||
	    connect(server->fd, (struct sockaddr *)&in, sizeof(in)) != 0)
	{
		die(address);
	}
	(void)setsockopt(server->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return ((uint16_t)server_count++);
}

static void
flush(server_t *server) {
	unsigned sent = 0;

	while (sent < server->waiting) {
		int n = sendmmsg(server->fd, server->message + sent,
				 server->waiting - sent, 0);

		/* ECONNREFUSED tells of the question before: it is asked again. */
		if (n < 0 && errno != ECONNREFUSED && errno != EINTR) {
			break;
		}
		sent += (n > 0) ? (unsigned)n : 0;
	}
	questions += sent;
	server->waiting = 0;
}

static void
ask(zone_t *zone, int side) {
	server_t *server = &servers[zone->server[side]];
	unsigned  i = server->waiting++;

	server->piece[i] = (struct iovec){ zone->wire, zone->wire_len };
	server->message[i] = (struct mmsghdr){
		.msg_hdr = { .msg_iov = &server->piece[i], .msg_iovlen = 1 }
	};
	if (server->waiting == BATCH) {
		flush(server);
	}
}

/*--- answers ----------------------------------------------------------------------*/

/* Behind a name; 0: there is none. */
static size_t
skip_name(const uint8_t *data, size_t len, size_t at) {
	while (at < len && data[at] != 0) {
		if (data[at] >= 0xc0) {
			return ((at + 2 <= len) ? at + 2 : 0);
		}
		at += data[at] + 1U;
	}
	return ((at < len) ? at + 1 : 0);
}

/* The serial of the SOA that answers a zone's question. */
static bool
serial_of(const zone_t *zone, const uint8_t *data, size_t len, uint32_t *serial) {
	size_t at = zone->wire_len;

	if (len < at || memcmp(data + 12, zone->wire + 12, at - 12) != 0 ||
	    (data[3] & 0x0f) != 0 || data[7] == 0)
	{
		return (false);
	}
	at = skip_name(data, len, at);
	if (at == 0 || at + 10 > len || data[at + 1] != TYPE_SOA) {
		return (false);
	}
	at = skip_name(data, len, at + 10);
	at = (at != 0) ? skip_name(data, len, at) : 0;
	if (at == 0 || at + 4 > len) {
		return (false);
	}
	*serial = (uint32_t)data[at] << 24 | (uint32_t)data[at + 1] << 16 |
		  (uint32_t)data[at + 2] << 8 | data[at + 3];
	return (true);
}

static void
take(const uint8_t *data, size_t len, unsigned server) {
	unsigned number = 0;
	zone_t	*zone = NULL;
	int	 side = 0;

	if (len < 12) {
		return;
	}
	number = (unsigned)data[0] << 8 | data[1];
	if (number >= zone_count) {
		return;
	}
	zone = &zones[number];
	side = (server == zone->server[SECONDARY]) ? SECONDARY : PRIMARY;
	if (!serial_of(zone, data, len, &zone->serial[side])) {
		return;
	}
	answers++;
	zone->answered[side] = true;
	if (zone->answered[!side] && !zone->told_differ &&
	    zone->serial[SECONDARY] != zone->serial[PRIMARY])
	{
		zone->told_differ = true;
		say("differ", zone);
		printf(" %u %u\n", zone->serial[SECONDARY], zone->serial[PRIMARY]);
	}
}

static void
receive(unsigned number) {
	static uint8_t	      data[BATCH][ANSWER_MAX];
	static struct iovec   piece[BATCH];
	static struct mmsghdr message[BATCH];
	int		      n = 0;

	do {
		for (int i = 0; i < BATCH; i++) {
			piece[i] = (struct iovec){ data[i], ANSWER_MAX };
			message[i] = (struct mmsghdr){
				.msg_hdr = { .msg_iov = &piece[i], .msg_iovlen = 1 }
			};
		}
		n = recvmmsg(servers[number].fd, message, BATCH, 0, NULL);
		for (int i = 0; i < n; i++) {
			take(data[i], message[i].msg_len, number);
		}
	} while (n == BATCH || (n < 0 && errno == ECONNREFUSED));
}

/*--- rounds -----------------------------------------------------------------------*/

static void
read_zones(const char *secondary) {
	char line[600], name[256], address[64];

	zones = calloc(ZONES_MAX, sizeof(*zones));
	if (zones == NULL) {
		die("zones");
	}
	while (fgets(line, sizeof(line), stdin) != NULL && zone_count < ZONES_MAX) {
		zone_t	*zone = &zones[zone_count];
		uint8_t *at = zone->wire + 12;

		if (sscanf(line, "%255s %63s", name, address) != 2) {
			continue;
		}
		memcpy(zone->name, name, sizeof(name));
		zone->wire[0] = (uint8_t)(zone_count >> 8);
		zone->wire[1] = (uint8_t)zone_count;
		zone->wire[5] = 1;
		for (char *label = strtok(name, "."); label; label = strtok(NULL, ".")) {
			size_t len = strlen(label);

			*at++ = (uint8_t)len;
			memcpy(at, label, len);
			at += len;
		}
		memcpy(at, "\0\0\6\0\1", 5);
		zone->wire_len = (uint16_t)(at + 5 - zone->wire);
		zone->server[SECONDARY] = server_of(secondary);
		zone->server[PRIMARY] = server_of(address);
		zone_count++;
	}
	if (zone_count == 0) {
		errno = EINVAL;
		die("no zones");
	}
}

/* The zone that is the number-th to be asked, counted on through the rounds. */
static zone_t *
in_turn(uint64_t number) {
	return (&zones[number % zone_count]);
}

static void
look_again(zone_t *zone, bool last) {
	for (int side = 0; side < SIDES; side++) {
		if (zone->answered[side]) {
			continue;
		}
		if (!last) {
			ask(zone, side);
		} else if (!zone->told_silent[side]) {
			zone->told_silent[side] = true;
			say("silent", zone);
			printf(" %s\n", side_name[side]);
		}
	}
}

static void
step(uint64_t from, uint64_t to, uint64_t again_from, uint64_t again_to,
     uint64_t last_from, uint64_t last_to) {
	for (unsigned i = 0; i < server_count; i++) {
		receive(i);
	}
	for (uint64_t i = last_from; i < last_to; i++) {
		look_again(in_turn(i), true);
	}
	for (uint64_t i = again_from; i < again_to; i++) {
		look_again(in_turn(i), false);
	}
	for (uint64_t i = from; i < to; i++) {
		zone_t *zone = in_turn(i);

		zone->answered[SECONDARY] = zone->answered[PRIMARY] = false;
		ask(zone, SECONDARY);
		ask(zone, PRIMARY);
	}
	for (unsigned i = 0; i < server_count; i++) {
		flush(&servers[i]);
	}
}

int
main(int argc, char **argv) {
	struct sigaction action = { .sa_handler = on_signal };
	struct timespec	 next;
	uint64_t	 steps_a_round = 0, again = 0;
	unsigned	 a_second = 10;

	if (argc < 3) {
		fprintf(stderr, "usage: bench_soa_poller address interval "
				"[steps-a-second] < zones\n");
		return (2);
	}
	a_second = (argc > 3) ? (unsigned)atoi(argv[3]) : a_second;
	steps_a_round = (uint64_t)atoi(argv[2]) * a_second;
	if (a_second < 1 || a_second > 1000 || atoi(argv[2]) <= 2 * AGAIN_S) {
		fprintf(stderr, "bench_soa_poller: interval or steps out of range\n");
		return (2);
	}
	again = (uint64_t)AGAIN_S * a_second;
	setvbuf(stdout, NULL, _IOLBF, 0);
	(void)sigaction(SIGTERM, &action, NULL);
	read_zones(argv[1]);
	clock_gettime(CLOCK_MONOTONIC, &next);
#define TURN(n) ((n) * zone_count / steps_a_round)
#define BEFORE(n, k) (((n) > (k)) ? (n) - (k) : 0)
	for (uint64_t n = 0; !stop; n++) {
		step(TURN(n), TURN(n + 1), TURN(BEFORE(n, again)),
		     (n >= again) ? TURN(n - again + 1) : 0,
		     TURN(BEFORE(n, 2 * again)),
		     (n >= 2 * again) ? TURN(n - 2 * again + 1) : 0);
		rounds = (n + 1) / steps_a_round;
		next.tv_nsec += 1000000000 / (long)a_second;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	printf("questions %llu answers %llu rounds %llu\n", (unsigned long long)questions,
	       (unsigned long long)answers, (unsigned long long)rounds);
	return (0);
}
