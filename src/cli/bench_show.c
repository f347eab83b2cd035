/* SPDX-License-Identifier: MIT */
/* What onggi bench has measured: as a table, as JSON, and drawn. */
#include "cli/bench.h"
#include "cli/output.h"

#include <errno.h>
#include <math.h>
#include <string.h>

typedef struct share {
    const char *name; /* of a percentile, in JSON */
    double share;
    const char *title;
} share;

static const share shares[] = {
#define X(name, share, title) {name, share, title},
    CLI_BENCH_SHARES(X)
#undef X
};

enum { SHARES = sizeof shares / sizeof shares[0] };

static double in_us(uint64_t ns)
{
    return (double)ns / 1e3;
}

static double rate_of(const cli_load_result *result)
{
    return result->seconds > 0 ? (double)result->answers / result->seconds : 0;
}

/* ---- For people ---- */

void cli_bench_print_head(const cli_load *load)
{
    printf("%s: %zu connection%s, ", load->endpoint, load->connections, cli_plural(load->connections));
    if (load->rate)
        printf("%llu object%s a second\n", (unsigned long long)load->rate, cli_plural(load->rate));
    else
        printf("%zu in flight on each\n", load->in_flight);
    printf("%8s %10s   microseconds to an answer\n", "bytes", "answers/s");
    printf("%8s %10s", "", "");
    for (size_t i = 0; i < SHARES; i++)
        printf(" %9s", shares[i].title);
    printf(" %9s\n", "max");
}

static void print_time(const cli_histogram *times, uint64_t ns)
{
    double us = in_us(ns);
    if (times->count == 0)
        printf(" %9s", "-");
    else
        printf(" %9.*f", us < 1000 ? 1 : 0, us);
}

void cli_bench_print_row(const cli_bench_row *row)
{
    const cli_histogram *times = &row->result.times;
    char size[24] = "given";
    if (row->size) snprintf(size, sizeof size, "%llu", (unsigned long long)row->size);
    printf("%8s %10.0f", size, rate_of(&row->result));
    for (size_t i = 0; i < SHARES; i++)
        print_time(times, cli_histogram_at(times, shares[i].share));
    print_time(times, times->most);
    putchar('\n');
    fflush(stdout);
}

/* ---- JSON ---- */

static og_value times_of(og_doc *doc, const cli_histogram *times)
{
    og_value dict = og_dict(doc);
    og_dict_sets(doc, dict, "mean", og_float(cli_histogram_mean(times) / 1e3), NULL);
    og_dict_sets(doc, dict, "min", og_float(in_us(times->least)), NULL);
    for (size_t i = 0; i < SHARES; i++)
        og_dict_sets(doc, dict, shares[i].name, og_float(in_us(cli_histogram_at(times, shares[i].share))),
                     NULL);
    og_dict_sets(doc, dict, "max", og_float(in_us(times->most)), NULL);
    return dict;
}

static og_value row_value(og_doc *doc, const cli_bench_row *row)
{
    const cli_load *load = row->load;
    const cli_load_result *result = &row->result;
    const struct {
        const char *name;
        og_value value;
    } members[] = {
        {"endpoint", og_str(doc, load->endpoint)},
        {"connections", og_uint(doc, load->connections)},
        {"in_flight", og_uint(doc, load->in_flight)},
        {"rate", load->rate ? og_uint(doc, load->rate) : og_none()},
        {"size", row->size ? og_uint(doc, row->size) : og_none()},
        {"seconds", og_float(result->seconds)},
        {"answers", og_uint(doc, result->answers)},
        {"answers_per_second", og_float(rate_of(result))},
        {"unsent", og_uint(doc, result->unsent)},
        {"unanswered", og_uint(doc, result->unanswered)},
        {"bytes_in", og_uint(doc, result->bytes_in)},
        {"bytes_out", og_uint(doc, result->bytes_out)},
        {"microseconds", times_of(doc, &result->times)},
    };
    og_value dict = og_dict(doc);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        og_dict_sets(doc, dict, members[i].name, members[i].value, NULL);
    return dict;
}

int cli_bench_print_json(const cli_bench_row *row)
{
    og_error err;
    og_buf out = OG_BUF_INIT;
    og_doc *doc = og_doc_new(NULL);
    int status = doc ? og_json_write(row_value(doc, row), &out, NULL, &err)
                     : og_error_set(&err, OG_ENOMEM, OG_NO_POSITION, "out of memory");
    if (status == OG_OK) status = og_buf_putc(&out, '\n');
    status = status < 0 ? cli_fail("bench", &err) : cli_write_out(out.data, out.len);
    og_buf_free(&out);
    og_doc_free(doc);
    return status;
}

/* ---- A drawing ---- */

enum { WIDTH = 760, HEIGHT = 420, LEFT = 90, RIGHT = 130, TOP = 50, BOTTOM = 60, STEPS = 200 };

/* From the median on each step of the axis is a tenth as many answers as the one before. */
#define NINES 4.0

static const char *const colours[] = {"#1b6ca8", "#c8553d", "#2e8b57", "#8e5ea2", "#b8860b", "#4a4a4a"};
enum { COLOURS = sizeof colours / sizeof colours[0] };

/* Powers of ten, in microseconds, that the times lie between. */
typedef struct range {
    int low;
    int high;
} range;

static range range_of(const cli_bench_row *rows, size_t count)
{
    double least = 1e12;
    double most = 1e-3;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].result.times.count == 0) continue;
        least = fmin(least, in_us(cli_histogram_at(&rows[i].result.times, 0)));
        most = fmax(most, in_us(rows[i].result.times.most));
    }
    if (least > most) least = most;
    range r = {(int)floor(log10(fmax(least, 1e-3))), (int)ceil(log10(most))};
    if (r.high <= r.low) r.high = r.low + 1;
    return r;
}

static double x_of(double part)
{
    double nines = part < 1 ? -log10(1 - part) : NINES;
    return LEFT + nines / NINES * (WIDTH - LEFT - RIGHT);
}

static double y_of(range r, double us)
{
    double at = (log10(fmax(us, 1e-3)) - r.low) / (r.high - r.low);
    return HEIGHT - BOTTOM - at * (HEIGHT - TOP - BOTTOM);
}

static void draw_axes(FILE *file, range r)
{
    for (int power = r.low; power <= r.high; power++) {
        double us = pow(10, power);
        double y = y_of(r, us);
        fprintf(file, "<path d='M%d %.1fH%d' class='grid'/>", LEFT, y, WIDTH - RIGHT);
        fprintf(file, "<text x='%d' y='%.1f' text-anchor='end'>%g %s</text>\n", LEFT - 8, y + 4,
                us < 1000  ? us
                : us < 1e6 ? us / 1e3
                           : us / 1e6,
                us < 1000  ? "µs"
                : us < 1e6 ? "ms"
                           : "s");
    }
    static const char *const names[] = {"0 %", "90 %", "99 %", "99.9 %", "99.99 %"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        double x = LEFT + (double)i / NINES * (WIDTH - LEFT - RIGHT);
        fprintf(file, "<path d='M%.1f %dV%d' class='grid'/>", x, TOP, HEIGHT - BOTTOM);
        fprintf(file, "<text x='%.1f' y='%d' text-anchor='middle'>%s</text>\n", x, HEIGHT - BOTTOM + 20,
                names[i]);
    }
    fprintf(file,
            "<text x='%d' y='%d' text-anchor='middle'>share of the answers that took no longer</text>\n",
            LEFT + (WIDTH - LEFT - RIGHT) / 2, HEIGHT - 15);
}

static void draw_row(FILE *file, range r, const cli_bench_row *row, size_t number)
{
    const cli_histogram *times = &row->result.times;
    const char *colour = colours[number % COLOURS];
    if (times->count == 0) return;
    double last = 0;
    fputs("<path d='", file);
    for (int i = 0; i <= STEPS; i++) {
        double part = 1 - pow(10, -NINES * i / STEPS);
        last = y_of(r, in_us(cli_histogram_at(times, part)));
        fprintf(file, "%c%.1f %.1f", i ? 'L' : 'M', x_of(part), last);
    }
    fprintf(file, "' class='line' stroke='%s'/>", colour);
    fprintf(file, "<text x='%d' y='%.1f' fill='%s'>", WIDTH - RIGHT + 8, last + 4, colour);
    if (row->size) fprintf(file, "%llu byte%s", (unsigned long long)row->size, cli_plural(row->size));
    fputs("</text>\n", file);
}

static void draw_title(FILE *file, const cli_load *load)
{
    fprintf(file, "<text x='%d' y='28' class='title'>", LEFT);
    for (const char *at = load->endpoint; *at; at++) {
        if (strchr("<>&", *at))
            fprintf(file, "&#%d;", *at);
        else
            fputc(*at, file);
    }
    fprintf(file, ": %zu x %zu</text>\n", load->connections, load->in_flight);
}

int cli_bench_draw(const char *path, const cli_bench_row *rows, size_t count)
{
    FILE *file = fopen(path, "we");
    if (file) {
        range r = range_of(rows, count);
        fprintf(
            file,
            "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' font-family='sans-serif' "
            "font-size='12'>\n<style>.grid{stroke:#ddd}.line{fill:none;stroke-width:2}.title{font-size:15px}"
            "</style>\n<rect width='100%%' height='100%%' fill='white'/>\n",
            WIDTH, HEIGHT);
        if (count > 0) draw_title(file, rows[0].load);
        draw_axes(file, r);
        for (size_t i = 0; i < count; i++)
            draw_row(file, r, &rows[i], i);
        fputs("</svg>\n", file);
        bool whole = !ferror(file);
        if (fclose(file) == 0 && whole) return 0;
    }
    cli_log(OG_LOG_ERROR, "--svg %s: %s", path, strerror(errno));
    return CLI_UNREACHED;
}
