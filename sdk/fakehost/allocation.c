/* Allocations that fail when a test says so. The names of the allocator are defined here, so that those of the whole
   process come by: of the plugin, and of the libraries that it uses. An allocator has no argument for a state of its
   own, hence the variables. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "sdk/fakehost/inside.h"

#pragma GCC visibility push(default)
void *malloc(size_t n);
void *calloc(size_t count, size_t n);
void *realloc(void *block, size_t n);
void free(void *block);
char *strdup(const char *text);
char *strndup(const char *text, size_t most);
#pragma GCC visibility pop

/* What would be called if nothing stood here: a sanitizer's, or the next in the order of libraries. */
__attribute__((weak)) void *__interceptor_malloc(size_t n);
__attribute__((weak)) void *__interceptor_calloc(size_t count, size_t n);
__attribute__((weak)) void *__interceptor_realloc(void *block, size_t n);
__attribute__((weak)) void __interceptor_free(void *block);

static struct {
  void *(*malloc)(size_t n);
  void *(*calloc)(size_t count, size_t n);
  void *(*realloc)(void *block, size_t n);
  void (*free)(void *block);
} next;

enum reach { REACH_NONE = 0, REACH_PLUGIN = 1, REACH_ALL = 2 };
static _Atomic int reach;           /* enum reach: whose allocations count */
static _Atomic unsigned until;      /* 0: none will fail; 1: the next */
static _Atomic bool failed;         /* one did */
static _Thread_local int in_plugin; /* 1: a slot runs on this thread; -1: what the host keeps for the test */
static _Thread_local bool of_loop;  /* the thread on which a world lives */

/* dlsym allocates nothing when it finds what it looks for (glibc); while it looks, there is nothing. */
static void look(void) {
  static bool looking;
  if (looking) return;
  looking = true;
  if (__interceptor_malloc && __interceptor_calloc && __interceptor_realloc && __interceptor_free) {
    next.calloc = __interceptor_calloc;
    next.realloc = __interceptor_realloc;
    next.free = __interceptor_free;
    next.malloc = __interceptor_malloc;
  } else {
    *(void **)&next.calloc = dlsym(RTLD_NEXT, "calloc");
    *(void **)&next.realloc = dlsym(RTLD_NEXT, "realloc");
    *(void **)&next.free = dlsym(RTLD_NEXT, "free");
    *(void **)&next.malloc = dlsym(RTLD_NEXT, "malloc");
  }
  looking = false;
}

/* ---- which blocks the plugin has: a set of addresses, open addressing ---- */

static pthread_mutex_t blocks_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct {
  void **slots;
  size_t room, used; /* used: with those that were taken out */
  _Atomic size_t count;
} blocks;
static char taken_out; /* its address stands where a block was */

static size_t slot_of(const void *block, size_t room) {
  return (size_t)(((uintptr_t)block >> 4) * 0x9e3779b97f4a7c15u >> 16) & (room - 1);
}

static void put(void **slots, size_t room, void *block) {
  size_t at = slot_of(block, room);
  while (slots[at] && slots[at] != &taken_out) at = (at + 1) & (room - 1);
  slots[at] = block;
}

static void grow(void) {
  size_t room = blocks.room ? blocks.room * 2 : 4096;
  void **slots = next.calloc(room, sizeof *slots);
  if (!slots) abort();
  for (size_t i = 0; i < blocks.room; i++)
    if (blocks.slots[i] && blocks.slots[i] != &taken_out) put(slots, room, blocks.slots[i]);
  if (blocks.slots) next.free(blocks.slots);
  blocks.slots = slots;
  blocks.room = room;
  blocks.used = blocks.count;
}

static void note(void *block) {
  if (!block) return;
  pthread_mutex_lock(&blocks_mutex);
  if (2 * blocks.used >= blocks.room) grow();
  put(blocks.slots, blocks.room, block);
  blocks.used++;
  blocks.count++;
  pthread_mutex_unlock(&blocks_mutex);
}

/* Whether the block was one of the plugin's. */
static bool forget(const void *block) {
  bool found = false;
  pthread_mutex_lock(&blocks_mutex);
  size_t room = blocks.room, at = room ? slot_of(block, room) : 0;
  for (; room && blocks.slots[at] && !found; at = (at + 1) & (room - 1)) {
    if (blocks.slots[at] != block) continue;
    blocks.slots[at] = &taken_out;
    blocks.count--;
    found = true;
  }
  pthread_mutex_unlock(&blocks_mutex);
  return found;
}

static void blocks_clear(void) {
  pthread_mutex_lock(&blocks_mutex);
  if (blocks.slots) next.free(blocks.slots);
  blocks.slots = NULL;
  blocks.room = blocks.used = 0;
  blocks.count = 0;
  pthread_mutex_unlock(&blocks_mutex);
}

/* ---- the allocator ---- */

/* Threads that no world lives on are the plugin's. */
static bool of_plugin(void) {
  return atomic_load_explicit(&reach, memory_order_relaxed) == REACH_PLUGIN && (in_plugin > 0 || !of_loop);
}
static bool of_all(void) { return atomic_load_explicit(&reach, memory_order_relaxed) == REACH_ALL && in_plugin >= 0; }

static bool fails(void) {
  unsigned left = atomic_load(&until);
  while (left && !atomic_compare_exchange_weak(&until, &left, left - 1)) continue;
  if (left != 1) return false;
  atomic_store(&failed, true);
  errno = ENOMEM;
  return true;
}

void *malloc(size_t n) {
  if (!next.malloc) look();
  if (!next.malloc) return NULL;
  bool plugin = of_plugin();
  if ((plugin || of_all()) && fails()) return NULL;
  void *block = next.malloc(n);
  if (plugin) note(block);
  return block;
}

void *calloc(size_t count, size_t n) {
  if (!next.malloc) look();
  if (!next.malloc) return NULL;
  bool plugin = of_plugin();
  if ((plugin || of_all()) && fails()) return NULL;
  void *block = next.calloc(count, n);
  if (plugin) note(block);
  return block;
}

void *realloc(void *block, size_t n) {
  if (!next.malloc) look();
  if (!next.malloc) return NULL;
  bool plugin = of_plugin();
  if ((plugin || of_all()) && n && fails()) return NULL;
  bool known = block && blocks.count && forget(block);
  void *grown = next.realloc(block, n);
  if (!grown && n && known) note(block);
  if (grown && (known || plugin)) note(grown);
  return grown;
}

void free(void *block) {
  int error = errno;
  if (!block) return;
  if (!next.malloc) look();
  if (blocks.count) forget(block);
  if (next.free) next.free(block);
  errno = error;
}

/* A sanitizer's own would not ask malloc. */
static char *copy_text(const char *text, size_t n) {
  char *copy = malloc(n + 1);
  if (!copy) return NULL;
  memcpy(copy, text, n);
  copy[n] = '\0';
  return copy;
}

char *strdup(const char *text) { return copy_text(text, strlen(text)); }
char *strndup(const char *text, size_t most) { return copy_text(text, strnlen(text, most)); }

/* ---- whose code runs ---- */

struct fake_calling fake_enter(void) {
  struct fake_calling before = {in_plugin};
  in_plugin = 1;
  of_loop = true;
  return before;
}

struct fake_calling fake_step_out(void) {
  struct fake_calling before = {in_plugin};
  in_plugin = -1;
  return before;
}

void fake_leave(struct fake_calling before) { in_plugin = before.depth; }

/* ---- what fails ---- */

static void begin(enum reach whose, unsigned which) {
  of_loop = true;
  atomic_store(&failed, false);
  atomic_store(&until, which);
  atomic_store(&reach, (int)whose);
}

bool fake_allocation_fails(void) { return atomic_load_explicit(&reach, memory_order_relaxed) && fails(); }

bool fake_allocations_fail(void) { return atomic_load(&reach) == REACH_PLUGIN; }

void fake_fail_allocation(unsigned which) {
  if (which) begin(REACH_ALL, which);
  if (!which) atomic_store(&reach, REACH_NONE);
}

bool fake_allocation_failed(void) { return atomic_load(&failed); }

/* With which one it fails; 0: with none. Returns how many blocks the plugin has left. */
static size_t run(void (*steps)(void *argument), void *argument, unsigned which, bool *any) {
  blocks_clear();
  begin(REACH_PLUGIN, which);
  steps(argument);
  *any = fake_allocation_failed();
  atomic_store(&reach, REACH_NONE);
  atomic_store(&until, 0);
  return blocks.count;
}

unsigned fake_each_allocation_fails(void (*steps)(void *argument), void *argument) {
  bool any = false;
  run(steps, argument, 0, &any); /* what libraries make once and keep is there then */
  for (unsigned which = 1;; which++) {
    size_t left = run(steps, argument, which, &any);
    if (left) left = run(steps, argument, which, &any); /* once more: not what a library kept */
    if (left) fake_end("when allocation %u had failed, %zu blocks of memory were left", which, left);
    if (!any) {
      blocks_clear();
      return which - 1;
    }
  }
}
