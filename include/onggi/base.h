/* SPDX-License-Identifier: MIT */
/*
 * What every other part of onggi stands on: status codes, errors, allocators and byte buffers.
 *
 * Ownership: an og_error and an og_buf are plain structs that the caller owns; an og_buf owns the bytes that
 * it points to until og_buf_free(). Threads: everything here belongs to one thread at a time.
 */
#ifndef ONGGI_BASE_H
#define ONGGI_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#    define OG_API               __attribute__((visibility("default")))
#    define OG_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#    define OG_API
#    define OG_PRINTF(fmt, args)
#endif

#ifdef __cplusplus
#    define OG_CAST(type, value) static_cast<type>(value) /* passes -Wold-style-cast */
#else
#    define OG_CAST(type, value) ((type)(value))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Every way in which a call can fail: name, number, text. Functions return 0 (or a positive result that their
 * comment names) when all is well and one of these, always negative, when not.
 */
#define OG_STATUS_MAP(X)                              \
    X(OG_OK, 0, "no error")                           \
    X(OG_ENOMEM, -1, "out of memory")                 \
    X(OG_EINVAL, -2, "invalid argument")              \
    X(OG_ESYNTAX, -3, "malformed data")               \
    X(OG_ETRUNCATED, -4, "data ends too early")       \
    X(OG_ELIMIT, -5, "limit exceeded")                \
    X(OG_ETYPE, -6, "wrong kind of value")            \
    X(OG_EVALUE, -7, "value cannot be carried")       \
    X(OG_ENOTFOUND, -8, "not found")                  \
    X(OG_EAMBIGUOUS, -9, "ambiguous data")            \
    X(OG_EPOLICY, -10, "refused by policy")           \
    X(OG_EADDRESS, -11, "bad or unreachable address") \
    X(OG_ECONNECT, -12, "cannot connect")             \
    X(OG_EBIND, -13, "cannot listen")                 \
    X(OG_EIO, -14, "input or output failed")          \
    X(OG_ETIMEOUT, -15, "timed out")                  \
    X(OG_ECLOSED, -16, "connection closed")           \
    X(OG_ECANCELED, -17, "stopped")                   \
    X(OG_EBUSY, -18, "too much in hand")              \
    X(OG_ETRAILING, -19, "bytes after the end")

typedef enum og_status {
#define X(name, number, text) name = number,
    OG_STATUS_MAP(X)
#undef X
} og_status;

/* The position of an error that has none. */
#define OG_NO_POSITION SIZE_MAX

/*
 * Every member 0, for any struct of this library, in C and in C++, which has no designated initialisers
 * before C++20:
 *
 *     og_conn_options options = OG_INIT;
 *     options.size = sizeof options;
 *     options.codec = "json";
 */
#ifdef __cplusplus
#    define OG_INIT \
        {           \
        }
#else
#    define OG_INIT \
        {           \
            0       \
        }
#endif

/* Why a call failed. Set it to OG_ERROR_INIT, or let the failing call fill it; calls that succeed leave it
 * alone. */
typedef struct og_error {
    int code;        /* an og_status */
    int sys;         /* errno, where the system said no; else 0 */
    size_t position; /* byte in the input at which it went wrong, from 0, or OG_NO_POSITION */
    char text[240];  /* what was found, what was expected, what to do: UTF-8, no control characters */
} og_error;

/* No error yet. */
#define OG_ERROR_INIT OG_INIT

/* ---- Limits ---- */

/* What options mean that are 0. */
#define OG_MAX_MESSAGE_DEFAULT     (OG_CAST(size_t, 64) << 20) /* bytes of a message */
#define OG_MAX_DEPTH_DEFAULT       1000                        /* containers in one another */
#define OG_MAX_DIGITS_DEFAULT      4300                        /* digits of an int in text */
#define OG_MAX_GROWTH_DEFAULT      OG_CAST(size_t, 64)         /* bytes written for each byte read, */
#define OG_GROWTH_FREE             OG_CAST(size_t, 65536)      /* and so many besides */
#define OG_CONNECT_TIMEOUT_DEFAULT 10000                       /* milliseconds */
#define OG_SEND_TIMEOUT_DEFAULT    30000                       /* milliseconds for a message to leave */

/* Bytes after a padded text or message that may be read; their content does not matter. */
#define OG_PADDING 64

/* The fixed short text of a status, e.g. "malformed data"; never NULL. */
OG_API const char *og_status_text(int status);

/* The name of a status as it is in this header, e.g. "OG_ESYNTAX"; never NULL. */
OG_API const char *og_status_name(int status);

/*
 * Fills `err`, which may be NULL, and returns `code`, so that a failing function can end with it. Text that
 * does not fit is cut.
 *
 *     return og_error_set(err, OG_ESYNTAX, pos, "expected ',' but found '%c'", c);
 */
OG_API int og_error_set(og_error *err, og_status code, size_t position, const char *format, ...)
    OG_PRINTF(4, 5);

/* As og_error_set() for a failed system call: code, the sentence, then ": " and the text of errno value
 * `sys`. */
OG_API int og_error_set_sys(og_error *err, og_status code, int sys, const char *format, ...) OG_PRINTF(4, 5);

/* Line and column (both from 1; columns count code points) of byte `position` in `text` of `len` bytes. */
OG_API void og_text_position(const char *text, size_t len, size_t position, size_t *line, size_t *column);

/* What a mistyped word was probably meant to be: the one of `names`, which NULL ends, from which it differs
 * in one or two letters; NULL: none. */
OG_API const char *og_nearest(const char *word, const char *const *names);

/*
 * Where memory comes from. `resize` gets NULL and 0 for new memory, and a new size of 0 frees. It returns
 * NULL when it cannot (never for a size of 0 or for shrinking); memory must be aligned as malloc's. Called by
 * whatever thread uses the object that it was given to, so it must be thread-safe if such objects live on
 * several threads.
 */
typedef struct og_allocator {
    void *(*resize)(void *ctx, void *ptr, size_t old_size, size_t new_size);
    void *ctx;
} og_allocator;

/* malloc, realloc and free. Wherever an allocator is asked for, NULL means this one. */
OG_API const og_allocator *og_allocator_default(void);

/*
 * A growing run of bytes. `data` may be read and written up to `len`, and up to `cap` by code that reserves
 * first. `limit` is the length that it refuses to pass (OG_ELIMIT); 0 means none.
 */
typedef struct og_buf {
    uint8_t *data;
    size_t len;
    size_t cap;
    size_t limit;
    const og_allocator *alloc;
} og_buf;

#define OG_BUF_INIT OG_INIT

/* Makes an empty buffer that takes its memory from `alloc` (NULL: the default) on first use. Cannot fail. */
OG_API void og_buf_init(og_buf *buf, const og_allocator *alloc);

/* Frees the bytes and leaves the buffer empty and usable. */
OG_API void og_buf_free(og_buf *buf);

/* Sees to it that `extra` bytes can be written after `len`. 0, OG_ENOMEM or OG_ELIMIT; on failure nothing
 * changes. */
OG_API int og_buf_reserve(og_buf *buf, size_t extra);

/* Appends `len` bytes, one byte, or a C string. 0, OG_ENOMEM or OG_ELIMIT; on failure nothing changes. */
OG_API int og_buf_put(og_buf *buf, const void *bytes, size_t len);
OG_API int og_buf_putc(og_buf *buf, uint8_t byte);
OG_API int og_buf_puts(og_buf *buf, const char *text);

/* Drops the first `len` bytes, at most all; the rest moves to the front. */
OG_API void og_buf_drop(og_buf *buf, size_t len);

#ifdef __cplusplus
}
#endif

#endif
