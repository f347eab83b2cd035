/* SPDX-License-Identifier: MIT */
/* Python's json and pickle: bench/python_tasks.py in a process of its own, spoken to over pipes. */
#include "bench.h"

#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The one Python process, and how many rows still want it. */
static struct {
    pid_t pid;
    FILE *to;
    FILE *from;
    size_t users;
} python;

typedef struct job {
    const char *task;
    char path[1024];
    size_t output;
} job;

static bool start(void)
{
    const char *script = getenv("PYTHON_TASKS");
    int in[2];
    int out[2];
    if (!script || pipe(in) < 0 || pipe(out) < 0) return false;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_addclose(&actions, in[1]);
    posix_spawn_file_actions_addclose(&actions, out[0]);
    char program[] = "/usr/bin/python3";
    char *args[] = {program, NULL, NULL};
    char path[1024];
    snprintf(path, sizeof path, "%s", script);
    args[1] = path;
    int failed = posix_spawn(&python.pid, program, &actions, NULL, args, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    if (failed) return false;
    python.to = fdopen(in[1], "w");
    python.from = fdopen(out[0], "r");
    return python.to && python.from;
}

static double run(void *state, size_t times)
{
    job *j = state;
    double seconds;
    fprintf(python.to, "%s|%s|%zu\n", j->task, j->path, times);
    if (fflush(python.to) != 0 || fscanf(python.from, "%lf %zu", &seconds, &j->output) != 2) return -1;
    return seconds;
}

static void done(void *state)
{
    free(state);
    if (--python.users) return;
    fclose(python.to);
    fclose(python.from);
    waitpid(python.pid, NULL, 0);
}

static void add(bench_task task, const char *name, const char *folder, const char *set, const char *ending)
{
    if (python.users == 0 && !start()) return;
    job *j = calloc(1, sizeof *j);
    if (!j) return;
    j->task = name;
    snprintf(j->path, sizeof j->path, "%s/%s.%s", folder, set, ending);
    python.users++;
    bench_row row = {.task = task, .who = "CPython", .state = j, .run = run, .done = done};
    if (run(j, 1) < 0) row.run = NULL;
    row.output = j->output;
    bench_add(row);
}

void bench_python(const bench_set *set, const char *folder)
{
    static const struct {
        bench_task task;
        const char *name;
        const char *ending;
    } jobs[] = {
        {BENCH_JSON_READ, "json read", "json"},
        {BENCH_JSON_WRITE, "json write", "json"},
        {BENCH_JSON_INDENTED, "json indented", "json"},
        {BENCH_JSON_ASCII, "json in ascii", "json"},
        {BENCH_JSON_SORTED, "json sorted", "json"},
        {BENCH_JSON_BOTH, "json read and write", "json"},
        {BENCH_JSON_TO_PICKLE, "json to pickle", "json"},
        {BENCH_PICKLE2_READ, "pickle 2 read", "p2"},
        {BENCH_PICKLE2_WRITE, "pickle 2 write", "p2"},
        {BENCH_PICKLE4_READ, "pickle 4 read", "p4"},
        {BENCH_PICKLE4_WRITE, "pickle 4 write", "p4"},
        {BENCH_PICKLE4_ALLOWED, "pickle 4 read by plain-data", "p4"},
        {BENCH_PICKLE_TO_JSON, "pickle to json", "p4"},
        {BENCH_PICKLE5_READ, "pickle 5 read", "p5"},
        {BENCH_PICKLE5_WRITE, "pickle 5 write", "p5"},
    };
    for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
        bool json = strstr(jobs[i].name, "json") != NULL;
        if (json && set->json_len == 0) continue; /* a set of objects */
        add(jobs[i].task, jobs[i].name, folder, set->name, jobs[i].ending);
    }
}
