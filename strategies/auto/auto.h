// Auto: chooses among the other strategies, by the study and by how far it is, and may hand over
// from one to another on the way. Which one when is in rules.h.
//
//   auto: gp, as it makes the most of the first 250 results
//   auto: tpe from trial 253 on (categorical parameters and many trials)
//
// A hand-over. The new strategy is made as for a fresh study and is told all trials that have
// finished so far, in one call, as after a resume; it learns from them as if it had proposed them.
// Which strategy proposes trial n is a function of (study, options, plugins, n) and of the set of
// told trials, so replaying Tell replays the hand-overs. What is not linked in, or refuses the
// study, is passed over, with a note.
//
// Prefer it unless you know better; then name the strategy that you want.
// Determinism, objectives, constraints: as the strategies that it chooses.
// Errors of Create: InvalidArgument, if none of those that a rule names is linked in and takes the
// study.
// Cost: that of the strategy in charge; a hand-over tells it all trials once.
#ifndef STURGEON_STRATEGIES_AUTO_AUTO_H_
#define STURGEON_STRATEGIES_AUTO_AUTO_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/strategy.h"
#include "core/trial.h"
#include "strategies/auto/rules.h"

namespace sturgeon {

class AutoStrategy final : public Strategy {
 public:
  static const Schema<AutoOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(AutoOptions options,
                                                          const StrategyContext& context);

  absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest& request) override;
  absl::Status Tell(absl::Span<const Trial* const> finished) override;
  Decision OnReport(const RunningTrial& trial) override;

 private:
  AutoStrategy(const AutoOptions& options, const StrategyContext& context);

  // Puts the strategy for trial n in charge.
  absl::Status Choose(int64_t n);
  // The strategy of that name, made; nullptr: it is passed over, and passed_over_ says why.
  std::unique_ptr<Strategy> Make(const std::string& name);
  // Tells the strategy in charge what it has not been told.
  absl::Status TellCurrent();

  const StrategyContext context_;
  // What the chosen strategies get: their notes wait until it is said that they were chosen.
  const StrategyContext inner_context_;
  bool making_ = false;
  std::vector<std::string> held_notes_;
  const AutoRules rules_;
  AutoProgress progress_;  // but for `asked`
  std::vector<const Trial*> told_;
  std::map<std::string, std::string> passed_over_;  // name -> why

  std::string name_;  // of the strategy in charge
  std::unique_ptr<Strategy> current_;
  size_t passed_on_ = 0;  // how many of told_ it has been told
  absl::Status told_status_;
};

inline constexpr StrategyPlugin kAutoStrategy = MakeStrategyPlugin<AutoStrategy>(
    "auto", "Chooses among the others by space, trials planned and results so far");

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_AUTO_AUTO_H_
