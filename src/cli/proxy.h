/* SPDX-License-Identifier: MIT */
/* What the files of 'onggi proxy' share. */
#ifndef ONGGI_CLI_PROXY_H
#define ONGGI_CLI_PROXY_H

#include "cli/cli.h"

/* By what a proxy judges, and how each side's messages are read to tell what is in them. */
typedef struct cli_judge {
    const og_policy *policy;
    og_codec_options front;
    og_codec_options behind;
} cli_judge;

/* What the policy says of the pickle that was refused; of a message in another codec, of the one that it
 * would have become. Without one it is empty. To be freed. */
void cli_proxy_report(const cli_judge *judge, const og_refusal *refusal, og_pickle_report *report);

/* Writes what a proxy has refused as one line of JSON, whatever --log-format says: who sent it, which names
 * it has and where, the row of the policy that decided, and the row that would allow it. */
void cli_proxy_refused(const og_refusal *refusal, const cli_judge *judge);

/* A name as a row of a policy has it. 0 or < 0. */
int cli_proxy_put_name(og_buf *out, const og_pickle_use *use);

/* ---- --learn ---- */

/* The names of what is refused, on their way to a file. Any thread. */
typedef struct cli_learn cli_learn;

/* What `path` holds already stays there. 0, or an exit status after saying why. */
int cli_learn_open(cli_learn **learn, const char *path);

/* Counts the names of a refused message that the policy does not allow. NULL is allowed, also below. */
void cli_learn_take(cli_learn *learn, const og_refusal *refusal, const cli_judge *judge);

/* Writes what has changed. */
void cli_learn_write(cli_learn *learn);

/* Writes it for the last time, and frees. */
void cli_learn_close(cli_learn *learn);

#endif
