/* SPDX-License-Identifier: MIT */
/* onggi proxy: a server that passes each message on to another one, after it has checked it. */
#include "cli/proxy.h"
#include "cli/ended.h"
#include "cli/inherit.h"
#include "cli/notify.h"
#include "cli/service.h"

#include <string.h>

typedef struct proxy {
    const cli_options *options; /* without the last argument, which is `upstream` */
    const char *upstream;
    og_endpoint front; /* the first one listened on */
    og_endpoint behind;
    og_relay_options relay;
    og_doc *reply;
    og_policy *plain; /* or NULL: --policy says another */
    cli_judge judge;
    cli_learn *learn; /* or NULL */
    og_layer_option front_layers[CLI_LAYER_OPTIONS];
    og_layer_option behind_layers[CLI_LAYER_OPTIONS];
    cli_service run;
} proxy;

/* ---- What happens ---- */

static void on_open(og_conn *conn, void *user)
{
    (void)user;
    cli_service_say_who(conn);
}

static void on_close(og_conn *conn, const og_error *why, void *user)
{
    (void)user;
    cli_log_ended(conn, why);
}

static void on_refusal(const og_refusal *refusal, void *user)
{
    const proxy *p = user;
    if (!refusal->quiet) cli_proxy_refused(refusal, &p->judge);
    cli_learn_take(p->learn, refusal, &p->judge);
}

static void on_reload(bool done, void *user)
{
    const proxy *p = user;
    cli_service_reload(&p->run, done);
    if (!done) cli_learn_write(p->learn);
}

/* ---- How both sides speak ---- */

static bool is_said(const char *name)
{
    return *name && strcmp(name, "auto") != 0;
}

/* What is expected is declared: a proxy that protects does not let the first bytes choose. */
static int check_front(const proxy *p, const char *text)
{
    og_endpoint endpoint;
    const cli_options *o = p->options;
    const char *expected = o->expect ? o->expect : "pickle";
    int status = cli_endpoint(&endpoint, o, text);
    if (status == 0 && og_transport_is_datagram(endpoint.transport))
        return cli_usage("%s: a proxy is between streams: write tcp://, tls:// or unix://", text);
    if (status || o->dry_run) return status;
    const char *codec = cli_codec(o, &endpoint);
    if (!is_said(codec) || !is_said(cli_framing(o, &endpoint)))
        return cli_usage("%s: a proxy that protects does not detect what is spoken: write --as PEER, or "
                         "--codec and --framing, e.g. '%s?codec=pickle&framing=u32be'",
                         text, text);
    if (strcmp(expected, "any") != 0 && strcmp(codec, expected) != 0)
        return cli_usage("%s: %s is spoken there, and only %s is expected: write --expect %s", text, codec,
                         expected, strcmp(codec, "json") == 0 ? codec : "any");
    return 0;
}

/* One codec and framing for all that is passed on, unless the upstream names its own. */
static int check_alike(const proxy *p, const char *text)
{
    og_endpoint endpoint;
    const cli_options *o = p->options;
    int status = cli_endpoint(&endpoint, o, text);
    if (status || p->behind.profile[0] || (p->behind.codec[0] && p->behind.framing[0])) return status;
    if (strcmp(cli_codec(o, &endpoint), cli_codec(o, &p->front)) == 0 &&
        strcmp(cli_framing(o, &endpoint), cli_framing(o, &p->front)) == 0 &&
        strcmp(endpoint.form, p->front.form) == 0)
        return 0;
    return cli_usage(
        "%s: another codec, form or framing than that of %s: say which one is spoken upstream, e.g. "
        "'%s?codec=pickle&framing=u32be'",
        text, o->args[0], p->upstream);
}

static int check_endpoints(proxy *p)
{
    const cli_options *o = p->options;
    int status = cli_service_endpoints(o, p->upstream, &p->front);
    if (status == 0) status = cli_endpoint(&p->behind, o, p->upstream);
    for (size_t i = 0; i < o->arg_count && status == 0; i++) {
        status = check_front(p, o->args[i]);
        if (status == 0) status = check_alike(p, o->args[i]);
    }
    return status;
}

/* What the client's side declares holds upstream too, but for what the upstream says itself. */
static void inherit_wire(proxy *p)
{
    og_conn_options *behind = &p->relay.behind;
    if (p->behind.profile[0]) {
        behind->codec = behind->framing = NULL;
        return;
    }
    if (p->front.profile[0]) behind->as = p->front.profile;
    if (p->front.codec[0]) behind->codec = p->front.codec;
    if (p->front.form[0] && !p->behind.codec[0]) behind->form = p->front.form;
    if (p->front.framing[0]) behind->framing = p->front.framing;
}

/* The form of whatever codec has forms. */
static void give_form(og_codec_options *codecs, const char *form)
{
    const og_codec *codec;
    for (size_t i = 0; form && *form && (codec = og_codec_at(i)); i++)
        if (codec->form) codec->form(codecs, form, NULL);
}

/* ---- Options ---- */

static const og_layer_option_info *layer_option(const char *name)
{
    const og_layer_option_info *info;
    for (size_t i = 0; (info = og_layer_option_at(i)) != NULL; i++)
        if (strcmp(info->name, name) == 0) return info;
    return NULL;
}

static bool has_scheme(const char *endpoint, const char *scheme)
{
    size_t len = strlen(scheme);
    return strncmp(endpoint, scheme, len) == 0 && (endpoint[len] == ':' || endpoint[len] == '+');
}

/* Those of the options for layers that one side has a use for. */
static void give_layers(og_conn_options *conn, og_layer_option *own, const cli_options *o, og_role role,
                        const char *endpoint)
{
    conn->layer_options = own;
    conn->layer_option_count = 0;
    for (size_t i = 0; i < o->layer_option_count; i++) {
        const og_layer_option_info *info = layer_option(o->layer_options[i].name);
        if (!info || !(info->roles & role) || (info->scheme && !has_scheme(endpoint, info->scheme))) continue;
        own[conn->layer_option_count++] = o->layer_options[i];
    }
}

static int give_reader(og_relay_options *relay, const char *reader)
{
    uint64_t size = 0;
    if (!reader) return 0;
    if (strcmp(reader, "stream") == 0)
        relay->raw_reader = OG_READER_STREAM;
    else if (strcmp(reader, "whole") == 0)
        relay->raw_reader = OG_READER_WHOLE;
    else if (strncmp(reader, "recv:", 5) == 0 && cli_parse_size(reader + 5, &size) && size > 0)
        relay->raw_reader = OG_READER_RECV;
    else
        return cli_usage("--reader takes stream, whole or recv:N, not '%s'", reader);
    relay->recv_size = (size_t)size;
    return 0;
}

static int give_reply(proxy *p, const char *text)
{
    og_error err;
    const og_profile *as = p->options->as ? og_profile_find(p->options->as, NULL) : NULL;
    if (p->front.profile[0]) as = og_profile_find(p->front.profile, NULL);
    if (as && as->one_way)
        return cli_usage("--on-refuse reply: is for peers that get an answer to each message, and %s gets "
                         "none: write --on-refuse close or drop",
                         as->name);
    p->reply = og_json_loads(text, strlen(text), NULL, &err);
    if (!p->reply) {
        cli_fail_in("--on-refuse reply:", text, strlen(text), NULL, &err);
        return CLI_USAGE;
    }
    p->relay.when_refused = OG_REFUSED_REPLY;
    p->relay.reply = og_doc_root(p->reply);
    return 0;
}

static int give_refusal(proxy *p, const char *what)
{
    if (!what || strcmp(what, "close") == 0) return 0;
    if (strncmp(what, "reply:", 6) == 0) return give_reply(p, what + 6);
    if (strcmp(what, "drop") != 0)
        return cli_usage("--on-refuse takes close, drop or reply:JSON, not '%s'", what);
    p->relay.when_refused = OG_REFUSED_DROP;
    return 0;
}

static int give_rewrite(proxy *p)
{
    const cli_options *o = p->options;
    og_relay_options *relay = &p->relay;
    bool verbatim = o->rewrite && strcmp(o->rewrite, "verbatim") == 0;
    if (o->rewrite && !verbatim && strcmp(o->rewrite, "anew") != 0)
        return cli_usage("--rewrite takes anew or verbatim, not '%s'", o->rewrite);
    if (o->fresh_unpickler && !verbatim)
        return cli_usage("--fresh-unpickler is for messages that are passed on as they arrived: write "
                         "--rewrite verbatim as well");
    if (verbatim && strcmp(cli_codec(o, &p->front), "pickle") != 0)
        return cli_usage("%s: only pickles are passed on as they arrived: leave out --rewrite verbatim",
                         o->args[0]);
    relay->rewrite = verbatim ? OG_REWRITE_VERBATIM : OG_REWRITE_ANEW;
    relay->fresh_unpickler = o->fresh_unpickler;
    return 0;
}

static int give_policy(proxy *p)
{
    og_error err;
    p->judge.policy = p->options->rules;
    if (p->judge.policy) return 0;
    p->judge.policy = p->plain = og_policy_builtin("plain-data", &err);
    return p->plain ? 0 : cli_fail(NULL, &err);
}

static int give_options(proxy *p)
{
    const cli_options *o = p->options;
    og_relay_options *relay = &p->relay;
    og_conn_options *front = &relay->front.conn;
    relay->size = sizeof *relay;
    relay->front.size = sizeof relay->front;
    relay->front.user = p;
    relay->front.on_open = on_open;
    relay->front.on_close = on_close;
    relay->front.on_reload = on_reload;
    relay->front.on_log = cli_service_log;
    relay->upstream = p->upstream;
    relay->dry_run = o->dry_run;
    relay->on_refusal = on_refusal;
    cli_service_limits(&relay->front, o);
    cli_conn_options(front, o);
    og_json_of(&front->codecs)->write.form = OG_JSON_PLAIN;
    front->policy = p->judge.policy;
    relay->behind = *front;
    p->judge.front = p->judge.behind = front->codecs;
    inherit_wire(p);
    give_form(&p->judge.front, p->front.form);
    give_form(&p->judge.behind, p->behind.form[0] ? p->behind.form : relay->behind.form);
    give_layers(front, p->front_layers, o, OG_ROLE_SERVER, o->args[0]);
    give_layers(&relay->behind, p->behind_layers, o, OG_ROLE_CLIENT, p->upstream);
    int status = give_reader(relay, o->reader);
    if (status == 0) status = give_rewrite(p);
    return status ? status : give_refusal(p, o->on_refuse);
}

/* ---- Running ---- */

static int fail_to_make(const proxy *p, const og_error *err)
{
    bool usage = err->code == OG_EINVAL || err->code == OG_ENOTFOUND;
    int status = cli_fail(p->upstream, err);
    return usage ? CLI_USAGE : status;
}

static int serve(proxy *p)
{
    og_error err;
    p->run.server = og_relay_new(&p->relay, &err);
    if (!p->run.server) return fail_to_make(p, &err);
    int status = cli_service_open(&p->run);
    if (status == 0) status = cli_service_run(&p->run);
    og_server_free(p->run.server);
    return status;
}

static int run_here(const cli_options *options, const char *upstream, bool managed)
{
    proxy p = {.options = options,
               .upstream = upstream,
               .run = {.options = options, .upstream = upstream, .reloads = managed}};
    int status = check_endpoints(&p);
    if (status == 0) status = give_policy(&p);
    if (status == 0) status = give_options(&p);
    if (status == 0 && options->learn) status = cli_learn_open(&p.learn, options->learn);
    if (status == 0) status = serve(&p);
    cli_learn_close(p.learn);
    og_doc_free(p.reply);
    og_policy_free(p.plain);
    return status;
}

static int run(const cli_options *options)
{
    cli_inherited inherited;
    cli_options own = *options;
    cli_service_prepare(options);
    cli_log_may_drop();
    own.arg_count--;
    bool managed = cli_notify_init();
    int status = cli_inherit(&inherited, &own);
    own.args = inherited.args;
    own.arg_count = inherited.arg_count;
    if (status == 0) status = run_here(&own, options->args[options->arg_count - 1], managed);
    cli_inherit_fini(&inherited);
    return status;
}

const cli_command cli_proxy = {
    .name = "proxy",
    .bit = CLI_PROXY,
    .synopsis = "LISTEN... UPSTREAM",
    .summary = "check pickles on their way to a server",
    .description =
        "Protects a server that unpickles what arrives. Each message is read whole, checked by the policy "
        "(without --policy: plain-data) and written anew; one that the policy does not allow never reaches the "
        "server, and the log has a line of JSON about it. What is spoken is declared with --as, --codec and "
        "--framing, or in the endpoints; it is not detected.",
    .example = "  onggi proxy 'tcp://*:5555' tcp://127.0.0.1:5556 --codec pickle --framing u32be\n"
               "  onggi proxy tcp://127.0.0.1:9020 unix:///run/logs.sock --as logging \\\n"
               "      --policy ours.policy\n"
               "  onggi proxy 'tcp://127.0.0.1:80?codec=json&framing=line' --expect json \\\n"
               "      'tcp://127.0.0.1:5556?codec=pickle&framing=u32be'\n",
    .min_args = 2,
    .max_args = SIZE_MAX,
    .run = run,
};
