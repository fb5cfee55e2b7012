/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Between a fuzz target and its driver.
 */
#ifndef XFW_FUZZ_H
#define XFW_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of any input of the driver; those of libFuzzer may be longer. */
#define FUZZ_INPUT_MAX 4096

/* Bytes that matter to the target, and are put in more often than others. */
extern const char fuzz_hot[];
extern const size_t fuzz_hot_len;

/*
 * The input that a line of the target's corpus stands for, into `buf`, which has room
 * for FUZZ_INPUT_MAX bytes. Returns its size, at least 2, or 0 if the line is none.
 */
size_t
fuzz_input(const char *line, uint8_t *buf);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* XFW_FUZZ_H */
