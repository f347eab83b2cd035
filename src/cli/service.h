/* SPDX-License-Identifier: MIT */
/* What serve and proxy have in common: a server that runs until it is told to stop. */
#ifndef ONGGI_CLI_SERVICE_H
#define ONGGI_CLI_SERVICE_H

#include "cli/cli.h"

typedef struct cli_service {
    const cli_options *options; /* whose arguments are endpoints to listen on */
    const char *upstream;       /* that the server connects to for its clients, or NULL */
    bool looks_up;              /* the name of its host, for each of them */
    og_server *server;
    bool reloads;          /* SIGHUP reads files again */
    char status[500];      /* what it does, for the service manager */
    char privileges[1500]; /* what is left of them, for the log */
} cli_service;

/* The options of a server that say how much and how long. */
void cli_service_limits(og_server_options *server, const cli_options *options);

/* Before anything else: has memory of long messages go back to the system, and loops use no rings. */
void cli_service_prepare(const cli_options *options);

/* Begins the stop. For signal handlers too. */
void cli_service_stop(og_server *server);

/* Checks that all arguments are endpoints, and that options for layers have one to work on, which may be
 * `upstream` (or NULL); `first` gets the first one. 0, or CLI_USAGE after saying why. */
int cli_service_endpoints(const cli_options *options, const char *upstream, og_endpoint *first);

/* Who has shaken hands: those with a certificate or a shared key always, others with -v. */
void cli_service_say_who(const og_conn *conn);

/* Files are about to be read again, or were (`done`): tells the service manager, and reads the policy. */
void cli_service_reload(const cli_service *service, bool done);

/* on_log of the server. */
void cli_service_log(og_log_level level, const og_conn *conn, const char *text, void *user);

/* Listens on all endpoints, and gives up the privileges that serving does not need. No thread may have been
 * started. 0, or the exit status after saying why. */
int cli_service_open(cli_service *service);

/* Serves: the exit status. */
int cli_service_run(cli_service *service);

#endif
