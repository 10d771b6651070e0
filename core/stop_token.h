// Asking work to stop: a flag that somebody sets, a deadline, or both.
#ifndef STURGEON_CORE_STOP_TOKEN_H_
#define STURGEON_CORE_STOP_TOKEN_H_

#include <atomic>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace sturgeon {

// Cheap to copy. Threads: safe to ask from any, while the flag lives.
class StopToken {
 public:
  StopToken() = default;
  explicit StopToken(const std::atomic<bool>* cancelled,
                     absl::Time deadline = absl::InfiniteFuture())
      : cancelled_(cancelled), deadline_(deadline) {}

  bool cancelled() const {
    return cancelled_ != nullptr && cancelled_->load(std::memory_order_relaxed);
  }
  bool past_deadline() const {
    return deadline_ != absl::InfiniteFuture() && absl::Now() >= deadline_;
  }
  bool stop_requested() const { return cancelled() || past_deadline(); }
  absl::Time deadline() const { return deadline_; }

 private:
  const std::atomic<bool>* cancelled_ = nullptr;
  absl::Time deadline_ = absl::InfiniteFuture();
};

}  // namespace sturgeon

#endif  // STURGEON_CORE_STOP_TOKEN_H_
