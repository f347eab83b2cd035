/* SPDX-License-Identifier: MIT */
/* Telling a service manager how the server is: texts in datagrams to a Unix socket. */
#include "cli/notify.h"
#include "cli/thread.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A manager that does not read is not waited for any longer. */
enum { PATIENCE_MS = 1000 };

static og_conn *manager; /* NULL: nobody wants to be told */
static pthread_mutex_t sending = PTHREAD_MUTEX_INITIALIZER;

static struct {
    pthread_t thread;
    bool runs;
    sem_t wake;           /* lasts as long as the process */
    atomic_bool wakes;    /* it is there */
    atomic_bool stopping; /* the manager is to be told so */
    atomic_bool ends;
    uint64_t every_us; /* 0: the manager does not watch */
    og_server *server;
} watch;

static void tell(const char *text)
{
    if (!manager) return;
    pthread_mutex_lock(&sending);
    og_send(manager, og_str_borrow(text, strlen(text)), NULL);
    pthread_mutex_unlock(&sending);
}

/* ---- What the manager wants ---- */

static void open_manager(const char *name)
{
    char text[400];
    og_error err;
    og_endpoint endpoint = {.transport = OG_UNIXGRAM};
    og_conn_options options = {.size = sizeof options, .codec = "text", .send_timeout_ms = PATIENCE_MS};
    size_t len = strlen(name);
    if ((name[0] != '/' && name[0] != '@') || len >= sizeof endpoint.path) {
        cli_log(OG_LOG_WARNING, "NOTIFY_SOCKET is '%s', neither a path nor a name after '@': nothing is told",
                name);
        return;
    }
    memcpy(endpoint.path, name, len + 1);
    manager = og_connect(og_endpoint_text(&endpoint, text, sizeof text), &options, &err);
    if (!manager) cli_log(OG_LOG_WARNING, "NOTIFY_SOCKET cannot be reached: %s", err.text);
}

/* Half of the time after which the manager takes the server for dead; 0: it does not look. */
static uint64_t watchdog_us(void)
{
    uint64_t pid;
    uint64_t us;
    const char *pid_text = getenv("WATCHDOG_PID");
    const char *text = getenv("WATCHDOG_USEC");
    if (!text || !manager) return 0;
    if (pid_text && (!cli_parse_number(pid_text, &pid) || pid != (uint64_t)getpid())) return 0;
    if (cli_parse_number(text, &us) && us > 1) return us / 2;
    cli_log(OG_LOG_WARNING, "WATCHDOG_USEC is '%s', no number of microseconds: the watchdog is not told",
            text);
    return 0;
}

bool cli_notify_init(void)
{
    static const char *const variables[] = {"NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"};
    const char *name = getenv("NOTIFY_SOCKET");
    if (name && *name) open_manager(name);
    watch.every_us = watchdog_us();
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        unsetenv(variables[i]);
    return manager != NULL;
}

/* ---- States ---- */

void cli_notify_ready(const char *status)
{
    char text[700];
    snprintf(text, sizeof text, "READY=1\nSTATUS=%s\n", status);
    tell(text);
}

void cli_notify_reload(bool done, const char *status)
{
    char text[100];
    struct timespec now;
    if (done) {
        cli_notify_ready(status);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=reading files anew\n",
             (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    tell(text);
}

void cli_notify_stopping(void)
{
    int before = errno;
    atomic_store(&watch.stopping, true);
    if (atomic_load(&watch.wakes)) sem_post(&watch.wake);
    errno = before;
}

/* ---- The thread that tells ---- */

static void add_us(struct timespec *t, uint64_t us)
{
    uint64_t ns = (uint64_t)t->tv_nsec + us % 1000000 * 1000;
    t->tv_sec += (time_t)(us / 1000000 + ns / 1000000000);
    t->tv_nsec = (long)(ns % 1000000000);
}

/* Waits for something to tell, or until it is time for the watchdog: true. */
static bool wait_turn(const struct timespec *next)
{
    for (;;) {
        int failed =
            watch.every_us ? sem_clockwait(&watch.wake, CLOCK_MONOTONIC, next) : sem_wait(&watch.wake);
        if (failed == 0) return false;
        if (errno != EINTR) return true;
    }
}

static void *tell_changes(void *arg)
{
    struct timespec next;
    (void)arg;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (;;) {
        bool due = wait_turn(&next);
        bool ends = atomic_load(&watch.ends);
        if (atomic_exchange(&watch.stopping, false)) tell("STOPPING=1\nSTATUS=answering what has come\n");
        if (ends) return NULL;
        if (!due) continue;
        if (og_server_pulse(watch.server)) tell("WATCHDOG=1\n");
        add_us(&next, watch.every_us);
    }
}

void cli_notify_begin(og_server *server)
{
    if (!manager) return;
    watch.server = server;
    sem_init(&watch.wake, 0, 0);
    atomic_store(&watch.wakes, true);
    watch.runs = cli_thread_start(&watch.thread, NULL, tell_changes, NULL) == 0;
    if (!watch.runs)
        cli_log(OG_LOG_WARNING, "no thread to tell the service manager of the watchdog and of the end");
}

void cli_notify_end(void)
{
    if (watch.runs) {
        atomic_store(&watch.ends, true);
        sem_post(&watch.wake);
        pthread_join(watch.thread, NULL);
    }
    og_close(manager);
    manager = NULL;
}
