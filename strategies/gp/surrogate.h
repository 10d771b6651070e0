// The surrogate of a study: Gaussian processes of its objectives, its constraints and its failures,
// and from them what a point is worth trying.
//
//   one objective      ln E[improvement on the best feasible trial]
//   several            ln E[hypervolume improvement], exact, over the cells of the nondominated
//                      region (Emmerich et al. 2006; cells by strategies/pareto.h)
//   constraints        + Σ_c ln P(c(x) <= 0); while nothing is feasible, that sum alone
//   failures           + ln P(x does not fail), once a trial has failed
//   parameters' priors + 10 / (n + 1) ln π(x) (Hvarfner et al., "πBO", ICLR 2022): n trials on, a
//                      wrong belief weighs 1 / n; without a prior, a mild one for the middle
//
// Losses are power-transformed (warping.h), so outliers do no harm and the good end is spread out.
// The hyperparameters are fitted again when a certain number of trials has come (n / 16 about, from
// 32 on): the processes are conditioned on every trial all the same.
//
// Everything is a function of (study, the set of finished trials, the pending ones).
// Cost, for n trials, at most kMaxTrials of which are used: a fit O(n³) some dozens of times, an
// update O(n³), a point O(n²).
#ifndef STURGEON_STRATEGIES_GP_SURROGATE_H_
#define STURGEON_STRATEGIES_GP_SURROGATE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/study_config.h"
#include "strategies/gp/encoding.h"
#include "strategies/gp/gaussian_process.h"
#include "strategies/gp/transfer.h"
#include "strategies/history.h"
#include "strategies/pareto.h"

namespace sturgeon::gp {

// One quantity's process.
class Output {
 public:
  Output(const Encoding& encoding, const Priors& priors) : encoding_(encoding), priors_(priors) {}

  // The hyperparameters' posterior mode given y [n] at unit [n, d].
  void Fit(const Matrix& unit, const Vector& y);
  // The posterior given y [n] at unit [n, d], with the hyperparameters of the last Fit.
  void Condition(const Matrix& unit, const Vector& y);

  GaussianProcess& process() { return process_.front(); }
  const GaussianProcess& process() const { return process_.front(); }

 private:
  const Encoding& encoding_;
  const Priors& priors_;
  Hyperparameters fit_;
  std::vector<GaussianProcess> process_;  // one, or none before Condition
};

class Surrogate {
 public:
  // `study` must outlive this.
  Surrogate(const StudyConfig& study, const Priors& priors);

  // To be called when index `first` and those above have changed in the history.
  void Changed(int first);

  // Takes in the history, of which at least one trial has losses, and pending trials, [p, d];
  // `lowest_pending` is the lowest id among these.
  void Update(const History& history, const std::vector<Vector>& pending, int64_t lowest_pending);

  // One more pending point: from now on it counts as finished, with what is expected there.
  void Append(const Vector& unit);

  // The logarithm of the acquisition function at unit [m, d], and at one point with its gradient.
  Vector Values(const Matrix& unit) const;
  double Value(absl::Span<const double> unit, absl::Span<double> gradient) const;

  // The best trials so far (several objectives: of the front), [k, d]; where a search may begin.
  const Matrix& anchors() const { return anchors_; }
  const Encoding& encoding() const { return encoding_; }
  // The best points of earlier studies, [studies, d].
  const Matrix& earlier_best() const { return transfer_.front().best(); }

 private:
  struct Data;

  // What is believed of a parameter before there are results.
  struct Belief {
    int parameter = 0;
    bool categorical = false;
    // In the unit coordinate. The defaults are for parameters without a prior: most good values are
    // not at the ends of a range, while of a cube the model knows the corners least, so that
    // without this the first dozens of trials go there.
    double centre = 0.5, width = 0.35;
    double log_if_right = 0, log_if_wrong = 0;  // categorical
  };

  // What has a process beside the objectives.
  struct Limits {
    size_t constraints = 0;
    bool failures = false;
    bool operator==(const Limits& other) const {
      return constraints == other.constraints && failures == other.failures;
    }
  };

  static std::vector<int> Used(const History& history, int count);
  static Limits LimitsOf(const History& history, const std::vector<int>& rows);
  static Data Collect(const History& history, const std::vector<int>& rows);
  void FitAll(const History& history, int count);
  void Rank(const History& history, const Data& data);
  double LogPrior(absl::Span<const double> unit, absl::Span<double> gradient) const;

  const StudyConfig& study_;
  const Encoding encoding_;
  const Priors priors_;
  std::vector<Belief> beliefs_;
  std::vector<TransferMean> transfer_;  // one an objective
  std::vector<Output> objectives_;
  std::vector<Output> constraints_;  // the study's, then that of failures if there are any

  int fitted_ = 0;  // the hyperparameters are those of so many trials, the first by id
  bool feasible_ = false;
  // What there is to improve on.
  double best_ = 0;                        // one objective
  std::vector<double> front_, reference_;  // several
  Cells cells_;
  double prior_weight_ = 0;
  Matrix anchors_;
};

}  // namespace sturgeon::gp

#endif  // STURGEON_STRATEGIES_GP_SURROGATE_H_
