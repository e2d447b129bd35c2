/* The router's own keys, state_dir/secret: what we wrote into a message is recognised by its MAC when it comes back,
   after a restart too, and by every node of a pool that has the same file. The file:
     hanse-secret 1
     current <64 hexadecimal digits>
     previous <64 hexadecimal digits>      # may lack
   Made at first start. To share it, put one's own there (0600, the router's user); to change keys, put a new one and
   reload. */
#ifndef ROUTER_SECRET_H
#define ROUTER_SECRET_H

#include <hanse/base.h>
#include <hanse/host.h>
#include <sys/types.h>

#define SECRET_KEY 32 /* octets */
#define SECRET_MAC 16

struct secret;

/* Reads state_dir/secret, which is made when it is not there. `user` is the router's own user, who or root must own it.
   NULL: `problem` says what is wrong and what to do. */
struct secret *secret_open(const char *state_dir, uid_t user, struct hanse_problem *problem);
void secret_free(struct secret *secret); /* overwrites the keys; NULL is fine */

/* At a reload: reads the file again. When it holds another current key, ours becomes the previous one, unless the file
   names a previous one itself. Anything but HANSE_OK: `problem` says why, and the keys stay as they were. */
int secret_load(struct secret *secret, struct hanse_problem *problem);

/* A MAC over the parts and their lengths: no two different lists of parts have the same one. HANSE_GONE: there is no
   previous key. */
int secret_seal(const struct secret *secret, enum hanse_key key, const struct hanse_slice *parts, size_t count,
                uint8_t mac[SECRET_MAC]);
/* In constant time: does the MAC belong to the parts under this key? */
bool secret_check(const struct secret *secret, enum hanse_key key, const struct hanse_slice *parts, size_t count,
                  const uint8_t mac[SECRET_MAC]);
/* One octet that tells keys apart, made from the key; two keys may have the same. 0 for a previous key that lacks. */
uint8_t secret_key_id(const struct secret *secret, enum hanse_key key);

#endif
