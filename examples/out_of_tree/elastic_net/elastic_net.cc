#include "elastic_net/elastic_net.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace elastic_net {
namespace {

using sturgeon::Parameter;
using sturgeon::SearchSpace;
using sturgeon::Value;

constexpr int kYears = 16;
constexpr int kPredictors = 6;
constexpr int kPassesPerRound = 50;

// Total employment in thousands; then the price deflator, the gross national product in millions,
// the unemployed and the armed forces in hundreds, the population above 14 in thousands, the year.
// (Longley: "An appraisal of least squares programs for the electronic computer from the point of
// view of the user", JASA 62, 1967; also among NIST's Statistical Reference Datasets.)
constexpr double kLongley[kYears][1 + kPredictors] = {
    {60323, 83.0, 234289, 2356, 1590, 107608, 1947},
    {61122, 88.5, 259426, 2325, 1456, 108632, 1948},
    {60171, 88.2, 258054, 3682, 1616, 109773, 1949},
    {61187, 89.5, 284599, 3351, 1650, 110929, 1950},
    {63221, 96.2, 328975, 2099, 3099, 112075, 1951},
    {63639, 98.1, 346999, 1932, 3594, 113270, 1952},
    {64989, 99.0, 365385, 1870, 3547, 115094, 1953},
    {63761, 100.0, 363112, 3578, 3350, 116219, 1954},
    {66019, 101.2, 397469, 2904, 3048, 117388, 1955},
    {67857, 104.6, 419180, 2822, 2857, 118734, 1956},
    {68169, 108.4, 442769, 2936, 2798, 120445, 1957},
    {66513, 110.8, 444546, 4681, 2637, 121950, 1958},
    {68655, 112.6, 482704, 3813, 2552, 123366, 1959},
    {69564, 114.2, 502601, 3931, 2514, 125368, 1960},
    {69331, 115.7, 518173, 4806, 2572, 127852, 1961},
    {70551, 116.9, 554894, 4007, 2827, 130081, 1962},
};

using Row = std::array<double, kPredictors>;

// The fit that leaves one year out.
struct Fold {
  std::array<Row, kPredictors> gram;  // X^T X / n of the standardised predictors
  Row correlation;                    // X^T y / n
  Row held_out;                       // the predictors of the year left out, standardised likewise
  double target;                      // what that year was
  double mean, deviation;             // of y

  double Error(const Row& weights) const {
    double y = 0;
    for (int j = 0; j < kPredictors; ++j) y += held_out[j] * weights[j];
    return mean + deviation * y - target;
  }
};

Fold LeaveOut(int year) {
  constexpr double kCount = kYears - 1;
  std::array<double, 1 + kPredictors> mean{}, deviation{};
  for (int j = 0; j <= kPredictors; ++j) {
    for (int i = 0; i < kYears; ++i) mean[j] += i == year ? 0 : kLongley[i][j] / kCount;
    for (int i = 0; i < kYears; ++i) {
      const double centred = kLongley[i][j] - mean[j];
      deviation[j] += i == year ? 0 : centred * centred / kCount;
    }
    deviation[j] = std::sqrt(deviation[j]);
  }
  const auto standardised = [&](int i, int j) { return (kLongley[i][j] - mean[j]) / deviation[j]; };
  Fold fold{};
  fold.target = kLongley[year][0];
  fold.mean = mean[0];
  fold.deviation = deviation[0];
  for (int j = 0; j < kPredictors; ++j) {
    fold.held_out[j] = standardised(year, 1 + j);
    for (int i = 0; i < kYears; ++i) {
      if (i == year) continue;
      const double x = standardised(i, 1 + j) / kCount;
      fold.correlation[j] += x * standardised(i, 0);
      for (int k = 0; k < kPredictors; ++k) fold.gram[j][k] += x * standardised(i, 1 + k);
    }
  }
  return fold;
}

const std::array<Fold, kYears>& Folds() {
  static const auto* const folds = [] {
    auto* made = new std::array<Fold, kYears>();
    for (int year = 0; year < kYears; ++year) (*made)[year] = LeaveOut(year);
    return made;
  }();
  return *folds;
}

class ElasticNet final : public sturgeon::Model {
 public:
  explicit ElasticNet(const SearchSpace& space) : space_(space) {}

  absl::Status Set(absl::string_view parameter, const Value& value) override {
    const std::optional<int> at = space_.Find(parameter);
    if (!at.has_value()) {
      return absl::InvalidArgumentError(absl::StrCat("elastic_net has no parameter \"", parameter,
                                                     "\"; it has penalty and l1_ratio"));
    }
    // Values beyond the default range are fine as long as the objective stays convex.
    const double number = value.is_number() ? value.number() : -1;
    const bool is_penalty = space_[*at].name == "penalty";
    if (!(number >= 0 && number <= (is_penalty ? 1e12 : 1))) {
      return absl::InvalidArgumentError(
          absl::StrCat(parameter, ": expected a number in [0, ", is_penalty ? "1e12" : "1", "]"));
    }
    (is_penalty ? penalty_ : l1_ratio_) = number;
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<double>> Train(int64_t steps,
                                            const sturgeon::StopToken& stop) override {
    for (int64_t step = 0; step < steps; ++step) {
      if (stop.stop_requested()) return absl::CancelledError("asked to stop");
      for (int pass = 0; pass < kPassesPerRound; ++pass) {
        for (int year = 0; year < kYears; ++year) Descend(Folds()[year], &state_.weights[year]);
      }
    }
    double sum = 0;
    for (int year = 0; year < kYears; ++year) {
      const double error = Folds()[year].Error(state_.weights[year]);
      sum += error * error;
    }
    return std::vector<double>{std::sqrt(sum / kYears)};
  }

  absl::StatusOr<std::string> Save() const override {
    return std::string(reinterpret_cast<const char*>(&state_), sizeof(state_));
  }

  absl::Status Load(absl::string_view bytes) override {
    State state;
    if (bytes.size() == sizeof(state)) std::memcpy(&state, bytes.data(), sizeof(state));
    if (bytes.size() != sizeof(state) || state.magic != State().magic) {
      return absl::InvalidArgumentError("these bytes are no saved elastic_net");
    }
    state_ = state;
    return absl::OkStatus();
  }

 private:
  // Trivially copyable: its bytes are what Save gives. What is tuned is no part of it, so that
  // another assignment may go on from here.
  struct State {
    std::array<char, 8> magic = {'e', 'l', 'n', 'e', 't', '0', '0', '2'};
    std::array<Row, kYears> weights{};
  };

  // One pass: each weight goes to its minimum given the others.
  void Descend(const Fold& fold, Row* weights) const {
    const double l1 = penalty_ * l1_ratio_;
    const double l2 = penalty_ * (1 - l1_ratio_);
    for (int j = 0; j < kPredictors; ++j) {
      double gradient = fold.correlation[j];
      for (int k = 0; k < kPredictors; ++k) {
        if (k != j) gradient -= fold.gram[j][k] * (*weights)[k];
      }
      const double shrunk = std::max(std::abs(gradient) - l1, 0.0);
      (*weights)[j] = std::copysign(shrunk, gradient) / (fold.gram[j][j] + l2);
    }
  }

  const SearchSpace& space_;
  double penalty_ = 0, l1_ratio_ = 0;
  State state_;
};

}  // namespace

const sturgeon::Schema<ElasticNetOptions>& ElasticNetFactory::OptionSchema() {
  static const auto* const schema =
      new sturgeon::Schema<ElasticNetOptions>(sturgeon::Schema<ElasticNetOptions>().Add(
          "rounds", &ElasticNetOptions::rounds, "Rounds of 50 passes in a full training.",
          sturgeon::AtLeast(1)));
  return *schema;
}

absl::StatusOr<std::unique_ptr<sturgeon::ModelFactory>> ElasticNetFactory::Create(
    ElasticNetOptions options, const sturgeon::ModelContext& /*context*/) {
  absl::StatusOr<SearchSpace> space = SearchSpace::Create({
      Parameter::Float("penalty", 1e-6, 10, sturgeon::Scale::kLog).Tier(1).Default(0.01),
      Parameter::Float("l1_ratio", 0, 1).Tier(2).Default(0.5),
  });
  if (!space.ok()) return space.status();
  return std::unique_ptr<sturgeon::ModelFactory>(new ElasticNetFactory(options, *std::move(space)));
}

absl::StatusOr<std::unique_ptr<sturgeon::Model>> ElasticNetFactory::Create(
    const Value& assignment, const sturgeon::ModelOptions& /*options*/) const {
  auto model = std::make_unique<ElasticNet>(space_);
  absl::Status status;
  for (const Parameter& parameter : space_.parameters()) {
    status.Update(model->Set(parameter.name, *parameter.default_value));
  }
  for (const Value::Field& field : assignment.object()) {
    status.Update(model->Set(field.name, field.value));
  }
  if (!status.ok()) return status;
  return std::unique_ptr<sturgeon::Model>(std::move(model));
}

}  // namespace elastic_net
