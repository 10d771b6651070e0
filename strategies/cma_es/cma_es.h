// CMA-ES: learns from generation to generation where, how far and in which directions to search.
//
// Trials are drawn λ at a time from a search distribution (distribution.h), which moves towards the
// better half of each generation. Only the ranks of the trials count: any increasing transformation
// of the objective gives the same study. Mixed spaces by CatCMA with margin: integers and stepped
// floats keep their neighbours in reach, categories have probabilities. A parameter that is
// inactive takes in the update the value that was drawn for it, as if it had no influence.
// In a generation the better loss is ahead, infeasible trials follow by their violation, failed
// ones are last.
//
// Prefer it for numeric spaces from about 100 trials on, and for thousands, where models become
// slow; docs/strategies/cma_es.md has measurements.
//
// Generations, asynchronously. After the start s, generation g consists of the λ trials with the
// ids from b_g on, b_0 = s, b_g+1 = b_g + λ, whoever proposed them. Its distribution rests on the
// trials below b_g that have finished; when late ones end, it is computed anew, from their
// generation on. A generation of which less than half has finished (or counts) moves nothing.
// Whether a trial was drawn from its generation's distribution is seen by drawing it again: if it
// is not the same (enqueued, imported, or drawn before late results came), its coordinates are used
// as they are, cut to a plausible length, and not at all if it is implausibly far away and no
// better than all before.
//
// The start. Trials from before (imported, enqueued, of another strategy that hands over) are no
// generations but knowledge: s is the first trial that this strategy proposed, and the start's
// distribution is the mixture, by its moments, of the one from priors and of N(x_i, 0.02^2 I) round
// the best tenth of those trials (warm start; Nomura et al.), with the weights λ : number of the
// trials. Likewise the studies in StudyConfig::warm_start, with 0.1^2. So that s can be told from
// the trials alone, trial s is drawn in a way that depends on nothing but the seed and s.
//
// Restarts. A descent ends when all its continuous coordinates have standard deviations below 1e-6
// of their range; when half of the trials or more were the generation's best in 6 generations
// running, so that it walks on a plateau; or when the medians of its last 20 + 30 d / λ generations
// are, by their own median, no better than those of as many generations before: medians, so that
// neither one lucky trial nor noise decides. The next one starts at a random place, with λ doubled
// (ipop), or, bipop, with small λ and σ while the small descents have used fewer trials than the
// large ones.
//
// Determinism: the proposal of trial n is a function of (space, options, seed, the finished trials
// and the running ones below n). Objectives: one.
// Errors of Create: InvalidArgument for several objectives.
// Cost: a trial O(d^2), a generation O(λ d^2), a decomposition every few generations O(d^3);
// a late result computes the generations since its own anew, all of them if it is more than 32
// late.
// Sources: besides those of distribution.h, Nomura et al., "Warm starting CMA-ES for hyperparameter
// optimization" (arXiv 2012.06932); Hansen, "Benchmarking a BI-population CMA-ES" (GECCO 2009).
#ifndef STURGEON_STRATEGIES_CMA_ES_CMA_ES_H_
#define STURGEON_STRATEGIES_CMA_ES_CMA_ES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/space.h"
#include "core/strategy.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "strategies/cma_es/distribution.h"
#include "strategies/history.h"
#include "strategies/tried_points.h"

namespace sturgeon {

struct CmaEsOptions {
  int population = 0;
  double sigma = 0.2;
  std::string restarts = "bipop";
};

class CmaEsStrategy final : public Strategy {
 public:
  static const Schema<CmaEsOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(CmaEsOptions options,
                                                          const StrategyContext& context);

  absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest& request) override;
  absl::Status Tell(absl::Span<const Trial* const> finished) override;

 private:
  // A trial's violation and loss: less is better.
  using Quality = std::pair<double, double>;

  // From one start to the next restart.
  struct Descent {
    int index = 0;
    int population = 0;  // λ
    bool small = false;
    int level = 0;  // for how many generations half of the trials or more have been the best
    std::vector<double> medians;  // of its latest generations
    // Of all descents so far.
    int large_population = 0;
    int64_t large_trials = 0, small_trials = 0;
  };

  // The trials with the ids [begin, begin + descent.population), and what they are drawn from.
  struct Generation {
    int64_t begin = 0;
    Descent descent;
    SearchDistribution distribution;
    std::vector<double> normals;  // [λ, d]
    Quality best;                 // of all trials below `begin`
  };

  // The trials of a generation that have finished and count, from the best to the worst.
  struct Ranking {
    std::vector<RankedPoint> points;
    double median = 0;  // their median loss; infinite if that trial failed or is infeasible
    Quality best;       // of them and all before
  };

  CmaEsStrategy(CmaEsOptions options, const StrategyContext& context);

  // The distribution that priors make, what earlier studies make of it, and what the trials below
  // `start` make of that.
  SearchDistribution FromPriors() const;
  SearchDistribution FromEarlierStudies() const;
  SearchDistribution FromHistory(int64_t start) const;
  // The moments of the mixture of `base` and of N(x, width^2 I) for each good point, by the weights
  // λ : trials.
  SearchDistribution Blend(const SearchDistribution& base, absl::Span<const Point> good,
                           double width, size_t trials) const;

  // The draws of which one is the proposal of trial `id` if that is the first of this strategy.
  SearchPoint FirstDraw(int64_t id, int attempt) const;
  bool IsFirstDraw(int64_t id, absl::Span<const double> point) const;

  // Makes generations_.back() the one of trial `id`.
  void Advance(int64_t start, int64_t id);
  Generation First(int64_t start) const;
  Generation Next(const Generation& generation) const;
  Ranking Rank(const Generation& generation) const;
  // Over how many generations medians are compared.
  size_t Window(const Descent& descent) const;
  bool HasEnded(const Generation& generation) const;
  void Restart(Generation* generation) const;
  void DrawNormals(Generation* generation) const;

  SearchPoint Draw(const Generation& generation, int64_t id) const;
  Point ToPoint(const SearchPoint& point) const;
  // Writes a trial's coordinates over `point`, but for inactive ones.
  void Overwrite(absl::Span<const double> unit, SearchPoint* point) const;

  const CmaEsOptions options_;
  const StudyConfig& study_;
  const SearchSpace& space_;
  const std::function<void(absl::string_view)> note_;
  const SearchAxes axes_;
  const int population_;   // of the first descent
  const int first_draws_;  // how many: on a finite space the first may have been tried
  const SearchDistribution base_;

  History history_;
  TriedPoints tried_;
  int64_t first_own_;  // the lowest id of a finished trial that is its first draw

  // The latest generations: a function of start_ and history_ but for trials from changed_ on.
  std::vector<Generation> generations_;
  int64_t start_ = -1;
  int64_t changed_ = 0;
  int noted_ = 0;  // the last descent that was spoken of
};

inline constexpr StrategyPlugin kCmaEsStrategy = MakeStrategyPlugin<CmaEsStrategy>(
    "cma_es", "Covariance matrix adaptation evolution strategy, for mixed spaces, with restarts");

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_CMA_ES_CMA_ES_H_
