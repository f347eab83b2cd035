/* SPDX-License-Identifier: MIT */
/* onggi inspect: what is inside pickles, in files and folders, archives and arrays. */
#include "cli/inspect.h"
#include "cli/colour.h"
#include "cli/output.h"

#include <string.h>
#include <unistd.h>

enum { DEFAULT_LIMIT = 1 << 30 };

static int start(inspection *all, const cli_options *options)
{
    *all = (inspection){
        .options = options,
        .json = options->out == CLI_FORM_JSON,
        .judging = options->verdict || options->globals,
        .limit = options->max_message ? (size_t)options->max_message : DEFAULT_LIMIT,
        .many = options->arg_count > 1,
    };
    og_buf_init(&all->out, NULL);
    bool colours = cli_wants_colour(options->colour, STDOUT_FILENO);
    all->colour = colours && !all->json;
    all->paints = colours && all->json;
    all->policy = options->rules;
    if (!all->policy) all->policy = all->plain = og_policy_builtin("plain-data", NULL);
    if (all->policy) return 0;
    cli_log(OG_LOG_ERROR, "out of memory");
    return CLI_REFUSED;
}

static int finish(inspection *all, int status)
{
    if (status == 0) status = inspect_flush(all);
    og_buf_free(&all->out);
    og_policy_free(all->plain);
    if (status == CLI_OUTPUT_GONE) return 0;
    if (status) return status;
    if (all->options->verdict) inspect_say_tally(all);
    if (!all->options->verdict && all->status) return all->status;
    status = inspect_verdict_status(all);
    return all->options->verdict || status != CLI_REFUSED ? status : CLI_DONE;
}

static int run(const cli_options *options)
{
    inspection all;
    int status = start(&all, options);
    if (status) return status;
    if (options->arg_count == 0) status = inspect_fd(&all, STDIN_FILENO, "standard input", true);
    for (size_t i = 0; i < options->arg_count && status == 0; i++) {
        if (strcmp(options->args[i], "-") == 0) {
            status = inspect_fd(&all, STDIN_FILENO, "standard input", true);
        } else {
            status = inspect_path(&all, options->args[i]);
        }
    }
    return finish(&all, status);
}

const cli_command cli_inspect = {
    .name = "inspect",
    .bit = CLI_INSPECT,
    .synopsis = "[FILE...]",
    .summary = "what is in a pickle: opcodes, classes, verdict",
    .description =
        "Lists the opcodes as 'python -m pickletools' does, or says which classes are named, and whether a policy allows "
        "them. Looks into folders, zip archives (torch, npz) and numpy's .npy; runs nothing.",
    .example = "  onggi inspect model.pkl\n"
               "  onggi inspect --verdict --policy plain-data downloads/\n",
    .min_args = 0,
    .max_args = SIZE_MAX,
    .run = run,
};
