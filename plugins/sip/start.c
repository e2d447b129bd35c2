#include "plugins/sip/start.h"

#include "plugins/sip/lex.h"

HANSE_RARE static enum hanse_failure bad(const char **problem, const char *text) {
  *problem = text;
  return HANSE_F_PARSE;
}

/* "SIP/2.0": literals of the grammar have no case (RFC 3261 §25.1). */
static bool is_version(const char *p, size_t len) {
  return len == 7 && sip_lex_same(p, "sip", 3) && memcmp(p + 3, "/2.0", 4) == 0;
}

/* "SIP/" 1*DIGIT "." 1*DIGIT: some SIP version. */
static bool is_some_version(const char *p, const char *end) {
  if (end - p < 7 || !sip_lex_same(p, "sip", 3) || p[3] != '/') return false;
  const char *dot = p + 4;
  while (dot < end && sip_lex_digit(*dot)) dot++;
  if (dot == p + 4 || dot == end || *dot != '.') return false;
  for (p = dot + 1; p < end; p++)
    if (!sip_lex_digit(*p)) return false;
  return p > dot + 1;
}

bool sip_start_is_response(struct hanse_slice start) {
  return start.len >= 4 && sip_lex_same(start.at, "sip", 3) && start.at[3] == '/';
}

bool sip_start_is_sip(struct hanse_slice start) {
  if (sip_start_is_response(start)) return true;
  start = sip_lex_trim(start);
  const char *end = start.at + start.len, *p = end;
  while (p > start.at && !sip_lex_blank(p[-1])) p--;
  return p > start.at && end - p > 4 && sip_lex_same(p, "sip", 3) && p[3] == '/';
}

/* SIP-Version SP 3DIGIT SP Reason-Phrase. A missing SP before an empty reason is let pass. */
static enum hanse_failure parse_status(struct sip_message *out, const char **problem) {
  const char *p = out->start.at, *end = p + out->start.len;
  const char *space = memchr(p, ' ', out->start.len);
  if (!space || !is_some_version(p, space)) return bad(problem, "a status line that is malformed");
  if (!is_version(p, (size_t)(space - p))) {
    *problem = "a SIP version that is not 2.0";
    return HANSE_F_VERSION;
  }
  p = space + 1;
  if (end - p < 3 || p[0] < '1' || p[0] > '6' || !sip_lex_digit(p[1]) || !sip_lex_digit(p[2]) ||
      (end - p > 3 && p[3] != ' '))
    return bad(problem, "a status code that is not 100 to 699");
  out->status = (unsigned)((p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0'));
  out->reason = end - p > 4 ? sip_lex_between(p + 4, end) : hanse_slice(end, 0);
  return HANSE_F_NONE;
}

/* The Request-URI: sip or sips, without headers (RFC 3261 §19.1.1). */
static enum hanse_failure parse_uri(struct sip_message *out, struct hanse_slice text, const char **problem) {
  enum hanse_failure failure = sip_uri_parse(text, &out->uri, problem);
  if (failure) return failure;
  if (!sip_uri_is_sip(&out->uri)) {
    *problem = "a Request-URI of a scheme that is not routed";
    return HANSE_F_SCHEME;
  }
  if (out->uri.headers.at) return bad(problem, "headers in the Request-URI");
  return HANSE_F_NONE;
}

/* Method SP Request-URI SP SIP-Version, with single spaces. */
static enum hanse_failure parse_request(struct sip_message *out, const char **problem) {
  const char *p = out->start.at, *end = p + out->start.len;
  const char *method_end = sip_lex_span(p, end, SIP_C_TOKEN);
  if (method_end == p || method_end == end || *method_end != ' ')
    return bad(problem, "a request line without a method");
  out->method_text = sip_lex_between(p, method_end);
  out->method = sip_method_lookup(out->method_text);
  const char *uri = method_end + 1;
  const char *uri_end = memchr(uri, ' ', (size_t)(end - uri));
  if (!uri_end) return bad(problem, "a request line without a version");
  const char *version = uri_end + 1;
  if (!is_version(version, (size_t)(end - version))) {
    if (!is_some_version(version, end)) return bad(problem, "a request line that is malformed");
    *problem = "a SIP version that is not 2.0";
    return HANSE_F_VERSION;
  }
  return parse_uri(out, sip_lex_between(uri, uri_end), problem);
}

enum hanse_failure sip_start_parse(struct sip_message *out, const char **problem) {
  out->request = !sip_start_is_response(out->start);
  return out->request ? parse_request(out, problem) : parse_status(out, problem);
}
