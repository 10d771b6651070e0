#include "strategies/coarse_to_fine/coarse_to_fine.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "core/json.h"
#include "core/random.h"
#include "strategies/start.h"

namespace sturgeon {
namespace {

constexpr int64_t kSmallestRound = 8;    // fewer trials say too little about where to go on
constexpr int64_t kUnplannedRound = 20;  // where nobody knows how many trials there will be
constexpr size_t kDescribed = 12;        // parameters in a note
constexpr uint32_t kRoundStream = kFirstPluginStream;

// The stretch of the unit axis from the value below u's to the value above it; 0 for a continuum.
double NeighbourWidth(const Parameter& p, double u) {
  const int64_t levels = p.Levels();
  if (levels == 0) return 0;
  if (p.type == ParameterType::kInt && p.scale == Scale::kLog && p.factor == 0) {
    const double v = p.FromUnit(u);
    return p.ToUnit(std::min(v + 1, p.high)) - p.ToUnit(std::max(v - 1, p.low));
  }
  return std::min(1.0, 2 / static_cast<double>(levels));
}

// Both ends of a range in as many digits as tell them apart, three at least.
std::string ShowFloats(double low, double high, bool reverse_log) {
  std::string from, to;
  for (int digits = 3; digits <= 17; ++digits) {
    if (reverse_log) {
      // The digits that matter are those of 1 - v.
      const auto show = [digits](double v) {
        const double leading = v < 1 ? -std::floor(std::log10(1 - v)) : 0;
        return absl::StrFormat("%.*f", std::max(0, static_cast<int>(leading) + digits - 2), v);
      };
      from = show(low);
      to = show(high);
    } else {
      from = absl::StrFormat("%.*g", digits, low);
      to = absl::StrFormat("%.*g", digits, high);
    }
    if (from != to) break;
  }
  return from == to ? from : absl::StrCat(from, " … ", to);
}

std::string ShowInts(double low, double high) {
  return low == high ? absl::StrFormat("%.0f", low) : absl::StrFormat("%.0f … %.0f", low, high);
}

std::string ShowChoice(const Value& choice) {
  return choice.is_string() ? choice.string() : WriteJson(choice);
}

}  // namespace

const Schema<CoarseToFineOptions>& CoarseToFineStrategy::OptionSchema() {
  using Options = CoarseToFineOptions;
  static const auto* const schema = new Schema<Options>(
      Schema<Options>()
          .Add("rounds", &Options::rounds, "How many rounds; the first samples the whole space.",
               Between(1, 1000))
          .Add("trials_per_round", &Options::trials_per_round,
               "0: the number of trials planned divided by the rounds, but at least 8.", AtLeast(0))
          .Add("sampler", &Options::sampler,
               "Where the points of a round lie in its box: a sampler, with options of its own.")
          .Add("keep", &Options::keep,
               "The share of a round's trials that the next box is drawn round.",
               Between(0.01, 1.0))
          .Add("shrink", &Options::shrink,
               "A round's box is at most so wide, relative to what the one before was allowed, "
               "and at least half of that.",
               Between(0.1, 1.0))
          .Add("min_width", &Options::min_width,
               "No box is narrower, as a share of a parameter's own scale.", Between(0.0, 1.0)));
  return *schema;
}

absl::StatusOr<std::unique_ptr<Strategy>> CoarseToFineStrategy::Create(
    CoarseToFineOptions options, const StrategyContext& context) {
  const StudyConfig& study = context.study;
  if (study.objectives.size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("shrinks to the best trials of one objective, and the study has ",
                     study.objectives.size(), "; leave one, or use the strategy nsga2"));
  }
  const int64_t planned =
      study.trials > 0 ? std::max(kSmallestRound, study.trials / options.rounds) : kUnplannedRound;
  const int64_t trials_per_round =
      options.trials_per_round > 0 ? options.trials_per_round : planned;
  std::unique_ptr<CoarseToFineStrategy> strategy(
      new CoarseToFineStrategy(std::move(options), trials_per_round, context));
  // What is wrong with the sampler should come out now, not after the first round.
  auto sampler = strategy->MakeSampler(0, strategy->WholeSpace());
  if (!sampler.ok()) return sampler.status();
  absl::Status status = MustGoOn(**sampler, strategy->options_.sampler.name);
  if (!status.ok()) return status;
  return std::unique_ptr<Strategy>(std::move(strategy));
}

CoarseToFineStrategy::CoarseToFineStrategy(CoarseToFineOptions options, int64_t trials_per_round,
                                           const StrategyContext& context)
    : options_(std::move(options)),
      trials_per_round_(trials_per_round),
      study_(context.study),
      space_(context.study.space),
      samplers_(context.plugins.samplers),
      note_(context.note),
      ended_(options_.rounds) {}

int CoarseToFineStrategy::RoundOf(int64_t id) const {
  return static_cast<int>(std::min<int64_t>(id / trials_per_round_, options_.rounds - 1));
}

absl::StatusOr<std::unique_ptr<Sampler>> CoarseToFineStrategy::MakeSampler(int round,
                                                                           const Box& box) const {
  SamplerContext context;
  context.dimensions = std::max(space_.size(), 1);  // a space may be empty
  context.seed = RandomStream(study_.seed, round, kRoundStream)();
  context.count = trials_per_round_;
  if (round == options_.rounds - 1) {
    context.count = std::max(context.count, study_.trials - FirstOf(round));
  }
  context.levels.assign(context.dimensions, 0);
  for (int i = 0; i < space_.size(); ++i) {
    const double share =
        space_[i].is_categorical() ? 1.0 : std::min(1.0, std::max(0.0, box[i].high - box[i].low));
    const auto levels = space_[i].is_categorical() ? static_cast<int64_t>(box[i].choices.size())
                                                   : space_[i].Levels();
    context.levels[i] = static_cast<int64_t>(std::ceil(share * static_cast<double>(levels)));
  }
  return samplers_.Create(options_.sampler, context);
}

absl::StatusOr<std::vector<Proposal>> CoarseToFineStrategy::Ask(const AskRequest& request) {
  std::vector<Proposal> proposals(request.count);
  std::vector<double> unit(std::max(space_.size(), 1));
  int64_t id = request.first_id;
  for (Proposal& proposal : proposals) {
    const int round = RoundOf(id);
    absl::Status status = Enter(round);
    if (status.ok()) status = sampler_->Sample(id - FirstOf(round), absl::MakeSpan(unit));
    if (!status.ok()) return status;
    for (int i = 0; i < space_.size(); ++i) {
      const Range& range = box_[i];
      if (space_[i].is_categorical()) {
        const auto k = static_cast<size_t>(unit[i] * static_cast<double>(range.choices.size()));
        unit[i] = space_[i].ToUnit(range.choices[std::min(k, range.choices.size() - 1)]);
      } else {
        unit[i] = range.low + unit[i] * (range.high - range.low);
      }
    }
    proposal.point.resize(space_.size());
    space_.FromUnit(absl::MakeConstSpan(unit).subspan(0, space_.size()),
                    absl::MakeSpan(proposal.point));
    ++id;
  }
  return proposals;
}

absl::Status CoarseToFineStrategy::Tell(absl::Span<const Trial* const> finished) {
  for (const Trial* trial : finished) {
    const int round = RoundOf(trial->id);
    ++ended_[round];
    stale_ |= round < round_;
    if (trial->state != TrialState::kComplete || round == options_.rounds - 1) continue;
    double violation = 0;
    for (const double c : trial->constraints) violation += std::max(c, 0.0);
    results_.push_back(
        {trial->id, study_.objectives[0].Loss(trial->values[0]), violation, trial->point});
  }
  return absl::OkStatus();
}

std::vector<SearchRound> CoarseToFineStrategy::Rounds() const {
  std::vector<SearchRound> rounds;
  for (int round = 0; round < options_.rounds && ended_[round] > 0; ++round) {
    SearchRound search{FirstOf(round), {}};
    const Box box = round == 0 ? WholeSpace() : BoxOf(round);
    for (int i = 0; i < space_.size(); ++i) {
      if (space_[i].is_categorical()) {
        search.box.emplace_back(box[i].choices.begin(), box[i].choices.end());
      } else {
        search.box.push_back({space_[i].FromUnit(box[i].low), space_[i].FromUnit(box[i].high)});
      }
    }
    rounds.push_back(std::move(search));
  }
  return rounds;
}

absl::Status CoarseToFineStrategy::Enter(int round) {
  const bool fresh = round != round_;
  if (!fresh && !stale_) return absl::OkStatus();
  Box box = BoxOf(round);
  absl::StatusOr<std::unique_ptr<Sampler>> sampler = MakeSampler(round, box);
  if (!sampler.ok()) return sampler.status();
  round_ = round;
  stale_ = false;
  box_ = std::move(box);
  sampler_ = *std::move(sampler);
  // A round says its box when it begins, and what became of it when the last late trial has ended.
  const int64_t ended = std::accumulate(ended_.begin(), ended_.begin() + round, int64_t{0});
  std::string description = Describe(round, box_);
  if (fresh || (ended == FirstOf(round) && description != described_)) {
    note_(description);
    described_ = std::move(description);
  }
  return absl::OkStatus();
}

CoarseToFineStrategy::Box CoarseToFineStrategy::WholeSpace() const {
  Box box(space_.size());
  for (int i = 0; i < space_.size(); ++i) {
    if (!space_[i].is_categorical()) continue;
    box[i].choices.resize(space_[i].choices.size());
    std::iota(box[i].choices.begin(), box[i].choices.end(), 0);
  }
  return box;
}

std::vector<const CoarseToFineStrategy::Result*> CoarseToFineStrategy::Ranked(int round) const {
  std::vector<const Result*> ranked;
  for (const Result& result : results_) {
    if (result.id < FirstOf(round)) ranked.push_back(&result);
  }
  std::sort(ranked.begin(), ranked.end(), [](const Result* a, const Result* b) {
    return std::tie(a->violation, a->loss, a->id) < std::tie(b->violation, b->loss, b->id);
  });
  return ranked;
}

std::vector<const CoarseToFineStrategy::Result*> CoarseToFineStrategy::BestWith(
    int parameter, absl::Span<const Result* const> ranked) const {
  const auto m = static_cast<size_t>(
      std::max(2.0, std::ceil(options_.keep * static_cast<double>(trials_per_round_))));
  std::vector<const Result*> best;
  for (const Result* result : ranked) {
    if (std::isnan(result->point[parameter])) continue;
    if (best.size() >= m && std::tie(result->violation, result->loss) !=
                                std::tie(best.back()->violation, best.back()->loss)) {
      break;
    }
    best.push_back(result);
  }
  return best;
}

CoarseToFineStrategy::Box CoarseToFineStrategy::BoxOf(int round) const {
  Box box = WholeSpace();
  const std::vector<const Result*> ranked = Ranked(round);
  const double exponent =
      static_cast<double>(ranked.size()) / static_cast<double>(trials_per_round_);
  const double widest = std::pow(options_.shrink, exponent);
  const double narrowest = std::pow(options_.shrink / 2, exponent);

  for (int i = 0; i < space_.size(); ++i) {
    const Parameter& p = space_[i];
    const std::vector<const Result*> best = BestWith(i, ranked);
    if (best.size() < 2) continue;
    if (p.is_categorical()) {
      // The slack forgives rounding: 5 choices shrink to 3, not to ⌈3.0000000000000004⌉.
      const auto at_least =
          static_cast<size_t>(std::ceil(static_cast<double>(p.choices.size()) * widest - 1e-9));
      std::vector<int> kept;
      const auto keep = [&kept](double choice) {
        if (std::find(kept.begin(), kept.end(), choice) == kept.end()) {
          kept.push_back(static_cast<int>(choice));
        }
      };
      for (const Result* result : best) keep(result->point[i]);
      for (size_t k = 0; k < ranked.size() && kept.size() < at_least; ++k) {
        if (!std::isnan(ranked[k]->point[i])) keep(ranked[k]->point[i]);
      }
      // Then those that nobody has tried.
      for (size_t k = 0; kept.size() < at_least; ++k) keep(static_cast<double>(k));
      std::sort(kept.begin(), kept.end());
      box[i].choices = std::move(kept);
      continue;
    }

    const auto m = static_cast<double>(best.size());
    double centre = 0, weights = 0, variance = 0;
    const auto weight = [m](size_t k) {
      return std::log(m + 0.5) - std::log(static_cast<double>(k + 1));
    };
    for (size_t k = 0; k < best.size(); ++k) {
      weights += weight(k);
      centre += weight(k) * p.ToUnit(best[k]->point[i]);
    }
    centre /= weights;
    for (size_t k = 0; k < best.size(); ++k) {
      const double distance = p.ToUnit(best[k]->point[i]) - centre;
      variance += weight(k) / weights * distance * distance;
    }
    double width = std::min(std::max(3 * std::sqrt(variance), narrowest), widest);
    width = std::max({width, options_.min_width, NeighbourWidth(p, centre)});
    width = std::min(width, 1.0);
    box[i].low = std::min(std::max(centre - width / 2, 0.0), 1 - width);
    box[i].high = box[i].low + width;
  }
  return box;
}

std::string CoarseToFineStrategy::Describe(int round, const Box& box) const {
  const bool last = round == options_.rounds - 1;
  const int64_t trials =
      last ? std::max(trials_per_round_, study_.trials - FirstOf(round)) : trials_per_round_;
  std::string line =
      absl::StrCat("round ", round + 1, " of ", options_.rounds, ", ", trials, " trials: ");
  if (round == 0) return absl::StrCat(line, "the whole space");

  // A parameter that no kept choice of its parent activates is out of the game.
  Point point(space_.size(), std::numeric_limits<double>::quiet_NaN());
  std::vector<bool> possible(space_.size(), true);
  for (const int i : space_.order()) {
    const int parent = space_.parent(i);
    if (parent < 0) continue;
    possible[i] = possible[parent];
    if (!possible[i] || !space_[parent].is_categorical()) continue;
    possible[i] = std::any_of(box[parent].choices.begin(), box[parent].choices.end(), [&](int c) {
      point[parent] = c;
      return space_.IsActive(i, point);
    });
  }

  std::vector<std::string> parts;
  size_t more = 0;
  for (int i = 0; i < space_.size(); ++i) {
    const Parameter& p = space_[i];
    if (!possible[i] || p.Levels() == 1) continue;
    if (parts.size() == kDescribed) {
      ++more;
      continue;
    }
    std::string text;
    if (p.is_categorical()) {
      text = absl::StrJoin(box[i].choices, "|", [&p](std::string* out, int choice) {
        *out += ShowChoice(p.choices[choice]);
      });
    } else {
      // The upper end of a box does not belong to it.
      const double low = p.FromUnit(box[i].low);
      const double high = p.FromUnit(std::nextafter(box[i].high, 0));
      text = p.type == ParameterType::kInt ? ShowInts(low, high)
                                           : ShowFloats(low, high, p.scale == Scale::kReverseLog);
    }
    parts.push_back(absl::StrCat(p.name, " ", text));
  }
  absl::StrAppend(&line, absl::StrJoin(parts, ", "));
  if (more > 0) absl::StrAppend(&line, ", and ", more, " more");
  return line;
}

}  // namespace sturgeon
