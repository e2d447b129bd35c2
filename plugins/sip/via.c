#include "plugins/sip/via.h"

#include "plugins/sip/bounds.h"
#include "plugins/sip/lex.h"

#define COOKIE "z9hG4bK" /* RFC 3261 §8.1.1.7 */

HANSE_RARE static enum hanse_failure bad(const char **problem, const char *text) {
  *problem = text;
  return HANSE_F_PARSE;
}

/* token [LWS] "/" [LWS]. NULL: no slash. */
static const char *read_part(const char *p, const char *end, struct hanse_slice *out) {
  const char *stop = sip_lex_span(p, end, SIP_C_TOKEN);
  *out = sip_lex_between(p, stop);
  p = sip_lex_skip(stop, end);
  return p < end && *p == '/' ? sip_lex_skip(p + 1, end) : NULL;
}

/* "SIP" "/" "2.0" "/": returns what follows. */
static const char *read_protocol(const char *p, const char *end, enum hanse_failure *failure, const char **problem) {
  struct hanse_slice name, version;
  if (end - p > 8 && memcmp(p, "SIP/2.0/", 8) == 0) return sip_lex_skip(p + 8, end);
  p = read_part(p, end, &name);
  if (p) p = read_part(p, end, &version);
  if (!p || name.len != 3 || !sip_lex_same(name.at, "sip", 3)) {
    *failure = bad(problem, "a Via that does not begin with SIP/2.0/");
    return NULL;
  }
  if (hanse_same(version, HANSE_LIT("2.0"))) return p;
  *failure = HANSE_F_VERSION;
  *problem = "a Via of another SIP version";
  return NULL;
}

/* Keeps what the transport needs of one parameter. False: empty, or repeated where that decides something. */
static bool take_param(struct sip_via *via, const struct sip_param *param) {
  struct hanse_slice value = param->value;
  switch (param->name.len) {
    case 5:
      if (!sip_lex_same(param->name.at, "rport", 5)) return true;
      if (via->rport_asked) return false;
      via->rport_asked = true;
      if (value.len) via->rport = value;
      return true;
    case 6:
      if (!sip_lex_same(param->name.at, "branch", 6)) return true;
      if (via->branch.at || value.len == 0 || value.at[0] == '"') return false;
      via->branch = value;
      via->cookie = value.len >= 7 && memcmp(value.at, COOKIE, 7) == 0;
      return value.len != 7 || !via->cookie;
    case 8:
      if (!sip_lex_same(param->name.at, "received", 8)) return true;
      if (via->received.at || value.len == 0) return false;
      via->received = value;
      return true;
    default:
      return true;
  }
}

static enum hanse_failure read_params(struct hanse_slice rest, struct sip_via *via, const char **problem) {
  struct sip_param param;
  int more;
  via->params = rest = sip_lex_trim(rest);
  for (via->count = 0; (more = sip_param_next(&rest, &param)) == 1; via->count++) {
    if (via->count == SIP_PARAMS_MAX) {
      *problem = "too many parameters in one Via";
      return HANSE_F_TOO_LARGE;
    }
    if (!take_param(via, &param)) return bad(problem, "a Via parameter that is empty or repeated");
  }
  return more == 0 ? HANSE_F_NONE : bad(problem, "parameters of a Via are malformed");
}

enum hanse_failure sip_via_parse(struct hanse_slice entry, struct sip_via *out, const char **problem) {
  struct sip_via via;
  enum hanse_failure failure = HANSE_F_NONE;
  memset(&via, 0, sizeof via);
  via.text = entry = sip_lex_trim(entry);
  if (entry.len == 0) return bad(problem, "an empty Via");
  const char *end = entry.at + entry.len;
  const char *p = read_protocol(entry.at, end, &failure, problem);
  if (!p) return failure;
  const char *stop = sip_lex_span(p, end, SIP_C_TOKEN);
  via.transport = sip_lex_between(p, stop);
  p = sip_lex_skip(stop, end);
  if (via.transport.len == 0 || p == stop) return bad(problem, "a Via without transport or sent-by");
  struct hanse_slice rest = sip_lex_between(p, end);
  if (!sip_host_port(&rest, true, &via.host, &via.host_kind, &via.port))
    return bad(problem, "sent-by of a Via is malformed");
  failure = read_params(rest, &via, problem);
  if (failure == HANSE_F_NONE) *out = via;
  return failure;
}
