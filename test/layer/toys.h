/* SPDX-License-Identifier: MIT */
/* Layers for tests, one of each kind. */
#ifndef TEST_LAYER_TOYS_H
#define TEST_LAYER_TOYS_H

#include "layer/layer.h"

/* Handshake only: the client says "knock", the server "enter", and both step aside. Heartless after a wrong
 * word. */
extern const og__layer toy_knock;

/* Plain bytes in records of a length and so many bytes, all XORed with 0x55; an empty record is the end. The
 * ends greet each other with '<' and '>'. Property "toy.greeting". */
extern const og__layer toy_veil;

/* Whole messages: each part is a flag (1: more), a length and so many bytes. No handshake. */
extern const og__layer toy_multi;

#endif
