#include "strategies/auto/auto.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/plugins.h"

namespace sturgeon {

const Schema<AutoOptions>& AutoStrategy::OptionSchema() {
  using Options = AutoOptions;
  static const auto* const schema = new Schema<Options>(
      Schema<Options>()
          .Add("gp_trials", &Options::gp_trials,
               "How many results gp gets before it hands over; its cost grows with their cube.",
               Between(1, 1 << 20))
          .Add("gp_dimensions", &Options::gp_dimensions,
               "With more parameters than this, gp hands over earlier, in proportion.", AtLeast(1))
          .Add("cma_es_trials", &Options::cma_es_trials,
               "With more trials planned, and numeric parameters alone, cma_es follows gp; "
               "otherwise tpe does.",
               AtLeast(0)));
  return *schema;
}

absl::StatusOr<std::unique_ptr<Strategy>> AutoStrategy::Create(AutoOptions options,
                                                               const StrategyContext& context) {
  std::unique_ptr<AutoStrategy> strategy(new AutoStrategy(options, context));
  // What cannot work should come out now, and the user should see what was chosen.
  absl::Status status = strategy->Choose(0);
  if (!status.ok()) return status;
  return std::unique_ptr<Strategy>(std::move(strategy));
}

AutoStrategy::AutoStrategy(const AutoOptions& options, const StrategyContext& context)
    : context_(context),
      inner_context_{context.study, context.plugins,
                     [this](absl::string_view line) {
                       if (making_) {
                         held_notes_.emplace_back(line);
                       } else {
                         context_.note(line);
                       }
                     }},
      rules_(options, context.study) {}

absl::Status AutoStrategy::Choose(int64_t n) {
  AutoProgress progress = progress_;
  progress.asked = n;
  const AutoChoice choice = rules_.Choose(progress);
  std::vector<std::string> passed_over;
  for (const std::string& name : choice.names) {
    if (name == name_) return absl::OkStatus();
    std::unique_ptr<Strategy> made = Make(name);
    if (made == nullptr) {
      passed_over.push_back(absl::StrCat(name, " ", passed_over_[name]));
      continue;
    }
    std::string note = absl::StrCat("auto: ", name);
    if (n > 0) absl::StrAppend(&note, " from trial ", n, " on");
    absl::StrAppend(&note, " (", choice.why);
    if (!passed_over.empty()) absl::StrAppend(&note, "; ", absl::StrJoin(passed_over, "; "));
    context_.note(note + ")");
    for (const std::string& line : held_notes_) context_.note(line);
    name_ = name;
    current_ = std::move(made);
    passed_on_ = 0;
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "none of the strategies that it would choose can be had: ", absl::StrJoin(passed_over, "; "),
      "; link //strategies:all, or name another strategy"));
}

std::unique_ptr<Strategy> AutoStrategy::Make(const std::string& name) {
  if (passed_over_.find(name) != passed_over_.end()) return nullptr;
  const absl::StatusOr<const StrategyPlugin*> plugin = context_.plugins.strategies.Find(name);
  if (!plugin.ok()) {
    passed_over_[name] = "is not linked in";
    return nullptr;
  }
  held_notes_.clear();
  making_ = true;
  absl::StatusOr<std::unique_ptr<Strategy>> made =
      (*plugin)->create(Value::Object(), name, inner_context_);
  making_ = false;
  if (!made.ok()) {
    passed_over_[name] = absl::StrCat("refuses the study: ", made.status().message());
    return nullptr;
  }
  return *std::move(made);
}

absl::Status AutoStrategy::TellCurrent() {
  if (!told_status_.ok() || passed_on_ == told_.size()) return told_status_;
  std::vector<const Trial*> untold(told_.begin() + static_cast<int64_t>(passed_on_), told_.end());
  std::sort(untold.begin(), untold.end(),
            [](const Trial* a, const Trial* b) { return a->id < b->id; });
  passed_on_ = told_.size();
  told_status_ = current_->Tell(untold);
  return told_status_;
}

absl::StatusOr<std::vector<Proposal>> AutoStrategy::Ask(const AskRequest& request) {
  absl::Status status = Choose(request.first_id);
  if (status.ok()) status = TellCurrent();
  if (!status.ok()) return status;
  return current_->Ask(request);
}

// What was told is passed on when it is needed: after a resume, only to who is then in charge.
absl::Status AutoStrategy::Tell(absl::Span<const Trial* const> finished) {
  told_.insert(told_.end(), finished.begin(), finished.end());
  for (const Trial* trial : finished) {
    progress_.measured += !trial->values.empty();
    progress_.constrained |= !trial->constraints.empty();
  }
  return absl::OkStatus();
}

Decision AutoStrategy::OnReport(const RunningTrial& trial) {
  // An error is the next Ask's answer too.
  if (!TellCurrent().ok()) return Decision::kContinue;
  return current_->OnReport(trial);
}

}  // namespace sturgeon
