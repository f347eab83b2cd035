/* SPDX-License-Identifier: MIT */
/* What the files of 'onggi proxy' share. */
#ifndef ONGGI_CLI_PROXY_H
#define ONGGI_CLI_PROXY_H

#include "cli/cli.h"

/* Writes what a proxy has refused as one line of JSON, whatever --log-format says: who sent it, which names
 * it has and where, the row of the policy that decided, and the row that would allow it. */
void cli_proxy_refused(const og_refusal *refusal, const og_policy *policy);

/* A name as a row of a policy has it. 0 or < 0. */
int cli_proxy_put_name(og_buf *out, const og_pickle_use *use);

/* ---- --learn ---- */

/* The names of what is refused, on their way to a file. Any thread. */
typedef struct cli_learn cli_learn;

/* What `path` holds already stays there. 0, or an exit status after saying why. */
int cli_learn_open(cli_learn **learn, const char *path);

/* Counts the names of a refused message that the policy does not allow. NULL is allowed, also below. */
void cli_learn_take(cli_learn *learn, const og_refusal *refusal, const og_policy *policy);

/* Writes what has changed. */
void cli_learn_write(cli_learn *learn);

/* Writes it for the last time, and frees. */
void cli_learn_close(cli_learn *learn);

#endif
