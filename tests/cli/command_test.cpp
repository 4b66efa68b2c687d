// The command itself, as a shell would start it: what it prints where, and how it ends.
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "experiments/experiment.h"
#include "support/sanitizers.h"

extern char** environ;

namespace samovar::cli {
namespace {

struct Pipe {
  int read_end = -1, write_end = -1;
  Pipe() {
    int ends[2];
    if (pipe(ends) == 0) read_end = ends[0], write_end = ends[1];
  }
  ~Pipe() { close(read_end); }
};

std::string read_all(int fd) {
  std::string out;
  char part[4096];
  for (ssize_t n; (n = read(fd, part, sizeof part)) > 0;) out.append(part, static_cast<size_t>(n));
  return out;
}

// A started command. Its standard output goes to a file, so that it never waits for its reader.
class Process {
 public:
  // `limit_kib`: how much address space it may have; 0: no limit.
  explicit Process(std::vector<std::string> words, int limit_kib = 0) {
    words.insert(words.begin(), SAMOVAR_COMMAND);
    const char* command = SAMOVAR_COMMAND;
    if (limit_kib > 0) {
      command = "/bin/sh";
      words.insert(words.begin(), {"sh", "-c", "ulimit -v " + std::to_string(limit_kib) + R"(; exec "$0" "$@")"});
    }
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fileno(output_), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, errors_.write_end, STDERR_FILENO);
    posix_spawn_file_actions_addclose(&actions, errors_.read_end);
    EXPECT_EQ(posix_spawn(&pid_, command, &actions, nullptr, arguments.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(errors_.write_end);
  }
  ~Process() { std::fclose(output_); }

  // Waits for the first bytes on standard error.
  std::string first_error() {
    char part[256];
    const ssize_t n = read(errors_.read_end, part, sizeof part);
    return n > 0 ? std::string(part, static_cast<size_t>(n)) : "";
  }
  void interrupt() { kill(pid_, SIGINT); }

  // Waits for the end; then the status and both streams are known.
  int wait_for_end() {
    errors = read_all(errors_.read_end);
    int status = 0;
    waitpid(pid_, &status, 0);
    lseek(fileno(output_), 0, SEEK_SET);
    output = read_all(fileno(output_));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  std::string output, errors;

 private:
  std::FILE* output_ = std::tmpfile();
  Pipe errors_;
  pid_t pid_ = 0;
};

bool has(std::string_view experiment) {
  return experiments::find(experiment) != nullptr;
}

TEST(Command, HelpAndListGoToStandardOutput) {
  for (const char* word : {"help", "list", "--version"}) {
    Process process({word});
    EXPECT_EQ(process.wait_for_end(), 0) << word;
    EXPECT_EQ(process.errors, "") << word;
    EXPECT_TRUE(process.output.ends_with('\n') || experiments::all().empty()) << word;
  }
}

TEST(Command, ListAsJsonIsTheTable) {
  Process process({"list", "--json"});
  EXPECT_EQ(process.wait_for_end(), 0);
  const auto json = base::parse_json(process.output);
  ASSERT_TRUE(json);
  EXPECT_EQ(json->find("experiments")->items().size(), experiments::all().size());
}

TEST(Command, BadInputEndsWithTwoAndPrintsNothingOnStandardOutput) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{}, {"rnu"}, {"run"}, {"run", "no-such-experiment"}, {"list", "x"}}) {
    Process process(words);
    EXPECT_EQ(process.wait_for_end(), 2);
    EXPECT_EQ(process.output, "");
    EXPECT_TRUE(process.errors.starts_with("samovar: ")) << process.errors;
  }
}

TEST(Command, JsonIsOneObjectThatRepeatsInVirtualTime) {
  if (!has("spawn-order")) GTEST_SKIP() << "spawn-order is not registered";
  std::set<std::string> digests;
  for (int i = 0; i < 2; ++i) {
    Process process({"run", "spawn-order", "--time", "virtual", "--json"});
    ASSERT_EQ(process.wait_for_end(), 0) << process.errors;
    EXPECT_EQ(process.errors, "");
    const auto json = base::parse_json(process.output);
    ASSERT_TRUE(json) << process.output;
    EXPECT_EQ(json->find("experiment")->text(), "spawn-order");
    EXPECT_EQ(json->find("driver")->text(), "virtual");
    for (const char* name : {"parameters", "result", "metrics", "cost"}) EXPECT_NE(json->find(name), nullptr) << name;
    digests.insert(json->find("cost")->find("digest")->text());
  }
  EXPECT_EQ(digests.size(), 1u);
}

TEST(Command, EventsAreJsonLines) {
  if (!has("spawn-order")) GTEST_SKIP() << "spawn-order is not registered";
  const std::string path = testing::TempDir() + "samovar-events-" + std::to_string(getpid()) + ".jsonl";  // others may test here too
  Process process({"run", "spawn-order", "--time", "virtual", "--json", "--events", path});
  ASSERT_EQ(process.wait_for_end(), 0) << process.errors;
  std::FILE* file = std::fopen(path.c_str(), "rb");
  ASSERT_NE(file, nullptr);
  const std::string text = read_all(fileno(file));
  std::fclose(file);
  std::remove(path.c_str());
  int64_t lines = 0;
  for (size_t at = 0; at < text.size(); ++lines) {
    const size_t end = text.find('\n', at);
    ASSERT_TRUE(base::parse_json(std::string_view(text).substr(at, end - at))) << lines;
    at = end + 1;
  }
  const auto json = base::parse_json(process.output);
  EXPECT_EQ(json->find("cost")->find("events_recorded")->as_integer(), lines);
}

// As in Go, where GODEBUG=gctrace=1,gcpacertrace=1 prints both.
TEST(Command, PacerLinesComeBeforeTheCollectionsOwn) {
  if (!has("memory-limit")) GTEST_SKIP() << "memory-limit is not registered";
  Process process({"run", "memory-limit", "--time", "virtual", "--allocate", "150", "--json", "--gctrace", "1", "--gcpacertrace"});
  ASSERT_EQ(process.wait_for_end(), 0) << process.errors;
  EXPECT_TRUE(process.errors.starts_with("pacer: assist ratio=")) << process.errors;
  EXPECT_NE(process.errors.find("\npacer: 25% CPU (25 exp.) for "), std::string::npos) << process.errors;
  EXPECT_LT(process.errors.find(" B -> "), process.errors.find("\ngc 1 @")) << process.errors;
}

TEST(Command, DeadlockEndsWithOneInGosWords) {
  if (!has("deadlock")) GTEST_SKIP() << "deadlock is not registered";
  Process process({"run", "deadlock", "--json"});
  EXPECT_EQ(process.wait_for_end(), 1);
  EXPECT_TRUE(process.errors.starts_with("fatal error: all goroutines are asleep - deadlock!")) << process.errors;
  const auto json = base::parse_json(process.output);
  ASSERT_TRUE(json);
  EXPECT_EQ(json->find("state")->text(), "deadlocked");
}

TEST(Command, MemoryThatRunsOutEndsWithOneInGosWords) {
  if (!has("million")) GTEST_SKIP() << "million is not registered";
  if (kThreadSanitizer || kAddressSanitizer) GTEST_SKIP() << "a sanitizer's own memory does not fit into the limit";
  for (int limit_kib = 180'000; limit_kib <= 240'000; limit_kib += 20'000) {
    Process process({"run", "million", "--goroutines", "1000000", "--json"}, limit_kib);
    EXPECT_EQ(process.wait_for_end(), 1) << limit_kib;
    EXPECT_TRUE(process.errors.starts_with("fatal error: out of memory: cannot allocate another goroutine\n")) << limit_kib << process.errors;
    EXPECT_TRUE(base::parse_json(process.output)) << limit_kib;
  }
}

TEST(Command, InterruptCancelsAndStillPrintsWhatIsKnown) {
  if (!has("mine")) GTEST_SKIP() << "mine is not registered";
  for (const char* time : {"real", "virtual"}) {
    Process process({"run", "mine", "--difficulty", "40", "--json", "--schedtrace", "1", "--time", time});
    EXPECT_TRUE(process.first_error().starts_with("SCHED "));  // the sign that it runs
    process.interrupt();
    EXPECT_EQ(process.wait_for_end(), 130) << time;
    const auto json = base::parse_json(process.output);
    ASSERT_TRUE(json) << process.output;
    EXPECT_EQ(json->find("state")->text(), "cancelled");
  }
}

}  // namespace
}  // namespace samovar::cli
