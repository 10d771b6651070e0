#include "core/plugins.h"

namespace sturgeon {
namespace {

template <typename Kind>
absl::Status Fill(Registry<Kind>* registry) {
  absl::StatusOr<Registry<Kind>> linked = Registry<Kind>::FromLinked();
  if (linked.ok()) *registry = *std::move(linked);
  return linked.status();
}

}  // namespace

absl::StatusOr<Plugins> Plugins::FromLinked() {
  Plugins plugins;
  absl::Status status = Fill(&plugins.samplers);
  status.Update(Fill(&plugins.strategies));
  status.Update(Fill(&plugins.stopping_rules));
  status.Update(Fill(&plugins.models));
  status.Update(Fill(&plugins.runners));
  status.Update(Fill(&plugins.storages));
  if (!status.ok()) return status;
  return plugins;
}

}  // namespace sturgeon
