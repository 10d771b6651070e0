// The main of a test of a runner that trains models in other processes: it may be one of those.

#include "core/model.h"
#include "gtest/gtest.h"
#include "runners/conformance.h"
#include "runners/isolation/worker.h"

int main(int argc, char** argv) {
  sturgeon::ModelRegistry models;
  models.Add(sturgeon::kScriptedModel).IgnoreError();
  if (sturgeon::IsWorker()) return sturgeon::ServeModels(models);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
