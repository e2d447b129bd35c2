#include "sdk/tool/subject.h"

#include <dlfcn.h>

const struct hanse_plugin *subject_open(const struct subject *subject, void **handle, struct hanse_problem *problem) {
  *handle = dlopen(subject->path, RTLD_NOW | RTLD_LOCAL);
  if (!*handle) {
    const char *why = dlerror();
    if (!why) why = "no reason given";
    hanse_explain(problem, "could not be opened: %.300s; %s", why,
                  strstr(why, "undefined symbol")     ? "link it with -Wl,-z,defs to find what is missing"
                  : strstr(why, "cannot open shared") ? "install the library that it needs, or link it in"
                                                      : "build it again");
    return NULL;
  }
  return (const struct hanse_plugin *)dlsym(*handle, "hanse_plugin");
}

void subject_descriptor(const struct hanse_plugin *plugin, struct hanse_plugin *out) {
  memset(out, 0, sizeof *out);
  memcpy(out, plugin, plugin->size < sizeof *out ? plugin->size : sizeof *out);
  out->size = sizeof *out;
}

const char *subject_required(const struct hanse_option *table) {
  for (const struct hanse_option *option = table; option && option->name; option++) {
    if (option->flags & HANSE_REQUIRED) return option->name;
    bool inner = option->type == HANSE_GROUP && !(option->flags & HANSE_LIST);
    const char *found = inner ? subject_required(option->group) : NULL;
    if (found) return found;
  }
  return NULL;
}
