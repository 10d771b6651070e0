// A server of HTTP/1.1 that hands requests to a function: all that the dashboard knows of the
// network. http.cc alone knows the library.
#ifndef STURGEON_DASHBOARD_HTTP_H_
#define STURGEON_DASHBOARD_HTTP_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "dashboard/access.h"

namespace sturgeon {

// What is looked at of a request. Everything in it is whatever somebody has sent.
struct HttpRequest {
  std::string method;  // "GET"
  std::string path;    // decoded; begins with '/'
  std::map<std::string, std::string> query;
  std::string host, origin, cookie, content_type;  // headers; "": not there
  std::string body;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/html; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// The most bytes that a request's body has; a larger one is refused (413), and not read.
inline constexpr size_t kMostBody = 64 << 10;

class HttpServer {
 public:
  // Called from many threads at once.
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  // Listens at once, and answers once Serve is called. AlreadyExists: the port is taken;
  // PermissionDenied, NotFound: the system does not allow it, or there is no such address.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Listen(const ListenAddress& address,
                                                            Handler handler);
  virtual ~HttpServer() = default;

  // With the port that was given or found.
  virtual const ListenAddress& address() const = 0;

  // Answers until `stop` is set, calls `stopping` then, and waits until the handlers have returned.
  virtual void Serve(const std::atomic<bool>& stop, const std::function<void()>& stopping) = 0;
};

}  // namespace sturgeon

#endif  // STURGEON_DASHBOARD_HTTP_H_
