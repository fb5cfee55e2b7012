/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Queries of our own: listeners of this process are found by what they are, a
 * query arrives at them as a well-formed DNS question, an answer is noticed.
 */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <xfrwatch/knock.h>

#define WAIT_MS 5000

static uv_loop_t loop;
static unsigned answers;

static void
answered(void *arg) {
	(void)arg;
	answers++;
}

static int
listen_on(const char *address, uint16_t *port) {
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ck_assert_int_eq(inet_pton(AF_INET, address, &in.sin_addr), 1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	*port = ntohs(in.sin_port);
	return (fd);
}

static void
turn(void) {
	(void)uv_run(&loop, UV_RUN_NOWAIT);
}

static bool
readable(int fd, int ms) {
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return (poll(&p, 1, ms) == 1);
}

static void
finish(xfw_knock_t *knock) {
	xfw_knock_close(knock);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
}

START_TEST(test_nobody) {
	ck_assert_int_eq(uv_loop_init(&loop), 0);
	xfw_knock_t *knock = xfw_knock_open(&loop, answered, NULL);

	ck_assert_uint_eq(xfw_knock_discover(knock), 0);
	ck_assert(!xfw_knock(knock, 0));
	finish(knock);
}
END_TEST

START_TEST(test_question) {
	static const unsigned char tail[] = "\x08xfrwatch\x07invalid\0\0\x10\0\x01";
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	unsigned char packet[512];
	uint16_t port;
	int fd = listen_on("127.0.0.1", &port);

	answers = 0;
	ck_assert_int_eq(uv_loop_init(&loop), 0);
	xfw_knock_t *knock = xfw_knock_open(&loop, answered, NULL);

	ck_assert_uint_eq(xfw_knock_discover(knock), 1);
	ck_assert(xfw_knock(knock, 0));
	ck_assert(readable(fd, WAIT_MS));

	ssize_t size = recvfrom(fd, packet, sizeof(packet), 0,
				(struct sockaddr *)&from, &len);

	ck_assert_int_eq(size, 12 + sizeof(tail) - 1);
	/* QUERY, no recursion desired, one question (RFC 1035, 4.1.1). */
	ck_assert_int_eq(memcmp(packet + 2, "\0\0\0\1\0\0\0\0\0\0", 10), 0);
	ck_assert_int_eq(memcmp(packet + 12, tail, sizeof(tail) - 1), 0);
	ck_assert(xfw_knock_own(ntohs(from.sin_port)));
	ck_assert(!xfw_knock_own(port));
	ck_assert(!xfw_knock_own(0));

	ck_assert_uint_eq(answers, 0);
	ck_assert_int_gt(sendto(fd, packet, 12, 0, (struct sockaddr *)&from,
				len),
			 0);
	for (int i = 0; i < 500 && answers == 0; i++) {
		(void)poll(NULL, 0, 10);
		turn();
	}
	ck_assert_uint_eq(answers, 1);
	finish(knock);
	ck_assert(!xfw_knock_own(ntohs(from.sin_port)));
	(void)close(fd);
}
END_TEST

/* named's own queries go out by connected sockets, and TCP is no listener of
 * ours; both are left alone. */
START_TEST(test_others) {
	struct sockaddr_in peer = { .sin_family = AF_INET,
				    .sin_port = htons(53) };
	uint16_t port;
	int connected = listen_on("127.0.0.1", &port);
	int tcp = socket(AF_INET, SOCK_STREAM, 0);
	int unbound = socket(AF_INET, SOCK_DGRAM, 0);

	peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(connect(connected, (struct sockaddr *)&peer,
				 sizeof(peer)),
			 0);
	ck_assert_int_eq(listen(tcp, 1), 0);
	ck_assert_int_eq(uv_loop_init(&loop), 0);
	xfw_knock_t *knock = xfw_knock_open(&loop, answered, NULL);

	ck_assert_uint_eq(xfw_knock_discover(knock), 0);
	finish(knock);
	(void)close(connected);
	(void)close(tcp);
	(void)close(unbound);
}
END_TEST

/* Every path from one listener's address to another is there, and a listener
 * that goes away takes its paths with it. */
START_TEST(test_paths) {
	uint16_t port[3];
	int fd[3];

	for (int i = 0; i < 3; i++) {
		fd[i] = listen_on("127.0.0.1", &port[i]);
	}
	ck_assert_int_eq(uv_loop_init(&loop), 0);
	xfw_knock_t *knock = xfw_knock_open(&loop, answered, NULL);

	ck_assert_uint_eq(xfw_knock_discover(knock), 9);
	for (size_t path = 0; path < 9; path++) {
		ck_assert(xfw_knock(knock, path));
	}
	for (int i = 0; i < 3; i++) {
		for (int n = 0; n < 3; n++) {
			char packet[64];

			ck_assert(readable(fd[i], WAIT_MS));
			ck_assert_int_gt(recv(fd[i], packet, sizeof(packet), 0),
					 0);
		}
		ck_assert(!readable(fd[i], 0));
	}
	(void)close(fd[0]);
	ck_assert_uint_eq(xfw_knock_discover(knock), 4);
	/* The old sockets are closed by the loop; they are no listeners. */
	ck_assert_uint_eq(xfw_knock_discover(knock), 4);
	turn();
	ck_assert_uint_eq(xfw_knock_discover(knock), 4);
	finish(knock);
	(void)close(fd[1]);
	(void)close(fd[2]);
}
END_TEST

START_TEST(test_many) {
	int fd[XFW_KNOCK_LISTENERS * 2];
	uint16_t port;

	for (int i = 0; i < XFW_KNOCK_LISTENERS * 2; i++) {
		fd[i] = listen_on("127.0.0.1", &port);
	}
	ck_assert_int_eq(uv_loop_init(&loop), 0);
	xfw_knock_t *knock = xfw_knock_open(&loop, answered, NULL);

	ck_assert_uint_eq(xfw_knock_discover(knock),
			  XFW_KNOCK_LISTENERS * XFW_KNOCK_LISTENERS);
	finish(knock);
	for (int i = 0; i < XFW_KNOCK_LISTENERS * 2; i++) {
		(void)close(fd[i]);
	}
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("knock");
	TCase *tcase = tcase_create("knock");
	SRunner *runner = srunner_create(suite);

	tcase_add_test(tcase, test_nobody);
	tcase_add_test(tcase, test_question);
	tcase_add_test(tcase, test_others);
	tcase_add_test(tcase, test_paths);
	tcase_add_test(tcase, test_many);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);

	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
