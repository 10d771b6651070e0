// Asking work to stop: a flag that somebody sets, a deadline, or both.
#ifndef STURGEON_CORE_STOP_TOKEN_H_
#define STURGEON_CORE_STOP_TOKEN_H_

#include <algorithm>
#include <atomic>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace sturgeon {

// Cheap to copy. Tokens form chains: a study's, then a trial's, which stops for reasons of its own
// or because the study does. Threads: safe to ask from any, while the flags and parents live.
class StopToken {
 public:
  StopToken() = default;
  explicit StopToken(const std::atomic<bool>* cancelled,
                     absl::Time deadline = absl::InfiniteFuture())
      : cancelled_(cancelled), deadline_(deadline) {}
  // Stops where `parent` does, which must outlive it, and for a flag and a deadline of its own.
  StopToken(const StopToken* parent, const std::atomic<bool>* cancelled,
            absl::Time deadline = absl::InfiniteFuture())
      : parent_(parent), cancelled_(cancelled), deadline_(std::min(deadline, parent->deadline())) {}

  bool cancelled() const {
    return (cancelled_ != nullptr && cancelled_->load(std::memory_order_relaxed)) ||
           (parent_ != nullptr && parent_->cancelled());
  }
  bool past_deadline() const {
    return deadline_ != absl::InfiniteFuture() && absl::Now() >= deadline_;
  }
  bool stop_requested() const { return cancelled() || past_deadline(); }
  absl::Time deadline() const { return deadline_; }

 private:
  const StopToken* parent_ = nullptr;
  const std::atomic<bool>* cancelled_ = nullptr;
  absl::Time deadline_ = absl::InfiniteFuture();
};

}  // namespace sturgeon

#endif  // STURGEON_CORE_STOP_TOKEN_H_
