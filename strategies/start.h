// What a strategy may start with before it has results: the points of a sampler, what is believed
// of the parameters, and the best of earlier studies.
#ifndef STURGEON_STRATEGIES_START_H_
#define STURGEON_STRATEGIES_START_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/option_schema.h"
#include "core/random.h"
#include "core/sampler.h"
#include "core/space.h"
#include "core/study_config.h"

namespace sturgeon {

// What a sampler of the study's unit cube is made for; `count` points are planned, 0: not known.
SamplerContext SamplingOf(const StudyConfig& study, int64_t count);

// InvalidArgument for a sampler that ends, such as grid; `name` is what it is called.
absl::Status MustGoOn(const Sampler& sampler, absl::string_view name);

// A sampler that goes on. Errors: MustGoOn's, and those of the sampler.
absl::StatusOr<std::unique_ptr<Sampler>> MakeEndlessSampler(const PluginSpec& spec,
                                                            const SamplerRegistry& samplers,
                                                            const StudyConfig& study,
                                                            int64_t count);

// A sampler's point number `index` in unit coordinates, [d]; d may be 0.
absl::StatusOr<std::vector<double>> SampleUnit(const Sampler& sampler, const SearchSpace& space,
                                               int64_t index);

// Every parameter as it is believed to be best (Parameter::prior), the others at their defaults.
Point BelievedPoint(const SearchSpace& space);

// A draw from the prior that the parameter must have, in its unit coordinate: normal within
// [0, 1]; of a category, the believed choice or, with the probability `width`, any other.
double DrawFromPrior(const Parameter& parameter, RandomStream& rng);

// An earlier study's trials, the best first: the feasible ones before the others, by their losses
// (several objectives: by nondominated fronts); of equals the earlier.
std::vector<const EarlierTrial*> RankedTrials(const EarlierStudy& earlier,
                                              const StudyConfig& study);

// The best trial of each of the study's earlier studies, then the second best of each and so on,
// `limit` at most.
std::vector<Point> BestOfEarlierStudies(const StudyConfig& study, size_t limit);

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_START_H_
