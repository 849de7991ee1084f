/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdarg.h>
#include <stdio.h>

#include <bio/bio_reader.h>
#include <bio/bio_writer.h>

#include "control/vici_message.h"

typedef struct private_mobility_vici_message_t private_mobility_vici_message_t;
typedef enum element_t element_t;

/**
 * Elements of a message, as in VICI's specification.
 */
enum element_t {
	SECTION_START = 1,
	SECTION_END = 2,
	KEY_VALUE = 3,
	LIST_START = 4,
	LIST_ITEM = 5,
	LIST_END = 6,
};

/**
 * Private data of a mobility_vici_message_t.
 */
struct private_mobility_vici_message_t {

	/**
	 * Public interface.
	 */
	mobility_vici_message_t public;

	/**
	 * Encoding.
	 */
	bio_writer_t *writer;
};

/**
 * Print a text, and make it one that clients show.
 */
static chunk_t print(char *buf, size_t len, const char *fmt, va_list args)
{
	chunk_t text;
	int printed, i;

	printed = vsnprintf(buf, len, fmt, args);
	text = chunk_create(buf, max(0, min(printed, (int)len - 1)));
	for (i = 0; i < text.len; i++)
	{
		if (text.ptr[i] < ' ' || text.ptr[i] > '~')
		{
			text.ptr[i] = '?';
		}
	}
	return text;
}

METHOD(mobility_vici_message_t, begin, void,
	private_mobility_vici_message_t *this, const char *fmt, ...)
{
	char buf[UINT8_MAX + 1];
	va_list args;

	va_start(args, fmt);
	this->writer->write_uint8(this->writer, SECTION_START);
	this->writer->write_data8(this->writer,
							  print(buf, sizeof(buf), fmt, args));
	va_end(args);
}

METHOD(mobility_vici_message_t, end, void,
	private_mobility_vici_message_t *this)
{
	this->writer->write_uint8(this->writer, SECTION_END);
}

METHOD(mobility_vici_message_t, add, void,
	private_mobility_vici_message_t *this, const char *key, const char *fmt,
	...)
{
	char buf[512];
	va_list args;

	va_start(args, fmt);
	this->writer->write_uint8(this->writer, KEY_VALUE);
	this->writer->write_data8(this->writer, chunk_from_str((char*)key));
	this->writer->write_data16(this->writer,
							   print(buf, sizeof(buf), fmt, args));
	va_end(args);
}

METHOD(mobility_vici_message_t, get_encoding, chunk_t,
	private_mobility_vici_message_t *this)
{
	return this->writer->get_buf(this->writer);
}

METHOD(mobility_vici_message_t, destroy, void,
	private_mobility_vici_message_t *this)
{
	this->writer->destroy(this->writer);
	free(this);
}

/*
 * Described in header.
 */
mobility_vici_message_t *mobility_vici_message_create()
{
	private_mobility_vici_message_t *this;

	INIT(this,
		.public = {
			.begin = _begin,
			.end = _end,
			.add = _add,
			.get_encoding = _get_encoding,
			.destroy = _destroy,
		},
		/* it also grows by this much */
		.writer = bio_writer_create(4096),
	);
	return &this->public;
}

/**
 * Read one element.
 */
static bool read_element(bio_reader_t *reader, uint8_t *type, chunk_t *name,
						 chunk_t *value)
{
	if (!reader->read_uint8(reader, type))
	{
		return FALSE;
	}
	switch (*type)
	{
		case SECTION_START:
		case LIST_START:
			return reader->read_data8(reader, name);
		case KEY_VALUE:
			return reader->read_data8(reader, name) &&
				   reader->read_data16(reader, value);
		case LIST_ITEM:
			return reader->read_data16(reader, value);
		case SECTION_END:
		case LIST_END:
			return TRUE;
		default:
			return FALSE;
	}
}

/**
 * Check that an element may stand where it does, and follow it in or out.
 */
static bool check_nesting(uint8_t type, u_int *sections, bool *list)
{
	if (*list)
	{
		*list = type != LIST_END;
		return type == LIST_ITEM || type == LIST_END;
	}
	switch (type)
	{
		case SECTION_START:
			(*sections)++;
			return TRUE;
		case SECTION_END:
			return (*sections)-- > 0;
		case LIST_START:
			*list = TRUE;
			return TRUE;
		case KEY_VALUE:
			return TRUE;
		default:
			return FALSE;
	}
}

/**
 * Read a message to its end, and find the first value of a key if given.
 */
static bool parse(chunk_t message, const char *key, chunk_t *found)
{
	chunk_t name = chunk_empty, value = chunk_empty;
	bool list = FALSE, valid = TRUE, done = FALSE;
	bio_reader_t *reader;
	u_int sections = 0;
	uint8_t type = 0;

	reader = bio_reader_create(message);
	while (valid && reader->remaining(reader))
	{
		valid = read_element(reader, &type, &name, &value) &&
				check_nesting(type, &sections, &list);
		if (valid && !done && key && type == KEY_VALUE && !sections &&
			chunk_equals(name, chunk_from_str((char*)key)))
		{
			*found = value;
			done = TRUE;
		}
	}
	reader->destroy(reader);
	return valid && !sections && !list && (done || !key);
}

/*
 * Described in header.
 */
bool mobility_vici_message_valid(chunk_t message)
{
	return parse(message, NULL, NULL);
}

/*
 * Described in header.
 */
char *mobility_vici_message_get(chunk_t message, const char *key)
{
	chunk_t value;

	if (!parse(message, key, &value) || !chunk_printable(value, NULL, 0))
	{
		return NULL;
	}
	return value.len ? strndup(value.ptr, value.len) : strdup("");
}

/*
 * Described in header.
 */
bool mobility_vici_message_has(chunk_t message, const char *key)
{
	chunk_t value;

	return parse(message, key, &value);
}
