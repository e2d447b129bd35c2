/* What users may do, what is filtered, and bounds. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctl/clixml.h"
#include "ctl/conf_text.h"
#include "ctl/lync.h"

/* ---- CsExternalAccessPolicy, CsUser ---- */

static void access_switch(FILE *out, const json_t *policy, const char *parameter, const char *name) {
  if (lync_text(policy, parameter)) fprintf(out, " %s = %s;", name, lync_true(policy, parameter) ? "true" : "false");
}

static void access_policy(struct lync *lync, const json_t *policy) {
  FILE *out = lync->parts[PART_POLICIES].out;
  const char *name = lync_name(policy), *description = lync_text(policy, "Description");
  bool global = strcasecmp(name, "Global") == 0;
  fputs("{", out);
  lync_put(out, "name", global ? "global" : name);
  access_switch(out, policy, "EnableFederationAccess", "federation");
  access_switch(out, policy, "EnableXmppAccess", "xmpp");
  access_switch(out, policy, "EnablePublicCloudAccess", "public_im");
  access_switch(out, policy, "EnablePublicCloudAudioVideoAccess", "public_audio_video");
  fputs(" }\n", out);
  if (description) lync_say(lync, PART_DECIDED, "Access policy \"%.100s\": %.500s", name, description);
  if (strncasecmp(name, "Site:", 5) == 0)
    lync_say(lync, PART_DECIDED,
             "Access policy \"%.100s\" is of a site: name the domains of its users in `sites`, or its "
             "users in `users`, of the module lync-access.",
             name);
}

static void user(struct lync *lync, const json_t *object) {
  const char *address = lync_text(object, "SipAddress"), *policy = lync_text(object, "ExternalAccessPolicy");
  FILE *out = lync->parts[PART_USERS].out;
  if (!address || !policy) return;
  if (strncasecmp(policy, "Tag:", 4) == 0) policy += 4;
  if (strncasecmp(address, "sip:", 4) == 0) address += 4;
  fputs("{", out);
  lync_put(out, "address", address);
  lync_put(out, "policy", policy);
  fputs(" }\n", out);
}

void lync_access(struct lync *lync) {
  size_t i;
  json_t *object;
  json_array_foreach(lync->objects[LYNC_ACCESS], i, object) access_policy(lync, object);
  json_array_foreach(lync->objects[LYNC_USER], i, object) user(lync, object);
  if (json_array_size(lync->objects[LYNC_ACCESS]) && !json_array_size(lync->objects[LYNC_USER]))
    lync_say(lync, PART_DECIDED,
             "Which user has which policy is known to Get-CsUser: import that, too, or fill `users` of "
             "the module lync-access.");
}

/* ---- CsImFilterConfiguration, CsFileTransferFilterConfiguration ---- */

static void put_list(FILE *out, const char *name, const json_t *object, const char *parameter) {
  const json_t *list = json_object_get(json_object_get(object, "props"), parameter);
  size_t i, count = 0;
  json_t *item;
  if (!json_is_array(list) || json_array_size(list) == 0) return;
  fprintf(out, " %s = [", name);
  json_array_foreach(list, i, item) {
    const char *text = clixml_text(item);
    if (!text) continue;
    fputs(count++ ? ", " : " ", out);
    conf_text_string(out, text);
  }
  fputs(" ];", out);
}

static const char *links_of(const json_t *filter) {
  const char *action = lync_text(filter, "Action");
  if (!filter || lync_false(filter, "Enabled")) return "off";
  if (action && strcasecmp(action, "Warn") == 0) return "warn";
  return action && strcasecmp(action, "Block") == 0 ? "block" : "allow";
}

static const char *files_of(const json_t *filter, const json_t *links) {
  const char *action = lync_text(filter, "Action");
  bool in_links = lync_true(links, "BlockFileExtension") && !lync_false(links, "Enabled");
  if (!filter || lync_false(filter, "Enabled")) return in_links ? "listed" : "off";
  return action && strcasecmp(action, "BlockAll") == 0 ? "all" : "listed";
}

/* Lync's two filters look for file names on their own; ours does so once. */
static void extensions_apart(struct lync *lync, const json_t *links, const json_t *files) {
  bool off = !files || lync_false(files, "Enabled");
  if (!off && lync_false(links, "BlockFileExtension"))
    lync_say(lync, PART_WITHOUT, "BlockFileExtension = False: links to files are refused as the files are (`files`)");
  if (files && off && strcmp(files_of(files, links), "off") != 0)
    lync_say(lync, PART_WITHOUT,
             "The file filter is off, but BlockFileExtension is not: files are refused as links to them are (`files`)");
}

void lync_filters(struct lync *lync) {
  const json_t *links = lync_global(lync, LYNC_IM_FILTER), *files = lync_global(lync, LYNC_FILE_FILTER);
  FILE *out = lync->parts[PART_MODULES].out;
  if (!links && !files) return;
  fputs("{ name = \"lync-filter\"; plugin = \"filter\";", out);
  lync_put(out, "links", links_of(links));
  put_list(out, "prefixes", links, "Prefixes");
  if (lync_text(links, "WarnMessage")) lync_put(out, "warning", lync_text(links, "WarnMessage"));
  lync_put(out, "files", files_of(files, links));
  put_list(out, "extensions", files, "Extensions");
  extensions_apart(lync, links, files);
  fputs(" }\n", out);
  lync_stage(lync->admit, "lync-filter");
  lync_stage(lync->answer, "lync-filter");
  if (json_array_size(lync->objects[LYNC_IM_FILTER]) > 1 || json_array_size(lync->objects[LYNC_FILE_FILTER]) > 1)
    lync_say(lync, PART_WITHOUT, "Filters of sites: only the global one was taken, messages of all pass one edge.");
}

/* ---- CsProxyConfiguration, CsDiagnosticHeaderConfiguration ---- */

static void diagnostics(struct lync *lync) {
  if (!lync_true(lync_global(lync, LYNC_DIAGNOSTICS), "SendToExternalNetworks")) return;
  fputs("{ name = \"lync-border\"; plugin = \"border\"; rules = ( { diagnostics = \"public\"; } ); }\n",
        lync->parts[PART_MODULES].out);
  lync_stage(lync->admit, "lync-border");
  lync_stage(lync->routed, "lync-border");
  lync_stage(lync->answer, "lync-border");
  lync_say(lync, PART_DECIDED,
           "SendToExternalNetworks: partners are told why something failed, without a name of ours.");
}

#define KEEPALIVE_MAX 1200 /* limits.keepalive, in seconds */
#define HEADERS 64         /* limits.headers by default, in KiB */

/* Seconds of an ISO 8601 duration of hours, minutes and seconds, like PT20M; 0: of another form, or over a day. */
static unsigned long seconds_of(const char *text) {
  static const struct {
    char letter;
    unsigned length;
  } units[] = {{'H', 3600}, {'M', 60}, {'S', 1}};
  unsigned long seconds = 0;
  if (strncmp(text, "PT", 2) != 0) return 0;
  text += 2;
  for (size_t i = 0; i < sizeof units / sizeof *units && *text; i++) {
    char *end;
    unsigned long count = strtoul(text, &end, 10);
    if (end == text || count > 86400) return 0;
    if (*end != units[i].letter) continue;
    seconds += count * units[i].length;
    text = end + 1;
  }
  return *text || seconds > 86400 ? 0 : seconds;
}

/* Lync's figure is the longest silence after which a connection is kept alive, and so is this. */
static void keepalive(struct lync *lync, const char *text) {
  unsigned long seconds = seconds_of(text);
  FILE *out = lync->parts[PART_LIMITS].out;
  if (lync->present.keepalive) {
    lync_say(lync, PART_DECIDED, "MaxKeepAliveInterval is %.40s: see limits.keepalive, which is set already.", text);
  } else if (seconds < 5 || seconds > KEEPALIVE_MAX) {
    lync_say(lync, PART_WITHOUT, "MaxKeepAliveInterval = %.40s: is none of 5 seconds to 20 minutes (limits.keepalive)",
             text);
  } else {
    fprintf(out, "keepalive = \"%lu%s\";\n", seconds % 60 ? seconds : seconds / 60, seconds % 60 ? "s" : "m");
  }
}

/* Lync counts the body alone, we the headers too. What waits has room for one such message at least, also where that is
   more than by default. */
static void message_size(struct lync *lync, const char *text) {
  char *end;
  unsigned long body = strtoul(text, &end, 10);
  unsigned long size = body + (lync->present.headers ? lync->present.headers : HEADERS);
  FILE *out = lync->parts[PART_LIMITS].out;
  if (lync->present.message) {
    lync_say(lync, PART_DECIDED, "MaxServerMessageBodySizeKb is %.20s: see limits.message, which is set already.",
             text);
  } else if (*end || body < 1 || body > 65536 || size > 65536) {
    lync_say(lync, PART_WITHOUT,
             "MaxServerMessageBodySizeKb = %.20s: with the headers it is no size up to 64 MB (limits.message)", text);
  } else {
    fprintf(out, "message = \"%luk\";\n", size);
    if (size > 4096) fprintf(out, "queue_bytes = \"%luk\";\n", size * 2);
    if (size > 8192) fprintf(out, "link_output = \"%luk\";\n", size * 2);
  }
}

void lync_bounds(struct lync *lync) {
  diagnostics(lync);
  const json_t *proxy = lync_global(lync, LYNC_PROXY);
  const char *size = lync_text(proxy, "MaxServerMessageBodySizeKb"),
             *silence = lync_text(proxy, "MaxKeepAliveInterval");
  if (size) message_size(lync, size);
  if (silence) keepalive(lync, silence);
  if (lync_false(proxy, "EnableWhiteSpaceKeepAlive"))
    lync_say(lync, PART_DECIDED, "EnableWhiteSpaceKeepAlive is False: set keepalive = false of the module sip.");
}

/* ---- CsArchivingConfiguration ---- */

/* Whether the archive is on: ImOnly and ImAndWebConf are, None is not, another word is said. */
static bool archives(struct lync *lync, const json_t *archiving) {
  const char *what = lync_text(archiving, "EnableArchiving");
  if (what && (strcasecmp(what, "ImOnly") == 0 || strcasecmp(what, "ImAndWebConf") == 0)) return true;
  if (what && strcasecmp(what, "None") != 0)
    lync_say(lync, PART_WITHOUT, "EnableArchiving = %.40s: is none of None, ImOnly and ImAndWebConf", what);
  if (lync_true(archiving, "BlockOnArchiveFailure"))
    lync_say(lync, PART_WITHOUT, "BlockOnArchiveFailure = True: asks for nothing while EnableArchiving is off");
  return false;
}

void lync_archive(struct lync *lync) {
  const json_t *archiving = lync_global(lync, LYNC_ARCHIVING);
  const char *on_failure = lync_true(archiving, "BlockOnArchiveFailure") ? "deny" : "abstain";
  if (!archives(lync, archiving)) return;
  if (lync->present.archive) {
    lync_say(lync, PART_DECIDED,
             "EnableArchiving: see the module archive, which is loaded already; its on_failure "
             "would be \"%s\".",
             on_failure);
    return;
  }
  fprintf(lync->parts[PART_MODULES].out,
          "{ name = \"lync-archive\"; plugin = \"archive\"; file = \"/var/lib/hanse/archive.jsonl\"; on_failure = "
          "\"%s\"; }\n",
          on_failure);
  lync_stage(lync->routed, "lync-archive");
  lync_say(lync, PART_DECIDED,
           "EnableArchiving: each text between our users and others becomes a line of /var/lib/hanse/archive.jsonl, "
           "whatever the archiving policy of the user; `direction` of the module lync-archive chooses.%s",
           strcasecmp(lync_text(archiving, "EnableArchiving"), "ImAndWebConf") == 0
               ? " Meetings of ImAndWebConf do not come here."
               : "");
}
