/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Between the fuzz target and its driver.
 */
#ifndef XFW_FUZZ_H
#define XFW_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#define FUZZ_CATEGORIES 8

extern const char *const fuzz_categories[FUZZ_CATEGORIES];

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* XFW_FUZZ_H */
