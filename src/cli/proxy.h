/* SPDX-License-Identifier: MIT */
/* What the files of 'onggi proxy' share. */
#ifndef ONGGI_CLI_PROXY_H
#define ONGGI_CLI_PROXY_H

#include "cli/cli.h"

/* Writes what a proxy has refused as one line of JSON, whatever --log-format says: who sent it, which names
 * it has and where, the row of the policy that decided, and the row that would allow it. */
void cli_proxy_refused(const og_refusal *refusal, const og_policy *policy);

#endif
