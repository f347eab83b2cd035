/* SPDX-License-Identifier: MIT */
/* The table of subcommands, and the way to them. */
#include "cli/cli.h"

#include <signal.h>
#include <string.h>

static const cli_command commands[] = {
    {"serve", CLI_SERVE, "ENDPOINT...", "print every object that arrives, answer it as told",
     "Listens on each endpoint and prints what arrives, whatever speaks: JSON or pickle, framed or not, is told\n"
     "from the first bytes. Answers with --echo, --reply, --exec or --to, or not at all. Ctrl-C ends it.\n",
     "  onggi serve tcp://127.0.0.1:8080 --reply '{\"message\": \"Hello from server\"}'\n"
     "  onggi serve tcp://127.0.0.1:1234 --codec pickle --greet '{\"name\": \"John\", \"age\": 30}'\n"
     "  onggi serve udp://127.0.0.1:12345 --codec text --reply 'You said: {}'\n",
     1, SIZE_MAX, cli_serve},
    {"call", CLI_CALL, "ENDPOINT [OBJECT...]", "send objects, print the answer to each",
     "Objects are JSON texts (with --codec text: texts as they stand), or come from standard input, one after\n"
     "the other.\n",
     "  onggi call tcp://127.0.0.1:8080 '{\"name\": \"John\", \"age\": 30}'\n"
     "  seq 3 | onggi call tcp://127.0.0.1:8080 --codec pickle\n",
     1, SIZE_MAX, cli_call},
    {"send", CLI_SEND, "ENDPOINT [OBJECT...]", "send objects, expect no answer",
     "As call, without waiting for answers.\n",
     "  onggi send tcp://127.0.0.1:9020 --codec pickle --framing u32be '{\"msg\": \"disk full\", \"levelno\": 40}'\n",
     1, SIZE_MAX, cli_send},
    {"recv", CLI_RECV, "ENDPOINT", "connect, print what arrives until the peer closes", "Sends nothing.\n",
     "  onggi recv tcp://127.0.0.1:1234 -o repr\n", 1, 1, cli_recv},
    {"convert", CLI_CONVERT, "[FILE...]", "between json, pickle and repr",
     "Reads files, or standard input, with any number of objects one after the other. Without -i, JSON and\n"
     "pickle are told apart by their first byte.\n",
     "  echo '{\"name\": \"John\", \"age\": 30}' | onggi convert -o pickle > john.pickle\n"
     "  onggi convert -o pretty john.pickle\n",
     0, SIZE_MAX, cli_convert},
    {"inspect", CLI_INSPECT, "[FILE...]", "what is inside a pickle: opcodes, classes named, verdict",
     "Lists the opcodes as 'python -m pickletools' does, or says which classes are named, and whether a policy allows\n"
     "them. Looks into folders, zip archives (torch, npz) and numpy's .npy; runs nothing.\n",
     "  onggi inspect model.pkl\n"
     "  onggi inspect --verdict --policy plain-data downloads/\n",
     0, SIZE_MAX, cli_inspect},
};

const cli_command *cli_command_at(size_t index)
{
    return index < sizeof commands / sizeof commands[0] ? &commands[index] : NULL;
}

const cli_command *cli_command_find(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    }
    return NULL;
}

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
    if (options.policy) status = cli_policy(&options.rules, options.policy);
    if (status) return status;
    status = command->run(&options);
    og_policy_free(options.rules);
    return status;
}
