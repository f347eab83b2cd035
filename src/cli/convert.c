/* SPDX-License-Identifier: MIT */
/* onggi convert: between json, pickle and repr. */
#include "cli/input.h"
#include "cli/output.h"
#include "cli/suggest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int flush(void *ctx)
{
    return cli_output_flush(ctx);
}

/* All objects of one stream, those that cannot be printed passed over: 0, the exit status, or
 * CLI_OUTPUT_GONE. */
static int convert_stream(cli_input *input, cli_output *output)
{
    og_value value;
    int worst = CLI_DONE;
    int status;
    while ((status = cli_input_next(input, &value)) > 0) {
        status = cli_print(output, value, NULL);
        if (status == CLI_OUTPUT_GONE || status == CLI_UNREACHED) return status;
        if (status) worst = status;
    }
    int flushed = cli_output_flush(output);
    if (flushed) return flushed;
    return status ? -status : worst;
}

static int convert_file(cli_input *input, cli_output *output, const char *name)
{
    if (strcmp(name, "-") == 0) {
        cli_input_open(input, STDIN_FILENO, "standard input");
        return convert_stream(input, output);
    }
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        cli_log(OG_LOG_ERROR, "%s: %s", name, strerror(errno));
        cli_suggest_text(name);
        return CLI_UNREACHED;
    }
    cli_input_open(input, fd, name);
    int status = convert_stream(input, output);
    close(fd);
    return status;
}

static int run(const cli_options *options)
{
    cli_input input;
    cli_output output;
    cli_form form = options->out ? options->out : CLI_FORM_JSON;
    int status = cli_output_check(options, form);
    if (status) return status;
    status = cli_input_init(&input, options, options->in, NULL, 0);
    cli_output_init(&output, options, form);
    output.lazy = true;
    input.before_wait = flush;
    input.wait_ctx = &output;
    input.framed = true;
    if (status == 0 && options->arg_count == 0) status = convert_file(&input, &output, "-");
    /* A file that cannot be read does not keep the others from being converted. */
    for (size_t i = 0; i < options->arg_count && status != CLI_OUTPUT_GONE; i++) {
        int one = convert_file(&input, &output, options->args[i]);
        if (one > status) status = one;
    }
    cli_output_fini(&output);
    cli_input_fini(&input);
    return status == CLI_OUTPUT_GONE ? CLI_DONE : status;
}

const cli_command cli_convert = {
    .name = "convert",
    .bit = CLI_CONVERT,
    .synopsis = "[FILE...]",
    .summary = "between json, pickle and repr",
    .description =
        "Reads files, or standard input, with any number of objects one after the other. Without -i, JSON and "
        "pickle are told apart by their first byte.",
    .example = "  echo '{\"name\": \"John\", \"age\": 30}' | onggi convert -o pickle > john.pickle\n"
               "  onggi convert -o pretty john.pickle\n",
    .min_args = 0,
    .max_args = SIZE_MAX,
    .run = run,
};
