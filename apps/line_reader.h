// Lines of a file descriptor, however long, up to a limit.
//
//   LineReader reader(STDIN_FILENO, 64 << 20);
//   while (reader.Next()) {
//     if (reader.too_long()) …        // the line was longer than the limit, and is skipped
//     Handle(reader.line());          // without its end; the last line may lack one
//   }
#ifndef STURGEON_APPS_LINE_READER_H_
#define STURGEON_APPS_LINE_READER_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace sturgeon {

class LineReader {
 public:
  // `limit` bytes of a line are kept at most. The descriptor stays the caller's.
  LineReader(int descriptor, size_t limit);

  // Waits for the next line. False: there is no more, or reading fails.
  bool Next();

  // Valid until the next call of Next; empty if the line was too long.
  absl::string_view line() const { return line_; }
  bool too_long() const { return too_long_; }

 private:
  // Reads what there is behind what is buffered. False at the end.
  bool Fill();

  const int descriptor_;
  const size_t limit_;
  std::string buffer_;
  size_t begin_ = 0, end_ = 0;  // what of the buffer is read but not yet handed out
  absl::string_view line_;
  bool too_long_ = false;
};

}  // namespace sturgeon

#endif  // STURGEON_APPS_LINE_READER_H_
