/* SPDX-License-Identifier: MIT */
/*
 * The insides of the layer room: what each layer provides, and the set of layers that the connections of one
 * endpoint share.
 *
 * A layer is a pair of functions over bytes, without a socket or a clock. Bytes from the wire go up through
 * `read`; messages, or plain bytes, go down through `write`. Both may put bytes on the wire at any time.
 *
 * Ownership: an og__layers is counted; each connection holds it until it ends, so a new one can replace it
 * for those that come later. Threads: an og__layers is constant once made, and any thread may use it; a
 * layer's state belongs to one thread at a time.
 */
#ifndef ONGGI_LAYER_LAYER_H
#define ONGGI_LAYER_LAYER_H

#include <onggi/layer.h>

/* What a step says. Less than 0 is an error; what was put on the wire before is still sent then. */
enum {
    OG__LAYER_WAIT = 0,     /* it needs more bytes */
    OG__LAYER_PROGRESS = 1, /* there may be more to do with what is left */
    OG__LAYER_DONE = 2      /* the handshake is over: the layer steps aside for good */
};

/* A piece of a message, or of a stream of plain bytes. */
typedef struct og__part {
    const uint8_t *data;
    size_t len;
} og__part;

/* Where a part ends in og__layer_parts.bytes, and whether its message goes on with the next one. */
typedef struct og__part_end {
    size_t end;
    bool more;
} og__part_end;

/* What comes up. Layers append; the owner takes from the front. */
typedef struct og__layer_parts {
    og_buf bytes; /* plain bytes, or the bytes of all parts */
    og_buf ends;  /* an array of og__part_end; only of layers that deliver whole messages */
    bool ended;   /* the peer has said that no more comes */
} og__layer_parts;

/* What configure is told. */
typedef struct og__layer_given {
    og_role role;
    const char *host;               /* of the endpoint, "" if none */
    size_t max_message;             /* bytes of a message, all its parts together */
    const og_layer_option *options; /* of all layers; see og__layer_option() */
    size_t option_count;
    const og_allocator *alloc;
} og__layer_given;

typedef struct og__layer {
    const char *name;
    const char *summary; /* one line for people */
    const char *scheme;  /* of endpoints whose connections have it, e.g. "tls"; or NULL */
    const char *codec;   /* what is spoken above it unless that is said; or NULL */
    const char *framing;
    bool whole_messages; /* it delivers whole messages: no framing follows */
    size_t state_size;
    const og_layer_option_info *options;
    size_t option_count;
    const char *const *properties; /* names that `property` knows, NULL at the end; or NULL */

    /* Reads options and files once for many connections. Any thread; may block on files. `release` frees what
     * it made, from any thread. */
    int (*configure)(void **config, const og__layer_given *given, og_error *err);
    void (*release)(void *config);

    /* `state` is zeroed; `config` outlives it. Puts what we say first on the wire. 0 or < 0. */
    int (*start)(void *state, const void *config, og_role role, og_buf *wire, og_error *err);

    /* Takes `*used` of the `len` bytes that came. Appends plain bytes or whole parts to `parts`. */
    int (*read)(void *state, const uint8_t *in, size_t len, size_t *used, og__layer_parts *parts,
                og_buf *wire, og_error *err);

    /* One message in `count` parts (a layer of plain bytes: the pieces of a stream). Not before it is open;
     * not called for layers that step aside. 0 or < 0. */
    int (*write)(void *state, const og__part *parts, size_t count, og_buf *wire, og_error *err);

    /* The time in milliseconds, after each read while it opens and when `*next` comes. `*next` is when to
     * call again, or left 0. 0 or < 0. May be NULL. */
    int (*tick)(void *state, int64_t now, int64_t *next, og_buf *wire, og_error *err);

    /* We will send no more: says so on the wire. May be NULL. */
    void (*end)(void *state, og_buf *wire);

    /* The socket's stream is over. 0, or what that cut off. May be NULL. */
    int (*hangup)(const void *state, og_error *err);

    /* True when messages may pass. NULL: the layer is open when it steps aside. */
    bool (*is_open)(const void *state);

    /* What an unfinished handshake waits for, to be read after "waiting for". */
    const char *(*awaits)(const void *state);

    /* The text of one of `properties`, cut to `size`: its length, 0 when there is none. May be NULL. */
    size_t (*property)(const void *state, const char *name, char *text, size_t size);

    /* The first bytes of a stream that does not have this layer: 0, or an error that says that they are this
     * layer's and what to do. May be NULL. */
    int (*foreign)(const uint8_t *data, size_t len, og_role role, og_error *err);

    /* What it may mean that a client says nothing, where messages are in `framing` and this layer is not in
     * use. May be NULL. */
    const char *silence;

    /* Frees what the state owns. May be NULL. */
    void (*fini)(void *state);
} og__layer;

/* ---- The layers of an endpoint ---- */

enum { OG__LAYERS_MOST = 8 };

typedef struct og__layers og__layers;

/*
 * The layers that `scheme`, `names` (separated by commas, or NULL) and the options given ask for, from the
 * socket up. `*layers` is NULL when there are none. `strict`: an option of a layer that is not among them is
 * an error. 0, OG_EINVAL, OG_ENOTFOUND, OG_EIO, OG_ENOMEM.
 */
int og__layer_set_new(og__layers **layers, const og__layer_given *given, const char *scheme,
                      const char *names, bool strict, og_error *err);

/* The same from rows of the caller's. */
int og__layer_set_of(og__layers **layers, const og__layer *const *rows, size_t count,
                     const og__layer_given *given, og_error *err);

/* NULL is allowed. */
og__layers *og__layer_set_ref(og__layers *layers);
void og__layer_set_unref(og__layers *layers);

size_t og__layer_set_count(const og__layers *layers);
const og__layer *og__layer_set_at(const og__layers *layers, size_t index, const void **config);
og_role og__layer_set_role(const og__layers *layers);

/* Codec and framing that the topmost layer expects above it, or NULL. NULL is allowed. */
const char *og__layer_set_codec(const og__layers *layers);
const char *og__layer_set_framing(const og__layers *layers);

/* The first bytes of a stream without layers: 0, or an error when they belong to a layer. */
int og__layer_foreign(const uint8_t *data, size_t len, og_role role, og_error *err);

/* What it may mean that a client says nothing on a connection without layers; NULL: nothing. */
const char *og__layer_silence(const char *framing);

/* ---- For the layers ---- */

/* The option called `name`, the last one if it was given twice; NULL when it was not. */
const og_layer_option *og__layer_option(const og__layer_given *given, const char *name);

/* Length of an option's value. */
size_t og__layer_option_len(const og_layer_option *option);

/*
 * Appends a file of at most `most` bytes to `out`. A file that is `secret` must not be readable by others:
 * mode 600, or 640 when root owns it. OG_EIO, OG_ELIMIT, OG_ENOMEM.
 */
int og__layer_read_file(const char *path, size_t most, bool secret, og_buf *out, og_error *err);

/* Overwrites and frees what was secret. */
void og__layer_wipe(og_buf *secret);

extern const og__layer og__layer_mp_auth;
extern const og__layer og__layer_tls;

#endif
