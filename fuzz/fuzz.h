/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * What fuzzers have in common: their input, and what they do if something is not
 * as it has to be.
 */

#ifndef FUZZ_H_
#define FUZZ_H_

#include <stdio.h>
#include <stdlib.h>

#include <library.h>

/**
 * Give up if something is not as it has to be
 */
#define check(condition) \
	do \
	{ \
		if (!(condition)) \
		{ \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, \
					#condition); \
			abort(); \
		} \
	} \
	while (FALSE)

/**
 * Take a byte of the input.
 *
 * @param input			what is left of it, gets less
 * @return				byte, 0 if nothing is left
 */
static inline uint8_t fuzz_byte(chunk_t *input)
{
	uint8_t byte = 0;

	if (input->len)
	{
		byte = *input->ptr;
		*input = chunk_skip(*input, 1);
	}
	return byte;
}

/**
 * Take some bytes of the input.
 *
 * @param input			what is left of it, gets less
 * @param len			number of bytes
 * @return				these, or as many as are left
 */
static inline chunk_t fuzz_bytes(chunk_t *input, size_t len)
{
	chunk_t bytes = chunk_create(input->ptr, min(len, input->len));

	*input = chunk_skip(*input, bytes.len);
	return bytes;
}

#endif /** FUZZ_H_ */
