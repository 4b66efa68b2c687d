#include "cli/arguments.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "cli/help.h"

namespace samovar::cli {
namespace {

using experiments::ExperimentSpec;

Parsed parse(std::initializer_list<std::string_view> words) {
  return parse_arguments(std::span<const std::string_view>(words.begin(), words.size()));
}

// What is tested here holds for every experiment: procs, seed and time are there in all of them.
class ArgumentsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (experiments::all().empty()) GTEST_SKIP() << "no experiment is registered";
    name_ = std::string(experiments::all()[0]->name);
  }
  // The only problem that these words after `run EXPERIMENT` make.
  std::string problem(std::initializer_list<std::string_view> words) {
    std::vector<std::string_view> all = {"run", name_};
    all.insert(all.end(), words.begin(), words.end());
    const Parsed parsed = parse_arguments(all);
    EXPECT_EQ(parsed.problems.size(), 1u) << testing::PrintToString(parsed.problems);
    return parsed.problems.empty() ? "" : parsed.problems[0];
  }
  std::string name_;
};

TEST_F(ArgumentsTest, RunTakesParametersInEitherSpelling) {
  const Parsed parsed = parse({"run", name_, "--procs", "8", "--seed=12", "--time", "virtual"});
  EXPECT_TRUE(parsed.problems.empty()) << testing::PrintToString(parsed.problems);
  EXPECT_EQ(parsed.command.kind, Command::Kind::kRun);
  EXPECT_EQ(parsed.command.experiment->name, name_);
  EXPECT_EQ(parsed.command.parameters.integer("procs"), 8);
  EXPECT_EQ(parsed.command.parameters.integer("seed"), 12);
  EXPECT_EQ(parsed.command.parameters.choice("time"), "virtual");
  EXPECT_FALSE(parsed.command.json);
}

TEST_F(ArgumentsTest, RunTakesItsOwnOptions) {
  const Parsed parsed = parse({"run", "--json", name_, "--schedtrace", "100", "--scheddetail", "--events=e.jsonl"});
  EXPECT_TRUE(parsed.problems.empty()) << testing::PrintToString(parsed.problems);
  EXPECT_TRUE(parsed.command.json);
  EXPECT_TRUE(parsed.command.scheddetail);
  EXPECT_EQ(parsed.command.schedtrace_ms, 100u);
  EXPECT_EQ(parsed.command.events_file, "e.jsonl");
}

TEST_F(ArgumentsTest, TracesOfCollectionsNeedAHeap) {
  if (experiments::find("memory-limit") == nullptr || experiments::find("ping-pong") == nullptr) GTEST_SKIP();
  const Parsed parsed = parse({"run", "memory-limit", "--gctrace", "1", "--gcpacertrace"});
  EXPECT_TRUE(parsed.problems.empty()) << testing::PrintToString(parsed.problems);
  EXPECT_EQ(parsed.command.gctrace, 1);
  EXPECT_TRUE(parsed.command.gcpacertrace);
  for (const std::string_view option : {"--gctrace=1", "--gcpacertrace"}) {
    const Parsed without = parse({"run", "ping-pong", option});
    ASSERT_EQ(without.problems.size(), 1u);
    EXPECT_TRUE(without.problems[0].ends_with(": ping-pong has no heap, so there are no collections.")) << without.problems[0];
  }
}

TEST_F(ArgumentsTest, NegativeNumbersAreValuesNotOptions) {
  EXPECT_EQ(problem({"--procs", "-1"}), "procs is -1: it must be a whole number from 1 to 64 (Ps).");
}

TEST_F(ArgumentsTest, EveryBadWordHasItsSentence) {
  EXPECT_EQ(problem({"--procs", "many"}), "procs is \"many\": it must be a whole number from 1 to 64 (Ps).");
  EXPECT_EQ(problem({"--procs=1.5"}), "procs is 1.5: it must be a whole number from 1 to 64 (Ps).");
  EXPECT_EQ(problem({"--proc", "3"}), "There is no parameter named proc in " + name_ + ". Did you mean --procs?");
  EXPECT_EQ(problem({"--jsn"}), "There is no parameter named jsn in " + name_ + ". Did you mean --json?");
  EXPECT_EQ(problem({"--procs"}), "--procs needs a value (one that begins with -- is written --procs=--…).");
  EXPECT_EQ(problem({"--procs", "1", "--procs", "2"}), "--procs is given twice.");
  EXPECT_EQ(problem({"extra"}), "extra is not understood: parameters are written --name value.");
  EXPECT_EQ(problem({"--schedtrace", "0"}), "schedtrace is 0: it must be a whole number from 1 to 3600000 (ms).");
  EXPECT_EQ(problem({"--events="}), "--events needs the name of a file.");
  EXPECT_EQ(problem({"--schedtrace=1", "--schedtrace=2"}), "--schedtrace is given twice.");
  EXPECT_EQ(problem({"--events", "a", "--events", "b"}), "--events is given twice.");
  EXPECT_EQ(problem({"-procs", "2"}), "-procs is not understood: parameters are written --name value.");
  EXPECT_EQ(problem({"--scheddetail"}), "--scheddetail needs --schedtrace MS, whose lines it makes longer.");
  EXPECT_EQ(problem({"--json=perhaps"}), "--json is perhaps: it must be true or false.");
}

TEST_F(ArgumentsTest, AllProblemsAreListedAtOnce) {
  const Parsed parsed = parse({"run", name_, "--procs", "0", "--nonsense", "3", "--schedtrace", "x", "--seed", "-1"});
  EXPECT_EQ(parsed.problems.size(), 4u) << testing::PrintToString(parsed.problems);
}

TEST_F(ArgumentsTest, MessagesCannotSteerTheTerminal) {
  for (const std::string_view word : {"--\x1b[2J", "\x1b]0;title\x07", "--procs=\x1b[31m"}) {
    const std::string text = problem({word});
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
    EXPECT_EQ(text.find('\x07'), std::string::npos) << text;
  }
}

TEST_F(ArgumentsTest, HelpForOneExperimentNamesEveryParameter) {
  const Parsed parsed = parse({"help", name_});
  ASSERT_TRUE(parsed.problems.empty());
  ASSERT_NE(parsed.command.experiment, nullptr);
  const std::string text = experiment_help(*parsed.command.experiment);
  for (const auto& spec : all_parameters(*parsed.command.experiment)) {
    EXPECT_NE(text.find(std::string(spec.help)), std::string::npos) << spec.name;
  }
  EXPECT_EQ(parse({"run", name_, "--help"}).command.kind, Command::Kind::kHelp);
  EXPECT_TRUE(parse({"run", name_, "--help"}).problems.empty());
}

TEST_F(ArgumentsTest, HelpTakesAnExperimentsNameBeforeACommands) {
  for (const ExperimentSpec* experiment : experiments::all()) EXPECT_EQ(parse({"help", experiment->name}).command.experiment, experiment) << experiment->name;
  const Parsed command = parse({"help", "run"});
  EXPECT_TRUE(command.problems.empty());
  EXPECT_EQ(command.command.experiment, nullptr);
}

TEST_F(ArgumentsTest, VersionTakesNothing) {
  EXPECT_TRUE(parse({"--version"}).problems.empty());
  for (const std::string_view command : {"--version", "version"}) {
    const Parsed parsed = parse({command, "foo", "--json"});
    ASSERT_EQ(parsed.problems.size(), 2u);
    EXPECT_EQ(parsed.problems[0], "foo is not understood: " + std::string(command) + " takes nothing.");
  }
}

TEST_F(ArgumentsTest, ANumberHasNoSpaceAroundIt) {
  EXPECT_EQ(problem({"--procs", " 5"}), "procs is \" 5\": it must be a whole number from 1 to 64 (Ps).");
  EXPECT_EQ(problem({"--procs=5\n"}), "procs is \"5\\n\": it must be a whole number from 1 to 64 (Ps).");
}

TEST_F(ArgumentsTest, NoParameterHasTheNameOfAnOption) {
  for (const ExperimentSpec* experiment : experiments::all()) {
    for (const auto& spec : all_parameters(*experiment)) {
      for (const std::string_view reserved : reserved_names()) EXPECT_NE(spec.name, reserved) << experiment->name;
    }
  }
}

TEST(Arguments, CommandsAreRecognised) {
  EXPECT_EQ(parse({"list"}).command.kind, Command::Kind::kList);
  EXPECT_TRUE(parse({"list", "--json"}).command.json);
  EXPECT_EQ(parse({"help"}).command.kind, Command::Kind::kHelp);
  EXPECT_EQ(parse({"--help"}).command.kind, Command::Kind::kHelp);
  EXPECT_EQ(parse({"-h"}).command.kind, Command::Kind::kHelp);
  EXPECT_EQ(parse({"--version"}).command.kind, Command::Kind::kVersion);
  EXPECT_EQ(parse({"help", "run"}).command.experiment, nullptr);
}

TEST(Arguments, WrongCommandsAreExplained) {
  EXPECT_EQ(parse({}).problems[0], "No command was given (run, list or help).");
  EXPECT_EQ(parse({"rnu"}).problems[0], "There is no command named rnu (run, list or help). Did you mean run?");
  EXPECT_EQ(parse({"run"}).problems[0], "run needs the name of an experiment (samovar list names them all).");
  EXPECT_EQ(parse({"run", "no-such-thing", "--blocks", "3"}).problems,
            std::vector<std::string>{"There is no experiment named no-such-thing. (samovar list names them all.)"});
  EXPECT_EQ(parse({"list", "mine"}).problems[0], "mine is not understood: list takes nothing but --json.");
  EXPECT_EQ(parse({"run", "--procs", "3"}).problems[0], "--procs comes before the experiment: name that first.");
}

}  // namespace
}  // namespace samovar::cli
