// Where the panda talks with its user, a line at a time.
#ifndef STURGEON_RUNNERS_PANDA_CONSOLE_H_
#define STURGEON_RUNNERS_PANDA_CONSOLE_H_

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace sturgeon {

class Console {
 public:
  virtual ~Console() = default;

  // Waits for the next line and returns it without its end; the last one may lack it. nullopt:
  // there is no more, or `cancelled` (nullptr: nobody sets it) was set meanwhile.
  virtual std::optional<std::string> ReadLine(absl::string_view prompt,
                                              const std::atomic<bool>* cancelled) = 0;

  // Shows text, which brings its own ends of lines.
  virtual void Write(absl::string_view text) = 0;

  // Columns.
  virtual int width() const { return 80; }
};

// Reads from one file descriptor and writes to another; both stay the caller's. The prompt is shown
// only where both are terminals. Of a line of more than 64 KiB the rest is dropped.
std::unique_ptr<Console> MakeConsole(int input, int output);

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_PANDA_CONSOLE_H_
