/* The fake host's posts: the one call that may come from any thread; and what threads have to do. */
#include <stdlib.h>
#include <time.h>

#include "sdk/fakehost/inside.h"

static int post(struct hanse_host *host, void (*run)(void *self, void *argument), void *argument) {
  struct fake_instance *owner = fake_instance_of(host);
  struct fake_world *world = owner->world;
  int status = HANSE_GONE;
  pthread_mutex_lock(&world->mutex);
  struct fake_post *fresh = owner->stopping ? NULL : fake_memory(world, sizeof *fresh), **last;
  if (fresh) {
    *fresh = (struct fake_post){NULL, owner, run, argument};
    for (last = &world->posts; *last;) last = &(*last)->next;
    *last = fresh;
    pthread_cond_broadcast(&world->posted);
  }
  if (!owner->stopping) status = fresh ? HANSE_OK : HANSE_NOMEM;
  pthread_mutex_unlock(&world->mutex);
  return status;
}

/* As the core does between stop and destroy. */
void fake_posts_drop(struct fake_instance *owner) {
  pthread_mutex_lock(&owner->world->mutex);
  for (struct fake_post **at = &owner->world->posts; *at;) {
    struct fake_post *one = *at;
    if (one->owner != owner) {
      at = &one->next;
      continue;
    }
    *at = one->next;
    free(one);
  }
  pthread_mutex_unlock(&owner->world->mutex);
}

size_t fake_run_posts(struct fake_world *world) {
  for (size_t n = 0;; n++) {
    pthread_mutex_lock(&world->mutex);
    struct fake_post *first = world->posts;
    if (first) world->posts = first->next;
    pthread_mutex_unlock(&world->mutex);
    if (!first) return n;
    struct fake_post one = *first;
    free(first);
    FAKE_CALL(one.run(one.owner->self, one.argument));
  }
}

size_t fake_await_posts(struct fake_world *world, hanse_time patience) {
  struct timespec until;
  int error = 0;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += (time_t)(patience / HANSE_SECOND);
  until.tv_nsec += (long)(patience % HANSE_SECOND) * 1000;
  if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
  pthread_mutex_lock(&world->mutex);
  while (!world->posts && !error) error = pthread_cond_timedwait(&world->posted, &world->mutex, &until);
  pthread_mutex_unlock(&world->mutex);
  return fake_run_posts(world);
}

static void busy(struct hanse_host *host, bool begins) {
  struct fake_world *world = fake_instance_of(host)->world;
  if (!begins && !world->busy) fake_end("hanse_busy: more work is over than has begun");
  world->busy += begins ? 1 : -1;
}

void fake_post_ops(struct hanse_host_ops *ops) {
  ops->post = post;
  ops->busy = busy;
}
