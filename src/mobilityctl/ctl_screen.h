/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ctl_screen ctl_screen
 * @{ @ingroup mobilityctl
 *
 * The terminal: colours, and a screen that is drawn again and again.
 */

#ifndef CTL_SCREEN_H_
#define CTL_SCREEN_H_

#include "mobilityctl.h"

typedef enum ctl_colour_t ctl_colour_t;

/**
 * Colours.
 */
enum ctl_colour_t {
	/** that of the terminal */
	CTL_PLAIN,
	/** all is well */
	CTL_GREEN,
	/** something is not, for now */
	CTL_YELLOW,
	/** something is wrong */
	CTL_RED,
};

/**
 * Draws what there is to see, to stdout.
 *
 * @param user			user data
 * @return				EXIT_OK to go on, or what went wrong (reported)
 */
typedef exit_code_t (*ctl_screen_draw_t)(void *user);

/**
 * Get what changes the colour of what is printed next.
 *
 * @param colour		colour
 * @return				escape sequence, empty if stdout is no terminal, or nobody
 *						wants colours (NO_COLOR, TERM=dumb)
 */
const char *ctl_colour(ctl_colour_t colour);

/**
 * Get the size of the terminal.
 *
 * @param columns		gets its width, 0 if stdout is no terminal
 * @param rows			gets the rows that may be printed, 0 for any number: that
 *						is limited only while a screen is drawn
 */
void ctl_screen_size(int *columns, int *rows);

/**
 * Prepare for a screen: to be called before a daemon is connected.
 *
 * @return				FALSE if there is no terminal for that (reported)
 */
bool ctl_screen_prepare();

/**
 * Draw each second, and when the terminal gets another size, until the user quits.
 *
 * @param draw			draws
 * @param user			user data for draw
 * @return				what draw() returned last
 */
exit_code_t ctl_screen_run(ctl_screen_draw_t draw, void *user);

/**
 * Leave the terminal as it was, if a screen is drawn.  May be called by signal
 * handlers.
 */
void ctl_screen_leave();

#endif /** CTL_SCREEN_H_ @}*/
