// Tells ThreadSanitizer about the synchronization inside the system's Abseil, which is compiled
// without it: unseen, every value that a mutex guards would look like a data race. The linker is
// told
// (--wrap) to send each call of the functions below here.
//
// Conditions (LockWhen, Await) are evaluated by Abseil on behalf of other threads, so what they
// read is not checked. Await must not be called under a reader lock: whether it is cannot be told
// here.

#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

#define STRING_OF(x) #x
#define STRING(x) STRING_OF(x)
// STURGEON_ABSEIL_NAMESPACE is the inline namespace of the system's Abseil, as it is mangled.
#define SYMBOL(prefix, name, k) \
  asm("__" prefix "__ZN" k "4absl" STRING(STURGEON_ABSEIL_NAMESPACE) name)
#define WRAP(result, id, mangled, ...)                      \
  result Real##id(__VA_ARGS__) SYMBOL("real", mangled, ""); \
  result Wrap##id(__VA_ARGS__) SYMBOL("wrap", mangled, ""); \
  result Wrap##id(__VA_ARGS__)
#define WRAP_CONST(result, id, mangled, ...)                 \
  result Real##id(__VA_ARGS__) SYMBOL("real", mangled, "K"); \
  result Wrap##id(__VA_ARGS__) SYMBOL("wrap", mangled, "K"); \
  result Wrap##id(__VA_ARGS__)

namespace {

using ::absl::Condition;
using ::absl::Duration;
using ::absl::Mutex;
using ::absl::Time;

constexpr unsigned kRead = __tsan_mutex_read_lock;
constexpr unsigned kTry = __tsan_mutex_try_lock;

// The mutex is acquired between construction and destruction.
class Acquire {
 public:
  explicit Acquire(Mutex* mutex, unsigned flags = 0) : mutex_(mutex), flags_(flags) {
    __tsan_mutex_pre_lock(mutex_, flags_);
  }
  ~Acquire() { __tsan_mutex_post_lock(mutex_, flags_, 0); }
  bool Succeeded(bool locked) {
    if (!locked) flags_ |= __tsan_mutex_try_lock_failed;
    return locked;
  }

 private:
  Mutex* mutex_;
  unsigned flags_;
};

class Release {
 public:
  explicit Release(Mutex* mutex, unsigned flags = 0) : mutex_(mutex), flags_(flags) {
    __tsan_mutex_pre_unlock(mutex_, flags_);
  }
  ~Release() { __tsan_mutex_post_unlock(mutex_, flags_); }

 private:
  Mutex* mutex_;
  unsigned flags_;
};

// The mutex is given up, and held again at the end.
class Wait {
 public:
  explicit Wait(Mutex* mutex) : acquire_(Released(mutex)) {}

 private:
  static Mutex* Released(Mutex* mutex) {
    Release release(mutex);
    return mutex;
  }
  Acquire acquire_;
};

// The flag of a Notification, which its inline functions read, follows its mutex.
void* FlagOf(const void* notification) {
  return const_cast<char*>(static_cast<const char*>(notification)) + sizeof(Mutex);
}

extern "C" {

WRAP(void, Destroy, "5MutexD1Ev", Mutex* mutex) {
  __tsan_mutex_destroy(mutex, 0);
  RealDestroy(mutex);
}
WRAP(void, Lock, "5Mutex4LockEv", Mutex* mutex) {
  Acquire acquire(mutex);
  RealLock(mutex);
}
WRAP(void, Unlock, "5Mutex6UnlockEv", Mutex* mutex) {
  Release release(mutex);
  RealUnlock(mutex);
}
WRAP(bool, TryLock, "5Mutex7TryLockEv", Mutex* mutex) {
  Acquire acquire(mutex, kTry);
  return acquire.Succeeded(RealTryLock(mutex));
}
WRAP(void, ReaderLock, "5Mutex10ReaderLockEv", Mutex* mutex) {
  Acquire acquire(mutex, kRead);
  RealReaderLock(mutex);
}
WRAP(void, ReaderUnlock, "5Mutex12ReaderUnlockEv", Mutex* mutex) {
  Release release(mutex, kRead);
  RealReaderUnlock(mutex);
}
WRAP(bool, ReaderTryLock, "5Mutex13ReaderTryLockEv", Mutex* mutex) {
  Acquire acquire(mutex, kTry | kRead);
  return acquire.Succeeded(RealReaderTryLock(mutex));
}
WRAP(void, LockWhen, "5Mutex8LockWhenERKNS0_9ConditionE", Mutex* mutex,
     const Condition& condition) {
  Acquire acquire(mutex);
  RealLockWhen(mutex, condition);
}
WRAP(bool, LockWhenWithTimeout, "5Mutex19LockWhenWithTimeoutERKNS0_9ConditionENS0_8DurationE",
     Mutex* mutex, const Condition& condition, Duration timeout) {
  Acquire acquire(mutex);
  return RealLockWhenWithTimeout(mutex, condition, timeout);
}
WRAP(bool, LockWhenWithDeadline, "5Mutex20LockWhenWithDeadlineERKNS0_9ConditionENS0_4TimeE",
     Mutex* mutex, const Condition& condition, Time deadline) {
  Acquire acquire(mutex);
  return RealLockWhenWithDeadline(mutex, condition, deadline);
}
WRAP(void, ReaderLockWhen, "5Mutex14ReaderLockWhenERKNS0_9ConditionE", Mutex* mutex,
     const Condition& condition) {
  Acquire acquire(mutex, kRead);
  RealReaderLockWhen(mutex, condition);
}
WRAP(void, Await, "5Mutex5AwaitERKNS0_9ConditionE", Mutex* mutex, const Condition& condition) {
  Wait wait(mutex);
  RealAwait(mutex, condition);
}
WRAP(bool, AwaitWithTimeout, "5Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE",
     Mutex* mutex, const Condition& condition, Duration timeout) {
  Wait wait(mutex);
  return RealAwaitWithTimeout(mutex, condition, timeout);
}
WRAP(bool, AwaitWithDeadline, "5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE", Mutex* mutex,
     const Condition& condition, Time deadline) {
  Wait wait(mutex);
  return RealAwaitWithDeadline(mutex, condition, deadline);
}

WRAP(void, CondVarWait, "7CondVar4WaitEPNS0_5MutexE", void* variable, Mutex* mutex) {
  Wait wait(mutex);
  RealCondVarWait(variable, mutex);
}
WRAP(bool, CondVarWaitWithTimeout, "7CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE",
     void* variable, Mutex* mutex, Duration timeout) {
  Wait wait(mutex);
  return RealCondVarWaitWithTimeout(variable, mutex, timeout);
}
WRAP(bool, CondVarWaitWithDeadline, "7CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE",
     void* variable, Mutex* mutex, Time deadline) {
  Wait wait(mutex);
  return RealCondVarWaitWithDeadline(variable, mutex, deadline);
}

WRAP(void, Notify, "12Notification6NotifyEv", void* notification) {
  __tsan_release(FlagOf(notification));
  RealNotify(notification);
}
WRAP_CONST(void, WaitForNotification, "12Notification19WaitForNotificationEv",
           const void* notification) {
  RealWaitForNotification(notification);
  __tsan_acquire(FlagOf(notification));
}
WRAP_CONST(bool, WaitForNotificationWithTimeout,
           "12Notification30WaitForNotificationWithTimeoutENS0_8DurationE",
           const void* notification, Duration timeout) {
  const bool notified = RealWaitForNotificationWithTimeout(notification, timeout);
  if (notified) __tsan_acquire(FlagOf(notification));
  return notified;
}
WRAP_CONST(bool, WaitForNotificationWithDeadline,
           "12Notification31WaitForNotificationWithDeadlineENS0_4TimeE", const void* notification,
           Time deadline) {
  const bool notified = RealWaitForNotificationWithDeadline(notification, deadline);
  if (notified) __tsan_acquire(FlagOf(notification));
  return notified;
}

WRAP(bool, DecrementCount, "15BlockingCounter14DecrementCountEv", void* counter) {
  __tsan_release(counter);
  return RealDecrementCount(counter);
}
WRAP(void, BlockingCounterWait, "15BlockingCounter4WaitEv", void* counter) {
  RealBlockingCounterWait(counter);
  __tsan_acquire(counter);
}

}  // extern "C"
}  // namespace
