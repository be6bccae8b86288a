// How a pure function is written down: rows of a table, each a plain C++ function over its arguments.
#pragma once

#include <fmt/format.h>

#include <span>
#include <string>
#include <string_view>

#include "expression/evaluate.h"

namespace freehold::gate::expression {

struct Call {
  std::string_view name;  // as the expression spells it
  Arguments arguments;
  Budget& budget;

  [[nodiscard]] std::size_t count() const { return arguments.size(); }
  [[nodiscard]] const Json& operator[](std::size_t index) const { return *arguments[index]; }

  // kInvalidArgument: "The template function 'name' ...".
  [[nodiscard]] std::unexpected<Error> wrong(std::string_view what) const {
    return fail(ErrorCode::kInvalidArgument, fmt::format("Unable to evaluate template function '{}': {}.", name, what));
  }
  [[nodiscard]] std::unexpected<Error> wrong_type(std::size_t index, std::string_view expected) const {
    return wrong(
        fmt::format("argument {} is of type '{}', expected is {}", index + 1, type_name((*this)[index]), expected));
  }
  [[nodiscard]] Result<std::string_view> text(std::size_t index) const {
    if (!(*this)[index].is_string()) return wrong_type(index, "a string");
    return std::string_view((*this)[index].get_ref<const std::string&>());
  }
  [[nodiscard]] Result<std::int64_t> integer(std::size_t index) const {
    if (!(*this)[index].is_number_integer()) return wrong_type(index, "an integer");
    return (*this)[index].get<std::int64_t>();
  }
};

// Several arguments may follow, up to kCallArguments.
inline constexpr std::size_t kAny = kCallArguments;

struct FunctionRow {
  FunctionShape shape;
  Result<Json> (*run)(const Call&);  // nullptr: the evaluator knows it itself
};

// One table a subject; function_table.cpp joins them.
std::span<const FunctionRow> array_functions();
std::span<const FunctionRow> set_functions();
std::span<const FunctionRow> object_functions();
std::span<const FunctionRow> string_functions();
std::span<const FunctionRow> encoding_functions();
std::span<const FunctionRow> number_functions();
std::span<const FunctionRow> date_functions();
std::span<const FunctionRow> network_functions();

[[nodiscard]] const FunctionRow* find_row(std::string_view lowered_name);

// The text of a value as concat, join, format and string() write it: .NET's (True, False, empty for null), compact JSON
// for arrays and objects.
[[nodiscard]] std::string text_of(const Json& value);

}  // namespace freehold::gate::expression
