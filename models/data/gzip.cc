#include "models/data/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sturgeon {
namespace {

// An inflating zlib stream; ends with the object.
struct Inflater {
  z_stream stream;
  bool ready;

  Inflater() {
    std::memset(&stream, 0, sizeof(stream));
    constexpr int kGzipOnly = 16;
    ready = inflateInit2(&stream, MAX_WBITS + kGzipOnly) == Z_OK;
  }
  ~Inflater() {
    if (ready) inflateEnd(&stream);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
};

}  // namespace

absl::StatusOr<std::string> Gunzip(absl::string_view compressed, std::size_t limit) {
  Inflater inflater;
  if (!inflater.ready) return absl::ResourceExhaustedError("zlib has no memory left");
  z_stream& stream = inflater.stream;
  // zlib does not write to its input, but its type does not say so.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));  // NOLINT
  constexpr std::size_t kPiece = std::size_t{1} << 30;  // zlib counts in 32 bits
  std::size_t unread = compressed.size();

  std::string contents;
  std::size_t size = 0;
  for (;;) {
    if (stream.avail_in == 0) {
      stream.avail_in = static_cast<uInt>(std::min(unread, kPiece));
      unread -= stream.avail_in;
    }
    if (size == contents.size()) {
      contents.resize(std::min(std::max<std::size_t>(2 * size, 1 << 16), limit + 1));
    }
    const auto room = static_cast<uInt>(std::min(contents.size() - size, kPiece));
    stream.next_out = reinterpret_cast<Bytef*>(&contents[size]);
    stream.avail_out = room;
    const int result = inflate(&stream, Z_NO_FLUSH);
    size += room - stream.avail_out;
    if (size > limit) {
      return absl::ResourceExhaustedError(
          absl::StrCat("its contents are larger than ", limit, " bytes"));
    }
    if (result == Z_STREAM_END) {
      if (stream.avail_in == 0 && unread == 0) break;
      if (inflateReset(&stream) != Z_OK) return absl::InternalError("zlib cannot go on");
    } else if (result == Z_BUF_ERROR && stream.avail_in == 0 && unread == 0) {
      return absl::InvalidArgumentError("it is cut off in the middle of a gzip stream");
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      return absl::InvalidArgumentError(
          absl::StrCat("it is no gzip file, or damaged: ",
                       stream.msg != nullptr ? stream.msg : "zlib reports an error"));
    }
  }
  contents.resize(size);
  return contents;
}

}  // namespace sturgeon
