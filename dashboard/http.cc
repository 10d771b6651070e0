#include "dashboard/http.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <thread>  // NOLINT(build/c++11)

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "httplib.h"

namespace sturgeon {
namespace {

// A connection has a thread, and a page that waits for news has one for as long.
constexpr size_t kThreads = 64;
constexpr time_t kSecondsToRead = 5, kSecondsIdle = 2;

// SO_REUSEPORT, which the library would set, lets two programs have one port.
void SetSocketOptions(int socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

// Why the address cannot be listened at, as far as can be known beforehand.
absl::Status CheckAddress(const ListenAddress& address) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(address.host.c_str(), absl::StrCat(address.port).c_str(), &hints, &found);
  if (error != 0) {
    return absl::NotFoundError(absl::StrCat(address.host, ": ", gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, &freeaddrinfo);
  const int probe = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
  if (probe < 0) return absl::UnavailableError(absl::StrCat("no socket: ", std::strerror(errno)));
  SetSocketOptions(probe);
  const bool bound = bind(probe, found->ai_addr, found->ai_addrlen) == 0 && listen(probe, 1) == 0;
  const int why = errno;
  close(probe);
  if (bound) return absl::OkStatus();
  if (why == EADDRINUSE) {
    return absl::AlreadyExistsError(
        absl::StrCat(address.text(), " is taken by another program; say --listen=", address.host,
                     ":PORT with another port, or 0 for any that is free"));
  }
  const std::string text =
      absl::StrCat("cannot listen at ", address.text(), ": ", std::strerror(why));
  return why == EACCES ? absl::PermissionDeniedError(text) : absl::NotFoundError(text);
}

void Answer(const HttpServer::Handler& handler, const httplib::Request& request,
            httplib::Response& response) {
  HttpRequest ours;
  ours.method = request.method;
  ours.path = request.path;
  for (const auto& parameter : request.params) ours.query.insert(parameter);
  ours.host = request.get_header_value("Host");
  ours.origin = request.get_header_value("Origin");
  ours.cookie = request.get_header_value("Cookie");
  ours.content_type = request.get_header_value("Content-Type");
  ours.body = request.body;
  HttpResponse answer = handler(ours);
  response.status = answer.status;
  for (const auto& header : answer.headers) response.set_header(header.first, header.second);
  // A body that is known the library compresses, as strongly as it can: 20 MB take a minute.
  const auto body = std::make_shared<const std::string>(std::move(answer.body));
  if (body->empty()) return;
  response.set_content_provider(body->size(), answer.content_type,
                                [body](size_t offset, size_t length, httplib::DataSink& sink) {
                                  return sink.write(body->data() + offset, length);
                                });
}

class LibraryServer final : public HttpServer {
 public:
  explicit LibraryServer(Handler handler) : handler_(std::move(handler)) {
    server_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server_.set_socket_options([](int socket) { SetSocketOptions(socket); });
    server_.set_payload_max_length(kMostBody);
    server_.set_read_timeout(kSecondsToRead, 0);
    server_.set_keep_alive_timeout(kSecondsIdle);
    server_.set_keep_alive_max_count(1000);
    server_.set_tcp_nodelay(true);
    const auto answer = [this](const httplib::Request& request, httplib::Response& response) {
      Answer(handler_, request, response);
    };
    server_.Get(".*", answer);
    server_.Post(".*", answer);
    // All that the library says itself: what it could not parse, other methods, too large a body.
    server_.set_error_handler([](const httplib::Request&, httplib::Response& response) {
      if (response.has_header("Content-Type")) return;  // ours
      response.set_content(absl::StrCat("error ", response.status, "\n"), "text/plain");
    });
    server_.set_exception_handler([](const httplib::Request&, httplib::Response& response,
                                     std::exception_ptr) { response.status = 500; });
  }

  absl::Status Bind(ListenAddress address) {
    absl::Status status = CheckAddress(address);
    if (!status.ok()) return status;
    bool bound = true;
    if (address.port == 0) {
      address.port = server_.bind_to_any_port(address.host);
      bound = address.port > 0;
    } else {
      bound = server_.bind_to_port(address.host, address.port);
    }
    if (!bound) {
      return absl::UnavailableError(absl::StrCat("cannot listen at ", address.text()));
    }
    address_ = address;
    return absl::OkStatus();
  }

  const ListenAddress& address() const override { return address_; }

  void Serve(const std::atomic<bool>& stop, const std::function<void()>& stopping) override {
    std::atomic<bool> over{false};
    std::thread listener([&] {
      server_.listen_after_bind();
      over = true;
    });
    while (!stop && !over) absl::SleepFor(absl::Milliseconds(50));
    // What has not begun to listen cannot be stopped.
    while (!over && !server_.is_running()) absl::SleepFor(absl::Milliseconds(1));
    stopping();
    server_.stop();
    listener.join();
  }

 private:
  const Handler handler_;
  ListenAddress address_;
  httplib::Server server_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Listen(const ListenAddress& address,
                                                               Handler handler) {
  auto server = std::make_unique<LibraryServer>(std::move(handler));
  absl::Status status = server->Bind(address);
  if (!status.ok()) return status;
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace sturgeon
