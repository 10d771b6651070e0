// What a runner's process and its workers say to each other: a JSON object a line, after which raw
// bytes may follow (a model's state is no text).
//
//   {"do": "train", "number": 7, "steps": 1}
//   {"metrics": [0.25, "nan"]}
//   {"ok": true, "bytes": 4}
//   <4 bytes>
#ifndef STURGEON_RUNNERS_ISOLATION_MESSAGE_H_
#define STURGEON_RUNNERS_ISOLATION_MESSAGE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/value.h"

namespace sturgeon {

struct Message {
  Value value = Value::Object();
  std::string bytes;
};

std::string EncodeMessage(const Message& message);

// Takes bytes as they come, in pieces of any size, and gives whole messages.
class MessageReader {
 public:
  void Add(absl::string_view bytes);

  // The next message; nullopt: it is not whole yet. InvalidArgument: what came is none; the stream
  // is of no use from then on.
  absl::StatusOr<std::optional<Message>> Next();

 private:
  std::string buffer_;
  size_t begin_ = 0;             // of what is not taken yet
  size_t scanned_ = 0;           // no line ends in front of it
  std::optional<Message> head_;  // its bytes are not whole
  size_t wanted_ = 0;            // how many they are
};

// Numbers as they are, and what JSON cannot say as "nan", "-nan", "inf", "-inf".
Value NumbersToValue(absl::Span<const double> numbers);
absl::StatusOr<std::vector<double>> NumbersFromValue(const Value* value);

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_ISOLATION_MESSAGE_H_
