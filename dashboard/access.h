// Who may see the dashboard, and who may change something: what each request is held to before
// anything else is looked at.
//
// A page of another site, open in the user's browser, can send requests here. It is kept out by
//   the Host header: a site that has its own name resolved to this address (DNS rebinding) still
//     sends that name;
//   the Origin header, and a body that is JSON, for whatever changes something;
//   the cookie, which browsers send with requests of our own pages alone (SameSite=Strict).
// Who can reach the address is let in if it is this machine's own, and by a token if it is not.
//
// Threads: all of it may be used from any.
#ifndef STURGEON_DASHBOARD_ACCESS_H_
#define STURGEON_DASHBOARD_ACCESS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sturgeon {

struct ListenAddress {
  std::string host = "127.0.0.1";  // without brackets
  int port = 8080;                 // 0: any that is free

  // Whether nobody but this machine can reach it: an address of 127.0.0.0/8, ::1, or localhost.
  bool loopback() const;
  // "127.0.0.1:8080", "[::1]:8080".
  std::string text() const;
};

// HOST:PORT, [IPv6]:PORT, or a port alone, which is 127.0.0.1's. InvalidArgument: neither.
absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text);

// 43 characters of base 64, of 256 random bits.
absl::StatusOr<std::string> MakeToken();

// Compares in a time that tells nothing of where they differ.
bool SameSecret(absl::string_view a, absl::string_view b);

// The cookie of that name in a Cookie header; "" if there is none.
std::string CookieOf(absl::string_view header, absl::string_view name);

class Access {
 public:
  // `token` "": there is none. `machine`: what this host is called, beside its addresses.
  Access(ListenAddress address, std::string token, std::string machine);

  // PermissionDenied: the Host header is none that a user of this address would have.
  absl::Status CheckHost(absl::string_view host) const;
  // PermissionDenied: the page that sends this is not one of ours.
  absl::Status CheckOrigin(absl::string_view origin, absl::string_view host) const;

  bool needs_token() const { return !token_.empty(); }
  bool IsToken(absl::string_view given) const { return SameSecret(given, token_); }
  bool HasCookie(absl::string_view header) const { return IsToken(CookieOf(header, cookie_)); }
  // What lets the browser in from now on.
  std::string SetCookie() const;

 private:
  const ListenAddress address_;
  const std::string token_, machine_;
  const std::string cookie_;  // its name: ports of one host share their cookies
};

}  // namespace sturgeon

#endif  // STURGEON_DASHBOARD_ACCESS_H_
