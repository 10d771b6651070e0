#include "dashboard/access.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace sturgeon {
namespace {

bool IsIpv4(const std::string& host) {
  in_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool IsIpv6(const std::string& host) {
  in6_addr address;
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool IsLoopback(const std::string& host) {
  return (IsIpv4(host) && absl::StartsWith(host, "127.")) || host == "::1" || host == "localhost";
}

bool IsDigits(absl::string_view text) {
  return text.find_first_not_of("0123456789") == absl::string_view::npos;
}

// The host of "host", "host:port", "[address]" or "[address]:port", in small letters; "": no such
// thing. `port` gets its digits, "" if there are none.
std::string SplitHost(absl::string_view text, absl::string_view* port) {
  *port = absl::string_view();
  absl::string_view host = text;
  if (absl::ConsumePrefix(&host, "[")) {
    const size_t end = host.find(']');
    if (end == absl::string_view::npos) return "";
    const absl::string_view rest = host.substr(end + 1);
    host = host.substr(0, end);
    if (!IsIpv6(std::string(host))) return "";
    if (rest.empty()) return absl::AsciiStrToLower(host);
    if (rest[0] != ':' || !IsDigits(rest.substr(1))) return "";
    *port = rest.substr(1);
    return absl::AsciiStrToLower(host);
  }
  const size_t colon = host.rfind(':');
  if (colon != absl::string_view::npos) {
    *port = host.substr(colon + 1);
    host = host.substr(0, colon);
    if (!IsDigits(*port)) return "";
  }
  for (const char c : host) {
    if (!absl::ascii_isalnum(c) && c != '.' && c != '-' && c != '_') return "";
  }
  return absl::AsciiStrToLower(host);
}

}  // namespace

bool ListenAddress::loopback() const { return IsLoopback(host); }

std::string ListenAddress::text() const {
  return IsIpv6(host) ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text) {
  const auto wrong = [&](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is no address: ", why,
                                                   "; say HOST:PORT, such as 127.0.0.1:8080"));
  };
  ListenAddress address;
  absl::string_view port;
  const bool port_alone = !text.empty() && IsDigits(text);
  if (port_alone) {
    port = text;
  } else {
    address.host = SplitHost(text, &port);
    if (address.host.empty()) return wrong("there is no host and port in it");
    if (port.empty()) return wrong("there is no port in it");
  }
  if (port.size() > 5 || !absl::SimpleAtoi(port, &address.port) || address.port < 0 ||
      address.port > 65535) {
    return wrong("a port is a number from 0 to 65535");
  }
  return address;
}

absl::StatusOr<std::string> MakeToken() {
  char bytes[32];
  if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes)) {
    return absl::UnavailableError(
        absl::StrCat("the system has no random bytes: ", std::strerror(errno)));
  }
  return absl::WebSafeBase64Escape(absl::string_view(bytes, sizeof(bytes)));
}

bool SameSecret(absl::string_view a, absl::string_view b) {
  if (b.empty()) return false;
  unsigned char differs = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < b.size(); ++i) {
    const char other = i < a.size() ? a[i] : '\0';
    differs = static_cast<unsigned char>(differs | (other ^ b[i]));
  }
  return differs == 0;
}

std::string CookieOf(absl::string_view header, absl::string_view name) {
  for (const absl::string_view part : absl::StrSplit(header, ';')) {
    const std::pair<absl::string_view, absl::string_view> cookie =
        absl::StrSplit(absl::StripAsciiWhitespace(part), absl::MaxSplits('=', 1));
    if (cookie.first == name) return std::string(cookie.second);
  }
  return "";
}

Access::Access(ListenAddress address, std::string token, std::string machine)
    : address_(std::move(address)),
      token_(std::move(token)),
      machine_(absl::AsciiStrToLower(machine)),
      cookie_(absl::StrCat("sturgeon_", address_.port)) {}

absl::Status Access::CheckHost(absl::string_view host) const {
  absl::string_view port;
  const std::string name = SplitHost(host, &port);
  if (!name.empty()) {
    // Another port is fine: a tunnel has one.
    if (IsLoopback(name) || name == absl::AsciiStrToLower(address_.host)) return absl::OkStatus();
    // An address cannot be a name that somebody has pointed here.
    const bool elsewhere = !address_.loopback();
    if (elsewhere && (IsIpv4(name) || IsIpv6(name))) return absl::OkStatus();
    const bool machine = name == machine_ || absl::StartsWith(name, machine_ + ".");
    if (elsewhere && !machine_.empty() && machine) return absl::OkStatus();
  }
  return absl::PermissionDeniedError(
      absl::StrCat("the dashboard is not to be had under the name \"", host,
                   "\"; go to the address that `sturgeon dashboard` has printed"));
}

absl::Status Access::CheckOrigin(absl::string_view origin, absl::string_view host) const {
  absl::string_view rest = origin;
  const bool http = absl::ConsumePrefix(&rest, "http://") || absl::ConsumePrefix(&rest, "https://");
  if (http && !host.empty() && absl::EqualsIgnoreCase(rest, host)) return absl::OkStatus();
  return absl::PermissionDeniedError(
      origin.empty() ? "a request that changes something must say its Origin"
                     : absl::StrCat("the page at ", origin, " may not change anything here"));
}

std::string Access::SetCookie() const {
  return absl::StrCat(cookie_, "=", token_, "; Path=/; HttpOnly; SameSite=Strict");
}

}  // namespace sturgeon
