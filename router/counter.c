#include "router/counter.h"

#include <stdio.h>
#include <stdlib.h>

#define COUNTERS_MAX 4096
#define NAME_MAX_LENGTH 160

struct counter {
  uint64_t value; /* others keep its address */
  char *help;     /* copied: a plugin's text goes with its code */
  char name[];
};

struct counters {
  struct counter *items[COUNTERS_MAX]; /* in order of name */
  size_t count;
  uint64_t spare; /* counts what found no room; nobody reads it */
};

static void counter_free(struct counter *counter) {
  if (!counter) return;
  free(counter->help);
  free(counter);
}

void counters_free(struct counters *counters) {
  if (!counters) return;
  for (size_t i = 0; i < counters->count; i++) counter_free(counters->items[i]);
  free(counters);
}

struct counters *counters_new(void) {
  return calloc(1, sizeof(struct counters));
}

static struct counter *counter_new(const char *name, const char *help) {
  size_t length = strlen(name) + 1;
  struct counter *counter = malloc(sizeof *counter + length);
  if (!counter) return NULL;
  counter->value = 0;
  counter->help = strdup(help ? help : "");
  memcpy(counter->name, name, length);
  if (counter->help) return counter;
  counter_free(counter);
  return NULL;
}

/* Where the name is, or would be. */
static size_t place_of(const struct counters *counters, const char *name) {
  size_t low = 0, high = counters->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (strcmp(counters->items[middle]->name, name) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* A successor may explain the same counter in other words. */
static void help_renew(struct counter *counter, const char *help) {
  if (!help || strcmp(counter->help, help) == 0) return;
  char *copy = strdup(help);
  if (!copy) return;
  free(counter->help);
  counter->help = copy;
}

uint64_t *counter_get(struct counters *counters, const char *owner, const char *name, const char *help) {
  char full[NAME_MAX_LENGTH];
  int length = snprintf(full, sizeof full, "%s.%s", owner, name);
  if (length < 0 || (size_t)length >= sizeof full) return &counters->spare;
  size_t at = place_of(counters, full);
  if (at < counters->count && strcmp(counters->items[at]->name, full) == 0) {
    help_renew(counters->items[at], help);
    return &counters->items[at]->value;
  }
  struct counter *counter = counters->count < COUNTERS_MAX ? counter_new(full, help) : NULL;
  if (!counter) return &counters->spare;
  memmove(counters->items + at + 1, counters->items + at, (counters->count - at) * sizeof(struct counter *));
  counters->items[at] = counter;
  counters->count++;
  return &counter->value;
}

void counters_each(const struct counters *counters,
                   void (*row)(void *argument, const char *name, uint64_t value, const char *help), void *argument) {
  for (size_t i = 0; i < counters->count; i++)
    row(argument, counters->items[i]->name, counters->items[i]->value, counters->items[i]->help);
}
