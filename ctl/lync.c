#include "ctl/lync.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctl/clixml.h"
#include "ctl/conf_text.h"

/* ---- life ---- */

int lync_begin(struct lync *lync) {
  bool good = true;
  *lync = (struct lync){.shared = false};
  for (size_t i = 0; i < LYNC_KINDS; i++) good &= (lync->objects[i] = json_array()) != NULL;
  for (size_t i = 0; i < PARTS; i++)
    good &= (lync->parts[i].out = open_memstream(&lync->parts[i].text, &lync->parts[i].length)) != NULL;
  if (good) return HANSE_OK;
  lync_clear(lync);
  return HANSE_NOMEM;
}

void lync_finish(struct lync *lync) {
  for (size_t i = 0; i < PARTS; i++) {
    if (lync->parts[i].out) fclose(lync->parts[i].out);
    lync->parts[i].out = NULL;
  }
}

void lync_clear(struct lync *lync) {
  lync_finish(lync);
  for (size_t i = 0; i < LYNC_KINDS; i++) json_decref(lync->objects[i]);
  for (size_t i = 0; i < PARTS; i++) free(lync->parts[i].text);
}

/* ---- what an object is ---- */

/* Words in the last part of a type's name, as in …Settings.Edge.DisplayAllowedDomain; the first that fits counts. */
static const struct {
  const char *word;
  enum lync_kind kind;
  const char *cmdlet;
} kinds[] = {
    {"XmppAllowedPartner", LYNC_XMPP_PARTNER, "CsXmppAllowedPartner"},
    {"XmppGateway", LYNC_XMPP_GATEWAY, "CsXmppGatewayConfiguration"},
    {"AllowedDomain", LYNC_ALLOWED, "CsAllowedDomain"},
    {"BlockedDomain", LYNC_BLOCKED, "CsBlockedDomain"},
    {"HostingProvider", LYNC_HOSTING, "CsHostingProvider"},
    {"PublicProvider", LYNC_PUBLIC, "CsPublicProvider"},
    {"AccessEdge", LYNC_ACCESS_EDGE, "CsAccessEdgeConfiguration"},
    {"ExternalAccessPolicy", LYNC_ACCESS, "CsExternalAccessPolicy"},
    {"ImFilter", LYNC_IM_FILTER, "CsImFilterConfiguration"},
    {"FileTransferFilter", LYNC_FILE_FILTER, "CsFileTransferFilterConfiguration"},
    {"ArchivingSettings", LYNC_ARCHIVING, "CsArchivingConfiguration"},
    {"ArchivingConfiguration", LYNC_ARCHIVING, "CsArchivingConfiguration"},
    {"ProxySettings", LYNC_PROXY, "CsProxyConfiguration"},
    {"ProxyConfiguration", LYNC_PROXY, "CsProxyConfiguration"},
    {"DiagnosticHeader", LYNC_DIAGNOSTICS, "CsDiagnosticHeaderConfiguration"},
    {"UserServices", LYNC_USER_SERVICES, "CsUserServicesConfiguration"},
    {"PresencePolicy", LYNC_PRESENCE, "CsPresencePolicy"},
    {"ADUser", LYNC_USER, "CsUser"},
    {"SipDomain", LYNC_SIP_DOMAIN, "CsSipDomain"},
};

const char *lync_cmdlet(enum lync_kind kind) {
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (kinds[i].kind == kind) return kinds[i].cmdlet;
  return "?";
}

enum lync_kind lync_kind_of(const json_t *object) {
  const char *type = json_string_value(json_array_get(json_object_get(object, "type"), 0));
  const char *dot = type ? strrchr(type, '.') : NULL;
  if (!type) return LYNC_KINDS;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (strcasestr(dot ? dot : type, kinds[i].word)) return kinds[i].kind;
  return LYNC_KINDS;
}

const char *lync_text(const json_t *object, const char *name) {
  const char *text = clixml_text(json_object_get(json_object_get(object, "props"), name));
  return text && text[0] ? text : NULL;
}

bool lync_true(const json_t *object, const char *name) {
  const char *text = lync_text(object, name);
  return text && strcasecmp(text, "true") == 0;
}

bool lync_false(const json_t *object, const char *name) {
  const char *text = lync_text(object, name);
  return text && strcasecmp(text, "false") == 0;
}

/* "Tag:Name" and "Site:Redmond" are a scope and a name. */
const char *lync_name(const json_t *object) {
  const char *identity = lync_text(object, "Identity"), *said = clixml_text(object);
  if (!identity) identity = said ? said : "?";
  return strncasecmp(identity, "Tag:", 4) == 0 ? identity + 4 : identity;
}

const json_t *lync_global(const struct lync *lync, enum lync_kind kind) {
  size_t i;
  json_t *object;
  json_array_foreach(lync->objects[kind], i, object) {
    if (strcasecmp(lync_name(object), "Global") == 0) return object;
  }
  return json_array_get(lync->objects[kind], 0);
}

/* ---- writing ---- */

void lync_say(struct lync *lync, enum lync_part part, const char *format, ...) {
  char text[2048];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  conf_text_comment(lync->parts[part].out, 0, text);
}

void lync_put(FILE *out, const char *name, const char *value) {
  fprintf(out, " %s = ", name);
  conf_text_string(out, value);
  putc(';', out);
}

void lync_stage(const char *stage[8], const char *module) {
  for (size_t i = 0; i < 7; i++)
    if (!stage[i]) {
      stage[i] = module;
      return;
    }
}

int lync_sort(struct lync *lync, const json_t *objects, const char *file) {
  size_t i;
  json_t *object;
  json_array_foreach(objects, i, object) {
    enum lync_kind kind = lync_kind_of(object);
    const char *type = json_string_value(json_array_get(json_object_get(object, "type"), 0));
    if (kind == LYNC_KINDS)
      lync_say(lync, PART_WITHOUT, "%.200s: an object of type %.200s: unknown here; nothing was made of it", file,
               type ? type : "(none)");
    else if (json_array_append(lync->objects[kind], object) != 0)
      return HANSE_NOMEM;
  }
  return HANSE_OK;
}
