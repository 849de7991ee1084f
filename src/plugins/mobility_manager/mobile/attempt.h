/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_attempt mobility_attempt
 * @{ @ingroup mobility_manager
 *
 * When a session that is held logs in a second time, because its gateway may have
 * forgotten it.  Pure: no I/O, no clock of its own; all times are milliseconds of
 * one clock, 0 means "not set".
 *
 * Answers to IKE_SA_INIT are not authenticated, so they prove nothing; that of a
 * gateway which knows the session is proof that it does.  So a second IKE_SA asks
 * first (IKE_SA_INIT, RFC 7296, 1.2), beside the request of the held one that gets
 * no answer.  What answers that is there: from then on the request of the held one
 * goes over the same path several times.  Only if that is still not answered the
 * second IKE_SA authenticates.  Up to there, an answer to the held one ends the
 * attempt; somebody who forges answers gets nothing but an IKE_AUTH.
 *
 * Who is not answered may also be one of thousands whose gateway has a lot to do,
 * which has to compute a key for each that asks.  So IKE_SA_INIT is not sent as
 * often as the held request is, but in rounds that get rarer, each at another time
 * for each client, and not at once with the cookie that somebody asks for who says
 * to be busy.
 *
 * What mobility_attempt_check() verifies:
 *
 *  - the held request is repeated after an answer only, and a deadline is set
 *    then; unless the held IKE_SA is of no use anyway, IKE_AUTH leaves after so
 *    many repetitions and not before so much time;
 *  - before an answer there is a deadline only if no other request can be asked for
 *    anymore;
 *  - there is no second attempt beside one.
 */

#ifndef MOBILITY_ATTEMPT_H_
#define MOBILITY_ATTEMPT_H_

#include <library.h>

/** Times that the held request is repeated over a path which answers IKE_SA_INIT,
 * and the shortest time that is waited for an answer, in ms. */
#define MOBILITY_ATTEMPT_REPEATS 8
#define MOBILITY_ATTEMPT_PATIENCE 2000

/** How many times as long as the answer to IKE_SA_INIT took is waited for. */
#define MOBILITY_ATTEMPT_RTTS 4

/** Times that charon may be asked to send IKE_SA_INIT with something else: more of
 * them, one after the other, and it gives up. */
#define MOBILITY_ATTEMPT_DETOURS 4

/** How long an attempt may still be answered that was asked for one more, which
 * may have been the peer, in ms. */
#define MOBILITY_ATTEMPT_WORN 10000

/** Shortest and longest time between two rounds of IKE_SA_INIT, in ms, a quarter
 * more or less; it doubles.  And how long one takes, over all paths. */
#define MOBILITY_ATTEMPT_ROUND 1000
#define MOBILITY_ATTEMPT_ROUND_MAX 8000
#define MOBILITY_ATTEMPT_ROUND_TIME 100

/** How long only paths of the address family are asked that the peer would find
 * the held IKE_SA by, in ms. */
#define MOBILITY_ATTEMPT_KIN 2500

/** Networks whose refusals are remembered, and how many of each at most. */
#define MOBILITY_ATTEMPT_NETWORKS 8
#define MOBILITY_ATTEMPT_REFUSALS 16

typedef struct mobility_attempt_t mobility_attempt_t;
typedef struct mobility_refusals_t mobility_refusals_t;
typedef enum mobility_attempt_state_t mobility_attempt_state_t;
typedef enum mobility_attempt_action_t mobility_attempt_action_t;
typedef enum mobility_attempt_end_t mobility_attempt_end_t;

/**
 * States of an attempt.
 */
enum mobility_attempt_state_t {
	/** there is no second IKE_SA */
	MOBILITY_ATTEMPT_NONE,
	/** it sends IKE_SA_INIT wherever the held request goes */
	MOBILITY_ATTEMPT_ASKING,
	/** that was answered over a path, the held request is repeated there */
	MOBILITY_ATTEMPT_CHECKING,
	/** nobody answered that: the next answer to IKE_SA_INIT counts */
	MOBILITY_ATTEMPT_READY,
	/** that was answered, it authenticates: there is no way back */
	MOBILITY_ATTEMPT_LOGIN,
};

/** names: none, asking, checking, ready, login */
extern enum_name_t *mobility_attempt_state_names;

/**
 * What is to be done.
 */
enum mobility_attempt_action_t {
	/** nothing */
	MOBILITY_ATTEMPT_WAIT,
	/** send the held request over the path that answered */
	MOBILITY_ATTEMPT_REPEAT,
	/** send IKE_SA_INIT over it, built for it */
	MOBILITY_ATTEMPT_ASK,
	/** end it, the next one may be asked for other requests again */
	MOBILITY_ATTEMPT_DROP,
};

/**
 * How an attempt has ended.
 */
enum mobility_attempt_end_t {
	/** it was not answered, or the held IKE_SA was */
	MOBILITY_ATTEMPT_DROPPED,
	/** it took over */
	MOBILITY_ATTEMPT_DONE,
	/** the gateway let us in, but gave no CHILD_SA */
	MOBILITY_ATTEMPT_USELESS,
	/** the gateway refused, or somebody who says to be it */
	MOBILITY_ATTEMPT_REFUSED,
};

/**
 * Refusals in a network.
 */
struct mobility_refusals_t {
	/** what the network is recognized by, 0 if there are none */
	uint32_t network;
	/** when they were, the oldest one is overwritten */
	uint64_t times[MOBILITY_ATTEMPT_REFUSALS];
	/** index of the next one */
	u_int next;
};

/**
 * An attempt, a value type, all zero at the start.
 */
struct mobility_attempt_t {
	/** what it is at */
	mobility_attempt_state_t state;
	/** when it began, and when IKE_SA_INIT was sent last */
	uint64_t begun;
	uint64_t asked;
	/** when that was answered, and until when the held request may be */
	uint64_t answered;
	uint64_t patience;
	/** how often something was done in this state */
	u_int repeats;
	/** when the next thing is to be done */
	uint64_t next;
	/** when the last round of IKE_SA_INIT began, and how long it is at least until
	 * the next one: without jitter, and with that */
	uint64_t round;
	uint32_t pause;
	uint32_t wait;
	/** somebody who says to be busy was put off */
	bool put_off;
	/** how often IKE_SA_INIT was sent with something else */
	u_int detours;
	/** the held IKE_SA is known to be of no use, no answer to it is waited for */
	bool hopeless;
	/** no attempt before that, as the last ones were answered in vain, and how
	 * many of them */
	uint64_t not_before;
	u_int vain;
	/** refusals */
	mobility_refusals_t refusals[MOBILITY_ATTEMPT_NETWORKS];
	/** index of the network that is forgotten next */
	u_int oldest;
};

/**
 * Check if an attempt may begin.
 *
 * @param attempt		attempt
 * @param network		number that the network is recognized by, not 0
 * @param limit			refusals within an hour that end attempts in a network
 * @param now			current time
 * @return				TRUE if so
 */
bool mobility_attempt_may_begin(const mobility_attempt_t *attempt,
								uint32_t network, u_int limit, uint64_t now);

/**
 * There is a second IKE_SA.
 *
 * @param attempt		attempt, gets updated
 * @param hopeless		TRUE if the held one is of no use, as it has lived for too
 *						long, or the gateway has proven that it lost it: then any
 *						answer to IKE_SA_INIT counts that fits
 * @param now			current time
 */
void mobility_attempt_begin(mobility_attempt_t *attempt, bool hopeless,
							uint64_t now);

/**
 * The held IKE_SA turns out to be of no use.
 *
 * @param attempt		attempt, gets updated
 * @param now			current time
 */
void mobility_attempt_set_hopeless(mobility_attempt_t *attempt, uint64_t now);

/**
 * Check if paths may be asked whose address family is not that of the held one
 * while there are others: a peer that remembers would not find it then, give
 * another virtual IP, and keep both.
 *
 * @param attempt		attempt
 * @param now			current time
 * @return				TRUE if so
 */
bool mobility_attempt_may_stray(const mobility_attempt_t *attempt,
								uint64_t now);

/**
 * The held request goes over all paths that there are: begin a round of
 * IKE_SA_INIT if it is time for that.
 *
 * @param attempt		attempt, gets updated
 * @param elsewhere		TRUE if our addresses are others than in the last round
 * @param random		any number
 * @param now			current time
 */
void mobility_attempt_go_round(mobility_attempt_t *attempt, bool elsewhere,
							   uint32_t random, uint64_t now);

/**
 * Check if what the second IKE_SA has to send goes over a path that the held request
 * goes over: IKE_SA_INIT only during a round.
 *
 * @param attempt		attempt
 * @param now			current time
 * @return				TRUE if so
 */
bool mobility_attempt_may_ask(const mobility_attempt_t *attempt, uint64_t now);

/**
 * IKE_SA_INIT was sent.
 *
 * @param attempt		attempt, gets updated
 * @param now			current time
 */
void mobility_attempt_asked(mobility_attempt_t *attempt, uint64_t now);

/**
 * IKE_SA_INIT was answered.
 *
 * @param attempt		attempt, gets updated
 * @param fits			TRUE if it was built for the path that has answered first, and
 *						is answered over that
 * @param now			current time
 * @return				TRUE if the answer is to be used, IKE_AUTH follows; FALSE if
 *						it only tells that somebody is there
 */
bool mobility_attempt_answered(mobility_attempt_t *attempt, bool fits,
							   uint64_t now);

/**
 * IKE_SA_INIT was answered by who wants it to be sent with something else.
 *
 * @param attempt		attempt, gets updated
 * @param busy			TRUE if that is a cookie: who wants it has a lot to do, and
 *						may be about to answer the held request; so the first one is
 *						to be ignored, the next round gets another one
 * @param now			current time
 * @return				TRUE if it may be
 */
bool mobility_attempt_detour(mobility_attempt_t *attempt, bool busy,
							 uint64_t now);

/**
 * The path that answered is gone: ask again.
 *
 * @param attempt		attempt, gets updated
 */
void mobility_attempt_lost(mobility_attempt_t *attempt);

/**
 * The held request was answered.
 *
 * @param attempt		attempt, gets updated
 * @return				TRUE if that ends an attempt
 */
bool mobility_attempt_refute(mobility_attempt_t *attempt);

/**
 * The second IKE_SA is gone, or has taken over.
 *
 * @param attempt		attempt, gets updated
 * @param end			how it ended
 * @param network		number that the network is recognized by, not 0
 * @param now			current time
 */
void mobility_attempt_end(mobility_attempt_t *attempt,
						  mobility_attempt_end_t end, uint32_t network,
						  uint64_t now);

/**
 * Time has passed.
 *
 * @param attempt		attempt, gets updated
 * @param now			current time
 * @return				what to do
 */
mobility_attempt_action_t mobility_attempt_tick(mobility_attempt_t *attempt,
												uint64_t now);

/**
 * Check the invariants stated above.
 *
 * @param attempt		attempt
 * @return				NULL if they hold, else which one does not
 */
const char *mobility_attempt_check(const mobility_attempt_t *attempt);

#endif /** MOBILITY_ATTEMPT_H_ @}*/
