#include "runners/sequential/sequential.h"

#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "core/option_schema.h"
#include "gtest/gtest.h"
#include "runners/conformance.h"
#include "runners/testing.h"

namespace sturgeon {
namespace {

INSTANTIATE_TEST_SUITE_P(Sequential, RunnerConformance,
                         testing::Values(RunnerCase{"sequential", &kSequentialRunner},
                                         RunnerCase{"process", &kSequentialRunner,
                                                    *ParseAssignments("isolation=process")}),
                         RunnerCaseName);

TEST(SequentialRunner, EverythingHappensInOrderAndInTheCallingThread) {
  std::vector<std::string> calls;
  StudyHooks hooks;
  hooks.on_note = [&](absl::string_view call) { calls.emplace_back(call); };
  auto study = Study::Create(SmallStudy(), {"witness"}, WitnessPlugins(), hooks);
  ASSERT_TRUE(study.ok()) << study.status();
  const std::thread::id here = std::this_thread::get_id();
  const LambdaModel model({{"value", Goal::kMinimize}}, 2, [here](const LambdaModel::Step& step) {
    EXPECT_EQ(std::this_thread::get_id(), here);
    return std::vector<double>{static_cast<double>(step.step)};
  });
  auto runner = SequentialRunner::Create({}, {});
  ASSERT_TRUE(runner.ok());
  RunRequest request = {**study, model};
  request.trials = 2;
  ASSERT_TRUE((*runner)->Run(request).ok());
  EXPECT_EQ(calls,
            std::vector<std::string>({"ask 0 x1 pending", "report 0 step 1", "report 0 step 2",
                                      "tell 0 complete", "ask 1 x1 pending", "report 1 step 1",
                                      "report 1 step 2", "tell 1 complete"}));
}

}  // namespace
}  // namespace sturgeon
