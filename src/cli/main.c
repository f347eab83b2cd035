/* SPDX-License-Identifier: MIT */
/* The way from the command line to a subcommand. */
#include "cli/cli.h"

#include <signal.h>

int main(int argc, char **argv)
{
    cli_options options;
    /* A reader of our output that has gone shows as a failed write. */
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) return cli_usage("what is to be done? See 'onggi help'");
    const cli_command *command = cli_command_find(argv[1]);
    if (!command) return cli_help_or_unknown(argc - 1, argv + 1);
    int status = cli_parse(&options, command, argc - 2, argv + 2);
    if (status) return status;
    if (options.help) return cli_help_command(command);
    cli_set_levels(options.quiet, options.verbose);
    if (options.policy) status = cli_rules(&options.rules, options.policy);
    if (status) return status;
    status = command->run(&options);
    og_policy_free(options.rules);
    return status;
}
