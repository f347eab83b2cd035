/* SPDX-License-Identifier: MIT */
/* onggi call: send objects, print the answer to each. */
#include "cli/client.h"
#include "cli/input.h"
#include "cli/output.h"

/* A datagram or its answer may be lost: do not wait for it without end. */
enum { DATAGRAM_TIMEOUT_MS = 5000 };

/* An answer that cannot be printed does not keep the other objects from being sent: it shows in `*worst`. */
static int call_one(cli_client *client, cli_output *output, og_value value, uint64_t answers, int *worst)
{
    og_value answer;
    og_error err;
    int status = cli_client_ask(client, value, &answer, &err);
    for (uint64_t left = answers; status > 0; left--) {
        int printed = cli_print(output, answer, client->conn);
        if (printed == CLI_REFUSED) *worst = printed;
        if (printed != CLI_REFUSED && printed != CLI_DONE) return printed;
        if (left <= 1) return 0;
        status = cli_client_more(client, &answer, &err);
    }
    if (status < 0) return cli_fail(client->text, &err);
    cli_log(OG_LOG_ERROR, "%s: the peer closed the connection without %s answer", client->text,
            answers > 1 ? "every" : "an");
    return CLI_REFUSED;
}

static int call_all(cli_client *client, cli_input *input, cli_output *output)
{
    og_value value;
    int worst = CLI_DONE;
    int status;
    while ((status = cli_input_next(input, &value)) > 0) {
        status = call_one(client, output, value, input->options->answers, &worst);
        if (status) return status;
    }
    return status ? -status : worst;
}

/* With a person at a prompt: connects at once, and goes on after whatever is wrong. */
static int converse(cli_client *client, cli_input *input, cli_output *output)
{
    og_value value;
    og_error err;
    int worst = CLI_DONE;
    int status;
    if (!client->one_message && cli_client_connect(client, &err) < 0) return cli_fail(client->text, &err);
    cli_log(OG_LOG_INFO, "%s: type an object, Ctrl-D ends", client->text);
    while ((status = cli_input_next(input, &value)) != 0) {
        if (status < 0 && !cli_input_goes_on(input)) return -status;
        if (status > 0 && call_one(client, output, value, input->options->answers, &worst) == CLI_OUTPUT_GONE)
            break;
    }
    return CLI_DONE;
}

static int run(const cli_options *options)
{
    cli_client client;
    cli_input input;
    cli_output output;
    og_conn_options conn;
    cli_conn_options(&conn, options);
    int status = cli_client_init(&client, options, options->args[0], &conn);
    if (status) return status;
    if (og_transport_is_datagram(client.endpoint.transport) && !options->timeout_ms)
        client.options.recv_timeout_ms = DATAGRAM_TIMEOUT_MS;
    const char *codec = cli_codec(options, &client.endpoint);
    cli_form form = cli_output_form(options, codec);
    status = cli_output_check(options, form);
    if (status) return status;
    cli_output_init(&output, options, form);
    status = cli_input_init_typed(&input, options, cli_input_form(options, codec), options->args + 1,
                                  options->arg_count - 1);
    if (status == 0) status = (input.prompt ? converse : call_all)(&client, &input, &output);
    cli_client_end(&client);
    cli_input_fini(&input);
    cli_output_fini(&output);
    return status == CLI_OUTPUT_GONE ? CLI_DONE : status;
}

const cli_command cli_call = {
    .name = "call",
    .bit = CLI_CALL,
    .synopsis = "ENDPOINT [OBJECT...]",
    .summary = "send objects, print the answer to each",
    .description =
        "Objects are JSON texts (with --codec text: texts as they are), or members of one object: name=John is a "
        "text, age:=30 JSON. Without any, they come from standard input, one after the other; on a terminal a "
        "prompt asks for them.",
    .example = "  onggi call tcp://127.0.0.1:8080 '{\"name\": \"John\", \"age\": 30}'\n"
               "  onggi call tcp://127.0.0.1:8080 name=John age:=30\n"
               "  seq 3 | onggi call tcp://127.0.0.1:8080 --codec pickle\n",
    .min_args = 1,
    .max_args = SIZE_MAX,
    .run = run,
};
