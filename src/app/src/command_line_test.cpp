#include "command_line.h"

#include <gtest/gtest.h>

namespace freehold::app {
namespace {

Command parse(std::vector<const char*> words) {
  words.insert(words.begin(), "freehold");
  return parse_command_line(static_cast<int>(words.size()), words.data());
}

TEST(CommandLine, UpTakesEveryOption) {
  const Command command =
      parse({"up",         "--data",   "/d", "--https-port", "0",         "--http-port", "0",  "--metrics-port", "1",
             "--emulator", "--region", "r",  "--domain",     "d.example", "--pin-file",  "/p", "--listen",       "::1",
             "--listen",   "127.0.0.1"});
  const auto* up = std::get_if<UpOptions>(&command);
  ASSERT_NE(up, nullptr);
  EXPECT_EQ(up->https_port, 0);
  EXPECT_EQ(up->http_port, 0);
  EXPECT_TRUE(up->emulator);
  EXPECT_EQ(up->listen, (std::vector<std::string>{"::1", "127.0.0.1"}));
}

TEST(CommandLine, OtherCommands) {
  EXPECT_TRUE(std::holds_alternative<EnvOptions>(parse({"env", "--data", "/d"})));
  EXPECT_TRUE(std::holds_alternative<FsckOptions>(parse({"fsck", "--data", "/d"})));
  EXPECT_TRUE(std::holds_alternative<VersionOptions>(parse({"version"})));
  const Command command = parse({"verify", "/out", "--key", "/k"});
  ASSERT_TRUE(std::holds_alternative<VerifyOptions>(command));
  EXPECT_EQ(std::get<VerifyOptions>(command).export_folder, "/out");
}

TEST(CommandLine, BadUsageIs64AndNamesTheWord) {
  for (const auto& words : std::vector<std::vector<const char*>>{{},
                                                                 {"up"},
                                                                 {"ups"},
                                                                 {"up", "--data"},
                                                                 {"up", "--data", "/d", "--https-port", "70000"},
                                                                 {"up", "--data", "/d", "--nonsense"},
                                                                 {"help", "nonsense"}}) {
    const Command command = parse(words);
    const auto* print = std::get_if<PrintAndExit>(&command);
    ASSERT_NE(print, nullptr);
    EXPECT_EQ(print->status, kExitUsage);
    EXPECT_FALSE(print->text.empty());
  }
  EXPECT_NE(std::get<PrintAndExit>(parse({"ups"})).text.find("did you mean 'up'"), std::string::npos);
}

TEST(CommandLine, HelpNamesEveryCommand) {
  const Command command = parse({"help"});
  for (const char* word : {"up", "env", "fsck", "export-audit", "verify", "version"}) {
    EXPECT_NE(std::get<PrintAndExit>(command).text.find(std::string("  ") + word), std::string::npos) << word;
  }
}

TEST(CommandLine, HelpIsNoError) {
  for (const auto& words : std::vector<std::vector<const char*>>{{"help"}, {"help", "up"}, {"up", "--help"}, {"-h"}}) {
    const Command command = parse(words);
    ASSERT_TRUE(std::holds_alternative<PrintAndExit>(command));
    EXPECT_EQ(std::get<PrintAndExit>(command).status, kExitDone);
  }
}

}  // namespace
}  // namespace freehold::app
