/* uthash with a keyed hash: remote parties choose our keys, so a table must not be one that they can fill on purpose.
   To be included instead of <uthash.h>. Out of memory is not fatal: after HASH_ADD… ask HASH_ADDED. */
#ifndef ROUTER_HASH_H
#define ROUTER_HASH_H

#include <stddef.h>
#include <stdint.h>

#ifdef UTHASH_H
#error "include router/hash.h instead of uthash.h"
#endif

/* SipHash-2-4 (libsodium) under a random key of this process. Any thread. */
uint64_t hash_keyed(const void *bytes, size_t length);

#define HASH_FUNCTION(bytes, length, value) ((value) = (unsigned)hash_keyed((bytes), (length)))
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* False: there was no memory, and `element` is not in the table. */
#define HASH_ADDED(handle, element) ((element)->handle.tbl != NULL)

#endif
