/* SPDX-License-Identifier: MIT */
/* The way from the command line to a subcommand. */
#include "cli/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* A descriptor below 3 that is closed would be given to a socket, which would then get what is printed. */
static bool open_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        bool is_closed = fcntl(fd, F_GETFD) < 0 && errno == EBADF;
        if (is_closed && open("/dev/null", O_RDWR) != fd) return false;
    }
    return true;
}

static int run(cli_options *options, const cli_command *command, int argc, char **argv)
{
    int status = cli_parse(options, command, argc, argv);
    if (status) return status;
    if (options->help) return cli_help_command(command);
    cli_log_levels(options);
    if (options->policy) status = cli_rules(&options->rules, &options->rules_text, options->policy);
    if (status == 0) status = cli_rules_nest(options);
    if (status) return status;
    if (command->bit & (CLI_CLIENTS | CLI_CONVERT)) cli_progress_start(options);
    status = command->run(options);
    cli_progress_stop();
    return status;
}

/* What was printed must have gone, whatever the status is. A reader who goes away has seen what they wanted.
 */
static int printed(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    if (errno == EPIPE) return status;
    cli_log(OG_LOG_ERROR, "standard output: %s", errno ? strerror(errno) : "not all could be written");
    return CLI_UNREACHED;
}

int main(int argc, char **argv)
{
    cli_options options;
    if (!open_standard()) return CLI_UNREACHED;
    /* A reader of our output that has gone shows as a failed write. */
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) return cli_usage("what should it do? See 'onggi help'");
    const cli_command *command = cli_command_find(argv[1]);
    if (!command) return printed(cli_help_or_unknown(argc - 1, argv + 1));
    int status = run(&options, command, argc - 1, argv + 1);
    cli_options_fini(&options);
    return printed(status);
}
