#include "apps/line_reader.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sturgeon {
namespace {
constexpr size_t kLeastRoom = 64 << 10;
}  // namespace

LineReader::LineReader(int descriptor, size_t limit) : descriptor_(descriptor), limit_(limit) {}

bool LineReader::Fill() {
  if (begin_ > 0) {
    std::memmove(&buffer_[0], &buffer_[begin_], end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  // Doubling keeps the cost of a long line linear in its length.
  if (buffer_.size() - end_ < kLeastRoom) buffer_.resize(2 * end_ + 2 * kLeastRoom);
  ssize_t n;
  do {
    n = read(descriptor_, &buffer_[end_], buffer_.size() - end_);
  } while (n < 0 && errno == EINTR);
  if (n <= 0) return false;
  end_ += static_cast<size_t>(n);
  return true;
}

bool LineReader::Next() {
  too_long_ = false;
  size_t searched = 0;  // bytes behind begin_ that hold no end of line
  while (true) {
    const char* const start = buffer_.data() + begin_;
    const size_t size = end_ - begin_;
    const void* const newline =
        size > searched ? std::memchr(start + searched, '\n', size - searched) : nullptr;
    if (newline != nullptr) {
      const size_t length = static_cast<size_t>(static_cast<const char*>(newline) - start);
      too_long_ = too_long_ || length > limit_;
      line_ = too_long_ ? absl::string_view() : absl::string_view(start, length);
      begin_ += length + 1;
      return true;
    }
    searched = size;
    if (size > limit_) {
      // Forget what there is; the rest of the line goes the same way.
      too_long_ = true;
      begin_ = end_ = searched = 0;
    }
    if (Fill()) continue;
    too_long_ = too_long_ || end_ - begin_ > limit_;
    const bool rest = too_long_ || end_ > begin_;
    line_ =
        too_long_ ? absl::string_view() : absl::string_view(buffer_.data() + begin_, end_ - begin_);
    begin_ = end_ = 0;
    return rest;
  }
}

}  // namespace sturgeon
