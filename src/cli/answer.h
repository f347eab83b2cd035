/* SPDX-License-Identifier: MIT */
/*
 * How serve answers: with what arrived, an object, a command's output, another server's answer, or not at
 * all.
 *
 * Ownership: an answer owns its objects until cli_answer_fini(). Threads: after cli_answer_init() any number
 * at once, for one connection one at a time.
 */
#ifndef ONGGI_CLI_ANSWER_H
#define ONGGI_CLI_ANSWER_H

#include "cli/cli.h"
#include "cli/pool.h"
#include "cli/quota.h"

typedef struct cli_answer {
    const cli_options *options;
    bool text;        /* objects are given as texts, and the reply may hold {} */
    bool one_message; /* framing eof is possible: an answer ends its direction */
    cli_quota lost;   /* of lines about datagrams that got no answer */
    cli_quota *quota; /* that one, for those who have no right to change an answer; NULL: not there */
    cli_pool *pool;   /* of --exec-pool, or NULL */
    og_doc *replies;  /* holds the two below; not changed once read */
    og_doc *greets;
    og_value reply;
    og_value greet;
} cli_answer;

/* True when one of the options that answer was given. */
bool cli_answers(const cli_options *options);

/* Reads what the options hold; `codec` says how. 0, or the exit status after saying why. */
int cli_answer_init(cli_answer *answer, const cli_options *options, const char *codec);

/* Starts the processes of --exec-pool. 0, or the exit status after saying why. */
int cli_answer_start(cli_answer *answer);

void cli_answer_fini(cli_answer *answer);

/* A stream connection begins and ends. */
void cli_answer_open(const cli_answer *answer, og_conn *conn);
void cli_answer_close(const cli_answer *answer, og_conn *conn);

/* Sends --greet. When nothing else will be said, tells the peer so. */
void cli_answer_greet(const cli_answer *answer, og_conn *conn);

/* Answers one message; may take its time with --exec and --to. */
void cli_answer_message(const cli_answer *answer, og_conn *conn, og_value value);

#endif
