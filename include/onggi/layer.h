/* SPDX-License-Identifier: MIT */
/*
 * Layers: stages between the bytes of a socket and the framing, such as a handshake with a key. Which of them
 * a connection has, its endpoint and the options given for them say.
 *
 * Ownership: all that is returned here is constant. Threads: any number of calls at once.
 */
#ifndef ONGGI_LAYER_H
#define ONGGI_LAYER_H

#include <onggi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The two ends of a connection: who connected, and who listened. */
typedef enum og_role { OG_ROLE_CLIENT = 1, OG_ROLE_SERVER = 2 } og_role;

/* One thing that a layer is told, by the name that og_layer_option_at() lists. */
typedef struct og_layer_option {
    const char *name;
    const char *value; /* NULL for what is only switched on */
    size_t len;        /* of the value; 0: it ends at its NUL */
} og_layer_option;

/* What can be told: one row for each option of each layer. */
typedef struct og_layer_option_info {
    const char *name;     /* e.g. "authkey-file" */
    const char *argument; /* what the value is, e.g. "FILE"; NULL: the option has none */
    const char *summary;  /* one line for people */
    unsigned roles;       /* of og_role: the ends that understand it */
    bool starts;          /* giving it puts the layer into the connection */
    bool secret;          /* the value is itself secret, and must not be on a command line */
    const char *warning;  /* what to tell people each time it is given; or NULL */
    const char *scheme;   /* of the endpoints that it is for, e.g. "tls"; NULL: of any */
} og_layer_option_info;

/* Name and summary of layer `index`, from the socket up: false after the last. */
OG_API bool og_layer_at(size_t index, const char **name, const char **summary);

/* Option `index` of all layers; NULL after the last. */
OG_API const og_layer_option_info *og_layer_option_at(size_t index);

#ifdef __cplusplus
}
#endif

#endif
