/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ctl_output ctl_output
 * @{ @ingroup mobilityctl
 *
 * Tables, times and JSON.
 */

#ifndef CTL_OUTPUT_H_
#define CTL_OUTPUT_H_

#include "mobilityctl.h"

typedef struct ctl_table_t ctl_table_t;

/** the most columns a table has */
#define CTL_TABLE_COLUMNS 10

/**
 * A table whose columns are as wide as they have to be.
 */
struct ctl_table_t {

	/**
	 * Column with states of sessions, which get colours, -1 if there is none.
	 */
	int states;

	/**
	 * Rows of the screen that are used already, of the tables if any is drawn.
	 */
	int used;

	/**
	 * Add a row.
	 *
	 * @param ...		char* for each column, gets copied
	 */
	void (*add)(ctl_table_t *this, ...);

	/**
	 * Add a line below the row added last.
	 *
	 * @param text		text, gets copied
	 */
	void (*note)(ctl_table_t *this, const char *text);

	/**
	 * Print it.  On a screen that is drawn again and again, as much of it as there
	 * is room for.
	 */
	void (*print)(ctl_table_t *this);

	/**
	 * Destroy a ctl_table_t.
	 */
	void (*destroy)(ctl_table_t *this);
};

/**
 * Create a table.
 *
 * @param optional		bits of the columns that are left out on a terminal that
 *						is too narrow for them
 * @param ...			titles of the columns, and NULL
 * @return				table
 */
ctl_table_t *ctl_table_create(uint32_t optional, ...);

/**
 * Write a duration as people say it, such as 3m 12s.
 *
 * @param seconds		duration
 * @param buf			buffer
 * @param len			size of buffer
 * @return				buf
 */
char *ctl_duration(int64_t seconds, char *buf, size_t len);

/**
 * Write a local time.
 *
 * @param time			time, seconds since the epoch
 * @param date			also write the date
 * @param buf			buffer
 * @param len			size of buffer
 * @return				buf
 */
char *ctl_time(int64_t time, bool date, char *buf, size_t len);

/**
 * Write a state change or a move in the words of the log.
 *
 * @param event			session or record with the keys of a move, or old-state
 * @param move			TRUE for a move
 * @param old			state before, NULL for a move
 * @param buf			buffer
 * @param len			size of buffer
 * @return				buf
 */
char *ctl_happening(json_object *event, bool move, const char *old, char *buf,
					size_t len);

/**
 * Say in a few words why a session is where it is.
 *
 * @param session		session
 * @param buf			buffer
 * @param len			size of buffer
 * @return				buf
 */
char *ctl_why(json_object *session, char *buf, size_t len);

/**
 * Write an address without its port.
 *
 * @param addr			address and port
 * @param buf			buffer
 * @param len			size of buffer
 * @return				buf
 */
char *ctl_strip_port(const char *addr, char *buf, size_t len);

/**
 * Write the kind of an interface, and over what, in words.
 *
 * @param object		object with kind and over
 * @param buf			buffer
 * @param len			size of buffer
 * @return				buf
 */
char *ctl_kind(json_object *object, char *buf, size_t len);

/**
 * Get a member that is a text.
 *
 * @param object		object
 * @param key			key
 * @return				text, empty if there is none
 */
const char *ctl_str(json_object *object, const char *key);

/**
 * Get a member that is a number.
 *
 * @param object		object
 * @param key			key
 * @return				number, 0 if there is none
 */
int64_t ctl_num(json_object *object, const char *key);

/**
 * Get a member that is an object.
 *
 * @param object		object
 * @param key			key
 * @return				object, NULL if there is none
 */
json_object *ctl_sub(json_object *object, const char *key);

/**
 * Check if a list contains a text.
 *
 * @param list			array of texts, NULL if there is none
 * @param text			text
 * @return				TRUE if it does
 */
bool ctl_contains(json_object *list, const char *text);

/**
 * Make an array of what is in the sections of an answer, which have no
 * meaningful names.
 *
 * @param answer		answer, not owned
 * @return				array
 */
json_object *ctl_array(json_object *answer);

/**
 * Replace a member whose sections have no meaningful names by an array of them.
 *
 * @param object		object
 * @param key			key of the member, which need not be there
 */
void ctl_flatten(json_object *object, const char *key);

/**
 * Write an object to stdout and release it.
 *
 * @param object		object
 * @param line			write it in one line
 */
void ctl_print_json(json_object *object, bool line);

/**
 * Report that there is no session.
 *
 * @param connection	name of the connection it is not of, NULL for any
 * @return				EXIT_NOTHING
 */
exit_code_t ctl_no_session(const char *connection);

/**
 * Report that there is no history.
 *
 * @param connection	name of the connection it is not of, NULL for any
 * @return				EXIT_NOTHING
 */
exit_code_t ctl_nothing_happened(const char *connection);

#endif /** CTL_OUTPUT_H_ @}*/
