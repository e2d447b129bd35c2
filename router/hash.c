#include "router/hash.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

/* The one key of the process: tables are made on several threads and live as long as it does. Written once. */
static unsigned char process_key[crypto_shorthash_KEYBYTES];
static pthread_once_t process_key_made = PTHREAD_ONCE_INIT;

static void make_process_key(void) {
  if (sodium_init() < 0) abort(); /* the kernel has no randomness to give: nothing that is keyed would be safe */
  crypto_shorthash_keygen(process_key);
}

uint64_t hash_keyed(const void *bytes, size_t length) {
  uint64_t value;
  pthread_once(&process_key_made, make_process_key);
  crypto_shorthash((unsigned char *)&value, bytes, length, process_key);
  return value;
}
