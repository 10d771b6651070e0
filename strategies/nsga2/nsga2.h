// NSGA-II: evolution under nondominated sorting and crowding, for one objective or several.
//
// Population. The trials that have losses are taken one after another, in the order of their ids;
// each joins the population, and when that holds more than N, the worst leaves it: of the last
// nondominated front (infeasible trials behind the feasible ones, by their violation) the one with
// the least crowding distance, ties against the older. This is the (N + 1) steady-state form of the
// method: every result counts at once, nobody waits for a generation to end, and crowding is
// measured anew after each removal, which spreads the front more evenly.
//
// Offspring. Two parents are chosen by binary tournaments (rank, then crowding). Then, parameter by
// parameter, a parent before those that depend on it:
//   - numeric ones cross, with probability 1/2 each, by simulated binary crossover in the unit
//     coordinate, which in one dimension spreads two children round two parents with the density
//     p(β) ∝ (η + 1) / 2 · β^η for β <= 1 and (η + 1) / 2 · β^-(η + 2) above, β the ratio of the
//     children's distance to the parents', cut at the borders; otherwise, and for categories, the
//     child has one parent's value. One of the two children becomes the trial;
//   - mutation, with probability 1 / d a parameter: polynomial, Δu = (2 r)^(1 / (η + 1)) - 1 for
//     r < 1/2 and its mirror image, cut at the borders; an int or a stepped float that stays where
//     it was goes to a neighbour; a category changes to any other choice;
//   - what is inactive in the parent comes from the other one, or else from any member of the
//     population in which it is active, or else from a uniform draw.
// A child that equals a parent is mutated once more, and one that was tried before moves to an
// untried point nearby, unless the study allows duplicates.
//
// Start. Until as many trials have finished as startup_trials says, points come from a sampler,
// except that every second one follows what is believed: first the best trials of the studies that
// this one starts from (StudyConfig::warm_start), then draws from the parameters' priors, the first
// of which is the priors' best values themselves.
//
// Prefer it where trials are cheap and many (some hundreds and more), with two or more objectives
// or in spaces of categories. Where a trial is dear, a strategy with a model needs fewer of them.
//
// Determinism: the proposal of trial n is a function of (space, options, trials planned, seed, n),
// of the set of the finished trials and of the points that run.
// Objectives: any number; constraints by constrained domination. Failed trials only count as tried.
// Errors of Create: those of the sampler; InvalidArgument for one that ends (grid).
// Cost: O(N (m + log N)) a result for m <= 2 objectives and O(m N²) above, flat in the number of
// trials; a result that is told after later ones costs that for each of these.
// Sources: Deb, Pratap, Agarwal, Meyarivan, IEEE TEC 2002 (NSGA-II); Deb, Agrawal, Complex Systems
// 1995 (SBX); Deb, Goyal, 1996 (polynomial mutation); Durillo, Nebro, Luna, Alba, EMO 2009 (steady
// state).
#ifndef STURGEON_STRATEGIES_NSGA2_NSGA2_H_
#define STURGEON_STRATEGIES_NSGA2_NSGA2_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/random.h"
#include "core/sampler.h"
#include "core/space.h"
#include "core/strategy.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "strategies/history.h"
#include "strategies/tried_points.h"

namespace sturgeon {

struct Nsga2Options {
  int population_size = 0;
  int startup_trials = 0;
  PluginSpec sampler = {"sobol", Value::Object()};
  double crossover_probability = 0.9;
  double crossover_eta = 20;
  double mutation_probability = 0;
  double mutation_eta = 20;
};

class Nsga2Strategy final : public Strategy {
 public:
  static const Schema<Nsga2Options>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(Nsga2Options options,
                                                          const StrategyContext& context);

  absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest& request) override;
  absl::Status Tell(absl::Span<const Trial* const> finished) override;

 private:
  // Trials by their place in the history, with the losses' ranks and crowding distances.
  struct Population {
    std::vector<int> members;
    std::vector<int> ranks;
    std::vector<double> crowding;
  };

  Nsga2Strategy(Nsga2Options options, const StudyConfig& study, std::unique_ptr<Sampler> sampler);

  // Brings the population up to the newest result.
  void Update();
  void Join(int trial);
  void Measure();

  absl::StatusOr<Point> Start(int64_t id, RandomStream& rng) const;
  void Believe(int64_t number, RandomStream& rng, Point& point) const;
  Point Breed(RandomStream& rng) const;
  int Tournament(RandomStream& rng) const;
  double Cross(const Parameter& p, double a, double b, RandomStream& rng) const;
  // Another value of a parameter that has more than one.
  double Mutate(const Parameter& p, double u, RandomStream& rng) const;
  // The point of these genes; those that are active and missing are filled in.
  Point Express(RandomStream& rng, Point& unit) const;
  // A value for a parameter that is active in no parent.
  double Impute(int parameter, RandomStream& rng) const;

  const Nsga2Options options_;  // what was 0 is filled in
  const StudyConfig& study_;
  const SearchSpace& space_;
  const std::unique_ptr<Sampler> sampler_;
  std::vector<Point> earlier_;  // the best of warm_start, the best first
  bool has_priors_ = false;

  History history_;
  TriedPoints tried_;
  Population population_;
  int absorbed_ = 0;  // how many trials of the history the population has seen
  // checkpoints_[k]: the members after the first k · kCheckpoint trials of the history.
  std::vector<std::vector<int>> checkpoints_;
};

inline constexpr StrategyPlugin kNsga2Strategy = MakeStrategyPlugin<Nsga2Strategy>(
    "nsga2", "NSGA-II, an evolution strategy for one objective or several");

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_NSGA2_NSGA2_H_
