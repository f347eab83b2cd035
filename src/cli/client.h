/* SPDX-License-Identifier: MIT */
/*
 * A connection that is made when it is needed, and made again when a peer that answers one message a
 * connection has closed it.
 *
 * Ownership: a client owns its connection until cli_client_close(). Threads: one at a time.
 */
#ifndef ONGGI_CLI_CLIENT_H
#define ONGGI_CLI_CLIENT_H

#include "cli/cli.h"

typedef struct cli_client {
    const char *text; /* the endpoint as it was given */
    og_endpoint endpoint;
    og_conn_options options;
    bool one_message; /* framing eof: a connection for each */
    bool used;        /* a message went both ways on `conn` */
    bool keeps;       /* the peer keeps a connection open after an answer; else that is not known */
    bool one_answer;  /* it has closed a connection after one answer: each object gets one of its own */
    bool retry;       /* an object may be sent again though the peer may have taken it */
    bool surplus;     /* people were told of answers to nothing */
    int64_t limit_ms; /* for an answer, in a server; 0: that of the options, as no server asks */
    int64_t grace_ms; /* of that server */
    og_conn *conn;
} cli_client;

/* Not connected yet. `options` are those of the connection but for what the endpoint says itself. 0, or
 * CLI_USAGE after saying why. */
int cli_client_init(cli_client *client, const cli_options *options, const char *endpoint,
                    const og_conn_options *conn);

/* A server asks: it waits for an answer as long as --answer-timeout says, and when it is to stop, no longer
 * than its grace time. Before the connection is made. */
void cli_client_serves(cli_client *client, const cli_options *options);

/* Connects unless it is. 0 or a negative status. */
int cli_client_connect(cli_client *client, og_error *err);

/* Sends one value, without waiting for an answer. 0 or a negative status. */
int cli_client_send(cli_client *client, og_value value, og_error *err);

/* Sends one value and waits for the answer: 1 and `*answer`, which lives until the next call, or a negative
 * status. It is sent once more, on a new connection, when the peer has certainly not taken it, or with
 * --retry. */
int cli_client_ask(cli_client *client, og_value value, og_value *answer, og_error *err);

/* Waits for one more answer to what was sent: as cli_client_ask(), and 0 when the peer has closed. */
int cli_client_more(cli_client *client, og_value *answer, og_error *err);

/* Tells the peer that no more will come, waits a second at most for it to close, and closes: doing so at
 * once, with an unread answer, would make the system throw away what is still under way. 0, or OG_ECLOSED
 * when the peer has thrown away what was sent. */
int cli_client_finish(cli_client *client, og_error *err);

/* Closes after the last answer, and says so if more of them have come than were asked for. */
void cli_client_end(cli_client *client);

void cli_client_close(cli_client *client);

#endif
