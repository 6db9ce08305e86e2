// The same work on many things, by a few threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

namespace pond {

// Calls work(0) … work(count - 1), each once, in any order, by this thread and others, of which
// there is one for every `per_thread` calls and none more than the machine has processors. When
// calls throw, the exception of the lowest number is thrown on after all have ended; calls not yet
// begun are left out.
template <class Work>
void in_parallel(std::size_t count, std::size_t per_thread, const Work& work,
                 std::size_t most_threads = std::max(1U, std::thread::hardware_concurrency())) {
  std::vector<std::exception_ptr> errors(count);
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> failed = false;
  const auto run = [&] {
    for (std::size_t i = next++; i < count && !failed; i = next++) {
      try {
        work(i);
      } catch (...) {
        errors[i] = std::current_exception();
        failed = true;
      }
    }
  };
  {
    std::vector<std::jthread> others;
    const std::size_t threads = std::min(most_threads, count / per_thread);
    try {
      for (std::size_t i = 1; i < threads; ++i)
        others.emplace_back(run);
    } catch (const std::system_error&) {
      // No more threads to be had: those that are there do it.
    }
    run();
  }
  for (const auto& error : errors)
    if (error) std::rethrow_exception(error);
}

}  // namespace pond
