// PolicySummary: "Policy States - Summarize": how many resources and policies don't comply, by assignment and
// definition.
#pragma once

#include <map>
#include <string>

#include "src/entry.h"

namespace freehold::policies {

// How many resources are in which state, and how many policies. What it takes grows with policies, not with resources:
// the states of a resource come one behind the other.
class StateSum {
 public:
  void add(const Json& state);
  [[nodiscard]] Json json();  // no more is added behind it

 private:
  void count_resource();

  std::string resource_;  // whose states come now, and the worst of them; it counts when the next one comes
  std::string worst_;
  std::map<std::string, std::size_t> resources_;  // by state
  std::map<std::string, std::string> policies_;   // the worst of each
};

class PolicySummary {
 public:
  // States as state_json gives them.
  void add(const Json& state);
  [[nodiscard]] Json json();

 private:
  struct OfDefinition {
    Json head;
    StateSum sum;
  };
  struct OfAssignment {
    Json head;
    StateSum sum;
    std::map<std::string, OfDefinition> definitions;
  };
  StateSum whole_;
  std::map<std::string, OfAssignment> assignments_;
};

}  // namespace freehold::policies
