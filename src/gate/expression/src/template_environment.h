// What is around the expressions of one template.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "expression/evaluate.h"
#include "expression/template.h"

namespace freehold::gate::expression {

// Where an expression stands decides what it may ask for.
enum class Place : std::uint8_t {
  kParameter,  // a parameter's default value: newGuid(), utcNow()
  kVariable,
  kHead,  // names, conditions, counts, dependsOn: known before anything is deployed
  kBody,  // bodies and outputs: reference(), list...()
};

// One round of a copy loop.
struct CopyRound {
  std::string loop;
  std::size_t index = 0;
  bool property = false;  // of a property or variable: copyIndex() must name it where a resource's loop is around
};

// Templates begin to differ from one decision's expressions in size: many values, each small. The nesting is less, as a
// user's function adds several calls of ours to the stack.
inline constexpr Limits kTemplateLimits{.steps = 8'000'000, .nested_evaluations = 40};
inline constexpr std::size_t kTemplateBytes = 4 * 1024 * 1024;  // of one resolved value's texts

// Owned by one planned template, whose document it reads; not thread-safe. Parameters and variables are evaluated when
// they are first asked for, once.
class TemplateEnvironment final : public Environment {
 public:
  // `outer`: whose parameters, variables and frame the expressions are about; null: their own.
  TemplateEnvironment(const Json& document, const TemplateFrame& frame, TemplateEnvironment* outer);

  // Notes what the deployment gives and checks all parameters.
  Result<void> take_parameters(const Json& given);
  [[nodiscard]] Json shown_parameters() const;
  [[nodiscard]] std::vector<std::string> secrets() const;

  Result<const Json*> parameter(std::string_view name) override;
  Result<const Json*> variable(std::string_view name) override;
  std::optional<Result<Json>> call(std::string_view name, Arguments arguments, Budget& budget) override;

  // A copy of `value` with its expressions evaluated and its copy loops unrolled.
  Result<Json> resolve_value(const Json& value, Place place);
  Result<std::string> resolve_text(const Json& value, std::string_view what);
  Result<std::size_t> resolve_count(const Json& value);

  // The first arguments of all reference() and list...() calls in `value` as far as they can be known before anything
  // is deployed.
  struct Mention {
    std::string target;
    bool own_version = false;  // it names an api-version: it may mean something that isn't in the template
  };
  Result<void> find_mentions(const Json& value, std::vector<Mention>& out);

  void enter_round(CopyRound round) { rounds_.push_back(std::move(round)); }
  void leave_round() { rounds_.pop_back(); }
  [[nodiscard]] const std::vector<CopyRound>& rounds() const { return rounds_; }
  void set_rounds(std::vector<CopyRound> rounds) { rounds_ = std::move(rounds); }

  // What reference() finds; the planner's resources, once they are known.
  void set_resources(const std::vector<PlannedResource>& resources);
  void set_live(LiveValues* live, Unknown unknown) {
    live_ = live;
    unknown_ = unknown;
  }
  // The resources that a text means: symbolic name, id, type and name, name, loop, in this order.
  [[nodiscard]] std::vector<std::size_t> find_resources(std::string_view target) const;

  [[nodiscard]] Budget& budget() { return budget_; }
  [[nodiscard]] const TemplateFrame& frame() const { return outer_ != nullptr ? outer_->frame() : frame_; }

 private:
  struct Cell {
    enum class State : std::uint8_t { kFresh, kBusy, kReady } state = State::kFresh;
    Json value = nullptr;
  };
  class FunctionEnvironment;
  // Sets where the evaluator stands, and back: parameters and variables see no loop of whoever asks for them.
  class Around {
   public:
    Around(TemplateEnvironment& environment, Place place, bool keep_rounds)
        : environment_(environment), place_(environment.place_), keep_rounds_(keep_rounds) {
      environment.place_ = place;
      if (!keep_rounds_) rounds_.swap(environment.rounds_);
    }
    ~Around() {
      environment_.place_ = place_;
      if (!keep_rounds_) rounds_.swap(environment_.rounds_);
    }
    Around(const Around&) = delete;
    Around& operator=(const Around&) = delete;

   private:
    TemplateEnvironment& environment_;
    Place place_;
    bool keep_rounds_;
    std::vector<CopyRound> rounds_;
  };
  // How much one resolved value has become so far.
  struct Made {
    std::size_t nodes = 0;
    std::size_t text_bytes = 0;
  };

  Result<Json> fill(const Json& definition, std::string_view name);
  Result<Json> given_value(const Json& given, std::string_view name) const;
  Result<Json> variable_value(std::string_view name);

  Result<Json> build(const Json& value, Made& made);
  Result<Json> build_object(const Json& value, Made& made);
  Result<Json> build_text(const std::string& text, Made& made);
  Result<Json> build_loop(const Json& loop, const std::string& name, Made& made);
  Result<void> pay(const Json& value, Made& made);

  Result<void> find_in_text(const std::string& text, std::vector<Mention>& out);
  Result<void> find_in_object(const Json& value, std::vector<Mention>& out);

  Result<Json> call_user(const Json& definition, std::string_view name, Arguments arguments, Budget& budget);
  // template_functions.cpp
  std::optional<Result<Json>> call_own(std::string_view name, Arguments arguments);
  Result<Json> frame_value(std::string_view name, const Json& value, Arguments arguments) const;
  Result<Json> copy_index(Arguments arguments) const;
  Result<Json> utc_now(Arguments arguments) const;
  Result<Json> new_guid(Arguments arguments) const;
  Result<Json> resource_id(Arguments arguments) const;
  Result<Json> scoped_id(std::string_view function, Arguments arguments) const;
  Result<Json> reference(Arguments arguments);
  Result<Json> references(Arguments arguments);
  Result<Json> list(std::string_view name, Arguments arguments);
  Result<Json> resource_info(Arguments arguments) const;
  Result<Json> read(const LiveRequest& request);
  // As find_resources(), then those of the template around.
  [[nodiscard]] std::vector<const PlannedResource*> known(std::string_view target) const;
  Result<LiveRequest> live_request(std::string_view function, Arguments arguments) const;

  const Json& document_;
  const TemplateFrame& frame_;
  TemplateEnvironment* outer_;
  Budget own_budget_{kTemplateLimits};
  Budget& budget_;
  Json given_ = Json::object();
  std::map<std::string, Cell, std::less<>> parameters_;  // keys in lower case
  std::map<std::string, Cell, std::less<>> variables_;
  std::map<std::string, const Json*, std::less<>> functions_;
  std::vector<CopyRound> rounds_;
  Place place_ = Place::kHead;
  const std::vector<PlannedResource>* resources_ = nullptr;
  std::multimap<std::string, std::size_t, std::less<>> index_;  // what a resource may be called, after a letter's kind
  LiveValues* live_ = nullptr;
  Unknown unknown_ = Unknown::kFails;
  bool live_missing_ = false;  // the last failure came from live_
};

// "Deployment template validation failed: '...'."
[[nodiscard]] std::unexpected<Error> invalid_template(std::string_view what);

}  // namespace freehold::gate::expression
