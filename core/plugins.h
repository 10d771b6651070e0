// One registry of each kind: everything a program can be asked for by name.
#ifndef STURGEON_CORE_PLUGINS_H_
#define STURGEON_CORE_PLUGINS_H_

#include "absl/status/statusor.h"
#include "core/model.h"
#include "core/runner.h"
#include "core/sampler.h"
#include "core/stopping_rule.h"
#include "core/storage.h"
#include "core/strategy.h"

namespace sturgeon {

struct Plugins {
  SamplerRegistry samplers;
  StrategyRegistry strategies;
  StoppingRuleRegistry stopping_rules;
  ModelRegistry models;
  RunnerRegistry runners;
  StorageRegistry storages;

  // All that are linked into this program. AlreadyExists: two of one kind share a name.
  static absl::StatusOr<Plugins> FromLinked();
};

}  // namespace sturgeon

#endif  // STURGEON_CORE_PLUGINS_H_
