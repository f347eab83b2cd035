/* SPDX-License-Identifier: MIT */
/* The table of subcommands, made from commands.def. */
#include "cli/cli.h"

#include <string.h>

static const cli_command *const commands[] = {
#define COMMAND(id, name) &cli_##name,
#include "cli/commands.def"
#undef COMMAND
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

const cli_command *cli_command_at(size_t index)
{
    return index < COMMANDS ? commands[index] : NULL;
}

const cli_command *cli_command_find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i]->name, name) == 0) return commands[i];
    }
    return NULL;
}
