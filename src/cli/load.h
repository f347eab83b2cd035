/* SPDX-License-Identifier: MIT */
/*
 * Load on a server: connections that send objects and wait for the answers, for a time, with the time that
 * each answer took.
 *
 * A closed loop sends the next object when an answer has come, so many in flight. An open loop sends at a
 * fixed rate whatever the server does, and an answer's time counts from when its object was due: a server
 * that stops for a second is seen by all who would have asked in that second.
 */
#ifndef ONGGI_CLI_LOAD_H
#define ONGGI_CLI_LOAD_H

#include "cli/cli.h"
#include "cli/histogram.h"

typedef struct cli_load {
    const char *endpoint;
    og_conn_options conn;
    bool datagram;           /* answers may be lost */
    const og_value *objects; /* sent in turn; shared by all threads, which only read them */
    size_t object_count;
    size_t connections;
    size_t in_flight;   /* on each connection, at most */
    uint64_t rate;      /* objects a second of all connections together; 0: a closed loop */
    uint64_t count;     /* ends after so many objects of all connections together; 0: after the duration */
    int64_t warm_up_ms; /* what is sent before is not measured */
    int64_t duration_ms;
    void (*progress)(const struct cli_load *load, double seconds, uint64_t answers, void *user); /* or NULL */
    void *user;
} cli_load;

typedef struct cli_load_result {
    cli_histogram times; /* of what was sent while it was measured */
    double seconds;      /* of measuring */
    uint64_t answers;    /* that came in that time */
    uint64_t unanswered; /* datagrams */
    uint64_t unsent;     /* an open loop's, for which there was no time */
    uint64_t bytes_in;   /* of the whole run */
    uint64_t bytes_out;
    bool interrupted; /* by a signal */
} cli_load_result;

/* Runs it to its end; a signal SIGINT or SIGTERM ends it early, without an error. 0, or the exit status after
 * saying why. */
int cli_load_run(const cli_load *load, cli_load_result *result);

#endif
