#include "plugins/sip/address.h"

#include "plugins/sip/bounds.h"
#include "plugins/sip/lex.h"

HANSE_RARE static enum hanse_failure bad(const char **problem, const char *text) {
  *problem = text;
  return HANSE_F_PARSE;
}

/* Reads an optional display name and returns the "<" behind it, NULL: this is no name-addr. *broken: it cannot be an
   addr-spec either. Octets over 127 are taken outside quotes too: phones send them. */
static const char *read_display(const char *p, const char *end, struct hanse_slice *display, bool *broken) {
  const char *start = p;
  *broken = false;
  if (*p == '"') {
    p = sip_lex_quoted(p, end);
    *broken = true;
    if (!p) return NULL;
    *display = sip_lex_between(start, p);
    p = sip_lex_skip(p, end);
    return p < end && *p == '<' ? p : NULL;
  }
  while (p < end && (sip_lex_is(*p, SIP_C_TOKEN) || sip_lex_blank(*p) || (unsigned char)*p > 127)) p++;
  if (p == end || *p != '<') return NULL;
  struct hanse_slice text = sip_lex_trim(sip_lex_between(start, p));
  if (text.len) *display = text;
  return p;
}

/* Where an addr-spec without brackets ends: what follows belongs to the header (RFC 3261 §20.10). */
static const char *addr_spec_end(const char *p, const char *end) {
  while (p < end && *p != ';' && *p != '?' && *p != ',' && !sip_lex_blank(*p)) p++;
  return p;
}

/* The header's parameters: all well formed, at most one tag, which is not empty. */
static enum hanse_failure read_params(struct hanse_slice rest, struct sip_address *out, const char **problem) {
  struct sip_param param;
  int more;
  out->params = rest = sip_lex_trim(rest);
  for (unsigned count = 0; (more = sip_param_next(&rest, &param)) == 1; count++) {
    if (count == SIP_PARAMS_MAX) {
      *problem = "too many parameters in one header";
      return HANSE_F_TOO_LARGE;
    }
    if (param.name.len != 3 || !sip_lex_same(param.name.at, "tag", 3)) continue;
    if (out->tag.at || param.value.len == 0 || param.value.at[0] == '"')
      return bad(problem, "a tag that is empty, quoted or repeated");
    out->tag = param.value;
  }
  return more == 0 ? HANSE_F_NONE : bad(problem, "parameters of an address are malformed");
}

enum hanse_failure sip_address_parse(struct hanse_slice entry, struct sip_address *out, const char **problem) {
  struct sip_address address;
  memset(&address, 0, sizeof address);
  address.text = entry = sip_lex_trim(entry);
  if (entry.len == 0) return bad(problem, "an empty address");
  if (entry.len > SIP_ADDRESS_MAX) {
    *problem = "an address is too long";
    return HANSE_F_TOO_LARGE;
  }
  const char *end = entry.at + entry.len, *spec, *stop, *rest;
  bool broken;
  const char *bracket = read_display(entry.at, end, &address.display, &broken);
  if (bracket) {
    spec = bracket + 1;
    stop = memchr(spec, '>', (size_t)(end - spec));
    if (!stop) return bad(problem, "an address without its closing bracket");
    rest = stop + 1;
    address.bracketed = true;
  } else {
    if (broken) return bad(problem, "a display name with an open quote or without a bracketed URI");
    spec = entry.at;
    rest = stop = addr_spec_end(spec, end);
  }
  enum hanse_failure failure = sip_uri_parse(sip_lex_between(spec, stop), &address.uri, problem);
  if (failure) return failure;
  failure = read_params(sip_lex_between(rest, end), &address, problem);
  if (failure == HANSE_F_NONE) *out = address;
  return failure;
}

static uint16_t place(struct hanse_slice part, const char *text) { return part.len ? (uint16_t)(part.at - text) : 0; }

struct sip_asked sip_address_asked(const struct sip_address *address) {
  const char *at = address->text.at;
  const struct hanse_slice user = address->uri.user, host = address->uri.host, tag = address->tag;
  return (struct sip_asked){at,
                            (uint16_t)address->text.len,
                            place(user, at),
                            (uint16_t)user.len,
                            place(host, at),
                            (uint16_t)host.len,
                            place(tag, at),
                            (uint16_t)tag.len};
}

/* ";tag=" and a value. */
static bool read_tag(const char *p, const char *end, struct hanse_slice *tag) {
  if (end - p < 6 || !sip_lex_same(p + 1, "tag", 3) || p[0] != ';' || p[4] != '=') return false;
  *tag = sip_lex_between(p + 5, end);
  return sip_lex_span(p + 5, end, SIP_C_VALUE) == end;
}

static struct hanse_slice part(const char *text, uint16_t at, uint16_t len) {
  return len ? hanse_slice(text + at, len) : hanse_slice(NULL, 0);
}

bool sip_address_repeats(struct hanse_slice entry, const struct sip_asked *asked, struct sip_address *out) {
  const char *rest = entry.at + asked->len, *end = entry.at + entry.len;
  if (entry.len < asked->len || memcmp(entry.at, asked->at, asked->len) != 0) return false;
  struct hanse_slice tag = part(entry.at, asked->tag_at, asked->tag_len);
  if (rest < end && (tag.at || !read_tag(rest, end, &tag))) return false;
  out->text = entry;
  out->uri.user = part(entry.at, asked->user_at, asked->user_len);
  out->uri.host = part(entry.at, asked->host_at, asked->host_len);
  out->tag = tag;
  return true;
}
