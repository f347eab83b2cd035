/* SPDX-License-Identifier: MIT */
/*
 * Lines that a person types at a prompt, with editing and a history. The only file that includes libedit.
 *
 * Ownership: a prompt owns its editor and history until cli_prompt_free(). Threads: one at a time.
 */
#ifndef ONGGI_CLI_PROMPT_H
#define ONGGI_CLI_PROMPT_H

#include "cli/cli.h"

typedef struct cli_prompt cli_prompt;

/* True when a person types at standard input and sees what a prompt prints. */
bool cli_prompt_wanted(void);

/* NULL when memory is short. */
cli_prompt *cli_prompt_new(void);
void cli_prompt_free(cli_prompt *prompt);

/* What cli_prompt_line() returns. */
typedef enum cli_typed { CLI_TYPED_END, CLI_TYPED_LINE, CLI_TYPED_CANCEL } cli_typed;

/* Appends the next line to `out`, with its line feed. `goes_on`: the object of the lines before is not
 * complete. CLI_TYPED_END after Ctrl-D, CLI_TYPED_CANCEL after Ctrl-C. */
cli_typed cli_prompt_line(cli_prompt *prompt, bool goes_on, og_buf *out);

#endif
