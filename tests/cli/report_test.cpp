#include "cli/report.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/table.h"
#include "experiments/event_lines.h"
#include "experiments/run.h"
#include "sched/wait_reason.h"

namespace samovar::cli {
namespace {

using experiments::append_event_line;
using experiments::name_of;
using experiments::stop_reason_name;

TEST(Report, QuantitiesHaveUnitsAndSensibleDigits) {
  EXPECT_EQ(format_quantity("262144", "hashes"), "262,144 hashes");
  EXPECT_EQ(format_quantity("1", "goroutines"), "1 goroutine");
  EXPECT_EQ(format_quantity("1", "Ps"), "1 P");
  EXPECT_EQ(format_quantity("1", "hashes"), "1 hash");
  EXPECT_EQ(format_quantity("1", "H/s"), "1 H/s");
  EXPECT_EQ(format_quantity("-1234", ""), "-1,234");
  EXPECT_EQ(format_quantity("999", ""), "999");
  EXPECT_EQ(format_quantity("1500000", "ns"), "1.5ms");
  EXPECT_EQ(format_quantity("4096", "B"), "4 KiB");
  EXPECT_EQ(format_quantity("1536", "bytes"), "1.5 KiB");
  EXPECT_EQ(format_quantity("1234567.891234", "H/s"), "1,234,567.891 H/s");
  EXPECT_EQ(format_quantity("2.5", ""), "2.5");
  EXPECT_EQ(format_quantity("3.0", ""), "3");
  EXPECT_EQ(format_quantity("0.000123456", "s"), "0.0001235 s");
}

TEST(Report, TextOfOthersCannotSteerTheTerminal) {
  EXPECT_EQ(printable("plain µ"), "plain µ");
  EXPECT_EQ(printable("\x1b[2J"), "\"\\u001b[2J\"");
  EXPECT_EQ(printable("\xC2\x9B"
                      "2J"),
            "\"\\u009b2J\"");
}

TEST(Report, TablesAlignTextOfAnyWidth) {
  Table table;
  table.add({"µs", "1"});
  table.add({"hashes", ""});
  EXPECT_EQ(table.to_string(2), "  µs      1\n  hashes\n");
}

TEST(Report, AVirtualRunIsAsLongAsItsVirtualTime) {
  const experiments::ExperimentSpec* spec = experiments::find("ping-pong");
  if (spec == nullptr) GTEST_SKIP() << "ping-pong is not registered";
  const auto virtual_time = base::parse_json(R"({"rounds":100,"procs":2,"time":"virtual"})");
  experiments::Run run(*spec, experiments::validate(*spec, *virtual_time).parameters, experiments::RunOptions());
  run.execute();
  const std::string text = report(run);
  const std::string time = base::format_duration(static_cast<int64_t>(run.cost().virtual_ns));
  EXPECT_TRUE(text.starts_with("Ping-pong: done after " + time + " of virtual time, 2 Ps, simulated threads\n")) << text.substr(0, 100);
  EXPECT_NE(text.find("\n  wall time "), std::string::npos) << text;
}

TEST(EventLines, AreOneJsonObjectEach) {
  observe::Event event = {};
  event.time_ns = 252;
  event.seq = 6;
  event.kind = observe::EventKind::kGoRun;
  event.reason = observe::kReasonWait + static_cast<uint8_t>(sched::WaitReason::kChanReceive);
  event.g = 7;
  event.b = 1;
  std::string out;
  append_event_line(out, event, "");
  EXPECT_EQ(out,
            "{\"time_ns\":252,\"seq\":6,\"kind\":\"go_run\",\"p\":0,\"g\":7,\"a\":0,\"b\":1,"
            "\"reason\":\"chan receive\"}\n");
  event.p = observe::kNoP;
  event.kind = observe::EventKind::kGoCreate;
  event.reason = 0;
  out.clear();
  append_event_line(out, event, "worker");
  EXPECT_EQ(out, "{\"time_ns\":252,\"seq\":6,\"kind\":\"go_create\",\"g\":7,\"a\":0,\"b\":1,\"name\":\"worker\"}\n");
}

TEST(EventLines, EveryKindHasAName) {
  for (int kind = 1; kind < static_cast<int>(observe::EventKind::kCount); ++kind) {
    EXPECT_NE(name_of(static_cast<observe::EventKind>(kind)), "") << kind;
  }
  EXPECT_EQ(name_of(static_cast<observe::EventKind>(200)), "");
  EXPECT_EQ(stop_reason_name(observe::kStopExit), "exit");
  EXPECT_EQ(stop_reason_name(255), "");
}

}  // namespace
}  // namespace samovar::cli
