// What each function answers. Where a value is taken from a page of Azure's documentation, or was computed by Azure,
// the row says so.
#include <gtest/gtest.h>

#include "expression/date_time.h"
#include "expression/jsonc.h"
#include "expression/names.h"
#include "src/sample_environment.h"

namespace freehold::gate::expression {
namespace {

using testing::SampleEnvironment;

Json sample_parameters() {
  return Json::parse(R"({
    "text": "one,two,three", "number": 7, "list": ["a", "b", "c"], "numbers": [5, 3, 9],
    "object": {"one": "a", "two": "b", "three": "c1"},
    "dogs": [{"name": "Evie", "age": 5, "interests": ["Ball"]}, {"name": "Casper", "age": 3}, {"name": "Kira", "age": 8}]
  })");
}

std::string answer(const std::string& expression) {
  SampleEnvironment environment(sample_parameters(), Json::parse(R"({"v": {"deep": [1, {"x": "found"}]}})"));
  Budget budget;
  const auto value = evaluate_text(expression, environment, budget);
  return value ? value->dump() : "error: " + value.error().message;
}

struct Row {
  std::string expression;
  std::string expected;  // as JSON
};

void check(const std::vector<Row>& rows) {
  for (const auto& [expression, expected] : rows) EXPECT_EQ(answer(expression), expected) << expression;
}

TEST(Functions, OfArrays) {
  check({
      {"[array('x')]", R"(["x"])"},
      {"[array(parameters('list'))]", R"(["a","b","c"])"},
      {"[concat('a', 1, true())]", R"("a1True")"},
      {"[concat(parameters('list'), createArray('d'))]", R"(["a","b","c","d"])"},
      {"[contains('OneTwoThree', 'e')]", "true"},
      {"[contains(parameters('object'), 'ONE')]", "true"},
      {"[contains(parameters('list'), 'A')]", "false"},
      {"[createArray()]", "[]"},
      {"[empty('')]", "true"},
      {"[empty(createArray(1))]", "false"},
      {"[first('One Two')]", R"("O")"},
      {"[last(parameters('list'))]", R"("c")"},
      {"[first(createArray())]", "null"},
      {"[flatten(createArray(createArray(1, 2), createArray(3)))]", "[1,2,3]"},
      {"[indexFromEnd(parameters('list'), 1)]", R"("c")"},
      {"[tryIndexFromEnd(parameters('list'), 9)]", "null"},
      {"[indexOf('abcdef', 'CD')]", "2"},
      {"[indexOf(parameters('list'), 'b')]", "1"},
      {"[lastIndexOf('abcabc', 'A')]", "3"},
      {"[join(parameters('list'), '; ')]", R"("a; b; c")"},
      {"[length(parameters('object'))]", "3"},
      {"[length('äöü')]", "3"},
      {"[max(parameters('numbers'))]", "9"},
      {"[min(4, 2, 8)]", "2"},
      {"[range(5, 3)]", "[5,6,7]"},
      {"[skip('One Two Three', 4)]", R"("Two Three")"},
      {"[take(parameters('list'), 2)]", R"(["a","b"])"},
      {"[take(parameters('list'), -1)]", "[]"},
      {"[union(parameters('list'), createArray('c', 'd'))]", R"(["a","b","c","d"])"},
      {"[intersection(parameters('list'), createArray('c', 'b', 'x'))]", R"(["b","c"])"},
  });
}

TEST(Functions, OfObjects) {
  check({
      {"[createObject('a', 1, 'b', createArray(2))]", R"({"a":1,"b":[2]})"},
      {"[items(createObject('b', 1, 'a', 2))]", R"([{"key":"a","value":2},{"key":"b","value":1}])"},
      {"[objectKeys(createObject('b', 1, 'a', 2))]", R"(["a","b"])"},
      {"[json('{\"a\": [1, null]}')]", R"({"a":[1,null]})"},
      {"[json('null')]", "null"},
      {"[tryGet(parameters('object'), 'two')]", R"("b")"},
      {"[tryGet(parameters('object'), 'four', 'five')]", "null"},
      // Source: "Object functions": nested objects merge, nested arrays are replaced.
      {"[union(json('{\"p\":{\"one\":\"a\",\"three\":\"c1\"},\"n\":[1,2]}'), "
       "json('{\"p\":{\"three\":\"c2\"},\"n\":[3,4]}'))]",
       R"({"p":{"one":"a","three":"c2"},"n":[3,4]})"},
      {"[intersection(parameters('object'), json('{\"one\":\"a\",\"two\":\"x\"}'))]", R"({"one":"a"})"},
      {"[shallowMerge(createArray(createObject('a', createObject('x', 1)), createObject('a', createObject('y', 2))))]",
       R"({"a":{"y":2}})"},
  });
}

TEST(Functions, OfLogicAndComparison) {
  check({
      {"[and(true(), true(), false())]", "false"},
      {"[or(false(), true())]", "true"},
      {"[not(false())]", "true"},
      {"[bool('True')]", "true"},
      {"[bool(0)]", "false"},
      {"[if(equals('a', 'a'), 'yes', parameters('absent'))]", R"("yes")"},  // the branch not taken isn't evaluated
      {"[coalesce(null(), 'x', parameters('absent'))]", R"("x")"},
      {"[equals(createObject('a', 1, 'b', 2), createObject('b', 2, 'a', 1))]", "true"},
      {"[equals('a', 'A')]", "false"},
      {"[equals(1, '1')]", "false"},
      {"[less(1, 2)]", "true"},
      {"[greaterOrEquals('b', 'a')]", "true"},
  });
}

TEST(Functions, OfNumbers) {
  check({
      {"[add(5, 3)]", "8"},
      {"[sub(7, 3)]", "4"},
      {"[mul(5, 3)]", "15"},
      {"[div(8, 3)]", "2"},
      {"[mod(7, 3)]", "1"},
      {"[int('-12')]", "-12"},
      {"[int(2.5)]",
       "error: Unable to parse language expression '[int(2.5)]': a property's name was expected at position 7."},
      {"[float('3.5')]", "3.5"},
      {"[div(1, 0)]", "error: Unable to evaluate template function 'div': division by zero."},
      {"[add(9223372036854775807, 1)]",
       "error: Unable to evaluate template function 'add': the result doesn't fit an integer of 64 bits."},
  });
}

TEST(Functions, OfTexts) {
  check({
      {"[base64('one, two, three')]", R"("b25lLCB0d28sIHRocmVl")"},  // from "String functions"
      {"[base64ToString('b25lLCB0d28sIHRocmVl')]", R"("one, two, three")"},
      {"[base64ToJson(base64('{\"one\": \"a\"}'))]", R"({"one":"a"})"},
      {"[dataUri('Hello')]", R"("data:text/plain;charset=utf8;base64,SGVsbG8=")"},  // from "String functions"
      {"[dataUriToString('data:;base64,SGVsbG8sIFdvcmxkIQ==')]", R"("Hello, World!")"},
      {"[endsWith('abcdef', 'EF')]", "true"},
      {"[startsWith('abcdef', 'AB')]", "true"},
      {"[format('{0}, {1}. Formatted number: {2:N0}', 'Hello', 'User', 8175133)]",
       R"("Hello, User. Formatted number: 8,175,133")"},  // from "String functions"
      {"[format('{{{0,5}|{0,-5}}}', 'ab')]", R"("{   ab|ab   }")"},
      {"[format('{0:D5} {0:X} {0:000.00} {1}', 255, true())]", R"("00255 FF 255.00 True")"},
      {"[padLeft('123', 10, '0')]", R"("0000000123")"},
      {"[replace('123-123-1234', '-', '')]", R"("1231231234")"},
      {"[split('one,two;three', createArray(',', ';'))]", R"(["one","two","three"])"},
      {"[string(parameters('list'))]", R"("[\"a\",\"b\",\"c\"]")"},
      {"[substring('one two three', 4, 3)]", R"("two")"},
      {"[toUpper(toLower('aBc'))]", R"("ABC")"},
      {"[trim('  x ')]", R"("x")"},
      {"[uri('http://contoso.org/firstpath', 'myscript.sh')]", R"("http://contoso.org/myscript.sh")"},
      {"[uri('http://contoso.org/firstpath/', '../a/./b')]", R"("http://contoso.org/a/b")"},
      {"[uriComponent('http://contoso.com/a b')]", R"("http%3A%2F%2Fcontoso.com%2Fa%20b")"},
      {"[uriComponentToString('a%20b')]", R"("a b")"},
  });
}

// Computed by Azure: "tyeth" and the resource group in the tests of the public AzureNaming repositories
// (TestArmFunctions),
// ("hello", "world") in the README of JasonWhall/go-azure-uniquestring.
TEST(Functions, UniqueStringIsAzures) {
  check({
      {"[uniqueString('tyeth')]", R"("zcztcwvu6iyg6")"},
      {"[uniqueString('hello', 'world')]", R"("a7wkljktk6wne")"},
      {"[uniqueString('/subscriptions/3c7f956b-55ee-4686-9d30-da1eb631dc59/resourceGroups/rg-devopsshieldek010dev')]",
       R"("fd63l2gacbtca")"},
  });
  EXPECT_EQ(murmur64("hello-world"), 571013382255652050U);
}

// The same as Python's uuid.uuid5(UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830"), "a-b-c").
TEST(Functions, GuidIsNameBasedInAzuresNamespace) {
  check({{"[guid('a', 'b', 'c')]", R"("a98fa280-e03f-5afa-8d8e-92d0a9c201e8")"}});
}

TEST(Functions, OfDates) {
  check({
      {"[dateTimeAdd('2020-04-07 14:53:14Z', 'P3Y')]", R"("2023-04-07 14:53:14Z")"},
      {"[dateTimeAdd('2020-04-07T14:53:14Z', '-P9D', 'yyyy-MM-dd')]", R"("2020-03-29")"},
      {"[dateTimeAdd('2024-01-31T00:00:00.50Z', 'P1MT90M')]", R"("2024-02-29T01:30:00.50Z")"},
      {"[dateTimeToEpoch('2023-05-02T15:16:13Z')]", "1683040573"},
      {"[dateTimeFromEpoch(1683040573)]", R"("2023-05-02T15:16:13Z")"},
  });
  const Ticks ticks = *parse_date_time("2019-03-05T17:53:18.1234567Z");
  for (const auto& [format, expected] :
       std::vector<std::pair<std::string, std::string>>{{"yyyyMMddTHHmmssZ", "20190305T175318Z"},
                                                        {"d", "03/05/2019"},
                                                        {"M d", "3 5"},
                                                        {"u", "2019-03-05 17:53:18Z"},
                                                        {"R", "Tue, 05 Mar 2019 17:53:18 GMT"},
                                                        {"o", "2019-03-05T17:53:18.1234567Z"},
                                                        {"dddd d MMMM yy, h:mm tt", "Tuesday 5 March 19, 5:53 PM"},
                                                        {"'at' HH\\h fff", "at 17h 123"}}) {
    EXPECT_EQ(*format_date_time(ticks, format), expected) << format;
  }
  EXPECT_FALSE(format_date_time(ticks, "Q"));
}

// Source: "CIDR functions for ARM templates".
TEST(Functions, OfNetworks) {
  check({
      {"[parseCidr('10.144.0.0/20')]",
       R"({"network":"10.144.0.0","netmask":"255.255.240.0","broadcast":"10.144.15.255","firstUsable":"10.144.0.1","lastUsable":"10.144.15.254","cidr":20})"},
      {"[parseCidr('fdad:3236:5555::/48').lastUsable]", R"("fdad:3236:5555:ffff:ffff:ffff:ffff:ffff")"},
      {"[cidrSubnet('10.144.0.0/20', 24, 4)]", R"("10.144.4.0/24")"},
      {"[cidrSubnet('fdad:3236:5555::/48', 52, 2)]", R"("fdad:3236:5555:2000::/52")"},
      {"[cidrHost('10.144.3.0/24', 0)]", R"("10.144.3.1")"},
      {"[cidrHost('fdad:3236:5555:3000::/52', 4)]", R"("fdad:3236:5555:3000::5")"},
      {"[cidrHost('10.0.0.0/30', 2)]",
       "error: Unable to evaluate template function 'cidrHost': the network has no such host."},
  });
}

TEST(Functions, WithLambdas) {
  check({
      {"[filter(parameters('dogs'), lambda('d', greaterOrEquals(lambdaVariables('d').age, 5)))[1].name]", R"("Kira")"},
      {"[map(range(0, 3), lambda('i', format('n{0}', lambdaVariables('i'))))]", R"(["n0","n1","n2"])"},
      {"[map(parameters('list'), lambda('x', 'i', concat(lambdaVariables('x'), lambdaVariables('i'))))]",
       R"(["a0","b1","c2"])"},
      {"[reduce(parameters('numbers'), 0, lambda('sum', 'n', add(lambdaVariables('sum'), lambdaVariables('n'))))]",
       "17"},
      {"[sort(parameters('numbers'), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))]", "[3,5,9]"},
      {"[toObject(parameters('dogs'), lambda('d', lambdaVariables('d').name), lambda('d', lambdaVariables('d').age))]",
       R"({"Evie":5,"Casper":3,"Kira":8})"},
      {"[groupBy(parameters('list'), lambda('x', if(equals(lambdaVariables('x'), 'a'), 'first', 'rest')))]",
       R"({"first":["a"],"rest":["b","c"]})"},
      {"[mapValues(createObject('a', 1), lambda('v', add(lambdaVariables('v'), 1)))]", R"({"a":2})"},
      {"[map(parameters('list'), lambda('x', map(range(0, 1), lambda('y', concat(lambdaVariables('x'), "
       "lambdaVariables('y'))))))]",
       R"([["a0"],["b0"],["c0"]])"},
      // An order that contradicts itself ends, and loses nothing.
      {"[length(sort(range(0, 100), lambda('a', 'b', true())))]", "100"},
      {"[lambdaVariables('x')]", "error: The lambda variable 'x' is not found."},
  });
}

TEST(Evaluation, FindsPropertiesWithoutRegardToCase) {
  check({
      {"[variables('V').DEEP[1].X]", R"("found")"},
      {"[variables('v')['deep'][0]]", "1"},
      {"[PARAMETERS('Number')]", "7"},
      {"[contoso.shout('hey')]", R"("hey!")"},
      {"['it''s']", R"("it's")"},
      {"[[literal]", R"("[literal]")"},
      {"[not] an expression", R"("[not] an expression")"},
      {"[ -5 ]", "-5"},
  });
}

TEST(Evaluation, SaysWhatIsWrong) {
  check({
      {"[nope()]", "error: The template function 'nope' is not valid."},
      {"[parameters('x')]", "error: The template parameter 'x' is not found."},
      {"[variables('x')]", "error: The template variable 'x' is not found."},
      {"[parameters('object').four]",
       "error: The language expression property 'four' doesn't exist, available properties are 'one, two, three'."},
      {"[parameters('list')[3]]", "error: The language expression property array index '3' is out of bounds."},
      {"[toLower(1)]",
       "error: Unable to evaluate template function 'toLower': argument 1 is of type 'Integer', expected is a string."},
      {"[toLower('a', 'b')]",
       "error: Unable to evaluate template function 'toLower': it takes 1 argument(s), 2 were given."},
      {"[concat('a']",
       "error: Unable to parse language expression '[concat('a']': a closing parenthesis was expected at position 11."},
  });
}

TEST(Evaluation, ResolvesTextsAndNamesInABody) {
  SampleEnvironment environment(sample_parameters());
  Budget budget;
  const auto body = Json::parse(R"({"[concat('id', parameters('number'))]": {}, "a": ["[[x]", "[add(1, 2)]", true]})");
  EXPECT_EQ(resolve(body, environment, budget)->dump(), R"({"id7":{},"a":["[x]",3,true]})");
}

}  // namespace
}  // namespace freehold::gate::expression
