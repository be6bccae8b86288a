// DiagnosticSetting: which logs of a resource go where; what a body may ask for, how one is shown, and its row. Pure.
//
// Source: "Diagnostic Settings - Create Or Update" (api-version 2021-05-01-preview), "Subscription Diagnostic Settings"
// (2017-05-01-preview), "Diagnostic settings in Azure Monitor" (limits, regions, destinations).
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "resource/resource_id.h"
#include "route/api_error.h"
#include "src/log_categories.h"

namespace freehold::insights {

using Json = nlohmann::json;
using SettingId = Guid<struct DiagnosticSettingTag>;

inline constexpr std::size_t kSettingsPerResource = 5;
inline constexpr std::size_t kSettingsPerTenant = 5'000;  // ours
inline constexpr std::size_t kMostLogs = 64;              // entries of one setting
inline constexpr std::size_t kSettingNameBytes = 260;

// One of a setting's `logs`: a category or a group of them.
struct LogChoice {
  std::string category = {};  // the source's own spelling
  std::string group = {};
  bool enabled = false;
  friend bool operator==(const LogChoice&, const LogChoice&) = default;
};

struct DiagnosticSetting {
  SettingId id;                         // of this life of it: another of the same name has another
  gate::resource::ResourceId resource;  // whose logs
  std::string name;
  LogSource source = LogSource::kBlob;
  gate::resource::ResourceId account;  // the storage account that they go to
  std::vector<LogChoice> logs = {};
  // Metrics of Azure's that were named to be off.
  std::vector<std::string> metrics = {};

  // The categories that are on.
  [[nodiscard]] std::set<std::string> enabled() const;
  [[nodiscard]] gate::resource::ResourceId own_id() const;
  [[nodiscard]] std::string key() const { return key_of(own_id()); }
  friend bool operator==(const DiagnosticSetting&, const DiagnosticSetting&) = default;
};
using SettingPtr = std::shared_ptr<const DiagnosticSetting>;

// Azure's rules for names: 1 to 260 characters, none of *<>%&:\?.+/, and no space at the end.
[[nodiscard]] bool is_setting_name(std::string_view name);

// What a body asks for, whole but for its id. 400 for what can't be; 501 for destinations that this cloud doesn't have
// and for metrics that are to be on.
[[nodiscard]] gate::ApiResult<DiagnosticSetting> parse_setting(const gate::resource::ResourceId& id, const Json& body);

[[nodiscard]] Json setting_json(const DiagnosticSetting& setting);
// As diagnosticSettingsCategories shows one: `name` is a log's or a metric's, in any case. Null: there is none.
[[nodiscard]] Json category_json(const gate::resource::ResourceId& resource, LogSource source, std::string_view name);
// All of them, logs first.
[[nodiscard]] std::vector<Json> categories_json(const gate::resource::ResourceId& resource, LogSource source);

// Among a resource's other settings: 409 Conflict for a category that goes to that account already or for one setting
// too many.
[[nodiscard]] gate::ApiResult<> check_beside(const DiagnosticSetting& setting, const std::vector<SettingPtr>& others);

// docs/formats/activity-rows.md
[[nodiscard]] Bytes encode(const DiagnosticSetting& setting);
[[nodiscard]] Result<DiagnosticSetting> decode_setting(SettingId id, BytesView row);

}  // namespace freehold::insights
