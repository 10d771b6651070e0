#include "runners/isolation/message.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/json.h"

namespace sturgeon {
namespace {

constexpr char kBytes[] = "bytes";

}  // namespace

std::string EncodeMessage(const Message& message) {
  if (message.bytes.empty()) return WriteJson(message.value) + "\n";
  Value value = message.value;
  value.Set(kBytes, static_cast<int64_t>(message.bytes.size()));
  return absl::StrCat(WriteJson(value), "\n", message.bytes);
}

void MessageReader::Add(absl::string_view bytes) {
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    scanned_ -= begin_;
    begin_ = 0;
  }
  buffer_.append(bytes.data(), bytes.size());
}

absl::StatusOr<std::optional<Message>> MessageReader::Next() {
  if (!head_.has_value()) {
    const size_t end = buffer_.find('\n', scanned_);
    if (end == std::string::npos) {
      scanned_ = buffer_.size();
      return std::nullopt;
    }
    absl::StatusOr<Value> value =
        ParseJson(absl::string_view(buffer_).substr(begin_, end - begin_), "message");
    if (!value.ok()) return value.status();
    if (!value->is_object()) return absl::InvalidArgumentError("a message is an object");
    begin_ = scanned_ = end + 1;
    const Value* const bytes = value->Find(kBytes);
    wanted_ = 0;
    if (bytes != nullptr) {
      if (bytes->kind() != Value::Kind::kInt || bytes->integer() < 0) {
        return absl::InvalidArgumentError("the number of bytes is an integer of at least 0");
      }
      wanted_ = static_cast<size_t>(bytes->integer());
    }
    head_.emplace();
    head_->value = *std::move(value);
  }
  if (buffer_.size() - begin_ < wanted_) return std::nullopt;
  head_->bytes = buffer_.substr(begin_, wanted_);
  begin_ += wanted_;
  scanned_ = begin_;
  return std::exchange(head_, std::nullopt);
}

Value NumbersToValue(absl::Span<const double> numbers) {
  Value::List list;
  for (const double number : numbers) {
    if (std::isfinite(number)) {
      list.emplace_back(number);
    } else {
      list.emplace_back(
          absl::StrCat(std::signbit(number) ? "-" : "", std::isnan(number) ? "nan" : "inf"));
    }
  }
  return list;
}

absl::StatusOr<std::vector<double>> NumbersFromValue(const Value* value) {
  if (value == nullptr || !value->is_list()) {
    return absl::InvalidArgumentError("expected a list of numbers");
  }
  std::vector<double> numbers;
  for (const Value& element : value->list()) {
    if (element.is_number()) {
      numbers.push_back(element.number());
      continue;
    }
    const std::string text = element.is_string() ? element.string() : "";
    const bool negative = !text.empty() && text[0] == '-';
    const std::string name = text.substr(negative ? 1 : 0);
    if (name != "nan" && name != "inf") {
      return absl::InvalidArgumentError(absl::StrCat(WriteJson(element), " is no number"));
    }
    const double number = name == "nan" ? std::numeric_limits<double>::quiet_NaN()
                                        : std::numeric_limits<double>::infinity();
    numbers.push_back(std::copysign(number, negative ? -1.0 : 1.0));
  }
  return numbers;
}

}  // namespace sturgeon
