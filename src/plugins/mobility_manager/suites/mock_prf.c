/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mock_prf.h"

typedef struct {
	/** implements prf_t */
	prf_t public;
	/** key */
	chunk_t key;
} mock_prf_t;

METHOD(prf_t, set_key, bool,
	mock_prf_t *this, chunk_t key)
{
	chunk_clear(&this->key);
	this->key = chunk_clone(key);
	return TRUE;
}

METHOD(prf_t, get_bytes, bool,
	mock_prf_t *this, chunk_t seed, uint8_t *buffer)
{
	chunk_t data = chunk_cata("cc", this->key, seed);
	uint32_t hash = 0;
	int i;

	for (i = 0; i < HASH_SIZE_SHA256; i++)
	{
		hash = chunk_hash_static_inc(data, hash + i);
		buffer[i] = hash;
	}
	return TRUE;
}

METHOD(prf_t, destroy, void,
	mock_prf_t *this)
{
	chunk_clear(&this->key);
	free(this);
}

/*
 * Described in header
 */
prf_t *mock_prf_create(pseudo_random_function_t algorithm)
{
	mock_prf_t *this;

	INIT(this,
		.public = {
			.set_key = _set_key,
			.get_bytes = _get_bytes,
			.destroy = _destroy,
		},
	);
	return &this->public;
}
