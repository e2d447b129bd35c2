#include "router/manual.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "contract/option_manual.h"
#include "router/loader.h"
#include "router/settings.h"

static void offers(const struct hanse_plugin *plugin, FILE *out) {
  for (const struct hanse_offer *offer = plugin->offers; offer && offer->capability; offer++) {
    if (offer->capability == HANSE_PROTOCOL) fprintf(out, "Offers the protocol `%s`.\n\n", offer->name);
    if (offer->capability == HANSE_POLICY) fputs("Offers a policy, to be named in `policy`.\n\n", out);
    if (offer->capability == HANSE_OBSERVER) fputs("Watches messages; changes nothing.\n\n", out);
    if (offer->capability == HANSE_STORE) fputs("Offers a store, to be named by `store`.\n\n", out);
    if (offer->capability == HANSE_COMMAND) {
      const struct hanse_command *command = offer->slots;
      fprintf(out, "Offers the command `hansectl %s`: %s.\n\n", command->name, command->help);
    }
    if (offer->capability != HANSE_FEDERATION) continue;
    fprintf(out, "Offers the federation type `%s`", offer->name);
    for (const char *const *alias = offer->aliases; alias && *alias; alias++)
      fprintf(out, "%s`%s`", alias == offer->aliases ? ", also called " : ", ", *alias);
    fputs(".\n\n", out);
    if (!offer->entry) continue;
    fprintf(out, "Entries of `partners` with `type = \"%s\"` may also say:\n\n", offer->name);
    option_manual(offer->entry, out);
    fputc('\n', out);
  }
}

static void chapter(const struct hanse_plugin *plugin, FILE *out) {
  fprintf(out, "## Plugin `%s`\n\n%s\n\n", plugin->name, plugin->summary);
  offers(plugin, out);
  if (!plugin->options || !plugin->options[0].name) {
    fputs("It has no options of its own.\n\n", out);
    return;
  }
  fprintf(out, "Options of its entry in `modules`:\n\n");
  option_manual(plugin->options, out);
  fputc('\n', out);
}

static int is_plugin(const struct dirent *entry) {
  size_t length = strlen(entry->d_name);
  return length > 3 && !strcmp(entry->d_name + length - 3, ".so");
}

static int one(struct loader *loader, const char *folder, const char *file, FILE *out) {
  struct hanse_problem problem = {0};
  struct code *code = loader_load(loader, folder, hanse_slice(file, strlen(file) - 3), &problem);
  if (!code) {
    fprintf(stderr, "hanse: %s\n", problem.text);
    return HANSE_FAIL;
  }
  chapter(code->plugin, out);
  code_release(code);
  return HANSE_OK;
}

int manual_write(const char *plugins, uid_t user, FILE *out) {
  char cache[] = "/tmp/hanse-manual-XXXXXX";
  struct hanse_problem problem = {0};
  struct dirent **files = NULL;
  int count = scandir(plugins, &files, is_plugin, alphasort), status = HANSE_OK;
  struct loader *loader = mkdtemp(cache) ? loader_new(cache, user, &problem) : NULL;
  if (!loader || count < 0) {
    fprintf(stderr, "hanse: %s\n",
            loader ? "the folder of plugins cannot be read; name it with --plugins" : problem.text);
    status = HANSE_FAIL;
  }
  if (status == HANSE_OK) {
    fputs("# Configuration\n\nThis page is made by `hanse --manual` from the option tables. ", out);
    fputs("[guide.md](guide.md) shows a whole configuration.\n\n## The router\n\n", out);
    settings_manual(out);
    fputc('\n', out);
  }
  for (int i = 0; i < count; i++) {
    if (status == HANSE_OK) status = one(loader, plugins, files[i]->d_name, out);
    free(files[i]);
  }
  free(files);
  loader_free(loader);
  char folder[sizeof cache + 8];
  snprintf(folder, sizeof folder, "%s/code", cache);
  rmdir(folder);
  rmdir(cache);
  return status;
}
