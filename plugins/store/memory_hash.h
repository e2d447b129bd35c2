/* uthash for rows whose keys others choose: every call names the hash value, which memory_table.c makes with SipHash
   under a key of the table. To be included instead of <uthash.h>. Out of memory is not fatal. */
#ifndef MEMORY_HASH_H
#define MEMORY_HASH_H

/* What computes one itself does not compile. */
#define HASH_FUNCTION(key, length, value) no_hash_without_a_key
#define HASH_NONFATAL_OOM 1
/* Growing visits all rows in one turn of the loop; this many are enough for some 100 000. */
#define HASH_INITIAL_NUM_BUCKETS 16384U
#define HASH_INITIAL_NUM_BUCKETS_LOG2 14U
#include <uthash.h>

#endif
