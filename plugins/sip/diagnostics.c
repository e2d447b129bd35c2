#include "plugins/sip/diagnostics.h"

#include <stdio.h>

#include "plugins/sip/lex.h"
#include "plugins/sip/param.h"

#define NAME HANSE_LIT("ms-diagnostics")
#define PUBLIC_NAME HANSE_LIT("ms-diagnostics-public")

enum { ID_TEXT = 8 };

enum hanse_diagnostics sip_diagnostics_level(const struct sip *sip, enum hanse_side to,
                                             const struct hanse_marks *marks) {
  if (to == HANSE_SIDE_HOME) return HANSE_DIAGNOSTICS_FULL;
  if (marks && marks->set & HANSE_MARK_DIAGNOSTICS) return (enum hanse_diagnostics)marks->diagnostics;
  return sip->settings->diagnostics;
}

/* ---- values ---- */

/* A parameter whose value is a quoted string (RFC 3261 §25.1), whatever the text is. */
static void put_quoted(struct sip_sink *sink, struct hanse_slice name, struct hanse_slice text) {
  sip_sink_slice(sink, name);
  sip_sink_slice(sink, HANSE_LIT("=\""));
  for (size_t i = 0; i < text.len; i++) {
    char c = text.at[i];
    if (c == '"' || c == '\\') sip_sink_slice(sink, HANSE_LIT("\\"));
    if ((unsigned char)c < ' ' || c == 0x7f) c = ' ';
    sip_sink_slice(sink, hanse_slice(&c, 1));
  }
  sip_sink_slice(sink, HANSE_LIT("\""));
}

struct parameter {
  struct hanse_slice name, text; /* without a text it is left out */
};

static struct hanse_slice put_value(struct sip_sink *sink, uint16_t id, const struct parameter *parameters,
                                    size_t count) {
  char text[ID_TEXT];
  int n = snprintf(text, sizeof text, "%u", (unsigned)id);
  sip_sink_slice(sink, hanse_slice(text, (size_t)n));
  for (size_t i = 0; i < count; i++)
    if (parameters[i].text.len) put_quoted(sink, parameters[i].name, parameters[i].text);
  return hanse_slice(sink->at, sink->len);
}

/* at == NULL: no memory. */
static struct hanse_slice value(struct hanse_arena *arena, uint16_t id, const struct parameter *parameters,
                                size_t count) {
  struct sip_sink length = {NULL, 0};
  put_value(&length, id, parameters, count);
  struct sip_sink sink = {hanse_alloc(arena, length.len), 0};
  return sink.at ? put_value(&sink, id, parameters, count) : hanse_slice(NULL, 0);
}

/* ---- our own failures ---- */

bool sip_diagnostics_line(struct sip *sip, struct hanse_arena *arena, enum hanse_diagnostics level,
                          enum hanse_failure failure, const struct sip_cause *cause, struct sip_line *out) {
  struct hanse_host *host = sip->host;
  uint16_t id = hanse_failure_diagnostic(host, failure);
  bool reaching = cause && (cause->target.len || cause->domain.len);
  const struct parameter inside[] = {
      {HANSE_LIT(";reason"), hanse_text(hanse_failure_meaning(host, failure))},
      {HANSE_LIT(";source"), host->node->name},
      {HANSE_LIT(";FailureType"), reaching ? hanse_text(hanse_failure_name(host, failure)) : HANSE_LIT("")},
      {HANSE_LIT(";Domain"), reaching ? cause->domain : HANSE_LIT("")},
      {HANSE_LIT(";TargetName"), reaching ? cause->target : HANSE_LIT("")},
      {HANSE_LIT(";Cause"), reaching ? cause->text : HANSE_LIT("")},
  };
  const struct parameter outside[] = {{HANSE_LIT(";reason"), hanse_text(hanse_failure_reason(host, failure))}};
  if (level == HANSE_DIAGNOSTICS_NONE || id == 0) return false;
  if (level == HANSE_DIAGNOSTICS_FULL)
    *out = (struct sip_line){NAME, value(arena, id, inside, sizeof inside / sizeof *inside)};
  else
    *out = (struct sip_line){PUBLIC_NAME, value(arena, id, outside, 1)};
  return out->value.at != NULL;
}

/* ---- what others said ---- */

/* ErrorId [ "." SubErrorId ] */
static const char *id_end(const char *p, const char *end) {
  const char *digits = p;
  while (p < end && ((*p >= '0' && *p <= '9') || (*p == '.' && p > digits))) p++;
  return p;
}

/* The value without `source`. at == NULL: it cannot be read, or there is no memory. */
static struct hanse_slice without_source(struct hanse_arena *arena, struct hanse_slice said) {
  struct hanse_slice flat;
  struct sip_param param;
  int more;
  if (sip_unfold(arena, said, &flat) != HANSE_OK) return hanse_slice(NULL, 0);
  const char *end = flat.at + flat.len, *after = id_end(flat.at, end);
  struct sip_sink sink = {hanse_alloc(arena, flat.len + 1), 0};
  struct hanse_slice rest = sip_lex_between(after, end);
  if (!sink.at || after == flat.at) return hanse_slice(NULL, 0);
  sip_sink_slice(&sink, sip_lex_between(flat.at, after));
  while ((more = sip_param_next(&rest, &param)) == 1)
    if (!hanse_same_nocase(param.name, HANSE_LIT("source")))
      sip_sink_slice(&sink, sip_lex_between(param.start, param.end));
  struct hanse_slice text = hanse_slice(sink.at, sink.len);
  return more == 0 && sip_text_is_clean(text) ? text : hanse_slice(NULL, 0);
}

/* Who said nothing (R84). */
static enum hanse_failure unsaid(const struct sip *sip, const struct hanse_facts *facts) {
  if (facts->terms.network == HANSE_NETWORK_PUBLIC) return HANSE_F_PROVIDER_UNSAID;
  return hanse_home_is(sip->host, facts->to.domain) ? HANSE_F_SHARED_UNSAID : HANSE_F_PEER_UNSAID;
}

static int add_unsaid(struct sip *sip, struct sip_edits *edits, const struct hanse_message *message) {
  const struct hanse_facts *facts = message->facts;
  enum hanse_failure failure = unsaid(sip, facts);
  struct hanse_slice peer = facts->proved_count ? facts->proved[0] : hanse_link_peer(sip->host, message->link);
  const struct parameter parameters[] = {
      {HANSE_LIT(";reason"), hanse_text(hanse_failure_meaning(sip->host, failure))},
      {HANSE_LIT(";Domain"), facts->to.domain},
      {HANSE_LIT(";PeerServer"), peer},
      {HANSE_LIT(";source"), sip->host->node->name},
  };
  struct hanse_slice text = value(edits->arena, hanse_failure_diagnostic(sip->host, failure), parameters,
                                  sizeof parameters / sizeof *parameters);
  return text.at ? sip_edit_append(edits, NAME, text) : HANSE_NOMEM;
}

/* MS-OCER 2.2.1.2: only the public form is made to cross a border. The other one, which inside is the word of our own
   servers, becomes it. */
int sip_diagnostics_inwards(struct sip *sip, struct sip_edits *edits, const struct hanse_message *message) {
  const struct sip_message *parsed = edits->message;
  const struct sip_header *said = sip_header_first(parsed, SIP_H_MS_DIAGNOSTICS_PUBLIC);
  if (!said) said = sip_header_first(parsed, SIP_H_MS_DIAGNOSTICS);
  struct hanse_slice text = said ? without_source(edits->arena, said->value) : hanse_slice(NULL, 0);
  if (text.at) return sip_edit_append(edits, PUBLIC_NAME, text);
  return !parsed->request && parsed->status >= 400 ? add_unsaid(sip, edits, message) : HANSE_OK;
}
