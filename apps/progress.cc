#include "apps/progress.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "terminal/plot.h"
#include "terminal/terminal.h"
#include "terminal/text.h"

namespace sturgeon {
namespace {

constexpr absl::Duration kRedrawEvery = absl::Milliseconds(200);
// Plain lines come at this distance, and later at a hundredth of the time that has passed: a study
// of ten hours then has some 600.
constexpr absl::Duration kLineEvery = absl::Seconds(2);

constexpr int kWidestSparkline = 20, kNarrowestSparkline = 8;

// How long it will take at the pace so far; infinite if nothing is known.
absl::Duration TimeLeft(const ProgressState& state) {
  absl::Duration left = state.time_limit - state.elapsed;
  const int64_t done = state.done - state.found;
  if (state.planned > 0 && done > 0) {
    const double rest = static_cast<double>(std::max<int64_t>(0, state.planned - state.done));
    left = std::min(left, state.elapsed * (rest / static_cast<double>(done)));
  }
  return std::max(left, absl::ZeroDuration());
}

// The best so far, from the first trial that had a value to now, in so many columns.
std::string BestSoFar(const ProgressState& state, int columns) {
  const auto& improvements = state.improvements;
  std::vector<double> values;
  size_t next = 0;
  const int64_t first = improvements.front().done;
  for (int column = 0; column < columns; ++column) {
    const int64_t done = first + (state.done - first) * column / (columns - 1);
    while (next + 1 < improvements.size() && improvements[next + 1].done <= done) ++next;
    values.push_back(improvements[next].value);
  }
  return Sparkline(values);
}

}  // namespace

std::string ProgressLine(const ProgressState& state, int width) {
  std::vector<std::string> parts;
  size_t best = 0;  // its part
  parts.push_back(state.planned > 0
                      ? absl::StrCat(state.done, " of ", state.planned, " trials")
                      : absl::StrCat(state.done, state.done == 1 ? " trial" : " trials"));
  if (state.best.has_value()) {
    best = parts.size();
    parts.push_back(
        absl::StrCat("best ", ShortNumber(*state.best), " (trial ", state.best_trial, ")"));
  }
  const absl::Duration left = TimeLeft(state);
  if (left != absl::InfiniteDuration()) parts.push_back(ShortDuration(left) + " left");
  if (state.done > state.found && state.elapsed > absl::ZeroDuration()) {
    const double rate =
        static_cast<double>(state.done - state.found) / absl::ToDoubleSeconds(state.elapsed);
    parts.push_back(rate < 10 ? absl::StrFormat("%.2g trials/s", rate)
                              : absl::StrFormat("%.0f trials/s", rate));
  }
  if (state.failed > 0) parts.push_back(absl::StrCat(state.failed, " failed"));

  size_t shown = 0, size = 0;
  for (; shown < parts.size(); ++shown) {
    const size_t more = (shown > 0 ? 2 : 0) + parts[shown].size();
    if (size + more > static_cast<size_t>(std::max(0, width))) break;
    size += more;
  }
  const int room = std::min(kWidestSparkline, width - static_cast<int>(size) - 1);
  if (state.sparkline && best > 0 && best < shown && room >= kNarrowestSparkline) {
    absl::StrAppend(&parts[best], " ", BestSoFar(state, room));
  }
  parts.resize(shown);
  return absl::StrJoin(parts, ", ");
}

Progress::Progress(std::FILE* out, Plan plan, const std::atomic<bool>* interrupted)
    : out_(out),
      live_(!plan.notes_alone && IsLiveTerminal(fileno(out))),
      plan_(std::move(plan)),
      interrupted_(interrupted),
      start_(absl::Now()) {
  {
    absl::MutexLock lock(&mutex_);
    state_.planned = plan_.trials;
    state_.time_limit = plan_.time_limit;
    state_.sparkline = live_ && SpeaksUtf8();
  }
  ticker_ = std::thread([this] { Tick(); });
}

void Progress::Count(const Trial& trial) {
  ++state_.done;
  if (trial.state == TrialState::kFailed) ++state_.failed;
  if (trial.state != TrialState::kComplete || !trial.feasible()) return;
  if (plan_.objectives.size() != 1 || trial.values.size() != 1) return;
  const Objective& objective = plan_.objectives[0];
  if (!state_.best.has_value() || objective.Loss(trial.values[0]) < objective.Loss(*state_.best)) {
    state_.best = trial.values[0];
    state_.best_trial = trial.id;
    state_.improvements.push_back({state_.done, trial.values[0]});
  }
}

void Progress::Found(const Trial& trial) {
  if (trial.failure == FailureKind::kCancelled) return;
  absl::MutexLock lock(&mutex_);
  Count(trial);
  ++state_.found;
}

void Progress::Finished(const Trial& trial) {
  // Those that a limit or the user cut off say nothing about the study's pace.
  if (trial.failure == FailureKind::kCancelled) return;
  absl::MutexLock lock(&mutex_);
  if (ended_) return;
  Count(trial);
  if (live_ || plan_.notes_alone) return;  // the ticker draws, or nobody
  const absl::Time now = absl::Now();
  if (now < next_line_) return;
  next_line_ = now + std::max(kLineEvery, (now - start_) / 100);
  state_.elapsed = now - start_;
  Write(ProgressLine(state_, 1000));
}

void Progress::Note(absl::string_view line) {
  absl::MutexLock lock(&mutex_);
  if (!ended_) Write(line);
}

void Progress::End() {
  {
    absl::MutexLock lock(&mutex_);
    if (ended_) return;
    ended_ = true;
    if (drawn_) std::fputs("\r\033[K", out_);
    std::fflush(out_);
  }
  ticker_.join();
}

void Progress::Tick() {
  bool told = false;
  absl::MutexLock lock(&mutex_);
  while (!ended_) {
    if (!told && interrupted_ != nullptr && interrupted_->load()) {
      told = true;
      Write("interrupted: what has finished is kept; Ctrl-C again ends at once");
    }
    if (live_) Draw();
    mutex_.AwaitWithTimeout(absl::Condition(&ended_), kRedrawEvery);
  }
}

void Progress::Write(absl::string_view line) {
  if (drawn_) std::fputs("\r\033[K", out_);
  drawn_ = false;
  const std::string text =
      live_ ? Wrapped(line, TerminalWidth(fileno(out_)), 4) : std::string(line);
  std::fprintf(out_, "%s\n", text.c_str());
  if (live_) Draw();
  std::fflush(out_);
}

void Progress::Draw() {
  state_.elapsed = absl::Now() - start_;
  // The last column stays free: some terminals go to the next line behind it.
  const std::string line = ProgressLine(state_, TerminalWidth(fileno(out_)) - 1);
  std::fprintf(out_, "\r%s\033[K", line.c_str());
  std::fflush(out_);
  drawn_ = true;
}

}  // namespace sturgeon
