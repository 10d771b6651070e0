#include "core/failure.h"

#include "gtest/gtest.h"

namespace sturgeon {
namespace {

TEST(Failure, AStatusKeepsItsKindAndReason) {
  for (const FailureKind kind :
       {FailureKind::kError, FailureKind::kException, FailureKind::kExitCode, FailureKind::kSignal,
        FailureKind::kTimeout, FailureKind::kOutOfMemory, FailureKind::kLostWorker,
        FailureKind::kNotFinite, FailureKind::kCancelled}) {
    const absl::Status status = FailureStatus(kind, "the reason");
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(FailureKindOf(status), kind);
    EXPECT_EQ(status.message(), "the reason");
  }
  EXPECT_TRUE(absl::IsCancelled(FailureStatus(FailureKind::kCancelled, "")));
}

TEST(Failure, AnyOtherStatusIsAnError) {
  EXPECT_EQ(FailureKindOf(absl::InternalError("x")), FailureKind::kError);
}

}  // namespace
}  // namespace sturgeon
