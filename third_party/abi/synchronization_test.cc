// Data handed from thread to thread by Abseil's means alone. Under --config=tsan it shows that
// ThreadSanitizer sees them all (third_party/abseil_tsan.cc): one unseen would be a reported race.

#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

bool IsTrue(bool* value) { return *value; }

TEST(SynchronizationTest, QueueByCondVar) {
  absl::Mutex mutex;
  absl::CondVar changed;
  std::deque<std::unique_ptr<int>> queue;
  bool closed = false;
  int sum = 0;
  std::vector<std::thread> workers;
  for (int i = 0; i < 3; ++i) {
    workers.emplace_back([&, i] {
      absl::MutexLock lock(&mutex);
      while (true) {
        while (queue.empty() && !closed) {
          if (i == 0) {
            changed.Wait(&mutex);
          } else {
            changed.WaitWithTimeout(&mutex, absl::Milliseconds(i));
          }
        }
        if (queue.empty()) return;
        sum += *queue.front();
        queue.pop_front();
      }
    });
  }
  for (int i = 1; i <= 1000; ++i) {
    absl::MutexLock lock(&mutex);
    queue.push_back(std::make_unique<int>(i));
    changed.Signal();
  }
  {
    absl::MutexLock lock(&mutex);
    closed = true;
    changed.SignalAll();
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(sum, 500500);
}

TEST(SynchronizationTest, ConditionsAndReaders) {
  absl::Mutex mutex;
  bool ready = false;
  int value = 0;
  std::thread writer([&] {
    absl::MutexLock lock(&mutex);
    value = 7;
    ready = true;
  });
  std::thread reader([&] {
    absl::ReaderMutexLock lock(&mutex, absl::Condition(&IsTrue, &ready));
    EXPECT_EQ(value, 7);
  });
  {
    absl::MutexLock lock(&mutex);
    EXPECT_TRUE(mutex.AwaitWithTimeout(absl::Condition(&IsTrue, &ready), absl::InfiniteDuration()));
    EXPECT_EQ(value, 7);
  }
  mutex.LockWhen(absl::Condition(&IsTrue, &ready));
  EXPECT_EQ(value, 7);
  mutex.Unlock();
  writer.join();
  reader.join();
}

TEST(SynchronizationTest, TryLock) {
  absl::Mutex mutex;
  int value = 0;
  const auto increment = [&] {
    for (int i = 0; i < 1000; ++i) {
      while (!mutex.TryLock()) {
      }
      ++value;
      mutex.Unlock();
    }
  };
  std::thread other(increment);
  increment();
  other.join();
  EXPECT_EQ(value, 2000);
}

TEST(SynchronizationTest, NotificationAndBlockingCounter) {
  absl::Notification start;
  absl::BlockingCounter finished(3);
  int input = 0;
  int output[3] = {};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      if (i == 0) {
        while (!start.HasBeenNotified()) {
        }
      } else {
        start.WaitForNotification();
      }
      output[i] = input + i;
      finished.DecrementCount();
    });
  }
  input = 10;
  start.Notify();
  finished.Wait();
  EXPECT_EQ(output[0] + output[1] + output[2], 33);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace sturgeon
