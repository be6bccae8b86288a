#include <algorithm>
#include <array>
#include <vector>

#include "src/function.h"

namespace freehold::gate::expression {
namespace {

// What the evaluator does itself: it evaluates their arguments late, or not at all.
constexpr FunctionRow kSpecial[] = {
    {{"parameters", 1, 1}, nullptr},
    {{"variables", 1, 1}, nullptr},
    {{"if", 3, 3}, nullptr},
    {{"and", 2, kAny}, nullptr},
    {{"or", 2, kAny}, nullptr},
    {{"coalesce", 1, kAny}, nullptr},
    {{"lambda", 1, kAny, true}, nullptr},
    {{"lambdavariables", 1, 1, true}, nullptr},
    {{"filter", 2, 2, true}, nullptr},
    {{"map", 2, 2, true}, nullptr},
    {{"mapvalues", 2, 2, true}, nullptr},
    {{"reduce", 3, 3, true}, nullptr},
    {{"sort", 2, 2, true}, nullptr},
    {{"toobject", 2, 3, true}, nullptr},
    {{"groupby", 2, 2, true}, nullptr},
};

std::vector<FunctionRow> joined() {
  std::vector<FunctionRow> all(std::begin(kSpecial), std::end(kSpecial));
  for (const auto& table : {array_functions(), set_functions(), object_functions(), string_functions(),
                            encoding_functions(), number_functions(), date_functions(), network_functions()}) {
    all.insert(all.end(), table.begin(), table.end());
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.shape.name < b.shape.name; });
  return all;
}

}  // namespace

const FunctionRow* find_row(std::string_view lowered_name) {
  static const std::vector<FunctionRow> kRows = joined();
  const auto found =
      std::lower_bound(kRows.begin(), kRows.end(), lowered_name,
                       [](const FunctionRow& row, std::string_view name) { return row.shape.name < name; });
  return found != kRows.end() && found->shape.name == lowered_name ? &*found : nullptr;
}

const FunctionShape* find_function(std::string_view lowered_name) {
  const FunctionRow* row = find_row(lowered_name);
  return row == nullptr ? nullptr : &row->shape;
}

}  // namespace freehold::gate::expression
