#include "command_line.h"

#include <CLI/CLI.hpp>
#include <array>

#include "base/encoding.h"

namespace freehold::app {

namespace {

constexpr std::array<std::string_view, 7> kCommands = {"up",     "env",     "fsck", "export-audit",
                                                       "verify", "version", "help"};

// The options of every command, bound to one set of values: only the chosen command's are read.
struct Parser {
  CLI::App app{"Freehold: a sovereign cloud that speaks Azure's APIs.", "freehold"};
  UpOptions up;
  EnvOptions env;
  FsckOptions fsck;
  ExportAuditOptions export_audit;
  VerifyOptions verify;
  std::string help_topic;
  CLI::App* up_command = nullptr;
  CLI::App* env_command = nullptr;
  CLI::App* fsck_command = nullptr;
  CLI::App* export_command = nullptr;
  CLI::App* verify_command = nullptr;
  CLI::App* version_command = nullptr;
  CLI::App* help_command = nullptr;

  Parser() {
    app.require_subcommand(1);
    add_up();
    add_others();
  }

  void add_up() {
    up_command = app.add_subcommand("up", "serve a region from DIR until SIGTERM or SIGINT");
    up_command->add_option("--data", up.data, "the data directory; made ready if it is empty")->required();
    up_command->add_option("--config", up.config, "settings file (default DIR/freehold.toml)");
    up_command->add_option("--https-port", up.https_port, "default 8443; 0 takes any free one");
    up_command->add_option("--http-port", up.http_port, "plain http, loopback only; off unless given");
    up_command->add_option("--metrics-port", up.metrics_port, "loopback; 0, the default, takes any free one");
    up_command->add_flag("--emulator", up.emulator,
                         "also account devstoreaccount1 with the well-known key, http on 10000: for tests only");
    up_command->add_option("--region", up.region, "default local");
    up_command->add_option("--domain", up.domain, "default freehold.localhost");
    up_command->add_option("--pin-file", up.pin_file, "file with the HSM token's PIN (default DIR/pin)");
    up_command->add_option("--listen", up.listen, "address to listen on, repeatable (default 127.0.0.1 and ::1)")
        ->take_all();
  }

  void add_others() {
    env_command = app.add_subcommand("env", "shell exports for clients: eval \"$(freehold env --data DIR)\"");
    env_command->add_option("--data", env.data, "the data directory of a running region")->required();

    fsck_command = app.add_subcommand("fsck", "offline: verify every copy of everything, repair what can be");
    fsck_command->add_option("--data", fsck.data, "the data directory")->required();
    fsck_command->add_option("--config", fsck.config, "settings file (default DIR/freehold.toml)");

    export_command = app.add_subcommand("export-audit", "write the audit log with its proofs to a folder");
    export_command->add_option("--data", export_audit.data, "the data directory")->required();
    export_command->add_option("--out", export_audit.out, "a folder that does not exist yet or is empty")->required();
    export_command->add_option("--config", export_audit.config, "settings file (default DIR/freehold.toml)");
    export_command->add_option("--from", export_audit.from, "first moment, RFC 3339 (default: the beginning)");
    export_command->add_option("--to", export_audit.to, "last moment, RFC 3339 (default: now)");

    verify_command = app.add_subcommand("verify", "verify an audit export without trusting the server");
    verify_command->add_option("OUT", verify.export_folder, "the exported folder")->required();
    verify_command->add_option("--key", verify.key_file, "the log's public key (DIR/audit.pub, kept elsewhere)")
        ->required();

    version_command = app.add_subcommand("version", "print the version");
    help_command = app.add_subcommand("help", "print help");
    help_command->add_option("COMMAND", help_topic, "a command");
  }

  [[nodiscard]] Command chosen() {
    if (*up_command) return up;
    if (*env_command) return env;
    if (*fsck_command) return fsck;
    if (*export_command) return export_audit;
    if (*verify_command) return verify;
    if (*version_command) return VersionOptions{};
    return help();
  }

  [[nodiscard]] Command help() {
    // An App that has parsed a command prints that command's help: the overview comes from one that hasn't.
    if (help_topic.empty()) return PrintAndExit{Parser().app.help(), kExitDone};
    for (CLI::App* topic : app.get_subcommands({})) {
      if (topic->get_name() == help_topic) return PrintAndExit{topic->help(), kExitDone};
    }
    return PrintAndExit{unknown_command(help_topic), kExitUsage};
  }

  static std::string unknown_command(const std::string& word) {
    const std::string_view near = nearest(word, kCommands);
    std::string text = "freehold: there is no command '" + word + "'";
    if (!near.empty()) text += "; did you mean '" + std::string(near) + "'?";
    return text + "\nRun 'freehold help' for the list.\n";
  }
};

}  // namespace

Command parse_command_line(int argc, const char* const* argv) {
  Parser parser;
  if (argc < 2) return PrintAndExit{parser.app.help(), kExitUsage};
  const std::string first = argv[1];
  if (!first.starts_with('-') && std::ranges::find(kCommands, first) == kCommands.end()) {
    return PrintAndExit{Parser::unknown_command(first), kExitUsage};
  }
  try {
    parser.app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const auto chosen = parser.app.get_subcommands();
    return PrintAndExit{chosen.empty() ? parser.app.help() : chosen.front()->help(), kExitDone};
  } catch (const CLI::ParseError& error) {
    return PrintAndExit{"freehold: " + std::string(error.what()) + "\nRun 'freehold help " +
                            (first.starts_with('-') ? std::string() : first) + "' for the options.\n",
                        kExitUsage};
  }
  return parser.chosen();
}

}  // namespace freehold::app
