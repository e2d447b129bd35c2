/* The fake host's chance and seals: the same in each run. */
#include "sdk/fakehost/inside.h"

static void chance(struct hanse_host *host, void *out, size_t n) {
  struct fake_world *world = fake_instance_of(host)->world;
  pthread_mutex_lock(&world->mutex); /* any thread may ask for it */
  for (size_t i = 0; i < n; i++) {
    world->random = world->random * 6364136223846793005u + 1442695040888963407u;
    ((unsigned char *)out)[i] = (unsigned char)(world->random >> 56);
  }
  pthread_mutex_unlock(&world->mutex);
}

static uint64_t mix(uint64_t hash, const void *octets, size_t n) {
  for (size_t i = 0; i < n; i++) hash = (hash ^ ((const unsigned char *)octets)[i]) * 1099511628211u;
  return hash ^ hash >> 29;
}

/* Tells inputs and keys apart; no secret is kept by it. */
static int seal(struct hanse_host *host, enum hanse_key key, const struct hanse_slice *parts, size_t count,
                uint8_t mac[16]) {
  if (fake_foreign(host, "seal")) return HANSE_THREAD;
  unsigned keys = fake_instance_of(host)->world->keys;
  uint64_t halves[2] = {14695981039346656037u, 0x9e3779b97f4a7c15u};
  if (key == HANSE_KEY_PREVIOUS && keys == 0) return HANSE_GONE;
  unsigned number = key == HANSE_KEY_CURRENT ? keys : keys - 1;
  for (int half = 0; half < 2; half++) {
    halves[half] = mix(halves[half], &number, sizeof number);
    for (size_t i = 0; i < count; i++) {
      halves[half] = mix(halves[half], &parts[i].len, sizeof parts[i].len);
      halves[half] = mix(halves[half], parts[i].at, parts[i].len);
    }
  }
  memcpy(mac, halves, 16);
  return HANSE_OK;
}

static uint8_t key_id(struct hanse_host *host, enum hanse_key key) {
  unsigned keys = fake_instance_of(host)->world->keys;
  return (uint8_t)(key == HANSE_KEY_CURRENT ? keys + 1 : keys);
}

void fake_rotate_keys(struct fake_world *world) { world->keys++; }

void fake_chance_ops(struct hanse_host_ops *ops) {
  ops->random = chance;
  ops->seal = seal;
  ops->key_id = key_id;
}
