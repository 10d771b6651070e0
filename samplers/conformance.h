// What every sampler promises, as a test suite that a plugin's author runs over the plugin:
//
//   INSTANTIATE_TEST_SUITE_P(Halton, SamplerConformance,
//                            testing::Values(SamplerCase{"halton", &kHaltonSampler}),
//                            SamplerCaseName);
//
// A case declares what the sampler can do; the suite holds it to the contract of core/sampler.h and
// to what was declared: points lie in [0, 1)^d; they are a function of (context, options, index),
// whatever the pieces they are asked for in, the order and the thread; the seed matters; each point
// is uniform over the seeds and each coordinate uniform over a sequence; the end of the sequence,
// too many dimensions and unknown options are errors that say what would be right.
#ifndef STURGEON_SAMPLERS_CONFORMANCE_H_
#define STURGEON_SAMPLERS_CONFORMANCE_H_

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "core/sampler.h"
#include "core/value.h"
#include "gtest/gtest.h"

namespace sturgeon {

struct SamplerCase {
  std::string name;  // in the names of the tests: letters, digits, underscores
  const SamplerPlugin* plugin;
  Value options = Value::Object();
  // Declared capabilities.
  int max_dimensions = 0;       // more than so many are InvalidArgument; 0: there is no limit
  bool needs_count = false;     // Create is InvalidArgument where no count is planned
  bool uses_seed = true;        // another seed gives other points
  bool uniform = true;          // every point is uniform on the cube over the seeds
  bool honours_levels = false;  // no two points share a level of a dimension and yet differ in it
};

class SamplerConformance : public testing::TestWithParam<SamplerCase> {
 protected:
  // The case's sampler; a failed test and nullptr if it cannot be made.
  std::unique_ptr<Sampler> Make(const SamplerContext& context) const;
  // Contexts of 1, 2, … dimensions up to 100, or to as many as the case allows, for 64 points.
  std::vector<SamplerContext> Contexts() const;
};

std::string SamplerCaseName(const testing::TestParamInfo<SamplerCase>& info);
void PrintTo(const SamplerCase& sampler_case, std::ostream* os);

// For a sampler's own tests: the points first … first + n - 1, [n, dimensions] row-major. On an
// error the test fails and there are no points.
std::vector<double> SamplePoints(const Sampler& sampler, const SamplerContext& context,
                                 int64_t first, int64_t n);
std::vector<double> SamplePoints(const SamplerPlugin& plugin, const Value& options,
                                 const SamplerContext& context, int64_t first, int64_t n);

}  // namespace sturgeon

#endif  // STURGEON_SAMPLERS_CONFORMANCE_H_
