/* SPDX-License-Identifier: MIT */
/* onggi bench: how fast a server answers. */
#include "cli/bench.h"

#include "cli/input.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    DURATION_MS = 5000,
    WARM_UP_MS = 500,
    ANSWER_MS = 10000, /* for one answer, unless --timeout says another */
    OPEN_IN_FLIGHT = 1000,
    SIZES_MOST = 32,
    OBJECTS_MOST = 4096,
    LEAST_SIZE = 2
};

/* Everything that one call of the command needs. */
typedef struct bench {
    const cli_options *options;
    cli_load load;
    og_doc *doc; /* of the objects that were given */
    og_value objects[OBJECTS_MOST];
    uint64_t sizes[SIZES_MOST];
    size_t size_count;
    cli_bench_row rows[SIZES_MOST];
    size_t row_count;
} bench;

/* ---- What is sent ---- */

static int take_sizes(bench *b)
{
    const char *text = b->options->sizes ? b->options->sizes : "64";
    char word[32];
    for (;;) {
        size_t len = strcspn(text, ",");
        snprintf(word, sizeof word, "%.*s", (int)(len < sizeof word ? len : sizeof word), text);
        if (b->size_count == SIZES_MOST) return cli_usage("--size takes %d sizes at most", SIZES_MOST);
        uint64_t *size = &b->sizes[b->size_count++];
        if (!cli_parse_size(word, size) || *size < LEAST_SIZE)
            return cli_usage("--size: '%s' is no size of %d bytes or more: write 64, or 16,256,8K", word,
                             LEAST_SIZE);
        if (text[len] == '\0') return 0;
        text += len + 1;
    }
}

/* An object whose JSON text has `size` bytes: as a dict if there is room for one. */
static int make_object(og_doc *doc, uint64_t size, og_value *value)
{
    static const char head[] = "{\"id\":7,\"text\":\"\"}";
    uint64_t around = size < sizeof head ? LEAST_SIZE : sizeof head - 1;
    size_t len = (size_t)(size - around);
    char *text = malloc(len + 1);
    if (text) {
        for (size_t i = 0; i < len; i++)
            text[i] = (char)('a' + i % 26);
        og_value str = og_strn(doc, text, len);
        *value = around == LEAST_SIZE ? str : og_pack(doc, NULL, "{s: i, s: v}", "id", 7, "text", str);
        free(text);
        if (og_valid(*value)) return 0;
    }
    cli_log(OG_LOG_ERROR, "no memory for an object of %llu bytes", (unsigned long long)size);
    return CLI_REFUSED;
}

/* The objects of the command line. */
static int take_objects(bench *b, const char *codec)
{
    cli_input input;
    og_value value;
    const cli_options *options = b->options;
    int status = cli_input_init(&input, options, cli_input_form(options, codec), options->args + 1,
                                options->arg_count - 1);
    while (status == 0) {
        int more = cli_input_next(&input, &value);
        if (more <= 0) {
            status = -more;
            break;
        }
        if (b->load.object_count == OBJECTS_MOST) {
            status = cli_usage("more than %d objects: give fewer", OBJECTS_MOST);
            break;
        }
        value = og_copy(b->doc, value);
        b->objects[b->load.object_count++] = value;
        if (!og_valid(value)) {
            cli_log(OG_LOG_ERROR, "no memory for the objects");
            status = CLI_REFUSED;
        }
    }
    cli_input_fini(&input);
    return status;
}

/* ---- Running ---- */

/* A line that is written again each second, on a terminal. */
static void show_progress(const cli_load *load, double seconds, uint64_t answers, void *user)
{
    (void)user;
    double whole = (double)(load->warm_up_ms + load->duration_ms) / 1000;
    fprintf(stderr, "\r\033[K%.0f", seconds);
    if (!load->count) fprintf(stderr, " of %.0f", whole);
    fprintf(stderr, " s: %llu answers a second ", (unsigned long long)answers);
    fflush(stderr);
}

static void end_progress(const cli_load *load)
{
    if (!load->progress) return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
}

static void warn(const cli_load_result *result)
{
    if (result->unsent)
        cli_log(
            OG_LOG_WARNING,
            "the server did not keep up: %llu object%s could not be sent in time, and no times tell of that; "
            "lower --rate",
            (unsigned long long)result->unsent, cli_plural(result->unsent));
    if (result->unanswered)
        cli_log(OG_LOG_WARNING, "lost, or their answers: %llu datagram%s",
                (unsigned long long)result->unanswered, cli_plural(result->unanswered));
}

static int run_one(bench *b, uint64_t size)
{
    cli_bench_row *row = &b->rows[b->row_count];
    *row = (cli_bench_row){.size = size, .load = &b->load};
    int status = cli_load_run(&b->load, &row->result);
    end_progress(&b->load);
    if (status) return status;
    b->row_count++;
    warn(&row->result);
    if (b->options->out == CLI_FORM_JSON) return cli_bench_print_json(row);
    if (b->row_count == 1) cli_bench_print_head(&b->load);
    cli_bench_print_row(row);
    return 0;
}

static int run_sizes(bench *b)
{
    int status = 0;
    for (size_t i = 0; i < b->size_count && status == 0; i++) {
        og_doc *doc = og_doc_new(NULL);
        og_value object;
        status = doc ? make_object(doc, b->sizes[i], &object) : CLI_REFUSED;
        b->load.objects = &object;
        b->load.object_count = 1;
        if (status == 0) status = run_one(b, b->sizes[i]);
        og_doc_free(doc);
        if (status == 0 && b->rows[b->row_count - 1].result.interrupted) break;
    }
    return status;
}

static int check(const bench *b)
{
    const cli_options *options = b->options;
    if (options->sizes && options->arg_count > 1)
        return cli_usage("objects and --size exclude each other: --size makes the objects");
    if (options->count && (options->duration_ms || options->warm_up_ms))
        return cli_usage("--count measures all that is sent: leave --duration and --warm-up out");
    if (b->load.datagram && (b->load.in_flight > 1 || b->load.rate))
        return cli_usage(
            "datagrams may be lost, and their answers in another order: leave --in-flight and --rate out");
    return 0;
}

static int prepare(bench *b)
{
    const cli_options *options = b->options;
    og_endpoint endpoint;
    int status = cli_endpoint(&endpoint, options, options->args[0]);
    if (status) return status;
    size_t usual = options->rate ? OPEN_IN_FLIGHT : 1;
    b->load.endpoint = options->args[0];
    cli_conn_options(&b->load.conn, options);
    if (!options->timeout_ms) b->load.conn.recv_timeout_ms = b->load.conn.send_timeout_ms = ANSWER_MS;
    b->load.datagram = og_transport_is_datagram(endpoint.transport);
    b->load.objects = b->objects;
    b->load.connections = options->connections ? (size_t)options->connections : 1;
    b->load.in_flight = options->in_flight ? (size_t)options->in_flight : usual;
    b->load.rate = options->rate;
    b->load.count = options->count;
    b->load.duration_ms = options->duration_ms > 0 ? options->duration_ms : DURATION_MS;
    b->load.warm_up_ms = options->warm_up_ms ? options->warm_up_ms : WARM_UP_MS;
    if (b->load.warm_up_ms < 0 || b->load.count) b->load.warm_up_ms = 0;
    if (isatty(STDERR_FILENO) && !options->quiet) b->load.progress = show_progress;
    status = check(b);
    if (status) return status;
    return options->arg_count > 1 ? take_objects(b, cli_codec(options, &endpoint)) : take_sizes(b);
}

static int run(const cli_options *options)
{
    bench *b = calloc(1, sizeof *b);
    if (b) b->doc = og_doc_new(NULL);
    if (!b || !b->doc) {
        cli_log(OG_LOG_ERROR, "out of memory");
        free(b);
        return CLI_REFUSED;
    }
    b->options = options;
    int status = prepare(b);
    if (status == 0) status = b->size_count ? run_sizes(b) : run_one(b, 0);
    if (status == 0 && options->svg) status = cli_bench_draw(options->svg, b->rows, b->row_count);
    og_doc_free(b->doc);
    free(b);
    return status;
}

const cli_command cli_bench = {
    .name = "bench",
    .bit = CLI_BENCH,
    .synopsis = "ENDPOINT [OBJECT...]",
    .summary = "how fast a server answers, and how long answers take",
    .description =
        "Sends objects to any server that answers each one, and prints answers a second and how long they "
        "took, to the slowest of ten thousand. With --rate objects are sent at that rate whatever the "
        "server does, and each time counts from when the object was due.",
    .example = "  onggi bench tcp://127.0.0.1:8080\n"
               "  onggi bench -c 50 --size 64,1K tcp://127.0.0.1:8080\n"
               "  onggi bench --rate 20000 --svg times.svg tcp://127.0.0.1:8080 '{\"n\": 1}'\n",
    .min_args = 1,
    .max_args = SIZE_MAX,
    .run = run,
};
