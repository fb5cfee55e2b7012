/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The watch over the statistics file, in a real loop on real files. A dump is
 * written as named writes it: opened by name, through stdio, closed. After each
 * test the file is read as an operator would: each dump has its block, no block
 * lies within a dump.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include <xfrwatch/report.h>

#define WAIT_MS	  5000 /* for what has to happen */
#define SETTLE_MS 130  /* for what must not: a look and some */
#define BLOCK_PAD 6000 /* bytes of a block, about */

/*--- faults -----------------------------------------------------------------*/

static bool no_inotify;	 /* inotify_init1() fails */
static bool no_fallocate; /* the file system cannot reserve room */
static bool may_mix;	  /* blocks may lie within dumps */
static void (*intrude)(void); /* runs once, at the last moment before a write */

int
inotify_init1(int flags) {
	if (no_inotify) {
		errno = EMFILE;
		return (-1);
	}
	return ((int)syscall(SYS_inotify_init1, flags));
}

int
fallocate(int fd, int mode, off_t offset, off_t len) {
	if (no_fallocate) {
		errno = EOPNOTSUPP;
		return (-1);
	}
	return ((int)syscall(SYS_fallocate, fd, mode, offset, len));
}

ssize_t
write(int fd, const void *data, size_t len) {
	void (*act)(void) = intrude;

	if (act != NULL && (fcntl(fd, F_GETFL) & O_APPEND) != 0) {
		intrude = NULL;
		act();
	}
	return (syscall(SYS_write, fd, data, len));
}

/*--- the loop ---------------------------------------------------------------*/

static uv_loop_t loop;
static uv_timer_t turn; /* lets the loop turn every few milliseconds */
static xfw_statsfile_t *file;
static char dir[] = "/tmp/xfw-statsfile-XXXXXX";
static char cwd[4096];
static char path[256];
static unsigned int rendered;
static unsigned int said;
static char last_said[4096];
static unsigned int infos;

static void
render(void *arg, xfw_text_t *text) {
	ck_assert_ptr_eq(arg, &loop);
	rendered++;
	xfw_text_printf(text, XFW_BLOCK_BEGIN " (%lld)\n", (long long)time(NULL));
	for (size_t used = 0; used < BLOCK_PAD; used += 30) {
		xfw_text_printf(text, "%20d events lost\n", 0);
	}
	xfw_text_printf(text, XFW_BLOCK_END " (%lld)\n", (long long)time(NULL));
}

static void
on_say(void *arg, xfw_severity_t severity, const char *message) {
	ck_assert_ptr_eq(arg, &loop);
	ck_assert_ptr_null(strchr(message, '\n'));
	if (severity == XFW_SEVERITY_INFO) {
		infos++;
	} else {
		said++;
	}
	snprintf(last_said, sizeof(last_said), "%s", message);
}

static void
on_turn(uv_timer_t *timer) {
	(void)timer;
}

static void
start(const char *name) {
	xfw_statsfile_ops_t ops = { render, on_say, &loop };

	file = xfw_statsfile_open(&loop, name, &ops);
	ck_assert_ptr_nonnull(file);
	ck_assert_str_eq(xfw_statsfile_path(file), name);
}

static uint64_t
now_ms(void) {
	return (uv_hrtime() / 1000000);
}

static void
run_for(uint64_t ms) {
	uint64_t end = now_ms() + ms;

	while (now_ms() < end) {
		uv_run(&loop, UV_RUN_ONCE);
	}
}

static void
setup(void) {
	rendered = said = infos = 0;
	no_inotify = no_fallocate = may_mix = false;
	intrude = NULL;
	last_said[0] = '\0';
	strcpy(dir, "/tmp/xfw-statsfile-XXXXXX");
	ck_assert_ptr_nonnull(getcwd(cwd, sizeof(cwd)));
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chmod(dir, 0755), 0);
	snprintf(path, sizeof(path), "%s/named.stats", dir);
	ck_assert_int_eq(uv_loop_init(&loop), 0);
	uv_timer_init(&loop, &turn);
	uv_timer_start(&turn, on_turn, 5, 5);
	file = NULL;
}

static void
remove_tree(const char *tree) {
	pid_t pid = fork();

	if (pid == 0) {
		execlp("rm", "rm", "-rf", "--", tree, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

static void
teardown(void) {
	if (file != NULL) {
		xfw_statsfile_close(file);
	}
	uv_close((uv_handle_t *)&turn, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
	ck_assert_int_eq(chdir(cwd), 0);
	remove_tree(dir);
}

/*--- named ------------------------------------------------------------------*/

static void
dump_body(FILE *fp, long long when) {
	fprintf(fp, "+++ Statistics Dump +++ (%lld)\n", when);
	for (int i = 0; i < 300; i++) {
		fprintf(fp, "%20d some counter\n", i);
	}
	fprintf(fp, "--- Statistics Dump --- (%lld)\n", when);
}

static void
dump_at(const char *name, long long when) {
	FILE *fp = fopen(name, "a");

	ck_assert_msg(fp != NULL, "%s: %s", name, strerror(errno));
	dump_body(fp, when);
	ck_assert_int_eq(fclose(fp), 0);
}

static void
dump(const char *name) {
	dump_at(name, time(NULL));
}

/*--- the reader -------------------------------------------------------------*/

typedef struct found {
	unsigned int dumps, blocks;
	unsigned int within; /* blocks that begin within a dump */
	unsigned int halves; /* blocks without an end or a begin */
	off_t size;
} found_t;

static found_t
read_file(const char *name) {
	found_t found = { 0 };
	bool in_dump = false, in_block = false;
	char line[256];
	FILE *fp = fopen(name, "r");

	if (fp == NULL) {
		return (found);
	}
	while (fgets(line, sizeof(line), fp) != NULL) {
		if (strncmp(line, "+++ Statistics Dump +++ (", 25) == 0) {
			in_dump = true;
		} else if (strncmp(line, "--- Statistics Dump --- (", 25) == 0) {
			in_dump = false;
			found.dumps++;
		} else if (strncmp(line, XFW_BLOCK_BEGIN, 32) == 0) {
			found.within += in_dump;
			found.halves += in_block;
			in_block = true;
		} else if (strncmp(line, XFW_BLOCK_END, 32) == 0) {
			found.halves += !in_block;
			in_block = false;
			found.blocks++;
		}
	}
	found.halves += in_block;
	found.size = ftello(fp);
	fclose(fp);
	return (found);
}

/* Waits for the blocks, then makes sure that no more come. */
static void
expect_soon(const char *name, unsigned int dumps, unsigned int blocks) {
	uint64_t end = now_ms() + WAIT_MS;
	found_t found;

	do {
		uv_run(&loop, UV_RUN_ONCE);
		found = read_file(name);
	} while (found.blocks < blocks && now_ms() < end);
	ck_assert_uint_eq(found.blocks, blocks);
	ck_assert_uint_eq(found.dumps, dumps);
	if (!may_mix) {
		ck_assert_uint_eq(found.within, 0);
		ck_assert_uint_eq(found.halves, 0);
	}
}

static void
expect(const char *name, unsigned int dumps, unsigned int blocks) {
	off_t size;

	expect_soon(name, dumps, blocks);
	size = read_file(name).size;
	run_for(SETTLE_MS);
	expect_soon(name, dumps, blocks);
	ck_assert_int_eq(read_file(name).size, size);
}

static const char *
in_dir(const char *name) {
	static char buf[16][256];
	static unsigned int which;
	char *s = buf[which++ % 16];

	snprintf(s, sizeof(buf[0]), "%s/%s", dir, name);
	return (s);
}

/*--- the tests; each runs with inotify (_i == 0) and without ------------------*/

START_TEST(each_dump_has_its_block) {
	no_inotify = (_i == 1);
	start(path);
	for (unsigned int i = 1; i <= 3; i++) {
		dump(path);
		expect_soon(path, i, i);
	}
	expect(path, 3, 3);
	ck_assert_uint_eq(rendered, 3);
	ck_assert_uint_eq(said, 0);
	ck_assert_uint_eq(infos, _i == 1 ? 1 : 0);
}
END_TEST

START_TEST(dumps_that_are_there_already_get_none) {
	no_inotify = (_i == 1);
	dump(path);
	dump(path);
	start(path);
	run_for(SETTLE_MS);
	expect(path, 2, 0);
	dump(path);
	expect(path, 3, 1);
}
END_TEST

START_TEST(a_block_comes_within_200_ms) {
	uint64_t took = UINT64_MAX;

	no_inotify = (_i == 1);
	start(path);
	/* The best of a few: the machine may be busy with other things. */
	for (unsigned int i = 1; i <= 5 && took > 200; i++) {
		uint64_t begin = now_ms();

		dump(path);
		expect_soon(path, i, i);
		took = now_ms() - begin;
	}
	ck_assert_uint_le(took, 200);
}
END_TEST

START_TEST(inotify_tells_at_once) {
	uint64_t begin;

	dump(path);
	start(path);
	begin = now_ms();
	for (unsigned int i = 1; i <= 20; i++) {
		dump(path);
		expect_soon(path, i + 1, i);
	}
	/* One look after the other would take two seconds. */
	ck_assert_uint_lt(now_ms() - begin, 1500);
}
END_TEST

START_TEST(the_file_is_never_made) {
	no_inotify = (_i == 1);
	start(path);
	run_for(SETTLE_MS);
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_uint_eq(said, 0);
}
END_TEST

START_TEST(truncated) {
	no_inotify = (_i == 1);
	start(path);
	dump(path);
	expect_soon(path, 1, 1);
	ck_assert_int_eq(truncate(path, 0), 0);
	dump(path);
	expect(path, 1, 1);
	/* And grown again beyond what it was, before anybody looked. */
	ck_assert_int_eq(truncate(path, 0), 0);
	for (int i = 0; i < 4; i++) {
		dump(path);
	}
	expect(path, 4, 4);
}
END_TEST

START_TEST(rotated) {
	no_inotify = (_i == 1);
	start(path);
	dump(path);
	expect_soon(path, 1, 1);
	ck_assert_int_eq(rename(path, in_dir("named.stats.1")), 0);
	dump(path);
	expect(path, 1, 1);
	expect(in_dir("named.stats.1"), 1, 1);
	/* With time to see that there is none. */
	ck_assert_int_eq(rename(path, in_dir("named.stats.1")), 0);
	run_for(SETTLE_MS);
	dump(path);
	expect(path, 1, 1);
}
END_TEST

START_TEST(removed) {
	no_inotify = (_i == 1);
	start(path);
	for (int i = 0; i < 4; i++) {
		dump(path);
		expect_soon(path, 1, 1);
		ck_assert_int_eq(unlink(path), 0);
		if (i % 2 == 0) {
			run_for(SETTLE_MS);
		}
	}
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(edited) {
	const char *copy = in_dir("copy");
	char command[1024];

	no_inotify = (_i == 1);
	dump_at(path, 1);
	start(path);
	dump(path);
	expect_soon(path, 2, 1);
	/* Another file with what this one holds: nothing in it is owed. */
	snprintf(command, sizeof(command), "cp %s %s && mv %s %s", path, copy, copy,
		 path);
	ck_assert_int_eq(system(command), 0);
	expect(path, 2, 1);
	dump(path);
	expect(path, 3, 2);
}
END_TEST

START_TEST(symbolic_link) {
	const char *real = in_dir("real/stats"), *other = in_dir("other");

	no_inotify = (_i == 1);
	ck_assert_int_eq(mkdir(in_dir("real"), 0755), 0);
	ck_assert_int_eq(symlink("real/stats", path), 0);
	start(path);
	dump(path);
	expect(real, 1, 1);
	/* Turned to a file with dumps of long ago. */
	dump_at(other, 1000000000);
	dump_at(other, 1000000001);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("other", path), 0);
	expect(other, 2, 0);
	dump(path);
	expect(other, 3, 1);
	/* And to one with a dump of just now, which nobody has seen yet. */
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("third", path), 0);
	dump(path);
	expect(in_dir("third"), 1, 1);
	expect(real, 1, 1);
}
END_TEST

START_TEST(relative_path_follows_the_working_directory) {
	no_inotify = (_i == 1);
	ck_assert_int_eq(mkdir(in_dir("a"), 0755), 0);
	ck_assert_int_eq(mkdir(in_dir("b"), 0755), 0);
	ck_assert_int_eq(chdir(in_dir("a")), 0);
	start("named.stats");
	dump("named.stats");
	expect_soon(in_dir("a/named.stats"), 1, 1);
	ck_assert_int_eq(chdir(in_dir("b")), 0);
	dump("named.stats");
	expect(in_dir("b/named.stats"), 1, 1);
	expect(in_dir("a/named.stats"), 1, 1);
}
END_TEST

START_TEST(directory_moved_and_removed) {
	const char *inner = in_dir("data/stats");

	no_inotify = (_i == 1);
	ck_assert_int_eq(mkdir(in_dir("data"), 0755), 0);
	start(inner);
	dump(inner);
	expect_soon(inner, 1, 1);
	ck_assert_int_eq(rename(in_dir("data"), in_dir("old")), 0);
	ck_assert_int_eq(mkdir(in_dir("data"), 0755), 0);
	dump(inner);
	expect_soon(inner, 1, 1);
	ck_assert_int_eq(unlink(inner), 0);
	ck_assert_int_eq(rmdir(in_dir("data")), 0);
	run_for(SETTLE_MS);
	ck_assert_int_eq(mkdir(in_dir("data"), 0755), 0);
	dump(inner);
	expect(inner, 1, 1);
	expect(in_dir("old/stats"), 1, 1);
	ck_assert_uint_eq(said, 0);
}
END_TEST

START_TEST(a_half_dump_is_waited_for) {
	FILE *fp;

	no_inotify = (_i == 1);
	start(path);
	fp = fopen(path, "a");
	ck_assert_ptr_nonnull(fp);
	fprintf(fp, "+++ Statistics Dump +++ (%lld)\n  ", (long long)time(NULL));
	fflush(fp);
	run_for(SETTLE_MS);
	fprintf(fp, "        1 counter\n--- Statistics Dump -");
	fflush(fp);
	run_for(SETTLE_MS);
	ck_assert_uint_eq(rendered, 0);
	fprintf(fp, "-- (%lld)\n", (long long)time(NULL));
	fclose(fp);
	expect(path, 1, 1);
}
END_TEST

/* One is owed, and the next has begun: within its first line, or below it. */
START_TEST(no_block_falls_into_the_next_dump) {
	FILE *fp;

	start(path);
	dump(path);
	fp = fopen(path, "a");
	ck_assert_ptr_nonnull(fp);
	fprintf(fp, "+++ Statistics Du%s", _i == 0 ? "" : "mp +++ (1)\n");
	fflush(fp);
	run_for(SETTLE_MS);
	ck_assert_uint_eq(rendered, 0);
	fprintf(fp, "%s  1 counter\n--- Statistics Dump --- (%lld)\n",
		_i == 0 ? "mp +++ (1)\n" : "", (long long)time(NULL));
	fclose(fp);
	expect(path, 2, 2);
}
END_TEST

START_TEST(what_others_append_is_no_dump) {
	FILE *fp;

	no_inotify = (_i == 1);
	start(path);
	fp = fopen(path, "a");
	ck_assert_ptr_nonnull(fp);
	fprintf(fp, "a note --- Statistics Dump --- (%lld)\nno newline",
		(long long)time(NULL));
	fclose(fp);
	run_for(SETTLE_MS);
	ck_assert_uint_eq(rendered, 0);
	dump(path);
	run_for(SETTLE_MS);
	ck_assert_uint_eq(read_file(path).blocks, 1);
	ck_assert_uint_eq(rendered, 1);
}
END_TEST

START_TEST(a_clock_set_back_loses_nothing) {
	no_inotify = (_i == 1);
	start(path);
	dump(path);
	expect_soon(path, 1, 1);
	dump_at(path, 1000);
	expect(path, 2, 2);
}
END_TEST

START_TEST(as_many_blocks_as_dumps) {
	no_inotify = (_i == 1);
	start(path);
	for (int i = 0; i < 5; i++) {
		dump(path);
	}
	expect(path, 5, 5);
	ck_assert_uint_eq(rendered, 1);
}
END_TEST

START_TEST(a_reader_that_holds_it_open_does_not_stop_us) {
	int fd;

	start(path);
	dump(path);
	expect_soon(path, 1, 1);
	fd = open(path, O_RDONLY);
	ck_assert_int_ne(fd, -1);
	for (unsigned int i = 2; i < 5; i++) {
		dump(path);
		expect_soon(path, i, i);
	}
	/* One that came between the dump and our look. */
	dump(path);
	int late = open(path, O_RDONLY);
	expect(path, 5, 5);
	close(late);
	close(fd);
}
END_TEST

START_TEST(whoever_has_just_opened_it_is_waited_for) {
	int fd;

	dump(path);
	start(path);
	dump(path);
	fd = open(path, O_WRONLY | O_APPEND);
	ck_assert_int_ne(fd, -1);
	/* As named between its open and its first write: no block meanwhile. */
	uv_run(&loop, UV_RUN_ONCE);
	ck_assert_uint_eq(read_file(path).blocks, 0);
	FILE *fp = fdopen(fd, "a");
	ck_assert_ptr_nonnull(fp);
	dump_body(fp, time(NULL));
	fclose(fp);
	expect(path, 3, 2);
}
END_TEST

static void
dump_again(void) {
	dump(path);
}

static void
note_again(void) {
	int fd = open(path, O_WRONLY | O_APPEND);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(syscall(SYS_write, fd, "a note\n", 7), 7);
	close(fd);
}

START_TEST(a_dump_at_the_last_moment_gets_its_own) {
	no_inotify = (_i == 1);
	start(path);
	dump(path);
	intrude = dump_again;
	expect(path, 2, 2);
	ck_assert_ptr_null(intrude);
	/* Two owed, and a third comes between. */
	dump(path);
	dump(path);
	intrude = dump_again;
	expect_soon(path, 5, 5);
	/* No dump: our block is only somewhere else than thought. */
	dump(path);
	intrude = note_again;
	expect(path, 6, 6);
}
END_TEST

/*
 * Faster than named, whose dumps need a command each: with gaps of a few
 * milliseconds (_i < 2) or none. Without inotify nobody can tell that the next one
 * is about to be written, so there it is only counted.
 */
START_TEST(fifty_dumps_one_after_the_other) {
	int status;
	pid_t pid;

	no_inotify = may_mix = (_i == 1);
	start(path);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		for (int i = 0; i < 50; i++) {
			struct timespec gap = { 0, (i % 5) * 1000000L };
			FILE *fp = fopen(path, "a");

			if (fp == NULL) {
				_exit(1);
			}
			dump_body(fp, time(NULL));
			fclose(fp);
			if (_i < 2) {
				nanosleep(&gap, NULL);
			}
		}
		_exit(0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		uv_run(&loop, UV_RUN_ONCE);
	}
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	expect(path, 50, 50);
}
END_TEST

START_TEST(a_huge_file_is_not_read_again) {
	uint64_t begin;

	no_inotify = (_i == 1);
	dump(path);
	ck_assert_int_eq(truncate(path, (off_t)100 << 30), 0);
	start(path);
	begin = now_ms();
	dump(path);
	while (rendered == 0 && now_ms() - begin < WAIT_MS) {
		uv_run(&loop, UV_RUN_ONCE);
	}
	ck_assert_uint_eq(rendered, 1);
	/* Nor when it is met for the first time. */
	ck_assert_int_eq(rename(path, in_dir("huge")), 0);
	run_for(SETTLE_MS);
	ck_assert_int_eq(rename(in_dir("huge"), path), 0);
	begin = now_ms();
	dump(path);
	while (rendered == 1 && now_ms() - begin < WAIT_MS) {
		uv_run(&loop, UV_RUN_ONCE);
	}
	ck_assert_uint_eq(rendered, 2);
}
END_TEST

/*--- what cannot be written -------------------------------------------------*/

static void
expect_failures(const char *why) {
	off_t size = read_file(path).size;

	run_for(SETTLE_MS);
	ck_assert_msg(strstr(last_said, why) != NULL, "said: %s", last_said);
	ck_assert_msg(strstr(last_said, path) != NULL, "said: %s", last_said);
	ck_assert_uint_eq(said, 1);
	ck_assert_uint_eq(read_file(path).blocks, 0);
	ck_assert_uint_eq(read_file(path).halves, 0);
	ck_assert_int_eq(read_file(path).size, size);
}

static void
expect_recovery(unsigned int dumps) {
	dump(path);
	expect(path, dumps, 1);
	ck_assert_uint_eq(said, 2);
	ck_assert_msg(strstr(last_said, "again") != NULL, "said: %s", last_said);
	dump(path);
	expect(path, dumps + 1, 2);
	ck_assert_uint_eq(said, 2);
}

START_TEST(file_size_limit) {
	struct rlimit old, limit;

	signal(SIGXFSZ, SIG_IGN); /* as named does */
	start(path);
	dump(path);
	expect_soon(path, 1, 1);
	ck_assert_int_eq(truncate(path, 0), 0);
	run_for(SETTLE_MS);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	dump(path);
	dump(path);
	limit = old;
	limit.rlim_cur = (rlim_t)read_file(path).size + 1000;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	expect_failures("File too large");
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	expect_recovery(3);
}
END_TEST

static bool
tell(const char *proc_file, const char *what) {
	int fd = open(proc_file, O_WRONLY);
	bool done = fd != -1 &&
		    syscall(SYS_write, fd, what, strlen(what)) == (long)strlen(what);

	if (fd != -1) {
		close(fd);
	}
	return (done);
}

/* In a name space of our own we are nobody until we say who. */
static bool
map_user(uid_t uid, gid_t gid) {
	char uids[32], gids[32];

	snprintf(uids, sizeof(uids), "0 %u 1", (unsigned int)uid);
	snprintf(gids, sizeof(gids), "0 %u 1", (unsigned int)gid);
	return (tell("/proc/self/uid_map", uids) &&
		tell("/proc/self/setgroups", "deny") &&
		tell("/proc/self/gid_map", gids));
}

/* A file system of our own, of so many bytes; false if we may not have one. */
static bool
mount_small(unsigned long bytes) {
	char options[64];
	uid_t uid = geteuid();
	gid_t gid = getegid();

	snprintf(options, sizeof(options), "size=%lu,mode=0755", bytes);
	if (unshare(uid == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
	    (uid != 0 && !map_user(uid, gid)) ||
	    mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0)
	{
		return (false);
	}
	return (mount("tmpfs", dir, "tmpfs", 0, options) == 0);
}

static void
fill(const char *name) {
	static const char zeros[4096];
	int fd = open(name, O_WRONLY | O_CREAT | O_APPEND, 0644);

	ck_assert_int_ne(fd, -1);
	while (write(fd, zeros, sizeof(zeros)) > 0) {
		/* until it is full */
	}
	close(fd);
}

/*
 * _i == 0: room is reserved before. 1: the file system cannot do that, and the
 * write is cut short. In a process of its own, for its own mount.
 */
START_TEST(full_disk) {
	pid_t pid = fork();
	int status;

	ck_assert_int_ne(pid, -1);
	if (pid != 0) {
		waitpid(pid, &status, 0);
		ck_assert_msg(WIFEXITED(status), "signal %d", WTERMSIG(status));
		if (WEXITSTATUS(status) == 77) {
			fprintf(stderr, "full_disk: no file system to fill\n");
		} else {
			ck_assert_int_eq(WEXITSTATUS(status), 0);
		}
		return;
	}
	if (!mount_small(1 << 20)) {
		_exit(77);
	}
	uv_loop_fork(&loop);
	no_fallocate = (_i == 1);
	start(path);
	dump(path);
	/* What is left is the rest of the dump's last page: less than a block. */
	fill(in_dir("filler"));
	expect_failures("No space left on device");
	/* The next dump fits, its block again does not. */
	ck_assert_int_eq(unlink(in_dir("filler")), 0);
	dump(path);
	fill(in_dir("filler"));
	expect_failures("No space left on device");
	ck_assert_int_eq(unlink(in_dir("filler")), 0);
	dump(path);
	expect_soon(path, read_file(path).dumps, 1);
	ck_assert_uint_eq(said, 2);
	_exit(0);
}
END_TEST

/* _i == 0: it can be read but not written; 1: neither; 2: nor can its directory
 * be searched. */
START_TEST(no_permission) {
	static const mode_t modes[] = { 0444, 0, 0444 };
	uid_t uid = geteuid();
	int error;

	if (uid == 0) {
		/* All was made by root; we go on as nobody. */
		ck_assert_int_eq(seteuid(65534), 0);
	}
	start(path);
	ck_assert_int_eq(seteuid(uid), 0);
	dump(path);
	dump(path);
	ck_assert_int_eq(chmod(path, modes[_i]), 0);
	ck_assert_int_eq(chmod(dir, _i == 2 ? 0 : 0755), 0);
	error = (uid == 0) ? seteuid(65534) : 0;
	ck_assert_int_eq(error, 0);
	run_for(SETTLE_MS);
	ck_assert_uint_eq(said, 1);
	ck_assert_ptr_nonnull(strstr(last_said, "Permission denied"));
	ck_assert_int_eq(seteuid(uid), 0);
	ck_assert_int_eq(chmod(dir, 0755), 0);
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert_uint_eq(read_file(path).blocks, 0);
	dump(path);
	run_for(SETTLE_MS);
	found_t found = read_file(path);
	ck_assert_uint_ge(found.blocks, 1);
	ck_assert_uint_le(found.blocks, found.dumps);
	ck_assert_uint_eq(said, 2);
	dump(path);
	expect(path, 4, found.blocks + 1);
}
END_TEST

/* _i == 0: a named pipe, 1: a directory. */
START_TEST(what_is_no_file_is_left_alone) {
	if (_i == 0) {
		ck_assert_int_eq(mkfifo(path, 0666), 0);
	} else {
		ck_assert_int_eq(mkdir(path, 0755), 0);
	}
	start(path);
	run_for(SETTLE_MS);
	ck_assert_uint_eq(said, 1);
	ck_assert_ptr_nonnull(strstr(last_said, "not a regular file"));
	ck_assert_int_eq(remove(path), 0);
	run_for(SETTLE_MS);
	dump(path);
	expect(path, 1, 1);
	ck_assert_uint_eq(said, 2);
}
END_TEST

START_TEST(nothing_is_called_after_the_close) {
	no_inotify = (_i == 1);
	start(path);
	dump(path);
	xfw_statsfile_close(file);
	file = NULL;
	run_for(SETTLE_MS);
	ck_assert_uint_eq(rendered, 0);
	expect(path, 1, 0);
}
END_TEST

static void
add_case(Suite *suite, TCase *tc) {
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
}

static Suite *
statsfile_suite(void) {
	const TTest *const both[] = {
		each_dump_has_its_block,
		dumps_that_are_there_already_get_none,
		a_block_comes_within_200_ms,
		the_file_is_never_made,
		truncated,
		rotated,
		removed,
		edited,
		symbolic_link,
		relative_path_follows_the_working_directory,
		directory_moved_and_removed,
		a_half_dump_is_waited_for,
		what_others_append_is_no_dump,
		a_clock_set_back_loses_nothing,
		as_many_blocks_as_dumps,
		a_huge_file_is_not_read_again,
		nothing_is_called_after_the_close,
	};
	Suite *suite = suite_create("statsfile");
	TCase *tc = tcase_create("changes");

	for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
		tcase_add_loop_test(tc, both[i], 0, 2);
	}
	add_case(suite, tc);
	tc = tcase_create("writers");
	tcase_add_test(tc, inotify_tells_at_once);
	tcase_add_test(tc, a_reader_that_holds_it_open_does_not_stop_us);
	tcase_add_test(tc, whoever_has_just_opened_it_is_waited_for);
	tcase_add_loop_test(tc, no_block_falls_into_the_next_dump, 0, 2);
	tcase_add_loop_test(tc, a_dump_at_the_last_moment_gets_its_own, 0, 2);
	tcase_add_loop_test(tc, fifty_dumps_one_after_the_other, 0, 3);
	add_case(suite, tc);
	tc = tcase_create("failures");
	tcase_add_test(tc, file_size_limit);
	tcase_add_loop_test(tc, full_disk, 0, 2);
	tcase_add_loop_test(tc, no_permission, 0, 3);
	tcase_add_loop_test(tc, what_is_no_file_is_left_alone, 0, 2);
	add_case(suite, tc);
	return (suite);
}

int
main(void) {
	SRunner *runner = srunner_create(statsfile_suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
