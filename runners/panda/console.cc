#include "runners/panda/console.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "terminal/terminal.h"

namespace sturgeon {
namespace {

constexpr size_t kLongestLine = 64 << 10;
constexpr int kLookEveryMilliseconds = 100;  // for `cancelled`

class DescriptorConsole final : public Console {
 public:
  DescriptorConsole(int input, int output)
      : input_(input), output_(output), talks_(isatty(input) != 0 && isatty(output) != 0) {}

  std::optional<std::string> ReadLine(absl::string_view prompt,
                                      const std::atomic<bool>* cancelled) override {
    if (talks_) Write(prompt);
    std::string line;
    for (;;) {
      const size_t end = buffer_.find('\n');
      line.append(buffer_, 0, end);
      if (line.size() > kLongestLine) line.resize(kLongestLine);
      if (end != std::string::npos) {
        buffer_.erase(0, end + 1);
        return line;
      }
      buffer_.clear();
      if (!Fill(cancelled)) break;
    }
    if (talks_) Write("\n");
    if (line.empty() || (cancelled != nullptr && cancelled->load())) return std::nullopt;
    return line;
  }

  void Write(absl::string_view text) override {
    while (!text.empty()) {
      const ssize_t written = write(output_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return;  // nobody looks
      text.remove_prefix(static_cast<size_t>(written));
    }
  }

  int width() const override { return TerminalWidth(output_); }

 private:
  // Waits for more input. False: there is none.
  bool Fill(const std::atomic<bool>* cancelled) {
    for (;;) {
      if (cancelled != nullptr && cancelled->load()) return false;
      pollfd ready = {input_, POLLIN, 0};
      const int count = poll(&ready, 1, kLookEveryMilliseconds);
      if (count == 0 || (count < 0 && errno == EINTR)) continue;
      if (count < 0) return false;
      char bytes[4096];
      const ssize_t got = read(input_, bytes, sizeof(bytes));
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (got <= 0) return false;
      buffer_.assign(bytes, static_cast<size_t>(got));
      return true;
    }
  }

  const int input_, output_;
  const bool talks_;
  std::string buffer_;  // read, but not yet handed out
};

}  // namespace

std::unique_ptr<Console> MakeConsole(int input, int output) {
  return std::make_unique<DescriptorConsole>(input, output);
}

}  // namespace sturgeon
