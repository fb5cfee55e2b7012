/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a log line of libdns's costs in named's thread, with the plugin and without it.
 * It does what named does: makes a logging context for BIND's libraries, reads a
 * configuration, loads the plugin and calls plugin_register(); then it writes lines as
 * libdns does, through dns_lctx, while the plugin's own thread reads the ring. One
 * thread writes; between rounds dns_lctx is set to what each plugin made it, and back.
 *
 *	bench_tap LINES ROUNDS BATCH CHANNEL PLUGIN...
 *
 * LINES: a file of lines (bench_kit.h). CHANNEL: null, where named's own context drops
 * all lines, or stderr. Prints, with tabs between,
 *
 *	ns    LABEL VARIANT ROUND NANOSECONDS	a line, of the writing thread's own time
 *	alloc LABEL VARIANT CALLS		for memory, in all of its lines
 *	lone  LABEL VARIANT ROUND NANOSECONDS	the first line, when the reader sleeps
 *
 * VARIANT: without, again (the same once more), and 0, 1, ... for the plugins. Under
 * callgrind it leaves a dump "LABEL/VARIANT" of BATCH lines.
 */
#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>
#include <threads.h> /* 9.18's isc/thread.h leaves thread_local to us */

#include <isc/buffer.h>
#include <isc/log.h>
#include <isc/mem.h>
#include <isc/result.h>
#include <isc/types.h>

#include <dns/log.h>

#include <isccfg/cfg.h>
#include <isccfg/log.h>
#include <isccfg/namedconf.h>

#include <ns/hooks.h>
#include <ns/log.h>

#include "bench_kit.h"

#define VARIANTS_MAX 6
#define SETTLED_S    2 /* for the plugin's thread to start, and to read its statement */

#define LONE	     10 /* lone lines for each round */
#define LONE_US	     2000

#define PLUGIN_PARAMETERS \
	"syslog none; log no; statistics-file no; diagnose no;"

static const char configuration[] = "options { };\n";

typedef isc_result_t (*register_t_)(const char *, const void *, const char *,
				    unsigned long, isc_mem_t *, isc_log_t *, void *,
				    void *, void **);
typedef void (*destroy_t_)(void **);

typedef struct variant {
	const char *name;
	isc_log_t *lctx; /* what libdns logs to */
	destroy_t_ destroy;
	void *instance;
	ns_hooktable_t *hooks;
} variant_t;

static const char *const plugin_names[VARIANTS_MAX - 2] = { "0", "1", "2", "3" };
static isc_mem_t *mctx;
static isc_log_t *named_lctx;
static variant_t variants[VARIANTS_MAX];
static size_t count;

static void
need(bool good, const char *what) {
	if (!good) {
		fprintf(stderr, "bench_tap: %s\n", what);
		exit(EXIT_FAILURE);
	}
}

/* Or "none" would mean nothing. */
static void
check_counting(void) {
	uint64_t before = kit_allocations();
	void *mem = isc_mem_get(mctx, 64);

	isc_mem_put(mctx, mem, 64);
	need(kit_allocations() > before, "BIND's calls for memory are not counted");
	need(dlsym(RTLD_DEFAULT, "malloc") == (void *)malloc &&
		     dlsym(RTLD_DEFAULT, "calloc") == (void *)calloc &&
		     dlsym(RTLD_DEFAULT, "mmap") == (void *)mmap,
	     "a plugin's calls for memory are not counted");
}

/* As named_log_init() and configure_loggers do. */
static void
make_log(const char *channel) {
	isc_logconfig_t *lcfg = NULL;

	isc_log_create(mctx, &named_lctx, &lcfg);
	isc_log_setcontext(named_lctx);
	dns_log_init(named_lctx);
	dns_log_setcontext(named_lctx);
	cfg_log_init(named_lctx);
	ns_log_init(named_lctx);
	ns_log_setcontext(named_lctx);
	need(isc_log_usechannel(lcfg,
				strcmp(channel, "null") == 0 ? "null"
							     : "default_stderr",
				NULL, NULL) == ISC_R_SUCCESS,
	     channel);
}

static cfg_obj_t *
parse(void) {
	cfg_parser_t *parser = NULL;
	cfg_obj_t *cfg = NULL;
	isc_buffer_t buffer;

	isc_buffer_constinit(&buffer, configuration, sizeof(configuration) - 1);
	isc_buffer_add(&buffer, sizeof(configuration) - 1);
	need(cfg_parser_create(mctx, named_lctx, &parser) == ISC_R_SUCCESS, "parser");
	need(cfg_parse_buffer(parser, &buffer, "bench.conf", 1, &cfg_type_namedconf, 0,
			      &cfg) == ISC_R_SUCCESS,
	     "configuration");
	return (cfg);
}

static void
load(const char *path, const cfg_obj_t *cfg) {
	variant_t *variant = &variants[count];
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	register_t_ reg;

	need(handle != NULL && count < VARIANTS_MAX, path);
	*(void **)&reg = dlsym(handle, "plugin_register");
	*(void **)&variant->destroy = dlsym(handle, "plugin_destroy");
	need(reg != NULL && variant->destroy != NULL, "not a plugin");
	dns_log_setcontext(named_lctx);
	need(ns_hooktable_create(mctx, &variant->hooks) == ISC_R_SUCCESS, "hooks");
	need(reg(PLUGIN_PARAMETERS, cfg, "bench.conf", 1, mctx, named_lctx, NULL,
		 variant->hooks, &variant->instance) == ISC_R_SUCCESS,
	     "plugin_register() failed");
	need(dns_lctx != named_lctx, "the plugin did not install its tap");
	variant->name = plugin_names[count - 2];
	variant->lctx = dns_lctx;
	count++;
}

static isc_logcategory_t *
category_of(const kit_line_t *line) {
	isc_logcategory_t *category = isc_log_categorybyname(named_lctx, line->category);

	need(category != NULL, line->category);
	return (category);
}

static __attribute__((noinline)) void
batch(const variant_t *variant, isc_logcategory_t *category, const kit_line_t *line,
      unsigned lines) {
	dns_log_setcontext(variant->lctx);
	for (unsigned n = 0; n < lines; n++) {
		isc_log_write(dns_lctx, category, DNS_LOGMODULE_ZONE, line->level, "%s",
			      line->text);
	}
}

static void
measure(const kit_line_t *line, unsigned rounds, unsigned lines) {
	isc_logcategory_t *category = category_of(line);
	uint64_t allocations[VARIANTS_MAX] = { 0 };
	char name[128];

	for (size_t i = 0; i < count; i++) {
		batch(&variants[i], category, line, lines); /* warm */
	}
	for (unsigned r = 0; r < rounds; r++) {
		for (size_t n = 0; n < count; n++) {
			size_t i = (n + r) % count; /* each goes first in turn */
			uint64_t before = kit_allocations();
			uint64_t start = kit_cpu_ns();

			batch(&variants[i], category, line, lines);
			printf("ns\t%s\t%s\t%u\t%.2f\n", line->label, variants[i].name,
			       r, (double)(kit_cpu_ns() - start) / lines);
			allocations[i] += kit_allocations() - before;
		}
	}
	for (size_t i = 0; i < count; i++) {
		printf("alloc\t%s\t%s\t%llu\n", line->label, variants[i].name,
		       (unsigned long long)allocations[i]);
		(void)snprintf(name, sizeof(name), "%s/%s", line->label,
			       variants[i].name);
		KIT_COUNT_BEGIN();
		batch(&variants[i], category, line, lines);
		KIT_COUNT_END(name);
	}
}

/* A line now and then, when the plugin's thread sleeps: who writes it wakes that up. */
static void
measure_lone(const kit_line_t *line, unsigned rounds) {
	isc_logcategory_t *category = category_of(line);

	for (unsigned r = 0; r < rounds * LONE; r++) {
		for (size_t i = 0; i < count; i++) {
			uint64_t start;

			(void)usleep(LONE_US);
			start = kit_cpu_ns();
			batch(&variants[i], category, line, 1);
			printf("lone\t%s\t%s\t%u\t%llu\n", line->label,
			       variants[i].name, r,
			       (unsigned long long)(kit_cpu_ns() - start));
		}
	}
}

int
main(int argc, char **argv) {
	static kit_line_t lines[KIT_LINES_MAX];
	static char out[1 << 16];
	unsigned rounds, per_batch;
	cfg_obj_t *cfg;

	if (argc < 6) {
		fprintf(stderr, "usage: bench_tap LINES ROUNDS BATCH CHANNEL PLUGIN...\n");
		return (EXIT_FAILURE);
	}
	(void)setvbuf(stdout, out, _IOFBF, sizeof(out));
	rounds = kit_number(argv[2], 1, 1000);
	per_batch = kit_number(argv[3], 1, 1000000);
	isc_mem_create(&mctx);
	make_log(argv[4]);
	variants[0] = (variant_t){ .name = "without", .lctx = named_lctx };
	variants[1] = (variant_t){ .name = "again", .lctx = named_lctx };
	count = 2;
	cfg = parse();
	for (int i = 5; i < argc; i++) {
		load(argv[i], cfg);
	}
	check_counting();
	(void)sleep(SETTLED_S);
	for (size_t i = 0, n = kit_read_lines(argv[1], lines); i < n; i++) {
		measure(&lines[i], rounds, per_batch);
	}
	measure_lone(&lines[0], rounds);
	(void)fflush(stdout);
	for (size_t i = 2; i < count; i++) {
		variants[i].destroy(&variants[i].instance);
	}
	/* The libraries count at exit what they have of ours: nothing to be learnt. */
	_exit(EXIT_SUCCESS);
}
