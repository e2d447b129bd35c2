#include "plugins/sip/uri.h"

#include "plugins/sip/bounds.h"
#include "plugins/sip/lex.h"

HANSE_RARE static enum hanse_failure bad(const char **problem, const char *text) {
  *problem = text;
  return HANSE_F_PARSE;
}

/* RFC 3986 §3.1. Returns the colon, NULL: no scheme. */
static const char *read_scheme(const char *p, const char *end) {
  if (p == end || !((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z')) return NULL;
  while (p < end &&
         (sip_lex_digit(*p) || ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z') || *p == '+' || *p == '-' || *p == '.'))
    p++;
  return p < end && *p == ':' ? p : NULL;
}

static enum sip_scheme scheme_of(struct hanse_slice text) {
  if (text.len == 3 && sip_lex_same(text.at, "sip", 3)) return SIP_SCHEME_SIP;
  if (text.len == 4 && sip_lex_same(text.at, "sips", 4)) return SIP_SCHEME_SIPS;
  if (text.len == 3 && sip_lex_same(text.at, "tel", 3)) return SIP_SCHEME_TEL;
  return SIP_SCHEME_OTHER;
}

/* What is no sip URI is text without blanks, quotes and angle brackets. */
static bool is_opaque(const char *p, const char *end) {
  if (p == end) return false;
  for (; p < end; p++)
    if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f || *p == '<' || *p == '>' || *p == '"') return false;
  return true;
}

/* userinfo without its "@": user [":" password]. */
static bool read_userinfo(struct hanse_slice info, struct sip_uri *out) {
  const char *end = info.at + info.len;
  const char *p = sip_lex_escaped(info.at, end, SIP_C_USER);
  out->user = sip_lex_between(info.at, p);
  if (out->user.len == 0) return false;
  if (p == end) return true;
  if (*p++ != ':') return false;
  out->password = sip_lex_between(p, end);
  return sip_lex_escaped(p, end, SIP_C_USER) == end;
}

/* From the first ";" up to "?" or the end. NULL: an empty parameter, a character that may not stand here, or too many.
 */
static const char *read_params(const char *p, const char *end, struct hanse_slice *out) {
  const char *start = p;
  for (unsigned count = 0; p < end && *p == ';'; count++) {
    const char *name = p + 1;
    p = sip_lex_escaped(name, end, SIP_C_URI_PARAM);
    if (p == name || *name == '=' || count == SIP_PARAMS_MAX) return NULL;
  }
  *out = sip_lex_between(start, p);
  return p;
}

static enum hanse_failure read_sip(const char *p, const char *end, struct sip_uri *out, const char **problem) {
  const char *at = memchr(p, '@', (size_t)(end - p));
  if (at) {
    if (!read_userinfo(sip_lex_between(p, at), out)) return bad(problem, "user part of a URI is empty or malformed");
    p = at + 1;
  }
  struct hanse_slice rest = sip_lex_between(p, end);
  if (!sip_host_port(&rest, false, &out->host, &out->host_kind, &out->port))
    return bad(problem, "host or port of a URI is malformed");
  p = read_params(rest.at, end, &out->params);
  if (!p) return bad(problem, "parameters of a URI are malformed or too many");
  if (p == end) return HANSE_F_NONE;
  if (*p != '?') return bad(problem, "a character that no URI may hold");
  out->headers = sip_lex_between(p + 1, end);
  if (!out->headers.len || sip_lex_escaped(p + 1, end, SIP_C_URI_HEADER) != end)
    return bad(problem, "headers of a URI are malformed");
  return HANSE_F_NONE;
}

enum hanse_failure sip_uri_parse(struct hanse_slice text, struct sip_uri *out, const char **problem) {
  if (text.len == 0) return bad(problem, "an empty URI");
  const char *end = text.at + text.len, *colon = read_scheme(text.at, end);
  if (!colon) return bad(problem, "a URI without a scheme");
  struct sip_uri uri;
  memset(&uri, 0, sizeof uri);
  uri.text = text;
  uri.scheme_text = sip_lex_between(text.at, colon);
  uri.scheme = scheme_of(uri.scheme_text);
  enum hanse_failure failure = HANSE_F_NONE;
  if (sip_uri_is_sip(&uri)) {
    failure = read_sip(colon + 1, end, &uri, problem);
  } else {
    uri.opaque = sip_lex_between(colon + 1, end);
    if (!is_opaque(colon + 1, end)) failure = bad(problem, "a character that no URI may hold");
  }
  if (failure == HANSE_F_NONE) *out = uri;
  return failure;
}

bool sip_uri_param(const struct sip_uri *uri, struct hanse_slice name, struct hanse_slice *value) {
  struct sip_param param;
  if (!sip_param_find(uri->params, name, &param)) return false;
  *value = param.value;
  return true;
}
