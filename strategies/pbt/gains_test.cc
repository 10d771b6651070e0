#include "strategies/pbt/gains.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "core/trial.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "strategies/pbt/population.h"

namespace sturgeon {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::IsEmpty;

// Members that come to the losses of `first`, and from there, each in its turn, to those of
// `second`: trials 0 to n - 1 and n to 2 n - 1.
struct Trained {
  Trained(const std::vector<double>& first, const std::vector<double>& second = {})
      : population(3, 100) {
    for (const double loss : first) Train(loss, 1, std::nullopt);
    for (size_t i = 0; i < second.size(); ++i) Train(second[i], 2, static_cast<int64_t>(i));
  }
  void Train(double loss, int rung, std::optional<int64_t> parent) {
    Trial& trial = trials.emplace_back();
    trial.id = static_cast<int64_t>(trials.size()) - 1;
    trial.resume_from = parent;
    population.Start(trial.id, {rung, parent, false});
    population.Succeed(trial, rung, loss, 0);
  }
  std::vector<double> Gains(int rung) const {
    std::vector<double> values;
    int64_t last = -1;
    for (const auto& [trial, gain] : GainsAt(population, rung)) {
      EXPECT_GT(trial->id, last);
      last = trial->id;
      values.push_back(gain);
    }
    return values;
  }

  std::deque<Trial> trials;
  Population population;
};

// Less the median, 3: -2 -1 0 1 7; the median of the absolute values is 1.
TEST(Gains, OfFirstStretchesAreByTheLoss) {
  EXPECT_THAT(Trained({1, 2, 3, 4, 10}).Gains(1),
              ElementsAre(DoubleNear(std::log(3), 1e-12), DoubleNear(std::log(2), 1e-12), 0,
                          DoubleNear(-std::log(2), 1e-12), DoubleNear(-std::log(8), 1e-12)));
}

// Each stretch halves the loss, but for 0.1 more or less. The slopes of the ten pairs have the
// median (17/35 + 1/2) / 2 = 69/140. What is left has the median 3/140, the absolute values of that
// less the median have the median 3/35, and so z is 1 -5/4 0 5/4 -7/12: the second trial gained
// most, which neither ended lowest nor started best.
TEST(Gains, OfLaterStretchesAreBesideOthersThatStartedAsWell) {
  EXPECT_THAT(Trained({1, 2, 3, 4, 10}, {0.6, 0.9, 1.5, 2.1, 4.9}).Gains(2),
              ElementsAre(DoubleNear(-std::log(2), 1e-9), DoubleNear(std::log(9.0 / 4), 1e-9),
                          DoubleNear(0, 1e-9), DoubleNear(-std::log(9.0 / 4), 1e-9),
                          DoubleNear(std::log(19.0 / 12), 1e-9)));
}

TEST(Gains, DoNotDependOnTheUnitOfTheLoss) {
  const std::vector<double> plain = Trained({1, 2, 3, 4, 10}, {0.6, 0.9, 1.5, 2.1, 4.9}).Gains(2);
  const auto in = [](std::vector<double> losses) {
    for (double& loss : losses) loss = 1000 * loss - 7;
    return losses;
  };
  const std::vector<double> other =
      Trained(in({1, 2, 3, 4, 10}), in({0.6, 0.9, 1.5, 2.1, 4.9})).Gains(2);
  ASSERT_EQ(other.size(), plain.size());
  for (size_t i = 0; i < plain.size(); ++i) EXPECT_NEAR(other[i], plain[i], 1e-9);
}

TEST(Gains, HugeLossesAreBadAndNoMore) {
  const std::vector<double> gains =
      Trained({1, 2, 3, 4, 1.7e308, -1.7e308}, {1, 2.2, 3.5, 3.9, 1.7e308, 1.7e308}).Gains(2);
  for (const double gain : gains) EXPECT_TRUE(std::isfinite(gain)) << gain;
  EXPECT_GE(gains.size(), 4);
}

TEST(Gains, FewOrEqualResultsSayNothing) {
  EXPECT_THAT(Trained({1, 2, 3}).Gains(1), IsEmpty());
  EXPECT_THAT(Trained({1, 1, 1, 1, 5}).Gains(1), IsEmpty());
  EXPECT_THAT(Trained({1, 2, 3, 4}).Gains(2), IsEmpty());
}

TEST(Gains, TheNewestCount) {
  std::vector<double> losses;
  for (int i = 0; i < 2 * kMostGains; ++i) losses.push_back(i);
  const Trained trained(losses);
  const auto gains = GainsAt(trained.population, 1);
  ASSERT_EQ(gains.size(), kMostGains);
  EXPECT_EQ(gains.front().first->id, kMostGains);
}

}  // namespace
}  // namespace sturgeon
