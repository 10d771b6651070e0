#include "samplers/conformance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <thread>  // NOLINT(build/c++11)
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"

namespace sturgeon {
namespace {

constexpr int kPlanned = 64;
constexpr double kKolmogorovSmirnovBound = 2.4;

// sqrt(n) times the Kolmogorov-Smirnov distance between `sample` and U[0, 1). For independent
// uniform values it stays below 2.4 in all but 20 of a million cases.
double KolmogorovSmirnov(std::vector<double> sample) {
  std::sort(sample.begin(), sample.end());
  const double n = static_cast<double>(sample.size());
  double distance = 0;
  for (size_t i = 0; i < sample.size(); ++i) {
    distance = std::max({distance, sample[i] - i / n, (i + 1) / n - sample[i]});
  }
  return distance * std::sqrt(n);
}

std::vector<double> Column(const std::vector<double>& points, int dimensions, int column) {
  std::vector<double> values;
  for (size_t i = column; i < points.size(); i += dimensions) values.push_back(points[i]);
  return values;
}

// How many points can be asked for: `wanted`, or fewer where the sequence is shorter.
int64_t Available(const Sampler& sampler, int64_t wanted) {
  return std::min(wanted, sampler.size());
}

}  // namespace

// A test of a plugin may want SamplePoints alone.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SamplerConformance);

std::string SamplerCaseName(const testing::TestParamInfo<SamplerCase>& info) {
  return info.param.name;
}

void PrintTo(const SamplerCase& sampler_case, std::ostream* os) { *os << sampler_case.name; }

std::vector<double> SamplePoints(const Sampler& sampler, const SamplerContext& context,
                                 int64_t first, int64_t n) {
  std::vector<double> points(n * context.dimensions, -1);
  const absl::Status status = sampler.Sample(first, absl::MakeSpan(points));
  EXPECT_TRUE(status.ok()) << status;
  if (!status.ok()) points.clear();
  return points;
}

std::vector<double> SamplePoints(const SamplerPlugin& plugin, const Value& options,
                                 const SamplerContext& context, int64_t first, int64_t n) {
  const auto sampler = plugin.create(options, plugin.name, context);
  EXPECT_TRUE(sampler.ok()) << sampler.status();
  if (!sampler.ok()) return {};
  return SamplePoints(**sampler, context, first, n);
}

std::unique_ptr<Sampler> SamplerConformance::Make(const SamplerContext& context) const {
  auto sampler = GetParam().plugin->create(GetParam().options, "sampler", context);
  EXPECT_TRUE(sampler.ok()) << sampler.status();
  return sampler.ok() ? *std::move(sampler) : nullptr;
}

std::vector<SamplerContext> SamplerConformance::Contexts() const {
  std::vector<SamplerContext> contexts;
  for (int dimensions : {1, 2, 3, 7, 32, 100}) {
    if (GetParam().max_dimensions > 0 && dimensions > GetParam().max_dimensions) break;
    contexts.push_back({dimensions, /*seed=*/17, kPlanned, {}});
  }
  return contexts;
}

TEST_P(SamplerConformance, PointsLieInTheUnitCube) {
  for (const SamplerContext& context : Contexts()) {
    const auto sampler = Make(context);
    ASSERT_NE(sampler, nullptr);
    const int64_t n = Available(*sampler, 3 * kPlanned);
    ASSERT_GT(n, 0);
    const std::vector<double> points = SamplePoints(*sampler, context, 0, n);
    ASSERT_EQ(points.size(), n * context.dimensions);
    for (double x : points) {
      ASSERT_GE(x, 0);
      ASSERT_LT(x, 1);
    }
  }
}

TEST_P(SamplerConformance, TheSameContextGivesTheSamePoints) {
  for (const SamplerContext& context : Contexts()) {
    const auto one = Make(context);
    const auto other = Make(context);
    ASSERT_NE(one, nullptr);
    ASSERT_NE(other, nullptr);
    const int64_t n = Available(*one, 2 * kPlanned);
    EXPECT_EQ(one->size(), other->size());
    EXPECT_EQ(SamplePoints(*one, context, 0, n), SamplePoints(*other, context, 0, n));
  }
}

TEST_P(SamplerConformance, TheSeedMattersAsDeclared) {
  for (const SamplerContext& context : Contexts()) {
    for (int shift : {0, 32}) {  // both halves of a seed count
      std::set<std::vector<double>> distinct;
      for (uint64_t seed = 0; seed < 8; ++seed) {
        SamplerContext seeded = context;
        seeded.seed = seed << shift;
        const auto sampler = Make(seeded);
        ASSERT_NE(sampler, nullptr);
        distinct.insert(SamplePoints(*sampler, seeded, 0, Available(*sampler, kPlanned)));
      }
      // A design of few points can come out the same by chance, but hardly eight times.
      if (GetParam().uses_seed) {
        EXPECT_GT(distinct.size(), 1);
      } else {
        EXPECT_EQ(distinct.size(), 1);
      }
    }
  }
}

TEST_P(SamplerConformance, AnyPieceInAnyOrderIsPartOfTheSameSequence) {
  for (const SamplerContext& context : Contexts()) {
    const auto sampler = Make(context);
    ASSERT_NE(sampler, nullptr);
    const int d = context.dimensions;
    const int64_t n = Available(*sampler, 2 * kPlanned + 5);
    const std::vector<double> whole = SamplePoints(*sampler, context, 0, n);
    const auto expect_piece = [&](const Sampler& from, int64_t first, int64_t count) {
      const std::vector<double> expected(whole.begin() + first * d,
                                         whole.begin() + (first + count) * d);
      EXPECT_EQ(SamplePoints(from, context, first, count), expected)
          << "points " << first << " … " << first + count - 1 << " in " << d << " dimensions";
    };
    for (int64_t i = n - 1; i >= 0; --i) expect_piece(*sampler, i, 1);
    for (int64_t size : {2, 3, 7, 64}) {
      for (int64_t i = 0; i + size <= n; i += size) expect_piece(*sampler, i, size);
    }
    // A fresh sampler, as after a crash, that begins in the middle.
    const auto resumed = Make(context);
    ASSERT_NE(resumed, nullptr);
    expect_piece(*resumed, n / 2, n - n / 2);
  }
}

TEST_P(SamplerConformance, AskingForNothingIsFine) {
  const SamplerContext context = Contexts().back();
  const auto sampler = Make(context);
  ASSERT_NE(sampler, nullptr);
  EXPECT_TRUE(sampler->Sample(0, {}).ok());
  EXPECT_TRUE(sampler->Sample(Available(*sampler, 1000) - 1, {}).ok());
}

TEST_P(SamplerConformance, TheFarEndOfTheSequence) {
  for (const SamplerContext& context : Contexts()) {
    const auto sampler = Make(context);
    ASSERT_NE(sampler, nullptr);
    const int64_t size = sampler->size();
    if (size == std::numeric_limits<int64_t>::max()) {
      const int64_t far = int64_t{1} << 40;
      const std::vector<double> pair = SamplePoints(*sampler, context, far, 2);
      const std::vector<double> second = SamplePoints(*sampler, context, far + 1, 1);
      ASSERT_EQ(pair.size(), 2 * second.size());
      EXPECT_TRUE(std::equal(second.begin(), second.end(), pair.begin() + context.dimensions));
      continue;
    }
    SamplePoints(*sampler, context, size - 1, 1);
    std::vector<double> out(2 * context.dimensions);
    for (const auto& [first, count] :
         std::map<int64_t, int>{{size - 1, 2}, {size, 1}, {size + 1000, 2}}) {
      const absl::Status status =
          sampler->Sample(first, absl::MakeSpan(out.data(), count * context.dimensions));
      EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange) << status;
      EXPECT_TRUE(absl::StrContains(status.message(), absl::StrCat(size)))
          << "does not say that there are " << size << " points: " << status;
    }
  }
}

TEST_P(SamplerConformance, ThreadsMayShareASampler) {
  SamplerContext context;
  context.dimensions = std::min(7, Contexts().back().dimensions);
  context.count = kPlanned;
  const auto sampler = Make(context);
  ASSERT_NE(sampler, nullptr);
  const int d = context.dimensions;
  const int64_t n = Available(*sampler, 4 * kPlanned);
  const std::vector<double> serial = SamplePoints(*sampler, context, 0, n);
  constexpr int kThreads = 4;
  std::vector<double> shared(serial.size(), -1);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int64_t i = t; i < n; i += kThreads) {
        if (!sampler->Sample(i, absl::MakeSpan(&shared[i * d], d)).ok()) return;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(shared, serial);
}

TEST_P(SamplerConformance, TooManyDimensionsAreAnError) {
  const int limit = GetParam().max_dimensions;
  SamplerContext context;
  context.count = kPlanned;
  context.dimensions = limit == 0 ? 1000 : limit;
  EXPECT_NE(Make(context), nullptr);
  if (limit == 0) return;
  ++context.dimensions;
  const auto sampler = GetParam().plugin->create(GetParam().options, "sampler", context);
  ASSERT_EQ(sampler.status().code(), absl::StatusCode::kInvalidArgument) << sampler.status();
  EXPECT_TRUE(absl::StrContains(sampler.status().message(),
                                absl::StrCat(context.dimensions, " dimensions")))
      << "does not say that there are too many dimensions: " << sampler.status();
}

TEST_P(SamplerConformance, TheNumberOfPointsMayBeUnknown) {
  SamplerContext context;
  context.dimensions = 2;
  context.count = 0;
  const auto sampler = GetParam().plugin->create(GetParam().options, "sampler", context);
  if (GetParam().needs_count) {
    EXPECT_EQ(sampler.status().code(), absl::StatusCode::kInvalidArgument) << sampler.status();
    EXPECT_GT(sampler.status().message().size(), 30) << "does not say what would be right";
    return;
  }
  ASSERT_TRUE(sampler.ok()) << sampler.status();
  SamplePoints(**sampler, context, 0, Available(**sampler, 10));
}

TEST_P(SamplerConformance, LevelsAreHonouredAsDeclared) {
  SamplerContext context;
  context.levels = {2, 0, 1, 5, 0, 40};
  context.dimensions = static_cast<int>(context.levels.size());
  const int limit = GetParam().max_dimensions;
  if (limit > 0) context.dimensions = std::min(context.dimensions, limit);
  context.levels.resize(context.dimensions);
  context.count = 500;
  const auto sampler = Make(context);
  ASSERT_NE(sampler, nullptr);
  const std::vector<double> points =
      SamplePoints(*sampler, context, 0, Available(*sampler, context.count));
  for (double x : points) ASSERT_TRUE(x >= 0 && x < 1) << x;
  if (!GetParam().honours_levels) return;
  for (int j = 0; j < context.dimensions; ++j) {
    if (context.levels[j] == 0) continue;
    std::map<int64_t, double> value_of_level;
    for (double x : Column(points, context.dimensions, j)) {
      const auto level = static_cast<int64_t>(x * static_cast<double>(context.levels[j]));
      EXPECT_EQ(value_of_level.emplace(level, x).first->second, x)
          << "two values on level " << level << " of dimension " << j;
    }
  }
}

TEST_P(SamplerConformance, EachCoordinateIsUniformOverTheSequence) {
  if (!GetParam().uniform) return;
  for (const SamplerContext& context : Contexts()) {
    const auto sampler = Make(context);
    ASSERT_NE(sampler, nullptr);
    const int64_t n = Available(*sampler, 32 * kPlanned);
    const std::vector<double> points = SamplePoints(*sampler, context, 0, n);
    for (int j = 0; j < context.dimensions; ++j) {
      EXPECT_LT(KolmogorovSmirnov(Column(points, context.dimensions, j)), kKolmogorovSmirnovBound)
          << "coordinate " << j << " of " << context.dimensions;
    }
  }
}

TEST_P(SamplerConformance, EachPointIsUniformOverTheSeeds) {
  if (!GetParam().uniform) return;
  SamplerContext context = Contexts().back();
  context.dimensions = std::min(context.dimensions, 7);
  constexpr int kPoints = 3;
  const int d = context.dimensions;
  std::vector<double> points;  // [seeds, kPoints * d]
  for (context.seed = 0; context.seed < 1000; ++context.seed) {
    const auto sampler = Make(context);
    ASSERT_NE(sampler, nullptr);
    const std::vector<double> of_seed = SamplePoints(*sampler, context, 0, kPoints);
    points.insert(points.end(), of_seed.begin(), of_seed.end());
  }
  for (int j = 0; j < kPoints * d; ++j) {
    EXPECT_LT(KolmogorovSmirnov(Column(points, kPoints * d, j)), kKolmogorovSmirnovBound)
        << "coordinate " << j % d << " of point " << j / d;
  }
}

TEST_P(SamplerConformance, UnknownOptionsAreErrorsThatNameTheNearest) {
  SamplerContext context;
  context.count = kPlanned;
  const std::vector<OptionInfo>& known = GetParam().plugin->options();
  const std::string wrong = known.empty() ? "no_such_option" : absl::StrCat(known[0].name, "z");
  Value options = GetParam().options;
  options.Set(wrong, 1);
  const auto sampler = GetParam().plugin->create(options, "sampler", context);
  ASSERT_EQ(sampler.status().code(), absl::StatusCode::kInvalidArgument) << sampler.status();
  EXPECT_TRUE(absl::StrContains(sampler.status().message(), wrong)) << sampler.status();
  if (!known.empty()) {
    EXPECT_TRUE(
        absl::StrContains(sampler.status().message(), absl::StrCat("\"", known[0].name, "\"")))
        << sampler.status();
  }
}

}  // namespace sturgeon
